//! Random numbers and mutated bytes. The same seed gives the same on every machine.

/// Lengths, counts and codes that readers trip over.
const NUMBERS: [i32; 14] =
    [0, 1, -1, 2, 3, 4, 35, 36, 0x7F, 0x80, 0xFF, 0x7FFF_FFFF, -0x8000_0000, 104_857_600];

/// A random number generator with a known start (xorshift64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator that starts at a seed; seeds that follow each other have nothing in common.
    pub fn new(seed: u64) -> Self {
        // SplitMix64's finish. Xorshift stays at 0.
        let mut state = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((state ^ (state >> 31)).max(1))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below the limit; 0 below 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let any = usize::try_from(self.any() >> 33).unwrap_or(0);
        any % limit.max(1)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.any().to_be_bytes()[3]
    }

    /// At most so many bytes, any of them.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let count = self.below(most + 1);
        self.exactly(count)
    }

    /// So many bytes, any of them.
    pub fn exactly(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }

    /// Any number of 32 bits, often one that readers trip over.
    pub fn number(&mut self) -> i32 {
        if self.once_in(4) { self.any() as i32 } else { *self.pick(&NUMBERS) }
    }

    /// One of several.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        several.get(self.below(several.len())).expect("one of none was asked for")
    }

    /// Up to so many of several, one after another.
    pub fn text(&mut self, several: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| *self.pick(several)).collect()
    }
}

/// The input with one to three changes: something dropped, cut off, repeated, overwritten, or a splinter put in.
pub fn mutated(input: &[u8], splinters: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(7) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 | 3 if !splinters.is_empty() => {
                drop(bytes.splice(at..at, random.pick(splinters).iter().copied()));
            }
            4 => {
                let repeated = bytes.get(at..end).unwrap_or_default().to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, repeated));
            }
            5 => {
                let number = random.number();
                let number = if random.once_in(2) { number.to_be_bytes() } else { number.to_le_bytes() };
                let end = (at + 4).min(bytes.len());
                drop(bytes.splice(at..end, number));
            }
            _ => {
                let byte = random.byte();
                bytes.get_mut(at..end).unwrap_or_default().fill(byte);
            }
        }
    }
    bytes
}

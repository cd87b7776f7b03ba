//! A table made ready for use, both ways. Knows nothing of CCSIDs or line ends.

/// How many bytes are looked up before it is asked what they were.
const CHUNK_BYTES: usize = 64;

/// Not ASCII: the character is in `characters`, or there is none.
const OTHER: u8 = 0x80;

/// The maps of one table.
#[derive(Debug)]
pub(crate) struct Maps {
    /// The ASCII character of a byte, else [`OTHER`]: all that most text needs.
    ascii: [u8; 256],
    /// The character of a byte.
    characters: [Option<char>; 256],
    /// The byte of each character of Latin-1.
    latin: [Option<u8>; 256],
    /// The bytes of all other characters, in the order of the characters.
    others: Vec<(char, u8)>,
}

impl Maps {
    /// Where two bytes have one character, the first is its byte.
    pub(crate) fn new(characters: [Option<char>; 256]) -> Self {
        let mut maps = Self { ascii: [OTHER; 256], characters, latin: [None; 256], others: Vec::new() };
        for ((byte, place), ascii) in (0..=255_u8).zip(&characters).zip(&mut maps.ascii) {
            let Some(character) = *place else { continue };
            if character.is_ascii() {
                *ascii = u8::try_from(character).unwrap_or(OTHER);
            }
            match maps.latin.get_mut(character as usize) {
                Some(latin) => *latin = latin.or(Some(byte)),
                None => maps.others.push((character, byte)),
            }
        }
        maps.others.sort_unstable();
        maps
    }

    pub(crate) fn character(&self, byte: u8) -> Option<char> {
        self.characters.get(usize::from(byte)).copied().flatten()
    }

    pub(crate) fn byte(&self, character: char) -> Option<u8> {
        if let Some(latin) = self.latin.get(character as usize) {
            return *latin;
        }
        let index = self.others.binary_search_by_key(&character, |(other, _)| *other).ok()?;
        self.others.get(index).map(|(_, byte)| *byte)
    }

    pub(crate) fn decode_onto(&self, bytes: &[u8], out: &mut String) -> Result<(), usize> {
        out.reserve(bytes.len());
        let (chunks, rest) = bytes.as_chunks::<CHUNK_BYTES>();
        for (index, chunk) in chunks.iter().enumerate() {
            self.decode_chunk(chunk, out).map_err(|at| index * CHUNK_BYTES + at)?;
        }
        self.decode_chunk(rest, out).map_err(|at| chunks.len() * CHUNK_BYTES + at)
    }

    pub(crate) fn encode_onto(&self, text: &str, out: &mut Vec<u8>) -> Result<(), usize> {
        out.reserve(text.len());
        for (index, character) in text.char_indices() {
            out.push(self.byte(character).ok_or(index)?);
        }
        Ok(())
    }

    /// Looks at most [`CHUNK_BYTES`] bytes up without a branch, and takes the result if it is all ASCII.
    #[inline]
    fn decode_chunk(&self, chunk: &[u8], out: &mut String) -> Result<(), usize> {
        let mut found = [0; CHUNK_BYTES];
        let mut seen = 0;
        for (to, byte) in found.iter_mut().zip(chunk) {
            *to = self.ascii.get(usize::from(*byte)).copied().unwrap_or(OTHER);
            seen |= *to;
        }
        let found = found.get(..chunk.len()).unwrap_or_default();
        if seen & OTHER == 0 {
            push_ascii(found, out);
            return Ok(());
        }
        self.decode_mixed(chunk, found, out)
    }

    /// The same where there are other characters between the ASCII ones that were found.
    fn decode_mixed(&self, chunk: &[u8], found: &[u8], out: &mut String) -> Result<(), usize> {
        let mut at = 0;
        for run in found.split_inclusive(|byte| *byte == OTHER) {
            let ascii = run.strip_suffix(&[OTHER]).unwrap_or(run);
            push_ascii(ascii, out);
            at += ascii.len();
            if ascii.len() < run.len() {
                let byte = chunk.get(at).ok_or(at)?;
                out.push(self.character(*byte).ok_or(at)?);
                at += 1;
            }
        }
        Ok(())
    }
}

fn push_ascii(ascii: &[u8], out: &mut String) {
    out.push_str(str::from_utf8(ascii).unwrap_or_default());
}

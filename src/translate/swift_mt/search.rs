//! The end of a line, eight bytes a step: lines are so short that to begin a search of many bytes at once takes longer than
//! the search.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The first line feed from a place on.
#[inline]
pub(super) fn line_feed(text: &[u8], from: usize) -> Option<usize> {
    find(text, from, |word| has(word, b'\n'), |byte| byte == b'\n')
}

/// The first line feed or carriage return, and the first byte that is no ASCII, whichever is first.
#[inline]
pub(super) fn line_end_or_wide(text: &[u8]) -> Option<usize> {
    find(
        text,
        0,
        |word| has(word, b'\n') | has(word, b'\r') | (word & HIGH),
        |byte| matches!(byte, b'\n' | b'\r' | 0x80..),
    )
}

/// `words` has the highest bit of each byte that is one, at least of the first; `bytes` says it of one byte.
#[inline]
fn find(text: &[u8], from: usize, words: fn(u64) -> u64, bytes: fn(u8) -> bool) -> Option<usize> {
    let mut at = from;
    while let Some(word) = text.get(at..)?.first_chunk::<8>() {
        let found = words(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    text.get(at..)?.iter().position(|&byte| bytes(byte)).map(|position| at + position)
}

/// The highest bit of the first byte that is this one; bytes after it may have theirs too.
#[inline]
fn has(word: u64, byte: u8) -> u64 {
    let zeros = word ^ (ONES * u64::from(byte));
    zeros.wrapping_sub(ONES) & !zeros & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found_wherever_it_is() {
        for length in 0..40 {
            for at in 0..length {
                for byte in [b'\n', b'\r', 0x80, 0xFF] {
                    let mut text = vec![b'A'; length];
                    text[at] = byte;
                    // What differs from the byte in one bit, or follows it, must not be taken for it.
                    text.iter_mut().skip(at + 1).for_each(|other| *other = b'\x0B');
                    assert_eq!(line_end_or_wide(&text), Some(at));
                    for from in 0..=at {
                        assert_eq!(line_feed(&text, from), (byte == b'\n').then_some(at));
                    }
                    assert_eq!(line_feed(&text, at + 1), None);
                }
            }
            assert_eq!(line_end_or_wide(&vec![b'\x0B'; length]), None);
        }
        assert_eq!(line_feed(b"a", 2), None);
    }
}

//! Sets of characters, and how many of them stand at the beginning of a text.

use super::super::search;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Digits,
    Letters,
    Alphanumeric,
    Hexadecimal,
    Decimal,
    LooseDecimal,
    Spaces,
    Any,
}

impl Set {
    #[inline]
    pub(super) fn take(self, text: &[u8], least: usize, most: usize) -> Option<usize> {
        match self {
            Self::Decimal | Self::LooseDecimal => take_decimal(text, most, self == Self::Decimal),
            Self::Any => take_any(text, least, most),
            _ => {
                let window = text.get(..most).unwrap_or(text);
                let has = |byte: &u8| {
                    CLASSES.get(usize::from(*byte)).is_some_and(|class| class & self.class() != 0)
                };
                let length = window.iter().position(|byte| !has(byte)).unwrap_or(window.len());
                (length >= least).then_some(length)
            }
        }
    }

    /// Its bit in [`CLASSES`].
    const fn class(self) -> u8 {
        match self {
            Self::Digits => 1,
            Self::Letters => 2,
            Self::Alphanumeric => 4,
            Self::Hexadecimal => 8,
            Self::Spaces => 16,
            Self::Decimal | Self::LooseDecimal | Self::Any => 0,
        }
    }

    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_uppercase(),
            Self::Alphanumeric => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hexadecimal => byte.is_ascii_digit() || (byte >= b'A' && byte <= b'F'),
            Self::Spaces => byte == b' ',
            Self::Decimal | Self::LooseDecimal | Self::Any => false,
        }
    }
}

/// The sets that each byte is in.
#[expect(clippy::indexing_slicing, reason = "a constant: what is out of bounds does not compile")]
static CLASSES: [u8; 256] = {
    let sets = [Set::Digits, Set::Letters, Set::Alphanumeric, Set::Hexadecimal, Set::Spaces];
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        let mut set = 0;
        while set < sets.len() {
            if sets[set].has(byte) {
                classes[byte as usize] |= sets[set].class();
            }
            set += 1;
        }
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

/// Whether a text begins with a word: most have one or two characters.
#[inline]
pub(super) fn begins(text: &[u8], word: &[u8]) -> bool {
    match (word, text) {
        ([first], [byte, ..]) => first == byte,
        ([first, second], [byte, next, ..]) => first == byte && second == next,
        _ => text.starts_with(word),
    }
}

/// Where some words begin in a text.
pub(super) fn before(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len()).position(|window| window.iter().eq(words))
}

/// Digits with one comma; `strict`: not without.
fn take_decimal(text: &[u8], most: usize, strict: bool) -> Option<usize> {
    let mut commas = 0;
    let mut digits = 0;
    for byte in text.iter().take(most) {
        match byte {
            b',' if commas == 0 => commas += 1,
            b'0'..=b'9' => digits += 1,
            _ => break,
        }
    }
    (digits > 0 && (commas == 1 || !strict)).then_some(digits + commas)
}

pub(super) fn take_any(text: &[u8], least: usize, most: usize) -> Option<usize> {
    let window = text.get(..most).unwrap_or(text);
    let (length, characters) = match search::line_end_or_wide(window) {
        None => (window.len(), window.len()),
        Some(end) if window.get(end).is_some_and(u8::is_ascii) => (end, end),
        Some(_) => characters(text, most),
    };
    (characters >= least).then_some(length)
}

/// The length of a line, up to so many characters, and how many it has.
fn characters(text: &[u8], most: usize) -> (usize, usize) {
    let (mut length, mut characters) = (0, 0);
    for byte in text.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')) {
        // A byte that continues a character is part of it.
        let begins = byte & 0xC0 != 0x80;
        if begins && characters == most {
            break;
        }
        length += 1;
        characters += usize::from(begins);
    }
    (length, characters)
}

pub(super) fn take_lines(text: &[u8], lines: usize, most: usize) -> Option<usize> {
    let mut length = take_any(text, 1, most)?;
    for _ in 1..lines {
        let Some(rest) = text.get(length..) else { break };
        let Some(end) = line_end(rest) else { break };
        let Some(line) = rest.get(end..).and_then(|line| take_any(line, 0, most)) else { break };
        length += end + line;
    }
    Some(length)
}

/// The length of the line end that a text begins with.
pub(super) fn line_end(text: &[u8]) -> Option<usize> {
    match text {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

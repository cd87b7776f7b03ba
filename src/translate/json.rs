//! Strings as JSON, the parts of documents that all formats share.

use crate::message::Keys;

/// Writes what all documents begin with: format, type and keys, without the closing brace.
pub(super) fn head(out: &mut Vec<u8>, format: &str, kind: &str, keys: &Keys) {
    out.extend_from_slice(b"{\"format\":\"");
    out.extend_from_slice(format.as_bytes());
    out.extend_from_slice(b"\",\"type\":");
    string(out, kind);
    out.extend_from_slice(b",\"keys\":{");
    separated(out, &keys.0, |out, (name, values)| {
        string(out, name);
        out.extend_from_slice(b":[");
        separated(out, values, |out, value| string(out, value));
        out.push(b']');
    });
    out.push(b'}');
}

/// Writes items with commas between them.
pub(super) fn separated<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(out, item);
    }
}

/// Writes a string in quotes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

/// Writes a string without its quotes.
pub(super) fn escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(next) = first_special(rest) {
        let (plain, special) = rest.split_at(next);
        out.extend_from_slice(plain);
        match special.first() {
            Some(b'"') => out.extend_from_slice(b"\\\""),
            Some(b'\\') => out.extend_from_slice(b"\\\\"),
            Some(b'\n') => out.extend_from_slice(b"\\n"),
            Some(b'\r') => out.extend_from_slice(b"\\r"),
            Some(b'\t') => out.extend_from_slice(b"\\t"),
            Some(&other) => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&hex(other));
            }
            None => {}
        }
        rest = special.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Two lower-case hexadecimal digits.
fn hex(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    [digit(byte >> 4), digit(byte & 0xF)]
}

/// The first byte that JSON wants escaped.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        if has_special(u64::from_le_bytes(*word)) {
            return word.iter().position(|&byte| is_special(byte)).map(|position| number * 8 + position);
        }
    }
    rest.iter().position(|&byte| is_special(byte)).map(|position| words.len() * 8 + position)
}

#[inline]
fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether one of eight bytes is special: a byte is below `n` where subtracting `n` borrows into its highest bit, which
/// was not set.
#[inline]
fn has_special(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    (below(word, 0x20) | below(quote, 1) | below(backslash, 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_back() {
        let characters = ('\0'..='\u{2FF}').chain(['€', '💶', '\u{2028}', '\u{FFFD}']);
        for character in characters {
            for before in 0..9 {
                let text = format!("{}{character}tail", "é".repeat(before));
                let mut out = Vec::new();
                string(&mut out, &text);
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            }
        }
    }
}

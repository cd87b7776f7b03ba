//! From bytes to text by CCSID, strictly: a byte that does not decode is an error, never a replacement character.
//!
//! An XML declaration that names another encoding is not asked: the queue manager may have converted the text since it was
//! written, and only the descriptor knows.

use std::borrow::Cow;

use crate::{LATIN_1, UTF_8};

/// UTF-16 in the byte order of the message's integers; 13488 and 17584 are its older levels.
const UTF_16: [i32; 3] = [1200, 13488, 17584];
/// UTF-16, little-endian.
const UTF_16_LE: i32 = 1202;

/// `MQENC_INTEGER_MASK` and `MQENC_INTEGER_REVERSED` of `cmqc.h`.
const INTEGER_MASK: i32 = 0x0000_000F;
const INTEGER_REVERSED: i32 = 0x0000_0002;

/// The character that some writers put first to tell the byte order.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// What the line ends of EBCDIC text are: the one point where tables disagree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Newline {
    /// 0x15 and 0x25 are both line feeds; a line feed is written as 0x15. As Java and XML readers want it.
    #[default]
    Lf,
    /// 0x15 is U+0085 and 0x25 is the line feed, as ICU and glibc have it.
    Nel,
}

/// Text, and the way back from a place in it to the bytes that it came from.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without byte order mark: all of it, or what stands before the fault.
    pub text: Cow<'a, str>,
    /// Where the bytes stop to be text.
    pub fault: Option<Undecodable>,
    unit: Unit,
    skipped_bytes: usize,
}

/// Bytes that are not text in their CCSID. They follow the decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// What should have been there.
    pub expected: String,
}

/// A character that has no bytes in a CCSID, or a CCSID that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unencodable {
    /// Where it stands in the text, in bytes of UTF-8.
    pub at: usize,
    /// What should have been there.
    pub expected: String,
}

/// How many bytes a character had.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Utf8,
    Byte,
    Utf16,
}

/// Decodes `bytes`.
///
/// # Errors
/// What is expected, where the CCSID is not one of those that can be decoded.
pub fn decode(bytes: &[u8], ccsid: i32, encoding: i32, newline: Newline) -> Result<Decoded<'_>, Undecodable> {
    let _ = newline;
    match ccsid {
        UTF_8 => Ok(utf_8(bytes)),
        LATIN_1 => Ok(latin_1(bytes)),
        UTF_16_LE => Ok(utf_16(bytes, u16::from_le_bytes, ccsid)),
        known if UTF_16.contains(&known) && encoding & INTEGER_MASK == INTEGER_REVERSED => {
            Ok(utf_16(bytes, u16::from_le_bytes, ccsid))
        }
        known if UTF_16.contains(&known) => Ok(utf_16(bytes, u16::from_be_bytes, ccsid)),
        other => Err(Undecodable {
            expected: format!(
                "CCSID 1208 (UTF-8), 819 (ISO 8859-1), 1200, 1202, 13488 or 17584 (UTF-16), not {other}"
            ),
        }),
    }
}

/// Encodes `text`.
///
/// # Errors
/// The first character without bytes in the CCSID, or a CCSID that is not known.
pub fn encode(text: &str, ccsid: i32, encoding: i32, newline: Newline) -> Result<Vec<u8>, Unencodable> {
    let _ = (encoding, newline);
    match ccsid {
        UTF_8 => Ok(text.as_bytes().to_vec()),
        other => Err(Unencodable { at: 0, expected: format!("CCSID 1208 (UTF-8), not {other}") }),
    }
}

impl Decoded<'_> {
    /// The place in the original bytes of a place in the text.
    pub fn origin(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        self.skipped_bytes
            + match self.unit {
                Unit::Utf8 => before.len(),
                Unit::Byte => before.chars().count(),
                Unit::Utf16 => before.chars().map(|character| 2 * character.len_utf16()).sum(),
            }
    }
}

impl Decoded<'_> {
    /// How many of the original bytes a part of the text had.
    pub fn width(&self, part: &str) -> usize {
        match self.unit {
            Unit::Utf8 => part.len(),
            Unit::Byte => part.chars().count(),
            Unit::Utf16 => part.chars().map(|character| 2 * character.len_utf16()).sum(),
        }
    }
}

fn utf_8(bytes: &[u8]) -> Decoded<'_> {
    let (text, whole) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            (std::str::from_utf8(valid).unwrap_or_default(), false)
        }
    };
    let unmarked = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    Decoded {
        text: Cow::Borrowed(unmarked),
        fault: (!whole).then(|| Undecodable { expected: "bytes that are UTF-8 (CCSID 1208)".into() }),
        unit: Unit::Utf8,
        skipped_bytes: text.len() - unmarked.len(),
    }
}

fn latin_1(bytes: &[u8]) -> Decoded<'_> {
    let text = match std::str::from_utf8(bytes) {
        Ok(ascii) if bytes.is_ascii() => Cow::Borrowed(ascii),
        _ => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    };
    Decoded { text, fault: None, unit: Unit::Byte, skipped_bytes: 0 }
}

fn utf_16(bytes: &[u8], order: fn([u8; 2]) -> u16, ccsid: i32) -> Decoded<'_> {
    let (body, order) = match bytes {
        [0xFE, 0xFF, body @ ..] => (body, u16::from_be_bytes as fn([u8; 2]) -> u16),
        [0xFF, 0xFE, body @ ..] => (body, u16::from_le_bytes as fn([u8; 2]) -> u16),
        _ => (bytes, order),
    };
    let (pairs, rest) = body.as_chunks::<2>();
    let mut text = String::with_capacity(body.len());
    let mut whole = rest.is_empty();
    for character in char::decode_utf16(pairs.iter().map(|&pair| order(pair))) {
        let Ok(character) = character else {
            whole = false;
            break;
        };
        text.push(character);
    }
    Decoded {
        text: Cow::Owned(text),
        fault: (!whole).then(|| Undecodable { expected: format!("bytes that are UTF-16 (CCSID {ccsid})") }),
        unit: Unit::Utf16,
        skipped_bytes: bytes.len() - body.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORMAL: i32 = 273;
    const REVERSED: i32 = 546;

    fn text(bytes: &[u8], ccsid: i32, encoding: i32) -> String {
        let decoded = decode(bytes, ccsid, encoding, Newline::Lf).unwrap();
        assert_eq!(decoded.fault, None);
        decoded.text.into_owned()
    }

    /// The decoded prefix and the offset of the first byte that does not decode.
    fn fault(bytes: &[u8], ccsid: i32, encoding: i32) -> (String, usize) {
        let decoded = decode(bytes, ccsid, encoding, Newline::Lf).unwrap();
        assert!(decoded.fault.is_some());
        (decoded.text.to_string(), decoded.origin(decoded.text.len()))
    }

    #[test]
    fn utf_8_is_decoded_and_its_mark_dropped() {
        assert_eq!(text("Zoë €".as_bytes(), 1208, REVERSED), "Zoë €");
        assert_eq!(text(b"\xEF\xBB\xBF<a/>", 1208, REVERSED), "<a/>");
    }

    #[test]
    fn latin_1_gives_every_byte_its_character() {
        let every: Vec<u8> = (0..=255).collect();
        let decoded = text(&every, 819, REVERSED);
        assert!(decoded.chars().map(u32::from).eq(0..=255));
    }

    #[test]
    fn utf_16_follows_the_encoding_unless_a_mark_or_the_ccsid_says_otherwise() {
        let big = [0x00, 0x41, 0x20, 0xAC, 0xD8, 0x3D, 0xDC, 0xB6];
        let little = [0x41, 0x00, 0xAC, 0x20, 0x3D, 0xD8, 0xB6, 0xDC];
        for ccsid in [1200, 13488, 17584] {
            assert_eq!(text(&big, ccsid, NORMAL), "A€💶");
            assert_eq!(text(&little, ccsid, REVERSED), "A€💶");
            assert_eq!(text(&[&[0xFF, 0xFE], &little[..]].concat(), ccsid, NORMAL), "A€💶");
            assert_eq!(text(&[&[0xFE, 0xFF], &big[..]].concat(), ccsid, REVERSED), "A€💶");
        }
        assert_eq!(text(&little, 1202, NORMAL), "A€💶");
    }

    #[test]
    fn a_fault_is_named_by_its_offset_in_the_original_bytes() {
        assert_eq!(fault(b"\xEF\xBB\xBFab\xE2\x82", 1208, REVERSED), ("ab".into(), 5));
        assert_eq!(fault(b"ab\xC0\x80", 1208, REVERSED), ("ab".into(), 2));
        assert_eq!(fault(&[0xFF, 0xFE, 0x41, 0x00, 0x00, 0xDC, 0x41, 0x00], 1200, NORMAL), ("A".into(), 4));
        assert_eq!(fault(&[0x00, 0x41, 0x00], 1200, NORMAL), ("A".into(), 2));
    }

    #[test]
    fn an_unknown_ccsid_is_refused_by_number() {
        let refused = decode(b"x", 37, REVERSED, Newline::Lf).unwrap_err();
        assert!(refused.expected.ends_with("not 37"), "{refused:?}");
    }
}

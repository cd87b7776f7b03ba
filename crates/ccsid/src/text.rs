//! From bytes to text and back by CCSID, strictly: a byte that does not decode is an error, never a replacement character.
//!
//! An XML declaration that names another encoding is not asked: the queue manager may have converted the text since it was
//! written, and only the descriptor knows.

use std::borrow::Cow;

use crate::single_byte::{Family, SingleByte, single_byte};
use crate::unicode::{self, Utf};

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
    pub(crate) unit: Unit,
    pub(crate) skipped_bytes: usize,
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
pub(crate) enum Unit {
    Utf8,
    Byte,
    Utf16,
}

/// What a CCSID stands for.
enum Charset {
    Unicode(Utf),
    Table(&'static SingleByte),
}

/// Whether text of a CCSID can be read and written.
pub fn is_known(ccsid: i32) -> bool {
    charset(ccsid, 0).is_some()
}

/// Decodes `bytes`. A byte order mark decides over the order of UTF-16, and is not part of the text.
///
/// # Errors
/// What is expected, where the CCSID is not one of those that can be decoded.
pub fn decode(bytes: &[u8], ccsid: i32, encoding: i32, newline: Newline) -> Result<Decoded<'_>, Undecodable> {
    match charset(ccsid, encoding) {
        Some(Charset::Unicode(utf)) => Ok(unicode::decode(bytes, utf, ccsid)),
        Some(Charset::Table(table)) => Ok(by_table(bytes, table, newline)),
        None => Err(Undecodable { expected: known_instead_of(ccsid) }),
    }
}

/// Encodes `text`, without a byte order mark.
///
/// # Errors
/// The first character without bytes in the CCSID, or a CCSID that is not known.
pub fn encode(text: &str, ccsid: i32, encoding: i32, newline: Newline) -> Result<Vec<u8>, Unencodable> {
    let mut bytes = Vec::with_capacity(text.len());
    encode_onto(text, ccsid, encoding, newline, &mut bytes)?;
    Ok(bytes)
}

/// Appends the bytes of `text`, without a byte order mark.
///
/// # Errors
/// Those of [`encode`]; the bytes of the characters before the first that has none may be appended.
pub fn encode_onto(
    text: &str,
    ccsid: i32,
    encoding: i32,
    newline: Newline,
    out: &mut Vec<u8>,
) -> Result<(), Unencodable> {
    match charset(ccsid, encoding) {
        Some(Charset::Unicode(utf)) => unicode::encode_onto(text, utf, out),
        Some(Charset::Table(table)) => {
            let unencodable =
                |at| Unencodable { at, expected: format!("a character that CCSID {ccsid} has") };
            table.encode_onto(text, newline, out).map_err(unencodable)?;
        }
        None => return Err(Unencodable { at: 0, expected: known_instead_of(ccsid) }),
    }
    Ok(())
}

impl Decoded<'_> {
    /// The place in the original bytes of a place in the text.
    pub fn origin(&self, offset: usize) -> usize {
        self.skipped_bytes + self.original_bytes(self.text.get(..offset).unwrap_or(&self.text))
    }

    /// The places in the original bytes of many places in the text, which are in ascending order.
    pub fn origins(&self, offsets: &[usize]) -> Vec<usize> {
        let (mut at, mut origin) = (0, self.skipped_bytes);
        let step = |&offset: &usize| {
            origin += self.original_bytes(self.text.get(at..offset).unwrap_or_default());
            at = offset;
            origin
        };
        offsets.iter().map(step).collect()
    }

    /// How many bytes a part of the text had.
    fn original_bytes(&self, part: &str) -> usize {
        match self.unit {
            Unit::Utf8 => part.len(),
            Unit::Byte => part.chars().count(),
            Unit::Utf16 => part.chars().map(|character| 2 * character.len_utf16()).sum(),
        }
    }
}

fn charset(ccsid: i32, encoding: i32) -> Option<Charset> {
    unicode::by_ccsid(ccsid, encoding)
        .map(Charset::Unicode)
        .or_else(|| single_byte(ccsid).map(Charset::Table))
}

fn known_instead_of(ccsid: i32) -> String {
    format!(
        "a CCSID that can be read, such as 1208 (UTF-8), 1200 (UTF-16), 819, 37, 500 or 1047, not {ccsid}"
    )
}

fn by_table<'a>(bytes: &'a [u8], table: &SingleByte, newline: Newline) -> Decoded<'a> {
    let decoded = |text, fault| Decoded { text, fault, unit: Unit::Byte, skipped_bytes: 0 };
    if table.family == Family::Ascii
        && bytes.is_ascii()
        && let Ok(text) = str::from_utf8(bytes)
    {
        return decoded(Cow::Borrowed(text), None);
    }
    let mut text = String::new();
    let fault = table.decode_onto(bytes, newline, &mut text).err();
    let expected = || format!("a byte that has a character in CCSID {}", table.ccsid);
    decoded(Cow::Owned(text), fault.map(|_| Undecodable { expected: expected() }))
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
        let refused = decode(b"x", 1388, REVERSED, Newline::Lf).unwrap_err();
        assert!(refused.expected.ends_with("not 1388"), "{refused:?}");
    }
}

//! UTF-8 and UTF-16, strictly. CCSIDs as IBM assigns them: the levels of Unicode that some of them stand for are not told apart.

use std::borrow::Cow;

use crate::UTF_8;
use crate::text::{Decoded, Undecodable, Unit};

/// `MQENC_INTEGER_MASK` and `MQENC_INTEGER_REVERSED` of `cmqc.h`.
const INTEGER_MASK: i32 = 0x0000_000F;
const INTEGER_REVERSED: i32 = 0x0000_0002;

/// The character that some writers put first to tell the byte order.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// A form of Unicode text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf {
    Eight,
    SixteenBig,
    SixteenLittle,
}

/// The form that a CCSID stands for, in a message whose integers are in the order that `encoding` states.
pub(crate) fn by_ccsid(ccsid: i32, encoding: i32) -> Option<Utf> {
    match ccsid {
        UTF_8 | 1209 => Some(Utf::Eight),
        // IBM defines them as big-endian; queue managers and clients write them in the order of the integers.
        1200 | 13488 | 17584 if encoding & INTEGER_MASK == INTEGER_REVERSED => Some(Utf::SixteenLittle),
        1200 | 1201 | 13488 | 17584 => Some(Utf::SixteenBig),
        1202 => Some(Utf::SixteenLittle),
        _ => None,
    }
}

/// Decodes `bytes`; a byte order mark decides over the order.
pub(crate) fn decode(bytes: &[u8], utf: Utf, ccsid: i32) -> Decoded<'_> {
    match (utf, bytes) {
        (Utf::Eight, _) => utf_8(bytes, ccsid),
        (_, [0xFE, 0xFF, body @ ..]) => utf_16(body, u16::from_be_bytes, 2, ccsid),
        (_, [0xFF, 0xFE, body @ ..]) => utf_16(body, u16::from_le_bytes, 2, ccsid),
        (Utf::SixteenBig, _) => utf_16(bytes, u16::from_be_bytes, 0, ccsid),
        (Utf::SixteenLittle, _) => utf_16(bytes, u16::from_le_bytes, 0, ccsid),
    }
}

/// Appends the bytes of `text`, without a byte order mark.
pub(crate) fn encode_onto(text: &str, utf: Utf, out: &mut Vec<u8>) {
    match utf {
        Utf::Eight => out.extend_from_slice(text.as_bytes()),
        Utf::SixteenBig => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
        Utf::SixteenLittle => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
    }
}

fn utf_8(bytes: &[u8], ccsid: i32) -> Decoded<'_> {
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
        fault: (!whole).then(|| Undecodable { expected: format!("bytes that are UTF-8 (CCSID {ccsid})") }),
        unit: Unit::Utf8,
        skipped_bytes: text.len() - unmarked.len(),
    }
}

fn utf_16<'a>(body: &[u8], order: fn([u8; 2]) -> u16, skipped_bytes: usize, ccsid: i32) -> Decoded<'a> {
    let (pairs, rest) = body.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
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
        skipped_bytes,
    }
}

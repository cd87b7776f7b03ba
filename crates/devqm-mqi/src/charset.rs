//! The text that callers pass: names and string properties in a CCSID that they state.
//!
//! The library keeps text in UTF-8. What it cannot read it refuses: there is no conversion table here.

use std::borrow::Cow;

use libmqm_sys as mq;

/// UTF-8.
pub(crate) const UTF_8: i32 = 1208;
/// ISO 8859-1.
const LATIN_1: i32 = 819;

/// Whether text in this CCSID is UTF-8 already: stated so, or left to the application, whose locale is taken for UTF-8.
pub(crate) fn is_utf8(ccsid: i32) -> bool {
    matches!(ccsid, UTF_8 | mq::MQCCSI_APPL | mq::MQCCSI_DEFAULT)
}

/// The text of some bytes; `None` where the CCSID is not known here or the bytes are not of it.
pub(crate) fn decode(ccsid: i32, bytes: &[u8]) -> Option<Cow<'_, str>> {
    match ccsid {
        LATIN_1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        _ if is_utf8(ccsid) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_by_its_ccsid_or_not_at_all() {
        assert_eq!(decode(1208, "é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(decode(mq::MQCCSI_APPL, b"a").as_deref(), Some("a"));
        assert_eq!(decode(819, b"\xE9").as_deref(), Some("é"));
        assert_eq!(decode(1208, b"\xE9"), None);
        assert_eq!(decode(500, b"a"), None);
    }
}

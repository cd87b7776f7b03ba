//! The text that callers pass and are given: names, string properties and buffers in a CCSID that they state.
//!
//! The library keeps text in UTF-8. What has no mapping is refused, never replaced.

use std::borrow::Cow;

use ccsid::Newline;
use libmqm_sys as mq;

/// UTF-8.
pub(crate) const UTF_8: i32 = 1208;

/// Whether text in this CCSID is UTF-8 already: stated so, or left to the application, whose locale is taken for UTF-8.
pub(crate) fn is_utf8(ccsid: i32) -> bool {
    matches!(ccsid, UTF_8 | mq::MQCCSI_APPL | mq::MQCCSI_DEFAULT)
}

/// The text of some bytes; `None` where the CCSID is not known here or the bytes are not of it.
pub(crate) fn decode(ccsid: i32, bytes: &[u8]) -> Option<Cow<'_, str>> {
    if is_utf8(ccsid) {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let decoded = ccsid::decode(bytes, ccsid, mq::MQENC_NATIVE, Newline::Lf).ok()?;
    decoded.fault.is_none().then_some(decoded.text)
}

/// The bytes of a text; `None` where the CCSID is not known here or has not all of its characters.
pub(crate) fn encode(ccsid: i32, text: &str) -> Option<Vec<u8>> {
    if is_utf8(ccsid) {
        return Some(text.as_bytes().to_vec());
    }
    ccsid::encode(text, ccsid, mq::MQENC_NATIVE, Newline::Lf).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_by_its_ccsid_or_not_at_all() {
        assert_eq!(decode(1208, "é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(decode(mq::MQCCSI_APPL, b"a").as_deref(), Some("a"));
        assert_eq!(decode(819, b"\xE9").as_deref(), Some("é"));
        assert_eq!(decode(500, b"\x81").as_deref(), Some("a"));
        assert_eq!(decode(1208, b"\xE9"), None);
        assert_eq!(decode(99_999, b"a"), None);
        assert_eq!(encode(500, "a").as_deref(), Some(b"\x81".as_slice()));
        assert_eq!(encode(500, "€"), None);
    }
}

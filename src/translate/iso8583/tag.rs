//! A tag as text, small enough to be copied: it outlives the buffer that values are decoded into.

use super::layouts::TAG_BYTES_MAX;

/// Bytes as hexadecimal digits are twice as many characters; characters of UTF-8 are not tags.
const CHARACTERS_MAX: usize = 2 * TAG_BYTES_MAX;

/// A tag of ASCII letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TagText {
    bytes: [u8; CHARACTERS_MAX],
    length: usize,
}

impl TagText {
    /// A tag; `None` where it is too long, empty, or has anything but letters and digits.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; CHARACTERS_MAX];
        let usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        bytes.get_mut(..text.len()).filter(|_| usable)?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, length: text.len() })
    }

    pub(super) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

//! Short texts, copied with a size that is known when this is compiled: a document is made of hundreds of them, and a call
//! for each takes longer than the copying.

/// Bytes that are copied at once.
const BYTES: usize = 32;

/// A text that is written again and again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Short {
    /// Zeros behind the text.
    bytes: [u8; BYTES],
    length: usize,
}

impl Short {
    /// # Errors
    /// The text is too long.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let mut bytes = [0; BYTES];
        let place = bytes.get_mut(..text.len()).ok_or_else(|| format!("a shorter name than in {text}"))?;
        place.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length: text.len() })
    }

    /// Appends it.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Appends a part of a text, which is short as a rule.
#[inline]
pub(super) fn copy(out: &mut Vec<u8>, text: &[u8], start: usize, end: usize) {
    let chunk = text.get(start..).and_then(<[u8]>::first_chunk::<BYTES>);
    match chunk {
        Some(chunk) if start <= end && end <= start + BYTES => {
            let length = out.len() + (end - start);
            out.extend_from_slice(chunk);
            out.truncate(length);
        }
        _ => out.extend_from_slice(text.get(start..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_any_length_are_copied_from_anywhere() {
        let text: Vec<u8> = (0..100).collect();
        for start in 0..=100 {
            for end in start..=100 {
                let mut out = b"before".to_vec();
                copy(&mut out, &text, start, end);
                assert_eq!(out, [b"before", &text[start..end]].concat());
            }
        }
    }

    #[test]
    fn a_short_text_is_written_as_it_is_and_a_long_one_refused() {
        for length in [0, 1, 31, 32] {
            let text = "x".repeat(length);
            let mut out = b"before".to_vec();
            let short = Short::new(&text).unwrap();
            short.write(&mut out);
            assert_eq!((out, short.as_bytes()), (format!("before{text}").into_bytes(), text.as_bytes()));
        }
        assert!(Short::new(&"x".repeat(33)).is_err());
    }
}

//! What stands in the fields of MQI structures: padded characters, numbers in the machine's own order.

/// A field as text: up to the first NUL, without trailing blanks. What is not UTF-8 ends it.
pub(crate) fn text(field: &[u8]) -> String {
    let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
    let valid = match std::str::from_utf8(field) {
        Ok(text) => text,
        Err(error) => {
            field.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or("")
        }
    };
    valid.trim_end_matches(' ').to_owned()
}

/// Text as a field, blank padded.
pub(crate) fn blank_padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    field
}

/// A field with NUL padding turned into blanks, as the queue manager returns it.
pub(crate) fn blanked<const N: usize>(mut field: [u8; N]) -> [u8; N] {
    if let Some(end) = field.iter().position(|byte| *byte == 0) {
        field.iter_mut().skip(end).for_each(|byte| *byte = b' ');
    }
    field
}

/// A number in the machine's own order, which is what callers use.
pub(crate) fn native(mut bytes: [u8; 4]) -> i32 {
    if cfg!(target_endian = "little") {
        bytes.reverse();
    }
    i32::from_be_bytes(bytes)
}

/// A number's bytes in the machine's own order.
pub(crate) fn to_native(value: i32) -> [u8; 4] {
    let mut bytes = value.to_be_bytes();
    if cfg!(target_endian = "little") {
        bytes.reverse();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_padding_comes_back_as_blanks() {
        assert_eq!(blanked(*b"AB\0\0x"), *b"AB   ");
        assert_eq!(text(b"NAME  \0zz"), "NAME");
        assert_eq!(text(b"A\xFFB"), "A");
        assert_eq!(blank_padded::<4>("ABCDE"), *b"ABCD");
        assert_eq!(blank_padded::<4>("A"), *b"A   ");
    }

    #[test]
    fn numbers_keep_their_value() {
        for number in [0, 1, -1, i32::MIN, i32::MAX] {
            assert_eq!(native(to_native(number)), number);
        }
    }
}

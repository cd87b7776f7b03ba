//! One field: its bytes and its text. Knows nothing of records.

use super::charset::Charset;
use super::layout::{ByteOrder, Field, Kind, Number, Text};
use super::number::{self, Decimal, NoNumber};

/// Bytes that are not what their field holds.
#[derive(Debug)]
pub(super) struct Flaw {
    /// The byte that is wrong.
    pub(super) at: usize,
    pub(super) expected: String,
}

/// Buffers that are used again for every field.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The value.
    pub(super) text: String,
    digits: String,
}

/// Reads a field into `buffers.text`. True: [`encode`] writes the same bytes.
pub(super) fn decode(
    field: &Field,
    bytes: &[u8],
    charset: &Charset,
    buffers: &mut Buffers,
) -> Result<bool, Flaw> {
    buffers.text.clear();
    let canonical = match &field.kind {
        Kind::Text(text) => decode_text(*text, bytes, charset, &mut buffers.text)?,
        Kind::Digits { blank: true } if is_blank(bytes, charset) => true,
        Kind::Digits { .. } => {
            number::plain_digits(bytes, charset, &mut buffers.text)?;
            true
        }
        Kind::Number(number) if number.blank && is_blank(bytes, charset) => true,
        Kind::Number(number) => decode_number(*number, bytes, charset, buffers)?,
        Kind::Float(order) => decode_float(*order, bytes, &mut buffers.text)?,
        Kind::Hex => {
            hex_onto(bytes, &mut buffers.text);
            true
        }
        Kind::Group(_) | Kind::Filler { .. } => true,
    };
    if !field.is.is_empty() && !field.is.contains(&buffers.text) {
        return Err(Flaw { at: 0, expected: one_of(&field.is) });
    }
    Ok(canonical)
}

/// Appends the bytes of a field.
///
/// # Errors
/// What is expected of its value.
pub(super) fn encode(field: &Field, value: &str, charset: &Charset, out: &mut Vec<u8>) -> Result<(), String> {
    if !field.is.is_empty() && !field.is.iter().any(|allowed| allowed == value) {
        return Err(one_of(&field.is));
    }
    let length = field.length;
    match &field.kind {
        Kind::Text(text) => encode_text(*text, value, length, charset, out),
        Kind::Digits { blank } | Kind::Number(Number { blank, .. }) if *blank && value.is_empty() => {
            out.extend(std::iter::repeat_n(charset.byte(' '), length.unwrap_or(0)));
            Ok(())
        }
        Kind::Digits { .. } => encode_digits(value, length, charset, out),
        Kind::Number(number) => {
            let decimal = Decimal::parse(value, number.scale).ok_or_else(|| describe(*number))?;
            number::encode(number.form, &decimal, length.unwrap_or(0), charset, out)
        }
        Kind::Float(order) => encode_float(*order, value, length, out),
        Kind::Hex => encode_hex(value, length, out),
        Kind::Group(_) | Kind::Filler { .. } => Ok(()),
    }
}

/// For people: the values that a layout allows.
fn one_of(allowed: &[String]) -> String {
    let quoted: Vec<String> = allowed.iter().map(|value| format!("{value:?}")).collect();
    quoted.join(" or ")
}

fn describe(number: Number) -> String {
    match number.scale {
        0 => "a whole number".to_owned(),
        places if places > 0 => format!("a number with {places} decimals"),
        zeros => format!("a whole number that ends in {} zeros", -zeros),
    }
}

fn is_blank(bytes: &[u8], charset: &Charset) -> bool {
    let blank = charset.byte(' ');
    bytes.iter().all(|&byte| byte == blank)
}

fn decode_text(text: Text, bytes: &[u8], charset: &Charset, out: &mut String) -> Result<bool, Flaw> {
    let (skipped, content) = match text.pad {
        None => (0, bytes),
        Some(pad) if text.right => {
            let pad = charset.byte(pad);
            let skipped = bytes.iter().take_while(|&&byte| byte == pad).count();
            (skipped, bytes.get(skipped..).unwrap_or_default())
        }
        Some(pad) => {
            let pad = charset.byte(pad);
            let used = bytes.iter().rposition(|&byte| byte != pad).map_or(0, |last| last + 1);
            (0, bytes.get(..used).unwrap_or_default())
        }
    };
    charset
        .decode_onto(content, out)
        .map_err(|at| Flaw { at: skipped + at, expected: "a character of the message's CCSID".to_owned() })?;
    Ok(!(charset.is_ebcdic && out.contains('\n')) || is_written_so(out, content, charset))
}

/// EBCDIC has two line feeds; only one of them is written.
fn is_written_so(text: &str, bytes: &[u8], charset: &Charset) -> bool {
    let mut written = Vec::with_capacity(bytes.len());
    charset.encode_onto(text, &mut written).is_ok() && written == bytes
}

fn encode_text(
    text: Text,
    value: &str,
    length: Option<usize>,
    charset: &Charset,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let start = out.len();
    charset.encode_onto(value, out).map_err(|_| "characters of the message's CCSID".to_owned())?;
    let Some(length) = length else { return Ok(()) };
    let written = out.len() - start;
    let missing = length.checked_sub(written).ok_or_else(|| format!("at most {length} bytes"))?;
    match text.pad {
        None if missing > 0 => Err(format!("{length} bytes")),
        None => Ok(()),
        Some(pad) => {
            let at = if text.right { start } else { out.len() };
            out.splice(at..at, std::iter::repeat_n(charset.byte(pad), missing));
            Ok(())
        }
    }
}

fn encode_digits(
    value: &str,
    length: Option<usize>,
    charset: &Charset,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let fits = length.is_none_or(|length| value.len() == length);
    if !fits || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(length.map_or_else(|| "digits".to_owned(), |length| format!("{length} digits")));
    }
    out.extend(value.chars().map(|digit| charset.byte(digit)));
    Ok(())
}

fn decode_number(
    number: Number,
    bytes: &[u8],
    charset: &Charset,
    buffers: &mut Buffers,
) -> Result<bool, Flaw> {
    buffers.digits.clear();
    let signed = number::decode(number.form, bytes, charset, &mut buffers.digits)?;
    number::write_decimal(signed.negative, &buffers.digits, number.scale, &mut buffers.text);
    Ok(signed.canonical)
}

/// A shortest decimal number that is this float and no other.
fn decode_float(order: ByteOrder, bytes: &[u8], out: &mut String) -> Result<bool, Flaw> {
    use std::fmt::Write as _;
    let ordered = |mut bytes: [u8; 8], length: usize| {
        if order == ByteOrder::Little {
            bytes.get_mut(..length).unwrap_or_default().reverse();
        }
        bytes
    };
    let mut wide = [0; 8];
    wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let wide = ordered(wide, bytes.len());
    let (finite, written) = match wide {
        [a, b, c, d, ..] if bytes.len() == 4 => {
            let value = f32::from_be_bytes([a, b, c, d]);
            (value.is_finite(), write!(out, "{value}"))
        }
        _ => {
            let value = f64::from_be_bytes(wide);
            (value.is_finite(), write!(out, "{value}"))
        }
    };
    if !finite || written.is_err() {
        return Err(Flaw { at: 0, expected: "a finite number".to_owned() });
    }
    Ok(true)
}

fn encode_float(
    order: ByteOrder,
    value: &str,
    length: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let none = || "a finite number".to_owned();
    let start = out.len();
    if length == Some(4) {
        let value: f32 = value.parse().map_err(|_| none())?;
        out.extend_from_slice(&value.to_be_bytes());
    } else {
        let value: f64 = value.parse().map_err(|_| none())?;
        out.extend_from_slice(&value.to_be_bytes());
    }
    if order == ByteOrder::Little {
        out.get_mut(start..).unwrap_or_default().reverse();
    }
    Ok(())
}

/// Appends two upper-case digits a byte.
pub(super) fn hex_onto(bytes: &[u8], out: &mut String) {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 });
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 0xF));
    }
}

fn encode_hex(value: &str, length: Option<usize>, out: &mut Vec<u8>) -> Result<(), String> {
    let bytes = hex::decode(value).ok().filter(|bytes| length.is_none_or(|length| bytes.len() == length));
    let bytes = bytes.ok_or_else(|| {
        length.map_or_else(
            || "bytes in hexadecimal".to_owned(),
            |length| format!("{length} bytes in hexadecimal"),
        )
    })?;
    out.extend_from_slice(&bytes);
    Ok(())
}

impl From<NoNumber> for Flaw {
    fn from(fault: NoNumber) -> Self {
        Self { at: fault.at, expected: fault.expected.to_owned() }
    }
}

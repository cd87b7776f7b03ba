//! Numbers of records and their decimal text, digit by digit: no number is ever computed with. Knows bytes and digits only.

use super::charset::Charset;
use super::layout::{ByteOrder, Form, Sign};

/// The longest packed and binary numbers: 31 digits are the most that COBOL has; 128 bits are more than that.
pub(super) const PACKED_BYTES_MAX: usize = 32;
pub(super) const BINARY_BYTES_MAX: usize = 16;

/// What a number is made of, beside its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) negative: bool,
    /// It is written as [`encode`] writes it.
    pub(super) canonical: bool,
}

/// Bytes that are no number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoNumber {
    /// The byte that is wrong.
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

const PLAIN: Signed = Signed { negative: false, canonical: true };

/// Appends the digits of a number.
pub(super) fn decode(
    form: Form,
    bytes: &[u8],
    charset: &Charset,
    digits: &mut String,
) -> Result<Signed, NoNumber> {
    match form {
        Form::Display(sign) => display(sign, bytes, charset, digits),
        Form::Packed { signed } => packed(signed, bytes, digits),
        Form::Binary { signed, order } => Ok(binary(signed, order, bytes, digits)),
    }
}

/// Appends the bytes of a number.
///
/// # Errors
/// What is expected of its digits.
pub(super) fn encode(
    form: Form,
    number: &Decimal,
    length: usize,
    charset: &Charset,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match form {
        Form::Display(sign) => encode_display(sign, number, length, charset, out),
        Form::Packed { signed } => encode_packed(signed, number, length, out),
        Form::Binary { signed, order } => encode_binary(signed, order, number, length, out),
    }
}

/// A decimal number in text, its point removed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    /// Without zeros in front, but one.
    pub(super) digits: String,
}

impl Decimal {
    /// Reads what [`write_decimal`] writes.
    pub(super) fn parse(text: &str, scale: i32) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let places = usize::try_from(scale.max(0)).ok()?;
        let zeros = usize::try_from((-scale).max(0)).ok()?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let point = text.contains('.');
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        if fraction.len() != places || point != (places > 0) {
            return None;
        }
        let whole =
            if zeros > 0 && whole != "0" { whole.strip_suffix("0".repeat(zeros).as_str())? } else { whole };
        let joined = [whole, fraction].concat();
        let digits = joined.trim_start_matches('0');
        Some(Self { negative, digits: if digits.is_empty() { "0" } else { digits }.to_owned() })
    }

    /// Its digits with zeros in front.
    fn filled(&self, length: usize) -> Result<impl Iterator<Item = u8> + '_, String> {
        if self.digits.len() > length {
            return Err(format!("a number of at most {length} digits"));
        }
        Ok(std::iter::repeat_n(b'0', length - self.digits.len()).chain(self.digits.bytes()))
    }
}

/// Appends digits as a decimal number: no zeros in front but one, as many decimals as the scale says.
pub(super) fn write_decimal(negative: bool, digits: &str, scale: i32, out: &mut String) {
    if negative {
        out.push('-');
    }
    let places = usize::try_from(scale.max(0)).unwrap_or(0);
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if scale < 0 && !whole.is_empty() {
        (0..-scale).for_each(|_| out.push('0'));
    }
    if places > 0 {
        out.push('.');
        (fraction.len()..places).for_each(|_| out.push('0'));
        out.push_str(fraction);
    }
}

/// Appends digits that stand as characters.
pub(super) fn plain_digits(bytes: &[u8], charset: &Charset, digits: &mut String) -> Result<(), NoNumber> {
    let zero = charset.byte('0');
    for (at, &byte) in bytes.iter().enumerate() {
        let digit = byte.wrapping_sub(zero);
        if digit > 9 {
            return Err(NoNumber { at, expected: "a digit" });
        }
        digits.push(char::from(b'0' + digit));
    }
    Ok(())
}

fn display(sign: Sign, bytes: &[u8], charset: &Charset, digits: &mut String) -> Result<Signed, NoNumber> {
    let shifted = |by: usize| move |fault: NoNumber| NoNumber { at: fault.at + by, ..fault };
    let none = NoNumber { at: 0, expected: "a number" };
    match sign {
        Sign::None => plain_digits(bytes, charset, digits).map(|()| PLAIN),
        Sign::SeparateLeading => {
            let (sign, rest) = bytes.split_first().ok_or(none)?;
            let signed = separate(*sign, 0, charset)?;
            plain_digits(rest, charset, digits).map_err(shifted(1)).map(|()| signed)
        }
        Sign::SeparateTrailing => {
            let (sign, rest) = bytes.split_last().ok_or(none)?;
            plain_digits(rest, charset, digits)?;
            separate(*sign, rest.len(), charset)
        }
        Sign::Leading => {
            let (first, rest) = bytes.split_first().ok_or(none)?;
            let (digit, signed) = overpunched(*first, 0, charset)?;
            digits.push(digit);
            plain_digits(rest, charset, digits).map_err(shifted(1)).map(|()| signed)
        }
        Sign::Trailing => {
            let (last, rest) = bytes.split_last().ok_or(none)?;
            plain_digits(rest, charset, digits)?;
            let (digit, signed) = overpunched(*last, rest.len(), charset)?;
            digits.push(digit);
            Ok(signed)
        }
    }
}

fn separate(byte: u8, at: usize, charset: &Charset) -> Result<Signed, NoNumber> {
    match byte {
        plus if plus == charset.byte('+') => Ok(PLAIN),
        minus if minus == charset.byte('-') => Ok(Signed { negative: true, ..PLAIN }),
        _ => Err(NoNumber { at, expected: "+ or -" }),
    }
}

/// A digit with a sign in its zone: in EBCDIC the upper half of the byte, in ASCII the characters that EBCDIC's become
/// (`{ABCDEFGHI` and `}JKLMNOPQR`), or digits and `pqrstuvwxy` as PC compilers write them.
fn overpunched(byte: u8, at: usize, charset: &Charset) -> Result<(char, Signed), NoNumber> {
    let (digit, negative, canonical) = if charset.is_ebcdic {
        match byte >> 4 {
            0xC => (byte & 0xF, false, true),
            0xD => (byte & 0xF, true, true),
            0xF | 0xA | 0xE => (byte & 0xF, false, false),
            0xB => (byte & 0xF, true, false),
            _ => (0xF, false, false),
        }
    } else {
        match byte {
            b'{' => (0, false, true),
            b'A'..=b'I' => (byte - b'A' + 1, false, true),
            b'}' => (0, true, true),
            b'J'..=b'R' => (byte - b'J' + 1, true, true),
            b'0'..=b'9' => (byte - b'0', false, false),
            b'p'..=b'y' => (byte - b'p', true, false),
            _ => (0xF, false, false),
        }
    };
    if digit > 9 {
        return Err(NoNumber { at, expected: "a digit with a sign" });
    }
    Ok((char::from(b'0' + digit), Signed { negative, canonical }))
}

fn packed(signed: bool, bytes: &[u8], digits: &mut String) -> Result<Signed, NoNumber> {
    let last = bytes.len().saturating_sub(1);
    let mut sign = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let (high, low) = (byte >> 4, byte & 0xF);
        if high > 9 || (at < last && low > 9) {
            return Err(NoNumber { at, expected: "two packed digits" });
        }
        digits.push(char::from(b'0' + high));
        if at < last {
            digits.push(char::from(b'0' + low));
        } else {
            sign = low;
        }
    }
    let usual = if signed { 0xC } else { 0xF };
    match sign {
        0xD if signed => Ok(Signed { negative: true, canonical: true }),
        0xB | 0xD => Ok(Signed { negative: true, canonical: false }),
        0xA | 0xC | 0xE | 0xF => Ok(Signed { negative: false, canonical: sign == usual }),
        _ => Err(NoNumber { at: last, expected: "a packed digit and a sign" }),
    }
}

fn binary(signed: bool, order: ByteOrder, bytes: &[u8], digits: &mut String) -> Signed {
    use std::fmt::Write as _;
    let mut wide = [0_u8; BINARY_BYTES_MAX];
    let big_endian = |at: usize| match order {
        ByteOrder::Big => bytes.get(bytes.len() - 1 - at),
        ByteOrder::Little => bytes.get(at),
    };
    let top = big_endian(bytes.len().saturating_sub(1)).copied().unwrap_or(0);
    let negative = signed && top & 0x80 != 0;
    if negative {
        wide = [0xFF; BINARY_BYTES_MAX];
    }
    for (at, byte) in wide.iter_mut().enumerate().take(bytes.len()) {
        *byte = big_endian(at).copied().unwrap_or(0);
    }
    let value = u128::from_le_bytes(wide);
    let magnitude = if negative { value.wrapping_neg() } else { value };
    // Writing to a string does not fail.
    let _ = write!(digits, "{magnitude}");
    Signed { negative, canonical: true }
}

fn encode_display(
    sign: Sign,
    number: &Decimal,
    length: usize,
    charset: &Charset,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let separate = matches!(sign, Sign::SeparateLeading | Sign::SeparateTrailing);
    if number.negative && sign == Sign::None {
        return Err("a number without sign".to_owned());
    }
    let start = out.len();
    let mark = charset.byte(if number.negative { '-' } else { '+' });
    if sign == Sign::SeparateLeading {
        out.push(mark);
    }
    let zero = charset.byte('0');
    out.extend(number.filled(length - usize::from(separate))?.map(|digit| zero + (digit - b'0')));
    let end = out.len() - 1;
    match sign {
        Sign::None | Sign::SeparateLeading => {}
        Sign::SeparateTrailing => out.push(mark),
        Sign::Leading => overpunch(out.get_mut(start), number.negative, zero, charset),
        Sign::Trailing => overpunch(out.get_mut(end), number.negative, zero, charset),
    }
    Ok(())
}

fn overpunch(byte: Option<&mut u8>, negative: bool, zero: u8, charset: &Charset) {
    let Some(byte) = byte else { return };
    let digit = *byte - zero;
    *byte = match (charset.is_ebcdic, negative, digit) {
        (true, false, _) => 0xC0 | digit,
        (true, true, _) => 0xD0 | digit,
        (false, false, 0) => b'{',
        (false, false, _) => b'A' + digit - 1,
        (false, true, 0) => b'}',
        (false, true, _) => b'J' + digit - 1,
    };
}

fn encode_packed(signed: bool, number: &Decimal, length: usize, out: &mut Vec<u8>) -> Result<(), String> {
    let sign = match (signed, number.negative) {
        (true, true) => 0xD,
        (true, false) => 0xC,
        (false, false) => 0xF,
        (false, true) => return Err("a number without sign".to_owned()),
    };
    let mut high = None;
    for digit in number.filled(length * 2 - 1)?.map(|digit| digit - b'0').chain([sign]) {
        match high.take() {
            None => high = Some(digit),
            Some(before) => out.push(before << 4 | digit),
        }
    }
    Ok(())
}

fn encode_binary(
    signed: bool,
    order: ByteOrder,
    number: &Decimal,
    length: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let range = || format!("a number that {length} bytes can hold");
    let magnitude: u128 = number.digits.parse().map_err(|_| range())?;
    let bits = u32::try_from(length * 8).unwrap_or(u32::MAX) - u32::from(signed);
    let limit = 1_u128.checked_shl(bits);
    let over = |over: u128| limit.is_some_and(|limit| magnitude >= limit.saturating_add(over));
    if over(u128::from(number.negative)) || (number.negative && !signed) {
        return Err(range());
    }
    let value = if number.negative { magnitude.wrapping_neg() } else { magnitude };
    let bytes = value.to_be_bytes();
    let used = bytes.get(bytes.len() - length..).unwrap_or_default();
    match order {
        ByteOrder::Big => out.extend_from_slice(used),
        ByteOrder::Little => out.extend(used.iter().rev()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ccsid::Newline;

    use super::*;

    fn read(form: Form, scale: i32, bytes: &[u8]) -> Result<(String, bool), NoNumber> {
        let charset = Charset::new(1208, Newline::Lf).unwrap();
        let (mut digits, mut text) = (String::new(), String::new());
        let signed = decode(form, bytes, &charset, &mut digits)?;
        write_decimal(signed.negative, &digits, scale, &mut text);
        let mut back = Vec::new();
        if signed.canonical {
            encode(form, &Decimal::parse(&text, scale).unwrap(), bytes.len(), &charset, &mut back).unwrap();
            assert_eq!(back, bytes, "{form:?} {text}");
        }
        Ok((text, signed.canonical))
    }

    const PACKED: Form = Form::Packed { signed: true };

    #[test]
    fn packed_numbers_are_read_digit_by_digit() {
        assert_eq!(read(PACKED, 2, &[0x12, 0x34, 0x5C]), Ok(("123.45".into(), true)));
        assert_eq!(read(PACKED, 2, &[0x00, 0x00, 0x1D]), Ok(("-0.01".into(), true)));
        assert_eq!(read(PACKED, 2, &[0x00, 0x0D]), Ok(("-0.00".into(), true)));
        assert_eq!(read(PACKED, 0, &[0x1F]), Ok(("1".into(), false)));
        assert_eq!(read(Form::Packed { signed: false }, 0, &[0x1F]), Ok(("1".into(), true)));
        let long = [&[0x99; 15][..], &[0x9C]].concat();
        assert_eq!(read(PACKED, 0, &long), Ok(("9".repeat(31), true)));
        assert_eq!(read(PACKED, 0, &[0x1A, 0x2C]), Err(NoNumber { at: 0, expected: "two packed digits" }));
        assert_eq!(
            read(PACKED, 0, &[0x11, 0x24]),
            Err(NoNumber { at: 1, expected: "a packed digit and a sign" })
        );
    }

    #[test]
    fn zoned_numbers_have_their_sign_where_the_layout_says() {
        let zoned = |sign, bytes: &[u8]| read(Form::Display(sign), 1, bytes);
        assert_eq!(zoned(Sign::Trailing, b"012C"), Ok(("12.3".into(), true)));
        assert_eq!(zoned(Sign::Trailing, b"012}"), Ok(("-12.0".into(), true)));
        assert_eq!(zoned(Sign::Trailing, b"0123"), Ok(("12.3".into(), false)));
        assert_eq!(zoned(Sign::Trailing, b"012s"), Ok(("-12.3".into(), false)));
        assert_eq!(zoned(Sign::Leading, b"J23"), Ok(("-12.3".into(), true)));
        assert_eq!(zoned(Sign::SeparateLeading, b"-123"), Ok(("-12.3".into(), true)));
        assert_eq!(zoned(Sign::SeparateTrailing, b"123+"), Ok(("12.3".into(), true)));
        assert_eq!(zoned(Sign::SeparateTrailing, b"1x3+").unwrap_err().at, 1);
        assert_eq!(zoned(Sign::SeparateLeading, b"-1x").unwrap_err().at, 2);
        assert_eq!(zoned(Sign::Trailing, b"12Z").unwrap_err().at, 2);
    }

    #[test]
    fn binary_numbers_have_either_order_and_every_size() {
        let signed = |order, bytes: &[u8]| read(Form::Binary { signed: true, order }, 0, bytes).unwrap().0;
        assert_eq!(signed(ByteOrder::Big, &[0xFF, 0xFE]), "-2");
        assert_eq!(signed(ByteOrder::Little, &[0xFE, 0xFF, 0xFF]), "-2");
        assert_eq!(signed(ByteOrder::Big, &[0x80, 0, 0, 0, 0, 0, 0, 0]), i64::MIN.to_string());
        let wide = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(signed(ByteOrder::Big, &wide), i128::MIN.to_string());
        let unsigned = Form::Binary { signed: false, order: ByteOrder::Big };
        assert_eq!(read(unsigned, 2, &[0xFF; 8]), Ok(("184467440737095516.15".into(), true)));
        assert_eq!(read(unsigned, 0, &[0xFF; 16]).unwrap().0, u128::MAX.to_string());
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let charset = Charset::new(1208, Newline::Lf).unwrap();
        let mut out = Vec::new();
        let mut write = |form, text: &str, length| {
            encode(form, &Decimal::parse(text, 0).unwrap(), length, &charset, &mut out).is_ok()
        };
        assert!(write(PACKED, "999", 2) && !write(PACKED, "1000", 2));
        let byte = Form::Binary { signed: true, order: ByteOrder::Big };
        assert!(write(byte, "127", 1) && write(byte, "-128", 1));
        assert!(!write(byte, "128", 1) && !write(byte, "-129", 1));
        assert!(!write(Form::Display(Sign::None), "-1", 4));
    }

    #[test]
    fn decimals_are_exact_or_none() {
        for (text, scale) in [("1.00", 2), ("0.05", 2), ("-0.00", 2), ("12", 0), ("1200", -2), ("0", -2)] {
            let decimal = Decimal::parse(text, scale).unwrap();
            let mut written = String::new();
            write_decimal(decimal.negative, &decimal.digits, scale, &mut written);
            assert_eq!(written, text);
        }
        for (text, scale) in [("1.0", 2), ("1", 2), (".10", 2), ("1.", 0), ("1e3", 0), ("", 0), ("1250", -2)]
        {
            assert_eq!(Decimal::parse(text, scale), None, "{text}");
        }
    }
}

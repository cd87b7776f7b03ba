//! From the text of one value to its bytes, with its length.

use serde_json::Value;

use super::charset::{Charset, class, class_of};
use super::table::{Count, Data, Element, Number, Prefix, Size, Text};
use super::value::nibble_class;
use super::write::{Result, Writer};
use crate::translate::Unwritable;

impl<'a> Writer<'a> {
    /// Writes an element or sub-element with the length in front of it.
    pub(super) fn element(&self, element: &Element, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        let mut content = Vec::new();
        let units = self.content(element, value, element.size != Size::Rest, &mut content)?;
        match element.size {
            Size::Rest => {}
            Size::Fixed(expected) if units == expected => {}
            Size::Fixed(expected) => {
                return Err(Unwritable::new("", format!("{expected} {}", element.unit())));
            }
            Size::Prefixed { prefix, min, max } => {
                if units < min || units > max {
                    return Err(Unwritable::new("", format!("{min} to {max} {}", element.unit())));
                }
                self.number(prefix, units, out)?;
            }
        }
        out.append(&mut content);
        Ok(())
    }

    /// Writes a value, and gives its length in what its element counts. Where that is written beside it, an odd number of
    /// packed digits is filled up.
    pub(super) fn content(
        &self,
        element: &Element,
        value: &Value,
        counted: bool,
        out: &mut Vec<u8>,
    ) -> Result<usize> {
        let from = out.len();
        if let Some(layout) = self.table.layout(element) {
            self.layout(layout, value, out)?;
            return self.units_of(element, out.get(from..).unwrap_or_default());
        }
        let text = value.as_str().ok_or_else(|| Unwritable::new("", "a string"))?;
        match element.data {
            Data::Text(charset) => {
                self.text(element, charset, text, out)?;
                self.units_of(element, out.get(from..).unwrap_or_default())
            }
            Data::Hex(charset) => {
                self.hex(charset, text, out)?;
                self.units_of(element, out.get(from..).unwrap_or_default())
            }
            Data::Bcd | Data::Binary => self.packed(element, text, counted, out),
        }
    }

    /// How long some bytes are in what an element counts.
    fn units_of(&self, element: &Element, bytes: &[u8]) -> Result<usize> {
        match (element.data, element.count) {
            (Data::Text(text), Count::Digits) if self.charset(text)?.is_utf_8() => {
                Ok(bytes.iter().filter(|&byte| byte & 0xC0 != 0x80).count())
            }
            (Data::Bcd | Data::Binary, Count::Digits) => Ok(bytes.len() * 2),
            (Data::Hex(_), Count::Bytes) if bytes.len() % 2 == 1 => {
                Err(Unwritable::new("", "an even number of hexadecimal digits"))
            }
            (Data::Hex(_), Count::Bytes) => Ok(bytes.len() / 2),
            _ => Ok(bytes.len()),
        }
    }

    fn text(&self, element: &Element, charset: Text, text: &str, out: &mut Vec<u8>) -> Result<()> {
        let charset = self.charset(charset)?;
        let digits = if element.kind.signed { self.sign(charset, text, out)? } else { text };
        if digits.chars().any(|character| class_of(character) & element.kind.allowed == 0) {
            return Err(Unwritable::new("", format!("characters of type {}", element.kind.name)));
        }
        let encoded = charset.encode_onto(digits, out);
        encoded.map_err(|_| Unwritable::new("", format!("characters of CCSID {}", charset.ccsid())))
    }

    /// Writes the sign in front of an amount, and gives the rest.
    fn sign<'t>(&self, charset: &Charset, text: &'t str, out: &mut Vec<u8>) -> Result<&'t str> {
        let Some(rest) = text.strip_prefix(['C', 'D']) else {
            return if text.is_empty() {
                Ok(text)
            } else {
                Err(Unwritable::new("", "C or D in front of the amount"))
            };
        };
        let sign = text.get(..1).unwrap_or_default();
        charset
            .encode_onto(sign, out)
            .map_err(|_| Unwritable::new("", "a character set that has C and D"))?;
        Ok(rest)
    }

    fn hex(&self, charset: Text, text: &str, out: &mut Vec<u8>) -> Result<()> {
        if text.chars().any(|character| class_of(character) & (class::DIGIT | class::HEX) == 0) {
            return Err(Unwritable::new("", "hexadecimal digits"));
        }
        let encoded = self.charset(charset)?.encode_onto(text, out);
        encoded.map_err(|_| Unwritable::new("", "a character set that has hexadecimal digits"))
    }

    fn packed(&self, element: &Element, text: &str, counted: bool, out: &mut Vec<u8>) -> Result<usize> {
        let digits =
            if element.kind.signed { self.sign(self.charset(self.table.text)?, text, out)? } else { text };
        let sign = text.len() - digits.len();
        let allowed = if element.data == Data::Binary { class::ANY } else { element.kind.allowed };
        let nibbles: Option<Vec<u8>> = digits
            .chars()
            .map(|digit| {
                u8::try_from(digit.to_digit(16)?).ok().filter(|&nibble| nibble_class(nibble) & allowed != 0)
            })
            .collect();
        let expected = || Unwritable::new("", format!("packed digits of type {}", element.kind.name));
        let mut nibbles = nibbles.ok_or_else(expected)?;
        let units = nibbles.len();
        if units % 2 == 1 {
            if !counted || element.count == Count::Bytes {
                return Err(Unwritable::new("", "an even number of digits"));
            }
            nibbles.insert(if element.pad.left { 0 } else { units }, element.pad.nibble);
        }
        let (pairs, _) = nibbles.as_chunks::<2>();
        out.extend(pairs.iter().map(|[high, low]| (high << 4) | low));
        Ok(sign + if element.count == Count::Bytes { pairs.len() } else { units })
    }

    /// Writes a length.
    pub(super) fn number(&self, prefix: Prefix, number: usize, out: &mut Vec<u8>) -> Result<()> {
        let too_long =
            || Unwritable::new("", format!("a value whose length fits into {} bytes", prefix.bytes));
        let base: usize = match prefix.form {
            Number::Binary => 256,
            Number::Bcd => 100,
            Number::Text(_) => 10,
            Number::Hex(_) => 16,
        };
        let mut digits = Vec::new();
        let mut rest = number;
        for _ in 0..prefix.bytes {
            digits.push(u8::try_from(rest % base).unwrap_or_default());
            rest /= base;
        }
        if rest > 0 {
            return Err(too_long());
        }
        digits.reverse();
        match prefix.form {
            Number::Binary => out.extend(digits),
            Number::Bcd => out.extend(digits.iter().map(|pair| (pair / 10 * 16) | (pair % 10))),
            Number::Text(text) | Number::Hex(text) => {
                let digit =
                    |&digit: &u8| char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase();
                let text_of: String = digits.iter().map(digit).collect();
                self.charset(text)?.encode_onto(&text_of, out).map_err(|_| too_long())?;
            }
        }
        Ok(())
    }

    /// A character set; the one of the descriptor may be one that cannot be written.
    pub(super) fn charset(&self, text: Text) -> Result<&'a Charset> {
        self.table.charset(text, self.message).ok_or_else(|| {
            Unwritable::new("", "a CCSID of one byte a character, or 1208, in the message's descriptor")
        })
    }
}

//! From the bytes of one value to its text.

use std::ops::Range;

use super::charset::{Charset, Fault, class};
use super::read::{Reader, Result};
use super::sink::Sink;
use super::table::{Data, Element};
use crate::translate::Refusal;

impl<S: Sink> Reader<'_, S> {
    /// Appends the text of a value. `units` is its length in what its element counts; `None` for all the bytes.
    pub(super) fn decode(
        &mut self,
        element: &Element,
        span: Range<usize>,
        units: Option<usize>,
    ) -> Result<()> {
        let bytes = self.input.get(span.clone()).unwrap_or_default();
        match element.data {
            Data::Text(text) => {
                let charset = self.charset(text, span.start)?;
                self.decode_text(element, charset, bytes, span.start)
            }
            Data::Hex(text) => {
                let charset = self.charset(text, span.start)?;
                self.decode_hex(charset, bytes, span.start)
            }
            Data::Bcd | Data::Binary => {
                let (sign, rest) = self.sign(element, bytes, span.start)?;
                let digits = units.map_or(rest.len() * 2, |units| element.digits_of(units) - sign);
                self.decode_nibbles(element, rest, digits, span.start + sign)
            }
        }
    }

    fn decode_text(&mut self, element: &Element, charset: &Charset, bytes: &[u8], at: usize) -> Result<()> {
        let mut rest = bytes;
        let mut skipped = 0;
        if let (true, Some((&sign, digits))) = (element.kind.signed, bytes.split_first()) {
            self.push_sign(charset.character(sign), at)?;
            rest = digits;
            skipped = 1;
        }
        let fault = charset.decode_onto(rest, element.kind.allowed, &mut self.value);
        fault.map_err(|fault| text_refusal(element, charset, fault, at + skipped))
    }

    /// Digits are kept as they came, in either case.
    fn decode_hex(&mut self, charset: &Charset, bytes: &[u8], at: usize) -> Result<()> {
        let fault = charset.decode_onto(bytes, class::DIGIT | class::HEX, &mut self.value);
        fault.map_err(|fault| Refusal::new(at + fault.index, "", "a hexadecimal digit"))
    }

    /// The sign in front of packed digits: a character of its own.
    fn sign<'b>(&mut self, element: &Element, bytes: &'b [u8], at: usize) -> Result<(usize, &'b [u8])> {
        let Some((&sign, rest)) = bytes.split_first().filter(|_| element.kind.signed) else {
            return Ok((0, bytes));
        };
        let charset = self.charset(self.table.text, at)?;
        self.push_sign(charset.character(sign), at)?;
        Ok((1, rest))
    }

    fn push_sign(&mut self, sign: char, at: usize) -> Result<()> {
        if !matches!(sign, 'C' | 'D') {
            return Err(Refusal::new(at, "", "C or D in front of the amount"));
        }
        self.value.push(sign);
        Ok(())
    }

    fn decode_nibbles(&mut self, element: &Element, bytes: &[u8], digits: usize, at: usize) -> Result<()> {
        let odd = digits % 2 == 1;
        let nibbles = bytes.len() * 2;
        let padding = match (odd, element.pad.left) {
            (false, _) => None,
            (true, true) => Some(0),
            (true, false) => Some(nibbles - 1),
        };
        let allowed = if element.data == Data::Binary { class::ANY } else { element.kind.allowed };
        for (index, nibble) in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).enumerate() {
            if Some(index) == padding {
                if element.pad.strict && Some(nibble) != element.pad.nibble {
                    return Err(Refusal::new(at + index / 2, "", padding_expected(element)));
                }
                continue;
            }
            if nibble_class(nibble) & allowed == 0 {
                return Err(Refusal::new(at + index / 2, "", nibble_expected(element)));
            }
            self.value.push(hex_digit(nibble));
        }
        Ok(())
    }
}

/// A half byte as an upper-case hexadecimal digit.
#[inline]
pub(super) fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'A' + (nibble & 15) - 10 })
}

/// The class of a packed digit. `D` separates the parts of a track.
pub(super) fn nibble_class(nibble: u8) -> u8 {
    match nibble {
        0..=9 => class::DIGIT,
        0xD => class::SEPARATOR | class::HEX,
        _ => class::HEX,
    }
}

fn padding_expected(element: &Element) -> String {
    match element.pad.nibble {
        Some(nibble) => format!("the half byte {nibble:X} that fills an odd number of digits"),
        None => "an even number of digits".into(),
    }
}

fn nibble_expected(element: &Element) -> String {
    match element.kind.name {
        "z" => "a packed digit or D".into(),
        _ => "a packed decimal digit".into(),
    }
}

fn text_refusal(element: &Element, charset: &Charset, fault: Fault, at: usize) -> Refusal {
    let expected = if fault.undecodable {
        format!("a character of CCSID {}", charset.ccsid())
    } else {
        format!("a character of type {}", element.kind.name)
    };
    Refusal::new(at + fault.index, "", expected)
}

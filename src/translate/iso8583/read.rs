//! The one walk over a message: header, message type, bitmaps, elements. What is made of it is the sink's affair.

use std::ops::Range;

use super::charset::Charset;
use super::keys::Captured;
use super::seen::Seen;
use super::sink::{Key, Sink};
use super::table::{BITS, Covered, Data, Element, Number, Prefix, Size, Table, Tertiary, Text, Type};
use crate::translate::mask::Mask;
use crate::translate::{Limits, Refusal};

/// Room for most values.
const VALUE_BYTES: usize = 256;

pub(super) type Result<T> = std::result::Result<T, Refusal>;

/// A message that is being read.
pub(super) struct Reader<'a, S> {
    pub(super) table: &'a Table,
    pub(super) input: &'a [u8],
    /// The character set of the message's descriptor, where it is of use.
    pub(super) message: Option<&'a Charset>,
    pub(super) limits: &'a Limits,
    pub(super) sink: S,
    /// The next byte.
    pub(super) at: usize,
    /// The value that was decoded last.
    pub(super) value: String,
    pub(super) captured: Captured,
    /// The message type.
    pub(super) kind: String,
    /// The number of the element that is being read, and whether it is a part of it.
    pub(super) top: usize,
    pub(super) depth: usize,
    /// Everything within is masked.
    pub(super) cover: Option<Mask>,
    pub(super) layouts_opened: u32,
    /// How often each tag came, by layout.
    pub(super) seen: Seen,
    fields: usize,
    type_from: usize,
    bitmap_from: usize,
}

impl<'a, S: Sink> Reader<'a, S> {
    pub(super) fn new(
        table: &'a Table,
        input: &'a [u8],
        message: Option<&'a Charset>,
        limits: &'a Limits,
        sink: S,
    ) -> Self {
        Self {
            table,
            input,
            message,
            limits,
            sink,
            at: 0,
            value: String::with_capacity(VALUE_BYTES),
            captured: Captured::default(),
            kind: String::new(),
            top: 0,
            depth: 0,
            cover: None,
            layouts_opened: 0,
            seen: Seen::default(),
            fields: 0,
            type_from: 0,
            bitmap_from: 0,
        }
    }

    /// Reads all of it.
    pub(super) fn message(&mut self) -> Result<()> {
        self.limits.check(self.input, "an ISO 8583 message")?;
        self.header()?;
        self.type_from = self.at;
        self.message_type()?;
        self.bitmap_from = self.at;
        let bits = self.bitmaps()?;
        if bits.unusual {
            self.remark_bitmaps(&bits);
        }
        self.sink.open_fields();
        self.elements(bits.words)?;
        self.sink.close_fields();
        if self.at < self.input.len() {
            let left = self.input.len() - self.at;
            return Err(Refusal::new(self.at, "", format!("the end of the message, not {left} bytes more")));
        }
        Ok(())
    }

    fn message_type(&mut self) -> Result<()> {
        let table = self.table;
        match &table.kind {
            Type::Absent(name) => self.kind.push_str(name),
            Type::Mti(element) => {
                self.element(element, self.input.len())?;
                self.kind.push_str(&self.value);
            }
        }
        Ok(())
    }

    fn elements(&mut self, mut words: [u64; 3]) -> Result<()> {
        for index in 0..words.len() {
            let mut rest = words.get(index).copied().unwrap_or_default();
            while rest != 0 {
                let bit = rest.leading_zeros();
                rest &= !(1 << 63 >> bit);
                let number = index * BITS + bit as usize + 1;
                if !self.table.continues(number) {
                    self.numbered(number)?;
                } else if number == 65 && self.table.tertiary == Tertiary::Element65 {
                    words[2] = self.tertiary_in_place()?;
                }
            }
        }
        Ok(())
    }

    fn numbered(&mut self, number: usize) -> Result<()> {
        let table = self.table;
        let Some(element) = table.element(number) else {
            return Err(Refusal::new(
                self.at,
                format!("/{number}"),
                format!("no element {number}: the dialect does not define it"),
            ));
        };
        self.top = number;
        self.element(element, self.input.len())
    }

    /// Reads an element or sub-element that ends before `end`.
    pub(super) fn element(&mut self, element: &'a Element, end: usize) -> Result<()> {
        self.sized(element, end).map_err(|refusal| within(refusal, &element.key))
    }

    fn sized(&mut self, element: &'a Element, end: usize) -> Result<()> {
        let units = match element.size {
            Size::Rest => None,
            Size::Fixed(units) => Some(units),
            Size::Prefixed { prefix, min, max } => {
                let from = self.at;
                let units = self.number(prefix, end)?;
                if units < min || units > max {
                    let unit = element.unit();
                    return Err(Refusal::new(from, "", format!("a length of {min} to {max} {unit}")));
                }
                self.tell_length(element, from, units);
                Some(units)
            }
        };
        let length = match units {
            None => end - self.at.min(end),
            Some(units) => self.bytes_of(element, units, end)?,
        };
        let from = self.at;
        self.take(length, end, "of the value")?;
        self.content(element, Key::new(&element.key), from..self.at, units)
    }

    fn tell_length(&mut self, element: &Element, from: usize, units: usize) {
        if self.sink.wants_asides() {
            self.sink.aside(&element.key, "Length", from..self.at, &units.to_string());
        }
    }

    /// How many bytes a value has. Characters of UTF-8 are counted where it says so.
    fn bytes_of(&self, element: &Element, units: usize, end: usize) -> Result<usize> {
        let Data::Text(text) = element.data else { return Ok(element.bytes_of(units)) };
        let charset = self.charset(text, self.at)?;
        if !charset.is_utf_8() || element.count == super::table::Count::Bytes {
            return Ok(units);
        }
        let rest = self.input.get(self.at..end).unwrap_or_default();
        let starts = rest.iter().enumerate().filter(|&(_, byte)| byte & 0xC0 != 0x80);
        let next = starts.map(|(index, _)| index).chain([rest.len()]).nth(units);
        next.ok_or_else(|| Refusal::new(self.at, "", format!("{units} characters, and there are fewer")))
    }

    /// What a value is, once its bytes are known.
    pub(super) fn content(
        &mut self,
        element: &'a Element,
        key: Key<'_>,
        span: Range<usize>,
        units: Option<usize>,
    ) -> Result<()> {
        self.count_field(span.start)?;
        let table = self.table;
        if let Some(layout) = table.layout(element) {
            if units.is_some_and(|units| element.is_half_byte(units)) {
                return Err(Refusal::new(span.start, "", "an even number of digits"));
            }
            let cover = self.cover;
            self.cover = element.mask.map(|_| Mask::Whole).or(cover);
            self.sink.open(key, &element.name, span.clone());
            let after = std::mem::replace(&mut self.at, span.start);
            self.layout(layout, span.end)?;
            self.sink.close();
            self.cover = cover;
            self.at = after;
            return Ok(());
        }
        self.value.clear();
        self.decode(element, span.clone(), units)?;
        self.emit(element, key, span)
    }

    fn emit(&mut self, element: &Element, key: Key<'_>, span: Range<usize>) -> Result<()> {
        let mask = self.cover.or(element.mask);
        if element.captured {
            let sub = (self.depth > 0).then_some(key.text);
            self.captured.push(self.top, sub, mask, &self.value);
        }
        if let Some(covered) = element.covered.filter(|_| self.sink.wants_asides()) {
            let from = match covered {
                Covered::FromMti => self.type_from,
                Covered::FromBitmap => self.bitmap_from,
            };
            self.sink.aside(key.text, "Covered by the message authentication code", from..span.start, "");
        }
        self.sink.value(key, &element.name, mask, span.clone(), &self.value);
        self.check_size(span.start)
    }

    pub(super) fn check_size(&self, at: usize) -> Result<()> {
        if self.sink.size() > self.limits.document_bytes_max {
            let expected = format!("a document of at most {} bytes", self.limits.document_bytes_max);
            return Err(Refusal::new(at, "", expected));
        }
        Ok(())
    }

    fn count_field(&mut self, at: usize) -> Result<()> {
        self.fields += 1;
        if self.fields > self.limits.fields_max {
            return Err(Refusal::new(at, "", format!("at most {} elements", self.limits.fields_max)));
        }
        Ok(())
    }

    /// Reads a length. The place of a fault is where it begins: it is one value.
    pub(super) fn number(&mut self, prefix: Prefix, end: usize) -> Result<usize> {
        let from = self.at;
        let bytes = self.take(prefix.bytes, end, "of a length")?;
        let (base, digit): (usize, &dyn Fn(u8) -> Option<u8>) = match prefix.form {
            Number::Binary => (256, &|byte| Some(byte)),
            Number::Bcd => {
                (100, &|byte| (byte >> 4 < 10 && byte & 15 < 10).then(|| (byte >> 4) * 10 + (byte & 15)))
            }
            Number::Text(text) | Number::Hex(text) => {
                return self.text_number(prefix, bytes, self.charset(text, from)?, from);
            }
        };
        let mut number = 0;
        for &byte in bytes {
            let value = digit(byte).ok_or_else(|| Refusal::new(from, "", "a length of decimal digits"))?;
            number = number * base + usize::from(value);
        }
        Ok(number)
    }

    fn text_number(&self, prefix: Prefix, bytes: &[u8], charset: &Charset, from: usize) -> Result<usize> {
        let hex = matches!(prefix.form, Number::Hex(_));
        let (base, kind) = if hex { (16, "hexadecimal") } else { (10, "decimal") };
        let mut number = 0;
        for &byte in bytes {
            let digit = charset.hex_digit(byte).map(usize::from).filter(|&digit| digit < base);
            // Capitals only: there is nothing in the document to tell others.
            let digit = digit.filter(|_| !charset.character(byte).is_ascii_lowercase());
            let digit = digit.ok_or_else(|| {
                Refusal::new(from, "", format!("a length of {} {kind} digits", bytes.len()))
            })?;
            number = number * base + digit;
        }
        Ok(number)
    }

    /// The next bytes, which must be there before `end`.
    pub(super) fn take(&mut self, length: usize, end: usize, what: &str) -> Result<&'a [u8]> {
        let rest = self.input.get(self.at..end).unwrap_or_default();
        let Some(bytes) = rest.get(..length) else {
            let expected = format!("{length} bytes {what}, and there are {}", rest.len());
            return Err(Refusal::new(self.at, "", expected));
        };
        self.at += length;
        Ok(bytes)
    }

    /// A character set; that of the message may be one that cannot be read.
    pub(super) fn charset(&self, text: Text, at: usize) -> Result<&'a Charset> {
        self.table
            .charset(text, self.message)
            .ok_or_else(|| Refusal::new(at, "", "a message with a CCSID of one byte a character, or 1208"))
    }
}

/// A refusal within something.
pub(super) fn within(refusal: Refusal, key: &str) -> Refusal {
    Refusal { path: format!("/{key}{}", refusal.path), ..refusal }
}

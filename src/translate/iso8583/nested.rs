//! Elements that consist of others: by place, tag, bitmap or delimiter.

use std::collections::HashMap;
use std::ops::Range;

use super::charset::{Charset, class};
use super::read::{Reader, Result, within};
use super::sink::{Key, Sink};
use super::table::{Bitmap, Data, Element, Known, Layout, Size, Tagged};
use super::tag::TagText;
use super::value::hex_digit;
use crate::translate::Refusal;

/// The key of bytes between tags that are nothing but zero.
pub(super) const PADDING: &str = "00";
/// Bytes of one BER tag.
const BER_TAG_BYTES_MAX: usize = 4;

impl<'a, S: Sink> Reader<'a, S> {
    /// Reads what an element consists of, from the next byte to `end`.
    pub(super) fn layout(&mut self, layout: &'a Layout, end: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > self.limits.depth_max {
            let expected = format!("at most {} elements within each other", self.limits.depth_max);
            return Err(Refusal::new(self.at, "", expected));
        }
        self.layouts_opened += 1;
        match layout {
            Layout::Positional { fields, optional } => self.positional(fields, *optional, end),
            Layout::Tagged(tagged) => self.tagged(tagged, self.layouts_opened, end),
            Layout::Ber { known, constructed } => {
                self.ber(layout, known, *constructed, self.layouts_opened, end)
            }
            Layout::Bitmapped { bitmap, bits, fields } => self.bitmapped(*bitmap, *bits, fields, end),
            Layout::Delimited { delimiter, equals, known } => self.delimited(*delimiter, *equals, known, end),
        }?;
        self.depth -= 1;
        Ok(())
    }

    fn positional(&mut self, fields: &'a [Element], optional: bool, end: usize) -> Result<()> {
        for field in fields {
            if self.at >= end && optional {
                break;
            }
            self.element(field, end)?;
        }
        if self.at < end {
            return Err(Refusal::new(
                self.at,
                "",
                format!("the end of the element, not {} bytes more", end - self.at),
            ));
        }
        Ok(())
    }

    fn tagged(&mut self, tagged: &'a Tagged, frame: u32, end: usize) -> Result<()> {
        for lead in &tagged.lead {
            self.element(lead, end)?;
        }
        while self.at < end {
            let from = self.at;
            let bytes = self.take(tagged.tag.bytes, end, "of a tag")?;
            let tag = self.tag_text(tagged.tag.data, bytes, from)?;
            self.one_tagged(tagged, tag, frame, from, end)
                .map_err(|refusal| within(refusal, tag.as_str()))?;
        }
        Ok(())
    }

    fn one_tagged(
        &mut self,
        tagged: &'a Tagged,
        tag: TagText,
        frame: u32,
        from: usize,
        end: usize,
    ) -> Result<()> {
        if tagged.lead.iter().any(|lead| *lead.key == *tag.as_str()) {
            return Err(Refusal::new(from, "", "a tag, not the name of what stands before all tags"));
        }
        let element = known(&tagged.known, tag.as_str(), from)?;
        let length_from = self.at;
        let units = self.number(tagged.prefix, end)?;
        self.tell_tag_length(tag.as_str(), from, units);
        check_length(element, units, length_from)?;
        let value_from = self.at;
        self.take(element.bytes_of(units), end, "of the value")?;
        let key = Key { text: tag.as_str(), occurrence: self.occurrence(frame, tag) };
        self.content(element, key, value_from..self.at, Some(units))
    }

    fn tell_tag_length(&mut self, tag: &str, from: usize, units: usize) {
        if self.sink.wants_asides() {
            self.sink.aside(tag, "Tag and length", from..self.at, &units.to_string());
        }
    }

    /// How often a tag has come in its layout, this time included.
    fn occurrence(&mut self, frame: u32, tag: TagText) -> u32 {
        self.seen.count(frame, tag)
    }

    fn tag_text(&mut self, data: Data, bytes: &[u8], from: usize) -> Result<TagText> {
        self.value.clear();
        match data {
            Data::Text(text) | Data::Hex(text) => {
                let charset = self.charset(text, from)?;
                let allowed = class::DIGIT | class::LETTER;
                charset.decode_onto(bytes, allowed, &mut self.value).ok();
            }
            Data::Bcd | Data::Binary => hex_onto(bytes, &mut self.value),
        }
        let decimal = self.value.bytes().all(|byte| byte.is_ascii_digit());
        let usable = data != Data::Bcd || decimal;
        let tag = TagText::new(&self.value).filter(|_| usable);
        tag.ok_or_else(|| Refusal::new(from, "", "a tag of letters and digits"))
    }

    fn ber(
        &mut self,
        layout: &'a Layout,
        known: &'a Known,
        constructed: bool,
        frame: u32,
        end: usize,
    ) -> Result<()> {
        while self.at < end {
            let from = self.at;
            let rest = self.input.get(from..end).unwrap_or_default();
            let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
            if zeros > 0 {
                self.padding(zeros, frame)?;
                continue;
            }
            let bytes = ber_tag(rest).ok_or_else(|| {
                Refusal::new(from, "", format!("a BER tag of at most {BER_TAG_BYTES_MAX} bytes"))
            })?;
            self.at += bytes.len();
            let tag = self.tag_text(Data::Binary, bytes, from)?;
            let within_tag = |refusal| within(refusal, tag.as_str());
            let nested = constructed && bytes.first().is_some_and(|first| first & 0x20 != 0);
            let nested = nested && known.listed(tag.as_str()).is_none();
            let key = Key { text: tag.as_str(), occurrence: self.occurrence(frame, tag) };
            let span = self.ber_value(key, from, end).map_err(within_tag)?;
            if nested {
                self.constructed(layout, key, span).map_err(within_tag)?;
            } else {
                let element = self::known(known, tag.as_str(), from).map_err(within_tag)?;
                self.ber_content(element, key, span).map_err(within_tag)?;
            }
        }
        Ok(())
    }

    /// Keeps zeros between tags, which mean nothing.
    fn padding(&mut self, zeros: usize, frame: u32) -> Result<()> {
        let span = self.at..self.at + zeros;
        self.at = span.end;
        self.value.clear();
        hex_onto(self.input.get(span.clone()).unwrap_or_default(), &mut self.value);
        let occurrence = match TagText::new(PADDING) {
            Some(tag) => self.occurrence(frame, tag),
            None => 1,
        };
        self.sink.value(Key { text: PADDING, occurrence }, "Padding", None, span.clone(), &self.value);
        self.check_size(span.start)
    }

    /// Reads the length of a tag and gives the place of its value.
    fn ber_value(&mut self, key: Key<'_>, tag_from: usize, end: usize) -> Result<Range<usize>> {
        let from = self.at;
        let first = self.take(1, end, "of a length")?.first().copied().unwrap_or_default();
        let length = match first {
            0..=0x7F => usize::from(first),
            0x81..=0x84 => {
                let bytes = self.take(usize::from(first & 0x7F), end, "of a length")?;
                let length = bytes.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte));
                if bytes.first() == Some(&0) || length < 0x80 {
                    return Err(Refusal::new(from, "", "a length in its shortest form"));
                }
                length
            }
            _ => return Err(Refusal::new(from, "", "a definite length of at most 4 bytes")),
        };
        self.tell_tag_length(key.text, tag_from, length);
        let value_from = self.at;
        self.take(length, end, "of the value")?;
        Ok(value_from..self.at)
    }

    fn ber_content(&mut self, element: &'a Element, key: Key<'_>, span: Range<usize>) -> Result<()> {
        let units = match (element.data, element.size) {
            // Packed digits fill their bytes; where fewer are meant, a filling half byte is.
            (Data::Bcd, Size::Fixed(digits)) if element.bytes_of(digits) == span.len() => Some(digits),
            (_, Size::Fixed(units)) if element.bytes_of(units) != span.len() => {
                let expected = format!("a value of {units} {}", element.unit());
                return Err(Refusal::new(span.start, "", expected));
            }
            _ => None,
        };
        self.content(element, key, span, units)
    }

    fn constructed(&mut self, layout: &'a Layout, key: Key<'_>, span: Range<usize>) -> Result<()> {
        self.sink.open(key, "", span.clone());
        self.at = span.start;
        self.layout(layout, span.end)?;
        self.sink.close();
        self.check_size(span.start)
    }

    fn bitmapped(
        &mut self,
        bitmap: Bitmap,
        bits: usize,
        fields: &'a [Option<Element>],
        end: usize,
    ) -> Result<()> {
        let from = self.at;
        if bitmap.bytes_of(bits) > end - from.min(end) {
            return Err(Refusal::new(from, "/bitmap", format!("a bitmap of {bits} bits")));
        }
        let mut words = Vec::with_capacity(bits / 8);
        let lower = self.bits(bitmap, bits, &mut |byte| words.push(byte))?;
        if lower {
            return Err(Refusal::new(from, "/bitmap", "a bitmap in capitals"));
        }
        if self.sink.wants_asides() {
            let mut text = String::new();
            hex_onto(&words, &mut text);
            self.sink.aside("bitmap", "Bitmap", from..self.at, &text);
        }
        for number in 1..=bits {
            let byte = words.get((number - 1) / 8).copied().unwrap_or_default();
            if byte >> (7 - (number - 1) % 8) & 1 == 0 {
                continue;
            }
            let Some(Some(field)) = fields.get(number) else {
                let expected = format!("no sub-element {number}: the dialect does not define it");
                return Err(Refusal::new(self.at, format!("/{number}"), expected));
            };
            self.element(field, end)?;
        }
        self.positional(&[], false, end)
    }

    fn delimited(
        &mut self,
        delimiter: char,
        equals: Option<char>,
        known: &'a Known,
        end: usize,
    ) -> Result<()> {
        let from = self.at;
        let charset = self.charset(self.table.text, from)?;
        let missing = || Refusal::new(from, "", "a character set that has the delimiter");
        let delimiter = charset.byte_of(delimiter).ok_or_else(missing)?;
        let equals = match equals {
            Some(equals) => Some(charset.byte_of(equals).ok_or_else(missing)?),
            None => None,
        };
        let bytes = self.input.get(from..end).unwrap_or_default();
        let mut counts = HashMap::new();
        let mut start = from;
        for (index, piece) in bytes.split(|&byte| byte == delimiter).enumerate() {
            let span = start..start + piece.len();
            start = span.end + 1;
            match equals {
                None => self.part(known, &(index + 1).to_string(), 1, span.start, span)?,
                Some(_) if bytes.is_empty() => {}
                Some(equals) => {
                    let (name, value) = named(charset, equals, piece, span)?;
                    let count = counts.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
                    self.part(known, &name, *count, value.start, value)?;
                }
            }
        }
        self.at = end;
        Ok(())
    }

    /// A part between delimiters.
    fn part(
        &mut self,
        known: &'a Known,
        key: &str,
        occurrence: u32,
        from: usize,
        span: Range<usize>,
    ) -> Result<()> {
        let key = Key { text: key, occurrence };
        let element = self::known(known, key.text, from);
        let done = element.and_then(|element| {
            check_length(element, span.len(), span.start)?;
            self.content(element, key, span, None)
        });
        done.map_err(|refusal| within(refusal, key.text))
    }
}

/// What a tag is.
fn known<'a>(known: &'a Known, key: &str, from: usize) -> Result<&'a Element> {
    known.get(key).ok_or_else(|| Refusal::new(from, "", "a tag that the dialect defines"))
}

/// Refuses a value that is not as long as the dialect has it.
fn check_length(element: &Element, units: usize, from: usize) -> Result<()> {
    match element.size {
        Size::Fixed(expected) if expected != units => {
            Err(Refusal::new(from, "", format!("a length of {expected} {}", element.unit())))
        }
        _ => Ok(()),
    }
}

/// Divides `name=value`.
fn named(charset: &Charset, equals: u8, piece: &[u8], span: Range<usize>) -> Result<(String, Range<usize>)> {
    let expected =
        || Refusal::new(span.start, "", "a name of letters, digits, - and _, the sign after it, and a value");
    let place = piece.iter().position(|&byte| byte == equals).ok_or_else(expected)?;
    let mut name = String::new();
    charset
        .decode_onto(piece.get(..place).unwrap_or_default(), class::ANY, &mut name)
        .map_err(|_| expected())?;
    if !is_name(&name) {
        return Err(expected());
    }
    Ok((name, span.start + place + 1..span.end))
}

/// Whether something can be the name of a part between delimiters.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The bytes of the tag at the front of BER-TLV.
pub(super) fn ber_tag(bytes: &[u8]) -> Option<&[u8]> {
    let first = bytes.first()?;
    if first & 0x1F != 0x1F {
        return bytes.get(..1);
    }
    let more = bytes.iter().skip(1).take(BER_TAG_BYTES_MAX - 1).position(|byte| byte & 0x80 == 0)?;
    bytes.get(..more + 2)
}

pub(super) fn hex_onto(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        out.push(hex_digit(byte >> 4));
        out.push(hex_digit(byte & 15));
    }
}

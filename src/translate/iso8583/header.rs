//! What stands before the message type: lengths, fixed text, fields, and the headers of Visa's networks.

use std::ops::Range;

use super::read::{Reader, Result, within};
use super::sink::{Key, Sink};
use super::table::{Part, Prefix, Text};
use crate::translate::Refusal;

/// A field of a Visa header: its number, its name, its bytes.
pub(super) type VisaField = (&'static str, &'static str, usize);

/// The fields of a Visa header. The first and the fourth are lengths: they are not in the document.
pub(super) const VISA_FIELDS: [VisaField; 14] = [
    ("1", "Header length", 1),
    ("2", "Header flag and format", 1),
    ("3", "Text format", 1),
    ("4", "Total message length", 2),
    ("5", "Destination station", 3),
    ("6", "Source station", 3),
    ("7", "Round-trip control", 1),
    ("8", "BASE I flags", 2),
    ("9", "Message status flags", 3),
    ("10", "Batch number", 1),
    ("11", "Reserved", 3),
    ("12", "User information", 1),
    ("13", "Bitmap of reject fields", 2),
    ("14", "Reject code", 2),
];
/// The fields of a header that does not reject, and their bytes.
pub(super) const VISA_PLAIN: (usize, u8) = (12, 22);
/// Those of one that does; the header of the message that it rejects follows.
pub(super) const VISA_REJECT: (usize, u8) = (14, 26);
/// What the two are called in the document.
pub(super) const VISA_KEYS: [&str; 2] = ["visa", "visa-reject"];

impl<'a, S: Sink> Reader<'a, S> {
    pub(super) fn header(&mut self) -> Result<()> {
        let table = self.table;
        let in_document = table.header.iter().any(Part::is_in_document);
        if in_document {
            self.sink.open_header();
        }
        for part in &table.header {
            self.part_of_header(part).map_err(|refusal| within(refusal, "header"))?;
        }
        if in_document {
            self.sink.close_header();
        }
        Ok(())
    }

    fn part_of_header(&mut self, part: &'a Part) -> Result<()> {
        match part {
            Part::Length { prefix, reserved, itself } => self.frame_length(*prefix, *reserved, *itself),
            Part::Literal(text, charset) => self.literal(text, *charset),
            Part::Field(element) => self.element(element, self.input.len()),
            Part::Visa => self.visa(),
        }
    }

    fn frame_length(&mut self, prefix: Prefix, reserved: usize, itself: bool) -> Result<()> {
        let from = self.at;
        let length = self.number(prefix, self.input.len())?;
        let after_length = self.at;
        let zeros = self.take(reserved, self.input.len(), "that are reserved")?;
        if let Some(index) = zeros.iter().position(|&byte| byte != 0) {
            return Err(Refusal::new(after_length + index, "", "a reserved byte that is zero"));
        }
        let actual = self.input.len() - if itself { from } else { self.at };
        if length != actual {
            return Err(Refusal::new(from, "", format!("a length of {actual} bytes, as there are")));
        }
        self.tell("length", "Length of the message", from..after_length, &length.to_string());
        Ok(())
    }

    fn literal(&mut self, text: &str, charset: Text) -> Result<()> {
        let from = self.at;
        let mut expected = Vec::new();
        self.charset(charset, from)?.encode_onto(text, &mut expected).ok();
        let bytes = self.take(expected.len(), self.input.len(), "of the header")?;
        if let Some(index) = bytes.iter().zip(&expected).position(|(byte, expected)| byte != expected) {
            return Err(Refusal::new(from + index, "", format!("{text:?}")));
        }
        self.tell("literal", "Fixed text", from..self.at, text);
        Ok(())
    }

    fn tell(&mut self, key: &str, name: &str, span: Range<usize>, value: &str) {
        if self.sink.wants_asides() {
            self.sink.aside(key, name, span, value);
        }
    }

    /// One Visa header; after that of a reject, the header of the message that it rejects.
    fn visa(&mut self) -> Result<()> {
        let first = self.input.get(self.at).copied();
        let reject = first == Some(VISA_REJECT.1);
        let (fields, length) = if reject { VISA_REJECT } else { VISA_PLAIN };
        if first != Some(length) {
            let expected = format!("the length of a Visa header, {} or {}", VISA_PLAIN.1, VISA_REJECT.1);
            return Err(Refusal::new(self.at, "", expected));
        }
        let [plain_key, reject_key] = VISA_KEYS;
        let key = if reject { reject_key } else { plain_key };
        let from = self.at;
        self.sink.open(Key::new(key), "Visa header", from..from + usize::from(length));
        for field in VISA_FIELDS.iter().take(fields) {
            self.visa_field(field, from).map_err(|refusal| within(refusal, field.0))?;
        }
        self.sink.close();
        if !reject {
            return Ok(());
        }
        if self.input.get(self.at) != Some(&VISA_PLAIN.1) {
            return Err(Refusal::new(self.at, "", format!("the length of a Visa header, {}", VISA_PLAIN.1)));
        }
        self.visa()
    }

    fn visa_field(&mut self, &(key, name, length): &VisaField, from: usize) -> Result<()> {
        let at = self.at;
        let bytes = self.take(length, self.input.len(), "of a Visa header")?;
        self.value.clear();
        super::nested::hex_onto(bytes, &mut self.value);
        match key {
            "1" => self.sink.aside(key, name, at..self.at, &self.value),
            "4" => {
                let length = bytes.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte));
                let actual = self.input.len() - from;
                if length != actual {
                    return Err(Refusal::new(at, "", format!("a length of {actual} bytes, as there are")));
                }
                self.sink.aside(key, name, at..self.at, &self.value);
            }
            _ => self.sink.value(Key::new(key), name, None, at..self.at, &self.value),
        }
        Ok(())
    }
}

impl Part {
    /// Whether the document has it; lengths and fixed text are known without it.
    pub(super) fn is_in_document(&self) -> bool {
        matches!(self, Self::Field(_) | Self::Visa)
    }
}

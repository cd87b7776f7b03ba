//! How the integers and characters of a header are written, and fields one after the other. Knows no structure.

use std::fmt;

use ccsid::{Family, Newline, SingleByte, single_byte};

use super::HeaderError;
use crate::name::Format;
use crate::properties::PropertyValue;

/// How a structure's integers and characters are written: as the structure before it, or the descriptor, states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// `MQENC_*`.
    pub encoding: i32,
    /// The CCSID.
    pub ccsid: i32,
}

/// A field of `N` characters, without the blanks that pad it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Characters<const N: usize>(String);

/// A field of `N` characters that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Password<const N: usize>(Characters<N>);

/// Reads fields one after the other. The structure's length is checked before: past its end fields are zero.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    little_endian: bool,
    table: Option<&'static SingleByte>,
}

/// Writes fields one after the other.
pub(super) struct Writer<'a> {
    into: &'a mut Vec<u8>,
    little_endian: bool,
    table: Option<&'static SingleByte>,
}

/// What a field can be.
pub(super) trait Field: Sized {
    fn read(reader: &mut Reader<'_>) -> Self;
    fn write(&self, writer: &mut Writer<'_>);
    /// `None` where there is nothing to tell.
    fn property(&self) -> Option<PropertyValue>;
}

/// Any EBCDIC: the characters of names and formats stand at the same places in all of them.
const EBCDIC: i32 = 500;

impl Wire {
    /// Whether integers have their least significant byte first: `MQENC_INTEGER_REVERSED` within `MQENC_INTEGER_MASK`.
    pub(super) fn is_little_endian(self) -> bool {
        self.encoding & 0xF == 2
    }

    /// The table of the CCSID, if it is of that family; else one that serves for names and formats.
    fn table(self, family: Family) -> Option<&'static SingleByte> {
        let stated = single_byte(self.ccsid).filter(|table| table.family == family);
        let any = if family == Family::Ebcdic { EBCDIC } else { ccsid::LATIN_1 };
        stated.or_else(|| single_byte(any))
    }

    fn family(self) -> Family {
        single_byte(self.ccsid).map_or(Family::Ascii, |table| table.family)
    }
}

impl<'a> Reader<'a> {
    /// A reader of the `length` bytes at `at`, behind their structure id. The id says whether characters are EBCDIC: some
    /// programs state another CCSID than they write.
    pub(super) fn open(
        body: &'a [u8],
        at: usize,
        wire: Wire,
        id: &str,
        length: usize,
    ) -> Result<Self, HeaderError> {
        let fixed = body.get(at..).and_then(|rest| rest.get(..length)).ok_or_else(|| {
            let name = id.trim_ascii_end();
            HeaderError::new(at, format!("a structure {name} of at least {length} bytes"))
        })?;
        let (found, rest) = fixed.split_at_checked(4).unwrap_or_default();
        let family = [Family::Ascii, Family::Ebcdic].into_iter().find(|family| {
            let table = wire.table(*family);
            table.is_some_and(|table| characters(found, table).eq(id.chars()))
        });
        let expected = || HeaderError::new(at, format!("the structure id {}", id.trim_ascii_end()));
        let table = wire.table(family.ok_or_else(expected)?);
        Ok(Self { rest, little_endian: wire.is_little_endian(), table })
    }

    /// The CCSID of the structure's characters: that of the wire, unless the structure id shows that it is of another family.
    pub(super) fn ccsid(&self, wire: Wire) -> i32 {
        let family = self.table.map(|table| table.family);
        if family == Some(wire.family()) {
            wire.ccsid
        } else {
            self.table.map_or(wire.ccsid, |table| table.ccsid)
        }
    }

    pub(super) fn integer(&mut self) -> i32 {
        let bytes = self.bytes();
        if self.little_endian { i32::from_le_bytes(bytes) } else { i32::from_be_bytes(bytes) }
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
        self.rest = rest;
        *bytes
    }

    /// Characters without the blanks at their end.
    pub(super) fn text<const N: usize>(&mut self) -> String {
        let bytes = self.bytes::<N>();
        let mut text: String =
            self.table.map(|table| characters(&bytes, table).collect()).unwrap_or_default();
        text.truncate(text.trim_end_matches(' ').len());
        text
    }

    /// Characters without the blanks or zeros at their end.
    pub(super) fn name<const N: usize>(&mut self) -> String {
        let mut text = self.text::<N>();
        text.truncate(text.trim_end_matches([' ', '\0']).len());
        text
    }

    /// Characters that are ASCII: a format, a date. Zeros are blanks.
    pub(super) fn digits<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [b' '; N];
        for (to, character) in field.iter_mut().zip(self.text::<N>().chars()) {
            *to = match character {
                '\0' => b' ',
                _ => u8::try_from(character).ok().filter(u8::is_ascii).unwrap_or(b'?'),
            };
        }
        field
    }

    pub(super) fn format(&mut self) -> Format {
        Format(self.digits())
    }
}

impl<'a> Writer<'a> {
    /// A writer behind the structure id.
    pub(super) fn open(wire: Wire, id: &str, into: &'a mut Vec<u8>) -> Self {
        let table = wire.table(wire.family());
        let mut writer = Self { into, little_endian: wire.is_little_endian(), table };
        writer.text::<4>(id);
        writer
    }

    pub(super) fn integer(&mut self, value: i32) {
        self.bytes(&if self.little_endian { value.to_le_bytes() } else { value.to_be_bytes() });
    }

    /// A length in bytes. A structure of 2 GB fits in no message.
    pub(super) fn length(&mut self, value: usize) {
        self.integer(i32::try_from(value).unwrap_or(i32::MAX));
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.into.extend_from_slice(bytes);
    }

    /// Characters, cut to the field, padded with blanks.
    pub(super) fn text<const N: usize>(&mut self, text: &str) {
        let byte = |character: char| {
            let byte = |character| self.table.and_then(|table| table.byte(character, Newline::Nel));
            byte(character).or_else(|| byte('?')).unwrap_or(b'?')
        };
        let padded = text.chars().chain(std::iter::repeat(' ')).take(N);
        self.into.extend(padded.map(byte));
    }

    pub(super) fn digits<const N: usize>(&mut self, field: &[u8; N]) {
        self.text::<N>(&field.map(char::from).iter().collect::<String>());
    }

    pub(super) fn format(&mut self, format: Format) {
        self.digits(&format.0);
    }
}

/// The characters of names: one that a table does not have is shown as a question mark.
fn characters(bytes: &[u8], table: &SingleByte) -> impl Iterator<Item = char> {
    bytes.iter().map(|byte| table.char(*byte, Newline::Nel).unwrap_or('?'))
}

impl<const N: usize> Characters<N> {
    /// The text without the blanks or zeros that pad it.
    pub fn as_str(&self) -> &str {
        self.0.trim_end_matches([' ', '\0'])
    }
}

impl<const N: usize> From<&str> for Characters<N> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<const N: usize> From<&str> for Password<N> {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl<const N: usize> fmt::Debug for Characters<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Password<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Field for i32 {
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.integer()
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.integer(*self);
    }

    fn property(&self) -> Option<PropertyValue> {
        Some(PropertyValue::Int32(*self))
    }
}

impl<const N: usize> Field for [u8; N] {
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.bytes()
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(self);
    }

    fn property(&self) -> Option<PropertyValue> {
        Some(PropertyValue::Bytes(self.to_vec()))
    }
}

impl<const N: usize> Field for Characters<N> {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(reader.text::<N>())
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.text::<N>(&self.0);
    }

    fn property(&self) -> Option<PropertyValue> {
        let text = self.as_str();
        (!text.is_empty()).then(|| PropertyValue::String(text.to_owned()))
    }
}

impl<const N: usize> Field for Password<N> {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(Characters::read(reader))
    }

    fn write(&self, writer: &mut Writer<'_>) {
        self.0.write(writer);
    }

    fn property(&self) -> Option<PropertyValue> {
        None
    }
}

impl Field for Format {
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.format()
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.format(*self);
    }

    fn property(&self) -> Option<PropertyValue> {
        Some(PropertyValue::String(self.to_string()))
    }
}

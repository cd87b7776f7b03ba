//! MQRFH, version 1: names and values in one string.

use std::fmt;

use ccsid::Newline;

use super::wire::{Reader, Wire, Writer};
use super::{Budget, HeaderError, UnwritableHeader};
use crate::name::Format;
use crate::properties::{Property, PropertyValue};

/// What the structure begins with.
const ID: &str = "RFH ";

/// `MQRFH_VERSION_1`.
const VERSION: i32 = 1;

/// `MQRFH_STRUC_LENGTH_FIXED`: 32 bytes before `NameValueString`.
const FIXED_BYTES: usize = 32;

/// One MQRFH.
#[derive(Clone, PartialEq)]
pub struct Rfh {
    /// `Encoding` of what follows.
    pub encoding: i32,
    /// `CodedCharSetId` of what follows.
    pub ccsid: i32,
    /// `Format` of what follows.
    pub format: Format,
    /// `Flags`.
    pub flags: i32,
    /// `NameValueString`, with the blanks or zeros that pad it.
    pub name_value_string: String,
    /// The names with their values. Writing does not ask them.
    pub properties: Vec<Property>,
}

impl Rfh {
    /// A header with these names and values, before what `following` and `format` describe.
    ///
    /// # Errors
    /// A name or value with a zero in it, which would end the string.
    pub fn new(pairs: &[(&str, &str)], following: Wire, format: Format) -> Result<Self, UnwritableHeader> {
        let mut text = String::new();
        let mut properties = Vec::new();
        for (name, value) in pairs {
            if name.is_empty() || name.contains('\0') || value.contains('\0') {
                let expected = "a name, and no zero in it or its value,".to_owned();
                return Err(UnwritableHeader { place: "NameValueString".to_owned(), expected });
            }
            push_word(name, &mut text);
            push_word(value, &mut text);
            properties.push(property(name, value));
        }
        while !text.len().is_multiple_of(4) {
            text.push(' ');
        }
        let Wire { encoding, ccsid } = following;
        Ok(Self { encoding, ccsid, format, flags: 0, name_value_string: text, properties })
    }

    /// Appends the header, its integers and characters as `wire` says.
    ///
    /// # Errors
    /// A character that the CCSID does not have.
    pub fn write(&self, wire: Wire, into: &mut Vec<u8>) -> Result<(), UnwritableHeader> {
        let encoded = ccsid::encode(&self.name_value_string, wire.ccsid, wire.encoding, Newline::Nel);
        let text = encoded.map_err(|error| UnwritableHeader {
            place: format!("NameValueString, offset {}", error.at),
            expected: error.expected,
        })?;
        let mut writer = Writer::open(wire, ID, into);
        writer.integer(VERSION);
        writer.length(FIXED_BYTES + text.len());
        writer.integer(self.encoding);
        writer.integer(self.ccsid);
        writer.format(self.format);
        writer.integer(self.flags);
        writer.bytes(&text);
        Ok(())
    }

    /// The header at `start`, and its length in bytes.
    pub(super) fn read(
        body: &[u8],
        start: usize,
        wire: Wire,
        budget: &mut Budget,
    ) -> Result<(Self, usize), HeaderError> {
        let mut reader = Reader::open(body, start, wire, ID, FIXED_BYTES)?;
        if reader.integer() != VERSION {
            return Err(HeaderError::new(start + 4, "version 1 of MQRFH"));
        }
        let length = usize::try_from(reader.integer()).unwrap_or(0);
        let outside = || HeaderError::new(start + 8, "a StrucLength of at least 32, and within the body");
        let string = body.get(start..).and_then(|rest| rest.get(FIXED_BYTES..length)).ok_or_else(outside)?;
        let mut header = Self {
            encoding: reader.integer(),
            ccsid: reader.integer(),
            format: reader.format(),
            flags: reader.integer(),
            name_value_string: String::new(),
            properties: Vec::new(),
        };
        let at = start + FIXED_BYTES;
        let ccsid = reader.ccsid(wire);
        let decoded = ccsid::decode(string, ccsid, wire.encoding, Newline::Nel)
            .map_err(|unknown| HeaderError::new(at, unknown.expected))?;
        if let Some(fault) = &decoded.fault {
            return Err(HeaderError::new(at + decoded.origin(decoded.text.len()), fault.expected.as_str()));
        }
        header.properties = pairs(&decoded.text, &mut budget.properties_bytes)
            .map_err(|error| HeaderError { offset: at + decoded.origin(error.offset), ..error })?;
        header.name_value_string = decoded.text.into_owned();
        Ok((header, length))
    }
}

fn property(name: &str, value: &str) -> Property {
    Property { name: name.to_owned(), value: PropertyValue::String(value.to_owned()) }
}

/// A word as it is, or between quotes, those in it doubled, where it would not be one word.
fn push_word(word: &str, into: &mut String) {
    if !into.is_empty() {
        into.push(' ');
    }
    if !word.is_empty() && !word.contains([' ', '"']) {
        into.push_str(word);
        return;
    }
    into.push('"');
    for character in word.chars() {
        into.push(character);
        if character == '"' {
            into.push('"');
        }
    }
    into.push('"');
}

/// The names and values of a string: words between blanks, a zero ends it. Errors are at an offset in the text.
fn pairs(text: &str, bytes_left: &mut usize) -> Result<Vec<Property>, HeaderError> {
    let text = text.split('\0').next().unwrap_or_default();
    let mut properties = Vec::new();
    let mut rest = text;
    while let (Some(name), after) = word(text, rest)? {
        let (value, after) = word(text, after)?;
        let at = text.len() - after.len();
        let value = value.ok_or_else(|| HeaderError::new(at, "a value for every name"))?;
        let left = bytes_left.checked_sub(size_of::<Property>() + name.len());
        *bytes_left = left.ok_or_else(|| HeaderError::new(at, "fewer names"))?;
        properties.push(Property { name, value: PropertyValue::String(value) });
        rest = after;
    }
    Ok(properties)
}

/// The next word, and what follows it.
fn word<'a>(text: &str, rest: &'a str) -> Result<(Option<String>, &'a str), HeaderError> {
    let rest = rest.trim_start_matches(' ');
    if let Some(quoted) = rest.strip_prefix('"') {
        let at = text.len() - rest.len();
        let (word, rest) =
            within_quotes(quoted).ok_or_else(|| HeaderError::new(at, "the quote that closes this one"))?;
        return Ok((Some(word), rest));
    }
    let end = rest.find(' ').unwrap_or(rest.len());
    let (word, rest) = rest.split_at_checked(end).unwrap_or_default();
    Ok(((!word.is_empty()).then(|| word.to_owned()), rest))
}

/// What stands before the closing quote, and what follows that; two quotes within are one.
fn within_quotes(quoted: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        word.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                word.push('"');
                rest = more;
            }
            None => return Some((word, after)),
        }
    }
}

impl fmt::Debug for Rfh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rfh").finish_non_exhaustive()
    }
}

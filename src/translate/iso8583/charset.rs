//! A character set as tables for fields: what each byte is, and what a type of element allows. Knows nothing of elements.
//!
//! Every byte keeps a character of its own (0x15 of EBCDIC is U+0085, 0x25 the line feed), so that fields come back
//! byte for byte, whatever a source says of line ends.

use std::str;

use ccsid::{Newline, SingleByte, single_byte};

/// What a character may be: the classes of ISO 8583.
pub(super) mod class {
    pub(in super::super) const DIGIT: u8 = 1;
    pub(in super::super) const LETTER: u8 = 2;
    pub(in super::super) const SPACE: u8 = 4;
    pub(in super::super) const SPECIAL: u8 = 8;
    /// What a track has beside digits: `=` and `D`.
    pub(in super::super) const SEPARATOR: u8 = 16;
    pub(in super::super) const CONTROL: u8 = 32;
    /// Hexadecimal digits beside 0 to 9.
    pub(in super::super) const HEX: u8 = 64;
    /// Whatever the character set has.
    pub(in super::super) const ANY: u8 = 127;
}

/// A character set of one byte a character, or UTF-8.
#[derive(Debug, Clone)]
pub(super) struct Charset {
    ccsid: i32,
    /// `None` for UTF-8.
    table: Option<&'static SingleByte>,
    /// The classes of the character of a byte; 0 where it has none.
    classes: Box<[u8; 256]>,
    /// The character of a byte; for UTF-8 of ASCII only.
    characters: Box<[char; 256]>,
}

/// Why some bytes are not what a field should have, and at which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) index: usize,
    /// The byte has no character; otherwise its class is not allowed.
    pub(super) undecodable: bool,
}

impl Charset {
    /// The tables of a CCSID; `None` where it is unknown, or of several bytes a character and not UTF-8.
    pub(super) fn new(ccsid: i32) -> Option<Self> {
        let table = single_byte(ccsid);
        if table.is_none() && ccsid != ccsid::UTF_8 {
            return None;
        }
        let mut charset =
            Self { ccsid, table, classes: Box::new([0; 256]), characters: Box::new(['\0'; 256]) };
        let mut text = String::new();
        for byte in 0..=u8::MAX {
            text.clear();
            let known = match table {
                Some(table) => table.decode_onto(&[byte], Newline::Nel, &mut text).is_ok(),
                None if byte.is_ascii() => {
                    text.push(char::from(byte));
                    true
                }
                None => false,
            };
            if let Some(character) = text.chars().next().filter(|_| known) {
                charset.set(byte, character);
            }
        }
        Some(charset)
    }

    pub(super) fn ccsid(&self) -> i32 {
        self.ccsid
    }

    /// Whether characters may have several bytes.
    pub(super) fn is_utf_8(&self) -> bool {
        self.table.is_none()
    }

    /// Appends the text of a field, if all of it is of the allowed classes.
    pub(super) fn decode_onto(&self, bytes: &[u8], allowed: u8, out: &mut String) -> Result<(), Fault> {
        if self.is_utf_8() && !bytes.is_ascii() {
            return decode_utf_8(bytes, allowed, out);
        }
        let refused = bytes.iter().position(|&byte| self.class(byte) & allowed == 0);
        if let Some(index) = refused {
            let undecodable = bytes.get(index).is_none_or(|&byte| self.class(byte) == 0);
            return Err(Fault { index, undecodable });
        }
        if self.keeps_ascii()
            && bytes.is_ascii()
            && let Ok(text) = str::from_utf8(bytes)
        {
            out.push_str(text);
            return Ok(());
        }
        for &byte in bytes {
            out.push(self.character(byte));
        }
        Ok(())
    }

    /// The character of a byte; NUL where it has none.
    #[inline]
    pub(super) fn character(&self, byte: u8) -> char {
        self.characters.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// The value of a hexadecimal digit, of either case.
    pub(super) fn hex_digit(&self, byte: u8) -> Option<u8> {
        let digit = self.character(byte).to_digit(16)?;
        u8::try_from(digit).ok()
    }

    /// Appends the bytes of some text.
    ///
    /// # Errors
    /// There is a character without bytes.
    pub(super) fn encode_onto(&self, text: &str, out: &mut Vec<u8>) -> Result<(), usize> {
        match self.table {
            Some(table) => table.encode_onto(text, Newline::Nel, out),
            None => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }

    /// The one byte of a character.
    pub(super) fn byte_of(&self, character: char) -> Option<u8> {
        let index = self.characters.iter().position(|&known| known == character)?;
        let byte = u8::try_from(index).ok()?;
        (self.class(byte) != 0).then_some(byte)
    }

    #[inline]
    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// Whether ASCII bytes are their own characters.
    fn keeps_ascii(&self) -> bool {
        self.character(b'0') == '0' && self.character(b'A') == 'A' && self.character(b'~') == '~'
    }

    fn set(&mut self, byte: u8, character: char) {
        if let Some(place) = self.characters.get_mut(usize::from(byte)) {
            *place = character;
        }
        if let Some(place) = self.classes.get_mut(usize::from(byte)) {
            *place = class_of(character);
        }
    }
}

impl PartialEq for Charset {
    fn eq(&self, other: &Self) -> bool {
        self.ccsid == other.ccsid
    }
}

impl Eq for Charset {}

/// The classes of a character.
pub(super) fn class_of(character: char) -> u8 {
    match character {
        '0'..='9' => class::DIGIT,
        'D' => class::LETTER | class::SEPARATOR | class::HEX,
        'A'..='F' | 'a'..='f' => class::LETTER | class::HEX,
        'A'..='Z' | 'a'..='z' => class::LETTER,
        ' ' => class::SPACE,
        '=' => class::SPECIAL | class::SEPARATOR,
        control if control.is_control() => class::CONTROL,
        _ => class::SPECIAL,
    }
}

fn decode_utf_8(bytes: &[u8], allowed: u8, out: &mut String) -> Result<(), Fault> {
    let text =
        str::from_utf8(bytes).map_err(|error| Fault { index: error.valid_up_to(), undecodable: true })?;
    let refused = text.char_indices().find(|&(_, character)| class_of(character) & allowed == 0);
    if let Some((index, _)) = refused {
        return Err(Fault { index, undecodable: false });
    }
    out.push_str(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_table_comes_back() {
        for ccsid in [819, 367, 1208] {
            let charset = Charset::new(ccsid).unwrap();
            for byte in 0..=u8::MAX {
                let mut text = String::new();
                if charset.decode_onto(&[byte], class::ANY, &mut text).is_ok() {
                    let mut bytes = Vec::new();
                    charset.encode_onto(&text, &mut bytes).unwrap();
                    assert_eq!(bytes, [byte]);
                }
            }
        }
        assert!(Charset::new(1200).is_none());
    }

    #[test]
    fn what_a_type_does_not_allow_is_told_from_what_does_not_decode() {
        let ascii = Charset::new(367).unwrap();
        let mut out = String::new();
        let fault = |index, undecodable| Err(Fault { index, undecodable });
        assert_eq!(ascii.decode_onto(b"12A4", class::DIGIT, &mut out), fault(2, false));
        assert_eq!(ascii.decode_onto(b"12\xFF4", class::DIGIT, &mut out), fault(2, true));
        assert_eq!(ascii.decode_onto(b"1234", class::DIGIT, &mut out), Ok(()));
        assert_eq!(out, "1234");
        let utf_8 = Charset::new(1208).unwrap();
        assert_eq!(utf_8.decode_onto("aé".as_bytes(), class::LETTER, &mut out), fault(1, false));
        assert_eq!(utf_8.decode_onto(b"a\xC3", class::ANY, &mut out), fault(1, true));
    }
}

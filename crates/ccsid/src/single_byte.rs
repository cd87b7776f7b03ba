//! Character sets of one byte a character, as tables.

use crate::text::Newline;
use crate::{ASCII, LATIN_1};

/// A character set of one byte a character.
#[derive(Debug)]
pub struct SingleByte {
    /// Its number.
    pub ccsid: i32,
    /// The last byte that has a character.
    last: u8,
}

/// The table of a CCSID; `None` where it is unknown, or not of one byte a character.
pub fn single_byte(ccsid: i32) -> Option<&'static SingleByte> {
    static LATIN: SingleByte = SingleByte { ccsid: LATIN_1, last: 0xFF };
    static SEVEN_BITS: SingleByte = SingleByte { ccsid: ASCII, last: 0x7F };
    match ccsid {
        LATIN_1 => Some(&LATIN),
        ASCII => Some(&SEVEN_BITS),
        _ => None,
    }
}

impl SingleByte {
    /// Appends the text of some bytes.
    ///
    /// # Errors
    /// The index of the first byte that has no character; the text before it is appended.
    pub fn decode_onto(&self, bytes: &[u8], newline: Newline, out: &mut String) -> Result<(), usize> {
        let _ = newline;
        for (index, &byte) in bytes.iter().enumerate() {
            if byte > self.last {
                return Err(index);
            }
            out.push(char::from(byte));
        }
        Ok(())
    }

    /// Appends the bytes of some text.
    ///
    /// # Errors
    /// The index in `text`, in bytes, of the first character that has no byte; the bytes of those before it are appended.
    pub fn encode_onto(&self, text: &str, newline: Newline, out: &mut Vec<u8>) -> Result<(), usize> {
        let _ = newline;
        for (index, character) in text.char_indices() {
            match u8::try_from(character) {
                Ok(byte) if byte <= self.last => out.push(byte),
                _ => return Err(index),
            }
        }
        Ok(())
    }
}

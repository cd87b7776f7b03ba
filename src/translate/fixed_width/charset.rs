//! The characters of text fields: UTF-8 or one byte each, ASCII or EBCDIC underneath.

use ccsid::{Newline, SingleByte, UTF_8, single_byte};

/// A character set, and the bytes of ASCII characters in it.
#[derive(Debug)]
pub(super) struct Charset {
    set: Set,
    newline: Newline,
    /// The byte of each ASCII character.
    ascii: [u8; 128],
    pub(super) is_ebcdic: bool,
}

#[derive(Debug)]
enum Set {
    Utf8,
    Single(&'static SingleByte),
}

/// `0` in EBCDIC.
const EBCDIC_ZERO: u8 = 0xF0;

impl Charset {
    /// The character set of a CCSID.
    ///
    /// # Errors
    /// What is expected, where it is unknown or has characters of several bytes.
    pub(super) fn new(ccsid: i32, newline: Newline) -> Result<Self, String> {
        if ccsid == UTF_8 {
            return Ok(Self { set: Set::Utf8, newline, ascii: identity(), is_ebcdic: false });
        }
        let Some(table) = single_byte(ccsid) else {
            return Err(format!("CCSID 1208 (UTF-8) or one of one byte a character, not {ccsid}"));
        };
        let mut ascii = identity();
        let mut bytes = Vec::with_capacity(1);
        for (character, byte) in (0_u8..).zip(ascii.iter_mut()) {
            bytes.clear();
            let mut text = [0; 4];
            let text = char::from(character).encode_utf8(&mut text);
            if table.encode_onto(text, newline, &mut bytes).is_ok() {
                *byte = bytes.first().copied().unwrap_or(character);
            }
        }
        let is_ebcdic = ascii.get(usize::from(b'0')) == Some(&EBCDIC_ZERO);
        Ok(Self { set: Set::Single(table), newline, ascii, is_ebcdic })
    }

    /// The byte of an ASCII character.
    pub(super) fn byte(&self, character: char) -> u8 {
        usize::try_from(u32::from(character)).ok().and_then(|at| self.ascii.get(at)).copied().unwrap_or(b'?')
    }

    /// Whether these bytes are this ASCII text.
    pub(super) fn equals(&self, bytes: &[u8], text: &str) -> bool {
        bytes.len() == text.len()
            && bytes.iter().zip(text.chars()).all(|(byte, character)| *byte == self.byte(character))
    }

    /// Appends the text of some bytes.
    ///
    /// # Errors
    /// The index of the first byte that has no character.
    pub(super) fn decode_onto(&self, bytes: &[u8], out: &mut String) -> Result<(), usize> {
        match self.set {
            Set::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    out.push_str(text);
                    Ok(())
                }
                Err(error) => Err(error.valid_up_to()),
            },
            Set::Single(table) => table.decode_onto(bytes, self.newline, out),
        }
    }

    /// Appends the bytes of some text.
    ///
    /// # Errors
    /// The first character that has none.
    pub(super) fn encode_onto(&self, text: &str, out: &mut Vec<u8>) -> Result<(), usize> {
        match self.set {
            Set::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Set::Single(table) => table.encode_onto(text, self.newline, out),
        }
    }

    /// The line feed that text has here, and the other one of EBCDIC.
    pub(super) fn line_feeds(&self) -> (u8, u8) {
        if self.is_ebcdic { (EBCDIC_LINE_FEED, EBCDIC_NEXT_LINE) } else { (b'\n', b'\n') }
    }
}

pub(super) const EBCDIC_LINE_FEED: u8 = 0x25;
pub(super) const EBCDIC_NEXT_LINE: u8 = 0x15;
/// In ASCII and in EBCDIC.
pub(super) const CARRIAGE_RETURN: u8 = 0x0D;

fn identity() -> [u8; 128] {
    let mut ascii = [0; 128];
    for (character, byte) in (0_u8..).zip(ascii.iter_mut()) {
        *byte = character;
    }
    ascii
}

//! Where ICU is not followed, and why.

use crate::Table;
use crate::sets::{Kind, Set};

/// Single bytes that ICU has otherwise than glibc, Java and Python have them.
const CHARACTERS: [(i32, u8, Option<char>); 3] = [
    // The micro sign, as in ICU's own 850; ICU has the Greek letter.
    (437, 0xE6, Some('\u{B5}')),
    // The not sign; ICU has nothing.
    (852, 0xAA, Some('\u{AC}')),
    // Nothing; ICU has the feminine ordinal, as in Windows 1252.
    (5349, 0xAA, None),
];

/// Amends a table of ICU's.
pub(crate) fn amend(set: &Set, table: &mut Table) {
    for (place, byte) in table.iter_mut().zip(0..=255_u8) {
        match set.kind {
            // IBM's tables for PCs turn three control characters around (1A, 1C, 7F), for keyboards and screens of their time.
            // Text in messages has the characters of ASCII there, as in glibc, Java and Python.
            Kind::Pc if byte.is_ascii() => *place = Some(char::from(byte)),
            // Windows has no characters at these places, nor have glibc, Java and Python; ICU makes control characters of the
            // bytes, which nobody can have meant.
            Kind::Windows if *place == Some(char::from(byte)) && (0x80..=0x9F).contains(&byte) => {
                *place = None
            }
            _ => {}
        }
        if let Some(known) = CHARACTERS.iter().find(|known| (known.0, known.1) == (set.ccsid, byte)) {
            *place = known.2;
        }
    }
}

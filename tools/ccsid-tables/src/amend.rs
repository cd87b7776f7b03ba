//! Where ICU is not followed, and why.

use crate::Table;
use crate::sets::{Kind, Set};

/// Amends a table of ICU's.
pub(crate) fn amend(set: &Set, table: &mut Table) {
    if set.kind == Kind::Pc {
        // IBM's tables for PCs turn three control characters around (1A, 1C, 7F), for keyboards and screens of their time.
        // Text in messages has the characters of ASCII there, as in Java, glibc and Python.
        for (place, byte) in table.iter_mut().zip(0..=127_u8) {
            *place = Some(char::from(byte));
        }
    }
    if set.ccsid == 437 {
        // The micro sign, as in Java, glibc, Python and in ICU's own 850; ICU's 437 has the Greek letter.
        if let Some(place) = table.get_mut(0xE6) {
            *place = Some('\u{B5}');
        }
    }
}

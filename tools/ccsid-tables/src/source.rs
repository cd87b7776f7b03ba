//! The tables as Rust source: 256 characters each, 16 in a row, so that a change is seen in a diff.

use std::fmt::Write as _;

use crate::Table;
use crate::sets::{Kind, SETS, Set};

pub(crate) const TAIL: &str = "];\n";

/// Stands where a byte has no character; no character set of one byte has it.
const NONE: char = '\u{FFFD}';

pub(crate) fn head() -> String {
    "//! The characters of each byte, 16 a row. U+FFFD stands where there is none.
//!
//! Written by `cargo run -p ccsid-tables` from ICU's tables: never edited. Those are under the Unicode licence, see
//! `LICENSE-UNICODE` beside this crate.

use crate::single_byte::Family::{Ascii, Ebcdic};
use crate::single_byte::SingleByte;

#[rustfmt::skip]
pub(crate) static TABLES: [SingleByte; COUNT] = [
"
    .replace("COUNT", &SETS.len().to_string())
}

pub(crate) fn write(set: &Set, table: &Table, into: &mut String) {
    let family = match set.kind {
        Kind::Ebcdic => "Ebcdic",
        Kind::Ascii | Kind::Windows | Kind::Pc => "Ascii",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(into, "    SingleByte::new({}, \"{}\", {family}, concat!(", set.ccsid, set.name);
    for row in table.chunks(16) {
        into.push_str("        \"");
        for place in row {
            push(place.unwrap_or(NONE), into);
        }
        into.push_str("\",\n");
    }
    into.push_str("    )),\n");
}

/// Letters and signs that a person can tell apart stand for themselves, all else by number: nothing is invisible, nothing is
/// written from right to left.
fn push(character: char, into: &mut String) {
    match character {
        '"' | '\\' => into.extend(['\\', character]),
        ' '..='~' => into.push(character),
        '\u{A1}'..='\u{AC}' | '\u{AE}'..='\u{24F}' | '\u{388}'..='\u{3CE}' | '\u{401}'..='\u{45F}' | '€' => {
            into.push(character);
        }
        _ => {
            let _ = write!(into, "\\u{{{:x}}}", u32::from(character));
        }
    }
}

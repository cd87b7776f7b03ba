//! Text by coded character set identifier (CCSID), strictly, both ways: a byte or character that has no mapping is an error
//! with its place, never a substitute. Pure; knows nothing of MQ but the numbers that MQMD has.
//!
//! # Layout
//!
//! * `text`: whole texts, of any CCSID: [`decode()`] and [`encode()`].
//! * `unicode`: UTF-8 and UTF-16.
//! * `single_byte`: character sets of one byte a character, for fields too.
//! * `maps`: one of them made ready for use.
//! * `tables`: all of them, generated.

#![forbid(unsafe_code)]

mod text;
mod unicode;
mod single_byte;
mod maps;
mod tables;

pub use single_byte::{Family, SingleByte, single_byte, single_bytes};
pub use text::{Decoded, Newline, Undecodable, Unencodable, decode, encode, encode_onto, is_known};

/// UTF-8.
pub const UTF_8: i32 = 1208;
/// ISO 8859-1.
pub const LATIN_1: i32 = 819;
/// ASCII, 7 bits.
pub const ASCII: i32 = 367;

//! Text by coded character set identifier (CCSID), strictly, both ways: a byte or character that has no mapping is an error
//! with its place, never a substitute. Pure; knows nothing of MQ but the numbers that MQMD has.
//!
//! # Layout
//!
//! * [`text`]: whole texts, of any CCSID: [`decode`] and [`encode`].
//! * [`single_byte`]: tables of 256 characters, for fields.

#![forbid(unsafe_code)]

mod text;
pub mod single_byte;

pub use single_byte::{SingleByte, single_byte};
pub use text::{Decoded, Newline, Undecodable, Unencodable, decode, encode};

/// UTF-8.
pub const UTF_8: i32 = 1208;
/// ISO 8859-1.
pub const LATIN_1: i32 = 819;
/// ASCII, 7 bits.
pub const ASCII: i32 = 367;

//! The words by which dialect files say how something is encoded. Knows nothing of where they stand.

use super::InvalidDialect;
use super::file::Spec;
use super::table::Pad;

/// Where text is in which character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The dialect's.
    Dialect,
    /// The message's own: the CCSID of its descriptor.
    Message,
    Ccsid(i32),
}

/// An encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text(Word),
    Hex(Word),
    Bcd,
    Binary,
}

/// An encoding, and how many bytes a length takes where that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) form: Form,
    pub(super) bytes: Option<usize>,
}

/// What type b is by default.
pub(super) static BINARY: std::sync::LazyLock<Spec> =
    std::sync::LazyLock::new(|| Spec::Words("binary".into()));

/// What is permitted for values.
pub(super) const EXPECTED: &str =
    "\"text\", \"ascii\", \"message\", a CCSID, \"bcd\", \"binary\", \"hex\", or \"hex\" and a character set";
/// What is permitted for lengths.
pub(super) const EXPECTED_LENGTH: &str = "\"text\", \"ascii\", \"message\", a CCSID, \"bcd\", \"binary\", \"hex\"; \"bcd 2\" or \"binary 1\" with a number of bytes";

/// Reads an encoding; `None` where it is none.
pub(super) fn parse(spec: &Spec) -> Option<Parsed> {
    let words = match spec {
        Spec::Ccsid(ccsid) => return Some(Parsed { form: Form::Text(Word::Ccsid(*ccsid)), bytes: None }),
        Spec::Words(words) => words,
    };
    let (first, second) = match words.split_once(' ') {
        Some((first, second)) => (first, Some(second)),
        None => (words.as_str(), None),
    };
    let whole = |form| Some(Parsed { form, bytes: None });
    let sized = |form| Some(Parsed { form, bytes: second.map(str::parse).transpose().ok()? });
    match (first, second) {
        ("hex", None) => whole(Form::Hex(Word::Dialect)),
        ("hex", Some(charset)) => whole(Form::Hex(word(charset)?)),
        ("bcd", _) => sized(Form::Bcd),
        ("binary", _) => sized(Form::Binary),
        (charset, None) => whole(Form::Text(word(charset)?)),
        _ => None,
    }
}

fn word(text: &str) -> Option<Word> {
    match text {
        "text" => Some(Word::Dialect),
        "message" => Some(Word::Message),
        "ascii" => Some(Word::Ccsid(ccsid::ASCII)),
        number => number.parse().ok().map(Word::Ccsid),
    }
}

/// The half byte that fills an odd number of digits: `left 0`, `right F`, `left any`.
pub(super) fn pad(text: Option<&String>, place: &str) -> Result<Pad, InvalidDialect> {
    let expected =
        || InvalidDialect::new(format!("{place}.pad"), "\"left 0\", \"right F\", \"left any\" or the like");
    let Some(text) = text else { return Ok(Pad { left: true, nibble: 0, strict: true }) };
    let (side, nibble) = text.split_once(' ').ok_or_else(expected)?;
    let left = match side {
        "left" => true,
        "right" => false,
        _ => return Err(expected()),
    };
    if nibble == "any" {
        return Ok(Pad { left, nibble: 0, strict: false });
    }
    let one = u8::from_str_radix(nibble, 16).ok().filter(|&value| value < 16).ok_or_else(expected)?;
    Ok(Pad { left, nibble: one, strict: true })
}

//! What holds for all records of a layout: where they end, and what fills them.

use super::compile::{LayoutError, one_character};
use super::cut::RECORD_BYTES_MAX;
use super::file::{
    CountsWord, FileSection, FrameSection, HeaderSection, HeaderWord, OrderWord, SeparatorWord, ShortWord,
};
use super::layout::{FileRules, Framing, HeaderNumber, LengthHeader, LineEnd, RecordCondition, RecordKind};

/// More than any header of a record has.
const HEADER_BYTES_MAX: usize = 64;

/// Compiles `[file]`.
pub(super) fn file_rules(section: &FileSection, records: &[RecordKind]) -> Result<FileRules, LayoutError> {
    let framing = framing(section)?;
    let longest = records.iter().map(|record| record.length.max()).max().unwrap_or(0);
    let text_only = records.iter().all(|record| super::compile_fields::is_text(&record.items));
    let by_length = match framing {
        Framing::Header(_) => false,
        Framing::Lines(_) => !text_only,
        Framing::Length | Framing::Any => true,
    };
    if by_length && longest > RECORD_BYTES_MAX {
        return Err(LayoutError::new(
            "file",
            "a separator or frame: a record has a field that takes the rest, and nothing tells its end",
        ));
    }
    let undecided = |record: &&RecordKind| {
        record.length.allowed.as_ref().is_some_and(|allowed| allowed.len() > 1)
            && record.length.from.is_none()
    };
    if framing == Framing::Length
        && let Some(record) = records.iter().find(undecided)
    {
        let place = format!("record {}", record.name);
        return Err(LayoutError::new(
            place,
            "`length_from`: it has several lengths, and nothing tells which",
        ));
    }
    let is_last = |record: &RecordKind| record.when.contains(&RecordCondition::Last);
    Ok(FileRules {
        ccsid: section.ccsid,
        framing,
        fill_short: section.short == ShortWord::Fill,
        padding: section.padding.chars().collect(),
        pad: one_character(section.pad.as_deref(), ' ')?,
        record_bytes_max: longest.min(RECORD_BYTES_MAX),
        text_only,
        looks_ahead: records.iter().any(is_last),
    })
}

/// Where records end.
pub(super) fn framing(section: &FileSection) -> Result<Framing, LayoutError> {
    let header = |length_order| LengthHeader {
        bytes: 4,
        at: if length_order == HeaderNumber::BigEndian { 0 } else { 2 },
        length: 2,
        number: length_order,
        counts_itself: length_order == HeaderNumber::BigEndian,
    };
    match (&section.frame, section.separator) {
        (Some(_), Some(_)) => Err(LayoutError::new("file", "`frame` or `separator`, not both")),
        (Some(FrameSection::Word(word)), None) => match word.as_str() {
            "rdw" => Ok(Framing::Header(header(HeaderNumber::BigEndian))),
            "rdw-little" => Ok(Framing::Header(header(HeaderNumber::LittleEndian))),
            _ => Err(LayoutError::new(
                "file.frame",
                "\"rdw\", \"rdw-little\" or a table with header and length",
            )),
        },
        (Some(FrameSection::Header(parts)), None) => header_in_parts(parts).map(Framing::Header),
        (None, Some(SeparatorWord::Lf)) => Ok(Framing::Lines(LineEnd::Lf)),
        (None, Some(SeparatorWord::Crlf)) => Ok(Framing::Lines(LineEnd::CrLf)),
        (None, Some(SeparatorWord::Any)) => Ok(Framing::Any),
        (None, Some(SeparatorWord::None) | None) => Ok(Framing::Length),
    }
}

fn header_in_parts(parts: &HeaderSection) -> Result<LengthHeader, LayoutError> {
    let end = parts.at.checked_sub(1).and_then(|at| at.checked_add(parts.length));
    let fits =
        parts.length > 0 && parts.header <= HEADER_BYTES_MAX && end.is_some_and(|end| end <= parts.header);
    if !fits {
        let expected = format!("a header of at most {HEADER_BYTES_MAX} bytes that has the length in it");
        return Err(LayoutError::new("file.frame", expected));
    }
    Ok(LengthHeader {
        bytes: parts.header,
        at: parts.at - 1,
        length: parts.length,
        number: match (parts.kind, parts.order) {
            (HeaderWord::Digits, _) => HeaderNumber::Digits,
            (HeaderWord::Binary, OrderWord::Big) => HeaderNumber::BigEndian,
            (HeaderWord::Binary, OrderWord::Little) => HeaderNumber::LittleEndian,
        },
        counts_itself: parts.counts == CountsWord::All,
    })
}

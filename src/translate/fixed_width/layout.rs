//! A layout as it is used: kinds of records with their fields, names resolved and lengths counted. Knows nothing of files or messages.

use super::super::mask::Mask;

/// A layout: the kinds of records and their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) kind: String,
    pub(super) file: FileRules,
    pub(super) records: Vec<RecordKind>,
    /// Names of keys; fields have indices into it.
    pub(super) keys: Vec<String>,
    pub(super) totals: Vec<Total>,
    /// How many values are remembered while a file is read.
    pub(super) captures: usize,
}

/// What holds for all records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRules {
    /// Instead of the message's.
    pub(super) ccsid: Option<i32>,
    pub(super) framing: Framing,
    /// Lines that are shorter than their record are filled with blanks.
    pub(super) fill_short: bool,
    /// Characters that may stand after the last record.
    pub(super) padding: Vec<char>,
    /// The character of bytes that no field has.
    pub(super) pad: char,
    /// The longest record; `usize::MAX` where lines have any length.
    pub(super) record_bytes_max: usize,
    /// Every byte is text: a line end is never part of a value.
    pub(super) text_only: bool,
    /// A kind is told by being the last record.
    pub(super) looks_ahead: bool,
}

/// What tells where a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Its length.
    Length,
    /// A line end, always this.
    Lines(LineEnd),
    /// A line end where there is one, its length otherwise.
    Any,
    /// A number before it.
    Header(LengthHeader),
}

/// A line end of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    Lf,
    CrLf,
}

/// The bytes before each record, and the number in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LengthHeader {
    pub(super) bytes: usize,
    /// From 0.
    pub(super) at: usize,
    pub(super) length: usize,
    pub(super) number: HeaderNumber,
    /// The number counts the header too.
    pub(super) counts_itself: bool,
}

/// How the number in a header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderNumber {
    BigEndian,
    LittleEndian,
    Digits,
}

/// A kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordKind {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) when: Vec<RecordCondition>,
    pub(super) length: RecordLength,
    pub(super) items: Vec<Item>,
    /// The kinds that may stand before it, `None` for the beginning; empty: any.
    pub(super) after: Vec<Option<usize>>,
    pub(super) min: usize,
    pub(super) max: usize,
    /// A file ends after one of these, if there are any.
    pub(super) ends: bool,
    /// The values that are remembered of it.
    pub(super) captures: std::ops::Range<usize>,
}

/// How long a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordLength {
    /// Ascending, not empty; `None`: what its fields take.
    pub(super) allowed: Option<Vec<usize>>,
    /// The remembered value that tells which of the allowed ones it is where no line end does.
    pub(super) from: Option<usize>,
    /// What its fields take at least and at most.
    pub(super) fields_min: usize,
    pub(super) fields_max: usize,
}

/// What tells a kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RecordCondition {
    /// One of these texts (or none of them) stands at this place, from 0.
    Content {
        at: usize,
        is: Vec<String>,
        not: bool,
    },
    First,
    Last,
    Length(Vec<usize>),
}

/// A field, or what it may be instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Field(Field),
    Choice(Choice),
}

/// Fields that share their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) alternatives: Vec<Alternative>,
    /// One is chosen by its condition. Otherwise all that can be read are.
    pub(super) exclusive: bool,
    /// The bytes of the longest one, which they take together.
    pub(super) length: usize,
    /// What they take at least, where the record ends with them.
    pub(super) length_min: usize,
    /// The record may end with a shorter one.
    pub(super) ends_record: bool,
}

/// One way to read the bytes of a [`Choice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alternative {
    pub(super) when: Option<Condition>,
    pub(super) field: Field,
}

/// A remembered value is one of these texts, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) capture: usize,
    pub(super) is: Vec<String>,
    pub(super) not: bool,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Empty for a filler.
    pub(super) name: String,
    pub(super) about: String,
    /// The name as the beginning of a JSON member: `"name":`.
    pub(super) json: String,
    pub(super) kind: Kind,
    /// Bytes; `None` for a group, and for what takes the rest of its record.
    pub(super) length: Option<usize>,
    pub(super) occurs: Option<Occurs>,
    /// The only values that it may have; empty: any.
    pub(super) is: Vec<String>,
    /// A record may end before it.
    pub(super) optional: bool,
    pub(super) mask: Option<Mask>,
    pub(super) capture: Option<usize>,
    pub(super) key: Option<usize>,
}

/// How often a field stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurs {
    pub(super) min: usize,
    pub(super) max: usize,
    /// The remembered value that tells; without it, always `max` times.
    pub(super) from: Option<usize>,
}

/// What the bytes of a field are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Group(Vec<Item>),
    /// Bytes that mean nothing, and the character that they usually are.
    Filler {
        pad: char,
    },
    Text(Text),
    /// Digits, kept as they stand; with `blank`, or blanks alone.
    Digits {
        blank: bool,
    },
    Number(Number),
    Float(ByteOrder),
    Hex,
}

/// Text and what fills it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text {
    /// `None`: the text is all of the field.
    pub(super) pad: Option<char>,
    /// The text stands at the right.
    pub(super) right: bool,
}

/// A number with implied decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// Digits after the implied point; negative: zeros before it.
    pub(super) scale: i32,
    pub(super) form: Form,
    /// Blanks alone are no number.
    pub(super) blank: bool,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Digits in text.
    Display(Sign),
    /// Two digits a byte, the sign in the last half.
    Packed { signed: bool },
    /// Two's complement.
    Binary { signed: bool, order: ByteOrder },
}

/// Where the sign of digits in text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    None,
    /// In the zone of the first or last digit.
    Leading,
    Trailing,
    /// A character of its own.
    SeparateLeading,
    SeparateTrailing,
}

/// The order of bytes in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Big,
    Little,
}

/// A sum or a count over records, and the field that must have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) name: String,
    pub(super) of: Vec<Addend>,
    pub(super) record: usize,
    pub(super) field: String,
    pub(super) capture: usize,
    pub(super) scale: i32,
    /// It begins anew at each record of this kind.
    pub(super) since: Option<usize>,
}

/// What one kind of record adds to a total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addend {
    pub(super) record: usize,
    /// The value that is added; `None`: one.
    pub(super) value: Option<usize>,
    pub(super) when: Vec<Condition>,
}

impl Field {
    /// Digits after the implied point.
    pub(super) fn scale(&self) -> Option<i32> {
        match &self.kind {
            Kind::Number(number) => Some(number.scale),
            Kind::Digits { .. } => Some(0),
            _ => None,
        }
    }
}

impl RecordLength {
    /// A record of this kind may have this many bytes.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        match &self.allowed {
            Some(allowed) => allowed.contains(&bytes),
            None => (self.fields_min..=self.fields_max).contains(&bytes),
        }
    }

    /// The longest that a record of this kind may be.
    pub(super) fn max(&self) -> usize {
        self.allowed.as_ref().and_then(|allowed| allowed.last().copied()).unwrap_or(self.fields_max)
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        let listed = |all: &[usize]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        match &self.allowed {
            Some(allowed) => listed(allowed),
            None if self.fields_min == self.fields_max => self.fields_min.to_string(),
            None if self.fields_max == usize::MAX => format!("at least {}", self.fields_min),
            None => format!("{} to {}", self.fields_min, self.fields_max),
        }
    }
}

//! From what a person typed to a [`Layout`]: names looked up, offsets and lengths counted, contradictions refused.

use std::fmt;

use super::compile_fields::{Fields, condition, mark_last};
use super::cut::RECORD_BYTES_MAX;
use super::file::{
    CountsWord, FileSection, FrameSection, HeaderWord, LayoutFile, OrderWord, PositionWord, RecordSection,
    SeparatorWord, Several, ShortWord, TotalSection, WhenSection,
};
use super::layout::{
    Addend, FileRules, Framing, HeaderNumber, Layout, LengthHeader, LineEnd, RecordCondition, RecordKind,
    RecordLength, Total,
};
use super::names::{Names, is_name};

/// A layout file that cannot be used: where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutError {
    /// The part of the file: `record detail, field amount`. Empty where the text itself is not as expected.
    pub place: String,
    /// What should be there.
    pub expected: String,
}

/// The words in `after` for the beginning of a file.
const START: &str = "start";

/// Reads a layout file.
pub(super) fn layout(text: &str) -> Result<Layout, LayoutError> {
    let file: LayoutFile = toml::from_str(text).map_err(|error| LayoutError {
        place: String::new(),
        expected: error.to_string().trim_end().to_owned(),
    })?;
    if file.record.is_empty() {
        return Err(LayoutError::new("record", "at least one [[record]]"));
    }
    check_names(&file.record)?;
    let mut names = Names::of(&file)?;
    let mut records = Vec::new();
    for (index, section) in file.record.iter().enumerate() {
        records.push(
            record(index, section, &file, &mut names)
                .map_err(|error| error.within(&format!("record {}", section.name)))?,
        );
    }
    check_told_apart(&records)?;
    let totals = file.total.iter().map(|section| {
        total(section, &file, &records, &names)
            .map_err(|error| error.within(&format!("total {}", section.name)))
    });
    let totals = totals.collect::<Result<_, _>>()?;
    names.all_found()?;
    let rules = file_rules(&file.file, &records)?;
    Ok(Layout {
        kind: file.name,
        file: rules,
        records,
        keys: file.keys.into_keys().collect(),
        totals,
        captures: names.captures(),
    })
}

fn check_names(records: &[RecordSection]) -> Result<(), LayoutError> {
    for (at, record) in records.iter().enumerate() {
        if !is_name(&record.name) || record.name == START {
            return Err(LayoutError::new("record", format!("a name without . / #, not {:?}", record.name)));
        }
        if records.iter().take(at).any(|before| before.name == record.name) {
            return Err(LayoutError::new(format!("record {}", record.name), "a name of its own"));
        }
    }
    Ok(())
}

/// A record without any condition takes whatever comes: it must be the last one.
fn check_told_apart(records: &[RecordKind]) -> Result<(), LayoutError> {
    let before_last = records.iter().rev().skip(1);
    match before_last.clone().find(|record| record.when.is_empty()) {
        Some(record) => Err(LayoutError::new(
            format!("record {}", record.name),
            "`when`, to tell it from the records after it: { at, is }, { position } or { length }",
        )),
        None => Ok(()),
    }
}

fn record(
    index: usize,
    section: &RecordSection,
    file: &LayoutFile,
    names: &mut Names,
) -> Result<RecordKind, LayoutError> {
    let first_capture = names.captures();
    let pad = one_character(file.file.pad.as_deref(), ' ')?;
    let mut fields = Fields::new(index, &section.name, pad, names).compile(&section.fields)?;
    let is_delimited = matches!(framing(&file.file)?, Framing::Header(_) | Framing::Lines(_));
    if is_delimited && section.length.is_none() && file.file.length.is_none() {
        mark_last(&mut fields.items);
    }
    let captures = first_capture..names.captures();
    let when = section.when.0.iter().map(|when| record_condition(when, &fields, pad));
    Ok(RecordKind {
        name: section.name.clone(),
        about: section.about.clone(),
        when: when.collect::<Result<_, _>>()?,
        length: record_length(section, &file.file, &fields, names)?,
        items: fields.items,
        after: section.after.0.iter().map(|name| position(name, &file.record)).collect::<Result<_, _>>()?,
        min: section.min,
        max: section.max.unwrap_or(usize::MAX),
        ends: section.ends,
        captures,
    })
}

/// What the fields of a record come to.
pub(super) struct Compiled {
    pub(super) items: Vec<super::layout::Item>,
    pub(super) min: usize,
    /// `usize::MAX` with a field that takes the rest.
    pub(super) max: usize,
    /// Name, place from 0, and length of the fields at the top whose place is fixed.
    pub(super) places: Vec<(String, usize, usize)>,
}

fn position(name: &str, records: &[RecordSection]) -> Result<Option<usize>, LayoutError> {
    if name == START {
        return Ok(None);
    }
    record_named(name, records).map(Some)
}

fn record_named(name: &str, records: &[RecordSection]) -> Result<usize, LayoutError> {
    let found = records.iter().position(|record| record.name == name);
    found.ok_or_else(|| LayoutError::new("", format!("the name of a record, not {name:?}")))
}

fn record_length(
    section: &RecordSection,
    file: &FileSection,
    fields: &Compiled,
    names: &Names,
) -> Result<RecordLength, LayoutError> {
    let listed = section.length.as_ref().or(file.length.as_ref());
    let mut allowed = listed.map(|lengths| lengths.0.clone());
    if let Some(allowed) = &mut allowed {
        allowed.sort_unstable();
        allowed.dedup();
        let fits = |&length: &usize| (fields.min..=RECORD_BYTES_MAX).contains(&length);
        if allowed.is_empty() || !allowed.iter().all(fits) {
            let expected = format!("lengths of {} (what its fields take) to {RECORD_BYTES_MAX}", fields.min);
            return Err(LayoutError::new("length", expected));
        }
    } else if fields.min == 0 && fields.max == 0 {
        return Err(LayoutError::new("fields", "at least one field"));
    }
    let from = section.length_from.as_ref().map(|from| names.capture(from)).transpose()?;
    Ok(RecordLength { allowed, from, fields_min: fields.min.max(1), fields_max: fields.max })
}

fn record_condition(
    when: &WhenSection,
    fields: &Compiled,
    pad: char,
) -> Result<RecordCondition, LayoutError> {
    let error = |expected: &str| Err(LayoutError::new("when", expected));
    match when {
        WhenSection { position: Some(word), at: None, field: None, is: None, not: None, length: None } => {
            Ok(match word {
                PositionWord::First => RecordCondition::First,
                PositionWord::Last => RecordCondition::Last,
            })
        }
        WhenSection { length: Some(lengths), at: None, field: None, is: None, not: None, position: None } => {
            Ok(RecordCondition::Length(lengths.0.clone()))
        }
        WhenSection { position: None, length: None, at, field, .. } => {
            let Some((texts, not)) = texts(when) else { return error("`is` or `not`") };
            let (at, length) = match (at, field) {
                (Some(at), None) if *at > 0 => (at - 1, None),
                (None, Some(name)) => {
                    let place = fields.places.iter().find(|(field, ..)| field == name);
                    match place {
                        Some((_, at, length)) => (*at, Some(*length)),
                        None => return error("a field of this record that has a fixed place"),
                    }
                }
                _ => return error("`at` from 1, or `field`"),
            };
            let is = texts.iter().map(|text| filled(text, length, pad));
            let is = is.collect::<Option<Vec<_>>>();
            match is {
                Some(is) => Ok(RecordCondition::Content { at, is, not }),
                None => error("ASCII texts that are no longer than the field, and not empty"),
            }
        }
        WhenSection { .. } => error("one of { at, is }, { field, is }, { position } and { length }"),
    }
}

/// The texts of a condition, and whether they are excluded.
pub(super) fn texts(when: &WhenSection) -> Option<(&[String], bool)> {
    match (&when.is, &when.not) {
        (Some(is), None) => Some((&is.0, false)),
        (None, Some(not)) => Some((&not.0, true)),
        _ => None,
    }
}

fn filled(text: &str, length: Option<usize>, pad: char) -> Option<String> {
    let missing = length.unwrap_or(text.len()).checked_sub(text.len())?;
    let filled = format!("{text}{}", pad.to_string().repeat(missing));
    (filled.is_ascii() && !filled.is_empty()).then_some(filled)
}

fn total(
    section: &TotalSection,
    file: &LayoutFile,
    records: &[RecordKind],
    names: &Names,
) -> Result<Total, LayoutError> {
    let (place, field) = super::names::split(&section.place)?;
    let scale = names.scale(&section.place)?;
    let mut of = Vec::new();
    for name in &section.of.0 {
        let record = record_named(name, &file.record)?;
        let value = section.sum.as_ref().map(|sum| format!("{name}.{sum}"));
        if let Some(value) = &value
            && names.scale(value)? != scale
        {
            return Err(LayoutError::new("sum", "a field with as many decimals as the total"));
        }
        let when = section.when.0.iter().map(|when| condition(when, name, names));
        of.push(Addend {
            record,
            value: value.map(|value| names.capture(&value)).transpose()?,
            when: when.collect::<Result<_, _>>()?,
        });
    }
    debug_assert_eq!(records.len(), file.record.len());
    Ok(Total {
        name: section.name.clone(),
        of,
        record: record_named(place, &file.record)?,
        field: field.to_owned(),
        capture: names.capture(&section.place)?,
        scale: if section.sum.is_some() { scale } else { 0 },
        since: section.since.as_ref().map(|since| record_named(since, &file.record)).transpose()?,
    })
}

fn file_rules(section: &FileSection, records: &[RecordKind]) -> Result<FileRules, LayoutError> {
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

fn framing(section: &FileSection) -> Result<Framing, LayoutError> {
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
        (Some(FrameSection::Header(parts)), None) => {
            let fits = parts.at > 0 && parts.length > 0 && parts.at - 1 + parts.length <= parts.header;
            if !fits || parts.header > 64 {
                return Err(LayoutError::new(
                    "file.frame",
                    "a header of at most 64 bytes that has the length in it",
                ));
            }
            Ok(Framing::Header(LengthHeader {
                bytes: parts.header,
                at: parts.at - 1,
                length: parts.length,
                number: match (parts.kind, parts.order) {
                    (HeaderWord::Digits, _) => HeaderNumber::Digits,
                    (HeaderWord::Binary, OrderWord::Big) => HeaderNumber::BigEndian,
                    (HeaderWord::Binary, OrderWord::Little) => HeaderNumber::LittleEndian,
                },
                counts_itself: parts.counts == CountsWord::All,
            }))
        }
        (None, Some(SeparatorWord::Lf)) => Ok(Framing::Lines(LineEnd::Lf)),
        (None, Some(SeparatorWord::Crlf)) => Ok(Framing::Lines(LineEnd::CrLf)),
        (None, Some(SeparatorWord::Any)) => Ok(Framing::Any),
        (None, Some(SeparatorWord::None) | None) => Ok(Framing::Length),
    }
}

/// A padding character.
pub(super) fn one_character(text: Option<&str>, default: char) -> Result<char, LayoutError> {
    let Some(text) = text else { return Ok(default) };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character.is_ascii() => Ok(character),
        _ => Err(LayoutError::new("pad", "one ASCII character")),
    }
}

impl LayoutError {
    pub(super) fn new(place: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { place: place.into(), expected: expected.into() }
    }

    /// The same, told from outside.
    pub(super) fn within(mut self, place: &str) -> Self {
        if !self.place.is_empty() {
            self.place.insert_str(0, ", ");
        }
        self.place.insert_str(0, place);
        self
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.expected),
            place => write!(f, "{place}: expected {}", self.expected),
        }
    }
}

impl std::error::Error for LayoutError {}

impl<T> Several<T> {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

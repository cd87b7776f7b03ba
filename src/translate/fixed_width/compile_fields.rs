//! The fields of one record, from what a person typed: places and lengths counted, types made of words.

use super::compile::{Compiled, LayoutError, texts};
use super::compile_types::{check_group, kind, length};
use super::file::{FieldSection, MaskWord, OccursWord, TypeWord, WhenSection};
use super::layout::{Alternative, Choice, Condition, Field, Form, Item, Kind, Occurs};
use super::names::{Names, is_name};
use crate::translate::mask::Mask;

/// Groups within each other.
const DEPTH_MAX: usize = 32;
/// What one record may hold.
const OCCURS_MAX: usize = 1_000_000;

/// Compiles the fields of one record.
pub(super) struct Fields<'a> {
    record: usize,
    pad: char,
    names: &'a mut Names,
    record_name: String,
}

/// How many bytes something takes at least and at most.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    min: usize,
    max: usize,
}

/// The fields of a group so far.
#[derive(Default)]
struct Group {
    items: Vec<Item>,
    size: Size,
    places: Vec<(String, usize, usize)>,
}

/// Whether no value can have a line end in it that is none.
pub(super) fn is_text(items: &[Item]) -> bool {
    fields(items).all(|field| match &field.kind {
        Kind::Group(items) => is_text(items),
        Kind::Filler { .. } | Kind::Text(_) | Kind::Digits { .. } => true,
        Kind::Number(number) => matches!(number.form, Form::Display(_)),
        Kind::Float(_) | Kind::Hex => false,
    })
}

/// Marks the choice that a record ends with, if it does: a record may then end with a short alternative.
pub(super) fn mark_last(items: &mut [Item]) {
    match items.last_mut() {
        Some(Item::Field(Field { kind: Kind::Group(items), occurs: None, .. })) => mark_last(items),
        Some(Item::Choice(choice)) => {
            choice.ends_record = true;
            for alternative in &mut choice.alternatives {
                if let Kind::Group(items) = &mut alternative.field.kind {
                    mark_last(items);
                }
            }
        }
        _ => {}
    }
}

/// All fields of some items, alternatives too.
fn fields(items: &[Item]) -> impl Iterator<Item = &Field> {
    items.iter().flat_map(|item| match item {
        Item::Field(field) => vec![field],
        Item::Choice(choice) => choice.alternatives.iter().map(|alternative| &alternative.field).collect(),
    })
}

/// A condition on a field that is read before.
pub(super) fn condition(when: &WhenSection, record: &str, names: &Names) -> Result<Condition, LayoutError> {
    let error = || LayoutError::new("when", "`field` with `is` or `not`");
    let WhenSection { at: None, field: Some(field), position: None, length: None, .. } = when else {
        return Err(error());
    };
    let (is, not) = texts(when).ok_or_else(error)?;
    let capture = names.capture(&format!("{record}.{field}"))?;
    Ok(Condition { capture, is: is.to_vec(), not })
}

impl<'a> Fields<'a> {
    pub(super) fn new(record: usize, record_name: &str, pad: char, names: &'a mut Names) -> Self {
        Self { record, pad, names, record_name: record_name.to_owned() }
    }

    pub(super) fn compile(mut self, sections: &[FieldSection]) -> Result<Compiled, LayoutError> {
        let group = self.group(sections, "", 0)?;
        if let Some(section) = sections.iter().find(|section| section.name == "record") {
            return Err(named(section, "another name: `record` is the member that tells the kind"));
        }
        Ok(Compiled { items: group.items, min: group.size.min, max: group.size.max, places: group.places })
    }

    fn group(&mut self, sections: &[FieldSection], path: &str, depth: usize) -> Result<Group, LayoutError> {
        if depth > DEPTH_MAX {
            return Err(LayoutError::new("fields", format!("at most {DEPTH_MAX} groups within each other")));
        }
        let mut group = Group::default();
        for section in sections {
            self.add(section, path, depth, &mut group).map_err(|error| match section.name.as_str() {
                "" => error.within("filler"),
                name => error.within(&format!("field {name}")),
            })?;
        }
        Ok(group)
    }

    fn add(
        &mut self,
        section: &FieldSection,
        path: &str,
        depth: usize,
        group: &mut Group,
    ) -> Result<(), LayoutError> {
        let is_filler = section.kind == Some(TypeWord::Filler);
        if is_filler != section.name.is_empty() || !(is_filler || is_name(&section.name)) {
            return Err(LayoutError::new("name", "a name without . / #, and none for a filler"));
        }
        if !is_filler && fields(&group.items).any(|field| field.name == section.name) {
            return Err(LayoutError::new("name", "a name of its own in its group"));
        }
        if section.redefines.is_none() {
            self.move_to(section.at, group)?;
        }
        let path = if path.is_empty() { section.name.clone() } else { format!("{path}.{}", section.name) };
        let when =
            section.when.as_ref().map(|when| condition(when, &self.record_name, self.names)).transpose()?;
        let (mut field, size) = self.field(section, &path, depth)?;
        if !matches!(field.kind, Kind::Group(_) | Kind::Filler { .. }) {
            self.names.meet(self.record, &path, &mut field)?;
        }
        match &section.redefines {
            Some(target) => group.redefine(target, Alternative { when, field }, size),
            None => group.append(field, when, size),
        }
    }

    /// Fills the gap before a field with a place of its own.
    fn move_to(&self, at: Option<usize>, group: &mut Group) -> Result<(), LayoutError> {
        let Some(at) = at else { return Ok(()) };
        let reached = group.size.max;
        if group.size.min < reached && !group.is_optional_before() {
            return Err(LayoutError::new("at", "no `at` after fields whose length varies"));
        }
        let gap = at.checked_sub(1).and_then(|at| at.checked_sub(reached)).ok_or_else(|| {
            LayoutError::new("at", format!("a place after the field before it: {} or later", reached + 1))
        })?;
        if gap > 0 {
            let optional = group.is_optional_before();
            let size = Size { min: if optional { 0 } else { gap }, max: gap };
            group.append(filler(gap, self.pad, optional), None, size)?;
        }
        Ok(())
    }

    fn field(
        &mut self,
        section: &FieldSection,
        path: &str,
        depth: usize,
    ) -> Result<(Field, Size), LayoutError> {
        let (kind, length, mut size) = match &section.fields {
            Some(sections) => {
                check_group(section)?;
                let group = self.group(sections, path, depth + 1)?;
                if group.items.is_empty() {
                    return Err(LayoutError::new("fields", "at least one field"));
                }
                (Kind::Group(group.items), None, group.size)
            }
            None => {
                let kind = kind(section, self.pad)?;
                let length = length(section, &kind)?;
                let size = length
                    .map_or(Size { min: 0, max: usize::MAX }, |length| Size { min: length, max: length });
                (kind, length, size)
            }
        };
        let occurs = self.occurs(section)?;
        if let Some(occurs) = &occurs {
            size =
                Size { min: size.min.saturating_mul(occurs.min), max: size.max.saturating_mul(occurs.max) };
        }
        if section.optional {
            size.min = 0;
        }
        let mut json = Vec::new();
        super::super::json::string(&mut json, &section.name);
        json.push(b':');
        let field = Field {
            name: section.name.clone(),
            about: section.about.clone(),
            json: String::from_utf8(json).unwrap_or_default(),
            kind,
            length,
            occurs,
            is: section.is.0.clone(),
            optional: section.optional,
            mask: section.mask.map(|word| match word {
                MaskWord::Whole => Mask::Whole,
                MaskWord::Pan => Mask::Pan,
            }),
            capture: None,
            key: None,
        };
        Ok((field, size))
    }

    fn occurs(&self, section: &FieldSection) -> Result<Option<Occurs>, LayoutError> {
        let occurs = match &section.occurs {
            None => return Ok(None),
            Some(OccursWord::Times(times)) => Occurs { min: *times, max: *times, from: None },
            Some(OccursWord::From(occurs)) => {
                let from = self.names.capture(&format!("{}.{}", self.record_name, occurs.from))?;
                Occurs { min: occurs.min, max: occurs.max, from: Some(from) }
            }
        };
        if occurs.min > occurs.max || occurs.max > OCCURS_MAX || occurs.max == 0 {
            return Err(LayoutError::new("occurs", format!("1 to {OCCURS_MAX} times")));
        }
        if section.kind == Some(TypeWord::Filler) {
            return Err(LayoutError::new("occurs", "a longer filler instead"));
        }
        Ok(Some(occurs))
    }
}

impl Group {
    fn append(&mut self, field: Field, when: Option<Condition>, size: Size) -> Result<(), LayoutError> {
        if self.size.max == usize::MAX {
            return Err(LayoutError::new("", "no field after one that takes the rest"));
        }
        if self.size.min == self.size.max && size.min == size.max && field.occurs.is_none() {
            self.places.push((field.name.clone(), self.size.max, size.max));
        }
        self.size.min += size.min;
        self.size.max = self.size.max.saturating_add(size.max);
        self.items.push(match when {
            None => Item::Field(field),
            Some(when) => Item::Choice(Choice {
                alternatives: vec![Alternative { when: Some(when), field }],
                exclusive: true,
                length: fixed(size)?,
                length_min: size.min,
                ends_record: false,
            }),
        });
        Ok(())
    }

    /// Adds another way to read the bytes of the field before.
    fn redefine(&mut self, target: &str, other: Alternative, size: Size) -> Result<(), LayoutError> {
        let error =
            || LayoutError::new("redefines", "the name of the field before, or of one that redefines it");
        let size = Size { min: size.min, max: fixed(size)? };
        let before = match self.items.pop().ok_or_else(error)? {
            Item::Choice(choice) => choice,
            Item::Field(field) => {
                let length = total_length(&field).ok_or_else(varies)?;
                Choice {
                    length_min: if field.optional { 0 } else { length },
                    alternatives: vec![Alternative { when: None, field }],
                    exclusive: false,
                    length,
                    ends_record: false,
                }
            }
        };
        if !before.alternatives.iter().any(|alternative| alternative.field.name == target) {
            return Err(error());
        }
        let mut choice = before;
        self.size.min = self.size.min - choice.length_min + choice.length_min.min(size.min);
        self.size.max = self.size.max - choice.length + choice.length.max(size.max);
        choice.length_min = choice.length_min.min(size.min);
        choice.length = choice.length.max(size.max);
        choice.exclusive |= other.when.is_some();
        choice.alternatives.push(other);
        self.items.push(Item::Choice(choice));
        Ok(())
    }

    /// Whether records may end before what comes next.
    fn is_optional_before(&self) -> bool {
        self.size.max < usize::MAX
            && matches!(self.items.last(), Some(Item::Field(field)) if field.optional && field.occurs.is_none())
    }
}

fn varies() -> LayoutError {
    LayoutError::new("redefines", "fields of a fixed length: alternatives cannot vary")
}

fn fixed(size: Size) -> Result<usize, LayoutError> {
    // What is optional is as long as it is, where it is.
    if size.max == usize::MAX || (size.min != size.max && size.min != 0) {
        Err(varies())
    } else {
        Ok(size.max)
    }
}

/// The bytes of a field that always has as many.
fn total_length(field: &Field) -> Option<usize> {
    let once = match &field.kind {
        Kind::Group(items) => items.iter().try_fold(0_usize, |sum, item| {
            let length = match item {
                Item::Field(field) => total_length(field)?,
                Item::Choice(choice) => choice.length,
            };
            sum.checked_add(length)
        })?,
        _ => field.length?,
    };
    match &field.occurs {
        None => Some(once),
        Some(Occurs { max, from: None, .. }) => once.checked_mul(*max),
        Some(_) => None,
    }
}

fn filler(length: usize, pad: char, optional: bool) -> Field {
    Field {
        name: String::new(),
        about: String::new(),
        json: String::new(),
        kind: Kind::Filler { pad },
        length: Some(length),
        occurs: None,
        is: Vec::new(),
        optional,
        mask: None,
        capture: None,
        key: None,
    }
}

fn named(section: &FieldSection, expected: &str) -> LayoutError {
    LayoutError::new(format!("field {}", section.name), expected)
}

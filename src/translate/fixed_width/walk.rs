//! Reads the fields of one record and tells a sink of each. Knows nothing of where records begin and end.

use super::super::mask::Mask;
use super::charset::Charset;
use super::layout::{Choice, Condition, Field, FileRules, Item, Kind, Occurs, RecordKind};
use super::sink::{Place, Sink};
use super::value::{self, Buffers};

/// Why a record cannot be read.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    /// From the record on: `/amount`.
    pub(super) path: String,
    pub(super) expected: String,
}

/// What is kept of the values that were read.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) captures: Vec<Capture>,
    /// Index of the key, how it is masked, value.
    pub(super) keys: Vec<(usize, Option<Mask>, String)>,
    pub(super) keeps_keys: bool,
    pub(super) buffers: Buffers,
}

/// A value that something else depends on.
#[derive(Debug, Clone, Default)]
pub(super) struct Capture {
    pub(super) text: String,
    pub(super) offset: usize,
    /// The record has it.
    pub(super) is_set: bool,
}

impl Condition {
    /// Whether it holds for what was read last.
    pub(super) fn holds(&self, captures: &[Capture]) -> bool {
        let value = captures.get(self.capture).filter(|capture| capture.is_set);
        value.is_some_and(|value| self.is.contains(&value.text) != self.not)
    }
}

/// The walk over one record.
pub(super) struct Walk<'a, S> {
    pub(super) file: &'a FileRules,
    pub(super) charset: &'a Charset,
    pub(super) memory: &'a mut Memory,
    pub(super) sink: &'a mut S,
    /// The record, or, where its fields tell how long it is, whatever is left of the message.
    pub(super) bytes: &'a [u8],
    /// Where it begins in the message.
    pub(super) base: usize,
    pub(super) at: usize,
    /// How many values it may still have.
    pub(super) fields_left: usize,
    /// What is read is another view of bytes that were read already.
    pub(super) is_view: bool,
}

impl<'a, S: Sink> Walk<'a, S> {
    /// Reads a record of a kind; gives how many bytes it has.
    pub(super) fn record(&mut self, kind: &RecordKind, is_delimited: bool) -> Result<usize, Fault> {
        if let Some(captures) = self.memory.captures.get_mut(kind.captures.clone()) {
            captures.iter_mut().for_each(|capture| capture.is_set = false);
        }
        self.items(&kind.items)?;
        if is_delimited && self.at < self.bytes.len() {
            if kind.length.allowed.is_none() {
                return Err(self.fault(self.at, "the end of the record"));
            }
            self.filler(self.bytes.len() - self.at, self.file.pad, false)?;
        }
        Ok(self.at)
    }

    fn items(&mut self, items: &[Item]) -> Result<(), Fault> {
        for item in items {
            match item {
                Item::Field(field) => self.field(field)?,
                Item::Choice(choice) => self.choice(choice)?,
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field) -> Result<(), Fault> {
        if field.optional && self.at == self.bytes.len() {
            return Ok(());
        }
        match &field.occurs {
            Some(occurs) => self.list(field, occurs),
            None => self.once(field, None),
        }
        .map_err(|fault| fault.within(&field.name))
    }

    fn list(&mut self, field: &Field, occurs: &Occurs) -> Result<(), Fault> {
        let count = self.count(occurs)?;
        self.sink.list(field);
        for index in 0..count {
            self.once(field, Some(index)).map_err(|fault| fault.within(&index.to_string()))?;
        }
        self.sink.list_end();
        Ok(())
    }

    /// How often a field stands here.
    fn count(&self, occurs: &Occurs) -> Result<usize, Fault> {
        let Some(from) = occurs.from else { return Ok(occurs.max) };
        let capture = self.memory.captures.get(from).filter(|capture| capture.is_set);
        let count = capture.and_then(|capture| capture.text.parse().ok());
        count.filter(|count| (occurs.min..=occurs.max).contains(count)).ok_or_else(|| {
            let expected = format!("a count of {} to {} in the field that tells it", occurs.min, occurs.max);
            Fault {
                offset: capture.map_or(self.base + self.at, |capture| capture.offset),
                path: String::new(),
                expected,
            }
        })
    }

    fn once(&mut self, field: &Field, index: Option<usize>) -> Result<(), Fault> {
        match &field.kind {
            Kind::Group(items) => {
                self.sink.group(field, index, self.base + self.at);
                self.items(items)?;
                self.sink.group_end(self.base + self.at);
                Ok(())
            }
            Kind::Filler { pad } => match field.length {
                Some(length) => self.filler(length, *pad, field.optional),
                None => self.filler(self.bytes.len() - self.at, *pad, true),
            },
            _ => self.value(field, index),
        }
    }

    /// Bytes that no field has. Where a record would otherwise be written without them, even blanks are worth noting.
    fn filler(&mut self, length: usize, pad: char, is_beyond: bool) -> Result<(), Fault> {
        let (at, place) = (self.at, Place { offset: self.base + self.at, length });
        let pad = self.charset.byte(pad);
        let bytes = self.take(Some(length))?;
        let noteworthy = is_beyond || bytes.iter().any(|&byte| byte != pad);
        if !self.is_view && length > 0 {
            self.sink.raw(at + 1, place, bytes, noteworthy);
        }
        Ok(())
    }

    fn value(&mut self, field: &Field, index: Option<usize>) -> Result<(), Fault> {
        self.fields_left =
            self.fields_left.checked_sub(1).ok_or_else(|| self.fault(self.at, "fewer fields in a record"))?;
        let at = self.at;
        let bytes = self.take(field.length)?;
        let place = Place { offset: self.base + at, length: bytes.len() };
        let canonical = value::decode(field, bytes, self.charset, &mut self.memory.buffers)
            .map_err(|flaw| self.fault(at + flaw.at, flaw.expected))?;
        self.remember(field, place.offset);
        self.sink.value(field, index, place, &self.memory.buffers.text);
        if !canonical && !self.is_view {
            self.sink.raw(at + 1, place, bytes, true);
        }
        Ok(())
    }

    fn remember(&mut self, field: &Field, offset: usize) {
        let text = &self.memory.buffers.text;
        if let Some(capture) = field.capture.and_then(|index| self.memory.captures.get_mut(index)) {
            capture.text.clone_from(text);
            capture.offset = offset;
            capture.is_set = true;
        }
        if let Some(key) = field.key.filter(|_| self.memory.keeps_keys) {
            self.memory.keys.push((key, field.mask, text.clone()));
        }
    }

    /// Reads bytes that several fields share, and leaves none of them.
    fn choice(&mut self, choice: &Choice) -> Result<(), Fault> {
        let start = self.at;
        if start == self.bytes.len()
            && choice.alternatives.iter().all(|alternative| alternative.field.optional)
        {
            return Ok(());
        }
        if choice.exclusive {
            self.chosen(choice)?
        } else {
            self.all_readable(choice)?
        }
        let end = self.bytes.len().min(start + choice.length);
        match end.checked_sub(self.at) {
            Some(left) if left > 0 => self.filler(left, self.file.pad, choice.ends_record),
            _ => Ok(()),
        }
    }

    /// The alternative whose condition holds; without one, the one without condition.
    fn chosen(&mut self, choice: &Choice) -> Result<(), Fault> {
        let captures = &self.memory.captures;
        let holds = |when: &Option<Condition>| when.as_ref().is_some_and(|when| when.holds(captures));
        let by_condition = choice.alternatives.iter().find(|alternative| holds(&alternative.when));
        let found = by_condition.or_else(|| choice.alternatives.iter().find(|other| other.when.is_none()));
        match found {
            Some(alternative) => self.field(&alternative.field),
            None => Err(self.fault(self.at, "a record whose variant the layout has a condition for")),
        }
    }

    /// All alternatives that can be read; the first of them is the one that is written back.
    fn all_readable(&mut self, choice: &Choice) -> Result<(), Fault> {
        let (start, was_view) = (self.at, self.is_view);
        let (mut end, mut first_fault) = (None, None);
        for alternative in &choice.alternatives {
            self.at = start;
            self.is_view = was_view || end.is_some();
            let (mark, keys) = (self.sink.mark(), self.memory.keys.len());
            match self.field(&alternative.field) {
                Ok(()) => end = end.or(Some(self.at)),
                Err(fault) => {
                    self.sink.rewind(mark);
                    self.memory.keys.truncate(keys);
                    first_fault = first_fault.or(Some(fault));
                }
            }
        }
        self.is_view = was_view;
        self.at = end.unwrap_or(start);
        match (end, first_fault) {
            (None, Some(fault)) => Err(fault),
            _ => Ok(()),
        }
    }

    fn take(&mut self, length: Option<usize>) -> Result<&'a [u8], Fault> {
        let left = self.bytes.len() - self.at;
        let length = length.unwrap_or(left);
        let end = self.at.saturating_add(length);
        let Some(bytes) = self.bytes.get(self.at..end) else {
            let expected = format!("{length} bytes, of which the record has {left}");
            return Err(self.fault(self.at + left, expected));
        };
        self.at = end;
        Ok(bytes)
    }

    fn fault(&self, at: usize, expected: impl Into<String>) -> Fault {
        Fault { offset: self.base + at, path: String::new(), expected: expected.into() }
    }
}

impl Fault {
    /// The same, told from outside.
    fn within(mut self, name: &str) -> Self {
        if !name.is_empty() {
            self.path.insert_str(0, name);
            self.path.insert(0, '/');
        }
        self
    }
}

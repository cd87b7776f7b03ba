//! Record after record: cut, check its order, read it, count it. The same for a whole message and for a stream.

use std::borrow::Cow;

use super::super::Refusal;
use super::charset::Charset;
use super::cut::{Cut, Cutter, NO_SEPARATOR, NoCut, Rest, Separator, separator_at};
use super::layout::{Framing, Layout, RecordCondition, RecordKind};
use super::sink::{Place, RecordEnd, Sink};
use super::totals::Totals;
use super::walk::{Capture, Fault, Memory, Walk};

/// How far a file was read, and what was kept of it.
pub(super) struct Progress {
    pub(super) memory: Memory,
    pub(super) totals: Totals,
    /// The line end of the first record.
    pub(super) separator: Option<Separator>,
    /// What stands after the last record.
    pub(super) padding: Vec<u8>,
    fields_max: usize,
    index: usize,
    previous: Option<usize>,
    counts: Vec<usize>,
    /// From where reading stands up to this place there is only padding: what is looked through once is not again.
    padding_until: usize,
}

/// What a message is read by.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) layout: &'a Layout,
    pub(super) charset: &'a Charset,
}

/// A part of a message.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) bytes: &'a [u8],
    /// Where it begins in the message.
    pub(super) offset: usize,
    /// Nothing comes after it.
    pub(super) is_whole: bool,
}

/// What a step did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It read a record of so many bytes, its line end included.
    Took(usize),
    /// It needs more bytes.
    More,
    /// All is read.
    End,
}

impl Progress {
    pub(super) fn new(layout: &Layout, fields_max: usize) -> Self {
        Self {
            memory: Memory { captures: vec![Capture::default(); layout.captures], ..Memory::default() },
            totals: Totals::new(layout),
            separator: None,
            padding: Vec::new(),
            fields_max,
            index: 0,
            previous: None,
            counts: vec![0; layout.records.len()],
            padding_until: 0,
        }
    }

    /// Reads the next record.
    pub(super) fn step(
        &mut self,
        rules: Rules<'_>,
        part: Part<'_>,
        sink: &mut impl Sink,
    ) -> Result<Step, Refusal> {
        if part.bytes.is_empty() || self.is_padding(rules, part) {
            return if part.is_whole { self.end(rules, part) } else { Ok(Step::More) };
        }
        let cutter = Cutter { layout: rules.layout, charset: rules.charset, captures: &self.memory.captures };
        let rest = Rest { bytes: part.bytes, is_whole: part.is_whole, is_first: self.index == 0 };
        let cut = match cutter.cut(rest) {
            Ok(cut) => cut,
            Err(NoCut::More) => return Ok(Step::More),
            Err(NoCut::Fault { kind: Some(kind), .. }) if !self.may_stand(rules.layout, kind) => {
                let expected = may_follow(rules.layout, self.previous);
                return Err(Refusal::new(part.offset, self.path(), expected));
            }
            Err(NoCut::Fault { at, expected, .. }) => {
                return Err(Refusal::new(part.offset + at, self.path(), expected));
            }
        };
        let Some(kind) = rules.layout.records.get(cut.kind) else { return Ok(Step::End) };
        self.check_order(rules.layout, &cut, part.offset)?;
        let length = self.read(rules, part, &cut, kind, sink)?;
        let end = cut.start + length;
        let separator = self.separator_after(rules, part, end)?;
        self.finish_record(part, &cut, end, separator, sink);
        Ok(Step::Took(end + separator.bytes.len()))
    }

    /// Whether nothing but padding is left.
    fn is_padding(&mut self, rules: Rules<'_>, part: Part<'_>) -> bool {
        let padding = &rules.layout.file.padding;
        if padding.is_empty() {
            return false;
        }
        let is_solid = |byte: &u8| !padding.iter().any(|&character| rules.charset.byte(character) == *byte);
        let known = self.padding_until.saturating_sub(part.offset);
        let solid = part.bytes.iter().skip(known).position(is_solid);
        self.padding_until = part.offset + solid.map_or(part.bytes.len(), |more| known + more);
        solid.is_none()
    }

    /// Whether a record of a kind may come next.
    fn may_stand(&self, layout: &Layout, kind: usize) -> bool {
        let after = layout.records.get(kind).map(|kind| &kind.after);
        after.is_some_and(|after| after.is_empty() || after.contains(&self.previous))
    }

    fn check_order(&mut self, layout: &Layout, cut: &Cut, offset: usize) -> Result<(), Refusal> {
        let Some(kind) = layout.records.get(cut.kind) else { return Ok(()) };
        let count = self.counts.get(cut.kind).copied().unwrap_or(0);
        let expected = if !self.may_stand(layout, cut.kind) {
            may_follow(layout, self.previous)
        } else if count >= kind.max {
            format!("at most {} records {}", kind.max, kind.name)
        } else {
            self.counts.iter_mut().skip(cut.kind).take(1).for_each(|count| *count += 1);
            return Ok(());
        };
        Err(Refusal::new(offset + cut.start, self.path(), expected))
    }

    /// Reads a record that was cut off; gives its length.
    fn read(
        &mut self,
        rules: Rules<'_>,
        part: Part<'_>,
        cut: &Cut,
        kind: &RecordKind,
        sink: &mut impl Sink,
    ) -> Result<usize, Refusal> {
        let left = part.bytes.get(cut.start..).unwrap_or_default();
        let line = cut.length.and_then(|length| left.get(..length)).unwrap_or(left);
        let bytes = filled(line, cut.fill_to, rules.charset);
        let base = part.offset + cut.start;
        sink.record(kind, Place { offset: base, length: line.len() });
        let fields_left = self.fields_max;
        let walk = Walk {
            file: &rules.layout.file,
            charset: rules.charset,
            memory: &mut self.memory,
            sink,
            bytes: &bytes,
            base,
            at: 0,
            fields_left,
            is_view: false,
        };
        let length = { walk }.record(kind, cut.length.is_some()).map_err(|fault| self.refusal(fault))?;
        self.totals.record(rules.layout, cut.kind, &self.memory.captures).map_err(|wrong| {
            Refusal::new(wrong.offset, format!("{}{}", self.path(), wrong.path), wrong.expected)
        })?;
        self.previous = Some(cut.kind);
        Ok(length.min(line.len()))
    }

    /// The line end after a record, where the layout has any.
    fn separator_after(&self, rules: Rules<'_>, part: Part<'_>, end: usize) -> Result<Separator, Refusal> {
        let after = part.bytes.get(end..).unwrap_or_default();
        match rules.layout.file.framing {
            Framing::Length | Framing::Header(_) => Ok(NO_SEPARATOR),
            Framing::Any => Ok(separator_at(after, rules.charset)),
            Framing::Lines(_) => {
                let separator = separator_at(after, rules.charset);
                if separator == NO_SEPARATOR && !after.is_empty() {
                    return Err(Refusal::new(part.offset + end, self.path(), "a line end"));
                }
                Ok(separator)
            }
        }
    }

    fn finish_record(
        &mut self,
        part: Part<'_>,
        cut: &Cut,
        end: usize,
        separator: Separator,
        sink: &mut impl Sink,
    ) {
        let first = *self.separator.get_or_insert(separator);
        sink.record_end(RecordEnd {
            filled_from: cut.fill_to.and(cut.length),
            separator: (separator != first).then_some(separator.name),
        });
        if !separator.bytes.is_empty() {
            sink.separator(Place { offset: part.offset + end, length: separator.bytes.len() });
        }
        self.index += 1;
    }

    /// Nothing more comes.
    fn end(&mut self, rules: Rules<'_>, part: Part<'_>) -> Result<Step, Refusal> {
        let records = &rules.layout.records;
        let refused = |expected: String| Err(Refusal::new(part.offset, self.path(), expected));
        let is_end = |at: usize| records.get(at).is_some_and(|kind| kind.ends);
        if self.index == 0 {
            return refused("a record".to_owned());
        }
        if records.iter().any(|kind| kind.ends) && !self.previous.is_some_and(is_end) {
            return refused(may_follow(rules.layout, self.previous));
        }
        for (kind, count) in records.iter().zip(&self.counts) {
            if *count < kind.min {
                return refused(format!("at least {} records {}", kind.min, kind.name));
            }
        }
        self.padding = part.bytes.to_vec();
        Ok(Step::End)
    }

    /// Where a refusal is.
    fn path(&self) -> String {
        format!("/records/{}", self.index)
    }

    fn refusal(&self, fault: Fault) -> Refusal {
        Refusal::new(fault.offset, format!("{}{}", self.path(), fault.path), fault.expected)
    }

    /// How many records were read.
    pub(super) fn records(&self) -> usize {
        self.index
    }
}

/// For people: the kinds that may stand after one.
fn may_follow(layout: &Layout, previous: Option<usize>) -> String {
    let possible = layout.records.iter().filter(|kind| {
        let is_only_first = previous.is_some() && kind.when.contains(&RecordCondition::First);
        !is_only_first && (kind.after.is_empty() || kind.after.contains(&previous))
    });
    let names: Vec<&str> = possible.map(|kind| kind.name.as_str()).collect();
    let before = previous.and_then(|at| layout.records.get(at)).map(|kind| kind.name.as_str());
    let place =
        before.map_or_else(|| "at the beginning".to_owned(), |before| format!("after a record {before}"));
    match names.as_slice() {
        [] => format!("nothing more {place}"),
        names => format!("a record {} {place}", names.join(" or ")),
    }
}

/// A line as long as its record.
fn filled<'a>(line: &'a [u8], fill_to: Option<usize>, charset: &Charset) -> Cow<'a, [u8]> {
    match fill_to {
        Some(full) => {
            let mut bytes = line.to_vec();
            bytes.resize(full, charset.byte(' '));
            Cow::Owned(bytes)
        }
        None => Cow::Borrowed(line),
    }
}

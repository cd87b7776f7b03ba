//! The way back: the records of a document as bytes. What is written is read again, so that nothing is sent that would not
//! come back as the document says, and totals are right.

use serde_json::{Map, Value};

use super::super::mask::Show;
use super::super::{Refusal, Unwritable};
use super::charset::Charset;
use super::cut::{NO_SEPARATOR, Separator, separators, usual_separator};
use super::layout::{Choice, Field, Framing, Item, Kind, RecordKind};
use super::progress::{Part, Progress, Rules, Step};
use super::sink::{JsonSink, RecordForm};
use super::value::{self, Buffers};
use super::walk::Capture;

/// Writes the records of a document.
pub(super) fn write(rules: Rules<'_>, document: &Value, fields_max: usize) -> Result<Vec<u8>, Unwritable> {
    check_head(rules, document)?;
    let usual = match document.get("separator") {
        Some(name) => separator(Some(name), "/separator", rules.charset)?,
        None => usual_separator(rules.layout.file.framing, rules.charset),
    };
    let records = document.get("records").and_then(Value::as_array);
    let records = records.ok_or_else(|| Unwritable::new("/records", "a list of records"))?;
    let mut out = Vec::new();
    let mut writer = RecordWriter::new(rules);
    for (index, record) in records.iter().enumerate() {
        let pointer = format!("/records/{index}");
        writer.record(record, usual, &mut out).map_err(|fault| fault.within(&pointer))?;
    }
    if let Some(end) = document.get("#end") {
        let bytes = end.as_str().and_then(|end| hex::decode(end).ok());
        out.extend(bytes.ok_or_else(|| Unwritable::new("/#end", "bytes in hexadecimal"))?);
    }
    read_again(rules, records, &out, fields_max)?;
    Ok(out)
}

fn check_head(rules: Rules<'_>, document: &Value) -> Result<(), Unwritable> {
    for (member, expected) in [("format", super::FORMAT), ("type", rules.layout.kind.as_str())] {
        if document.get(member).is_some_and(|value| value != expected) {
            return Err(Unwritable::new(format!("/{member}"), format!("{expected:?}")));
        }
    }
    Ok(())
}

/// A line end by its name.
fn separator(name: Option<&Value>, pointer: &str, charset: &Charset) -> Result<Separator, Unwritable> {
    let name = name.and_then(Value::as_str);
    let known = separators(charset).iter().chain([&NO_SEPARATOR]);
    let found = known.clone().find(|separator| Some(separator.name) == name);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = known.map(|separator| separator.name).collect();
        Unwritable::new(pointer, names.join(", "))
    })
}

/// Reads what was written, and compares it with what was asked for.
fn read_again(
    rules: Rules<'_>,
    records: &[Value],
    bytes: &[u8],
    fields_max: usize,
) -> Result<(), Unwritable> {
    let mut progress = Progress::new(rules.layout, fields_max);
    let mut json = Vec::new();
    let (mut offset, mut index) = (0, 0);
    loop {
        json.clear();
        let part = Part { bytes: bytes.get(offset..).unwrap_or_default(), offset, is_whole: true };
        let mut sink = JsonSink::new(&mut json, RecordForm::List, Show::All);
        match progress.step(rules, part, &mut sink).map_err(Unwritable::from)? {
            Step::Took(took) => offset += took,
            Step::More | Step::End => break,
        }
        let pointer = format!("/records/{index}");
        let read: Value = serde_json::from_slice(&json).unwrap_or_default();
        let asked = records
            .get(index)
            .ok_or_else(|| Unwritable::new("/records", "records that can be told apart"))?;
        compare(asked, &read, &pointer)?;
        index += 1;
    }
    if index < records.len() {
        return Err(Unwritable::new(format!("/records/{index}"), "records that can be told apart"));
    }
    Ok(())
}

/// Whether all that was asked for is there. Members with `#` are about bytes, not values.
fn compare(asked: &Value, read: &Value, pointer: &str) -> Result<(), Unwritable> {
    match (asked, read) {
        (Value::Object(asked), Value::Object(read)) => {
            for (name, asked) in asked.iter().filter(|(name, _)| !name.starts_with('#')) {
                let pointer = format!("{pointer}/{name}");
                match read.get(name) {
                    Some(read) => compare(asked, read, &pointer)?,
                    None => return Err(Unwritable::new(pointer, "no such member in this record")),
                }
            }
            Ok(())
        }
        (Value::Array(asked), Value::Array(read)) if asked.len() == read.len() => {
            let mut pairs = asked.iter().zip(read).enumerate();
            pairs.try_for_each(|(index, (asked, read))| compare(asked, read, &format!("{pointer}/{index}")))
        }
        _ if asked == read => Ok(()),
        _ => Err(Unwritable::new(
            pointer,
            "the value that its bytes are read as: in full, and as other views have it",
        )),
    }
}

/// Writes records one after another.
struct RecordWriter<'a> {
    rules: Rules<'a>,
    captures: Vec<Capture>,
    buffers: Buffers,
    /// The record being written, without header and line end.
    bytes: Vec<u8>,
}

/// What cannot be written: pointer and expectation.
type Fault = Unwritable;

impl<'a> RecordWriter<'a> {
    fn new(rules: Rules<'a>) -> Self {
        let captures = vec![Capture::default(); rules.layout.captures];
        Self { rules, captures, buffers: Buffers::default(), bytes: Vec::new() }
    }

    fn record(&mut self, record: &Value, usual: Separator, out: &mut Vec<u8>) -> Result<(), Fault> {
        let members = record.as_object().ok_or_else(|| Fault::new("", "an object"))?;
        let kind = self.kind(members)?;
        let raw = members.get("#raw").and_then(Value::as_object);
        if let Some(captures) = self.captures.get_mut(kind.captures.clone()) {
            captures.iter_mut().for_each(|capture| capture.is_set = false);
        }
        self.bytes.clear();
        self.items(&kind.items, members, raw)?;
        self.fill_up(kind, raw)?;
        self.cut_short(members.get("#length"))?;
        if let Framing::Header(header) = self.rules.layout.file.framing {
            let written = header.write(self.bytes.len(), self.rules.charset, out);
            written.map_err(|expected| Fault::new("", expected))?;
        }
        out.extend_from_slice(&self.bytes);
        let separator = match members.get("#separator") {
            Some(name) => separator(Some(name), "/#separator", self.rules.charset)?,
            None => usual,
        };
        out.extend_from_slice(separator.bytes);
        Ok(())
    }

    fn kind(&self, members: &Map<String, Value>) -> Result<&'a RecordKind, Fault> {
        let name = members.get("record").and_then(Value::as_str);
        let kinds = &self.rules.layout.records;
        kinds.iter().find(|kind| Some(kind.name.as_str()) == name).ok_or_else(|| {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
            Fault::new("/record", format!("one of {}", names.join(", ")))
        })
    }

    /// Fills a record up to the next length that its kind may have.
    fn fill_up(&mut self, kind: &RecordKind, raw: Option<&Map<String, Value>>) -> Result<(), Fault> {
        let Some(allowed) = &kind.length.allowed else { return Ok(()) };
        let length = self.bytes.len();
        let full = allowed.iter().copied().find(|&allowed| allowed >= length);
        let full =
            full.ok_or_else(|| Fault::new("", format!("a record of {} bytes", kind.length.describe())))?;
        self.filler(full - length, self.rules.layout.file.pad, raw);
        Ok(())
    }

    /// Takes the blanks away that a line came without.
    fn cut_short(&mut self, length: Option<&Value>) -> Result<(), Fault> {
        let Some(length) = length else { return Ok(()) };
        let blank = self.rules.charset.byte(' ');
        let length: Option<usize> = length.as_str().and_then(|length| length.parse().ok());
        let cut = length.and_then(|length| self.bytes.get(length..));
        match (length, cut) {
            // A field that was changed may need its room.
            (Some(length), Some(cut)) if cut.iter().all(|&byte| byte == blank) => self.bytes.truncate(length),
            (Some(_), _) => {}
            (None, _) => return Err(Fault::new("/#length", "a number of bytes")),
        }
        Ok(())
    }

    fn items(
        &mut self,
        items: &[Item],
        members: &Map<String, Value>,
        raw: Option<&Map<String, Value>>,
    ) -> Result<(), Fault> {
        for item in items {
            match item {
                Item::Field(field) => self.field(field, members, raw)?,
                Item::Choice(choice) => self.choice(choice, members, raw)?,
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        field: &Field,
        members: &Map<String, Value>,
        raw: Option<&Map<String, Value>>,
    ) -> Result<(), Fault> {
        if let Kind::Filler { pad } = field.kind {
            match field.length {
                Some(length) if !field.optional => self.filler(length, pad, raw),
                // Only what was noted was there.
                _ => self.noted(raw),
            }
            return Ok(());
        }
        let pointer = format!("/{}", field.name);
        let value = match members.get(&field.name) {
            Some(value) => value,
            None if field.optional => return Ok(()),
            None => return Err(Fault::new(pointer, "a value")),
        };
        match (&field.occurs, value) {
            (None, _) => self.once(field, value, raw),
            (Some(_), Value::Array(values)) => self.list(field, values, raw),
            (Some(_), _) => Err(Fault::new("", "a list")),
        }
        .map_err(|fault| fault.within(&pointer))
    }

    /// Bytes that no field has and that were noted here.
    fn noted(&mut self, raw: Option<&Map<String, Value>>) {
        if let Some(bytes) = raw.and_then(|raw| self.raw_here(raw)) {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    fn list(
        &mut self,
        field: &Field,
        values: &[Value],
        raw: Option<&Map<String, Value>>,
    ) -> Result<(), Fault> {
        let Some(occurs) = &field.occurs else { return Ok(()) };
        let told = occurs.from.and_then(|from| self.captures.get(from)).filter(|capture| capture.is_set);
        let count = told.map_or(Some(occurs.max), |capture| capture.text.parse().ok());
        if count != Some(values.len()) {
            return Err(Fault::new("", "as many items as the field says that tells their number"));
        }
        for (index, value) in values.iter().enumerate() {
            self.once(field, value, raw).map_err(|fault| fault.within(&format!("/{index}")))?;
        }
        Ok(())
    }

    fn once(&mut self, field: &Field, value: &Value, raw: Option<&Map<String, Value>>) -> Result<(), Fault> {
        if let Kind::Group(items) = &field.kind {
            let members = value.as_object().ok_or_else(|| Fault::new("", "an object"))?;
            return self.items(items, members, raw);
        }
        let text = value.as_str().ok_or_else(|| Fault::new("", "a string"))?;
        match self.raw_of(field, text, raw) {
            Some(bytes) => self.bytes.extend_from_slice(&bytes),
            None => value::encode(field, text, self.rules.charset, &mut self.bytes)
                .map_err(|expected| Fault::new("", expected))?,
        }
        if let Some(capture) = field.capture.and_then(|index| self.captures.get_mut(index)) {
            text.clone_into(&mut capture.text);
            capture.is_set = true;
        }
        Ok(())
    }

    /// The bytes that a value came as, if it still is that value.
    fn raw_of(&mut self, field: &Field, text: &str, raw: Option<&Map<String, Value>>) -> Option<Vec<u8>> {
        let bytes = self.raw_here(raw?)?;
        if field.length.is_some_and(|length| length != bytes.len()) {
            return None;
        }
        value::decode(field, &bytes, self.rules.charset, &mut self.buffers).ok()?;
        (self.buffers.text == text).then_some(bytes)
    }

    fn raw_here(&self, raw: &Map<String, Value>) -> Option<Vec<u8>> {
        let column = (self.bytes.len() + 1).to_string();
        hex::decode(raw.get(&column)?.as_str()?).ok()
    }

    /// Bytes that no field has: as they came, or padding.
    fn filler(&mut self, length: usize, pad: char, raw: Option<&Map<String, Value>>) {
        match raw.and_then(|raw| self.raw_here(raw)).filter(|bytes| bytes.len() == length) {
            Some(bytes) => self.bytes.extend_from_slice(&bytes),
            None => self.bytes.extend(std::iter::repeat_n(self.rules.charset.byte(pad), length)),
        }
    }

    fn choice(
        &mut self,
        choice: &Choice,
        members: &Map<String, Value>,
        raw: Option<&Map<String, Value>>,
    ) -> Result<(), Fault> {
        let start = self.bytes.len();
        let Some(field) = self.chosen(choice, members)? else { return Ok(()) };
        self.field(field, members, raw)?;
        let left = (start + choice.length).saturating_sub(self.bytes.len());
        if !choice.ends_record {
            self.filler(left, self.rules.layout.file.pad, raw);
        } else if let Some(bytes) = raw.and_then(|raw| self.raw_here(raw)).filter(|bytes| bytes.len() <= left)
        {
            self.bytes.extend_from_slice(&bytes);
        }
        Ok(())
    }

    /// The alternative that is written; `None` where the record ends before it.
    fn chosen<'c>(
        &self,
        choice: &'c Choice,
        members: &Map<String, Value>,
    ) -> Result<Option<&'c Field>, Fault> {
        let alternatives = &choice.alternatives;
        let found = if choice.exclusive {
            let holds = |alternative: &&super::layout::Alternative| {
                alternative.when.as_ref().is_some_and(|when| when.holds(&self.captures))
            };
            let by_condition = alternatives.iter().find(holds);
            by_condition.or_else(|| alternatives.iter().find(|other| other.when.is_none()))
        } else {
            alternatives.iter().find(|alternative| members.contains_key(&alternative.field.name))
        };
        match found {
            Some(alternative) => Ok(Some(&alternative.field)),
            None if alternatives.iter().all(|alternative| alternative.field.optional) => Ok(None),
            None => {
                let names: Vec<&str> =
                    alternatives.iter().map(|alternative| alternative.field.name.as_str()).collect();
                Err(Fault::new("", format!("a member {}, by what the layout says", names.join(" or "))))
            }
        }
    }
}

impl Unwritable {
    /// The same, told from outside.
    fn within(mut self, pointer: &str) -> Self {
        self.pointer.insert_str(0, pointer);
        self
    }
}

impl From<Refusal> for Unwritable {
    fn from(refusal: Refusal) -> Self {
        Self { pointer: refusal.path, expected: refusal.expected }
    }
}

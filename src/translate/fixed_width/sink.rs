//! Where the fields of records go as they are read: into JSON, or into the pieces of an explanation. One walk serves both.

use super::super::explain::Piece;
use super::super::json;
use super::super::mask::Show;
use super::layout::{Field, RecordKind};
use super::value::hex_onto;

/// Bytes of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// In the whole input.
    pub(super) offset: usize,
    pub(super) length: usize,
}

/// What is told of a record after its fields.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RecordEnd {
    /// The bytes of its line, where it was filled up.
    pub(super) filled_from: Option<usize>,
    /// Its line end, where it is not the one of the first record.
    pub(super) separator: Option<&'static str>,
}

/// Takes what a walk finds.
pub(super) trait Sink {
    /// A state to come back to.
    type Mark: Copy;

    fn record(&mut self, kind: &RecordKind, place: Place);
    fn record_end(&mut self, end: RecordEnd);
    /// A value; `index` counts those of a field that repeats, from 0.
    fn value(&mut self, field: &Field, index: Option<usize>, place: Place, text: &str);
    /// Bytes that no field accounts for: their column in the record, from 1.
    fn raw(&mut self, column: usize, place: Place, bytes: &[u8], noteworthy: bool);
    fn group(&mut self, field: &Field, index: Option<usize>, offset: usize);
    /// A group has ended before `end`.
    fn group_end(&mut self, end: usize);
    fn list(&mut self, field: &Field);
    fn list_end(&mut self);
    fn separator(&mut self, place: Place);
    fn mark(&self) -> Self::Mark;
    fn rewind(&mut self, mark: Self::Mark);
}

/// What stands between records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordForm {
    /// Commas.
    List,
    /// Each ends with a line feed.
    Lines,
}

/// Writes records as JSON objects.
#[derive(Debug)]
pub(super) struct JsonSink<'a> {
    pub(super) out: &'a mut Vec<u8>,
    form: RecordForm,
    show: Show,
    /// `"#raw"` of the record.
    raw: Vec<u8>,
    scratch: String,
}

impl<'a> JsonSink<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, form: RecordForm, show: Show) -> Self {
        Self { out, form, show, raw: Vec::new(), scratch: String::new() }
    }

    /// How many bytes are written so far.
    pub(super) fn written(&self) -> usize {
        self.out.len()
    }

    /// A comma, unless an object or list has just begun.
    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn name(&mut self, field: &Field, index: Option<usize>) {
        self.comma();
        if index.is_none() {
            self.out.extend_from_slice(field.json.as_bytes());
        }
    }

    fn member(&mut self, name: &str, text: &str) {
        self.comma();
        self.out.extend_from_slice(name.as_bytes());
        json::string(self.out, text);
    }
}

impl Sink for JsonSink<'_> {
    type Mark = (usize, usize);

    fn record(&mut self, kind: &RecordKind, _: Place) {
        if self.form == RecordForm::List && !self.out.is_empty() {
            self.out.push(b',');
        }
        self.out.push(b'{');
        self.member("\"record\":", &kind.name);
        self.raw.clear();
    }

    fn record_end(&mut self, end: RecordEnd) {
        if let Some(length) = end.filled_from {
            self.member("\"#length\":", &length.to_string());
        }
        if let Some(separator) = end.separator {
            self.member("\"#separator\":", separator);
        }
        if !self.raw.is_empty() {
            self.out.extend_from_slice(b",\"#raw\":{");
            self.out.append(&mut self.raw);
            self.out.push(b'}');
        }
        self.out.push(b'}');
        if self.form == RecordForm::Lines {
            self.out.push(b'\n');
        }
    }

    fn value(&mut self, field: &Field, index: Option<usize>, _: Place, text: &str) {
        self.name(field, index);
        match field.mask {
            Some(mask) if self.show == Show::Masked => json::string(self.out, &mask.apply(text)),
            _ => json::string(self.out, text),
        }
    }

    fn raw(&mut self, column: usize, _: Place, bytes: &[u8], noteworthy: bool) {
        // Bytes may be those of a masked field.
        if !noteworthy || self.show == Show::Masked {
            return;
        }
        if !self.raw.is_empty() {
            self.raw.push(b',');
        }
        json::string(&mut self.raw, &column.to_string());
        self.raw.push(b':');
        self.scratch.clear();
        hex_onto(bytes, &mut self.scratch);
        json::string(&mut self.raw, &self.scratch);
    }

    fn group(&mut self, field: &Field, index: Option<usize>, _: usize) {
        self.name(field, index);
        self.out.push(b'{');
    }

    fn group_end(&mut self, _: usize) {
        self.out.push(b'}');
    }

    fn list(&mut self, field: &Field) {
        self.name(field, None);
        self.out.push(b'[');
    }

    fn list_end(&mut self) {
        self.out.push(b']');
    }

    fn separator(&mut self, _: Place) {}

    fn mark(&self) -> Self::Mark {
        (self.out.len(), self.raw.len())
    }

    fn rewind(&mut self, (out, raw): Self::Mark) {
        self.out.truncate(out);
        self.raw.truncate(raw);
    }
}

/// Gathers pieces.
#[derive(Debug)]
pub(super) struct PieceSink {
    pub(super) pieces: Vec<Piece>,
    show: Show,
    /// Indices of the pieces that are open, and the names of what they are.
    open: Vec<(usize, String)>,
}

impl PieceSink {
    pub(super) fn new(show: Show) -> Self {
        Self { pieces: Vec::new(), show, open: Vec::new() }
    }

    /// What stands after the last record.
    pub(super) fn padding(&mut self, offset: usize, length: usize) {
        self.open.clear();
        if length > 0 {
            self.push("padding", None, "padding after the last record", Place { offset, length });
        }
    }

    /// Adds a piece within those that are open.
    fn push(&mut self, name: &str, index: Option<usize>, about: &str, place: Place) -> &mut Piece {
        let mut element = self.open.last().map(|(_, element)| element.clone()).unwrap_or_default();
        if !element.is_empty() && !name.is_empty() {
            element.push('.');
        }
        element.push_str(name);
        if let Some(index) = index {
            element.push_str(&format!(".{index}"));
        }
        let depth = self.open.len();
        self.pieces.push_mut(Piece {
            offset: place.offset,
            length: place.length,
            depth,
            element,
            name: about.to_owned(),
            value: String::new(),
            masked: false,
        })
    }

    fn open(&mut self, name: &str, index: Option<usize>, about: &str, place: Place) {
        let element = self.push(name, index, about, place).element.clone();
        self.open.push((self.pieces.len() - 1, element));
    }
}

impl Sink for PieceSink {
    type Mark = (usize, usize);

    fn record(&mut self, kind: &RecordKind, place: Place) {
        self.open.clear();
        self.open(&kind.name, None, &kind.about, place);
    }

    fn record_end(&mut self, _: RecordEnd) {
        self.open.clear();
    }

    fn value(&mut self, field: &Field, index: Option<usize>, place: Place, text: &str) {
        let show = self.show;
        let piece = self.push(&field.name, index, &field.about, place);
        match field.mask {
            Some(mask) if show == Show::Masked => {
                piece.value = mask.apply(text);
                piece.masked = true;
            }
            _ => text.clone_into(&mut piece.value),
        }
    }

    fn raw(&mut self, _: usize, place: Place, _: &[u8], noteworthy: bool) {
        // What is not noteworthy is filling; the bytes of a field are its own piece.
        let last = self.pieces.last();
        if place.length == 0
            || last.is_some_and(|piece| piece.offset == place.offset && piece.length == place.length)
        {
            return;
        }
        let about = if noteworthy { "bytes of no field" } else { "filler" };
        self.push("", None, about, place);
    }

    fn group(&mut self, field: &Field, index: Option<usize>, offset: usize) {
        self.open(&field.name, index, &field.about, Place { offset, length: 0 });
    }

    fn group_end(&mut self, end: usize) {
        if let Some((index, _)) = self.open.pop()
            && let Some(piece) = self.pieces.get_mut(index)
        {
            piece.length = end.saturating_sub(piece.offset);
        }
    }

    fn list(&mut self, _: &Field) {}

    fn list_end(&mut self) {}

    fn separator(&mut self, place: Place) {
        self.open.clear();
        self.push("separator", None, "line end", place);
    }

    fn mark(&self) -> Self::Mark {
        (self.pieces.len(), self.open.len())
    }

    fn rewind(&mut self, (pieces, open): Self::Mark) {
        self.pieces.truncate(pieces);
        self.open.truncate(open);
    }
}

//! The way back: a document → the text, which must read as that document again.

use serde_json::{Map, Value};

use super::super::Unwritable;
use super::kind;
use super::line_ends::LineEnds;
use super::scan::{Bounds, Content, Scan, TAG_BYTES_MAX, is_tag_byte, scan};
use super::wire::{BEGIN, has_entries, usual_end};

/// The text of a document.
pub(super) fn write(document: &Value, bounds: Bounds) -> Result<String, Unwritable> {
    let ends = match document.get("lineEnd").map(Value::as_str) {
        None => LineEnds::CrLf,
        Some(name) => name
            .and_then(LineEnds::named)
            .ok_or_else(|| Unwritable::new("/lineEnd", "crlf, lf, nel or mixed"))?,
    };
    let messages = document.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| Unwritable::new("/messages", "an array of messages"))?;
    let mut writer = Writer { ends, out: String::new(), places: Vec::new(), blocks: 0 };
    for (index, message) in messages.iter().enumerate() {
        writer.message(message, &format!("/messages/{index}"))?;
    }
    writer.read_back(bounds)?;
    Ok(writer.out)
}

struct Writer {
    ends: LineEnds,
    out: String,
    /// What was written, in order, to be found again.
    places: Vec<Place>,
    blocks: usize,
}

/// Where a field or the text of a block stands in what was written.
struct Place {
    pointer: String,
    start: usize,
    end: usize,
}

impl Writer {
    fn message(&mut self, message: &Value, pointer: &str) -> Result<(), Unwritable> {
        let blocks = message.get("blocks").and_then(Value::as_object).filter(|blocks| !blocks.is_empty());
        let blocks =
            blocks.ok_or_else(|| Unwritable::new(format!("{pointer}/blocks"), "an object of blocks"))?;
        let empty = Map::new();
        let wire = match message.get("wire") {
            None => &empty,
            Some(Value::Object(wire)) => wire,
            Some(_) => return Err(Unwritable::new(format!("{pointer}/wire"), "an object")),
        };
        let wire = Wire { wire, pointer: format!("{pointer}/wire") };
        for (id, block) in blocks {
            let before = wire.wire.get("before").and_then(|before| before.get(id));
            if let Some(before) = before {
                let before = before.as_str().ok_or_else(|| wire.fault("before"))?;
                self.text(before);
            }
            self.block(id, block, &wire, blocks, &format!("{pointer}/blocks/{id}"))?;
        }
        self.text(wire.text("after")?.unwrap_or_default());
        Ok(())
    }

    fn block(
        &mut self,
        id: &str,
        block: &Value,
        wire: &Wire<'_>,
        blocks: &Map<String, Value>,
        pointer: &str,
    ) -> Result<(), Unwritable> {
        let bare = wire.text("form")?.is_some_and(|form| form == "bare");
        if !matches!(id.as_bytes(), [b'1'..=b'5' | b'A'..=b'Z']) {
            return Err(Unwritable::new(pointer, "a block from 1 to 5, or S"));
        }
        self.blocks += 1;
        if !bare {
            self.out.push('{');
            self.out.push_str(id);
            self.out.push(':');
        }
        let open = wire.text("open")?.is_some_and(|open| open == id);
        match block {
            Value::String(text) => self.place(pointer.to_owned(), text),
            Value::Array(fields) if id == "4" && (bare || !block_4_has_entries(blocks, wire)?) => {
                return self.lines(fields, wire, bare, pointer);
            }
            Value::Array(fields) => self.entries(id, fields, wire, pointer)?,
            _ => return Err(Unwritable::new(pointer, "text, or an array of fields")),
        }
        if !open {
            self.out.push('}');
        }
        Ok(())
    }

    /// `:tag:value`, each on its line.
    fn lines(
        &mut self,
        fields: &[Value],
        wire: &Wire<'_>,
        bare: bool,
        pointer: &str,
    ) -> Result<(), Unwritable> {
        self.text(wire.text("begin")?.unwrap_or(if bare { "" } else { BEGIN }));
        let between = wire.texts("between")?;
        for (index, field) in fields.iter().enumerate() {
            let (tag, value) = pair(field, pointer, index)?;
            if let Some(before) = index.checked_sub(1) {
                self.text(between.get(before).and_then(Value::as_str).unwrap_or("\n"));
            }
            self.out.push(':');
            self.out.push_str(tag);
            self.out.push(':');
            self.place(format!("{pointer}/{index}"), value);
        }
        self.text(wire.text("end")?.unwrap_or(usual_end(bare, fields.is_empty())));
        Ok(())
    }

    /// `{tag:value}` after each other.
    fn entries(
        &mut self,
        id: &str,
        fields: &[Value],
        wire: &Wire<'_>,
        pointer: &str,
    ) -> Result<(), Unwritable> {
        let name = format!("inside{id}");
        let gaps = wire.texts(&name)?;
        let gap = |index: usize| gaps.get(index).and_then(Value::as_str).unwrap_or_default();
        for (index, field) in fields.iter().enumerate() {
            let (tag, value) = pair(field, pointer, index)?;
            self.text(gap(index));
            self.out.push('{');
            self.out.push_str(tag);
            self.out.push(':');
            self.place(format!("{pointer}/{index}"), value);
            self.out.push('}');
        }
        self.text(gap(fields.len()));
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&self.ends.write(text));
    }

    fn place(&mut self, pointer: String, text: &str) {
        let start = self.out.len();
        self.text(text);
        self.places.push(Place { pointer, start, end: self.out.len() });
    }

    /// Reads what was written: a value that holds what ends a field, a block or a message would be read as something else.
    fn read_back(&self, bounds: Bounds) -> Result<(), Unwritable> {
        let (ends, _, text) = LineEnds::of(self.out.as_str().into(), self.ends == LineEnds::Nel);
        let mut read = Scan::default();
        let result = scan(&text, bounds, &mut read);
        let widened = |start: usize| if ends == LineEnds::Nel { nel_offset(&self.out, start) } else { start };
        let mut found = Vec::with_capacity(self.places.len());
        for block in &read.blocks {
            match block.content {
                Content::Text(span) => found.push(span),
                _ => found.extend(read.fields_of(block).iter().map(|field| field.value)),
            }
        }
        for (index, place) in self.places.iter().enumerate() {
            let same = found
                .get(index)
                .is_some_and(|span| (span.start, span.end) == (widened(place.start), widened(place.end)));
            if !same {
                return Err(Unwritable::new(
                    place.pointer.clone(),
                    "what can be read again as it was written",
                ));
            }
        }
        match result {
            Ok(()) if (found.len(), read.blocks.len()) == (self.places.len(), self.blocks) => Ok(()),
            Ok(()) => Err(Unwritable::new("/messages", "what can be read again as it was written")),
            Err(fault) => Err(Unwritable::new("/messages", fault.expected)),
        }
    }
}

/// A place of the text after its next lines became line feeds.
fn nel_offset(text: &str, at: usize) -> usize {
    at - text.get(..at).unwrap_or_default().matches('\u{85}').count()
}

/// A document's member `wire`.
struct Wire<'a> {
    wire: &'a Map<String, Value>,
    pointer: String,
}

impl Wire<'_> {
    fn text(&self, name: &str) -> Result<Option<&str>, Unwritable> {
        match self.wire.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| self.fault(name)),
        }
    }

    /// An array of texts, which may be absent.
    fn texts(&self, name: &str) -> Result<&[Value], Unwritable> {
        match self.wire.get(name) {
            None => Ok(&[]),
            Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => Ok(texts),
            Some(_) => Err(self.fault(name)),
        }
    }

    fn fault(&self, name: &str) -> Unwritable {
        Unwritable::new(format!("{}/{name}", self.pointer), "text, or an array of texts")
    }
}

fn block_4_has_entries(blocks: &Map<String, Value>, wire: &Wire<'_>) -> Result<bool, Unwritable> {
    let text = |id: &str| blocks.get(id).and_then(Value::as_str);
    let usual = has_entries(text("1"), text("2").and_then(kind::number));
    match wire.text("block4")? {
        None => Ok(usual),
        Some("entries") => Ok(true),
        Some("lines") => Ok(false),
        Some(_) => Err(Unwritable::new(format!("{}/block4", wire.pointer), "entries or lines")),
    }
}

/// A field's tag and value.
fn pair<'v>(field: &'v Value, pointer: &str, index: usize) -> Result<(&'v str, &'v str), Unwritable> {
    let texts = field.as_array().map(|pair| (pair.len(), pair.first(), pair.get(1)));
    match texts {
        Some((2, Some(Value::String(tag)), Some(Value::String(value)))) if is_tag(tag) => Ok((tag, value)),
        _ => Err(Unwritable::new(format!("{pointer}/{index}"), "a tag and its value")),
    }
}

fn is_tag(tag: &str) -> bool {
    (1..=TAG_BYTES_MAX).contains(&tag.len()) && tag.bytes().all(is_tag_byte)
}

//! A text and where its fields stand → the JSON document, written once from front to back.

use super::super::json;
use super::super::mask::{Mask, Show};
use super::components::Components;
use super::kind::{KEYS, Reading};
use super::line_ends::LineEnds;
use super::scan::{Block, Content, Fault, Message, Scan, Span, path};
use super::wire;
use crate::message::{Document, Keys};

/// What is written, and how far.
pub(super) struct Writer<'a> {
    pub(super) text: &'a str,
    pub(super) scan: &'a Scan,
    pub(super) ends: LineEnds,
    pub(super) show: Show,
    pub(super) out: Vec<u8>,
    bytes_max: usize,
    components: Components,
}

impl<'a> Writer<'a> {
    pub(super) fn new(text: &'a str, scan: &'a Scan, ends: LineEnds, show: Show, bytes_max: usize) -> Self {
        let out = Vec::with_capacity(text.len() * 4 + 256);
        Self { text, scan, ends, show, out, bytes_max, components: Components::default() }
    }

    /// Writes the document.
    pub(super) fn document(mut self) -> Result<Document, Fault> {
        let kinds: Vec<String> = self.readings().map(Reading::kind).collect();
        let first = self.readings().position(|reading| !reading.is_acknowledgement()).unwrap_or(0);
        let kind = kinds.get(first).cloned().unwrap_or_default();
        let keys = self.keys();
        self.raw(b"{\"format\":\"swift-mt\",\"type\":");
        json::string(&mut self.out, &kind);
        self.write_keys(&keys);
        self.raw(b",\"lineEnd\":\"");
        self.raw(self.ends.name().as_bytes());
        self.raw(b"\",\"messages\":[");
        for (index, kind) in kinds.iter().enumerate() {
            if index > 0 {
                self.raw(b",");
            }
            self.message(index, kind)?;
        }
        self.raw(b"]}");
        self.check(Span { start: self.text.len(), end: self.text.len() }, b'4', "")?;
        Ok(Document { format: "swift-mt", kind, keys, body: self.out.into() })
    }

    fn readings(&self) -> impl Iterator<Item = Reading<'a>> + use<'a> {
        let (text, scan) = (self.text, self.scan);
        scan.messages.iter().map(move |message| Reading { text, scan, message })
    }

    fn keys(&self) -> Keys {
        let mut values: [Vec<String>; KEYS.len()] = Default::default();
        for reading in self.readings() {
            reading.keys(&mut |key, value| {
                if let Some(values) = values.get_mut(key) {
                    values.push(self.ends.read(value).into_owned());
                }
            });
        }
        let found = KEYS.into_iter().zip(values).filter(|(_, values)| !values.is_empty());
        Keys(found.map(|(key, values)| (key.to_owned(), values)).collect())
    }

    fn write_keys(&mut self, keys: &Keys) {
        self.raw(b",\"keys\":{");
        for (index, (key, values)) in keys.0.iter().enumerate() {
            self.raw(if index > 0 { b",\"" } else { b"\"" });
            self.raw(key.as_bytes());
            self.raw(b"\":[");
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    self.raw(b",");
                }
                json::string(&mut self.out, value);
            }
            self.raw(b"]");
        }
        self.raw(b"}");
    }

    fn message(&mut self, index: usize, kind: &str) -> Result<(), Fault> {
        let scan = self.scan;
        let Some(message) = scan.messages.get(index) else { return Ok(()) };
        let reading = Reading { text: self.text, scan, message };
        self.raw(b"{\"type\":");
        json::string(&mut self.out, kind);
        if let Some(direction) = reading.direction() {
            self.raw(b",\"direction\":\"");
            self.raw(direction.as_bytes());
            self.raw(b"\"");
        }
        wire::write(self, reading);
        self.blocks(message)?;
        self.all_components(message)?;
        self.raw(b"}");
        Ok(())
    }

    fn blocks(&mut self, message: &Message) -> Result<(), Fault> {
        self.raw(b",\"blocks\":{");
        let scan = self.scan;
        for (index, block) in scan.blocks_of(message).iter().enumerate() {
            self.raw(if index > 0 { b",\"" } else { b"\"" });
            self.out.push(block.id);
            self.raw(b"\":");
            match block.content {
                Content::Text(span) => self.value(span),
                Content::Entries(_) | Content::Lines { .. } => self.fields(block)?,
            }
        }
        self.raw(b"}");
        Ok(())
    }

    fn fields(&mut self, block: &Block) -> Result<(), Fault> {
        self.raw(b"[");
        for (index, field) in self.scan.fields_of(block).iter().enumerate() {
            self.raw(if index > 0 { b",[\"" } else { b"[\"" });
            self.raw(field.tag.of(self.text).as_bytes());
            self.raw(b"\",");
            match self.show {
                Show::All => self.value(field.value),
                Show::Masked => {
                    let shown = self.components.shown(field, self.text, block);
                    json::string(&mut self.out, &self.ends.read(&shown));
                }
            }
            self.raw(b"]");
            self.check(field.value, block.id, field.tag.of(self.text))?;
        }
        self.raw(b"]");
        Ok(())
    }

    fn all_components(&mut self, message: &Message) -> Result<(), Fault> {
        self.raw(b",\"components\":{");
        let scan = self.scan;
        let mut any = false;
        for block in scan.blocks_of(message) {
            let start = self.out.len();
            self.raw(if any { b",\"" } else { b"\"" });
            self.out.push(block.id);
            self.raw(b"\":");
            let mut components = std::mem::take(&mut self.components);
            let written = match block.content {
                Content::Text(span) => components.text(self, block.id, span),
                _ => components.fields(self, block)?,
            };
            self.components = components;
            if written {
                any = true;
            } else {
                self.out.truncate(start);
            }
        }
        self.raw(b"}");
        Ok(())
    }

    /// A run of the text as a JSON string, its line ends as line feeds.
    pub(super) fn value(&mut self, span: Span) {
        self.string(span.of(self.text));
    }

    /// Text of the message as a JSON string, its line ends as line feeds.
    pub(super) fn string(&mut self, text: &str) {
        self.out.push(b'"');
        self.escaped(text);
        self.out.push(b'"');
    }

    /// The same without quotes.
    pub(super) fn escaped(&mut self, text: &str) {
        if self.ends != LineEnds::CrLf {
            return json::escaped(&mut self.out, text);
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
            let (line, after) = rest.split_at(at);
            json::escaped(&mut self.out, line);
            if after.starts_with("\r\n") {
                self.raw(b"\\n");
                rest = after.get(2..).unwrap_or_default();
            } else {
                self.raw(b"\\r");
                rest = after.get(1..).unwrap_or_default();
            }
        }
        json::escaped(&mut self.out, rest);
    }

    /// What is masked of a text, where it is.
    pub(super) fn shown(&mut self, text: &str, masked: bool) {
        if masked && self.show == Show::Masked {
            let masked = Mask::Whole.apply(text);
            self.escaped(&masked);
        } else {
            self.escaped(text);
        }
    }

    /// The name of a member, which needs no escapes, after a comma unless it is the first.
    pub(super) fn member(&mut self, name: &str) {
        self.raw(if self.out.last() == Some(&b'{') { b"\"" } else { b",\"" });
        self.raw(name.as_bytes());
        self.raw(b"\":");
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Whether the document is within its limit after a field.
    pub(super) fn check(&self, span: Span, id: u8, tag: &str) -> Result<(), Fault> {
        if self.out.len() > self.bytes_max {
            let expected = format!("a document of at most {} bytes", self.bytes_max);
            return Err(Fault::new(span.start, path(id, tag), expected));
        }
        Ok(())
    }
}

//! A text and where its fields stand → the JSON document, written once from front to back.

use super::super::json;
use super::super::mask::{Mask, Show};
use super::components::Components;
use super::kind::{KEYS, Reading};
use super::line_ends::LineEnds;
use super::scan::{Block, Content, Fault, Message, Scan, Span, path};
use super::table::TABLE;
use super::wire;
use super::{search, short};
use crate::message::{Document, Keys};

/// What is written, and how far.
pub(super) struct Writer<'a> {
    pub(super) text: &'a str,
    pub(super) scan: &'a Scan,
    pub(super) ends: LineEnds,
    pub(super) show: Show,
    pub(super) out: Vec<u8>,
    /// The text has nothing but line ends that JSON wants escaped.
    pub(super) clean: bool,
    bytes_max: usize,
    components: Components,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        text: &'a str,
        scan: &'a Scan,
        ends: LineEnds,
        clean: bool,
        show: Show,
        bytes_max: usize,
    ) -> Self {
        let out = Vec::with_capacity(text.len() * 5 + 512);
        Self { text, scan, ends, show, out, clean, bytes_max, components: Components::default() }
    }

    /// Writes the document.
    pub(super) fn document(mut self) -> Result<Document, Fault> {
        let kinds: Vec<String> = self.readings().map(Reading::kind).collect();
        let first = self.readings().position(|reading| !reading.is_acknowledgement()).unwrap_or(0);
        let kind = kinds.get(first).cloned().unwrap_or_default();
        let keys = self.keys();
        json::head(&mut self.out, "swift-mt", &kind, &keys);
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
        self.check(Span::default(), b'4', Span::default())?;
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
        let fields = self.scan.fields_of(block);
        self.raw(b"[");
        for (index, field) in fields.iter().enumerate() {
            // The end of the pair before this one is part of its beginning.
            match TABLE.get(field.format) {
                Some(format) if index > 0 => format.pair.write(&mut self.out),
                _ => {
                    self.raw(if index > 0 { b"\"],[\"" } else { b"[\"" });
                    self.raw(field.tag.of(self.text).as_bytes());
                    self.raw(b"\",\"");
                }
            }
            match self.show {
                Show::All if field.single_line && self.clean => {
                    self.copy(field.value.start, field.value.end);
                }
                Show::All => self.escaped(field.value.of(self.text)),
                Show::Masked => {
                    let shown = self.components.shown(field, self.text, block);
                    self.escaped(&shown);
                }
            }
            self.check(field.value, block.id, field.tag)?;
        }
        self.raw(if fields.is_empty() { b"]" } else { b"\"]]" });
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
        self.out.push(b'"');
        self.escaped(span.of(self.text));
        self.out.push(b'"');
    }

    /// Text of the message without quotes, its line ends as line feeds.
    pub(super) fn escaped(&mut self, text: &str) {
        if self.clean {
            self.lines(text);
        } else if self.ends == LineEnds::CrLf {
            json::escaped_lines(&mut self.out, text);
        } else {
            json::escaped(&mut self.out, text);
        }
    }

    /// Text of which only the line ends are escaped.
    fn lines(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some((line, after)) = search::line_feed(rest, 0).and_then(|end| rest.split_at_checked(end))
        {
            self.raw(line.strip_suffix(b"\r").unwrap_or(line));
            self.raw(b"\\n");
            rest = after.get(1..).unwrap_or_default();
        }
        self.raw(rest);
    }

    /// Text that is masked where it is to be, without quotes.
    pub(super) fn shown(&mut self, text: &str, masked: bool) {
        if masked && self.show == Show::Masked {
            self.escaped(&Mask::Whole.apply(text));
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

    /// A part of the text that needs no escapes.
    #[inline]
    pub(super) fn copy(&mut self, start: usize, end: usize) {
        short::copy(&mut self.out, self.text.as_bytes(), start, end);
    }

    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Whether the document is within its limit after a field.
    #[inline]
    pub(super) fn check(&self, value: Span, id: u8, tag: Span) -> Result<(), Fault> {
        if self.out.len() > self.bytes_max {
            let expected = format!("a document of at most {} bytes", self.bytes_max);
            return Err(Fault::new(value.start, path(id, tag.of(self.text)), expected));
        }
        Ok(())
    }
}

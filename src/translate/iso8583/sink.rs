//! What is done with a message while it is read: written as JSON, or told piece by piece. Knows nothing of bytes.

use std::ops::Range;

use crate::translate::explain::Piece;
use crate::translate::json;
use crate::translate::mask::{Mask, Show};

/// What a value is called: its element, or its tag, and how often the tag came before it within its element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) text: &'a str,
    /// 1 where it is the first.
    pub(super) occurrence: u32,
}

/// Takes what is read, in the order of the bytes.
pub(super) trait Sink {
    /// A value that consists of others.
    fn open(&mut self, key: Key<'_>, name: &str, span: Range<usize>);
    /// The end of it.
    fn close(&mut self);
    /// The header begins.
    fn open_header(&mut self);
    /// The header ends.
    fn close_header(&mut self);
    /// The elements begin.
    fn open_fields(&mut self);
    /// The elements end.
    fn close_fields(&mut self);
    /// What the document must hold so that the same bytes can be written again.
    fn remark(&mut self, key: &str, value: &str);
    /// A value of the document.
    fn value(&mut self, key: Key<'_>, name: &str, mask: Option<Mask>, span: Range<usize>, value: &str);
    /// What is on the wire but not in the document: lengths, bitmaps.
    fn aside(&mut self, key: &str, name: &str, span: Range<usize>, value: &str);
    /// Whether [`Sink::aside`] wants anything.
    fn wants_asides(&self) -> bool;
    /// How much was written.
    fn size(&self) -> usize;
}

/// Writes JSON members.
pub(super) struct Json {
    pub(super) out: Vec<u8>,
    show: Show,
}

/// Collects pieces.
pub(super) struct Pieces {
    pub(super) pieces: Vec<Piece>,
    /// What is open, by its whole name.
    open: Vec<String>,
    /// How many pieces are open: a header is none of its own.
    depth: usize,
    show: Show,
}

impl Key<'_> {
    pub(super) fn new(text: &str) -> Key<'_> {
        Key { text, occurrence: 1 }
    }
}

impl Json {
    pub(super) fn new(show: Show, capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), show }
    }

    #[inline]
    fn key(&mut self, key: Key<'_>) {
        if !matches!(self.out.last(), None | Some(b'{')) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        if key.text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.out.extend_from_slice(key.text.as_bytes());
        } else {
            json::escaped(&mut self.out, key.text);
        }
        if key.occurrence > 1 {
            self.out.extend_from_slice(format!(".{}", key.occurrence).as_bytes());
        }
        self.out.extend_from_slice(b"\":");
    }
}

impl Sink for Json {
    fn open(&mut self, key: Key<'_>, _name: &str, _span: Range<usize>) {
        self.key(key);
        self.out.push(b'{');
    }

    fn close(&mut self) {
        self.out.push(b'}');
    }

    fn open_header(&mut self) {
        self.key(Key::new("header"));
        self.out.push(b'{');
    }

    fn close_header(&mut self) {
        self.out.push(b'}');
    }

    fn open_fields(&mut self) {
        self.key(Key::new("fields"));
        self.out.push(b'{');
    }

    fn close_fields(&mut self) {
        self.out.push(b'}');
    }

    fn remark(&mut self, key: &str, value: &str) {
        self.key(Key::new(key));
        json::string(&mut self.out, value);
    }

    #[inline]
    fn value(&mut self, key: Key<'_>, _name: &str, mask: Option<Mask>, _span: Range<usize>, value: &str) {
        self.key(key);
        match mask {
            Some(mask) if self.show == Show::Masked => json::string(&mut self.out, &mask.apply(value)),
            _ => json::string(&mut self.out, value),
        }
    }

    fn aside(&mut self, _key: &str, _name: &str, _span: Range<usize>, _value: &str) {}

    fn wants_asides(&self) -> bool {
        false
    }

    fn size(&self) -> usize {
        self.out.len()
    }
}

impl Pieces {
    pub(super) fn new(show: Show) -> Self {
        Self { pieces: Vec::new(), open: Vec::new(), depth: 0, show }
    }

    fn piece(&mut self, key: Key<'_>, name: &str, span: Range<usize>) -> Piece {
        let mut element = self.open.last().map_or_else(String::new, |open| format!("{open}."));
        element.push_str(key.text);
        if key.occurrence > 1 {
            element = format!("{element}.{}", key.occurrence);
        }
        Piece {
            offset: span.start,
            length: span.len(),
            depth: self.depth,
            element,
            name: name.to_owned(),
            value: String::new(),
            masked: false,
        }
    }
}

impl Sink for Pieces {
    fn open(&mut self, key: Key<'_>, name: &str, span: Range<usize>) {
        let piece = self.piece(key, name, span);
        self.open.push(piece.element.clone());
        self.pieces.push(piece);
        self.depth += 1;
    }

    fn close(&mut self) {
        self.open.pop();
        self.depth -= 1;
    }

    fn open_header(&mut self) {
        self.open.push("header".into());
    }

    fn close_header(&mut self) {
        self.open.pop();
    }

    fn open_fields(&mut self) {}

    fn close_fields(&mut self) {}

    fn remark(&mut self, _key: &str, _value: &str) {}

    fn value(&mut self, key: Key<'_>, name: &str, mask: Option<Mask>, span: Range<usize>, value: &str) {
        let mask = mask.filter(|_| self.show == Show::Masked);
        let value = mask.map_or_else(|| value.to_owned(), |mask| mask.apply(value));
        let piece = Piece { value, masked: mask.is_some(), ..self.piece(key, name, span) };
        self.pieces.push(piece);
    }

    fn aside(&mut self, key: &str, name: &str, span: Range<usize>, value: &str) {
        let piece = Piece { value: value.to_owned(), ..self.piece(Key::new(key), name, span) };
        self.pieces.push(piece);
    }

    fn wants_asides(&self) -> bool {
        true
    }

    fn size(&self) -> usize {
        0
    }
}

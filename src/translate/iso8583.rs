//! ISO 8583 by dialect files.
//!
//! # Layout
//!
//! * `dialect`: dialects by name and from TOML; `file`: what is typed; `spec`: its words for encodings;
//!   `compile` and `layouts`: into tables; `table`: the tables.
//! * `read`: the one walk over a message, with `header`, `bitmaps`, `value`, `nested` (and its `tag`s, `seen` by count); `charset`: bytes to
//!   characters; `sink`: JSON or pieces; `keys`: business keys.
//! * `write`: the way back, with `write_header`, `write_value` and `write_nested`.

mod dialect;
mod file;
mod spec;
mod compile;
mod layouts;
mod table;
mod charset;
mod read;
mod bitmaps;
mod header;
mod value;
mod nested;
mod tag;
mod seen;
mod sink;
mod keys;
mod write;
mod write_header;
mod write_value;
mod write_nested;

use std::sync::{Arc, RwLock};

use bytes::Bytes;
use serde_json::Value;

use super::{Explanation, Input, Limits, Options, Refusal, Show, Unwritable, Wire, json};
use crate::message::{Document, Keys};
use charset::Charset;
use read::Reader;
use sink::{Json, Pieces};

pub use dialect::{Dialect, InvalidDialect};

/// What documents of this format say that they are.
const FORMAT: &str = "iso8583";
/// A document has about three bytes for each of the message.
const GROWTH: usize = 3;
/// Room for the head of a document.
const HEAD_BYTES: usize = 256;
/// Character sets of messages that are kept as tables.
const CHARSETS_MAX: usize = 16;

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    dialect: Arc<Dialect>,
    limits: Limits,
    /// Those that messages came in.
    charsets: RwLock<Vec<Arc<Charset>>>,
}

impl Binding {
    pub(super) fn new(dialect: Arc<Dialect>, options: &Options) -> Self {
        Self { dialect, limits: options.limits, charsets: RwLock::default() }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        let charset = self.charset(input.ccsid.0);
        let sink = Json::new(show, input.bytes.len() * GROWTH + 64);
        let mut reader =
            Reader::new(&self.dialect.table, input.bytes, charset.as_deref(), &self.limits, sink);
        reader.message()?;
        let keys = reader.captured.keys(&self.dialect.table.keys, show);
        let body = body(&reader.kind, &keys, &reader.sink.out);
        if body.len() > self.limits.document_bytes_max {
            let expected = format!("a document of at most {} bytes", self.limits.document_bytes_max);
            return Err(Refusal::new(input.bytes.len(), "", expected));
        }
        Ok(Document { format: FORMAT, kind: reader.kind, keys, body: Bytes::from(body) })
    }

    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        let charset = self.charset(input.ccsid.0);
        let sink = Pieces::new(show);
        let mut reader =
            Reader::new(&self.dialect.table, input.bytes, charset.as_deref(), &self.limits, sink);
        let refusal = reader.message().err();
        Explanation { pieces: reader.sink.pieces, refusal }
    }

    pub(super) fn write(&self, document: &Value, wire: Wire) -> Result<Vec<u8>, Unwritable> {
        let charset = self.charset(wire.ccsid.0);
        write::write(&self.dialect.table, charset.as_deref(), document)
    }

    /// The tables of a CCSID, if the dialect can use it and mqgate knows it.
    fn charset(&self, ccsid: i32) -> Option<Arc<Charset>> {
        if !self.dialect.table.wants_message_charset {
            return None;
        }
        let known = self.charsets.read().ok()?.iter().find(|known| known.ccsid() == ccsid).cloned();
        if known.is_some() {
            return known;
        }
        let charset = Arc::new(Charset::new(ccsid)?);
        let mut charsets = self.charsets.write().ok()?;
        if charsets.len() < CHARSETS_MAX {
            charsets.push(Arc::clone(&charset));
        }
        Some(charset)
    }
}

/// The whole document: its head, and the members that were written while reading.
fn body(kind: &str, keys: &Keys, members: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(members.len() + HEAD_BYTES);
    json::head(&mut out, FORMAT, kind, keys);
    out.push(b',');
    out.extend_from_slice(members);
    out.push(b'}');
    out
}

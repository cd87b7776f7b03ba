//! Records of fixed fields by layout files.
//!
//! # Layout
//!
//! * `layout`: a layout as it is used. `file`, `compile`, `compile_fields`, `compile_types`, `names`: how it comes from TOML.
//! * `cut`, `walk`, `value`, `number`, `charset`: from bytes to values; `sink`: where the values go.
//! * `progress`, `totals`: record after record, for a whole message and for a [`Records`] stream.
//! * `write`: the way back.
//! * [`copybook`]: layouts from COBOL.

mod layout;
mod file;
mod compile;
mod compile_fields;
mod compile_types;
mod names;
mod charset;
mod number;
mod value;
mod cut;
mod walk;
mod sink;
mod totals;
mod progress;
mod stream;
mod write;
pub mod copybook;

use std::sync::Arc;

use ccsid::Newline;
use serde_json::Value;

use self::charset::Charset;
use self::cut::usual_separator;
use self::layout::Framing;
use self::progress::{Part, Progress, Rules, Step};
use self::sink::{JsonSink, PieceSink, RecordForm, Sink};
use super::{Explanation, Input, Limits, Options, Refusal, Show, Unwritable, Wire, json};
use crate::message::{Ccsid, Document, Keys};

pub use self::compile::LayoutError;
pub use self::layout::Layout;
pub use self::stream::Records;

/// What documents call the format.
const FORMAT: &str = "fixed-width";

/// The layouts that are compiled in.
const SHIPPED: [(&str, &str); 1] = [("bacs-std18", include_str!("../../layouts/bacs-std18.toml"))];

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    layout: Arc<Layout>,
    limits: Limits,
    newline: Newline,
}

impl Layout {
    /// A layout that is compiled in.
    pub fn shipped(name: &str) -> Option<Self> {
        Self::source(name).and_then(|text| Self::from_toml(text).ok())
    }

    /// The file of one that is compiled in.
    pub fn source(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
    }

    /// The names of those that are compiled in.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// Reads a layout file.
    ///
    /// # Errors
    /// The first thing in it that is unknown, missing or contradicts another.
    pub fn from_toml(text: &str) -> Result<Self, LayoutError> {
        compile::layout(text)
    }
}

impl Binding {
    pub(super) fn new(layout: Arc<Layout>, options: &Options) -> Self {
        Self { layout, limits: options.limits, newline: options.newline }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        self.limits.check(input.bytes, "records")?;
        let charset = self.charset(input.ccsid).map_err(|expected| Refusal::new(0, "", expected))?;
        let rules = Rules { layout: &self.layout, charset: &charset };
        let mut records = Vec::with_capacity(2 * input.bytes.len());
        let mut sink = JsonSink::new(&mut records, RecordForm::List, show);
        let mut progress = self.progress();
        let mut offset = 0;
        while let Some(took) = step(&mut progress, rules, input.bytes, offset, &mut sink)? {
            offset += took;
            self.check_size(sink.written(), offset)?;
        }
        let keys = self.keys(&progress, show);
        let body = self.body(&records, &keys, &progress, &charset);
        self.check_size(body.len(), offset)?;
        Ok(Document { format: FORMAT, kind: self.layout.kind.clone(), keys, body: body.into() })
    }

    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        let mut sink = PieceSink::new(show);
        let refusal = self.explain_onto(input, &mut sink).err();
        Explanation { pieces: sink.pieces, refusal }
    }

    pub(super) fn write(&self, document: &Value, wire: Wire) -> Result<Vec<u8>, Unwritable> {
        let charset = self.charset(wire.ccsid).map_err(|expected| Unwritable::new("", expected))?;
        let rules = Rules { layout: &self.layout, charset: &charset };
        write::write(rules, document, self.limits.fields_max)
    }

    fn explain_onto(&self, input: Input<'_>, sink: &mut PieceSink) -> Result<(), Refusal> {
        self.limits.check(input.bytes, "records")?;
        let charset = self.charset(input.ccsid).map_err(|expected| Refusal::new(0, "", expected))?;
        let rules = Rules { layout: &self.layout, charset: &charset };
        let mut progress = self.progress();
        let mut offset = 0;
        while let Some(took) = step(&mut progress, rules, input.bytes, offset, sink)? {
            offset += took;
        }
        sink.padding(offset, progress.padding.len());
        Ok(())
    }

    fn charset(&self, ccsid: Ccsid) -> Result<Charset, String> {
        Charset::new(self.layout.file.ccsid.unwrap_or(ccsid.0), self.newline)
    }

    fn progress(&self) -> Progress {
        let mut progress = Progress::new(&self.layout, self.limits.fields_max);
        progress.memory.keeps_keys = true;
        progress
    }

    fn check_size(&self, bytes: usize, offset: usize) -> Result<(), Refusal> {
        let max = self.limits.document_bytes_max;
        if bytes > max {
            return Err(Refusal::new(offset, "/records", format!("a document of at most {max} bytes")));
        }
        Ok(())
    }

    /// The keys that the layout names, each with its values in the order of the records.
    fn keys(&self, progress: &Progress, show: Show) -> Keys {
        let mut keys: Vec<(String, Vec<String>)> =
            self.layout.keys.iter().map(|name| (name.clone(), Vec::new())).collect();
        for (index, mask, value) in &progress.memory.keys {
            if let Some((_, values)) = keys.get_mut(*index) {
                values.push(match mask {
                    Some(mask) if show == Show::Masked => mask.apply(value),
                    _ => value.clone(),
                });
            }
        }
        keys.retain(|(_, values)| !values.is_empty());
        Keys(keys)
    }

    fn body(&self, records: &[u8], keys: &Keys, progress: &Progress, charset: &Charset) -> Vec<u8> {
        let mut out = Vec::with_capacity(records.len() + 1024);
        json::head(&mut out, FORMAT, &self.layout.kind, keys);
        let framing = self.layout.file.framing;
        let usual = usual_separator(framing, charset);
        if let Some(first) = progress.separator.filter(|first| framing == Framing::Any || *first != usual) {
            out.extend_from_slice(b",\"separator\":");
            json::string(&mut out, first.name);
        }
        out.extend_from_slice(b",\"records\":[");
        out.extend_from_slice(records);
        out.push(b']');
        stream::write_totals(&self.layout, progress, &mut out);
        if !progress.padding.is_empty() {
            let mut end = String::new();
            value::hex_onto(&progress.padding, &mut end);
            out.extend_from_slice(b",\"#end\":");
            json::string(&mut out, &end);
        }
        out.push(b'}');
        out
    }
}

/// One step through a message that is all there; `None` at its end.
fn step(
    progress: &mut Progress,
    rules: Rules<'_>,
    bytes: &[u8],
    offset: usize,
    sink: &mut impl Sink,
) -> Result<Option<usize>, Refusal> {
    let part = Part { bytes: bytes.get(offset..).unwrap_or_default(), offset, is_whole: true };
    match progress.step(rules, part, sink)? {
        Step::Took(took) => Ok(Some(took)),
        Step::More | Step::End => Ok(None),
    }
}

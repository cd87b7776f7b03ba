//! A queue with messages of several formats: which one a message has is decided by what it begins with, in a fixed order.
//! What begins as none of them, and is no record of the layout or message of the dialect that settings name, is refused.

use std::sync::Arc;

use serde_json::Value;

use super::plain::{self, Content, Labels};
use super::{
    Binding, Dialect, Explanation, Input, Layout, Newline, Options, Refusal, Show, Unwritable, Wire,
    fixed_width, iso8583, iso20022, swift_mt,
};
use crate::message::Document;

/// What a message may be beside ISO 20022, SWIFT MT and JSON.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    /// A dialect of ISO 8583.
    pub dialect: Option<Arc<Dialect>>,
    /// A layout of records.
    pub layout: Option<Arc<Layout>>,
    /// What JSON messages are called.
    pub labels: Labels,
}

/// The formats that a message may have.
#[derive(Debug)]
pub(super) struct Auto {
    xml: Binding,
    fin: Binding,
    json: Binding,
    dialect: Option<Binding>,
    layout: Option<Binding>,
    newline: Newline,
}

/// How much of a message is looked at, in bytes.
const HEAD_BYTES: usize = 512;

/// The length of the identifier that the MQ interface of SWIFT puts before block 1.
const UUID_CHARACTERS: usize = 36;

impl Auto {
    pub(super) fn new(candidates: &Candidates, options: &Options) -> Self {
        let dialect = candidates.dialect.clone();
        let layout = candidates.layout.clone();
        Self {
            xml: Binding::Iso20022(iso20022::Binding::new(options)),
            fin: Binding::SwiftMt(swift_mt::Binding::new(options)),
            json: Binding::Plain(plain::Binding::new(Content::Json, &candidates.labels, options)),
            dialect: dialect.map(|dialect| Binding::Iso8583(iso8583::Binding::new(dialect, options))),
            layout: layout.map(|layout| Binding::FixedWidth(fixed_width::Binding::new(layout, options))),
            newline: options.newline,
        }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        if let Some(binding) = self.by_text(input) {
            return binding.translate(input, show);
        }
        let mut refusals = Vec::new();
        for binding in self.by_structure() {
            match binding.translate(input, show) {
                Ok(document) => return Ok(document),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(self.refusal(refusals))
    }

    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        if let Some(binding) = self.by_text(input) {
            return binding.explain(input, show);
        }
        let explained = self.by_structure().map(|binding| binding.explain(input, show));
        let mut best = Explanation { pieces: Vec::new(), refusal: None };
        let mut refusals = Vec::new();
        for explanation in explained {
            let Some(refusal) = &explanation.refusal else { return explanation };
            refusals.push(refusal.clone());
            if explanation.pieces.len() > best.pieces.len() {
                best = explanation;
            }
        }
        Explanation { pieces: best.pieces, refusal: Some(self.refusal(refusals)) }
    }

    /// A document says itself what it is.
    pub(super) fn write(&self, document: &[u8], wire: Wire) -> Result<Vec<u8>, Unwritable> {
        let parsed: Value =
            serde_json::from_slice(document).map_err(|_| Unwritable::new("", "a JSON document"))?;
        let binding = match parsed.get("format").and_then(Value::as_str) {
            Some("iso20022") => Some(&self.xml),
            Some("swift-mt") => Some(&self.fin),
            Some("json") => Some(&self.json),
            Some("iso8583") => self.dialect.as_ref(),
            Some("fixed-width") => self.layout.as_ref(),
            _ => None,
        };
        let unknown = || Unwritable::new("/format", "a format that this source can have");
        binding.ok_or_else(unknown)?.write(document, wire)
    }

    /// By what its text begins with.
    fn by_text(&self, input: Input<'_>) -> Option<&Binding> {
        let head = input.bytes.get(..HEAD_BYTES).unwrap_or(input.bytes);
        let decoded = ccsid::decode(head, input.ccsid.0, input.encoding, self.newline).ok()?;
        let text = decoded.text.trim_start();
        if text.starts_with('<') {
            return Some(&self.xml);
        }
        if is_fin(text) {
            return Some(&self.fin);
        }
        let mut inside = text.chars().filter(|character| !character.is_whitespace());
        match (inside.next(), inside.next()) {
            (Some('{'), Some('"' | '}')) | (Some('['), Some(_)) => Some(&self.json),
            _ => None,
        }
    }

    /// Those that only reading can tell.
    fn by_structure(&self) -> impl Iterator<Item = &Binding> {
        self.dialect.iter().chain(&self.layout)
    }

    fn refusal(&self, refusals: Vec<Refusal>) -> Refusal {
        let mut expected = String::from("XML, SWIFT MT or JSON");
        if self.dialect.is_some() {
            expected.push_str(", or ISO 8583 in the dialect");
        }
        if self.layout.is_some() {
            expected.push_str(", or records of the layout");
        }
        // Of the others the one that was read furthest says most.
        match refusals.into_iter().max_by_key(|refusal| refusal.offset) {
            Some(last) => {
                Refusal { expected: format!("{expected}; read furthest: {}", last.expected), ..last }
            }
            None => Refusal::new(0, "", expected),
        }
    }
}

/// Block 1 or a service block, maybe behind the identifier of the MQ interface or the `$` of a batch; or the first tag of a
/// statement.
fn is_fin(text: &str) -> bool {
    let text = match text.split_at_checked(UUID_CHARACTERS) {
        Some((uuid, rest)) if is_uuid(uuid) => rest.trim_start(),
        _ => text,
    };
    let text = text.strip_prefix('$').unwrap_or(text);
    text.starts_with("{1:") || text.starts_with(":20:")
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

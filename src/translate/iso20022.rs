//! ISO 20022 XML to JSON: streaming, lossless, and with one JSON type for each path of each message version.
//!
//! `docs/iso20022.md` is the binding as services see it. Knows nothing of MQ and nothing of particular messages but what
//! the generated table says.
//!
//! # Layout
//!
//! * [`parse`]: the input event by event, refusing what is not XML.
//! * [`lexical`], [`attributes`], [`namespaces`], [`names`]: its helpers.
//! * [`element`]: elements to JSON as they open and close; [`regroup`] where their order is unusual.
//! * [`text`], [`lines`]: character data and its line ends.
//! * [`table`]: what the schemas say.
//! * [`assemble`]: header, document, envelope and keys together.
//! * [`sensitive`]: which elements are masked for people; [`trace`]: the elements of a message listed for them.
//! * [`write`]: the way back.

mod parse;
mod lexical;
mod attributes;
mod namespaces;
mod names;
mod element;
mod regroup;
mod text;
mod lines;
mod table;
mod assemble;
mod sensitive;
mod trace;
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ccsid::Decoded;
use serde_json::Value;

use self::lexical::Fault;
use self::parse::Parse;
use self::trace::Trace;
use super::{Explanation, Input, Limits, Newline, Options, Refusal, Show, Unwritable, Wire};
use crate::message::Document;

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    limits: Limits,
    repeatable: Repeatable,
    newline: Newline,
}

/// Parents and children that settings add to the table.
#[derive(Debug)]
struct Repeatable {
    children: HashMap<String, HashSet<String>>,
}

impl Binding {
    pub(super) fn new(options: &Options) -> Self {
        let mut children: HashMap<String, HashSet<String>> = HashMap::new();
        for (parent, child) in &options.repeatable {
            children.entry(parent.clone()).or_default().insert(child.clone());
        }
        // Read now, so that the first message does not wait for it.
        LazyLock::force(&table::TABLE);
        Self { limits: options.limits, repeatable: Repeatable { children }, newline: options.newline }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        let decoded = self.decode(input)?;
        let mut parse = self.parse(&decoded, show);
        if let Err(fault) = parse.run() {
            return Err(refusal(fault, &parse, &decoded));
        }
        let (written, namespaces) = parse.finish();
        Ok(assemble::assemble(&written, &namespaces))
    }

    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        let decoded = match self.decode(input) {
            Ok(decoded) => decoded,
            Err(refusal) => return Explanation { pieces: Vec::new(), refusal: Some(refusal) },
        };
        let mut parse = self.parse(&decoded, show);
        parse.trace(Trace::new(show));
        let refusal = parse.run().err().map(|fault| refusal(fault, &parse, &decoded));
        let pieces = parse.take_trace().map(|trace| trace.pieces(&decoded)).unwrap_or_default();
        Explanation { pieces, refusal }
    }

    pub(super) fn write(&self, document: &Value, wire: Wire) -> Result<Vec<u8>, Unwritable> {
        write::write(document, wire, self.newline, self.limits.message_bytes_max)
    }

    fn decode<'a>(&self, input: Input<'a>) -> Result<Decoded<'a>, Refusal> {
        self.limits.check(input.bytes, "an XML document")?;
        ccsid::decode(input.bytes, input.ccsid.0, input.encoding, self.newline)
            .map_err(|undecodable| Refusal::new(0, "", undecodable.expected))
    }

    fn parse<'a>(&'a self, decoded: &'a Decoded<'_>, show: Show) -> Parse<'a> {
        let fault =
            decoded.fault.as_ref().map(|fault| Fault::new(decoded.text.len(), fault.expected.clone()));
        Parse::new(&decoded.text, fault, self.limits, &self.repeatable, show)
    }
}

impl Repeatable {
    #[inline]
    fn contains(&self, parent: &str, child: &str) -> bool {
        !self.children.is_empty()
            && self.children.get(parent).is_some_and(|children| children.contains(child))
    }
}

fn refusal(fault: Fault, parse: &Parse<'_>, decoded: &Decoded<'_>) -> Refusal {
    Refusal {
        offset: decoded.origin(fault.at),
        path: path(parse.path()),
        expected: fault.expected.into_owned(),
    }
}

/// Whether a Document or AppHdr of this namespace is one.
pub(super) fn is_message(namespace: &str) -> bool {
    namespaces::message_type(namespace).is_some()
}

/// A path for people: the outermost elements of a very long one are left out.
fn path<'a>(names: impl DoubleEndedIterator<Item = &'a str> + Clone) -> String {
    const INNERMOST: usize = 20;
    let total = names.clone().count();
    let mut path = String::new();
    if total > INNERMOST {
        path.push_str("/…");
    }
    for name in names.skip(total.saturating_sub(INNERMOST)) {
        path.push('/');
        path.push_str(short(name));
    }
    path
}

/// The beginning of a name that may be of any length.
fn short(name: &str) -> &str {
    const CHARACTERS: usize = 40;
    name.char_indices().nth(CHARACTERS).map_or(name, |(end, _)| name.get(..end).unwrap_or(name))
}

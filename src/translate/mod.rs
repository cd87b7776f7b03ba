//! Bytes → [`Document`] and back: pure functions that do no I/O, read no clock, log nothing and know nothing of MQ but the
//! two numbers that tell how a body is encoded.
//!
//! # Layout
//!
//! * [`Translator`]: one door to all formats, made from [`Options`].
//! * `iso20022`, `iso8583`, `swift_mt`, `fixed_width`: a format each, with the same four functions: `translate`, `explain`,
//!   `write`, and `new`.
//! * `plain`: what is carried without being looked into: JSON, text, bytes; `auto`: which format a message has.
//! * `mask`, [`explain`]: what people are shown of a message.
//! * `json`: how documents are written; `pointer`: how one value of them is read.

pub mod auto;
pub mod explain;
pub mod fixed_width;
mod iso20022;
pub mod iso8583;
mod json;
pub mod mask;
pub mod plain;
mod pointer;
mod swift_mt;

use std::fmt;
use std::sync::Arc;

pub use ccsid::Newline;
use serde_json::Value;

use crate::message::{Ccsid, Document};

pub use auto::Candidates;
pub use explain::{Explanation, Piece};
pub use fixed_width::Layout;
pub use iso8583::Dialect;
pub use mask::Show;
pub use plain::Labels;

use plain::Content;

/// A body as it came, and how its descriptor (or the last MQ header before it) says that it is encoded.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The bytes after all MQ headers.
    pub bytes: &'a [u8],
    /// `MQMD.CodedCharSetId`.
    pub ccsid: Ccsid,
    /// `MQMD.Encoding`: its integer part gives the byte order of UTF-16.
    pub encoding: i32,
}

/// How a body is to be encoded that is written from a document: what its descriptor will say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// `MQMD.CodedCharSetId`.
    pub ccsid: Ccsid,
    /// `MQMD.Encoding`.
    pub encoding: i32,
}

/// What a translator expects.
#[derive(Debug, Clone, Default)]
pub enum Format {
    /// ISO 20022 XML, in whatever wrapper, and proprietary XML.
    #[default]
    Iso20022,
    /// ISO 8583 in a dialect.
    Iso8583(Arc<Dialect>),
    /// SWIFT MT (FIN), with whatever the interface puts around it.
    SwiftMt,
    /// Records of fixed fields, by a layout.
    FixedWidth(Arc<Layout>),
    /// JSON, carried as it is.
    Json(Labels),
    /// Text, carried as it is.
    Text(Labels),
    /// Bytes, carried as they are.
    Binary(Labels),
    /// Whichever of several a message turns out to be.
    Auto(Candidates),
}

/// How far a translator goes with one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the input.
    pub message_bytes_max: usize,
    /// Size of the JSON document.
    pub document_bytes_max: usize,
    /// Elements within each other.
    pub depth_max: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes_max: usize,
    /// Length of one name, its prefix included.
    pub name_bytes_max: usize,
    /// Namespace declarations in force at one place.
    pub namespaces_max: usize,
    /// Fields of one message, or of one record: elements, sub-elements, tags.
    pub fields_max: usize,
}

/// What a [`Translator`] is made from.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The format of the messages.
    pub format: Format,
    /// Where it gives up.
    pub limits: Limits,
    /// Parent and child elements, by local name, where the child may stand more than once beside what the table of
    /// schemas says: such a child is always an array.
    pub repeatable: Vec<(String, String)>,
    /// What line ends of EBCDIC text are.
    pub newline: Newline,
}

/// Translates the messages of one source. Made once; any number of threads may use it.
#[derive(Debug)]
pub struct Translator {
    binding: Binding,
}

#[derive(Debug)]
enum Binding {
    Iso20022(iso20022::Binding),
    Iso8583(iso8583::Binding),
    SwiftMt(swift_mt::Binding),
    FixedWidth(fixed_width::Binding),
    Plain(plain::Binding),
    Auto(Box<auto::Auto>),
}

/// Why and where an input cannot be translated. It never holds a value of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Byte offset in the input as it came, before decoding.
    pub offset: usize,
    /// What is being read at that place: the open elements by local name (`/Document/FIToFICstmrCdtTrf`), an element or tag
    /// with what it is part of (`/48/SE61`, `/4/32A`, `/records/7/amount`). Shortened where it is very long.
    pub path: String,
    /// What should have been there.
    pub expected: String,
}

/// Why and where a document cannot be written in the wire form of its format. It never holds a value of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// JSON pointer into the document.
    pub pointer: String,
    /// What should have been there.
    pub expected: String,
}

impl Translator {
    /// Compiles the options.
    pub fn new(options: &Options) -> Self {
        let plain = |content, labels| Binding::Plain(plain::Binding::new(content, labels, options));
        let binding = match &options.format {
            Format::Iso20022 => Binding::Iso20022(iso20022::Binding::new(options)),
            Format::Iso8583(dialect) => Binding::Iso8583(iso8583::Binding::new(dialect.clone(), options)),
            Format::SwiftMt => Binding::SwiftMt(swift_mt::Binding::new(options)),
            Format::FixedWidth(layout) => {
                Binding::FixedWidth(fixed_width::Binding::new(layout.clone(), options))
            }
            Format::Json(labels) => plain(Content::Json, labels),
            Format::Text(labels) => plain(Content::Text, labels),
            Format::Binary(labels) => plain(Content::Binary, labels),
            Format::Auto(candidates) => Binding::Auto(Box::new(auto::Auto::new(candidates, options))),
        };
        Self { binding }
    }

    /// Translates one message.
    ///
    /// # Errors
    /// A [`Refusal`] for whatever is not well-formed, does not decode, or is over a limit.
    pub fn translate(&self, input: Input<'_>) -> Result<Document, Refusal> {
        self.binding.translate(input, Show::All)
    }

    /// Translates one message for a person: with [`Show::Masked`], what its format marks as sensitive is masked.
    ///
    /// # Errors
    /// As [`Translator::translate`].
    pub fn show(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        self.binding.translate(input, show)
    }

    /// Tells piece by piece what the bytes of a message are, as far as it can be read.
    pub fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        self.binding.explain(input, show)
    }

    /// Writes a document, as [`Translator::translate`] gives it, in the wire form of its format. `format`, `type` and `keys`
    /// may be left out.
    ///
    /// # Errors
    /// The first member that is missing, unknown, or cannot be written.
    pub fn write(&self, document: &[u8], wire: Wire) -> Result<Vec<u8>, Unwritable> {
        self.binding.write(document, wire)
    }
}

impl Binding {
    fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        match self {
            Self::Iso20022(binding) => binding.translate(input, show),
            Self::Iso8583(binding) => binding.translate(input, show),
            Self::SwiftMt(binding) => binding.translate(input, show),
            Self::FixedWidth(binding) => binding.translate(input, show),
            Self::Plain(binding) => binding.translate(input, show),
            Self::Auto(auto) => auto.translate(input, show),
        }
    }

    fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        match self {
            Self::Iso20022(binding) => binding.explain(input, show),
            Self::Iso8583(binding) => binding.explain(input, show),
            Self::SwiftMt(binding) => binding.explain(input, show),
            Self::FixedWidth(binding) => binding.explain(input, show),
            Self::Plain(binding) => binding.explain(input, show),
            Self::Auto(auto) => auto.explain(input, show),
        }
    }

    fn write(&self, document: &[u8], wire: Wire) -> Result<Vec<u8>, Unwritable> {
        match self {
            // Numbers that pass through must not be parsed.
            Self::Plain(binding) => binding.write(document, wire),
            Self::Auto(auto) => auto.write(document, wire),
            Self::Iso20022(binding) => binding.write(&parsed(document, "iso20022")?, wire),
            Self::Iso8583(binding) => binding.write(&parsed(document, "iso8583")?, wire),
            Self::SwiftMt(binding) => binding.write(&parsed(document, "swift-mt")?, wire),
            Self::FixedWidth(binding) => binding.write(&parsed(document, "fixed-width")?, wire),
        }
    }
}

/// A document as a tree, of this format where it says one.
fn parsed(document: &[u8], format: &str) -> Result<Value, Unwritable> {
    let document: Value = serde_json::from_slice(document).map_err(|error| {
        Unwritable::new("", format!("JSON, at line {} column {}", error.line(), error.column()))
    })?;
    match document.get("format") {
        None => Ok(document),
        Some(stated) if stated == format => Ok(document),
        Some(_) => Err(Unwritable::new("/format", format!("{format:?}"))),
    }
}

impl Refusal {
    /// A refusal.
    pub(crate) fn new(offset: usize, path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { offset, path: path.into(), expected: expected.into() }
    }
}

impl Unwritable {
    /// A refusal of a document.
    pub(crate) fn new(pointer: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), expected: expected.into() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 16 * 1024 * 1024,
            document_bytes_max: 64 * 1024 * 1024,
            depth_max: 100,
            attributes_max: 64,
            name_bytes_max: 256,
            namespaces_max: 64,
            fields_max: 100_000,
        }
    }
}

impl Limits {
    /// What every translator asks first.
    fn check(&self, bytes: &[u8], what: &str) -> Result<(), Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::new(0, "", format!("{what}, not an empty message")));
        }
        if bytes.len() > self.message_bytes_max {
            let expected = format!("a message of at most {} bytes", self.message_bytes_max);
            return Err(Refusal::new(0, "", expected));
        }
        Ok(())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(f, "offset {} ({path}): expected {}", self.offset, self.expected)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{pointer}: expected {}", self.expected)
    }
}

impl std::error::Error for Unwritable {}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("bytes", &self.bytes.len())
            .field("ccsid", &self.ccsid)
            .field("encoding", &self.encoding)
            .finish()
    }
}

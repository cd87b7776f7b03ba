//! From bytes to [`Document`]: pure functions that do no I/O, read no clock, log nothing and know nothing of MQ but the
//! two numbers that tell how a body is encoded.

pub mod charset;
mod iso20022;
mod pointer;

use std::fmt;

use crate::message::{Ccsid, Document};

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

/// What a translator expects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// ISO 20022 XML, in whatever wrapper, and proprietary XML.
    #[default]
    Iso20022,
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
}

/// What a [`Translator`] is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The format of the messages.
    pub format: Format,
    /// Where it gives up.
    pub limits: Limits,
    /// Parent and child elements, by local name, where the child may stand more than once beside what the table of
    /// schemas says: such a child is always an array.
    pub repeatable: Vec<(String, String)>,
}

/// Translates the messages of one source. Made once; any number of threads may use it.
#[derive(Debug)]
pub struct Translator {
    iso20022: iso20022::Binding,
}

/// Why and where an input cannot be translated. It never holds a value of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Byte offset in the input as it came, before decoding.
    pub offset: usize,
    /// The open elements at that place, by local name: `/Document/FIToFICstmrCdtTrf`. Shortened where it is very long.
    pub path: String,
    /// What should have been there.
    pub expected: String,
}

impl Translator {
    /// Compiles the options.
    pub fn new(options: &Options) -> Self {
        match options.format {
            Format::Iso20022 => Self { iso20022: iso20022::Binding::new(options) },
        }
    }

    /// Translates one message.
    ///
    /// # Errors
    /// A [`Refusal`] for whatever is not well-formed, does not decode, or is over a limit.
    pub fn translate(&self, input: Input<'_>) -> Result<Document, Refusal> {
        self.iso20022.translate(input)
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
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(f, "offset {} ({path}): expected {}", self.offset, self.expected)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("bytes", &self.bytes.len())
            .field("ccsid", &self.ccsid)
            .field("encoding", &self.encoding)
            .finish()
    }
}

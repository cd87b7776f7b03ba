//! SWIFT MT (FIN) to JSON and back: lossless, in the order of the text, with components for the fields that people route on.
//!
//! `docs/swift-mt.md` is the binding as services see it. Knows nothing of MQ, and of particular fields only what
//! `fields.txt` says.
//!
//! # Layout
//!
//! * [`scan`]: the text to messages, blocks and fields; [`lines`]: fields that are lines; [`line_ends`], [`search`].
//! * [`kind`]: message type, direction and keys.
//! * [`table`]: the formats of fields, from `fields.txt`; [`notation`]: what they are written in; [`parts`]: lists in values.
//! * [`document`]: the JSON document; [`wire`]: how its message was written; [`components`]: the parts of values;
//!   [`short`]: how both are written.
//! * [`explain`]: an annotated dump. [`write`]: the way back.

mod scan;
mod lines;
mod line_ends;
mod search;
mod kind;
mod table;
mod notation;
mod parts;
mod document;
mod wire;
mod components;
mod short;
mod explain;
mod write;

use std::sync::LazyLock;

use ccsid::Decoded;
use serde_json::Value;

use self::document::Writer;
use self::line_ends::LineEnds;
use self::scan::{Bounds, Fault, Scan};
use self::table::TABLE;
use super::{Explanation, Input, Limits, Newline, Options, Refusal, Show, Unwritable, Wire};
use crate::message::Document;

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    limits: Limits,
    newline: Newline,
}

/// A message as text, and what was found in it.
struct Read<'a> {
    decoded: Decoded<'a>,
    ends: LineEnds,
    /// It has nothing but line ends that JSON wants escaped.
    clean: bool,
    scan: Scan,
    refusal: Option<Refusal>,
}

impl Binding {
    pub(super) fn new(options: &Options) -> Self {
        // Read now, so that the first message does not wait for it.
        LazyLock::force(&TABLE);
        Self { limits: options.limits, newline: options.newline }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        let read = self.read(input)?;
        if let Some(refusal) = read.refusal {
            return Err(refusal);
        }
        Writer::new(
            &read.decoded.text,
            &read.scan,
            read.ends,
            read.clean,
            show,
            self.limits.document_bytes_max,
        )
        .document()
        .map_err(|fault| refusal(fault, &read.decoded))
    }

    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        match self.read(input) {
            Ok(read) => explain::explain(&read.decoded, &read.scan, read.ends, show, read.refusal),
            Err(refusal) => Explanation { pieces: Vec::new(), refusal: Some(refusal) },
        }
    }

    pub(super) fn write(&self, document: &Value, wire: Wire) -> Result<Vec<u8>, Unwritable> {
        let text = write::write(document, self.bounds())?;
        ccsid::encode(&text, wire.ccsid.0, wire.encoding, self.newline)
            .map_err(|unencodable| Unwritable::new("/messages", unencodable.expected))
    }

    /// Decodes and reads a message; where it breaks a rule, as far as it goes.
    fn read<'a>(&self, input: Input<'a>) -> Result<Read<'a>, Refusal> {
        self.limits.check(input.bytes, "a SWIFT MT message")?;
        let mut decoded = ccsid::decode(input.bytes, input.ccsid.0, input.encoding, self.newline)
            .map_err(|undecodable| Refusal::new(0, "", undecodable.expected))?;
        let (ends, clean, text) = LineEnds::of(decoded.text, input.ccsid.0 != ccsid::UTF_8);
        decoded.text = text;
        let mut scan = Scan::default();
        let result = scan::scan(&decoded.text, self.bounds(), &mut scan);
        let refusal = match (result, &decoded.fault) {
            (Err(fault), None) => Some(refusal(fault, &decoded)),
            (result, Some(undecodable)) => {
                // Text that is cut off by bytes that are none also lacks an end: those bytes are the reason.
                let end = decoded.text.len();
                let path = match result {
                    Err(fault) if fault.at < end => {
                        return Ok(Read {
                            refusal: Some(refusal(fault, &decoded)),
                            decoded,
                            ends,
                            clean,
                            scan,
                        });
                    }
                    Err(fault) => fault.path,
                    Ok(()) => String::new(),
                };
                Some(Refusal::new(decoded.origin(end), path, undecodable.expected.clone()))
            }
            (Ok(()), None) => None,
        };
        Ok(Read { decoded, ends, clean, scan, refusal })
    }

    fn bounds(&self) -> Bounds {
        Bounds { fields_max: self.limits.fields_max, depth_max: self.limits.depth_max }
    }
}

fn refusal(fault: Fault, decoded: &Decoded<'_>) -> Refusal {
    Refusal::new(decoded.origin(fault.at), fault.path, fault.expected)
}

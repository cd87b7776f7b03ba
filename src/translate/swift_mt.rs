//! SWIFT MT (FIN).

use serde_json::Value;

use super::{Explanation, Input, Limits, Options, Refusal, Show, Unwritable, Wire};
use crate::message::Document;

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    limits: Limits,
}

impl Binding {
    pub(super) fn new(options: &Options) -> Self {
        Self { limits: options.limits }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        todo!()
    }

    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        todo!()
    }

    pub(super) fn write(&self, document: &Value, wire: Wire) -> Result<Vec<u8>, Unwritable> {
        todo!()
    }
}

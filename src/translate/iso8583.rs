//! ISO 8583 by dialect files.

use std::sync::Arc;

use serde_json::Value;

use super::{Explanation, Input, Limits, Options, Refusal, Show, Unwritable, Wire};
use crate::message::Document;

/// A dialect: what each element is and how it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {}

impl Dialect {
    /// One by its name.
    pub fn shipped(_name: &str) -> Option<Self> {
        None
    }

    /// The names.
    pub fn names() -> Vec<&'static str> {
        Vec::new()
    }

    /// From a file.
    pub fn from_toml(_text: &str) -> Result<Self, String> {
        Err(String::new())
    }
}

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    dialect: Arc<Dialect>,
    limits: Limits,
}

impl Binding {
    pub(super) fn new(dialect: Arc<Dialect>, options: &Options) -> Self {
        Self { dialect, limits: options.limits }
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

//! Records of fixed fields by layout files.

use std::sync::Arc;

use serde_json::Value;

use super::{Explanation, Input, Limits, Options, Refusal, Show, Unwritable, Wire};
use crate::message::Document;

/// A layout: the kinds of records and their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {}

impl Layout {
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
    layout: Arc<Layout>,
    limits: Limits,
}

impl Binding {
    pub(super) fn new(layout: Arc<Layout>, options: &Options) -> Self {
        Self { layout, limits: options.limits }
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

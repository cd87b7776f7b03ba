//! Layouts from COBOL copybooks: what a copybook says becomes TOML; what it does not say (character set, where records end,
//! which redefinition holds when) is left for a person to add. Knows nothing of messages.
//!
//! # Layout
//!
//! * `lines`: columns, comments and continuation lines; words. `entry`: what one entry says. `picture`: PICTURE strings.
//! * `tree`: levels within levels. `emit`: TOML.

mod lines;
mod entry;
mod picture;
mod tree;
mod emit;

use std::fmt;

/// A copybook that cannot be imported: where, and what should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopybookError {
    /// The line, from 1.
    pub line: usize,
    /// What should be there.
    pub expected: String,
}

/// The layout of a copybook, in TOML. Names stay as COBOL has them.
///
/// # Errors
/// The first line that is not understood.
pub fn import(text: &str) -> Result<String, CopybookError> {
    let words = lines::words(text)?;
    let entries = entry::entries(&words)?;
    let records = tree::records(entries)?;
    emit::layout(&records)
}

impl CopybookError {
    fn new(line: usize, expected: impl Into<String>) -> Self {
        Self { line, expected: expected.into() }
    }
}

impl fmt::Display for CopybookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl std::error::Error for CopybookError {}

//! Selection strings: which messages a consumer wants, in the part of SQL-92 that JMS takes.
//!
//! Pure: text to a condition, and a condition over named fields to true, false or unknown. It knows neither messages nor where
//! their fields come from.
//!
//! # Layout
//! Words (`token`), the condition they form (`parse`), and what it says (`evaluate`).

mod token;
mod parse;
mod evaluate;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod fuzz;

use parse::Condition;

/// The longest selection string, in bytes, as `MQOD.SelectionString` allows.
pub const TEXT_BYTES_MAX: usize = 10_240;

/// A selection string that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector(Condition);

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// An exact number.
    Exact(i64),
    /// An approximate number.
    Approximate(f64),
    /// Text.
    Text(String),
}

/// What is wrong with a selection string. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at} of the selection string: expected {expected}")]
pub struct Error {
    /// Where, in bytes from the beginning.
    pub at: usize,
    /// What would be right there.
    pub expected: &'static str,
}

impl Selector {
    /// Understands a selection string.
    ///
    /// # Errors
    /// The first place at which it is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Error { at: TEXT_BYTES_MAX, expected: "an end: the text is too long" });
        }
        parse::parse(&token::tokens(text)?, text.len()).map(Self)
    }

    /// Whether a message with these fields is selected: unknown is no. A field that the message does not have is none.
    pub fn selects(&self, field: &dyn Fn(&str) -> Option<Value>) -> bool {
        self.0.holds(field) == Some(true)
    }
}

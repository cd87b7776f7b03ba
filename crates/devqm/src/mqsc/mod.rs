//! MQSC text to commands. Pure: what a command does to the queue manager is the engine's.

pub mod words;
pub mod attribute;
pub mod tables;
mod fault;
pub mod status;
pub mod access;
pub mod command;
pub mod complete;

pub use attribute::{Attributes, Value};
pub use command::{Action, Command, Kind, Object};
pub use words::Error;

/// Reads all commands of a text, each on its own: a wrong one does not hide the others.
pub fn parse(text: &str) -> Vec<Result<Command, Error>> {
    words::commands(text).into_iter().map(|words| command::read(&words?)).collect()
}

//! The channel door: how IBM's Java clients speak with a queue manager over TCP. It stands on the same listener as the native
//! door, and asks the same engine.
//!
//! One socket carries one conversation. Its client says what it would like and who it is, then makes MQI calls, one after
//! another; a multiplexed one also asks for messages that come beside them.
//!
//! # Layout
//! From bytes to meaning: the numbers (`wire`), the header of all that travels (`segment`), the socket (`line`); then what
//! travels, in the order in which a client sends it.

mod wire;
mod segment;
mod line;
mod structures;
mod initial;
mod login;
mod calls;
mod spi;
mod unanswered;
mod delivery;
mod conversation;
#[cfg(test)]
mod fuzz;

pub(crate) use conversation::converse;

/// Whether a connection's first bytes are those of a channel client.
pub(crate) fn opens_with(bytes: &[u8]) -> bool {
    bytes.starts_with(b"TSH ")
}

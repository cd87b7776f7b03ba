//! The command server: answers the PCF commands that programs put to `SYSTEM.ADMIN.COMMAND.QUEUE`, through the same verbs as
//! any application. It knows nothing of sockets and nothing of how queues work.
//!
//! Commands and parameters are those of IBM's *Programmable command formats reference*.
//!
//! # Layout
//! In the order in which a command passes: `wire` (bytes to parameters and back), `request` (what a command's parameters say),
//! `inquire` and `change` (what commands do), `server` (gets commands and puts answers).

mod wire;
mod request;
mod inquire;
mod change;
pub(crate) mod server;

pub use wire::{Content, Header, Malformed, Order, Parameter, read, write};

/// The queue that commands are put to.
pub const COMMAND_QUEUE: &str = "SYSTEM.ADMIN.COMMAND.QUEUE";

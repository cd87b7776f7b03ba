//! `libmqm_r.so` for devqm: the MQI C ABI over devqm's native door.
//!
//! It does nothing clever: a verb is read out of the caller's memory, sent over the connection's socket, and its reply
//! written back. Message handles and their properties live here, because in IBM's client they do too.
//!
//! # Layout
//!
//! * `exports`: the 26 entry points, each behind one boundary that catches whatever unwinds.
//! * `connection`: connection handles, how threads share them, how devqm is found.
//! * `properties`: message handles.
//! * `structures`: MQI structures by version. `memory`: the only reading and writing through callers' pointers.

mod exports;
mod connection;
mod properties;
mod structures;
mod memory;
mod codes;

pub use exports::*;

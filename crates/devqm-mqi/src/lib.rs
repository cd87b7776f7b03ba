//! `libmqm_r.so` for devqm: the MQI C ABI over devqm's native door.
//!
//! It does nothing clever: a verb is read out of the caller's memory, sent over the connection's socket, and its reply
//! written back. Message handles and their properties live here, because in IBM's client they do too.
//!
//! # Layout
//!
//! * `exports`: the 26 entry points; `bags`: those of the MQAI, which only exist. `boundary`: what each of them passes through, and how a call ends.
//! * `connection`, `objects`, `messages`, `properties`, `consuming`, `status`,
//!   `subscriptions`, `conversion`: the verbs.
//! * `definition`, `ccdt`: where a queue manager is to be found. `security`, `repository`: TLS. `handles`: connection handles and how threads share them.
//! * `structures`: MQI structures by version. `memory`: the only reading and writing through callers' pointers.
//! * `field`: what stands in structures' fields. `charset`: the text that callers pass.

mod exports;
mod bags;
mod boundary;
mod connection;
mod objects;
mod messages;
mod properties;
mod consuming;
mod status;
mod subscriptions;
mod conversion;
mod definition;
mod ccdt;
mod security;
mod repository;
mod handles;
mod structures;
mod memory;
mod field;
mod charset;

pub use bags::*;
pub use exports::*;

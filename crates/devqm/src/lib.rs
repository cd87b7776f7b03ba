//! devqm: a development queue manager, a small durable stand-in for IBM MQ on a laptop and in CI.
//!
//! It speaks the MQI's verbs (queues, handles, units of work, browsing, waiting) with IBM MQ's reason codes, keeps what was
//! committed on disk, and reads MQSC. It is no replacement for IBM MQ: `docs/devqm.md` says what it does not do.
//!
//! # Layout
//! In the order in which a call passes them:

#![forbid(unsafe_code)]

pub mod verbs;
pub mod rfh2;
pub mod tls;
pub mod native;
pub mod faults;
pub mod selector;
pub mod mqsc;
pub mod engine;
pub mod store;
pub mod shelf;
pub mod users;
pub mod pcf;
mod server;
mod caller;
mod door;
pub mod channel;
pub mod serve;

//! mqgate: carries payments between IBM MQ and HTTP services, and loses none.
//!
//! # Layout
//!
//! In the order a message passes them:
//!
//! * [`bridge`]: one turn: get, translate, route, dispatch, decide, end.
//! * [`disposition`]: what to do with a message after an attempt; pure.
//! * [`history`], [`outage`]: what was tried before; which destinations are out.
//! * [`failure`]: the one vocabulary between the stages.
//! * [`message`], [`inbound`]: the nouns; a message as it came.
//! * [`translate`]: bytes to document; pure.
//! * [`route`]: document to destination; pure.
//! * [`dispatch`]: the HTTP exchange; the only file that knows reqwest.
//! * [`park`]: what is put aside, with its evidence.
//! * [`consumer`], [`supervisor`], [`stop`]: the threads, and the life of the process.
//! * [`admin`], [`telemetry`]: health, metrics, logs.
//! * [`settings`], [`cli`]: what a person typed, and what the program runs on.

#![forbid(unsafe_code)]

pub mod bridge;
pub mod disposition;
pub mod history;
pub mod outage;
pub mod failure;
pub mod message;
pub mod inbound;
pub mod translate;
pub mod route;
pub mod dispatch;
pub mod park;
pub mod consumer;
pub mod supervisor;
pub mod stop;
pub mod admin;
pub mod telemetry;
pub mod settings;
pub mod cli;

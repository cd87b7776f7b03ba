//! mqgate: carries payments between IBM MQ and HTTP services, and loses none.
//!
//! # Layout
//!
//! In the order a message passes them:
//!
//! * [`bridge`]: one turn: get, translate, route, dispatch, decide, end. [`lane`]: what it needs. [`pick`]: which message.
//! * [`disposition`]: what to do with a message before and after an attempt; pure.
//! * [`history`], [`outage`], [`gate`]: what was tried before; which destinations are out; which sources are paused.
//! * [`failure`]: the one vocabulary between the stages.
//! * [`message`], [`inbound`]: the nouns; a message as it came.
//! * [`translate`]: bytes to document; pure.
//! * [`route`]: document to destination; pure.
//! * [`dispatch`]: the HTTP exchange; the only file that knows reqwest.
//! * [`park`], [`evidence`]: messages moved to our own queues, and what stands beside them there.
//! * [`audit`], [`totals`]: a record of each message; what was got and what became of it.
//! * [`parked`], [`explain`]: what operators do with parked messages, for [`cli`] and [`admin`]; the story of a message.
//! * [`consumer`], [`watch`], [`supervisor`], [`stop`]: the threads, and the life of the process.
//! * [`admin`], [`telemetry`]: health, metrics, logs.
//! * [`settings`], [`cli`]: what a person typed, and what the program runs on.

#![forbid(unsafe_code)]

pub mod bridge;
pub mod lane;
pub mod pick;
pub mod disposition;
pub mod history;
pub mod outage;
pub mod gate;
pub mod failure;
pub mod message;
pub mod inbound;
pub mod translate;
pub mod route;
pub mod dispatch;
pub mod park;
pub mod evidence;
pub mod audit;
pub mod totals;
pub mod parked;
pub mod explain;
pub mod consumer;
pub mod watch;
pub mod supervisor;
pub mod stop;
pub mod admin;
pub mod telemetry;
pub mod settings;
pub mod cli;

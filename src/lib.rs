//! mqgate: carries payments between IBM MQ and HTTP services, and loses none.
//!
//! # Layout
//!
//! * [`message`]: the nouns.

#![forbid(unsafe_code)]

pub mod message;

//! The parts that tests put together: a queue manager, a service, the gateway between them, and a client on the far side.
//!
//! Everything runs on free ports of 127.0.0.1 and in folders of its own, ends with the test that started it, and is waited
//! for by condition, never by time. mqgate and devqm are the real programs; messages go through the real client library.

pub(crate) mod wait;
pub(crate) mod port;
pub(crate) mod program;
pub(crate) mod payment;
pub(crate) mod devqm;
pub(crate) mod client;
pub(crate) mod service;
pub(crate) mod hostile;
pub(crate) mod settings;
pub(crate) mod gateway;

pub(crate) use client::Put;
pub(crate) use devqm::Devqm;
pub(crate) use gateway::Gateway;
pub(crate) use hostile::{Deed, Hostile};
pub(crate) use payment::Payment;
pub(crate) use service::{Answer, Request, Service};
pub(crate) use settings::Settings;
pub(crate) use wait::eventually;

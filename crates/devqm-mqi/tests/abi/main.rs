//! The MQI as a C program meets it: `libmqm_r.so`'s entry points over a real `devqm` process.

// Clippy allows `unwrap` in what is for tests only.
#![cfg(test)]

mod harness;
mod mqi;
mod program;
mod library;
mod versions;
mod nulls;
mod connecting;
#[path = "../../../devqm/tests/program/certificates.rs"]
mod certificates;
mod tls;
mod sharing;
mod messages;
mod callbacks;
mod setting;
mod forms;
mod reports;
mod groups;
mod topics;
mod converting;
mod properties;
mod attributes;
mod fuzz;

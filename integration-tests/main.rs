//! mqgate from outside: the real program between a queue manager and a service, each a process or a socket of its own.
//!
//! `harness` has the parts; each other module is one side of what mqgate promises.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

mod harness;
mod delivery;
mod parking;
mod segments;
mod operators;
mod outage;
mod table;
mod night;
mod life;
mod crash;
mod faults;
mod sweep;
mod soak;
mod driver;
mod node;
mod python;
mod java;
mod translate;
mod formats;

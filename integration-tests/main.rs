//! mqgate from outside: the real program between a queue manager and a service, each a process or a socket of its own.
//!
//! `harness` has the parts; each other module is one side of what mqgate promises.

mod harness;
mod driver;
mod abi;
mod node;
mod life;
mod crash;
mod outage;
mod parking;
mod delivery;

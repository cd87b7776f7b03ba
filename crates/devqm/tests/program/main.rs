//! The program from outside: a real process, real sockets, a real data folder, and a real `kill -9`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

mod harness;
mod durability;
mod capacity;
mod behaviour;
mod refusals;
mod commands;
mod authority;
mod status;
mod faults;
mod channel_client;
mod channel;
mod certificates;
mod tls;
mod large;
mod fuzz;
mod rfh2;

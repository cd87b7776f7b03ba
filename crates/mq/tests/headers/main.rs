//! MQ headers in front of messages: what is read, what is written, and those that nobody should send.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

mod chain;
mod reading;
mod writing;
mod layout;
mod fuzz;

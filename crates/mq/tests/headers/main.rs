//! MQ headers that nobody should send.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

mod chain;
mod fuzz;

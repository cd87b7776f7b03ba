//! Whatever comes to the doors of mqgate that are not messages: the answers of services, and settings.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

#[path = "fuzz/fuzz_answers.rs"]
mod fuzz_answers;
#[path = "fuzz/fuzz_settings.rs"]
mod fuzz_settings;

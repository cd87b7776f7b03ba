//! Input that nobody would send, for tests, and what reading it costs.
//!
//! `MQGATE_FUZZ_CASES` is how many cases each test runs (without it few, so that tests stay quick), `MQGATE_FUZZ_SEED` the
//! seed of the first; a case that fails prints its own. All tests that use this have `fuzz` in their path, so that
//! `cargo test --workspace fuzz` is all of them.
//!
//! Here are a generator and a mutator of bytes and no framework for properties: the inputs are bytes, what must hold of
//! them is written by hand at each test, and a seed replays a case without files that remember it.
//!
//! # Layout
//!
//! * `cases`: cases and their seeds. `random`: random numbers and mutated bytes.
//! * `work`: what reading costs, counted.

mod cases;
mod random;
mod work;

pub use cases::each_case;
pub use random::{Random, mutated};
pub use work::{Shape, allocations, assert_in_proportion, bytes_at_once};

//! The ISO 20022 translation as a whole: our fixtures, messages that must be refused, and a corpus of real samples where
//! there is one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test a broken assumption is a failed test"
)]

#[path = "translation/support.rs"]
mod support;
#[path = "translation/walk.rs"]
mod walk;
#[path = "translation/accepted.rs"]
mod accepted;
#[path = "translation/refused.rs"]
mod refused;
#[path = "translation/corpus.rs"]
mod corpus;
#[path = "translation/back.rs"]
mod back;
#[path = "translation/plain.rs"]
mod plain;
#[path = "translation/robust.rs"]
mod robust;
#[path = "translation/fuzz.rs"]
mod fuzz;
#[path = "translation/iso8583.rs"]
mod iso8583;

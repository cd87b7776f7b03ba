//! The translation of every format as a whole: our fixtures, messages that must be refused, judges, and a corpus of real
//! samples where there is one.

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
#[path = "translation/schema.rs"]
mod schema;
#[path = "translation/plain.rs"]
mod plain;
#[path = "translation/robust.rs"]
mod robust;
#[path = "translation/fuzz.rs"]
mod fuzz;
#[path = "translation/fixed_width.rs"]
mod fixed_width;
#[path = "translation/fixed_width_corpus.rs"]
mod fixed_width_corpus;
#[path = "translation/fixed_width_fuzz.rs"]
mod fixed_width_fuzz;
#[path = "translation/fixed_width_docs.rs"]
mod fixed_width_docs;
#[path = "translation/fixed_width_judge.rs"]
mod fixed_width_judge;
#[path = "translation/iso8583.rs"]
mod iso8583;
#[path = "translation/swift_mt.rs"]
mod swift_mt;

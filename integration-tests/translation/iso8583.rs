//! ISO 8583 as a whole: our fixtures, messages that must be refused, a corpus of real samples where there is one, other
//! people's readers as judges, and whatever else may come.

#[path = "iso8583/support.rs"]
mod support;
#[path = "iso8583/specification.rs"]
mod specification;
#[path = "iso8583/corpus.rs"]
mod corpus;
#[path = "iso8583/expected.rs"]
mod expected;

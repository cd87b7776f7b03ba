//! ISO 8583 as a whole: our fixtures, messages that must be refused, the tutorial, a corpus of real samples where there is
//! one, other people's readers as judges, and whatever else may come.

#[path = "iso8583/support.rs"]
mod support;
#[path = "iso8583/fixtures.rs"]
mod fixtures;
#[path = "iso8583/rules.rs"]
mod rules;
#[path = "iso8583/tutorial.rs"]
mod tutorial;
#[path = "iso8583/specification.rs"]
mod specification;
#[path = "iso8583/corpus.rs"]
mod corpus;
#[path = "iso8583/expected.rs"]
mod expected;
#[path = "iso8583/judges.rs"]
mod judges;
#[path = "iso8583/fuzz.rs"]
mod fuzz;

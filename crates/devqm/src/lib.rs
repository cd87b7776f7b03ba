//! devqm: a development queue manager.
//!
//! # Layout
//! To be completed.

pub mod verbs;
pub mod native;

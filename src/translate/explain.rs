//! An annotated dump of a message: what each run of bytes is. For people, when a scheme changes its format.

use super::Refusal;

/// What the bytes of a message are, as far as they can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// In the order of the bytes. A piece may contain the ones after it, which are then deeper.
    pub pieces: Vec<Piece>,
    /// Why the rest could not be read.
    pub refusal: Option<Refusal>,
}

/// One run of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins in the input as it came.
    pub offset: usize,
    /// How many bytes it has.
    pub length: usize,
    /// How many pieces it is within.
    pub depth: usize,
    /// What it is called in the document: `mti`, `3`, `48.SE61`, `4/32A`, `detail.amount`.
    pub element: String,
    /// Its name for people; empty where it has none.
    pub name: String,
    /// Its value in the document, masked where it is to be; empty for what only contains others.
    pub value: String,
    /// Its value is masked: its bytes must not be shown either.
    pub masked: bool,
}

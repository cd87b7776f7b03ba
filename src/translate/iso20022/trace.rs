//! What the parser passes, noted for people: each element with where it stands and, of a leaf, its text.

use ccsid::Decoded;

use super::sensitive;
use crate::translate::Piece;
use crate::translate::mask::Show;

/// The elements so far. Offsets are those of the decoded text until [`Trace::pieces`].
#[derive(Debug)]
pub(super) struct Trace<'a> {
    show: Show,
    pieces: Vec<Piece>,
    /// The open elements: their names and places among the pieces.
    open: Vec<(&'a str, usize)>,
}

impl<'a> Trace<'a> {
    pub(super) fn new(show: Show) -> Self {
        Self { show, pieces: Vec::new(), open: Vec::new() }
    }

    pub(super) fn open(&mut self, name: &'a str, offset: usize) {
        self.pieces.push(Piece {
            offset,
            length: 0,
            depth: self.open.len(),
            element: name.to_owned(),
            name: String::new(),
            value: String::new(),
            masked: false,
        });
        self.open.push((name, self.pieces.len() - 1));
    }

    /// Ends the innermost element; `text` is what a leaf holds.
    pub(super) fn close(&mut self, end: usize, text: String) {
        let Some((name, place)) = self.open.pop() else { return };
        let is_leaf = place + 1 == self.pieces.len();
        let ancestors = self.open.iter().rev().map(|(name, _)| *name);
        let mark = sensitive::mark(name, ancestors, text.contains('<')).filter(|_| self.show == Show::Masked);
        let Some(piece) = self.pieces.get_mut(place) else { return };
        piece.length = end - piece.offset;
        if is_leaf {
            piece.masked = mark.is_some();
            piece.value = mark.map_or_else(|| text.clone(), |mark| mark.apply(&text));
        }
    }

    /// What was passed, with the offsets of the input as it came. What is still open has no length.
    pub(super) fn pieces(mut self, decoded: &Decoded<'_>) -> Vec<Piece> {
        let mut places: Vec<usize> =
            self.pieces.iter().flat_map(|piece| [piece.offset, piece.offset + piece.length]).collect();
        places.sort_unstable();
        places.dedup();
        let origins = decoded.origins(&places);
        let origin = |place: usize| {
            places.binary_search(&place).ok().and_then(|index| origins.get(index)).copied().unwrap_or(place)
        };
        for piece in &mut self.pieces {
            let end = origin(piece.offset + piece.length);
            piece.offset = origin(piece.offset);
            piece.length = end - piece.offset;
        }
        self.pieces
    }
}

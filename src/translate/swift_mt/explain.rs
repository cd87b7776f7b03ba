//! A text and where its fields stand → the pieces of an annotated dump.

use ccsid::Decoded;

use super::super::mask::{Mask, Show};
use super::super::{Explanation, Piece, Refusal};
use super::line_ends::LineEnds;
use super::notation::Capture;
use super::scan::{Block, Content, Field, Message, Scan, Span};
use super::table::{Format, TABLE};

/// Tells the pieces of whatever was read.
pub(super) fn explain(
    decoded: &Decoded<'_>,
    scan: &Scan,
    ends: LineEnds,
    show: Show,
    refusal: Option<Refusal>,
) -> Explanation {
    let mut pieces = Pieces { text: &decoded.text, scan, ends, show, pieces: Vec::new() };
    for message in &scan.messages {
        pieces.message(message);
    }
    let mut pieces = pieces.pieces;
    to_bytes(&mut pieces, decoded);
    Explanation { pieces, refusal }
}

/// Offsets and lengths in the text become those in the bytes as they came.
fn to_bytes(pieces: &mut [Piece], decoded: &Decoded<'_>) {
    let mut places: Vec<usize> =
        pieces.iter().flat_map(|piece| [piece.offset, piece.offset + piece.length]).collect();
    places.sort_unstable();
    places.dedup();
    let bytes = decoded.origins(&places);
    let byte = |place: usize| {
        let found = places.binary_search(&place).ok().and_then(|index| bytes.get(index));
        found.copied().unwrap_or_default()
    };
    for piece in pieces {
        let end = byte(piece.offset + piece.length);
        piece.offset = byte(piece.offset);
        piece.length = end - piece.offset;
    }
}

struct Pieces<'a> {
    text: &'a str,
    scan: &'a Scan,
    ends: LineEnds,
    show: Show,
    pieces: Vec<Piece>,
}

impl Pieces<'_> {
    fn message(&mut self, message: &Message) {
        let blocks = self.scan.blocks_of(message);
        if message.before.start < message.before.end {
            self.add(message.before, 0, "before".into(), "", message.before.of(self.text), false);
        }
        for block in blocks {
            self.block(block, message.bare);
        }
        if message.after.start < message.after.end {
            self.add(message.after, 0, "after".into(), "", message.after.of(self.text), false);
        }
    }

    fn block(&mut self, block: &Block, bare: bool) {
        let id = char::from(block.id);
        let depth = usize::from(!bare);
        if let Content::Text(span) = block.content
            && block.fields.0 == block.fields.1
        {
            let format = TABLE.format(&format!("{{{id}}}"));
            let name = format.map_or("", |format| format.name.as_str());
            self.add(block.span, 0, id.to_string(), name, span.of(self.text), false);
            if let Some(format) = format {
                self.components(format, span, &id.to_string(), 1);
            }
            return;
        }
        if !bare {
            self.add(block.span, 0, id.to_string(), block_name(block.id), "", self.show == Show::Masked);
        }
        for field in self.scan.fields_of(block) {
            self.field(block, field, depth);
        }
    }

    fn field(&mut self, block: &Block, field: &Field, depth: usize) {
        let tag = field.tag.of(self.text);
        let element = format!("{}/{tag}", char::from(block.id));
        let span = Span { start: field.tag.start - 1, end: field.value.end };
        let format = TABLE.format(tag);
        let lines = matches!(block.content, Content::Lines { .. });
        let masked = format.map_or(lines, Format::is_masked);
        let name = format.map_or("", |format| format.name.as_str());
        self.add(span, depth, element.clone(), name, field.value.of(self.text), masked);
        if let Some(format) = format {
            self.components(format, field.value, &element, depth + 1);
        }
    }

    fn components(&mut self, format: &Format, value: Span, element: &str, depth: usize) {
        let mut captures: Vec<Capture> = Vec::new();
        let Some(notation) = format.find(value.of(self.text), &mut captures) else { return };
        for capture in captures {
            let Some(name) = notation.names.get(capture.name) else { continue };
            let span = Span { start: value.start + capture.start, end: value.start + capture.end };
            let element = format!("{element}/{}", name.text);
            self.add(span, depth, element, "", span.of(self.text), name.masked);
        }
    }

    fn add(&mut self, span: Span, depth: usize, element: String, name: &str, value: &str, masked: bool) {
        let masked = masked && self.show == Show::Masked;
        let value = self.ends.read(value);
        let value = if masked { Mask::Whole.apply(&value) } else { value.into_owned() };
        let (offset, length) = (span.start, span.end.saturating_sub(span.start));
        self.pieces.push(Piece { offset, length, depth, element, name: name.to_owned(), value, masked });
    }
}

fn block_name(id: u8) -> &'static str {
    match id {
        b'3' => "User header",
        b'4' => "Text",
        b'5' => "Trailers",
        b'S' => "System trailers",
        _ => "",
    }
}

//! An explanation as a table for people.

use std::fmt::Write as _;

use crate::translate::{Explanation, Piece};

/// How many bytes of a piece are shown.
const RAW_BYTES: usize = 12;
/// How many characters of a value are shown.
const VALUE_CHARACTERS: usize = 72;

/// A line for each piece; `start` is where the body begins in the file.
pub(super) fn table(explanation: &Explanation, body: &[u8], start: usize) -> String {
    let rows: Vec<[String; 6]> = explanation.pieces.iter().map(|piece| row(piece, body, start)).collect();
    let titles = ["offset", "length", "element", "name", "bytes", "value"].map(str::to_owned);
    let mut widths = [0; 6];
    for row in std::iter::once(&titles).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&titles).chain(&rows) {
        let mut line = String::new();
        for (number, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Numbers stand to the right.
            let _ =
                if number < 2 { write!(line, "{cell:>width$}  ") } else { write!(line, "{cell:width$}  ") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(piece: &Piece, body: &[u8], start: usize) -> [String; 6] {
    [
        (piece.offset + start).to_string(),
        piece.length.to_string(),
        format!("{}{}", "  ".repeat(piece.depth), piece.element),
        piece.name.clone(),
        raw(piece, body),
        value(&piece.value),
    ]
}

fn raw(piece: &Piece, body: &[u8]) -> String {
    if piece.masked {
        return "**".to_owned();
    }
    let bytes = body.get(piece.offset..piece.offset + piece.length).unwrap_or_default();
    // What only contains others is shown by them.
    if piece.value.is_empty() && bytes.len() > RAW_BYTES {
        return String::new();
    }
    match bytes.get(..RAW_BYTES) {
        Some(first) if bytes.len() > RAW_BYTES => format!("{}…", hex::encode_upper(first)),
        _ => hex::encode_upper(bytes),
    }
}

fn value(value: &str) -> String {
    let escaped = value.escape_debug().to_string();
    match escaped.char_indices().nth(VALUE_CHARACTERS) {
        Some((end, _)) => format!("{}…", escaped.get(..end).unwrap_or_default()),
        None => escaped,
    }
}

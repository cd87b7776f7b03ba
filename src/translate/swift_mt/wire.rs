//! What a document says of the way its message was written, only where that is not as usual: the member `wire`.

use super::super::json;
use super::document::Writer;
use super::kind::Reading;
use super::line_ends::LineEnds;
use super::scan::{Block, Content, Span};

/// How a message with blocks is written where nothing else is said.
pub(super) const BEGIN: &str = "\n";
pub(super) const END: &str = "\n-}";
/// How block 4 ends that has no fields: its line end is that of its beginning.
pub(super) const END_EMPTY: &str = "-}";
/// How a statement without blocks ends.
pub(super) const END_BARE: &str = "\n-";

/// Writes the member, if there is anything to say.
pub(super) fn write(writer: &mut Writer<'_>, reading: Reading<'_>) {
    let start = writer.out.len();
    writer.raw(b",\"wire\":{");
    let empty = writer.out.len();
    if reading.message.bare {
        member(writer, "form", "bare");
    }
    spans(writer, reading);
    for block in reading.scan.blocks_of(reading.message) {
        of_block(writer, reading, block);
    }
    if writer.out.len() == empty {
        writer.out.truncate(start);
    } else {
        writer.raw(b"}");
    }
}

/// Whether block 4 has entries, and not lines, where nothing else is said: in messages to and from the network itself.
pub(super) fn has_entries(block_1: Option<&str>, number: Option<&str>) -> bool {
    let service = block_1.and_then(|text| text.get(1..3));
    service.is_some_and(|service| service != "01") || number.is_some_and(|number| number.starts_with('0'))
}

/// What stands before blocks and after the last.
fn spans(writer: &mut Writer<'_>, reading: Reading<'_>) {
    let message = reading.message;
    let mut before = message.before;
    let mut any = false;
    for block in reading.scan.blocks_of(message) {
        before.end = block.span.start;
        if before.start < before.end {
            if !any {
                writer.member("before");
                writer.raw(b"{");
                any = true;
            }
            writer.member(char::from(block.id).encode_utf8(&mut [0; 4]));
            writer.value(before);
        }
        before.start = block.span.end;
    }
    if any {
        writer.raw(b"}");
    }
    if message.after.start < message.after.end {
        writer.member("after");
        writer.value(message.after);
    }
}

fn of_block(writer: &mut Writer<'_>, reading: Reading<'_>, block: &Block) {
    match block.content {
        Content::Text(_) => {}
        Content::Entries(span) => {
            if block.id == b'4' && !usual_entries(reading) {
                member(writer, "block4", "entries");
            }
            inside(writer, reading, block, span);
        }
        Content::Lines { begin, end } => {
            if block.id == b'4' && !reading.message.bare && usual_entries(reading) {
                member(writer, "block4", "lines");
            }
            lines(writer, reading, block, begin, end);
        }
    }
    if !block.closed {
        member(writer, "open", char::from(block.id).encode_utf8(&mut [0; 4]));
    }
}

fn usual_entries(reading: Reading<'_>) -> bool {
    has_entries(reading.block(b'1').map(|block| block.text(reading.text)), reading.number())
}

fn lines(writer: &mut Writer<'_>, reading: Reading<'_>, block: &Block, begin: Span, end: Span) {
    let bare = reading.message.bare;
    let begin = writer.ends.read(begin.of(reading.text));
    if begin != if bare { "" } else { BEGIN } {
        member(writer, "begin", &begin);
    }
    if writer.ends == LineEnds::Mixed {
        between(writer, reading, block);
    }
    let end = writer.ends.read(end.of(reading.text));
    if end != usual_end(bare, block.fields.0 == block.fields.1) {
        member(writer, "end", &end);
    }
}

/// The line ends between fields, where they are not all the same.
fn between(writer: &mut Writer<'_>, reading: Reading<'_>, block: &Block) {
    writer.member("between");
    writer.raw(b"[");
    for (index, pair) in reading.scan.fields_of(block).windows(2).enumerate() {
        let [before, after] = pair else { continue };
        if index > 0 {
            writer.raw(b",");
        }
        writer.value(Span { start: before.value.end, end: after.tag.start - 1 });
    }
    writer.raw(b"]");
}

/// What stands after the last value where nothing else is said.
pub(super) fn usual_end(bare: bool, empty: bool) -> &'static str {
    match (bare, empty) {
        (true, _) => END_BARE,
        (false, true) => END_EMPTY,
        (false, false) => END,
    }
}

/// What stands before, between and after entries, if anything does.
fn inside(writer: &mut Writer<'_>, reading: Reading<'_>, block: &Block, span: Span) {
    let start = writer.out.len();
    writer.member(&format!("inside{}", char::from(block.id)));
    writer.raw(b"[");
    let mut from = span.start;
    let mut any = false;
    for field in reading.scan.fields_of(block) {
        let gap = Span { start: from, end: field.tag.start - 1 };
        any |= gap.start < gap.end;
        writer.value(gap);
        writer.raw(b",");
        from = field.value.end + 1;
    }
    any |= from < span.end;
    writer.value(Span { start: from, end: span.end });
    writer.raw(b"]");
    if !any {
        writer.out.truncate(start);
    }
}

fn member(writer: &mut Writer<'_>, name: &str, value: &str) {
    writer.member(name);
    json::string(&mut writer.out, value);
}

//! What a document says of the way its message was written, only where that is not as usual: the member `wire`.

use super::super::json;
use super::document::Writer;
use super::kind::Reading;
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
        if before.start < before.end {
            if any {
                writer.raw(b",");
            } else {
                comma(writer);
                writer.raw(b"\"before\":{");
                any = true;
            }
            writer.raw(b"\"");
            writer.out.push(block.id);
            writer.raw(b"\":");
            writer.value(before);
        }
        let next = reading.scan.blocks_of(message).iter().find(|next| next.span.start >= block.span.end);
        before = Span { start: block.span.end, end: next.map_or(block.span.end, |next| next.span.start) };
    }
    if any {
        writer.raw(b"}");
    }
    if message.after.start < message.after.end {
        comma(writer);
        writer.raw(b"\"after\":");
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
        let id = [block.id];
        member(writer, "open", std::str::from_utf8(&id).unwrap_or_default());
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
    let end = writer.ends.read(end.of(reading.text));
    if end != usual_end(bare, block.fields.0 == block.fields.1) {
        member(writer, "end", &end);
    }
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
    comma(writer);
    writer.raw(b"\"inside");
    writer.out.push(block.id);
    writer.raw(b"\":[");
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
    comma(writer);
    json::string(&mut writer.out, name);
    writer.raw(b":");
    json::string(&mut writer.out, value);
}

/// A comma, unless this is the first member.
fn comma(writer: &mut Writer<'_>) {
    if writer.out.last() != Some(&b'{') {
        writer.raw(b",");
    }
}

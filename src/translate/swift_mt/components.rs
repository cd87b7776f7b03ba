//! Values → their components, by the table of formats, written by tag: `{"32A":[{"at":"2","valueDate":…}]}`.

use super::super::json;
use super::super::mask::{Mask, Show};
use super::document::Writer;
use super::notation::{Capture, Name, Notation};
use super::parts::Parts;
use super::scan::{Block, Content, Fault, Field, Span};
use super::table::{Format, TABLE};

/// Fields of one tag are a chain: from its head on, each names the next. What is here is used again for every block.
#[derive(Debug, Default)]
pub(super) struct Components {
    captures: Vec<Capture>,
    /// By number in the table: the last field of a tag.
    last: Vec<usize>,
    /// By number in the block: the next field of the same tag.
    next: Vec<usize>,
    /// The tags that the block has, in the order of their first fields: their numbers in the table, and those fields.
    order: Vec<(u16, usize)>,
}

/// What room is made for at first.
const CAPTURES_USUAL: usize = 16;

/// No field follows.
const NONE: usize = usize::MAX;

impl Components {
    /// Writes those of block 1 or 2; false where there is nothing to write.
    pub(super) fn text(&mut self, writer: &mut Writer<'_>, id: u8, span: Span) -> bool {
        let tag = match id {
            b'1' => "{1}",
            b'2' => "{2}",
            _ => return false,
        };
        let Some(format) = TABLE.format(tag) else { return false };
        writer.raw(b"{");
        self.value(writer, format, span, true);
        true
    }

    /// Writes those of a block's fields, by tag; false where there are none.
    ///
    /// # Errors
    /// The document is over its limit.
    pub(super) fn fields(&mut self, writer: &mut Writer<'_>, block: &Block) -> Result<bool, Fault> {
        let scan = writer.scan;
        let fields = scan.fields_of(block);
        self.chain(fields);
        writer.raw(b"{");
        let order = std::mem::take(&mut self.order);
        for (position, (number, first)) in order.iter().enumerate() {
            self.tag(writer, block, fields, (*number, *first), position > 0)?;
        }
        self.order = order;
        writer.raw(b"}");
        Ok(!self.order.is_empty())
    }

    /// Finds the fields of each tag that the table knows.
    fn chain(&mut self, fields: &[Field]) {
        for (number, _) in self.order.drain(..) {
            if let Some(last) = self.last.get_mut(usize::from(number)) {
                *last = NONE;
            }
        }
        self.last.resize(TABLE.len(), NONE);
        self.order.reserve(fields.len());
        self.captures.reserve(CAPTURES_USUAL);
        self.next.clear();
        self.next.resize(fields.len(), NONE);
        for (at, field) in fields.iter().enumerate() {
            let Some(number) = field.format else { continue };
            let Some(last) = self.last.get_mut(usize::from(number)) else { continue };
            match self.next.get_mut(*last) {
                Some(next) => *next = at,
                None => self.order.push((number, at)),
            }
            *last = at;
        }
    }

    /// One tag with all of its fields.
    fn tag(
        &mut self,
        writer: &mut Writer<'_>,
        block: &Block,
        fields: &[Field],
        (number, first): (u16, usize),
        comma: bool,
    ) -> Result<(), Fault> {
        let Some(format) = TABLE.get(Some(number)) else { return Ok(()) };
        if comma {
            format.open.write(&mut writer.out);
        } else {
            writer.raw(format.open.as_bytes().get(1..).unwrap_or_default());
        }
        let mut at = first;
        while let Some(field) = fields.get(at) {
            if at != first {
                writer.raw(b",{\"at\":\"");
            }
            decimal(&mut writer.out, at);
            self.value(writer, format, field.value, false);
            writer.check(field.value, block.id, field.tag)?;
            at = self.next.get(at).copied().unwrap_or(NONE);
        }
        writer.raw(b"]");
        Ok(())
    }

    /// The components of one value, or what it should have been, and the end of the object; `first`: in an object that has
    /// nothing yet, and not after the text of another member.
    fn value(&mut self, writer: &mut Writer<'_>, format: &Format, span: Span, mut first: bool) {
        let Some(notation) = format.find(span.of(writer.text), &mut self.captures) else {
            writer.raw(if first { b"\"unmatched\":" } else { b"\",\"unmatched\":" });
            json::string(&mut writer.out, &format.plain);
            return writer.raw(b"}");
        };
        for capture in &self.captures {
            let Some(name) = notation.names.get(capture.name) else { continue };
            if first {
                writer.raw(name.member.as_bytes().get(2..).unwrap_or_default());
                first = false;
            } else {
                name.member.write(&mut writer.out);
            }
            component(
                writer,
                name,
                Span { start: span.start + capture.start, end: span.start + capture.end },
            );
        }
        // A list ends itself, and is the last component.
        writer.raw(if notation.is_list() { b"}" } else { b"\"}" });
    }

    /// A value as a person is shown it who must not see everything.
    pub(super) fn shown(&mut self, field: &Field, text: &str, block: &Block) -> String {
        let value = field.value.of(text);
        let Some(format) = TABLE.get(field.format) else {
            // What a field of lines holds that nobody knows may be a name.
            let lines = matches!(block.content, Content::Lines { .. });
            return if lines { Mask::Whole.apply(value) } else { value.to_owned() };
        };
        match format.find(value, &mut self.captures) {
            Some(notation) => masked(notation, &self.captures, value),
            None if format.is_masked() => Mask::Whole.apply(value),
            None => value.to_owned(),
        }
    }
}

/// A value with its masked components masked.
fn masked(notation: &Notation, captures: &[Capture], value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    let mut at = 0;
    for capture in captures {
        let hidden = notation.names.get(capture.name).is_some_and(|name| name.masked);
        if hidden && capture.start >= at {
            shown.push_str(value.get(at..capture.start).unwrap_or_default());
            shown.push_str(&Mask::Whole.apply(value.get(capture.start..capture.end).unwrap_or_default()));
            at = capture.end;
        }
    }
    shown.push_str(value.get(at..).unwrap_or_default());
    shown
}

/// A component, without the quote that ends it.
fn component(writer: &mut Writer<'_>, name: &Name, span: Span) {
    if let Some(parts) = name.parts {
        return list(writer, parts, span.of(writer.text), name.masked);
    }
    if name.masked && writer.show == Show::Masked {
        writer.escaped(&Mask::Whole.apply(span.of(writer.text)));
    } else if name.plain || (name.single_line && writer.clean) {
        writer.copy(span.start, span.end);
    } else {
        writer.escaped(span.of(writer.text));
    }
    if let Some(decimal) = &name.decimal {
        decimal.write(&mut writer.out);
        plain_decimal(&mut writer.out, span.of(writer.text));
    }
}

fn list(writer: &mut Writer<'_>, parts: Parts, text: &str, masked: bool) {
    for (index, part) in parts.items(text).enumerate() {
        writer.raw(if index > 0 { b",{\"code\":\"" } else { b"{\"code\":\"" });
        writer.raw(part.code.as_bytes());
        writer.raw(b"\",\"text\":\"");
        for (index, line) in parts.lines(part.text).enumerate() {
            if index > 0 && parts.keeps_lines() {
                writer.raw(b"\\n");
            }
            writer.shown(line, masked);
        }
        writer.raw(b"\"}");
    }
    writer.raw(b"]");
}

/// `1275000,` as `1275000`, `,5` as `0.5`: the digits as they are, without zeros before them.
fn plain_decimal(out: &mut Vec<u8>, amount: &str) {
    let (whole, fraction) = amount.split_once(',').unwrap_or((amount, ""));
    let whole = whole.trim_start_matches('0');
    out.extend_from_slice(if whole.is_empty() { b"0" } else { whole.as_bytes() });
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

/// A number in decimal digits.
fn decimal(out: &mut Vec<u8>, number: usize) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut length = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_become_decimals_without_losing_a_digit() {
        for (amount, expected) in [
            ("1275000,", "1275000"),
            ("1,00", "1.00"),
            (",5", "0.5"),
            ("000000000147,64", "147.64"),
            ("0,", "0"),
            ("0000,000", "0.000"),
            ("100", "100"),
        ] {
            let mut out = Vec::new();
            plain_decimal(&mut out, amount);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for value in [0, 7, 10, 99_999, usize::MAX] {
            let mut out = Vec::new();
            decimal(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}

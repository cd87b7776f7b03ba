//! Values → their components, by the table of formats, written by tag: `{"32A":[{"at":"2","valueDate":…}]}`.

use super::super::json;
use super::super::mask::Mask;
use super::document::Writer;
use super::notation::{Capture, Name, Notation};
use super::parts::Parts;
use super::scan::{Block, Content, Fault, Field, Span};
use super::table::{Format, TABLE};

/// Fields of one tag are a chain: from its head on, each names the next. What is here is used again for every block.
#[derive(Debug, Default)]
pub(super) struct Components {
    captures: Vec<Capture>,
    /// By number in the table: the first and last field of a tag.
    chains: Vec<(usize, usize)>,
    /// By number in the block: the next field of the same tag.
    next: Vec<usize>,
    /// The tags that the block has, in the order of their first fields.
    order: Vec<usize>,
}

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
        self.value(writer, format, span.of(writer.text));
        writer.raw(b"}");
        true
    }

    /// Writes those of a block's fields, by tag; false where there are none.
    ///
    /// # Errors
    /// The document is over its limit.
    pub(super) fn fields(&mut self, writer: &mut Writer<'_>, block: &Block) -> Result<bool, Fault> {
        let scan = writer.scan;
        let fields = scan.fields_of(block);
        self.chain(fields, writer.text);
        writer.raw(b"{");
        for position in 0..self.order.len() {
            let Some(&index) = self.order.get(position) else { break };
            writer.raw(if position > 0 { b",\"" } else { b"\"" });
            self.tag(writer, block, fields, index)?;
        }
        writer.raw(b"}");
        Ok(!self.order.is_empty())
    }

    /// Finds the fields of each tag that the table knows.
    fn chain(&mut self, fields: &[Field], text: &str) {
        for index in self.order.drain(..) {
            if let Some(chain) = self.chains.get_mut(index) {
                *chain = (NONE, NONE);
            }
        }
        self.chains.resize(TABLE.len(), (NONE, NONE));
        self.next.clear();
        self.next.resize(fields.len(), NONE);
        for (at, field) in fields.iter().enumerate() {
            let Some(index) = TABLE.index(field.tag.of(text)) else { continue };
            let Some(chain) = self.chains.get_mut(index) else { continue };
            if chain.0 == NONE {
                chain.0 = at;
                self.order.push(index);
            } else if let Some(next) = self.next.get_mut(chain.1) {
                *next = at;
            }
            chain.1 = at;
        }
    }

    /// One tag with all of its fields.
    fn tag(
        &mut self,
        writer: &mut Writer<'_>,
        block: &Block,
        fields: &[Field],
        index: usize,
    ) -> Result<(), Fault> {
        let mut at = self.chains.get(index).map_or(NONE, |chain| chain.0);
        let (Some(format), Some(first)) = (TABLE.get(index), fields.get(at)) else { return Ok(()) };
        let tag = first.tag.of(writer.text);
        writer.raw(tag.as_bytes());
        writer.raw(b"\":[");
        while let Some(field) = fields.get(at) {
            if writer.out.last() == Some(&b'}') {
                writer.raw(b",");
            }
            writer.raw(b"{\"at\":\"");
            number(&mut writer.out, at);
            writer.raw(b"\"");
            self.value(writer, format, field.value.of(writer.text));
            writer.raw(b"}");
            writer.check(field.value, block.id, tag)?;
            at = self.next.get(at).copied().unwrap_or(NONE);
        }
        writer.raw(b"]");
        Ok(())
    }

    /// The components of one value, or what it should have been.
    fn value(&mut self, writer: &mut Writer<'_>, format: &Format, value: &str) {
        let Some(notation) = format.find(value, &mut self.captures) else {
            writer.member("unmatched");
            json::string(&mut writer.out, &format.plain);
            return;
        };
        for capture in &self.captures {
            let Some(name) = notation.names.get(capture.name) else { continue };
            writer.member(&name.text);
            let text = value.get(capture.start..capture.end).unwrap_or_default();
            component(writer, name, text);
        }
    }

    /// A value as a person is shown it who must not see everything.
    pub(super) fn shown(&mut self, field: &Field, text: &str, block: &Block) -> String {
        let value = field.value.of(text);
        let Some(format) = TABLE.format(field.tag.of(text)) else {
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

fn component(writer: &mut Writer<'_>, name: &Name, text: &str) {
    if let Some(parts) = name.parts {
        return list(writer, parts, text, name.masked);
    }
    writer.raw(b"\"");
    writer.shown(text, name.masked);
    writer.raw(b"\"");
    if let Some(decimal) = &name.decimal {
        writer.member(decimal);
        writer.raw(b"\"");
        plain_decimal(&mut writer.out, text);
        writer.raw(b"\"");
    }
}

fn list(writer: &mut Writer<'_>, parts: Parts, text: &str, masked: bool) {
    writer.raw(b"[");
    for part in parts.items(text) {
        writer.raw(if writer.out.last() == Some(&b'}') { b",{\"code\":\"" } else { b"{\"code\":\"" });
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

fn number(out: &mut Vec<u8>, number: usize) {
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
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}

//! Fields as lines that begin with `:tag:`, and where they end: in block 4, and in statements without any block.
//!
//! A line that begins with a colon but with no tag goes on with the field before it, and so does one whose tag may not
//! follow that field (`@after` in `fields.txt`).

use super::scan::{Content, Fault, Field, Scanner, Span, TAG_BYTES_MAX, is_tag_byte, path};
use super::search;
use super::table::TABLE;

/// The lines of one block.
pub(super) struct Lines<'s, 'a> {
    scanner: &'s mut Scanner<'a>,
    start: usize,
    /// The tag of the field that is being read, and its number in the table.
    open: Option<(Span, Option<u16>)>,
    /// It has had one line so far.
    single_line: bool,
    first_tag: Option<usize>,
    last_value_end: usize,
    /// There is no brace before this place, from the line on that is being read.
    next_brace: usize,
}

/// How a line of fields ends them.
enum End {
    /// The fields go on.
    No,
    /// The end mark, and what follows it.
    At { mark: usize, after: usize },
}

impl<'s, 'a> Lines<'s, 'a> {
    pub(super) fn new(scanner: &'s mut Scanner<'a>, start: usize) -> Self {
        Self {
            scanner,
            start,
            open: None,
            single_line: true,
            first_tag: None,
            last_value_end: start,
            next_brace: start,
        }
    }

    /// Those of block 4; where the block ends.
    pub(super) fn block(mut self) -> Result<usize, Fault> {
        let mut at = self.start;
        loop {
            let line_end = self.line_end(at);
            self.line(at, line_end)?;
            if let End::At { mark, after } = self.block_end(at, line_end) {
                self.finish(mark, after)?;
                return Ok(after);
            }
            if line_end == self.scanner.text.len() {
                let tag = self.open.map_or("", |(tag, _)| tag.of(self.scanner.text));
                return Err(Fault::new(line_end, path(b'4', tag), "the end of block 4: -}"));
            }
            at = line_end + 1;
        }
    }

    /// Those of a statement without blocks; where it ends: after its line with a dash, or at the end of the text.
    pub(super) fn bare(mut self) -> Result<usize, Fault> {
        let mut at = self.start;
        loop {
            let line_end = self.line_end(at);
            let line = self.scanner.text.get(at..line_end).unwrap_or_default();
            let line = line.strip_suffix('\r').unwrap_or(line);
            if is_dash(line) {
                self.finish(at, at + line.len())?;
                return Ok(at + line.len());
            }
            self.line(at, line_end)?;
            if line_end == self.scanner.text.len() {
                let text = self.scanner.text.trim_end_matches(['\n', '\r']);
                let end = text.len().max(self.value_start());
                self.finish(end, end)?;
                return Ok(end);
            }
            at = line_end + 1;
        }
    }

    /// A line: a new field where it begins with a tag that may stand there.
    fn line(&mut self, at: usize, end: usize) -> Result<(), Fault> {
        let text = self.scanner.text;
        match tag_at(text, at) {
            Some(tag) if self.may_begin(tag) => {
                self.close(at)?;
                self.first_tag = self.first_tag.or(Some(at));
                self.single_line = true;
                self.open = Some((tag, TABLE.index(tag.of(text))));
            }
            _ if self.open.is_none() => {
                let line = text.get(at..end).unwrap_or_default();
                let blank = line.bytes().all(|byte| byte.is_ascii_whitespace());
                let begins = self.next_brace;
                let ends = matches!(self.block_end(at, end), End::At { .. });
                self.next_brace = begins;
                if !blank && !ends {
                    let at = self.scanner.skip_blank(at);
                    return Err(Fault::new(at, path(b'4', ""), "a line that begins with a tag such as :20:"));
                }
            }
            _ => self.single_line = false,
        }
        Ok(())
    }

    fn may_begin(&self, tag: Span) -> bool {
        let text = self.scanner.text;
        self.open.is_none_or(|(_, before)| TABLE.may_follow(before, tag.of(text)))
    }

    /// Ends the field that is open before the line end that stands before `next`.
    fn close(&mut self, next: usize) -> Result<(), Fault> {
        let Some((tag, format)) = self.open.take() else { return Ok(()) };
        let start = tag.end + 1;
        let value = self.scanner.text.get(start..next).unwrap_or_default();
        let value = value.strip_suffix('\n').map_or(value, |line| line.strip_suffix('\r').unwrap_or(line));
        self.last_value_end = start + value.len();
        let value = Span { start, end: self.last_value_end };
        self.scanner.push_field(b'4', Field { tag, value, format, single_line: self.single_line })
    }

    fn finish(&mut self, mark: usize, after: usize) -> Result<(), Fault> {
        let begin_end = self.first_tag.unwrap_or(mark);
        self.last_value_end = begin_end;
        self.close(mark)?;
        let begin = Span { start: self.start, end: begin_end };
        let end = Span { start: self.last_value_end, end: after };
        self.scanner.finish(Content::Lines { begin, end }, true);
        Ok(())
    }

    /// Whether block 4 ends in a line: with `-}` at its beginning; with `-}` further on before another block or the end
    /// of the message; or, where that is missing, with another block.
    fn block_end(&mut self, at: usize, line_end: usize) -> End {
        if self.scanner.text.as_bytes().get(at..).is_some_and(|line| line.starts_with(b"-}")) {
            return End::At { mark: at, after: at + 2 };
        }
        loop {
            if self.next_brace >= line_end {
                return End::No;
            }
            let place = self.brace(self.next_brace.max(at));
            self.next_brace = place;
            if place >= line_end {
                return End::No;
            }
            let opens = self.scanner.byte(place) == Some(b'{');
            if opens && self.is_later_block(place) {
                return End::At { mark: place, after: place };
            }
            let dash = place > at && self.scanner.byte(place - 1) == Some(b'-');
            if !opens && dash && self.message_may_end(place + 1) {
                return End::At { mark: place - 1, after: place + 1 };
            }
            self.next_brace = place + 1;
        }
    }

    /// The first brace from a place on.
    fn brace(&self, from: usize) -> usize {
        let rest = self.scanner.text.as_bytes().get(from..).unwrap_or_default();
        memchr::memchr2(b'{', b'}', rest).map_or(self.scanner.text.len(), |brace| from + brace)
    }

    /// A block that follows block 4 begins here: `{5:{` or `{S:{`.
    fn is_later_block(&self, at: usize) -> bool {
        let later = matches!(self.scanner.block_at(at), Some(b'5' | b'A'..=b'Z'));
        later && matches!(self.scanner.byte(at + 3), Some(b'{' | b'}'))
    }

    /// Here another block or message begins, or the text ends.
    fn message_may_end(&self, at: usize) -> bool {
        let at = self.scanner.skip_blank(at);
        match self.scanner.byte(at) {
            None | Some(b'$') => true,
            Some(b'{') => self.scanner.block_at(at).is_some(),
            Some(_) => false,
        }
    }

    fn line_end(&self, at: usize) -> usize {
        let text = self.scanner.text.as_bytes();
        search::line_feed(text, at).unwrap_or(text.len())
    }

    fn value_start(&self) -> usize {
        self.open.map_or(self.start, |(tag, _)| tag.end + 1)
    }
}

impl Scanner<'_> {
    /// Statements without blocks, from the first tag to the end of the text.
    pub(super) fn bare(&mut self, mut at: usize) -> Result<(), Fault> {
        let mut before = 0;
        loop {
            self.open_message(Span { start: before, end: at }, true);
            let fields = self.scan.fields.len();
            self.scan.blocks.push(super::scan::Block {
                id: b'4',
                span: Span { start: at, end: self.text.len() },
                content: Content::Text(Span { start: at, end: at }),
                fields: (fields, fields),
                closed: true,
            });
            let end = Lines::new(self, at).bare()?;
            if let Some(block) = self.scan.blocks.last_mut() {
                block.span.end = end;
            }
            let Some(next) = self.next_bare(end) else {
                return self.close_message(Span { start: end, end: self.text.len() });
            };
            self.close_message(Span { start: end, end })?;
            (before, at) = (end, next);
        }
    }

    /// The next line that begins with a tag.
    fn next_bare(&self, at: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(at..)?;
        memchr::memchr_iter(b'\n', rest)
            .map(|end| at + end + 1)
            .find(|line| tag_at(self.text, *line).is_some())
    }
}

/// The tag of a line that begins with one: two digits and perhaps a letter, or a name. Some banks begin a statement with
/// the number of its type as a tag: `:940:`.
pub(super) fn tag_at(text: &str, at: usize) -> Option<Span> {
    let length = match text.as_bytes().get(at..)? {
        [b':', b'0'..=b'9', b'0'..=b'9', b':', ..] => 2,
        [b':', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z', b':', ..] => 3,
        [b':', rest @ ..] => name(rest)?,
        _ => return None,
    };
    Some(Span { start: at + 1, end: at + 1 + length })
}

/// The length of a name in capitals before a colon.
fn name(text: &[u8]) -> Option<usize> {
    let length = text.iter().take(TAG_BYTES_MAX + 1).take_while(|byte| is_tag_byte(**byte)).count();
    let name = text.get(..length)?;
    let capital = name.first()?.is_ascii_uppercase() && !name.iter().any(u8::is_ascii_lowercase);
    (capital && (2..=TAG_BYTES_MAX).contains(&length) && text.get(length) == Some(&b':')).then_some(length)
}

/// The line that ends a statement: a dash, and what some banks put after it.
fn is_dash(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('-') else { return false };
    rest.is_empty()
        || rest == "}"
        || rest == "XXX"
        || rest.bytes().all(|byte| byte.is_ascii_control() || byte == b' ')
}

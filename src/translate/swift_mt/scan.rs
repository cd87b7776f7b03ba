//! Text → messages, blocks and fields: where each stands, without copying any of it. Whatever is between them is kept too,
//! so that the text can be written again. Knows nothing of what fields mean but which tags may follow each other.

use super::lines::{self, Lines};
use super::table::TABLE;

/// What may stand before a message that is no block and no field: an identifier of the interface, a bank's own lines.
const LEAD_BYTES_MAX: usize = 1024;
/// Length of a tag.
pub(super) const TAG_BYTES_MAX: usize = 16;

/// What room is made for at first: blocks of a message, and bytes of a field.
const BLOCKS_USUAL: usize = 8;
const FIELD_BYTES_USUAL: usize = 24;

/// A run of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All of a text, or what stands before the fault.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) messages: Vec<Message>,
    pub(super) blocks: Vec<Block>,
    pub(super) fields: Vec<Field>,
}

/// One message: what stands from the end of the one before it to its own end.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Before its first block or field.
    pub(super) before: Span,
    /// Its blocks in [`Scan::blocks`].
    pub(super) blocks: (usize, usize),
    /// After its last block or field.
    pub(super) after: Span,
    /// It has fields only, without blocks around them: a statement as banks put it into files. It is one block of lines.
    pub(super) bare: bool,
}

/// One block.
#[derive(Debug)]
pub(super) struct Block {
    /// `1` to `5`, or a letter.
    pub(super) id: u8,
    /// From `{` to `}`; of a bare message, from its first field on.
    pub(super) span: Span,
    pub(super) content: Content,
    /// Its fields in [`Scan::fields`].
    pub(super) fields: (usize, usize),
    /// False where the last `}` of the text is missing.
    pub(super) closed: bool,
}

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Text.
    Text(Span),
    /// `{tag:value}` after each other, with white space between.
    Entries(Span),
    /// Lines that begin with `:tag:`. What stands before the first of them, and after the last value.
    Lines { begin: Span, end: Span },
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) tag: Span,
    pub(super) value: Span,
    /// The number of its tag in the table of formats.
    pub(super) format: Option<u16>,
    /// Its value is known to have no line end.
    pub(super) single_line: bool,
}

/// Where a text breaks the rules, and what should have been there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) path: String,
    pub(super) expected: String,
}

/// How far one goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) fields_max: usize,
    pub(super) depth_max: usize,
}

/// Reads a text.
///
/// # Errors
/// Where it is not SWIFT MT; what stands before that is in `scan`.
pub(super) fn scan(text: &str, bounds: Bounds, scan: &mut Scan) -> Result<(), Fault> {
    scan.messages.reserve(1);
    scan.blocks.reserve(BLOCKS_USUAL);
    scan.fields.reserve(text.len() / FIELD_BYTES_USUAL + BLOCKS_USUAL);
    let mut scanner = Scanner { text, bounds, scan };
    let first = scanner.first();
    match first {
        Some((at, false)) => scanner.blocks(at),
        Some((at, true)) => scanner.bare(at),
        None => Err(Fault::new(0, "", "a block such as {1:…} or a line that begins with a tag such as :20:")),
    }
}

/// Reading, and what was read.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) bounds: Bounds,
    pub(super) scan: &'a mut Scan,
}

impl Scanner<'_> {
    /// Where the first block or tag is, and whether it is a tag.
    fn first(&self) -> Option<(usize, bool)> {
        let lead = self.text.len().min(LEAD_BYTES_MAX);
        (0..=lead).find_map(|at| {
            if self.block_at(at).is_some() {
                return Some((at, false));
            }
            let line_begins = at == 0 || self.byte(at - 1) == Some(b'\n');
            (line_begins && lines::tag_at(self.text, at).is_some()).then_some((at, true))
        })
    }

    /// Blocks from `at` to the end of the text.
    fn blocks(&mut self, mut at: usize) -> Result<(), Fault> {
        self.open_message(Span { start: 0, end: at }, false);
        loop {
            let gap = at;
            at = self.skip_blank(at);
            let Some(byte) = self.byte(at) else {
                return self.close_message(Span { start: gap, end: at });
            };
            match self.block_at(at) {
                Some(b'1') if self.has_blocks() => {
                    self.close_message(Span { start: gap, end: gap })?;
                    self.open_message(Span { start: gap, end: at }, false);
                    at = self.block(b'1', at)?;
                }
                Some(id) => at = self.block(id, at)?,
                None if byte == b'{' => return Err(Fault::new(at, "", "a block from 1 to 5, or S")),
                None => {
                    let Some(next) = self.next_message(at)? else {
                        return self.close_message(Span { start: gap, end: self.text.len() });
                    };
                    self.close_message(Span { start: gap, end: gap })?;
                    self.open_message(Span { start: gap, end: next }, false);
                    at = self.block(b'1', next)?;
                }
            }
        }
    }

    /// Where the next message begins after what is between two of them; `None` at the end of the text.
    fn next_message(&self, at: usize) -> Result<Option<usize>, Fault> {
        let rest = self.text.get(at..).unwrap_or_default();
        if let Some(brace) = rest.find('{')
            && brace <= LEAD_BYTES_MAX
            && self.block_at(at + brace) == Some(b'1')
        {
            return Ok(Some(at + brace));
        }
        let blank = |character: char| character.is_ascii_whitespace() || character.is_ascii_control();
        match rest.find(|character| !blank(character) && !matches!(character, '$' | '}')) {
            Some(other) => Err(Fault::new(at + other, "", "a block, or the end of the message")),
            None => Ok(None),
        }
    }

    fn block(&mut self, id: u8, at: usize) -> Result<usize, Fault> {
        let (first, _) = self.scan.messages.last().map_or((0, 0), |message| message.blocks);
        let before = self.scan.blocks.get(first..).unwrap_or_default();
        if before.iter().any(|block| block.id == id) {
            return Err(Fault::new(at, path(id, ""), "this block once in a message"));
        }
        let fields = self.scan.fields.len();
        self.scan.blocks.push(Block {
            id,
            span: Span { start: at, end: self.text.len() },
            content: Content::Text(Span { start: at + 3, end: at + 3 }),
            fields: (fields, fields),
            closed: false,
        });
        let end = self.content(id, at + 3)?;
        let fields = self.scan.fields.len();
        if let Some(block) = self.scan.blocks.last_mut() {
            block.span.end = end;
            block.fields.1 = fields;
        }
        Ok(end)
    }

    /// The content of a block that has begun; where the block ends.
    fn content(&mut self, id: u8, at: usize) -> Result<usize, Fault> {
        let first = self.byte(self.skip_blank(at));
        match (id, first) {
            (b'1' | b'2', _) => self.plain(id, at),
            (b'4', Some(b'{' | b'}')) | (b'3' | b'5', _) => self.entries(id, at),
            (b'4', _) => Lines::new(self, at).block(),
            (_, Some(b'{')) => self.entries(id, at),
            _ => self.plain(id, at),
        }
    }

    /// Text to the next `}`.
    fn plain(&mut self, id: u8, at: usize) -> Result<usize, Fault> {
        let rest = self.text.get(at..).unwrap_or_default();
        let stop = memchr::memchr2(b'{', b'}', rest.as_bytes()).map(|stop| at + stop);
        match stop {
            Some(end) if self.byte(end) == Some(b'}') => {
                self.finish(Content::Text(Span { start: at, end }), true);
                Ok(end + 1)
            }
            _ => {
                let at = stop.unwrap_or(self.text.len());
                Err(Fault::new(at, path(id, ""), "the end of the block: }"))
            }
        }
    }

    /// `{tag:value}` after each other, to the block's `}`.
    fn entries(&mut self, id: u8, start: usize) -> Result<usize, Fault> {
        let mut at = start;
        loop {
            let gap = at;
            at = self.skip_blank(at);
            match self.byte(at) {
                Some(b'}') => {
                    self.finish(Content::Entries(Span { start, end: at }), true);
                    return Ok(at + 1);
                }
                Some(b'{') => at = self.entry(id, at)?,
                // The text may end without the last brace of all: every entry is whole.
                None if gap > start && matches!(id, b'5' | b'A'..=b'Z') => {
                    self.finish(Content::Entries(Span { start, end: gap }), false);
                    return Ok(gap);
                }
                None => return Err(Fault::new(at, path(id, ""), "the end of the block: }")),
                Some(_) => return Err(Fault::new(at, path(id, ""), "an entry such as {108:…}")),
            }
        }
    }

    /// One entry; where it ends.
    fn entry(&mut self, id: u8, at: usize) -> Result<usize, Fault> {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        let tag_bytes = rest.bytes().take(TAG_BYTES_MAX + 1).take_while(|byte| is_tag_byte(*byte)).count();
        let tag = Span { start: at + 1, end: at + 1 + tag_bytes };
        if tag_bytes == 0 || tag_bytes > TAG_BYTES_MAX || self.byte(tag.end) != Some(b':') {
            return Err(Fault::new(at, path(id, ""), "an entry such as {108:…}"));
        }
        // A block within a block: the end of the outer one is missing. Only system messages quote whole messages.
        if tag_bytes == 1 && id != b'4' {
            return Err(Fault::new(at, path(id, ""), "the end of the block: }"));
        }
        let value = Span { start: tag.end + 1, end: self.matching_brace(id, tag)? };
        self.push_field(
            id,
            Field { tag, value, format: TABLE.index(tag.of(self.text)), single_line: false },
        )?;
        Ok(value.end + 1)
    }

    /// Where the `}` is that ends an entry.
    fn matching_brace(&self, id: u8, tag: Span) -> Result<usize, Fault> {
        let start = tag.end + 1;
        let mut depth = 0;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        for at in memchr::memchr2_iter(b'{', b'}', rest) {
            match rest.get(at) {
                Some(b'{') if depth == self.bounds.depth_max => {
                    let expected = format!("at most {} braces within each other", self.bounds.depth_max);
                    return Err(Fault::new(start + at, path(id, tag.of(self.text)), expected));
                }
                Some(b'{') => depth += 1,
                _ if depth == 0 => return Ok(start + at),
                _ => depth -= 1,
            }
        }
        Err(Fault::new(self.text.len(), path(id, tag.of(self.text)), "the end of the entry: }"))
    }

    pub(super) fn push_field(&mut self, id: u8, field: Field) -> Result<(), Fault> {
        if self.scan.fields.len() == self.bounds.fields_max {
            let expected = format!("at most {} fields", self.bounds.fields_max);
            return Err(Fault::new(field.tag.start, path(id, field.tag.of(self.text)), expected));
        }
        self.scan.fields.push(field);
        let fields = self.scan.fields.len();
        if let Some(block) = self.scan.blocks.last_mut() {
            block.fields.1 = fields;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, content: Content, closed: bool) {
        if let Some(block) = self.scan.blocks.last_mut() {
            block.content = content;
            block.closed = closed;
        }
    }

    /// The block that begins at a place.
    pub(super) fn block_at(&self, at: usize) -> Option<u8> {
        match self.text.as_bytes().get(at..)? {
            [b'{', id @ (b'1'..=b'5' | b'A'..=b'Z'), b':', ..] => Some(*id),
            _ => None,
        }
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The first place that is not white space.
    pub(super) fn skip_blank(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    pub(super) fn open_message(&mut self, before: Span, bare: bool) {
        let blocks = self.scan.blocks.len();
        let after = Span { start: self.text.len(), end: self.text.len() };
        self.scan.messages.push(Message { before, blocks: (blocks, blocks), after, bare });
    }

    /// Ends a message, which must be whole.
    pub(super) fn close_message(&mut self, after: Span) -> Result<(), Fault> {
        let blocks = self.scan.blocks.len();
        let Some(message) = self.scan.messages.last_mut() else { return Ok(()) };
        message.blocks.1 = blocks;
        message.after = after;
        let blocks = self.scan.blocks.get(message.blocks.0..).unwrap_or_default();
        let has = |id: u8| blocks.iter().any(|block| block.id == id);
        // What has been cut off must not pass for a whole message.
        let fin = || blocks.iter().any(|block| block.id == b'1' && block.service(self.text) == "01");
        if !has(b'4') && (has(b'2') || fin()) {
            return Err(Fault::new(after.start, "", "block 4"));
        }
        Ok(())
    }

    fn has_blocks(&self) -> bool {
        self.scan.messages.last().is_some_and(|message| message.blocks.0 < self.scan.blocks.len())
    }
}

impl Span {
    /// What stands there.
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

impl Block {
    /// Its text.
    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        match self.content {
            Content::Text(span) => span.of(text),
            _ => "",
        }
    }

    /// Of block 1: what the message is for: `01` a message, `21` its acknowledgement.
    pub(super) fn service<'a>(&self, text: &'a str) -> &'a str {
        self.text(text).get(1..3).unwrap_or_default()
    }
}

impl Scan {
    /// The blocks of a message.
    pub(super) fn blocks_of(&self, message: &Message) -> &[Block] {
        // While a message is being read its last block is not counted yet.
        let end = if message.blocks.1 > message.blocks.0 { message.blocks.1 } else { self.blocks.len() };
        self.blocks.get(message.blocks.0..end).unwrap_or_default()
    }

    /// The fields of a block.
    pub(super) fn fields_of(&self, block: &Block) -> &[Field] {
        self.fields.get(block.fields.0..block.fields.1).unwrap_or_default()
    }
}

impl Fault {
    pub(super) fn new(at: usize, path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { at, path: path.into(), expected: expected.into() }
    }
}

/// `/4/32A`.
pub(super) fn path(id: u8, tag: &str) -> String {
    let block = char::from(id);
    if tag.is_empty() { format!("/{block}") } else { format!("/{block}/{tag}") }
}

pub(super) fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

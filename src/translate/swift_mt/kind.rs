//! What kind of message it is, which way it goes, and the business keys.

use super::scan::{Block, Content, Message, Scan};

/// A message, read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) scan: &'a Scan,
    pub(super) message: &'a Message,
}

/// The keys of a document, in this order.
pub(super) const KEYS: [&str; 4] = ["20", "21", "UETR", "MUR"];

/// Which fields make a statement without header a customer statement, or an interim report.
const STATEMENT: [&str; 4] = ["60F", "60M", "62F", "62M"];
const INTERIM: [&str; 3] = ["34F", "90C", "90D"];
const ENTRIES: [&str; 3] = ["61", "64", "65"];

impl<'a> Reading<'a> {
    /// The content of block 1, 2 and so on; `None` where it is not there.
    pub(super) fn block(self, id: u8) -> Option<&'a Block> {
        self.scan.blocks_of(self.message).iter().find(|block| block.id == id)
    }

    fn block_text(self, id: u8) -> Option<&'a str> {
        self.block(id).map(|block| block.text(self.text))
    }

    /// The first value of a field in a block.
    fn value(self, id: u8, tag: &str) -> Option<&'a str> {
        let fields = self.scan.fields_of(self.block(id)?);
        fields.iter().find(|field| field.tag.of(self.text) == tag).map(|field| field.value.of(self.text))
    }

    /// An acknowledgement of the network, and nothing else.
    pub(super) fn is_acknowledgement(self) -> bool {
        self.block(b'1').is_some_and(|block| block.service(self.text) == "21")
    }

    /// The message type as routes name it: `103`, `103.STP`, `202.COV`, `ACK`.
    pub(super) fn kind(self) -> String {
        if self.is_acknowledgement() {
            match self.value(b'4', "451") {
                Some("0") => return "ACK".into(),
                Some("1") => return "NAK".into(),
                _ => {}
            }
        } else if let Some(number) = self.number() {
            return match self.value(b'3', "119").filter(|flag| is_flag(flag)) {
                Some(flag) => format!("{number}.{flag}"),
                None => number.into(),
            };
        }
        match self.block_text(b'1').and_then(|text| text.get(..3)) {
            Some(service) if service.bytes().all(|byte| byte.is_ascii_alphanumeric()) => service.into(),
            _ => self.statement().into(),
        }
    }

    /// The number of the message type.
    pub(super) fn number(self) -> Option<&'a str> {
        let number = self.block_text(b'2')?.get(1..4)?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
    }

    /// `input` to the network, or `output` from it.
    pub(super) fn direction(self) -> Option<&'static str> {
        match self.block_text(b'2')?.as_bytes().first()? {
            b'I' => Some("input"),
            b'O' => Some("output"),
            _ => None,
        }
    }

    /// What a statement without a header is: what the lines before it say, else what its fields do.
    fn statement(self) -> &'a str {
        let lines = self.message.before.of(self.text).lines();
        if let Some(said) = lines.filter_map(number_line).last() {
            return said;
        }
        let fields = self.block(b'4').map(|block| self.scan.fields_of(block)).unwrap_or_default();
        let any = |tags: &[&str]| fields.iter().any(|field| tags.contains(&field.tag.of(self.text)));
        match (any(&STATEMENT), any(&INTERIM), any(&ENTRIES)) {
            (true, _, _) => "940",
            (false, true, _) => "942",
            (false, false, true) => "940",
            _ => "fields",
        }
    }

    /// Tells every business key with its value, in the order of the text.
    pub(super) fn keys(self, tell: &mut impl FnMut(usize, &'a str)) {
        for block in self.scan.blocks_of(self.message) {
            let entries = matches!(block.content, Content::Entries(_));
            for field in self.scan.fields_of(block) {
                let key = match (block.id, field.tag.of(self.text)) {
                    (b'4', "20") if !entries => 0,
                    (b'4', "21") if !entries => 1,
                    (b'3', "121") => 2,
                    (b'3', "108") => 3,
                    // An acknowledgement or a system message names the message that it is about.
                    (b'4', "108") if entries => 3,
                    _ => continue,
                };
                tell(key, field.value.of(self.text));
            }
        }
    }
}

/// Block 3's field 119: the rules that a message is checked by.
fn is_flag(flag: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=8).contains(&flag.len()) && flag.bytes().all(valid)
}

/// A line such as `940` or `940 00`.
fn number_line(line: &str) -> Option<&str> {
    let (number, rest) = line.trim_end().split_at_checked(3)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    (digits(number) && rest.len() <= 2 && digits(rest)).then_some(number)
}

//! Where the next record begins and ends, and of which kind it is.

use memchr::{memchr2, memchr3};

use super::charset::{CARRIAGE_RETURN, Charset, EBCDIC_LINE_FEED, EBCDIC_NEXT_LINE};
use super::layout::{Framing, HeaderNumber, Layout, LengthHeader, LineEnd, RecordCondition, RecordKind};
use super::walk::Capture;

/// The longest record where the layout has no limit of its own.
pub(super) const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// The longest line end.
const LINE_END_BYTES: usize = 2;

/// What is left of a message.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a> {
    pub(super) bytes: &'a [u8],
    /// Nothing comes after it.
    pub(super) is_whole: bool,
    /// It begins with the first record.
    pub(super) is_first: bool,
}

/// A record within what is left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) kind: usize,
    pub(super) start: usize,
    /// `None`: its fields tell.
    pub(super) length: Option<usize>,
    /// Its line is shorter than its kind, which is this long.
    pub(super) fill_to: Option<usize>,
}

/// Why there is no record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoCut {
    /// More bytes are needed to tell.
    More,
    /// At this place something else was expected, of a record of this kind if it is known.
    Fault { at: usize, expected: String, kind: Option<usize> },
}

/// A line end: its name in documents, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Separator {
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
}

pub(super) const NO_SEPARATOR: Separator = Separator { name: "none", bytes: b"" };
const ASCII_SEPARATORS: [Separator; 2] =
    [Separator { name: "lf", bytes: b"\n" }, Separator { name: "crlf", bytes: b"\r\n" }];
/// The usual ones first.
const EBCDIC_SEPARATORS: [Separator; 4] = [
    Separator { name: "nel", bytes: &[EBCDIC_NEXT_LINE] },
    Separator { name: "crnel", bytes: &[CARRIAGE_RETURN, EBCDIC_NEXT_LINE] },
    Separator { name: "lf", bytes: &[EBCDIC_LINE_FEED] },
    Separator { name: "crlf", bytes: &[CARRIAGE_RETURN, EBCDIC_LINE_FEED] },
];

/// The line ends of a character set.
pub(super) fn separators(charset: &Charset) -> &'static [Separator] {
    if charset.is_ebcdic { &EBCDIC_SEPARATORS } else { &ASCII_SEPARATORS }
}

/// The line end that a layout with lines has unless a document says otherwise.
pub(super) fn usual_separator(framing: Framing, charset: &Charset) -> Separator {
    match framing {
        Framing::Lines(LineEnd::Lf) => separators(charset).first().copied().unwrap_or(NO_SEPARATOR),
        Framing::Lines(LineEnd::CrLf) => separators(charset).get(1).copied().unwrap_or(NO_SEPARATOR),
        Framing::Any | Framing::Length | Framing::Header(_) => NO_SEPARATOR,
    }
}

/// The line end that `bytes` begin with.
pub(super) fn separator_at(bytes: &[u8], charset: &Charset) -> Separator {
    let found = separators(charset).iter().find(|separator| bytes.starts_with(separator.bytes));
    found.copied().unwrap_or(NO_SEPARATOR)
}

/// What a cut needs to know.
pub(super) struct Cutter<'a> {
    pub(super) layout: &'a Layout,
    pub(super) charset: &'a Charset,
    pub(super) captures: &'a [Capture],
}

impl Cutter<'_> {
    /// Cuts the next record off.
    pub(super) fn cut(&self, rest: Rest<'_>) -> Result<Cut, NoCut> {
        let file = &self.layout.file;
        match file.framing {
            Framing::Header(header) => self.after_header(header, rest),
            Framing::Lines(_) if file.text_only => self.line(rest),
            Framing::Any if file.text_only => match self.near_line_end(rest)? {
                Some(length) => self.delimited(rest, 0, length),
                None => self.by_length(rest),
            },
            Framing::Any | Framing::Lines(_) | Framing::Length => self.by_length(rest),
        }
    }

    fn after_header(&self, header: LengthHeader, rest: Rest<'_>) -> Result<Cut, NoCut> {
        let Some((head, content)) = rest.bytes.split_at_checked(header.bytes) else {
            return Err(short(rest, rest.bytes.len(), format!("a record header of {} bytes", header.bytes)));
        };
        let length = header.read(head, self.charset)?;
        if content.len() < length {
            return Err(short(
                rest,
                rest.bytes.len(),
                format!("a record of {length} bytes as its header says"),
            ));
        }
        self.delimited(rest, header.bytes, length)
    }

    fn line(&self, rest: Rest<'_>) -> Result<Cut, NoCut> {
        let (feed, other) = self.charset.line_feeds();
        let window = rest.bytes.get(..RECORD_BYTES_MAX + LINE_END_BYTES).unwrap_or(rest.bytes);
        match memchr2(feed, other, window) {
            Some(end) => {
                let before = end.checked_sub(1).and_then(|before| rest.bytes.get(before));
                let has_return = before == Some(&CARRIAGE_RETURN);
                if self.layout.file.framing == Framing::Lines(LineEnd::CrLf) && !has_return {
                    return Err(fault(end, "a carriage return before the line feed"));
                }
                let has_return = has_return && self.layout.file.framing == Framing::Lines(LineEnd::CrLf);
                self.delimited(rest, 0, end - usize::from(has_return))
            }
            None if window.len() < rest.bytes.len() => {
                Err(fault(RECORD_BYTES_MAX, format!("a record of at most {RECORD_BYTES_MAX} bytes")))
            }
            None if rest.is_whole => self.delimited(rest, 0, rest.bytes.len()),
            None => Err(NoCut::More),
        }
    }

    /// A line end within reach of the longest record.
    fn near_line_end(&self, rest: Rest<'_>) -> Result<Option<usize>, NoCut> {
        let reach = self.layout.file.record_bytes_max + LINE_END_BYTES;
        let (feed, other) = self.charset.line_feeds();
        let window = rest.bytes.get(..reach).unwrap_or(rest.bytes);
        match memchr3(feed, other, CARRIAGE_RETURN, window) {
            None if window.len() < reach && !rest.is_whole => Err(NoCut::More),
            found => Ok(found),
        }
    }

    /// A record whose end is known.
    fn delimited(&self, rest: Rest<'_>, start: usize, length: usize) -> Result<Cut, NoCut> {
        let content = rest.bytes.get(start..start + length).unwrap_or_default();
        let after = rest.bytes.get(start + length..).unwrap_or_default();
        // Whether a line feed follows a carriage return, and whether anything follows.
        let needed = match self.layout.file.framing {
            _ if self.layout.file.looks_ahead => LINE_END_BYTES + 1,
            Framing::Any => LINE_END_BYTES,
            Framing::Length | Framing::Lines(_) | Framing::Header(_) => 0,
        };
        if after.len() < needed && !rest.is_whole {
            return Err(NoCut::More);
        }
        let is_last = self.is_end(after);
        let matching = |(_, kind): &(usize, &RecordKind)| {
            self.matches(kind, content, rest.is_first, |_| is_last, |lengths| lengths.contains(&length))
        };
        let records = || self.layout.records.iter().enumerate().filter(matching);
        if let Some((kind, _)) = records().find(|(_, kind)| kind.length.fits(length)) {
            return Ok(Cut { kind, start, length: Some(length), fill_to: None });
        }
        let Some((kind, rules)) = records().next() else { return Err(self.unknown(start)) };
        let longer = rules.length.allowed.iter().flatten().copied().find(|&allowed| allowed > length);
        match longer.filter(|_| self.layout.file.fill_short) {
            Some(full) => Ok(Cut { kind, start, length: Some(length), fill_to: Some(full) }),
            None => Err(NoCut::Fault {
                at: start + length.min(rules.length.max()),
                expected: format!("a record {} of {} bytes", rules.name, rules.length.describe()),
                kind: Some(kind),
            }),
        }
    }

    /// A record whose kind tells how long it is.
    fn by_length(&self, rest: Rest<'_>) -> Result<Cut, NoCut> {
        let enough = self.layout.file.record_bytes_max.saturating_add(LINE_END_BYTES + 1);
        if rest.bytes.len() < enough && !rest.is_whole {
            return Err(NoCut::More);
        }
        let is_last = |kind: &RecordKind| {
            let length = self.length_of(kind).ok().flatten();
            length.and_then(|length| rest.bytes.get(length..)).is_some_and(|after| self.is_end(after))
        };
        let reaches = |lengths: &[usize]| lengths.iter().any(|&length| rest.bytes.len() >= length);
        let matching = |(_, kind): &(usize, &RecordKind)| {
            self.matches(kind, rest.bytes, rest.is_first, is_last, reaches)
        };
        let found = self.layout.records.iter().enumerate().find(matching);
        let Some((kind, rules)) = found else { return Err(self.unknown(0)) };
        let length = self.length_of(rules);
        let length = length.map_err(|expected| NoCut::Fault { at: 0, expected, kind: Some(kind) })?;
        match length {
            Some(length) if rest.bytes.len() < length => {
                let expected = format!("a record {} of {length} bytes", rules.name);
                Err(NoCut::Fault { at: rest.bytes.len(), expected, kind: Some(kind) })
            }
            _ => Ok(Cut { kind, start: 0, length, fill_to: None }),
        }
    }

    /// How long a record is that no line end and no header delimits; `None`: its fields tell.
    fn length_of(&self, kind: &RecordKind) -> Result<Option<usize>, String> {
        let Some(allowed) = &kind.length.allowed else {
            let (min, max) = (kind.length.fields_min, kind.length.fields_max);
            return Ok((min == max).then_some(min));
        };
        if let [only] = allowed.as_slice() {
            return Ok(Some(*only));
        }
        let told = kind.length.from.and_then(|from| self.captures.get(from)).filter(|capture| capture.is_set);
        let length = told.and_then(|capture| capture.text.parse().ok());
        match length.filter(|length| allowed.contains(length)) {
            Some(length) => Ok(Some(length)),
            None => Err(format!("a line end, or a header that says of {} bytes", kind.length.describe())),
        }
    }

    fn matches(
        &self,
        kind: &RecordKind,
        content: &[u8],
        is_first: bool,
        is_last: impl Fn(&RecordKind) -> bool,
        has_length: impl Fn(&[usize]) -> bool,
    ) -> bool {
        kind.when.iter().all(|condition| match condition {
            RecordCondition::First => is_first,
            RecordCondition::Last => is_last(kind),
            RecordCondition::Length(lengths) => has_length(lengths),
            RecordCondition::Content { at, is, not } => {
                let stands = |text: &String| {
                    let bytes = content.get(*at..at + text.len());
                    bytes.is_some_and(|bytes| self.charset.equals(bytes, text))
                };
                is.iter().any(stands) != *not
            }
        })
    }

    /// Whether only a line end stands here, or nothing.
    fn is_end(&self, after: &[u8]) -> bool {
        after.len() == separator_at(after, self.charset).bytes.len()
    }

    fn unknown(&self, at: usize) -> NoCut {
        let names: Vec<&str> = self.layout.records.iter().map(|kind| kind.name.as_str()).collect();
        fault(at, format!("a record of one of the kinds {}", names.join(", ")))
    }
}

impl LengthHeader {
    /// The length of the record after a header.
    fn read(&self, head: &[u8], charset: &Charset) -> Result<usize, NoCut> {
        let number = head.get(self.at..self.at + self.length).unwrap_or_default();
        let others = head
            .iter()
            .enumerate()
            .find(|(at, byte)| !(self.at..self.at + self.length).contains(at) && **byte != 0);
        if let Some((at, _)) = others {
            return Err(fault(at, "a zero byte in the record header"));
        }
        let value = match self.number {
            HeaderNumber::BigEndian => number.iter().try_fold(0, |value, &byte| push(value, 256, byte)),
            HeaderNumber::LittleEndian => {
                number.iter().rev().try_fold(0, |value, &byte| push(value, 256, byte))
            }
            HeaderNumber::Digits => number.iter().try_fold(0, |value, &byte| {
                let digit = byte.wrapping_sub(charset.byte('0'));
                (digit <= 9).then_some(()).and_then(|()| push(value, 10, digit))
            }),
        };
        let own = if self.counts_itself { self.bytes } else { 0 };
        let length = value.and_then(|value| value.checked_sub(own)).filter(|length| *length > 0);
        length.filter(|length| *length <= RECORD_BYTES_MAX).ok_or_else(|| {
            fault(self.at, format!("the length of a record, at most {RECORD_BYTES_MAX} bytes"))
        })
    }

    /// Appends the header of a record.
    pub(super) fn write(&self, length: usize, charset: &Charset, out: &mut Vec<u8>) -> Result<(), String> {
        let mut value = length + if self.counts_itself { self.bytes } else { 0 };
        let mut head = vec![0; self.bytes];
        let number = head.get_mut(self.at..self.at + self.length).unwrap_or_default();
        let (base, zero) = match self.number {
            HeaderNumber::Digits => (10, charset.byte('0')),
            HeaderNumber::BigEndian | HeaderNumber::LittleEndian => (256, 0),
        };
        // The least significant one first.
        for byte in number.iter_mut() {
            *byte = zero + u8::try_from(value % base).unwrap_or(0);
            value /= base;
        }
        if self.number != HeaderNumber::LittleEndian {
            number.reverse();
        }
        out.extend_from_slice(&head);
        if value > 0 { Err("a shorter record: its header cannot tell the length".to_owned()) } else { Ok(()) }
    }
}

fn push(value: usize, base: usize, digit: u8) -> Option<usize> {
    value.checked_mul(base)?.checked_add(usize::from(digit))
}

fn fault(at: usize, expected: impl Into<String>) -> NoCut {
    NoCut::Fault { at, expected: expected.into(), kind: None }
}

/// The message ends too early, or is not all here yet.
fn short(rest: Rest<'_>, at: usize, expected: String) -> NoCut {
    if rest.is_whole { fault(at, expected) } else { NoCut::More }
}

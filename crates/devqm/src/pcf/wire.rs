//! PCF messages as bytes: a header of 36 bytes (`MQCFH`) and the parameter structures that it counts, in either byte order.
//! It knows no command.
//!
//! Every structure begins with its type and its length, 4 bytes each, and the length is a multiple of 4; what follows is
//! stated at [`Content`].

use libmqm_sys::{self as mq, pcf};

/// The length of `MQCFH` in bytes.
const HEADER_BYTES: usize = 36;
/// The most parameters that a command may have.
const PARAMETERS_MAX: usize = 1_000;

/// The order of the bytes in numbers, as MQMD's Encoding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the two orders of bytes")]
pub enum Order {
    Big,
    Little,
}

/// `MQCFH` without its type and length, which follow from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are MQCFH's, name by name")]
pub struct Header {
    pub kind: i32,
    pub version: i32,
    pub command: i32,
    pub sequence_number: i32,
    pub control: i32,
    pub completion: i32,
    pub reason: i32,
}

/// One parameter structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `MQIA*`, `MQCA*`, `MQBA*`, `MQGA*`: what it is about.
    pub id: i32,
    /// What it says.
    pub content: Content,
}

/// What a parameter structure says, with its layout after type, length and parameter id (4 bytes each).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// `MQCFIN`: the value, 4 bytes.
    Integer(i32),
    /// `MQCFIL`: the count, then the values, 4 bytes each.
    Integers(Vec<i32>),
    /// `MQCFST`: CCSID, length, bytes.
    Text(String),
    /// `MQCFSL`: CCSID, count, the length of each, the texts one after another.
    Texts(Vec<String>),
    /// `MQCFBS`: length, bytes.
    Bytes(Vec<u8>),
    /// `MQCFIF`: operator (`MQCFOP_*`), value.
    IntegerFilter(i32, i32),
    /// `MQCFSF`: operator, CCSID, length, bytes.
    TextFilter(i32, String),
    /// A structure that no command here takes: `MQCFGR`, `MQCFBF`, the 64-bit ones. Its type.
    Other(i32),
}

/// Why bytes are no PCF message: a reason code, and the parameter that is wrong where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// `MQRCCF_*`.
    pub reason: i32,
    /// The parameter's id; 0 for the header's.
    pub parameter: i32,
}

impl Order {
    /// The order of integers in an MQMD's Encoding; none where it is neither of the two.
    pub fn of(encoding: i32) -> Option<Self> {
        match encoding & mq::MQENC_INTEGER_MASK {
            mq::MQENC_INTEGER_NORMAL => Some(Order::Big),
            mq::MQENC_INTEGER_REVERSED => Some(Order::Little),
            _ => None,
        }
    }

    fn number(self, bytes: [u8; 4]) -> i32 {
        match self {
            Order::Big => i32::from_be_bytes(bytes),
            Order::Little => i32::from_le_bytes(bytes),
        }
    }

    fn bytes(self, number: i32) -> [u8; 4] {
        match self {
            Order::Big => number.to_be_bytes(),
            Order::Little => number.to_le_bytes(),
        }
    }
}

/// Reads a message. Texts whose CCSID is `MQCCSI_DEFAULT` are in the message's `ccsid`.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(bytes: &[u8], order: Order, ccsid: i32) -> Result<(Header, Vec<Parameter>), Malformed> {
    let wrong = |reason| Malformed { reason, parameter: 0 };
    let mut rest = Fields { bytes, order };
    let (header, count) = rest.header().ok_or(wrong(pcf::MQRCCF_CFH_LENGTH_ERROR))??;
    let count = usize::try_from(count).map_err(|_| wrong(pcf::MQRCCF_CFH_PARM_COUNT_ERROR))?;
    if count > PARAMETERS_MAX {
        return Err(wrong(pcf::MQRCCF_PARM_COUNT_TOO_BIG));
    }
    let mut parameters = Vec::new();
    for _ in 0..count {
        parameters.push(parameter(&mut rest, ccsid)?);
    }
    if rest.bytes.is_empty() { Ok((header, parameters)) } else { Err(wrong(pcf::MQRCCF_MSG_LENGTH_ERROR)) }
}

/// Writes a message; texts in UTF-8.
pub fn write(header: &Header, parameters: &[Parameter], order: Order) -> Vec<u8> {
    let mut out = Out { bytes: Vec::new(), order };
    out.numbers(&[header.kind, length(HEADER_BYTES), header.version, header.command, header.sequence_number]);
    out.numbers(&[header.control, header.completion, header.reason, length(parameters.len())]);
    for parameter in parameters {
        out.parameter(parameter);
    }
    out.bytes
}

struct Fields<'b> {
    bytes: &'b [u8],
    order: Order,
}

impl<'b> Fields<'b> {
    fn number(&mut self) -> Option<i32> {
        let (number, rest) = self.bytes.split_first_chunk::<4>()?;
        self.bytes = rest;
        Some(self.order.number(*number))
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn take(&mut self, bytes: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(bytes)?;
        self.bytes = rest;
        Some(taken)
    }

    fn header(&mut self) -> Option<Result<(Header, i32), Malformed>> {
        let kind = self.number()?;
        let structure_bytes = self.count()?;
        let header = Header {
            kind,
            version: self.number()?,
            command: self.number()?,
            sequence_number: self.number()?,
            control: self.number()?,
            completion: self.number()?,
            reason: self.number()?,
        };
        let count = self.number()?;
        let reason = match () {
            () if structure_bytes != HEADER_BYTES => pcf::MQRCCF_CFH_LENGTH_ERROR,
            () if !(pcf::MQCFH_VERSION_1..=pcf::MQCFH_CURRENT_VERSION).contains(&header.version) => {
                pcf::MQRCCF_CFH_VERSION_ERROR
            }
            () => return Some(Ok((header, count))),
        };
        Some(Err(Malformed { reason, parameter: 0 }))
    }
}

fn parameter(rest: &mut Fields<'_>, ccsid: i32) -> Result<Parameter, Malformed> {
    let too_few = Malformed { reason: pcf::MQRCCF_PARM_COUNT_TOO_BIG, parameter: 0 };
    let kind = rest.number().ok_or(too_few)?;
    let bytes = rest.count().and_then(|bytes| bytes.checked_sub(8)).ok_or(too_few)?;
    let mut inside = Fields { bytes: rest.take(bytes).ok_or(too_few)?, order: rest.order };
    let id = inside.number().ok_or(too_few)?;
    let content = content(kind, &mut inside, ccsid);
    content
        .ok_or(Malformed { reason: length_error(kind), parameter: id })?
        .map(|content| Parameter { id, content })
        .map_err(|reason| Malformed { reason, parameter: id })
}

/// None where the structure's length does not hold what it says; an error where a text is none.
fn content(kind: i32, inside: &mut Fields<'_>, ccsid: i32) -> Option<Result<Content, i32>> {
    Some(Ok(match kind {
        pcf::MQCFT_INTEGER => Content::Integer(inside.number()?),
        pcf::MQCFT_INTEGER_LIST => {
            let count = inside.count()?;
            // Not more than there are bytes for, whatever the count says.
            let values: Option<Vec<i32>> = (0..count).map_while(|_| Some(inside.number())).collect();
            Content::Integers(values?)
        }
        pcf::MQCFT_STRING => {
            let text_ccsid = inside.number()?;
            let length = inside.count()?;
            return Some(text(inside.take(length)?, text_ccsid, ccsid).map(Content::Text));
        }
        pcf::MQCFT_STRING_LIST => return Some(texts(inside, ccsid)?.map(Content::Texts)),
        pcf::MQCFT_BYTE_STRING => {
            let length = inside.count()?;
            Content::Bytes(inside.take(length)?.to_vec())
        }
        pcf::MQCFT_INTEGER_FILTER => Content::IntegerFilter(inside.number()?, inside.number()?),
        pcf::MQCFT_STRING_FILTER => {
            let (operator, text_ccsid) = (inside.number()?, inside.number()?);
            let length = inside.count()?;
            let value = text(inside.take(length)?, text_ccsid, ccsid);
            return Some(value.map(|value| Content::TextFilter(operator, value)));
        }
        pcf::MQCFT_GROUP
        | pcf::MQCFT_BYTE_STRING_FILTER
        | pcf::MQCFT_INTEGER64
        | pcf::MQCFT_INTEGER64_LIST => Content::Other(kind),
        _ => return Some(Err(pcf::MQRCCF_STRUCTURE_TYPE_ERROR)),
    }))
}

fn texts(inside: &mut Fields<'_>, ccsid: i32) -> Option<Result<Vec<String>, i32>> {
    let text_ccsid = inside.number()?;
    let (count, length) = (inside.count()?, inside.count()?);
    let all = inside.take(count.checked_mul(length)?)?;
    // Of texts without length there are none, however many the count says.
    let each = all.chunks(length.max(1)).map(|bytes| text(bytes, text_ccsid, ccsid));
    Some(each.collect())
}

/// A text without the blanks and NULs that it is padded with.
fn text(bytes: &[u8], text_ccsid: i32, ccsid: i32) -> Result<String, i32> {
    let stated = [text_ccsid, ccsid].into_iter().find(|ccsid| *ccsid > 0).unwrap_or(ccsid::UTF_8);
    match ccsid::decode(bytes, stated, mq::MQENC_NATIVE, ccsid::Newline::default()) {
        Ok(decoded) if decoded.fault.is_none() => Ok(decoded.text.trim_end_matches(['\0', ' ']).to_owned()),
        _ => Err(pcf::MQRCCF_CCSID_ERROR),
    }
}

fn length_error(kind: i32) -> i32 {
    match kind {
        pcf::MQCFT_INTEGER => pcf::MQRCCF_CFIN_LENGTH_ERROR,
        pcf::MQCFT_INTEGER_LIST => pcf::MQRCCF_CFIL_LENGTH_ERROR,
        pcf::MQCFT_STRING => pcf::MQRCCF_CFST_LENGTH_ERROR,
        pcf::MQCFT_STRING_LIST => pcf::MQRCCF_CFSL_LENGTH_ERROR,
        pcf::MQCFT_BYTE_STRING => pcf::MQRCCF_CFBS_LENGTH_ERROR,
        pcf::MQCFT_INTEGER_FILTER => pcf::MQRCCF_CFIF_LENGTH_ERROR,
        pcf::MQCFT_STRING_FILTER => pcf::MQRCCF_CFSF_LENGTH_ERROR,
        _ => pcf::MQRCCF_STRUCTURE_TYPE_ERROR,
    }
}

struct Out {
    bytes: Vec<u8>,
    order: Order,
}

impl Out {
    fn numbers(&mut self, numbers: &[i32]) {
        self.bytes.extend(numbers.iter().flat_map(|number| self.order.bytes(*number)));
    }

    /// A structure: what stands between its id and its bytes, then these, padded to a multiple of 4 bytes.
    fn structure(&mut self, kind: i32, id: i32, numbers: &[i32], bytes: &[u8]) {
        let padded = bytes.len().next_multiple_of(4);
        self.numbers(&[kind, length(12 + 4 * numbers.len() + padded), id]);
        self.numbers(numbers);
        let end = self.bytes.len() + padded;
        self.bytes.extend(bytes);
        self.bytes.resize(end, b' ');
    }

    fn parameter(&mut self, Parameter { id, content }: &Parameter) {
        let id = *id;
        match content {
            Content::Integer(value) => self.structure(pcf::MQCFT_INTEGER, id, &[*value], &[]),
            Content::Integers(values) => {
                let numbers: Vec<i32> =
                    [length(values.len())].into_iter().chain(values.iter().copied()).collect();
                self.structure(pcf::MQCFT_INTEGER_LIST, id, &numbers, &[]);
            }
            Content::Text(text) => {
                self.structure(pcf::MQCFT_STRING, id, &[ccsid::UTF_8, length(text.len())], text.as_bytes());
            }
            Content::Texts(texts) => {
                let width = texts.iter().map(String::len).max().unwrap_or(0);
                let numbers = [ccsid::UTF_8, length(texts.len()), length(width)];
                let padded = texts
                    .iter()
                    .flat_map(|text| text.bytes().chain(std::iter::repeat_n(b' ', width - text.len())));
                self.structure(pcf::MQCFT_STRING_LIST, id, &numbers, &padded.collect::<Vec<u8>>());
            }
            Content::Bytes(bytes) => {
                self.structure(pcf::MQCFT_BYTE_STRING, id, &[length(bytes.len())], bytes);
            }
            Content::IntegerFilter(operator, value) => {
                self.structure(pcf::MQCFT_INTEGER_FILTER, id, &[*operator, *value], &[]);
            }
            Content::TextFilter(operator, value) => {
                let numbers = [*operator, ccsid::UTF_8, length(value.len())];
                self.structure(pcf::MQCFT_STRING_FILTER, id, &numbers, value.as_bytes());
            }
            Content::Other(kind) => self.structure(*kind, id, &[0], &[]),
        }
    }
}

fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

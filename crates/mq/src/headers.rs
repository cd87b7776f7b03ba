//! MQ headers inside a message's body, as pure functions on bytes: MQDLH written and read, chains of MQRFH2 read.
//!
//! A header's integers follow the encoding, and its characters the CCSID, that the structure *before* it states; the
//! descriptor states them for the first. Layouts and rules: IBM documentation, "MQDLH - Dead-letter header" and "MQRFH2 -
//! Rules and formatting header 2". Errors name an offset in the body and what was expected there, never a value.

use crate::descriptor::Descriptor;
use crate::name::Format;
use crate::properties::{Property, PropertyValue};

/// `MQDLH_LENGTH_1`: 172 bytes.
pub const DEAD_LETTER_HEADER_BYTES: usize = 172;

/// `MQRFH_STRUC_LENGTH_FIXED_2`: 36 bytes before the folders.
const RFH2_FIXED_BYTES: usize = 36;

/// How many headers a chain may have.
const CHAIN_HEADERS_MAX: usize = 16;

/// What the properties of a chain may take besides their values, in bytes. The name of each repeats those of the groups
/// around it, so that a few long ones around many properties would become far more than the message that came.
const PROPERTIES_BYTES_MAX: usize = 16 * 1024 * 1024;

/// `MQCCSI_INHERIT`.
const CCSID_INHERIT: i32 = -2;

/// A header cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset}: {expected} expected")]
pub struct HeaderError {
    /// Byte offset in the body.
    pub offset: usize,
    /// What should stand there.
    pub expected: String,
}

impl HeaderError {
    fn new(offset: usize, expected: impl Into<String>) -> Self {
        Self { offset, expected: expected.into() }
    }
}

/// The headers of a body, and where and how what follows them is encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Peeled {
    /// The MQRFH2 headers, outermost first.
    pub headers: Vec<Rfh2>,
    /// `MQENC_*` of what follows.
    pub encoding: i32,
    /// CCSID of what follows.
    pub ccsid: i32,
    /// Format of what follows.
    pub format: Format,
    /// Where it begins.
    pub body_offset: usize,
}

/// One MQRFH2.
#[derive(Clone, PartialEq)]
pub struct Rfh2 {
    /// Whether its integers were little-endian.
    pub little_endian: bool,
    /// `StrucLength`, in bytes, folders included.
    pub struc_length: usize,
    /// `Encoding` of what follows.
    pub encoding: i32,
    /// `CodedCharSetId` of what follows.
    pub ccsid: i32,
    /// `Format` of what follows.
    pub format: Format,
    /// `Flags`.
    pub flags: i32,
    /// `NameValueCCSID`.
    pub name_value_ccsid: i32,
    /// The folders' text, without the blanks that pad it.
    pub folders: Vec<String>,
    /// The properties in the folders, named `folder.name`.
    pub properties: Vec<Property>,
}

/// Reads the chain of MQRFH2 at the beginning of a body. A body without one peels to itself.
///
/// # Errors
/// Where a header is cut short, a length points outside, a folder does not decode or is not the XML that it should be.
pub fn peel(format: Format, encoding: i32, ccsid: i32, body: &[u8]) -> Result<Peeled, HeaderError> {
    let mut peeled = Peeled { headers: Vec::new(), encoding, ccsid, format, body_offset: 0 };
    let mut bytes_left = PROPERTIES_BYTES_MAX;
    while is_rfh2(peeled.format) {
        if peeled.headers.len() == CHAIN_HEADERS_MAX {
            let expected = format!("the end of the chain after {CHAIN_HEADERS_MAX} headers");
            return Err(HeaderError::new(peeled.body_offset, expected));
        }
        let header = read_rfh2(body, peeled.body_offset, peeled.encoding, &mut bytes_left)?;
        peeled.body_offset += header.struc_length;
        peeled.encoding = header.encoding;
        if header.ccsid != CCSID_INHERIT && header.ccsid != 0 {
            peeled.ccsid = header.ccsid;
        }
        peeled.format = header.format;
        peeled.headers.push(header);
    }
    Ok(peeled)
}

fn is_rfh2(format: Format) -> bool {
    latin(format.0) == Format::RF_HEADER_2.0
}

/// `MQENC_INTEGER_REVERSED` within `MQENC_INTEGER_MASK`.
fn is_little_endian(encoding: i32) -> bool {
    encoding & 0xF == 2
}

fn read_rfh2(body: &[u8], start: usize, encoding: i32, bytes_left: &mut usize) -> Result<Rfh2, HeaderError> {
    let fixed = body
        .get(start..)
        .and_then(<[u8]>::first_chunk::<RFH2_FIXED_BYTES>)
        .ok_or_else(|| HeaderError::new(start, "an MQRFH2 of at least 36 bytes"))?;
    if take::<4>(fixed, 0) != *b"RFH " && take::<4>(fixed, 0) != [0xD9, 0xC6, 0xC8, 0x40] {
        return Err(HeaderError::new(start, "the structure id RFH"));
    }
    let little_endian = is_little_endian(encoding);
    let integer = |at: usize| integer(take(fixed, at), little_endian);
    if integer(4) != 2 {
        return Err(HeaderError::new(start + 4, "version 2 of MQRFH2"));
    }
    let struc_length = usize::try_from(integer(8)).unwrap_or(0);
    if struc_length < RFH2_FIXED_BYTES || struc_length % 4 != 0 || struc_length > body.len() - start {
        let expected = "a StrucLength that is a multiple of 4, at least 36, and within the body";
        return Err(HeaderError::new(start + 8, expected));
    }
    let name_value_ccsid = integer(32);
    let mut header = Rfh2 {
        little_endian,
        struc_length,
        encoding: integer(12),
        ccsid: integer(16),
        format: Format(latin(take(fixed, 20))),
        flags: integer(28),
        name_value_ccsid,
        folders: Vec::new(),
        properties: Vec::new(),
    };
    let mut at = start + RFH2_FIXED_BYTES;
    let end = start + struc_length;
    while at < end {
        let (folder, next) = read_folder(body, at, end, &header)?;
        folders::read(&folder, &mut header.properties, bytes_left).map_err(|error| HeaderError {
            offset: at + 4 + bytes_before(&folder, error.offset, name_value_ccsid),
            ..error
        })?;
        header.folders.push(folder);
        at = next;
    }
    Ok(header)
}

/// One NameValueLength and NameValueData. Returns the text and where the next folder begins.
fn read_folder(body: &[u8], at: usize, end: usize, header: &Rfh2) -> Result<(String, usize), HeaderError> {
    let outside = || HeaderError::new(at, "a folder length within StrucLength");
    let room = body.get(at..end).ok_or_else(outside)?;
    let length = room.first_chunk::<4>().ok_or_else(outside)?;
    let length = usize::try_from(integer(*length, header.little_endian)).map_err(|_| outside())?;
    let bytes = room.get(4..).and_then(|rest| rest.get(..length)).ok_or_else(outside)?;
    let undecodable =
        |offset: usize| HeaderError::new(at + 4 + offset, "text in the folder's NameValueCCSID");
    let text = match header.name_value_ccsid {
        1208 => std::str::from_utf8(bytes).map_err(|error| undecodable(error.valid_up_to()))?.to_owned(),
        1200 | 13488 | 17584 => {
            if bytes.len() % 2 != 0 {
                return Err(undecodable(bytes.len() - 1));
            }
            let units = bytes.as_chunks::<2>().0.iter().map(|pair| {
                if header.little_endian { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }
            });
            let mut text = String::with_capacity(bytes.len() / 2);
            for (index, unit) in char::decode_utf16(units).enumerate() {
                text.push(unit.map_err(|_| undecodable(2 * index))?);
            }
            text
        }
        _ => {
            return Err(HeaderError::new(at, "a NameValueCCSID of 1208, 1200, 13488 or 17584"));
        }
    };
    Ok((text.trim_end_matches([' ', '\0']).to_owned(), at + 4 + length))
}

/// How many bytes of a folder stand before a place in its text.
fn bytes_before(text: &str, place: usize, name_value_ccsid: i32) -> usize {
    let before = text.get(..place).unwrap_or(text);
    if name_value_ccsid == 1208 { before.len() } else { 2 * before.encode_utf16().count() }
}

fn integer(bytes: [u8; 4], little_endian: bool) -> i32 {
    if little_endian { i32::from_le_bytes(bytes) } else { i32::from_be_bytes(bytes) }
}

/// `N` bytes of a fixed structure; the offsets are those of the structure's layout.
fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

/// A format or structure id that may be in EBCDIC, as ASCII. Upper-case letters, digits and the blank stand at the same
/// code points in all EBCDIC code pages.
fn latin(field: [u8; 8]) -> [u8; 8] {
    if field.is_ascii() {
        return field.map(|byte| if byte == 0 { b' ' } else { byte });
    }
    field.map(|byte| match byte {
        0xC1..=0xC9 => b'A' + (byte - 0xC1),
        0xD1..=0xD9 => b'J' + (byte - 0xD1),
        0xE2..=0xE9 => b'S' + (byte - 0xE2),
        0xF0..=0xF9 => b'0' + (byte - 0xF0),
        0x40 | 0 => b' ',
        _ => b'?',
    })
}

mod folders {
    //! Properties out of a folder's XML.

    use quick_xml::events::{BytesStart, Event};
    use quick_xml::reader::Reader;

    use super::{HeaderError, Property, PropertyValue};

    /// Groups nest at most this deep.
    const DEPTH_MAX: usize = 64;

    const FEWER_PROPERTIES: &str = "fewer properties, or shorter names,";

    /// An open element: its name, its `dt`, its text so far, and whether it has children.
    struct Open {
        name: String,
        kind: Option<String>,
        null: bool,
        text: String,
        group: bool,
    }

    /// Appends the properties of one folder; `bytes_left` is what properties may still take. The offset of an error is one
    /// in the text.
    pub(super) fn read(
        folder: &str,
        into: &mut Vec<Property>,
        bytes_left: &mut usize,
    ) -> Result<(), HeaderError> {
        let mut reader = Reader::from_str(folder);
        let mut open: Vec<Open> = Vec::new();
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(0);
            let fault = |expected: &str| HeaderError::new(at, expected);
            match reader.read_event().map_err(|_| fault("well-formed XML in the folder"))? {
                Event::Start(start) if open.len() < DEPTH_MAX => {
                    if let Some(parent) = open.last_mut() {
                        parent.group = true;
                    }
                    open.push(element(&start).map_err(|()| fault("an element with sound attributes"))?);
                }
                Event::Start(_) => return Err(fault("at most 64 nested groups")),
                Event::Empty(start) => {
                    let leaf = element(&start).map_err(|()| fault("an element with sound attributes"))?;
                    if let Some(parent) = open.last_mut() {
                        parent.group = true;
                    }
                    let kept = keep(&open, leaf, into, bytes_left);
                    kept.ok_or_else(|| fault(FEWER_PROPERTIES))?;
                }
                Event::Text(text) => append(&mut open, &text),
                Event::CData(text) => append(&mut open, &text),
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(character)) => Some(character),
                        Ok(None) => predefined(&reference),
                        Err(_) => None,
                    };
                    let character = character.ok_or_else(|| fault("one of the five entities of XML"))?;
                    append(&mut open, character.encode_utf8(&mut [0; 4]));
                }
                Event::End(_) => {
                    if let Some(leaf) = open.pop()
                        && !leaf.group
                    {
                        let kept = keep(&open, leaf, into, bytes_left);
                        kept.ok_or_else(|| fault(FEWER_PROPERTIES))?;
                    }
                }
                Event::Eof if open.is_empty() => return Ok(()),
                Event::Eof => return Err(fault("the end of every element in the folder")),
                Event::Comment(_) => {}
                Event::DocType(_) | Event::PI(_) | Event::Decl(_) => {
                    return Err(fault("elements and text only, no DOCTYPE or processing instruction,"));
                }
            }
        }
    }

    fn element(start: &BytesStart<'_>) -> Result<Open, ()> {
        let name = start.name().as_ref().to_owned();
        let (mut kind, mut null) = (None, false);
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| ())?;
            match attribute.key.as_ref() {
                "dt" => kind = Some(attribute.value.into_owned()),
                "xsi:nil" => null = attribute.value == "true",
                _ => {}
            }
        }
        Ok(Open { name, kind, null, text: String::new(), group: false })
    }

    fn append(open: &mut [Open], text: &str) {
        if let Some(element) = open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn predefined(name: &str) -> Option<char> {
        match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        }
    }

    /// Appends the property that an element without children is, unless that is the folder itself; `None` where there
    /// is no room for it.
    fn keep(path: &[Open], leaf: Open, into: &mut Vec<Property>, bytes_left: &mut usize) -> Option<()> {
        if path.is_empty() {
            return Some(());
        }
        let name_bytes = path.iter().map(|group| group.name.len() + 1).sum::<usize>() + leaf.name.len();
        *bytes_left = bytes_left.checked_sub(size_of::<Property>() + name_bytes)?;
        let mut name = String::with_capacity(name_bytes);
        for group in path {
            name.push_str(&group.name);
            name.push('.');
        }
        name.push_str(&leaf.name);
        let value = if leaf.null { PropertyValue::Null } else { value(leaf.kind.as_deref(), leaf.text) };
        into.push(Property { name, value });
        Some(())
    }

    /// The value by its `dt`; one that is not of its type stays the text that it is.
    fn value(kind: Option<&str>, text: String) -> PropertyValue {
        let typed = match kind {
            Some("boolean") => match text.as_str() {
                "1" => Some(PropertyValue::Boolean(true)),
                "0" => Some(PropertyValue::Boolean(false)),
                _ => None,
            },
            Some("i1") => text.parse().ok().map(PropertyValue::Int8),
            Some("i2") => text.parse().ok().map(PropertyValue::Int16),
            Some("i4" | "int") => text.parse().ok().map(PropertyValue::Int32),
            Some("i8") => text.parse().ok().map(PropertyValue::Int64),
            Some("r4") => text.parse().ok().map(PropertyValue::Float32),
            Some("r8") => text.parse().ok().map(PropertyValue::Float64),
            Some("bin.hex") => bytes(&text).map(PropertyValue::Bytes),
            _ => None,
        };
        typed.unwrap_or(PropertyValue::String(text))
    }

    fn bytes(text: &str) -> Option<Vec<u8>> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, odd) = text.as_bytes().as_chunks::<2>();
        if !odd.is_empty() {
            return None;
        }
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
    }
}

/// MQDLH version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterHeader {
    /// `Reason`: an `MQRC_*` or `MQFB_*` code.
    pub reason: i32,
    /// `DestQName`: where the message was meant for.
    pub destination_queue: String,
    /// `DestQMgrName`.
    pub destination_queue_manager: String,
    /// `Encoding` of what follows.
    pub encoding: i32,
    /// `CodedCharSetId` of what follows.
    pub ccsid: i32,
    /// `Format` of what follows.
    pub format: Format,
    /// `PutApplType` of who put the message to the dead-letter queue.
    pub put_application_type: i32,
    /// `PutApplName` of the same.
    pub put_application_name: String,
    /// `PutDate`, `YYYYMMDD`.
    pub put_date: [u8; 8],
    /// `PutTime`, `HHMMSSTH`.
    pub put_time: [u8; 8],
}

impl DeadLetterHeader {
    /// Puts the header before `body` and makes the descriptor describe it: format `MQDEAD`, native integers, UTF-8 names.
    ///
    /// What the descriptor said of the body moves into the header.
    pub fn prepend(&self, descriptor: &mut Descriptor, body: &[u8]) -> Vec<u8> {
        descriptor.encoding = libmqm_sys::MQENC_NATIVE;
        descriptor.ccsid = 1208;
        descriptor.format = Format::DEAD_LETTER_HEADER;
        let mut bytes = Vec::with_capacity(DEAD_LETTER_HEADER_BYTES + body.len());
        bytes.extend_from_slice(&self.encode(descriptor.encoding));
        bytes.extend_from_slice(body);
        bytes
    }

    /// The header's bytes, its integers in the order that `encoding` states.
    pub fn encode(&self, encoding: i32) -> [u8; DEAD_LETTER_HEADER_BYTES] {
        let little_endian = is_little_endian(encoding);
        let integer = |value: i32| {
            if little_endian { value.to_le_bytes() } else { value.to_be_bytes() }
        };
        let mut bytes = Vec::with_capacity(DEAD_LETTER_HEADER_BYTES);
        bytes.extend_from_slice(b"DLH ");
        bytes.extend_from_slice(&integer(1));
        bytes.extend_from_slice(&integer(self.reason));
        bytes.extend_from_slice(&blank_padded::<48>(&self.destination_queue));
        bytes.extend_from_slice(&blank_padded::<48>(&self.destination_queue_manager));
        bytes.extend_from_slice(&integer(self.encoding));
        bytes.extend_from_slice(&integer(self.ccsid));
        bytes.extend_from_slice(&self.format.0);
        bytes.extend_from_slice(&integer(self.put_application_type));
        bytes.extend_from_slice(&blank_padded::<28>(&self.put_application_name));
        bytes.extend_from_slice(&self.put_date);
        bytes.extend_from_slice(&self.put_time);
        take(&bytes, 0)
    }

    /// Reads a header at the beginning of `body`, its integers in the order that `encoding` states.
    ///
    /// # Errors
    /// Where the body is shorter than a header, or the structure id or version is another.
    pub fn decode(body: &[u8], encoding: i32) -> Result<Self, HeaderError> {
        let fixed = body
            .first_chunk::<DEAD_LETTER_HEADER_BYTES>()
            .ok_or_else(|| HeaderError::new(0, "an MQDLH of 172 bytes"))?;
        let integer = |at: usize| integer(take(fixed, at), is_little_endian(encoding));
        if take::<4>(fixed, 0) != *b"DLH " {
            return Err(HeaderError::new(0, "the structure id DLH"));
        }
        if integer(4) != 1 {
            return Err(HeaderError::new(4, "version 1 of MQDLH"));
        }
        Ok(Self {
            reason: integer(8),
            destination_queue: name(&take::<48>(fixed, 12)),
            destination_queue_manager: name(&take::<48>(fixed, 60)),
            encoding: integer(108),
            ccsid: integer(112),
            format: Format(take(fixed, 116)),
            put_application_type: integer(124),
            put_application_name: name(&take::<28>(fixed, 128)),
            put_date: take(fixed, 156),
            put_time: take(fixed, 164),
        })
    }
}

fn blank_padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    field
}

fn name(field: &[u8]) -> String {
    let text: String =
        field.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect();
    text.trim_end_matches([' ', '\0']).to_owned()
}

impl std::fmt::Debug for Rfh2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rfh2").field("struc_length", &self.struc_length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfh2(little_endian: bool, ccsid: i32, folders: &[&[u8]]) -> Vec<u8> {
        let integer = |value: i32| {
            if little_endian { value.to_le_bytes() } else { value.to_be_bytes() }
        };
        let length = 36 + folders.iter().map(|folder| 4 + folder.len()).sum::<usize>();
        let mut bytes = b"RFH ".to_vec();
        for value in [2, i32::try_from(length).unwrap(), 273, 1208] {
            bytes.extend_from_slice(&integer(value));
        }
        bytes.extend_from_slice(b"MQSTR   ");
        for value in [0, ccsid] {
            bytes.extend_from_slice(&integer(value));
        }
        for folder in folders {
            bytes.extend_from_slice(&integer(i32::try_from(folder.len()).unwrap()));
            bytes.extend_from_slice(folder);
        }
        bytes.extend_from_slice(b"body");
        bytes
    }

    fn peeled(body: &[u8], encoding: i32) -> Result<Peeled, HeaderError> {
        peel(Format::RF_HEADER_2, encoding, 819, body)
    }

    #[test]
    fn folders_give_typed_properties_in_either_byte_order() {
        let folder: &[u8] = b"<usr><a dt='i4'>-7</a><b>x &amp; y</b><c dt='bin.hex'>0A0b</c><g><h dt='boolean'>1</h></g></usr> ";
        for (little_endian, encoding) in [(false, 273), (true, 546)] {
            let body = rfh2(little_endian, 1208, &[&folder[..folder.len() - folder.len() % 4]]);
            let peeled = peeled(&body, encoding).unwrap();
            assert_eq!(&body[peeled.body_offset..], b"body");
            assert_eq!((peeled.ccsid, peeled.format), (1208, Format::STRING));
            let named = |name: &str, value| Property { name: name.into(), value };
            assert_eq!(
                peeled.headers[0].properties,
                [
                    named("usr.a", PropertyValue::Int32(-7)),
                    named("usr.b", PropertyValue::String("x & y".into())),
                    named("usr.c", PropertyValue::Bytes(vec![0x0A, 0x0B])),
                    named("usr.g.h", PropertyValue::Boolean(true)),
                ]
            );
        }
    }

    #[test]
    fn a_body_without_a_header_peels_to_itself() {
        let peeled = peel(Format::STRING, 546, 1208, b"<Document/>").unwrap();
        assert_eq!((peeled.body_offset, peeled.ccsid, peeled.headers.len()), (0, 1208, 0));
    }

    #[test]
    fn a_header_that_cannot_be_right_is_refused_at_its_place() {
        let sound = rfh2(false, 1208, &[b"<usr><a>1</a></usr> "]);
        let with = |at: usize, bytes: &[u8]| {
            let mut body = sound.clone();
            body[at..at + bytes.len()].copy_from_slice(bytes);
            peeled(&body, 273).unwrap_err().offset
        };
        assert_eq!(peeled(&sound[..30], 273).unwrap_err().offset, 0);
        assert_eq!(with(0, b"RFX "), 0);
        assert_eq!(with(4, &1_i32.to_be_bytes()), 4);
        for length in [35_i32, 38, 0, -4, 10_000] {
            assert_eq!(with(8, &length.to_be_bytes()), 8, "{length}");
        }
        assert_eq!(with(32, &850_i32.to_be_bytes()), 36);
        for length in [21_i32, -1, i32::MAX] {
            assert_eq!(with(36, &length.to_be_bytes()), 36, "{length}");
        }
        assert_eq!(with(45, b"\xFF"), 45);
        assert_eq!(with(48, b"&zz;"), 48);
        let utf_16: Vec<u8> = "<usr>€€&zz;</usr> ".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(peeled(&rfh2(false, 1200, &[&utf_16]), 273).unwrap_err().offset, 40 + 2 * 7);
        let doctype = rfh2(false, 1208, &[b"<!DOCTYPE usr []><usr/> "]);
        assert!(peeled(&doctype, 273).is_err());
    }

    #[test]
    fn long_names_around_many_properties_are_refused_before_they_fill_memory() {
        let long = "g".repeat(100_000);
        let folder = |leaves: usize| format!("<usr><{long}>{}</{long}></usr>", "<a/>".repeat(leaves));
        assert!(peeled(&rfh2(false, 1208, &[folder(160).as_bytes()]), 273).is_ok());
        // In two headers, too: the limit is that of the chain.
        let mut body = rfh2(false, 1208, &[folder(90).as_bytes()]);
        body[20..28].copy_from_slice(b"MQHRF2  ");
        body.truncate(body.len() - 4);
        body.extend(rfh2(false, 1208, &[folder(90).as_bytes()]));
        let refused = peeled(&body, 273).unwrap_err();
        assert!(refused.offset > 200_000 && refused.expected.contains("fewer properties"), "{refused}");
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_a_panic() {
        let sound = rfh2(true, 1200, &[b"<\0u\0s\0r\0/\0>\0"]);
        for at in 0..sound.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut body = sound.clone();
                body[at] = value;
                let _ = peeled(&body, 546);
                let _ = peeled(&body[..at], 546);
            }
        }
    }

    #[test]
    fn a_dead_letter_header_survives_in_either_byte_order() {
        let header = DeadLetterHeader {
            reason: 65_537,
            destination_queue: "PAYMENTS.IN".into(),
            destination_queue_manager: "QM1".into(),
            encoding: 546,
            ccsid: 819,
            format: Format::STRING,
            put_application_type: 6,
            put_application_name: "mqgate".into(),
            put_date: *b"20261124",
            put_time: *b"13250012",
        };
        for encoding in [273, 546] {
            assert_eq!(DeadLetterHeader::decode(&header.encode(encoding), encoding), Ok(header.clone()));
        }
        let mut descriptor = Descriptor::default();
        let body = header.prepend(&mut descriptor, b"body");
        assert_eq!((descriptor.format, body.len()), (Format::DEAD_LETTER_HEADER, 176));
    }
}

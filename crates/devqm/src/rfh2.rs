//! MQRFH2: message properties as they travel in front of a message's body, read and written.
//!
//! Pure. The header is 36 bytes: `RFH `, version 4, length 4, encoding 4, CCSID 4, format 8, flags 4, CCSID of the folders 4;
//! then folders, each a length 4 and text like `<usr><size dt='i4'>20</size></usr>`, filled with blanks to a multiple of
//! four. Its numbers are in the order of the encoding before it, at first MQMD's.
//! Source: IBM documentation, *MQRFH2 - Rules and formatting header 2*.

use libmqm_sys as mq;

use crate::verbs::{Descriptor, Property};

/// `MQFMT_RF_HEADER_2`.
pub const FORMAT: [u8; 8] = *b"MQHRF2  ";
const HEADER_BYTES: usize = 36;
/// How many headers in front of one another are read.
const HEADERS_MAX: usize = 16;
/// How deep a folder's elements may be nested.
const DEPTH_MAX: usize = 16;
/// How many properties of one message are read.
const PROPERTIES_MAX: usize = 1_000;
/// Big-endian integers and IEEE floats, as `MQMD.Encoding` counts them.
const ENCODING: i32 = 0x111;
/// UTF-8.
const CCSID: i32 = 1208;

/// The properties of the headers in front of a body. What is no header, or breaks off, has none from there on.
pub fn properties(descriptor: &Descriptor, body: &[u8]) -> Vec<Property> {
    let mut found = Vec::new();
    let (mut format, mut encoding, mut rest) = (descriptor.format, descriptor.encoding, body);
    for _ in 0..HEADERS_MAX {
        if format != FORMAT {
            break;
        }
        let Some(header) = Header::read(rest, encoding) else {
            break;
        };
        header.folders(&mut found);
        (format, encoding, rest) = (header.format, header.encoding, header.behind);
    }
    found
}

/// A body behind a header with these properties, and the descriptor of the two.
pub fn with_header(descriptor: &Descriptor, properties: &[Property], body: &[u8]) -> (Descriptor, Vec<u8>) {
    let mut names: Vec<&str> = properties.iter().map(|property| folder_and_name(&property.name).0).collect();
    // JMS wants to know first what kind of message it is.
    names.sort_by_key(|name| (*name != "mcd", *name != "jms", *name != "usr"));
    names.dedup();
    let mut folders = Vec::new();
    for name in names {
        let folder = folder(name, properties);
        folders.extend(u32::try_from(folder.len()).unwrap_or(u32::MAX).to_be_bytes());
        folders.extend(folder.into_bytes());
    }
    let length = i32::try_from(HEADER_BYTES + folders.len()).unwrap_or(i32::MAX);
    let mut bytes = Vec::with_capacity(HEADER_BYTES + folders.len() + body.len());
    bytes.extend(b"RFH ");
    for word in [2, length, descriptor.encoding, descriptor.ccsid] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(descriptor.format);
    bytes.extend([0, CCSID].map(i32::to_be_bytes).concat());
    bytes.extend(folders);
    bytes.extend(body);
    (Descriptor { format: FORMAT, encoding: ENCODING, ccsid: CCSID, ..descriptor.clone() }, bytes)
}

/// One header.
struct Header<'b> {
    format: [u8; 8],
    encoding: i32,
    name_value_ccsid: i32,
    little: bool,
    folders: &'b [u8],
    behind: &'b [u8],
}

impl<'b> Header<'b> {
    fn read(bytes: &'b [u8], encoding: i32) -> Option<Self> {
        let little = encoding & mq::MQENC_INTEGER_MASK == mq::MQENC_INTEGER_REVERSED;
        let word = |at: usize| -> Option<i32> {
            let word = *bytes.get(at..)?.first_chunk()?;
            Some(if little { i32::from_le_bytes(word) } else { i32::from_be_bytes(word) })
        };
        let length = usize::try_from(word(8)?).ok()?;
        if !bytes.starts_with(b"RFH ") || word(4)? != 2 || length < HEADER_BYTES {
            return None;
        }
        let (header, behind) = bytes.split_at_checked(length)?;
        Some(Self {
            format: *bytes.get(20..)?.first_chunk()?,
            encoding: word(12)?,
            name_value_ccsid: word(32)?,
            little,
            folders: header.get(HEADER_BYTES..)?,
            behind,
        })
    }

    fn folders(&self, found: &mut Vec<Property>) {
        let mut rest = self.folders;
        while let Some((length, behind)) = rest.split_first_chunk() {
            let length = if self.little { i32::from_le_bytes(*length) } else { i32::from_be_bytes(*length) };
            let folder = usize::try_from(length).ok().and_then(|length| behind.split_at_checked(length));
            let Some((folder, behind)) = folder else {
                return;
            };
            if let Some(text) = text(folder, self.name_value_ccsid) {
                read_folder(&text, found);
            }
            rest = behind;
        }
    }
}

fn text(bytes: &[u8], ccsid: i32) -> Option<String> {
    let pairs = || bytes.chunks_exact(2).map(|pair| pair.first_chunk::<2>().copied().unwrap_or_default());
    match ccsid {
        1208 => String::from_utf8(bytes.to_vec()).ok(),
        1200 | 13488 | 17584 => char::decode_utf16(pairs().map(u16::from_be_bytes)).collect::<Result<_, _>>().ok(),
        1202 => char::decode_utf16(pairs().map(u16::from_le_bytes)).collect::<Result<_, _>>().ok(),
        _ => None,
    }
}

/// Reads `<folder><name dt='type'>value</name></folder>`; elements within elements have dotted names.
fn read_folder(text: &str, found: &mut Vec<Property>) {
    let mut path: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some((value, tag)) = rest.split_once('<') {
        let Some((tag, behind)) = tag.split_once('>') else {
            return;
        };
        if let Some(closing) = tag.strip_prefix('/') {
            let Some((name, attributes)) = path.last().copied().filter(|(name, _)| *name == closing.trim_end()) else {
                return;
            };
            // An element whose text follows its own opening tag is a value, and another one a group.
            if path.len() > 1 && !rest_is_behind_group(text, rest) && !is_nil(attributes) {
                found.extend(property(&path, name, attributes, value));
            }
            path.pop();
        } else if !tag.ends_with('/') {
            path.push(tag.split_once(char::is_whitespace).unwrap_or((tag, "")));
        }
        if path.len() > DEPTH_MAX || found.len() >= PROPERTIES_MAX {
            return;
        }
        rest = behind;
    }
}

/// Whether what is left of a folder stands behind a closing tag.
fn rest_is_behind_group(text: &str, rest: &str) -> bool {
    let before = text.get(..text.len() - rest.len()).unwrap_or_default();
    before.rsplit_once('<').is_some_and(|(_, tag)| tag.starts_with('/') || tag.ends_with("/>"))
}

fn property(path: &[(&str, &str)], name: &str, attributes: &str, value: &str) -> Option<Property> {
    let folder = path.first()?.0;
    let groups = path.get(1..path.len() - 1)?;
    let mut full = String::new();
    // What is in `usr` needs no folder in its name.
    for part in (folder != "usr").then_some(folder).into_iter().chain(groups.iter().map(|(group, _)| *group)) {
        full.push_str(part);
        full.push('.');
    }
    full.push_str(name);
    let value = unescaped(value);
    let (kind, value) = typed(attribute(attributes, "dt").unwrap_or("string"), &value)?;
    Some(Property { name: full, kind, value, support: mq::MQPD_SUPPORT_OPTIONAL, context: 0, copy_options: 0 })
}

/// A value by its `dt`; none where it is no value of that type.
fn typed(dt: &str, value: &str) -> Option<(i32, Vec<u8>)> {
    let trimmed = value.trim();
    Some(match dt {
        "boolean" => (mq::MQTYPE_BOOLEAN, i32::from(matches!(trimmed, "1" | "true" | "TRUE")).to_be_bytes().to_vec()),
        "i1" => (mq::MQTYPE_INT8, trimmed.parse::<i8>().ok()?.to_be_bytes().to_vec()),
        "i2" => (mq::MQTYPE_INT16, trimmed.parse::<i16>().ok()?.to_be_bytes().to_vec()),
        "i4" | "int" => (mq::MQTYPE_INT32, trimmed.parse::<i32>().ok()?.to_be_bytes().to_vec()),
        "i8" => (mq::MQTYPE_INT64, trimmed.parse::<i64>().ok()?.to_be_bytes().to_vec()),
        "r4" => (mq::MQTYPE_FLOAT32, trimmed.parse::<f32>().ok()?.to_be_bytes().to_vec()),
        "r8" => (mq::MQTYPE_FLOAT64, trimmed.parse::<f64>().ok()?.to_be_bytes().to_vec()),
        "bin.hex" => (mq::MQTYPE_BYTE_STRING, from_hex(trimmed)?),
        _ => (mq::MQTYPE_STRING, value.as_bytes().to_vec()),
    })
}

fn is_nil(attributes: &str) -> bool {
    attribute(attributes, "xsi:nil") == Some("true")
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((before, behind)) = rest.split_once('=') {
        let quote = behind.trim_start().chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = behind.trim_start().get(1..)?.split_once(quote)?;
        if before.trim() == name {
            return Some(value);
        }
        rest = behind;
    }
    None
}

const ENTITIES: [(&str, char); 5] = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let known = behind.split_once(';').and_then(|(entity, behind)| Some((character(entity)?, behind)));
        match known {
            Some((character, behind)) => {
                plain.push(character);
                rest = behind;
            }
            None => {
                plain.push('&');
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn character(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix("#x") {
        return u32::from_str_radix(number, 16).ok().and_then(char::from_u32);
    }
    if let Some(number) = entity.strip_prefix('#') {
        return number.parse().ok().and_then(char::from_u32);
    }
    ENTITIES.iter().find(|(name, _)| *name == entity).map(|(_, character)| *character)
}

/// The folder of a property's name, and the rest of the name.
fn folder_and_name(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("usr", name))
}

fn folder(folder: &str, properties: &[Property]) -> String {
    // Of folders that are not MQ's own, only those that say so hold properties.
    let known = ["mcd", "jms", "usr", "mqext", "mq"].contains(&folder);
    let mut text = format!("<{folder}{}>", if known { "" } else { " content='properties'" });
    for property in properties {
        let (its_folder, name) = folder_and_name(&property.name);
        if its_folder == folder {
            element(name, property, &mut text);
        }
    }
    text.push_str(&format!("</{folder}>"));
    while !text.len().is_multiple_of(4) {
        text.push(' ');
    }
    text
}

fn element(name: &str, property: &Property, text: &mut String) {
    let (dt, value) = written(property);
    let groups: Vec<&str> = name.split('.').collect();
    let (name, groups) = groups.split_last().map_or(("", &[][..]), |(name, groups)| (*name, groups));
    groups.iter().for_each(|group| text.push_str(&format!("<{group}>")));
    match value {
        Some(value) => text.push_str(&format!("<{name}{dt}>{value}</{name}>")),
        None => text.push_str(&format!("<{name} xsi:nil='true'></{name}>")),
    }
    groups.iter().rev().for_each(|group| text.push_str(&format!("</{group}>")));
}

/// A value as text, with its `dt`; none for a null.
fn written(property: &Property) -> (&'static str, Option<String>) {
    fn number<const N: usize>(value: &[u8]) -> [u8; N] {
        value.first_chunk().copied().unwrap_or([0; N])
    }
    let value = property.value.as_slice();
    match property.kind {
        mq::MQTYPE_BOOLEAN => (" dt='boolean'", Some(i32::from(value.iter().any(|byte| *byte != 0)).to_string())),
        mq::MQTYPE_INT8 => (" dt='i1'", Some(i8::from_be_bytes(number(value)).to_string())),
        mq::MQTYPE_INT16 => (" dt='i2'", Some(i16::from_be_bytes(number(value)).to_string())),
        mq::MQTYPE_INT32 => (" dt='i4'", Some(i32::from_be_bytes(number(value)).to_string())),
        mq::MQTYPE_INT64 => (" dt='i8'", Some(i64::from_be_bytes(number(value)).to_string())),
        mq::MQTYPE_FLOAT32 => (" dt='r4'", Some(f32::from_be_bytes(number(value)).to_string())),
        mq::MQTYPE_FLOAT64 => (" dt='r8'", Some(f64::from_be_bytes(number(value)).to_string())),
        mq::MQTYPE_BYTE_STRING => (" dt='bin.hex'", Some(to_hex(value))),
        mq::MQTYPE_NULL => ("", None),
        _ => ("", Some(escaped(std::str::from_utf8(value).unwrap_or_default()))),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match ENTITIES.iter().find(|(_, plain)| *plain == character) {
            Some((name, _)) => escaped.push_str(&format!("&{name};")),
            None => escaped.push(character),
        }
    }
    escaped
}

/// Bytes as capital hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The bytes of hexadecimal digits; none where they are none.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(format: [u8; 8], encoding: i32) -> Descriptor {
        Descriptor { format, encoding, ccsid: 819, ..crate::channel::blank_descriptor() }
    }

    fn property(name: &str, kind: i32, value: &[u8]) -> Property {
        let support = mq::MQPD_SUPPORT_OPTIONAL;
        Property { name: name.into(), kind, value: value.to_vec(), support, context: 0, copy_options: 0 }
    }

    #[test]
    fn properties_of_every_type_come_back_from_their_header() {
        let properties = [
            property("mcd.Msd", mq::MQTYPE_STRING, b"jms_text"),
            property("jms.Dst", mq::MQTYPE_STRING, b"queue:///IN"),
            property("text", mq::MQTYPE_STRING, "a <tag> & 'ü'".as_bytes()),
            property("yes", mq::MQTYPE_BOOLEAN, &1_i32.to_be_bytes()),
            property("tiny", mq::MQTYPE_INT8, &(-3_i8).to_be_bytes()),
            property("short", mq::MQTYPE_INT16, &300_i16.to_be_bytes()),
            property("int", mq::MQTYPE_INT32, &(-70_000_i32).to_be_bytes()),
            property("long", mq::MQTYPE_INT64, &(1_i64 << 40).to_be_bytes()),
            property("float", mq::MQTYPE_FLOAT32, &1.5_f32.to_be_bytes()),
            property("double", mq::MQTYPE_FLOAT64, &2.25_f64.to_be_bytes()),
            property("bytes", mq::MQTYPE_BYTE_STRING, &[0xAB, 0x01]),
            property("own.deep.name", mq::MQTYPE_STRING, b"nested"),
        ];
        let (descriptor, bytes) = with_header(&described(*b"MQSTR   ", 0x222), &properties, b"the body");
        assert_eq!((descriptor.format, descriptor.encoding, descriptor.ccsid), (FORMAT, ENCODING, CCSID));
        assert!(bytes.ends_with(b"the body") && (bytes.len() - 8).is_multiple_of(4));
        assert_eq!(super::properties(&descriptor, &bytes), properties);
        assert_eq!(bytes[12..28], [&0x222_i32.to_be_bytes()[..], &819_i32.to_be_bytes(), b"MQSTR   "].concat());
    }

    #[test]
    fn a_header_that_breaks_off_gives_what_came_before() {
        let one = [property("a", mq::MQTYPE_STRING, b"1"), property("b", mq::MQTYPE_INT32, &2_i32.to_be_bytes())];
        let (descriptor, bytes) = with_header(&described(*b"        ", 0x111), &one, b"");
        for end in 0..bytes.len() {
            assert_eq!(super::properties(&descriptor, &bytes[..end]), [], "{end}");
        }
        assert_eq!(super::properties(&descriptor, &bytes).len(), 2);
        assert_eq!(super::properties(&described(*b"MQSTR   ", 0x111), &bytes), []);
    }

    #[test]
    fn folders_are_read_as_clients_write_them() {
        for (folder, expected) in [
            ("<usr><a>x</a></usr>  ", vec![("a", "x")]),
            ("<usr><a dt='i4'>7</a><b dt=\"string\">y</b></usr>", vec![("a", "\0\0\0\x07"), ("b", "y")]),
            ("<usr><g><a>x</a><b>y</b></g><c></c></usr>", vec![("g.a", "x"), ("g.b", "y"), ("c", "")]),
            ("<usr><n xsi:nil='true'></n><a>x</a></usr>", vec![("a", "x")]),
            ("<jms><Dst>q</Dst><Tms>1</Tms></jms>", vec![("jms.Dst", "q"), ("jms.Tms", "1")]),
            ("<usr><a>&lt;&#65;&#x42;&amp;&nonsense;</a></usr>", vec![("a", "<AB&&nonsense;")]),
            ("<usr><empty/><a>x</a></usr>", vec![("a", "x")]),
            ("<usr><a>x</b></usr>", vec![]),
            ("<usr><a dt='i4'>x</a></usr>", vec![]),
            ("no folder", vec![]),
            ("<usr", vec![]),
        ] {
            let mut found = Vec::new();
            read_folder(folder, &mut found);
            let found: Vec<_> =
                found.iter().map(|each| (each.name.as_str(), std::str::from_utf8(&each.value).unwrap())).collect();
            assert_eq!(found, expected, "{folder}");
        }
    }
}

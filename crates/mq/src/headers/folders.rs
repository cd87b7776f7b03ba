//! Properties out of a folder's XML. Knows nothing of bytes.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::HeaderError;
use crate::properties::{Property, PropertyValue};

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

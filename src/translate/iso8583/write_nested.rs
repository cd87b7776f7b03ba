//! From the members of an element to its bytes: by place, tag, bitmap or delimiter.

use serde_json::{Map, Value};

use super::nested::{PADDING, ber_tag, is_name};
use super::table::{Bitmap, Data, Element, Known, Layout, Size, Tagged};
use super::write::{Result, Writer, object, pointer, within};
use crate::translate::Unwritable;

impl Writer<'_> {
    pub(super) fn layout(&self, layout: &Layout, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        let members = object(value)?;
        match layout {
            Layout::Positional { fields, optional } => self.positional(fields, *optional, members, out),
            Layout::Tagged(tagged) => self.tagged(tagged, members, out),
            Layout::Ber { known, constructed } => self.ber(layout, known, *constructed, members, out),
            Layout::Bitmapped { bitmap, bits, fields } => {
                self.bitmapped(*bitmap, *bits, fields, members, out)
            }
            Layout::Delimited { delimiter, equals, known } => {
                self.delimited(*delimiter, *equals, known, members, out)
            }
        }
    }

    fn positional(
        &self,
        fields: &[Element],
        optional: bool,
        members: &Map<String, Value>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let mut written = 0;
        for field in fields {
            match members.get(&*field.key) {
                Some(value) => self.element(field, value, out).map_err(|error| within(error, &field.key))?,
                None if optional => break,
                None => return Err(Unwritable::new(pointer(&field.key), "a value")),
            }
            written += 1;
        }
        let known = fields.iter().take(written);
        let strange = members.keys().find(|key| !known.clone().any(|field| *field.key == ***key));
        match strange {
            Some(key) => {
                Err(Unwritable::new(pointer(key), "a member of this element, after those before it"))
            }
            None => Ok(()),
        }
    }

    fn tagged(&self, tagged: &Tagged, members: &Map<String, Value>, out: &mut Vec<u8>) -> Result<()> {
        for lead in &tagged.lead {
            let value =
                members.get(&*lead.key).ok_or_else(|| Unwritable::new(pointer(&lead.key), "a value"))?;
            self.element(lead, value, out).map_err(|error| within(error, &lead.key))?;
        }
        let rest = members.iter().filter(|(key, _)| !tagged.lead.iter().any(|lead| *lead.key == ***key));
        for (key, value) in rest {
            self.one_tagged(tagged, tag_of(key), value, out).map_err(|error| within(error, key))?;
        }
        Ok(())
    }

    fn one_tagged(&self, tagged: &Tagged, tag: &str, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        let element = known(&tagged.known, tag)?;
        let from = out.len();
        match tagged.tag.data {
            Data::Text(text) | Data::Hex(text) => {
                let encoded = self.charset(text)?.encode_onto(tag, out);
                encoded.map_err(|_| Unwritable::new("", "a tag of letters and digits"))?;
            }
            Data::Bcd | Data::Binary => out.extend(bytes_of_hex(tag)?),
        }
        if out.len() - from != tagged.tag.bytes {
            return Err(Unwritable::new("", format!("a tag of {} bytes", tagged.tag.bytes)));
        }
        let mut content = Vec::new();
        let units = self.content(element, value, true, &mut content)?;
        check_length(element, units)?;
        self.number(tagged.prefix, units, out)?;
        out.append(&mut content);
        Ok(())
    }

    fn ber(
        &self,
        layout: &Layout,
        known: &Known,
        constructed: bool,
        members: &Map<String, Value>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        for (key, value) in members {
            let done = match tag_of(key) {
                PADDING => padding(value, out),
                tag => self.ber_member(layout, known, constructed, tag, value, out),
            };
            done.map_err(|error| within(error, key))?;
        }
        Ok(())
    }

    fn ber_member(
        &self,
        layout: &Layout,
        known: &Known,
        constructed: bool,
        tag: &str,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let bytes = bytes_of_hex(tag)?;
        if ber_tag(&bytes).is_none_or(|whole| whole.len() != bytes.len()) || bytes.first() == Some(&0) {
            return Err(Unwritable::new("", "a BER tag"));
        }
        let mut content = Vec::new();
        let nested = constructed && bytes.first().is_some_and(|first| first & 0x20 != 0);
        if nested && known.listed(tag).is_none() {
            self.layout(layout, value, &mut content)?;
        } else {
            let element = self::known(known, tag)?;
            let units = self.content(element, value, element.size != Size::Rest, &mut content)?;
            check_length(element, units)?;
        }
        out.extend(bytes);
        ber_length(content.len(), out);
        out.append(&mut content);
        Ok(())
    }

    fn bitmapped(
        &self,
        bitmap: Bitmap,
        bits: usize,
        fields: &[Option<Element>],
        members: &Map<String, Value>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let mut found = Vec::new();
        for (key, value) in members {
            let number = key.parse::<usize>().ok().filter(|number| number.to_string() == *key);
            let field = number.and_then(|number| Some((number, fields.get(number)?.as_ref()?)));
            let (number, field) = field
                .ok_or_else(|| Unwritable::new(pointer(key), "a sub-element that the dialect defines"))?;
            found.push((number, field, value));
        }
        found.sort_by_key(|(number, _, _)| *number);
        let mut map = vec![0_u8; bits / 8];
        for (number, _, _) in &found {
            if let Some(byte) = map.get_mut((number - 1) / 8) {
                *byte |= 0x80 >> ((number - 1) % 8);
            }
        }
        let digits: String = map.iter().map(|byte| format!("{byte:02X}")).collect();
        self.bitmap(bitmap, &digits, out)?;
        for (_, field, value) in found {
            self.element(field, value, out).map_err(|error| within(error, &field.key))?;
        }
        Ok(())
    }

    fn delimited(
        &self,
        delimiter: char,
        equals: Option<char>,
        known: &Known,
        members: &Map<String, Value>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let charset = self.charset(self.table.text)?;
        let byte = |character| {
            charset
                .byte_of(character)
                .ok_or_else(|| Unwritable::new("", "a character set that has the delimiter"))
        };
        let delimiter = byte(delimiter)?;
        if equals.is_none() && members.is_empty() {
            return Err(Unwritable::new("/1", "a value"));
        }
        for (index, (key, value)) in members.iter().enumerate() {
            if index > 0 {
                out.push(delimiter);
            }
            let from = out.len();
            let name = if equals.is_some() { tag_of(key) } else { key };
            if let Some(equals) = equals {
                if !is_name(name) {
                    return Err(Unwritable::new(pointer(key), "a name of letters, digits, - and _"));
                }
                charset.encode_onto(name, out).map_err(|_| Unwritable::new(pointer(key), "a name"))?;
                out.push(byte(equals)?);
            } else if *key != (index + 1).to_string() {
                return Err(Unwritable::new(pointer(key), format!("{}, the next number", index + 1)));
            }
            let done = self::known(known, name).and_then(|element| {
                let units = self.content(element, value, false, out)?;
                check_length(element, units)
            });
            done.map_err(|error| within(error, key))?;
            if out.get(from..).is_some_and(|part| part.contains(&delimiter)) {
                return Err(Unwritable::new(pointer(key), "a value without the delimiter"));
            }
        }
        Ok(())
    }
}

/// A key without the number that it has where its tag came before.
fn tag_of(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((tag, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => tag,
        _ => key,
    }
}

fn known<'a>(known: &'a Known, tag: &str) -> Result<&'a Element> {
    known.get(tag).ok_or_else(|| Unwritable::new("", "a tag that the dialect defines"))
}

fn check_length(element: &Element, units: usize) -> Result<()> {
    match element.size {
        Size::Fixed(expected) if expected != units => {
            Err(Unwritable::new("", format!("{expected} {}", element.unit())))
        }
        _ => Ok(()),
    }
}

fn padding(value: &Value, out: &mut Vec<u8>) -> Result<()> {
    let digits = value.as_str().filter(|text| text.len() % 2 == 0 && text.bytes().all(|byte| byte == b'0'));
    let digits = digits.ok_or_else(|| Unwritable::new("", "zeros, two for each byte"))?;
    out.extend(std::iter::repeat_n(0, digits.len() / 2));
    Ok(())
}

/// A length in its shortest form.
fn ber_length(length: usize, out: &mut Vec<u8>) {
    let bytes = length.to_be_bytes();
    let significant = bytes.iter().skip_while(|&&byte| byte == 0);
    let count = u8::try_from(significant.clone().count()).unwrap_or_default();
    if length >= 0x80 {
        out.push(0x80 | count);
    }
    if length == 0 {
        out.push(0);
    }
    out.extend(significant);
}

fn bytes_of_hex(digits: &str) -> Result<Vec<u8>> {
    hex::decode(digits).map_err(|_| Unwritable::new("", "hexadecimal digits, two for each byte"))
}

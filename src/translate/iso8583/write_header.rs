//! What stands before the message type, on the way back: lengths are counted, not taken from the document.

use serde_json::{Map, Value};

use super::header::{VISA_FIELDS, VISA_KEYS, VISA_PLAIN, VISA_REJECT, VisaField};
use super::table::Part;
use super::write::{Result, Writer, object, pointer, within};
use crate::translate::Unwritable;

impl Writer<'_> {
    /// Puts the header in front of a message.
    pub(super) fn header(&self, header: Option<&Value>, message: Vec<u8>) -> Result<Vec<u8>> {
        let none = Map::new();
        let members = match header {
            Some(header) => object(header).map_err(|error| within(error, "header"))?,
            None => &none,
        };
        self.check_members(members).map_err(|error| within(error, "header"))?;
        let mut parts = vec![message];
        let mut length = parts.iter().map(Vec::len).sum();
        for part in self.table.header.iter().rev() {
            let bytes = self.part(part, members, length).map_err(|error| within(error, "header"))?;
            length += bytes.len();
            parts.push(bytes);
        }
        parts.reverse();
        Ok(parts.concat())
    }

    fn check_members(&self, members: &Map<String, Value>) -> Result<()> {
        let known = |key: &str| {
            self.table.header.iter().any(|part| match part {
                Part::Field(element) => *element.key == *key,
                Part::Visa => VISA_KEYS.contains(&key),
                Part::Length { .. } | Part::Literal(..) => false,
            })
        };
        match members.keys().find(|key| !known(key)) {
            Some(key) => Err(Unwritable::new(pointer(key), "a member of the dialect's header")),
            None => Ok(()),
        }
    }

    /// One part, in front of so many bytes.
    fn part(&self, part: &Part, members: &Map<String, Value>, after: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        match part {
            Part::Length { prefix, reserved, itself } => {
                let counted = if *itself { after + prefix.bytes + reserved } else { after };
                self.number(*prefix, counted, &mut out)?;
                out.extend(std::iter::repeat_n(0, *reserved));
            }
            Part::Literal(text, charset) => {
                let encoded = self.charset(*charset)?.encode_onto(text, &mut out);
                encoded.map_err(|_| Unwritable::new("", "a character set that has the fixed text"))?;
            }
            Part::Field(element) => {
                let value = members.get(&*element.key);
                let value = value.ok_or_else(|| Unwritable::new(pointer(&element.key), "a value"))?;
                self.element(element, value, &mut out).map_err(|error| within(error, &element.key))?;
            }
            Part::Visa => out = visa(members, after)?,
        }
        Ok(out)
    }
}

/// The Visa header, after that of a reject where there is one.
fn visa(members: &Map<String, Value>, after: usize) -> Result<Vec<u8>> {
    let [plain, reject] = VISA_KEYS;
    let header = members.get(plain).ok_or_else(|| Unwritable::new(pointer(plain), "a Visa header"))?;
    let inner = visa_header(header, VISA_PLAIN, after).map_err(|error| within(error, plain))?;
    let Some(header) = members.get(reject) else { return Ok(inner) };
    let outer =
        visa_header(header, VISA_REJECT, after + inner.len()).map_err(|error| within(error, reject))?;
    Ok([outer, inner].concat())
}

fn visa_header(header: &Value, (count, length): (usize, u8), after: usize) -> Result<Vec<u8>> {
    let members = object(header)?;
    let fields = VISA_FIELDS.iter().take(count);
    if let Some(key) = members.keys().find(|key| !fields.clone().any(|(known, _, _)| known == key)) {
        return Err(Unwritable::new(pointer(key), "a field of a Visa header"));
    }
    let total = u16::try_from(usize::from(length) + after);
    let total = total.map_err(|_| Unwritable::new("", "a message of at most 65535 bytes"))?;
    let mut out = Vec::new();
    for field in fields {
        match field.0 {
            "1" => out.push(length),
            "4" => out.extend(total.to_be_bytes()),
            key => out.extend(visa_field(members.get(key), field).map_err(|error| within(error, key))?),
        }
    }
    Ok(out)
}

fn visa_field(value: Option<&Value>, &(_, _, length): &VisaField) -> Result<Vec<u8>> {
    let bytes = value.and_then(Value::as_str).and_then(|text| hex::decode(text).ok());
    let expected = || Unwritable::new("", format!("{} hexadecimal digits", 2 * length));
    bytes.filter(|bytes| bytes.len() == length).ok_or_else(expected)
}

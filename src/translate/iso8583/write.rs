//! From a document to a message: the members, the bitmaps, the elements in order.

use serde_json::{Map, Value};

use super::charset::Charset;
use super::table::{BITS, Bitmap, ELEMENT_MAX, Element, Secondary, Table, Tertiary, Type};
use crate::translate::Unwritable;

pub(super) type Result<T> = std::result::Result<T, Unwritable>;

/// The members of a document.
const MEMBERS: [&str; 7] = ["format", "type", "keys", "header", "mti", "bitmap", "fields"];

/// What a message is written with.
pub(super) struct Writer<'a> {
    pub(super) table: &'a Table,
    /// The character set that the descriptor will say.
    pub(super) message: Option<&'a Charset>,
}

/// An element of the document.
type Field<'a> = (usize, &'a Element, &'a Value);

/// Writes a document.
pub(super) fn write(table: &Table, message: Option<&Charset>, document: &Value) -> Result<Vec<u8>> {
    let writer = Writer { table, message };
    let members = object(document)?;
    if let Some(stranger) = members.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        return Err(Unwritable::new(pointer(stranger), format!("none but {}", MEMBERS.join(", "))));
    }
    if members.get("format").is_some_and(|format| format.as_str() != Some(super::FORMAT)) {
        return Err(Unwritable::new("/format", super::FORMAT));
    }
    let mut message = Vec::new();
    writer.message_type(members.get("mti"), &mut message)?;
    let fields = members.get("fields").ok_or_else(|| Unwritable::new("/fields", "the elements"))?;
    let fields = writer.fields(fields).map_err(|error| within(error, "fields"))?;
    writer.body(&fields, members.get("bitmap"), &mut message)?;
    writer.header(members.get("header"), message)
}

impl<'a> Writer<'a> {
    fn message_type(&self, mti: Option<&Value>, out: &mut Vec<u8>) -> Result<()> {
        match (&self.table.kind, mti) {
            (Type::Absent(_), None) => Ok(()),
            (Type::Absent(_), Some(_)) => {
                Err(Unwritable::new("/mti", "none: messages of this dialect have no type"))
            }
            (Type::Mti(_), None) => Err(Unwritable::new("/mti", "the message type")),
            (Type::Mti(element), Some(mti)) => {
                self.element(element, mti, out).map_err(|error| within(error, "mti"))
            }
        }
    }

    /// The elements by number.
    fn fields<'d>(&self, fields: &'d Value) -> Result<Vec<Field<'d>>>
    where
        'a: 'd,
    {
        let mut found = Vec::new();
        for (key, value) in object(fields)? {
            let number = key.parse::<usize>().ok().filter(|number| number.to_string() == *key);
            let number = number.filter(|&number| !self.table.continues(number) && self.has_room(number));
            let element = number.and_then(|number| Some((number, self.table.element(number)?)));
            let (number, element) = element
                .ok_or_else(|| Unwritable::new(pointer(key), "an element that the dialect defines"))?;
            found.push((number, element, value));
        }
        found.sort_by_key(|(number, _, _)| *number);
        Ok(found)
    }

    /// Whether there is a bitmap for an element.
    fn has_room(&self, number: usize) -> bool {
        let bits = match (self.table.secondary, self.table.tertiary) {
            (Secondary::Never, _) => BITS,
            (_, Tertiary::Never) => 2 * BITS,
            _ => ELEMENT_MAX,
        };
        (1..=bits).contains(&number)
    }

    fn body(&self, fields: &[Field<'_>], bitmap: Option<&Value>, out: &mut Vec<u8>) -> Result<()> {
        let words = self.words(fields);
        match bitmap {
            Some(bitmap) => {
                let text = bitmap.as_str().ok_or_else(|| Unwritable::new("/bitmap", "a string"))?;
                match self.as_it_came(text, words) {
                    Some(text) => self.given_bitmaps(text, out)?,
                    None => self.bitmaps(words, out)?,
                }
            }
            None => self.bitmaps(words, out)?,
        }
        let in_place = self.table.tertiary == Tertiary::Element65 && words[2] != 0;
        let before = fields.iter().take_while(|(number, _, _)| *number < 65).count();
        for (index, (_, element, value)) in fields.iter().enumerate() {
            if in_place && index == before {
                self.bitmap(self.table.bitmaps[2], &hex_of(words[2]), out)?;
            }
            let done = self.element(element, value, out);
            done.map_err(|error| within(within(error, &element.key), "fields"))?;
        }
        Ok(())
    }

    /// The bits, those that say that another bitmap follows included.
    fn words(&self, fields: &[Field<'_>]) -> [u64; 3] {
        let mut words = [0; 3];
        for (number, _, _) in fields {
            set(&mut words, *number);
        }
        if words[2] != 0 {
            set(&mut words, 65);
        }
        let always = self.table.secondary == Secondary::Always;
        if words[1] != 0 || always {
            set(&mut words, 1);
        }
        words
    }

    fn bitmaps(&self, words: [u64; 3], out: &mut Vec<u8>) -> Result<()> {
        let [first, second, third] = self.table.bitmaps;
        self.bitmap(first, &hex_of(words[0]), out)?;
        if self.table.secondary != Secondary::Never && has(words, 1) {
            self.bitmap(second, &hex_of(words[1]), out)?;
        }
        if self.table.tertiary == Tertiary::Follows && words[2] != 0 {
            self.bitmap(third, &hex_of(words[2]), out)?;
        }
        Ok(())
    }

    /// The bitmaps as the document has them, if they name the elements that it has; otherwise it was changed since, and
    /// they are made anew.
    fn as_it_came<'t>(&self, text: &'t str, words: [u64; 3]) -> Option<&'t str> {
        let mut given = [0; 3];
        let digits = text.len();
        if !text.is_ascii() || digits == 0 || digits % 16 != 0 || digits > 48 {
            return None;
        }
        for (word, at) in given.iter_mut().zip((0..digits).step_by(16)) {
            *word = u64::from_str_radix(text.get(at..at + 16)?, 16).ok()?;
        }
        let follows = |number, written| !self.table.continues(number) || has(given, number) == written;
        let in_place = self.table.tertiary == Tertiary::Element65;
        if !follows(1, digits > 16) || !(in_place || follows(65, digits > 32)) {
            return None;
        }
        if in_place {
            given[2] = words[2];
        }
        (self.elements_of(given) == self.elements_of(words)).then_some(text)
    }

    /// The bits without those that say that another bitmap follows.
    fn elements_of(&self, mut words: [u64; 3]) -> [u64; 3] {
        for number in [1, 65] {
            let empty = number == 65 && self.table.tertiary == Tertiary::Element65;
            if self.table.continues(number)
                && !empty
                && let Some(word) = words.get_mut(number / BITS)
            {
                *word &= !(1 << (BITS - 1));
            }
        }
        words
    }

    fn given_bitmaps(&self, text: &str, out: &mut Vec<u8>) -> Result<()> {
        for (form, at) in self.table.bitmaps.iter().zip((0..text.len()).step_by(16)) {
            self.bitmap(*form, text.get(at..at + 16).unwrap_or_default(), out)?;
        }
        Ok(())
    }

    /// Writes a bitmap from its hexadecimal digits.
    pub(super) fn bitmap(&self, form: Bitmap, digits: &str, out: &mut Vec<u8>) -> Result<()> {
        match form {
            Bitmap::Binary => {
                let (pairs, _) = digits.as_bytes().as_chunks::<2>();
                out.extend(pairs.iter().filter_map(|pair| {
                    let text = std::str::from_utf8(pair).ok()?;
                    u8::from_str_radix(text, 16).ok()
                }));
                Ok(())
            }
            Bitmap::Hex(text) => {
                let charset = self.charset(text)?;
                charset
                    .encode_onto(digits, out)
                    .map_err(|_| Unwritable::new("", "a character set that has digits"))
            }
        }
    }
}

/// A fault within something.
pub(super) fn within(error: Unwritable, key: &str) -> Unwritable {
    Unwritable { pointer: format!("{}{}", pointer(key), error.pointer), ..error }
}

/// A JSON pointer to a member (RFC 6901).
pub(super) fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

pub(super) fn object(value: &Value) -> Result<&Map<String, Value>> {
    value.as_object().ok_or_else(|| Unwritable::new("", "an object"))
}

fn hex_of(word: u64) -> String {
    format!("{word:016X}")
}

fn set(words: &mut [u64; 3], number: usize) {
    let index = number - 1;
    if let Some(word) = words.get_mut(index / BITS) {
        *word |= 1 << (BITS - 1 - index % BITS);
    }
}

fn has(words: [u64; 3], number: usize) -> bool {
    let index = number - 1;
    words.get(index / BITS).is_some_and(|word| (word >> (BITS - 1 - index % BITS)) & 1 == 1)
}

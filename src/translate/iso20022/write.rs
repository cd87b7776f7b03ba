//! The way back: a document to XML without layout, prefixes or comments.
//!
//! Reading what is written gives the same document again; it is the canonical form of all messages that do.

use serde_json::{Map, Value};

use super::lexical::{self, is_name};
use crate::translate::{Newline, Unwritable, Wire};

/// `xmlns:xsi` of XML Schema instances.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Attributes that only mean something in the namespace of XML Schema instances; the document has dropped their prefix.
const INSTANCE_ATTRIBUTES: [&str; 4] = ["nil", "type", "schemaLocation", "noNamespaceSchemaLocation"];

/// XML as it is written.
struct Writer<'d> {
    document: &'d Map<String, Value>,
    wire: Wire,
    newline: Newline,
    out: Vec<u8>,
    bytes_max: usize,
    /// The place reached, as a JSON pointer.
    pointer: String,
    instance_declared: bool,
}

/// Writes a document as XML.
///
/// # Errors
/// The first member that no XML can be made of.
pub(super) fn write(
    document: &Value,
    wire: Wire,
    newline: Newline,
    bytes_max: usize,
) -> Result<Vec<u8>, Unwritable> {
    let Some(document) = document.as_object() else {
        return Err(Unwritable::new("", "an object"));
    };
    let mut writer = Writer {
        document,
        wire,
        newline,
        out: Vec::new(),
        bytes_max,
        pointer: String::new(),
        instance_declared: false,
    };
    writer.declaration()?;
    writer.root()?;
    Ok(writer.out)
}

impl Writer<'_> {
    /// Names the encoding where it has a name; the descriptor decides, whatever stands here.
    fn declaration(&mut self) -> Result<(), Unwritable> {
        let encoding = match self.wire.ccsid.0 {
            ccsid::UTF_8 => " encoding=\"UTF-8\"",
            ccsid::LATIN_1 => " encoding=\"ISO-8859-1\"",
            1200 | 1202 | 13488 | 17584 => " encoding=\"UTF-16\"",
            _ => "",
        };
        self.markup(&format!("<?xml version=\"1.0\"{encoding}?>"))
    }

    /// The envelope, else the Document or AppHdr that is the root itself, else the proprietary root.
    fn root(&mut self) -> Result<(), Unwritable> {
        let document = self.document;
        if let Some(envelope) = document.get("envelope") {
            return self.only_member("envelope", envelope);
        }
        match (document.get("document"), document.get("header")) {
            (Some(content), None) if content.get("@xmlns").is_some() => {
                self.at("document", |writer| writer.element("Document", content))
            }
            (Some(content), None) => self.only_member("document", content),
            (None, Some(header)) => self.at("header", |writer| writer.element("AppHdr", header)),
            (Some(_), Some(_)) => Err(Unwritable::new("", "an envelope around header and document")),
            (None, None) => Err(Unwritable::new("", "a document, a header or an envelope")),
        }
    }

    /// An object of which the one member is the root element.
    fn only_member(&mut self, name: &str, value: &Value) -> Result<(), Unwritable> {
        let mut members = value.as_object().into_iter().flatten();
        match (members.next(), members.next()) {
            (Some((root, content)), None) if !root.starts_with(['@', '#']) => {
                self.at(name, |writer| writer.at(root, |writer| writer.element(root, content)))
            }
            _ => Err(Unwritable::new(format!("/{name}"), "an object with the root element only")),
        }
    }

    /// Writes one element, or several of the name where the value is an array.
    fn elements(&mut self, name: &str, value: &Value) -> Result<(), Unwritable> {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.at(&index.to_string(), |writer| writer.element(name, item))?;
                }
                Ok(())
            }
            value => self.element(name, value),
        }
    }

    fn element(&mut self, name: &str, value: &Value) -> Result<(), Unwritable> {
        if !is_name(name) {
            return Err(self.expected("the name of an element"));
        }
        match value {
            Value::String(text) => self.leaf(name, text),
            Value::Object(members) => match reference(members) {
                Some(target) => self.referenced(name, target),
                None => self.structure(name, members),
            },
            _ => Err(self.expected("a string or an object")),
        }
    }

    fn leaf(&mut self, name: &str, text: &str) -> Result<(), Unwritable> {
        self.markup(&format!("<{name}"))?;
        if text.is_empty() {
            return self.markup("/>");
        }
        self.markup(">")?;
        self.text(text, text_escape)?;
        self.markup(&format!("</{name}>"))
    }

    /// The header or document that stands elsewhere.
    fn referenced(&mut self, name: &str, target: &str) -> Result<(), Unwritable> {
        let allowed = ["/header", "/document", "/headers/", "/documents/"];
        let tokens: Vec<&str> = target.split('/').skip(1).collect();
        let known = allowed.iter().any(|prefix| target.starts_with(prefix));
        let content = match (known, tokens.as_slice()) {
            (true, [section]) => self.document.get(*section),
            (true, [section, index]) => {
                index.parse().ok().and_then(|index: usize| self.document.get(*section)?.get(index))
            }
            _ => None,
        };
        let Some(content) = content.and_then(Value::as_object).filter(|content| reference(content).is_none())
        else {
            return Err(self.expected("a pointer to a header or document"));
        };
        let outside = std::mem::replace(&mut self.pointer, target.to_owned());
        self.structure(name, content)?;
        self.pointer = outside;
        Ok(())
    }

    fn structure(&mut self, name: &str, members: &Map<String, Value>) -> Result<(), Unwritable> {
        let declared = self.instance_declared;
        self.markup(&format!("<{name}"))?;
        for (member, value) in members {
            if let Some(attribute) = member.strip_prefix('@') {
                self.at(member, |writer| writer.attribute(attribute, value))?;
            }
        }
        let start = self.out.len();
        self.markup(">")?;
        let content = self.out.len();
        self.content(members)?;
        if self.out.len() == content {
            self.out.truncate(start);
            self.markup("/>")?;
        } else {
            self.markup(&format!("</{name}>"))?;
        }
        self.instance_declared = declared;
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &Value) -> Result<(), Unwritable> {
        if !is_name(name) {
            return Err(self.expected("the name of an attribute"));
        }
        let Some(value) = value.as_str() else { return Err(self.expected("a string")) };
        let of_instance = INSTANCE_ATTRIBUTES.contains(&name);
        if of_instance && !self.instance_declared {
            self.markup(&format!(" xmlns:xsi=\"{INSTANCE}\""))?;
            self.instance_declared = true;
        }
        self.markup(&format!(" {}{name}=\"", if of_instance { "xsi:" } else { "" }))?;
        self.text(value, attribute_escape)?;
        self.markup("\"")
    }

    /// Elements in their order, with the text beside them.
    fn content(&mut self, members: &Map<String, Value>) -> Result<(), Unwritable> {
        match members.get("#text") {
            Some(Value::String(text)) => {
                return self.at("#text", |writer| writer.text(text, text_escape));
            }
            Some(Value::Array(_)) | None => {}
            Some(_) => return self.at("#text", |writer| Err(writer.expected("a string or an array"))),
        }
        let pieces = members.get("#text").and_then(Value::as_array);
        let mut written = 0;
        for (name, index) in self.order(members)? {
            self.piece(pieces, written)?;
            written += 1;
            let Some(value) = members.get(name) else { continue };
            self.at(name, |writer| match value {
                Value::Array(items) => {
                    let Some(item) = items.get(index) else {
                        return Err(writer.expected("as many elements as #order has"));
                    };
                    writer.at(&index.to_string(), |writer| writer.element(name, item))
                }
                value => writer.elements(name, value),
            })?;
        }
        self.piece(pieces, written)
    }

    /// Name and place among those of its name, of every child.
    fn order<'m>(&self, members: &'m Map<String, Value>) -> Result<Vec<(&'m str, usize)>, Unwritable> {
        let mut order = Vec::new();
        let children = || members.iter().filter(|(name, _)| !name.starts_with(['@', '#']));
        let Some(stated) = members.get("#order") else {
            for (name, value) in children() {
                let count = value.as_array().map_or(1, Vec::len);
                order.extend((0..count).map(|index| (name.as_str(), index)));
            }
            return Ok(order);
        };
        let wrong =
            || Unwritable::new(format!("{}/#order", self.pointer), "the name of every child, in order");
        let mut used: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        for name in stated.as_array().ok_or_else(wrong)? {
            let name = name.as_str().filter(|name| members.contains_key(*name)).ok_or_else(wrong)?;
            let next = used.entry(name).or_default();
            order.push((name, *next));
            *next += 1;
        }
        let complete = children().all(|(name, value)| {
            used.get(name.as_str()).copied() == Some(value.as_array().map_or(1, Vec::len))
        });
        if complete { Ok(order) } else { Err(wrong()) }
    }

    /// The text before a child.
    fn piece(&mut self, pieces: Option<&Vec<Value>>, place: usize) -> Result<(), Unwritable> {
        let Some(pieces) = pieces else { return Ok(()) };
        match pieces.get(place).map(Value::as_str) {
            Some(Some(text)) => self.at("#text", |writer| writer.text(text, text_escape)),
            Some(None) => self.at("#text", |writer| Err(writer.expected("strings"))),
            None => {
                self.at("#text", |writer| Err(writer.expected("one string more than there are elements")))
            }
        }
    }

    /// Writes character data: what stands for markup as references, and so what the character set does not have.
    fn text(&mut self, text: &str, escape: fn(char) -> Option<&'static str>) -> Result<(), Unwritable> {
        if lexical::forbidden_character(text).is_some() {
            return Err(self.expected("characters that XML allows"));
        }
        let mut plain = 0;
        for (at, character) in text.char_indices() {
            let Some(reference) = escape(character) else { continue };
            self.encodable(text.get(plain..at).unwrap_or_default())?;
            self.markup(reference)?;
            plain = at + character.len_utf8();
        }
        self.encodable(text.get(plain..).unwrap_or_default())
    }

    fn encodable(&mut self, mut text: &str) -> Result<(), Unwritable> {
        while let Err(missing) = self.encoded(text) {
            let Some((before, rest)) = text.split_at_checked(missing.at) else { break };
            let mut characters = rest.chars();
            let Some(character) = characters.next() else { return Err(self.expected(&missing.expected)) };
            if missing.at > 0 && self.encoded(before).is_err() {
                return Err(self.expected(&missing.expected));
            }
            self.markup(&format!("&#{};", u32::from(character)))?;
            text = characters.as_str();
        }
        Ok(())
    }

    /// Markup is of characters that every character set has.
    fn markup(&mut self, text: &str) -> Result<(), Unwritable> {
        self.encoded(text).map_err(|unencodable| self.expected(&unencodable.expected))
    }

    fn encoded(&mut self, text: &str) -> Result<(), ccsid::Unencodable> {
        if self.wire.ccsid.0 == ccsid::UTF_8 {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.out.extend(ccsid::encode(text, self.wire.ccsid.0, self.wire.encoding, self.newline)?);
        }
        Ok(())
    }

    /// Does something at a member of where the pointer stands.
    fn at<T>(
        &mut self,
        member: &str,
        work: impl FnOnce(&mut Self) -> Result<T, Unwritable>,
    ) -> Result<T, Unwritable> {
        if self.out.len() > self.bytes_max {
            let expected = format!("a message of at most {} bytes", self.bytes_max);
            return Err(self.expected(&expected));
        }
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&member.replace('~', "~0").replace('/', "~1"));
        let done = work(self)?;
        self.pointer.truncate(length);
        Ok(done)
    }

    fn expected(&self, expected: &str) -> Unwritable {
        Unwritable::new(self.pointer.clone(), expected)
    }
}

/// The pointer of `{"@ref": …}`.
fn reference(members: &Map<String, Value>) -> Option<&str> {
    let mut all = members.iter();
    match (all.next(), all.next()) {
        (Some((name, Value::String(target))), None) if name == "@ref" => Some(target),
        _ => None,
    }
}

fn text_escape(character: char) -> Option<&'static str> {
    match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#13;"),
        _ => None,
    }
}

fn attribute_escape(character: char) -> Option<&'static str> {
    match character {
        '"' => Some("&quot;"),
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        other => text_escape(other),
    }
}

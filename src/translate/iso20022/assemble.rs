//! The document from its parts: what routing needs first, then header, document and envelope.

use super::element::{Part, SECTION_MARK, Section, Written};
use super::json;
use super::namespaces::Namespaces;
use super::table::KEYS;
use crate::message::{Document, Keys};

/// The sections by their use.
struct Layout<'s> {
    documents: Vec<&'s Section>,
    /// The header of each document; without any document, the one header.
    headers: Vec<Option<&'s Section>>,
}

/// Puts the document together.
pub(super) fn assemble(written: &Written<'_>, namespaces: &Namespaces<'_>) -> Document {
    let layout = Layout::new(&written.sections);
    let kind = layout.kind(written, namespaces).to_owned();
    let keys = keys(written);
    let mut body = Vec::with_capacity(written.content.len() + written.envelope.len() + 1024);
    body.extend_from_slice(b"{\"format\":\"iso20022\",\"type\":");
    json::string(&mut body, &kind);
    write_keys(&mut body, &keys);
    if written.sections.is_empty() {
        body.extend_from_slice(b",\"document\":");
        body.extend_from_slice(&written.envelope);
    } else {
        layout.write(&mut body, written);
    }
    if !written.sections.is_empty() && !written.bare {
        body.extend_from_slice(b",\"envelope\":");
        layout.write_envelope(&mut body, written);
    }
    body.push(b'}');
    Document { format: "iso20022", kind, keys, body: body.into() }
}

impl<'s> Layout<'s> {
    /// A header belongs to the document that follows it. Where there is one document and one header only, they belong
    /// together in either order.
    fn new(sections: &'s [Section]) -> Self {
        let mut layout = Self { documents: Vec::new(), headers: Vec::new() };
        let mut waiting = None;
        for section in sections {
            match section.part {
                Part::Header => waiting = Some(section),
                Part::Document => {
                    layout.documents.push(section);
                    layout.headers.push(waiting.take());
                }
            }
        }
        match (layout.headers.as_mut_slice(), waiting) {
            ([], Some(_)) => layout.headers.push(sections.first()),
            ([header @ None], Some(_)) => *header = waiting,
            _ => {}
        }
        layout
    }

    fn kind<'w>(&self, written: &'w Written<'_>, namespaces: &'w Namespaces<'_>) -> &'w str {
        let header = || self.headers.first().copied().flatten();
        let section = self.documents.first().copied().or_else(header);
        section.map_or(written.root, |section| namespaces.message_type(section.namespace))
    }

    fn write(&self, body: &mut Vec<u8>, written: &Written<'_>) {
        if self.documents.len() > 1 {
            body.extend_from_slice(b",\"headers\":[");
            separated(body, &self.headers, |body, header| match header {
                Some(header) => body.extend_from_slice(written.bytes(header)),
                None => body.extend_from_slice(b"null"),
            });
            body.extend_from_slice(b"],\"documents\":[");
            separated(body, &self.documents, |body, document| {
                body.extend_from_slice(written.bytes(document))
            });
            body.push(b']');
            return;
        }
        if let Some(Some(header)) = self.headers.first() {
            body.extend_from_slice(b",\"header\":");
            body.extend_from_slice(written.bytes(header));
        }
        if let Some(document) = self.documents.first() {
            body.extend_from_slice(b",\"document\":");
            body.extend_from_slice(written.bytes(document));
        }
    }

    /// Writes the tree from the root, with pointers to the sections that stand elsewhere.
    fn write_envelope(&self, body: &mut Vec<u8>, written: &Written<'_>) {
        let mut parts = written.envelope.split(|&byte| byte == SECTION_MARK);
        while let Some(plain) = parts.next() {
            body.extend_from_slice(plain);
            let number =
                parts.next().and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
            let Some(section) = number.and_then(|number| written.sections.get(number)) else { continue };
            match self.pointer(section) {
                Some(pointer) => {
                    body.extend_from_slice(b"{\"@ref\":\"");
                    body.extend_from_slice(pointer.as_bytes());
                    body.extend_from_slice(b"\"}");
                }
                // A header of no document stays where it is.
                None => body.extend_from_slice(written.bytes(section)),
            }
        }
    }

    fn pointer(&self, section: &Section) -> Option<String> {
        let is_it = |other: &Section| std::ptr::eq(section, other);
        let document =
            self.documents.iter().position(|document| is_it(document)).map(|index| ("document", index));
        let header = || {
            self.headers.iter().position(|header| header.is_some_and(is_it)).map(|index| ("header", index))
        };
        let (name, index) = document.or_else(header)?;
        Some(if self.documents.len() > 1 { format!("/{name}s/{index}") } else { format!("/{name}") })
    }
}

impl Written<'_> {
    fn bytes(&self, section: &Section) -> &[u8] {
        self.content.get(section.from..section.to).unwrap_or_default()
    }
}

/// The keys in the order in which they were first met.
fn keys(written: &Written<'_>) -> Keys {
    let named = written.keys.iter().filter_map(|(id, values)| Some((KEYS.get(*id as usize)?, values)));
    Keys(named.map(|(name, values)| ((*name).to_owned(), values.clone())).collect())
}

fn write_keys(body: &mut Vec<u8>, keys: &Keys) {
    body.extend_from_slice(b",\"keys\":{");
    separated(body, &keys.0, |body, (name, values)| {
        json::string(body, name);
        body.extend_from_slice(b":[");
        separated(body, values, |body, value| json::string(body, value));
        body.push(b']');
    });
    body.push(b'}');
}

fn separated<T>(
    body: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        write(body, item);
    }
}

//! The document from its parts: what routing needs first, then header, document and envelope.

use super::element::{Part, SECTION_MARK, Section, Written};
use super::namespaces::Namespaces;
use super::table::KEYS;
use crate::message::{Document, Keys};
use crate::translate::json;

/// The sections by their use.
struct Layout<'s> {
    documents: Vec<&'s Section>,
    /// The header of each document; without any document, the one header.
    headers: Vec<Option<&'s Section>>,
    /// For each section its place among the documents or headers; a header of no document has none.
    places: Vec<Option<usize>>,
}

/// Puts the document together.
pub(super) fn assemble(written: &Written<'_>, namespaces: &Namespaces<'_>) -> Document {
    let layout = Layout::new(&written.sections);
    let kind = layout.kind(written, namespaces).to_owned();
    let keys = keys(written);
    let mut body = Vec::with_capacity(written.content.len() + written.envelope.len() + 1024);
    json::head(&mut body, "iso20022", &kind, &keys);
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
        let documents: Vec<_> = sections.iter().filter(|section| section.part == Part::Document).collect();
        let headers = vec![None; documents.len().max(1)];
        let mut layout = Self { documents, headers, places: vec![None; sections.len()] };
        let mut documents_met = 0;
        let mut waiting = None;
        for (number, section) in sections.iter().enumerate() {
            match section.part {
                Part::Header => waiting = Some(number),
                Part::Document => {
                    if let Some(place) = layout.places.get_mut(number) {
                        *place = Some(documents_met);
                    }
                    layout.pair(sections, waiting.take(), documents_met);
                    documents_met += 1;
                }
            }
        }
        match layout.documents.as_slice() {
            [] => layout.pair(sections, (!sections.is_empty()).then_some(0), 0),
            [_] if layout.headers == [None] => layout.pair(sections, waiting, 0),
            _ => {}
        }
        layout
    }

    fn pair(&mut self, sections: &'s [Section], header: Option<usize>, document: usize) {
        let Some(number) = header else { return };
        if let (Some(place), Some(slot)) = (self.places.get_mut(number), self.headers.get_mut(document)) {
            *place = Some(document);
            *slot = sections.get(number);
        }
    }

    fn kind<'w>(&self, written: &'w Written<'_>, namespaces: &'w Namespaces<'_>) -> &'w str {
        let header = || self.headers.first().copied().flatten();
        let section = self.documents.first().copied().or_else(header);
        section.map_or(written.root, |section| namespaces.message_type(section.namespace))
    }

    fn write(&self, body: &mut Vec<u8>, written: &Written<'_>) {
        if self.documents.len() > 1 {
            body.extend_from_slice(b",\"headers\":[");
            json::separated(body, &self.headers, |body, header| match header {
                Some(header) => body.extend_from_slice(written.bytes(header)),
                None => body.extend_from_slice(b"null"),
            });
            body.extend_from_slice(b"],\"documents\":[");
            json::separated(body, &self.documents, |body, document| {
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
            let Some((number, section)) =
                number.and_then(|number| Some((number, written.sections.get(number)?)))
            else {
                continue;
            };
            match self.pointer(number, section.part) {
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

    fn pointer(&self, number: usize, part: Part) -> Option<String> {
        let place = self.places.get(number).copied().flatten()?;
        let name = match part {
            Part::Header => "header",
            Part::Document => "document",
        };
        Some(if self.documents.len() > 1 { format!("/{name}s/{place}") } else { format!("/{name}") })
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

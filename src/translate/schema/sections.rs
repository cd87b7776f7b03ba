//! The parts of a message that have a schema each: its outermost Documents and AppHdrs, or else its root.
//!
//! Expects a message that a translator has accepted; of any other it finds what it can.

use std::ops::Range;

use quick_xml::NsReader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, ResolveResult};

use crate::translate::iso20022;

/// A section of a message: an XML document by itself once `declarations` stand in its first tag.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// Its namespace.
    pub(super) namespace: String,
    /// `<` and its name.
    pub(super) name: &'a str,
    /// The namespaces declared outside of it, as attributes.
    pub(super) declarations: String,
    /// What follows its name.
    pub(super) rest: &'a str,
    /// Where it stands in the text.
    pub(super) at: usize,
}

/// The sections in their order.
pub(super) fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut root = None;
    let mut reader = NsReader::from_str(text);
    loop {
        let at = position(&reader);
        let Ok((resolved, event)) = reader.read_resolved_event() else { break };
        let (start, is_empty) = match &event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::Eof => break,
            _ => continue,
        };
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => unescape(namespace.0).unwrap_or_default().into_owned(),
            ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
        };
        let is_section =
            matches!(start.local_name().as_ref(), "Document" | "AppHdr") && iso20022::is_message(&namespace);
        if !is_section {
            root.get_or_insert((namespace, start.name().0.len(), at));
            continue;
        }
        let declarations = declarations(&reader, start);
        if !is_empty && reader.read_to_end(start.name()).is_err() {
            break;
        }
        let range = at..position(&reader);
        sections.extend(section(text, namespace, declarations, start.name().0.len(), range));
    }
    if sections.is_empty() {
        sections.extend(root.and_then(|(namespace, name_bytes, at)| whole(text, namespace, name_bytes, at)));
    }
    sections
}

fn section(
    text: &str,
    namespace: String,
    declarations: String,
    name_bytes: usize,
    range: Range<usize>,
) -> Option<Section<'_>> {
    let (name, rest) = text.get(range.clone())?.split_at_checked(1 + name_bytes)?;
    Some(Section { namespace, name, declarations, rest, at: range.start })
}

/// The root, which has no declarations outside.
fn whole(text: &str, namespace: String, name_bytes: usize, at: usize) -> Option<Section<'_>> {
    section(text, namespace, String::new(), name_bytes, at..text.len())
}

/// The declarations in force outside of a tag that it does not replace, as attributes for it.
fn declarations(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> String {
    let own: Vec<&str> = start.attributes().flatten().map(|attribute| attribute.key.0).collect();
    let mut declarations = String::new();
    for (prefix, namespace) in reader.resolver().bindings() {
        let name = match prefix {
            PrefixDeclaration::Default => "xmlns".to_owned(),
            PrefixDeclaration::Named(prefix) => format!("xmlns:{prefix}"),
        };
        if !own.contains(&name.as_str()) {
            // It is as it was written: escaped, but perhaps between the other quotes.
            declarations.push_str(&format!(" {name}=\"{}\"", namespace.0.replace('"', "&quot;")));
        }
    }
    declarations
}

fn position(reader: &NsReader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

//! One folder: an element whose children are properties.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use super::value;
use crate::verbs::Property;

/// Folders of MQ's and JMS's own, which hold properties without saying so.
const KNOWN: [&str; 7] = ["usr", "mcd", "jms", "mqext", "mqps", "mq_usr", "mq"];
/// The deepest name.
const DEPTH_MAX: usize = 32;

/// The folders that hold these properties: each with all that belong to it, in the order of their first.
pub(super) fn written(properties: &[Property]) -> Vec<String> {
    let mut folders: Vec<(&str, String)> = Vec::new();
    for property in properties {
        let (folder, path) = property.name.split_once('.').unwrap_or(("usr", &property.name));
        let element = element(path, property);
        match folders.iter_mut().find(|(name, _)| *name == folder) {
            Some((_, text)) => text.push_str(&element),
            None => folders.push((folder, element)),
        }
    }
    let says = |name: &str| if KNOWN.contains(&name) { "" } else { " content='properties'" };
    folders.into_iter().map(|(name, text)| format!("<{name}{}>{text}</{name}>", says(name))).collect()
}

fn element(path: &str, property: &Property) -> String {
    let (open, last) =
        path.rsplit_once('.').map_or((Vec::new(), path), |(up, last)| (up.split('.').collect(), last));
    let mut text: String = open.iter().map(|name| format!("<{name}>")).collect();
    let (attribute, content) = value::text(property.kind, &property.value);
    text.push_str(&format!("<{last}{attribute}>{}</{last}>", escape(content.as_str())));
    text.extend(open.iter().rev().map(|name| format!("</{name}>")));
    text
}

/// The properties in a folder; `Some(None)` where it is an application's, `None` where it is not sound.
#[expect(clippy::option_option, reason = "a folder that is not ours is no fault")]
pub(super) fn read(text: &str) -> Option<Option<Vec<Property>>> {
    let text = text.trim_end_matches(['\0', ' ']);
    let mut reader = Reader::from_str(text);
    let mut properties = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.is_empty() && !holds_properties(&start)? {
                    return Some(None);
                }
                if open.len() >= DEPTH_MAX {
                    return None;
                }
                if let Some(parent) = open.last_mut() {
                    parent.has_children = true;
                }
                open.push(Open::new(&start)?);
            }
            Event::Empty(start) => {
                let element = Open::new(&start)?;
                if open.is_empty() {
                    return Some(holds_properties(&start)?.then_some(Vec::new()));
                }
                if let Some(parent) = open.last_mut() {
                    parent.has_children = true;
                }
                properties.push(element.property(&open)?);
            }
            Event::Text(part) => open.last_mut()?.text.push_str(&part),
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let resolved = quick_xml::escape::unescape(&format!("&{name};")).ok()?.into_owned();
                open.last_mut()?.text.push_str(&resolved);
            }
            Event::CData(part) => open.last_mut()?.text.push_str(&part),
            Event::End(_) => {
                let element = open.pop()?;
                if !open.is_empty() && !element.has_children {
                    properties.push(element.property(&open)?);
                }
            }
            Event::Eof => return open.is_empty().then_some(Some(properties)),
            _ => {}
        }
    }
}

struct Open {
    name: String,
    kind: String,
    is_null: bool,
    text: String,
    has_children: bool,
}

impl Open {
    fn new(start: &BytesStart) -> Option<Self> {
        let name = start.name().0.to_owned();
        let (mut kind, mut is_null) = (String::new(), false);
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute.value.into_owned();
            match attribute.key.0 {
                "dt" => kind = value,
                "xsi:nil" => is_null = value == "true",
                _ => {}
            }
        }
        Some(Self { name, kind, is_null, text: String::new(), has_children: false })
    }

    /// The property whose last element this is; `usr` is implied.
    fn property(&self, above: &[Open]) -> Option<Property> {
        let mut names: Vec<_> = above.iter().map(|open| open.name.as_str()).collect();
        if names.first() == Some(&"usr") {
            names.remove(0);
        }
        names.push(&self.name);
        value::property(names.join("."), &self.kind, self.is_null, &self.text)
    }
}

fn holds_properties(start: &BytesStart) -> Option<bool> {
    let name = start.name().0;
    let says = start.attributes().flatten().any(|each| each.key.0 == "content" && each.value == "properties");
    Some(says || KNOWN.contains(&name))
}

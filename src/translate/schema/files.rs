//! Schema files among each other: which namespace each describes, and which only belong to others.

use std::collections::{BTreeMap, HashSet};

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use super::{File, Unusable};

const XML_SCHEMA: Namespace<'_> = Namespace("http://www.w3.org/2001/XMLSchema");

/// The files of a folder.
#[derive(Debug)]
pub(super) struct Files {
    by_name: BTreeMap<String, String>,
    /// The file of each namespace.
    entries: BTreeMap<String, String>,
}

/// What the top of a schema file says.
struct Head {
    namespace: Option<String>,
    /// The names of the files that it includes.
    includes: Vec<String>,
}

impl Files {
    pub(super) fn new(files: Vec<File>) -> Result<Self, Vec<Unusable>> {
        let mut unusable = Vec::new();
        let mut heads = Vec::new();
        for file in &files {
            match head(&file.text) {
                Ok(head) => heads.push((file.name.as_str(), head)),
                Err(problem) => unusable.push(Unusable { name: file.name.clone(), problem }),
            }
        }
        let entries = entries(&heads, &mut unusable);
        if !unusable.is_empty() {
            return Err(unusable);
        }
        let by_name = files.into_iter().map(|file| (file.name, file.text)).collect();
        Ok(Self { by_name, entries })
    }

    /// Namespaces, each with the name of the file that describes it.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }

    /// The text of the file that a location means: whatever folder or host it names, files are taken from this folder only.
    pub(super) fn text(&self, location: &str) -> Option<&str> {
        self.by_name.get(last_segment(location)).map(String::as_str)
    }
}

fn entries(heads: &[(&str, Head)], unusable: &mut Vec<Unusable>) -> BTreeMap<String, String> {
    let included: HashSet<&str> =
        heads.iter().flat_map(|(_, head)| head.includes.iter().map(String::as_str)).collect();
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    for (name, head) in heads.iter().filter(|(name, _)| !included.contains(name)) {
        let problem = match &head.namespace {
            None => "has no targetNamespace, and no other schema of the folder includes it".to_owned(),
            Some(namespace) => match entries.get(namespace) {
                Some(former) => format!("its targetNamespace is that of {former} already"),
                None => {
                    entries.insert(namespace.clone(), (*name).to_owned());
                    continue;
                }
            },
        };
        unusable.push(Unusable { name: (*name).to_owned(), problem });
    }
    entries
}

fn head(text: &str) -> Result<Head, String> {
    let mut reader = NsReader::from_str(text);
    let mut head = None;
    let mut depth = 0_usize;
    loop {
        let (namespace, event) =
            reader.read_resolved_event().map_err(|error| format!("well-formed XML expected: {error}"))?;
        let of_schema = namespace == ResolveResult::Bound(XML_SCHEMA);
        let (start, opens) = match &event {
            Event::Start(start) => (start, true),
            Event::Empty(start) => (start, false),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let local = start.local_name();
        match (&mut head, depth) {
            (None, _) if of_schema && local.as_ref() == "schema" => {
                head = Some(Head { namespace: attribute(start, "targetNamespace"), includes: Vec::new() });
            }
            (None, _) => break,
            (Some(head), 1) if of_schema && matches!(local.as_ref(), "include" | "redefine") => {
                let location = attribute(start, "schemaLocation").unwrap_or_default();
                head.includes.push(last_segment(&location).to_owned());
            }
            _ => {}
        }
        depth += usize::from(opens);
    }
    head.ok_or_else(|| "an XML Schema (xs:schema) expected".to_owned())
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    quick_xml::escape::unescape(&attribute.value).ok().map(|value| value.into_owned())
}

fn last_segment(location: &str) -> &str {
    location.rsplit(['/', '\\']).next().unwrap_or(location)
}

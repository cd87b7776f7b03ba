//! The elements of a message in order, once from our JSON and once from the XML itself: they must be the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// An element without elements, an element with attributes, or text between elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// `/Document/FIToFICstmrCdtTrf[1]/GrpHdr[1]`: the number among the siblings of that name.
    pub(crate) path: String,
    /// `None` for an element that has elements.
    pub(crate) text: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// All leaves of one of our documents.
pub(crate) fn of_json(document: &Value) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let rooted = |name: &str, value: &Value| (name.to_owned(), value.clone());
    let (root, value) = match (document.get("envelope"), document.get("document"), document.get("header")) {
        (Some(Value::Object(envelope)), _, _) => {
            let (root, value) = envelope.iter().next().unwrap();
            rooted(root, value)
        }
        (None, Some(content), _) if content.get("@xmlns").is_some() => rooted("Document", content),
        (None, Some(Value::Object(content)), _) => {
            let (root, value) = content.iter().next().unwrap();
            rooted(root, value)
        }
        (None, None, Some(header)) => rooted("AppHdr", header),
        _ => panic!("a document without envelope, document and header"),
    };
    element(document, &format!("/{root}"), &value, &mut leaves);
    leaves
}

fn element(document: &Value, path: &str, value: &Value, leaves: &mut Vec<Leaf>) {
    let object = match value {
        Value::String(text) => {
            leaves.push(Leaf { path: path.into(), text: Some(text.clone()), attributes: BTreeMap::new() });
            return;
        }
        Value::Object(object) => object,
        other => panic!("{path}: {other} is no element"),
    };
    if let Some(Value::String(pointer)) = object.get("@ref") {
        return element(document, path, document.pointer(pointer).unwrap(), leaves);
    }
    let attributes: BTreeMap<_, _> = object
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix('@')?.to_owned(), value.as_str().unwrap().to_owned()))
        })
        .filter(|(name, _)| name != "xmlns")
        .collect();
    let children = ordered_children(object);
    if children.is_empty() {
        let text = object.get("#text").map_or("", |text| text.as_str().unwrap()).to_owned();
        leaves.push(Leaf { path: path.into(), text: Some(text), attributes });
        return;
    }
    if !attributes.is_empty() {
        leaves.push(Leaf { path: path.into(), text: None, attributes });
    }
    for (name, number, child) in children {
        element(document, &format!("{path}/{name}[{number}]"), child, leaves);
    }
}

/// The children in the order of the XML, each with its number among those of its name.
fn ordered_children(object: &Map<String, Value>) -> Vec<(&str, usize, &Value)> {
    let items = |name: &str| match object.get(name) {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(item) => vec![item],
        None => Vec::new(),
    };
    let is_child = |name: &&String| !name.starts_with(['@', '#']);
    let mut order: Vec<&str> = match object.get("#order") {
        Some(Value::Array(names)) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        _ => object
            .keys()
            .filter(is_child)
            .flat_map(|name| std::iter::repeat_n(name.as_str(), items(name).len()))
            .collect(),
    };
    let all: usize = object.keys().filter(is_child).map(|name| items(name).len()).sum();
    assert_eq!(all, order.len(), "#order has them all");
    if let Some(Value::Array(pieces)) = object.get("#text") {
        assert_eq!(pieces.len(), order.len() + 1, "text before, between and after");
        order = order.into_iter().flat_map(|name| ["#text", name]).chain(["#text"]).collect();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut children = Vec::new();
    let mut blank = 0;
    for name in order {
        let count = counts.entry(name).or_default();
        let item = items(name)[*count];
        *count += 1;
        if name != "#text" {
            children.push((name, *count, item));
        } else if item.as_str() == Some("") {
            blank += 1;
        } else {
            children.push((name, *count - blank, item));
        }
    }
    children
}

/// All leaves of a message as a strict XML reader sees them. `like` are those of our document: white space in an element
/// that has element content by its schema is layout, which only the table knows.
pub(crate) fn of_xml(xml: &str, like: &[Leaf]) -> Vec<Leaf> {
    let tree = roxmltree::Document::parse(xml).unwrap();
    let root = tree.root_element();
    let mut leaves = Vec::new();
    xml_element(&format!("/{}", root.tag_name().name()), root, &mut leaves);
    for (leaf, like) in leaves.iter_mut().zip(like) {
        let blank = |text: &String| text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
        if like.text.as_deref() == Some("") && leaf.text.as_ref().is_some_and(blank) {
            leaf.text = Some(String::new());
        }
    }
    leaves
}

fn xml_element(path: &str, node: roxmltree::Node<'_, '_>, leaves: &mut Vec<Leaf>) {
    let attributes: BTreeMap<_, _> = node
        .attributes()
        .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
        .collect();
    let text_of = |nodes: &[roxmltree::Node<'_, '_>]| -> String {
        nodes.iter().filter_map(|node| node.text()).collect()
    };
    let content: Vec<_> = node.children().filter(|child| child.is_text() || child.is_element()).collect();
    if !content.iter().any(roxmltree::Node::is_element) {
        leaves.push(Leaf { path: path.into(), text: Some(text_of(&content)), attributes });
        return;
    }
    if !attributes.is_empty() {
        leaves.push(Leaf { path: path.into(), text: None, attributes });
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for run in content.chunk_by(|first, second| first.is_text() && second.is_text()) {
        let name = if run[0].is_text() { "#text" } else { run[0].tag_name().name() };
        let text = text_of(run);
        if run[0].is_text() && text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
            continue;
        }
        let count = counts.entry(name).or_default();
        *count += 1;
        let path = format!("{path}/{name}[{count}]");
        if run[0].is_text() {
            leaves.push(Leaf { path, text: Some(text), attributes: BTreeMap::new() });
        } else {
            xml_element(&path, run[0], leaves);
        }
    }
}

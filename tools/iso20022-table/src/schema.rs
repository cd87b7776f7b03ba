//! One schema file: its elements and types, as far as they tell shape and repetition. Knows nothing of other files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use quick_xml::events::{BytesStart, Event};

/// A name with its namespace; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) namespace: String,
    pub(crate) local: String,
}

/// A schema file.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Its folder: imports are looked up there.
    pub(crate) folder: PathBuf,
    pub(crate) namespace: String,
    pub(crate) elements: HashMap<String, Element>,
    pub(crate) types: HashMap<String, Content>,
}

/// An element declaration.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) declared: Declared,
    pub(crate) repeats: bool,
}

/// What an element declaration says of the content.
#[derive(Debug, Clone)]
pub(crate) enum Declared {
    /// `ref`.
    Element(Name),
    /// `type`.
    Type(Name),
    /// A type of its own.
    Inline(Content),
    /// Nothing: anything.
    Anything,
}

/// What a type allows.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Text only.
    Text,
    /// Text beside attributes.
    AttributedText,
    /// Text between elements.
    Mixed,
    /// These elements, or foreign ones where there are none.
    Elements(Vec<Element>),
}

const XML_SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// A node of the file.
#[derive(Debug, Default)]
struct Node {
    tag: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

/// Reads a file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Schema> {
    let text = std::fs::read_to_string(file)?;
    let root = parse(&text)?;
    ensure!(root.tag == "schema", "the root is not a schema");
    let prefixes = root
        .attributes
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("xmlns")?.trim_start_matches(':').into(), value.clone()))
        })
        .collect();
    let names = Names { prefixes };
    let mut schema = Schema {
        folder: file.parent().unwrap_or(Path::new("")).into(),
        namespace: root.attribute("targetNamespace").unwrap_or_default().into(),
        elements: HashMap::new(),
        types: HashMap::new(),
    };
    for child in &root.children {
        match child.tag.as_str() {
            "element" => {
                let element = names.element(child, false)?;
                schema.elements.insert(element.name.clone(), element);
            }
            "complexType" | "simpleType" => {
                let name = child.attribute("name").context("a type without a name")?;
                schema.types.insert(name.into(), names.content(child)?);
            }
            "annotation" | "import" => {}
            other => bail!("xs:{other} at the top is not understood"),
        }
    }
    Ok(schema)
}

/// Resolves the prefixes of a file. All of them are declared at its root.
struct Names {
    prefixes: HashMap<String, String>,
}

impl Names {
    fn resolve(&self, qualified: &str) -> anyhow::Result<Name> {
        let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
        let namespace = match self.prefixes.get(prefix) {
            Some(namespace) => namespace.clone(),
            None if prefix.is_empty() => String::new(),
            None => bail!("the prefix {prefix} is not declared at the root"),
        };
        Ok(Name { namespace, local: local.into() })
    }

    fn element(&self, node: &Node, repeats: bool) -> anyhow::Result<Element> {
        let repeats = repeats || node.repeats();
        if let Some(reference) = node.attribute("ref") {
            let name = self.resolve(reference)?;
            return Ok(Element { name: name.local.clone(), declared: Declared::Element(name), repeats });
        }
        let name = node.attribute("name").context("an element without a name")?.into();
        let inline =
            node.children.iter().find(|child| matches!(child.tag.as_str(), "complexType" | "simpleType"));
        let declared = match (node.attribute("type"), inline) {
            (Some(qualified), _) => Declared::Type(self.resolve(qualified)?),
            (None, Some(inline)) => Declared::Inline(self.content(inline)?),
            (None, None) => Declared::Anything,
        };
        Ok(Element { name, declared, repeats })
    }

    fn content(&self, node: &Node) -> anyhow::Result<Content> {
        if node.tag == "simpleType" {
            return Ok(Content::Text);
        }
        if node.attribute("mixed") == Some("true") {
            return Ok(Content::Mixed);
        }
        if let Some(simple) = node.child("simpleContent") {
            let extension = simple.child("extension").context("simpleContent other than an extension")?;
            let attributed = extension.child("attribute").is_some();
            return Ok(if attributed { Content::AttributedText } else { Content::Text });
        }
        let mut elements = Vec::new();
        self.particles(node, false, &mut elements)?;
        Ok(Content::Elements(elements))
    }

    fn particles(&self, node: &Node, repeats: bool, elements: &mut Vec<Element>) -> anyhow::Result<()> {
        for child in &node.children {
            match child.tag.as_str() {
                "sequence" | "choice" | "all" => {
                    self.particles(child, repeats || child.repeats(), elements)?
                }
                "element" => elements.push(self.element(child, repeats)?),
                "any" | "attribute" | "anyAttribute" | "annotation" => {}
                other => bail!("xs:{other} within a type is not understood"),
            }
        }
        Ok(())
    }
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn child(&self, tag: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.tag == tag)
    }

    fn repeats(&self) -> bool {
        self.attribute("maxOccurs").is_some_and(|most| most != "0" && most != "1")
    }
}

/// The whole file as a tree of its XML Schema elements, which are named without prefix.
fn parse(text: &str) -> anyhow::Result<Node> {
    let mut reader = quick_xml::NsReader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        let (namespace, event) = reader.read_resolved_event()?;
        let known =
            matches!(namespace, quick_xml::name::ResolveResult::Bound(bound) if bound.0 == XML_SCHEMA);
        match event {
            Event::Start(start) => open.push(node(&start, known)?),
            Event::Empty(start) => {
                open.last_mut().context("no open element")?.children.push(node(&start, known)?)
            }
            Event::End(_) => {
                let closed = open.pop().context("no open element")?;
                open.last_mut().context("no open element")?.children.push(closed);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let mut document = open.pop().context("no document")?;
    document.children.pop().context("no root element")
}

fn node(start: &BytesStart<'_>, known: bool) -> anyhow::Result<Node> {
    let tag = if known { start.local_name().into_inner().to_owned() } else { String::new() };
    let attributes = start
        .attributes()
        .map(|attribute| {
            let attribute = attribute?;
            Ok((
                attribute.key.0.to_owned(),
                attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0)?.into_owned(),
            ))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Node { tag, attributes, children: Vec::new() })
}

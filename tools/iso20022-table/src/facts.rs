//! What a set of schemas says of each namespace's parents and children, by local name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use crate::schema::{Content, Declared, Element, Name, Schema};

/// Parent and child, by local name.
pub(crate) type Pair = (String, String);

/// All facts, by the namespace of the parent.
pub(crate) type Facts = BTreeMap<String, BTreeMap<Pair, Fact>>;

/// What one namespace says of one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Fact {
    /// It may stand more than once in its parent.
    pub(crate) repeats: bool,
    /// Its shape.
    pub(crate) shape: Shape,
}

/// How the content of an element looks, wherever one parent has this child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Shape {
    /// Text, or differing from place to place.
    #[default]
    Plain,
    /// Elements.
    Elements,
    /// Text with attributes.
    AttributedText,
}

/// What the places where one parent has this child say.
#[derive(Default)]
struct Places {
    repeats: bool,
    shapes: BTreeSet<Shape>,
}

/// Walks from every global element through all types.
pub(crate) fn gather(schemas: &[Schema]) -> Facts {
    let mut walk = Walk { index: Index::new(schemas), visited: HashSet::new(), found: BTreeMap::new() };
    for schema in schemas {
        walk.walk_roots(schema);
    }
    walk.found
        .into_iter()
        .map(|(namespace, pairs)| {
            let facts = pairs.into_iter().map(|(pair, places)| (pair, places.fact()));
            (namespace, facts.collect())
        })
        .collect()
}

impl Places {
    /// One place where the child may repeat makes it an array everywhere; shapes that differ leave it to the content.
    fn fact(&self) -> Fact {
        let mut shapes = self.shapes.iter();
        let shape = match (shapes.next(), shapes.next()) {
            (Some(&only), None) => only,
            _ => Shape::Plain,
        };
        Fact { repeats: self.repeats, shape }
    }
}

struct Walk<'a> {
    index: Index<'a>,
    /// Elements by name and type.
    visited: HashSet<(Name, *const Content)>,
    found: BTreeMap<String, BTreeMap<Pair, Places>>,
}

/// An element with its name and type resolved, and the schema that the type is from.
struct Resolved<'a> {
    name: Name,
    content: Option<(&'a Schema, &'a Content)>,
}

impl<'a> Walk<'a> {
    fn walk_roots(&mut self, schema: &'a Schema) {
        self.found.entry(schema.namespace.clone()).or_default();
        let mut open: Vec<_> =
            schema.elements.values().map(|element| self.index.element(schema, element)).collect();
        while let Some(parent) = open.pop() {
            let Some((owner, Content::Elements(children))) = parent.content else {
                continue;
            };
            let Some((_, content)) = parent.content else {
                continue;
            };
            if !self.visited.insert((parent.name.clone(), std::ptr::from_ref(content))) {
                continue;
            }
            for child in children {
                let resolved = self.index.element(owner, child);
                let pairs = self.found.entry(parent.name.namespace.clone()).or_default();
                let places = pairs.entry((parent.name.local.clone(), child.name.clone())).or_default();
                places.repeats |= child.repeats;
                places.shapes.insert(resolved.content.map_or(Shape::Plain, |(_, content)| shape(content)));
                open.push(resolved);
            }
        }
    }
}

fn shape(content: &Content) -> Shape {
    match content {
        Content::Text | Content::Mixed => Shape::Plain,
        Content::AttributedText => Shape::AttributedText,
        Content::Elements(_) => Shape::Elements,
    }
}

/// All schemas by what imports name them by. An import is looked up in the folder of the file that has it: the same
/// namespace may be written differently elsewhere.
struct Index<'a> {
    schemas: HashMap<(&'a Path, &'a str), Vec<&'a Schema>>,
}

impl<'a> Index<'a> {
    fn new(all: &'a [Schema]) -> Self {
        let mut schemas: HashMap<_, Vec<_>> = HashMap::new();
        for schema in all {
            schemas.entry((schema.folder.as_path(), schema.namespace.as_str())).or_default().push(schema);
        }
        Self { schemas }
    }

    /// The schemas that may declare a name used in `schema`.
    fn candidates(&self, schema: &'a Schema, name: &Name) -> Vec<&'a Schema> {
        if schema.namespace == name.namespace {
            return vec![schema];
        }
        self.schemas.get(&(schema.folder.as_path(), name.namespace.as_str())).cloned().unwrap_or_default()
    }

    fn element(&self, schema: &'a Schema, element: &'a Element) -> Resolved<'a> {
        let name = Name { namespace: schema.namespace.clone(), local: element.name.clone() };
        match &element.declared {
            Declared::Anything => Resolved { name, content: None },
            Declared::Inline(content) => Resolved { name, content: Some((schema, content)) },
            Declared::Type(of) => {
                let owners = self.candidates(schema, of).into_iter();
                let content = owners.filter_map(|owner| Some((owner, owner.types.get(&of.local)?))).next();
                Resolved { name, content }
            }
            Declared::Element(of) => {
                let owners = self.candidates(schema, of).into_iter();
                match owners.filter_map(|owner| Some((owner, owner.elements.get(&of.local)?))).next() {
                    Some((owner, element)) => self.element(owner, element),
                    None => Resolved { name: of.clone(), content: None },
                }
            }
        }
    }
}

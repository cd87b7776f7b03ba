//! What a person typed: TOML files and environment variables, read and laid over each other.
//!
//! Every value keeps where it came from, so that an error can name the place. Nothing here knows a key.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::Errors;

/// The prefix of environment variables that are settings: `MQGATE__ADMIN__LISTEN` is `admin.listen`.
const PREFIX: &str = "MQGATE__";

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

/// A value as TOML has it. A table keeps its keys in order.
#[derive(Debug, Clone)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    Boolean(bool),
    Array(Vec<Node>),
    Table(BTreeMap<String, Node>),
    /// A float or a date: no key takes one.
    Other(String),
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file, as it was named.
    File(String),
    /// An environment variable.
    Environment(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(name) => f.write_str(name),
            Self::Environment(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// Reads a file's text. A text that is not TOML is one error.
pub(super) fn parse(name: &str, text: &str, errors: &mut Errors) -> Node {
    let origin = Origin::File(name.to_owned());
    let table = match DeTable::parse(text) {
        Ok(table) => table_of(&origin, table.into_inner()),
        Err(error) => {
            let line = error
                .span()
                .map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
            let message = error.message().lines().next().unwrap_or("not TOML").to_owned();
            errors.add(&origin, &format!("line {line}"), &message);
            BTreeMap::new()
        }
    };
    Node { origin, value: Value::Table(table) }
}

/// Reads a file. One that cannot be read is one error.
pub(super) fn read(path: &Path, errors: &mut Errors) -> Node {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
        errors.add(&Origin::File(name.clone()), "", &format!("cannot be read: {error}"));
        String::new()
    });
    parse(&name, &text, errors)
}

fn table_of(origin: &Origin, table: DeTable<'_>) -> BTreeMap<String, Node> {
    let nodes = table
        .into_iter()
        .map(|(key, value)| (key.into_inner().into_owned(), node(origin, value.into_inner())));
    nodes.collect()
}

fn node(origin: &Origin, value: DeValue<'_>) -> Node {
    let value = match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => {
            let digits = number.as_str();
            i64::from_str_radix(digits, number.radix())
                .map_or_else(|_| Value::Other(digits.to_owned()), Value::Integer)
        }
        DeValue::Boolean(truth) => Value::Boolean(truth),
        DeValue::Array(values) => {
            Value::Array(values.into_iter().map(|value| node(origin, value.into_inner())).collect())
        }
        DeValue::Table(table) => Value::Table(table_of(origin, table)),
        DeValue::Float(number) => Value::Other(number.as_str().to_owned()),
        DeValue::Datetime(date) => Value::Other(date.to_string()),
    };
    Node { origin: origin.clone(), value }
}

/// Lays `upper` over `lower`: tables are merged key by key, everything else is replaced.
pub(super) fn lay_over(lower: Node, upper: Node) -> Node {
    match (lower.value, upper.value) {
        (Value::Table(mut under), Value::Table(over)) => {
            for (key, node) in over {
                let node = match under.remove(&key) {
                    Some(existing) => lay_over(existing, node),
                    None => node,
                };
                under.insert(key, node);
            }
            Node { origin: upper.origin, value: Value::Table(under) }
        }
        (_, value) => Node { origin: upper.origin, value },
    }
}

/// Lays environment variables over settings. `MQGATE__SITES__NORTH__CHANNEL` reaches into the list `sites` by name; a
/// hyphen in a name is an underscore in the variable.
pub(super) fn lay_environment(
    settings: &mut Node,
    variables: impl IntoIterator<Item = (String, String)>,
    errors: &mut Errors,
) {
    for (name, value) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let segments: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        let origin = Origin::Environment(name.clone());
        if let Err(problem) = set(settings, &segments, &value, &origin) {
            errors.add(&origin, "", &problem);
        }
    }
}

fn set(node: &mut Node, segments: &[String], text: &str, origin: &Origin) -> Result<(), String> {
    let Some((first, rest)) = segments.split_first() else {
        node.value = Value::String(text.to_owned());
        node.origin = origin.clone();
        return Ok(());
    };
    match &mut node.value {
        Value::Table(table) => {
            let under = table.keys().find(|key| as_segment(key) == *first).cloned();
            let empty = || Node { origin: origin.clone(), value: Value::Table(BTreeMap::new()) };
            set(table.entry(under.unwrap_or_else(|| first.clone())).or_insert_with(empty), rest, text, origin)
        }
        Value::Array(list) => {
            let names: Vec<String> = list.iter().filter_map(name_of).collect();
            let found =
                list.iter_mut().find(|it| name_of(it).is_some_and(|name| as_segment(&name) == *first));
            let known = || if names.is_empty() { "it has none".to_owned() } else { names.join(", ") };
            set(
                found
                    .ok_or_else(|| format!("the list has no entry named {first:?}; allowed: {}", known()))?,
                rest,
                text,
                origin,
            )
        }
        _ => Err("reaches into something that is neither a table nor a list".to_owned()),
    }
}

fn name_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Table(table) => match table.get("name").map(|name| &name.value) {
            Some(Value::String(name)) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn as_segment(name: &str) -> String {
    name.to_lowercase().replace(['-', '.'], "_")
}

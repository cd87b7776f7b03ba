//! What a person typed: TOML files and environment variables, read and laid over each other.
//!
//! Every value keeps where it came from, so that an error can name the place. Nothing here knows a key.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::Errors;

/// The prefix of environment variables that are settings: `MQGATE__ADMIN__LISTEN` is `admin.listen`.
const PREFIX: &str = "MQGATE__";

/// The longest file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// How many variables may be settings.
const VARIABLES_MAX: usize = 1_000;
/// How deep a variable may reach. The deepest setting is `routes.<name>.when.mqmd.<field>`.
const DEPTH_MAX: usize = 8;
/// How many names an error lists.
const NAMES_MAX: usize = 50;

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
    let text = read_text(path).unwrap_or_else(|error| {
        errors.add(&Origin::File(name.clone()), "", &format!("cannot be read: {error}"));
        String::new()
    });
    parse(&name, &text, errors)
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is longer than {FILE_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
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
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    errors: &mut Errors,
) {
    let is_ours = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
    for (number, (name, value)) in variables.into_iter().filter(|(name, _)| is_ours(name)).enumerate() {
        let origin = Origin::Environment(name.display().to_string());
        if number == VARIABLES_MAX {
            return errors.add(&origin, "", &format!("at most {VARIABLES_MAX} variables expected"));
        }
        if let Err(problem) = lay_variable(settings, &name, &value, &origin) {
            errors.add(&origin, "", &problem);
        }
    }
}

fn lay_variable(settings: &mut Node, name: &OsStr, value: &OsStr, origin: &Origin) -> Result<(), String> {
    let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
        return Err("not UTF-8".to_owned());
    };
    let path = name.strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<String> = path.split("__").map(str::to_lowercase).collect();
    if segments.len() > DEPTH_MAX {
        return Err("reaches deeper than any setting".to_owned());
    }
    set(settings, &segments, value, origin)
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
            let known = || if names.is_empty() { "it has none".to_owned() } else { listed(&names) };
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

/// Names as an error lists them, the first of very many only.
pub(super) fn listed(names: &[String]) -> String {
    let list = names.get(..NAMES_MAX).unwrap_or(names).join(", ");
    if names.len() > NAMES_MAX { format!("{list} and others") } else { list }
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

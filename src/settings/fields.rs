//! Taking typed values out of a table, one key at a time, and noting everything that is wrong on the way.
//!
//! Each key is taken once; what is left at the end is unknown. A value that is wrong is noted and replaced by something
//! harmless, so that the rest of the settings is checked in the same run.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::Errors;
use super::layers::{Node, Origin, Value};

/// How many tables a list may have.
const ENTRIES_MAX: usize = 1_000;

/// A table that is being read.
pub(super) struct Fields<'e> {
    path: String,
    origin: Origin,
    table: BTreeMap<String, Node>,
    known: Vec<&'static str>,
    errors: &'e mut Errors,
}

impl<'e> Fields<'e> {
    /// Reads a node as a table. Anything else is an error and reads as an empty one.
    pub(super) fn new(path: String, node: Node, errors: &'e mut Errors) -> Self {
        let table = match node.value {
            Value::Table(table) => table,
            other => {
                errors.add(
                    &node.origin,
                    &path,
                    &format!("a table expected, not {}", describe(&path, &other)),
                );
                BTreeMap::new()
            }
        };
        Self { path, origin: node.origin, table, known: Vec::new(), errors }
    }

    /// Whether nothing was noted about this place.
    pub(super) fn is_silent_about(&self, place: &str) -> bool {
        self.errors.is_silent_about(place)
    }

    fn take(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn under(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes an error about a key of this table.
    pub(super) fn fault(&mut self, origin: &Origin, key: &str, problem: &str) {
        let place = self.under(key);
        self.errors.add(origin, &place, problem);
    }

    /// Notes an error about a key, at the file that this table stands in.
    pub(super) fn fault_here(&mut self, key: &str, problem: &str) {
        let origin = self.origin.clone();
        self.fault(&origin, key, problem);
    }

    /// A text with where it came from.
    pub(super) fn text_at(&mut self, key: &'static str) -> Option<(String, Origin)> {
        let node = self.take(key)?;
        match node.value {
            Value::String(text) => Some((text, node.origin)),
            other => {
                let problem = format!("a string expected, not {}", describe(key, &other));
                self.fault(&node.origin, key, &problem);
                None
            }
        }
    }

    /// An optional text; an empty one counts as absent.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.text_at(key).map(|(text, _)| text).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, key: &'static str) -> String {
        let given = self.table.contains_key(key);
        let text = self.text(key);
        if text.is_none() {
            let problem = if given { "must not be empty" } else { "is missing" };
            self.fault_here(key, problem);
        }
        text.unwrap_or_default()
    }

    /// An optional text that another type parses. `expected` says what that type allows.
    pub(super) fn parsed<T: FromStr>(&mut self, key: &'static str) -> Option<T>
    where
        T::Err: Display,
    {
        let (text, origin) = self.text_at(key)?;
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let problem = format!("{error}, not {}", shown(key, &text));
                self.fault(&origin, key, &problem);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], absent: T) -> T {
        let Some((text, origin)) = self.text_at(key) else { return absent };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let allowed: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        let problem = format!("one of {} expected, not {}", allowed.join(", "), shown(key, &text));
        self.fault(&origin, key, &problem);
        absent
    }

    /// An optional whole number within a range. From the environment it comes as text.
    pub(super) fn integer_opt(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let node = self.take(key)?;
        let (least, most) = (*range.start(), *range.end());
        let number = match (&node.value, &node.origin) {
            (Value::Integer(number), _) => Some(*number),
            (Value::String(text), Origin::Environment(_)) => text.trim().parse().ok(),
            _ => None,
        };
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let problem =
            format!("a whole number from {least} to {most} expected, not {}", describe(key, &node.value));
        self.fault(&node.origin, key, &problem);
        None
    }

    /// A whole number within a range that must be there.
    pub(super) fn integer(&mut self, key: &'static str, range: RangeInclusive<i64>) -> i64 {
        let least = *range.start();
        let given = self.table.contains_key(key);
        let number = self.integer_opt(key, range);
        if number.is_none() && !given {
            self.fault_here(key, "is missing");
        }
        number.unwrap_or(least)
    }

    /// A size or count that must be there.
    pub(super) fn size(&mut self, key: &'static str, range: RangeInclusive<i64>) -> usize {
        usize::try_from(self.integer(key, range)).unwrap_or(0)
    }

    /// A small count that must be there.
    pub(super) fn count(&mut self, key: &'static str, range: RangeInclusive<i64>) -> u32 {
        u32::try_from(self.integer(key, range)).unwrap_or(0)
    }

    /// A time in milliseconds that must be there.
    pub(super) fn milliseconds(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Duration {
        Duration::from_millis(u64::try_from(self.integer(key, range)).unwrap_or(0))
    }

    /// `true` or `false`; absent is `false`.
    pub(super) fn truth(&mut self, key: &'static str) -> bool {
        let Some(node) = self.take(key) else { return false };
        match (&node.value, &node.origin) {
            (Value::Boolean(truth), _) => *truth,
            (Value::String(text), Origin::Environment(_)) if text == "true" || text == "false" => {
                text == "true"
            }
            (other, _) => {
                let problem = format!("true or false expected, not {}", describe(key, other));
                self.fault(&node.origin, key, &problem);
                false
            }
        }
    }

    /// The path of a file that can be read now.
    pub(super) fn file(&mut self, key: &'static str) -> Option<PathBuf> {
        let (text, origin) = self.text_at(key)?;
        if text.is_empty() {
            return None;
        }
        let path = PathBuf::from(&text);
        if let Err(error) = std::fs::File::open(&path).and_then(|file| {
            let metadata = file.metadata()?;
            if metadata.is_dir() { Err(std::io::Error::other("it is a folder")) } else { Ok(()) }
        }) {
            let problem = format!("a file that can be read expected, not {text:?}: {error}");
            self.fault(&origin, key, &problem);
        }
        Some(path)
    }

    /// A list of texts with where each came from; absent is empty. From the environment: separated by commas.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<(String, Origin)> {
        let Some(node) = self.take(key) else { return Vec::new() };
        match (node.value, &node.origin) {
            (Value::Array(values), _) => {
                let mut texts = Vec::new();
                for (index, value) in values.into_iter().enumerate() {
                    match value.value {
                        Value::String(text) => texts.push((text, value.origin)),
                        other => {
                            let problem = format!("a string expected, not {}", describe(key, &other));
                            self.fault(&value.origin, &format!("{key}[{index}]"), &problem);
                        }
                    }
                }
                texts
            }
            (Value::String(text), Origin::Environment(_)) => {
                text.split(',').map(|part| (part.trim().to_owned(), node.origin.clone())).collect()
            }
            (other, origin) => {
                let problem = format!("a list of strings expected, not {}", describe(key, &other));
                self.fault(&origin.clone(), key, &problem);
                Vec::new()
            }
        }
    }

    /// The keys and texts of a table whose keys are free; absent is empty.
    pub(super) fn pairs(&mut self, key: &'static str) -> Vec<(String, String, Origin)> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let Value::Table(table) = node.value else {
            let problem = format!("a table expected, not {}", describe(key, &node.value));
            self.fault(&node.origin, key, &problem);
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, value) in table {
            match value.value {
                Value::String(text) => pairs.push((name, text, value.origin)),
                other => {
                    let problem = format!("a string expected, not {}", describe(&name, &other));
                    self.fault(&value.origin, &format!("{key}.{name}"), &problem);
                }
            }
        }
        pairs
    }

    /// Reads a table within this one; an absent one reads as empty.
    pub(super) fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        let node = self.take(key);
        self.inner(key.to_owned(), node, read)
    }

    /// Reads a table within this one if it is there.
    pub(super) fn table_opt<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let node = self.take(key)?;
        Some(self.inner(key.to_owned(), Some(node), read))
    }

    /// Reads each table of a list; absent is empty.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let Value::Array(list) = node.value else {
            let problem =
                format!("a list of tables ([[{key}]]) expected, not {}", describe(key, &node.value));
            self.fault(&node.origin, key, &problem);
            return Vec::new();
        };
        if list.len() > ENTRIES_MAX {
            let problem = format!("at most {ENTRIES_MAX} entries expected, not {}", list.len());
            self.fault(&node.origin, key, &problem);
        }
        let entries = list.into_iter().take(ENTRIES_MAX).enumerate();
        entries.map(|(index, node)| self.inner(format!("{key}[{index}]"), Some(node), &mut read)).collect()
    }

    fn inner<T>(&mut self, key: String, node: Option<Node>, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        let empty = || Node { origin: self.origin.clone(), value: Value::Table(BTreeMap::new()) };
        let node = node.unwrap_or_else(empty);
        let mut fields = Fields::new(self.under(&key), node, self.errors);
        let value = read(&mut fields);
        fields.finish();
        value
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(mut self) {
        for (key, node) in std::mem::take(&mut self.table) {
            let near = self
                .known
                .iter()
                .filter(|known| is_near(known, &key, 2))
                .min_by_key(|known| distance(known, &key));
            let problem = match near {
                Some(near) => format!("unknown key; did you mean {near:?}?"),
                None => {
                    let mut known = self.known.clone();
                    known.sort_unstable();
                    format!("unknown key; allowed: {}", known.join(", "))
                }
            };
            self.fault(&node.origin, &key, &problem);
        }
    }
}

/// A value as an error shows it: never one that may be a secret, never a long one.
pub(super) fn shown(key: &str, text: &str) -> String {
    const CHARACTERS_MAX: usize = 120;
    if ["password", "token", "secret"].iter().any(|word| key.contains(word)) {
        return "a value that is not shown".to_owned();
    }
    if text.chars().count() > CHARACTERS_MAX {
        return format!("a text of {} characters", text.chars().count());
    }
    format!("{text:?}")
}

fn describe(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) => shown(key, text),
        Value::Integer(number) => shown(key, &number.to_string()).replace('"', ""),
        Value::Boolean(truth) => truth.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
        Value::Other(text) => shown(key, text).replace('"', ""),
    }
}

/// Whether one name becomes the other by so many changes of a character. What is far longer than a name is never near.
pub(super) fn is_near(one: &str, other: &str, changes: usize) -> bool {
    const BYTES_MAX: usize = 100;
    one.len() <= BYTES_MAX && other.len() <= BYTES_MAX && distance(one, other) <= changes
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, above) in other.iter().zip(row.iter().skip(1)) {
            let cost = if a == *b { diagonal } else { 1 + diagonal.min(left).min(*above) };
            diagonal = *above;
            left = cost;
            next.push(cost);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

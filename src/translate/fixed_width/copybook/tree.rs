//! Levels within levels: entries as a tree, names made their own.

use super::CopybookError;
use super::entry::{ALONE, CONDITION, Entry, RENAMES, SignClause, Usage};

/// An entry with what is below it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) entry: Entry,
    pub(super) children: Vec<Node>,
    /// Level 88: name and values.
    pub(super) conditions: Vec<(String, Vec<String>)>,
}

/// A record: an entry of level 01 or 77.
pub(super) type Record = Node;

/// Levels within each other that a layout can have.
const DEPTH_MAX: usize = 24;

/// Builds the records of a copybook.
pub(super) fn records(entries: Vec<Entry>) -> Result<Vec<Record>, CopybookError> {
    let mut open: Vec<Node> = Vec::new();
    let mut records = Vec::new();
    let first = entries.first().map_or(1, |entry| entry.level);
    for entry in entries.into_iter().filter(|entry| entry.level != RENAMES) {
        if entry.level == CONDITION {
            let holder =
                open.last_mut().ok_or_else(|| CopybookError::new(entry.line, "an entry before level 88"))?;
            holder.conditions.push((entry.name.unwrap_or_default(), entry.values));
            continue;
        }
        let level = if entry.level == ALONE { 1 } else { entry.level };
        close(level, &mut open, &mut records);
        if open.is_empty() && level > first {
            return Err(CopybookError::new(entry.line, format!("level {first:02}, as the first entry has")));
        }
        if open.len() >= DEPTH_MAX {
            return Err(CopybookError::new(
                entry.line,
                format!("at most {DEPTH_MAX} levels within each other"),
            ));
        }
        open.push(Node { entry, children: Vec::new(), conditions: Vec::new() });
    }
    close(0, &mut open, &mut records);
    let mut records = if first > 1 && !records.is_empty() { vec![wrapped(records)] } else { records };
    if records.is_empty() {
        return Err(CopybookError::new(1, "an entry"));
    }
    name_uniquely(&mut records);
    for record in &mut records {
        inherit(record, None, None);
    }
    Ok(records)
}

/// Ends all entries that one of this level does not belong to.
fn close(level: u8, open: &mut Vec<Node>, records: &mut Vec<Node>) {
    let level_of = |node: &Node| if node.entry.level == ALONE { 1 } else { node.entry.level };
    while let Some(node) = open.pop_if(|node| level_of(node) >= level) {
        match open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => records.push(node),
        }
    }
}

/// Entries below level 01 without a record around them.
fn wrapped(children: Vec<Node>) -> Node {
    let line = children.first().map_or(1, |child| child.entry.line);
    let entry = Entry {
        line,
        level: 1,
        name: Some("RECORD".to_owned()),
        redefines: None,
        picture: None,
        usage: None,
        sign: None,
        occurs: None,
        is_right: false,
        is_blank_when_zero: false,
        values: Vec::new(),
    };
    Node { entry, children, conditions: Vec::new() }
}

/// Gives groups without a name one, and a number to a name that stands again in its group.
fn name_uniquely(nodes: &mut [Node]) {
    let mut taken: Vec<String> = Vec::new();
    for node in nodes.iter_mut() {
        if node.entry.name.is_none() && !node.children.is_empty() {
            node.entry.name = Some("FILLER".to_owned());
        }
        if let Some(name) = &mut node.entry.name {
            let plain = name.clone();
            let mut number = 2;
            while taken.contains(name) {
                *name = format!("{plain}-{number}");
                number += 1;
            }
            taken.push(name.clone());
        }
        name_uniquely(&mut node.children);
    }
}

/// USAGE and SIGN of a group hold for what is in it.
fn inherit(node: &mut Node, usage: Option<Usage>, sign: Option<SignClause>) {
    node.entry.usage = node.entry.usage.or(usage);
    node.entry.sign = node.entry.sign.or(sign);
    let (usage, sign) = (node.entry.usage, node.entry.sign);
    node.children.iter_mut().for_each(|child| inherit(child, usage, sign));
}

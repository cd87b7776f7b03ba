//! Element names as numbers.

use std::collections::HashMap;

use super::lexical::is_name;
use super::table::{NameId, TABLE, Table};

/// The names of one message: those that some schema has, and others as they come.
#[derive(Debug)]
pub(super) struct Names<'a> {
    table: &'static Table,
    others: HashMap<&'a str, NameId>,
}

impl<'a> Names<'a> {
    pub(super) fn new() -> Self {
        Self { table: &TABLE, others: HashMap::new() }
    }

    /// The number of a local name; `None` where it is not a name at all.
    #[inline]
    pub(super) fn id(&mut self, local: &'a str) -> Option<NameId> {
        self.table.name(local).or_else(|| self.other(local))
    }

    fn other(&mut self, local: &'a str) -> Option<NameId> {
        if let Some(&id) = self.others.get(local) {
            return Some(id);
        }
        if !is_name(local) {
            return None;
        }
        let id = NameId::try_from(self.table.names() + self.others.len()).ok()?;
        self.others.insert(local, id);
        Some(id)
    }
}

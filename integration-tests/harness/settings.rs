//! The provider file of a test.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::devqm::{self, Devqm};
use super::program;
use super::service::Service;

/// What stands in a provider file. Begins as one site, one source and one route to one destination, with short delays.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    table: Table,
}

impl Settings {
    /// Payments from this queue manager to this service.
    pub(crate) fn new(devqm: &Devqm, service: &Service) -> Self {
        let text = format!(
            r#"
            provider = "acme"
            mq_library = "{library}"

            [log]
            format = "json"

            [retry]
            get_wait_ms = 200
            retry_delay_ms_first = 20
            retry_delay_ms_max = 100
            reconnect_delay_ms_first = 20
            reconnect_delay_ms_max = 200
            probe_delay_ms_first = 20
            probe_delay_ms_max = 100
            defer_delay_ms_first = 20
            defer_delay_ms_max = 200

            [admin]
            watch_interval_ms = 0

            [limits]
            park_window_ms = 1

            [[sites]]
            name = "north"
            queue_manager = "{queue_manager}"
            connection_name = "{connection_name}"
            channel = "{channel}"

            [[sources]]
            name = "payments"
            queue = "{queue}"
            sites = ["north"]
            format = "iso20022"
            consumers = 2

            [[destinations]]
            name = "payments"
            url = "{url}"

            [[routes]]
            to = "payments"
            "#,
            library = program::mq_library().display(),
            queue_manager = devqm::QUEUE_MANAGER,
            connection_name = devqm.connection_name(),
            channel = devqm::CHANNEL,
            queue = devqm::PAYMENTS,
            url = service.url(),
        );
        Self { table: text.parse().unwrap_or_else(|error| panic!("{error}")) }
    }

    /// Sets one key: `retry.get_wait_ms`, `sources.0.consumers`.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        let (path, last) = key.rsplit_once('.').unwrap_or(("", key));
        self.table_at(path).insert(last.to_owned(), value.into());
        self
    }

    /// Adds a table to a list: a source, a destination, a route.
    pub(crate) fn adding(mut self, list: &str, table: &str) -> Self {
        let table: Table = table.parse().unwrap_or_else(|error| panic!("{table}: {error}"));
        self.list(list).push(Value::Table(table));
        self
    }

    /// Puts a table before the others of its list: a route that is tried first.
    pub(crate) fn adding_first(mut self, list: &str, table: &str) -> Self {
        let table: Table = table.parse().unwrap_or_else(|error| panic!("{table}: {error}"));
        self.list(list).insert(0, Value::Table(table));
        self
    }

    /// Writes the file into this folder.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("acme.toml");
        fs::write(&path, toml::to_string(&self.table).expect("TOML")).expect("a file");
        path
    }

    fn list(&mut self, name: &str) -> &mut Vec<Value> {
        self.table.get_mut(name).and_then(Value::as_array_mut).unwrap_or_else(|| panic!("{name} is a list"))
    }

    fn table_at(&mut self, path: &str) -> &mut Table {
        let mut table = &mut self.table;
        let mut parts = path.split('.').filter(|part| !part.is_empty());
        while let Some(part) = parts.next() {
            let value = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
            table = match value {
                Value::Table(table) => table,
                Value::Array(list) => parts
                    .next()
                    .and_then(|index| index.parse::<usize>().ok())
                    .and_then(|index| list.get_mut(index))
                    .and_then(Value::as_table_mut)
                    .unwrap_or_else(|| panic!("{path}: no such table")),
                _ => panic!("{path}: not a table"),
            };
        }
        table
    }
}

//! A client channel definition table as JSON: which of its channels lead to a queue manager, and in which order to try them.
//!
//! Source: IBM documentation, "Configuring a JSON format CCDT", "Queue manager groups in the CCDT", "ClientChannelWeight".

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

use libmqm_sys as mq;
use serde::Deserialize;

use crate::boundary::Codes;
use crate::definition::{Definition, MESSAGE_BYTES_MAX};

/// A table of some thousand channels; no file of another kind.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[derive(Debug, Deserialize)]
struct Table {
    channel: Vec<Channel>,
}

/// What is read of a channel; the file may say much more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    client_connection: Option<ClientConnection>,
    #[serde(default)]
    connection_management: Management,
    #[serde(default)]
    general: General,
    #[serde(default)]
    transmission_security: Security,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientConnection {
    connection: Vec<Address>,
    #[serde(default)]
    queue_manager: String,
}

#[derive(Debug, Deserialize)]
struct Address {
    host: String,
    port: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Management {
    client_weight: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct General {
    maximum_message_length: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Security {
    cipher_specification: String,
    certificate_label: String,
    certificate_peer_name: String,
}

/// The file that a URL or path names. Tables on a network are refused.
pub(crate) fn file(url: &str) -> Result<PathBuf, Codes> {
    if let Some(path) = url.strip_prefix("file://") {
        // An empty host is this machine.
        let path = path.strip_prefix("localhost").unwrap_or(path);
        return Ok(PathBuf::from(path));
    }
    if url.contains("://") {
        return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
    }
    Ok(PathBuf::from(url))
}

/// The channels to a queue manager of this name, in the order in which they are to be tried. `*NAME` means the group of that
/// name, whatever its queue managers are called; a name that is empty means those channels that name none.
pub(crate) fn definitions(file: &Path, name: &str) -> Result<Vec<Definition>, Codes> {
    let table = read(file)?;
    let group = name.strip_prefix('*').unwrap_or(name);
    let random = RandomState::new();
    let (mut first, mut weighted) = (Vec::new(), Vec::new());
    for (place, channel) in table.channel.iter().enumerate() {
        let Some(connection) =
            channel.client_connection.as_ref().filter(|_| channel.kind == "clientConnection")
        else {
            continue;
        };
        if connection.queue_manager != group {
            continue;
        }
        if !channel.transmission_security.certificate_peer_name.is_empty() {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        let definition = channel.definition(connection);
        // Channels without a weight come first, in their order; the others as chance and weight will have it.
        match channel.connection_management.client_weight {
            0 => first.push(definition),
            weight => weighted.push((random.hash_one(place) / u64::from(weight), definition)),
        }
    }
    weighted.sort_by_key(|(draw, _)| *draw);
    first.extend(weighted.into_iter().map(|(_, definition)| definition));
    if first.is_empty() { Err(Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR)) } else { Ok(first) }
}

impl Channel {
    fn definition(&self, connection: &ClientConnection) -> Definition {
        let names = connection.connection.iter().map(|Address { host, port }| match port {
            Some(port) => format!("{host}({port})"),
            None => host.clone(),
        });
        let stated = self.general.maximum_message_length.filter(|bytes| *bytes > 0);
        Definition {
            channel: self.name.clone(),
            connection_name: names.collect::<Vec<_>>().join(","),
            message_bytes_max: stated.unwrap_or(MESSAGE_BYTES_MAX).min(MESSAGE_BYTES_MAX),
            cipher_spec: self.transmission_security.cipher_specification.clone(),
            certificate_label: self.transmission_security.certificate_label.clone(),
        }
    }
}

/// A table that cannot be found leads to no queue manager; one that cannot be read is an error of its own.
fn read(file: &Path) -> Result<Table, Codes> {
    let absent = Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR);
    let length = std::fs::metadata(file).map_err(|_| absent)?.len();
    let unreadable = Codes::failed(mq::MQRC_CLIENT_CONN_ERROR);
    if length > FILE_BYTES_MAX {
        return Err(unreadable);
    }
    let text = std::fs::read_to_string(file).map_err(|_| absent)?;
    serde_json::from_str(&text).map_err(|_| unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{ "channel": [
        { "name": "A", "type": "clientConnection", "clientConnection":
            { "connection": [ { "host": "one", "port": 1 }, { "host": "two" } ], "queueManager": "QM1" } },
        { "name": "W", "type": "clientConnection", "connectionManagement": { "clientWeight": 3 },
          "clientConnection": { "connection": [ { "host": "w", "port": 1 } ], "queueManager": "GROUP" } },
        { "name": "B", "type": "clientConnection", "general": { "maximumMessageLength": 100 },
          "clientConnection": { "connection": [ { "host": "b", "port": 1 } ], "queueManager": "GROUP" } },
        { "name": "S", "type": "serverConnection" }
    ] }"#;

    fn named(table: &str, name: &str) -> Result<Vec<Definition>, Codes> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), table).unwrap();
        definitions(file.path(), name)
    }

    #[test]
    fn channels_are_found_by_queue_manager_or_group_those_without_a_weight_first() {
        let one = named(TABLE, "QM1").unwrap();
        let names: Vec<_> =
            one.iter().map(|each| (each.channel.as_str(), each.connection_name.as_str())).collect();
        assert_eq!(names, [("A", "one(1),two")]);
        let group: Vec<_> = named(TABLE, "*GROUP").unwrap().into_iter().map(|each| each.channel).collect();
        assert_eq!(group, ["B", "W"]);
        assert_eq!(named(TABLE, "OTHER").unwrap_err(), Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR));
        assert_eq!(named("{", "QM1").unwrap_err(), Codes::failed(mq::MQRC_CLIENT_CONN_ERROR));
        let absent = definitions(Path::new("no/such/file.json"), "QM1").unwrap_err();
        assert_eq!(absent, Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR));
    }

    #[test]
    fn a_table_is_a_file_here() {
        assert_eq!(file("file:///a/b.json"), Ok(PathBuf::from("/a/b.json")));
        assert_eq!(file("b.json"), Ok(PathBuf::from("b.json")));
        assert_eq!(file("https://host/b.json"), Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED)));
    }
}

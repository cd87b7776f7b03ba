//! What operators are told: objects, and the state of queues, handles, connections and channels, as attributes with their
//! values. How they are written down is MQSC's and PCF's.

use libmqm_sys as mq;

use super::Engine;
use super::access::user_of;
use super::catalogue::{ObjectKey, Variety};
use super::connect::{Connection, Handle, Target};
use super::display::in_columns;
use super::inquire::{date, time};
use super::queue::Sharing;
use crate::mqsc::attribute::{Attribute, each};
use crate::mqsc::command::Filter;
use crate::mqsc::status::{Inquiry, Subject};
use crate::mqsc::{Kind, Object, Value};

/// Attributes with their values, in the order of their table.
pub type Fields = Vec<(&'static Attribute, Value)>;

/// One object.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its kind.
    pub kind: Kind,
    /// Its name; empty for the queue manager.
    pub name: String,
    /// All its attributes.
    pub fields: Fields,
}

/// A handle, and whose it is.
type Held<'e> = (&'e Connection, &'e Handle);

impl Engine {
    /// The objects of a name that a user may see and that pass a filter.
    pub fn objects(&self, user: &str, object: &Object, filter: Option<&Filter>) -> Vec<Row> {
        self.selected(user, object, filter)
            .map(|(key, record)| Row {
                kind: record.variety.kind(),
                name: key.name().to_owned(),
                fields: each(record.variety.table())
                    .map(|attribute| (attribute, self.current(record, attribute)))
                    .collect(),
            })
            .collect()
    }

    /// The states of a name that a user may see and that pass a filter.
    pub fn states(&self, user: &str, inquiry: &Inquiry) -> Vec<Fields> {
        let passes = |fields: &Fields| {
            inquiry.filter.as_ref().is_none_or(|filter| {
                fields.iter().any(|(attribute, value)| {
                    attribute.keyword == filter.keyword && filter.passes(attribute, value)
                })
            })
        };
        let all = match inquiry.subject {
            Subject::Queue => self.queue_states(user, inquiry),
            Subject::QueueHandle => self.queue_handles(user, inquiry),
            Subject::Connection => self.connection_states(inquiry),
            Subject::ConnectionHandle => self.connection_handles(inquiry),
            Subject::Channel => self.channel_states(user, inquiry),
            Subject::QueueManager => vec![row(inquiry.subject, |keyword| self.queue_manager_state(keyword))],
        };
        all.into_iter().filter(passes).collect()
    }

    /// DISPLAY of state.
    pub(super) fn display_status(&self, user: &str, inquiry: &Inquiry) -> Result<String, String> {
        let (head, none) = match inquiry.subject {
            Subject::Queue | Subject::QueueHandle => {
                ("AMQ8450I: Display queue status details.", "AMQ8147E: No such queue, or no handle on it.")
            }
            Subject::Connection | Subject::ConnectionHandle => {
                ("AMQ8276I: Display Connection details.", "AMQ8275E: No such connection, or no handle of it.")
            }
            Subject::Channel => {
                ("AMQ8417I: Display Channel Status details.", "AMQ8420I: Channel Status not found.")
            }
            Subject::QueueManager => {
                ("AMQ8705I: Display Queue Manager Status Details.", "AMQ8147E: Not found.")
            }
        };
        let shown: Vec<_> =
            self.states(user, inquiry).iter().map(|fields| show(head, inquiry, fields)).collect();
        if shown.is_empty() { Err(none.to_owned()) } else { Ok(shown.join("\n")) }
    }

    /// Names, and the numbers, of the local queues that are asked for.
    fn local_queues<'e>(&'e self, user: &'e str, name: &'e str) -> impl Iterator<Item = (&'e str, u32)> {
        self.catalogue.objects.iter().filter_map(move |(key, record)| match (key, record.variety) {
            (ObjectKey::Queue(queue), Variety::LocalQueue { id, .. })
                if named(name, queue) && self.may_display(user, Kind::LocalQueue, queue) =>
            {
                Some((queue.as_str(), id))
            }
            _ => None,
        })
    }

    fn queue_states(&self, user: &str, inquiry: &Inquiry) -> Vec<Fields> {
        self.local_queues(user, &inquiry.name)
            .filter_map(|(name, id)| Some((name, self.queues.get(&id)?)))
            .map(|(name, queue)| {
                row(inquiry.subject, |keyword| match keyword {
                    "QUEUE" => text(name),
                    "CURDEPTH" => count(queue.depth()),
                    "IPPROCS" => count(queue.inputs),
                    "OPPROCS" => count(queue.outputs),
                    "UNCOM" => count(queue.uncommitted_puts + queue.uncommitted_gets),
                    "MONQ" => Value::Number(mq::MQMON_OFF),
                    _ => text(""),
                })
            })
            .collect()
    }

    fn queue_handles(&self, user: &str, inquiry: &Inquiry) -> Vec<Fields> {
        let queues = self.local_queues(user, &inquiry.name);
        let handles = queues.flat_map(|(name, id)| {
            let holders = self.held().into_iter().filter(
                move |(_, handle)| matches!(handle.target, Target::Queue { id: held, .. } if held == id),
            );
            holders.map(move |held| (name, held))
        });
        handles
            .map(|(name, (connection, handle))| {
                row(inquiry.subject, |keyword| match keyword {
                    "QUEUE" => text(name),
                    _ => of_handle(keyword, connection, handle)
                        .unwrap_or_else(|| of_holder(keyword, connection)),
                })
            })
            .collect()
    }

    fn connection_states(&self, inquiry: &Inquiry) -> Vec<Fields> {
        let all = self.by_id().into_iter().filter(|each| named(&inquiry.name, &short_id(each)));
        all.map(|each| row(inquiry.subject, |keyword| of_holder(keyword, each))).collect()
    }

    fn connection_handles(&self, inquiry: &Inquiry) -> Vec<Fields> {
        let all = self.held().into_iter().filter(|(each, _)| named(&inquiry.name, &short_id(each)));
        all.map(|(connection, handle)| {
            row(inquiry.subject, |keyword| match (keyword, &handle.target) {
                ("OBJNAME", Target::Queue { alias: Some(alias), .. }) => text(alias),
                ("OBJNAME", Target::Queue { id, .. }) => {
                    text(self.queues.get(id).map_or("", |queue| queue.name.as_str()))
                }
                ("OBJNAME", _) => text(&self.identity.name),
                ("OBJTYPE", Target::Queue { .. }) => Value::Number(mq::MQOT_Q),
                ("OBJTYPE", _) => Value::Number(mq::MQOT_Q_MGR),
                _ => of_handle(keyword, connection, handle).unwrap_or_else(|| of_holder(keyword, connection)),
            })
        })
        .collect()
    }

    fn channel_states(&self, user: &str, inquiry: &Inquiry) -> Vec<Fields> {
        let all = self.by_id().into_iter().filter(|each| {
            !each.channel.is_empty()
                && named(&inquiry.name, &each.channel)
                && self.may_display(user, Kind::Channel, &each.channel)
        });
        all.map(|each| row(inquiry.subject, |keyword| of_channel(keyword, each))).collect()
    }

    fn queue_manager_state(&self, keyword: &str) -> Value {
        // The number of a run is the time at which it began, in seconds.
        let started_ms = i64::from(self.identity.run) * 1000;
        match keyword {
            "QMNAME" => text(&self.identity.name),
            "STATUS" => Value::Number(mq::pcf::MQQMSTA_RUNNING),
            "CHINIT" | "CMDSERV" => Value::Number(mq::MQSVC_STATUS_RUNNING),
            "CONNS" => count(self.connections.len()),
            "STANDBY" => Value::Number(mq::pcf::MQSTDBY_NOT_PERMITTED),
            "STARTDA" => Value::Text(date(started_ms)),
            "STARTTI" => Value::Text(time(started_ms)),
            _ => text(""),
        }
    }

    fn by_id(&self) -> Vec<&Connection> {
        let mut all: Vec<_> = self.connections.values().collect();
        all.sort_by_key(|each| each.id);
        all
    }

    fn held(&self) -> Vec<Held<'_>> {
        let mut all = Vec::new();
        for connection in self.by_id() {
            let mut handles: Vec<_> = connection.handles.iter().collect();
            handles.sort_by_key(|(number, _)| **number);
            all.extend(handles.into_iter().map(|(_, handle)| (connection, handle)));
        }
        all
    }
}

fn of_holder(keyword: &str, connection: &Connection) -> Value {
    let is_own = connection.channel.is_empty();
    match keyword {
        "CONN" => Value::Text(short_id(connection)),
        "EXTCONN" => Value::Text(hexadecimal(connection.id.get(..16).unwrap_or_default())),
        "APPLTAG" => Value::Text(application(connection)),
        "APPLTYPE" => Value::Number(if is_own { mq::MQAT_QMGR } else { mq::MQAT_USER }),
        "CHANNEL" => text(&connection.channel),
        "CONNAME" => text(&connection.address),
        "USERID" => Value::Text(user_of(&connection.user_identifier)),
        "UOWSTATE" if connection.unit.messages() == 0 => Value::Number(mq::pcf::MQUOWST_NONE),
        "UOWSTATE" => Value::Number(mq::pcf::MQUOWST_ACTIVE),
        "URTYPE" => Value::Number(mq::pcf::MQUOWT_Q_MGR),
        _ => text(""),
    }
}

fn of_handle(keyword: &str, connection: &Connection, handle: &Handle) -> Option<Value> {
    let yes = |option| Value::Number(i32::from(handle.has(option)));
    Some(match keyword {
        "BROWSE" => yes(mq::MQOO_BROWSE),
        "INQUIRE" => yes(mq::MQOO_INQUIRE),
        "OUTPUT" => yes(mq::MQOO_OUTPUT),
        "SET" => yes(mq::MQOO_SET),
        "OPENOPTS" => Value::Number(handle.options),
        "INPUT" => Value::Number(match handle.input {
            None => mq::pcf::MQQSO_NO,
            Some(Sharing::Shared) => mq::pcf::MQQSO_SHARED,
            Some(Sharing::Exclusive) => mq::pcf::MQQSO_EXCLUSIVE,
        }),
        // Whether a call on it is under way: a get that waits.
        "HSTATE" => {
            let waits = matches!(handle.target, Target::Queue { id, .. } if connection.waiting.contains(&id));
            Value::Number(if waits { mq::pcf::MQHSTATE_ACTIVE } else { mq::pcf::MQHSTATE_INACTIVE })
        }
        _ => return None,
    })
}

fn of_channel(keyword: &str, connection: &Connection) -> Value {
    match keyword {
        "CHLTYPE" => Value::Number(mq::MQCHT_SVRCONN),
        "CURRENT" => Value::Number(mq::MQOT_CURRENT_CHANNEL),
        "STATUS" => Value::Number(mq::pcf::MQCHS_RUNNING),
        "SUBSTATE" => Value::Number(mq::pcf::MQCHSSTATE_RECEIVING),
        "CHSTADA" => Value::Text(date(connection.connected.0)),
        "CHSTATI" => Value::Text(time(connection.connected.0)),
        "CURSHCNV" => Value::Number(1),
        "MCAUSER" => Value::Text(user_of(&connection.user_identifier)),
        "RAPPLTAG" => Value::Text(application(connection)),
        _ => of_holder(keyword, connection),
    }
}

fn row(subject: Subject, value: impl Fn(&'static str) -> Value) -> Fields {
    each(subject.table()).map(|attribute| (attribute, value(attribute.keyword))).collect()
}

fn show(head: &str, inquiry: &Inquiry, fields: &Fields) -> String {
    let asked =
        |keyword: &str| inquiry.columns.is_empty() || inquiry.columns.iter().any(|each| each == keyword);
    let mut words: Vec<String> = fields
        .iter()
        .enumerate()
        .filter(|(index, (attribute, _))| *index == 0 || asked(attribute.keyword))
        .map(|(_, (attribute, value))| attribute.show(value))
        .collect();
    match inquiry.subject {
        Subject::Queue => words.insert(1, "TYPE(QUEUE)".to_owned()),
        Subject::QueueHandle | Subject::ConnectionHandle => words.insert(1, "TYPE(HANDLE)".to_owned()),
        Subject::Connection => words.insert(1, "TYPE(CONN)".to_owned()),
        Subject::Channel | Subject::QueueManager => {}
    }
    in_columns(head, &words)
}

/// Whether a name is asked for.
fn named(asked: &str, name: &str) -> bool {
    asked.strip_suffix('*').map_or(asked == name, |prefix| name.starts_with(prefix))
}

fn short_id(connection: &Connection) -> String {
    hexadecimal(connection.id.get(16..).unwrap_or_default())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn application(connection: &Connection) -> String {
    let name = connection.application_name.trim_ascii_end();
    name.iter().map(|byte| char::from(*byte)).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn count(count: impl TryInto<i32>) -> Value {
    Value::Number(count.try_into().unwrap_or(i32::MAX))
}

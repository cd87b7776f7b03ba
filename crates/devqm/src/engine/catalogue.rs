//! The objects by name: queues of all kinds, channels, and the queue manager itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::message::Moment;
use super::queue::{Origin, Queue};
use super::{Change, Engine, QueueId};
use crate::mqsc::attribute::Table;
use crate::mqsc::{Attributes, Kind};

/// What an object is stored under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the name spaces of MQ's objects")]
pub enum ObjectKey {
    Queue(String),
    Channel(String),
    QueueManager,
    /// Who may do what.
    Access,
    Topic(String),
    Subscription(String),
}

/// An object as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// The kind.
    pub variety: Variety,
    /// Every settable attribute.
    pub attributes: Attributes,
    /// When it was defined, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// When it was last altered.
    pub altered_ms: i64,
}

/// The kinds of object, with what only that kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the kinds are MQ's")]
pub enum Variety {
    LocalQueue { id: QueueId, origin: Origin },
    AliasQueue,
    ModelQueue,
    Channel,
    QueueManager,
    Access,
    Topic,
    Subscription,
}

/// All objects.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) objects: BTreeMap<ObjectKey, ObjectRecord>,
    pub(super) rules: Rules,
    last_queue: QueueId,
}

/// What of the queue manager's attributes the verbs look at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    pub(super) ccsid: i32,
    pub(super) message_bytes_max: usize,
    pub(super) uncommitted_max: usize,
    pub(super) handles_max: usize,
}

impl Variety {
    /// The attributes of the kind.
    pub(super) fn table(self) -> Table {
        self.kind().table()
    }

    /// The kind as MQSC names it.
    pub(super) fn kind(self) -> Kind {
        match self {
            Variety::LocalQueue { .. } => Kind::LocalQueue,
            Variety::AliasQueue => Kind::AliasQueue,
            Variety::ModelQueue => Kind::ModelQueue,
            Variety::Channel => Kind::Channel,
            Variety::QueueManager => Kind::QueueManager,
            Variety::Access => Kind::Access,
            Variety::Topic => Kind::Topic,
            Variety::Subscription => Kind::Subscription,
        }
    }
}

impl ObjectKey {
    /// The object's name; empty for the queue manager.
    pub fn name(&self) -> &str {
        match self {
            ObjectKey::Queue(name)
            | ObjectKey::Channel(name)
            | ObjectKey::Topic(name)
            | ObjectKey::Subscription(name) => name,
            ObjectKey::QueueManager | ObjectKey::Access => "",
        }
    }
}

impl Catalogue {
    /// The queue object of a name, whatever kind of queue it is.
    pub(super) fn queue(&self, name: &str) -> Option<&ObjectRecord> {
        self.objects.get(&ObjectKey::Queue(name.to_owned()))
    }

    pub(super) fn channel(&self, name: &str) -> Option<&ObjectRecord> {
        self.objects.get(&ObjectKey::Channel(name.to_owned()))
    }

    pub(super) fn next_queue(&mut self) -> QueueId {
        self.last_queue += 1;
        self.last_queue
    }
}

impl Rules {
    fn of(attributes: &Attributes) -> Self {
        let count = |keyword| usize::try_from(attributes.number(keyword)).unwrap_or(0);
        Self {
            ccsid: attributes.number("CCSID"),
            message_bytes_max: count("MAXMSGL"),
            uncommitted_max: count("MAXUMSGS"),
            handles_max: count("MAXHANDS"),
        }
    }
}

impl Engine {
    pub(super) fn restore_objects(&mut self, objects: BTreeMap<ObjectKey, ObjectRecord>, now: Moment) {
        for (key, record) in objects {
            if let Variety::LocalQueue { id, .. } = record.variety {
                self.catalogue.last_queue = self.catalogue.last_queue.max(id);
            }
            self.place(key, record);
        }
        let mut changes = Vec::new();
        for (key, variety, stated) in standard_objects() {
            if self.catalogue.objects.contains_key(&key) {
                continue;
            }
            let mut attributes = Attributes::defaults(variety.table());
            for (keyword, value) in stated {
                attributes.0.insert((*keyword).to_owned(), value.clone());
            }
            let variety = match variety {
                Variety::LocalQueue { origin, .. } => {
                    Variety::LocalQueue { id: self.catalogue.next_queue(), origin }
                }
                other => other,
            };
            let record = ObjectRecord { variety, attributes, created_ms: now.0, altered_ms: now.0 };
            changes.push(Change::PutObject { key: key.clone(), record: record.clone() });
            self.place(key, record);
        }
        if !changes.is_empty() {
            self.write(changes, super::unit::Then::Nothing);
        }
    }

    /// Makes an object what its record says, in memory.
    pub(super) fn place(&mut self, key: ObjectKey, record: ObjectRecord) {
        match record.variety {
            Variety::LocalQueue { id, origin } => match self.queues.get_mut(&id) {
                Some(queue) => queue.rules = super::queue::Rules::of(&record.attributes),
                None => {
                    let (name, shelf) = (key.name().to_owned(), self.shelf.clone());
                    let queue = Queue::new(name, &record.attributes, origin, shelf);
                    self.queues.insert(id, queue);
                }
            },
            Variety::QueueManager => self.catalogue.rules = Rules::of(&record.attributes),
            // No object that anybody names: it stays among the records of access.
            Variety::Access => return self.access.restore(&record.attributes),
            Variety::Subscription => self.restore_subscription(key.name(), &record.attributes),
            Variety::AliasQueue | Variety::ModelQueue | Variety::Channel | Variety::Topic => {}
        }
        self.catalogue.objects.insert(key, record);
    }
}

type Standard = (ObjectKey, Variety, &'static [(&'static str, crate::mqsc::Value)]);

/// What every queue manager has without any MQSC.
fn standard_objects() -> [Standard; 14] {
    use crate::mqsc::Value::Number;
    let local = Variety::LocalQueue { id: 0, origin: Origin::Predefined };
    let queue = |name: &str| ObjectKey::Queue(name.to_owned());
    let channel = |name: &str| ObjectKey::Channel(name.to_owned());
    [
        (ObjectKey::QueueManager, Variety::QueueManager, &[]),
        (queue("SYSTEM.DEFAULT.LOCAL.QUEUE"), local, &[]),
        (queue("SYSTEM.DEFAULT.ALIAS.QUEUE"), Variety::AliasQueue, &[]),
        (
            queue("SYSTEM.DEFAULT.MODEL.QUEUE"),
            Variety::ModelQueue,
            &[
                ("DEFSOPT", Number(libmqm_sys::MQOO_INPUT_EXCLUSIVE)),
                ("SHARE", Number(libmqm_sys::MQQA_NOT_SHAREABLE)),
            ],
        ),
        (queue("SYSTEM.DEAD.LETTER.QUEUE"), local, &[]),
        (queue(crate::pcf::COMMAND_QUEUE), local, &[]),
        (
            queue("SYSTEM.MQEXPLORER.REPLY.MODEL"),
            Variety::ModelQueue,
            &[("DEFSOPT", Number(libmqm_sys::MQOO_INPUT_EXCLUSIVE))],
        ),
        (queue("SYSTEM.RETAINED.PUB.QUEUE"), local, &[("MAXDEPTH", Number(999_999_999))]),
        (
            queue("SYSTEM.DURABLE.MODEL.QUEUE"),
            Variety::ModelQueue,
            &[("DEFTYPE", Number(libmqm_sys::MQQDT_PERMANENT_DYNAMIC))],
        ),
        (queue("SYSTEM.NDURABLE.MODEL.QUEUE"), Variety::ModelQueue, &[]),
        (ObjectKey::Topic("SYSTEM.BASE.TOPIC".to_owned()), Variety::Topic, &[]),
        (ObjectKey::Topic("SYSTEM.DEFAULT.TOPIC".to_owned()), Variety::Topic, &[]),
        (channel("SYSTEM.DEF.SVRCONN"), Variety::Channel, &[]),
        (channel("SYSTEM.AUTO.SVRCONN"), Variety::Channel, &[]),
    ]
}

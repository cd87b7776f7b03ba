//! What MQSC commands do to the queue manager.

use libmqm_sys as mq;

use super::catalogue::{ObjectKey, ObjectRecord, Variety};
use super::connect::Target;
use super::message::Moment;
use super::queue::{Origin, Queue};
use super::unit::Then;
use super::{Change, ConnectionId, Engine, Progress, answered, ok, removal};
use crate::mqsc::{self, Action, Attributes, Command, Kind, Object, Value};
use crate::verbs::{Outcome, Reply};

impl Engine {
    /// Carries out MQSC that came over a connection: each command on its own, as `runmqsc` does.
    pub(super) fn mqsc(&mut self, connection: ConnectionId, text: &str, now: Moment) -> Progress {
        let mut lines = Vec::new();
        let mut changes = Vec::new();
        let mut failed = false;
        let user = self.user(connection).unwrap_or_default();
        for command in mqsc::parse(text) {
            let result = match command {
                Ok(command) => self.execute_for(&user, &command.action, now, &mut changes),
                Err(error) => Err(format!("AMQ8405E: Syntax error detected at or near {error}.")),
            };
            failed |= result.is_err();
            lines.push(result.unwrap_or_else(|error| error));
        }
        let outcome = Outcome::Text(lines.join("\n"));
        let reply = match failed {
            true => Reply { completion: mq::MQCC_FAILED, reason: mq::pcf::MQRCCF_COMMAND_FAILED, outcome },
            false => ok(outcome),
        };
        if changes.is_empty() {
            return answered(Ok(reply));
        }
        self.write(changes, Then::Answer { connection, answer: reply.into() });
        Progress::Writing
    }

    /// Carries out the commands that a queue manager is started with. They say what should exist: a plain DEFINE of
    /// what exists already is no error, and changes nothing.
    ///
    /// # Errors
    /// The first command that cannot be carried out.
    pub fn configure(&mut self, commands: &[Command], now: Moment) -> Result<Vec<String>, mqsc::Error> {
        let mut notes = Vec::new();
        let mut changes = Vec::new();
        for command in commands {
            if let Some(note) = self.left_as_it_is(command) {
                notes.extend(note);
                continue;
            }
            self.execute("", &command.action, now, &mut changes)
                .map_err(|what| mqsc::Error { line: command.line, what })?;
        }
        if !changes.is_empty() {
            self.write(changes, Then::Nothing);
        }
        Ok(notes)
    }

    /// For a DEFINE without REPLACE of an object that exists: what to say about it, if it would have been different.
    fn left_as_it_is(&self, command: &Command) -> Option<Option<String>> {
        let Action::Define { object, like, replace: false, stated } = &command.action else {
            return None;
        };
        let existing = self.catalogue.objects.get(&key(object))?;
        let wanted = self.defined_attributes(object, like.as_deref(), stated).ok();
        let same = existing.variety.kind() == object.kind && Some(&existing.attributes) == wanted.as_ref();
        let note = format!(
            "line {}: {}({}) exists and differs from this DEFINE; it is left as it is (REPLACE would change it)",
            command.line,
            object.kind.word(),
            object.name
        );
        Some((!same).then_some(note))
    }

    /// Carries out a command that its user may have carried out.
    pub(super) fn execute(
        &mut self,
        user: &str,
        action: &Action,
        now: Moment,
        changes: &mut Vec<Change>,
    ) -> Result<String, String> {
        match action {
            Action::Define { object, like, replace, stated } => {
                let attributes = self.defined_attributes(object, like.as_deref(), stated)?;
                self.define(object, attributes, *replace, now, changes)
            }
            Action::Alter { object, stated } => self.alter(object, stated, now, changes),
            Action::Delete { object, purge } => self.delete(object, *purge, changes),
            Action::Clear(name) => self.clear(name, changes),
            Action::Display { object, columns, all, filter } => {
                self.display(user, object, columns, *all, filter.as_ref())
            }
            Action::DisplayStatus(inquiry) => self.display_status(user, inquiry),
            Action::Access(command) => self.change_access(command, now, changes),
            Action::Ping => Ok("AMQ8415I: The queue manager responds.".to_owned()),
            Action::DefineFault(definition) => self.define_fault(definition),
            Action::DeleteFault(name) => self.delete_faults(name),
            Action::DisplayFault(name) => self.display_faults(name),
        }
    }

    /// The attributes of a new object: those stated, over those of LIKE or of the default object.
    fn defined_attributes(
        &self,
        object: &Object,
        like: Option<&str>,
        stated: &[(String, Value)],
    ) -> Result<Attributes, String> {
        let default = match object.kind {
            Kind::AliasQueue => "SYSTEM.DEFAULT.ALIAS.QUEUE",
            Kind::ModelQueue => "SYSTEM.DEFAULT.MODEL.QUEUE",
            Kind::Channel => "SYSTEM.DEF.SVRCONN",
            Kind::Topic => "SYSTEM.DEFAULT.TOPIC",
            _ => "SYSTEM.DEFAULT.LOCAL.QUEUE",
        };
        let base = Object { kind: object.kind, name: like.unwrap_or(default).to_owned() };
        let record =
            self.catalogue.objects.get(&key(&base)).filter(|record| record.variety.kind() == object.kind);
        let mut attributes = match (record, like) {
            (Some(record), _) => record.attributes.clone(),
            (None, None) => Attributes::defaults(object.kind.table()),
            (None, Some(_)) => return Err(not_found(&base)),
        };
        attributes.apply(stated);
        Ok(attributes)
    }

    fn define(
        &mut self,
        object: &Object,
        attributes: Attributes,
        replace: bool,
        now: Moment,
        changes: &mut Vec<Change>,
    ) -> Result<String, String> {
        let existing = self.catalogue.objects.get(&key(object));
        let variety = match existing {
            Some(existing) if existing.variety.kind() != object.kind => {
                let kind = existing.variety.kind().word();
                return Err(format!("AMQ8149E: {} exists already as a {kind}.", object.name));
            }
            Some(_) if !replace => {
                return Err(format!("AMQ8150E: {}({}) already exists.", object.kind.word(), object.name));
            }
            Some(existing) => existing.variety,
            None => match object.kind {
                Kind::AliasQueue => Variety::AliasQueue,
                Kind::ModelQueue => Variety::ModelQueue,
                Kind::Channel => Variety::Channel,
                Kind::Topic => Variety::Topic,
                _ => Variety::LocalQueue { id: self.catalogue.next_queue(), origin: Origin::Predefined },
            },
        };
        let created_ms = existing_created(self.catalogue.objects.get(&key(object)), now);
        let record = ObjectRecord { variety, attributes, created_ms, altered_ms: now.0 };
        self.keep(object, record, changes);
        Ok(match object.kind {
            Kind::Channel => format!("AMQ8014I: Channel {} created.", object.name),
            Kind::Topic => format!("AMQ8690I: Topic {} created.", object.name),
            _ => format!("AMQ8006I: Queue {} created.", object.name),
        })
    }

    fn alter(
        &mut self,
        object: &Object,
        stated: &[(String, Value)],
        now: Moment,
        changes: &mut Vec<Change>,
    ) -> Result<String, String> {
        let record =
            self.catalogue.objects.get(&key(object)).filter(|record| record.variety.kind() == object.kind);
        let mut record = record.cloned().ok_or_else(|| not_found(object))?;
        record.attributes.apply(stated);
        record.altered_ms = now.0;
        self.keep(object, record, changes);
        Ok(match object.kind {
            Kind::QueueManager => "AMQ8005I: Queue manager changed.".to_owned(),
            Kind::Channel => format!("AMQ8016I: Channel {} changed.", object.name),
            Kind::Topic => format!("AMQ8691I: Topic {} changed.", object.name),
            _ => format!("AMQ8008I: Queue {} changed.", object.name),
        })
    }

    /// Makes an object what its record says, and ends the gets that it now forbids.
    pub(super) fn keep(&mut self, object: &Object, record: ObjectRecord, changes: &mut Vec<Change>) {
        let inhibited = record.attributes.number("GET") == mq::MQQA_GET_INHIBITED;
        let (variety, now) = (record.variety, Moment(record.altered_ms));
        let is_temporary = matches!(variety, Variety::LocalQueue { origin: Origin::TemporaryDynamic, .. });
        if !is_temporary {
            changes.push(Change::PutObject { key: key(object), record: record.clone() });
        }
        self.place(key(object), record);
        match variety {
            Variety::LocalQueue { id, .. } if inhibited => self.cancel_waiters(id, mq::MQRC_GET_INHIBITED),
            Variety::AliasQueue if inhibited => self.cancel_waiters_of_alias(&object.name),
            _ => {}
        }
        self.retry_requests(now);
    }

    fn cancel_waiters_of_alias(&mut self, name: &str) {
        let waiting: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, connection)| {
                connection.handles.values().any(|handle| {
                    matches!(&handle.target, Target::Queue { id, alias: Some(alias) }
                        if alias == name && connection.waiting.contains(id))
                })
            })
            .map(|(id, _)| *id)
            .collect();
        for connection in waiting {
            self.cancel_waiter(connection, mq::MQRC_GET_INHIBITED);
        }
    }

    fn delete(&mut self, object: &Object, purge: bool, changes: &mut Vec<Change>) -> Result<String, String> {
        let record =
            self.catalogue.objects.get(&key(object)).filter(|record| record.variety.kind() == object.kind);
        let record = record.ok_or_else(|| not_found(object))?;
        if object.kind == Kind::Subscription {
            self.delete_subscription(&object.name, changes)?;
            return Ok(format!("AMQ8094I: Subscription {} deleted.", object.name));
        }
        if let Variety::LocalQueue { id, .. } = record.variety {
            let queue = self.queues.get(&id).ok_or_else(|| not_found(object))?;
            check_unused(queue)?;
            if self.is_managed(id) {
                return Err(format!("AMQ8148E: Queue {} is a subscription's.", object.name));
            }
            if queue.depth() > 0 && !purge {
                return Err(format!("AMQ8143E: Queue {} is not empty.", object.name));
            }
            let messages = self.drop_queue(id).map(|(_, messages)| messages);
            changes.extend(messages.into_iter().flatten());
        }
        self.catalogue.objects.remove(&key(object));
        changes.push(Change::RemoveObject { key: key(object) });
        Ok(match object.kind {
            Kind::Channel => format!("AMQ8015I: Channel {} deleted.", object.name),
            Kind::Topic => format!("AMQ8692I: Topic {} deleted.", object.name),
            _ => format!("AMQ8007I: Queue {} deleted.", object.name),
        })
    }

    fn clear(&mut self, name: &str, changes: &mut Vec<Change>) -> Result<String, String> {
        let object = Object { kind: Kind::LocalQueue, name: name.to_owned() };
        let Some(Variety::LocalQueue { id, .. }) = self.catalogue.queue(name).map(|record| record.variety)
        else {
            return Err(not_found(&object));
        };
        let queue = self.queues.get_mut(&id).ok_or_else(|| not_found(&object))?;
        check_unused(queue)?;
        let messages = queue.clear();
        changes.extend(messages.iter().filter_map(|(position, entry)| removal(*position, entry)));
        Ok(format!("AMQ8022I: Queue {name} cleared."))
    }
}

/// What an object is stored under.
pub(super) fn key(object: &Object) -> ObjectKey {
    match object.kind {
        Kind::QueueManager => ObjectKey::QueueManager,
        Kind::Channel => ObjectKey::Channel(object.name.clone()),
        Kind::Topic => ObjectKey::Topic(object.name.clone()),
        Kind::Subscription => ObjectKey::Subscription(object.name.clone()),
        _ => ObjectKey::Queue(object.name.clone()),
    }
}

pub(super) fn not_found(object: &Object) -> String {
    format!("AMQ8147E: {}({}) not found.", object.kind.word(), object.name)
}

fn existing_created(existing: Option<&ObjectRecord>, now: Moment) -> i64 {
    existing.map_or(now.0, |existing| existing.created_ms)
}

/// A queue that a program has open, or that an open unit of work has put to or got from, is neither deleted nor
/// cleared.
fn check_unused(queue: &Queue) -> Result<(), String> {
    if queue.handles + queue.uncommitted_puts + queue.uncommitted_gets > 0 {
        return Err(format!("AMQ8148E: Queue {} is in use.", queue.name));
    }
    Ok(())
}

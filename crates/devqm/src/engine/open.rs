//! MQOPEN and MQCLOSE: names to handles, sharing, aliases, dynamic queues.

use std::sync::Arc;

use libmqm_sys as mq;

use super::catalogue::{ObjectKey, ObjectRecord, Variety};
use super::connect::{Handle, Target, ended};
use super::group::Order;
use super::message::Moment;
use super::queue::{Origin, Sharing};
use super::unit::Then;
use super::{Change, ConnectionId, Engine, Failure, Progress, QueueId, answered, ok, removal, with_warning};
use crate::mqsc::Value;
use crate::mqsc::words::is_name_character;
use crate::selector::Selector;
use crate::verbs::{ObjectHandle, Open, Opened, Outcome, Reply, ResolvedNames};

const INPUT: i32 = mq::MQOO_INPUT_AS_Q_DEF | mq::MQOO_INPUT_SHARED | mq::MQOO_INPUT_EXCLUSIVE;
const PURPOSES: i32 = INPUT | mq::MQOO_BROWSE | mq::MQOO_OUTPUT | mq::MQOO_INQUIRE | mq::MQOO_SET;
const WITH_OUTPUT: i32 = mq::MQOO_PASS_IDENTITY_CONTEXT
    | mq::MQOO_PASS_ALL_CONTEXT
    | mq::MQOO_SET_IDENTITY_CONTEXT
    | mq::MQOO_SET_ALL_CONTEXT;
/// Options that ask for nothing which a queue manager without clusters, read-ahead and multicast would do differently.
const WITHOUT_EFFECT: i32 = mq::MQOO_ALTERNATE_USER_AUTHORITY
    | mq::MQOO_FAIL_IF_QUIESCING
    | mq::MQOO_BIND_ON_OPEN
    | mq::MQOO_BIND_NOT_FIXED
    | mq::MQOO_BIND_ON_GROUP
    | mq::MQOO_RESOLVE_NAMES
    | mq::MQOO_RESOLVE_LOCAL_Q
    | mq::MQOO_NO_READ_AHEAD
    | mq::MQOO_READ_AHEAD
    | mq::MQOO_NO_MULTICAST;
const KNOWN: i32 = PURPOSES | WITH_OUTPUT | WITHOUT_EFFECT | mq::MQOO_SAVE_ALL_CONTEXT;

/// What MQCLOSE may say of a subscription.
const OF_SUBSCRIPTIONS: i32 = mq::MQCO_KEEP_SUB | mq::MQCO_REMOVE_SUB;

/// The object that a name stands for.
struct Resolved {
    target: Target,
    object_name: String,
    queue_name: String,
    is_creator: bool,
}

impl Engine {
    pub(super) fn open(&mut self, connection: ConnectionId, open: &Open, now: Moment) -> Progress {
        answered(self.open_object(connection, open, now).map(|opened| ok(Outcome::Opened(opened))))
    }

    /// DEFPSIST of a handle's queue, which a channel client is told when it opens it; 0 where the handle is no queue's.
    pub fn default_persistence(&self, connection: ConnectionId, handle: ObjectHandle) -> i32 {
        let handle = self.connections.get(&connection).and_then(|found| found.handles.get(&handle));
        let Some(Target::Queue { id, alias }) = handle.map(|handle| &handle.target) else {
            return mq::MQPER_NOT_PERSISTENT;
        };
        match alias.as_deref().and_then(|alias| self.catalogue.queue(alias)) {
            Some(alias) => alias.attributes.number("DEFPSIST"),
            None => self.queues.get(id).map_or(0, |queue| queue.rules.default_persistence),
        }
    }

    fn open_object(&mut self, connection: ConnectionId, open: &Open, now: Moment) -> Result<Opened, Failure> {
        check_options(open.options)?;
        let condition = condition(open)?;
        if self.connection(connection)?.handles.len() >= self.catalogue.rules.handles_max {
            return Err(Failure(mq::MQRC_HANDLE_NOT_AVAILABLE));
        }
        self.check_open(connection, open)?;
        let resolved = self.resolve(open, now)?;
        if resolved.is_creator {
            self.note_creator(connection, &resolved.queue_name);
        }
        let input = match resolved.target {
            Target::Queue { id, .. } => self.share(id, open.options).inspect_err(|_| {
                // Created for this handle alone, which there will not be.
                if resolved.is_creator {
                    self.drop_queue(id);
                }
            })?,
            _ => None,
        };
        let (resolved_type, topic) = match &resolved.target {
            Target::Queue { .. } => (mq::MQOT_Q, None),
            Target::Topic(topic) => (mq::MQOT_TOPIC, Some(Box::new(topic.clone()))),
            _ => (open.object_type, None),
        };
        let mut opened = Handle::on(resolved.target, open.options);
        opened.input = input;
        opened.condition = condition;
        opened.is_creator = resolved.is_creator;
        let handle = self.new_handle(connection, opened)?;
        let own = self.identity.name.clone();
        Ok(Opened {
            handle,
            object_name: resolved.object_name,
            queue_manager: if resolved.is_creator { own.clone() } else { open.queue_manager.clone() },
            resolved: ResolvedNames { queue: resolved.queue_name, queue_manager: own },
            resolved_type,
            topic,
        })
    }

    fn resolve(&mut self, open: &Open, now: Moment) -> Result<Resolved, Failure> {
        let remote = !open.queue_manager.is_empty() && open.queue_manager != self.identity.name;
        match open.object_type {
            mq::MQOT_Q if remote => Err(Failure(mq::MQRC_UNKNOWN_REMOTE_Q_MGR)),
            mq::MQOT_Q => self.resolve_queue(open, now),
            mq::MQOT_Q_MGR if remote || !["", &self.identity.name].contains(&open.object_name.as_str()) => {
                Err(Failure(mq::MQRC_UNKNOWN_OBJECT_NAME))
            }
            mq::MQOT_Q_MGR if open.options & (INPUT | mq::MQOO_BROWSE | mq::MQOO_OUTPUT) != 0 => {
                Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE))
            }
            mq::MQOT_Q_MGR => Ok(Resolved {
                target: Target::QueueManager,
                object_name: open.object_name.clone(),
                queue_name: String::new(),
                is_creator: false,
            }),
            mq::MQOT_TOPIC if open.options & (INPUT | mq::MQOO_BROWSE | mq::MQOO_SET) != 0 => {
                Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE))
            }
            mq::MQOT_TOPIC => Ok(Resolved {
                target: Target::Topic(self.full_topic(&open.object_name, &open.object_string)?),
                object_name: open.object_name.clone(),
                queue_name: String::new(),
                is_creator: false,
            }),
            mq::MQOT_NAMELIST | mq::MQOT_PROCESS => Err(Failure(mq::MQRC_UNKNOWN_OBJECT_NAME)),
            _ => Err(Failure(mq::MQRC_OBJECT_TYPE_ERROR)),
        }
    }

    fn resolve_queue(&mut self, open: &Open, now: Moment) -> Result<Resolved, Failure> {
        let name = &open.object_name;
        let record = self.catalogue.queue(name).ok_or(Failure(mq::MQRC_UNKNOWN_OBJECT_NAME))?;
        let named = |target, queue_name: &str, is_creator| Resolved {
            target,
            object_name: if is_creator { queue_name.to_owned() } else { name.clone() },
            queue_name: queue_name.to_owned(),
            is_creator,
        };
        match record.variety {
            Variety::LocalQueue { id, .. } => Ok(named(Target::Queue { id, alias: None }, name, false)),
            Variety::AliasQueue => {
                let base = record.attributes.text("TARGET");
                match self.catalogue.queue(base).map(|record| record.variety) {
                    Some(Variety::LocalQueue { id, .. }) => {
                        Ok(named(Target::Queue { id, alias: Some(name.clone()) }, base, false))
                    }
                    Some(_) => Err(Failure(mq::MQRC_ALIAS_BASE_Q_TYPE_ERROR)),
                    None => Err(Failure(mq::MQRC_UNKNOWN_ALIAS_BASE_Q)),
                }
            }
            _ => {
                let model = record.clone();
                let (id, dynamic_name) = self.create_dynamic(&model, &open.dynamic_name, now)?;
                Ok(named(Target::Queue { id, alias: None }, &dynamic_name, true))
            }
        }
    }

    /// Makes a queue from its model. `PREFIX*` is completed to a name of its own.
    pub(super) fn create_dynamic(
        &mut self,
        model: &ObjectRecord,
        asked: &str,
        now: Moment,
    ) -> Result<(QueueId, String), Failure> {
        let name = match asked.strip_suffix('*') {
            // Not more than 33 characters of the prefix count; 15 are ours.
            Some(prefix) if prefix.len() <= 33 => {
                let unique = u64::from_be_bytes(self.unique()) & 0x0fff_ffff_ffff_ffff;
                format!("{prefix}{unique:015X}")
            }
            Some(_) => return Err(Failure(mq::MQRC_DYNAMIC_Q_NAME_ERROR)),
            None => asked.to_owned(),
        };
        if name.is_empty() || name.len() > 48 || !name.chars().all(is_name_character) {
            return Err(Failure(mq::MQRC_DYNAMIC_Q_NAME_ERROR));
        }
        let key = ObjectKey::Queue(name.clone());
        if self.catalogue.objects.contains_key(&key) {
            return Err(Failure(mq::MQRC_OBJECT_ALREADY_EXISTS));
        }
        let mut attributes = model.attributes.clone();
        let origin = match attributes.0.remove("DEFTYPE") {
            Some(Value::Number(mq::MQQDT_PERMANENT_DYNAMIC)) => Origin::PermanentDynamic,
            _ => Origin::TemporaryDynamic,
        };
        let id = self.catalogue.next_queue();
        let variety = Variety::LocalQueue { id, origin };
        let record = ObjectRecord { variety, attributes, created_ms: now.0, altered_ms: now.0 };
        if origin == Origin::PermanentDynamic {
            self.write(vec![Change::PutObject { key: key.clone(), record: record.clone() }], Then::Nothing);
        }
        self.place(key, record);
        Ok((id, name))
    }

    /// Opens a queue in the way the options ask for, if those who have it open let it.
    fn share(&mut self, id: QueueId, options: i32) -> Result<Option<Sharing>, Failure> {
        let queue = self.queues.get_mut(&id).ok_or(Failure(mq::MQRC_UNKNOWN_OBJECT_NAME))?;
        let asked = match options & INPUT {
            mq::MQOO_INPUT_AS_Q_DEF => queue.rules.default_input,
            asked => asked,
        };
        let input = match asked {
            0 => None,
            // A queue that is not shareable takes a request to share as one for itself alone.
            mq::MQOO_INPUT_SHARED if queue.rules.shareable => Some(Sharing::Shared),
            _ => Some(Sharing::Exclusive),
        };
        let in_use = queue.exclusive || (input == Some(Sharing::Exclusive) && queue.inputs > 0);
        if input.is_some() && in_use {
            return Err(Failure(mq::MQRC_OBJECT_IN_USE));
        }
        queue.opened(input, options & mq::MQOO_OUTPUT != 0);
        Ok(input)
    }

    pub(super) fn close(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
        options: i32,
        now: Moment,
    ) -> Progress {
        ended(self.close_object(connection, handle, options, now))
    }

    fn close_object(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
        options: i32,
        now: Moment,
    ) -> Result<Progress, Failure> {
        self.handle(connection, handle)?;
        let deletes = options & (mq::MQCO_DELETE | mq::MQCO_DELETE_PURGE);
        let subscription = match self.handle(connection, handle)?.target {
            Target::Subscription(number) => Some(number),
            _ => None,
        };
        if options & !(mq::MQCO_DELETE | mq::MQCO_DELETE_PURGE | mq::MQCO_QUIESCE | OF_SUBSCRIPTIONS) != 0
            || deletes == mq::MQCO_DELETE | mq::MQCO_DELETE_PURGE
        {
            return Err(Failure(mq::MQRC_OPTIONS_ERROR));
        }
        if subscription.is_none() && options & OF_SUBSCRIPTIONS != 0 {
            return Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE));
        }
        let deleted = if deletes == 0 { None } else { self.may_delete(connection, handle, deletes)? };
        self.withdraw_request(connection, handle);
        let Some(closed) = self.connection(connection)?.handles.remove(&handle) else {
            return Err(Failure(mq::MQRC_HOBJ_ERROR));
        };
        if let Some(number) = subscription {
            self.close_subscription(number, options & mq::MQCO_REMOVE_SUB != 0);
        }
        self.release(&closed, now);
        let reply = with_warning(closed.put_order.map(Order::incomplete), Outcome::Nothing);
        match deleted {
            None => Ok(answered(Ok(reply))),
            Some(id) => Ok(self.delete_queue(connection, id, reply)),
        }
    }

    /// Whether MQCLOSE may delete the handle's queue, and which that is; none where closing alone deletes it.
    fn may_delete(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
        deletes: i32,
    ) -> Result<Option<QueueId>, Failure> {
        let id = self.queue_of(connection, handle).map_err(|failure| match failure {
            Failure(mq::MQRC_HOBJ_ERROR) => Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE),
            other => other,
        })?;
        let is_creator = self.handle(connection, handle)?.is_creator;
        let queue = self.queues.get(&id).ok_or(Failure(mq::MQRC_Q_DELETED))?;
        match queue.origin {
            Origin::Predefined => Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE)),
            Origin::TemporaryDynamic if is_creator => Ok(None),
            Origin::TemporaryDynamic => Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE)),
            Origin::PermanentDynamic if queue.handles > 1 => Err(Failure(mq::MQRC_OBJECT_IN_USE)),
            Origin::PermanentDynamic if queue.uncommitted_puts + queue.uncommitted_gets > 0 => {
                Err(Failure(mq::MQRC_Q_NOT_EMPTY))
            }
            Origin::PermanentDynamic if deletes == mq::MQCO_DELETE && queue.depth() > 0 => {
                Err(Failure(mq::MQRC_Q_NOT_EMPTY))
            }
            Origin::PermanentDynamic => Ok(Some(id)),
        }
    }

    /// Gives back what a handle holds; a temporary queue goes with its creator's handle.
    pub(super) fn release(&mut self, handle: &Handle, now: Moment) {
        self.unlock_closed(handle, now);
        if let Target::Subscription(number) = handle.target {
            self.close_subscription(number, false);
        }
        let Target::Queue { id, .. } = handle.target else {
            return;
        };
        let Some(queue) = self.queues.get_mut(&id) else {
            return;
        };
        queue.closed(handle.input, handle.has(mq::MQOO_OUTPUT));
        if handle.is_creator && queue.origin == Origin::TemporaryDynamic {
            self.cancel_waiters(id, mq::MQRC_Q_DELETED);
            self.drop_queue(id);
        }
        self.drop_abandoned(id);
    }

    /// Deletes a queue with its messages; the reply waits for the store.
    pub(super) fn delete_queue(&mut self, connection: ConnectionId, id: QueueId, reply: Reply) -> Progress {
        let Some((key, messages)) = self.drop_queue(id) else {
            return answered(Ok(reply));
        };
        let mut changes = messages;
        changes.push(Change::RemoveObject { key });
        self.write(changes, Then::Answer { connection, answer: reply.into() });
        Progress::Writing
    }

    /// Takes a queue out of memory; returns its key and the removals of its stored messages.
    pub(super) fn drop_queue(&mut self, id: QueueId) -> Option<(ObjectKey, Vec<Change>)> {
        let mut queue = self.queues.remove(&id)?;
        let key = ObjectKey::Queue(queue.name.clone());
        self.catalogue.objects.remove(&key);
        self.forget_creator(key.name());
        let messages = queue.clear();
        Some((key, messages.iter().filter_map(|(position, entry)| removal(*position, entry)).collect()))
    }
}

/// The selection string's meaning, where there is one.
fn condition(open: &Open) -> Result<Option<Arc<Selector>>, Failure> {
    if open.selection.trim().is_empty() {
        return Ok(None);
    }
    match Selector::parse(&open.selection) {
        Ok(selector) => Ok(Some(Arc::new(selector))),
        Err(_) => Err(Failure(mq::MQRC_SELECTOR_SYNTAX_ERROR)),
    }
}

fn check_options(options: i32) -> Result<(), Failure> {
    let several_inputs = (options & INPUT).count_ones() > 1;
    let no_purpose = options & PURPOSES == 0;
    let context_without_output = options & WITH_OUTPUT != 0 && options & mq::MQOO_OUTPUT == 0;
    let save_without_input = options & mq::MQOO_SAVE_ALL_CONTEXT != 0 && options & INPUT == 0;
    if options & !KNOWN != 0 || several_inputs || no_purpose || context_without_output || save_without_input {
        return Err(Failure(mq::MQRC_OPTIONS_ERROR));
    }
    Ok(())
}

//! MQSUB, MQSUBRQ, and the end of subscriptions.
//!
//! A durable subscription is an object: it is stored, displayed and deleted as one. Others go with their handle.

use libmqm_sys as mq;

use super::catalogue::{ObjectKey, ObjectRecord, Variety};
use super::connect::{Handle, Target, ended};
use super::message::Moment;
use super::queue::{Origin, Sharing};
use super::topic::{self, Scheme};
use super::unit::Then;
use super::{Change, ConnectionId, Engine, Failure, Progress, QueueId, answered, ok};
use crate::mqsc::{Attributes, Value};
use crate::verbs::{ObjectHandle, Outcome, Subscribe, Subscribed};

/// A subscription's number; never reused while the queue manager runs.
pub(super) type SubscriptionId = u64;

/// Who is sent what is published.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) topic: String,
    pub(super) scheme: Scheme,
    pub(super) queue: QueueId,
    /// The `CorrelId` of what it is sent.
    pub(super) correlation_id: [u8; 24],
    pub(super) user_data: String,
    /// Empty where it has none; a durable one has.
    pub(super) name: String,
    pub(super) is_durable: bool,
    pub(super) is_managed: bool,
    /// It is sent nothing but what MQSUBRQ asks for.
    pub(super) on_request: bool,
    /// The connection that has it open.
    pub(super) opened_by: Option<ConnectionId>,
}

const ACTIONS: i32 = mq::MQSO_CREATE | mq::MQSO_RESUME | mq::MQSO_ALTER;
/// Options that make no difference for a queue manager alone, without multicast and read-ahead.
const WITHOUT_EFFECT: i32 = mq::MQSO_FAIL_IF_QUIESCING
    | mq::MQSO_ALTERNATE_USER_AUTHORITY
    | mq::MQSO_SET_IDENTITY_CONTEXT
    | mq::MQSO_SCOPE_QMGR
    | mq::MQSO_NO_MULTICAST
    | mq::MQSO_FIXED_USERID
    | mq::MQSO_ANY_USERID
    | mq::MQSO_NO_READ_AHEAD
    | mq::MQSO_READ_AHEAD;
const KNOWN: i32 = ACTIONS
    | WITHOUT_EFFECT
    | mq::MQSO_DURABLE
    | mq::MQSO_MANAGED
    | mq::MQSO_WILDCARD_CHAR
    | mq::MQSO_WILDCARD_TOPIC
    | mq::MQSO_SET_CORREL_ID
    | mq::MQSO_PUBLICATIONS_ON_REQUEST
    | mq::MQSO_NEW_PUBLICATIONS_ONLY;

/// The options with which a program has the queue open that MQSUB made for it.
const MANAGED_OPTIONS: i32 =
    mq::MQOO_INPUT_SHARED | mq::MQOO_BROWSE | mq::MQOO_INQUIRE | mq::MQOO_SAVE_ALL_CONTEXT;

impl Engine {
    pub(super) fn subscribe(&mut self, id: ConnectionId, asked: &Subscribe, now: Moment) -> Progress {
        ended(self.subscribe_as(id, asked, now))
    }

    fn subscribe_as(
        &mut self,
        id: ConnectionId,
        asked: &Subscribe,
        now: Moment,
    ) -> Result<Progress, Failure> {
        check_options(asked)?;
        let existing = self.subscription(&asked.name);
        let asks = |option: i32| asked.options & option != 0;
        match existing {
            Some(_) if !asks(mq::MQSO_RESUME | mq::MQSO_ALTER) => Err(Failure(mq::MQRC_SUB_ALREADY_EXISTS)),
            Some(number) => self.resume(id, number, asked, now),
            None if asks(mq::MQSO_CREATE) => self.create(id, asked, now),
            None => Err(Failure(mq::MQRC_NO_SUBSCRIPTION)),
        }
    }

    fn subscription(&self, name: &str) -> Option<SubscriptionId> {
        let mut all = self.broker.subscriptions.iter();
        all.find(|(_, each)| !name.is_empty() && each.name == name).map(|(number, _)| *number)
    }

    fn create(&mut self, id: ConnectionId, asked: &Subscribe, now: Moment) -> Result<Progress, Failure> {
        let topic = self.full_topic(&asked.object_name, &asked.object_string)?;
        let asks = |option: i32| asked.options & option != 0;
        let is_managed = asks(mq::MQSO_MANAGED);
        let (queue, handle) = if is_managed {
            let queue = self.managed_queue(asks(mq::MQSO_DURABLE), now)?;
            (queue, self.open_managed(id, queue, !asks(mq::MQSO_DURABLE))?)
        } else {
            (self.queue_of(id, asked.queue)?, asked.queue)
        };
        let correlation_id = match asks(mq::MQSO_SET_CORREL_ID) {
            true => asked.correlation_id,
            false => self.unique_id(*b"AMQ "),
        };
        let subscription = Subscription {
            topic: topic.clone(),
            scheme: Scheme::of(asked.options),
            queue,
            correlation_id,
            user_data: asked.user_data.clone(),
            name: asked.name.clone(),
            is_durable: asks(mq::MQSO_DURABLE),
            is_managed,
            on_request: asks(mq::MQSO_PUBLICATIONS_ON_REQUEST),
            opened_by: Some(id),
        };
        let number = self.keep_subscription(subscription, now);
        if !asks(mq::MQSO_NEW_PUBLICATIONS_ONLY | mq::MQSO_PUBLICATIONS_ON_REQUEST) {
            self.send_retained(number, now);
        }
        self.subscribed(id, number, handle)
    }

    /// Goes on with a durable subscription, perhaps with other user data or another destination.
    fn resume(
        &mut self,
        id: ConnectionId,
        number: SubscriptionId,
        asked: &Subscribe,
        now: Moment,
    ) -> Result<Progress, Failure> {
        let named = !asked.object_name.is_empty() || !asked.object_string.is_empty();
        let topic =
            if named { Some(self.full_topic(&asked.object_name, &asked.object_string)?) } else { None };
        let found = self.broker.subscriptions.get(&number).ok_or(Failure(mq::MQRC_NO_SUBSCRIPTION))?.clone();
        if found.opened_by.is_some() {
            return Err(Failure(mq::MQRC_SUBSCRIPTION_IN_USE));
        }
        if topic.is_some_and(|topic| topic != found.topic) {
            return Err(Failure(mq::MQRC_TOPIC_NOT_ALTERABLE));
        }
        if found.is_managed != (asked.options & mq::MQSO_MANAGED != 0) {
            return Err(Failure(mq::MQRC_OPTIONS_ERROR));
        }
        let (queue, handle) = if found.is_managed {
            (found.queue, self.open_managed(id, found.queue, false)?)
        } else {
            (self.queue_of(id, asked.queue)?, asked.queue)
        };
        let mut changed = Subscription { opened_by: Some(id), ..found };
        if asked.options & mq::MQSO_ALTER != 0 {
            changed.queue = queue;
            changed.user_data.clone_from(&asked.user_data);
        }
        self.broker.subscriptions.remove(&number);
        let number = self.keep_subscription(changed, now);
        self.subscribed(id, number, handle)
    }

    /// Puts a subscription into the table, and where it is durable into the store.
    fn keep_subscription(&mut self, subscription: Subscription, now: Moment) -> SubscriptionId {
        self.broker.last += 1;
        let number = self.broker.last;
        if subscription.is_durable {
            let key = ObjectKey::Subscription(subscription.name.clone());
            let record = self.record_of(&subscription, now);
            self.catalogue.objects.insert(key.clone(), record.clone());
            self.write(vec![Change::PutObject { key, record }], Then::Nothing);
        }
        self.broker.subscriptions.insert(number, subscription);
        number
    }

    fn subscribed(
        &mut self,
        id: ConnectionId,
        number: SubscriptionId,
        queue_handle: ObjectHandle,
    ) -> Result<Progress, Failure> {
        let handle = self.new_handle(id, Handle::on(Target::Subscription(number), 0))?;
        let found = self.broker.subscriptions.get(&number).ok_or(Failure(mq::MQRC_NO_SUBSCRIPTION))?;
        let outcome = Subscribed {
            handle,
            queue_handle,
            topic: found.topic.clone(),
            correlation_id: found.correlation_id,
        };
        Ok(answered(Ok(ok(Outcome::Subscribed(outcome)))))
    }

    /// A queue of the queue manager's own making, from the model that IBM MQ names for it.
    fn managed_queue(&mut self, is_durable: bool, now: Moment) -> Result<QueueId, Failure> {
        let (model, prefix) = match is_durable {
            true => ("SYSTEM.DURABLE.MODEL.QUEUE", "SYSTEM.MANAGED.DURABLE.*"),
            false => ("SYSTEM.NDURABLE.MODEL.QUEUE", "SYSTEM.MANAGED.NDURABLE.*"),
        };
        let model = self.catalogue.queue(model).cloned().ok_or(Failure(mq::MQRC_UNKNOWN_OBJECT_NAME))?;
        self.create_dynamic(&model, prefix, now).map(|(queue, _)| queue)
    }

    fn open_managed(
        &mut self,
        id: ConnectionId,
        queue: QueueId,
        goes_with_it: bool,
    ) -> Result<ObjectHandle, Failure> {
        let found = self.queues.get_mut(&queue).ok_or(Failure(mq::MQRC_Q_DELETED))?;
        found.opened(Some(Sharing::Shared), false);
        let mut handle = Handle::on(Target::Queue { id: queue, alias: None }, MANAGED_OPTIONS);
        handle.input = Some(Sharing::Shared);
        handle.is_creator = goes_with_it;
        self.new_handle(id, handle)
    }

    /// MQSUBRQ.
    pub(super) fn request_publications(
        &mut self,
        id: ConnectionId,
        handle: ObjectHandle,
        action: i32,
        now: Moment,
    ) -> Progress {
        ended(self.requested(id, handle, action, now))
    }

    fn requested(
        &mut self,
        id: ConnectionId,
        handle: ObjectHandle,
        action: i32,
        now: Moment,
    ) -> Result<Progress, Failure> {
        let Target::Subscription(number) = self.handle(id, handle)?.target else {
            return Err(Failure(mq::MQRC_HOBJ_ERROR));
        };
        if action != mq::MQSR_ACTION_PUBLICATION {
            return Err(Failure(mq::MQRC_ACTION_ERROR));
        }
        match self.send_retained(number, now) {
            0 => Err(Failure(mq::MQRC_NO_RETAINED_MSG)),
            sent => Ok(answered(Ok(ok(Outcome::Sent(u32::try_from(sent).unwrap_or(u32::MAX)))))),
        }
    }

    /// MQCLOSE of a subscription's handle; one that is durable stays unless it is to be removed.
    pub(super) fn close_subscription(&mut self, number: SubscriptionId, removes: bool) {
        let Some(found) = self.broker.subscriptions.get_mut(&number) else { return };
        found.opened_by = None;
        if removes || !found.is_durable {
            let changes = self.drop_subscription(number);
            if !changes.is_empty() {
                self.write(changes, Then::Nothing);
            }
        }
    }

    /// Takes a subscription out of memory, and what MQSUB made for a durable one with it.
    fn drop_subscription(&mut self, number: SubscriptionId) -> Vec<Change> {
        let Some(gone) = self.broker.subscriptions.remove(&number) else { return Vec::new() };
        if !gone.is_durable {
            return Vec::new();
        }
        let key = ObjectKey::Subscription(gone.name);
        self.catalogue.objects.remove(&key);
        let mut changes = vec![Change::RemoveObject { key }];
        let queue = self.queues.get(&gone.queue);
        // Its program may still have the queue open, and what is on it; then it stays, as one that nobody fills any more.
        let unused = queue.is_some_and(|queue| queue.handles == 0 && queue.uncommitted_gets == 0);
        if gone.is_managed
            && unused
            && let Some((key, messages)) = self.drop_queue(gone.queue)
        {
            changes.extend(messages);
            changes.push(Change::RemoveObject { key });
        }
        changes
    }

    /// DELETE SUB.
    pub(super) fn delete_subscription(
        &mut self,
        name: &str,
        changes: &mut Vec<Change>,
    ) -> Result<(), String> {
        let number = self.subscription(name).ok_or_else(|| format!("AMQ8147E: SUB({name}) not found."))?;
        if self.broker.subscriptions.get(&number).is_some_and(|each| each.opened_by.is_some()) {
            return Err(format!("AMQ8148E: Subscription {name} is in use."));
        }
        changes.extend(self.drop_subscription(number));
        Ok(())
    }

    /// The topic string of an object's name and a program's string.
    pub(super) fn full_topic(&self, object_name: &str, object_string: &str) -> Result<String, Failure> {
        let of_object = match object_name {
            "" => "",
            name => {
                let record = self.catalogue.objects.get(&ObjectKey::Topic(name.to_owned()));
                record.ok_or(Failure(mq::MQRC_UNKNOWN_OBJECT_NAME))?.attributes.text("TOPICSTR")
            }
        };
        topic::joined(of_object, object_string).ok_or(Failure(mq::MQRC_TOPIC_STRING_ERROR))
    }

    fn record_of(&self, subscription: &Subscription, now: Moment) -> ObjectRecord {
        let text = |keyword: &str, value: String| (keyword.to_owned(), Value::Text(value));
        let number = |keyword: &str, value: bool| (keyword.to_owned(), Value::Number(i32::from(value)));
        let hex: String = subscription.correlation_id.iter().map(|byte| format!("{byte:02X}")).collect();
        let queue = self.queues.get(&subscription.queue).map(|queue| queue.name.clone());
        let mut attributes = Attributes::default();
        attributes.0.extend([
            text("TOPICSTR", subscription.topic.clone()),
            text("DEST", queue.unwrap_or_default()),
            text("DESTCORL", hex),
            text("USERDATA", subscription.user_data.clone()),
            number("WSCHEMA", subscription.scheme == Scheme::Levels),
            number("DESTCLAS", subscription.is_managed),
            number("REQONLY", subscription.on_request),
        ]);
        ObjectRecord { variety: Variety::Subscription, attributes, created_ms: now.0, altered_ms: now.0 }
    }

    /// A durable subscription as the store kept it.
    pub(super) fn restore_subscription(&mut self, name: &str, attributes: &Attributes) {
        let queue = self.catalogue.queue(attributes.text("DEST")).map(|record| record.variety);
        let Some(Variety::LocalQueue { id, .. }) = queue else { return };
        let hex = attributes.text("DESTCORL").as_bytes();
        let mut correlation_id = [0; 24];
        for (to, digits) in correlation_id.iter_mut().zip(hex.chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            *to = u8::from_str_radix(digits, 16).unwrap_or(0);
        }
        let by_levels = attributes.number("WSCHEMA") == 1;
        let subscription = Subscription {
            topic: attributes.text("TOPICSTR").to_owned(),
            scheme: if by_levels { Scheme::Levels } else { Scheme::Characters },
            queue: id,
            correlation_id,
            user_data: attributes.text("USERDATA").to_owned(),
            name: name.to_owned(),
            is_durable: true,
            is_managed: attributes.number("DESTCLAS") == 1,
            on_request: attributes.number("REQONLY") == 1,
            opened_by: None,
        };
        self.broker.last += 1;
        self.broker.subscriptions.insert(self.broker.last, subscription);
    }

    /// Whether a queue was made for a subscription that is there.
    pub(super) fn is_managed(&self, queue: QueueId) -> bool {
        let is_dynamic =
            self.queues.get(&queue).is_some_and(|queue| queue.origin == Origin::PermanentDynamic);
        is_dynamic && self.broker.subscriptions.values().any(|each| each.is_managed && each.queue == queue)
    }
}

fn check_options(asked: &Subscribe) -> Result<(), Failure> {
    let options = asked.options;
    let asks = |option: i32| options & option != 0;
    let both = |one: i32, other: i32| asks(one) && asks(other);
    if options & !KNOWN != 0
        || options & ACTIONS == 0
        || both(mq::MQSO_WILDCARD_CHAR, mq::MQSO_WILDCARD_TOPIC)
        || both(mq::MQSO_FIXED_USERID, mq::MQSO_ANY_USERID)
        || both(mq::MQSO_NEW_PUBLICATIONS_ONLY, mq::MQSO_PUBLICATIONS_ON_REQUEST)
    {
        return Err(Failure(mq::MQRC_OPTIONS_ERROR));
    }
    if asks(mq::MQSO_DURABLE | mq::MQSO_RESUME | mq::MQSO_ALTER) && asked.name.is_empty() {
        return Err(Failure(mq::MQRC_SUB_NAME_ERROR));
    }
    Ok(())
}

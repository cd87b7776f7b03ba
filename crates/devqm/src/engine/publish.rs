//! Publications: a message put to a topic goes to every subscription that takes it, and may be retained.

use std::collections::BTreeMap;

use libmqm_sys as mq;

use super::connect::Target;
use super::message::{Image, Moment, Position};
use super::subscription::{Subscription, SubscriptionId};
use super::unit::{Held, Then};
use super::{Answer, Change, ConnectionId, Engine, Failure, Progress, removal, with_warning};
use crate::verbs::{Descriptor, Outcome, Property, Put, ResolvedNames};

/// Where retained publications are kept, as with IBM MQ: each with the topic in a property.
const RETAINED: &str = "SYSTEM.RETAINED.PUB.QUEUE";
/// The properties that say a publication's topic, the subscription's user data, and that it was retained.
const TOPIC: &str = "mqps.Top";
const USER_DATA: &str = "mqps.Sud";
const IS_RETAINED: &str = "mqps.Ret";

/// Subscriptions, and where retained publications are.
#[derive(Debug, Default)]
pub(super) struct Broker {
    pub(super) subscriptions: BTreeMap<SubscriptionId, Subscription>,
    pub(super) last: SubscriptionId,
    /// By topic, on [`RETAINED`]: the newest that is there counts, and one of a unit that is open may be newer.
    retained: BTreeMap<String, Vec<Position>>,
}

impl Engine {
    /// A put to a topic. The copies are put as the publication is: in the unit, or at once.
    pub(super) fn publish(
        &mut self,
        id: ConnectionId,
        topic: &str,
        mut put: Put,
        now: Moment,
    ) -> Result<Progress, Failure> {
        self.check_publication(id, &mut put)?;
        self.complete_descriptor(id, &mut put, now)?;
        let descriptor = put.descriptor.clone();
        let unit = (put.options & mq::MQPMO_SYNCPOINT != 0).then_some(id);
        let own_too = put.options & mq::MQPMO_NOT_OWN_SUBS == 0;
        let takers: Vec<_> = self
            .broker
            .subscriptions
            .iter()
            .filter(|(_, each)| each.scheme.takes(&each.topic, topic) && !each.on_request)
            .filter(|(_, each)| own_too || each.opened_by != Some(id))
            .map(|(number, _)| *number)
            .collect();
        let mut held = Vec::new();
        for number in &takers {
            held.extend(self.copy_for(*number, topic, &put, false, now));
        }
        let mut changes = Vec::new();
        if put.options & mq::MQPMO_RETAIN != 0 {
            held.extend(self.retain(topic, &put, &mut changes, now));
        }
        let warns = put.options & mq::MQPMO_WARN_IF_NO_SUBS_MATCHED != 0 && takers.is_empty();
        let names = ResolvedNames { queue: String::new(), queue_manager: self.identity.name.clone() };
        let reason = warns.then_some(mq::MQRC_NO_SUBS_MATCHED);
        let reply = with_warning(reason, Outcome::Put(Box::new(descriptor), names));
        if unit.is_some() {
            self.connection(id)?.unit.puts.extend(held);
            if !changes.is_empty() {
                self.write(changes, Then::Nothing);
            }
            return Ok(Progress::Answered(Answer::of(reply)));
        }
        changes.extend(self.storing(&mut held));
        if changes.is_empty() {
            held.into_iter().for_each(|held| self.reveal(held, now));
            return Ok(Progress::Answered(Answer::of(reply)));
        }
        self.write(changes, Then::Put { connection: id, held, reply });
        Ok(Progress::Writing)
    }

    fn check_publication(&mut self, id: ConnectionId, put: &mut Put) -> Result<(), Failure> {
        super::put::check_values(&put.descriptor)?;
        let descriptor = &mut put.descriptor;
        if descriptor.persistence == mq::MQPER_PERSISTENCE_AS_Q_DEF {
            descriptor.persistence = mq::MQPER_NOT_PERSISTENT;
        }
        if descriptor.priority == mq::MQPRI_PRIORITY_AS_Q_DEF {
            descriptor.priority = 0;
        }
        if put.body.len() > self.catalogue.rules.message_bytes_max {
            return Err(Failure(mq::MQRC_MSG_TOO_BIG_FOR_Q_MGR));
        }
        if put.body.len() > self.connection(id)?.message_bytes_max {
            return Err(Failure(mq::MQRC_DATA_LENGTH_ERROR));
        }
        if put.options & mq::MQPMO_SYNCPOINT != 0 {
            self.check_unit(id, 0)?;
        }
        Ok(())
    }

    /// A subscription's copy, which nobody sees yet. One that its queue does not take is put on the dead-letter queue.
    fn copy_for(
        &mut self,
        number: SubscriptionId,
        topic: &str,
        put: &Put,
        was_retained: bool,
        now: Moment,
    ) -> Option<Held> {
        let subscription = self.broker.subscriptions.get(&number)?;
        let correlation_id = subscription.correlation_id;
        let mut properties = put.properties.clone();
        properties.push(text_property(TOPIC, topic));
        if !subscription.user_data.is_empty() {
            properties.push(text_property(USER_DATA, &subscription.user_data));
        }
        if was_retained {
            properties.push(flag_property(IS_RETAINED));
        }
        let queue = self.queues.get(&subscription.queue)?;
        let name = queue.name.clone();
        let mut descriptor = Descriptor { correlation_id, ..put.descriptor.clone() };
        if queue.origin == super::Origin::TemporaryDynamic {
            // Such a queue takes nothing persistent, and does not outlive the queue manager anyway.
            descriptor.persistence = mq::MQPER_NOT_PERSISTENT;
        }
        match self.takes(&name, put.body.len(), &descriptor) {
            Ok(queue) => self.placed(queue, descriptor, properties, put.body.clone(), now),
            Err(reason) => {
                self.dead_letter(&name, reason, descriptor, &put.body, None, now);
                None
            }
        }
    }

    /// Keeps a publication for subscribers to come, in place of the one before it.
    fn retain(&mut self, topic: &str, put: &Put, changes: &mut Vec<Change>, now: Moment) -> Option<Held> {
        let queue = self.takes(RETAINED, put.body.len(), &put.descriptor).ok()?;
        self.newest_retained(topic, changes);
        let mut properties = put.properties.clone();
        properties.push(text_property(TOPIC, topic));
        let held = self.placed(queue, put.descriptor.clone(), properties, put.body.clone(), now)?;
        self.broker.retained.entry(topic.to_owned()).or_default().push(held.position);
        Some(held)
    }

    /// Where a topic's newest retained publication is; older ones are taken away.
    fn newest_retained(&mut self, topic: &str, changes: &mut Vec<Change>) -> Option<Position> {
        let id = self.retaining()?;
        let queue = self.queues.get_mut(&id)?;
        let all = self.broker.retained.get_mut(topic)?;
        let there = all.iter().filter(|position| queue.at(**position).is_some());
        let newest = there.max_by_key(|position| position.sequence).copied()?;
        let older = all.iter().filter(|position| position.sequence < newest.sequence);
        for position in older {
            changes.extend(queue.remove(*position).and_then(|entry| removal(*position, &entry)));
        }
        all.retain(|position| position.sequence >= newest.sequence);
        Some(newest)
    }

    /// Sends a subscription the retained publications that it takes; returns how many there are.
    pub(super) fn send_retained(&mut self, number: SubscriptionId, now: Moment) -> usize {
        let Some(subscription) = self.broker.subscriptions.get(&number) else { return 0 };
        let topics = self.broker.retained.keys();
        let taken = topics.filter(|topic| subscription.scheme.takes(&subscription.topic, topic));
        let taken: Vec<_> = taken.cloned().collect();
        let (mut sent, mut changes) = (0, Vec::new());
        for topic in taken {
            let newest = self.newest_retained(&topic, &mut changes);
            let Some(put) = newest.and_then(|position| self.retained_at(position, now)) else { continue };
            sent += 1;
            if let Some(held) = self.copy_for(number, &topic, &put, true, now) {
                self.put_at_once(held, now);
            }
        }
        if !changes.is_empty() {
            self.write(changes, Then::Nothing);
        }
        sent
    }

    fn retained_at(&self, position: Position, now: Moment) -> Option<Put> {
        let queue = self.queues.get(&self.retaining()?)?;
        let entry = queue.at(position).filter(|entry| !entry.is_expired(now))?;
        let Image { descriptor, properties, body, .. } = &*entry.image().ok()?;
        let properties = properties.iter().filter(|property| property.name != TOPIC).cloned().collect();
        let descriptor = Descriptor { expiry: entry.expiry_left(now), ..descriptor.clone() };
        Some(Put { handle: 0, options: 0, context: 0, descriptor, properties, body: body.clone() })
    }

    fn retaining(&self) -> Option<super::QueueId> {
        match self.catalogue.queue(RETAINED)?.variety {
            super::Variety::LocalQueue { id, .. } => Some(id),
            _ => None,
        }
    }

    /// After a start: where the retained publications are.
    pub(super) fn find_retained(&mut self) {
        let Some(queue) = self.retaining().and_then(|id| self.queues.get(&id)) else { return };
        for (position, entry) in queue.all() {
            let Ok(image) = entry.image() else { continue };
            let topic = image.properties.iter().find(|property| property.name == TOPIC);
            if let Some(topic) = topic.and_then(|topic| String::from_utf8(topic.value.clone()).ok()) {
                self.broker.retained.entry(topic).or_default().push(position);
            }
        }
    }

    /// The topic behind a handle, where it is open on one.
    pub(super) fn topic_of(&mut self, id: ConnectionId, handle: i32) -> Option<String> {
        match &self.handle(id, handle).ok()?.target {
            Target::Topic(topic) => Some(topic.clone()),
            _ => None,
        }
    }
}

fn text_property(name: &str, value: &str) -> Property {
    property(name, mq::MQTYPE_STRING, value.as_bytes().to_vec())
}

fn flag_property(name: &str) -> Property {
    property(name, mq::MQTYPE_BOOLEAN, 1_i32.to_be_bytes().to_vec())
}

fn property(name: &str, kind: i32, value: Vec<u8>) -> Property {
    Property {
        name: name.to_owned(),
        kind,
        value,
        support: mq::MQPD_SUPPORT_OPTIONAL,
        context: mq::MQPD_NO_CONTEXT,
        copy_options: mq::MQCOPY_DEFAULT,
    }
}

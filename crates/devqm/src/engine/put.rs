//! MQPUT and MQPUT1: the descriptor checked and completed, the message placed, now or at commit.

use libmqm_sys as mq;

use super::connect::{Connection, Target, ended};
use super::group::{IN_GROUP, IS_SEGMENT};
use super::message::Moment;
use super::report::{self, Event};
use super::unit::Then;
use super::{Answer, ConnectionId, Engine, Failure, Progress, QueueId, context, with_warning};
use crate::verbs::{Descriptor, Open, Outcome, Put, Reply, ResolvedNames};

/// Options that need nothing done here: the reply is always synchronous, and that the queue manager quiesces is answered
/// before a verb is carried out.
const WITHOUT_EFFECT: i32 = mq::MQPMO_ALTERNATE_USER_AUTHORITY
    | mq::MQPMO_FAIL_IF_QUIESCING
    | mq::MQPMO_ASYNC_RESPONSE
    | mq::MQPMO_SYNC_RESPONSE
    | mq::MQPMO_RESOLVE_LOCAL_Q
    | mq::MQPMO_MD_FOR_OUTPUT_ONLY;
/// Of topics; on a queue they mean nothing.
const PUBLISHING: i32 = mq::MQPMO_RETAIN
    | mq::MQPMO_WARN_IF_NO_SUBS_MATCHED
    | mq::MQPMO_NOT_OWN_SUBS
    | mq::MQPMO_SCOPE_QMGR
    | mq::MQPMO_SUPPRESS_REPLYTO;
const SYNCPOINTS: i32 = mq::MQPMO_SYNCPOINT | mq::MQPMO_NO_SYNCPOINT;
const IDS: i32 = mq::MQPMO_NEW_MSG_ID | mq::MQPMO_NEW_CORREL_ID;

/// Reports of the queue manager, and those that an application sends. Activity reports are refused: nothing here travels.
const REPORTS: i32 = mq::MQRO_EXPIRATION_WITH_FULL_DATA
    | mq::MQRO_COA_WITH_FULL_DATA
    | mq::MQRO_COD_WITH_FULL_DATA
    | mq::MQRO_EXCEPTION_WITH_FULL_DATA
    | mq::MQRO_PAN
    | mq::MQRO_NAN;

const COUNT_MAX: i32 = 999_999_999;

impl Engine {
    pub(super) fn put(&mut self, connection: ConnectionId, put: Put, now: Moment) -> Progress {
        ended(self.put_message(connection, put, now))
    }

    fn put_message(&mut self, id: ConnectionId, put: Put, now: Moment) -> Result<Progress, Failure> {
        check_options(put.options)?;
        let handle = self.handle(id, put.handle)?;
        if !handle.has(mq::MQOO_OUTPUT) {
            return Err(Failure(mq::MQRC_NOT_OPEN_FOR_OUTPUT));
        }
        context::check_opened(handle, put.options)?;
        let alias = match &handle.target {
            Target::Queue { alias, .. } => alias.clone(),
            _ => None,
        };
        let (number, order) = (put.handle, handle.put_order);
        if let Some(topic) = self.topic_of(id, put.handle) {
            return self.publish(id, &topic, put, now);
        }
        let queue = self.queue_of(id, put.handle)?;
        if put.options & mq::MQPMO_LOGICAL_ORDER == 0 {
            return self.put_to(id, queue, alias.as_deref(), put, now);
        }
        let mut put = put;
        let next = self.in_logical_order(order, &mut put)?;
        let progress = self.put_to(id, queue, alias.as_deref(), put, now)?;
        self.handle(id, number)?.put_order = next;
        Ok(progress)
    }

    /// MQPUT1: as opening for output with what the context options need, putting, and closing.
    pub(super) fn put1(
        &mut self,
        connection: ConnectionId,
        open: &Open,
        mut put: Put,
        now: Moment,
    ) -> Progress {
        if put.options & mq::MQPMO_LOGICAL_ORDER != 0 {
            return ended(Err(Failure(mq::MQRC_OPTIONS_ERROR)));
        }
        if let Err(failure) = check_options(put.options) {
            return ended(Err(failure));
        }
        let mut open = open.clone();
        open.options = mq::MQOO_OUTPUT;
        open.options |= context::open_options(put.options);
        let handle = match self.open(connection, &open, now) {
            Progress::Answered(Answer { reply: Reply { outcome: Outcome::Opened(opened), .. }, .. }) => {
                opened.handle
            }
            failed => return failed,
        };
        put.handle = handle;
        let progress = self.put(connection, put, now);
        // The message does not need the handle any more, even if the store has yet to write it.
        self.close(connection, handle, mq::MQCO_NONE, now);
        progress
    }

    fn put_to(
        &mut self,
        id: ConnectionId,
        queue: QueueId,
        alias: Option<&str>,
        put: Put,
        now: Moment,
    ) -> Result<Progress, Failure> {
        let pieces = match self.segments(queue, &put) {
            Some(pieces) => pieces,
            None => vec![put],
        };
        let mut warned = None;
        let mut all = Vec::with_capacity(pieces.len());
        let under_syncpoint = pieces.first().is_some_and(|put| put.options & mq::MQPMO_SYNCPOINT != 0);
        for mut put in pieces {
            if under_syncpoint {
                self.check_unit(id, all.len())?;
            }
            warned = self.check_message(id, queue, alias, &mut put.descriptor, put.body.len())?;
            self.complete_descriptor(id, &mut put, now)?;
            all.push(put);
        }
        self.put_all(id, queue, all, warned, now)
    }

    /// Puts what has been checked: one message, or all segments of one.
    fn put_all(
        &mut self,
        id: ConnectionId,
        queue: QueueId,
        all: Vec<Put>,
        warned: Option<i32>,
        now: Moment,
    ) -> Result<Progress, Failure> {
        let found = self.queues.get(&queue).ok_or(Failure(mq::MQRC_Q_DELETED))?;
        let names = ResolvedNames { queue: found.name.clone(), queue_manager: self.identity.name.clone() };
        let first = all.first().ok_or(Failure(mq::MQRC_UNEXPECTED_ERROR))?;
        let under_syncpoint = first.options & mq::MQPMO_SYNCPOINT != 0;
        let reply = with_warning(warned, Outcome::Put(Box::new(first.descriptor.clone()), names));
        let placed =
            all.into_iter().map(|put| self.placed(queue, put.descriptor, put.properties, put.body, now));
        let mut held: Vec<_> = placed.collect::<Option<_>>().ok_or(Failure(mq::MQRC_Q_DELETED))?;
        let arrived: Vec<_> = held.iter().map(|held| held.entry.clone()).collect();
        let unit = under_syncpoint.then_some(id);
        let mut progress = Progress::Answered(Answer::of(reply.clone()));
        if under_syncpoint {
            self.connection(id)?.unit.puts.extend(held);
        } else {
            let changes = self.storing(&mut held);
            if changes.is_empty() {
                held.into_iter().for_each(|held| self.reveal(held, now));
            } else {
                self.write(changes, Then::Put { connection: id, held, reply });
                progress = Progress::Writing;
            }
        }
        for entry in &arrived {
            self.report(Event::Arrival, entry, unit, now);
        }
        Ok(progress)
    }

    /// Checks a message against its queue and MQ's rules, and replaces the "as the queue says" values.
    fn check_message(
        &mut self,
        connection: ConnectionId,
        queue: QueueId,
        alias: Option<&str>,
        descriptor: &mut Descriptor,
        body_bytes: usize,
    ) -> Result<Option<i32>, Failure> {
        let channel_bytes_max = self.connection(connection)?.message_bytes_max;
        let queue_manager_bytes_max = self.catalogue.rules.message_bytes_max;
        let alias = alias.and_then(|alias| self.catalogue.queue(alias)).map(|record| &record.attributes);
        let found = self.queues.get(&queue).ok_or(Failure(mq::MQRC_Q_DELETED))?;
        if found.rules.put_inhibited
            || alias.is_some_and(|alias| alias.number("PUT") == mq::MQQA_PUT_INHIBITED)
        {
            return Err(Failure(mq::MQRC_PUT_INHIBITED));
        }
        check_values(descriptor)?;
        // Defaults are those of the name by which the queue was opened.
        let (default_priority, default_persistence) = match alias {
            Some(alias) => (alias.number("DEFPRTY"), alias.number("DEFPSIST")),
            None => (found.rules.default_priority, found.rules.default_persistence),
        };
        if descriptor.priority == mq::MQPRI_PRIORITY_AS_Q_DEF {
            descriptor.priority = default_priority;
        }
        if descriptor.persistence == mq::MQPER_PERSISTENCE_AS_Q_DEF {
            descriptor.persistence = default_persistence;
        }
        if descriptor.persistence == mq::MQPER_PERSISTENT
            && found.origin == super::queue::Origin::TemporaryDynamic
        {
            return Err(Failure(mq::MQRC_PERSISTENT_NOT_ALLOWED));
        }
        if body_bytes > found.rules.message_bytes_max {
            return Err(Failure(mq::MQRC_MSG_TOO_BIG_FOR_Q));
        }
        if body_bytes > queue_manager_bytes_max {
            return Err(Failure(mq::MQRC_MSG_TOO_BIG_FOR_Q_MGR));
        }
        if body_bytes > channel_bytes_max {
            // What IBM's client says of a message that is longer than the channel's MAXMSGL.
            return Err(Failure(mq::MQRC_DATA_LENGTH_ERROR));
        }
        if found.depth() >= found.rules.depth_max {
            return Err(Failure(mq::MQRC_Q_FULL));
        }
        // The priority is kept as given; the message stands where the highest one does.
        Ok((descriptor.priority > 9).then_some(mq::MQRC_PRIORITY_EXCEEDS_MAXIMUM))
    }

    /// Fills in what the queue manager adds to a descriptor.
    pub(super) fn complete_descriptor(
        &mut self,
        id: ConnectionId,
        put: &mut Put,
        now: Moment,
    ) -> Result<(), Failure> {
        let own_name = self.identity.name.clone();
        let ccsid = self.catalogue.rules.ccsid;
        if put.options & mq::MQPMO_NEW_MSG_ID != 0 || put.descriptor.message_id == [0; 24] {
            put.descriptor.message_id = self.unique_id(*b"AMQ ");
        }
        if put.options & mq::MQPMO_NEW_CORREL_ID != 0 {
            put.descriptor.correlation_id = self.unique_id(*b"AMQ ");
        }
        let new_group =
            put.descriptor.message_flags & (IN_GROUP | IS_SEGMENT) != 0 && put.descriptor.group_id == [0; 24];
        if new_group {
            put.descriptor.group_id = self.unique_id(*b"AMQ ");
        }
        let connection: &Connection = self.connection(id)?;
        let passed = context::passed(connection, put)?;
        let descriptor = &mut put.descriptor;
        context::fill(descriptor, put.options, passed, connection, now);
        if matches!(descriptor.ccsid, mq::MQCCSI_Q_MGR | mq::MQCCSI_INHERIT) {
            descriptor.ccsid = ccsid;
        }
        if descriptor.reply_to_queue_manager.is_empty() {
            descriptor.reply_to_queue_manager = own_name;
        }
        if descriptor.message_flags & (IN_GROUP | IS_SEGMENT | mq::MQMF_SEGMENTATION_ALLOWED) == 0 {
            descriptor.group_id = [0; 24];
            descriptor.sequence_number = 1;
            descriptor.offset = 0;
            descriptor.original_length = mq::MQOL_UNDEFINED;
        }
        descriptor.backout_count = 0;
        Ok(())
    }
}

fn check_options(options: i32) -> Result<(), Failure> {
    let known = mq::MQPMO_LOGICAL_ORDER | PUBLISHING | WITHOUT_EFFECT | SYNCPOINTS | IDS | context::OPTIONS;
    let contradictory = options & SYNCPOINTS == SYNCPOINTS || (options & context::OPTIONS).count_ones() > 1;
    if options & !known != 0 || contradictory { Err(Failure(mq::MQRC_OPTIONS_ERROR)) } else { Ok(()) }
}

/// The checks of MQMD that MQPUT makes, each with its own reason.
pub(super) fn check_values(descriptor: &Descriptor) -> Result<(), Failure> {
    let asks_reply = descriptor.message_type == mq::MQMT_REQUEST || descriptor.report & REPORTS != 0;
    let checks = [
        (
            descriptor.reply_to_queue.len().max(descriptor.reply_to_queue_manager.len()) <= 48,
            mq::MQRC_MD_ERROR,
        ),
        (
            descriptor.report & (mq::MQRO_REJECT_UNSUP_MASK | mq::MQRO_ACTIVITY) & !SUPPORTED_REPORTS == 0
                && report::is_sound(descriptor.report),
            mq::MQRC_REPORT_OPTIONS_ERROR,
        ),
        (is_message_type(descriptor.message_type), mq::MQRC_MSG_TYPE_ERROR),
        (descriptor.expiry == mq::MQEI_UNLIMITED || descriptor.expiry > 0, mq::MQRC_EXPIRY_ERROR),
        (descriptor.priority >= mq::MQPRI_PRIORITY_AS_Q_DEF, mq::MQRC_PRIORITY_ERROR),
        (
            (mq::MQPER_NOT_PERSISTENT..=mq::MQPER_PERSISTENCE_AS_Q_DEF).contains(&descriptor.persistence),
            mq::MQRC_PERSISTENCE_ERROR,
        ),
        (!asks_reply || !descriptor.reply_to_queue.is_empty(), mq::MQRC_MISSING_REPLY_TO_Q),
        (
            descriptor.message_flags
                & mq::MQMF_REJECT_UNSUP_MASK
                & !(IN_GROUP | IS_SEGMENT | mq::MQMF_SEGMENTATION_ALLOWED)
                == 0,
            mq::MQRC_MSG_FLAGS_ERROR,
        ),
        ((1..=COUNT_MAX).contains(&descriptor.sequence_number), mq::MQRC_MSG_SEQ_NUMBER_ERROR),
        ((0..=COUNT_MAX).contains(&descriptor.offset), mq::MQRC_OFFSET_ERROR),
        (descriptor.original_length >= mq::MQOL_UNDEFINED, mq::MQRC_ORIGINAL_LENGTH_ERROR),
    ];
    checks.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(Failure(*reason)))
}

/// Reports that travel with the message to whoever handles it.
const SUPPORTED_REPORTS: i32 = REPORTS
    | mq::MQRO_PASS_MSG_ID
    | mq::MQRO_PASS_CORREL_ID
    | mq::MQRO_DISCARD_MSG
    | mq::MQRO_PASS_DISCARD_AND_EXPIRY;

fn is_message_type(message_type: i32) -> bool {
    matches!(message_type, mq::MQMT_REQUEST | mq::MQMT_REPLY | mq::MQMT_REPORT | mq::MQMT_DATAGRAM)
        || matches!(message_type, mq::MQMT_MQE_FIELDS_FROM_MQE | mq::MQMT_MQE_FIELDS)
        || (mq::MQMT_APPL_FIRST..=mq::MQMT_APPL_LAST).contains(&message_type)
}

pub(super) fn expires(descriptor: &Descriptor, now: Moment) -> Option<i64> {
    (descriptor.expiry > 0).then(|| now.0 + i64::from(descriptor.expiry) * 100)
}

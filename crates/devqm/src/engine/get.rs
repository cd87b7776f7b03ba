//! MQGET: which message, taken or browsed, now or when one comes.

use std::sync::Arc;

use libmqm_sys as mq;

use super::connect::{Target, ended};
use super::context::Context;
use super::convert;
use super::form::{self, Form};
use super::group::{self, LOOKING_AROUND};
use super::message::{Entry, Image, Moment, Position};
use super::queue::{Selector, Waiter};
use super::report::Event;
use super::unit::{Held, Then};
use super::{
    Answer, ConnectionId, Copied, Engine, Failure, Mark, Progress, QueueId, ok, removal, with_warning,
};
use crate::verbs::{Descriptor, Get, Got, Outcome};

const SYNCPOINTS: i32 = mq::MQGMO_SYNCPOINT | mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_SYNCPOINT_IF_PERSISTENT;
const BROWSING: i32 = mq::MQGMO_BROWSE_FIRST | mq::MQGMO_BROWSE_NEXT | mq::MQGMO_BROWSE_MSG_UNDER_CURSOR;
const UNDER_CURSOR: i32 = mq::MQGMO_MSG_UNDER_CURSOR | mq::MQGMO_BROWSE_MSG_UNDER_CURSOR;
/// Properties are the caller's matter; that the queue manager quiesces is answered before a verb is carried out.
const WITHOUT_EFFECT: i32 = mq::MQGMO_FAIL_IF_QUIESCING
    | mq::MQGMO_PROPERTIES_FORCE_MQRFH2
    | mq::MQGMO_NO_PROPERTIES
    | mq::MQGMO_PROPERTIES_IN_HANDLE
    | mq::MQGMO_PROPERTIES_COMPATIBILITY;
const KNOWN: i32 = SYNCPOINTS
    | BROWSING
    | UNDER_CURSOR
    | WITHOUT_EFFECT
    | LOOKING_AROUND
    | mq::MQGMO_LOCK
    | mq::MQGMO_UNLOCK
    | mq::MQGMO_WAIT
    | mq::MQGMO_ACCEPT_TRUNCATED_MSG
    | mq::MQGMO_CONVERT;
/// Marks that browsers leave for each other, and what z/OS alone has: refused by name.
const NOT_SUPPORTED: i32 = mq::MQGMO_MARK_BROWSE_HANDLE
    | mq::MQGMO_MARK_BROWSE_CO_OP
    | mq::MQGMO_UNMARK_BROWSE_CO_OP
    | mq::MQGMO_UNMARK_BROWSE_HANDLE
    | mq::MQGMO_UNMARKED_BROWSE_MSG
    | mq::MQGMO_MARK_SKIP_BACKOUT;
const MATCHES: i32 = mq::MQMO_MATCH_MSG_ID
    | mq::MQMO_MATCH_CORREL_ID
    | mq::MQMO_MATCH_GROUP_ID
    | mq::MQMO_MATCH_MSG_SEQ_NUMBER
    | mq::MQMO_MATCH_OFFSET
    | mq::MQMO_MATCH_MSG_TOKEN;

/// What became of offering a message to a get.
pub(super) enum Offer {
    /// The message is out of its queue.
    Taken(Progress),
    /// It is still there: it was browsed, or too long for the buffer.
    Left(Answer),
}

impl Engine {
    pub(super) fn get(&mut self, connection: ConnectionId, get: Get, now: Moment) -> Progress {
        ended(self.get_message(connection, get, now))
    }

    pub(super) fn get_message(
        &mut self,
        id: ConnectionId,
        get: Get,
        now: Moment,
    ) -> Result<Progress, Failure> {
        if get.options & mq::MQGMO_UNLOCK != 0 {
            return self.unlock(id, &get, now);
        }
        check_options(&get)?;
        let handle = self.handle(id, get.handle)?;
        if get.options & (BROWSING | mq::MQGMO_MSG_UNDER_CURSOR) != 0 && !handle.has(mq::MQOO_BROWSE) {
            return Err(Failure(mq::MQRC_NOT_OPEN_FOR_BROWSE));
        }
        // A lock keeps a message for a get that follows.
        let takes = get.options & BROWSING == 0 || get.options & mq::MQGMO_LOCK != 0;
        if takes && handle.input.is_none() {
            return Err(Failure(mq::MQRC_NOT_OPEN_FOR_INPUT));
        }
        let cursor = handle.cursor;
        let queue = self.queue_of(id, get.handle)?;
        if self.is_get_inhibited(id, get.handle, queue)? {
            return Err(Failure(mq::MQRC_GET_INHIBITED));
        }
        let takes = get.options & BROWSING == 0;
        if takes && counts(&get) {
            self.check_unit(id, 0)?;
        }
        if get.options & UNDER_CURSOR != 0 {
            return self.get_under_cursor(id, &get, queue, cursor, now);
        }
        let (selector, after) = self.sought(id, &get);
        let found = if get.options & LOOKING_AROUND != 0 {
            self.find_around(id, &get, queue, &selector, after, now)
        } else {
            let mut expired = Vec::new();
            let queue = self.queues.get_mut(&queue);
            let found = queue.and_then(|queue| queue.find(&selector, after, now, &mut expired));
            self.discard_expired(expired, now);
            found
        };
        if let Some(position) = found {
            return Ok(match self.deliver(id, &get, queue, position, now)? {
                Offer::Taken(progress) => progress,
                Offer::Left(answer) => Progress::Answered(answer),
            });
        }
        self.wait(id, get, queue, selector, after)
    }

    fn get_under_cursor(
        &mut self,
        id: ConnectionId,
        get: &Get,
        queue: QueueId,
        cursor: Option<Position>,
        now: Moment,
    ) -> Result<Progress, Failure> {
        let there = self.queues.get(&queue).zip(cursor).and_then(|(queue, cursor)| queue.at(cursor));
        match (cursor, there) {
            (Some(position), Some(entry))
                if !entry.is_expired(now)
                    && self
                        .queues
                        .get(&queue)
                        .is_some_and(|queue| queue.is_free(position, Some((id, get.handle)))) =>
            {
                Ok(match self.deliver(id, get, queue, position, now)? {
                    Offer::Taken(progress) => progress,
                    Offer::Left(answer) => Progress::Answered(answer),
                })
            }
            _ => Err(Failure(mq::MQRC_NO_MSG_UNDER_CURSOR)),
        }
    }

    pub(super) fn wait(
        &mut self,
        id: ConnectionId,
        get: Get,
        queue: QueueId,
        selector: Selector,
        after: Option<Position>,
    ) -> Result<Progress, Failure> {
        if get.options & mq::MQGMO_WAIT == 0 || get.wait_interval_ms == 0 {
            return Err(Failure(mq::MQRC_NO_MSG_AVAILABLE));
        }
        if self.stopping {
            return Err(Failure(mq::MQRC_Q_MGR_STOPPING));
        }
        let wait_ms = u32::try_from(get.wait_interval_ms).ok();
        self.connection(id)?.waiting.push(queue);
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.waiters.push_back(Waiter { connection: id, get: Box::new(get), selector, after });
        }
        Ok(Progress::Waiting { wait_ms })
    }

    /// Offers a message that has become visible to those who wait, first come first served, until one takes it.
    pub(super) fn offer(&mut self, queue: QueueId, position: Position, now: Moment) {
        self.offer_one(queue, position, now);
        let waiters = self.queues.get(&queue).map(|queue| &queue.waiters);
        if waiters.is_some_and(|all| all.iter().any(|each| each.get.options & LOOKING_AROUND != 0)) {
            self.offer_around(queue, now);
        }
    }

    fn offer_one(&mut self, queue: QueueId, position: Position, now: Moment) {
        loop {
            let Some(found) = self.queues.get_mut(&queue) else {
                return;
            };
            let Some(entry) = found.at(position).filter(|entry| !entry.is_expired(now)) else {
                return;
            };
            let takes = |waiter: &Waiter| {
                waiter.get.options & LOOKING_AROUND == 0
                    && waiter.selector.accepts(position, entry)
                    && found.is_free(position, waiter.selector.who)
                    && waiter.after.is_none_or(|after| position > after)
            };
            let Some(index) = found.waiters.iter().position(takes) else {
                return;
            };
            let Some(waiter) = found.waiters.remove(index) else {
                return;
            };
            let connection = waiter.connection;
            match waiter.standing() {
                Some(handle) => self.request_served(connection, handle),
                None => _ = self.withdraw(connection),
            }
            // The store answers for a message that is gone; one that stayed is offered to the next.
            let Some(answer) = self.delivered(connection, &waiter.get, queue, position, now) else {
                return;
            };
            self.effects.answers.push((connection, answer));
        }
    }

    /// Ends the gets that wait on a queue.
    pub(super) fn cancel_waiters(&mut self, queue: QueueId, reason: i32) {
        let Some(found) = self.queues.get(&queue) else {
            return;
        };
        let calls = found.waiters.iter().filter(|waiter| !waiter.get.standing);
        let waiting: Vec<_> = calls.map(|waiter| waiter.connection).collect();
        for connection in waiting {
            self.cancel_waiter(connection, reason);
        }
    }

    /// Ends one connection's wait, if it waits.
    pub(super) fn cancel_waiter(&mut self, connection: ConnectionId, reason: i32) {
        if self.withdraw(connection) {
            self.effects.answers.push((connection, Answer::of(Failure(reason).into())));
        }
    }

    /// Gives a message that is there to a get that wants it.
    pub(super) fn deliver(
        &mut self,
        id: ConnectionId,
        get: &Get,
        queue: QueueId,
        position: Position,
        now: Moment,
    ) -> Result<Offer, Failure> {
        let property_control = self.property_control(id, get.handle);
        let found = self.queues.get_mut(&queue).ok_or(Failure(mq::MQRC_Q_DELETED))?;
        let connection = self.connections.get_mut(&id).ok_or(Failure(mq::MQRC_HCONN_ERROR))?;
        let entry = found.at(position).ok_or(Failure(mq::MQRC_NO_MSG_AVAILABLE))?;
        let form = Form::of(get, property_control.unwrap_or(found.rules.property_control));
        let (image, positions, inconsistent) = match group::whole(found, entry, get)? {
            Some(whole) => (Arc::new(whole.image), whole.positions, whole.inconsistent),
            None => (entry.image()?, vec![position], None),
        };
        let (shown, reason) = self::shown(get, form::shaped(&image, form), self.catalogue.rules.ccsid);
        let reason = reason.or(inconsistent);
        let length = shown.body.len();
        if length > connection.message_bytes_max {
            return Err(Failure(mq::MQRC_DATA_LENGTH_ERROR));
        }
        let got = got(get, entry, &shown, position, &found.name, now);
        let standing = get.standing.then_some(get.handle);
        let mut answer = Answer { standing, ..Answer::of(with_warning(reason, got)) };
        answer.copied = Some(Copied {
            with_properties: get.with_properties && form == Form::InHandle,
            body_bytes: shown.body.len().min(get.buffer_bytes as usize),
            image: shown.clone(),
        });
        if reason == Some(mq::MQRC_TRUNCATED_MSG_FAILED) {
            return Ok(Offer::Left(answer));
        }
        let handle = connection.handles.get_mut(&get.handle).ok_or(Failure(mq::MQRC_HOBJ_ERROR))?;
        handle.passes(get, &image);
        if get.options & BROWSING != 0 {
            handle.cursor = Some(position);
            if get.options & mq::MQGMO_LOCK != 0 {
                self.lock(id, get, queue, position, now);
            }
            return Ok(Offer::Left(answer));
        }
        if handle.locked == Some(position) {
            handle.locked = None;
        }
        if handle.has(mq::MQOO_SAVE_ALL_CONTEXT) {
            handle.saved_context = Some(Box::new(Context::of(&image.descriptor)));
        }
        let mut taken = Vec::with_capacity(positions.len());
        for position in positions {
            let entry = found.remove(position).ok_or(Failure(mq::MQRC_NO_MSG_AVAILABLE))?;
            taken.push(Held { queue, position, entry });
        }
        Ok(Offer::Taken(self.take(id, get, taken, answer, now)))
    }

    /// What a get has taken out of its queue becomes part of the unit, or is gone.
    fn take(
        &mut self,
        id: ConnectionId,
        get: &Get,
        mut taken: Vec<Held>,
        mut answer: Answer,
        now: Moment,
    ) -> Progress {
        let delivered: Vec<_> = taken.iter().map(|held| held.entry.clone()).collect();
        let unit = taken.first().is_some_and(|held| under_syncpoint(get, &held.entry)).then_some(id);
        let mut progress = None;
        if unit.is_some() {
            for held in &mut taken {
                let mark = self.mark(held);
                if answer.mark.is_none() { answer.mark = mark } else { answer.more_marks.extend(mark) }
            }
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.unit.gets.extend(taken);
            }
        } else if delivered.iter().any(|entry| entry.stored) {
            let changes = taken.iter().filter_map(|held| removal(held.position, &held.entry)).collect();
            let answer = std::mem::replace(&mut answer, Answer::of(ok(Outcome::Nothing)));
            self.write(changes, Then::Answer { connection: id, answer });
            progress = Some(Progress::Writing);
        }
        for entry in &delivered {
            self.report(Event::Delivery, entry, unit, now);
        }
        progress.unwrap_or(Progress::Answered(answer))
    }

    /// Counts a message that a unit has got, and marks it where it must come back counted.
    fn mark(&mut self, held: &mut Held) -> Option<Mark> {
        if let Some(queue) = self.queues.get_mut(&held.queue) {
            queue.uncommitted_gets += 1;
        }
        held.entry.is_persistent().then(|| {
            let slot = self.slots.take();
            held.entry.slot = Some(slot);
            let backout_count = held.entry.backout_count + 1;
            Mark { slot, sequence: held.position.sequence, backout_count }
        })
    }

    /// The alias's own `PROPCTL`, where the queue was opened by one.
    fn property_control(&mut self, id: ConnectionId, handle: i32) -> Option<i32> {
        let Target::Queue { alias: Some(alias), .. } = &self.handle(id, handle).ok()?.target else {
            return None;
        };
        let alias = alias.clone();
        self.catalogue.queue(&alias).map(|record| record.attributes.number("PROPCTL"))
    }

    /// Which messages a get seeks: those that its selector takes, after a place where it browses on.
    pub(super) fn sought(&mut self, id: ConnectionId, get: &Get) -> (Selector, Option<Position>) {
        let handle = self.handle(id, get.handle).ok();
        let (cursor, condition) =
            handle.map_or((None, None), |handle| (handle.cursor, handle.condition.clone()));
        let after = if get.options & mq::MQGMO_BROWSE_NEXT != 0 { cursor } else { None };
        (Selector { condition, who: Some((id, get.handle)), ..selector(get) }, after)
    }

    pub(super) fn is_get_inhibited(
        &mut self,
        id: ConnectionId,
        handle: i32,
        queue: QueueId,
    ) -> Result<bool, Failure> {
        let by_queue = self.queues.get(&queue).is_some_and(|queue| queue.rules.get_inhibited);
        let Target::Queue { alias: Some(alias), .. } = &self.handle(id, handle)?.target else {
            return Ok(by_queue);
        };
        let alias = alias.clone();
        let record = self.catalogue.queue(&alias);
        Ok(by_queue || record.is_some_and(|record| record.attributes.number("GET") == mq::MQQA_GET_INHIBITED))
    }
}

/// The message as it is returned, and the `MQRC_*` of the warning with which it is; none where all is well.
fn shown(get: &Get, shown: Arc<Image>, own_ccsid: i32) -> (Arc<Image>, Option<i32>) {
    let room = get.buffer_bytes as usize;
    if shown.body.len() > room {
        // What does not fit as it is, is not converted either.
        let accepts = get.options & mq::MQGMO_ACCEPT_TRUNCATED_MSG != 0;
        let reason = if accepts { mq::MQRC_TRUNCATED_MSG_ACCEPTED } else { mq::MQRC_TRUNCATED_MSG_FAILED };
        return (shown, Some(reason));
    }
    match convert::converted(&shown, get, own_ccsid) {
        None => (shown, None),
        Some(Ok(converted)) if converted.body.len() > room => (shown, Some(mq::MQRC_CONVERTED_MSG_TOO_BIG)),
        Some(Ok(converted)) => (converted, None),
        Some(Err(reason)) => (shown, Some(reason)),
    }
}

/// All of the reply to a get but properties and body.
fn got(
    get: &Get,
    entry: &Entry,
    image: &Image,
    position: Position,
    queue_name: &str,
    now: Moment,
) -> Outcome {
    Outcome::Got(Box::new(Got {
        handle: get.handle,
        descriptor: Descriptor {
            backout_count: i32::try_from(entry.backout_count).unwrap_or(i32::MAX),
            expiry: entry.expiry_left(now),
            ..image.descriptor.clone()
        },
        properties: Vec::new(),
        body: Vec::new(),
        data_bytes: u32::try_from(image.body.len()).unwrap_or(u32::MAX),
        token: position.to_token(),
        resolved_queue: queue_name.to_owned(),
    }))
}

fn selector(get: &Get) -> Selector {
    let asks = |option| get.match_options & option != 0;
    // An id of all zeros matches any message.
    let id = |option, id: &[u8; 24]| (asks(option) && *id != [0; 24]).then_some(*id);
    Selector {
        message_id: id(mq::MQMO_MATCH_MSG_ID, &get.descriptor.message_id),
        correlation_id: id(mq::MQMO_MATCH_CORREL_ID, &get.descriptor.correlation_id),
        group_id: id(mq::MQMO_MATCH_GROUP_ID, &get.descriptor.group_id),
        sequence_number: asks(mq::MQMO_MATCH_MSG_SEQ_NUMBER).then_some(get.descriptor.sequence_number),
        offset: asks(mq::MQMO_MATCH_OFFSET).then_some(get.descriptor.offset),
        token: asks(mq::MQMO_MATCH_MSG_TOKEN).then(|| Position::from_token(&get.token)),
        condition: None,
        who: None,
    }
}

/// Whether the get may become part of the unit of work.
fn counts(get: &Get) -> bool {
    get.options & (mq::MQGMO_SYNCPOINT | mq::MQGMO_SYNCPOINT_IF_PERSISTENT) != 0
}

fn under_syncpoint(get: &Get, entry: &Entry) -> bool {
    get.options & mq::MQGMO_SYNCPOINT != 0
        || (get.options & mq::MQGMO_SYNCPOINT_IF_PERSISTENT != 0 && entry.is_persistent())
}

fn check_options(get: &Get) -> Result<(), Failure> {
    let options = get.options;
    if options & NOT_SUPPORTED != 0 {
        return Err(Failure(mq::MQRC_FUNCTION_NOT_SUPPORTED));
    }
    let ways = options & (BROWSING | mq::MQGMO_MSG_UNDER_CURSOR);
    if options & !KNOWN != 0 || (options & SYNCPOINTS).count_ones() > 1 || ways.count_ones() > 1 {
        return Err(Failure(mq::MQRC_OPTIONS_ERROR));
    }
    // A browse changes nothing that a unit of work could undo.
    if options & BROWSING != 0 && counts(get) {
        return Err(Failure(mq::MQRC_OPTIONS_ERROR));
    }
    if get.match_options & !MATCHES != 0 {
        return Err(Failure(mq::MQRC_MATCH_OPTIONS_ERROR));
    }
    if options & mq::MQGMO_WAIT != 0 && get.wait_interval_ms < mq::MQWI_UNLIMITED {
        return Err(Failure(mq::MQRC_WAIT_INTERVAL_ERROR));
    }
    // Only what is browsed is locked.
    if options & mq::MQGMO_LOCK != 0 && options & BROWSING == 0 {
        return Err(Failure(mq::MQRC_OPTIONS_ERROR));
    }
    Ok(())
}

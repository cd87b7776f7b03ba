//! Groups of messages and segments of a message: put in logical order, split, got in order, whole, or when all is there.
//!
//! Source: IBM documentation, "Message groups" and "Message segmentation", "MQGMO Options", "MQPMO Options".

use std::collections::{BTreeMap, HashMap};

use libmqm_sys as mq;

use super::connect::Handle;
use super::message::{Entry, Image, Moment, Position};
use super::queue::{Queue, Selector};
use super::{Answer, ConnectionId, Engine, Failure, QueueId};
use crate::verbs::{Descriptor, Get, Put};

pub(super) const IN_GROUP: i32 = mq::MQMF_MSG_IN_GROUP | mq::MQMF_LAST_MSG_IN_GROUP;
pub(super) const IS_SEGMENT: i32 = mq::MQMF_SEGMENT | mq::MQMF_LAST_SEGMENT;

/// Options of a get for which it matters what else of a group is there.
pub(super) const LOOKING_AROUND: i32 = mq::MQGMO_LOGICAL_ORDER
    | mq::MQGMO_COMPLETE_MSG
    | mq::MQGMO_ALL_MSGS_AVAILABLE
    | mq::MQGMO_ALL_SEGMENTS_AVAILABLE;

/// Where a handle stands in a group, or in a message of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    group_id: [u8; 24],
    sequence: i32,
    offset: i32,
    persistence: i32,
    in_group: bool,
}

impl Order {
    /// What follows a message; `None` where it ends its group.
    fn after(descriptor: &Descriptor, body_bytes: usize) -> Option<Self> {
        let flags = descriptor.message_flags;
        let order = Self {
            group_id: descriptor.group_id,
            sequence: descriptor.sequence_number,
            offset: descriptor.offset,
            persistence: descriptor.persistence,
            in_group: flags & IN_GROUP != 0,
        };
        if flags & IS_SEGMENT != 0 && flags & mq::MQMF_LAST_SEGMENT == 0 {
            let length = i32::try_from(body_bytes).unwrap_or(i32::MAX);
            return Some(Self { offset: order.offset.saturating_add(length), ..order });
        }
        let goes_on = order.in_group && flags & mq::MQMF_LAST_MSG_IN_GROUP == 0;
        goes_on.then_some(Self { sequence: order.sequence + 1, offset: 0, ..order })
    }

    /// The warning with which a handle is closed that stands here.
    pub(super) fn incomplete(self) -> i32 {
        if self.offset > 0 { mq::MQRC_INCOMPLETE_MSG } else { mq::MQRC_INCOMPLETE_GROUP }
    }
}

impl Engine {
    /// Gives a message that is put in logical order its place; the group's id is made with its first one. Returns where the
    /// handle stands afterwards.
    pub(super) fn in_logical_order(
        &mut self,
        order: Option<Order>,
        put: &mut Put,
    ) -> Result<Option<Order>, Failure> {
        let flags = put.descriptor.message_flags;
        let (group_id, sequence, offset) = match order {
            None if flags & (IN_GROUP | IS_SEGMENT) == 0 => ([0; 24], 1, 0),
            None => (self.unique_id(*b"AMQ "), 1, 0),
            Some(order) if order.offset > 0 && flags & IS_SEGMENT == 0 => {
                return Err(Failure(mq::MQRC_INCOMPLETE_MSG));
            }
            Some(order) if order.in_group && flags & IN_GROUP == 0 => {
                return Err(Failure(mq::MQRC_INCOMPLETE_GROUP));
            }
            Some(order) => (order.group_id, order.sequence, order.offset),
        };
        let descriptor = &mut put.descriptor;
        descriptor.group_id = group_id;
        descriptor.sequence_number = sequence;
        descriptor.offset = offset;
        let as_queue = descriptor.persistence == mq::MQPER_PERSISTENCE_AS_Q_DEF;
        if order.is_some_and(|order| !as_queue && order.persistence != descriptor.persistence) {
            return Err(Failure(mq::MQRC_INCONSISTENT_PERSISTENCE));
        }
        Ok(Order::after(descriptor, put.body.len()))
    }

    /// A message that is too long for its queue, in segments, where it may be split.
    pub(super) fn segments(&mut self, queue: QueueId, put: &Put) -> Option<Vec<Put>> {
        let flags = put.descriptor.message_flags;
        let queue_bytes_max = self.queues.get(&queue)?.rules.message_bytes_max;
        // Segments end where no character of any width and no number is cut. Source: as above.
        let bytes = queue_bytes_max.min(self.catalogue.rules.message_bytes_max) / 16 * 16;
        let splits = flags & mq::MQMF_SEGMENTATION_ALLOWED != 0 && flags & IS_SEGMENT == 0 && bytes > 0;
        if !splits || put.body.len() <= queue_bytes_max.min(self.catalogue.rules.message_bytes_max) {
            return None;
        }
        let mut whole = put.descriptor.clone();
        if whole.group_id == [0; 24] {
            whole.group_id = self.unique_id(*b"AMQ ");
        }
        if put.options & mq::MQPMO_NEW_MSG_ID != 0 || whole.message_id == [0; 24] {
            whole.message_id = self.unique_id(*b"AMQ ");
        }
        let count = put.body.len().div_ceil(bytes);
        let piece = |(index, body): (usize, &[u8])| {
            let last = if index + 1 == count { mq::MQMF_LAST_SEGMENT } else { 0 };
            let offset = i32::try_from(index * bytes).unwrap_or(i32::MAX);
            let message_flags = flags | mq::MQMF_SEGMENT | last;
            let descriptor = Descriptor { message_flags, offset, ..whole.clone() };
            // Properties belong to the message, which begins with its first segment.
            let properties = if index == 0 { put.properties.clone() } else { Vec::new() };
            let options = put.options & !mq::MQPMO_NEW_MSG_ID;
            let (handle, context) = (put.handle, put.context);
            Put { handle, options, context, descriptor, properties, body: body.to_vec() }
        };
        Some(put.body.chunks(bytes).enumerate().map(piece).collect())
    }

    /// The first message that a get which looks around may have.
    pub(super) fn find_around(
        &mut self,
        id: ConnectionId,
        get: &Get,
        queue: QueueId,
        selector: &Selector,
        after: Option<Position>,
        now: Moment,
    ) -> Option<Position> {
        let order = if get.options & mq::MQGMO_LOGICAL_ORDER == 0 {
            None
        } else {
            *self.handle(id, get.handle).ok()?.order(get)
        };
        let mut selector = selector.clone();
        if let Some(order) = order {
            selector.group_id = Some(order.group_id);
            selector.sequence_number = Some(order.sequence);
            selector.offset = Some(order.offset);
        }
        let (mut after, mut expired) = (after, Vec::new());
        let mut groups = Groups::default();
        let found = self.queues.get_mut(&queue).and_then(|queue| {
            loop {
                let position = queue.find(&selector, after, now, &mut expired)?;
                let entry = queue.at(position)?;
                if may_have(queue, entry, get, order.is_some(), &mut groups) {
                    return Some(position);
                }
                after = Some(position);
            }
        });
        self.discard_expired(expired, now);
        found
    }

    /// Offers what a queue holds now to those who wait for more than one message.
    pub(super) fn offer_around(&mut self, queue: QueueId, now: Moment) {
        let waiting = |engine: &Self| -> Vec<ConnectionId> {
            let waiters = engine.queues.get(&queue).into_iter().flat_map(|queue| &queue.waiters);
            let around = waiters.filter(|waiter| waiter.get.options & LOOKING_AROUND != 0);
            around.map(|waiter| waiter.connection).collect()
        };
        for connection in waiting(self) {
            let Some(found) = self.queues.get(&queue) else { return };
            let waiter = found
                .waiters
                .iter()
                .find(|waiter| waiter.connection == connection && waiter.get.options & LOOKING_AROUND != 0);
            let Some((get, selector, after)) =
                waiter.map(|waiter| (waiter.get.clone(), waiter.selector.clone(), waiter.after))
            else {
                continue;
            };
            let Some(position) = self.find_around(connection, &get, queue, &selector, after, now) else {
                continue;
            };
            match get.standing {
                true => self.request_served(connection, get.handle),
                false => _ = self.withdraw(connection),
            }
            if let Some(answer) = self.delivered(connection, &get, queue, position, now) {
                self.effects.answers.push((connection, answer));
            }
        }
    }
}

impl Handle {
    /// Where the handle stands: those who browse do not disturb those who take.
    pub(super) fn order(&mut self, get: &Get) -> &mut Option<Order> {
        let browses = get.options & (mq::MQGMO_BROWSE_FIRST | mq::MQGMO_BROWSE_NEXT) != 0;
        if browses { &mut self.browse_order } else { &mut self.get_order }
    }

    /// Moves on behind a message that was returned in logical order.
    pub(super) fn passes(&mut self, get: &Get, shown: &Image) {
        if get.options & mq::MQGMO_LOGICAL_ORDER != 0 {
            *self.order(get) = Order::after(&shown.descriptor, shown.body.len());
        }
    }
}

/// A message put together of its segments.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) image: Image,
    /// Where its segments stand.
    pub(super) positions: Vec<Position>,
    /// The warning with which it ends before a segment of another character set or encoding.
    pub(super) inconsistent: Option<i32>,
}

/// A whole message of its segments; `None` where the get does not ask for it, or it is whole already.
pub(super) fn whole(queue: &Queue, entry: &Entry, get: &Get) -> Result<Option<Assembled>, Failure> {
    let head = &entry.head;
    if get.options & mq::MQGMO_COMPLETE_MSG == 0 || head.message_flags & IS_SEGMENT == 0 {
        return Ok(None);
    }
    let members = Members::of(queue, &head.group_id);
    let Some(mut positions) = members.segments(head.sequence_number) else { return Ok(None) };
    let entries = positions.iter().filter_map(|position| queue.at(*position));
    let segments = entries.map(Entry::image).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = segments.first() else { return Ok(None) };
    let (mut body, mut together, mut inconsistent) = (Vec::new(), 0, None);
    for segment in &segments {
        inconsistent = differs(&first.descriptor, &segment.descriptor);
        if inconsistent.is_some() {
            break;
        }
        body.extend_from_slice(&segment.body);
        together += 1;
    }
    positions.truncate(together);
    // It is told as a message of one segment, or as the beginning of one.
    let last = if inconsistent.is_none() { mq::MQMF_LAST_SEGMENT } else { 0 };
    let image = Image {
        queue: first.queue,
        rank: first.rank,
        descriptor: Descriptor {
            message_flags: first.descriptor.message_flags & !IS_SEGMENT | mq::MQMF_SEGMENT | last,
            offset: 0,
            original_length: mq::MQOL_UNDEFINED,
            ..first.descriptor.clone()
        },
        expires_ms: first.expires_ms,
        properties: first.properties.clone(),
        body,
    };
    Ok(Some(Assembled { image, positions, inconsistent }))
}

/// Why a segment cannot be put together with the first one.
fn differs(first: &Descriptor, segment: &Descriptor) -> Option<i32> {
    if segment.ccsid != first.ccsid {
        return Some(mq::MQRC_INCONSISTENT_CCSIDS);
    }
    (segment.encoding != first.encoding).then_some(mq::MQRC_INCONSISTENT_ENCODINGS)
}

/// The groups that one search has met: each is looked through once.
type Groups = HashMap<[u8; 24], Members>;

/// What of a group is there, by sequence number and offset.
#[derive(Debug)]
struct Members(BTreeMap<(i32, i32), Member>);

#[derive(Debug, Clone, Copy)]
struct Member {
    position: Position,
    bytes: usize,
    flags: i32,
}

impl Members {
    fn of(queue: &Queue, group_id: &[u8; 24]) -> Self {
        let member = |(position, entry): (Position, &Entry)| {
            let head = &entry.head;
            let place = (head.sequence_number, head.offset);
            let (bytes, flags) = (head.body_bytes as usize, head.message_flags);
            (place, Member { position, bytes, flags })
        };
        Self(queue.group(group_id).map(member).collect())
    }

    /// Where the segments of a message stand, in order, if all are there.
    fn segments(&self, sequence: i32) -> Option<Vec<Position>> {
        let (mut expected, mut segments) = (0_usize, Vec::new());
        for ((_, offset), member) in self.0.range((sequence, 0)..=(sequence, i32::MAX)) {
            if usize::try_from(*offset).ok()? != expected {
                return None;
            }
            expected += member.bytes;
            segments.push(member.position);
            if member.flags & mq::MQMF_LAST_SEGMENT != 0 {
                return Some(segments);
            }
        }
        None
    }

    /// Whether all messages are there, each with all its segments.
    fn is_whole(&self) -> bool {
        let (mut sequence, mut offset) = (1, 0_usize);
        for (place, member) in &self.0 {
            if place.0 != sequence || usize::try_from(place.1) != Ok(offset) {
                return false;
            }
            offset += member.bytes;
            if member.flags & IS_SEGMENT != 0 && member.flags & mq::MQMF_LAST_SEGMENT == 0 {
                continue;
            }
            if member.flags & mq::MQMF_LAST_MSG_IN_GROUP != 0 {
                return true;
            }
            (sequence, offset) = (sequence + 1, 0);
        }
        false
    }
}

/// Whether a get may have a message, for all that belongs to it.
fn may_have(queue: &Queue, entry: &Entry, get: &Get, is_under_way: bool, groups: &mut Groups) -> bool {
    let asks = |option: i32| get.options & option != 0;
    let head = &entry.head;
    let (sequence, offset) = (head.sequence_number, head.offset);
    let in_group = head.message_flags & IN_GROUP != 0;
    let is_segment = head.message_flags & IS_SEGMENT != 0;
    if !in_group && !is_segment {
        return true;
    }
    let begins = (!in_group || sequence == 1) && (!is_segment || offset == 0);
    if asks(mq::MQGMO_LOGICAL_ORDER) && !is_under_way && !begins {
        return false;
    }
    if asks(mq::MQGMO_COMPLETE_MSG) && offset != 0 {
        return false;
    }
    let members = groups.entry(head.group_id).or_insert_with(|| Members::of(queue, &head.group_id));
    let needs_segments =
        asks(mq::MQGMO_COMPLETE_MSG) || (asks(mq::MQGMO_ALL_SEGMENTS_AVAILABLE) && !is_under_way);
    let needs_group = asks(mq::MQGMO_ALL_MSGS_AVAILABLE) && !is_under_way;
    let lacks_segments = is_segment && needs_segments && members.segments(sequence).is_none();
    let lacks_messages = in_group && needs_group && !members.is_whole();
    !lacks_segments && !lacks_messages
}

/// The answer of what was delivered, unless the store gives it.
impl Engine {
    pub(super) fn delivered(
        &mut self,
        connection: ConnectionId,
        get: &Get,
        queue: QueueId,
        position: Position,
        now: Moment,
    ) -> Option<Answer> {
        use super::Progress;
        use super::get::Offer;
        match self.deliver(connection, get, queue, position, now) {
            Ok(Offer::Taken(Progress::Writing | Progress::Waiting { .. })) => None,
            Ok(Offer::Taken(Progress::Answered(answer)) | Offer::Left(answer)) => Some(answer),
            Err(failure) => {
                let standing = get.standing.then_some(get.handle);
                Some(Answer { standing, ..Answer::of(failure.into()) })
            }
        }
    }
}

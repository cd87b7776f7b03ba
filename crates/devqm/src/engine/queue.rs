//! One local queue: its messages in order, found by id without a search, and who waits for one.

use std::collections::btree_map::BTreeMap;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use libmqm_sys as mq;
use serde::{Deserialize, Serialize};

use super::message::{Entry, Moment, Position};
use super::{ConnectionId, fields};
use crate::mqsc::Attributes;
use crate::selector;
use crate::shelf::Shelf;
use crate::verbs::{Get, ObjectHandle};

/// A local queue. Only messages that anyone may get are in it: uncommitted ones are in their unit of work.
#[derive(Debug)]
pub(super) struct Queue {
    /// The name.
    pub(super) name: String,
    /// The attributes that every verb looks at.
    pub(super) rules: Rules,
    /// How it came to be.
    pub(super) origin: Origin,
    /// Handles open for input, and whether the one there is exclusive.
    pub(super) inputs: u32,
    /// An input handle that shares with nobody.
    pub(super) exclusive: bool,
    /// Handles open for output.
    pub(super) outputs: u32,
    /// All handles.
    pub(super) handles: u32,
    /// Messages put in units of work that are still open.
    pub(super) uncommitted_puts: u32,
    /// Messages got in units of work that are still open.
    pub(super) uncommitted_gets: u32,
    /// Gets that wait, in the order in which they came.
    pub(super) waiters: VecDeque<Waiter>,
    /// Messages that a handle has locked by browsing.
    pub(super) locks: BTreeMap<Position, Owner>,
    shelf: Arc<Shelf>,
    messages: BTreeMap<Position, Entry>,
    by_message_id: Index,
    by_correlation_id: Index,
    by_group_id: Index,
}

/// A handle of a connection.
pub(super) type Owner = (ConnectionId, crate::verbs::ObjectHandle);

/// What of a queue's attributes every verb looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) get_inhibited: bool,
    pub(super) put_inhibited: bool,
    pub(super) depth_max: u32,
    pub(super) message_bytes_max: usize,
    pub(super) default_priority: i32,
    pub(super) default_persistence: i32,
    pub(super) default_input: i32,
    pub(super) shareable: bool,
    pub(super) first_in_first_out: bool,
    pub(super) property_control: i32,
}

/// How a queue came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// By DEFINE.
    Predefined,
    /// From a model queue; stays until it is deleted.
    PermanentDynamic,
    /// From a model queue; goes with the handle that created it.
    TemporaryDynamic,
}

/// A get that waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// Whose get it is.
    pub(super) connection: ConnectionId,
    /// The get, its descriptor unneeded from here on.
    pub(super) get: Box<Get>,
    /// Which messages it takes.
    pub(super) selector: Selector,
    /// Browsing: only messages after this place.
    pub(super) after: Option<Position>,
}

impl Waiter {
    /// The handle whose standing request it is; none for a call that waits.
    pub(super) fn standing(&self) -> Option<ObjectHandle> {
        self.get.standing.then_some(self.get.handle)
    }
}

/// What a get asks of a message.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    pub(super) message_id: Option<[u8; 24]>,
    pub(super) correlation_id: Option<[u8; 24]>,
    pub(super) group_id: Option<[u8; 24]>,
    pub(super) sequence_number: Option<i32>,
    pub(super) offset: Option<i32>,
    pub(super) token: Option<Option<Position>>,
    /// What the handle's selection string says.
    pub(super) condition: Option<Arc<selector::Selector>>,
    /// Who asks: a message that somebody else has locked is not there.
    pub(super) who: Option<Owner>,
}

impl Selector {
    /// Whether the get takes the message at this place.
    pub(super) fn accepts(&self, position: Position, entry: &Entry) -> bool {
        let head = &entry.head;
        fn agrees<T: PartialEq>(asked: Option<&T>, has: &T) -> bool {
            asked.is_none_or(|asked| asked == has)
        }
        agrees(self.message_id.as_ref(), &head.message_id)
            && agrees(self.correlation_id.as_ref(), &head.correlation_id)
            && agrees(self.group_id.as_ref(), &head.group_id)
            && agrees(self.sequence_number.as_ref(), &head.sequence_number)
            && agrees(self.offset.as_ref(), &head.offset)
            && agrees(self.token.as_ref(), &Some(position))
            && self.condition.as_ref().is_none_or(|condition| fields::selects(condition, entry))
    }
}

impl Rules {
    /// Takes the rules from the attributes.
    pub(super) fn of(attributes: &Attributes) -> Self {
        let count = |keyword| u32::try_from(attributes.number(keyword)).unwrap_or(0);
        Self {
            get_inhibited: attributes.number("GET") == mq::MQQA_GET_INHIBITED,
            put_inhibited: attributes.number("PUT") == mq::MQQA_PUT_INHIBITED,
            depth_max: count("MAXDEPTH"),
            message_bytes_max: count("MAXMSGL") as usize,
            default_priority: attributes.number("DEFPRTY"),
            default_persistence: attributes.number("DEFPSIST"),
            default_input: attributes.number("DEFSOPT"),
            shareable: attributes.number("SHARE") == mq::MQQA_SHAREABLE,
            first_in_first_out: attributes.number("MSGDLVSQ") == mq::MQMDS_FIFO,
            property_control: attributes.number("PROPCTL"),
        }
    }

    /// Where a message of this priority stands. A FIFO queue places all by its own default priority, as IBM MQ does.
    pub(super) fn rank(&self, priority: i32) -> u8 {
        let priority = if self.first_in_first_out { self.default_priority } else { priority };
        u8::try_from(9 - priority.clamp(0, 9)).unwrap_or(0)
    }
}

impl Queue {
    /// An empty queue.
    pub(super) fn new(name: String, attributes: &Attributes, origin: Origin, shelf: Arc<Shelf>) -> Self {
        Self {
            name,
            rules: Rules::of(attributes),
            origin,
            inputs: 0,
            exclusive: false,
            outputs: 0,
            handles: 0,
            uncommitted_puts: 0,
            uncommitted_gets: 0,
            waiters: VecDeque::new(),
            locks: BTreeMap::new(),
            shelf,
            messages: BTreeMap::new(),
            by_message_id: Index::default(),
            by_correlation_id: Index::default(),
            by_group_id: Index::default(),
        }
    }

    /// `CURDEPTH`: with puts that are not yet committed, without gets that are not yet committed.
    pub(super) fn depth(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX).saturating_add(self.uncommitted_puts)
    }

    /// Makes a message visible at its place.
    pub(super) fn insert(&mut self, position: Position, entry: Entry) {
        let head = &entry.head;
        self.by_message_id.insert(&head.message_id, position);
        self.by_correlation_id.insert(&head.correlation_id, position);
        self.by_group_id.insert(&head.group_id, position);
        self.shelf.take(entry.memory_bytes());
        self.messages.insert(position, entry);
    }

    /// Leaves a message on disk, if it is there, memory has no room, and nobody has got it. The newest ones are left, so that
    /// the oldest, which are got first, are at hand.
    pub(super) fn shelve(&mut self, position: Position) {
        if !self.shelf.is_full() {
            return;
        }
        if let Some(entry) = self.messages.get_mut(&position).filter(|entry| entry.stored) {
            self.shelf.give_back(entry.memory_bytes());
            entry.leave_on(&self.shelf, position.sequence);
        }
    }

    /// Takes a message out.
    pub(super) fn remove(&mut self, position: Position) -> Option<Entry> {
        let entry = self.messages.remove(&position)?;
        self.locks.remove(&position);
        let head = &entry.head;
        self.by_message_id.remove(&head.message_id, position);
        self.by_correlation_id.remove(&head.correlation_id, position);
        self.by_group_id.remove(&head.group_id, position);
        self.shelf.give_back(entry.memory_bytes());
        Some(entry)
    }

    /// The visible message at a place.
    pub(super) fn at(&self, position: Position) -> Option<&Entry> {
        self.messages.get(&position)
    }

    /// Takes all visible messages out.
    pub(super) fn clear(&mut self) -> Vec<(Position, Entry)> {
        self.by_message_id = Index::default();
        self.by_correlation_id = Index::default();
        self.by_group_id = Index::default();
        let messages = std::mem::take(&mut self.messages);
        self.shelf.give_back(messages.values().map(Entry::memory_bytes).sum());
        messages.into_iter().collect()
    }

    /// The first message after a place that the selector takes. Expired ones that stand in the way are taken out and
    /// left with the caller: IBM MQ too discards a message when a get would have returned it.
    pub(super) fn find(
        &mut self,
        selector: &Selector,
        after: Option<Position>,
        now: Moment,
        expired: &mut Vec<(Position, Entry)>,
    ) -> Option<Position> {
        loop {
            let position = self.first(selector, after)?;
            if !self.at(position)?.is_expired(now) {
                return Some(position);
            }
            expired.extend(self.remove(position).map(|entry| (position, entry)));
        }
    }

    fn first(&self, selector: &Selector, after: Option<Position>) -> Option<Position> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let accepts = |position: &Position| {
            self.messages.get(position).is_some_and(|entry| selector.accepts(*position, entry))
                && self.is_free(*position, selector.who)
        };
        if let Some(token) = selector.token {
            return token.filter(|position| after.is_none_or(|after| *position > after)).filter(accepts);
        }
        let indexes = [
            (&self.by_message_id, &selector.message_id),
            (&self.by_correlation_id, &selector.correlation_id),
            (&self.by_group_id, &selector.group_id),
        ];
        let asked = indexes.iter().filter_map(|(index, id)| id.as_ref().map(|id| index.positions(id)));
        // A short list is searched rather than a long one: an id that many messages share costs nothing then.
        if let Some(shortest) = asked.min_by_key(Positions::len) {
            return shortest.after(start).find(accepts);
        }
        if selector.sequence_number.is_some() || selector.offset.is_some() || selector.condition.is_some() {
            return self
                .messages
                .range((start, Bound::Unbounded))
                .map(|(position, _)| *position)
                .find(accepts);
        }
        let mut all = self.messages.range((start, Bound::Unbounded)).map(|(position, _)| *position);
        all.find(|position| self.is_free(*position, selector.who))
    }

    /// Whether nobody else has a message locked.
    pub(super) fn is_free(&self, position: Position, who: Option<Owner>) -> bool {
        self.locks.is_empty() || self.locks.get(&position).is_none_or(|owner| Some(*owner) == who)
    }

    /// All visible messages.
    pub(super) fn all(&self) -> impl Iterator<Item = (Position, &Entry)> {
        self.messages.iter().map(|(position, entry)| (*position, entry))
    }

    /// The visible messages of a group.
    pub(super) fn group(&self, id: &[u8; 24]) -> impl Iterator<Item = (Position, &Entry)> {
        let positions = self.by_group_id.positions(id);
        let positions: Vec<_> = positions.after(Bound::Unbounded).collect();
        positions.into_iter().filter_map(|position| Some((position, self.at(position)?)))
    }

    /// Withdraws a connection's waiting get, or its request that stands for a handle.
    pub(super) fn stop_waiting(
        &mut self,
        connection: ConnectionId,
        standing: Option<ObjectHandle>,
    ) -> Option<Waiter> {
        let index = self
            .waiters
            .iter()
            .position(|waiter| waiter.connection == connection && waiter.standing() == standing)?;
        self.waiters.remove(index)
    }

    /// Counts a handle that was opened.
    pub(super) fn opened(&mut self, input: Option<Sharing>, output: bool) {
        self.handles += 1;
        self.inputs += u32::from(input.is_some());
        self.outputs += u32::from(output);
        self.exclusive |= input == Some(Sharing::Exclusive);
    }

    /// Counts a handle that was closed.
    pub(super) fn closed(&mut self, input: Option<Sharing>, output: bool) {
        self.handles = self.handles.saturating_sub(1);
        self.inputs = self.inputs.saturating_sub(u32::from(input.is_some()));
        self.outputs = self.outputs.saturating_sub(u32::from(output));
        self.exclusive &= input != Some(Sharing::Exclusive);
    }
}

/// How an input handle shares its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    Shared,
    Exclusive,
}

/// Places by id. The id of all zeros is everybody's and in no index.
#[derive(Debug, Default)]
struct Index(HashMap<[u8; 24], Places>);

#[derive(Debug)]
enum Places {
    One(Position),
    Many(BTreeSet<Position>),
}

enum Positions<'a> {
    None,
    One(Position),
    Many(&'a BTreeSet<Position>),
}

impl Index {
    fn insert(&mut self, id: &[u8; 24], position: Position) {
        if *id == [0; 24] {
            return;
        }
        match self.0.get_mut(id) {
            None => _ = self.0.insert(*id, Places::One(position)),
            Some(places) => match places {
                Places::One(first) => *places = Places::Many(BTreeSet::from([*first, position])),
                Places::Many(set) => _ = set.insert(position),
            },
        }
    }

    fn remove(&mut self, id: &[u8; 24], position: Position) {
        let last = match self.0.get_mut(id) {
            None => false,
            Some(Places::One(_)) => true,
            Some(Places::Many(set)) => {
                set.remove(&position);
                set.is_empty()
            }
        };
        if last {
            self.0.remove(id);
        }
    }

    fn positions(&self, id: &[u8; 24]) -> Positions<'_> {
        match self.0.get(id) {
            None => Positions::None,
            Some(Places::One(position)) => Positions::One(*position),
            Some(Places::Many(set)) => Positions::Many(set),
        }
    }
}

impl Positions<'_> {
    fn len(&self) -> usize {
        match self {
            Positions::None => 0,
            Positions::One(_) => 1,
            Positions::Many(set) => set.len(),
        }
    }

    fn after(&self, start: Bound<Position>) -> impl Iterator<Item = Position> {
        let (one, many) = match self {
            Positions::None => (None, None),
            Positions::One(position) => (Some(*position), None),
            Positions::Many(set) => (None, Some(set.range((start, Bound::Unbounded)).copied())),
        };
        let one = one.filter(move |position| match start {
            Bound::Excluded(start) => *position > start,
            _ => true,
        });
        one.into_iter().chain(many.into_iter().flatten())
    }
}

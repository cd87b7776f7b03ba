//! The queue manager itself: queues, handles, units of work, and what each verb does to them.
//!
//! Pure: no input or output, no clock, no thread; but for one thing, a message that memory had no room for, which is read
//! back from the [`Shelf`] when somebody gets it. Whoever drives it passes the time in, carries [`Write`]s to the store
//! and tells when they are durable, and carries [`Answer`]s to connections. A put becomes visible, and a committed get
//! final, only when the store has said that it is durable.
//!
//! # Layout
//! The nouns (`message`, `queue`, `unit`, `catalogue`), then the verbs in the order in which a program calls them.

mod message;
mod queue;
mod unit;
mod catalogue;
mod connect;
mod open;
mod context;
mod put;
mod fields;
mod report;
mod topic;
mod subscription;
mod publish;
mod get;
mod standing;
mod form;
mod convert;
mod group;
mod lock;
mod consume;
mod inquire;
mod set;
mod admin;
mod display;
mod state;
mod operate;
mod profile;
mod access;
mod hostile;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use libmqm_sys as mq;

pub use access::Refusal;
pub use catalogue::{ObjectKey, ObjectRecord, Variety};
pub use message::{Head, Image, Moment};
pub use queue::Origin;
pub use state::{Fields, Row};

use access::Access;
use catalogue::Catalogue;
use connect::Connection;
use message::{Entry, Position};
use queue::Queue;
use unit::Then;

use crate::faults::Faults;
use crate::shelf::Shelf;
use crate::verbs::{ObjectHandle, Outcome, Reply, Request};

/// A connection's number, given by whoever accepted it; never reused.
pub type ConnectionId = u64;

/// A queue's number; never reused within a data folder.
pub type QueueId = u32;

/// How many message ids [`Engine::reserve_message_ids`] reserves; a power of two.
pub const RESERVED_IDS: u64 = 4_096;

/// The queue manager.
#[derive(Debug)]
pub struct Engine {
    identity: Identity,
    catalogue: Catalogue,
    access: Access,
    queues: HashMap<QueueId, Queue>,
    connections: HashMap<ConnectionId, Connection>,
    /// From where each client calls.
    addresses: HashMap<ConnectionId, IpAddr>,
    /// The number of the next put.
    next_sequence: u64,
    /// The last eight bytes of the next message id or connection id.
    next_unique: u64,
    slots: Slots,
    broker: publish::Broker,
    /// Nobody may wait any more.
    stopping: bool,
    /// What it does wrong because a test asked for it; not stored.
    faults: Faults,
    /// Where messages are that memory has no room for.
    shelf: Arc<Shelf>,
    effects: Effects,
}

/// Who this queue manager is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// `QMNAME`.
    pub name: String,
    /// `QMID`: differs between two queue managers of the same name.
    pub identifier: String,
    /// Greater at each start, so that ids of two runs never meet; in the upper half of the ids' last eight bytes.
    pub run: u32,
}

/// What a queue manager begins with: what its store holds.
#[derive(Debug, Default)]
pub struct Restored {
    /// The objects; all standard ones are added where missing.
    pub objects: BTreeMap<ObjectKey, ObjectRecord>,
    /// The committed persistent messages by sequence, with their backout counts.
    pub messages: BTreeMap<u64, (Head, u32)>,
}

/// What became of a call.
#[derive(Debug)]
pub enum Progress {
    /// It has ended.
    Answered(Answer),
    /// The get waits; the answer comes among the effects of another call, or of [`Engine::timed_out`].
    Waiting {
        /// For how long; none waits without limit.
        wait_ms: Option<u32>,
    },
    /// The answer comes when the store has written.
    Writing,
}

/// A reply, and what must be noted before it is sent.
#[derive(Debug)]
pub struct Answer {
    reply: Reply,
    /// The message whose properties and body belong into the reply, and how many bytes of the body. They are copied
    /// when the reply is made, not while the engine is at work.
    copied: Option<Copied>,
    /// The handle whose standing request this answers; none where it answers a call.
    pub standing: Option<ObjectHandle>,
    /// To be noted in the store's in-flight file before the reply leaves: if the queue manager is killed while the unit
    /// of work is open, the message must come back with its count raised.
    pub mark: Option<Mark>,
    /// The same for the other segments of a message that was got whole.
    pub more_marks: Vec<Mark>,
}

#[derive(Debug)]
struct Copied {
    image: Arc<Image>,
    with_properties: bool,
    body_bytes: usize,
}

/// A message that an open unit of work has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The place in the in-flight file, unused until the unit's end is durable.
    pub slot: u32,
    /// The message.
    pub sequence: u64,
    /// Its backout count if the unit does not end.
    pub backout_count: u32,
}

/// What calls have caused besides their own answers.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be written in this order.
    pub writes: Vec<Write>,
    /// To be sent.
    pub answers: Vec<(ConnectionId, Answer)>,
    /// To be told to whoever runs the queue manager.
    pub refusals: Vec<Refusal>,
}

/// Changes that become durable together.
#[derive(Debug)]
pub struct Write {
    /// The changes.
    pub changes: Vec<Change>,
    /// To be given to [`Engine::written`] once they are durable.
    pub then: Completion,
}

/// One change of what the store holds.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Change {
    PutMessage { sequence: u64, image: Arc<Image> },
    RemoveMessage { sequence: u64, was_counted: bool },
    CountBackout { sequence: u64, backout_count: u32 },
    PutObject { key: ObjectKey, record: ObjectRecord },
    RemoveObject { key: ObjectKey },
}

/// What the engine does once a write is durable.
#[derive(Debug)]
pub struct Completion(Then);

/// A reason code that ends a verb with `MQCC_FAILED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Failure(i32);

/// Places in the store's in-flight file.
#[derive(Debug, Default)]
struct Slots {
    free: Vec<u32>,
    used: u32,
}

impl Engine {
    /// A queue manager with what its store holds; standard objects that are missing are defined (see
    /// [`Engine::effects`]).
    pub fn new(identity: Identity, restored: Restored, shelf: Arc<Shelf>, now: Moment) -> Self {
        let next_sequence = restored.messages.last_key_value().map_or(1, |(sequence, _)| sequence + 1);
        let mut engine = Self {
            next_unique: u64::from(identity.run) << 32,
            identity,
            catalogue: Catalogue::default(),
            access: Access::default(),
            queues: HashMap::new(),
            connections: HashMap::new(),
            addresses: HashMap::new(),
            next_sequence,
            slots: Slots::default(),
            broker: publish::Broker::default(),
            stopping: false,
            faults: Faults::default(),
            shelf,
            effects: Effects::default(),
        };
        engine.restore_objects(restored.objects, now);
        for (sequence, (head, backout_count)) in restored.messages {
            // A message without its queue is one whose queue was deleted with PURGE: both go in one write.
            if let Some(queue) = engine.queues.get_mut(&head.queue) {
                let position = Position { rank: head.rank, sequence };
                queue.insert(position, Entry::restored(head, backout_count, &engine.shelf, sequence));
            }
        }
        engine.find_retained();
        engine
    }

    /// Who this queue manager is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Carries out one call of a connection. A connection has at most one call under way.
    pub fn call(&mut self, connection: ConnectionId, request: Request, now: Moment) -> Progress {
        if let Some(reason) = self.quiesces_for(connection, &request) {
            return answered(Err(Failure(reason)));
        }
        if let Request::Connect(connect) = request {
            return answered(self.connect(connection, &connect, now));
        }
        if !self.connections.contains_key(&connection) {
            return answered(Err(Failure(mq::MQRC_HCONN_ERROR)));
        }
        match request {
            Request::Connect(_) => unreachable!("answered above"),
            Request::Disconnect => self.disconnect(connection, now),
            Request::Open(open) => self.open(connection, &open, now),
            Request::Close(handle, options) => self.close(connection, handle, options, now),
            Request::Put(put) => self.put(connection, put, now),
            Request::Put1(open, put) => self.put1(connection, &open, put, now),
            Request::Get(get) => self.get(connection, get, now),
            Request::GetAny(gets) => self.get_any(connection, gets, now),
            // Whoever carries calls here ends the wait itself: `timed_out`.
            Request::Cancel => answered(Err(Failure(mq::MQRC_NO_MSG_AVAILABLE))),
            Request::Commit => self.commit(connection, now),
            Request::BackOut => self.back_out(connection, now),
            Request::Inquire(handle, selectors) => answered(self.inquire(connection, handle, &selectors)),
            Request::Subscribe(asked) => self.subscribe(connection, &asked, now),
            Request::RequestPublications(handle, action) => {
                self.request_publications(connection, handle, action, now)
            }
            Request::Set(handle, selectors, integers, characters) => {
                self.set(connection, handle, [&selectors, &integers], &characters, now)
            }
            Request::Mqsc(text) => self.mqsc(connection, &text, now),
        }
    }

    /// Goes on after a write became durable.
    pub fn written(&mut self, completion: Completion, now: Moment) {
        self.complete(completion.0, now);
    }

    /// What the calls since the last time have caused.
    pub fn effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Reserves [`RESERVED_IDS`] message ids that differ in their last two bytes, and returns the first.
    pub fn reserve_message_ids(&mut self) -> [u8; 24] {
        let last = RESERVED_IDS - 1;
        // The next one is the first whose number ends in zeros.
        self.next_unique |= last;
        let first = self.unique_id(*b"AMQ ");
        self.next_unique += last;
        first
    }

    fn unique(&mut self) -> [u8; 8] {
        self.next_unique += 1;
        self.next_unique.to_be_bytes()
    }

    /// An id like IBM MQ's own: four letters, twelve characters of the queue manager's name, eight unique bytes.
    fn unique_id(&mut self, letters: [u8; 4]) -> [u8; 24] {
        let unique = self.unique();
        let name = self.identity.name.bytes().chain(std::iter::repeat(b' ')).take(12);
        let mut id = [0; 24];
        for (to, from) in id.iter_mut().zip(letters.into_iter().chain(name).chain(unique)) {
            *to = from;
        }
        id
    }

    fn write(&mut self, changes: Vec<Change>, then: Then) {
        self.effects.writes.push(Write { changes, then: Completion(then) });
    }

    /// Drops messages whose time was over; the store may learn of it whenever it likes.
    fn discard_expired(&mut self, expired: Vec<(Position, Entry)>, now: Moment) {
        let stored = expired.iter().filter_map(|(position, entry)| removal(*position, entry));
        let changes: Vec<_> = stored.collect();
        if !changes.is_empty() {
            self.write(changes, Then::Nothing);
        }
        for (_, entry) in &expired {
            self.report(report::Event::Expiration, entry, None, now);
        }
    }
}

impl Write {
    /// Changes after which nothing else is to be done.
    pub fn of(changes: Vec<Change>) -> Self {
        Self { changes, then: Completion(Then::Nothing) }
    }
}

impl Slots {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.used += 1;
            self.used - 1
        })
    }

    fn give_back(&mut self, slot: Option<u32>) {
        self.free.extend(slot);
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::of(reply)
    }
}

impl Answer {
    fn of(reply: Reply) -> Self {
        Self { reply, copied: None, standing: None, mark: None, more_marks: Vec::new() }
    }

    /// Whether the call did what it was asked.
    pub fn is_success(&self) -> bool {
        self.reply.completion == mq::MQCC_OK
    }

    /// The reply, whole.
    pub fn into_reply(self) -> Reply {
        let mut reply = self.reply;
        if let (Outcome::Got(got), Some(copied)) = (&mut reply.outcome, self.copied) {
            got.body = copied.image.body.get(..copied.body_bytes).unwrap_or_default().to_vec();
            if copied.with_properties {
                got.properties.clone_from(&copied.image.properties);
            }
        }
        reply
    }
}

/// What the store is told of a message that goes; nothing where it does not have it.
fn removal(position: Position, entry: &Entry) -> Option<Change> {
    let was_counted = entry.backout_count > 0;
    entry.stored.then_some(Change::RemoveMessage { sequence: position.sequence, was_counted })
}

fn ok(outcome: Outcome) -> Reply {
    Reply { completion: mq::MQCC_OK, reason: mq::MQRC_NONE, outcome }
}

fn warning(reason: i32, outcome: Outcome) -> Reply {
    Reply { completion: mq::MQCC_WARNING, reason, outcome }
}

fn with_warning(reason: Option<i32>, outcome: Outcome) -> Reply {
    match reason {
        Some(reason) => warning(reason, outcome),
        None => ok(outcome),
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        Reply { completion: mq::MQCC_FAILED, reason: failure.0, outcome: Outcome::Nothing }
    }
}

fn answered(result: Result<Reply, Failure>) -> Progress {
    Progress::Answered(Answer::of(result.unwrap_or_else(Reply::from)))
}

//! A message as the engine holds it, and its place in a queue.

use std::sync::Arc;

use libmqm_sys as mq;
use serde::{Deserialize, Serialize};

use super::Failure;
use crate::shelf::Shelf;
use crate::verbs::{Descriptor, Property};

/// Milliseconds since the Unix epoch, as the caller of the engine read them from its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

/// A message as it was put; never changed afterwards, shared between queue, store and replies.
#[derive(PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The queue it is on.
    pub queue: u32,
    /// Its priority's place in that queue: 0 is got first.
    pub rank: u8,
    /// The descriptor as the queue manager completed it; its expiry is the original one.
    pub descriptor: Descriptor,
    /// When it expires, in milliseconds since the Unix epoch.
    pub expires_ms: Option<i64>,
    /// The properties.
    pub properties: Vec<Property>,
    /// The message data.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("queue", &self.queue)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What of a message is always in memory: all that finding one asks for, without selection strings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The queue it is on.
    pub queue: u32,
    /// Its priority's place in that queue.
    pub rank: u8,
    /// `MQMD.MsgId`.
    pub message_id: [u8; 24],
    /// `MQMD.CorrelId`.
    pub correlation_id: [u8; 24],
    /// `MQMD.GroupId`.
    pub group_id: [u8; 24],
    /// `MQMD.MsgSeqNumber`.
    pub sequence_number: i32,
    /// `MQMD.Offset`.
    pub offset: i32,
    /// `MQMD.MsgFlags`.
    pub message_flags: i32,
    /// `MQMD.Report`.
    pub report: i32,
    /// `MQMD.Persistence`.
    pub persistence: i32,
    /// When it expires, in milliseconds since the Unix epoch.
    pub expires_ms: Option<i64>,
    /// The length of the message data.
    pub body_bytes: u32,
}

impl Head {
    /// The head of a message.
    pub fn of(image: &Image) -> Self {
        let descriptor = &image.descriptor;
        Self {
            queue: image.queue,
            rank: image.rank,
            message_id: descriptor.message_id,
            correlation_id: descriptor.correlation_id,
            group_id: descriptor.group_id,
            sequence_number: descriptor.sequence_number,
            offset: descriptor.offset,
            message_flags: descriptor.message_flags,
            report: descriptor.report,
            persistence: descriptor.persistence,
            expires_ms: image.expires_ms,
            body_bytes: u32::try_from(image.body.len()).unwrap_or(u32::MAX),
        }
    }
}

/// A message's place in its queue: by rank, then in the order of the puts. It keeps its place when it is backed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// 9 less the priority.
    pub(super) rank: u8,
    /// The number of the put; unique in the queue manager and never reused.
    pub(super) sequence: u64,
}

/// A message with what changes about it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// What finding it asks for.
    pub(super) head: Head,
    /// How often a unit of work that had got it was backed out.
    pub(super) backout_count: u32,
    /// Where the store notes that an open unit of work has got it; persistent messages only.
    pub(super) slot: Option<u32>,
    /// Whether the store has it, or will, and must be told when it goes.
    pub(super) stored: bool,
    kept: Kept,
}

/// Where all of a message is.
#[derive(Debug, Clone)]
enum Kept {
    InMemory(Arc<Image>),
    OnDisk { shelf: Arc<Shelf>, sequence: u64 },
}

/// About what a message takes in memory besides its data and properties.
const IMAGE_BYTES: usize = 512;

impl Entry {
    /// A new message.
    pub(super) fn new(image: Arc<Image>) -> Self {
        let head = Head::of(&image);
        Self { head, backout_count: 0, slot: None, stored: false, kept: Kept::InMemory(image) }
    }

    /// One that the store had at start.
    pub(super) fn restored(head: Head, backout_count: u32, shelf: &Arc<Shelf>, sequence: u64) -> Self {
        let kept = Kept::OnDisk { shelf: shelf.clone(), sequence };
        Self { head, backout_count, slot: None, stored: true, kept }
    }

    /// All of it, read back where it is not in memory.
    pub(super) fn image(&self) -> Result<Arc<Image>, Failure> {
        match &self.kept {
            Kept::InMemory(image) => Ok(image.clone()),
            Kept::OnDisk { shelf, sequence } => {
                shelf.read(*sequence).map_err(|_| Failure(mq::MQRC_OBJECT_DAMAGED))
            }
        }
    }

    /// How much memory it takes besides what finding it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        match &self.kept {
            Kept::InMemory(image) => {
                let properties = image.properties.iter().map(|each| each.name.len() + each.value.len());
                IMAGE_BYTES + image.body.len() + properties.sum::<usize>()
            }
            Kept::OnDisk { .. } => 0,
        }
    }

    /// Leaves it to the store, which must have it.
    pub(super) fn leave_on(&mut self, shelf: &Arc<Shelf>, sequence: u64) {
        self.kept = Kept::OnDisk { shelf: shelf.clone(), sequence };
    }

    /// Whether the message outlives the queue manager's end.
    pub(super) fn is_persistent(&self) -> bool {
        self.head.persistence == mq::MQPER_PERSISTENT
    }

    /// Whether its time is over.
    pub(super) fn is_expired(&self, now: Moment) -> bool {
        self.head.expires_ms.is_some_and(|expires| expires <= now.0)
    }

    /// What is left of its life in tenths of a second, as MQGET returns it.
    pub(super) fn expiry_left(&self, now: Moment) -> i32 {
        self.head.expires_ms.map_or(mq::MQEI_UNLIMITED, |expires| {
            i32::try_from(((expires - now.0).max(0) + 99) / 100).unwrap_or(i32::MAX)
        })
    }
}

impl Position {
    /// The position as an `MQGMO.MsgToken`.
    pub(super) fn to_token(self) -> [u8; 16] {
        let mut token = [0; 16];
        for (to, from) in token.iter_mut().zip(self.sequence.to_be_bytes().into_iter().chain([self.rank])) {
            *to = from;
        }
        token
    }

    /// The position that a token names; none where it is not one of ours.
    pub(super) fn from_token(token: &[u8; 16]) -> Option<Self> {
        let (sequence, rest) = token.split_first_chunk::<8>()?;
        match rest {
            [rank, 0, 0, 0, 0, 0, 0, 0] => {
                Some(Self { rank: *rank, sequence: u64::from_be_bytes(*sequence) })
            }
            _ => None,
        }
    }
}

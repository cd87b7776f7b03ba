//! A message as the engine holds it, and its place in a queue.

use std::sync::Arc;

use libmqm_sys as mq;
use serde::{Deserialize, Serialize};

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
    /// The message as put.
    pub(super) image: Arc<Image>,
    /// How often a unit of work that had got it was backed out.
    pub(super) backout_count: u32,
    /// Where the store notes that an open unit of work has got it; persistent messages only.
    pub(super) slot: Option<u32>,
}

impl Entry {
    /// Whether the message outlives the queue manager's end.
    pub(super) fn is_persistent(&self) -> bool {
        self.image.descriptor.persistence == mq::MQPER_PERSISTENT
    }

    /// Whether its time is over.
    pub(super) fn is_expired(&self, now: Moment) -> bool {
        self.image.expires_ms.is_some_and(|expires| expires <= now.0)
    }

    /// What is left of its life in tenths of a second, as MQGET returns it.
    pub(super) fn expiry_left(&self, now: Moment) -> i32 {
        match self.image.expires_ms {
            Some(expires) => i32::try_from(((expires - now.0).max(0) + 99) / 100).unwrap_or(i32::MAX),
            None => self.image.descriptor.expiry,
        }
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

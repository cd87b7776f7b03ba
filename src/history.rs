//! What was tried before, for messages that did not end at their first attempt: a bounded map by idempotency key.
//!
//! BackoutCount is evidence, never a verdict: probes, kills and failovers raise it for innocent messages. What counts is
//! what this process saw, and what stands beside a message on our own queues (`evidence`). A message that ends leaves the
//! map; where the map is full the oldest entry gives way, which loses no message: a message that comes again without its
//! entry has BackoutCount above 0 and is marked all the same.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::message::IdempotencyKey;

/// What was tried for one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// Requests begun, in all units that are remembered.
    pub attempts: u32,
    /// Of these, the ones that count against the message: answered 5xx, or failed in any way after it was blamed.
    pub counted: u32,
    /// One of them may have reached the service.
    pub uncertain: bool,
    /// The destination that an uncertain attempt was for: the message goes to no other any more.
    pub pinned: Option<usize>,
    /// When a service first answered 5xx for it: where its search for an alibi begins.
    pub first_5xx: Option<Instant>,
    /// An outage ended with another message after this one had probed in vain: its failures are its own.
    pub blamed: bool,
}

impl Past {
    /// What two memories of one message come to.
    pub fn with(self, other: Self) -> Self {
        Self {
            attempts: self.attempts.max(other.attempts),
            counted: self.counted.max(other.counted),
            uncertain: self.uncertain || other.uncertain,
            pinned: self.pinned.or(other.pinned),
            first_5xx: [self.first_5xx, other.first_5xx].into_iter().flatten().min(),
            blamed: self.blamed || other.blamed,
        }
    }
}

/// The pasts of the messages that have not ended yet.
#[derive(Debug)]
pub struct History {
    entries_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    pasts: HashMap<IdempotencyKey, (Past, u64)>,
    // Keys by age with the serial number of their entry; an older serial number means the entry was renewed or has gone.
    by_age: VecDeque<(IdempotencyKey, u64)>,
    serial: u64,
}

impl History {
    /// An empty history that keeps at most `entries_max` messages.
    pub fn new(entries_max: usize) -> Self {
        Self { entries_max: entries_max.max(1), kept: Mutex::default() }
    }

    /// What was tried for this message; `None` for a message that this process has not seen before, or forgot.
    pub fn past(&self, key: &IdempotencyKey) -> Option<Past> {
        self.kept().pasts.get(key).map(|(past, _)| *past)
    }

    /// Notes that a destination which this message probed in vain has accepted another one.
    pub fn blame(&self, key: &IdempotencyKey, now: Instant) {
        if let Some((past, _)) = self.kept().pasts.get_mut(key) {
            past.blamed = true;
            past.first_5xx.get_or_insert(now);
        }
    }

    /// Remembers a message that has not ended, beside what was noted of it meanwhile.
    pub fn remember(&self, key: IdempotencyKey, past: Past) {
        let mut kept = self.kept();
        kept.serial += 1;
        let serial = kept.serial;
        let former = kept.pasts.get(&key).map(|(former, _)| *former);
        kept.pasts.insert(key, (former.map_or(past, |former| past.with(former)), serial));
        kept.by_age.push_back((key, serial));
        kept.shed(self.entries_max);
    }

    /// Forgets a message that has ended.
    pub fn forget(&self, key: &IdempotencyKey) {
        self.kept().pasts.remove(key);
    }

    /// How many messages are remembered.
    pub fn len(&self) -> usize {
        self.kept().pasts.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change of the map is one insertion or removal: a panic elsewhere leaves it whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Drops the oldest entries over the limit, and the traces of entries that were renewed or forgotten.
    fn shed(&mut self, entries_max: usize) {
        while let Some((key, serial)) = self.by_age.front() {
            let current = self.pasts.get(key).is_some_and(|(_, newest)| newest == serial);
            if current && self.pasts.len() <= entries_max {
                break;
            }
            if current {
                self.pasts.remove(key);
            }
            self.by_age.pop_front();
        }
        // Renewed entries leave traces behind a long-lived oldest one; they are swept before they outgrow the map.
        if self.by_age.len() > entries_max.saturating_mul(2).max(64) {
            let pasts = &self.pasts;
            self.by_age.retain(|(key, serial)| pasts.get(key).is_some_and(|(_, newest)| newest == serial));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> IdempotencyKey {
        IdempotencyKey([n; 32])
    }

    fn attempts(attempts: u32) -> Past {
        Past { attempts, ..Past::default() }
    }

    #[test]
    fn two_memories_of_a_message_make_the_worse_of_both() {
        let now = Instant::now();
        let later = now + std::time::Duration::from_secs(1);
        let one = Past { first_5xx: Some(later), uncertain: true, pinned: Some(1), ..attempts(2) };
        let other = Past { first_5xx: Some(now), blamed: true, counted: 3, ..attempts(5) };
        let both = Past {
            attempts: 5,
            counted: 3,
            uncertain: true,
            pinned: Some(1),
            first_5xx: Some(now),
            blamed: true,
        };
        assert_eq!(one.with(other), both);
        assert_eq!(other.with(one), both);
    }

    #[test]
    fn the_oldest_message_gives_way_where_the_history_is_full() {
        let history = History::new(2);
        for n in 1..=3 {
            history.remember(key(n), attempts(u32::from(n)));
        }
        assert_eq!(history.past(&key(1)), None);
        assert_eq!(history.past(&key(2)), Some(attempts(2)));
        assert_eq!(history.past(&key(3)), Some(attempts(3)));
    }

    #[test]
    fn a_renewed_entry_is_young_again() {
        let history = History::new(2);
        history.remember(key(1), attempts(1));
        history.remember(key(2), attempts(1));
        history.remember(key(1), Past { uncertain: true, ..attempts(2) });
        history.remember(key(3), attempts(1));
        assert_eq!(history.past(&key(1)), Some(Past { uncertain: true, ..attempts(2) }));
        assert_eq!(history.past(&key(2)), None);
    }

    #[test]
    fn renewing_one_message_for_ever_does_not_grow_the_history() {
        let history = History::new(4);
        history.remember(key(9), Past::default());
        for count in 0..10_000 {
            history.remember(key(1), attempts(count));
        }
        assert_eq!(history.len(), 2);
        assert!(history.kept().by_age.len() <= 64);
    }

    #[test]
    fn a_message_that_is_blamed_while_it_is_in_hand_stays_blamed() {
        let history = History::new(4);
        history.remember(key(1), attempts(1));
        history.blame(&key(1), Instant::now());
        history.remember(key(1), attempts(2));
        let past = history.past(&key(1)).unwrap();
        assert!(past.blamed && past.attempts == 2 && past.first_5xx.is_some());
    }

    #[test]
    fn a_message_that_ended_is_forgotten() {
        let history = History::new(4);
        history.remember(key(1), attempts(1));
        history.forget(&key(1));
        assert!(history.is_empty());
    }
}

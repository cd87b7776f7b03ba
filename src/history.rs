//! What was tried before, for messages that did not end at their first attempt: a bounded map by idempotency key.
//!
//! BackoutCount is evidence, never a verdict: probes, kills and failovers raise it for innocent messages. What counts is
//! what this process saw. A message that ends leaves the map; where the map is full the oldest entry gives way, which
//! loses no message: a message that comes again without its entry has BackoutCount above 0 and is marked all the same.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::message::IdempotencyKey;

/// What was tried for one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// Requests begun, in all units this process remembers.
    pub attempts: u32,
    /// One of them may have reached the service.
    pub uncertain: bool,
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

    /// What was tried for this message; nothing, for a message not seen before.
    pub fn past(&self, key: &IdempotencyKey) -> Past {
        self.kept().pasts.get(key).map(|(past, _)| *past).unwrap_or_default()
    }

    /// Remembers a message that has not ended.
    pub fn remember(&self, key: IdempotencyKey, past: Past) {
        let mut kept = self.kept();
        kept.serial += 1;
        let serial = kept.serial;
        kept.pasts.insert(key, (past, serial));
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

    #[test]
    fn the_oldest_message_gives_way_where_the_history_is_full() {
        let history = History::new(2);
        for n in 1..=3 {
            history.remember(key(n), Past { attempts: u32::from(n), uncertain: false });
        }
        assert_eq!(history.past(&key(1)), Past::default());
        assert_eq!(history.past(&key(2)).attempts, 2);
        assert_eq!(history.past(&key(3)).attempts, 3);
    }

    #[test]
    fn a_renewed_entry_is_young_again() {
        let history = History::new(2);
        history.remember(key(1), Past { attempts: 1, uncertain: false });
        history.remember(key(2), Past { attempts: 1, uncertain: false });
        history.remember(key(1), Past { attempts: 2, uncertain: true });
        history.remember(key(3), Past { attempts: 1, uncertain: false });
        assert_eq!(history.past(&key(1)), Past { attempts: 2, uncertain: true });
        assert_eq!(history.past(&key(2)), Past::default());
    }

    #[test]
    fn renewing_one_message_for_ever_does_not_grow_the_history() {
        let history = History::new(4);
        history.remember(key(9), Past::default());
        for attempts in 0..10_000 {
            history.remember(key(1), Past { attempts, uncertain: false });
        }
        assert_eq!(history.len(), 2);
        assert!(history.kept().by_age.len() <= 64);
    }

    #[test]
    fn a_message_that_ended_is_forgotten() {
        let history = History::new(4);
        history.remember(key(1), Past { attempts: 1, uncertain: true });
        history.forget(&key(1));
        assert!(history.is_empty());
    }
}

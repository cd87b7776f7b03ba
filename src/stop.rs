//! The word to stop, as the threads hear it: a wait that ends early.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shared by everything that waits. Said once, never taken back.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    said: Mutex<bool>,
    heard: Condvar,
}

impl Stop {
    /// Tells everyone to stop and wakes whoever waits.
    pub fn say(&self) {
        *self.lock() = true;
        self.shared.heard.notify_all();
    }

    /// Whether it was said.
    pub fn said(&self) -> bool {
        *self.lock()
    }

    /// Waits for `duration`, or until it is said. Returns whether it was said.
    pub fn wait(&self, duration: Duration) -> bool {
        let until = Instant::now() + duration;
        let mut said = self.lock();
        while !*said {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            said = self.shared.heard.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.shared.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_stop_is_said() {
        let stop = Stop::default();
        let waiter = std::thread::spawn({
            let stop = stop.clone();
            move || stop.wait(Duration::from_secs(600))
        });
        assert!(!stop.said());
        stop.say();
        assert!(waiter.join().unwrap());
        assert!(stop.said());
    }

    #[test]
    fn a_wait_that_nobody_ends_runs_out() {
        assert!(!Stop::default().wait(Duration::from_millis(1)));
    }
}

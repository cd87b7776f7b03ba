//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine with two cores; a test that is right never waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(2);

/// Asks `condition` until it gives something.
///
/// # Panics
/// Where it gives nothing before the deadline; `what` says what was waited for.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {DEADLINE:?} in vain: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Asks `condition` until it holds.
///
/// # Panics
/// As [`eventually`].
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    eventually(what, || condition().then_some(()));
}

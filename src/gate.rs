//! Whether a source may be got from: the fuse against a bad release, and pauses, by mqgate or by an operator.
//!
//! *Fuse*: more than `park_burst_max` messages parked within the window, for whatever reason, pause the source until an
//! operator resumes it: a release that answers 400, a changed format or a wrong CCSID parks a handful, never a day of
//! payments. After a start, and after being resumed, it allows one, until a message of the source is accepted or the window
//! has passed: a restart must not be a way round it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The gate of one source; for all its consumers the same, and on all sites but for pauses that end by themselves.
#[derive(Debug)]
pub struct Gate {
    burst_max: usize,
    window: Duration,
    pause_first: Duration,
    pause_max: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    // The last parkings, at most `burst_max` of them.
    parked: VecDeque<Instant>,
    // How many of these, the oldest, are only assumed: nobody knows what was parked before the start.
    assumed: usize,
    pause: Option<Pause>,
    // What failed on one site's queues holds up nobody on another.
    rests: BTreeMap<usize, Rest>,
}

/// A site's pause, in force or over, and how often there was one since a message last ended there.
#[derive(Debug, Clone, Copy)]
struct Rest {
    pause: Pause,
    faults: u32,
}

/// Why a source is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The fuse: too many messages would have been parked.
    Fuse,
    /// A message that cannot pass, where order matters and `on_poison` is `stop`.
    Poison,
    /// An operator asked for it.
    Operator,
    /// A message could not be put to one of our own queues. It ends by itself.
    Put,
    /// An audit record could not be put. It ends by itself.
    Audit,
}

/// A pause in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Instant,
    /// When it ends by itself; `None`: an operator resumes it.
    pub until: Option<Instant>,
}

impl Cause {
    /// The word for logs, metrics and the admin API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fuse => "fuse",
            Self::Poison => "poison",
            Self::Operator => "operator",
            Self::Put => "put-failed",
            Self::Audit => "audit-failed",
        }
    }
}

impl Gate {
    /// A gate that is open. Pauses that end by themselves double from `pause_first` to `pause_max`.
    pub fn new(
        burst_max: usize,
        window: Duration,
        pause_first: Duration,
        pause_max: Duration,
        now: Instant,
    ) -> Self {
        let state = State { parked: VecDeque::new(), assumed: 0, pause: None, rests: BTreeMap::new() };
        let gate =
            Self { burst_max: burst_max.max(1), window, pause_first, pause_max, state: Mutex::new(state) };
        gate.state().allow_one(gate.burst_max, now);
        gate
    }

    /// Asks to park a message. False: the fuse has blown, and the source is paused until an operator resumes it.
    pub fn may_park(&self, now: Instant) -> bool {
        let mut state = self.state();
        while state.parked.front().is_some_and(|parked| now.saturating_duration_since(*parked) > self.window)
        {
            state.parked.pop_front();
            state.assumed = state.assumed.saturating_sub(1);
        }
        if state.parked.len() >= self.burst_max {
            state.pause = Some(Pause { cause: Cause::Fuse, since: now, until: None });
            return false;
        }
        state.parked.push_back(now);
        true
    }

    /// The message that was allowed to be parked is not: it does not count.
    pub fn not_parked(&self) {
        let mut state = self.state();
        if state.parked.len() > state.assumed {
            state.parked.pop_back();
        }
    }

    /// A message was accepted: parkings before the start are no longer assumed.
    pub fn accepted(&self) {
        let mut state = self.state();
        let assumed = std::mem::take(&mut state.assumed);
        state.parked.drain(..assumed);
    }

    /// A message ended on this site with all that had to be put: the next pause there begins small again.
    pub fn ended(&self, site: usize) {
        self.state().rests.remove(&site);
    }

    /// Pauses the source on all sites until an operator resumes it.
    pub fn pause(&self, cause: Cause, now: Instant) {
        self.state().pause = Some(Pause { cause, since: now, until: None });
    }

    /// Pauses the source on this site for a while, which grows with each pause in a row.
    pub fn rest(&self, site: usize, cause: Cause, now: Instant) {
        let mut state = self.state();
        let faults = state.rests.get(&site).map_or(0, |rest| rest.faults);
        let length = self.pause_first.saturating_mul(1 << faults.min(20)).min(self.pause_max);
        let pause = Pause { cause, since: now, until: Some(now + length) };
        state.rests.insert(site, Rest { pause, faults: faults.saturating_add(1) });
    }

    /// An operator resumes the source. Returns whether it was paused.
    pub fn resume(&self, now: Instant) -> bool {
        let paused = self.paused(now).is_some();
        let mut state = self.state();
        state.allow_one(self.burst_max, now);
        state.pause = None;
        state.rests.clear();
        paused
    }

    /// The pause in force on all sites, else on any.
    pub fn paused(&self, now: Instant) -> Option<Pause> {
        let state = self.state();
        state.pause.or_else(|| state.rests.values().find_map(|rest| rest.in_force(now)))
    }

    /// The pause in force on this site.
    pub fn paused_on(&self, site: usize, now: Instant) -> Option<Pause> {
        let state = self.state();
        state.pause.or_else(|| state.rests.get(&site)?.in_force(now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rest {
    fn in_force(&self, now: Instant) -> Option<Pause> {
        Some(self.pause).filter(|pause| pause.until.is_some_and(|until| until > now))
    }
}

impl State {
    /// As if all but one of the allowed parkings had just happened.
    fn allow_one(&mut self, burst_max: usize, now: Instant) {
        self.assumed = burst_max - 1;
        self.parked = std::iter::repeat_n(now, self.assumed).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    fn gate(now: Instant) -> Gate {
        Gate::new(3, WINDOW, Duration::from_secs(1), Duration::from_secs(4), now)
    }

    fn parks(gate: &Gate, now: Instant) -> usize {
        (0..10).take_while(|_| gate.may_park(now)).count()
    }

    #[test]
    fn a_start_allows_one_until_a_message_is_accepted() {
        let now = Instant::now();
        assert_eq!(parks(&gate(now), now), 1);
        let gate = gate(now);
        assert!(gate.may_park(now));
        gate.accepted();
        assert_eq!(parks(&gate, now), 2, "the one that was parked counts");
        assert_eq!(gate.paused(now).map(|pause| pause.cause), Some(Cause::Fuse));
    }

    #[test]
    fn a_burst_is_counted_within_the_window() {
        let now = Instant::now();
        let gate = gate(now);
        let later = now + WINDOW + Duration::from_secs(1);
        assert_eq!(parks(&gate, later), 3);
        assert!(gate.paused(later + WINDOW).is_some(), "only an operator resumes it");
        assert!(gate.resume(later));
        assert_eq!(parks(&gate, later), 1, "resumed with a burst of one");
        assert!(gate.resume(later) && gate.may_park(later + WINDOW + WINDOW));
    }

    #[test]
    fn a_message_that_could_not_be_parked_does_not_count() {
        let now = Instant::now();
        let gate = gate(now);
        for _ in 0..10 {
            assert!(gate.may_park(now));
            gate.not_parked();
        }
        assert_eq!(parks(&gate, now), 1);
    }

    #[test]
    fn a_pause_for_a_failed_put_ends_by_itself_and_grows() {
        let now = Instant::now();
        let gate = gate(now);
        let mut lasted = Vec::new();
        for _ in 0..4 {
            gate.rest(0, Cause::Put, now);
            let until = gate.paused_on(0, now).unwrap().until.unwrap();
            lasted.push((until - now).as_secs());
            assert_eq!((gate.paused_on(0, until), gate.paused(until)), (None, None));
        }
        assert_eq!(lasted, [1, 2, 4, 4]);
        gate.ended(0);
        gate.rest(0, Cause::Put, now);
        assert_eq!(gate.paused(now).unwrap().until, Some(now + Duration::from_secs(1)));
        assert_eq!(gate.paused_on(1, now), None, "another site goes on");
    }

    #[test]
    fn a_pause_for_an_operator_to_end_outlasts_others() {
        let now = Instant::now();
        let gate = gate(now);
        gate.pause(Cause::Operator, now);
        gate.rest(0, Cause::Put, now);
        assert_eq!(gate.paused_on(0, now + WINDOW).map(|pause| pause.cause), Some(Cause::Operator));
        assert!(gate.resume(now) && gate.paused(now).is_none() && !gate.resume(now));
    }
}

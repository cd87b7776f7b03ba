//! Which destinations are out, and who may probe them.
//!
//! While a destination is out, no consumer whose source can reach it gets messages, but one: the holder of its [`Probe`].
//! That one takes ordinary turns, so messages for other destinations on the same queue still pass, one at a time; a
//! message for the one that is out becomes the probe. The first whole answer ends the outage and wakes everyone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The state of every destination, shared by all consumers.
#[derive(Debug, Clone)]
pub struct Outages {
    board: Arc<Mutex<Vec<State>>>,
    delay_first: Duration,
    delay_max: Duration,
}

#[derive(Debug, Clone, Default)]
struct State {
    outage: Option<Outage>,
}

#[derive(Debug, Clone)]
struct Outage {
    probing: bool,
    delay: Duration,
    next_probe: Instant,
}

/// Whether a consumer may take a turn now.
#[derive(Debug)]
pub enum Permit {
    /// Everything that the source can reach is well.
    Go,
    /// Something is out and this consumer probes it. Held for the length of the turn.
    GoAsProbe(Probe),
    /// Something is out and another consumer probes it, or it is not yet time: ask again after this.
    Wait(Duration),
}

/// The right to probe one destination; dropping it gives the right back.
#[derive(Debug)]
pub struct Probe {
    outages: Outages,
    destination: usize,
}

impl Outages {
    /// All of `destinations` are well at the start. The delay between probes doubles from `delay_first` to `delay_max`.
    pub fn new(destinations: usize, delay_first: Duration, delay_max: Duration) -> Self {
        Self { board: Arc::new(Mutex::new(vec![State::default(); destinations])), delay_first, delay_max }
    }

    /// Asks for a turn on behalf of a source that can reach these destinations.
    pub fn permit(&self, reachable: &[usize], now: Instant) -> Permit {
        let mut board = self.board();
        let mut wait = None;
        for &destination in reachable {
            let Some(outage) = board.get_mut(destination).and_then(|state| state.outage.as_mut()) else {
                continue;
            };
            if outage.probing {
                wait = wait.or(Some(self.delay_first));
            } else if outage.next_probe > now {
                let left = outage.next_probe - now;
                wait = Some(wait.map_or(left, |shortest: Duration| shortest.min(left)));
            } else {
                outage.probing = true;
                return Permit::GoAsProbe(Probe { outages: self.clone(), destination });
            }
        }
        wait.map_or(Permit::Go, Permit::Wait)
    }

    /// A unit for this destination was given up: the next probe waits, at least as long as the service asked for.
    ///
    /// `jitter_permille` (0 to 1,000) takes up to half off the delay before the next probe.
    pub fn gave_up(&self, destination: usize, now: Instant, asked: Duration, jitter_permille: u32) {
        let mut board = self.board();
        let Some(state) = board.get_mut(destination) else { return };
        let (probing, delay) = match &state.outage {
            None => (false, self.delay_first),
            Some(outage) => (outage.probing, outage.delay.saturating_mul(2).min(self.delay_max)),
        };
        let next_probe = now + (delay - (delay / 2) * jitter_permille.min(1000) / 1000).max(asked);
        state.outage = Some(Outage { probing, delay, next_probe });
    }

    /// The destination failed once: it is out until it answers, and the caller, who holds a message for it, probes it.
    /// Returns the right to do so, or `None` where another consumer has it.
    pub fn failed(&self, destination: usize, now: Instant) -> Failed {
        let mut board = self.board();
        let Some(state) = board.get_mut(destination) else { return Failed::AnotherProbes };
        match &mut state.outage {
            Some(outage) if outage.probing => Failed::AnotherProbes,
            Some(outage) => {
                outage.probing = true;
                Failed::Probe(Probe { outages: self.clone(), destination })
            }
            None => {
                state.outage = Some(Outage { probing: true, delay: self.delay_first, next_probe: now });
                Failed::Probe(Probe { outages: self.clone(), destination })
            }
        }
    }

    /// The destination answered. Returns true where that ended an outage.
    pub fn answered(&self, destination: usize) -> bool {
        self.board().get_mut(destination).is_some_and(|state| state.outage.take().is_some())
    }

    /// Whether the destination is out.
    pub fn is_out(&self, destination: usize) -> bool {
        self.board().get(destination).is_some_and(|state| state.outage.is_some())
    }

    fn board(&self) -> MutexGuard<'_, Vec<State>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a consumer learns that has just seen a destination fail.
#[derive(Debug)]
pub enum Failed {
    /// It probes from now on.
    Probe(Probe),
    /// Another consumer probes: this one gives its message back.
    AnotherProbes,
}

impl Probe {
    /// The destination that this probe is for.
    pub fn destination(&self) -> usize {
        self.destination
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if let Some(State { outage: Some(outage) }) = self.outages.board().get_mut(self.destination) {
            outage.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);

    fn outages() -> Outages {
        Outages::new(2, FIRST, Duration::from_millis(350))
    }

    #[test]
    fn one_consumer_probes_and_the_others_wait() {
        let outages = outages();
        let now = Instant::now();
        let Failed::Probe(probe) = outages.failed(1, now) else { panic!("the first to fail probes") };
        assert!(matches!(outages.failed(1, now), Failed::AnotherProbes));
        assert!(matches!(outages.permit(&[0, 1], now), Permit::Wait(_)));
        assert!(matches!(outages.permit(&[0], now), Permit::Go), "other sources go on");
        drop(probe);
        assert!(matches!(outages.permit(&[1], now), Permit::GoAsProbe(_)));
    }

    #[test]
    fn an_answer_ends_the_outage_for_everyone() {
        let outages = outages();
        let now = Instant::now();
        let failed = outages.failed(0, now);
        assert!(outages.is_out(0));
        assert!(outages.answered(0));
        assert!(!outages.answered(0), "it ends once");
        assert!(matches!(outages.permit(&[0], now), Permit::Go));
        drop(failed);
        assert!(!outages.is_out(0));
    }

    #[test]
    fn probes_come_at_growing_delays() {
        let outages = outages();
        let now = Instant::now();
        drop(outages.failed(0, now));
        let mut delays = Vec::new();
        for _ in 0..4 {
            outages.gave_up(0, now, Duration::ZERO, 0);
            let Permit::Wait(left) = outages.permit(&[0], now) else { panic!("too early to probe") };
            delays.push(left.as_millis());
        }
        assert_eq!(delays, [200, 350, 350, 350]);
        assert!(matches!(outages.permit(&[0], now + Duration::from_millis(350)), Permit::GoAsProbe(_)));
        let asked = Duration::from_secs(5);
        outages.gave_up(0, now, asked, 1000);
        assert!(
            matches!(outages.permit(&[0], now), Permit::Wait(left) if left == asked),
            "Retry-After is honoured"
        );
    }
}

//! Which destinations are out, who may probe them, and when each has last accepted a message: the alibi of the others.
//!
//! While a destination is out, no consumer whose messages would wait for it gets any, but one: the holder of its [`Probe`].
//! That one takes ordinary turns, so messages for other destinations on the same queue still pass, one at a time; a
//! message for the one that is out becomes the probe. The first whole answer ends the outage and wakes everyone. A message
//! that has probed often enough in vain is set aside: the next one probes, and if that one is accepted, the destination was
//! well and the first message is to blame.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mq::MessageId;

use crate::message::IdempotencyKey;

/// How many messages that probed in vain are remembered for one destination at most; the oldest probes again then.
const VAIN_MAX: usize = 16;

/// The state of every destination, shared by all consumers.
#[derive(Debug, Clone)]
pub struct Outages {
    board: Arc<Mutex<Vec<State>>>,
    rules: Rules,
}

/// How often is probed.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The first delay between two probes; it doubles with each.
    pub delay_first: Duration,
    /// The longest delay between two probes.
    pub delay_max: Duration,
    /// Units that one message may probe in before another one does.
    pub probes_per_message_max: u32,
}

#[derive(Debug, Clone, Default)]
struct State {
    outage: Option<Outage>,
    last_accepted: Option<Instant>,
    // How many units each message has probed in vain, over all outages: where others are accepted in between, an outage that
    // only one message brings about is over before that one has probed often enough.
    vain: VecDeque<(Prober, u32)>,
    // How many outages there were: a right to probe is for one of them.
    outages: u64,
}

#[derive(Debug, Clone)]
struct Outage {
    number: u64,
    probing: bool,
    delay: Duration,
    next_probe: Instant,
}

/// A message that probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prober {
    /// What its repeats have in common.
    pub key: IdempotencyKey,
    /// How it is found on its queue.
    pub message_id: MessageId,
}

/// Whether a consumer may take a turn now.
#[derive(Debug)]
pub enum Permit {
    /// Everything that it would have to wait for is well.
    Go,
    /// Something is out and this consumer probes it. Held for the length of the turn.
    GoAsProbe(Probe),
    /// Something is out and another consumer probes it, or it is not yet time: ask again after this.
    Wait(Duration),
}

/// The right to probe one destination while this outage lasts; dropping it gives the right back.
#[derive(Debug)]
pub struct Probe {
    outages: Outages,
    destination: usize,
    outage: u64,
}

/// What an answer of a destination has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// It was out until now.
    pub outage_over: bool,
    /// Messages that had probed in vain, where this one was accepted.
    pub to_blame: Vec<IdempotencyKey>,
}

impl Outages {
    /// All of `destinations` are well at the start.
    pub fn new(destinations: usize, rules: Rules) -> Self {
        Self { board: Arc::new(Mutex::new(vec![State::default(); destinations])), rules }
    }

    /// Asks for a turn on behalf of a consumer whose messages would have to wait for these destinations.
    pub fn permit(&self, waits_for: &[usize], now: Instant) -> Permit {
        if waits_for.is_empty() {
            return Permit::Go;
        }
        let mut board = self.board();
        let mut wait = None;
        for &destination in waits_for {
            let Some(outage) = board.get_mut(destination).and_then(|state| state.outage.as_mut()) else {
                continue;
            };
            if outage.probing {
                wait = wait.or(Some(self.rules.delay_first));
            } else if outage.next_probe > now {
                let left = outage.next_probe - now;
                wait = Some(wait.map_or(left, |shortest: Duration| shortest.min(left)));
            } else {
                outage.probing = true;
                return Permit::GoAsProbe(self.probe(destination, outage.number));
            }
        }
        wait.map_or(Permit::Go, Permit::Wait)
    }

    /// A unit for this destination was given up: the next probe waits, at least as long as the service asked for.
    ///
    /// `jitter_permille` (0 to 1,000) takes up to half off the delay before the next probe.
    pub fn gave_up(
        &self,
        destination: usize,
        prober: Prober,
        now: Instant,
        asked: Duration,
        jitter_permille: u32,
    ) {
        let mut board = self.board();
        let Some(state) = board.get_mut(destination) else { return };
        let delay_next = match &state.outage {
            None => self.rules.delay_first,
            Some(outage) => outage.delay.saturating_mul(2).min(self.rules.delay_max),
        };
        let outage = state.begin(now, self.rules.delay_first);
        outage.delay = delay_next;
        outage.next_probe =
            now + (delay_next - (delay_next / 2) * jitter_permille.min(1000) / 1000).max(asked);
        state.count_vain(prober);
    }

    /// The destination failed once: it is out until it answers, and the caller, who holds a message for it, probes it.
    /// Returns the right to do so, or that another consumer has it, or had it just now.
    pub fn failed(&self, destination: usize, now: Instant) -> Failed {
        let mut board = self.board();
        let Some(state) = board.get_mut(destination) else { return Failed::AnotherProbes };
        let outage = state.begin(now, self.rules.delay_first);
        if outage.probing || outage.next_probe > now {
            return Failed::AnotherProbes;
        }
        outage.probing = true;
        Failed::Probe(self.probe(destination, outage.number))
    }

    /// Asks to probe a destination that is out with a message that was just got for it: if nobody else does, and it is time.
    pub fn claim(&self, destination: usize, now: Instant) -> Option<Probe> {
        let mut board = self.board();
        let outage = board.get_mut(destination)?.outage.as_mut()?;
        if outage.probing || outage.next_probe > now {
            return None;
        }
        outage.probing = true;
        Some(self.probe(destination, outage.number))
    }

    /// The destination is out. Returns whether it was well until now.
    pub fn note_out(&self, destination: usize, now: Instant) -> bool {
        let mut board = self.board();
        let Some(state) = board.get_mut(destination) else { return false };
        let was_well = state.outage.is_none();
        state.begin(now, self.rules.delay_first);
        was_well
    }

    /// The destination answered; `accepted` says that it took the message `prober`.
    pub fn answered(&self, destination: usize, accepted: Option<Prober>, now: Instant) -> Answered {
        let mut board = self.board();
        let Some(state) = board.get_mut(destination) else { return Answered::default() };
        let outage_over = state.outage.take().is_some();
        let Some(accepted) = accepted else { return Answered { outage_over, to_blame: Vec::new() } };
        state.last_accepted = Some(now);
        state.vain.retain(|(prober, _)| prober.key != accepted.key);
        let probes_max = self.rules.probes_per_message_max;
        let to_blame = state.vain.iter().filter(|(_, units)| *units >= probes_max);
        let to_blame = to_blame.map(|(prober, _)| prober.key).collect();
        state.vain.retain(|(_, units)| *units < probes_max);
        Answered { outage_over, to_blame }
    }

    /// Whether the destination is out.
    pub fn is_out(&self, destination: usize) -> bool {
        self.board().get(destination).is_some_and(|state| state.outage.is_some())
    }

    /// Whether the destination has accepted a message after this moment: its alibi against a message that it has failed on
    /// since then. That message has not been accepted, so it was another one.
    pub fn accepted_since(&self, destination: usize, moment: Instant) -> bool {
        let accepted = self.board().get(destination).and_then(|state| state.last_accepted);
        accepted.is_some_and(|accepted| accepted > moment)
    }

    /// How long a message that is given back now may have to wait for the next probe, if its turn comes then.
    pub fn next_probe_within(&self, destination: usize) -> Duration {
        let delay = self.board().get(destination).and_then(|state| state.outage.as_ref().map(|it| it.delay));
        delay.map_or(self.rules.delay_first, |delay| delay.saturating_mul(2).min(self.rules.delay_max))
    }

    fn set_aside(&self, destination: usize) -> Vec<MessageId> {
        let probes_max = self.rules.probes_per_message_max;
        let board = self.board();
        let vain = board.get(destination).into_iter().flat_map(|state| &state.vain);
        vain.filter(|(_, units)| *units >= probes_max).map(|(prober, _)| prober.message_id).collect()
    }

    fn probe(&self, destination: usize, outage: u64) -> Probe {
        Probe { outages: self.clone(), destination, outage }
    }

    fn board(&self) -> MutexGuard<'_, Vec<State>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The outage, which begins now if there is none.
    fn begin(&mut self, now: Instant, delay: Duration) -> &mut Outage {
        self.outage.get_or_insert_with(|| {
            self.outages += 1;
            Outage { number: self.outages, probing: false, delay, next_probe: now }
        })
    }

    fn count_vain(&mut self, prober: Prober) {
        let former = self.vain.iter().position(|(it, _)| *it == prober);
        let units = former.and_then(|index| self.vain.remove(index)).map_or(0, |(_, units)| units);
        self.vain.push_back((prober, units.saturating_add(1)));
        if self.vain.len() > VAIN_MAX {
            self.vain.pop_front();
        }
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

    /// Whether it is still good: the outage that it is for has not ended.
    pub fn is_valid(&self) -> bool {
        let board = self.outages.board();
        let outage = board.get(self.destination).and_then(|state| state.outage.as_ref());
        outage.is_some_and(|outage| outage.number == self.outage)
    }

    /// Messages that have probed in vain often enough, the one first that has waited longest: where there is another one, it
    /// should probe.
    pub fn set_aside(&self) -> Vec<MessageId> {
        self.outages.set_aside(self.destination)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if let Some(State { outage: Some(outage), .. }) = self.outages.board().get_mut(self.destination)
            && outage.number == self.outage
        {
            outage.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);

    fn outages() -> Outages {
        let rules =
            Rules { delay_first: FIRST, delay_max: Duration::from_millis(350), probes_per_message_max: 2 };
        Outages::new(2, rules)
    }

    fn prober(n: u8) -> Prober {
        Prober { key: IdempotencyKey([n; 32]), message_id: MessageId([n; 24]) }
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
        assert!(outages.answered(0, None, now).outage_over);
        assert!(!outages.answered(0, None, now).outage_over, "it ends once");
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
            outages.gave_up(0, prober(1), now, Duration::ZERO, 0);
            let Permit::Wait(left) = outages.permit(&[0], now) else { panic!("too early to probe") };
            delays.push(left.as_millis());
        }
        assert_eq!(delays, [200, 350, 350, 350]);
        let later = now + Duration::from_millis(350);
        assert!(outages.claim(0, now).is_none(), "nor with a message in hand");
        assert!(outages.claim(0, later).is_some());
        assert!(matches!(outages.permit(&[0], later), Permit::GoAsProbe(_)));
        let asked = Duration::from_secs(5);
        outages.gave_up(0, prober(1), now, asked, 1000);
        assert!(
            matches!(outages.permit(&[0], now), Permit::Wait(left) if left == asked),
            "Retry-After is honoured"
        );
    }

    #[test]
    fn a_message_that_probed_in_vain_is_set_aside_and_blamed_if_another_is_accepted() {
        let (outages, now) = (outages(), Instant::now());
        let Failed::Probe(probe) = outages.failed(0, now) else { panic!("the first to fail probes") };
        outages.gave_up(0, prober(1), now, Duration::ZERO, 0);
        assert!(probe.set_aside().is_empty());
        outages.gave_up(0, prober(1), now, Duration::ZERO, 0);
        assert_eq!(probe.set_aside(), [MessageId([1; 24])]);
        let answered = outages.answered(0, Some(prober(2)), now);
        assert_eq!(answered, Answered { outage_over: true, to_blame: vec![prober(1).key] });
    }

    #[test]
    fn nobody_is_blamed_for_an_outage_that_its_own_message_ends() {
        let (outages, now) = (outages(), Instant::now());
        for accepted in [Some(prober(1)), None] {
            outages.gave_up(0, prober(1), now, Duration::ZERO, 0);
            outages.gave_up(0, prober(1), now, Duration::ZERO, 0);
            assert_eq!(outages.answered(0, accepted, now), Answered { outage_over: true, to_blame: vec![] });
        }
    }

    #[test]
    fn a_message_that_alone_brings_outages_about_is_blamed_though_others_end_them() {
        let (outages, now) = (outages(), Instant::now());
        let mut blamed = Vec::new();
        for _ in 0..2 {
            outages.gave_up(0, prober(1), now, Duration::ZERO, 0);
            blamed.extend(outages.answered(0, Some(prober(2)), now).to_blame);
        }
        assert_eq!(blamed, [prober(1).key]);
        assert!(outages.answered(0, Some(prober(3)), now).to_blame.is_empty(), "once");
    }

    #[test]
    fn a_right_to_probe_ends_with_its_outage() {
        let (outages, now) = (outages(), Instant::now());
        let Failed::Probe(former) = outages.failed(0, now) else { panic!("the first to fail probes") };
        outages.answered(0, None, now);
        assert!(!former.is_valid());
        let Failed::Probe(current) = outages.failed(0, now) else { panic!("a new outage") };
        drop(former);
        assert!(matches!(outages.failed(0, now), Failed::AnotherProbes));
        assert!(current.is_valid());
    }

    #[test]
    fn only_an_acceptance_after_the_moment_is_an_alibi() {
        let (outages, now) = (outages(), Instant::now());
        let later = now + FIRST;
        assert!(!outages.accepted_since(0, now));
        outages.answered(0, None, later);
        assert!(!outages.accepted_since(0, now), "a refusal is no acceptance");
        outages.answered(0, Some(prober(1)), later);
        assert!(outages.accepted_since(0, now));
        assert!(!outages.accepted_since(0, later));
        assert!(!outages.accepted_since(1, now), "another destination's");
    }
}

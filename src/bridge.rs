//! One turn: get → translate → route → dispatch → decide → end, in one function, on one session.
//!
//! A unit of work holds one message and ends in the function that began it. Whatever goes wrong before `commit` leaves the
//! message on its queue: dropping the unit backs it out.

mod case;
mod prepare;
mod ending;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use mq::{MessageId, Session, Unit};
use tracing::{error, info, info_span, warn};

use crate::dispatch::Callback;
use crate::disposition::{
    Arrival, Disposition, Fate, Known, Order, decide, screen, stops_the_destination, suspect,
};
use crate::evidence::Evidence;
use crate::failure::{Blame, Failure, Reason, Stage};
use crate::history::Past;
use crate::lane::{Lane, Queues};
use crate::outage::{Failed, Probe};
use crate::pick::{self, Picked};
use crate::totals::Outcome;

use case::Case;
use ending::end;
use prepare::{Ready, prepare};

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There was no message.
    Empty,
    /// There are messages, none of which is due before this has passed.
    NotDue(Duration),
    /// A message left its queue.
    Ended(Outcome),
    /// The message went back to its queue.
    BackedOut,
}

/// How the attempts for one message came out.
struct Verdict {
    disposition: Disposition,
    failure: Option<Failure>,
    past: Past,
}

/// Takes one turn. `probe` is the right to probe a destination that is out, where the consumer holds one.
///
/// # Errors
/// What an MQI call answered: the unit has been, or will be, backed out by the queue manager; for the commit itself see
/// [`mq::Error::outcome_unknown`].
pub fn take_turn(
    lane: &Lane,
    session: &mut Session,
    queues: &Queues,
    probe: Option<Probe>,
) -> Result<Turn, mq::Error> {
    let mut unit = session.begin();
    let message = match pick(lane, &mut unit, queues, probe.as_ref())? {
        Picked::Message(message) => message,
        Picked::Empty => return Ok(Turn::Empty),
        Picked::NotDue(left) => return Ok(Turn::NotDue(left)),
    };
    let case = Case::open(lane, *message);
    let message_id = case.inbound.descriptor.message_id;
    let span = info_span!("turn", source = case.source_name(), site = lane.site, %message_id);
    let _entered = span.enter();
    lane.shared.metrics.got(&lane.name, &lane.site);

    let prepared = match alone_or_aside(lane, &case) {
        Some(verdict) => Err(verdict),
        None => prepare(lane, &case).map_err(|failure| refuse(&case, failure)),
    };
    let (ready, verdict) = match prepared {
        Ok(ready) => {
            let verdict = attempt(lane, &case, &ready, probe);
            (Some(ready), verdict)
        }
        Err(verdict) => (None, verdict),
    };
    let ended = end(lane, unit, queues, &case, ready.as_ref(), &verdict);
    if ended.is_err() {
        // Whichever way the unit went, what was tried must be remembered: it may come again.
        lane.shared.history.remember(case.inbound.key, verdict.past);
    }
    lane.shared.metrics.ended(&lane.name, verdict.disposition.word(), case.got_at.elapsed());
    ended
}

/// Gets the message that this turn is about.
fn pick(
    lane: &Lane,
    unit: &mut Unit<'_>,
    queues: &Queues,
    probe: Option<&Probe>,
) -> Result<Picked, mq::Error> {
    let set_aside = set_aside(lane, probe);
    // A right to probe is of use to others: nobody waits for a message with it in hand.
    let wait = if probe.is_some() { Duration::ZERO } else { lane.get_wait() };
    if lane.is_retry() {
        let now = Instant::now();
        let may_pass = |evidence: &Evidence| {
            lane.shared
                .intake(&evidence.source)
                .is_none_or(|intake| intake.gate.paused_on(lane.site_index, now).is_none())
        };
        let ask = pick::Ask { wait, now: Timestamp::now(), set_aside: &set_aside, place: &queues.place };
        return pick::due(unit, queues.input, &ask, may_pass);
    }
    if set_aside.is_empty() {
        pick::first(unit, queues.input, wait)
    } else {
        pick::another(unit, queues.input, wait, &set_aside)
    }
}

/// The messages that another one passes, if there is one: those that probed in vain, and those that rest.
fn set_aside(lane: &Lane, probe: Option<&Probe>) -> Vec<MessageId> {
    if lane.order() != Order::None {
        // Where order matters no message passes another one, not even to probe.
        return Vec::new();
    }
    let mut set_aside = probe.map(Probe::set_aside).unwrap_or_default();
    set_aside.extend(lane.intake().into_iter().flat_map(|intake| intake.resting.now(Instant::now())));
    set_aside
}

/// Whether the message is moved before anything is tried that it may have killed the process with.
fn alone_or_aside(lane: &Lane, case: &Case) -> Option<Verdict> {
    let intake = case.intake.as_ref().filter(|_| case.unexplained)?;
    let isolated = case.evidence.as_ref().map_or(0, |evidence| evidence.suspect);
    let disposition = suspect(isolated, &lane.policy(intake, None))?;
    let detail = format!("backed out {} times, and nobody knows why", case.inbound.descriptor.backout_count);
    let failure = Failure::message(Stage::Get, Reason::CrashSuspect, detail);
    let past = Past { uncertain: true, ..case.past };
    Some(Verdict { disposition, failure: Some(failure), past })
}

/// The message cannot be dispatched, and that is its own fault.
fn refuse(case: &Case, failure: Failure) -> Verdict {
    // It may have been sent by another release, or by a process that died, before its translation failed.
    let fate = Fate::of(case.possible_duplicate(&case.past));
    Verdict { disposition: Disposition::Park(fate), failure: Some(failure), past: case.past }
}

/// Makes attempts until `decide` settles the message, the hold is over, another consumer probes, or the word is to stop.
fn attempt(lane: &Lane, case: &Case, ready: &Ready<'_>, mut probe: Option<Probe>) -> Verdict {
    let mut past = case.past;
    let Some(intake) = &case.intake else {
        return Verdict { disposition: Disposition::BackOut, failure: None, past };
    };
    let policy = lane.policy(intake, Some(ready.to));
    let mut in_this_unit = 0;
    let mut failure: Option<Failure> = None;
    loop {
        let uncertain_before = case.possible_duplicate(&past);
        let probing = lane.shared.outages.is_out(ready.to);
        let arrival = Arrival {
            destination_out: probing && !may_probe(lane, ready.to, &mut probe),
            uncertain: uncertain_before,
            time_left: ready.time_left(),
            comes_again_within: lane.shared.outages.next_probe_within(ready.to),
        };
        if let Some(disposition) = screen(&arrival, &policy) {
            return Verdict { disposition, failure, past };
        }
        past.attempts = past.attempts.saturating_add(1);
        in_this_unit += 1;
        let result = exchange(lane, case, ready, past.attempts, uncertain_before);
        let now = Instant::now();
        match result.as_ref().err().map(|failure| failure.blame) {
            Some(Blame::Unclear) => {
                past.first_5xx.get_or_insert(now);
                past.counted = past.counted.saturating_add(1);
            }
            Some(Blame::Destination | Blame::Ourselves) if past.blamed => {
                past.counted = past.counted.saturating_add(1);
            }
            _ => {}
        }
        let known = Known {
            attempts: past.attempts,
            counted: past.counted,
            in_this_unit,
            uncertain_before,
            alibi: past.first_5xx.is_some_and(|first| lane.shared.outages.accepted_since(ready.to, first)),
            blamed: past.blamed,
            probing,
            held: case.got_at.elapsed(),
            time_left: ready.time_left(),
            comes_again_within: lane.shared.outages.next_probe_within(ready.to),
            jitter_permille: fastrand::u32(0..=1000),
        };
        let disposition = decide(result.as_ref().copied(), &known, &policy);
        let stops = result.as_ref().is_err_and(|failure| stops_the_destination(failure, &known, &policy));
        failure = result.err();
        // Whoever accepted it has it: if the commit fails, the next request is a repeat.
        past.uncertain |= failure.as_ref().is_none_or(|failure| failure.uncertain);
        past.pinned = past.pinned.or(past.uncertain.then_some(ready.to));
        note_health(lane, case, ready.to, failure.as_ref(), disposition, stops);
        let Disposition::Retry(delay) = disposition else {
            return Verdict { disposition, failure, past };
        };
        lane.shared.metrics.retried(&lane.name);
        if stops && !claim(lane, ready.to, &mut probe) {
            // Another one probes: screened again at once, and given back or settled.
            continue;
        }
        if lane.shared.stop.wait(delay) {
            return Verdict { disposition: Disposition::BackOut, failure, past };
        }
    }
}

/// Whether a request may go to this destination though it is out: this consumer is the one that probes it.
fn may_probe(lane: &Lane, destination: usize, probe: &mut Option<Probe>) -> bool {
    // Where messages can be put to the destination's retry queue, that queue's consumer probes.
    let waits = lane.waits_for().contains(&destination);
    if probe.as_ref().is_some_and(|probe| probe.destination() == destination && probe.is_valid()) {
        return true;
    }
    if waits && let Some(right) = lane.shared.outages.claim(destination, Instant::now()) {
        *probe = Some(right);
        return true;
    }
    false
}

/// Makes this consumer, which has just seen the destination fail, the one that probes it, unless another one is.
fn claim(lane: &Lane, destination: usize, probe: &mut Option<Probe>) -> bool {
    if probe.as_ref().is_some_and(|probe| probe.destination() == destination && probe.is_valid()) {
        return true;
    }
    match lane.shared.outages.failed(destination, Instant::now()) {
        Failed::Probe(right) => {
            *probe = Some(right);
            true
        }
        Failed::AnotherProbes => false,
    }
}

fn exchange(
    lane: &Lane,
    case: &Case,
    ready: &Ready<'_>,
    attempt: u32,
    possible_duplicate: bool,
) -> Result<(), Failure> {
    let hold_left = lane.shared.retry.unit_hold_max.saturating_sub(case.got_at.elapsed());
    let callback = Callback {
        body: ready.body.clone(),
        key: &case.inbound.key,
        source: case.intake.as_ref().map_or("", |intake| intake.path.as_str()),
        kind: &ready.document.event_type(),
        time: case.inbound.put_time.as_deref(),
        traceparent: &ready.traceparent,
        business_key: ready.business_key.as_deref(),
        schema_valid: ready.schema_valid,
        descriptor: &ready.descriptor,
        attempt,
        possible_duplicate,
        time_left: ready.time_left().map_or(hold_left, |left| left.min(hold_left)),
        not_found_is_business: ready.route.is_some_and(|route| route.not_found_is_business),
        completed_problem_type: ready.route.and_then(|route| route.completed_problem_type.as_deref()),
    };
    let started = Instant::now();
    let result = lane.dispatcher.post(ready.to, &callback);
    let word = result.as_ref().map_or_else(|failure| failure.reason.word(), |()| "accepted");
    lane.shared.metrics.dispatched(lane.shared.destination_name(ready.to), word, started.elapsed());
    result
}

/// Tells the other consumers what this answer says about the destination.
fn note_health(
    lane: &Lane,
    case: &Case,
    destination: usize,
    failure: Option<&Failure>,
    disposition: Disposition,
    stops: bool,
) {
    let (shared, now) = (&lane.shared, Instant::now());
    let name = shared.destination_name(destination);
    if failure.is_none_or(|failure| matches!(failure.blame, Blame::Message | Blame::InProgress)) {
        let answered = shared.outages.answered(destination, failure.is_none().then(|| case.prober()), now);
        for key in &answered.to_blame {
            warn!(destination = name, %key, "This message failed while the destination was well.");
            shared.history.blame(key, now);
        }
        if answered.outage_over {
            info!(destination = name, "The destination answers again.");
            shared.metrics.destination_up(name, true);
        }
    }
    let Some(failure) = failure.filter(|_| stops) else { return };
    if shared.outages.note_out(destination, now) {
        shared.metrics.destination_up(name, false);
        if failure.blame == Blame::Ourselves {
            shared.metrics.alarm("destination-refuses-us");
            error!(destination = name, %failure, "The destination refuses us: check its URL, credentials and certificates.");
        } else {
            warn!(destination = name, %failure, "The destination is out. Its messages wait.");
        }
    }
    if disposition == Disposition::Wait {
        let asked = failure.retry_after.unwrap_or_default();
        shared.outages.gave_up(destination, case.prober(), now, asked, fastrand::u32(0..=1000));
    }
}

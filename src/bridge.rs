//! One turn: get → translate → route → dispatch → decide → end, in one function, on one session.
//!
//! A unit of work holds one message and ends in the function that began it. Whatever goes wrong before `commit` leaves the
//! message on its queue: dropping the unit backs it out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use mq::{Class, MessageId, Session, Unit, Verb};
use tracing::{debug, error, info, info_span, warn};

use crate::audit;
use crate::dispatch::Callback;
use crate::disposition::{
    Arrival, Disposition, Fate, Known, Order, decide, screen, stops_the_destination, suspect,
};
use crate::evidence::{Evidence, Verdict as ParkingVerdict};
use crate::failure::{Blame, Failure, Reason, Stage};
use crate::gate::Cause;
use crate::history::Past;
use crate::inbound::Inbound;
use crate::lane::{Intake, Lane, Origin, Queues};
use crate::message::Document;
use crate::outage::{Failed, Probe, Prober};
use crate::park;
use crate::pick::{self, Picked};
use crate::route::{self, Facts};
use crate::settings::Route;
use crate::totals::Outcome;

/// `MQMF_SEGMENT` and `MQMF_LAST_SEGMENT`.
const SEGMENT: i32 = 2 | 4;
/// `MQMF_MSG_IN_GROUP` and `MQMF_LAST_MSG_IN_GROUP`.
const GROUP_MEMBER: i32 = 8 | 16;

/// `MQRC_OBJECT_CHANGED`.
const OBJECT_CHANGED: i32 = 2041;

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

/// One message in its unit, and what was known of it when it was got.
struct Case {
    got_at: Instant,
    inbound: Inbound,
    /// What stood beside it, on one of our own queues.
    evidence: Option<Evidence>,
    /// Its source, where there still is one of that name.
    intake: Option<Arc<Intake>>,
    past: Past,
    /// It was backed out again and again, and this process remembers none of it.
    unexplained: bool,
}

/// A message that can be dispatched.
struct Ready<'a> {
    document: Document,
    body: Bytes,
    to: usize,
    route: Option<&'a Route>,
    business_key: Option<String>,
    traceparent: String,
    descriptor: Vec<(&'static str, String)>,
    deadline: Option<Instant>,
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

impl Case {
    fn open(lane: &Lane, message: mq::Message) -> Self {
        let got_at = Instant::now();
        let (inbound, evidence, intake) = match &lane.origin {
            Origin::Source(intake) => {
                let inbound = Inbound::new(&lane.shared.provider, &intake.source.name, message);
                (inbound, None, Some(Arc::clone(intake)))
            }
            Origin::SourceRetry(..) | Origin::DestinationRetry(..) => {
                let evidence = Evidence::read(&message.properties).ok().flatten();
                let intake = evidence.as_ref().and_then(|it| lane.shared.intake(&it.source)).cloned();
                let inbound = match &evidence {
                    Some(evidence) => Inbound::known(evidence.key, message),
                    // Somebody else put it here: it has a key like no other's, and belongs to no source.
                    None => Inbound::new(&lane.shared.provider, "", message),
                };
                (inbound, evidence, intake)
            }
        };
        let remembered = lane.shared.history.past(&inbound.key);
        let noted = evidence.as_ref().map(|evidence| past_of(lane, evidence, got_at)).unwrap_or_default();
        let backouts = inbound.descriptor.backout_count;
        let unexplained = remembered.is_none() && backouts >= lane.shared.retry.crash_suspect_count;
        let past = match remembered {
            // What stands beside it does not tell which attempts count.
            Some(remembered) => remembered.with(Past { counted: 0, ..noted }),
            None => noted,
        };
        Self { got_at, inbound, evidence, intake, past, unexplained }
    }

    fn source_name(&self) -> &str {
        match (&self.intake, &self.evidence) {
            (Some(intake), _) => &intake.source.name,
            (None, Some(evidence)) => &evidence.source,
            (None, None) => "",
        }
    }

    /// False only if it is certain that no earlier request for the message left: it was never backed out, and every attempt
    /// failed before that.
    fn possible_duplicate(&self, past: &Past) -> bool {
        past.uncertain || self.inbound.descriptor.backout_count > 0
    }

    fn prober(&self) -> Prober {
        Prober { key: self.inbound.key, message_id: self.inbound.descriptor.message_id }
    }

    /// When the message would have expired on the queue that it came from.
    fn expires(&self) -> Option<Timestamp> {
        if let Some(evidence) = &self.evidence {
            return evidence.deadline;
        }
        let tenths = u64::try_from(self.inbound.descriptor.expiry).ok()?;
        let left = Duration::from_millis(tenths.saturating_mul(100)).saturating_sub(self.got_at.elapsed());
        Timestamp::now().checked_add(left).ok()
    }
}

/// What stands beside a message on one of our own queues, as this process remembers such things.
fn past_of(lane: &Lane, evidence: &Evidence, now: Instant) -> Past {
    let named = evidence.destination.as_ref();
    let destination = lane.shared.destinations.iter().position(|it| Some(&it.name) == named);
    let ago = |time: Timestamp| Duration::try_from(Timestamp::now().duration_since(time)).unwrap_or_default();
    Past {
        attempts: evidence.attempts,
        counted: if evidence.first_5xx.is_some() { evidence.attempts } else { 0 },
        uncertain: evidence.uncertain,
        pinned: destination.filter(|_| evidence.uncertain),
        // Further back than this machine's clock reaches is before the process began, and so is every acceptance it saw.
        first_5xx: evidence.first_5xx.map(|time| now.checked_sub(ago(time)).unwrap_or(now)),
        blamed: false,
    }
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

/// Everything before the request: limits, document, route. No I/O.
fn prepare<'a>(lane: &'a Lane, case: &Case) -> Result<Ready<'a>, Failure> {
    let inbound = &case.inbound;
    let Some(intake) = &case.intake else {
        let detail =
            "it came through one of our own queues without evidence, or its source is not in settings";
        return Err(Failure::message(Stage::Get, Reason::BadEvidence, detail));
    };
    check(lane, inbound)?;
    let started = Instant::now();
    let document = intake.translator.translate(inbound.input(intake.source.ccsid)).map_err(|refusal| {
        Failure::message(Stage::Translate, Reason::CannotTranslate, refusal.to_string())
    })?;
    lane.shared.metrics.translated(&intake.source.name, started.elapsed());
    let (to, route) = destination(lane, case, intake, &document)?;
    let business_key = match route.and_then(|route| route.business_key.as_ref()) {
        Some(pointer) => document.pointer(pointer),
        None => case.evidence.as_ref().and_then(|evidence| evidence.business_key.clone()),
    };
    Ok(Ready {
        body: document.body.clone(),
        to,
        route,
        business_key,
        traceparent: inbound.traceparent(),
        descriptor: inbound.headers(&intake.source.queue),
        deadline: deadline(lane, case, route),
        document,
    })
}

/// What is wrong with a message before it is looked into.
fn check(lane: &Lane, inbound: &Inbound) -> Result<(), Failure> {
    let refused = |stage, reason, detail: String| Err(Failure::message(stage, reason, detail));
    let descriptor = &inbound.descriptor;
    if descriptor.message_flags & SEGMENT != 0 {
        let detail = format!("a segment, at offset {} of its message", descriptor.offset);
        return refused(Stage::Get, Reason::StraySegment, detail);
    }
    if descriptor.message_flags & GROUP_MEMBER != 0 {
        let detail = format!("number {} of a group", descriptor.sequence_number);
        return refused(Stage::Get, Reason::GroupMember, detail);
    }
    if let Some(fault) = &inbound.header_fault {
        return refused(Stage::Headers, Reason::BadHeader, fault.clone());
    }
    let (bytes, bytes_max) = (inbound.payload().len(), lane.shared.message_bytes_max);
    if bytes == 0 {
        return refused(Stage::Get, Reason::Empty, String::new());
    }
    if bytes > bytes_max {
        let detail = format!("{bytes} bytes, at most {bytes_max} are allowed");
        return refused(Stage::Get, Reason::OverLimit, detail);
    }
    Ok(())
}

/// Where the message goes. One whose fate there is uncertain, or that waited for a destination, goes nowhere else.
fn destination<'a>(
    lane: &'a Lane,
    case: &Case,
    intake: &Intake,
    document: &Document,
) -> Result<(usize, Option<&'a Route>), Failure> {
    let source = &intake.source;
    let facts =
        Facts { document, inbound: &case.inbound, source: &source.name, queue: source.queue.as_str() };
    let routes = &lane.shared.routes;
    let bound = match lane.origin {
        Origin::DestinationRetry(destination, _) => Some(destination),
        Origin::Source(_) | Origin::SourceRetry(..) => case.past.pinned,
    };
    let uncertain = case.evidence.as_ref().filter(|evidence| evidence.uncertain);
    if bound.is_none() && uncertain.is_some_and(|evidence| evidence.destination.is_some()) {
        let detail = "it may have been delivered to a destination that is not in settings";
        return Err(Failure::message(Stage::Route, Reason::BadEvidence, detail));
    }
    match bound {
        Some(to) => Ok((to, route::choose_to(routes, &facts, to))),
        None => route::choose(routes, &facts).map(|route| (route.to, Some(route))),
    }
}

/// Until when an answer is of use.
fn deadline(lane: &Lane, case: &Case, route: Option<&Route>) -> Option<Instant> {
    // Whoever replays a message knows that the scheme no longer waits for its answer.
    if case.evidence.as_ref().is_some_and(|evidence| evidence.replay.is_some()) {
        return None;
    }
    let answer_by = route.and_then(|route| route.answer_by).and_then(|answer_by| {
        let put: Timestamp = case.inbound.put_time.as_ref()?.parse().ok()?;
        put.checked_add(answer_by.saturating_sub(lane.shared.retry.clock_skew_max)).ok()
    });
    let until = [answer_by, case.expires()].into_iter().flatten().min()?;
    let left = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
    Some(Instant::now() + left)
}

impl Ready<'_> {
    fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
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

/// Ends the unit by what was decided.
fn end(
    lane: &Lane,
    unit: Unit<'_>,
    queues: &Queues,
    case: &Case,
    ready: Option<&Ready<'_>>,
    verdict: &Verdict,
) -> Result<Turn, mq::Error> {
    let story = Story { lane, queues, case, ready, verdict };
    match verdict.disposition {
        Disposition::Accept => story.commit(unit, Outcome::Accepted, None),
        Disposition::Park(fate) => story.park(unit, Outcome::Parked, fate),
        Disposition::Late(fate) => story.park(unit, Outcome::Late, fate),
        Disposition::Defer(delay) => {
            let queue = ready.and_then(|ready| queues.retry(ready.to));
            story.defer(unit, queue, delay)
        }
        Disposition::Isolate => {
            let queue = queues.source_retry(case.source_name());
            story.defer(unit, queue, Duration::ZERO)
        }
        Disposition::Stop => {
            story.pause(Cause::Poison, "A message cannot pass, and order matters: the queue is stopped.");
            story.give_back(unit)
        }
        Disposition::BackOut => {
            story.rest();
            story.give_back(unit)
        }
        Disposition::Retry(_) | Disposition::Wait => story.give_back(unit),
    }
}

/// Whether the connection failed, or ends, and not the queue that was put to.
fn is_of_the_session(error: &mq::Error) -> bool {
    matches!(error.class(), Class::ConnectionLost | Class::HandleInvalid | Class::Quiescing)
}

/// Everything that is known when a unit ends.
struct Story<'a> {
    lane: &'a Lane,
    queues: &'a Queues,
    case: &'a Case,
    ready: Option<&'a Ready<'a>>,
    verdict: &'a Verdict,
}

impl Story<'_> {
    /// Parks the message and commits, if the fuse allows.
    fn park(&self, mut unit: Unit<'_>, outcome: Outcome, fate: Fate) -> Result<Turn, mq::Error> {
        let source = self.case.source_name();
        let target = self.queues.parking(source).or_else(|| self.queues.parking.first().map(|(_, it)| it));
        let Some(target) = target else { return self.give_back(unit) };
        let failure = self.parking_failure(outcome);
        if self.case.intake.as_ref().is_some_and(|intake| !intake.gate.may_park(Instant::now())) {
            self.lane.shared.metrics.alarm("fuse");
            error!(
                %failure,
                "Too many messages would be parked: the source is paused until an operator resumes it."
            );
            return self.give_back(unit);
        }
        let mut evidence = self.evidence();
        evidence.verdict = Some(ParkingVerdict::of(&failure, fate));
        let inbound = &self.case.inbound;
        let turn = match park::park(&mut unit, self.queues.input, target, inbound, &evidence, failure.reason)
        {
            Ok(()) => self.commit(unit, outcome, Some(&evidence)),
            Err(error) => self.put_failed(unit, &target.name, Cause::Put, error),
        };
        match &turn {
            Ok(Turn::Ended(_)) => {
                self.lane.shared.metrics.parked(source, failure.reason.word());
                warn!(key = %inbound.key, %failure, fate = fate.word(), queue = %target.name, "Message parked.");
            }
            Err(error) if error.verb() == Verb::Commit && error.outcome_unknown() => {}
            _ => self.case.intake.iter().for_each(|intake| intake.gate.not_parked()),
        }
        turn
    }

    /// Why it is parked. What was late has been tried or not; either way it is late.
    fn parking_failure(&self, outcome: Outcome) -> Failure {
        let failed = self.verdict.failure.as_ref();
        match (outcome, failed) {
            (Outcome::Late, failed) => {
                let detail = failed.map(|failure| format!("after {failure}")).unwrap_or_default();
                Failure::message(Stage::Deadline, Reason::Late, detail)
            }
            (_, Some(failure)) => failure.clone(),
            (_, None) => Failure::message(Stage::Dispatch, Reason::BadEvidence, ""),
        }
    }

    /// Puts the message to a retry queue and commits.
    fn defer(
        &self,
        mut unit: Unit<'_>,
        queue: Option<mq::Queue>,
        delay: Duration,
    ) -> Result<Turn, mq::Error> {
        let Some(queue) = queue else { return self.give_back(unit) };
        let mut evidence = self.evidence();
        evidence.not_before =
            (!delay.is_zero()).then(|| evidence.time.saturating_add(delay).unwrap_or(evidence.time));
        if self.verdict.disposition == Disposition::Isolate {
            evidence.suspect += 1;
        }
        let inbound = &self.case.inbound;
        if let Err(error) = park::defer(&mut unit, self.queues.input, queue, inbound, &evidence) {
            return self.put_failed(unit, self.retry_queue_name(), Cause::Put, error);
        }
        let turn = self.commit(unit, Outcome::Deferred, Some(&evidence))?;
        if turn == Turn::Ended(Outcome::Deferred) {
            let failure = self.verdict.failure.as_ref().map(tracing::field::display);
            let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            debug!(key = %inbound.key, failure, delay_ms, "Message deferred.");
        }
        Ok(turn)
    }

    /// The queue that it is deferred to, for a person.
    fn retry_queue_name(&self) -> &mq::QueueName {
        let name = match (self.verdict.disposition, self.ready) {
            (Disposition::Defer(_), Some(ready)) => {
                self.lane.shared.destinations.get(ready.to).and_then(|it| it.retry_queue.as_ref())
            }
            _ => self.case.intake.as_ref().and_then(|it| it.source.retry_queue.as_ref()),
        };
        name.unwrap_or_else(|| self.lane.queue())
    }

    /// Where the failure may be the message's own, others pass it for as long as it was held: it must not hold them up for ever.
    fn rest(&self) {
        let own = |failure: &Failure| {
            self.verdict.past.blamed || matches!(failure.blame, Blame::Unclear | Blame::InProgress)
        };
        if let (Some(intake), true) = (&self.case.intake, self.verdict.failure.as_ref().is_some_and(own)) {
            let until = Instant::now() + self.lane.shared.retry.unit_hold_max;
            intake.resting.add(self.case.inbound.descriptor.message_id, until);
        }
    }

    /// Backs the unit out and remembers what was tried.
    fn give_back(&self, unit: Unit<'_>) -> Result<Turn, mq::Error> {
        let inbound = &self.case.inbound;
        self.lane.shared.history.remember(inbound.key, self.verdict.past);
        unit.back_out()?;
        let failure = self.verdict.failure.as_ref().map(tracing::field::display);
        warn!(key = %inbound.key, failure, backout_count = inbound.descriptor.backout_count, "Message backed out.");
        Ok(Turn::BackedOut)
    }

    /// A put to one of our own queues failed: the message goes back, and its source rests for a while instead of spinning.
    fn put_failed(
        &self,
        unit: Unit<'_>,
        queue: &mq::QueueName,
        cause: Cause,
        error: mq::Error,
    ) -> Result<Turn, mq::Error> {
        if is_of_the_session(&error) {
            return Err(error);
        }
        error!(%queue, %error, "A message could not be moved. It is back on its queue, and its source rests.");
        self.pause(cause, "The source is paused.");
        let turn = self.give_back(unit)?;
        // A handle may be stale: only queues that are opened anew are known to be the ones that are there now.
        let waits = error.class() == Class::QueueTransient && error.reason().code() != OBJECT_CHANGED;
        if waits { Ok(turn) } else { Err(error) }
    }

    fn pause(&self, cause: Cause, what: &'static str) {
        if let Some(intake) = &self.case.intake {
            match cause {
                Cause::Put | Cause::Audit => {
                    intake.gate.rest(self.lane.site_index, cause, Instant::now());
                }
                Cause::Fuse | Cause::Poison | Cause::Operator => intake.gate.pause(cause, Instant::now()),
            }
            self.lane.shared.metrics.alarm(cause.word());
            error!(source = intake.source.name, cause = cause.word(), "{what}");
        }
    }

    /// Writes the record, commits, and draws the consequences. `evidence` is what was put beside a copy.
    fn commit(
        &self,
        mut unit: Unit<'_>,
        outcome: Outcome,
        evidence: Option<&Evidence>,
    ) -> Result<Turn, mq::Error> {
        let shared = &self.lane.shared;
        let key = &self.case.inbound.key;
        let record = self.record(outcome, evidence);
        let mut record_failed = false;
        if outcome == Outcome::Deferred {
            // Its retry queue's consumer may have it before this function returns.
            shared.history.remember(*key, self.verdict.past);
        }
        if let Some(queue) = self.queues.audit
            && let Err(error) = audit::put(&mut unit, queue, key, &record)
        {
            if outcome != Outcome::Accepted {
                return self.put_failed(unit, self.lane.queue(), Cause::Audit, error);
            }
            // The service has it: another attempt would be worse than a record in the wrong place.
            record_failed = true;
            error!(%error, "The audit record could not be put. It follows in the log.");
            if !is_of_the_session(&error) {
                self.pause(Cause::Audit, "The source is paused.");
            }
        }
        if let Err(error) = unit.commit() {
            if error.outcome_unknown() {
                shared.metrics.commit_unknown(&self.lane.site);
                warn!(%key, %error, "The commit's outcome is unknown. The message may come again.");
            }
            return Err(error);
        }
        if record_failed || shared.audit == audit::Sink::Log {
            audit::log(&record);
        }
        if let Some(intake) = self.case.intake.as_ref().filter(|_| !record_failed) {
            intake.gate.ended(self.lane.site_index);
        }
        match outcome {
            Outcome::Deferred => {
                shared.metrics.deferred(self.case.source_name(), record.destination.unwrap_or_default());
            }
            Outcome::Accepted => {
                shared.history.forget(key);
                if let Some(intake) = &self.case.intake {
                    intake.gate.accepted();
                }
            }
            Outcome::Parked | Outcome::Late => shared.history.forget(key),
        }
        Ok(Turn::Ended(outcome))
    }

    /// What is put beside a copy on one of our own queues.
    fn evidence(&self) -> Evidence {
        let Self { lane, queues, case, ready, verdict } = self;
        let time = Timestamp::now();
        let descriptor = &case.inbound.descriptor;
        let former = case.evidence.clone();
        let wall = |instant: Instant| time.saturating_sub(instant.elapsed()).unwrap_or(time);
        let destination = ready.map(|ready| lane.shared.destination_name(ready.to).to_owned());
        Evidence {
            key: case.inbound.key,
            source: case.source_name().to_owned(),
            queue: former.as_ref().map_or_else(|| lane.queue().to_string(), |it| it.queue.clone()),
            queue_manager: former
                .as_ref()
                .map_or_else(|| queues.queue_manager.clone(), |it| it.queue_manager.clone()),
            kind: ready.map(|it| it.document.kind.clone()).or_else(|| former.as_ref()?.kind.clone()),
            destination: destination.or_else(|| former.as_ref()?.destination.clone()),
            route: ready.and_then(|it| it.route?.name.clone()).or_else(|| former.as_ref()?.route.clone()),
            business_key: ready
                .and_then(|it| it.business_key.clone())
                .or_else(|| former.as_ref()?.business_key.clone()),
            attempts: verdict.past.attempts,
            uncertain: case.possible_duplicate(&verdict.past),
            first_5xx: verdict.past.first_5xx.map(wall),
            suspect: former.as_ref().map_or(0, |it| it.suspect),
            not_before: None,
            deadline: case.expires(),
            report: former.as_ref().map_or(descriptor.report, |it| it.report),
            persistence: former.as_ref().map_or(descriptor.persistence, |it| it.persistence),
            time,
            verdict: None,
            replay: former.and_then(|it| it.replay),
        }
    }

    fn record<'r>(&'r self, outcome: Outcome, evidence: Option<&'r Evidence>) -> audit::Record<'r> {
        let Self { lane, case, ready, verdict, .. } = self;
        let descriptor = &case.inbound.descriptor;
        let parked = evidence.and_then(|evidence| evidence.verdict.as_ref());
        let failure = verdict.failure.as_ref();
        audit::Record {
            time: Timestamp::now().to_string(),
            outcome: outcome.word(),
            key: case.inbound.key.to_string(),
            business_key: ready
                .and_then(|it| it.business_key.as_deref())
                .or_else(|| case.evidence.as_ref()?.business_key.as_deref()),
            message_id: descriptor.message_id.to_string(),
            correlation_id: descriptor.correlation_id.to_string(),
            kind: ready.map(|it| it.document.kind.as_str()),
            provider: &lane.shared.provider,
            site: &lane.site,
            source: case.source_name(),
            queue: lane.queue().as_str(),
            route: ready.and_then(|it| it.route?.name.as_deref()),
            destination: ready.map(|it| lane.shared.destination_name(it.to)),
            settings: &lane.shared.settings_hash,
            attempts: verdict.past.attempts,
            possible_duplicate: case.possible_duplicate(&case.past),
            backout_count: descriptor.backout_count,
            put_time: case.inbound.put_time.as_deref(),
            held_ms: u64::try_from(case.got_at.elapsed().as_millis()).unwrap_or(u64::MAX),
            reason: parked
                .map(|it| it.reason.as_str())
                .or_else(|| failure.map(|failure| failure.reason.word())),
            stage: parked.map(|it| it.stage.as_str()).or_else(|| failure.map(|failure| failure.stage.word())),
            detail: parked.map(|it| it.detail.as_str()).filter(|detail| !detail.is_empty()),
            http_status: failure.and_then(|failure| failure.reason.status()),
            fate: parked.map(|it| it.fate.word()),
            not_before: evidence.and_then(|it| it.not_before).map(|time| time.to_string()),
            comment: None,
        }
    }
}

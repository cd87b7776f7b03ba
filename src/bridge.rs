//! One turn: get → translate → route → dispatch → decide → end, in one function, on one session.
//!
//! A unit of work holds one message and ends in the function that began it. Whatever goes wrong before `commit` leaves the
//! message on its queue: dropping the unit backs it out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mq::{GetOptions, Queue, Session, Unit};
use tracing::{error, info, info_span, warn};

use crate::dispatch::{Callback, Dispatcher};
use crate::disposition::{Attempts, Disposition, Fate, Policy, decide};
use crate::failure::{Blame, Failure, Reason, Stage};
use crate::history::{History, Past};
use crate::inbound::Inbound;
use crate::message::Document;
use crate::outage::{Failed, Outages, Probe};
use crate::park::{self, Evidence};
use crate::route::{self, Facts};
use crate::settings::{Route, Source};
use crate::stop::Stop;
use crate::telemetry::Metrics;
use crate::translate::Translator;

/// What the turns of one consumer need; the same for every turn.
#[derive(Debug)]
pub struct Lane {
    /// The provider's name.
    pub provider: String,
    /// The site whose queue manager this consumer is connected to.
    pub site: String,
    /// Where the messages come from.
    pub source: Arc<Source>,
    /// `ce-source`.
    pub source_path: String,
    /// The routes, in order.
    pub routes: Arc<[Route]>,
    /// The names of the destinations, by index.
    pub destinations: Arc<[String]>,
    /// From bytes to document, for this source's format.
    pub translator: Arc<Translator>,
    /// The way to the destinations.
    pub dispatcher: Dispatcher,
    /// Which destinations are out.
    pub outages: Outages,
    /// What was tried before.
    pub history: Arc<History>,
    /// The destinations that messages of this source can be sent to.
    pub reachable: Vec<usize>,
    /// Counters.
    pub metrics: Metrics,
    /// The word to stop.
    pub stop: Stop,
    /// How long to hold and how often to retry.
    pub policy: Policy,
    /// How long one MQGET waits.
    pub get_wait: Duration,
    /// The largest body that is translated.
    pub message_bytes_max: usize,
}

/// The open queues of one session.
#[derive(Debug)]
pub struct Queues {
    /// The source's queue.
    pub input: Queue,
    /// Where its messages are parked.
    pub parking: park::Target,
    /// The queue manager's name.
    pub queue_manager: String,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There was no message.
    Empty,
    /// A message left its queue: accepted or parked.
    Ended,
    /// The message went back to its queue.
    BackedOut,
}

/// A message that can be dispatched.
#[derive(Debug)]
struct Ready<'a> {
    document: Document,
    body: Bytes,
    route: &'a Route,
    business_key: Option<String>,
    traceparent: String,
    descriptor: Vec<(&'static str, String)>,
}

/// How the attempts for one message came out.
#[derive(Debug)]
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
    let Some(message) = unit.get(queues.input, GetOptions { wait: lane.get_wait })? else {
        return Ok(Turn::Empty);
    };
    let began = Instant::now();
    let inbound = Inbound::new(&lane.provider, &lane.source.name, message);
    let span = info_span!("turn", source = lane.source.name, site = lane.site, message_id = %inbound.descriptor.message_id);
    let _entered = span.enter();
    lane.metrics.got(&lane.source.name, &lane.site);

    let prepared = prepare(lane, &inbound);
    let verdict = attempt(lane, &inbound, &prepared, began, probe);
    let turn = match verdict.disposition {
        Disposition::Accept => accept(lane, unit, &inbound, &verdict)?,
        Disposition::Park(fate) => {
            let destination = prepared.as_ref().ok().map(|ready| ready.route.to);
            put_aside(lane, unit, queues, &inbound, &verdict, fate, destination)?
        }
        Disposition::Retry(_) | Disposition::BackOut | Disposition::BackOutAndProbe => {
            give_back(lane, unit, &inbound, &verdict)?
        }
    };
    lane.metrics.ended(&lane.source.name, verdict.disposition.word(), began.elapsed());
    Ok(turn)
}

/// Everything before the request: limits, document, route. No I/O.
fn prepare<'a>(lane: &'a Lane, inbound: &Inbound) -> Result<Ready<'a>, Failure> {
    if let Some(fault) = &inbound.header_fault {
        return Err(Failure::message(Stage::Headers, Reason::BadHeader, fault.clone()));
    }
    let body = inbound.payload();
    if body.is_empty() {
        return Err(Failure::message(Stage::Get, Reason::Empty, ""));
    }
    if body.len() > lane.message_bytes_max {
        let detail = format!("{} bytes, at most {} are allowed", body.len(), lane.message_bytes_max);
        return Err(Failure::message(Stage::Get, Reason::OverLimit, detail));
    }
    let started = Instant::now();
    let document = lane.translator.translate(inbound.input(lane.source.ccsid)).map_err(|refusal| {
        Failure::message(Stage::Translate, Reason::CannotTranslate, refusal.to_string())
    })?;
    lane.metrics.translated(&lane.source.name, started.elapsed());
    let facts =
        Facts { document: &document, inbound, source: &lane.source.name, queue: lane.source.queue.as_str() };
    let route = route::choose(&lane.routes, &facts)?;
    let business_key = route.business_key.as_ref().and_then(|pointer| document.pointer(pointer));
    Ok(Ready {
        body: document.body.clone(),
        route,
        business_key,
        traceparent: inbound.traceparent(),
        descriptor: inbound.headers(&lane.source.queue),
        document,
    })
}

/// Makes attempts until `decide` settles the message, the hold is over, another consumer probes, or the word is to stop.
fn attempt(
    lane: &Lane,
    inbound: &Inbound,
    prepared: &Result<Ready<'_>, Failure>,
    began: Instant,
    mut probe: Option<Probe>,
) -> Verdict {
    let mut past = lane.history.past(&inbound.key);
    let mut in_this_unit = 0;
    loop {
        let possible_duplicate = past.uncertain || inbound.descriptor.backout_count > 0;
        let result = match prepared {
            Err(failure) => Err(failure.clone()),
            Ok(ready) => {
                if !may_dispatch(lane, ready.route.to, &mut probe) {
                    return Verdict { disposition: Disposition::BackOut, failure: None, past };
                }
                past.attempts = past.attempts.saturating_add(1);
                in_this_unit += 1;
                exchange(lane, inbound, ready, past.attempts, possible_duplicate, began)
            }
        };
        let attempts = Attempts {
            in_this_unit,
            uncertain_before: possible_duplicate,
            held: began.elapsed(),
            jitter_permille: fastrand::u32(0..=1000),
        };
        let disposition = decide(result.as_ref().copied(), attempts, &lane.policy);
        let destination = prepared.as_ref().ok().map(|ready| ready.route.to);
        let failure = result.err();
        past.uncertain |= failure.as_ref().is_some_and(|failure| failure.uncertain);
        if let Some(destination) = destination {
            note_health(lane, destination, failure.as_ref(), disposition);
        }
        let verdict = Verdict { disposition, failure, past };
        let Disposition::Retry(delay) = disposition else { return verdict };
        lane.metrics.retried(&lane.source.name);
        let another_probes = verdict.failure.as_ref().is_some_and(|failure| failure.stops_the_destination())
            && destination.is_some_and(|destination| !claim(lane, destination, &mut probe));
        if another_probes || lane.stop.wait(delay) {
            return Verdict { disposition: Disposition::BackOut, ..verdict };
        }
    }
}

/// Whether a request may go to this destination now: it is not out, or this consumer is the one that probes it.
fn may_dispatch(lane: &Lane, destination: usize, probe: &mut Option<Probe>) -> bool {
    !lane.outages.is_out(destination) || claim(lane, destination, probe)
}

/// Makes this consumer the one that probes the destination, unless another one is.
fn claim(lane: &Lane, destination: usize, probe: &mut Option<Probe>) -> bool {
    if probe.as_ref().is_some_and(|probe| probe.destination() == destination) {
        return true;
    }
    match lane.outages.failed(destination, Instant::now()) {
        Failed::Probe(right) => {
            *probe = Some(right);
            true
        }
        Failed::AnotherProbes => false,
    }
}

fn exchange(
    lane: &Lane,
    inbound: &Inbound,
    ready: &Ready<'_>,
    attempt: u32,
    possible_duplicate: bool,
    began: Instant,
) -> Result<(), Failure> {
    let callback = Callback {
        body: ready.body.clone(),
        key: &inbound.key,
        source: &lane.source_path,
        kind: &ready.document.event_type(),
        time: inbound.put_time.as_deref(),
        traceparent: &ready.traceparent,
        business_key: ready.business_key.as_deref(),
        descriptor: &ready.descriptor,
        attempt,
        possible_duplicate,
        time_left: lane.policy.unit_hold_max.saturating_sub(began.elapsed()),
        not_found_is_business: ready.route.not_found_is_business,
    };
    let started = Instant::now();
    let result = lane.dispatcher.post(ready.route.to, &callback);
    let word = result.as_ref().map_or_else(|failure| failure.reason.word(), |()| "accepted");
    lane.metrics.dispatched(destination_name(lane, ready.route.to), word, started.elapsed());
    result
}

/// Tells the other consumers what this answer says about the destination.
fn note_health(lane: &Lane, destination: usize, failure: Option<&Failure>, disposition: Disposition) {
    let name = destination_name(lane, destination);
    let well = failure.is_none_or(|failure| matches!(failure.blame, Blame::Message | Blame::InProgress));
    if well && lane.outages.answered(destination) {
        info!(destination = name, "The destination answers again.");
        lane.metrics.destination_up(name, true);
    }
    let Some(failure) = failure else { return };
    if failure.stops_the_destination() && !lane.outages.is_out(destination) {
        lane.metrics.destination_up(name, false);
        if failure.blame == Blame::Ourselves {
            error!(destination = name, %failure, "The destination refuses us: check its URL, credentials and certificates.");
        } else {
            warn!(destination = name, %failure, "The destination is out. Its messages wait on their queue.");
        }
    }
    if disposition == Disposition::BackOutAndProbe {
        let asked = failure.retry_after.unwrap_or_default();
        lane.outages.gave_up(destination, Instant::now(), asked, fastrand::u32(0..=1000));
    }
}

/// The service has it: commit.
fn accept(lane: &Lane, unit: Unit<'_>, inbound: &Inbound, verdict: &Verdict) -> Result<Turn, mq::Error> {
    commit(lane, unit, inbound, verdict)?;
    info!(key = %inbound.key, attempt = verdict.past.attempts, "Message accepted.");
    Ok(Turn::Ended)
}

/// Parks the message and commits.
fn put_aside(
    lane: &Lane,
    mut unit: Unit<'_>,
    queues: &Queues,
    inbound: &Inbound,
    verdict: &Verdict,
    fate: Fate,
    destination: Option<usize>,
) -> Result<Turn, mq::Error> {
    let Some(failure) = &verdict.failure else { return give_back(lane, unit, inbound, verdict) };
    let evidence = Evidence {
        failure,
        fate,
        attempts: verdict.past.attempts,
        destination: destination.map(|destination| destination_name(lane, destination)),
        source: &lane.source.name,
        queue: &lane.source.queue,
        queue_manager: &queues.queue_manager,
        time: jiff::Timestamp::now(),
    };
    park::park(&mut unit, queues.input, &queues.parking, inbound, &evidence)?;
    commit(lane, unit, inbound, verdict)?;
    lane.metrics.parked(&lane.source.name, failure.reason.word());
    warn!(key = %inbound.key, %failure, ?fate, queue = %queues.parking.name, "Message parked.");
    Ok(Turn::Ended)
}

/// Backs the unit out and remembers what was tried.
fn give_back(lane: &Lane, unit: Unit<'_>, inbound: &Inbound, verdict: &Verdict) -> Result<Turn, mq::Error> {
    lane.history.remember(inbound.key, verdict.past);
    unit.back_out()?;
    let failure = verdict.failure.as_ref().map(tracing::field::display);
    warn!(key = %inbound.key, failure, backout_count = inbound.descriptor.backout_count, "Message backed out.");
    Ok(Turn::BackedOut)
}

/// Ends the unit. Where its fate is not known, the message may come again: its next attempt says so.
fn commit(lane: &Lane, unit: Unit<'_>, inbound: &Inbound, verdict: &Verdict) -> Result<(), mq::Error> {
    if let Err(error) = unit.commit() {
        // The service may have acted: whichever way the commit went, a repeat must be marked.
        lane.history.remember(inbound.key, Past { uncertain: true, ..verdict.past });
        if error.outcome_unknown() {
            lane.metrics.commit_unknown(&lane.site);
            warn!(key = %inbound.key, %error, "The commit's outcome is unknown. The message may come again.");
        }
        return Err(error);
    }
    lane.history.forget(&inbound.key);
    Ok(())
}

fn destination_name(lane: &Lane, destination: usize) -> &str {
    lane.destinations.get(destination).map_or("", String::as_str)
}

//! The thread: open a session, take turns, back off, reconnect, stop.
//!
//! A consumer owns one session and never shares it. Whatever an MQI call answers beyond "no message" ends in one of two
//! ways: a pause on the same session, or a new session. Nothing here touches a message.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mq::{Class, Input, Library, OpenOptions, Queue, QueueName, Session, Tally, Verb};
use tracing::{debug, error, info, warn};

use crate::admin::Health;
use crate::audit;
use crate::bridge::{Turn, take_turn};
use crate::disposition::{Defer, Order};
use crate::lane::{Intake, Lane, Origin, Queues};
use crate::outage::Permit;
use crate::park;
use crate::pick::Place;
use crate::settings::Site;
use crate::stop::Stop;
use crate::totals::{Noted, Outcome, Row, Totalled};

/// `MQRC_OBJECT_IN_USE`.
const OBJECT_IN_USE: i32 = 2042;

/// One site's connections: one consumer connects at a time, and a failure makes the next attempt wait for all of them.
#[derive(Debug)]
pub struct Connector {
    site: Site,
    library: Library,
    delay_first: Duration,
    delay_max: Duration,
    // Held while a consumer connects, so that a queue manager that comes back sees one connection after another.
    failures: Mutex<u32>,
}

impl Connector {
    /// A connector for this site. The delay between attempts doubles from `delay_first` to `delay_max`.
    pub fn new(site: Site, library: Library, delay_first: Duration, delay_max: Duration) -> Self {
        Self { site, library, delay_first, delay_max, failures: Mutex::new(0) }
    }

    /// Connects and opens the lane's queues, trying until it succeeds; `again`, where the lane had a session before. `None`: the
    /// word came to stop.
    ///
    /// Connecting is the site's affair and waits for all; a queue that cannot be opened is the lane's and delays nobody else.
    fn connect(&self, lane: &Lane, again: bool) -> Option<(Session, Queues)> {
        let mut failures = 0;
        loop {
            let mut session = self.reach(lane, again)?;
            match open_queues(&mut session, lane) {
                Ok(queues) => return Some((session, queues)),
                Err(refusal) => {
                    self.wait_after(lane, &refusal, &mut failures, "The queues cannot be opened.")
                }
            }
        }
    }

    /// Connects, one consumer at a time. `None`: the word came to stop.
    fn reach(&self, lane: &Lane, again: bool) -> Option<Session> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        while !lane.shared.stop.said() {
            match self.session() {
                Ok(session) => {
                    if again || *failures > 0 {
                        info!(site = self.site.name, "Connected again.");
                    }
                    *failures = 0;
                    lane.shared.metrics.site_connected(&self.site.name, true);
                    return Some(session);
                }
                Err(refusal) => {
                    lane.shared.metrics.site_connected(&self.site.name, false);
                    self.wait_after(lane, &refusal, &mut failures, "No connection.");
                }
            }
        }
        None
    }

    fn session(&self) -> Result<Session, Refusal> {
        // Read anew at each attempt: passwords are rotated while we run.
        let options = self.site.connect_options().map_err(|error| Refusal::slow(error.to_string()))?;
        Ok(Session::connect(&self.library, &options)?)
    }

    fn wait_after(&self, lane: &Lane, refusal: &Refusal, failures: &mut u32, what: &'static str) {
        let delay = self.delay(*failures, refusal.slow);
        *failures = failures.saturating_add(1);
        let retry_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let (site, queue, error, attempt) = (&self.site.name, lane.queue(), &refusal.text, *failures);
        // An outage of hours is told at its first, second, fourth, eighth … attempt, not at each.
        if refusal.standby {
            debug!(site, %queue, attempt, retry_in_ms, "Another process has the queue: standing by.");
        } else if attempt.is_power_of_two() {
            warn!(site, %queue, error, attempt, retry_in_ms, "{what}");
        } else {
            debug!(site, %queue, error, attempt, retry_in_ms, "{what}");
        }
        lane.shared.stop.wait(delay);
    }

    /// Doubles with each failure, with up to half taken off at random; the longest at once where retrying fast could do harm.
    fn delay(&self, failures: u32, slow: bool) -> Duration {
        let full = if slow {
            self.delay_max
        } else {
            self.delay_first.saturating_mul(1 << failures.min(20)).min(self.delay_max)
        };
        full - (full / 2) * fastrand::u32(0..=1000) / 1000
    }
}

/// Why no session came about.
struct Refusal {
    text: String,
    /// Trying fast could do harm, or cannot help.
    slow: bool,
    /// Another process has the queue for itself, as it should be.
    standby: bool,
}

impl Refusal {
    fn slow(text: String) -> Self {
        Self { text, slow: true, standby: false }
    }
}

impl From<mq::Error> for Refusal {
    fn from(error: mq::Error) -> Self {
        // A wrong password tried often locks the account.
        Self { slow: error.class() == Class::Security, text: error.to_string(), standby: false }
    }
}

/// Opens everything that the lane may need, so that a missing queue is found before the first message.
fn open_queues(session: &mut Session, lane: &Lane) -> Result<Queues, Refusal> {
    let input = open_input(session, lane)?;
    let manager = session.inquire_queue_manager()?;
    if manager.assembles_segments {
        session.assemble_segments();
    }
    let mut queues = Queues {
        input,
        parking: Vec::new(),
        retry: Vec::new(),
        source_retry: Vec::new(),
        audit: None,
        queue_manager: manager.name.to_string(),
        place: Place::default(),
    };
    for intake in intakes(lane) {
        let name = intake.source.name.clone();
        let dead_letter_queue = manager.dead_letter_queue.as_ref();
        queues.parking.push((name.clone(), parking_target(session, intake, dead_letter_queue)?));
        if let Some(queue) = &intake.source.retry_queue {
            queues.source_retry.push((name, open_own(session, queue, "retry queue")?));
        }
    }
    for (index, destination) in lane.shared.destinations.iter().enumerate() {
        let Some(queue) = destination.retry_queue.as_ref() else { continue };
        let reachable = intakes(lane).any(|intake| intake.reachable.contains(&index));
        if reachable && lane.defer(Some(index)) != Defer::Never {
            queues.retry.push((index, open_own(session, queue, "retry queue")?));
        }
    }
    if let audit::Sink::Queue(queue) = &lane.shared.audit {
        queues.audit = Some(open_own(session, queue, "audit queue")?);
    }
    Ok(queues)
}

/// The sources whose messages this lane may meet.
fn intakes(lane: &Lane) -> impl Iterator<Item = &Arc<Intake>> {
    let one = lane.intake();
    let site = lane.site_index;
    let several =
        lane.shared.intakes.iter().filter(move |it| one.is_none() && it.source.sites.contains(&site));
    one.into_iter().chain(several)
}

fn open_input(session: &mut Session, lane: &Lane) -> Result<Queue, Refusal> {
    let exclusive = lane.order() != Order::None;
    let options = OpenOptions {
        input: Some(match (&lane.origin, exclusive) {
            (_, true) => Input::Exclusive,
            (Origin::Source(_), false) => Input::AsQueueDefines,
            (Origin::SourceRetry(..) | Origin::DestinationRetry(..), false) => Input::Shared,
        }),
        browse: true,
        inquire: true,
        save_all_context: true,
        ..OpenOptions::default()
    };
    session.open(lane.queue(), options).map_err(|error| {
        let standby = exclusive && error.reason().code() == OBJECT_IN_USE;
        Refusal { standby, ..error.into() }
    })
}

/// The queue named in settings, else the source queue's BOQNAME, else the queue manager's dead-letter queue.
fn parking_target(
    session: &mut Session,
    intake: &Intake,
    dead_letter_queue: Option<&QueueName>,
) -> Result<park::Target, Refusal> {
    let source = &intake.source;
    let Some((name, dead_letter)) = park::target(session, source, dead_letter_queue)? else {
        return Err(Refusal::slow(nowhere_to_park(&source.queue)));
    };
    let queue = open_own(session, &name, "parking queue")?;
    Ok(park::Target { queue, name, dead_letter })
}

/// Opens one of our own queues for messages with their whole context.
fn open_own(session: &mut Session, name: &QueueName, what: &str) -> Result<Queue, Refusal> {
    let output = OpenOptions { output: true, pass_all_context: true, ..OpenOptions::default() };
    session.open(name, output).map_err(|error| Refusal::slow(format!("{what} {name}: {error}")))
}

fn nowhere_to_park(queue: &QueueName) -> String {
    format!(
        "{queue} has nowhere to park a message: set parking_queue for its source, BOQNAME on the queue, \
         or DEADQ on the queue manager"
    )
}

/// Takes turns until the word comes to stop. `id` is this consumer's number for `health`.
pub fn run(lane: &Lane, connector: &Arc<Connector>, health: &Health, id: usize) {
    let mut pause = Pause::new(lane);
    let waits_for = lane.waits_for();
    let mut again = false;
    while !lane.shared.stop.said() {
        health.reconnecting(id);
        let Some((mut session, queues)) = connector.connect(lane, again) else { break };
        again = true;
        while !lane.shared.stop.said() && !session.is_poisoned() {
            let Some(turn) = permitted_turn(lane, &waits_for, &mut session, &queues, health, id) else {
                continue;
            };
            match turn {
                Ok(Turn::BackedOut) => pause.once(),
                Ok(Turn::Empty | Turn::Ended(_)) => pause.reset(),
                Ok(Turn::NotDue(left)) => {
                    lane.shared.stop.wait(left.min(lane.get_wait()));
                }
                Err(error) => {
                    let keeps = keeps_session(&error);
                    report(lane, &error, keeps);
                    // Trying again at once would spin where a queue cannot be used.
                    pause.once();
                    if !keeps {
                        break;
                    }
                }
            }
        }
        health.reconnecting(id);
        if let Err(error) = session.disconnect() {
            warn!(site = lane.site, %error, "The session ended untidily. The queue manager backs its unit out.");
        }
    }
    health.reconnecting(id);
}

/// One turn, if its source is not paused, and every destination that it would have to wait for is well or this consumer may
/// probe. `None`: it waited instead.
fn permitted_turn(
    lane: &Lane,
    waits_for: &[usize],
    session: &mut Session,
    queues: &Queues,
    health: &Health,
    id: usize,
) -> Option<Result<Turn, mq::Error>> {
    let now = Instant::now();
    if let Some(pause) = lane.intake().and_then(|intake| intake.gate.paused_on(lane.site_index, now)) {
        health.turn_ended(id);
        let left = pause.until.map_or(lane.get_wait(), |until| until.saturating_duration_since(now));
        lane.shared.stop.wait(left.min(lane.get_wait()));
        return None;
    }
    let probe = match lane.shared.outages.permit(waits_for, now) {
        Permit::Go => None,
        Permit::GoAsProbe(probe) => Some(probe),
        Permit::Wait(left) => {
            health.turn_ended(id);
            lane.shared.stop.wait(left.min(lane.get_wait()));
            return None;
        }
    };
    lane.dispatcher.tend();
    health.turn_started(id);
    let before = session.tally();
    let probes = probe.is_some();
    let turn = take_turn(lane, session, queues, probe);
    let outcome = if let Ok(Turn::Ended(outcome)) = turn { Some(outcome) } else { None };
    account(lane, before, session.tally(), outcome);
    health.turn_ended(id);
    if probes && matches!(turn, Ok(Turn::Empty | Turn::NotDue(_))) {
        // The right to probe was given back; a consumer that has a message may take it now.
        lane.shared.stop.wait(lane.shared.retry.probe_delay_first.min(lane.get_wait()));
    }
    Some(turn)
}

/// Compares what the driver has got with what was decided.
fn account(lane: &Lane, before: Tally, after: Tally, outcome: Option<Outcome>) {
    let got = Tally { got: after.got - before.got, got_unknown: after.got_unknown - before.got_unknown };
    let now = jiff::Timestamp::now();
    let Noted { mismatch, ended } =
        lane.shared.totals.note(lane.queue().as_str(), &lane.site, got, outcome, now);
    if let Some(day) = mismatch {
        lane.shared.metrics.alarm("totals-disagree");
        error!(queue = %lane.queue(), site = lane.site, ?day, "What was got and what became of it disagree.");
    }
    let Some(Totalled { date, rows }) = ended else { return };
    for Row { queue, site, day } in rows {
        info!(%date, queue, site, got = day.got, accepted = day.accepted, deferred = day.deferred,
            parked = day.parked, late = day.late, unknown = day.unknown, "Control totals.");
    }
}

/// Whether the session is sound after this error and only the queue has to wait.
fn keeps_session(error: &mq::Error) -> bool {
    error.verb() == Verb::Get && error.is_over_after_a_wait()
}

fn report(lane: &Lane, error: &mq::Error, keeps_session: bool) {
    let (site, queue) = (&lane.site, lane.queue());
    match error.class() {
        Class::QueueTransient | Class::QueueConfiguration => {
            lane.shared.metrics.alarm("queue-unavailable");
            error!(site, %queue, %error, "The queue cannot be used. It is tried again until it can.");
        }
        Class::Quiescing => {
            info!(site, %queue, %error, "The queue manager is ending. The session ends with it.")
        }
        _ => warn!(site, %queue, %error, "The session is lost."),
    }
    if !keeps_session {
        lane.shared.metrics.site_connected(site, false);
    }
}

/// A growing pause between turns that come to nothing.
struct Pause<'a> {
    stop: &'a Stop,
    first: Duration,
    max: Duration,
    next: Duration,
}

impl<'a> Pause<'a> {
    fn new(lane: &'a Lane) -> Self {
        let (first, max) = (lane.shared.retry.retry_delay_first, lane.shared.retry.retry_delay_max);
        Self { stop: &lane.shared.stop, first, max, next: first }
    }

    fn once(&mut self) {
        self.stop.wait(self.next);
        self.next = self.next.saturating_mul(2).min(self.max);
    }

    fn reset(&mut self) {
        self.next = self.first;
    }
}

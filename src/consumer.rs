//! The thread: open a session, take turns, back off, reconnect, stop.
//!
//! A consumer owns one session and never shares it. Whatever an MQI call answers beyond "no message" ends in one of two
//! ways: a pause on the same session, or a new session. Nothing here touches a message.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mq::{Class, Input, Library, OpenOptions, QueueName, Session, Verb};
use tracing::{error, info, warn};

use crate::admin::Health;
use crate::bridge::{Lane, Queues, Turn, take_turn};
use crate::outage::Permit;
use crate::park;
use crate::settings::Site;
use crate::stop::Stop;

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

    /// Connects and opens the lane's queues, trying until it succeeds. `None`: the word came to stop.
    ///
    /// Connecting is the site's affair and waits for all; a queue that cannot be opened is the lane's and delays nobody else.
    fn connect(&self, lane: &Lane) -> Option<(Session, Queues)> {
        let mut failures = 0;
        loop {
            let mut session = self.reach(lane)?;
            match open_queues(&mut session, lane) {
                Ok(queues) => return Some((session, queues)),
                Err(refusal) => {
                    self.wait_after(lane, &refusal, &mut failures, "The queues cannot be opened.")
                }
            }
        }
    }

    /// Connects, one consumer at a time. `None`: the word came to stop.
    fn reach(&self, lane: &Lane) -> Option<Session> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        while !lane.stop.said() {
            match self.session() {
                Ok(session) => {
                    if *failures > 0 {
                        info!(site = self.site.name, "Connected again.");
                    }
                    *failures = 0;
                    lane.metrics.site_connected(&self.site.name, true);
                    return Some(session);
                }
                Err(refusal) => {
                    lane.metrics.site_connected(&self.site.name, false);
                    self.wait_after(lane, &refusal, &mut failures, "No connection.");
                }
            }
        }
        None
    }

    fn session(&self) -> Result<Session, Refusal> {
        // Read anew at each attempt: passwords are rotated while we run.
        let options =
            self.site.connect_options().map_err(|error| Refusal { text: error.to_string(), slow: true })?;
        Ok(Session::connect(&self.library, &options)?)
    }

    fn wait_after(&self, lane: &Lane, refusal: &Refusal, failures: &mut u32, what: &'static str) {
        let delay = self.delay(*failures, refusal.slow);
        *failures = failures.saturating_add(1);
        warn!(
            site = self.site.name,
            queue = %lane.source.queue,
            error = refusal.text,
            attempt = *failures,
            retry_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "{what}"
        );
        lane.stop.wait(delay);
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
    slow: bool,
}

impl From<mq::Error> for Refusal {
    fn from(error: mq::Error) -> Self {
        // A wrong password tried often locks the account.
        Self { slow: error.class() == Class::Security, text: error.to_string() }
    }
}

/// Opens the source's queue and its parking queue, so that a missing parking queue is found before the first message.
fn open_queues(session: &mut Session, lane: &Lane) -> Result<Queues, Refusal> {
    let input = session.open(
        &lane.source.queue,
        OpenOptions {
            input: Some(Input::AsQueueDefines),
            inquire: true,
            save_all_context: true,
            ..OpenOptions::default()
        },
    )?;
    let attributes = session.inquire_queue(input)?;
    let manager = session.inquire_queue_manager()?;
    let (name, dead_letter) =
        match (&lane.source.parking_queue, attributes.backout_requeue_queue, manager.dead_letter_queue) {
            (Some(name), _, _) => (name.clone(), false),
            (None, Some(name), _) => (name, false),
            (None, None, Some(name)) => (name, true),
            (None, None, None) => {
                return Err(Refusal { text: nowhere_to_park(&lane.source.queue), slow: true });
            }
        };
    let output = OpenOptions { output: true, pass_all_context: true, ..OpenOptions::default() };
    let queue = session
        .open(&name, output)
        .map_err(|error| Refusal { text: format!("parking queue {name}: {error}"), slow: true })?;
    let parking = park::Target { queue, name, dead_letter };
    Ok(Queues { input, parking, queue_manager: manager.name.to_string() })
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
    while !lane.stop.said() {
        health.reconnecting(id);
        let Some((mut session, queues)) = connector.connect(lane) else { break };
        while !lane.stop.said() && !session.is_poisoned() {
            let Some(turn) = permitted_turn(lane, &mut session, &queues, health, id) else { continue };
            match turn {
                Ok(Turn::BackedOut) => pause.once(),
                Ok(Turn::Empty | Turn::Ended) => pause.reset(),
                Err(error) if keeps_session(&error) => {
                    warn!(site = lane.site, queue = %lane.source.queue, %error, "The queue is paused.");
                    pause.once();
                }
                Err(error) => {
                    report(lane, &error);
                    if error.verb() == Verb::Put {
                        // Parking failed: the message is back on its queue, and getting it again at once would spin.
                        pause.once();
                    }
                    break;
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

/// One turn, if every destination that the source can reach is well or this consumer may probe. `None`: it waited instead.
fn permitted_turn(
    lane: &Lane,
    session: &mut Session,
    queues: &Queues,
    health: &Health,
    id: usize,
) -> Option<Result<Turn, mq::Error>> {
    let probe = match lane.outages.permit(&lane.reachable, Instant::now()) {
        Permit::Go => None,
        Permit::GoAsProbe(probe) => Some(probe),
        Permit::Wait(left) => {
            health.turn_ended(id);
            lane.stop.wait(left.min(lane.get_wait));
            return None;
        }
    };
    lane.dispatcher.tend();
    health.turn_started(id);
    let turn = take_turn(lane, session, queues, probe);
    health.turn_ended(id);
    Some(turn)
}

/// Whether the session is sound after this error and only the queue has to wait.
fn keeps_session(error: &mq::Error) -> bool {
    error.verb() == Verb::Get && error.class() == Class::QueueTransient
}

fn report(lane: &Lane, error: &mq::Error) {
    if error.verb() == Verb::Put {
        error!(site = lane.site, queue = %lane.source.queue, %error, "A message could not be parked. It is back on its queue.");
    } else {
        lane.metrics.site_connected(&lane.site, false);
        warn!(site = lane.site, queue = %lane.source.queue, %error, "The session is lost.");
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
        let (first, max) = (lane.policy.retry_delay_first, lane.policy.retry_delay_max);
        Self { stop: &lane.stop, first, max, next: first }
    }

    fn once(&mut self) {
        self.stop.wait(self.next);
        self.next = self.next.saturating_mul(2).min(self.max);
    }

    fn reset(&mut self) {
        self.next = self.first;
    }
}

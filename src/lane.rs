//! What the turns of one consumer need: where its messages come from, and what all consumers of the process share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mq::{MessageId, Queue, QueueName};

use crate::audit;
use crate::dispatch::Dispatcher;
use crate::disposition::{Defer, Order, Policy};
use crate::gate::Gate;
use crate::history::History;
use crate::outage::{self, Outages};
use crate::park;
use crate::pick;
use crate::route;
use crate::settings::{Audit, Destination, Retry, Route, Settings, Source};
use crate::stop::Stop;
use crate::telemetry::Metrics;
use crate::totals::Totals;
use crate::translate::Translator;
use crate::watch::Board;

/// What all consumers of the process share.
#[derive(Debug)]
pub struct Shared {
    /// The provider's name.
    pub provider: String,
    /// The sources, each with what makes documents of its messages.
    pub intakes: Vec<Arc<Intake>>,
    /// The routes, in order.
    pub routes: Vec<Route>,
    /// The destinations.
    pub destinations: Vec<Destination>,
    /// Which destinations are out.
    pub outages: Outages,
    /// What was tried before.
    pub history: History,
    /// Counters.
    pub metrics: Metrics,
    /// What was got and what became of it, by day.
    pub totals: Totals,
    /// How deep the queues are.
    pub depths: Board,
    /// Where records go.
    pub audit: audit::Sink,
    /// The word to stop.
    pub stop: Stop,
    /// Times.
    pub retry: Retry,
    /// The largest body that is translated.
    pub message_bytes_max: usize,
    /// The settings' hash.
    pub settings_hash: String,
}

/// A source and what belongs to it.
#[derive(Debug)]
pub struct Intake {
    /// The source.
    pub source: Source,
    /// From bytes to document, for its format.
    pub translator: Translator,
    /// `ce-source`.
    pub path: String,
    /// The destinations that its messages can be sent to.
    pub reachable: Vec<usize>,
    /// Whether it may be got from.
    pub gate: Gate,
    /// Messages that were given back for what may be their own fault: others pass them for a while.
    pub resting: Resting,
}

/// Messages that others pass for a while. Where there is no other they are taken all the same.
#[derive(Debug, Default)]
pub struct Resting {
    messages: Mutex<VecDeque<(MessageId, Instant)>>,
}

/// How many messages of a source rest at most; the oldest is taken again then.
const RESTING_MAX: usize = 64;

/// What the turns of one consumer need; the same for every turn.
#[derive(Debug)]
pub struct Lane {
    /// What all consumers share.
    pub shared: Arc<Shared>,
    /// The name for logs, metrics and threads: the source's; `payments-again` for the retry queue of the source `payments`,
    /// `credits-retry` for that of the destination `credits`.
    pub name: String,
    /// The site whose queue manager this consumer is connected to.
    pub site: String,
    /// Its index.
    pub site_index: usize,
    /// Which queue the messages come from.
    pub origin: Origin,
    /// The way to the destinations.
    pub dispatcher: Dispatcher,
}

/// Which queue a consumer gets from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A source's own queue.
    Source(Arc<Intake>),
    /// A source's retry queue: suspects, and replays of what was never routed.
    SourceRetry(Arc<Intake>, QueueName),
    /// A destination's retry queue, with messages of any source.
    DestinationRetry(usize, QueueName),
}

/// The open queues of one session.
#[derive(Debug)]
pub struct Queues {
    /// The queue that messages come from.
    pub input: Queue,
    /// Where the messages of each source are parked, by the source's name.
    pub parking: Vec<(String, park::Target)>,
    /// Destinations' retry queues, by the destination's index.
    pub retry: Vec<(usize, Queue)>,
    /// Sources' retry queues, by the source's name.
    pub source_retry: Vec<(String, Queue)>,
    /// The audit queue, where there is one.
    pub audit: Option<Queue>,
    /// The queue manager's name.
    pub queue_manager: String,
    /// Where the next look at a retry queue begins.
    pub place: pick::Place,
}

impl Resting {
    /// Others pass this message until then.
    pub fn add(&self, message: MessageId, until: Instant) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.retain(|(former, _)| *former != message);
        messages.push_back((message, until));
        if messages.len() > RESTING_MAX {
            messages.pop_front();
        }
    }

    /// The messages that rest now.
    pub fn now(&self, now: Instant) -> Vec<MessageId> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.retain(|(_, until)| *until > now);
        messages.iter().map(|(message, _)| *message).collect()
    }
}

impl Shared {
    /// Everything is well at the start.
    pub fn new(settings: &Settings, metrics: &Metrics, stop: &Stop) -> Self {
        let retry = &settings.retry;
        let now = Instant::now();
        let intake = |source: &Source| {
            let limits = &settings.limits;
            let gate = Gate::new(
                limits.park_burst_max,
                limits.park_window,
                retry.retry_delay_first,
                retry.probe_delay_max,
                now,
            );
            Arc::new(Intake {
                translator: source.translator(limits),
                path: format!("/mqgate/{}/{}", settings.provider, source.name),
                reachable: route::reachable(&settings.routes, &source.name, source.queue.as_str()),
                gate,
                resting: Resting::default(),
                source: source.clone(),
            })
        };
        for destination in &settings.destinations {
            metrics.destination_up(&destination.name, true);
        }
        let probes = outage::Rules {
            delay_first: retry.probe_delay_first,
            delay_max: retry.probe_delay_max,
            probes_per_message_max: retry.probes_per_message_max,
        };
        Self {
            provider: settings.provider.clone(),
            intakes: settings.sources.iter().map(intake).collect(),
            routes: settings.routes.clone(),
            destinations: settings.destinations.clone(),
            outages: Outages::new(settings.destinations.len(), probes),
            history: History::new(settings.limits.history_entries_max),
            metrics: metrics.clone(),
            totals: Totals::default(),
            depths: Board::default(),
            audit: match &settings.audit {
                Audit::Off => audit::Sink::Off,
                Audit::Log => audit::Sink::Log,
                Audit::Queue(queue) => audit::Sink::Queue(queue.clone()),
            },
            stop: stop.clone(),
            retry: retry.clone(),
            message_bytes_max: settings.limits.message_bytes_max,
            settings_hash: settings.hash.clone(),
        }
    }

    /// The source of this name.
    pub fn intake(&self, name: &str) -> Option<&Arc<Intake>> {
        self.intakes.iter().find(|intake| intake.source.name == name)
    }

    /// A destination's name.
    pub fn destination_name(&self, destination: usize) -> &str {
        self.destinations.get(destination).map_or("", |it| it.name.as_str())
    }
}

impl Origin {
    /// The name for logs, metrics and threads.
    pub fn name(&self, destinations: &[Destination]) -> String {
        match self {
            Self::Source(intake) => intake.source.name.clone(),
            Self::SourceRetry(intake, _) => format!("{}-again", intake.source.name),
            Self::DestinationRetry(destination, _) => {
                format!("{}-retry", destinations.get(*destination).map_or("", |it| it.name.as_str()))
            }
        }
    }
}

impl Lane {
    /// The queue's name.
    pub fn queue(&self) -> &QueueName {
        match &self.origin {
            Origin::Source(intake) => &intake.source.queue,
            Origin::SourceRetry(_, queue) | Origin::DestinationRetry(_, queue) => queue,
        }
    }

    /// Whether messages come with evidence of ours, and are left until their time has come.
    pub fn is_retry(&self) -> bool {
        !matches!(self.origin, Origin::Source(_))
    }

    /// The one source that all messages of this lane are of, if there is one.
    pub fn intake(&self) -> Option<&Arc<Intake>> {
        match &self.origin {
            Origin::Source(intake) | Origin::SourceRetry(intake, _) => Some(intake),
            Origin::DestinationRetry(..) => None,
        }
    }

    /// Whether order matters here, and what then becomes of a message that cannot pass.
    pub fn order(&self) -> Order {
        match &self.origin {
            Origin::Source(intake) => intake.source.order,
            Origin::SourceRetry(..) | Origin::DestinationRetry(..) => Order::None,
        }
    }

    /// The destinations for which this consumer's messages would have to wait, so that it gets none while one is out.
    /// Messages for the others are put to their retry queues.
    pub fn waits_for(&self) -> Vec<usize> {
        match &self.origin {
            Origin::DestinationRetry(destination, _) => vec![*destination],
            Origin::Source(intake) | Origin::SourceRetry(intake, _) => {
                let waits = |to: &&usize| self.defer(Some(**to)) != Defer::Outages;
                intake.reachable.iter().filter(waits).copied().collect()
            }
        }
    }

    /// When a message for this destination may be put to its retry queue.
    pub fn defer(&self, destination: Option<usize>) -> Defer {
        let queue = destination
            .and_then(|to| self.shared.destinations.get(to))
            .and_then(|it| it.retry_queue.as_ref());
        match &self.origin {
            _ if queue.is_none() || self.order() != Order::None => Defer::Never,
            Origin::DestinationRetry(..) => Defer::OwnFailures,
            Origin::SourceRetry(..) => Defer::Outages,
            Origin::Source(intake) if intake.reachable.len() > 1 => Defer::Outages,
            Origin::Source(_) => Defer::OwnFailures,
        }
    }

    /// The limits and ways for a message of this source that goes to this destination.
    pub fn policy(&self, intake: &Intake, destination: Option<usize>) -> Policy {
        let retry = &self.shared.retry;
        Policy {
            unit_hold_max: retry.unit_hold_max,
            retry_delay_first: retry.retry_delay_first,
            retry_delay_max: retry.retry_delay_max,
            attempt_time_min: retry.unit_hold_max / 10,
            attempts_max: retry.attempts_max,
            unit_attempts_max: retry.unit_attempts_max,
            defer_delay_first: retry.defer_delay_first,
            defer_delay_max: retry.defer_delay_max,
            order: self.order(),
            defer: self.defer(destination),
            may_isolate: intake.source.retry_queue.is_some(),
        }
    }

    /// How long one MQGET waits.
    pub fn get_wait(&self) -> Duration {
        self.shared.retry.get_wait
    }
}

impl Queues {
    /// Where messages of this source are parked.
    pub fn parking(&self, source: &str) -> Option<&park::Target> {
        self.parking.iter().find(|(name, _)| name == source).map(|(_, target)| target)
    }

    /// The retry queue of this destination.
    pub fn retry(&self, destination: usize) -> Option<Queue> {
        self.retry.iter().find(|(index, _)| *index == destination).map(|(_, queue)| *queue)
    }

    /// The retry queue of this source.
    pub fn source_retry(&self, source: &str) -> Option<Queue> {
        self.source_retry.iter().find(|(name, _)| name == source).map(|(_, queue)| *queue)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn a_message_rests_for_its_time_and_the_oldest_gives_way() {
        let (resting, now) = (Resting::default(), Instant::now());
        let later = now + Duration::from_secs(1);
        for n in 0..=64 {
            resting.add(MessageId([n; 24]), later);
        }
        assert_eq!(resting.now(now).len(), RESTING_MAX);
        assert!(!resting.now(now).contains(&MessageId([0; 24])));
        assert!(resting.now(later).is_empty());
    }

    /// What the consumers of these settings share.
    pub(crate) fn shared(settings: &Settings) -> Arc<Shared> {
        Arc::new(Shared::new(settings, &Metrics::new(), &Stop::default()))
    }
}

//! Logs and metrics: the names in one place, and never a payload.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::settings::{Log, LogFormat};

/// Upper bounds in seconds for what waits on a network: 1 ms to 30 s.
const EXCHANGE_SECONDS: [f64; 13] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// Upper bounds in seconds for work in memory: 10 µs to 100 ms.
const WORK_SECONDS: [f64; 9] = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1];

/// Set where the log is JSON: records are then written as they are, without a second look at each of their fields.
static JSON_LINES: OnceLock<()> = OnceLock::new();

/// Writes a record to a log of JSON lines, in the shape of every other line; false where the log is none.
pub fn json_line(target: &str, message: &str, record: &impl Serialize) -> bool {
    if JSON_LINES.get().is_none() {
        return false;
    }
    let timestamp = jiff::Timestamp::now();
    let mut line =
        format!(r#"{{"timestamp":"{timestamp}","level":"INFO","message":"{message}","target":"{target}","#)
            .into_bytes();
    let before = line.len();
    // A record is strings and numbers: it always has a JSON form, and that begins with a brace.
    if serde_json::to_writer(&mut line, record).is_ok() {
        line.remove(before);
        line.push(b'\n');
        // Where standard error is gone there is nobody left to tell.
        let _ = std::io::stderr().lock().write_all(&line);
    }
    true
}

/// Starts logging to standard error. Later calls change nothing.
pub fn init(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only the first subscriber of a process is installed; tests start several.
    let _ = match log.format {
        LogFormat::Json => {
            let _ = JSON_LINES.set(());
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
}

/// Every metric of mqgate. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    families: Arc<Families>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceSite {
    source: String,
    site: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceWord {
    source: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceReason {
    source: String,
    reason: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Source {
    source: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Site {
    site: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SiteQueue {
    site: String,
    queue: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Destination {
    destination: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DestinationResult {
    destination: String,
    result: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceDestination {
    source: String,
    destination: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceVerdict {
    source: String,
    valid: &'static str,
}

type Timing<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Debug)]
struct Families {
    registry: Registry,
    got: Family<SourceSite, Counter>,
    ended: Family<SourceWord, Counter>,
    parked: Family<SourceReason, Counter>,
    deferred: Family<SourceDestination, Counter>,
    alarms: Family<Kind, Counter>,
    retried: Family<Source, Counter>,
    requests: Family<DestinationResult, Counter>,
    request_seconds: Timing<Destination>,
    turn_seconds: Timing<Source>,
    translate_seconds: Timing<Source>,
    schema_checks: Family<SourceVerdict, Counter>,
    destination_up: Family<Destination, Gauge>,
    site_connected: Family<Site, Gauge>,
    commits_unknown: Family<Site, Counter>,
    queue_depth: Family<SiteQueue, Gauge>,
    queue_oldest_seconds: Family<SiteQueue, Gauge>,
}

impl Metrics {
    /// A registry with every metric of mqgate in it.
    pub fn new() -> Self {
        let exchange: fn() -> Histogram = || Histogram::new(EXCHANGE_SECONDS);
        let work: fn() -> Histogram = || Histogram::new(WORK_SECONDS);
        let mut families = Families {
            registry: Registry::with_prefix("mqgate"),
            got: Family::default(),
            ended: Family::default(),
            parked: Family::default(),
            deferred: Family::default(),
            alarms: Family::default(),
            retried: Family::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(exchange),
            turn_seconds: Family::new_with_constructor(exchange),
            translate_seconds: Family::new_with_constructor(work),
            schema_checks: Family::default(),
            destination_up: Family::default(),
            site_connected: Family::default(),
            commits_unknown: Family::default(),
            queue_depth: Family::default(),
            queue_oldest_seconds: Family::default(),
        };
        families.register();
        Self { families: Arc::new(families) }
    }

    /// A message was got.
    pub fn got(&self, source: &str, site: &str) {
        let labels = SourceSite { source: source.to_owned(), site: site.to_owned() };
        self.families.got.get_or_create(&labels).inc();
    }

    /// A turn with a message ended: `accepted`, `parked` or `backed-out`.
    pub fn ended(&self, source: &str, outcome: &'static str, took: Duration) {
        self.families.ended.get_or_create(&SourceWord { source: source.to_owned(), outcome }).inc();
        self.families
            .turn_seconds
            .get_or_create(&Source { source: source.to_owned() })
            .observe(took.as_secs_f64());
    }

    /// A message was parked.
    pub fn parked(&self, source: &str, reason: &'static str) {
        self.families.parked.get_or_create(&SourceReason { source: source.to_owned(), reason }).inc();
    }

    /// A message was put to a retry queue.
    pub fn deferred(&self, source: &str, destination: &str) {
        let labels = SourceDestination { source: source.to_owned(), destination: destination.to_owned() };
        self.families.deferred.get_or_create(&labels).inc();
    }

    /// Something needs a person.
    pub fn alarm(&self, kind: &'static str) {
        self.families.alarms.get_or_create(&Kind { kind }).inc();
    }

    /// A message is to be tried again within its unit.
    pub fn retried(&self, source: &str) {
        self.families.retried.get_or_create(&Source { source: source.to_owned() }).inc();
    }

    /// A request ended: `accepted` or the reason of its failure.
    pub fn dispatched(&self, destination: &str, result: &'static str, took: Duration) {
        let labels = DestinationResult { destination: destination.to_owned(), result };
        self.families.requests.get_or_create(&labels).inc();
        let labels = Destination { destination: destination.to_owned() };
        self.families.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A message was translated.
    pub fn translated(&self, source: &str, took: Duration) {
        let labels = Source { source: source.to_owned() };
        self.families.translate_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A message was checked against its schema.
    pub fn schema_checked(&self, source: &str, valid: &'static str) {
        self.families.schema_checks.get_or_create(&SourceVerdict { source: source.to_owned(), valid }).inc();
    }

    /// A destination went out or answers again.
    pub fn destination_up(&self, destination: &str, up: bool) {
        let labels = Destination { destination: destination.to_owned() };
        self.families.destination_up.get_or_create(&labels).set(i64::from(up));
    }

    /// A site's last attempt to connect succeeded or failed.
    pub fn site_connected(&self, site: &str, connected: bool) {
        self.families.site_connected.get_or_create(&Site { site: site.to_owned() }).set(i64::from(connected));
    }

    /// A commit's outcome is unknown.
    pub fn commit_unknown(&self, site: &str) {
        self.families.commits_unknown.get_or_create(&Site { site: site.to_owned() }).inc();
    }

    /// A queue was looked at: its depth, and the age of its first message in seconds, 0 where it is empty.
    pub fn queue_seen(&self, site: &str, queue: &str, depth: u32, oldest_seconds: u64) {
        let labels = SiteQueue { site: site.to_owned(), queue: queue.to_owned() };
        self.families.queue_depth.get_or_create(&labels).set(i64::from(depth));
        let oldest_seconds = i64::try_from(oldest_seconds).unwrap_or(i64::MAX);
        self.families.queue_oldest_seconds.get_or_create(&labels).set(oldest_seconds);
    }

    /// A queue can no longer be looked at: what was seen last would mislead.
    pub fn queue_unseen(&self, site: &str, queue: &str) {
        let labels = SiteQueue { site: site.to_owned(), queue: queue.to_owned() };
        self.families.queue_depth.remove(&labels);
        self.families.queue_oldest_seconds.remove(&labels);
    }

    /// All metrics in the text format of `OpenMetrics` 1.0.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string fails only where a metric's own encoding does, and all of these are the library's.
        if encode(&mut text, &self.families.registry).is_err() {
            text.clear();
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Families {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "messages_got",
            "Messages got from a queue, redeliveries included",
            self.got.clone(),
        );
        registry.register("turns", "Turns with a message, by how they ended", self.ended.clone());
        registry.register("messages_parked", "Messages parked, by reason", self.parked.clone());
        registry.register("messages_deferred", "Messages put to a retry queue", self.deferred.clone());
        registry.register("alarms", "Events that need a person, by kind", self.alarms.clone());
        registry.register("retries", "Further attempts within a unit of work", self.retried.clone());
        registry.register("requests", "Requests to a destination, by result", self.requests.clone());
        registry.register(
            "request_seconds",
            "Time from sending a request to the end of its answer",
            self.request_seconds.clone(),
        );
        registry.register(
            "turn_seconds",
            "Time from MQGET to the end of the unit",
            self.turn_seconds.clone(),
        );
        registry.register("translate_seconds", "Time to translate a message", self.translate_seconds.clone());
        registry.register(
            "schema_checks",
            "Messages checked against their schemas, by verdict",
            self.schema_checks.clone(),
        );
        registry.register("destination_up", "1 unless the destination is out", self.destination_up.clone());
        registry.register(
            "site_connected",
            "1 if the last attempt to connect to the site succeeded",
            self.site_connected.clone(),
        );
        registry.register(
            "commits_unknown",
            "Commits whose outcome is unknown",
            self.commits_unknown.clone(),
        );
        registry.register(
            "queue_depth",
            "Messages on a queue, uncommitted ones included",
            self.queue_depth.clone(),
        );
        registry.register(
            "queue_oldest_seconds",
            "Age of the first message on a queue, 0 where it is empty",
            self.queue_oldest_seconds.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_explained_and_named_with_its_prefix() {
        let metrics = Metrics::new();
        metrics.got("payments", "north");
        metrics.ended("payments", "accepted", Duration::from_millis(3));
        metrics.parked("payments", "empty");
        metrics.dispatched("credits", "accepted", Duration::from_millis(2));
        metrics.destination_up("credits", true);
        metrics.site_connected("north", true);
        metrics.retried("payments");
        metrics.deferred("payments", "credits");
        metrics.alarm("fuse");
        metrics.translated("payments", Duration::from_micros(20));
        metrics.schema_checked("payments", "false");
        metrics.commit_unknown("north");
        metrics.queue_seen("north", "PAYMENTS.IN", 3, 7);
        let text = metrics.text();
        assert!(text.contains("mqgate_messages_got_total{source=\"payments\",site=\"north\"} 1"), "{text}");
        assert!(text.contains("mqgate_turns_total{source=\"payments\",outcome=\"accepted\"} 1"), "{text}");
        assert!(text.contains("mqgate_destination_up{destination=\"credits\"} 1"), "{text}");
        let types = text.lines().filter(|line| line.starts_with("# TYPE")).count();
        let helps = text.lines().filter(|line| line.starts_with("# HELP")).count();
        assert_eq!((types, helps), (16, 16), "{text}");
    }
}

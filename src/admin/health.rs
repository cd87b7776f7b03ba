//! Whether the process lives, is ready, and lets money flow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::lane::Shared;
use crate::settings::Settings;

/// What a consumer is doing, as it last said.
#[derive(Debug)]
struct Consumer {
    source: String,
    site: usize,
    // Milliseconds since the start, plus one, of the turn that is under way; 0 where none is.
    turn_since_ms: AtomicU64,
    connected: AtomicBool,
}

/// The health of the process. Consumers write to it with every turn; it costs them two atomic stores.
///
/// *Live*: no turn has lasted longer than its hold, one MQGET's wait and the MQI margin together. A consumer that connects
/// or waits is live. *Ready*: settings are valid, HTTP is served, and the process is not stopping; an outage of a
/// destination or a site does not make it unready.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    turn_max: Duration,
    ready: AtomicBool,
    consumers: Vec<Consumer>,
    sites: Vec<String>,
    shared: Arc<Shared>,
}

impl Health {
    /// Nobody is connected and nothing is ready yet. `consumers` are source names with the indexes of their sites.
    pub fn new(
        settings: &Settings,
        consumers: impl IntoIterator<Item = (String, usize)>,
        shared: Arc<Shared>,
    ) -> Self {
        let consumer = |(source, site)| Consumer {
            source,
            site,
            turn_since_ms: AtomicU64::new(0),
            connected: AtomicBool::new(false),
        };
        Self {
            started: Instant::now(),
            turn_max: settings.retry.unit_hold_max + settings.retry.get_wait + settings.retry.mqi_margin,
            ready: AtomicBool::new(false),
            consumers: consumers.into_iter().map(consumer).collect(),
            sites: settings.sites.iter().map(|site| site.name.clone()).collect(),
            shared,
        }
    }

    /// A consumer begins a turn.
    pub fn turn_started(&self, id: usize) {
        self.note(id, true, self.now_ms());
    }

    /// A consumer's turn has ended, or it waits.
    pub fn turn_ended(&self, id: usize) {
        self.note(id, true, 0);
    }

    /// A consumer has no session.
    pub fn reconnecting(&self, id: usize) {
        self.note(id, false, 0);
    }

    /// The process takes work, or stops doing so.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    fn note(&self, id: usize, connected: bool, turn_since_ms: u64) {
        if let Some(consumer) = self.consumers.get(id) {
            consumer.connected.store(connected, Ordering::Relaxed);
            consumer.turn_since_ms.store(turn_since_ms, Ordering::Relaxed);
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// Whether the process lives, and which consumers hang.
    pub fn live(&self) -> (bool, Value) {
        self.live_at(self.now_ms())
    }

    fn live_at(&self, now_ms: u64) -> (bool, Value) {
        let limit_ms = u64::try_from(self.turn_max.as_millis()).unwrap_or(u64::MAX);
        let hung = |consumer: &Consumer| {
            let since = consumer.turn_since_ms.load(Ordering::Relaxed);
            since != 0 && now_ms.saturating_sub(since) > limit_ms
        };
        let hung: Vec<Value> = self
            .consumers
            .iter()
            .enumerate()
            .filter(|(_, consumer)| hung(consumer))
            .map(|(id, consumer)| json!({"consumer": id, "source": consumer.source, "site": self.site(consumer)}))
            .collect();
        (hung.is_empty(), json!({"live": hung.is_empty(), "hung": hung, "turn_ms_max": limit_ms}))
    }

    /// Whether the process takes work.
    pub fn ready(&self) -> (bool, Value) {
        let ready = self.ready.load(Ordering::Relaxed);
        let shared = &self.shared;
        (
            ready,
            json!({
                "ready": ready,
                "provider": shared.provider,
                "settings": shared.settings_hash,
                "sites": self.sites_report(),
            }),
        )
    }

    /// Whether money is moving: every consumer has a session, no destination is out and no source is paused.
    pub fn flowing(&self) -> (bool, Value) {
        let (shared, now) = (&self.shared, Instant::now());
        let sites = self.sites_report();
        let destinations: Vec<Value> = shared
            .destinations
            .iter()
            .enumerate()
            .map(|(index, it)| json!({"destination": it.name, "flowing": !shared.outages.is_out(index)}))
            .collect();
        let sources: Vec<Value> = shared
            .intakes
            .iter()
            .map(|intake| {
                let pause = intake.gate.paused(now);
                json!({
                    "source": intake.source.name,
                    "flowing": pause.is_none(),
                    "paused": pause.map(|pause| pause.cause.word()),
                })
            })
            .collect();
        let well = |list: &[Value]| list.iter().all(|it| it.get("flowing") == Some(&Value::Bool(true)));
        let flowing = well(&sites) && well(&destinations) && well(&sources);
        let report = json!({
            "flowing": flowing,
            "sites": sites,
            "destinations": destinations,
            "sources": sources,
            "queues": shared.depths.report(Timestamp::now()),
        });
        (flowing, report)
    }

    /// How many consumers of each site have a session.
    fn sites_report(&self) -> Vec<Value> {
        let site = |(index, name): (usize, &String)| {
            let (mut connected, mut all) = (0_usize, 0_usize);
            for consumer in self.consumers.iter().filter(|consumer| consumer.site == index) {
                all += 1;
                connected += usize::from(consumer.connected.load(Ordering::Relaxed));
            }
            json!({"site": name, "consumers": all, "connected": connected, "flowing": connected == all})
        };
        self.sites.iter().enumerate().map(site).collect()
    }

    fn site(&self, consumer: &Consumer) -> &str {
        self.sites.get(consumer.site).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> Health {
        let settings = crate::settings::tests::minimal();
        let shared = crate::lane::tests::shared(&settings);
        Health::new(&settings, [("payments".to_owned(), 0), ("payments".to_owned(), 0)], shared)
    }

    #[test]
    fn a_turn_that_lasts_beyond_hold_and_margin_is_not_live_and_reconnecting_is() {
        let health = health();
        health.turn_started(0);
        let limit_ms = u64::try_from(health.turn_max.as_millis()).unwrap();
        assert!(health.live_at(health.now_ms() + limit_ms - 1_000).0);
        let (live, report) = health.live_at(health.now_ms() + limit_ms + 1_000);
        assert!(!live);
        assert_eq!(report["hung"][0]["consumer"], 0);
        health.reconnecting(0);
        assert!(health.live_at(health.now_ms() + limit_ms + 1_000).0);
    }

    #[test]
    fn ready_and_flowing_are_separate_facts() {
        let health = health();
        assert!(!health.ready().0);
        health.set_ready(true);
        assert!(health.ready().0);
        assert!(!health.flowing().0, "nobody is connected");
        health.turn_ended(0);
        health.turn_ended(1);
        assert!(health.flowing().0);
        let probe = health.shared.outages.failed(0, Instant::now());
        let (flowing, report) = health.flowing();
        assert!(!flowing && health.ready().0);
        assert_eq!(report["destinations"][0]["flowing"], false);
        drop(probe);
    }
}

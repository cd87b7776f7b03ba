//! What mqgate writes beside a message on its own queues, as message properties named `mqgate.*`, and reads back there.
//!
//! On retry and parking queues these properties carry what must outlive the process: the idempotency key, how often and
//! with what result the message was tried, where it belongs. They are trusted on our own queues only; a message that comes
//! with such properties from outside has them taken off.

use jiff::Timestamp;
use mq::{Property, PropertyValue};

use crate::disposition::Fate;
use crate::failure::Failure;
use crate::message::IdempotencyKey;

/// What all names begin with.
pub const PREFIX: &str = "mqgate.";

/// What is known of a message that was moved to one of our own queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The key that it had when it came; a new one must never be made for it.
    pub key: IdempotencyKey,
    /// The provider that it came from: several may share a dead-letter queue.
    pub provider: String,
    /// The source that it came from, by its name in settings.
    pub source: String,
    /// The queue that it came from.
    pub queue: String,
    /// The queue manager of that queue.
    pub queue_manager: String,
    /// The message type, where it could be translated.
    pub kind: Option<String>,
    /// The destination that it was routed to, if it came so far.
    pub destination: Option<String>,
    /// The route's name, where it has one.
    pub route: Option<String>,
    /// What the scheme itself deduplicates on.
    pub business_key: Option<String>,
    /// Requests begun for it.
    pub attempts: u32,
    /// A request for it may have left: every further one is a possible duplicate.
    pub uncertain: bool,
    /// When a service first answered 5xx for it.
    pub first_5xx: Option<Timestamp>,
    /// How often it was isolated because it may have killed the process.
    pub suspect: u32,
    /// It is not to be tried before.
    pub not_before: Option<Timestamp>,
    /// When it would have expired on the queue that it came from.
    pub deadline: Option<Timestamp>,
    /// `MQMD.Report` as it came: a copy must not ask the queue manager for confirmations again.
    pub report: i32,
    /// `MQMD.Persistence` as it came: copies are persistent.
    pub persistence: i32,
    /// When it was moved here.
    pub time: Timestamp,
    /// Why it is parked; absent on retry queues.
    pub verdict: Option<Verdict>,
    /// Who replayed it and why, in the words that they gave.
    pub replay: Option<String>,
}

/// Why a message is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The word of the failure's reason.
    pub reason: String,
    /// The stage that failed.
    pub stage: String,
    /// The place, for a person.
    pub detail: String,
    /// The status of a service that refused it.
    pub http_status: Option<u16>,
    /// Whether a service may have acted on it.
    pub fate: Fate,
}

/// Properties that cannot be read as evidence: the name of the first one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the property {PREFIX}{0} is missing or cannot be read")]
pub struct Unreadable(&'static str);

impl Verdict {
    /// What a failure and its fate come to.
    pub fn of(failure: &Failure, fate: Fate) -> Self {
        Self {
            reason: failure.reason.word().to_owned(),
            stage: failure.stage.word().to_owned(),
            detail: failure.detail.clone(),
            http_status: failure.reason.status(),
            fate,
        }
    }
}

impl Evidence {
    /// The properties that say all this.
    pub fn properties(&self) -> Vec<Property> {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let verdict = self.verdict.as_ref();
        let texts = [
            ("idempotency_key", Some(self.key.to_string())),
            ("provider", Some(self.provider.clone())),
            ("source", Some(self.source.clone())),
            ("queue", Some(self.queue.clone())),
            ("queue_manager", Some(self.queue_manager.clone())),
            ("type", self.kind.clone()),
            ("destination", self.destination.clone()),
            ("route", self.route.clone()),
            ("business_key", self.business_key.clone()),
            ("attempts", Some(self.attempts.to_string())),
            ("possible_duplicate", self.uncertain.then(|| "true".to_owned())),
            ("first_5xx", time(self.first_5xx)),
            ("suspect", (self.suspect > 0).then(|| self.suspect.to_string())),
            ("not_before", time(self.not_before)),
            ("deadline", time(self.deadline)),
            ("report", (self.report != 0).then(|| self.report.to_string())),
            ("persistence", Some(self.persistence.to_string())),
            ("time", Some(self.time.to_string())),
            ("reason", verdict.map(|verdict| verdict.reason.clone())),
            ("stage", verdict.map(|verdict| verdict.stage.clone())),
            ("detail", verdict.map(|verdict| verdict.detail.clone())),
            ("http_status", verdict.and_then(|verdict| verdict.http_status).map(|status| status.to_string())),
            ("fate", verdict.map(|verdict| verdict.fate.word().to_owned())),
            ("replay", self.replay.clone()),
        ];
        let named =
            texts.into_iter().filter_map(|(name, text)| Some((name, text.filter(|it| !it.is_empty())?)));
        named
            .map(|(name, text)| Property {
                name: format!("{PREFIX}{name}"),
                value: PropertyValue::String(text),
            })
            .collect()
    }

    /// Reads the properties of a message on one of our own queues. `None`: it has none, somebody else put it there.
    ///
    /// # Errors
    /// One of the properties that every such message has is missing, or one is not what it should be.
    pub fn read(properties: &[Property]) -> Result<Option<Self>, Unreadable> {
        let read = Reader(properties);
        let Some(key) = read.text("idempotency_key") else { return Ok(None) };
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).map_err(|_| Unreadable("idempotency_key"))?;
        Ok(Some(Self {
            key: IdempotencyKey(bytes),
            provider: read.needed("provider")?,
            source: read.needed("source")?,
            queue: read.needed("queue")?,
            queue_manager: read.owned("queue_manager").unwrap_or_default(),
            kind: read.owned("type"),
            destination: read.owned("destination"),
            route: read.owned("route"),
            business_key: read.owned("business_key"),
            attempts: read.parsed("attempts")?.unwrap_or(0),
            uncertain: read.text("possible_duplicate") == Some("true"),
            first_5xx: read.parsed("first_5xx")?,
            suspect: read.parsed("suspect")?.unwrap_or(0),
            not_before: read.parsed("not_before")?,
            deadline: read.parsed("deadline")?,
            report: read.parsed("report")?.unwrap_or(0),
            persistence: read.parsed("persistence")?.unwrap_or(1),
            time: read.parsed("time")?.ok_or(Unreadable("time"))?,
            verdict: read.verdict()?,
            replay: read.owned("replay"),
        }))
    }
}

/// The properties of one message, by name.
struct Reader<'p>(&'p [Property]);

impl<'p> Reader<'p> {
    fn text(&self, name: &str) -> Option<&'p str> {
        self.0.iter().find_map(|property| match &property.value {
            PropertyValue::String(text) if property.name.strip_prefix(PREFIX) == Some(name) => {
                Some(text.as_str())
            }
            _ => None,
        })
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    fn needed(&self, name: &'static str) -> Result<String, Unreadable> {
        self.owned(name).ok_or(Unreadable(name))
    }

    fn parsed<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Unreadable> {
        self.text(name).map(|text| text.parse().map_err(|_| Unreadable(name))).transpose()
    }

    fn verdict(&self) -> Result<Option<Verdict>, Unreadable> {
        let Some(reason) = self.owned("reason") else { return Ok(None) };
        let fate = match self.text("fate") {
            Some("not-delivered") => Fate::NotDelivered,
            Some("possibly-delivered") => Fate::PossiblyDelivered,
            _ => return Err(Unreadable("fate")),
        };
        Ok(Some(Verdict {
            reason,
            stage: self.needed("stage")?,
            detail: self.owned("detail").unwrap_or_default(),
            http_status: self.parsed("http_status")?,
            fate,
        }))
    }
}

/// The properties that a message came with, without any that pretend to be ours.
pub fn foreign(properties: &[Property]) -> impl Iterator<Item = Property> + '_ {
    properties.iter().filter(|property| !is_ours(&property.name)).cloned()
}

fn is_ours(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn evidence() -> Evidence {
        let time: Timestamp = "2026-11-25T03:05:09.126Z".parse().unwrap();
        Evidence {
            key: IdempotencyKey([0xA7; 32]),
            provider: "acme".into(),
            source: "payments".into(),
            queue: "PAYMENTS.IN".into(),
            queue_manager: "QM1".into(),
            kind: Some("pacs.008.001.08".into()),
            destination: Some("credits".into()),
            route: None,
            business_key: None,
            attempts: 7,
            uncertain: true,
            first_5xx: Some(time),
            suspect: 2,
            not_before: Some(time),
            deadline: None,
            report: 0x700,
            persistence: 0,
            time,
            verdict: Some(Verdict {
                reason: "rejected".into(),
                stage: "dispatch".into(),
                detail: String::new(),
                http_status: Some(422),
                fate: Fate::PossiblyDelivered,
            }),
            replay: None,
        }
    }

    #[test]
    fn evidence_survives_the_way_to_a_queue_and_back() {
        for evidence in [evidence(), Evidence { verdict: None, replay: Some("asked".into()), ..evidence() }] {
            assert_eq!(Evidence::read(&evidence.properties()), Ok(Some(evidence)));
        }
    }

    #[test]
    fn a_message_that_somebody_else_put_has_none_and_a_broken_one_is_refused() {
        assert_eq!(Evidence::read(&[]), Ok(None));
        let mut properties = evidence().properties();
        properties.retain(|property| property.name != "mqgate.source");
        assert_eq!(Evidence::read(&properties), Err(Unreadable("source")));
    }

    #[test]
    fn properties_from_outside_that_pretend_to_be_ours_are_taken_off() {
        let named = |name: &str| Property { name: name.into(), value: PropertyValue::Boolean(true) };
        let came = [named("mqgate.possible_duplicate"), named("MQGATE.source"), named("traceparent")];
        assert_eq!(foreign(&came).collect::<Vec<_>>(), [named("traceparent")]);
    }
}

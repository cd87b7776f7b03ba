//! Which parked messages are meant: by where they are, by id, by what is known of them.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use mq::QueueName;
use serde::Deserialize;

use super::entry::Entry;
use crate::settings::Settings;

/// How many digits of an idempotency key name a message, if no other begins with them.
const KEY_DIGITS_MIN: usize = 6;

/// How long a reason may be.
const REASON_BYTES_MAX: usize = 1_000;

/// Where to look.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Scope {
    /// Only this site.
    #[arg(long, value_name = "NAME")]
    pub site: Option<String>,
    /// These queues instead of the sources' parking queues.
    #[arg(long = "queue", value_name = "QUEUE")]
    pub queues: Vec<QueueName>,
}

/// What must hold of a message; what is not given always does.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// The source that it came from.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The destination that it was routed to.
    #[arg(long, value_name = "NAME")]
    pub destination: Option<String>,
    /// Why it is parked: rejected, cannot-translate, late …
    #[arg(id = "parked_for", long = "parked-for", value_name = "WORD")]
    pub reason: Option<String>,
    /// Whether a service may have acted on it.
    #[arg(long, value_parser = ["not-delivered", "possibly-delivered"])]
    pub fate: Option<String>,
    /// Its idempotency key, or the beginning of it.
    #[arg(long, value_name = "HEX")]
    pub key: Option<String>,
    /// Its MsgId.
    #[arg(long, value_name = "HEX")]
    pub message_id: Option<String>,
    /// What the scheme deduplicates on.
    #[arg(long, value_name = "TEXT")]
    pub business_key: Option<String>,
    /// Parked since then: a time (2026-11-25T03:00:00Z), or how long ago (30m, 12h, 7d).
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
}

/// A moment in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Since(pub Timestamp);

/// Which messages are meant.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Where to look.
    pub scope: Scope,
    /// Message ids, idempotency keys or their beginnings, business keys: each names one message.
    pub ids: Vec<String>,
    /// What must hold of them.
    pub filter: Filter,
}

/// What a selection comes to.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) entries: Vec<Entry>,
    pub(crate) unclear: Vec<String>,
}

impl Scope {
    /// The same sites, these queues.
    pub(crate) fn on_queues(mut self, queues: impl Iterator<Item = QueueName>) -> Self {
        for queue in queues {
            if !self.queues.contains(&queue) {
                self.queues.push(queue);
            }
        }
        self
    }

    /// The indexes of the sites to look at.
    ///
    /// # Errors
    /// The site is not in settings.
    pub fn sites(&self, settings: &Settings) -> Result<Vec<usize>, String> {
        let Some(name) = &self.site else { return Ok((0..settings.sites.len()).collect()) };
        let found = settings.sites.iter().position(|site| site.name == *name);
        found.map(|index| vec![index]).ok_or_else(|| {
            let known: Vec<&str> = settings.sites.iter().map(|site| site.name.as_str()).collect();
            format!("there is no site {name:?} in settings; there are: {}", known.join(", "))
        })
    }
}

impl Filter {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a message is meant. Nothing is known of a foreign one but its MsgId and its time.
    pub fn takes(&self, entry: &Entry) -> bool {
        let evidence = entry.evidence();
        let verdict = evidence.and_then(|evidence| evidence.verdict.as_ref());
        let same = |wanted: &Option<String>, known: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| known == Some(wanted.as_str()))
        };
        let message_id = entry.descriptor.message_id.to_string();
        let begins = |wanted: &String| {
            evidence.is_some_and(|it| it.key.to_string().starts_with(&wanted.to_ascii_lowercase()))
        };
        same(&self.source, evidence.map(|it| it.source.as_str()))
            && same(&self.destination, evidence.and_then(|it| it.destination.as_deref()))
            && same(&self.reason, verdict.map(|it| it.reason.as_str()))
            && same(&self.fate, entry.fate().map(crate::disposition::Fate::word))
            && same(&self.business_key, evidence.and_then(|it| it.business_key.as_deref()))
            && self.key.as_ref().is_none_or(begins)
            && self.message_id.as_ref().is_none_or(|wanted| message_id.eq_ignore_ascii_case(wanted))
            && self.since.is_none_or(|Since(since)| entry.time().is_some_and(|time| time >= since))
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self(time));
        }
        let seconds = |unit| match unit {
            "m" => Some(60),
            "h" => Some(3_600),
            "d" => Some(86_400),
            _ => None,
        };
        let ago = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(count, unit)| {
            let count: i64 = count.parse().ok().filter(|count| *count >= 0)?;
            Timestamp::now().checked_sub(SignedDuration::from_secs(count.checked_mul(seconds(unit)?)?)).ok()
        });
        ago.map(Self)
            .ok_or_else(|| "a time (2026-11-25T03:00:00Z) or how long ago (30m, 12h, 7d) expected".to_owned())
    }
}

impl TryFrom<String> for Since {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A reason travels as a message property and in audit records: one line of text, not too long.
///
/// # Errors
/// What is expected instead.
pub fn check_reason(text: &str) -> Result<(), &'static str> {
    let sound = !text.trim().is_empty() && text.len() <= REASON_BYTES_MAX && !text.contains(char::is_control);
    if sound { Ok(()) } else { Err("one line of text, at most 1000 bytes, expected as the reason") }
}

/// Whether `id` names a message with these: its MsgId, its idempotency key or the beginning of it, its business key.
pub fn names(id: &str, message_id: &str, key: &str, business_key: Option<&str>) -> bool {
    let begins = id.len() >= KEY_DIGITS_MIN && key.starts_with(&id.to_ascii_lowercase());
    begins || message_id.eq_ignore_ascii_case(id) || business_key == Some(id)
}

fn named(id: &str, entry: &Entry) -> bool {
    let evidence = entry.evidence();
    let key = evidence.map(|it| it.key.to_string()).unwrap_or_default();
    let business_key = evidence.and_then(|it| it.business_key.as_deref());
    names(id, &entry.descriptor.message_id.to_string(), &key, business_key)
}

/// The messages that a selection means. Without ids these are ours only; an id must name exactly one.
pub(crate) fn choose(entries: Vec<Entry>, selection: &Selection) -> Chosen {
    let filtered: Vec<Entry> = entries.into_iter().filter(|entry| selection.filter.takes(entry)).collect();
    if selection.ids.is_empty() {
        let entries = filtered.into_iter().filter(|entry| entry.evidence().is_some()).collect();
        return Chosen { entries, unclear: Vec::new() };
    }
    let mut chosen = Chosen::default();
    for id in &selection.ids {
        let found: Vec<&Entry> = filtered.iter().filter(|entry| named(id, entry)).collect();
        match found.as_slice() {
            [one] if chosen.entries.iter().any(|entry| same(entry, one)) => {}
            [one] => chosen.entries.push((*one).clone()),
            [] => chosen.unclear.push(format!("nothing that is parked is named {id:?}")),
            several => chosen.unclear.push(ambiguous(id, several)),
        }
    }
    chosen
}

fn same(one: &Entry, other: &Entry) -> bool {
    one.site == other.site && one.identity() == other.identity()
}

fn ambiguous(id: &str, several: &[&Entry]) -> String {
    let name = |entry: &&Entry| match entry.evidence() {
        Some(evidence) => evidence.key.to_string(),
        None => format!("{} on {}", entry.descriptor.message_id, entry.queue),
    };
    let names: Vec<String> = several.iter().take(8).map(name).collect();
    format!("{id:?} names {} messages; say which: {}", several.len(), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::entry::Standing;
    use super::super::entry::tests::parked;
    use super::*;

    fn chosen(ids: &[&str], entries: Vec<Entry>) -> (usize, usize) {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let chosen = choose(entries, &Selection { ids, ..Selection::default() });
        (chosen.entries.len(), chosen.unclear.len())
    }

    #[test]
    fn an_id_names_exactly_one_message_or_none_is_touched() {
        let foreign = Entry { standing: Standing::Foreign(String::new()), ..parked(9) };
        let entries = || vec![parked(0xA7), parked(0xB8), foreign.clone()];
        assert_eq!(chosen(&["A7A7A7"], entries()), (1, 0), "the beginning of a key");
        assert_eq!(chosen(&["a7a7"], entries()), (0, 1), "too short a beginning");
        assert_eq!(chosen(&[&"B8".repeat(24)], entries()), (1, 0), "a MsgId");
        assert_eq!(
            chosen(&["a7a7a7", &"a7".repeat(32)], entries()),
            (1, 0),
            "once, however often it is named"
        );
        assert_eq!(chosen(&["nobody"], entries()), (0, 1));
        assert_eq!(chosen(&["a7a7a7"], vec![parked(0xA7), parked(0xA7)]), (0, 1));
        assert_eq!(chosen(&[], entries()), (2, 0), "foreign ones are meant by id only");
    }

    #[test]
    fn a_filter_holds_in_all_its_parts() {
        let filter = |set: fn(&mut Filter)| {
            let mut filter = Filter::default();
            set(&mut filter);
            filter.takes(&parked(1))
        };
        assert!(filter(|_| {}));
        assert!(filter(|it| it.reason = Some("rejected".into())));
        assert!(!filter(|it| it.reason = Some("late".into())));
        assert!(filter(|it| it.fate = Some("possibly-delivered".into())));
        assert!(!filter(|it| it.business_key = Some("x".into())));
        assert!(filter(|it| it.key = Some("0101".into())));
        assert!(filter(|it| it.since = Some("2026-11-25T03:05:00Z".parse().unwrap())));
        assert!(!filter(|it| it.since = Some("2026-11-25T03:06:00Z".parse().unwrap())));
    }

    #[test]
    fn since_is_a_time_or_how_long_ago() {
        let Since(ago) = "90m".parse().unwrap();
        assert!((Timestamp::now().duration_since(ago).as_secs() - 5_400).abs() < 10);
        for bad in ["", "m", "7w", "-1h", "yesterday", "9999999999999d"] {
            assert!(bad.parse::<Since>().is_err(), "{bad}");
        }
    }
}

//! The story of one message in the order of time: from audit records, from what stands beside it on our own queues, and from
//! the queue that it still waits on. No payload.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use mq::{Browse, GetOptions, OpenOptions, QueueName, Session};
use serde_json::{Map, Value, json};

use crate::evidence::Evidence;
use crate::inbound::Inbound;
use crate::parked::select::names;
use crate::parked::{Desk, Entry, LOOKED_AT_MAX, Scope, show};
use crate::settings::{Audit, Settings};

/// How many records of an audit queue are read.
const RECORDS_MAX: usize = 1_000_000;

const IS_PARKED: &str = "is-parked";
const WAITS: &str = "waits";
const NOT_YET_GOT: &str = "not-yet-got";

/// Something that is known of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// When.
    pub time: Option<Timestamp>,
    /// The idempotency key of the message.
    pub key: String,
    /// `MQMD.MsgId`.
    pub message_id: String,
    /// The business key, where this tells it.
    pub business_key: Option<String>,
    /// `accepted`, `deferred` … of a record; where the message stands now: `is-parked`, `waits`, `not-yet-got`.
    pub what: String,
    /// Everything that is known, by name.
    pub details: Map<String, Value>,
}

/// What is known, and what was in the way of knowing more.
#[derive(Debug, Default)]
pub struct Known {
    /// In the order of time.
    pub happenings: Vec<Happening>,
    /// What could not be looked at, for a person.
    pub unreachable: Vec<String>,
}

impl Happening {
    /// A record, as it stands on the audit queue or in the log; `None` for any other line.
    fn record(value: Value) -> Option<Self> {
        let Value::Object(mut fields) = value else { return None };
        if fields.get("target").is_some_and(|target| target != "mqgate::audit") {
            return None;
        }
        let take = |fields: &mut Map<String, Value>, name: &str| {
            fields.shift_remove(name).and_then(|value| value.as_str().map(str::to_owned))
        };
        let time = take(&mut fields, "timestamp").or_else(|| take(&mut fields, "time"));
        let (what, key) = (take(&mut fields, "outcome")?, take(&mut fields, "key")?);
        let message_id = take(&mut fields, "message_id").unwrap_or_default();
        let business_key = take(&mut fields, "business_key");
        for name in ["level", "target", "message", "span", "time", "settings"] {
            fields.shift_remove(name);
        }
        fields.retain(|_, value| !value.is_null());
        let time = time.and_then(|time| time.parse().ok());
        Some(Self { time, key, message_id, business_key, what, details: fields })
    }

    /// Where a message with evidence stands now.
    fn standing(entry: &Entry, evidence: &Evidence, what: &str) -> Self {
        let details = match show::row(entry) {
            Value::Object(mut fields) => {
                for name in ["key", "business_key", "message_id", "time"] {
                    fields.shift_remove(name);
                }
                fields.retain(|_, value| !value.is_null());
                fields
            }
            _ => Map::new(),
        };
        Self {
            time: Some(evidence.time),
            key: evidence.key.to_string(),
            message_id: entry.descriptor.message_id.to_string(),
            business_key: evidence.business_key.clone(),
            what: what.to_owned(),
            details,
        }
    }

    /// Whether it tells where the message stands now, and not what happened to it.
    fn is_now(&self) -> bool {
        [IS_PARKED, WAITS, NOT_YET_GOT].contains(&self.what.as_str())
    }

    /// For machines.
    pub fn json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("time".to_owned(), json!(self.time.map(|time| time.to_string())));
        fields.insert("what".to_owned(), json!(self.what));
        fields.insert("key".to_owned(), json!(self.key));
        fields.insert("message_id".to_owned(), json!(self.message_id));
        fields.insert("business_key".to_owned(), json!(self.business_key));
        fields.extend(self.details.clone());
        Value::Object(fields)
    }
}

/// Everything that is known of the messages that `id` names: usually one; a business key may name several.
pub fn explain(desk: &Desk, id: &str, file: Option<&Path>) -> Known {
    let mut known = Known::default();
    if let Some(file) = file
        && let Err(error) = read_file(file, &mut known.happenings)
    {
        known.unreachable.push(format!("{}: {error}", file.display()));
    }
    known.look_at_parked(desk);
    for (index, site) in desk.settings.sites.iter().enumerate() {
        if let Err(error) = look_at_site(desk, index, id, &mut known) {
            known.unreachable.push(format!("site {}: {error}", site.name));
        }
    }
    known.happenings = told_of(known.happenings, id);
    known
}

/// The happenings of the messages that `id` names, by message and time.
fn told_of(happenings: Vec<Happening>, id: &str) -> Vec<Happening> {
    let named = |it: &&Happening| names(id, &it.message_id, &it.key, it.business_key.as_deref());
    let keys: BTreeSet<String> = happenings.iter().filter(named).map(|it| it.key.clone()).collect();
    let mut told: Vec<Happening> = happenings.into_iter().filter(|it| keys.contains(&it.key)).collect();
    // Where a message stands now is told after all that happened to it.
    told.sort_by_key(|it| (it.key.clone(), it.is_now(), it.time));
    told
}

/// Records among the lines of a file; other lines are passed over.
fn read_file(file: &Path, into: &mut Vec<Happening>) -> std::io::Result<()> {
    for line in std::io::BufReader::new(std::fs::File::open(file)?).split(b'\n') {
        let line = line?;
        into.extend(serde_json::from_slice(&line).ok().and_then(Happening::record));
    }
    Ok(())
}

impl Known {
    fn look_at_parked(&mut self, desk: &Desk) {
        let Ok(mut looked) = desk.look(&Scope::default()) else { return };
        let parked = looked.found.iter().filter_map(|entry| Some((entry, entry.evidence()?)));
        self.happenings.extend(parked.map(|(entry, it)| Happening::standing(entry, it, IS_PARKED)));
        self.unreachable.append(&mut looked.unreachable);
    }
}

/// The audit queue, the retry queues, and the sources' own queues of one site.
fn look_at_site(desk: &Desk, index: usize, id: &str, known: &mut Known) -> Result<(), String> {
    let settings = &desk.settings;
    let Some(site) = settings.sites.get(index) else { return Ok(()) };
    let options = site.connect_options().map_err(|error| error.to_string())?;
    let mut session = Session::connect(&desk.library, &options).map_err(|error| error.to_string())?;
    let Known { happenings, unreachable } = known;
    let mut note = |queue: &QueueName, looked: Result<(), mq::Error>| {
        unreachable.extend(looked.err().map(|error| format!("site {}: {queue}: {error}", site.name)));
    };
    if let Audit::Queue(queue) = &settings.audit {
        let read = |message: mq::Message| {
            happenings.extend(serde_json::from_slice(&message.body).ok().and_then(Happening::record));
        };
        note(queue, browse(&mut session, queue, RECORDS_MAX, |_| true, read));
    }
    for queue in retry_queues(settings, index) {
        let waiting = |message: mq::Message| happenings.extend(waiting(&site.name, &queue, &message));
        match browse(&mut session, &queue, LOOKED_AT_MAX, |_| true, waiting) {
            // A retry queue need not be on every site.
            Err(error) if error.class() == mq::Class::QueueConfiguration => {}
            looked => note(&queue, looked),
        }
    }
    let sources = settings.sources.iter().filter(|source| source.sites.contains(&index));
    for source in sources.filter(|_| is_message_id(id)) {
        let meant = |glance: &mq::Glance| glance.descriptor.message_id.to_string().eq_ignore_ascii_case(id);
        let waiting = |message| {
            let inbound = Inbound::new(&settings.provider, &source.name, message);
            happenings.push(not_yet_got(&site.name, &source.queue, &inbound));
        };
        note(&source.queue, browse(&mut session, &source.queue, LOOKED_AT_MAX, meant, waiting));
    }
    // No unit is open: how it ends changes nothing.
    let _ = session.disconnect();
    Ok(())
}

/// Only by its MsgId is a message known on a queue that it has not been got from.
fn is_message_id(id: &str) -> bool {
    id.len() == 48 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Looks at the messages of a queue that are meant, whole, and leaves them where they are.
fn browse(
    session: &mut Session,
    name: &QueueName,
    messages_max: usize,
    mut meant: impl FnMut(&mq::Glance) -> bool,
    mut look: impl FnMut(mq::Message),
) -> Result<(), mq::Error> {
    let queue = session.open(name, OpenOptions { browse: true, ..OpenOptions::default() })?;
    let mut unit = session.begin();
    let mut which = Browse::First;
    for _ in 0..messages_max {
        let Some(glance) = unit.browse(queue, which, GetOptions { wait: Duration::ZERO })? else { break };
        which = Browse::Next;
        if meant(&glance)
            && let Some(message) = unit.view_browsed(queue)?
        {
            look(message);
        }
    }
    Ok(())
}

/// The retry queues that may be on this site.
fn retry_queues(settings: &Settings, site: usize) -> BTreeSet<QueueName> {
    let sources = settings.sources.iter().filter(|source| source.sites.contains(&site));
    let of_sources = sources.filter_map(|source| source.retry_queue.clone());
    let of_destinations = settings.destinations.iter().filter_map(|it| it.retry_queue.clone());
    of_sources.chain(of_destinations).collect()
}

fn waiting(site: &str, queue: &QueueName, message: &mq::Message) -> Option<Happening> {
    let evidence = Evidence::read(&message.properties).ok().flatten()?;
    let entry = Entry {
        site: site.to_owned(),
        queue: queue.clone(),
        descriptor: message.descriptor.clone(),
        body_bytes: message.body.len(),
        standing: crate::parked::entry::Standing::Ours(Box::new(evidence.clone())),
    };
    Some(Happening::standing(&entry, &evidence, WAITS))
}

fn not_yet_got(site: &str, queue: &QueueName, inbound: &Inbound) -> Happening {
    let mut details = Map::new();
    details.insert("site".to_owned(), json!(site));
    details.insert("queue".to_owned(), json!(queue.as_str()));
    details.insert("backout_count".to_owned(), json!(inbound.descriptor.backout_count));
    Happening {
        time: inbound.put_time.as_ref().and_then(|time| time.parse().ok()),
        key: inbound.key.to_string(),
        message_id: inbound.descriptor.message_id.to_string(),
        business_key: None,
        what: NOT_YET_GOT.to_owned(),
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, time: &str, business_key: Option<&str>) -> Happening {
        let value = json!({
            "time": time, "outcome": "parked", "key": key, "message_id": "AB", "business_key": business_key,
            "reason": "late", "stage": null,
        });
        Happening::record(value).unwrap()
    }

    #[test]
    fn a_line_of_the_log_is_a_record_if_it_is_one() {
        let line = r#"{"timestamp":"2026-11-25T03:00:00Z","level":"INFO","message":"Audit.","outcome":"accepted",
            "key":"aa","message_id":"01","target":"mqgate::audit","span":{"name":"turn"},"attempts":1}"#;
        let happening = Happening::record(serde_json::from_str(line).unwrap()).unwrap();
        assert_eq!(happening.what, "accepted");
        assert_eq!(happening.details.keys().collect::<Vec<_>>(), ["attempts"]);
        let other = line.replace("mqgate::audit", "mqgate::bridge");
        assert_eq!(Happening::record(serde_json::from_str(&other).unwrap()), None);
    }

    #[test]
    fn a_story_is_told_by_message_and_time_also_where_a_record_lacks_the_business_key() {
        let (one, other) = ("a1".repeat(32), "b2".repeat(32));
        let happenings = vec![
            record(&one, "2026-11-25T03:00:02Z", Some("E2E-1")),
            record(&other, "2026-11-25T03:00:00Z", None),
            record(&one, "2026-11-25T03:00:01Z", None),
        ];
        let told = told_of(happenings.clone(), "E2E-1");
        assert_eq!(told, [happenings[2].clone(), happenings[0].clone()]);
        assert_eq!(told_of(happenings.clone(), "b2b2b2").len(), 1);
        assert_eq!(told_of(happenings, "nobody"), []);
    }
}

//! One record for each message that left its queue, without its payload: put in the unit that ends it, or logged.
//!
//! A record backs out with its unit; the next one carries the attempts that were made in vain.

use mq::{Context, CorrelationId, Descriptor, Format, Outgoing, Queue, QueueName, Unit};
use serde::Serialize;
use tracing::info;

use crate::message::IdempotencyKey;
use crate::telemetry;

/// `MQPER_PERSISTENT`.
const PERSISTENT: i32 = 1;

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// Nowhere.
    Off,
    /// The log.
    Log,
    /// This queue, on the site that the message came from.
    Queue(QueueName),
}

/// What became of one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Record<'a> {
    /// When this was decided, RFC 3339.
    pub time: String,
    /// `accepted`, `deferred`, `parked`, `late`; and `replayed`, `discarded` by an operator.
    pub outcome: &'a str,
    /// The idempotency key.
    pub key: String,
    /// What the scheme itself deduplicates on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_key: Option<&'a str>,
    /// `MQMD.MsgId`, in hexadecimal.
    pub message_id: String,
    /// `MQMD.CorrelId`, in hexadecimal.
    pub correlation_id: String,
    /// The message type, where it could be translated.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'a str>,
    /// The provider.
    pub provider: &'a str,
    /// The site.
    pub site: &'a str,
    /// The source.
    pub source: &'a str,
    /// The queue that it was got from.
    pub queue: &'a str,
    /// The route, where it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'a str>,
    /// The destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<&'a str>,
    /// The hash of the settings that decided.
    pub settings: &'a str,
    /// Requests begun for it, in all units.
    pub attempts: u32,
    /// It may have been delivered before.
    pub possible_duplicate: bool,
    /// `MQMD.BackoutCount`.
    pub backout_count: u32,
    /// When it was put, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_time: Option<&'a str>,
    /// From MQGET to this record, in ms.
    pub held_ms: u64,
    /// Why it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// The stage that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'a str>,
    /// The place, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// The status of the service's last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Of a message that was parked: whether a service may have acted on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fate: Option<&'a str>,
    /// Of a message that was deferred: it is not tried again before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Of what an operator did: the reason that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'a str>,
}

/// What lines with records are told by.
const TARGET: &str = "mqgate::audit";

/// Writes a record to the log, at level `info`; a filter does not keep it out of a log of JSON lines.
pub fn log(record: &Record<'_>) {
    if telemetry::json_line(TARGET, "Audit.", record) {
        return;
    }
    info!(
        target: TARGET,
        outcome = record.outcome,
        key = record.key,
        business_key = record.business_key,
        message_id = record.message_id,
        correlation_id = record.correlation_id,
        r#type = record.kind,
        provider = record.provider,
        site = record.site,
        source = record.source,
        queue = record.queue,
        route = record.route,
        destination = record.destination,
        settings = record.settings,
        attempts = record.attempts,
        possible_duplicate = record.possible_duplicate,
        backout_count = record.backout_count,
        put_time = record.put_time,
        held_ms = record.held_ms,
        reason = record.reason,
        stage = record.stage,
        detail = record.detail,
        http_status = record.http_status,
        fate = record.fate,
        not_before = record.not_before,
        comment = record.comment,
        "Audit."
    );
}

/// Puts a record in this unit. It is found by the first 24 bytes of the idempotency key as CorrelId.
///
/// # Errors
/// What MQPUT answers.
pub fn put(
    unit: &mut Unit<'_>,
    queue: Queue,
    key: &IdempotencyKey,
    record: &Record<'_>,
) -> Result<(), mq::Error> {
    // A record is strings and numbers: it always has a JSON form.
    let body = serde_json::to_vec(record).unwrap_or_default();
    let descriptor = Descriptor {
        format: Format::STRING,
        ccsid: 1208,
        persistence: PERSISTENT,
        correlation_id: correlation_id(key),
        ..Descriptor::default()
    };
    let message = Outgoing {
        descriptor,
        properties: &[],
        body: &body,
        context: Context::Default,
        new_message_id: true,
        new_correlation_id: false,
    };
    unit.put(queue, &message).map(|_| ())
}

/// The CorrelId of a message's records.
pub fn correlation_id(key: &IdempotencyKey) -> CorrelationId {
    CorrelationId(key.0.first_chunk().copied().unwrap_or_default())
}

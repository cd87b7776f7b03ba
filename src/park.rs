//! Parking: a message that no service can take is put aside with its evidence, in the unit that got it.
//!
//! The target is the queue named in settings, else the source queue's BOQNAME, else the queue manager's dead-letter queue,
//! and there, by the rules of that queue, behind an MQDLH. The body, the MsgId and the whole context stay as they came;
//! what mqgate knows travels beside them as message properties.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mq::headers::DeadLetterHeader;
use mq::{Context, Outgoing, Property, PropertyValue, Queue, QueueName, Unit};

use crate::disposition::Fate;
use crate::failure::{Failure, Reason};
use crate::inbound::Inbound;

/// `MQFB_APPL_FIRST`: where the feedback codes begin that programs define for themselves.
const APPLICATION_FEEDBACK_FIRST: i32 = 65_536;

/// `MQAT_UNIX`.
const APPLICATION_TYPE_UNIX: i32 = 6;

/// `MQEI_UNLIMITED`.
const EXPIRY_UNLIMITED: i32 = -1;

/// Where a source's messages are parked, opened for output with all context passed on.
#[derive(Debug, Clone)]
pub struct Target {
    /// The open queue.
    pub queue: Queue,
    /// Its name.
    pub name: QueueName,
    /// It is the dead-letter queue: messages go there behind an MQDLH.
    pub dead_letter: bool,
}

/// What is known of a message when it is parked.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Why it is parked.
    pub failure: &'a Failure,
    /// Whether a service may have acted on it.
    pub fate: Fate,
    /// Requests begun for it.
    pub attempts: u32,
    /// The destination it was routed to, if it came so far.
    pub destination: Option<&'a str>,
    /// The source, by its name in settings.
    pub source: &'a str,
    /// The queue it came from.
    pub queue: &'a QueueName,
    /// Its queue manager.
    pub queue_manager: &'a str,
    /// Now.
    pub time: Timestamp,
}

/// Puts the message to the parking queue in its unit. Nothing is parked until the unit commits.
///
/// # Errors
/// What MQPUT answers. The message is then still in the unit: back it out.
pub fn park(
    unit: &mut Unit<'_>,
    input: Queue,
    target: &Target,
    inbound: &Inbound,
    evidence: &Evidence<'_>,
) -> Result<(), mq::Error> {
    let mut descriptor = inbound.descriptor.clone();
    // A parked message waits for a person, however long that takes; its deadline is part of the evidence.
    descriptor.expiry = EXPIRY_UNLIMITED;
    let properties: Vec<Property> =
        inbound.properties.iter().cloned().chain(properties(inbound, evidence)).collect();
    let dead_letter = target
        .dead_letter
        .then(|| dead_letter_header(inbound, evidence).prepend(&mut descriptor, &inbound.body));
    unit.put(
        target.queue,
        &Outgoing {
            descriptor,
            properties: &properties,
            body: dead_letter.as_deref().unwrap_or(&inbound.body),
            context: Context::PassAll(input),
            new_message_id: false,
            new_correlation_id: false,
        },
    )?;
    Ok(())
}

fn properties(inbound: &Inbound, evidence: &Evidence<'_>) -> impl Iterator<Item = Property> {
    let failure = evidence.failure;
    let fate = match evidence.fate {
        Fate::NotDelivered => "not-delivered",
        Fate::PossiblyDelivered => "possibly-delivered",
    };
    let expiry = inbound.descriptor.expiry;
    let words = [
        ("mqgate.reason", Some(failure.reason.word().to_owned())),
        ("mqgate.stage", Some(failure.stage.word().to_owned())),
        ("mqgate.detail", Some(failure.detail.clone()).filter(|detail| !detail.is_empty())),
        ("mqgate.fate", Some(fate.to_owned())),
        ("mqgate.http_status", failure.reason.status().map(|status| status.to_string())),
        ("mqgate.attempts", Some(evidence.attempts.to_string())),
        ("mqgate.time", Some(evidence.time.to_string())),
        ("mqgate.source", Some(evidence.source.to_owned())),
        ("mqgate.queue", Some(evidence.queue.to_string())),
        ("mqgate.destination", evidence.destination.map(str::to_owned)),
        ("mqgate.idempotency_key", Some(inbound.key.to_string())),
        // Tenths of a second that were left when the message was got.
        ("mqgate.expiry_left", (expiry != EXPIRY_UNLIMITED).then(|| expiry.to_string())),
    ];
    words.into_iter().filter_map(|(name, value)| {
        value.map(|value| Property { name: name.to_owned(), value: PropertyValue::String(value) })
    })
}

fn dead_letter_header(inbound: &Inbound, evidence: &Evidence<'_>) -> DeadLetterHeader {
    let descriptor = &inbound.descriptor;
    let (put_date, put_time) = date_and_time(evidence.time);
    DeadLetterHeader {
        reason: feedback(evidence.failure.reason),
        destination_queue: evidence.queue.to_string(),
        destination_queue_manager: evidence.queue_manager.to_owned(),
        encoding: descriptor.encoding,
        ccsid: descriptor.ccsid,
        format: descriptor.format,
        put_application_type: APPLICATION_TYPE_UNIX,
        put_application_name: "mqgate".to_owned(),
        put_date,
        put_time,
    }
}

/// `YYYYMMDD` and `HHMMSSTH`, in UTC, as MQ writes them.
fn date_and_time(time: Timestamp) -> ([u8; 8], [u8; 8]) {
    let utc = TimeZone::UTC.to_datetime(time);
    let field = |text: String| text.as_bytes().first_chunk().copied().unwrap_or([b' '; 8]);
    let hundredths = utc.subsec_nanosecond() / 10_000_000;
    let date = format!("{:04}{:02}{:02}", utc.year(), utc.month(), utc.day());
    let clock = format!("{:02}{:02}{:02}{hundredths:02}", utc.hour(), utc.minute(), utc.second());
    (field(date), field(clock))
}

/// The MQDLH's reason code: `MQFB_APPL_FIRST` and a number of our own for each way to be parked.
fn feedback(reason: Reason) -> i32 {
    let number = match reason {
        Reason::Empty => 1,
        Reason::OverLimit => 2,
        Reason::BadHeader => 3,
        Reason::CannotTranslate => 4,
        Reason::NoRoute => 5,
        Reason::Rejected(status) => i32::from(status),
        Reason::ServerError(_)
        | Reason::Unavailable(_)
        | Reason::Misdirected(_)
        | Reason::Conflict
        | Reason::Connect
        | Reason::Tls
        | Reason::Timeout
        | Reason::CutShort
        | Reason::AnswerOverLimit
        | Reason::Credential => 99,
    };
    APPLICATION_FEEDBACK_FIRST + number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_header_is_dated_as_mq_dates() {
        let time: Timestamp = "2026-11-24T03:05:09.126Z".parse().unwrap();
        assert_eq!(date_and_time(time), (*b"20261124", *b"03050912"));
    }

    #[test]
    fn feedback_codes_are_ours_and_tell_reasons_apart() {
        assert_eq!(feedback(Reason::CannotTranslate), 65_540);
        assert_eq!(feedback(Reason::Rejected(422)), 65_958);
    }
}

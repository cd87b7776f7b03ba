//! Messages that are moved to one of our own queues in the unit that got them: parked, deferred, isolated.
//!
//! *Parking* target: the queue named in settings, else the source queue's BOQNAME, else the queue manager's dead-letter queue,
//! and there, by the rules of that queue, behind an MQDLH. The body, the MsgId and the whole context stay as they came; what
//! mqgate knows travels beside them as message properties (`evidence`). A copy is persistent, does not expire, and asks the
//! queue manager for no confirmation that it has given already; it stays in one piece, whatever it came in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mq::headers::DeadLetterHeader;
use mq::{Context, Descriptor, OpenOptions, Outgoing, Property, Queue, QueueName, Session, Unit};

use crate::evidence::{self, Evidence};
use crate::failure::Reason;
use crate::inbound::Inbound;
use crate::settings::Source;

/// `MQFB_APPL_FIRST`: where the feedback codes begin that programs define for themselves.
const APPLICATION_FEEDBACK_FIRST: i32 = 65_536;

/// `MQAT_UNIX`.
const APPLICATION_TYPE_UNIX: i32 = 6;

/// `MQEI_UNLIMITED`.
const EXPIRY_UNLIMITED: i32 = -1;

/// `MQPER_PERSISTENT`.
const PERSISTENT: i32 = 1;

/// Reports that a queue manager sends when a message arrives, is got or expires: `MQRO_COA_WITH_FULL_DATA`,
/// `MQRO_COD_WITH_FULL_DATA`, `MQRO_EXPIRATION_WITH_FULL_DATA`, `MQRO_ACTIVITY`. It has sent them for the message itself; for
/// a copy they would reach the scheme a second time.
const REPORTS_OF_QUEUE_MANAGER: i32 = 0x700 | 0x3800 | 0x00E0_0000 | 4;

/// `MQDLH.PutApplName`.
pub const APPLICATION_NAME: &str = "mqgate";

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

/// Where a source's messages are parked, and whether that is the dead-letter queue: the queue named in settings, else the
/// source queue's BOQNAME, else the queue manager's dead-letter queue. `None`: there is no such queue.
///
/// # Errors
/// What MQOPEN or MQINQ answers for the source's queue.
pub fn target(
    session: &mut Session,
    source: &Source,
    dead_letter_queue: Option<&QueueName>,
) -> Result<Option<(QueueName, bool)>, mq::Error> {
    if let Some(name) = &source.parking_queue {
        return Ok(Some((name.clone(), false)));
    }
    let inquired = session.open(&source.queue, OpenOptions { inquire: true, ..OpenOptions::default() })?;
    let requeue = session.inquire_queue(inquired)?.backout_requeue_queue;
    Ok(requeue.map(|name| (name, false)).or_else(|| dead_letter_queue.map(|name| (name.clone(), true))))
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
    evidence: &Evidence,
    reason: Reason,
) -> Result<(), mq::Error> {
    let mut descriptor = copied(&inbound.descriptor);
    let header = target.dead_letter.then(|| dead_letter_header(inbound, evidence, reason));
    let body = header.map(|header| header.prepend(&mut descriptor, &inbound.body));
    put(unit, input, target.queue, descriptor, body.as_deref().unwrap_or(&inbound.body), inbound, evidence)
}

/// Puts the message to a retry queue in its unit.
///
/// # Errors
/// As [`park`].
pub fn defer(
    unit: &mut Unit<'_>,
    input: Queue,
    retry: Queue,
    inbound: &Inbound,
    evidence: &Evidence,
) -> Result<(), mq::Error> {
    put(unit, input, retry, copied(&inbound.descriptor), &inbound.body, inbound, evidence)
}

/// The descriptor of a copy on one of our own queues: it waits for us, however long that takes.
fn copied(descriptor: &Descriptor) -> Descriptor {
    Descriptor {
        expiry: EXPIRY_UNLIMITED,
        persistence: PERSISTENT,
        message_flags: descriptor.flags_in_one_piece(),
        report: descriptor.report & !REPORTS_OF_QUEUE_MANAGER,
        ..descriptor.clone()
    }
}

fn put(
    unit: &mut Unit<'_>,
    input: Queue,
    queue: Queue,
    descriptor: Descriptor,
    body: &[u8],
    inbound: &Inbound,
    evidence: &Evidence,
) -> Result<(), mq::Error> {
    let properties: Vec<Property> =
        evidence::foreign(&inbound.properties).chain(evidence.properties()).collect();
    let message = Outgoing {
        descriptor,
        properties: &properties,
        body,
        context: Context::PassAll(input),
        new_message_id: false,
        new_correlation_id: false,
    };
    unit.put(queue, &message).map(|_| ())
}

fn dead_letter_header(inbound: &Inbound, evidence: &Evidence, reason: Reason) -> DeadLetterHeader {
    let descriptor = &inbound.descriptor;
    let (put_date, put_time) = date_and_time(evidence.time);
    DeadLetterHeader {
        reason: feedback(reason),
        destination_queue: evidence.queue.clone(),
        destination_queue_manager: evidence.queue_manager.clone(),
        encoding: descriptor.encoding,
        ccsid: descriptor.ccsid,
        format: descriptor.format,
        put_application_type: APPLICATION_TYPE_UNIX,
        put_application_name: APPLICATION_NAME.to_owned(),
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
        Reason::Late => 6,
        Reason::CrashSuspect => 7,
        Reason::StraySegment => 8,
        Reason::GroupMember => 9,
        Reason::BadEvidence => 10,
        Reason::Rejected(status) => i32::from(status),
        // Parked after many attempts: the last answer says why.
        Reason::ServerError(status) | Reason::Unavailable(status) | Reason::Misdirected(status) => {
            i32::from(status)
        }
        Reason::Conflict => 409,
        Reason::Connect
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
    fn a_copy_waits_for_us_and_asks_the_queue_manager_for_no_report() {
        // COA, COD and EXPIRATION, each with data; PASS_CORREL_ID is for whoever replies.
        let report = 0x300 | 0x1800 | 0x0060_0000 | 0x40;
        let copy = copied(&Descriptor { report, expiry: 100, persistence: 0, ..Descriptor::default() });
        assert_eq!((copy.report, copy.expiry, copy.persistence), (0x40, EXPIRY_UNLIMITED, PERSISTENT));
    }

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

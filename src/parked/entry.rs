//! A message on a parking queue as it is seen without getting it, and whether it is ours.
//!
//! A dead-letter queue is shared: what stands there is ours only if it is behind an MQDLH that mqgate wrote, with evidence
//! that agrees with it. Properties alone could come from outside.

use jiff::Timestamp;
use mq::headers::{DEAD_LETTER_HEADER_BYTES, DeadLetterHeader};
use mq::{Descriptor, Format, Message, MessageId, Property, QueueName};

use crate::disposition::Fate;
use crate::evidence::Evidence;
use crate::message::IdempotencyKey;
use crate::park;
use crate::settings::Settings;

/// A message on a parking queue.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The site.
    pub site: String,
    /// The queue.
    pub queue: QueueName,
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// The length of its body, an MQDLH included.
    pub body_bytes: usize,
    /// Whose it is.
    pub standing: Standing,
}

/// Whose a message is.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Ours, with what is known of it.
    Ours(Box<Evidence>),
    /// Somebody else's: it is listed and never touched. Why it is not ours.
    Foreign(String),
}

/// How a message is found again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) queue: QueueName,
    pub(crate) message_id: MessageId,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) put: ([u8; 8], [u8; 8]),
}

impl Entry {
    /// What is known of it, if it is ours.
    pub fn evidence(&self) -> Option<&Evidence> {
        match &self.standing {
            Standing::Ours(evidence) => Some(evidence),
            Standing::Foreign(_) => None,
        }
    }

    /// When it was parked; of a foreign one when it was put.
    pub fn time(&self) -> Option<Timestamp> {
        match self.evidence() {
            Some(evidence) => Some(evidence.time),
            None => self.descriptor.put_timestamp()?.parse().ok(),
        }
    }

    /// Whether a service may have acted on it.
    pub fn fate(&self) -> Option<Fate> {
        self.evidence().map(fate)
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity {
            queue: self.queue.clone(),
            message_id: self.descriptor.message_id,
            key: self.evidence().map(|evidence| evidence.key),
            put: (self.descriptor.put_date, self.descriptor.put_time),
        }
    }
}

/// Whether a service may have acted on a message. One that stands here without a verdict was moved here by hand.
pub(crate) fn fate(evidence: &Evidence) -> Fate {
    match &evidence.verdict {
        Some(verdict) => verdict.fate,
        None if evidence.uncertain => Fate::PossiblyDelivered,
        None => Fate::NotDelivered,
    }
}

/// Says whose a message on a dead-letter or parking queue is. `header` is asked for only where it matters.
pub(crate) fn standing<E>(
    settings: &Settings,
    dead_letter: bool,
    properties: &[Property],
    header: impl FnOnce() -> Result<Option<DeadLetterHeader>, E>,
) -> Result<Standing, E> {
    let foreign = |why: &str| Ok(Standing::Foreign(why.to_owned()));
    let evidence = match Evidence::read(properties) {
        Ok(Some(evidence)) => evidence,
        Ok(None) => return foreign("it carries no evidence of mqgate's"),
        Err(error) => return Ok(Standing::Foreign(error.to_string())),
    };
    if evidence.provider != settings.provider {
        return Ok(Standing::Foreign(format!("it is provider {:?}'s", evidence.provider)));
    }
    if !settings.sources.iter().any(|source| source.name == evidence.source) {
        return Ok(Standing::Foreign(format!("its source {:?} is not in these settings", evidence.source)));
    }
    if dead_letter {
        let agrees = |header: &DeadLetterHeader| {
            header.put_application_name == park::APPLICATION_NAME
                && header.destination_queue == evidence.queue
        };
        if !header()?.is_some_and(|header| agrees(&header)) {
            return foreign("it is not behind an MQDLH that mqgate wrote");
        }
        let named = |source: &crate::settings::Source| {
            source.name == evidence.source && source.queue.as_str() == evidence.queue
        };
        if !settings.sources.iter().any(named) {
            return foreign("it came from a queue that is not its source's in these settings");
        }
    }
    Ok(Standing::Ours(Box::new(evidence)))
}

/// The MQDLH at the beginning of a message.
pub(crate) fn dead_letter_header(message: &Message) -> Option<DeadLetterHeader> {
    let descriptor = &message.descriptor;
    if descriptor.format != Format::DEAD_LETTER_HEADER {
        return None;
    }
    DeadLetterHeader::decode(&message.body, descriptor.encoding).ok()
}

/// Takes an MQDLH that mqgate wrote off a message: its descriptor describes the body again.
pub(crate) fn strip(message: &mut Message) {
    let ours = |header: &DeadLetterHeader| header.put_application_name == park::APPLICATION_NAME;
    let Some(header) = dead_letter_header(message).filter(ours) else { return };
    message.descriptor.encoding = header.encoding;
    message.descriptor.ccsid = header.ccsid;
    message.descriptor.format = header.format;
    message.body.drain(..DEAD_LETTER_HEADER_BYTES);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::settings::tests::minimal;

    /// A message of the source `in`, parked.
    pub(crate) fn parked(key: u8) -> Entry {
        let evidence = Evidence { key: IdempotencyKey([key; 32]), ..crate::evidence::tests::evidence() };
        let evidence = Evidence { source: "in".into(), queue: "IN".into(), ..evidence };
        let descriptor = Descriptor { message_id: MessageId([key; 24]), ..Descriptor::default() };
        Entry {
            site: "north".into(),
            queue: "PARKED".parse().unwrap(),
            descriptor,
            body_bytes: 7,
            standing: Standing::Ours(Box::new(evidence)),
        }
    }

    fn header(application: &str) -> DeadLetterHeader {
        DeadLetterHeader {
            reason: 65_958,
            destination_queue: "IN".into(),
            destination_queue_manager: "QM1".into(),
            encoding: 273,
            ccsid: 500,
            format: Format::STRING,
            put_application_type: 6,
            put_application_name: application.into(),
            put_date: *b"20261125",
            put_time: *b"03050912",
        }
    }

    #[test]
    fn on_a_dead_letter_queue_evidence_alone_does_not_make_a_message_ours() {
        let settings = minimal();
        let properties = parked(1).evidence().unwrap().properties();
        let judged = |dead_letter, properties: &[Property], header: Option<DeadLetterHeader>| {
            let standing = standing(&settings, dead_letter, properties, || Ok::<_, ()>(header));
            matches!(standing.unwrap(), Standing::Ours(_))
        };
        assert!(judged(false, &properties, None));
        assert!(!judged(true, &properties, None));
        assert!(!judged(true, &properties, Some(header("scheme"))));
        assert!(judged(true, &properties, Some(header(park::APPLICATION_NAME))));
        assert!(!judged(false, &[], None));
    }

    #[test]
    fn a_header_that_we_wrote_is_taken_off_and_no_other() {
        for (application, bytes) in [(park::APPLICATION_NAME, 4), ("scheme", 176)] {
            let mut descriptor = Descriptor::default();
            let body = header(application).prepend(&mut descriptor, b"body");
            let mut message = Message { descriptor, properties: Vec::new(), body };
            strip(&mut message);
            assert_eq!(message.body.len(), bytes);
            let stripped = message.descriptor.ccsid == 500 && message.descriptor.format == Format::STRING;
            assert_eq!(stripped, bytes == 4);
        }
    }
}

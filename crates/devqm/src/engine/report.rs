//! Reports that the queue manager itself sends: confirmation of arrival and of delivery, expiration.
//!
//! Source: IBM documentation, "Report (MQLONG)" of MQMD. A report that its queue does not take goes to the dead-letter queue;
//! where there is none, it is lost.

use libmqm_sys as mq;

use super::catalogue::{ObjectKey, Variety};
use super::connect::padded;
use super::context::date_and_time;
use super::message::{Entry, Image, Moment};
use super::unit::{Held, Then};
use super::{ConnectionId, Engine, QueueId};
use crate::verbs::Descriptor;

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Arrival,
    Delivery,
    Expiration,
}

/// How much of the data a report with data has. Source: as above.
const DATA_BYTES: usize = 100;

impl Event {
    /// The option that asks for it, without data, with some, with all; and the report's feedback.
    fn options(self) -> ([i32; 3], i32) {
        match self {
            Event::Arrival => {
                ([mq::MQRO_COA, mq::MQRO_COA_WITH_DATA, mq::MQRO_COA_WITH_FULL_DATA], mq::MQFB_COA)
            }
            Event::Delivery => {
                ([mq::MQRO_COD, mq::MQRO_COD_WITH_DATA, mq::MQRO_COD_WITH_FULL_DATA], mq::MQFB_COD)
            }
            Event::Expiration => (
                [mq::MQRO_EXPIRATION, mq::MQRO_EXPIRATION_WITH_DATA, mq::MQRO_EXPIRATION_WITH_FULL_DATA],
                mq::MQFB_EXPIRATION,
            ),
        }
    }

    /// How many bytes of the data its report has; none where no report is asked for.
    fn data_bytes(self, report: i32) -> Option<usize> {
        let ([plain, some, all], _) = self.options();
        match report & all {
            asked if asked == all => Some(usize::MAX),
            asked if asked == some => Some(DATA_BYTES),
            asked if asked == plain => Some(0),
            _ => None,
        }
    }
}

impl Engine {
    /// Sends the report that a message asks for, if it asks: in a unit of work, where one is named, else at once.
    pub(super) fn report(&mut self, event: Event, entry: &Entry, unit: Option<ConnectionId>, now: Moment) {
        let Some(data_bytes) = event.data_bytes(entry.head.report) else {
            return;
        };
        let Ok(image) = entry.image() else {
            return;
        };
        let expiry = entry.expiry_left(now);
        let descriptor = self.report_descriptor(event, &image, expiry, data_bytes > 0, now);
        let body = image.body.get(..data_bytes.min(image.body.len())).unwrap_or_default().to_vec();
        let name = image.descriptor.reply_to_queue.clone();
        match self.takes(&name, body.len(), &descriptor) {
            Ok(queue) => self.send(queue, descriptor, body, unit, now),
            Err(reason) => self.dead_letter(&name, reason, descriptor, &body, unit, now),
        }
    }

    fn report_descriptor(
        &mut self,
        event: Event,
        image: &Image,
        expiry: i32,
        with_data: bool,
        now: Moment,
    ) -> Descriptor {
        let original = &image.descriptor;
        let asks = |option: i32| original.report & option != 0;
        let (_, feedback) = event.options();
        let (put_date, put_time) = date_and_time(now);
        let message_id =
            if asks(mq::MQRO_PASS_MSG_ID) { original.message_id } else { self.unique_id(*b"AMQ ") };
        let inherits = asks(mq::MQRO_PASS_DISCARD_AND_EXPIRY);
        Descriptor {
            report: if inherits { original.report & mq::MQRO_DISCARD_MSG } else { mq::MQRO_NONE },
            message_type: mq::MQMT_REPORT,
            expiry: if inherits { expiry.max(1) } else { mq::MQEI_UNLIMITED },
            feedback,
            format: if with_data { original.format } else { [b' '; 8] },
            message_id,
            correlation_id: if asks(mq::MQRO_PASS_CORREL_ID) {
                original.correlation_id
            } else {
                original.message_id
            },
            backout_count: 0,
            reply_to_queue: String::new(),
            reply_to_queue_manager: self.identity.name.clone(),
            put_application_type: mq::MQAT_QMGR,
            put_application_name: padded(&self.identity.name),
            put_date,
            put_time,
            application_origin: [b' '; 4],
            original_length: i32::try_from(image.body.len()).unwrap_or(i32::MAX),
            ..original.clone()
        }
    }

    /// The queue of a name, if it takes such a message; the reason where it does not.
    pub(super) fn takes(
        &self,
        name: &str,
        body_bytes: usize,
        descriptor: &Descriptor,
    ) -> Result<QueueId, i32> {
        let unknown = mq::MQRC_UNKNOWN_OBJECT_NAME;
        let record = self.catalogue.queue(name).ok_or(unknown)?;
        let id = match record.variety {
            Variety::LocalQueue { id, .. } => id,
            Variety::AliasQueue => match self.catalogue.queue(record.attributes.text("TARGET")) {
                Some(target) => match target.variety {
                    Variety::LocalQueue { id, .. } => id,
                    _ => return Err(unknown),
                },
                None => return Err(mq::MQRC_UNKNOWN_ALIAS_BASE_Q),
            },
            _ => return Err(unknown),
        };
        let queue = self.queues.get(&id).ok_or(unknown)?;
        let is_temporary = queue.origin == super::Origin::TemporaryDynamic;
        if queue.rules.put_inhibited {
            Err(mq::MQRC_PUT_INHIBITED)
        } else if body_bytes > queue.rules.message_bytes_max {
            Err(mq::MQRC_MSG_TOO_BIG_FOR_Q)
        } else if queue.depth() >= queue.rules.depth_max {
            Err(mq::MQRC_Q_FULL)
        } else if is_temporary && descriptor.persistence == mq::MQPER_PERSISTENT {
            Err(mq::MQRC_PERSISTENT_NOT_ALLOWED)
        } else {
            Ok(id)
        }
    }

    /// Puts a message of the queue manager's own.
    pub(super) fn send(
        &mut self,
        queue: QueueId,
        descriptor: Descriptor,
        body: Vec<u8>,
        unit: Option<ConnectionId>,
        now: Moment,
    ) {
        let Some(held) = self.placed(queue, descriptor, Vec::new(), body, now) else {
            return;
        };
        match unit.and_then(|unit| self.connections.get_mut(&unit)) {
            Some(connection) => connection.unit.puts.push(held),
            None => self.put_at_once(held, now),
        }
    }

    /// Makes a message visible outside of any unit: at once, or once it is durable.
    pub(super) fn put_at_once(&mut self, held: Held, now: Moment) {
        let mut held = vec![held];
        let changes = self.storing(&mut held);
        if changes.is_empty() {
            held.into_iter().for_each(|held| self.reveal(held, now));
        } else {
            self.write(changes, Then::Reveal(held));
        }
    }

    /// Puts a message that its queue does not take on the dead-letter queue, behind an MQDLH.
    pub(super) fn dead_letter(
        &mut self,
        name: &str,
        reason: i32,
        mut descriptor: Descriptor,
        data: &[u8],
        unit: Option<ConnectionId>,
        now: Moment,
    ) {
        let manager = self.catalogue.objects.get(&ObjectKey::QueueManager);
        let dead = manager.map(|record| record.attributes.text("DEADQ").to_owned()).unwrap_or_default();
        let body =
            [dead_letter_header(name, &self.identity.name, reason, &descriptor, now), data.to_vec()].concat();
        descriptor.format = *b"MQDEAD  ";
        descriptor.encoding = mq::MQENC_NORMAL;
        if let Ok(queue) = self.takes(&dead, body.len(), &descriptor) {
            self.send(queue, descriptor, body, unit, now);
        }
    }
}

/// MQDLH, numbers big-endian: 172 bytes.
fn dead_letter_header(name: &str, manager: &str, reason: i32, of: &Descriptor, now: Moment) -> Vec<u8> {
    let (date, time) = date_and_time(now);
    let mut header = b"DLH ".to_vec();
    header.extend(1_i32.to_be_bytes());
    header.extend(reason.to_be_bytes());
    header.extend(padded::<48>(name));
    header.extend(padded::<48>(manager));
    header.extend(of.encoding.to_be_bytes());
    header.extend(of.ccsid.to_be_bytes());
    header.extend(of.format);
    header.extend(mq::MQAT_QMGR.to_be_bytes());
    header.extend(padded::<28>(manager));
    header.extend(date);
    header.extend(time);
    header
}

/// A message that is asked about may be asked about once only.
pub(super) fn is_sound(report: i32) -> bool {
    [Event::Arrival, Event::Delivery, Event::Expiration].into_iter().all(|event| {
        let ([_, _, all], _) = event.options();
        report & all == 0 || event.data_bytes(report).is_some()
    })
}

/// The place of a new message that nobody sees yet.
impl Engine {
    pub(super) fn placed(
        &mut self,
        queue: QueueId,
        descriptor: Descriptor,
        properties: Vec<crate::verbs::Property>,
        body: Vec<u8>,
        now: Moment,
    ) -> Option<Held> {
        let found = self.queues.get_mut(&queue)?;
        let rank = found.rules.rank(descriptor.priority);
        let position = super::message::Position { rank, sequence: self.next_sequence };
        self.next_sequence += 1;
        found.uncommitted_puts += 1;
        let expires_ms = super::put::expires(&descriptor, now);
        let image = std::sync::Arc::new(Image { queue, rank, expires_ms, descriptor, properties, body });
        Some(Held { queue, position, entry: Entry::new(image) })
    }
}

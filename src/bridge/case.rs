//! One message in its unit, and what was known of it when it was got.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::evidence::Evidence;
use crate::history::Past;
use crate::inbound::Inbound;
use crate::lane::{Intake, Lane, Origin};
use crate::outage::Prober;

/// One message in its unit, and what was known of it when it was got.
pub(super) struct Case {
    pub(super) got_at: Instant,
    pub(super) inbound: Inbound,
    /// What stood beside it, on one of our own queues.
    pub(super) evidence: Option<Evidence>,
    /// Its source, where there still is one of that name.
    pub(super) intake: Option<Arc<Intake>>,
    pub(super) past: Past,
    /// It was backed out again and again, and this process remembers none of it.
    pub(super) unexplained: bool,
}

impl Case {
    pub(super) fn open(lane: &Lane, message: mq::Message) -> Self {
        let got_at = Instant::now();
        let (inbound, evidence, intake) = match &lane.origin {
            Origin::Source(intake) => {
                let inbound = Inbound::new(&lane.shared.provider, &intake.source.name, message);
                (inbound, None, Some(Arc::clone(intake)))
            }
            Origin::SourceRetry(..) | Origin::DestinationRetry(..) => {
                let evidence = Evidence::read(&message.properties).ok().flatten();
                let evidence = evidence.filter(|evidence| evidence.provider == lane.shared.provider);
                let intake = evidence.as_ref().and_then(|it| lane.shared.intake(&it.source)).cloned();
                let inbound = match &evidence {
                    Some(evidence) => Inbound::known(evidence.key, message),
                    // Somebody else put it here: it has a key like no other's, and belongs to no source.
                    None => Inbound::new(&lane.shared.provider, "", message),
                };
                (inbound, evidence, intake)
            }
        };
        let remembered = lane.shared.history.past(&inbound.key);
        let noted = evidence.as_ref().map(|evidence| past_of(lane, evidence, got_at)).unwrap_or_default();
        let backouts = inbound.descriptor.backout_count;
        let unexplained = remembered.is_none() && backouts >= lane.shared.retry.crash_suspect_count;
        let past = match remembered {
            // What stands beside it does not tell which attempts count.
            Some(remembered) => remembered.with(Past { counted: 0, ..noted }),
            None => noted,
        };
        Self { got_at, inbound, evidence, intake, past, unexplained }
    }

    pub(super) fn source_name(&self) -> &str {
        match (&self.intake, &self.evidence) {
            (Some(intake), _) => &intake.source.name,
            (None, Some(evidence)) => &evidence.source,
            (None, None) => "",
        }
    }

    /// False only if it is certain that no earlier request for the message left: it was never backed out, and every attempt
    /// failed before that.
    pub(super) fn possible_duplicate(&self, past: &Past) -> bool {
        past.uncertain || self.inbound.descriptor.backout_count > 0
    }

    pub(super) fn prober(&self) -> Prober {
        Prober { key: self.inbound.key, message_id: self.inbound.descriptor.message_id }
    }

    /// When the message would have expired on the queue that it came from.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        if let Some(evidence) = &self.evidence {
            return evidence.deadline;
        }
        let tenths = u64::try_from(self.inbound.descriptor.expiry).ok()?;
        let left = Duration::from_millis(tenths.saturating_mul(100)).saturating_sub(self.got_at.elapsed());
        Timestamp::now().checked_add(left).ok()
    }
}

/// What stands beside a message on one of our own queues, as this process remembers such things.
fn past_of(lane: &Lane, evidence: &Evidence, now: Instant) -> Past {
    let named = evidence.destination.as_ref();
    let destination = lane.shared.destinations.iter().position(|it| Some(&it.name) == named);
    let ago = |time: Timestamp| Duration::try_from(Timestamp::now().duration_since(time)).unwrap_or_default();
    Past {
        attempts: evidence.attempts,
        counted: if evidence.first_5xx.is_some() { evidence.attempts } else { 0 },
        uncertain: evidence.uncertain,
        pinned: destination.filter(|_| evidence.uncertain),
        // Further back than this machine's clock reaches is before the process began, and so is every acceptance it saw.
        first_5xx: evidence.first_5xx.map(|time| now.checked_sub(ago(time)).unwrap_or(now)),
        blamed: false,
    }
}

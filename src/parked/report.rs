//! What became of each message of an order, for people and machines.

use mq::QueueName;
use serde_json::{Value, json};

use super::entry::Entry;

/// What became of one message.
#[derive(Debug, Clone)]
pub struct Report {
    /// The message.
    pub entry: Entry,
    /// What became of it.
    pub end: End,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It is on this retry queue.
    Replayed(QueueName),
    /// It would be put to this retry queue.
    WouldReplay(QueueName),
    /// It is gone, but for the export.
    Discarded,
    /// It is where it was, for this reason.
    Refused(String),
    /// The commit's outcome is unknown: it is on one of the two queues, never on both.
    Unknown(String),
}

impl End {
    /// Whether what was ordered was done, or would be.
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Unknown(_))
    }

    /// The word for machines, and what there is to say besides.
    pub fn words(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Replayed(queue) => ("replayed", Some(queue.as_str())),
            Self::WouldReplay(queue) => ("would-replay", Some(queue.as_str())),
            Self::Discarded => ("discarded", None),
            Self::Refused(why) => ("refused", Some(why)),
            Self::Unknown(why) => ("unknown", Some(why)),
        }
    }
}

impl Report {
    /// For machines.
    pub fn json(&self) -> Value {
        let (end, detail) = self.end.words();
        let key = self.entry.evidence().map(|evidence| evidence.key.to_string());
        let name = match self.end {
            End::Replayed(_) | End::WouldReplay(_) => "to",
            _ => "detail",
        };
        json!({
            "end": end,
            "site": self.entry.site,
            "queue": self.entry.queue.as_str(),
            "message_id": self.entry.descriptor.message_id.to_string(),
            "key": key,
            name: detail,
        })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Entry { site, queue, descriptor, .. } = &self.entry;
        write!(f, "{site}/{queue} {}: ", descriptor.message_id)?;
        match &self.end {
            End::Replayed(to) => write!(f, "replayed to {to}"),
            End::WouldReplay(to) => write!(f, "would be replayed to {to}"),
            End::Discarded => f.write_str("discarded"),
            End::Refused(why) => write!(f, "refused: {why}"),
            End::Unknown(why) => write!(f, "the outcome is unknown, look again: {why}"),
        }
    }
}

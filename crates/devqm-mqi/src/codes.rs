//! How a call ends: its completion and reason code.

use devqm::verbs::Reply;
use libmqm_sys as mq;

/// The two codes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codes {
    pub(crate) completion: i32,
    pub(crate) reason: i32,
}

impl Codes {
    pub(crate) const OK: Self = Self { completion: mq::MQCC_OK, reason: mq::MQRC_NONE };

    /// `MQCC_FAILED` with this reason.
    pub(crate) fn failed(reason: i32) -> Self {
        Self { completion: mq::MQCC_FAILED, reason }
    }

    /// `MQCC_WARNING` with this reason.
    pub(crate) fn warning(reason: i32) -> Self {
        Self { completion: mq::MQCC_WARNING, reason }
    }

    /// The codes of a reply.
    pub(crate) fn of(reply: &Reply) -> Self {
        Self { completion: reply.completion, reason: reply.reason }
    }
}

//! Puts with `MQPMO_ASYNC_RESPONSE`: a multiplexed client sends them and reads no reply. What became of them is kept until
//! it asks by MQSTAT.

use libmqm_sys as mq;

use super::wire::Block;
use crate::verbs::Reply;

/// What became of the puts since MQSTAT was called last.
#[derive(Debug, Default)]
pub(crate) struct Unanswered {
    succeeded: i32,
    warned: i32,
    failed: i32,
    /// The codes of the first put that did not succeed, and the object it was for.
    first: Option<(i32, i32, String)>,
}

impl Unanswered {
    /// Counts a put.
    pub(crate) fn count(&mut self, reply: &Reply, object: impl FnOnce() -> String) {
        let count = match reply.completion {
            mq::MQCC_OK => &mut self.succeeded,
            mq::MQCC_WARNING => &mut self.warned,
            _ => &mut self.failed,
        };
        *count = count.saturating_add(1);
        if reply.completion != mq::MQCC_OK && self.first.is_none() {
            self.first = Some((reply.completion, reply.reason, object()));
        }
    }

    /// Tells by MQSTS, and forgets.
    pub(crate) fn report(&mut self, sts: &mut Block) {
        let Self { succeeded, warned, failed, first } = std::mem::take(self);
        let (completion, reason, object) = first.unwrap_or_default();
        let words = [completion, reason, succeeded, warned, failed, mq::MQOT_Q];
        for (at, word) in (8..).step_by(4).zip(words) {
            sts.set_word(at, word);
        }
        for at in [32, 128] {
            sts.set_text::<48>(at, &object);
        }
    }
}

//! What every entry point passes through, and how a call ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use devqm::verbs::{Outcome, Reply};
use libmqm_sys as mq;

use crate::memory::Caller;

/// The completion and the reason code of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codes {
    completion: i32,
    reason: i32,
}

/// How a verb ends: completed, perhaps with a warning, or failed.
pub(crate) type Ended = Result<Codes, Codes>;

impl Codes {
    /// `MQCC_OK`.
    pub(crate) const OK: Self = Self { completion: mq::MQCC_OK, reason: mq::MQRC_NONE };

    /// `MQCC_FAILED` with this reason.
    pub(crate) const fn failed(reason: i32) -> Self {
        Self { completion: mq::MQCC_FAILED, reason }
    }

    /// Completion and reason, as structures have them.
    pub(crate) fn numbers(self) -> (i32, i32) {
        (self.completion, self.reason)
    }

    /// `MQCC_WARNING` with this reason.
    pub(crate) const fn warning(reason: i32) -> Self {
        Self { completion: mq::MQCC_WARNING, reason }
    }
}

/// Runs a call's body. Whatever happens in it, nothing unwinds into the caller, and both codes are written.
///
/// # Safety
/// The contract of the exports is kept for the call under way, and `body` keeps nothing of its caller's beyond its end.
pub(crate) unsafe fn boundary(completion: *mut i32, reason: *mut i32, body: impl FnOnce(Caller) -> Ended) {
    // SAFETY: as this function's caller says.
    let caller = unsafe { Caller::vouches() };
    let codes = match catch_unwind(AssertUnwindSafe(|| body(caller))) {
        Ok(Ok(codes) | Err(codes)) => codes,
        Err(_) => Codes::failed(mq::MQRC_UNEXPECTED_ERROR),
    };
    caller.put(completion, codes.completion);
    caller.put(reason, codes.reason);
}

/// A reply's outcome and codes, unless it failed.
pub(crate) fn completed(reply: Reply) -> Result<(Outcome, Codes), Codes> {
    let codes = Codes { completion: reply.completion, reason: reply.reason };
    if reply.completion == mq::MQCC_FAILED { Err(codes) } else { Ok((reply.outcome, codes)) }
}

/// A reply that is none to what was asked: a queue manager of another make.
pub(crate) const UNEXPECTED: Codes = Codes::failed(mq::MQRC_UNEXPECTED_ERROR);

/// A length that a caller states, or this reason where it is negative.
pub(crate) fn length(stated: i32, fault: i32) -> Result<usize, Codes> {
    usize::try_from(stated).map_err(|_| Codes::failed(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codes_are_written_whatever_happens() {
        let (mut completion, mut reason) = (-7, -7);
        let mut ends = |body: fn(Caller) -> Ended| {
            // SAFETY: both pointers are to variables of this function.
            unsafe { boundary(&raw mut completion, &raw mut reason, body) };
            (completion, reason)
        };
        assert_eq!(ends(|_| Ok(Codes::OK)), (0, 0));
        assert_eq!(ends(|_| Ok(Codes::warning(2079))), (1, 2079));
        assert_eq!(ends(|_| Err(Codes::failed(2033))), (2, 2033));
        assert_eq!(ends(|_| panic!("a bug")), (2, 2195));
        // SAFETY: NULL is allowed for both.
        unsafe {
            boundary(std::ptr::null_mut(), std::ptr::null_mut(), |_| panic!("a bug that nobody is told of"))
        };
    }
}

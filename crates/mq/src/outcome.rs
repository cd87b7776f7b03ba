//! What an MQI call answered: verb, completion code, reason with its name, and the class that says what it means for us.

use std::fmt;

use libmqm_sys as sys;

use crate::reason_names::REASON_NAMES;

/// An MQI call that did not complete with `MQCC_OK`. A warning is an error too, unless the caller asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{verb}: {reason}")]
pub struct Error {
    verb: Verb,
    completion: i32,
    reason: Reason,
}

/// The MQI calls of this driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are MQI calls, named in `Verb::name`")]
pub enum Verb {
    Connect,
    Disconnect,
    Open,
    Get,
    Put,
    Put1,
    Commit,
    BackOut,
    Inquire,
    CreateMessageHandle,
    DeleteMessageHandle,
    SetMessageProperty,
    InquireMessageProperty,
}

/// An `MQRC_*` code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason(pub i32);

/// What a reason means for the caller: what is still sound, and whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// 2033: there is no message; nothing is wrong.
    NoMessage,
    /// The connection is gone; the outcome of a put or commit in flight is unknown.
    ConnectionLost,
    /// No connection can be made now.
    CannotConnect,
    /// The queue manager or the channel is ending.
    Quiescing,
    /// A handle is not or no longer valid.
    HandleInvalid,
    /// The unit of work is doomed, too large, or its end is pending.
    UnitOfWork,
    /// The buffer was too small.
    Truncated,
    /// The message could not be converted.
    Conversion,
    /// The queue cannot be used at the moment.
    QueueTransient,
    /// The queue cannot be used as it is defined.
    QueueConfiguration,
    /// The message is over a limit.
    MessageTooBig,
    /// Authority, password, certificate or cipher.
    Security,
    /// The queue manager's name is not known.
    Name,
    /// Anything else.
    Other,
}

impl Error {
    pub(crate) fn new(verb: Verb, completion: i32, reason: i32) -> Self {
        Self { verb, completion, reason: Reason(reason) }
    }

    /// The call that failed.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// `MQCC_WARNING` (1) or `MQCC_FAILED` (2).
    pub fn completion(&self) -> i32 {
        self.completion
    }

    /// The reason code.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What the reason means for the caller.
    pub fn class(&self) -> Class {
        self.reason.class()
    }

    /// The call may have been carried out all the same: a put or commit whose answer was lost or is pending.
    ///
    /// Source: the pages of MQRC 2009, 2162 and 2203: "the call may have succeeded".
    pub fn outcome_unknown(&self) -> bool {
        let changes = matches!(self.verb, Verb::Commit | Verb::Put | Verb::Put1 | Verb::Disconnect);
        changes && (self.class() == Class::ConnectionLost || self.reason.0 == sys::MQRC_OUTCOME_PENDING)
    }

    /// The queue cannot be used at the moment, and its handle stays good: it may be tried again after a wait. After
    /// `MQRC_OBJECT_CHANGED` it has to be opened anew.
    pub fn is_over_after_a_wait(&self) -> bool {
        self.class() == Class::QueueTransient && self.reason.0 != sys::MQRC_OBJECT_CHANGED
    }
}

impl Verb {
    /// The name of the MQI call.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "MQCONNX",
            Self::Disconnect => "MQDISC",
            Self::Open => "MQOPEN",
            Self::Get => "MQGET",
            Self::Put => "MQPUT",
            Self::Put1 => "MQPUT1",
            Self::Commit => "MQCMIT",
            Self::BackOut => "MQBACK",
            Self::Inquire => "MQINQ",
            Self::CreateMessageHandle => "MQCRTMH",
            Self::DeleteMessageHandle => "MQDLTMH",
            Self::SetMessageProperty => "MQSETMP",
            Self::InquireMessageProperty => "MQINQMP",
        }
    }
}

impl Reason {
    /// The number.
    pub fn code(self) -> i32 {
        self.0
    }

    /// The name as `cmqc.h` spells it; `MQRC_UNKNOWN` for a code that it does not have.
    pub fn name(self) -> &'static str {
        let found = REASON_NAMES.binary_search_by_key(&self.0, |(code, _)| *code);
        found.ok().and_then(|at| REASON_NAMES.get(at)).map_or("MQRC_UNKNOWN", |(_, name)| name)
    }

    /// What the reason means for the caller. The judgement is ours; the codes and their meaning are IBM's.
    pub fn class(self) -> Class {
        match self.0 {
            2033 => Class::NoMessage,
            2009 | 2162 | 2203 | 2195 | 2273 | 2528 | 2544..=2549 | 2555 | 2556 => Class::ConnectionLost,
            2059 | 2538 | 2537 | 2539 | 2540 | 2543 | 2568 | 2025 | 2278 | 2277 => Class::CannotConnect,
            2161 | 2202 => Class::Quiescing,
            2018 | 2019 | 2219 | 2500 => Class::HandleInvalid,
            2003 | 2024 | 2123 | 2124 | 2529 | 2297 => Class::UnitOfWork,
            2079 | 2080 => Class::Truncated,
            2110..=2116 | 2119 | 2120 | 2190 => Class::Conversion,
            2016 | 2051 | 2053 | 2056 | 2042 | 2071 | 2102 | 2192 | 2189 | 2268 | 2270 | 2041 => {
                Class::QueueTransient
            }
            2085 | 2082 | 2086 | 2087 | 2092 | 2052 | 2036..=2039 | 2045 | 2046 | 2101 => {
                Class::QueueConfiguration
            }
            2030 | 2031 | 2218 | 2010 => Class::MessageTooBig,
            2035
            | 2063
            | 2298
            | 2381
            | 2391..=2393
            | 2396..=2402
            | 2371
            | 2552
            | 2577
            | 2591
            | 2594
            | 2595 => Class::Security,
            2058 => Class::Name,
            _ => Class::Other,
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Turns the two codes of a call into a result. A warning is an error: a commit that warns (2003) has failed.
pub(crate) fn complete(verb: Verb, completion: i32, reason: i32) -> Result<(), Error> {
    if completion == sys::MQCC_OK { Ok(()) } else { Err(Error::new(verb, completion, reason)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_verb_and_reason() {
        let error = Error::new(Verb::Get, 1, 2080);
        assert_eq!(error.to_string(), "MQGET: MQRC_TRUNCATED_MSG_FAILED (2080)");
        assert_eq!(Error::new(Verb::Open, 2, 7777).to_string(), "MQOPEN: MQRC_UNKNOWN (7777)");
    }

    #[test]
    fn a_warning_is_a_failed_commit() {
        let error = complete(Verb::Commit, sys::MQCC_WARNING, sys::MQRC_BACKED_OUT).unwrap_err();
        assert_eq!((error.class(), error.outcome_unknown()), (Class::UnitOfWork, false));
        assert_eq!(complete(Verb::Commit, sys::MQCC_OK, sys::MQRC_NONE), Ok(()));
    }

    #[test]
    fn only_what_changes_something_can_have_an_unknown_outcome() {
        let unknown = |verb, reason| Error::new(verb, 2, reason).outcome_unknown();
        assert!(unknown(Verb::Commit, 2009));
        assert!(unknown(Verb::Commit, 2124));
        assert!(unknown(Verb::Put, 2162));
        assert!(!unknown(Verb::Get, 2009));
        assert!(!unknown(Verb::Commit, 2003));
    }
}

//! Why a stage did not succeed: the one vocabulary between the stages and `decide`.
//!
//! A stage constructs a [`Failure`] where the fact is seen; only `disposition` interprets it. It carries codes, offsets
//! and places, never a value out of a message and never what a service answered.

use std::fmt;
use std::time::Duration;

/// A stage did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is, and thereby whether trying again can help.
    pub blame: Blame,
    /// Where it happened.
    pub stage: Stage,
    /// What happened.
    pub reason: Reason,
    /// The request may have reached the service: its effect is unknown.
    pub uncertain: bool,
    /// How long the service asked us to stay away (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// The place, for a person: an offset and a path, an error kind. Free of payload.
    pub detail: String,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The message: it will fail again tomorrow.
    Message,
    /// The destination is out; the message is innocent.
    Destination,
    /// The destination is out for us: a wrong credential, URL or certificate, a rollout. Alarm at once.
    Ourselves,
    /// A 5xx: the message or the destination; one answer cannot tell.
    Unclear,
    /// The service has it in hand already (409), or holds another payload under this key.
    InProgress,
}

/// The step of a turn in which a failure arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The bytes as they came: empty, too long.
    Get,
    /// The chain of MQ headers before the body.
    Headers,
    /// Bytes to document, decoding of characters included.
    Translate,
    /// Document to destination.
    Route,
    /// The time that is left for an answer.
    Deadline,
    /// The HTTP exchange.
    Dispatch,
}

/// What happened, as a word for logs, metrics and evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The message has no body.
    Empty,
    /// The body is over `message_bytes_max`.
    OverLimit,
    /// The chain of MQ headers cannot be read.
    BadHeader,
    /// The body is not what the source's format says.
    CannotTranslate,
    /// No route's conditions hold.
    NoRoute,
    /// A segment of a message that could not be put together: it is not a payment.
    StraySegment,
    /// A member of a group that nobody expects: it is not a payment by itself.
    GroupMember,
    /// It came through one of our own queues without the properties that belong there.
    BadEvidence,
    /// An answer would come too late, or the message would expire before its next attempt.
    Late,
    /// It was being tried each time that the process died.
    CrashSuspect,
    /// The service refused the message: this status.
    Rejected(u16),
    /// The service failed: this status.
    ServerError(u16),
    /// The service, or something before it, is not available: this status.
    Unavailable(u16),
    /// The request was not for this place or not allowed: this status.
    Misdirected(u16),
    /// 409.
    Conflict,
    /// No connection came about.
    Connect,
    /// TLS was refused, by either side.
    Tls,
    /// The deadline passed after the request may have left.
    Timeout,
    /// The connection ended, or broke its protocol, after the request may have left.
    CutShort,
    /// The answer's body is over `response_bytes_max`.
    AnswerOverLimit,
    /// A credential's file cannot be read now.
    Credential,
}

impl Failure {
    /// A fault of the message itself.
    pub fn message(stage: Stage, reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            blame: Blame::Message,
            stage,
            reason,
            uncertain: false,
            retry_after: None,
            detail: detail.into(),
        }
    }

    /// Whether nobody should get messages for the destination until it answers again.
    pub fn stops_the_destination(&self) -> bool {
        matches!(self.blame, Blame::Destination | Blame::Ourselves)
    }

    /// A failure of the HTTP exchange.
    pub fn dispatch(blame: Blame, reason: Reason, uncertain: bool, detail: impl Into<String>) -> Self {
        Self { blame, stage: Stage::Dispatch, reason, uncertain, retry_after: None, detail: detail.into() }
    }
}

impl Stage {
    /// The word for logs and evidence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Headers => "headers",
            Self::Translate => "translate",
            Self::Route => "route",
            Self::Deadline => "deadline",
            Self::Dispatch => "dispatch",
        }
    }
}

impl Reason {
    /// The word for logs, metric labels and evidence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::OverLimit => "over-limit",
            Self::BadHeader => "bad-header",
            Self::CannotTranslate => "cannot-translate",
            Self::NoRoute => "no-route",
            Self::StraySegment => "stray-segment",
            Self::GroupMember => "group-member",
            Self::BadEvidence => "bad-evidence",
            Self::Late => "late",
            Self::CrashSuspect => "crash-suspect",
            Self::Rejected(_) => "rejected",
            Self::ServerError(_) => "server-error",
            Self::Unavailable(_) => "unavailable",
            Self::Misdirected(_) => "misdirected",
            Self::Conflict => "conflict",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::CutShort => "cut-short",
            Self::AnswerOverLimit => "answer-over-limit",
            Self::Credential => "credential",
        }
    }

    /// The HTTP status, where a service answered one.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Rejected(status)
            | Self::ServerError(status)
            | Self::Unavailable(status)
            | Self::Misdirected(status) => Some(status),
            Self::Conflict => Some(409),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage.word(), self.reason.word())?;
        if let Some(status) = self.reason.status() {
            write!(f, " {status}")?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

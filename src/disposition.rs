//! What to do with a message: pure decisions, before a request ([`suspect`], [`screen`]) and after it ([`decide`]).
//!
//! They read the result, what is known of the message, and the policy; they do no I/O and read no clock. Three rules carry
//! the table of outcomes: only the message's own fault parks it; a destination that is out parks nothing; and nothing that
//! may have reached a service is ever treated as if it had not.

use std::time::Duration;

use crate::failure::{Blame, Failure, Stage};

/// A message that has killed the process this often is parked, as `suspect` counts it.
pub const SUSPECT_MAX: u32 = 3;

/// What happens to the message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The service has it: commit.
    Accept,
    /// Put it to the parking queue with its evidence, in the same unit, and commit.
    Park(Fate),
    /// It is too late for it, or would be before its next attempt: the scheme has stood in. Settled by parking it as late.
    Late(Fate),
    /// Keep the unit and try again after this delay.
    Retry(Duration),
    /// Put it to its destination's retry queue, to be tried again not before this much time has passed, and commit.
    Defer(Duration),
    /// Put it to its source's retry queue, to be tried there alone, and commit: it may be what killed the process.
    Isolate,
    /// Back the unit out; it comes again, and others go on meanwhile.
    BackOut,
    /// Back the unit out; the destination is out, and nobody gets for it but one probe after a wait.
    Wait,
    /// Back the unit out and stop the source until an operator resumes it: `on_poison = "stop"`.
    Stop,
}

/// What is known of a parked message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// No service has acted on it.
    NotDelivered,
    /// An earlier attempt may have been carried out.
    PossiblyDelivered,
}

/// What is known of a message before a request is made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its destination is out, and it is not this consumer's to probe.
    pub destination_out: bool,
    /// An earlier request for it may have left.
    pub uncertain: bool,
    /// What is left until an answer is too late or the message expires.
    pub time_left: Option<Duration>,
    /// Within what time it would be tried again if it were given back now.
    pub comes_again_within: Duration,
}

/// What is known of one message after an attempt.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Attempts in all units that are remembered, the one just made included.
    pub attempts: u32,
    /// Of these, the ones that count against the message: answered 5xx, or failed in any way after it was blamed.
    pub counted: u32,
    /// Attempts in this unit, the one just made included.
    pub in_this_unit: u32,
    /// An earlier attempt's request may have reached the service.
    pub uncertain_before: bool,
    /// The destination has accepted another message since this one's first 5xx.
    pub alibi: bool,
    /// An outage ended with another message after this one had probed in vain: its failures are its own.
    pub blamed: bool,
    /// Its destination was out already: this attempt probed it.
    pub probing: bool,
    /// Time since MQGET returned the message.
    pub held: Duration,
    /// What is left until an answer is too late or the message expires.
    pub time_left: Option<Duration>,
    /// Within what time it would be tried again if it were given back now.
    pub comes_again_within: Duration,
    /// A random number from 0 to 1,000 that spreads the delays of many consumers.
    pub jitter_permille: u32,
}

/// The limits of holding and retrying, and the ways that are open for one message.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The longest time from the return of MQGET to the call of MQCMIT.
    pub unit_hold_max: Duration,
    /// The delay before the second attempt.
    pub retry_delay_first: Duration,
    /// The delay doubles with each attempt up to this.
    pub retry_delay_max: Duration,
    /// An attempt that would have less time than this before the hold is over is not begun.
    pub attempt_time_min: Duration,
    /// After this many attempts that count against it the message is to blame, if the destination has an alibi.
    pub attempts_max: u32,
    /// Attempts in one unit where the message can be deferred instead.
    pub unit_attempts_max: u32,
    /// The first delay of a deferred message.
    pub defer_delay_first: Duration,
    /// The delay of a deferred message doubles up to this.
    pub defer_delay_max: Duration,
    /// Whether order matters, and what a message that cannot pass does then.
    pub order: Order,
    /// The message's destination has a retry queue.
    pub defer: Defer,
    /// The message's source has a retry queue.
    pub may_isolate: bool,
}

/// Whether the messages of a queue must arrive in its order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// They need not: consumers work in parallel.
    #[default]
    None,
    /// They must. After `attempts_max` this decides.
    Queue(OnPoison),
}

/// What a message does that cannot pass where order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPoison {
    /// It stops the queue until an operator resumes it.
    Stop,
    /// It is parked, and the next one passes.
    Park,
}

/// When a message may be put to its destination's retry queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Defer {
    /// Never: there is no retry queue, or order matters.
    #[default]
    Never,
    /// For its own failures. In an outage it waits where it is: nothing else does behind it.
    OwnFailures,
    /// Also while its destination is out: messages for others stand behind it.
    Outages,
}

impl Disposition {
    /// The word for logs, metric labels, audit records and totals.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Park(_) => "parked",
            Self::Late(_) => "late",
            Self::Retry(_) => "retry",
            Self::Defer(_) | Self::Isolate => "deferred",
            Self::BackOut | Self::Wait | Self::Stop => "backed-out",
        }
    }
}

impl Fate {
    /// The word for evidence and audit records.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotDelivered => "not-delivered",
            Self::PossiblyDelivered => "possibly-delivered",
        }
    }

    /// What is known where an earlier attempt may have been carried out, or not.
    pub fn of(uncertain: bool) -> Self {
        if uncertain { Self::PossiblyDelivered } else { Self::NotDelivered }
    }
}

/// Decides what happens to a message that may have killed the process: it was backed out `crash_suspect_count` times or
/// more, and this process remembers none of them. `None`: it is tried, as a possible duplicate. `suspect` counts how often
/// it was isolated before.
///
/// BackoutCount alone is no verdict: kills, probes of other processes and failovers raise it for innocent messages.
pub fn suspect(suspect: u32, policy: &Policy) -> Option<Disposition> {
    match policy.order {
        // Where order matters nothing is moved by count.
        Order::Queue(_) => None,
        Order::None if suspect + 1 >= SUSPECT_MAX => Some(Disposition::Park(Fate::PossiblyDelivered)),
        Order::None => policy.may_isolate.then_some(Disposition::Isolate),
    }
}

/// Decides what happens to a message before a request is made for it; `None`: make one.
pub fn screen(arrival: &Arrival, policy: &Policy) -> Option<Disposition> {
    if arrival.time_left.is_some_and(|left| left.is_zero()) {
        return Some(Disposition::Late(Fate::of(arrival.uncertain)));
    }
    if !arrival.destination_out {
        return None;
    }
    Some(match policy.defer {
        Defer::Outages => Disposition::Defer(Duration::ZERO),
        // On its queue it would expire without a trace.
        Defer::Never | Defer::OwnFailures
            if expires_within(arrival.time_left, arrival.comes_again_within) =>
        {
            Disposition::Late(Fate::of(arrival.uncertain))
        }
        Defer::Never | Defer::OwnFailures => Disposition::BackOut,
    })
}

/// Decides what happens to a message, given the result of the attempt just made.
pub fn decide(result: Result<(), &Failure>, known: &Known, policy: &Policy) -> Disposition {
    let Err(failure) = result else { return Disposition::Accept };
    // What was never sent was not delivered, whatever else is unsure.
    let sent = failure.stage == Stage::Dispatch;
    let fate = Fate::of(failure.uncertain || (sent && known.uncertain_before));
    match failure.blame {
        Blame::Message => Disposition::Park(fate),
        _ if stops_the_destination(failure, known, policy) => outage(failure, fate, known, policy),
        Blame::InProgress => again(failure, fate, known, policy),
        Blame::Unclear | Blame::Destination | Blame::Ourselves => {
            if known.counted < policy.attempts_max {
                return again(failure, fate, known, policy);
            }
            match policy.order {
                Order::Queue(OnPoison::Stop) => Disposition::Stop,
                Order::Queue(OnPoison::Park) | Order::None => Disposition::Park(fate),
            }
        }
    }
}

/// Whether this failure means that nobody should get for the destination until it answers again.
///
/// A 5xx means so only after `attempts_max` without an alibi, or where it answers a probe: then nothing has changed. Where order
/// matters there is no alibi, and `on_poison` decides.
pub fn stops_the_destination(failure: &Failure, known: &Known, policy: &Policy) -> bool {
    let enough = known.probing || known.counted >= policy.attempts_max;
    match failure.blame {
        Blame::Message | Blame::InProgress => false,
        Blame::Destination | Blame::Ourselves if !known.blamed => true,
        Blame::Destination | Blame::Ourselves | Blame::Unclear => {
            enough && policy.order == Order::None && !known.alibi
        }
    }
}

/// The destination is out: the message waits, on its destination's retry queue where others would wait behind it.
fn outage(failure: &Failure, fate: Fate, known: &Known, policy: &Policy) -> Disposition {
    match policy.defer {
        Defer::Outages => settle_or(Disposition::Defer(Duration::ZERO), Duration::ZERO, fate, known),
        Defer::Never | Defer::OwnFailures => hold(failure, fate, known, policy, Disposition::Wait),
    }
}

/// The message may pass another time; others go on meanwhile.
fn again(failure: &Failure, fate: Fate, known: &Known, policy: &Policy) -> Disposition {
    if policy.defer == Defer::Never {
        return hold(failure, fate, known, policy, Disposition::BackOut);
    }
    let delay = defer_delay(failure, known, policy);
    if known.in_this_unit >= policy.unit_attempts_max {
        return settle_or(Disposition::Defer(delay), delay, fate, known);
    }
    hold(failure, fate, known, policy, Disposition::Defer(delay))
}

/// Another attempt in this unit, while the hold lasts.
fn hold(
    failure: &Failure,
    fate: Fate,
    known: &Known,
    policy: &Policy,
    otherwise: Disposition,
) -> Disposition {
    let delay = retry_delay(failure, known, policy);
    if known.held.saturating_add(delay).saturating_add(policy.attempt_time_min) <= policy.unit_hold_max {
        return settle_or(Disposition::Retry(delay), delay, fate, known);
    }
    let wait = match otherwise {
        Disposition::Defer(delay) => delay,
        _ => known.comes_again_within.max(failure.retry_after.unwrap_or_default()),
    };
    settle_or(otherwise, wait, fate, known)
}

/// A message that would expire, or be answered too late, before its next attempt is settled now.
fn settle_or(next: Disposition, wait: Duration, fate: Fate, known: &Known) -> Disposition {
    if expires_within(known.time_left, wait) { Disposition::Late(fate) } else { next }
}

fn expires_within(time_left: Option<Duration>, wait: Duration) -> bool {
    time_left.is_some_and(|left| left <= wait)
}

/// Doubles from the first delay to the largest, takes off up to half at random, and honours `Retry-After`.
fn retry_delay(failure: &Failure, known: &Known, policy: &Policy) -> Duration {
    let doublings = known.in_this_unit.saturating_sub(1);
    let delay = grown(policy.retry_delay_first, policy.retry_delay_max, doublings, known.jitter_permille);
    delay.max(failure.retry_after.unwrap_or_default())
}

/// Grows with the rounds of attempts that were made.
fn defer_delay(failure: &Failure, known: &Known, policy: &Policy) -> Duration {
    let rounds = known.attempts.saturating_sub(1) / policy.unit_attempts_max.max(1);
    let delay = grown(policy.defer_delay_first, policy.defer_delay_max, rounds, known.jitter_permille);
    delay.max(failure.retry_after.unwrap_or_default())
}

fn grown(first: Duration, max: Duration, doublings: u32, jitter_permille: u32) -> Duration {
    let full = first.saturating_mul(1 << doublings.min(20)).min(max);
    full - (full / 2) * jitter_permille.min(1000) / 1000
}

#[cfg(test)]
mod tests;

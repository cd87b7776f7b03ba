//! What to do with a message after an attempt: one pure decision.
//!
//! [`decide`] reads the result, what is known of earlier attempts, and the policy; it does no I/O and reads no clock. What
//! this version cannot yet judge (whether a 5xx is the message's fault, whether a deadline has passed) errs to *hold and
//! retry*: it never parks and never accepts on a guess.

use std::time::Duration;

use crate::failure::{Blame, Failure, Stage};

/// What happens to the message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The service has it: commit.
    Accept,
    /// Put it to the parking queue with its evidence, in the same unit, and commit.
    Park(Fate),
    /// Keep the unit and try again after this delay.
    Retry(Duration),
    /// Back the unit out; the destination counts as out, and nobody gets for it but one probe.
    BackOutAndProbe,
    /// Back the unit out; it comes again, and others go on meanwhile.
    BackOut,
}

/// What is known of a parked message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// No service has acted on it.
    NotDelivered,
    /// An earlier attempt may have been carried out before this refusal.
    PossiblyDelivered,
}

/// What is known of one message at the moment of decision.
#[derive(Debug, Clone, Copy)]
pub struct Attempts {
    /// Attempts in this unit, the one just made included.
    pub in_this_unit: u32,
    /// An earlier attempt's request may have reached the service.
    pub uncertain_before: bool,
    /// Time since MQGET returned the message.
    pub held: Duration,
    /// A random number from 0 to 1,000 that spreads the delays of many consumers.
    pub jitter_permille: u32,
}

/// The limits of holding and retrying.
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
}

impl Disposition {
    /// The word for logs and metric labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Park(_) => "parked",
            Self::Retry(_) => "retry",
            Self::BackOutAndProbe | Self::BackOut => "backed-out",
        }
    }
}

/// Decides what happens to a message, given the result of the attempt just made.
///
/// Parks only where the message itself is to blame; a destination that is out never parks anything.
pub fn decide(result: Result<(), &Failure>, attempts: Attempts, policy: &Policy) -> Disposition {
    let failure = match result {
        Ok(()) => return Disposition::Accept,
        Err(failure) => failure,
    };
    let give_up = match failure.blame {
        Blame::Message if failure.stage == Stage::Dispatch && attempts.uncertain_before => {
            return Disposition::Park(Fate::PossiblyDelivered);
        }
        Blame::Message => return Disposition::Park(Fate::NotDelivered),
        Blame::Destination | Blame::Ourselves => Disposition::BackOutAndProbe,
        // One message that a service cannot digest must not stop the others.
        Blame::Unclear | Blame::InProgress => Disposition::BackOut,
    };
    let delay = retry_delay(failure, attempts, policy);
    if attempts.held.saturating_add(delay).saturating_add(policy.attempt_time_min) > policy.unit_hold_max {
        return give_up;
    }
    Disposition::Retry(delay)
}

/// Doubles from the first delay to the largest, takes off up to half at random, and honours `Retry-After`.
fn retry_delay(failure: &Failure, attempts: Attempts, policy: &Policy) -> Duration {
    let doublings = attempts.in_this_unit.saturating_sub(1).min(20);
    let full = policy.retry_delay_first.saturating_mul(1 << doublings).min(policy.retry_delay_max);
    let spread = (full / 2) * attempts.jitter_permille.min(1000) / 1000;
    (full - spread).max(failure.retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Reason;

    const POLICY: Policy = Policy {
        unit_hold_max: Duration::from_secs(10),
        retry_delay_first: Duration::from_millis(100),
        retry_delay_max: Duration::from_secs(2),
        attempt_time_min: Duration::from_millis(500),
    };

    fn failure(blame: Blame, uncertain: bool) -> Failure {
        Failure::dispatch(blame, Reason::Connect, uncertain, "")
    }

    fn attempts(in_this_unit: u32, held_ms: u64) -> Attempts {
        Attempts {
            in_this_unit,
            uncertain_before: false,
            held: Duration::from_millis(held_ms),
            jitter_permille: 0,
        }
    }

    #[test]
    fn only_a_whole_answer_accepts_and_only_the_message_parks() {
        let early = attempts(1, 5);
        let first = Duration::from_millis(100);
        let table = [
            (Ok(()), Disposition::Accept),
            (Err(failure(Blame::Message, false)), Disposition::Park(Fate::NotDelivered)),
            (Err(failure(Blame::Destination, false)), Disposition::Retry(first)),
            (Err(failure(Blame::Destination, true)), Disposition::Retry(first)),
            (Err(failure(Blame::Ourselves, false)), Disposition::Retry(first)),
            (Err(failure(Blame::Unclear, true)), Disposition::Retry(first)),
            (Err(failure(Blame::InProgress, true)), Disposition::Retry(first)),
        ];
        for (result, expected) in table {
            assert_eq!(decide(result.as_ref().copied(), early, &POLICY), expected, "{result:?}");
        }
    }

    #[test]
    fn over_the_hold_limit_a_unit_is_backed_out_whoever_is_to_blame() {
        let late = attempts(9, 9_950);
        for (blame, expected) in [
            (Blame::Destination, Disposition::BackOutAndProbe),
            (Blame::Ourselves, Disposition::BackOutAndProbe),
            (Blame::Unclear, Disposition::BackOut),
            (Blame::InProgress, Disposition::BackOut),
        ] {
            assert_eq!(decide(Err(&failure(blame, true)), late, &POLICY), expected, "{blame:?}");
        }
        assert_eq!(
            decide(Err(&failure(Blame::Message, false)), late, &POLICY),
            Disposition::Park(Fate::NotDelivered)
        );
        assert_eq!(decide(Ok(()), late, &POLICY), Disposition::Accept);
    }

    #[test]
    fn a_refusal_after_an_uncertain_attempt_parks_as_possibly_delivered() {
        let again = Attempts { uncertain_before: true, ..attempts(2, 300) };
        assert_eq!(
            decide(Err(&failure(Blame::Message, false)), again, &POLICY),
            Disposition::Park(Fate::PossiblyDelivered)
        );
        let unreadable = Failure::message(Stage::Translate, Reason::CannotTranslate, "");
        assert_eq!(
            decide(Err(&unreadable), again, &POLICY),
            Disposition::Park(Fate::NotDelivered),
            "what cannot be translated was never sent"
        );
    }

    #[test]
    fn delays_double_up_to_their_limit_and_spread_downwards() {
        let delays: Vec<u64> = (1..=8)
            .map(|n| match decide(Err(&failure(Blame::Destination, false)), attempts(n, 0), &POLICY) {
                Disposition::Retry(delay) => u64::try_from(delay.as_millis()).unwrap(),
                other => panic!("attempt {n}: {other:?}"),
            })
            .collect();
        assert_eq!(delays, [100, 200, 400, 800, 1600, 2000, 2000, 2000]);
        let spread = Attempts { jitter_permille: 1000, ..attempts(2, 0) };
        assert_eq!(
            decide(Err(&failure(Blame::Destination, false)), spread, &POLICY),
            Disposition::Retry(Duration::from_millis(100))
        );
    }

    #[test]
    fn retry_after_is_honoured_and_one_beyond_the_hold_backs_out() {
        let mut busy = failure(Blame::Destination, true);
        busy.retry_after = Some(Duration::from_secs(3));
        assert_eq!(decide(Err(&busy), attempts(1, 0), &POLICY), Disposition::Retry(Duration::from_secs(3)));
        busy.retry_after = Some(Duration::from_secs(3600));
        assert_eq!(decide(Err(&busy), attempts(1, 0), &POLICY), Disposition::BackOutAndProbe);
    }

    #[test]
    fn a_failure_prints_stage_reason_and_status_on_one_line() {
        let failure = Failure::message(Stage::Dispatch, Reason::Rejected(422), "");
        assert_eq!(failure.to_string(), "dispatch: rejected 422");
    }
}

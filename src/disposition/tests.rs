//! The table of outcomes: every row, and every combination that matters.

use super::*;
use crate::failure::Reason;

const POLICY: Policy = Policy {
    unit_hold_max: Duration::from_secs(10),
    retry_delay_first: Duration::from_millis(100),
    retry_delay_max: Duration::from_secs(2),
    attempt_time_min: Duration::from_millis(500),
    attempts_max: 10,
    unit_attempts_max: 3,
    defer_delay_first: Duration::from_secs(1),
    defer_delay_max: Duration::from_secs(60),
    order: Order::None,
    defer: Defer::Never,
    may_isolate: true,
};

/// After the first attempt of a message that was just got.
const FIRST: Known = Known {
    attempts: 1,
    counted: 1,
    in_this_unit: 1,
    uncertain_before: false,
    alibi: false,
    blamed: false,
    probing: false,
    held: Duration::from_millis(5),
    time_left: None,
    comes_again_within: Duration::from_millis(250),
    jitter_permille: 0,
};
/// The hold is nearly over.
const HELD: Known = Known { held: Duration::from_millis(9_950), in_this_unit: 9, ..FIRST };
/// As often as a message may be answered 5xx.
const EXHAUSTED: Known = Known { attempts: 10, counted: 10, ..FIRST };

const RETRY: Disposition = Disposition::Retry(POLICY.retry_delay_first);
/// When a message that is given back comes again.
const SOON: Duration = Duration::from_millis(250);
const NOW: Disposition = Disposition::Defer(Duration::ZERO);
const PARK: Disposition = Disposition::Park(Fate::NotDelivered);
const PARK_POSSIBLY: Disposition = Disposition::Park(Fate::PossiblyDelivered);

fn failure(blame: Blame) -> Failure {
    let uncertain = blame != Blame::Message;
    Failure::dispatch(blame, Reason::Timeout, uncertain, "")
}

fn after(blame: Blame, known: Known, policy: Policy) -> Disposition {
    decide(Err(&failure(blame)), &known, &policy)
}

fn ordered(on_poison: OnPoison) -> Policy {
    Policy { order: Order::Queue(on_poison), ..POLICY }
}

fn deferring(defer: Defer) -> Policy {
    Policy { defer, ..POLICY }
}

#[test]
fn the_message_is_parked_for_its_own_fault_only() {
    let uncertain = Known { uncertain_before: true, ..FIRST };
    let alibi = Known { alibi: true, ..EXHAUSTED };
    for (known, policy, expected) in [
        (FIRST, POLICY, PARK),
        (HELD, POLICY, PARK),
        (FIRST, ordered(OnPoison::Stop), PARK),
        (FIRST, deferring(Defer::Outages), PARK),
        (alibi, POLICY, PARK),
        (uncertain, POLICY, PARK_POSSIBLY),
    ] {
        assert_eq!(after(Blame::Message, known, policy), expected, "{known:?} {policy:?}");
    }
    for policy in [POLICY, deferring(Defer::Outages), ordered(OnPoison::Park)] {
        assert_eq!(decide(Ok(()), &HELD, &policy), Disposition::Accept);
    }
}

#[test]
fn a_destination_that_is_out_never_parks() {
    let held_exhausted = Known { attempts: 10, counted: 10, ..HELD };
    let alibi = Known { alibi: true, ..EXHAUSTED };
    for blame in [Blame::Destination, Blame::Ourselves] {
        for (known, policy, expected) in [
            (FIRST, POLICY, RETRY),
            (HELD, POLICY, Disposition::Wait),
            (EXHAUSTED, POLICY, RETRY),
            (held_exhausted, POLICY, Disposition::Wait),
            (alibi, POLICY, RETRY),
            // It waits where it is, unless others stand behind it: then it goes to its retry queue at once.
            (FIRST, deferring(Defer::OwnFailures), RETRY),
            (HELD, deferring(Defer::OwnFailures), Disposition::Wait),
            (FIRST, deferring(Defer::Outages), NOW),
            (held_exhausted, deferring(Defer::Outages), NOW),
            (held_exhausted, ordered(OnPoison::Stop), Disposition::Wait),
            (held_exhausted, ordered(OnPoison::Park), Disposition::Wait),
        ] {
            assert_eq!(after(blame, known, policy), expected, "{blame:?} {known:?} {policy:?}");
        }
    }
}

#[test]
fn a_message_that_probed_in_vain_while_others_were_accepted_is_treated_as_a_5xx() {
    let blamed = |known| Known { blamed: true, ..known };
    let alibi = Known { alibi: true, ..EXHAUSTED };
    for (known, expected) in [
        (blamed(FIRST), RETRY),
        (blamed(HELD), Disposition::BackOut),
        (blamed(alibi), PARK_POSSIBLY),
        (blamed(EXHAUSTED), RETRY),
    ] {
        assert_eq!(after(Blame::Destination, known, POLICY), expected, "{known:?}");
        assert_eq!(after(Blame::Ourselves, known, POLICY), expected, "{known:?}");
    }
}

#[test]
fn a_5xx_parks_only_with_an_alibi() {
    let own = deferring(Defer::OwnFailures);
    let all = deferring(Defer::Outages);
    let alibi = Known { alibi: true, ..EXHAUSTED };
    let third = Known { in_this_unit: 3, attempts: 3, ..FIRST };
    let second = Duration::from_secs(1);
    for (known, policy, expected) in [
        (FIRST, POLICY, RETRY),
        (HELD, POLICY, Disposition::BackOut),
        (Known { alibi: true, ..FIRST }, POLICY, RETRY),
        (alibi, POLICY, PARK_POSSIBLY),
        // Without one the destination is out.
        (EXHAUSTED, POLICY, RETRY),
        (Known { attempts: 10, counted: 10, ..HELD }, POLICY, Disposition::Wait),
        (EXHAUSTED, all, NOW),
        // With a retry queue it does not hold others up for long.
        (FIRST, own, RETRY),
        (third, own, Disposition::Defer(second)),
        (third, all, Disposition::Defer(second)),
        (alibi, own, PARK_POSSIBLY),
    ] {
        assert_eq!(after(Blame::Unclear, known, policy), expected, "{known:?} {policy:?}");
    }
}

#[test]
fn a_5xx_for_a_probe_is_still_an_outage_unless_the_destination_has_an_alibi() {
    let probing = |known| Known { probing: true, ..known };
    for (known, policy, expected) in [
        (probing(HELD), POLICY, Disposition::Wait),
        (probing(HELD), deferring(Defer::OwnFailures), Disposition::Wait),
        (probing(Known { alibi: true, ..HELD }), POLICY, Disposition::BackOut),
        (probing(Known { alibi: true, ..EXHAUSTED }), POLICY, PARK_POSSIBLY),
        (probing(HELD), ordered(OnPoison::Stop), Disposition::BackOut),
    ] {
        assert_eq!(after(Blame::Unclear, known, policy), expected, "{known:?} {policy:?}");
    }
}

#[test]
fn attempts_in_an_outage_do_not_count_against_a_message() {
    let after_an_outage = Known { attempts: 50, counted: 1, alibi: true, ..FIRST };
    assert_eq!(after(Blame::Unclear, after_an_outage, POLICY), RETRY);
}

#[test]
fn where_order_matters_on_poison_decides_about_a_5xx() {
    let (stop, park) = (ordered(OnPoison::Stop), ordered(OnPoison::Park));
    let alibi = Known { alibi: true, ..EXHAUSTED };
    for (known, policy, expected) in [
        (FIRST, stop, RETRY),
        (HELD, stop, Disposition::BackOut),
        (EXHAUSTED, stop, Disposition::Stop),
        (alibi, stop, Disposition::Stop),
        (EXHAUSTED, park, PARK_POSSIBLY),
    ] {
        assert_eq!(after(Blame::Unclear, known, policy), expected, "{known:?} {policy:?}");
    }
}

#[test]
fn a_409_is_retried_for_ever() {
    let third = Known { in_this_unit: 3, attempts: 3, ..FIRST };
    for (known, policy, expected) in [
        (FIRST, POLICY, RETRY),
        (HELD, POLICY, Disposition::BackOut),
        (Known { alibi: true, ..EXHAUSTED }, POLICY, RETRY),
        (Known { attempts: 10, counted: 10, ..HELD }, ordered(OnPoison::Stop), Disposition::BackOut),
        (third, deferring(Defer::OwnFailures), Disposition::Defer(Duration::from_secs(1))),
    ] {
        assert_eq!(after(Blame::InProgress, known, policy), expected, "{known:?} {policy:?}");
    }
}

#[test]
fn no_combination_parks_for_an_outage_or_forgets_that_a_message_may_have_been_delivered() {
    let orders = [Order::None, Order::Queue(OnPoison::Stop), Order::Queue(OnPoison::Park)];
    let defers = [Defer::Never, Defer::OwnFailures, Defer::Outages];
    for (order, defer) in orders.iter().flat_map(|order| defers.map(|defer| (*order, defer))) {
        let policy = Policy { order, defer, ..POLICY };
        for bits in 0_u32..64 {
            let bit = |n: u32| bits & (1 << n) != 0;
            let known = Known {
                counted: if bit(0) { 10 } else { 1 },
                probing: bit(5),
                alibi: bit(1),
                uncertain_before: bit(2),
                held: if bit(3) { HELD.held } else { FIRST.held },
                in_this_unit: if bit(4) { 9 } else { 1 },
                ..FIRST
            };
            for blame in [Blame::Destination, Blame::Ourselves, Blame::InProgress] {
                let decided = after(blame, known, policy);
                assert!(!matches!(decided, Disposition::Park(_) | Disposition::Stop), "{blame:?} {known:?}");
            }
            if let Disposition::Park(fate) = after(Blame::Unclear, known, policy) {
                assert_eq!(fate, Fate::PossiblyDelivered, "a 5xx may have been carried out");
                assert!(known.alibi || order != Order::None, "{known:?} {policy:?}");
            }
            if known.uncertain_before {
                assert_eq!(after(Blame::Message, known, policy), PARK_POSSIBLY);
            }
        }
    }
}

#[test]
fn what_was_never_sent_was_not_delivered() {
    let known = Known { uncertain_before: true, ..FIRST };
    let unreadable = Failure::message(Stage::Translate, Reason::CannotTranslate, "");
    assert_eq!(decide(Err(&unreadable), &known, &POLICY), PARK);
}

#[test]
fn a_message_that_would_be_too_late_for_its_next_attempt_is_settled_now() {
    let left = |known, ms| Known { time_left: Some(Duration::from_millis(ms)), ..known };
    let late = Disposition::Late(Fate::PossiblyDelivered);
    assert_eq!(after(Blame::Destination, left(FIRST, 101), POLICY), RETRY);
    assert_eq!(after(Blame::Destination, left(FIRST, 100), POLICY), late);
    assert_eq!(after(Blame::Destination, left(HELD, 251), POLICY), Disposition::Wait);
    assert_eq!(after(Blame::Destination, left(HELD, 250), POLICY), late, "before it would come again");
    assert_eq!(after(Blame::Destination, left(FIRST, 0), deferring(Defer::Outages)), late);
    assert_eq!(after(Blame::Destination, left(FIRST, 1), deferring(Defer::Outages)), NOW, "due at once");
    let third = Known { in_this_unit: 3, attempts: 3, ..left(FIRST, 999) };
    assert_eq!(after(Blame::Unclear, third, deferring(Defer::OwnFailures)), late);
    let connect = Failure::dispatch(Blame::Destination, Reason::Connect, false, "");
    assert_eq!(decide(Err(&connect), &left(FIRST, 0), &POLICY), Disposition::Late(Fate::NotDelivered));
}

#[test]
fn a_message_is_screened_before_a_request_is_made() {
    let well =
        Arrival { destination_out: false, uncertain: false, time_left: None, comes_again_within: SOON };
    let out = Arrival { destination_out: true, ..well };
    let late = Arrival { time_left: Some(Duration::ZERO), ..out };
    for (arrival, defer, expected) in [
        (well, Defer::Outages, None),
        (Arrival { time_left: Some(Duration::from_millis(1)), ..well }, Defer::Never, None),
        (out, Defer::Never, Some(Disposition::BackOut)),
        (out, Defer::OwnFailures, Some(Disposition::BackOut)),
        (out, Defer::Outages, Some(NOW)),
        (Arrival { time_left: Some(SOON), ..out }, Defer::Never, Some(Disposition::Late(Fate::NotDelivered))),
        (Arrival { time_left: Some(SOON), ..out }, Defer::Outages, Some(NOW)),
        (late, Defer::Outages, Some(Disposition::Late(Fate::NotDelivered))),
        (Arrival { uncertain: true, ..late }, Defer::Never, Some(Disposition::Late(Fate::PossiblyDelivered))),
    ] {
        assert_eq!(screen(&arrival, &deferring(defer)), expected, "{arrival:?} {defer:?}");
    }
}

#[test]
fn a_crash_suspect_is_isolated_twice_and_parked_the_third_time() {
    assert_eq!(suspect(0, &POLICY), Some(Disposition::Isolate));
    assert_eq!(suspect(1, &POLICY), Some(Disposition::Isolate));
    assert_eq!(suspect(2, &POLICY), Some(PARK_POSSIBLY));
    let nowhere = Policy { may_isolate: false, ..POLICY };
    assert_eq!(suspect(0, &nowhere), None, "tried where it is");
    assert_eq!(suspect(9, &ordered(OnPoison::Park)), None, "never by count where order matters");
}

#[test]
fn delays_double_up_to_their_limit_and_spread_downwards() {
    let delay = |known, policy| match after(Blame::Unclear, known, policy) {
        Disposition::Retry(delay) | Disposition::Defer(delay) => u64::try_from(delay.as_millis()).unwrap(),
        other => panic!("{known:?}: {other:?}"),
    };
    let retries: Vec<u64> =
        (1..=8).map(|in_this_unit| delay(Known { in_this_unit, ..FIRST }, POLICY)).collect();
    assert_eq!(retries, [100, 200, 400, 800, 1600, 2000, 2000, 2000]);
    let patient = Policy { attempts_max: 1_000, ..deferring(Defer::OwnFailures) };
    let round = |n: u32| Known { in_this_unit: 3, attempts: 3 * n, ..FIRST };
    let rounds: Vec<u64> = (1..=8).map(|n| delay(round(n), patient)).collect();
    assert_eq!(rounds, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    assert_eq!(delay(Known { in_this_unit: 2, jitter_permille: 1000, ..FIRST }, POLICY), 100);
    assert_eq!(delay(Known { jitter_permille: 1000, ..round(2) }, patient), 1_000);
}

#[test]
fn retry_after_is_honoured_and_one_beyond_the_hold_gives_the_unit_up() {
    let mut busy = failure(Blame::Destination);
    busy.retry_after = Some(Duration::from_secs(3));
    assert_eq!(decide(Err(&busy), &FIRST, &POLICY), Disposition::Retry(Duration::from_secs(3)));
    busy.retry_after = Some(Duration::from_secs(3600));
    assert_eq!(decide(Err(&busy), &FIRST, &POLICY), Disposition::Wait);
    let unclear = Failure { blame: Blame::Unclear, ..busy };
    let deferred = decide(Err(&unclear), &FIRST, &deferring(Defer::OwnFailures));
    assert_eq!(deferred, Disposition::Defer(Duration::from_secs(3600)));
}

#[test]
fn a_failure_prints_stage_reason_and_status_on_one_line() {
    let failure = Failure::message(Stage::Dispatch, Reason::Rejected(422), "");
    assert_eq!(failure.to_string(), "dispatch: rejected 422");
}

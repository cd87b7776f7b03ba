//! What is put to a retry queue when an operator replays a message; pure.

use jiff::Timestamp;
use mq::QueueName;

use super::entry::fate;
use crate::disposition::Fate;
use crate::evidence::Evidence;
use crate::settings::Settings;

/// Where a message goes: its destination's retry queue; one that was never routed goes to its source's, to be routed now.
///
/// # Errors
/// Which setting is missing.
pub(super) fn target(settings: &Settings, evidence: &Evidence) -> Result<QueueName, String> {
    let source = settings.sources.iter().enumerate().find(|(_, it)| it.name == evidence.source);
    let Some((index, source)) = source else {
        return Err(format!("its source {:?} is not in settings", evidence.source));
    };
    let Some(name) = &evidence.destination else {
        return source.retry_queue.clone().ok_or_else(|| {
            format!(
                "it was never routed, and its source {:?} has no retry queue: set sources[{index}].retry_queue",
                source.name
            )
        });
    };
    let destination = settings.destinations.iter().enumerate().find(|(_, it)| it.name == *name);
    let Some((index, destination)) = destination else {
        return Err(format!("its destination {name:?} is not in settings"));
    };
    destination.retry_queue.clone().ok_or_else(|| {
        format!("its destination {name:?} has no retry queue: set destinations[{index}].retry_queue")
    })
}

/// Why a message may not be replayed without more being said.
pub(super) fn refusal(
    evidence: &Evidence,
    including_uncertain: bool,
    reason: Option<&str>,
) -> Option<String> {
    if fate(evidence) == Fate::NotDelivered || (including_uncertain && reason.is_some()) {
        return None;
    }
    let text = "a service may have acted on it: replay it as one of those that are uncertain, with a reason, once it is \
                known that the service is idempotent on its key";
    Some(text.to_owned())
}

/// What stands beside the message from now on. What must outlive it stays: the key, the mark of a possible duplicate, the
/// destination. Attempts begin anew, and a deadline that has passed does not park it once more.
pub(super) fn replayed(evidence: &Evidence, now: Timestamp, reason: Option<&str>) -> Evidence {
    let mut note = format!("{now:.3}");
    if let Some(reason) = reason {
        note.push_str(": ");
        note.push_str(reason);
    }
    if let Some(deadline) = evidence.deadline {
        note.push_str(&format!(" (its deadline {deadline:.3} no longer counts)"));
    }
    Evidence {
        uncertain: evidence.uncertain || fate(evidence) == Fate::PossiblyDelivered,
        attempts: 0,
        first_5xx: None,
        suspect: 0,
        not_before: None,
        deadline: None,
        time: now,
        verdict: None,
        replay: Some(note),
        ..evidence.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::parked;
    use super::*;
    use crate::settings::tests::minimal;

    fn evidence() -> Evidence {
        parked(1).evidence().unwrap().clone()
    }

    #[test]
    fn a_replay_begins_anew_and_forgets_nothing_that_matters() {
        let now: Timestamp = "2026-11-25T04:00:00Z".parse().unwrap();
        let parked = Evidence { deadline: Some(now), uncertain: false, ..evidence() };
        let replayed = replayed(&parked, now, Some("fixed"));
        assert!(replayed.uncertain, "its fate was possibly-delivered");
        assert_eq!((replayed.key, &replayed.destination), (parked.key, &parked.destination));
        assert_eq!((replayed.attempts, replayed.suspect), (0, 0));
        assert_eq!((replayed.first_5xx, replayed.not_before, replayed.deadline), (None, None, None));
        assert_eq!(replayed.verdict, None);
        assert_eq!(
            replayed.replay.as_deref(),
            Some("2026-11-25T04:00:00.000Z: fixed (its deadline 2026-11-25T04:00:00.000Z no longer counts)")
        );
    }

    #[test]
    fn what_a_service_may_have_acted_on_needs_the_flag_and_a_reason() {
        let refused = |including, reason| refusal(&evidence(), including, reason).is_some();
        assert!(refused(false, None) && refused(true, None) && refused(false, Some("x")));
        assert!(!refused(true, Some("x")));
    }

    #[test]
    fn a_missing_retry_queue_is_named_by_its_key() {
        let mut settings = minimal();
        let routed = evidence();
        let unrouted = Evidence { destination: None, ..evidence() };
        let gone = Evidence { destination: Some("gone".into()), ..evidence() };
        assert!(target(&settings, &routed).unwrap_err().contains("set destinations[0].retry_queue"));
        assert!(target(&settings, &unrouted).unwrap_err().contains("set sources[0].retry_queue"));
        assert!(target(&settings, &gone).unwrap_err().contains("\"gone\" is not in settings"));
        settings.destinations[0].retry_queue = Some("CREDITS.RETRY".parse().unwrap());
        settings.sources[0].retry_queue = Some("IN.RETRY".parse().unwrap());
        assert_eq!(target(&settings, &routed).unwrap().as_str(), "CREDITS.RETRY");
        assert_eq!(target(&settings, &unrouted).unwrap().as_str(), "IN.RETRY");
    }
}

//! The end of a unit: commit, move the message to one of our own queues and commit, or give it back.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use mq::{Class, Unit, Verb};
use tracing::{debug, error, warn};

use super::case::Case;
use super::prepare::Ready;
use super::{Turn, Verdict};
use crate::audit;
use crate::disposition::{Disposition, Fate};
use crate::evidence::{Evidence, Verdict as ParkingVerdict};
use crate::failure::{Blame, Failure, Reason, Stage};
use crate::gate::Cause;
use crate::lane::{Lane, Queues};
use crate::park;
use crate::totals::Outcome;

/// Ends the unit by what was decided.
pub(super) fn end(
    lane: &Lane,
    unit: Unit<'_>,
    queues: &Queues,
    case: &Case,
    ready: Option<&Ready<'_>>,
    verdict: &Verdict,
) -> Result<Turn, mq::Error> {
    let story = Story { lane, queues, case, ready, verdict };
    match verdict.disposition {
        Disposition::Accept => story.commit(unit, Outcome::Accepted, None),
        Disposition::Park(fate) => story.park(unit, Outcome::Parked, fate),
        Disposition::Late(fate) => story.park(unit, Outcome::Late, fate),
        Disposition::Defer(delay) => {
            let queue = ready.and_then(|ready| queues.retry(ready.to));
            story.defer(unit, queue, delay)
        }
        Disposition::Isolate => {
            let queue = queues.source_retry(case.source_name());
            story.defer(unit, queue, Duration::ZERO)
        }
        Disposition::Stop => {
            story.pause(Cause::Poison, "A message cannot pass, and order matters: the queue is stopped.");
            story.give_back(unit)
        }
        Disposition::BackOut => {
            story.rest();
            story.give_back(unit)
        }
        Disposition::Retry(_) | Disposition::Wait => story.give_back(unit),
    }
}

/// Whether the connection failed, or ends, and not the queue that was put to.
fn is_of_the_session(error: &mq::Error) -> bool {
    matches!(error.class(), Class::ConnectionLost | Class::HandleInvalid | Class::Quiescing)
}

/// Everything that is known when a unit ends.
struct Story<'a> {
    lane: &'a Lane,
    queues: &'a Queues,
    case: &'a Case,
    ready: Option<&'a Ready<'a>>,
    verdict: &'a Verdict,
}

impl Story<'_> {
    /// Parks the message and commits, if the fuse allows.
    fn park(&self, mut unit: Unit<'_>, outcome: Outcome, fate: Fate) -> Result<Turn, mq::Error> {
        let source = self.case.source_name();
        let target = self.queues.parking(source).or_else(|| self.queues.parking.first().map(|(_, it)| it));
        let Some(target) = target else { return self.give_back(unit) };
        let failure = self.parking_failure(outcome);
        if self.case.intake.as_ref().is_some_and(|intake| !intake.gate.may_park(Instant::now())) {
            self.lane.shared.metrics.alarm("fuse");
            error!(
                %failure,
                "Too many messages would be parked: the source is paused until an operator resumes it."
            );
            return self.give_back(unit);
        }
        let mut evidence = self.evidence();
        evidence.verdict = Some(ParkingVerdict::of(&failure, fate));
        let inbound = &self.case.inbound;
        let turn = match park::park(&mut unit, self.queues.input, target, inbound, &evidence, failure.reason)
        {
            Ok(()) => self.commit(unit, outcome, Some(&evidence)),
            Err(error) => self.put_failed(unit, &target.name, Cause::Put, error),
        };
        match &turn {
            Ok(Turn::Ended(_)) => {
                self.lane.shared.metrics.parked(source, failure.reason.word());
                warn!(key = %inbound.key, %failure, fate = fate.word(), queue = %target.name, "Message parked.");
            }
            Err(error) if error.verb() == Verb::Commit && error.outcome_unknown() => {}
            _ => self.case.intake.iter().for_each(|intake| intake.gate.not_parked()),
        }
        turn
    }

    /// Why it is parked. What was late has been tried or not; either way it is late.
    fn parking_failure(&self, outcome: Outcome) -> Failure {
        let failed = self.verdict.failure.as_ref();
        match (outcome, failed) {
            (Outcome::Late, failed) => {
                let detail = failed.map(|failure| format!("after {failure}")).unwrap_or_default();
                Failure::message(Stage::Deadline, Reason::Late, detail)
            }
            (_, Some(failure)) => failure.clone(),
            (_, None) => Failure::message(Stage::Dispatch, Reason::BadEvidence, ""),
        }
    }

    /// Puts the message to a retry queue and commits.
    fn defer(
        &self,
        mut unit: Unit<'_>,
        queue: Option<mq::Queue>,
        delay: Duration,
    ) -> Result<Turn, mq::Error> {
        let Some(queue) = queue else { return self.give_back(unit) };
        let mut evidence = self.evidence();
        evidence.not_before =
            (!delay.is_zero()).then(|| evidence.time.saturating_add(delay).unwrap_or(evidence.time));
        if self.verdict.disposition == Disposition::Isolate {
            evidence.suspect += 1;
        }
        let inbound = &self.case.inbound;
        if let Err(error) = park::defer(&mut unit, self.queues.input, queue, inbound, &evidence) {
            return self.put_failed(unit, self.retry_queue_name(), Cause::Put, error);
        }
        let turn = self.commit(unit, Outcome::Deferred, Some(&evidence))?;
        if turn == Turn::Ended(Outcome::Deferred) {
            let failure = self.verdict.failure.as_ref().map(tracing::field::display);
            let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            debug!(key = %inbound.key, failure, delay_ms, "Message deferred.");
        }
        Ok(turn)
    }

    /// The queue that it is deferred to, for a person.
    fn retry_queue_name(&self) -> &mq::QueueName {
        let name = match (self.verdict.disposition, self.ready) {
            (Disposition::Defer(_), Some(ready)) => {
                self.lane.shared.destinations.get(ready.to).and_then(|it| it.retry_queue.as_ref())
            }
            _ => self.case.intake.as_ref().and_then(|it| it.source.retry_queue.as_ref()),
        };
        name.unwrap_or_else(|| self.lane.queue())
    }

    /// Where the failure may be the message's own, others pass it for as long as it was held: it must not hold them up for ever.
    fn rest(&self) {
        let own = |failure: &Failure| {
            self.verdict.past.blamed || matches!(failure.blame, Blame::Unclear | Blame::InProgress)
        };
        if let (Some(intake), true) = (&self.case.intake, self.verdict.failure.as_ref().is_some_and(own)) {
            let until = Instant::now() + self.lane.shared.retry.unit_hold_max;
            intake.resting.add(self.case.inbound.descriptor.message_id, until);
        }
    }

    /// Backs the unit out and remembers what was tried.
    fn give_back(&self, unit: Unit<'_>) -> Result<Turn, mq::Error> {
        let inbound = &self.case.inbound;
        self.lane.shared.history.remember(inbound.key, self.verdict.past);
        unit.back_out()?;
        let failure = self.verdict.failure.as_ref().map(tracing::field::display);
        warn!(key = %inbound.key, failure, backout_count = inbound.descriptor.backout_count, "Message backed out.");
        Ok(Turn::BackedOut)
    }

    /// A put to one of our own queues failed: the message goes back, and its source rests for a while instead of spinning.
    fn put_failed(
        &self,
        unit: Unit<'_>,
        queue: &mq::QueueName,
        cause: Cause,
        error: mq::Error,
    ) -> Result<Turn, mq::Error> {
        if is_of_the_session(&error) {
            return Err(error);
        }
        error!(%queue, %error, "A message could not be moved. It is back on its queue, and its source rests.");
        self.pause(cause, "The source is paused.");
        let turn = self.give_back(unit)?;
        // A handle may be stale: only queues that are opened anew are known to be the ones that are there now.
        if error.is_over_after_a_wait() { Ok(turn) } else { Err(error) }
    }

    fn pause(&self, cause: Cause, what: &'static str) {
        if let Some(intake) = &self.case.intake {
            match cause {
                Cause::Put | Cause::Audit => {
                    intake.gate.rest(self.lane.site_index, cause, Instant::now());
                }
                Cause::Fuse | Cause::Poison | Cause::Operator => intake.gate.pause(cause, Instant::now()),
            }
            self.lane.shared.metrics.alarm(cause.word());
            error!(source = intake.source.name, cause = cause.word(), "{what}");
        }
    }

    /// Writes the record, commits, and draws the consequences. `evidence` is what was put beside a copy.
    fn commit(
        &self,
        mut unit: Unit<'_>,
        outcome: Outcome,
        evidence: Option<&Evidence>,
    ) -> Result<Turn, mq::Error> {
        let shared = &self.lane.shared;
        let key = &self.case.inbound.key;
        let record = self.record(outcome, evidence);
        let mut record_failed = false;
        if outcome == Outcome::Deferred {
            // Its retry queue's consumer may have it before this function returns.
            shared.history.remember(*key, self.verdict.past);
        }
        if let Some(queue) = self.queues.audit
            && let Err(error) = audit::put(&mut unit, queue, key, &record)
        {
            if outcome != Outcome::Accepted {
                return self.put_failed(unit, self.lane.queue(), Cause::Audit, error);
            }
            // The service has it: another attempt would be worse than a record in the wrong place.
            record_failed = true;
            error!(%error, "The audit record could not be put. It follows in the log.");
            if !is_of_the_session(&error) {
                self.pause(Cause::Audit, "The source is paused.");
            }
        }
        if let Err(error) = unit.commit() {
            if error.outcome_unknown() {
                shared.metrics.commit_unknown(&self.lane.site);
                warn!(%key, %error, "The commit's outcome is unknown. The message may come again.");
            }
            return Err(error);
        }
        if record_failed || shared.audit == audit::Sink::Log {
            audit::log(&record);
        }
        if let Some(intake) = self.case.intake.as_ref().filter(|_| !record_failed) {
            intake.gate.ended(self.lane.site_index);
        }
        match outcome {
            Outcome::Deferred => {
                shared.metrics.deferred(self.case.source_name(), record.destination.unwrap_or_default());
            }
            Outcome::Accepted => {
                shared.history.forget(key);
                if let Some(intake) = &self.case.intake {
                    intake.gate.accepted();
                }
            }
            Outcome::Parked | Outcome::Late => shared.history.forget(key),
        }
        Ok(Turn::Ended(outcome))
    }

    /// What is put beside a copy on one of our own queues.
    fn evidence(&self) -> Evidence {
        let Self { lane, queues, case, ready, verdict } = self;
        let time = Timestamp::now();
        let descriptor = &case.inbound.descriptor;
        let former = case.evidence.clone();
        let wall = |instant: Instant| time.saturating_sub(instant.elapsed()).unwrap_or(time);
        let destination = ready.map(|ready| lane.shared.destination_name(ready.to).to_owned());
        Evidence {
            key: case.inbound.key,
            provider: lane.shared.provider.clone(),
            source: case.source_name().to_owned(),
            queue: former.as_ref().map_or_else(|| lane.queue().to_string(), |it| it.queue.clone()),
            queue_manager: former
                .as_ref()
                .map_or_else(|| queues.queue_manager.clone(), |it| it.queue_manager.clone()),
            kind: ready.map(|it| it.document.kind.clone()).or_else(|| former.as_ref()?.kind.clone()),
            destination: destination.or_else(|| former.as_ref()?.destination.clone()),
            route: ready.and_then(|it| it.route?.name.clone()).or_else(|| former.as_ref()?.route.clone()),
            business_key: ready
                .and_then(|it| it.business_key.clone())
                .or_else(|| former.as_ref()?.business_key.clone()),
            attempts: verdict.past.attempts,
            uncertain: case.possible_duplicate(&verdict.past),
            first_5xx: verdict.past.first_5xx.map(wall),
            suspect: former.as_ref().map_or(0, |it| it.suspect),
            not_before: None,
            deadline: case.expires(),
            report: former.as_ref().map_or(descriptor.report, |it| it.report),
            persistence: former.as_ref().map_or(descriptor.persistence, |it| it.persistence),
            time,
            verdict: None,
            replay: former.and_then(|it| it.replay),
        }
    }

    fn record<'r>(&'r self, outcome: Outcome, evidence: Option<&'r Evidence>) -> audit::Record<'r> {
        let Self { lane, case, ready, verdict, .. } = self;
        let descriptor = &case.inbound.descriptor;
        let parked = evidence.and_then(|evidence| evidence.verdict.as_ref());
        let failure = verdict.failure.as_ref();
        audit::Record {
            time: Timestamp::now().to_string(),
            outcome: outcome.word(),
            key: case.inbound.key.to_string(),
            business_key: ready
                .and_then(|it| it.business_key.as_deref())
                .or_else(|| case.evidence.as_ref()?.business_key.as_deref()),
            message_id: descriptor.message_id.to_string(),
            correlation_id: descriptor.correlation_id.to_string(),
            kind: ready.map(|it| it.document.kind.as_str()),
            provider: &lane.shared.provider,
            site: &lane.site,
            source: case.source_name(),
            queue: lane.queue().as_str(),
            route: ready.and_then(|it| it.route?.name.as_deref()),
            destination: ready.map(|it| lane.shared.destination_name(it.to)),
            settings: &lane.shared.settings_hash,
            attempts: verdict.past.attempts,
            possible_duplicate: case.possible_duplicate(&case.past),
            backout_count: descriptor.backout_count,
            put_time: case.inbound.put_time.as_deref(),
            held_ms: u64::try_from(case.got_at.elapsed().as_millis()).unwrap_or(u64::MAX),
            reason: parked
                .map(|it| it.reason.as_str())
                .or_else(|| failure.map(|failure| failure.reason.word())),
            stage: parked.map(|it| it.stage.as_str()).or_else(|| failure.map(|failure| failure.stage.word())),
            detail: parked.map(|it| it.detail.as_str()).filter(|detail| !detail.is_empty()),
            http_status: failure.and_then(|failure| failure.reason.status()),
            fate: parked.map(|it| it.fate.word()),
            not_before: evidence.and_then(|it| it.not_before).map(|time| time.to_string()),
            comment: None,
        }
    }
}

//! Everything before the request: limits, document, route, deadline. No I/O.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;

use super::case::Case;
use crate::failure::{Failure, Reason, Stage};
use crate::inbound::Inbound;
use crate::lane::{Intake, Lane, Origin};
use crate::message::Document;
use crate::route::{self, Facts};
use crate::settings::Route;

/// `MQMF_MSG_IN_GROUP` and `MQMF_LAST_MSG_IN_GROUP`.
const GROUP_MEMBER: i32 = 8 | 16;

/// A message that can be dispatched.
pub(super) struct Ready<'a> {
    pub(super) document: Document,
    pub(super) body: Bytes,
    pub(super) to: usize,
    pub(super) route: Option<&'a Route>,
    pub(super) business_key: Option<String>,
    pub(super) traceparent: String,
    pub(super) descriptor: Vec<(&'static str, String)>,
    pub(super) deadline: Option<Instant>,
}

/// Everything before the request: limits, document, route. No I/O.
pub(super) fn prepare<'a>(lane: &'a Lane, case: &Case) -> Result<Ready<'a>, Failure> {
    let inbound = &case.inbound;
    let Some(intake) = &case.intake else {
        let detail =
            "it came through one of our own queues without evidence, or its source is not in settings";
        return Err(Failure::message(Stage::Get, Reason::BadEvidence, detail));
    };
    check(lane, inbound)?;
    let started = Instant::now();
    let document = intake.translator.translate(inbound.input(intake.source.ccsid)).map_err(|refusal| {
        Failure::message(Stage::Translate, Reason::CannotTranslate, refusal.to_string())
    })?;
    lane.shared.metrics.translated(&intake.source.name, started.elapsed());
    let (to, route) = destination(lane, case, intake, &document)?;
    let business_key = match route.and_then(|route| route.business_key.as_ref()) {
        Some(pointer) => document.pointer(pointer),
        None => case.evidence.as_ref().and_then(|evidence| evidence.business_key.clone()),
    };
    Ok(Ready {
        body: document.body.clone(),
        to,
        route,
        business_key,
        traceparent: inbound.traceparent(),
        descriptor: inbound.headers(&intake.source.queue),
        deadline: deadline(lane, case, route),
        document,
    })
}

/// What is wrong with a message before it is looked into.
fn check(lane: &Lane, inbound: &Inbound) -> Result<(), Failure> {
    let refused = |stage, reason, detail: String| Err(Failure::message(stage, reason, detail));
    let descriptor = &inbound.descriptor;
    if descriptor.is_piece() {
        let detail = format!("a segment, at offset {} of its message", descriptor.offset);
        return refused(Stage::Get, Reason::StraySegment, detail);
    }
    if descriptor.message_flags & GROUP_MEMBER != 0 {
        let detail = format!("number {} of a group", descriptor.sequence_number);
        return refused(Stage::Get, Reason::GroupMember, detail);
    }
    if let Some(fault) = &inbound.header_fault {
        return refused(Stage::Headers, Reason::BadHeader, fault.clone());
    }
    let (bytes, bytes_max) = (inbound.payload().len(), lane.shared.message_bytes_max);
    if bytes == 0 {
        return refused(Stage::Get, Reason::Empty, String::new());
    }
    if bytes > bytes_max {
        let detail = format!("{bytes} bytes, at most {bytes_max} are allowed");
        return refused(Stage::Get, Reason::OverLimit, detail);
    }
    Ok(())
}

/// Where the message goes. One whose fate there is uncertain, or that waited for a destination, goes nowhere else.
fn destination<'a>(
    lane: &'a Lane,
    case: &Case,
    intake: &Intake,
    document: &Document,
) -> Result<(usize, Option<&'a Route>), Failure> {
    let source = &intake.source;
    let facts =
        Facts { document, inbound: &case.inbound, source: &source.name, queue: source.queue.as_str() };
    let routes = &lane.shared.routes;
    let bound = match lane.origin {
        Origin::DestinationRetry(destination, _) => Some(destination),
        Origin::Source(_) | Origin::SourceRetry(..) => case.past.pinned,
    };
    let uncertain = case.evidence.as_ref().filter(|evidence| evidence.uncertain);
    if bound.is_none() && uncertain.is_some_and(|evidence| evidence.destination.is_some()) {
        let detail = "it may have been delivered to a destination that is not in settings";
        return Err(Failure::message(Stage::Route, Reason::BadEvidence, detail));
    }
    match bound {
        Some(to) => Ok((to, route::choose_to(routes, &facts, to))),
        None => route::choose(routes, &facts).map(|route| (route.to, Some(route))),
    }
}

/// Until when an answer is of use.
fn deadline(lane: &Lane, case: &Case, route: Option<&Route>) -> Option<Instant> {
    // Whoever replays a message knows that the scheme no longer waits for its answer.
    if case.evidence.as_ref().is_some_and(|evidence| evidence.replay.is_some()) {
        return None;
    }
    let answer_by = route.and_then(|route| route.answer_by).and_then(|answer_by| {
        let put: Timestamp = case.inbound.put_time.as_ref()?.parse().ok()?;
        put.checked_add(answer_by.saturating_sub(lane.shared.retry.clock_skew_max)).ok()
    });
    let until = [answer_by, case.expires()].into_iter().flatten().min()?;
    let left = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
    Some(Instant::now() + left)
}

impl Ready<'_> {
    pub(super) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

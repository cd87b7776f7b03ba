//! Which message a turn takes: the first; the first that is due; the first that has not been set aside.

use std::time::Duration;

use jiff::Timestamp;
use mq::{Browse, GetOptions, Glance, Message, MessageId, Queue, Unit};

use crate::evidence::Evidence;

/// How many messages that are not due, or are set aside, are passed over in one turn.
const PASSED_OVER_MAX: usize = 1_000;

/// When a message of a paused source is looked at again; the consumer may look earlier.
const PAUSED_LEFT: Duration = Duration::from_secs(60);

/// What was found.
#[derive(Debug)]
pub enum Picked {
    /// A message, in the unit.
    Message(Box<Message>),
    /// Nothing came.
    Empty,
    /// Messages, none of which is due before this has passed.
    NotDue(Duration),
}

/// Gets the first message.
///
/// # Errors
/// What MQGET answers.
pub fn first(unit: &mut Unit<'_>, queue: Queue, wait: Duration) -> Result<Picked, mq::Error> {
    Ok(unit
        .get(queue, GetOptions { wait })?
        .map_or(Picked::Empty, |message| Picked::Message(Box::new(message))))
}

/// Gets the first message that is none of these; where there is no other, the first.
///
/// # Errors
/// What MQGET answers.
pub fn another(
    unit: &mut Unit<'_>,
    queue: Queue,
    wait: Duration,
    set_aside: &[MessageId],
) -> Result<Picked, mq::Error> {
    let is_another = |glance: &Glance| {
        if set_aside.contains(&glance.descriptor.message_id) { Some(Duration::MAX) } else { None }
    };
    match browsed(unit, queue, Duration::ZERO, is_another)? {
        Picked::Message(message) => Ok(Picked::Message(message)),
        Picked::Empty | Picked::NotDue(_) => first(unit, queue, wait),
    }
}

/// Gets the first message whose time has come, `now`, and whose source `may` be tried. The others stay where they are, and
/// are not counted as backed out.
///
/// # Errors
/// What MQGET answers.
pub fn due(
    unit: &mut Unit<'_>,
    queue: Queue,
    wait: Duration,
    now: Timestamp,
    set_aside: &[MessageId],
    may: impl Fn(&Evidence) -> bool,
) -> Result<Picked, mq::Error> {
    let mut skipped = None;
    let due_in = |glance: &Glance| {
        // A message without evidence is due: it will be parked.
        let evidence = Evidence::read(&glance.properties).ok().flatten()?;
        if !may(&evidence) {
            return Some(PAUSED_LEFT);
        }
        let left = Duration::try_from(evidence.not_before?.duration_since(now)).unwrap_or_default();
        if left.is_zero() { None } else { Some(left) }
    };
    let picked = browsed(unit, queue, wait, |glance| {
        let left = due_in(glance);
        if left.is_none() && set_aside.contains(&glance.descriptor.message_id) && skipped.is_none() {
            skipped = Some(glance.descriptor.message_id);
            return Some(Duration::ZERO);
        }
        left
    })?;
    if skipped.is_none() || matches!(picked, Picked::Message(_)) {
        return Ok(picked);
    }
    // Nothing else can probe: one that was set aside does.
    browsed(unit, queue, Duration::ZERO, due_in)
}

/// Gets the first message for which `left` is `None`; else tells how long until one may be.
fn browsed(
    unit: &mut Unit<'_>,
    queue: Queue,
    wait: Duration,
    mut left: impl FnMut(&Glance) -> Option<Duration>,
) -> Result<Picked, mq::Error> {
    let mut shortest: Option<Duration> = None;
    let mut which = Browse::First;
    for _ in 0..PASSED_OVER_MAX {
        let wait = if which == Browse::First { wait } else { Duration::ZERO };
        let Some(glance) = unit.browse(queue, which, GetOptions { wait })? else { break };
        which = Browse::Next;
        match left(&glance) {
            // Another consumer may have been quicker; then the next one is looked at.
            None => {
                if let Some(message) = unit.get_browsed(queue)? {
                    return Ok(Picked::Message(Box::new(message)));
                }
            }
            Some(left) => shortest = Some(shortest.map_or(left, |shortest| shortest.min(left))),
        }
    }
    Ok(shortest.map_or(Picked::Empty, Picked::NotDue))
}

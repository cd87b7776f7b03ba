//! Which message a turn takes: the first; the first that is due; the first that has not been set aside.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;
use mq::{Browse, GetOptions, Glance, Message, MessageId, Queue, Unit};

use crate::evidence::Evidence;

/// How many messages that are not due, or are set aside, are passed over in one turn. The next one looks behind them.
const PASSED_OVER_MAX: usize = 1_000;

/// When a message of a paused source is looked at again; the consumer may look earlier.
const PAUSED_LEFT: Duration = Duration::from_secs(60);

/// Where a look at a queue begins: at its first message, or behind the last one that was looked at.
#[derive(Debug, Default)]
pub struct Place {
    further: Cell<bool>,
}

/// What a consumer of a retry queue asks for.
#[derive(Debug)]
pub struct Ask<'a> {
    /// How long it waits where the queue is empty.
    pub wait: Duration,
    /// The time.
    pub now: Timestamp,
    /// Messages that another one passes.
    pub set_aside: &'a [MessageId],
    /// Where it looks.
    pub place: &'a Place,
}

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

/// Gets the first message that is none of these; where there is no other, the one that stands first among these.
///
/// # Errors
/// What MQGET answers.
pub fn another(
    unit: &mut Unit<'_>,
    queue: Queue,
    wait: Duration,
    set_aside: &[MessageId],
) -> Result<Picked, mq::Error> {
    let mut passed = Passed { set_aside, foremost: None };
    let picked =
        browsed(unit, queue, Duration::ZERO, |glance| passed.passes(glance).then_some(Duration::MAX))?;
    if matches!(picked, Picked::Message(_)) {
        return Ok(picked);
    }
    match passed.foremost() {
        Some(foremost) => {
            let is_other =
                |glance: &Glance| (glance.descriptor.message_id != foremost).then_some(Duration::ZERO);
            browsed(unit, queue, Duration::ZERO, is_other)
        }
        None => first(unit, queue, wait),
    }
}

/// The messages that another one passes, and which of those that were met is taken where there is no other: whoever has
/// waited longest stands first, so that each has its turn.
struct Passed<'a> {
    set_aside: &'a [MessageId],
    foremost: Option<usize>,
}

impl Passed<'_> {
    fn passes(&mut self, glance: &Glance) -> bool {
        let place = self.set_aside.iter().position(|it| *it == glance.descriptor.message_id);
        self.foremost = [self.foremost, place].into_iter().flatten().min();
        place.is_some()
    }

    fn foremost(&self) -> Option<MessageId> {
        self.foremost.and_then(|place| self.set_aside.get(place)).copied()
    }
}

/// Gets the first message whose time has come and whose source `may` be tried. The others stay where they are, and
/// are not counted as backed out.
///
/// # Errors
/// What MQGET answers.
pub fn due(
    unit: &mut Unit<'_>,
    queue: Queue,
    ask: &Ask<'_>,
    may: impl Fn(&Evidence) -> bool,
) -> Result<Picked, mq::Error> {
    let (now, set_aside) = (ask.now, ask.set_aside);
    let mut passed = Passed { set_aside, foremost: None };
    let due_in = |glance: &Glance| {
        // A message without evidence is due: it will be parked.
        let evidence = Evidence::read(&glance.properties).ok().flatten()?;
        if !may(&evidence) {
            return Some(PAUSED_LEFT);
        }
        let left = Duration::try_from(evidence.not_before?.duration_since(now)).unwrap_or_default();
        if left.is_zero() { None } else { Some(left) }
    };
    let picked = browsed_from(unit, queue, ask.wait, ask.place, |glance| {
        let left = due_in(glance);
        if left.is_none() && passed.passes(glance) { Some(Duration::ZERO) } else { left }
    })?;
    let Some(foremost) = passed.foremost().filter(|_| !matches!(picked, Picked::Message(_))) else {
        return Ok(picked);
    };
    // Nothing else is due: one of these is taken.
    browsed(unit, queue, Duration::ZERO, |glance| {
        if glance.descriptor.message_id == foremost { due_in(glance) } else { Some(Duration::ZERO) }
    })
}

/// Gets the first message for which `left` is `None`; else tells how long until one may be.
fn browsed(
    unit: &mut Unit<'_>,
    queue: Queue,
    wait: Duration,
    left: impl FnMut(&Glance) -> Option<Duration>,
) -> Result<Picked, mq::Error> {
    browsed_from(unit, queue, wait, &Place::default(), left)
}

/// As [`browsed`], from this place on. A look that ends at its limit goes on from there the next time.
fn browsed_from(
    unit: &mut Unit<'_>,
    queue: Queue,
    wait: Duration,
    place: &Place,
    mut left: impl FnMut(&Glance) -> Option<Duration>,
) -> Result<Picked, mq::Error> {
    let mut shortest: Option<Duration> = None;
    let mut which = if place.further.take() { Browse::Next } else { Browse::First };
    for _ in 0..PASSED_OVER_MAX {
        let wait = if which == Browse::First { wait } else { Duration::ZERO };
        let Some(glance) = unit.browse(queue, which, GetOptions { wait })? else {
            return Ok(shortest.map_or(Picked::Empty, Picked::NotDue));
        };
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
    place.further.set(true);
    Ok(Picked::NotDue(shortest.unwrap_or_default()))
}

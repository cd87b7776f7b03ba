//! The unit of work: what a connection has put and got since it last committed.

use libmqm_sys as mq;

use super::message::{Entry, Moment, Position};
use super::{
    Answer, Change, ConnectionId, Engine, Failure, Progress, QueueId, answered, ok, removal, warning,
};
use crate::verbs::{Outcome, Reply};

/// An open unit of work. There is no call that begins one: the first put or get under syncpoint does.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// Puts nobody sees yet.
    pub(super) puts: Vec<Held>,
    /// Gets that nobody else sees any more.
    pub(super) gets: Vec<Held>,
    /// Something failed that it cannot be committed without: it can only be backed out.
    pub(super) is_doomed: bool,
}

/// A message out of its queue, and where it belongs.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) queue: QueueId,
    pub(super) position: Position,
    pub(super) entry: Entry,
}

/// What happens once a write is durable.
#[derive(Debug)]
pub(super) enum Then {
    Nothing,
    /// The unit is committed; the connection learns it, and is gone where this was MQDISC.
    Committed {
        connection: ConnectionId,
        unit: Unit,
        disconnected: bool,
    },
    /// A put outside a unit becomes visible, all of its segments.
    Put {
        connection: ConnectionId,
        held: Vec<Held>,
        reply: Reply,
    },
    /// Messages that nobody waits for the put of become visible.
    Reveal(Vec<Held>),
    /// The connection gets its answer: to a get outside a unit, or to MQSC.
    Answer {
        connection: ConnectionId,
        answer: Answer,
    },
    /// Raised counts are durable: the slots that stood in for them are free.
    BackedOut {
        slots: Vec<u32>,
    },
}

impl Unit {
    pub(super) fn messages(&self) -> usize {
        self.puts.len() + self.gets.len()
    }
}

impl Engine {
    /// Dooms the unit of work of a connection, which has met an error that nothing but backing it out undoes.
    pub fn doom(&mut self, connection: ConnectionId) {
        if let Some(found) = self.connections.get_mut(&connection) {
            found.unit.is_doomed = true;
        }
    }

    /// Whether the unit of work of a connection takes one message more, beside so many that are on their way into it.
    pub(super) fn check_unit(
        &mut self,
        connection: ConnectionId,
        on_their_way: usize,
    ) -> Result<(), Failure> {
        let messages_max = self.catalogue.rules.uncommitted_max;
        let unit = &self.connection(connection)?.unit;
        if unit.is_doomed {
            return Err(Failure(mq::MQRC_BACKED_OUT));
        }
        if unit.messages() + on_their_way >= messages_max {
            return Err(Failure(mq::MQRC_SYNCPOINT_LIMIT_REACHED));
        }
        Ok(())
    }

    pub(super) fn commit(&mut self, connection: ConnectionId, now: Moment) -> Progress {
        self.end_unit(connection, false, now)
    }

    /// MQDISC commits.
    pub(super) fn disconnect(&mut self, connection: ConnectionId, now: Moment) -> Progress {
        // What is got from here on would be in no unit that ends.
        self.hold_requests(connection);
        self.end_unit(connection, true, now)
    }

    fn end_unit(&mut self, connection: ConnectionId, disconnected: bool, now: Moment) -> Progress {
        let Some(found) = self.connections.get_mut(&connection) else {
            return answered(Err(Failure(mq::MQRC_HCONN_ERROR)));
        };
        let mut unit = std::mem::take(&mut found.unit);
        if unit.is_doomed {
            self.undo(unit, now);
            if disconnected {
                self.forget(connection, now);
            }
            return answered(Ok(warning(mq::MQRC_BACKED_OUT, Outcome::Nothing)));
        }
        let mut changes = self.storing(&mut unit.puts);
        changes.extend(unit.gets.iter().filter_map(|held| removal(held.position, &held.entry)));
        if changes.is_empty() {
            self.commit_unit(connection, unit, disconnected, now);
            return answered(Ok(ok(Outcome::Nothing)));
        }
        self.write(changes, Then::Committed { connection, unit, disconnected });
        Progress::Writing
    }

    /// Puts become visible, gets are final.
    fn commit_unit(&mut self, connection: ConnectionId, unit: Unit, disconnected: bool, now: Moment) {
        for held in unit.gets {
            if let Some(queue) = self.queues.get_mut(&held.queue) {
                queue.uncommitted_gets -= 1;
            }
            self.slots.give_back(held.entry.slot);
        }
        for held in unit.puts {
            self.reveal(held, now);
        }
        if disconnected {
            self.forget(connection, now);
        }
    }

    pub(super) fn back_out(&mut self, connection: ConnectionId, now: Moment) -> Progress {
        let Some(found) = self.connections.get_mut(&connection) else {
            return answered(Err(Failure(mq::MQRC_HCONN_ERROR)));
        };
        let unit = std::mem::take(&mut found.unit);
        self.undo(unit, now);
        answered(Ok(ok(Outcome::Nothing)))
    }

    /// Puts vanish; gets go back to their old places, counted. The count need not be durable before anyone sees the
    /// message again: until it is, the message's slot says the same.
    pub(super) fn undo(&mut self, unit: Unit, now: Moment) {
        for held in unit.puts {
            if let Some(queue) = self.queues.get_mut(&held.queue) {
                queue.uncommitted_puts -= 1;
            }
        }
        let mut changes = Vec::new();
        let mut slots = Vec::new();
        let mut visible = Vec::new();
        for mut held in unit.gets {
            held.entry.backout_count += 1;
            if held.entry.is_persistent() {
                let sequence = held.position.sequence;
                changes.push(Change::CountBackout { sequence, backout_count: held.entry.backout_count });
                slots.extend(held.entry.slot.take());
            }
            if let Some(queue) = self.queues.get_mut(&held.queue) {
                queue.uncommitted_gets -= 1;
                queue.insert(held.position, held.entry);
                visible.push((held.queue, held.position));
            }
        }
        if !changes.is_empty() {
            self.write(changes, Then::BackedOut { slots });
        }
        for (queue, position) in visible {
            self.offer_or_shelve(queue, position, now);
        }
    }

    pub(super) fn complete(&mut self, then: Then, now: Moment) {
        match then {
            Then::Nothing => {}
            Then::Reveal(all) => all.into_iter().for_each(|held| self.reveal(held, now)),
            Then::BackedOut { slots } => self.slots.free.extend(slots),
            Then::Answer { connection, answer } => self.effects.answers.push((connection, answer)),
            Then::Put { connection, held, reply } => {
                held.into_iter().for_each(|held| self.reveal(held, now));
                self.effects.answers.push((connection, Answer::of(reply)));
            }
            Then::Committed { connection, unit, disconnected } => {
                // The committer's own answer first: it does not wait for those whom its puts wake.
                self.effects.answers.push((connection, Answer::of(ok(Outcome::Nothing))));
                self.commit_unit(connection, unit, disconnected, now);
            }
        }
    }

    /// A put becomes visible at the place it took when it was put.
    pub(super) fn reveal(&mut self, held: Held, now: Moment) {
        let Some(queue) = self.queues.get_mut(&held.queue) else {
            return;
        };
        queue.uncommitted_puts -= 1;
        queue.insert(held.position, held.entry);
        self.offer_or_shelve(held.queue, held.position, now);
    }

    /// A message that nobody waits for need not be in memory.
    fn offer_or_shelve(&mut self, queue: QueueId, position: Position, now: Moment) {
        self.offer(queue, position, now);
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.shelve(position);
        }
    }

    /// What the store is to write before these puts are visible: the persistent ones; and where memory has no room the others
    /// too, which are forgotten at the next start.
    pub(super) fn storing(&self, puts: &mut [Held]) -> Vec<Change> {
        let all = self.shelf.is_full();
        let stored = puts.iter_mut().filter(|held| all || held.entry.is_persistent());
        let put = stored.filter_map(|held| {
            held.entry.stored = true;
            let sequence = held.position.sequence;
            held.entry.image().ok().map(|image| Change::PutMessage { sequence, image })
        });
        put.collect()
    }
}

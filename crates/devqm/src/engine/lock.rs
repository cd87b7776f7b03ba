//! Messages that a browser has locked: nobody else sees them until it unlocks, takes, or closes.

use libmqm_sys as mq;

use super::connect::{Handle, Target};
use super::message::{Moment, Position};
use super::{ConnectionId, Engine, Failure, Progress, QueueId, answered, ok};
use crate::verbs::{Get, Outcome};

/// What may stand beside `MQGMO_UNLOCK`, which returns no message.
const BESIDE_UNLOCK: i32 = mq::MQGMO_UNLOCK
    | mq::MQGMO_NO_SYNCPOINT
    | mq::MQGMO_FAIL_IF_QUIESCING
    | mq::MQGMO_CONVERT
    | mq::MQGMO_PROPERTIES_IN_HANDLE
    | mq::MQGMO_NO_PROPERTIES
    | mq::MQGMO_PROPERTIES_COMPATIBILITY
    | mq::MQGMO_PROPERTIES_FORCE_MQRFH2;

impl Engine {
    /// A get that only unlocks what its handle has locked.
    pub(super) fn unlock(&mut self, id: ConnectionId, get: &Get, now: Moment) -> Result<Progress, Failure> {
        if get.options & !BESIDE_UNLOCK != 0 {
            return Err(Failure(mq::MQRC_OPTIONS_ERROR));
        }
        let handle = self.handle(id, get.handle)?;
        let Some(position) = handle.locked.take() else {
            return Err(Failure(mq::MQRC_NO_MSG_LOCKED));
        };
        let queue = self.queue_of(id, get.handle)?;
        self.free(queue, position, now);
        Ok(answered(Ok(ok(Outcome::Nothing))))
    }

    /// Locks a message that was browsed, in place of the one that the handle had locked.
    pub(super) fn lock(
        &mut self,
        id: ConnectionId,
        get: &Get,
        queue: QueueId,
        position: Position,
        now: Moment,
    ) {
        let Ok(handle) = self.handle(id, get.handle) else { return };
        let before = handle.locked.replace(position);
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.locks.insert(position, (id, get.handle));
        }
        if let Some(before) = before.filter(|before| *before != position) {
            self.free(queue, before, now);
        }
    }

    /// Unlocks what a handle that is closed has locked.
    pub(super) fn unlock_closed(&mut self, handle: &Handle, now: Moment) {
        if let (Some(position), Target::Queue { id, .. }) = (handle.locked, &handle.target) {
            self.free(*id, position, now);
        }
    }

    fn free(&mut self, queue: QueueId, position: Position, now: Moment) {
        let unlocked = self.queues.get_mut(&queue).and_then(|queue| queue.locks.remove(&position));
        if unlocked.is_some() {
            self.offer(queue, position, now);
        }
    }
}

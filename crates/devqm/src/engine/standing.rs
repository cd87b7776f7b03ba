//! Requests for messages that stand while their connection makes other calls: how a client listens.
//!
//! A standing request is a get that waits on its handle until a message comes, without holding its connection up. One
//! that yields is a listener's: after its message no other request of the connection is served until the client says so,
//! for a message that it has not looked at must not be in the unit of work that it commits.

use libmqm_sys as mq;

use super::message::Moment;
use super::queue::Waiter;
use super::{Answer, ConnectionId, Engine, Failure, Progress};
use crate::verbs::{Get, ObjectHandle};

/// A request that stands.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    get: Get,
    yields: bool,
}

impl Engine {
    /// Asks for the next message of a handle; a request that stands on that handle is replaced. The answer, now or
    /// later, says for which handle it is. Waits that a request states are for its caller to end, by
    /// [`Engine::withdraw_request`].
    pub fn request(&mut self, connection: ConnectionId, mut get: Get, yields: bool, now: Moment) -> Progress {
        get.standing = true;
        self.withdraw_request(connection, get.handle);
        let (handle, standing) = (get.handle, Standing { get, yields });
        match self.connections.get_mut(&connection) {
            Some(found) if found.held => {
                found.standing.insert(handle, standing);
                Progress::Waiting { wait_ms: None }
            }
            _ => self.try_request(connection, standing, now),
        }
    }

    /// Takes a handle's standing request back; what it has got already is on its way.
    pub fn withdraw_request(&mut self, connection: ConnectionId, handle: ObjectHandle) {
        if let Some(found) = self.connections.get_mut(&connection) {
            found.standing.remove(&handle);
        }
        self.unqueue(connection, handle);
    }

    /// Whether a handle's request still stands; where it does not, its answer is on its way.
    pub fn stands(&self, connection: ConnectionId, handle: ObjectHandle) -> bool {
        self.connections.get(&connection).is_some_and(|found| found.standing.contains_key(&handle))
    }

    /// Serves no standing request of a connection until [`Engine::resume_requests`].
    pub fn hold_requests(&mut self, connection: ConnectionId) {
        let Some(found) = self.connections.get_mut(&connection) else {
            return;
        };
        found.held = true;
        let handles: Vec<_> = found.standing.keys().copied().collect();
        for handle in handles {
            self.unqueue(connection, handle);
        }
    }

    /// Serves the connection's standing requests again.
    pub fn resume_requests(&mut self, connection: ConnectionId, now: Moment) {
        let Some(found) = self.connections.get_mut(&connection).filter(|found| found.held) else {
            return;
        };
        found.held = false;
        let handles: Vec<_> = found.standing.keys().copied().collect();
        for handle in handles {
            let Some(found) = self.connections.get_mut(&connection).filter(|found| !found.held) else {
                return;
            };
            let Some(standing) = found.standing.remove(&handle) else {
                continue;
            };
            if let Progress::Answered(answer) = self.try_request(connection, standing, now) {
                self.effects.answers.push((connection, answer));
            }
        }
    }

    /// Tries the standing requests on queues that may be got from again.
    pub(super) fn retry_requests(&mut self, now: Moment) {
        let standing: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, found)| !found.held)
            .flat_map(|(id, found)| found.standing.keys().map(|handle| (*id, *handle)))
            .collect();
        for (connection, handle) in standing {
            let found = self.connections.get_mut(&connection).filter(|found| !found.held);
            let Some(standing) = found.and_then(|found| found.standing.remove(&handle)) else {
                continue;
            };
            self.unqueue(connection, handle);
            if let Progress::Answered(answer) = self.try_request(connection, standing, now) {
                self.effects.answers.push((connection, answer));
            }
        }
    }

    /// A request that stood has its message.
    pub(super) fn request_served(&mut self, connection: ConnectionId, handle: ObjectHandle) {
        let served = self.connections.get_mut(&connection).and_then(|found| found.standing.remove(&handle));
        if served.is_some_and(|standing| standing.yields) {
            self.hold_requests(connection);
        }
    }

    fn try_request(&mut self, connection: ConnectionId, standing: Standing, now: Moment) -> Progress {
        let handle = standing.get.handle;
        let mut get = standing.get.clone();
        get.options &= !mq::MQGMO_WAIT;
        match self.get_message(connection, get, now) {
            Err(Failure(mq::MQRC_NO_MSG_AVAILABLE | mq::MQRC_GET_INHIBITED)) => {
                self.stand(connection, standing)
            }
            Err(failure) => {
                let answer = Answer { standing: Some(handle), ..Answer::of(failure.into()) };
                Progress::Answered(answer)
            }
            Ok(progress) => {
                if standing.yields {
                    self.hold_requests(connection);
                }
                progress
            }
        }
    }

    /// Lets a request wait for what comes to its queue; on one that gets are inhibited on, for that to end.
    fn stand(&mut self, connection: ConnectionId, standing: Standing) -> Progress {
        let handle = standing.get.handle;
        let (selector, after) = self.sought(connection, &standing.get);
        let queue = self.queue_of(connection, handle).ok();
        let inhibited =
            queue.is_some_and(|queue| self.is_get_inhibited(connection, handle, queue) != Ok(false));
        if let Some(queue) = queue.and_then(|queue| self.queues.get_mut(&queue)).filter(|_| !inhibited) {
            let get = Box::new(standing.get.clone());
            queue.waiters.push_back(Waiter { connection, get, selector, after });
        }
        if let Some(found) = self.connections.get_mut(&connection) {
            found.standing.insert(handle, standing);
        }
        Progress::Waiting { wait_ms: None }
    }

    fn unqueue(&mut self, connection: ConnectionId, handle: ObjectHandle) {
        let queue = self.queue_of(connection, handle).ok();
        if let Some(queue) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            queue.stop_waiting(connection, Some(handle));
        }
    }
}

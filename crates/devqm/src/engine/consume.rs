//! Several gets at once, as the consumers of MQCB have them: whichever finds a message first.

use libmqm_sys as mq;

use super::connect::ended;
use super::message::Moment;
use super::{ConnectionId, Engine, Failure, Progress};
use crate::verbs::Get;

/// Consumers of one connection: no more than it may have handles where nobody raised the limit.
const GETS_MAX: usize = 10_000;

impl Engine {
    pub(super) fn get_any(&mut self, connection: ConnectionId, gets: Vec<Get>, now: Moment) -> Progress {
        if gets.is_empty() || gets.len() > GETS_MAX {
            return ended(Err(Failure(mq::MQRC_OPTIONS_ERROR)));
        }
        ended(self.get_of_any(connection, gets, now))
    }

    fn get_of_any(
        &mut self,
        connection: ConnectionId,
        gets: Vec<Get>,
        now: Moment,
    ) -> Result<Progress, Failure> {
        for get in &gets {
            let at_once = Get { options: get.options & !mq::MQGMO_WAIT, ..get.clone() };
            match self.get_message(connection, at_once, now) {
                Err(Failure(mq::MQRC_NO_MSG_AVAILABLE)) => {}
                ended => return ended,
            }
        }
        let wait_interval_ms = gets.first().map_or(0, |get| get.wait_interval_ms);
        let mut progress = Err(Failure(mq::MQRC_NO_MSG_AVAILABLE));
        for get in gets {
            let queue = self.queue_of(connection, get.handle)?;
            let (selector, after) = self.sought(connection, &get);
            let waiting = Get { options: get.options | mq::MQGMO_WAIT, wait_interval_ms, ..get };
            progress = self.wait(connection, waiting, queue, selector, after);
        }
        progress
    }
}

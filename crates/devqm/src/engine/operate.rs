//! The queue manager's own connections, and commands that come by another way than MQSC text.

use libmqm_sys as mq;

use super::connect::{Connection, padded};
use super::message::Moment;
use super::unit::Then;
use super::{Change, ConnectionId, Engine, Progress, answered, ok};
use crate::mqsc::status::Subject;
use crate::mqsc::{Action, Kind};
use crate::verbs::{Connect, Outcome, Reply};

impl Engine {
    /// Connects a part of the queue manager itself: by no channel, as no user.
    pub fn connect_own(&mut self, id: ConnectionId, name: &str, now: Moment) {
        let connect = Connect { application_name: name.to_owned(), ..Connect::default() };
        let message_bytes_max = self.catalogue.rules.message_bytes_max;
        let connection_id = self.unique_id(*b"AMQC");
        let connection =
            Connection { message_bytes_max, ..Connection::new(connection_id, &connect, padded(""), now) };
        self.connections.insert(id, connection);
    }

    /// Carries out one command for a user. The answer, its text with it, comes when what it changed is durable.
    pub fn administer(
        &mut self,
        connection: ConnectionId,
        user: &str,
        action: &Action,
        now: Moment,
    ) -> Progress {
        let mut changes = Vec::new();
        let reply = match self.execute_for(user, action, now, &mut changes) {
            Ok(text) => ok(Outcome::Text(text)),
            Err(text) => Reply {
                completion: mq::MQCC_FAILED,
                reason: mq::pcf::MQRCCF_COMMAND_FAILED,
                outcome: Outcome::Text(text),
            },
        };
        if changes.is_empty() {
            return answered(Ok(reply));
        }
        self.write(changes, Then::Answer { connection, answer: reply.into() });
        Progress::Writing
    }

    /// Carries out a command, if its user may have it carried out.
    pub(super) fn execute_for(
        &mut self,
        user: &str,
        action: &Action,
        now: Moment,
        changes: &mut Vec<Change>,
    ) -> Result<String, String> {
        self.check_command(user, action)?;
        self.execute(user, action, now, changes)
    }

    /// Whether a user may ask for the state of a subject; see [`Engine::states`].
    ///
    /// # Errors
    /// The reason why not.
    pub fn permits_status(&self, user: &str, subject: Subject) -> Result<(), i32> {
        match subject {
            Subject::Queue | Subject::QueueHandle | Subject::Channel => Ok(()),
            Subject::Connection | Subject::ConnectionHandle | Subject::QueueManager => {
                let may = self.may_display(user, Kind::QueueManager, "");
                if may { Ok(()) } else { Err(mq::MQRC_NOT_AUTHORIZED) }
            }
        }
    }

    /// The user of a message's descriptor, as records of authority name it.
    pub fn user_named(identifier: &[u8; 12]) -> String {
        super::access::user_of(identifier)
    }
}

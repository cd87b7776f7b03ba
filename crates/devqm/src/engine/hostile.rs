//! Faults as the engine meets them: who calls, on which queue, and who has to be woken.

use libmqm_sys as mq;

use super::connect::{Target, padded};
use super::display::in_columns;
use super::{ConnectionId, Engine};
use crate::faults::{
    Definition, FaultId, Hold, Passing, Pattern, Strike, Verb, fails_if_quiescing, is_in_unit,
};
use crate::verbs::{ObjectHandle, Request};

impl Engine {
    /// Whether there are faults: nothing else here need be asked while there are none.
    pub fn is_hostile(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Whether this fault is still defined.
    pub fn has_fault(&self, fault: FaultId) -> bool {
        self.faults.has(fault)
    }

    /// Counts a request that is about to be carried out, and says what becomes of it; a put may get another MsgId.
    pub fn strike(&mut self, connection: ConnectionId, request: &mut Request) -> Option<Strike> {
        let passing = self.passing(connection, request)?;
        let struck = self.faults.strike(&passing);
        if let (Some(id), Request::Put(put) | Request::Put1(_, put)) = (struck.message_id, request) {
            put.options &= !mq::MQPMO_NEW_MSG_ID;
            put.descriptor.message_id = id;
        }
        self.wake_quiesced();
        struck.strike
    }

    /// Asked of a connection that was lost, before [`Engine::lost`]: how long nobody notices.
    pub fn lost_unnoticed(&mut self, connection: ConnectionId) -> Option<Hold> {
        let application = application(&self.connections.get(&connection)?.application_name);
        self.faults.lost(&application)
    }

    /// The reason with which a request fails because the queue manager quiesces; none where it does not, or the request
    /// does not mind.
    pub(super) fn quiesces_for(&mut self, connection: ConnectionId, request: &Request) -> Option<i32> {
        if self.faults.is_empty() || !fails_if_quiescing(request) {
            return None;
        }
        let application = self.caller(connection, request)?;
        self.faults.quiesces(&application)
    }

    /// Ends the gets that wait although they fail if quiescing.
    fn wake_quiesced(&mut self) {
        let waiters = self.queues.values().flat_map(|queue| &queue.waiters);
        let mindful = waiters.filter(|waiter| waiter.get.options & mq::MQGMO_FAIL_IF_QUIESCING != 0);
        let waiting: Vec<_> = mindful.map(|waiter| waiter.connection).collect();
        for connection in waiting {
            let name = self.connections.get(&connection).map(|each| application(&each.application_name));
            if let Some(reason) = name.and_then(|name| self.faults.quiesces(&name)) {
                self.cancel_waiter(connection, reason);
            }
        }
    }

    fn passing(&self, connection: ConnectionId, request: &Request) -> Option<Passing> {
        let verb = Verb::of(request)?;
        let queue = match request {
            Request::Open(open) | Request::Put1(open, _) => Some(open.object_name.clone()),
            Request::Put(put) => self.opened_as(connection, put.handle),
            Request::Get(get) => self.opened_as(connection, get.handle),
            Request::GetAny(gets) => gets.first().and_then(|get| self.opened_as(connection, get.handle)),
            Request::Close(handle, _) | Request::Inquire(handle, _) => self.opened_as(connection, *handle),
            _ => None,
        };
        let asks_message_id = match request {
            Request::Put(put) | Request::Put1(_, put) => {
                put.options & mq::MQPMO_NEW_MSG_ID != 0 || put.descriptor.message_id == [0; 24]
            }
            _ => false,
        };
        let in_unit = is_in_unit(request);
        Some(Passing {
            application: self.caller(connection, request)?,
            verb,
            queue,
            in_unit,
            asks_message_id,
        })
    }

    fn caller(&self, connection: ConnectionId, request: &Request) -> Option<Vec<u8>> {
        match request {
            Request::Connect(connect) => Some(application(&padded(&connect.application_name))),
            _ => self.connections.get(&connection).map(|each| application(&each.application_name)),
        }
    }

    /// The name by which a handle's queue was opened.
    fn opened_as(&self, connection: ConnectionId, handle: ObjectHandle) -> Option<String> {
        match &self.connections.get(&connection)?.handles.get(&handle)?.target {
            Target::Queue { alias: Some(alias), .. } => Some(alias.clone()),
            Target::Queue { id, alias: None } => self.queues.get(id).map(|queue| queue.name.clone()),
            _ => None,
        }
    }

    pub(super) fn define_fault(&mut self, definition: &Definition) -> Result<String, String> {
        self.faults.define(definition.clone())?;
        self.wake_quiesced();
        Ok(format!("Fault {} defined.", definition.name))
    }

    pub(super) fn delete_faults(&mut self, name: &Pattern) -> Result<String, String> {
        match self.faults.delete(name) {
            // Whoever deletes all wants none to be left, however many there were.
            0 if name.0 != "*" => Err(not_found(name)),
            deleted => Ok(format!("{deleted} faults deleted.")),
        }
    }

    pub(super) fn display_faults(&self, name: &Pattern) -> Result<String, String> {
        let shown: Vec<_> =
            self.faults.show(name).iter().map(|words| in_columns("Display Fault details.", words)).collect();
        if shown.is_empty() { Err(not_found(name)) } else { Ok(shown.join("\n")) }
    }
}

fn application(name: &[u8; 28]) -> Vec<u8> {
    name.trim_ascii_end().to_vec()
}

fn not_found(name: &Pattern) -> String {
    format!("FAULT({}) not found.", name.0)
}

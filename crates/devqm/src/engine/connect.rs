//! Connections: MQCONNX, the end of a connection by MQDISC or by death, and the table of handles.

use std::collections::{BTreeMap, HashMap};

use std::sync::Arc;

use libmqm_sys as mq;

use super::access::user_of;
use super::group::Order;
use super::message::{Moment, Position};
use super::queue::Sharing;
use super::standing::Standing;
use super::subscription::SubscriptionId;
use super::unit::Unit;
use super::{Answer, ConnectionId, Engine, Failure, Progress, QueueId, context::Context, ok};
use crate::faults::Faults;
use crate::selector::Selector;
use crate::tls::Demand;
use crate::verbs::{Connect, ObjectHandle, Outcome, Reply};

/// `MQSCA_REQUIRED`.
const CERTIFICATE_REQUIRED: i32 = 0;

/// One MQI connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) channel: String,
    /// The id that MQCONNX returned.
    pub(super) id: [u8; 24],
    /// From where it calls; blank for the queue manager's own.
    pub(super) address: String,
    pub(super) connected: Moment,
    /// The channel's `MAXMSGL` as it was at connect.
    pub(super) message_bytes_max: usize,
    pub(super) user_identifier: [u8; 12],
    pub(super) application_name: [u8; 28],
    pub(super) unit: Unit,
    pub(super) handles: HashMap<ObjectHandle, Handle>,
    pub(super) last_handle: ObjectHandle,
    /// The queues on which a get waits.
    pub(super) waiting: Vec<QueueId>,
    /// The requests for messages that stand, by handle.
    pub(super) standing: BTreeMap<ObjectHandle, Standing>,
    /// Whether none of them is served.
    pub(super) held: bool,
}

/// An open object.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) target: Target,
    pub(super) options: i32,
    pub(super) input: Option<Sharing>,
    /// Which messages it gets, where it was opened with a selection string.
    pub(super) condition: Option<Arc<Selector>>,
    /// The browse cursor: the place last browsed.
    pub(super) cursor: Option<Position>,
    /// Where it stands in a group that is put, got or browsed in logical order.
    pub(super) put_order: Option<Order>,
    pub(super) get_order: Option<Order>,
    pub(super) browse_order: Option<Order>,
    /// The message that it has locked.
    pub(super) locked: Option<Position>,
    /// The context of the message last got, with `MQOO_SAVE_ALL_CONTEXT`.
    pub(super) saved_context: Option<Box<Context>>,
    /// Whether this handle created a temporary dynamic queue, which goes with it.
    pub(super) is_creator: bool,
}

/// What a handle is open on.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Queue {
        id: QueueId,
        /// The alias by whose name it was opened.
        alias: Option<String>,
    },
    QueueManager,
    Topic(String),
    Subscription(SubscriptionId),
}

impl Connection {
    /// A connection that has nothing open yet, and whose messages may have no bytes.
    pub(super) fn new(id: [u8; 24], connect: &Connect, user_identifier: [u8; 12], now: Moment) -> Self {
        Self {
            channel: connect.channel.clone(),
            id,
            address: String::new(),
            connected: now,
            message_bytes_max: 0,
            user_identifier,
            application_name: padded(&connect.application_name),
            unit: Unit::default(),
            handles: HashMap::new(),
            last_handle: 0,
            waiting: Vec::new(),
            standing: BTreeMap::new(),
            held: false,
        }
    }
}

impl Handle {
    /// A handle that holds nothing yet.
    pub(super) fn on(target: Target, options: i32) -> Self {
        Self {
            target,
            options,
            input: None,
            condition: None,
            cursor: None,
            put_order: None,
            get_order: None,
            browse_order: None,
            locked: None,
            saved_context: None,
            is_creator: false,
        }
    }

    pub(super) fn has(&self, option: i32) -> bool {
        self.options & option != 0
    }
}

impl Engine {
    /// Whether a connection may be made under these names; asked before a password is checked.
    ///
    /// # Errors
    /// The reply that says no.
    pub fn admits(&self, connect: &Connect) -> Result<(), Reply> {
        self.check_names(connect).map_err(Reply::from)
    }

    /// Whether a channel lets conversations share a socket, and with that messages come beside calls: SHARECNV.
    pub fn shares_sockets(&self, channel: &str) -> bool {
        self.catalogue.channel(channel).is_some_and(|channel| channel.attributes.number("SHARECNV") > 0)
    }

    /// What a channel asks of its clients' lines: SSLCIPH and SSLCAUTH. None where there is no such channel.
    pub fn demand(&self, channel: &str) -> Option<Demand> {
        let attributes = &self.catalogue.channel(channel)?.attributes;
        Some(Demand {
            cipher_spec: attributes.text("SSLCIPH").to_owned(),
            certificate: attributes.number("SSLCAUTH") == CERTIFICATE_REQUIRED,
        })
    }

    fn check_names(&self, connect: &Connect) -> Result<(), Failure> {
        let Some(channel) = self.catalogue.channel(&connect.channel) else {
            return Err(Failure(mq::MQRC_UNKNOWN_CHANNEL_NAME));
        };
        let instances = self.connections.values().filter(|each| each.channel == connect.channel).count();
        if instances >= usize::try_from(channel.attributes.number("MAXINST")).unwrap_or(0) {
            return Err(Failure(mq::MQRC_CHANNEL_NOT_AVAILABLE));
        }
        // `*NAME` asks for any queue manager behind that connection name; empty for the default one.
        let asked = connect.queue_manager.as_str();
        if !asked.is_empty() && !asked.starts_with('*') && asked != self.identity.name {
            return Err(Failure(mq::MQRC_Q_MGR_NAME_ERROR));
        }
        Ok(())
    }

    /// MQCONNX. A password, where one is asked for, has been checked.
    pub(super) fn connect(
        &mut self,
        id: ConnectionId,
        connect: &Connect,
        now: Moment,
    ) -> Result<Reply, Failure> {
        if self.connections.contains_key(&id) {
            return Err(Failure(mq::MQRC_ALREADY_CONNECTED));
        }
        self.check_names(connect)?;
        let channel = self.catalogue.channel(&connect.channel);
        let (channel_user, message_bytes_max) = channel.map_or(("", 0), |channel| {
            let bytes = usize::try_from(channel.attributes.number("MAXMSGL")).unwrap_or(0);
            (channel.attributes.text("MCAUSER"), bytes)
        });
        let users = [&connect.user, channel_user, &connect.process_user];
        let user = padded(users.into_iter().find(|user| !user.is_empty()).map_or("", |user| user));
        self.check_connect(id, connect, &user_of(&user))?;
        let connection_id = self.unique_id(*b"AMQC");
        let address =
            self.addresses.get(&id).map_or_else(String::new, |address| address.to_canonical().to_string());
        let connection =
            Connection { message_bytes_max, address, ..Connection::new(connection_id, connect, user, now) };
        self.connections.insert(id, connection);
        Ok(ok(Outcome::Connected { queue_manager: self.identity.name.clone(), connection_id }))
    }

    /// The connection's wait is over. None where its get has been satisfied meanwhile and the answer is on its way.
    pub fn timed_out(&mut self, connection: ConnectionId) -> Option<Answer> {
        self.withdraw(connection).then(|| Answer::of(Failure(mq::MQRC_NO_MSG_AVAILABLE).into()))
    }

    /// The connection ended without MQDISC: what it has open is backed out and closed.
    pub fn lost(&mut self, connection: ConnectionId, now: Moment) {
        self.withdraw(connection);
        self.addresses.remove(&connection);
        self.hold_requests(connection);
        if let Some(found) = self.connections.get_mut(&connection) {
            let unit = std::mem::take(&mut found.unit);
            self.undo(unit, now);
            self.forget(connection, now);
        }
    }

    /// The queue manager ends: every get that waits, or would, is told so. No fault holds it up.
    pub fn stop(&mut self) {
        self.stopping = true;
        self.faults = Faults::default();
        let waiting: Vec<_> =
            self.connections.iter().filter(|(_, each)| !each.waiting.is_empty()).map(|(id, _)| *id).collect();
        for connection in waiting {
            self.cancel_waiter(connection, mq::MQRC_Q_MGR_STOPPING);
        }
    }

    /// Ends a wait; false where there was none.
    pub(super) fn withdraw(&mut self, connection: ConnectionId) -> bool {
        let waiting = self.connections.get_mut(&connection).map(|each| std::mem::take(&mut each.waiting));
        let mut waited = false;
        for queue in waiting.unwrap_or_default() {
            let queue = self.queues.get_mut(&queue);
            waited |= queue.is_some_and(|queue| queue.stop_waiting(connection, None).is_some());
        }
        waited
    }

    /// Closes a connection's handles and drops it.
    pub(super) fn forget(&mut self, connection: ConnectionId, now: Moment) {
        let Some(gone) = self.connections.remove(&connection) else {
            return;
        };
        for handle in gone.handles.into_values() {
            self.release(&handle, now);
        }
    }

    pub(super) fn connection(&mut self, id: ConnectionId) -> Result<&mut Connection, Failure> {
        self.connections.get_mut(&id).ok_or(Failure(mq::MQRC_HCONN_ERROR))
    }

    /// Gives a handle its number.
    pub(super) fn new_handle(&mut self, id: ConnectionId, handle: Handle) -> Result<ObjectHandle, Failure> {
        let connection = self.connection(id)?;
        connection.last_handle += 1;
        connection.handles.insert(connection.last_handle, handle);
        Ok(connection.last_handle)
    }

    pub(super) fn handle(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
    ) -> Result<&mut Handle, Failure> {
        self.connection(connection)?.handles.get_mut(&handle).ok_or(Failure(mq::MQRC_HOBJ_ERROR))
    }

    /// The queue behind a handle; its alias too, where it was opened by one.
    pub(super) fn queue_of(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
    ) -> Result<QueueId, Failure> {
        let Target::Queue { id, .. } = self.handle(connection, handle)?.target else {
            return Err(Failure(mq::MQRC_HOBJ_ERROR));
        };
        match self.queues.contains_key(&id) {
            true => Ok(id),
            false => Err(Failure(mq::MQRC_Q_DELETED)),
        }
    }
}

/// Cuts or pads with blanks to a fixed width.
pub(super) fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    field
}

/// What a call that has not ended says so far.
pub(super) fn ended(result: Result<Progress, Failure>) -> Progress {
    result.unwrap_or_else(|failure| Progress::Answered(Answer::of(failure.into())))
}

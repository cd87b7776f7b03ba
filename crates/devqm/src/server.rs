//! The engine as all connections share it: one lock, one writer, a mailbox for each connection.
//!
//! A verb takes the lock for as long as the engine thinks, a few microseconds, and never across input or output. What
//! must be durable goes to the writer thread, which takes all that is waiting into one transaction: while the disk is
//! busy with one group, the next one gathers.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libmqm_sys as mq;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, warn};

use crate::engine::{Answer, ConnectionId, Effects, Engine, Identity, Moment, Progress, Refusal, Write};
use crate::faults::{Hold, Strike};
use crate::mqsc::Action;
use crate::store::{InFlight, Store};
use crate::tls::Demand;
use crate::users::Users;
use crate::verbs::{Connect, Get, ObjectHandle, Outcome, Reply, Request};

/// The queue manager as all connections share it.
pub(crate) struct Server {
    engine: Mutex<Engine>,
    mailboxes: Mutex<HashMap<ConnectionId, mpsc::UnboundedSender<Answer>>>,
    writer: Sender<Write>,
    in_flight: InFlight,
    users: Option<Users>,
    /// Whether there are faults; while there are none, a verb asks no more than this.
    hostile: AtomicBool,
    /// Tells those who are held that faults were defined or deleted.
    faults_changed: watch::Sender<()>,
}

/// The thread that writes.
pub(crate) struct Writer {
    thread: JoinHandle<()>,
    failure: oneshot::Receiver<String>,
}

impl Writer {
    /// Ends when the store has failed, with what it said; else never.
    pub(crate) async fn failed(&mut self) -> String {
        match (&mut self.failure).await {
            Ok(error) => error,
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until all is written: the writer ends when the last user of the [`Server`] has gone, and with it the
    /// other end of its channel.
    pub(crate) async fn finish(mut self) -> Result<(), String> {
        let thread = self.thread;
        _ = tokio::task::spawn_blocking(move || thread.join()).await;
        self.failure.try_recv().map_or(Ok(()), Err)
    }
}

/// The writer: everything that waits becomes durable together, then everyone is told.
fn write_in_groups(
    store: &mut Store,
    writes: &Receiver<Write>,
    server: &Weak<Server>,
) -> Result<(), redb::Error> {
    let mut group = Vec::new();
    while let Ok(first) = writes.recv() {
        group.push(first);
        group.extend(writes.try_iter());
        store.write(&group).inspect_err(|error| error!(%error, "The store failed."))?;
        let Some(server) = server.upgrade() else {
            // Nobody is left to be told; what remains to be written still is.
            group.clear();
            continue;
        };
        let effects = {
            let mut engine = server.lock();
            let now = now();
            group.drain(..).for_each(|write| engine.written(write.then, now));
            server.send_writes(&mut engine)
        };
        server.post(effects);
    }
    Ok(())
}

impl Server {
    /// Starts the writer.
    pub(crate) fn start(
        engine: Engine,
        mut store: Store,
        in_flight: InFlight,
        users: Option<Users>,
    ) -> io::Result<(Arc<Self>, Writer)> {
        let (writer, writes) = channel();
        let server = Arc::new(Self {
            hostile: AtomicBool::new(engine.is_hostile()),
            faults_changed: watch::Sender::new(()),
            engine: Mutex::new(engine),
            mailboxes: Mutex::default(),
            writer,
            in_flight,
            users,
        });
        let (failed, failure) = oneshot::channel();
        let weak = Arc::downgrade(&server);
        let thread = thread::Builder::new().name("writer".to_owned()).spawn(move || {
            if let Err(error) = write_in_groups(&mut store, &writes, &weak) {
                _ = failed.send(error.to_string());
            }
        })?;
        Ok((server, Writer { thread, failure }))
    }

    /// Carries out a call.
    pub(crate) fn call(&self, connection: ConnectionId, request: Request) -> Progress {
        let may_change_faults = matches!(request, Request::Mqsc(_));
        let progress = self.with_engine(|engine| engine.call(connection, request, now()));
        if may_change_faults {
            self.note_faults();
        }
        progress
    }

    /// Carries out one command for a user; see [`Engine::administer`].
    pub(crate) fn administer(&self, connection: ConnectionId, user: &str, action: &Action) -> Progress {
        let progress = self.with_engine(|engine| engine.administer(connection, user, action, now()));
        self.note_faults();
        progress
    }

    /// Asks for the next message of a handle; see [`Engine::request`].
    pub(crate) fn request(&self, connection: ConnectionId, get: Get, yields: bool) -> Progress {
        self.with_engine(|engine| engine.request(connection, get, yields, now()))
    }

    /// Takes a handle's standing request back.
    pub(crate) fn withdraw_request(&self, connection: ConnectionId, handle: ObjectHandle) {
        self.with_engine(|engine| engine.withdraw_request(connection, handle));
    }

    /// Whether a handle's request still stands; see [`Engine::stands`].
    pub(crate) fn stands(&self, connection: ConnectionId, handle: ObjectHandle) -> bool {
        self.lock().stands(connection, handle)
    }

    /// Serves no standing request of a connection, or all of them again.
    pub(crate) fn hold_requests(&self, connection: ConnectionId, held: bool) {
        self.with_engine(|engine| {
            if held { engine.hold_requests(connection) } else { engine.resume_requests(connection, now()) }
        });
    }

    /// What becomes of a request that is about to be carried out, where faults are defined.
    pub(crate) fn strike(&self, connection: ConnectionId, request: &mut Request) -> Option<Strike> {
        if !self.hostile.load(Ordering::Relaxed) {
            return None;
        }
        self.with_engine(|engine| engine.strike(connection, request))
    }

    /// How long nobody notices that a connection was lost, where a fault says so.
    pub(crate) fn lost_unnoticed(&self, connection: ConnectionId) -> Option<Hold> {
        if !self.hostile.load(Ordering::Relaxed) {
            return None;
        }
        self.lock().lost_unnoticed(connection)
    }

    /// Waits until a fault is deleted, or its time is over.
    pub(crate) async fn hold(&self, hold: Hold) {
        let mut changes = self.faults_changed.subscribe();
        let deleted = async { while self.lock().has_fault(hold.fault) && changes.changed().await.is_ok() {} };
        match hold.ms {
            Some(ms) => _ = tokio::time::timeout(Duration::from_millis(u64::from(ms)), deleted).await,
            None => deleted.await,
        }
    }

    fn note_faults(&self) {
        // Under the engine's lock: of two changes the later one is noted last.
        let engine = self.lock();
        self.hostile.store(engine.is_hostile(), Ordering::Relaxed);
        drop(engine);
        self.faults_changed.send_replace(());
    }

    /// The connection's wait is over.
    pub(crate) fn timed_out(&self, connection: ConnectionId) -> Option<Answer> {
        self.with_engine(|engine| engine.timed_out(connection))
    }

    /// Who this queue manager is.
    pub(crate) fn identity(&self) -> Identity {
        self.lock().identity().clone()
    }

    /// The default persistence of a handle's queue; see [`Engine::default_persistence`].
    pub(crate) fn default_persistence(&self, connection: ConnectionId, handle: ObjectHandle) -> i32 {
        self.lock().default_persistence(connection, handle)
    }

    /// The first of message ids that nobody else gets; see [`Engine::reserve_message_ids`].
    pub(crate) fn reserve_message_ids(&self) -> [u8; 24] {
        self.lock().reserve_message_ids()
    }

    /// Whether conversations of a channel may share a socket; see [`Engine::shares_sockets`].
    pub(crate) fn shares_sockets(&self, channel: &str) -> bool {
        self.lock().shares_sockets(channel)
    }

    /// What a channel asks of its lines; see [`Engine::demand`].
    pub(crate) fn demand(&self, channel: &str) -> Option<Demand> {
        self.lock().demand(channel)
    }

    /// Whether a connection may be made under these names; see [`Engine::admits`].
    pub(crate) fn admits_names(&self, connect: &Connect) -> Result<(), Reply> {
        self.lock().admits(connect)
    }

    /// Whether the names and the password of a connect are right; the password takes its time, off the engine's lock.
    pub(crate) async fn admits(self: &Arc<Self>, connect: &Connect) -> Result<(), Reply> {
        self.lock().admits(connect)?;
        if self.users.is_none() {
            return Ok(());
        }
        let user = connect.user.clone();
        let (server, connect) = (self.clone(), connect.clone());
        let checked = tokio::task::spawn_blocking(move || {
            server.users.as_ref().is_none_or(|users| users.accepts(&connect))
        });
        match checked.await {
            Ok(true) => Ok(()),
            _ => {
                warn!(user, "Refused: no such user, or another password.");
                Err(Reply {
                    completion: mq::MQCC_FAILED,
                    reason: mq::MQRC_NOT_AUTHORIZED,
                    outcome: Outcome::Nothing,
                })
            }
        }
    }

    /// Notes from where a connection's client calls.
    pub(crate) fn note_address(&self, connection: ConnectionId, address: IpAddr) {
        self.lock().calls_from(connection, address);
    }

    /// Opens the mailbox to which answers go that do not come at once.
    pub(crate) fn register(&self, connection: ConnectionId) -> mpsc::UnboundedReceiver<Answer> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.mailboxes.lock().expect("no thread panics with a mailbox").insert(connection, sender);
        receiver
    }

    /// The connection has ended, one way or another.
    pub(crate) fn unregister(&self, connection: ConnectionId) {
        self.mailboxes.lock().expect("no thread panics with a mailbox").remove(&connection);
        self.with_engine(|engine| engine.lost(connection, now()));
    }

    /// The in-flight file.
    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Nobody waits any more.
    pub(crate) fn stop(&self) {
        self.with_engine(Engine::stop);
        self.note_faults();
    }

    /// Lets the engine do something, and carries what that causes on.
    pub(crate) fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> T {
        let (result, effects) = {
            let mut engine = self.lock();
            let result = work(&mut engine);
            (result, self.send_writes(&mut engine))
        };
        self.post(effects);
        result
    }

    /// Hands the engine's writes to the writer, in the order in which the engine made them: under its lock.
    fn send_writes(&self, engine: &mut Engine) -> Vec<(ConnectionId, Answer)> {
        let Effects { writes, answers, refusals } = engine.effects();
        for Refusal { user, why } in refusals {
            warn!(user, why, "Refused as not authorized.");
        }
        for write in writes {
            // Nobody receives only when the writer has failed, and the process is about to end.
            _ = self.writer.send(write);
        }
        answers
    }

    fn post(&self, answers: Vec<(ConnectionId, Answer)>) {
        if answers.is_empty() {
            return;
        }
        let mailboxes = self.mailboxes.lock().expect("no thread panics with a mailbox");
        for (connection, answer) in answers {
            if let Some(mailbox) = mailboxes.get(&connection) {
                _ = mailbox.send(answer);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().expect("a panic in the engine ends the process")
    }
}

/// The clock.
pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

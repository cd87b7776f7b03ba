//! The process around the engine: one lock, one writer, the doors, the clock.
//!
//! A verb takes the lock for as long as the engine thinks, a few microseconds, and never across input or output. What
//! must be durable goes to the writer thread, which takes all that is waiting into one transaction: while the disk is
//! busy with one group, the next one gathers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io, thread};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::door;
use crate::engine::{Answer, ConnectionId, Effects, Engine, Moment, Progress, Write};
use crate::mqsc::{self, Command};
use crate::store::{self, InFlight, Store};
use crate::users::{self, Users};
use crate::verbs::{Connect, Request};

/// How many sockets may be open at once; a further one is closed at once.
const CONNECTIONS_MAX: usize = 4_096;
/// How long a clean stop waits for clients' last replies.
const STOP_MAX: Duration = Duration::from_secs(5);

/// What `devqm serve` is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// The MQSC file carried out at start.
    pub mqsc: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    pub listen: String,
    /// The users file; without one everybody may connect.
    pub users: Option<PathBuf>,
    /// The queue manager's name.
    pub queue_manager: String,
    /// A file to write the address to, once it serves.
    pub ready_file: Option<PathBuf>,
}

/// Why the queue manager cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The MQSC file cannot be read.
    #[error("{file}: {source}")]
    MqscUnreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The MQSC file holds something that cannot be done; each line names file and line.
    #[error("{0}")]
    Mqsc(String),
    /// The users file.
    #[error(transparent)]
    Users(#[from] users::Error),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The ready file cannot be written.
    #[error("{file}: {source}")]
    ReadyFile {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store failed while serving; what was being committed may or may not be durable.
    #[error("the store failed, and the queue manager with it: {0}")]
    Writer(String),
}

/// The queue manager as all connections share it.
pub(crate) struct Server {
    engine: Mutex<Engine>,
    mailboxes: Mutex<HashMap<ConnectionId, mpsc::UnboundedSender<Answer>>>,
    writer: Sender<Write>,
    in_flight: InFlight,
    users: Option<Users>,
}

/// Runs a queue manager until `stop` ends or the store fails. `ready` is given the address once it serves.
///
/// # Errors
/// See [`Error`].
pub async fn serve(
    options: &Options,
    ready: impl FnOnce(std::net::SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let commands = options
        .mqsc
        .as_deref()
        .map(read_mqsc)
        .transpose()?
        .unwrap_or_default();
    let users = options.users.as_deref().map(Users::read).transpose()?;
    let store::Opened {
        mut store,
        in_flight,
        identity,
        restored,
    } = store::open(&options.data, &options.queue_manager, now())?;
    let messages = restored.messages.len();
    let mut engine = Engine::new(identity, restored, now());
    if let Some(file) = &options.mqsc {
        let notes = engine
            .configure(&commands, now())
            .map_err(|error| Error::Mqsc(place(file, &error)))?;
        notes
            .iter()
            .for_each(|note| info!(file = %file.display(), "{note}"));
    }
    let Effects { writes, .. } = engine.effects();
    store
        .write(&writes)
        .map_err(|error| Error::Writer(error.to_string()))?;

    let listener = TcpListener::bind(&options.listen).await;
    let listener = listener.map_err(|source| Error::Listen {
        address: options.listen.clone(),
        source,
    })?;
    let address = listener.local_addr().map_err(|source| Error::Listen {
        address: options.listen.clone(),
        source,
    })?;
    let (writer, writes) = channel();
    let server = Arc::new(Server {
        engine: Mutex::new(engine),
        mailboxes: Mutex::default(),
        writer,
        in_flight,
        users,
    });
    let (failed, mut failure) = oneshot::channel();
    let writing = thread::Builder::new().name("writer".to_owned()).spawn({
        let server = Arc::downgrade(&server);
        move || {
            if let Err(error) = write_in_groups(&mut store, &writes, &server) {
                _ = failed.send(error.to_string());
            }
        }
    });
    let writing = writing.map_err(|error| Error::Writer(error.to_string()))?;
    if let Some(file) = &options.ready_file {
        let written = fs::write(file, format!("{address}\n"));
        written.map_err(|source| Error::ReadyFile {
            file: file.clone(),
            source,
        })?;
    }
    info!(queue_manager = options.queue_manager, %address, messages, "Serving.");
    ready(address);

    let stopping = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept(&listener, &server, &stopping, &mut connections) => {}
        () = stop => {}
        Ok(error) = &mut failure => return Err(Error::Writer(error)),
    }
    drop(listener);
    info!(connections = connections.len(), "Stopping.");
    server.stop();
    stopping.send_replace(true);
    if tokio::time::timeout(STOP_MAX, async {
        while connections.join_next().await.is_some() {}
    })
    .await
    .is_err()
    {
        warn!(
            connections = connections.len(),
            "Some clients did not take their last replies."
        );
        connections.shutdown().await;
    }
    // With the last user of the server its end of the channel goes, and the writer ends when it has written all.
    drop(server);
    _ = tokio::task::spawn_blocking(move || writing.join()).await;
    match failure.try_recv() {
        Ok(error) => Err(Error::Writer(error)),
        Err(_) => Ok(()),
    }
}

async fn accept(
    listener: &TcpListener,
    server: &Arc<Server>,
    stopping: &watch::Sender<bool>,
    connections: &mut JoinSet<()>,
) {
    let mut last: ConnectionId = 0;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: others may close theirs.
                warn!(%error, "A connection could not be accepted.");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS_MAX {
            warn!(CONNECTIONS_MAX, "Too many connections: one was closed.");
            continue;
        }
        last += 1;
        connections.spawn(door::attend(server.clone(), last, stream, stopping.subscribe()));
    }
}

/// The writer: everything that waits becomes durable together, then everyone is told.
fn write_in_groups(
    store: &mut Store,
    writes: &Receiver<Write>,
    server: &std::sync::Weak<Server>,
) -> Result<(), redb::Error> {
    let mut group = Vec::new();
    while let Ok(first) = writes.recv() {
        group.push(first);
        group.extend(writes.try_iter());
        store
            .write(&group)
            .inspect_err(|error| error!(%error, "The store failed."))?;
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
    /// Carries out a call.
    pub(crate) fn call(&self, connection: ConnectionId, request: Request) -> Progress {
        self.with_engine(|engine| engine.call(connection, request, now()))
    }

    /// The connection's wait is over.
    pub(crate) fn timed_out(&self, connection: ConnectionId) -> Option<Answer> {
        self.with_engine(|engine| engine.timed_out(connection))
    }

    /// Whether the names and the password of a connect are right; the password takes its time, off the engine's lock.
    pub(crate) async fn admits(self: &Arc<Self>, connect: &Connect) -> Result<(), crate::verbs::Reply> {
        self.lock().admits(connect)?;
        if self.users.is_none() {
            return Ok(());
        }
        let (server, connect) = (self.clone(), connect.clone());
        let checked = tokio::task::spawn_blocking(move || {
            server.users.as_ref().is_none_or(|users| users.accepts(&connect))
        });
        match checked.await {
            Ok(true) => Ok(()),
            _ => Err(crate::verbs::Reply {
                completion: libmqm_sys::MQCC_FAILED,
                reason: libmqm_sys::MQRC_NOT_AUTHORIZED,
                outcome: crate::verbs::Outcome::Nothing,
            }),
        }
    }

    /// Opens the mailbox to which answers go that do not come at once.
    pub(crate) fn register(&self, connection: ConnectionId) -> mpsc::UnboundedReceiver<Answer> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.mailboxes
            .lock()
            .expect("no thread panics with a mailbox")
            .insert(connection, sender);
        receiver
    }

    /// The connection has ended, one way or another.
    pub(crate) fn unregister(&self, connection: ConnectionId) {
        self.mailboxes
            .lock()
            .expect("no thread panics with a mailbox")
            .remove(&connection);
        self.with_engine(|engine| engine.lost(connection, now()));
    }

    /// The in-flight file.
    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    fn stop(&self) {
        self.with_engine(Engine::stop);
    }

    fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> T {
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
        let Effects { writes, answers } = engine.effects();
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
        self.engine
            .lock()
            .expect("a panic in the engine ends the process")
    }
}

/// Reads a file of MQSC whole.
///
/// # Errors
/// All its mistakes at once, each with file and line.
pub fn read_mqsc(file: &Path) -> Result<Vec<Command>, Error> {
    let text = fs::read_to_string(file).map_err(|source| Error::MqscUnreadable {
        file: file.to_owned(),
        source,
    })?;
    let (mut commands, mut mistakes) = (Vec::new(), Vec::new());
    for command in mqsc::parse(&text) {
        match command {
            Ok(command) => commands.push(command),
            Err(mistake) => mistakes.push(place(file, &mistake)),
        }
    }
    if mistakes.is_empty() {
        Ok(commands)
    } else {
        Err(Error::Mqsc(mistakes.join("\n")))
    }
}

fn place(file: &Path, error: &mqsc::Error) -> String {
    format!("{}:{}: {}", file.display(), error.line, error.what)
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

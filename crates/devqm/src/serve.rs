//! The life of the process: settings read, data folder opened, listener up, and a clean stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::door;
use crate::engine::{ConnectionId, Effects, Engine};
use crate::mqsc::{self, Command};
use crate::pcf;
use crate::server::{Server, now};
use crate::store::{self, InFlight, Store};
use crate::tls;
use crate::users::{self, Users};

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
    /// The listener's certificate; without one no client may use TLS.
    pub tls: Option<tls::Files>,
    /// The queue manager's name.
    pub queue_manager: String,
    /// How much memory the messages on queues may take, besides what finding them takes; the others are on disk only.
    pub message_memory_bytes: usize,
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
    /// The listener's certificate or key.
    #[error(transparent)]
    Tls(#[from] tls::Error),
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
    /// The writer's thread cannot be started.
    #[error("cannot start the writer: {0}")]
    Thread(#[from] io::Error),
    /// The store failed while serving; what was being committed may or may not be durable.
    #[error("the store failed, and the queue manager with it: {0}")]
    Writer(String),
}

/// Runs a queue manager until `stop` ends or the store fails. `ready` is given the address once it serves.
///
/// # Errors
/// See [`Error`].
pub async fn serve(
    options: &Options,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    if let Some(file) = &options.ready_file {
        remove_if_there(file).map_err(|source| Error::ReadyFile { file: file.clone(), source })?;
    }
    let (engine, store, in_flight) = restore(options)?;
    let users = options.users.as_deref().map(Users::read).transpose()?;
    let tls = options.tls.as_ref().map(tls::Listener::read).transpose()?.map(Arc::new);
    let cannot_listen = |source| Error::Listen { address: options.listen.clone(), source };
    let listener = TcpListener::bind(&options.listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let (server, mut writer) = Server::start(engine, store, in_flight, users)?;
    if let Some(file) = &options.ready_file {
        announce_in(file, address).map_err(|source| Error::ReadyFile { file: file.clone(), source })?;
    }
    info!(queue_manager = options.queue_manager, %address, "Serving.");
    ready(address);

    let stopping = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    connections.spawn(pcf::server::run(server.clone()));
    tokio::select! {
        () = accept(&listener, &server, tls.as_ref(), &stopping, &mut connections) => {}
        () = stop => {}
        error = writer.failed() => return Err(Error::Writer(error)),
    }
    drop(listener);
    info!("Stopping.");
    server.stop();
    stopping.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_MAX, ended).await.is_err() {
        warn!(connections = connections.len(), "Some clients did not take their last replies.");
        connections.shutdown().await;
    }
    drop(server);
    writer.finish().await.map_err(Error::Writer)
}

/// Reads what there is to read before the first connection: MQSC, data folder.
fn restore(options: &Options) -> Result<(Engine, Store, InFlight), Error> {
    let commands = options.mqsc.as_deref().map(read_mqsc).transpose()?.unwrap_or_default();
    let store::Opened { mut store, in_flight, identity, restored } =
        store::open(&options.data, &options.queue_manager, now())?;
    info!(data = %options.data.display(), messages = restored.messages.len(), "Data folder read.");
    let shelf = Arc::new(store.shelf(options.message_memory_bytes));
    let mut engine = Engine::new(identity, restored, shelf, now());
    if let Some(file) = &options.mqsc {
        let notes = engine.configure(&commands, now()).map_err(|error| Error::Mqsc(place(file, &error)))?;
        notes.iter().for_each(|note| info!(file = %file.display(), "{note}"));
    }
    let Effects { writes, .. } = engine.effects();
    store.write(&writes).map_err(|error| Error::Writer(error.to_string()))?;
    Ok((engine, store, in_flight))
}

async fn accept(
    listener: &TcpListener,
    server: &Arc<Server>,
    tls: Option<&Arc<tls::Listener>>,
    stopping: &watch::Sender<bool>,
    connections: &mut JoinSet<()>,
) {
    let mut last: ConnectionId = 0;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, peer)) => {
                last += 1;
                server.note_address(last, peer.ip());
                stream
            }
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
            server.unregister(last);
            continue;
        }
        connections.spawn(door::attend(server.clone(), last, stream, tls.cloned(), stopping.subscribe()));
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes the ready file so that whoever sees it sees it whole.
fn announce_in(file: &Path, address: SocketAddr) -> io::Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, format!("{address}\n"))?;
    fs::rename(&partial, file)
}

/// Reads a file of MQSC whole.
///
/// # Errors
/// All its mistakes at once, each with file and line.
pub fn read_mqsc(file: &Path) -> Result<Vec<Command>, Error> {
    let text =
        fs::read_to_string(file).map_err(|source| Error::MqscUnreadable { file: file.to_owned(), source })?;
    let (mut commands, mut mistakes) = (Vec::new(), Vec::new());
    for command in mqsc::parse(&text) {
        match command {
            Ok(command) => commands.push(command),
            Err(mistake) => mistakes.push(place(file, &mistake)),
        }
    }
    if mistakes.is_empty() { Ok(commands) } else { Err(Error::Mqsc(mistakes.join("\n"))) }
}

fn place(file: &Path, error: &mqsc::Error) -> String {
    format!("{}:{}: {}", file.display(), error.line, error.what)
}

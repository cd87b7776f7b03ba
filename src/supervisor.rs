//! The life of the process after settings: load the client library, start consumers and the admin listener, wait for the
//! word to stop, drain within the grace period.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use mq::Library;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::admin::{self, Health, Operators};
use crate::audit;
use crate::consumer::{self, Connector};
use crate::dispatch::{Dispatcher, Targets};
use crate::lane::{Intake, Lane, Origin, Shared};
use crate::parked::Desk;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::telemetry::Metrics;
use crate::watch::Watch;

/// After the grace period exchanges are cut and units backed out; what then still hangs is left to the queue manager.
const BACKOUT_TIME: Duration = Duration::from_secs(2);

/// Why the process could not run, or ended otherwise than by draining.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The MQ client library.
    #[error("{0}")]
    Library(#[from] mq::LoadError),
    /// A setting that could only be proved wrong by using it.
    #[error("{0}")]
    Setting(String),
    /// The operating system refused something that needs no setting.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A consumer ended that should not have: a bug.
    #[error("a consumer thread ended by a panic; the queue manager backs its unit out")]
    ConsumerDied,
    /// Something hung beyond the grace period; its unit is backed out by the queue manager.
    #[error("{0} consumer(s) did not end within the grace period; the queue manager backs their units out")]
    NotDrained(usize),
}

impl Error {
    /// The exit code of the process (`sysexits.h`).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Library(_) => 69,
            Self::Setting(_) => 78,
            Self::System { .. } | Self::ConsumerDied | Self::NotDrained(_) => 70,
        }
    }
}

/// Runs until SIGTERM or SIGINT and drains. A second signal ends at once: open units are backed out.
///
/// # Errors
/// See [`Error`]; an unreachable queue manager is none.
pub fn run(settings: Settings) -> Result<(), Error> {
    let library = Library::load(settings.mq_library.as_deref())?;
    info!(library = %library.path().display(), provider = settings.provider, settings = settings.hash, "Starting.");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("admin")
        .enable_all()
        .build()
        .map_err(|source| Error::System { what: "start the admin thread", source })?;
    // The TLS provider is chosen once for the process; a second choice would only mean that it was made already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ended = runtime.block_on(serve(Arc::new(settings), library));
    // Operators' work ends between two messages; what hangs in an MQI call is left to the queue manager.
    runtime.shutdown_timeout(BACKOUT_TIME);
    ended
}

async fn serve(settings: Arc<Settings>, library: Library) -> Result<(), Error> {
    // Listening for signals comes first: a SIGTERM during the start must drain, not kill.
    let mut signals = Signals::new()?;
    let metrics = Metrics::new();
    let listener = listen(settings.admin.listen).await?;
    let address =
        listener.local_addr().map_err(|source| Error::System { what: "read the admin address", source })?;
    let (cut, cut_seen) = watch::channel(false);
    let stop = Stop::default();
    let shared = Arc::new(Shared::new(&settings, &metrics, &stop));
    let lanes = lanes(&settings, &shared, cut_seen)?;
    let consumers = lanes.iter().map(|lane| (lane.name.clone(), lane.site_index));
    let health = Arc::new(Health::new(&settings, consumers, Arc::clone(&shared)));
    let (admin_stop, admin_stopped) = watch::channel(false);
    let admin = tokio::runtime::Handle::current().spawn(admin::serve(
        listener,
        Arc::clone(&health),
        metrics.clone(),
        Arc::clone(&shared),
        operators(&settings, &library, &stop),
        admin_stopped,
    ));
    let (ended, mut ends) = mpsc::unbounded_channel();
    let consumers = start(&settings, &library, lanes, &health, &ended)?;
    watch(&settings, &library, &shared)?;
    health.set_ready(true);
    info!(%address, consumers = consumers.len(), "Running.");

    let died = tokio::select! {
        () = signals.next() => false,
        _ = ends.recv() => true,
    };
    info!("Stopping: no more messages are got.");
    health.set_ready(false);
    stop.say();
    let drained =
        drain(consumers.len() - usize::from(died), &mut ends, &mut signals, settings.retry.grace, &cut).await;
    let _ = admin_stop.send(true);
    match tokio::time::timeout(BACKOUT_TIME, admin).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => warn!("The admin listener ended by a panic."),
        Err(_) => warn!("A request of an operator's is cut."),
    }
    conclude(consumers, died, drained)
}

/// What the operators' requests need.
fn operators(settings: &Arc<Settings>, library: &Library, stop: &Stop) -> Operators {
    let (settings, library, stop) = (Arc::clone(settings), library.clone(), stop.clone());
    Operators::new(Desk { settings, library, stop, log: audit::log })
}

/// Waits for the consumers to end: within the grace period by themselves, after it with their exchanges cut.
async fn drain(
    mut running: usize,
    ends: &mut mpsc::UnboundedReceiver<usize>,
    signals: &mut Signals,
    grace: Duration,
    cut: &watch::Sender<bool>,
) -> usize {
    let grace_over = tokio::time::sleep(grace);
    tokio::pin!(grace_over);
    while running > 0 {
        tokio::select! {
            _ = ends.recv() => running -= 1,
            () = signals.next() => break,
            () = &mut grace_over => break,
        }
    }
    if running == 0 {
        return 0;
    }
    warn!(running, "The grace period is over: requests in flight are cut and their units backed out.");
    let _ = cut.send(true);
    let end = tokio::time::sleep(BACKOUT_TIME);
    tokio::pin!(end);
    while running > 0 {
        tokio::select! {
            _ = ends.recv() => running -= 1,
            () = &mut end => break,
        }
    }
    running
}

/// Joins the threads that have ended and says how the process did.
fn conclude(consumers: Vec<JoinHandle<bool>>, died: bool, running: usize) -> Result<(), Error> {
    if running > 0 {
        return Err(Error::NotDrained(running));
    }
    let whole = consumers.into_iter().all(|consumer| consumer.join().unwrap_or(false));
    if died || !whole {
        return Err(Error::ConsumerDied);
    }
    info!("Drained.");
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::Setting(format!("admin.listen: cannot listen on {address}: {error}")))
}

/// One lane for each consumer: of the sources' queues, and of the retry queues.
fn lanes(settings: &Settings, shared: &Arc<Shared>, cut: watch::Receiver<bool>) -> Result<Vec<Lane>, Error> {
    let targets = Targets::new(&settings.destinations, settings.limits.response_bytes_max, cut)
        .map_err(|error| Error::Setting(format!("destinations: {error}")))?;
    let targets = Arc::new(targets);
    let mut lanes = Vec::new();
    for (site_index, origin) in origins(settings, shared) {
        let dispatcher = Dispatcher::new(Arc::clone(&targets))
            .map_err(|source| Error::System { what: "wait for sockets", source })?;
        let site = settings.sites.get(site_index).map(|site| site.name.clone()).unwrap_or_default();
        let name = origin.name(&shared.destinations);
        lanes.push(Lane { shared: Arc::clone(shared), name, site, site_index, origin, dispatcher });
    }
    Ok(lanes)
}

/// Where each consumer gets its messages, with the index of its site.
fn origins(settings: &Settings, shared: &Shared) -> Vec<(usize, Origin)> {
    let mut origins = Vec::new();
    for intake in &shared.intakes {
        for &site in &intake.source.sites {
            origins.extend((0..intake.source.consumers).map(|_| (site, Origin::Source(Arc::clone(intake)))));
            // One alone: what is tried there may kill the process.
            let retry = intake.source.retry_queue.clone();
            origins.extend(retry.map(|queue| (site, Origin::SourceRetry(Arc::clone(intake), queue))));
        }
    }
    for (index, destination) in settings.destinations.iter().enumerate() {
        let Some(queue) = &destination.retry_queue else { continue };
        for site in 0..settings.sites.len() {
            let reached = |it: &Arc<Intake>| it.source.sites.contains(&site) && it.reachable.contains(&index);
            if shared.intakes.iter().any(reached) {
                let origin = || (site, Origin::DestinationRetry(index, queue.clone()));
                origins.extend((0..destination.retry_consumers).map(|_| origin()));
            }
        }
    }
    origins
}

/// Starts a thread for each lane. Each says when it ends, however it ends, and returns whether it ended by itself.
fn start(
    settings: &Settings,
    library: &Library,
    lanes: Vec<Lane>,
    health: &Arc<Health>,
    ended: &mpsc::UnboundedSender<usize>,
) -> Result<Vec<JoinHandle<bool>>, Error> {
    let retry = &settings.retry;
    let connectors: Vec<_> = settings
        .sites
        .iter()
        .map(|site| {
            let delays = (retry.reconnect_delay_first, retry.reconnect_delay_max);
            Arc::new(Connector::new(site.clone(), library.clone(), delays.0, delays.1))
        })
        .collect();
    let mut consumers = Vec::new();
    for (id, lane) in lanes.into_iter().enumerate() {
        let Some(connector) = connectors.get(lane.site_index).cloned() else { continue };
        let (health, ended) = (Arc::clone(health), ended.clone());
        let thread = std::thread::Builder::new().name(format!("{}-{id}", lane.name)).spawn(move || {
            let whole =
                catch_unwind(AssertUnwindSafe(|| consumer::run(&lane, &connector, &health, id))).is_ok();
            if !whole {
                error!(consumer = id, "A consumer ended by a panic.");
            }
            let _ = ended.send(id);
            whole
        });
        consumers.push(thread.map_err(|source| Error::System { what: "start a consumer thread", source })?);
    }
    Ok(consumers)
}

/// Starts a thread for each site that looks at its queues. It ends at the word to stop; one that hangs then holds no unit and
/// is left behind.
fn watch(settings: &Arc<Settings>, library: &Library, shared: &Arc<Shared>) -> Result<(), Error> {
    if settings.admin.watch_interval.is_zero() {
        return Ok(());
    }
    for (site, it) in settings.sites.iter().enumerate() {
        let (settings, library, shared) = (Arc::clone(settings), library.clone(), Arc::clone(shared));
        let watch = Watch { settings, site, library, shared };
        std::thread::Builder::new()
            .name(format!("watch-{}", it.name))
            .spawn(move || watch.run())
            .map_err(|source| Error::System { what: "start a watching thread", source })?;
    }
    Ok(())
}

/// SIGTERM and SIGINT, as one.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let listen =
            |kind| signal(kind).map_err(|source| Error::System { what: "listen for signals", source });
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

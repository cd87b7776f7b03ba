//! The data folder: what was committed, in one redb database, and which messages open units of work have got, in a small
//! file beside it.
//!
//! # Files
//! * `devqm.redb`: tables `about` (version, names), `objects`, `messages` (by sequence: the number of the put), `heads` (what
//!   of each message is in memory, so that a start need not read the messages themselves; by sequence, which restores every
//!   queue's order), `backouts` (counts that are not 0, by sequence). Rows of messages that are not persistent are those that
//!   memory had no room for; they go at the next start.
//! * `in-flight`: see [`in_flight`].

pub mod in_flight;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libmqm_sys::MQPER_PERSISTENT;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

use crate::engine::{Change, Head, Identity, Moment, ObjectKey, ObjectRecord, Restored, Write};
use crate::shelf::Shelf;

pub use in_flight::InFlight;

/// The version of the data folder's contents; another one is refused.
const VERSION: u64 = 2;
/// What redb may keep in memory: the pages it is writing. Those that are read, the operating system keeps.
const CACHE_BYTES: usize = 32 << 20;

/// The database's file in its folder.
const FILE: &str = "devqm.redb";

const ABOUT: TableDefinition<&str, &[u8]> = TableDefinition::new("about");
const OBJECTS: TableDefinition<&str, &[u8]> = TableDefinition::new("objects");
const HEADS: TableDefinition<u64, &[u8]> = TableDefinition::new("heads");
/// All of each message that is stored.
pub(crate) const MESSAGES: TableDefinition<u64, &[u8]> = TableDefinition::new("messages");
const BACKOUTS: TableDefinition<u64, u32> = TableDefinition::new("backouts");

/// An open data folder: the only one who writes to it.
#[derive(Debug)]
pub struct Store {
    database: Arc<Database>,
    buffer: Vec<u8>,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another devqm has it open.
    #[error("{0}: another devqm is running on this data folder")]
    InUse(PathBuf),
    /// Another version wrote it.
    #[error("{folder}: the data folder is of version {found}; this devqm reads version {VERSION} only")]
    Version {
        /// The folder.
        folder: PathBuf,
        /// Its version, in words where it has no number.
        found: String,
    },
    /// It is another queue manager's.
    #[error("{folder}: the data folder is that of queue manager {found}, not of {wanted}")]
    OtherQueueManager {
        /// The folder.
        folder: PathBuf,
        /// Whose it is.
        found: String,
        /// Who wants it.
        wanted: String,
    },
    /// It holds something that devqm did not write.
    #[error("{folder}: damaged: {what}")]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// The file system says no.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// redb says no.
    #[error("{folder}: {source}")]
    Database {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
}

/// What an open data folder holds.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub store: Store,
    /// The in-flight file.
    pub in_flight: InFlight,
    /// Whose data it is.
    pub identity: Identity,
    /// Objects and messages.
    pub restored: Restored,
}

/// What compacting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// The file's length before.
    pub bytes_before: u64,
    /// And after.
    pub bytes_after: u64,
}

/// Opens a data folder, or makes it.
///
/// # Errors
/// See [`Error`].
pub fn open(folder: &Path, queue_manager: &str, now: Moment) -> Result<Opened, Error> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(at(folder))?;
    let database = builder().create(folder.join(FILE)).map_err(|error| refuse(folder, error))?;
    let slots = folder.join("in-flight");
    let (in_flight, marks) = InFlight::open(&slots).map_err(at(&slots))?;

    let mut store = Store { database: Arc::new(database), buffer: Vec::new() };
    let wrap = |source: redb::Error| Error::Database { folder: folder.to_owned(), source: Box::new(source) };
    let identity = store.identify(folder, queue_manager, now)?;
    let mut restored = Restored {
        objects: store
            .objects()
            .map_err(wrap)?
            .map_err(|what| Error::Damaged { folder: folder.to_owned(), what })?,
        messages: store
            .heads()
            .map_err(wrap)?
            .map_err(|what| Error::Damaged { folder: folder.to_owned(), what })?,
    };
    let mut changes = in_flight::raise(&mut restored.messages, &marks);
    changes.extend(forget(&mut restored.messages));
    store.write(&[Write::of(changes)]).map_err(wrap)?;
    in_flight.clear().map_err(at(&slots))?;
    Ok(Opened { store, in_flight, identity, restored })
}

/// Gives the file system back what the database does not need any more. The queue manager must be stopped.
///
/// # Errors
/// See [`Error`]; a folder without a database is one.
pub fn compact(folder: &Path) -> Result<Compacted, Error> {
    let file = folder.join(FILE);
    let bytes = || match fs::metadata(&file) {
        Ok(found) => Ok(found.len()),
        Err(source) => Err(Error::Io { path: file.clone(), source }),
    };
    let bytes_before = bytes()?;
    let mut database = builder().open(&file).map_err(|error| refuse(folder, error))?;
    let wrap = |source: redb::Error| Error::Database { folder: folder.to_owned(), source: Box::new(source) };
    // Each time moves some pages towards the beginning of the file, until none moves.
    while database.compact().map_err(|error| wrap(error.into()))? {}
    drop(database);
    Ok(Compacted { bytes_before, bytes_after: bytes()? })
}

fn builder() -> redb::Builder {
    let mut builder = redb::Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn refuse(folder: &Path, error: DatabaseError) -> Error {
    let folder = folder.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Error::InUse(folder),
        DatabaseError::UpgradeRequired(version) => {
            Error::Version { folder, found: format!("unknown (redb file format {version})") }
        }
        DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() == io::ErrorKind::InvalidData =>
        {
            Error::Damaged { folder, what: format!("devqm.redb: {error}") }
        }
        DatabaseError::Storage(redb::StorageError::Io(source)) => {
            Error::Io { path: folder.join(FILE), source }
        }
        other => Error::Database { folder, source: Box::new(other.into()) },
    }
}

/// Takes out what memory had no room for and is not persistent.
fn forget(messages: &mut BTreeMap<u64, (Head, u32)>) -> Vec<Change> {
    let gone = messages.extract_if(.., |_, (head, _)| head.persistence != MQPER_PERSISTENT);
    gone.map(|(sequence, _)| Change::RemoveMessage { sequence, was_counted: false }).collect()
}

impl Store {
    /// The messages, to be read by their sequences, and the room that there is for those in memory.
    pub fn shelf(&self, room_bytes: usize) -> Shelf {
        Shelf::new(self.database.clone(), room_bytes)
    }

    /// Makes changes durable, all of them in one transaction.
    ///
    /// # Errors
    /// Whether the changes are durable is unknown then.
    pub fn write(&mut self, writes: &[Write]) -> Result<(), redb::Error> {
        let mut changes = writes.iter().flat_map(|write| &write.changes).peekable();
        if changes.peek().is_none() {
            return Ok(());
        }
        let transaction = self.database.begin_write()?;
        {
            let mut heads = transaction.open_table(HEADS)?;
            let mut messages = transaction.open_table(MESSAGES)?;
            for change in changes {
                match change {
                    Change::PutMessage { sequence, image } => {
                        self.buffer = encode(&Head::of(image), std::mem::take(&mut self.buffer));
                        heads.insert(sequence, self.buffer.as_slice())?;
                        self.buffer = encode(&**image, std::mem::take(&mut self.buffer));
                        messages.insert(sequence, self.buffer.as_slice())?;
                    }
                    Change::RemoveMessage { sequence, was_counted } => {
                        heads.remove(sequence)?;
                        messages.remove(sequence)?;
                        if *was_counted {
                            transaction.open_table(BACKOUTS)?.remove(sequence)?;
                        }
                    }
                    Change::CountBackout { sequence, backout_count } => {
                        transaction.open_table(BACKOUTS)?.insert(sequence, backout_count)?;
                    }
                    Change::PutObject { key, record } => {
                        let value = encode(record, Vec::new());
                        transaction.open_table(OBJECTS)?.insert(text(key).as_str(), value.as_slice())?;
                    }
                    Change::RemoveObject { key } => {
                        _ = transaction.open_table(OBJECTS)?.remove(text(key).as_str())?
                    }
                }
            }
        }
        transaction.commit()?;
        // One huge message must not keep its memory for ever.
        self.buffer.shrink_to(1 << 20);
        Ok(())
    }

    /// Checks whose folder it is, or writes it down in a new one; counts the run.
    fn identify(&mut self, folder: &Path, queue_manager: &str, now: Moment) -> Result<Identity, Error> {
        let read = self.about(folder, queue_manager, now);
        read.map_err(|source| Error::Database { folder: folder.to_owned(), source: Box::new(source) })?
    }

    fn about(
        &mut self,
        folder: &Path,
        queue_manager: &str,
        now: Moment,
    ) -> Result<Result<Identity, Error>, redb::Error> {
        let transaction = self.database.begin_write()?;
        let identity = {
            let mut about = transaction.open_table(ABOUT)?;
            let read =
                |about: &redb::Table<&str, &[u8]>, key: &str| -> Result<Option<Vec<u8>>, redb::Error> {
                    Ok(about.get(key)?.map(|value| value.value().to_vec()))
                };
            let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default();
            match read(&about, "version")?.map(words) {
                None => {
                    // The tables are made now, so that reading them needs no special case.
                    transaction.open_table(OBJECTS)?;
                    transaction.open_table(HEADS)?;
                    transaction.open_table(MESSAGES)?;
                    transaction.open_table(BACKOUTS)?;
                    let identifier = format!("{queue_manager}_{:016X}", now.0);
                    about.insert("version", VERSION.to_string().as_bytes())?;
                    about.insert("queue manager", queue_manager.as_bytes())?;
                    about.insert("identifier", identifier.as_bytes())?;
                }
                Some(version) if version != VERSION.to_string() => {
                    return Ok(Err(Error::Version { folder: folder.to_owned(), found: version }));
                }
                Some(_) => {}
            }
            let name = read(&about, "queue manager")?.map(words).unwrap_or_default();
            if name != queue_manager {
                let wanted = queue_manager.to_owned();
                return Ok(Err(Error::OtherQueueManager { folder: folder.to_owned(), found: name, wanted }));
            }
            let identifier = read(&about, "identifier")?.map(words).unwrap_or_default();
            // The run's number is the time, unless two starts were within one second.
            let last = read(&about, "run")?.map(words).and_then(|run| run.parse::<u32>().ok()).unwrap_or(0);
            let run = u32::try_from(now.0 / 1000).unwrap_or(0).max(last + 1);
            about.insert("run", run.to_string().as_bytes())?;
            Identity { name, identifier, run }
        };
        transaction.commit()?;
        Ok(Ok(identity))
    }

    fn objects(&self) -> Result<Result<BTreeMap<ObjectKey, ObjectRecord>, String>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let mut objects = BTreeMap::new();
        for row in transaction.open_table(OBJECTS)?.iter()? {
            let (key, value) = row?;
            let record = postcard::from_bytes::<ObjectRecord>(value.value());
            let (Some(object), Ok(record)) = (object_key(key.value()), record) else {
                return Ok(Err(format!("object {:?} cannot be read", key.value())));
            };
            objects.insert(object, record);
        }
        Ok(Ok(objects))
    }

    #[expect(clippy::type_complexity, reason = "redb's errors and damaged contents are told apart")]
    fn heads(&self) -> Result<Result<BTreeMap<u64, (Head, u32)>, String>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let backouts = transaction.open_table(BACKOUTS)?;
        let mut messages = BTreeMap::new();
        for row in transaction.open_table(HEADS)?.iter()? {
            let (sequence, value) = row?;
            let sequence = sequence.value();
            let Ok(head) = postcard::from_bytes::<Head>(value.value()) else {
                return Ok(Err(format!("message {sequence} cannot be read")));
            };
            let count = backouts.get(sequence)?.map_or(0, |count| count.value());
            messages.insert(sequence, (head, count));
        }
        Ok(Ok(messages))
    }
}

fn encode<T: serde::Serialize>(value: &T, mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    // Postcard fails on types that these are not: maps of unknown length, and a full output, which a Vec never is.
    postcard::to_extend(value, buffer).expect("a record always encodes")
}

fn text(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Queue(name) => format!("queue/{name}"),
        ObjectKey::Channel(name) => format!("channel/{name}"),
        ObjectKey::QueueManager => "queue manager".to_owned(),
        ObjectKey::Access => "access".to_owned(),
        ObjectKey::Topic(name) => format!("topic/{name}"),
        ObjectKey::Subscription(name) => format!("subscription/{name}"),
    }
}

fn object_key(text: &str) -> Option<ObjectKey> {
    match text.split_once('/') {
        Some(("queue", name)) => Some(ObjectKey::Queue(name.to_owned())),
        Some(("channel", name)) => Some(ObjectKey::Channel(name.to_owned())),
        Some(("topic", name)) => Some(ObjectKey::Topic(name.to_owned())),
        Some(("subscription", name)) => Some(ObjectKey::Subscription(name.to_owned())),
        None if text == "queue manager" => Some(ObjectKey::QueueManager),
        None if text == "access" => Some(ObjectKey::Access),
        _ => None,
    }
}

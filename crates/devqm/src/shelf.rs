//! Where messages are that memory has no room for: the store, out of which one is read back when somebody gets it. And the
//! room that there is: how much of memory the messages on queues take, and may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redb::{Database, ReadableDatabase};
use tracing::error;

use crate::engine::Image;
use crate::store::MESSAGES;

/// The messages on disk, and the room for those in memory.
#[derive(Debug)]
pub struct Shelf {
    database: Arc<Database>,
    room_bytes: usize,
    used_bytes: AtomicUsize,
}

/// A message cannot be read back. The log says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Shelf {
    /// Reads from `database`, and has `room_bytes` for what need not be read.
    pub fn new(database: Arc<Database>, room_bytes: usize) -> Self {
        Self { database, room_bytes, used_bytes: AtomicUsize::new(0) }
    }

    /// Reads a message that the store has: some microseconds where the operating system still holds the page.
    ///
    /// # Errors
    /// [`Unreadable`] where the disk fails, or the message is not there.
    pub fn read(&self, sequence: u64) -> Result<Arc<Image>, Unreadable> {
        let image = self.stored(sequence).map_err(|error| {
            error!(sequence, %error, "A message cannot be read back from the store.");
            Unreadable
        })?;
        image.map(Arc::new).ok_or_else(|| {
            error!(sequence, "A message is not in the store, or damaged there.");
            Unreadable
        })
    }

    fn stored(&self, sequence: u64) -> Result<Option<Image>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let value = transaction.open_table(MESSAGES)?.get(sequence)?;
        Ok(value.and_then(|value| postcard::from_bytes(value.value()).ok()))
    }

    /// Whether memory has no more room.
    pub fn is_full(&self) -> bool {
        self.used_bytes.load(Ordering::Relaxed) >= self.room_bytes
    }

    /// Counts a message that is on a queue and in memory.
    pub fn take(&self, bytes: usize) {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts one that is not any more.
    pub fn give_back(&self, bytes: usize) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

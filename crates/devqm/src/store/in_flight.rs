//! The in-flight file: which messages open units of work have got.
//!
//! Slots of 16 bytes (sequence, 8 bytes; backout count, 4; check, 4; all big-endian). A slot says: if the queue manager is
//! killed now, this message must come back with at least this count. It is written without a sync, because a killed process
//! loses nothing that it has handed to the kernel, and never needs to be cleared: a message whose get was committed is not in
//! the database any more, and one that was backed out has its count there.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::engine::{Change, Head, Mark};

const SLOT_BYTES: usize = 16;

/// The in-flight file.
#[derive(Debug)]
pub struct InFlight(File);

impl InFlight {
    /// Opens the file, or makes it, and reads what the run before has left in it.
    pub(super) fn open(file: &Path) -> io::Result<(Self, Vec<u8>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(file)?;
        let mut slots = Vec::new();
        file.read_to_end(&mut slots)?;
        Ok((Self(file), slots))
    }

    /// Empties it. Only once the raised counts are durable: sequences may be used again, and an old slot must not meet them.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.0.set_len(0)?;
        self.0.sync_all()
    }

    /// Notes that an open unit of work has got a message.
    ///
    /// # Errors
    /// What writing the file says.
    pub fn note(&self, mark: &Mark) -> io::Result<()> {
        self.0.write_all_at(&mark.encode(), u64::from(mark.slot) * SLOT_BYTES as u64)
    }
}

impl Mark {
    fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut slot = [0; SLOT_BYTES];
        let check = check(self.sequence, self.backout_count);
        let bytes =
            self.sequence.to_be_bytes().into_iter().chain(self.backout_count.to_be_bytes()).chain(check);
        for (to, from) in slot.iter_mut().zip(bytes) {
            *to = from;
        }
        slot
    }

    /// Sequence and count of a slot that has been used.
    fn decode(slot: &[u8]) -> Option<(u64, u32)> {
        let (sequence, rest) = slot.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, count) = (u64::from_be_bytes(*sequence), u32::from_be_bytes(*count));
        (sequence != 0 && rest == check(sequence, count)).then_some((sequence, count))
    }
}

/// Tells a slot from one that was only half written when the power failed.
fn check(sequence: u64, count: u32) -> [u8; 4] {
    let mixed = (sequence ^ (u64::from(count) << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [a, b, c, d, ..] = mixed.to_be_bytes();
    [a, b, c, d]
}

/// Raises the counts of messages that a unit of work had got when the queue manager was killed.
pub(super) fn raise(messages: &mut BTreeMap<u64, (Head, u32)>, slots: &[u8]) -> Vec<Change> {
    let marks = slots.chunks_exact(SLOT_BYTES).filter_map(Mark::decode);
    let mut changes = Vec::new();
    for (sequence, count) in marks {
        if let Some((_, backout_count)) = messages.get_mut(&sequence)
            && *backout_count < count
        {
            *backout_count = count;
            changes.push(Change::CountBackout { sequence, backout_count: count });
        }
    }
    changes
}

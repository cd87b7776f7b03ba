//! A channel's socket: bytes to calls, and segments to bytes. A wait for the next call may be given up at any time, for
//! instance because a message has come for the client.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::segment::{Address, Header, flag};
use super::wire::{Broken, status};
use crate::caller::Line;
use crate::door::refused;
use crate::tls::Link;

/// The longest segment: what clients offer is 32,758, and what is agreed less.
pub(crate) const SEGMENT_BYTES_MAX: usize = 32_768;
/// What is read from the socket at once.
const READ_BYTES: usize = 16 * 1024;
/// What may lie unread behind a call that is under way: a heartbeat, or the end of the connection.
const AHEAD_BYTES_MAX: usize = 256 * 1024;
/// What a connection keeps of its buffer between calls.
const KEPT_BYTES: usize = 256 * 1024;
/// How long a client may take to read what it has asked for.
const WRITE_MAX: Duration = Duration::from_secs(60);

/// One call, or another segment that stands for itself.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) address: Address,
    pub(crate) kind: u8,
    /// All flags of its segments.
    pub(crate) flags: u8,
    pub(crate) body: Vec<u8>,
}

/// Why a conversation ends.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The client closed the socket between two calls.
    Closed,
    /// The socket failed.
    Failed(io::Error),
    /// The client is not understood, and is told so.
    Broken(Broken),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Broken> for Ended {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// The socket of one channel client.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: Link,
    buffer: Vec<u8>,
    /// A call of which more segments are to come.
    partial: Option<Incoming>,
    /// The longest call that is taken now.
    pub(crate) call_bytes_max: usize,
}

impl Socket {
    /// A socket of which some bytes have been read already.
    pub(crate) fn new(stream: Link, read: &[u8], call_bytes_max: usize) -> Self {
        Self { stream, buffer: read.to_vec(), partial: None, call_bytes_max }
    }

    /// The next call. May be given up and asked for again.
    pub(crate) async fn next(&mut self) -> Result<Incoming, Ended> {
        loop {
            while let Some((header, body)) = self.take_segment()? {
                if let Some(incoming) = self.gather(header, body)? {
                    return Ok(incoming);
                }
            }
            if self.read_more().await? == 0 {
                let clean = self.buffer.is_empty() && self.partial.is_none();
                let cut = || Ended::Failed(io::ErrorKind::UnexpectedEof.into());
                return Err(if clean { Ended::Closed } else { cut() });
            }
        }
    }

    /// Sends segments, one after another.
    pub(crate) async fn send(&mut self, segments: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
        for segment in segments {
            in_time(self.stream.write_all(&segment)).await?;
        }
        in_time(self.stream.flush()).await
    }

    /// Tells the client that nothing more comes.
    pub(crate) async fn end(&mut self) {
        self.stream.end().await;
    }

    async fn read_more(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        let bytes = (&mut self.stream).take(READ_BYTES as u64).read_buf(&mut self.buffer).await?;
        Ok(bytes)
    }

    fn take_segment(&mut self) -> Result<Option<(Header, Vec<u8>)>, Broken> {
        let Some(header) = Header::read(&self.buffer)? else {
            return Ok(None);
        };
        if header.length > SEGMENT_BYTES_MAX {
            return Err(Broken {
                status: status::LENGTH,
                what: "a segment no longer than agreed",
                offset: 4,
            });
        }
        if self.buffer.len() < header.length {
            return Ok(None);
        }
        let body =
            self.buffer.get(header.address.form.header_bytes()..header.length).unwrap_or_default().to_vec();
        self.buffer.drain(..header.length);
        self.buffer.shrink_to(KEPT_BYTES);
        Ok(Some((header, body)))
    }

    /// Adds a segment to its call; returns the call where this was its last one.
    fn gather(&mut self, header: Header, body: Vec<u8>) -> Result<Option<Incoming>, Broken> {
        let broken = |what| Err(Broken { status: status::SEGMENT, what, offset: 0 });
        let is_call = header.kind >= 0x80;
        let incoming = match self.partial.take() {
            Some(partial) if partial.kind != header.kind || header.flags & flag::FIRST != 0 => {
                return broken("the next segment of the call before it");
            }
            Some(mut partial) => {
                partial.flags |= header.flags;
                partial.body.extend(body);
                partial
            }
            None if is_call && header.flags & flag::FIRST == 0 => {
                return broken("the first segment of a call");
            }
            None => Incoming { address: header.address, kind: header.kind, flags: header.flags, body },
        };
        if incoming.body.len() > self.call_bytes_max {
            return Err(Broken {
                status: status::LENGTH,
                what: "a call within the limit",
                offset: self.call_bytes_max,
            });
        }
        if is_call && header.flags & flag::LAST == 0 {
            self.partial = Some(incoming);
            return Ok(None);
        }
        Ok(Some(incoming))
    }
}

async fn in_time(writing: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let written = tokio::time::timeout(WRITE_MAX, writing);
    written.await.map_err(|_| refused("the client does not read what it asked for"))?
}

impl Line for Socket {
    /// A client that waits for its reply sends nothing but its end; what else comes is kept for later.
    async fn spoken(&mut self) -> io::Result<()> {
        while self.buffer.len() < AHEAD_BYTES_MAX {
            if self.read_more().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn cancelled(&mut self) -> io::Result<()> {
        Err(refused("calls before the reply to the one before them"))
    }
}

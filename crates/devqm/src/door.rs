//! The listener's door: a new socket's first bytes tell whether it is enciphered, and then which protocol its client speaks.
//! And the native door itself: frames in, frames out. Which call means what is the engine's.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::caller::{Caller, Line};
use crate::channel;
use crate::engine::ConnectionId;
use crate::native::{self, FRAME_BYTES_MAX, PREFACE};
use crate::server::Server;
use crate::tls::{Link, Listener};
use crate::verbs::Request;

/// How long a new connection may take to say which door it wants, and then to connect.
const GREETING_MAX: Duration = Duration::from_secs(10);
/// The largest frame before MQCONNX: names and a password.
const CONNECT_BYTES_MAX: u32 = 16 * 1024;
/// The first byte of a TLS handshake; no door's first byte.
const HANDSHAKE: u8 = 0x16;
/// What is read from a socket at once: a request with a payment in it, most times.
const READ_BYTES: usize = 16 * 1024;
/// What a connection keeps of its frame buffers between calls.
const KEPT_BYTES: usize = 256 * 1024;

/// Serves one socket until it ends; whatever its connection has open then is backed out.
pub(crate) async fn attend(
    server: Arc<Server>,
    id: ConnectionId,
    stream: TcpStream,
    tls: Option<Arc<Listener>>,
    mut stopping: watch::Receiver<bool>,
) {
    let peer = stream.peer_addr().map_or_else(|_| "?".to_owned(), |peer| peer.to_string());
    let mut caller = Caller::attach(server, id);
    match converse(&mut caller, stream, tls.as_deref(), &mut stopping).await {
        Ok(()) => debug!(id, peer, "Connection ended."),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => debug!(id, peer, "Connection lost."),
        Err(error) => warn!(id, peer, %error, "Connection closed."),
    }
    caller.leave().await;
}

/// Lets a client in by the door it asks for. The socket is closed when this returns.
async fn converse(
    caller: &mut Caller,
    stream: TcpStream,
    tls: Option<&Listener>,
    stopping: &mut watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut link = timely(enter(caller, stream, tls)).await?;
    let mut preface = [0; PREFACE.len()];
    timely(async { link.read_exact(&mut preface).await.map(drop) }).await?;
    if preface == PREFACE {
        let stream = BufReader::with_capacity(READ_BYTES, link);
        let mut door = Door { caller, wire: Wire { stream, frame: Vec::new() } };
        let ended = door.converse(stopping).await;
        door.wire.stream.get_mut().end().await;
        return ended;
    }
    if channel::opens_with(&preface) {
        return channel::converse(caller, link, &preface, stopping).await;
    }
    Err(refused("the first bytes are those of no known protocol"))
}

/// Shakes hands with a client that begins so.
async fn enter(caller: &mut Caller, stream: TcpStream, tls: Option<&Listener>) -> io::Result<Link> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 || first != [HANDSHAKE] {
        return Ok(Link::Plain(stream));
    }
    let tls = tls.ok_or_else(|| refused("TLS is asked for, and devqm was given no certificate"))?;
    let (stream, secured) = tls.accept(stream, |channel| caller.server().demand(channel)).await?;
    caller.secure(secured);
    Ok(Link::Secure(Box::new(stream)))
}

struct Door<'c> {
    caller: &'c mut Caller,
    wire: Wire,
}

impl Door<'_> {
    async fn converse(&mut self, stopping: &mut watch::Receiver<bool>) -> io::Result<()> {
        loop {
            let more = tokio::select! {
                biased;
                more = self.receive() => more?,
                _ = stopping.wait_for(|stopping| *stopping) => return Ok(()),
            };
            if !more {
                return Ok(());
            }
            let request = self.wire.decode()?;
            if matches!(request, Request::Cancel) {
                // What it would have ended has ended by itself, and its answer is on its way.
                continue;
            }
            let disconnects = matches!(request, Request::Disconnect);
            let answer = self.caller.answer(request, &mut self.wire).await?;
            let ends = disconnects && self.caller.is_connected() && answer.is_success();
            self.wire.stream.write_all(&native::encode(&answer.into_reply())?).await?;
            self.wire.stream.flush().await?;
            if ends {
                return Ok(());
            }
        }
    }

    /// Reads one frame; false where the client has closed the connection between two frames.
    async fn receive(&mut self) -> io::Result<bool> {
        if self.caller.is_connected() {
            return self.wire.receive(FRAME_BYTES_MAX).await;
        }
        timely(self.wire.receive(CONNECT_BYTES_MAX)).await
    }
}

/// The socket, and the frame that is being read from it.
struct Wire {
    stream: BufReader<Link>,
    frame: Vec<u8>,
}

impl Wire {
    async fn receive(&mut self, bytes_max: u32) -> io::Result<bool> {
        if self.stream.fill_buf().await?.is_empty() {
            return Ok(false);
        }
        let length = self.stream.read_u32().await?;
        if length > bytes_max {
            return Err(refused(&format!("a frame of {length} bytes is over the limit of {bytes_max}")));
        }
        // Memory is taken as the bytes arrive, not as the length promises.
        let read = (&mut self.stream).take(u64::from(length)).read_to_end(&mut self.frame).await?;
        if read as u64 != u64::from(length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(true)
    }

    fn decode(&mut self) -> io::Result<Request> {
        let request = native::decode(&self.frame);
        self.frame.clear();
        self.frame.shrink_to(KEPT_BYTES);
        request
    }
}

impl Line for Wire {
    async fn spoken(&mut self) -> io::Result<()> {
        match self.stream.fill_buf().await? {
            [] => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn cancelled(&mut self) -> io::Result<()> {
        let whole = self.receive(CONNECT_BYTES_MAX).await?;
        match self.decode()? {
            Request::Cancel if whole => Ok(()),
            _ => Err(refused("a request before the reply to the one before it")),
        }
    }
}

/// Fails where the client takes longer than it may before it is connected.
pub(crate) async fn timely<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(GREETING_MAX, work).await.map_err(|_| refused("the client said nothing"))?
}

/// A client that does not keep to the protocol.
pub(crate) fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

//! The native door: one task per socket, frames in, frames out. Which call means what is the engine's.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tracing::{debug, warn};

use crate::engine::{Answer, ConnectionId, Progress};
use crate::native::{self, FRAME_BYTES_MAX, PREFACE};
use crate::server::Server;
use crate::verbs::Request;

/// How an MQ channel client opens.
const CHANNEL_PREFACE: &[u8] = b"TSH ";
/// How long a new connection may take to say which door it wants, and then to connect.
const GREETING_MAX: Duration = Duration::from_secs(10);
/// The largest frame before MQCONNX: names and a password.
const CONNECT_BYTES_MAX: u32 = 16 * 1024;
/// What is read from a socket at once: a request with a payment in it, most times.
const READ_BYTES: usize = 16 * 1024;
/// What a connection keeps of its frame buffers between calls.
const KEPT_BYTES: usize = 256 * 1024;

/// Serves one socket until it ends; whatever its connection has open then is backed out.
pub(crate) async fn attend(
    server: Arc<Server>,
    id: ConnectionId,
    stream: TcpStream,
    mut stopping: watch::Receiver<bool>,
) {
    let peer = stream.peer_addr().map_or_else(|_| "?".to_owned(), |peer| peer.to_string());
    let mailbox = server.register(id);
    let mut door = Door {
        server: server.clone(),
        id,
        stream: BufReader::with_capacity(READ_BYTES, stream),
        mailbox,
        frame: Vec::new(),
        connected: false,
    };
    match door.converse(&mut stopping).await {
        Ok(()) => debug!(id, peer, "Connection ended."),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => debug!(id, peer, "Connection lost."),
        Err(error) => warn!(id, peer, %error, "Connection closed."),
    }
    server.unregister(id);
}

struct Door {
    server: Arc<Server>,
    id: ConnectionId,
    stream: BufReader<TcpStream>,
    mailbox: mpsc::UnboundedReceiver<Answer>,
    frame: Vec<u8>,
    connected: bool,
}

impl Door {
    async fn converse(&mut self, stopping: &mut watch::Receiver<bool>) -> io::Result<()> {
        self.stream.get_ref().set_nodelay(true)?;
        timely(self.greet()).await?;
        loop {
            let more = tokio::select! {
                biased;
                more = self.receive() => more?,
                _ = stopping.wait_for(|stopping| *stopping) => return Ok(()),
            };
            if !more {
                return Ok(());
            }
            let request = native::decode(&self.frame)?;
            self.frame.clear();
            self.frame.shrink_to(KEPT_BYTES);
            let ends = matches!(request, Request::Disconnect);
            let answer = self.call(request).await?;
            if let Some(mark) = &answer.mark {
                self.server.in_flight().note(mark)?;
            }
            self.stream.write_all(&native::encode(&answer.into_reply())?).await?;
            if ends && self.connected {
                return Ok(());
            }
        }
    }

    async fn greet(&mut self) -> io::Result<()> {
        let mut preface = [0; PREFACE.len()];
        self.stream.read_exact(&mut preface).await?;
        if preface == PREFACE {
            return Ok(());
        }
        Err(refused(if preface.starts_with(CHANNEL_PREFACE) {
            "an MQ channel client called: the channel door does not exist yet, use devqm's libmqm_r.so"
        } else {
            "the first bytes are those of no known protocol"
        }))
    }

    /// Reads one frame; false where the client has closed the connection between two frames.
    async fn receive(&mut self) -> io::Result<bool> {
        if self.connected {
            return self.receive_frame(FRAME_BYTES_MAX).await;
        }
        timely(self.receive_frame(CONNECT_BYTES_MAX)).await
    }

    async fn receive_frame(&mut self, bytes_max: u32) -> io::Result<bool> {
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

    async fn call(&mut self, request: Request) -> io::Result<Answer> {
        if let Request::Connect(connect) = &request
            && let Err(reply) = self.server.admits(connect).await
        {
            return Ok(reply.into());
        }
        let connects = matches!(request, Request::Connect(_));
        match self.server.call(self.id, request) {
            Progress::Answered(answer) => {
                self.connected |= connects && answer.is_success();
                Ok(answer)
            }
            Progress::Writing => self.mailbox.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
            Progress::Waiting { wait_ms } => self.wait(wait_ms).await,
        }
    }

    /// Waits for a message, for the end of the wait, or for the client's death: a dead client must not take a message.
    async fn wait(&mut self, wait_ms: Option<u32>) -> io::Result<Answer> {
        let over = async {
            match wait_ms {
                Some(wait_ms) => tokio::time::sleep(Duration::from_millis(u64::from(wait_ms))).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = self.mailbox.recv() => return answer.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
            () = over => {}
            read = self.stream.fill_buf() => {
                return Err(match read?.is_empty() {
                    true => io::ErrorKind::UnexpectedEof.into(),
                    false => refused("a request before the reply to the one before it"),
                });
            }
        }
        match self.server.timed_out(self.id) {
            Some(answer) => Ok(answer),
            // A message came in the last moment.
            None => self.mailbox.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
        }
    }
}

async fn timely<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(GREETING_MAX, work).await.map_err(|_| refused("the client said nothing"))?
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

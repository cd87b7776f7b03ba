//! The native door: one task per socket, frames in, frames out. Which call means what is the engine's.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use libmqm_sys as mq;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tracing::{debug, warn};

use crate::engine::{Answer, ConnectionId, Progress};
use crate::faults::{Blow, Harm, Hold, Strike};
use crate::native::{self, FRAME_BYTES_MAX, PREFACE};
use crate::server::Server;
use crate::verbs::{Outcome, Reply, Request};

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
    if let Some(hold) = server.lost_unnoticed(id) {
        drop(door);
        server.hold(hold).await;
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
            if matches!(request, Request::Cancel) {
                // What it would have ended has ended by itself, and its answer is on its way.
                continue;
            }
            let disconnects = matches!(request, Request::Disconnect);
            let answer = self.answer(request).await?;
            let ends = disconnects && self.connected && answer.is_success();
            self.stream.write_all(&native::encode(&answer.into_reply())?).await?;
            if ends {
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

    /// The answer to a request; a fault may have a word in it.
    async fn answer(&mut self, mut request: Request) -> io::Result<Answer> {
        let Some(strike) = self.server.strike(self.id, &mut request) else {
            return self.carry_out(request).await;
        };
        debug!(id = self.id, fault = strike.name, "A fault strikes.");
        match strike.blow {
            Blow::Before(harm) => {
                self.suffer(harm, &strike).await?;
                self.carry_out(request).await
            }
            Blow::After(harm) => {
                let answer = self.carry_out(request).await?;
                self.suffer(harm, &strike).await?;
                Ok(answer)
            }
            Blow::Answer { completion, reason } => Ok(codes(completion, reason)),
            Blow::BackOut => {
                self.carry_out(Request::BackOut).await?;
                Ok(codes(mq::MQCC_WARNING, mq::MQRC_BACKED_OUT))
            }
        }
    }

    /// Returns where the connection outlives it.
    async fn suffer(&mut self, harm: Harm, strike: &Strike) -> io::Result<()> {
        match harm {
            Harm::Cut => Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                format!("fault {} cuts the line", strike.name),
            )),
            Harm::Hold { ms } => tokio::select! {
                // Whoever kills a client and then deletes the fault does not want the verb carried out.
                biased;
                error = client_gone(&mut self.stream) => Err(error),
                () = self.server.hold(Hold { fault: strike.fault, ms }) => Ok(()),
            },
            // No destructor runs and nothing more is written, as with `kill -9`.
            Harm::Exit => std::process::abort(),
        }
    }

    /// Carries a request out; what its answer needs to outlive a kill is noted.
    async fn carry_out(&mut self, request: Request) -> io::Result<Answer> {
        let answer = self.call(request).await?;
        for mark in answer.mark.iter().chain(&answer.more_marks) {
            self.server.in_flight().note(mark)?;
        }
        Ok(answer)
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

    /// The only thing that a client may say while it waits for a reply.
    async fn receive_cancel(&mut self) -> io::Result<()> {
        let whole = self.receive_frame(CONNECT_BYTES_MAX).await?;
        let request = native::decode(&self.frame);
        self.frame.clear();
        match request? {
            Request::Cancel if whole => Ok(()),
            _ => Err(refused("a request before the reply to the one before it")),
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
            // Nothing is taken from the stream here, so that an answer that comes first loses no half of a frame.
            spoken = self.stream.fill_buf() => match spoken? {
                [] => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => self.receive_cancel().await?,
            },
        }
        match self.server.timed_out(self.id) {
            Some(answer) => Ok(answer),
            // A message came in the last moment.
            None => self.mailbox.recv().await.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Ends when the client dies, or speaks out of turn.
async fn client_gone(stream: &mut BufReader<TcpStream>) -> io::Error {
    match stream.fill_buf().await {
        Ok([]) => io::ErrorKind::UnexpectedEof.into(),
        Ok(_) => refused("a request before the reply to the one before it"),
        Err(error) => error,
    }
}

/// An answer of two codes.
fn codes(completion: i32, reason: i32) -> Answer {
    Reply { completion, reason, outcome: Outcome::Nothing }.into()
}

async fn timely<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(GREETING_MAX, work).await.map_err(|_| refused("the client said nothing"))?
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

//! Lines from a thread that blocks to an answer that does not: a body that is written while it is read.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Bytes, HttpBody};
use http_body::Frame;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender};

/// How long a reader may take nothing before the export is given up: it holds a session.
const STALL_MAX: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(5);

type Piece = Result<Bytes, io::Error>;

/// The end that is written to.
pub(super) struct Lines {
    sender: Sender<Piece>,
}

/// The end that is read.
pub(super) struct Receiving {
    receiver: Receiver<Piece>,
}

impl Lines {
    pub(super) fn new(sender: Sender<Piece>) -> Self {
        Self { sender }
    }

    /// Cuts the answer, so that nobody takes it for whole.
    pub(super) fn fail(&mut self, error: String) {
        // A reader that has gone needs no telling.
        let _ = self.send(Err(io::Error::other(error)));
    }

    fn send(&self, piece: Piece) -> io::Result<()> {
        let until = Instant::now() + STALL_MAX;
        let mut piece = piece;
        loop {
            piece = match self.sender.try_send(piece) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(io::ErrorKind::BrokenPipe.into()),
                Err(TrySendError::Full(_)) if Instant::now() >= until => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(TrySendError::Full(piece)) => piece,
            };
            std::thread::sleep(PAUSE);
        }
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(Ok(Bytes::copy_from_slice(bytes)))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Receiving {
    pub(super) fn new(receiver: Receiver<Piece>) -> Self {
        Self { receiver }
    }
}

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.receiver.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

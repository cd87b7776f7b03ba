//! The native door's protocol: how [`Request`] and [`Reply`] travel on a socket. Private to devqm and `libmqm_r.so`.
//!
//! A client opens with the eight bytes of [`PREFACE`] (an MQ channel client opens with `TSH`, which is how the listener
//! tells its two doors apart), after the handshake where the line is enciphered. Then frames in both directions, strictly one reply to each request: four bytes, big-endian,
//! the length of what follows; then the [postcard](https://docs.rs/postcard) encoding of the request or reply. One socket
//! is one MQI connection: closing it without [`Request::Disconnect`] backs the open unit of work out. The one thing that
//! may be said while a reply is due is [`Request::Cancel`], which has none.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::tls::client::Line;
use crate::verbs::{Reply, Request};

/// What a native client sends first: name and version of the protocol.
pub const PREFACE: [u8; 8] = *b"DEVQM 02";

/// The largest frame in bytes: a 100 MB message (MQ's own maximum) with its descriptor and properties.
pub const FRAME_BYTES_MAX: u32 = 104_857_600 + 1_048_576;

/// Encodes one frame, its length included.
///
/// # Errors
/// `InvalidData` where the value does not encode or is over [`FRAME_BYTES_MAX`].
pub fn encode<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    encode_into(value, Vec::new())
}

/// As [`encode`], in a buffer that is overwritten.
///
/// # Errors
/// As [`encode`].
pub fn encode_into<T: Serialize>(value: &T, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
    buffer.clear();
    buffer.extend([0; 4]);
    let mut frame = postcard::to_extend(value, buffer).map_err(invalid)?;
    let length = u32::try_from(frame.len() - 4).map_err(invalid)?;
    if length > FRAME_BYTES_MAX {
        return Err(invalid(format!("a frame of {length} bytes is over the limit of {FRAME_BYTES_MAX}")));
    }
    frame.splice(..4, length.to_be_bytes());
    Ok(frame)
}

/// Decodes the inside of one frame; bytes left over are an error.
///
/// # Errors
/// `InvalidData` where the bytes are not exactly one value.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    match postcard::take_from_bytes(bytes).map_err(invalid)? {
        (value, []) => Ok(value),
        (_, rest) => Err(invalid(format!("{} bytes after the end of the frame's value", rest.len()))),
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// The client's end of the native door: blocking, one call at a time.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<Line>,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

/// What a client reads at once, and what it keeps of its buffers between calls.
const CLIENT_BYTES: usize = 16 * 1024;

impl Client {
    /// Takes a connected socket and opens the native door on it.
    ///
    /// # Errors
    /// What writing to the socket says.
    pub fn open(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Self::open_on(Line::Plain(stream))
    }

    /// As [`Client::open`], on a line that may be enciphered.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn open_on(mut line: Line) -> io::Result<Self> {
        line.write_all(&PREFACE)?;
        let stream = BufReader::with_capacity(CLIENT_BYTES, line);
        Ok(Self { stream, incoming: Vec::new(), outgoing: Vec::new() })
    }

    /// Sends one request and waits for its reply, however long the queue manager takes.
    ///
    /// # Errors
    /// Any error leaves the connection unusable and the outcome of the request unknown.
    pub fn call(&mut self, request: &Request) -> io::Result<Reply> {
        self.call_and_then(request, || ())
    }

    /// As [`Client::call`]; `asked` runs once the request is on its way, and from then on a [`Canceller`] may be used.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call_and_then(&mut self, request: &Request, asked: impl FnOnce()) -> io::Result<Reply> {
        self.outgoing = encode_into(request, std::mem::take(&mut self.outgoing))?;
        self.stream.get_mut().write_all(&self.outgoing)?;
        asked();
        self.outgoing.clear();
        self.outgoing.shrink_to(CLIENT_BYTES);
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length > FRAME_BYTES_MAX {
            return Err(invalid(format!("a frame of {length} bytes is over the limit of {FRAME_BYTES_MAX}")));
        }
        (&mut self.stream).take(u64::from(length)).read_to_end(&mut self.incoming)?;
        if self.incoming.len() as u64 != u64::from(length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let reply = decode(&self.incoming);
        self.incoming.clear();
        self.incoming.shrink_to(CLIENT_BYTES);
        reply
    }

    /// What another thread ends a waiting call with.
    ///
    /// # Errors
    /// What duplicating the socket says.
    pub fn canceller(&self) -> io::Result<Canceller> {
        self.stream.get_ref().try_clone().map(Canceller)
    }
}

/// Ends a call of a [`Client`] that waits.
#[derive(Debug)]
pub struct Canceller(Line);

impl Canceller {
    /// Asks the queue manager to end the wait. Only between a request that is on its way and its reply.
    ///
    /// # Errors
    /// What writing to the socket says.
    pub fn cancel(&mut self) -> io::Result<()> {
        self.0.write_all(&encode(&Request::Cancel)?)
    }
}

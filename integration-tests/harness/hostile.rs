//! A wire in front of a service that does to a connection what no honest server does.
//!
//! Each connection gets the next deed that was asked for; where none is left it is passed on to the service, byte by byte.
//! A deed reads one whole request first, unless it says otherwise, and counts as done when it was done: a test that never
//! met its fault proves nothing.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::port::Port;
use super::service::Service;
use super::wait::until;

/// What becomes of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It is closed before anything is read.
    CloseAtOnce,
    /// It is reset before anything is read.
    ResetAtOnce,
    /// It is reset instead of an answer.
    Reset,
    /// It is closed instead of an answer.
    Close,
    /// No byte of an answer comes.
    HangBeforeHeaders,
    /// Half a head comes, then nothing.
    HangInHeaders,
    /// The head and half the body come, then nothing.
    HangInBody,
    /// It is closed in the middle of the head.
    CutInHeaders,
    /// It is closed in the middle of a chunk.
    CutInChunk,
    /// It is reset in the middle of the body.
    ResetInBody,
    /// The answer comes a byte at a time, for ever.
    Drip,
    /// What comes is not HTTP.
    Garbage,
    /// The size of a chunk is not a number.
    ChunkGarbage,
    /// The body has no end.
    EndlessBody,
    /// A body shorter than its length says.
    LengthTooLong,
    /// A body longer than its length says.
    LengthTooShort,
    /// 103, and then a whole 200.
    EarlyHintsThenOk,
    /// 101 to nobody's request.
    SwitchingProtocols,
    /// HTTP/2: the server goes away and has not looked at the request.
    GoAway,
    /// HTTP/2: the stream is refused.
    RefusedStream,
}

/// A port in front of a service.
pub(crate) struct Hostile {
    _port: Port,
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    service: SocketAddr,
    asked: Mutex<VecDeque<Deed>>,
    done: Mutex<Vec<Deed>>,
}

impl Hostile {
    /// In front of this service; as long as the test lasts.
    pub(crate) fn before(service: &Service) -> Self {
        let port = Port::reserve();
        let address = port.address();
        let listener = TcpListener::bind(address).expect("its port");
        let state =
            Arc::new(State { service: service.address(), asked: Mutex::default(), done: Mutex::default() });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || state.meet(&stream));
            }
        });
        Self { _port: port, address, state }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/payments", self.address)
    }

    /// The next connection meets this.
    pub(crate) fn next(&self, deed: Deed) {
        lock(&self.state.asked).push_back(deed);
    }

    /// Waits until everything that was asked for is done.
    #[track_caller]
    pub(crate) fn wait_until_done(&self, deed: Deed, count: usize) {
        until(&format!("{deed:?} is done {count} times"), || {
            lock(&self.state.done).iter().filter(|done| **done == deed).count() >= count
        });
    }
}

impl State {
    fn meet(&self, stream: &TcpStream) {
        let deed = lock(&self.asked).pop_front();
        // A connection that ends badly is what this is about. It is closed where the stream is dropped.
        let _ = match deed {
            None => self.pass(stream),
            Some(deed) => self.commit(deed, stream),
        };
    }

    fn pass(&self, stream: &TcpStream) -> std::io::Result<()> {
        let service = TcpStream::connect(self.service)?;
        let (mut from, mut to) = (stream.try_clone()?, service.try_clone()?);
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        std::io::copy(&mut &service, &mut &*stream)?;
        stream.shutdown(Shutdown::Both)
    }

    fn commit(&self, deed: Deed, mut stream: &TcpStream) -> std::io::Result<()> {
        match deed {
            Deed::CloseAtOnce | Deed::ResetAtOnce => {}
            Deed::GoAway | Deed::RefusedStream => read_http_2_request(stream)?,
            _ => read_request(stream)?,
        }
        let (bytes, then) = deed.script();
        stream.write_all(&bytes)?;
        lock(&self.done).push(deed);
        match then {
            Then::Close => {}
            Then::Reset => reset(stream)?,
            Then::Hang => while stream.read(&mut [0; 256]).is_ok_and(|count| count > 0) {},
            Then::Drip => {
                while stream.write_all(b"a").is_ok() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            Then::Pour => while stream.write_all(b"4\r\n    \r\n").is_ok() {},
        }
        Ok(())
    }
}

/// What follows the bytes of a deed.
enum Then {
    Close,
    Reset,
    Hang,
    /// A byte at a time.
    Drip,
    /// Chunk after chunk.
    Pour,
}

impl Deed {
    /// What is sent, and what then happens.
    fn script(self) -> (Vec<u8>, Then) {
        const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n";
        const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        const EARLY_HINTS: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        let half_a_head = HEAD[..20].to_vec();
        let half_a_body = [HEAD, b"{\"half\""].concat();
        match self {
            Self::CloseAtOnce | Self::Close => (Vec::new(), Then::Close),
            Self::ResetAtOnce | Self::Reset => (Vec::new(), Then::Reset),
            Self::HangBeforeHeaders => (Vec::new(), Then::Hang),
            Self::HangInHeaders => (half_a_head, Then::Hang),
            Self::HangInBody => (half_a_body, Then::Hang),
            Self::CutInHeaders => (half_a_head, Then::Close),
            Self::LengthTooLong => (half_a_body, Then::Close),
            Self::ResetInBody => (half_a_body, Then::Reset),
            Self::Drip => (b"HTTP/1.1 200 OK\r\nx-drip: ".to_vec(), Then::Drip),
            Self::Garbage => {
                (b"\x15\x03\x01\x00\x02\x02\x28 this is no answer\r\n\r\n".to_vec(), Then::Close)
            }
            Self::CutInChunk => ([CHUNKED, b"10\r\nhalf"].concat(), Then::Close),
            Self::ChunkGarbage => ([CHUNKED, b"2\r\n{}\r\nzz\r\n"].concat(), Then::Close),
            Self::EndlessBody => (CHUNKED.to_vec(), Then::Pour),
            Self::LengthTooShort => {
                (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{} and more of it".to_vec(), Then::Close)
            }
            Self::EarlyHintsThenOk => {
                ([EARLY_HINTS, HEAD, b"{\"text\":\"all of it\"}\n"].concat(), Then::Close)
            }
            Self::SwitchingProtocols => {
                (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n".to_vec(), Then::Hang)
            }
            // Last stream 0: no request was looked at. NO_ERROR.
            Self::GoAway => (frame(7, 0, 0, &[0; 8]), Then::Close),
            Self::RefusedStream => (frame(3, 0, 1, &7_u32.to_be_bytes()), Then::Hang),
        }
    }
}

/// Reads a request of HTTP/1.1 whose length is told.
fn read_request(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&bytes[..end]).expect("a request's head is text");
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            })
            .unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            return Ok(());
        }
    }
}

/// Shakes hands by prior knowledge and reads frames until a stream is ended by its sender.
fn read_http_2_request(mut stream: &TcpStream) -> std::io::Result<()> {
    const PREFACE_BYTES: usize = 24;
    const SETTINGS: u8 = 4;
    const END_STREAM: u8 = 1;
    stream.read_exact(&mut [0; PREFACE_BYTES])?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [a, b, c, kind, flags, ..] = head;
        let mut body = vec![0; usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)];
        stream.read_exact(&mut body)?;
        if kind == SETTINGS && flags == 0 {
            stream.write_all(&frame(SETTINGS, 1, 0, &[]))?;
        }
        // HEADERS or DATA.
        if kind <= 1 && flags & END_STREAM != 0 {
            return Ok(());
        }
    }
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), body].concat()
}

/// Closing sends RST, not FIN.
fn reset(stream: &TcpStream) -> std::io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A service that writes bytes, not HTTP: one connection at a time, one answer a connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

/// What the service writes to whoever has sent a request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// And then.
    pub(crate) then: Then,
}

/// What follows the bytes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The connection is closed.
    Close,
    /// Nothing, until the client has had enough.
    Stay,
    /// These bytes again and again, until the client has had enough.
    Repeat(&'static [u8]),
}

/// What the thread is asked to do for one exchange.
struct Exchange {
    answer: Answer,
    over: Receiver<()>,
    closed: Sender<()>,
}

/// A listener and the thread that answers on it.
pub(crate) struct Service {
    address: SocketAddr,
    exchanges: Sender<Exchange>,
}

/// One exchange that goes on.
pub(crate) struct Going {
    over: Sender<()>,
    closed: Receiver<()>,
}

impl Service {
    /// Listens on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (exchanges, asked) = channel::<Exchange>();
        thread::spawn(move || {
            while let Ok(exchange) = asked.recv() {
                let (stream, _) = listener.accept().unwrap();
                // A client that closes early is what some answers are about.
                let _ = carry_out(stream, exchange);
            }
        });
        Self { address, exchanges }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers the next connection.
    pub(crate) fn will_answer(&self, answer: Answer) -> Going {
        let ((over, over_seen), (closed, closed_seen)) = (channel(), channel());
        self.exchanges.send(Exchange { answer, over: over_seen, closed }).unwrap();
        Going { over, closed: closed_seen }
    }
}

impl Going {
    /// Ends the connection and waits until the client, tended meanwhile, has closed it too: it serves no other request.
    pub(crate) fn end(self, tend: impl Fn()) {
        // Where the answer is over, the thread does not listen any more.
        let _ = self.over.send(());
        while self.closed.try_recv() == Err(TryRecvError::Empty) {
            tend();
            thread::sleep(Duration::from_micros(100));
        }
    }
}

fn carry_out(mut stream: TcpStream, exchange: Exchange) -> std::io::Result<()> {
    let Exchange { answer, over, closed } = exchange;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_write_timeout(Some(Duration::from_millis(20)))?;
    read_request(&mut stream)?;
    // What does not go out in time meets a client that has stopped reading.
    let mut written = stream.write_all(&answer.bytes);
    match answer.then {
        Then::Close => {}
        Then::Stay => drop(over.recv()),
        Then::Repeat(bytes) => {
            let many = bytes.repeat(1 + 16_000 / bytes.len());
            while over.try_recv() == Err(TryRecvError::Empty) && is_open(&written) {
                written = stream.write_all(&many);
            }
        }
    }
    stream.shutdown(std::net::Shutdown::Write)?;
    std::io::copy(&mut stream, &mut std::io::sink())?;
    drop(closed);
    Ok(())
}

fn is_open(written: &std::io::Result<()>) -> bool {
    written.as_ref().err().is_none_or(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// Reads to the end of the request, which is that of its body in either version of HTTP.
fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while !request.ends_with(super::BODY) {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&buffer[..count]);
    }
    Ok(())
}

//! The domain service: accepts payments once per idempotency key, refuses one currency, and can go away for a while.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// The largest request that is read, in bytes.
const REQUEST_BYTES_MAX: u64 = 16 << 20;

/// A request as it came, and what was answered.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) attempt: String,
    pub(crate) possible_duplicate: String,
    pub(crate) answer: u16,
}

/// The service. While it is closed, connections to its address are refused.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    open: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Book {
    callbacks: Vec<Callback>,
    answers: HashMap<String, u16>,
}

impl Service {
    /// A service at this address; closed.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, book: Arc::default(), open: Arc::default() }
    }

    /// The URL that payments are posted to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/payments", self.address)
    }

    /// Listens.
    pub(crate) fn open(&self) -> std::io::Result<()> {
        let listener = TcpListener::bind(self.address)?;
        self.open.store(true, Ordering::SeqCst);
        let service = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if !service.open.load(Ordering::SeqCst) {
                    return;
                }
                let service = service.clone();
                std::thread::spawn(move || service.serve(stream));
            }
        });
        Ok(())
    }

    /// Stops listening: the next connection is refused, and those that are open end at their next request.
    pub(crate) fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        // Wakes the listener, which sees that it is closed.
        let _ = TcpStream::connect(self.address);
    }

    /// Every request so far.
    pub(crate) fn callbacks(&self) -> Vec<Callback> {
        self.book().callbacks.clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Some((headers, body)) = request(&mut reader) {
            if !self.open.load(Ordering::SeqCst) {
                return;
            }
            let answer = self.answer(&headers, &body);
            let reason = if answer == 200 { "OK" } else { "Unprocessable Content" };
            let sent = write!(writer, "HTTP/1.1 {answer} {reason}\r\ncontent-length: 0\r\n\r\n");
            if sent.is_err() {
                return;
            }
        }
    }

    /// The same answer to every repeat of a payment: that is a service's whole part in the contract.
    fn answer(&self, headers: &BTreeMap<String, String>, body: &[u8]) -> u16 {
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let key = header("idempotency-key");
        let mut book = self.book();
        let answer =
            *book.answers.entry(key.clone()).or_insert_with(|| if acceptable(body) { 200 } else { 422 });
        book.callbacks.push(Callback {
            key,
            kind: header("ce-type"),
            attempt: header("mqgate-attempt"),
            possible_duplicate: header("mqgate-possible-duplicate"),
            answer,
        });
        answer
    }
}

/// This bank pays in pounds and euros.
fn acceptable(body: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return false };
    let mut currencies = Vec::new();
    collect(&document, &mut currencies);
    currencies.iter().all(|currency| matches!(currency.as_str(), "GBP" | "EUR"))
}

fn collect(value: &Value, currencies: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(currency) if name == "@Ccy" => currencies.push(currency.clone()),
                    _ => collect(member, currencies),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, currencies)),
        _ => {}
    }
}

/// One request off a connection; `None` at its end.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(BTreeMap<String, String>, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length: u64 =
        headers.get("content-length")?.parse().ok().filter(|length| *length <= REQUEST_BYTES_MAX)?;
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    Some((headers, body))
}

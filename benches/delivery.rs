//! mqgate beside the limit: the same consumers doing nothing but MQGET, POST, MQCMIT.
//!
//! `cargo bench --bench delivery`, on one queue manager and one HTTP sink in one run; the two take turns. `-- --quick` is
//! shorter. 2 KB persistent pacs.008; each carries the time at which it was about to be put, read again at the sink.

#[expect(dead_code, reason = "shared with the other benchmarks, which use the rest")]
mod parts;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mq::Library;

use parts::{Client, QueueManager, Running, library_path, median, percentile, wait};

const STAMP: &[u8] = b"STAMP-";
const STAMP_DIGITS: usize = 20;

/// Who consumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consumer {
    Limit,
    Mqgate,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, connection, sink, consumers, ..] = arguments.as_slice()
        && role == "limit"
    {
        limit(connection, sink.parse().expect("an address"), consumers.parse().expect("a number"));
        return;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let bench = Bench::new();
    println!("\nmqgate beside the limit (MQGET, raw POST, MQCMIT), 2 KB persistent pacs.008\n");
    println!(
        "                 messages/s             CPU µs/message      latency p50/p99 ms at a third of the limit's rate"
    );
    println!("  consumers   limit   mqgate  ratio    limit  mqgate          limit           mqgate");
    for consumers in [1, 8, 32] {
        bench.row(consumers, quick);
    }
    bench.idle(if quick { 100 } else { 500 });
    bench.process();
}

struct Bench {
    queue_manager: QueueManager,
    library: Library,
    sink: Sink,
}

/// One drained queue.
struct Drained {
    per_second: u64,
    cpu_ns_per_message: u64,
}

impl Bench {
    fn new() -> Self {
        let library = Library::load(Some(&library_path())).expect("libmqm_r.so");
        Self { queue_manager: QueueManager::start("delivery"), library, sink: Sink::start() }
    }

    fn client(&self) -> Client {
        Client::connect(&self.library, &self.queue_manager.connection_name())
    }

    fn start(&self, consumer: Consumer, consumers: usize) -> Running {
        let connection = self.queue_manager.connection_name();
        match consumer {
            Consumer::Limit => {
                let program = std::env::current_exe().expect("this program");
                let sink = self.sink.address.to_string();
                Running::start(Command::new(program).args([
                    "limit",
                    &connection,
                    &sink,
                    &consumers.to_string(),
                ]))
            }
            Consumer::Mqgate => {
                let file = self.queue_manager.folder.join("mqgate.toml");
                std::fs::write(&file, settings(&connection, self.sink.address, consumers)).expect("a file");
                Running::start(Command::new(env!("CARGO_BIN_EXE_mqgate")).args(["run", "--config"]).arg(file))
            }
        }
    }

    /// Both at this number of consumers, in turns; prints the medians.
    fn row(&self, consumers: usize, quick: bool) {
        let (rounds, messages) = (if quick { 1 } else { 3 }, if quick { 2_000 } else { 6_000 });
        let mut rates = [Vec::new(), Vec::new()];
        let mut cpu = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for ((consumer, rates), cpu) in
                [Consumer::Limit, Consumer::Mqgate].into_iter().zip(&mut rates).zip(&mut cpu)
            {
                let drained = self.drain(consumer, consumers, messages);
                rates.push(drained.per_second);
                cpu.push(drained.cpu_ns_per_message);
            }
        }
        let [limit, mqgate] = rates.map(|rates| median(&rates));
        let [limit_cpu, mqgate_cpu] = cpu.map(|cpu| median(&cpu) / 1000);
        let pace = (limit / 3).max(1);
        let seconds = if quick { 1 } else { 3 };
        let latency = [Consumer::Limit, Consumer::Mqgate].map(|consumer| {
            let latencies = self.paced(consumer, consumers, pace, seconds);
            format!(
                "{} / {}",
                milliseconds(percentile(&latencies, 50)),
                milliseconds(percentile(&latencies, 99))
            )
        });
        let ratio = mqgate * 100 / limit.max(1);
        println!(
            "  {consumers:>9}  {limit:>6}  {mqgate:>7}  {}.{:02}  {limit_cpu:>7}  {mqgate_cpu:>6}  {:>15}  {:>15}",
            ratio / 100,
            ratio % 100,
            latency[0],
            latency[1]
        );
    }

    /// Fills the queue, lets it be emptied, and measures between the first and the last request.
    fn drain(&self, consumer: Consumer, consumers: usize, messages: usize) -> Drained {
        let mut client = self.client();
        for _ in 0..messages / 100 {
            client.put(&(0..100).map(|_| payment()).collect::<Vec<_>>());
        }
        self.sink.forget();
        let running = self.start(consumer, consumers);
        wait(|| self.sink.count() >= messages / 10);
        let (first, cpu_first, began) = (self.sink.count(), running.cpu_us(), Instant::now());
        wait(|| self.sink.count() >= messages);
        let (took, cpu, done) = (began.elapsed(), running.cpu_us() - cpu_first, messages - first);
        self.settle(&mut client);
        let done = u64::try_from(done).unwrap_or(1).max(1);
        let micros = u64::try_from(took.as_micros()).unwrap_or(1).max(1);
        Drained { per_second: done * 1_000_000 / micros, cpu_ns_per_message: cpu * 1000 / done }
    }

    /// Puts at a steady pace and returns how long each message took to the sink, in nanoseconds.
    fn paced(&self, consumer: Consumer, consumers: usize, per_second: u64, seconds: u64) -> Vec<u64> {
        let running = self.start(consumer, consumers);
        let mut client = self.client();
        self.sink.forget();
        // A first message through the whole way: connections are made, caches warm.
        client.put(&[payment()]);
        wait(|| self.sink.count() == 1);
        self.sink.forget();
        let (began, messages) = (Instant::now(), per_second * seconds);
        for number in 0..messages {
            let due = Duration::from_micros(number * 1_000_000 / per_second);
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            client.put(&[payment()]);
        }
        wait(|| self.sink.count() as u64 >= messages);
        self.settle(&mut client);
        drop(running);
        self.sink.latencies()
    }

    /// One message at a time.
    fn idle(&self, messages: usize) {
        let medians = [Consumer::Limit, Consumer::Mqgate].map(|consumer| {
            let running = self.start(consumer, 1);
            let mut client = self.client();
            client.put(&[payment()]);
            wait(|| self.sink.count() > 0);
            self.sink.forget();
            for number in 1..=messages {
                client.put(&[payment()]);
                wait(|| self.sink.count() >= number);
            }
            self.settle(&mut client);
            drop(running);
            median(&self.sink.latencies())
        });
        let more = medians[1].saturating_sub(medians[0]);
        println!(
            "\n  idle, one message at a time, p50: limit {} ms, mqgate {} ms, {} ms more (wanted: below 0.5)",
            milliseconds(medians[0]),
            milliseconds(medians[1]),
            milliseconds(more)
        );
    }

    /// Memory with 8 consumers after some work, and the time from start to the first message at the sink.
    fn process(&self) {
        let mut client = self.client();
        let mut starts = Vec::new();
        for _ in 0..5 {
            client.put(&[payment()]);
            self.sink.forget();
            let began = Instant::now();
            let running = self.start(Consumer::Mqgate, 8);
            wait(|| self.sink.count() > 0);
            starts.push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
            self.settle(&mut client);
            drop(running);
        }
        println!(
            "  start to first message at the sink: {} ms (wanted: below 100 to the first get)",
            milliseconds(median(&starts))
        );
        let running = self.start(Consumer::Mqgate, 8);
        self.sink.forget();
        for _ in 0..50 {
            client.put(&(0..100).map(|_| payment()).collect::<Vec<_>>());
        }
        wait(|| self.sink.count() >= 5_000);
        let (now, most) = (running.memory_kib("VmRSS"), running.memory_kib("VmHWM"));
        println!(
            "  memory with 8 consumers after 5,000 messages: {} MB, at most {} MB (wanted: below 30)\n",
            now / 1024,
            most / 1024
        );
    }

    /// Waits until nothing is left on the queue, so that no unit of the last run is cut off.
    fn settle(&self, client: &mut Client) {
        wait(|| client.depth() == 0);
        // A message in a unit is not on the queue: its commit follows its request by less than this.
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The other side of the comparison: no translation, no routing, no logging; a raw request on a kept connection.
fn limit(connection: &str, sink: SocketAddr, consumers: usize) {
    let library = Library::load(Some(&library_path())).expect("libmqm_r.so");
    std::thread::scope(|scope| {
        for _ in 0..consumers {
            scope.spawn(|| {
                let mut client = Client::connect(&library, connection);
                let mut stream = TcpStream::connect(sink).expect("the sink");
                stream.set_nodelay(true).expect("a socket");
                let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
                loop {
                    client.get(Duration::from_secs(1), |body| {
                        let head = format!(
                            "POST /payments HTTP/1.1\r\nhost: {sink}\r\ncontent-length: {}\r\n\r\n",
                            body.len()
                        );
                        stream.write_all(&[head.as_bytes(), body].concat()).expect("a request");
                        let mut line = String::new();
                        while line != "\r\n" {
                            line.clear();
                            assert!(reader.read_line(&mut line).expect("an answer") > 0, "the sink has gone");
                        }
                    });
                }
            });
        }
    });
}

/// An HTTP service that notes when stamps arrive and answers 200.
struct Sink {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<u64>>>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let sink = Self { address: listener.local_addr().expect("an address"), seen: Arc::default() };
        let seen = Arc::clone(&sink.seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        sink
    }

    fn seen(&self) -> MutexGuard<'_, Vec<u64>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> usize {
        self.seen().len()
    }

    fn latencies(&self) -> Vec<u64> {
        self.seen().clone()
    }

    fn forget(&self) {
        self.seen().clear();
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<u64>>) {
    // A consumer that ends closes its connection: that is no failure.
    let Ok(clone) = stream.try_clone() else { return };
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(clone);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        body.resize(length, 0);
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let latency = now_ns().saturating_sub(stamp(&body).unwrap_or(0));
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(latency);
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn stamp(body: &[u8]) -> Option<u64> {
    let at = body.windows(STAMP.len()).position(|window| window == STAMP)? + STAMP.len();
    std::str::from_utf8(body.get(at..at + STAMP_DIGITS)?).ok()?.parse().ok()
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A pacs.008 of 2 KB with the time in it.
fn payment() -> Vec<u8> {
    parts::payment(&format!("STAMP-{:020}", now_ns()))
}

fn settings(connection: &str, sink: SocketAddr, consumers: usize) -> String {
    let library = library_path();
    format!(
        "provider = \"bench\"\nmq_library = {library:?}\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         [[sites]]\nname = \"site\"\nconnection_name = \"{connection}\"\nchannel = \"BENCH.SVRCONN\"\n\
         [[sources]]\nname = \"payments\"\nqueue = \"{}\"\nconsumers = {consumers}\n\
         [[destinations]]\nname = \"sink\"\nurl = \"http://{sink}/payments\"\n[[routes]]\nto = \"sink\"\n",
        parts::QUEUE
    )
}

/// Nanoseconds as milliseconds with two decimals.
fn milliseconds(nanoseconds: u64) -> String {
    let hundredths = nanoseconds / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

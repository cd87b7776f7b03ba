//! What trouble costs: one destination of three out, a long outage over, a million messages some of which fail.
//!
//! `cargo bench --bench endurance`; `-- --quick` with a tenth of the messages, `-- outage`, `-- backlog`, `-- million` for one part.
//! Everything is compared within one run.

#[expect(dead_code, reason = "shared with the other benchmarks, which use the rest")]
mod parts;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mq::Library;

use parts::{Client, QueueManager, Running, free_address, library_path, payment, wait_for};

/// Long enough for the longest of these on a slow machine.
const PATIENCE: Duration = Duration::from_secs(1_800);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let parts: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| *wanted == part);
    let scale = if quick { 1 } else { 10 };
    let bench = Bench::new();
    println!("\nmqgate in trouble, 8 consumers, 2 KB persistent pacs.008, audit to the log\n");
    if wanted("outage") {
        bench.one_of_three_out(6_000 * scale);
    }
    if wanted("backlog") {
        bench.long_outage(10_000 * scale);
    }
    if wanted("million") {
        bench.a_million(100_000 * scale);
    }
}

struct Bench {
    queue_manager: QueueManager,
    library: Library,
}

impl Bench {
    fn new() -> Self {
        let library = Library::load(Some(&library_path())).expect("libmqm_r.so");
        Self { queue_manager: QueueManager::start("endurance"), library }
    }

    fn client(&self) -> Client {
        Client::connect(&self.library, &self.queue_manager.connection_name())
    }

    fn mqgate(&self, settings: &str) -> Running {
        let file = self.queue_manager.folder.join("mqgate.toml");
        std::fs::write(&file, settings).expect("a file");
        Running::start(Command::new(env!("CARGO_BIN_EXE_mqgate")).args(["run", "--config"]).arg(file))
    }

    fn put(&self, messages: u64, id: impl Fn(u64) -> String) {
        let mut client = self.client();
        for first in (0..messages).step_by(100) {
            let bodies: Vec<_> = (first..(first + 100).min(messages)).map(|n| payment(&id(n))).collect();
            client.put(&bodies);
        }
    }

    /// The same messages for three destinations, all well, and with the third out: how fast the other two get theirs.
    fn one_of_three_out(&self, messages: u64) {
        let others = messages * 2 / 3;
        let mut rates = [0, 0];
        for _ in 0..3 {
            for (out, rate) in [false, true].into_iter().zip(&mut rates) {
                let (a, b, c) = (Sink::start(), Sink::start(), Sink::start());
                // A closed port: connections are refused.
                let third = if out { free_address() } else { c.address };
                self.put(messages, |n| {
                    format!(
                        "{}{n:012}",
                        if n % 3 == 0 {
                            "A"
                        } else if n % 3 == 1 {
                            "B"
                        } else {
                            "C"
                        }
                    )
                });
                let routes = [("A", a.address), ("B", b.address), ("C", third)];
                let running = self.mqgate(&settings(&self.queue_manager.connection_name(), &routes));
                let done = || a.accepted() + b.accepted();
                wait_for(PATIENCE, || done() >= others / 10);
                let (from, began) = (done(), Instant::now());
                wait_for(PATIENCE, || done() >= others);
                *rate += per_second(others - from, began.elapsed()) / 3;
                drop(running);
                self.clear();
            }
        }
        let [well, out] = rates;
        let percent = out * 100 / well.max(1);
        println!(
            "  others' messages/s: {well} with all three well, {out} with one out, {percent} % (wanted: above 95)"
        );
    }

    /// Messages that waited for a service are delivered as fast as messages that did not.
    fn long_outage(&self, messages: u64) {
        let connection = self.queue_manager.connection_name();
        let sink = Sink::start();
        self.put(messages / 5, |n| format!("A{n:012}"));
        let running = self.mqgate(&settings(&connection, &[("A", sink.address)]));
        let usual = drain(&sink, messages / 5);
        drop(running);

        let sink = Sink::start();
        sink.refuses.store(true, Ordering::Relaxed);
        self.put(messages, |n| format!("A{n:012}"));
        let running = self.mqgate(&settings(&connection, &[("A", sink.address)]));
        wait_for(PATIENCE, || sink.requests.load(Ordering::Relaxed) >= 20);
        sink.refuses.store(false, Ordering::Relaxed);
        let after = drain(&sink, messages);
        let backed_out = sink.backed_out.load(Ordering::Relaxed);
        println!(
            "  {messages} messages after an outage: {after}/s beside {usual}/s without one, {} %; {backed_out} had been backed out",
            after * 100 / usual.max(1)
        );
        drop(running);
        self.clear();
    }

    /// Memory over many messages, every fifth of which fails in some way.
    fn a_million(&self, messages: u64) {
        let sink = Sink::start();
        sink.fails.store(true, Ordering::Relaxed);
        let running = self.mqgate(&settings(&self.queue_manager.connection_name(), &[("A", sink.address)]));
        let mut memory = Vec::new();
        let chunk = messages / 10;
        for step in 0..10 {
            self.put(chunk, |n| format!("A{:012}", step * chunk + n));
            wait_for(PATIENCE, || sink.ended() >= (step + 1) * chunk * 99 / 100);
            memory.push(running.memory_kib("VmRSS") / 1024);
        }
        wait_for(PATIENCE, || sink.ended() >= messages);
        let list: Vec<String> = memory.iter().map(u64::to_string).collect();
        println!(
            "  memory in MB after each tenth of {messages} messages: {} (wanted: ± 5 from the second on)",
            list.join(" ")
        );
        println!("  of these {} were refused, {} failed first\n", sink.refused(), sink.failed());
        drop(running);
    }

    /// Empties every queue for the next part.
    fn clear(&self) {
        let address = self.queue_manager.address.to_string();
        for queue in ["BENCH.IN", "BENCH.PARKED", "BENCH.A.RETRY", "BENCH.B.RETRY", "BENCH.C.RETRY"] {
            let command = format!("CLEAR QLOCAL({queue})");
            let done = || {
                let mut devqm = Command::new(parts::profile_folder().join("devqm"));
                devqm
                    .args(["mqsc", "--connect", &address, "-c", &command])
                    .output()
                    .is_ok_and(|it| it.status.success())
            };
            wait_for(PATIENCE, done);
        }
    }
}

/// The rate at which a full queue is emptied, without its first tenth.
fn drain(sink: &Sink, messages: u64) -> u64 {
    wait_for(PATIENCE, || sink.accepted() >= messages / 10);
    let (from, began) = (sink.accepted(), Instant::now());
    wait_for(PATIENCE, || sink.accepted() >= messages);
    per_second(messages - from, began.elapsed())
}

fn per_second(count: u64, time: Duration) -> u64 {
    count * 1_000_000 / u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

fn settings(connection: &str, routes: &[(&str, SocketAddr)]) -> String {
    let library = library_path();
    let mut text = format!(
        "provider = \"bench\"\nmq_library = {library:?}\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         [limits]\npark_burst_max = 100000\npark_window_ms = 1\n\
         [retry]\nprobe_delay_ms_first = 20\nprobe_delay_ms_max = 100\nretry_delay_ms_first = 5\nretry_delay_ms_max = 20\n\
         defer_delay_ms_first = 50\ndefer_delay_ms_max = 200\nunit_hold_ms_max = 2000\n[dispatch]\ntimeout_ms = 1000\n\
         [[sites]]\nname = \"site\"\nconnection_name = \"{connection}\"\nchannel = \"BENCH.SVRCONN\"\n\
         [[sources]]\nname = \"payments\"\nqueue = \"{}\"\nconsumers = 8\n",
        parts::QUEUE
    );
    for (name, address) in routes {
        text += &format!(
            "[[destinations]]\nname = \"{name}\"\nurl = \"http://{address}/\"\nretry_queue = \"BENCH.{name}.RETRY\"\n\
             [[routes]]\nto = \"{name}\"\nwhen = {{ keys = {{ EndToEndId = \"E-{name}*\" }} }}\n"
        );
    }
    text
}

/// A service that counts. It accepts, or refuses everything, or lets some fail: by the payment's number and the attempt.
struct Sink {
    address: SocketAddr,
    refuses: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    backed_out: Arc<AtomicU64>,
    // Requests by how they were answered: 200, 422, 500, cut.
    answers: Arc<[AtomicU64; 4]>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let sink = Self {
            address: listener.local_addr().expect("an address"),
            refuses: Arc::default(),
            fails: Arc::default(),
            requests: Arc::default(),
            backed_out: Arc::default(),
            answers: Arc::default(),
        };
        let shared = sink.shared();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = shared.shared();
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        sink
    }

    fn shared(&self) -> Self {
        Self {
            address: self.address,
            refuses: Arc::clone(&self.refuses),
            fails: Arc::clone(&self.fails),
            requests: Arc::clone(&self.requests),
            backed_out: Arc::clone(&self.backed_out),
            answers: Arc::clone(&self.answers),
        }
    }

    fn count(&self, index: usize) -> u64 {
        self.answers.get(index).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn accepted(&self) -> u64 {
        self.count(0)
    }

    fn refused(&self) -> u64 {
        self.count(1)
    }

    fn failed(&self) -> u64 {
        self.count(2) + self.count(3)
    }

    fn ended(&self) -> u64 {
        self.accepted() + self.refused()
    }

    fn serve(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream);
        while let Some((attempt, backouts, number)) = read(&mut reader) {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.backed_out.fetch_add(u64::from(backouts > 0), Ordering::Relaxed);
            let answer = self.answer(attempt, number);
            if let Some(count) = self.answers.get(answer) {
                count.fetch_add(u64::from(!self.refuses.load(Ordering::Relaxed)), Ordering::Relaxed);
            }
            let status = match answer {
                _ if self.refuses.load(Ordering::Relaxed) => "503 Service Unavailable",
                0 => "200 OK",
                1 => "422 Unprocessable Content",
                2 => "500 Internal Server Error",
                _ => return,
            };
            if write!(writer, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").is_err() {
                return;
            }
        }
    }

    /// Of twenty payments one is refused and three are answered 500 first; of a thousand one meets a cut line first, which
    /// makes a short outage of it.
    fn answer(&self, attempt: u64, number: u64) -> usize {
        match (self.fails.load(Ordering::Relaxed), number % 20, attempt) {
            (false, _, _) => 0,
            (true, 0, _) => 1,
            (true, 1..=3, 1) => 2,
            (true, _, 1) if number % 1_000 == 7 => 3,
            _ => 0,
        }
    }
}

/// Reads one request: the attempt, the backout count, the payment's number. `None`: the connection ended.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(u64, u64, u64)> {
    let (mut length, mut attempt, mut backouts) = (0, 0, 0);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.split_once(':') else {
            if line == "\r\n" {
                break;
            }
            continue;
        };
        let value = value.trim().parse().unwrap_or(0);
        match name {
            "content-length" => length = value,
            "mqgate-attempt" => attempt = value,
            "mq-backout-count" => backouts = value,
            _ => {}
        }
    }
    let mut body = vec![0; usize::try_from(length).ok()?];
    reader.read_exact(&mut body).ok()?;
    let at = body.windows(3).position(|window| window == b"E-A").map_or(0, |at| at + 3);
    let digits = body.get(at..at + 12).and_then(|digits| std::str::from_utf8(digits).ok());
    Some((attempt, backouts, digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)))
}

//! What a million messages on one queue of devqm cost: memory, disk, a start after `kill -9`; and that what they have taken is
//! used again.
//!
//! `cargo bench --bench capacity`; `-- --quick` with a tenth of the messages. Messages are of 2 KB and persistent, put and got
//! through `libmqm_r.so`. About 5 GB of disk are needed.

#[expect(dead_code, reason = "shared with the other benchmarks, which use the rest")]
mod parts;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use mq::Library;

use parts::{Client, QueueManager, library_path, profile_folder};

/// Units of this many messages.
const UNIT: usize = 500;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let messages = if quick { 100_000 } else { 1_000_000 };
    let library = Library::load(Some(&library_path())).expect("libmqm_r.so");
    let mut bench = Bench { queue_manager: QueueManager::start("capacity"), library };
    println!("\ndevqm with {messages} persistent messages of 2 KB on one queue\n");
    println!("  {:<34}  {:>9}  {:>9}  {:>9}", "", "seconds", "RSS MiB", "disk MiB");
    bench.show("empty", Duration::ZERO);
    let took = bench.put(messages);
    bench.show("put, in units of 500", took);
    let took = bench.queue_manager.kill_and_start();
    bench.show("kill -9, and serving again", took);
    let took = bench.get(messages);
    bench.show("got, each in a unit of its own", took);
    let took = bench.put(messages / 2);
    bench.show("half as many put again", took);
    let took = bench.get(messages / 2);
    bench.show("got", took);
    bench.compact();
    println!("\n  wanted: serving again in less than 10 s; no more disk for what is put again\n");
}

struct Bench {
    queue_manager: QueueManager,
    library: Library,
}

impl Bench {
    fn client(&self) -> Client {
        Client::connect(&self.library, &self.queue_manager.connection_name())
    }

    fn put(&self, messages: usize) -> Duration {
        let mut client = self.client();
        let unit = vec![vec![b'x'; 2_048]; UNIT];
        let began = Instant::now();
        for _ in 0..messages / UNIT {
            client.put(&unit);
        }
        began.elapsed()
    }

    fn get(&self, messages: usize) -> Duration {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| {
                    let mut client = self.client();
                    while client.get(Duration::ZERO, |body| assert_eq!(body.len(), 2_048)) {}
                });
            }
        });
        assert_eq!(self.client().depth(), 0, "{messages} were put, and not all were got");
        began.elapsed()
    }

    fn show(&self, what: &str, took: Duration) {
        let memory = self.queue_manager.running.memory_kib("VmRSS") / 1_024;
        println!(
            "  {what:<34}  {:>7}.{}  {memory:>9}  {:>9}",
            took.as_secs(),
            took.subsec_millis() / 100,
            self.disk()
        );
    }

    /// What the data folder's database takes, in MiB.
    fn disk(&self) -> u64 {
        let file = self.queue_manager.folder.join("data/devqm.redb");
        fs::metadata(file).map_or(0, |found| found.len()) / (1_024 * 1_024)
    }

    fn compact(mut self) {
        // It may have ended already.
        let _ = self.queue_manager.running.0.kill();
        let _ = self.queue_manager.running.0.wait();
        let began = Instant::now();
        let data = self.queue_manager.folder.join("data");
        let status =
            Command::new(profile_folder().join("devqm")).args(["compact", "--data"]).arg(data).status();
        assert!(status.is_ok_and(|status| status.success()), "devqm compact");
        self.show("devqm compact, stopped", began.elapsed());
    }
}

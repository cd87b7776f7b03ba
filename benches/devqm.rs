//! How many durable put+commit, get+commit pairs devqm does in a second, beside how often the same disk can be made to sync.
//!
//! `cargo bench --bench devqm`. Pairs go through `libmqm_r.so`, each client on a connection and a thread of its own, all on
//! one queue. `-- --quick` measures for a shorter time.

#[expect(dead_code, reason = "shared with the other benchmark, which uses the rest")]
mod parts;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mq::Library;

use parts::{Client, QueueManager, library_path};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let time = Duration::from_secs(if quick { 1 } else { 5 });
    let queue_manager = QueueManager::start("devqm");
    let library = Library::load(Some(&library_path())).expect("libmqm_r.so");
    let syncs = syncs_per_second(&queue_manager.folder, time);
    println!("\ndevqm: durable put+commit, get+commit pairs of 2 KB\n");
    println!("  {:>8}  {:>10}  {:>18}  {:>9}", "clients", "pairs/s", "pairs/fdatasync", "× 1 client");
    let mut one = 0;
    for clients in [1, 8, 64] {
        let pairs = pairs_per_second(&library, &queue_manager, clients, time);
        if clients == 1 {
            one = pairs;
        }
        let (per_sync, times) = (pairs * 100 / syncs.max(1), pairs * 10 / one.max(1));
        println!(
            "  {clients:>8}  {pairs:>10}  {:>15}.{:02}  {:>7}.{}",
            per_sync / 100,
            per_sync % 100,
            times / 10,
            times % 10
        );
    }
    println!("  {:>8}  {syncs:>10}  fdatasync/s of 4 KB on the same disk", "disk");
    println!("\n  wanted: 64 clients at least 5 × 1 client\n");
}

fn syncs_per_second(folder: &Path, time: Duration) -> u64 {
    let file = File::create(folder.join("syncs")).expect("a file");
    let (began, mut syncs) = (Instant::now(), 0);
    while began.elapsed() < time {
        file.write_all_at(&[1; 4096], 0).expect("a write");
        file.sync_data().expect("a sync");
        syncs += 1;
    }
    per_second(syncs, began.elapsed())
}

fn pairs_per_second(library: &Library, queue_manager: &QueueManager, clients: usize, time: Duration) -> u64 {
    let (stop, pairs) = (AtomicBool::new(false), AtomicU64::new(0));
    let connection = queue_manager.connection_name();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let mut client = Client::connect(library, &connection);
                let body = [vec![b'x'; 2048]];
                while !stop.load(Ordering::Relaxed) {
                    client.put(&body);
                    if client.get(Duration::ZERO, |_| ()) {
                        pairs.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        // Connecting, and the first pairs of cold caches, do not count.
        std::thread::sleep(time / 5);
        let (before, began) = (pairs.load(Ordering::Relaxed), Instant::now());
        std::thread::sleep(time);
        let done = per_second(pairs.load(Ordering::Relaxed) - before, began.elapsed());
        stop.store(true, Ordering::Relaxed);
        done
    })
}

fn per_second(count: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    count * 1_000_000 / micros
}

//! `kill -9` at random under load, for as long as one likes.
//!
//! `cargo test` does it for a few seconds; `MQGATE_SOAK_SECONDS=300 cargo test --test integration soak -- --nocapture` for five
//! minutes. Every fourth kill is the queue manager's. The seed is printed; `MQGATE_SOAK_SEED` repeats the same kills.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::harness::client::property;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Request, Service, Settings, eventually};

/// Payments put before each kill.
const BATCH: usize = 120;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}

/// A random number generator with a given start.
struct Random(u64);

impl Random {
    /// From 100 ms to 2 s.
    fn pause(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(100 + self.0 % 1_900)
    }
}

#[test]
fn killed_at_random_under_load_every_payment_arrives_and_every_repeat_is_marked() {
    let time = Duration::from_secs(number("MQGATE_SOAK_SECONDS", 4));
    let seed = number("MQGATE_SOAK_SEED", u64::from(std::process::id()) | 1);
    let mut random = Random(seed);
    let mut devqm = Devqm::start_with("DEFINE QLOCAL(AGAIN) DEFPSIST(YES)");
    // It takes its time, so that most kills meet requests under way.
    let service = Service::start(|_| Answer::status(200).late(Duration::from_millis(40)));
    let settings = Settings::new(&devqm, &service)
        .with("sources.0.consumers", 8)
        .with("sources.0.retry_queue", "AGAIN")
        .with("audit.sink", "off");
    let mut gateway = Gateway::start(&settings);
    let (began, mut kills, mut payments) = (Instant::now(), 0, Vec::new());
    while began.elapsed() < time {
        let batch = Payment::several(BATCH);
        let mut client = devqm.client();
        for payment in &batch {
            client.put(PAYMENTS, payment.bytes());
        }
        payments.extend(batch);
        // The time of the kill is what is random here; nothing is waited for.
        std::thread::sleep(random.pause());
        kills += 1;
        if kills % 4 == 0 {
            devqm.kill_and_restart();
        } else {
            gateway.kill();
            gateway.spawn();
        }
    }
    eventually("everything has left its queue", || {
        let mut client = devqm.client();
        let depth = client.depth(PAYMENTS) + client.depth("AGAIN");
        let met = service.accepted_payments() + client.depth(PARKED) as usize;
        (depth == 0 && met >= payments.len()).then_some(())
    });
    eventually("mqgate is up again", || (gateway.ask("/readyz").0 == 200).then_some(()));
    assert_eq!(gateway.stop(), Some(0));
    let mut client = devqm.client();
    assert_eq!((client.depth(PAYMENTS), client.depth("AGAIN")), (0, 0));
    let parked: Vec<_> = std::iter::from_fn(|| client.get(PARKED)).collect();
    let reasons: Vec<_> = parked.iter().map(|message| property(message, "mqgate.reason")).collect();
    assert!(reasons.iter().all(|reason| *reason == Some("crash-suspect")), "{reasons:?}");
    let accepted = check(&payments, &service.requests(), parked.len());
    println!(
        "{} payments, {kills} kills in {} s, {accepted} accepted, {} parked as crash suspects, seed {seed}",
        payments.len(),
        time.as_secs(),
        parked.len()
    );
}

/// Every payment was accepted, or is among the parked; every further request for one is marked and has its key.
fn check(payments: &[Payment], requests: &[Request], parked: usize) -> usize {
    let mut by_payment: BTreeMap<String, Vec<&Request>> = BTreeMap::new();
    for request in requests {
        by_payment.entry(request.end_to_end_id()).or_default().push(request);
    }
    let (mut accepted, mut repeats) = (0, 0);
    for payment in payments {
        let requests = by_payment.get(&payment.id).map_or(&[][..], Vec::as_slice);
        accepted += usize::from(requests.iter().any(|request| request.accepted()));
        repeats += requests.len().saturating_sub(1);
        for request in requests.iter().skip(1) {
            assert!(request.possible_duplicate(), "{}: a repeat without its mark", payment.id);
            assert_eq!(request.key(), requests[0].key(), "{}", payment.id);
        }
    }
    assert!(accepted + parked >= payments.len(), "{} are lost", payments.len() - accepted - parked);
    println!("{repeats} repeats, all marked");
    accepted
}

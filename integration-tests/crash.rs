//! `kill -9`, at every moment that matters: nothing lost, and no repeat without its mark.
//!
//! The ledgers stand outside both programs: what was put, what the service accepted, by key. The rounds are few by default;
//! `MQGATE_KILL_ROUNDS` sets their number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mq::{Descriptor, GetOptions, MessageId};

use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Request, Service, Settings, eventually};

fn rounds(few: usize) -> usize {
    std::env::var("MQGATE_KILL_ROUNDS")
        .map_or(few, |rounds| rounds.parse().expect("MQGATE_KILL_ROUNDS is a number"))
}

/// Every payment was accepted; each has one key; every request after its first carries the mark.
pub(crate) fn assert_nothing_lost_and_every_repeat_marked(payments: &[Payment], requests: &[Request]) {
    let mut by_payment: BTreeMap<String, Vec<&Request>> = BTreeMap::new();
    for request in requests {
        by_payment.entry(request.end_to_end_id()).or_default().push(request);
    }
    for payment in payments {
        let requests = by_payment.get(&payment.id).map_or(&[][..], Vec::as_slice);
        assert!(requests.iter().any(|request| request.accepted()), "{} is lost", payment.id);
        for request in requests {
            assert_eq!(request.key(), requests[0].key(), "{}", payment.id);
        }
        let unmarked = requests.iter().skip(1).filter(|request| !request.possible_duplicate()).count();
        assert_eq!(unmarked, 0, "{}: a repeat without its mark", payment.id);
    }
    assert_eq!(by_payment.len(), payments.len(), "nothing else arrived");
}

#[test]
fn killed_after_the_get_the_payment_comes_again_marked() {
    let devqm = Devqm::start();
    let service =
        Service::start(
            |request| if request.number == 0 { Answer::status(200).held() } else { Answer::status(200) },
        );
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service));
    let payments = Payment::several(1);
    devqm.client().put(PAYMENTS, payments[0].bytes());
    service.wait_for_requests(1);
    gateway.kill_and_restart();
    service.wait_for_accepted(1);
    devqm.wait_for_depth(PAYMENTS, 0);
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    // Once for the consumer that was killed with it; again where it went to another one of the same dead process.
    assert!(requests[1].header("mq-backout-count").parse::<u32>().unwrap() >= 1);
    assert_nothing_lost_and_every_repeat_marked(&payments, &requests);
}

#[test]
fn killed_when_the_service_has_answered_the_payment_is_not_lost() {
    let devqm = Devqm::start();
    let service = Service::accepting();
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service));
    let payments = Payment::several(rounds(5));
    for (round, payment) in payments.iter().enumerate() {
        devqm.client().put(PAYMENTS, payment.bytes());
        service.wait_for_accepted(round + 1);
        gateway.kill_and_restart();
    }
    devqm.wait_for_depth(PAYMENTS, 0);
    eventually("the last unit has ended", || (gateway.stop() == Some(0)).then_some(()));
    assert_eq!(devqm.client().depth(PAYMENTS), 0);
    assert_nothing_lost_and_every_repeat_marked(&payments, &service.requests());
}

#[test]
fn killed_around_the_commit_the_payment_is_not_lost() {
    let devqm = Devqm::start();
    let service = Service::accepting();
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service).with("sources.0.consumers", 4));
    let mut payments = Vec::new();
    for round in 0..rounds(5) {
        let load = Payment::several(50);
        let mut client = devqm.client();
        for payment in &load {
            client.put(PAYMENTS, payment.bytes());
        }
        // Somewhere among the commits of this load: later in each round, by the count of answers, not by time.
        service.wait_for_accepted(payments.len() + 5 + (round * 7) % 40);
        payments.extend(load);
        gateway.kill_and_restart();
    }
    let distinct = |requests: &[Request]| {
        let accepted = requests.iter().filter(|request| request.accepted());
        accepted.map(Request::end_to_end_id).collect::<BTreeSet<_>>().len()
    };
    eventually("every payment is accepted", || {
        (distinct(&service.requests()) == payments.len()).then_some(())
    });
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (0, 0));
    assert_nothing_lost_and_every_repeat_marked(&payments, &service.requests());
}

#[test]
fn with_the_queue_manager_killed_under_load_the_payments_all_arrive() {
    let mut devqm = Devqm::start();
    let service = Service::accepting();
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service).with("sources.0.consumers", 8));
    let mut payments = Vec::new();
    for round in 0..rounds(3) {
        let load = Payment::several(60);
        let mut client = devqm.client();
        for payment in &load {
            client.put(PAYMENTS, payment.bytes());
        }
        service.wait_for_requests(payments.len() + 5 + (round * 11) % 50);
        payments.extend(load);
        devqm.kill_and_restart();
    }
    let distinct = |requests: &[Request]| {
        let accepted = requests.iter().filter(|request| request.accepted());
        accepted.map(Request::end_to_end_id).collect::<BTreeSet<_>>().len()
    };
    eventually("every payment is accepted", || {
        (distinct(&service.requests()) == payments.len()).then_some(())
    });
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (0, 0));
    assert_nothing_lost_and_every_repeat_marked(&payments, &service.requests());
}

/// What one client of the queue manager knows for certain, and what it does not.
#[derive(Default)]
struct Ledger {
    put: BTreeSet<[u8; 24]>,
    maybe_put: BTreeSet<[u8; 24]>,
    got: Vec<[u8; 24]>,
    maybe_got: BTreeSet<[u8; 24]>,
}

/// Puts and gets in units of one message until the connection ends. Every message has an id of its own.
fn work(devqm: &Devqm, worker: u8, round: u16, stop: &AtomicBool) -> Ledger {
    let mut ledger = Ledger::default();
    let Ok(mut client) = crate::harness::client::Client::try_connect(devqm) else { return ledger };
    for number in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            return ledger;
        }
        let mut id = [worker; 24];
        id[1..3].copy_from_slice(&round.to_be_bytes());
        id[3..7].copy_from_slice(&number.to_be_bytes());
        let descriptor = Descriptor { message_id: MessageId(id), ..Put::text(b"").descriptor };
        match client.try_put(PAYMENTS, &Put { descriptor, ..Put::text(&id) }) {
            Ok(_) => ledger.put.insert(id),
            Err(_) => {
                ledger.maybe_put.insert(id);
                return ledger;
            }
        };
        let Ok((session, queue)) = client.session(PAYMENTS, true) else { return ledger };
        let mut unit = session.begin();
        let Ok(got) = unit.get(queue, GetOptions { wait: Duration::ZERO }) else { return ledger };
        let Some(message) = got else { continue };
        let id = message.descriptor.message_id.0;
        if number % 3 == 0 {
            // Backed out: it must be there again for somebody.
            if unit.back_out().is_err() {
                return ledger;
            }
        } else if unit.commit().is_ok() {
            ledger.got.push(id);
        } else {
            ledger.maybe_got.insert(id);
            return ledger;
        }
    }
    ledger
}

#[test]
fn a_killed_queue_manager_loses_no_committed_put_and_returns_no_committed_get() {
    let mut devqm = Devqm::start();
    let mut total = Ledger::default();
    for round in 0..rounds(3) {
        let stop = AtomicBool::new(false);
        let devqm_ref = &devqm;
        let running = devqm.client().depth(PAYMENTS);
        let ledgers: Vec<Ledger> = std::thread::scope(|scope| {
            let workers: Vec<_> = (1..=8)
                .map(|worker| {
                    let (stop, round) = (&stop, u16::try_from(round).unwrap());
                    scope.spawn(move || work(devqm_ref, worker, round, stop))
                })
                .collect();
            // Under way: a few dozen units have ended since this round began.
            let mut client = devqm_ref.client();
            eventually("load", || {
                (client.depth(PAYMENTS) >= running + 20 + u32::try_from(round).unwrap()).then_some(())
            });
            devqm_ref.kill_running();
            stop.store(true, Ordering::Relaxed);
            workers.into_iter().map(|worker| worker.join().expect("a worker")).collect()
        });
        for ledger in ledgers {
            total.put.extend(ledger.put);
            total.maybe_put.extend(ledger.maybe_put);
            total.got.extend(ledger.got);
            total.maybe_got.extend(ledger.maybe_got);
        }
        devqm.kill_and_restart();
    }
    let mut client = devqm.client();
    let left: Vec<[u8; 24]> =
        std::iter::from_fn(|| client.get(PAYMENTS)).map(|message| message.descriptor.message_id.0).collect();
    check(&total, &left);
}

fn check(total: &Ledger, left: &[[u8; 24]]) {
    let got: BTreeSet<_> = total.got.iter().copied().collect();
    assert_eq!(got.len(), total.got.len(), "a committed get came back to another getter");
    let remaining: BTreeSet<_> = left.iter().copied().collect();
    assert_eq!(remaining.len(), left.len(), "a message is there twice");
    assert_eq!(got.intersection(&remaining).count(), 0, "a committed get is there again");
    for id in &total.put {
        let accounted = got.contains(id) || remaining.contains(id) || total.maybe_got.contains(id);
        assert!(accounted, "a committed put is lost");
    }
    for id in remaining.iter().chain(&got) {
        assert!(total.put.contains(id) || total.maybe_put.contains(id), "a message that nobody put");
    }
    println!(
        "{} puts and {} gets committed, {} left, {} puts and {} gets of unknown outcome",
        total.put.len(),
        total.got.len(),
        left.len(),
        total.maybe_put.len(),
        total.maybe_got.len()
    );
}

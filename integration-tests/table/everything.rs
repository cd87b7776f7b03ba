//! Everything at once: a service that fails at random, a wire that is cut, commits, puts and gets that fail, and `kill -9`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use super::quick;
use crate::crash::assert_nothing_lost_and_every_repeat_marked;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Request, Service, eventually};

const PAYMENTS_ALL: usize = 60;

/// Numbers that look like chance and are the same in every run.
fn chance(seed: &AtomicU64) -> u64 {
    let step =
        |state: u64| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    seed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| Some(step(state))).unwrap() >> 33
}

#[test]
fn with_everything_failing_nothing_is_lost_and_every_repeat_is_marked() {
    for retry_queues in [false, true] {
        let devqm = Devqm::start_with("DEFINE QLOCAL(RETRY)\nDEFINE QLOCAL(ALONE)\nDEFINE QLOCAL(AUDIT)");
        let seed = AtomicU64::new(u64::from(retry_queues));
        let service = Service::start(move |_| match chance(&seed) % 10 {
            0 => Answer::status(500),
            1 => Answer::status(503),
            2 => Answer::status(409),
            3 => Answer::cut(),
            4 => Answer::status(200).cut_short(),
            _ => Answer::status(200),
        });
        let mut settings = quick(&devqm, &service)
            .with("sources.0.consumers", 3)
            .with("retry.attempts_max", 1_000)
            .with("retry.retry_delay_ms_max", 20)
            .with("retry.unit_attempts_max", 2)
            .with("retry.probe_delay_ms_max", 20)
            .with("audit.sink", "queue")
            .with("audit.queue", "AUDIT");
        if retry_queues {
            settings = settings
                .with("destinations.0.retry_queue", "RETRY")
                .with("sources.0.retry_queue", "ALONE")
                .with("retry.crash_suspect_count", 2);
        }
        let mut gateway = Gateway::start(&settings);
        for (name, fault) in [
            ("BEFORE", "VERB(MQCMIT) COUNT(*) PERMILLE(60) SEED(1) ACTION(CUTBEFORE)"),
            ("AFTER", "VERB(MQCMIT) COUNT(*) PERMILLE(100) SEED(2) ACTION(CUTAFTER)"),
            ("BACKOUT", "VERB(MQCMIT) COUNT(*) PERMILLE(100) SEED(3) ACTION(BACKEDOUT)"),
            ("PUT", "VERB(MQPUT) COUNT(*) PERMILLE(30) SEED(4) ACTION(ANSWER) REASON(2053)"),
            ("GET", "VERB(MQGET) COUNT(*) PERMILLE(20) SEED(5) ACTION(CUTAFTER)"),
            ("BACK", "VERB(MQBACK) COUNT(*) PERMILLE(30) SEED(6) ACTION(CUTBEFORE)"),
        ] {
            devqm.fault(name, &format!("APPLTAG('mqgate') {fault}"));
        }
        let payments = Payment::several(PAYMENTS_ALL);
        let mut client = devqm.client();
        for (number, payment) in payments.iter().enumerate() {
            client.put(PAYMENTS, payment.bytes());
            if number % 20 == 19 {
                service.wait_for_accepted(number / 2);
                gateway.kill_and_restart();
            }
        }
        eventually("each is accepted", || {
            let requests = service.requests();
            let accepted: BTreeSet<String> =
                requests.iter().filter(|it| it.accepted()).map(Request::end_to_end_id).collect();
            (accepted.len() == payments.len()).then_some(())
        });
        for name in ["BEFORE", "AFTER", "BACKOUT", "PUT", "GET", "BACK"] {
            assert!(name == "BACK" || name == "PUT" || devqm.fired(name) > 0, "{name} never struck");
            devqm.heal(name);
        }
        // What is in a unit does not count as on its queue: it is back there once mqgate has stopped.
        eventually("nothing is left", || {
            assert_eq!(gateway.stop(), Some(0));
            let left: u32 = [PAYMENTS, "RETRY", "ALONE"].map(|queue| client.depth(queue)).iter().sum();
            if left > 0 {
                gateway.launch();
            }
            (left == 0).then_some(())
        });
        assert_eq!(client.depth(PARKED), 0);
        assert_nothing_lost_and_every_repeat_marked(&payments, &service.requests());
        assert!(!gateway.logs().iter().any(|line| line.contains("disagree")), "totals agree");
    }
}

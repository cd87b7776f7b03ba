//! Puts to our own queues that fail: nothing is lost, nobody spins, and it ends by itself.

use std::time::{Duration, Instant};

use super::{quick, with_south};
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, eventually};

/// What the first six pauses of 20, 40, 80 ms … up to 100 ms come to.
const SIX_PAUSES: Duration = Duration::from_millis(20 + 40 + 80 + 3 * 100);

#[test]
fn a_message_that_cannot_be_moved_goes_back_and_its_source_rests_until_it_can() {
    // To the parking queue for a refusal, to the retry queue for a 500.
    for (queue, status, inhibit, allow) in [
        (PARKED, 422, "PUT(DISABLED)", "PUT(ENABLED)"),
        (PARKED, 422, "MAXDEPTH(0)", "MAXDEPTH(5000)"),
        ("RETRY", 500, "PUT(DISABLED)", "PUT(ENABLED)"),
    ] {
        let devqm = Devqm::start_with("DEFINE QLOCAL(RETRY) DEFPSIST(YES)");
        devqm.mqsc(&format!("ALTER QLOCAL({queue}) {inhibit}"));
        let service = Service::start(move |_| Answer::status(status));
        let settings = quick(&devqm, &service)
            .with("sources.0.consumers", 1)
            .with("limits.park_window_ms", 3_600_000)
            .with("retry.unit_attempts_max", 1)
            .with("retry.attempts_max", 1_000)
            .with("destinations.0.retry_queue", "RETRY");
        let gateway = Gateway::start(&settings);
        let began = Instant::now();
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        gateway.wait_for_metric("mqgate_alarms_total", &[("kind", "put-failed")], 7);
        assert!(began.elapsed() >= SIX_PAUSES, "it spins");
        eventually("/flowing says so", || {
            let (status, report) = gateway.ask("/flowing");
            (status == 503 && report.contains("put-failed")).then_some(())
        });
        assert_eq!(service.requests().len() as u64, gateway.metric("mqgate_messages_got_total", &[]));
        assert_eq!(devqm.client().depth(queue), 0);
        devqm.mqsc(&format!("ALTER QLOCAL({queue}) {allow}"));
        devqm.wait_for_depth(PAYMENTS, 0);
        if queue == PARKED {
            devqm.client().expect(PARKED);
        } else {
            service.now_answers(|_| Answer::status(200));
            service.wait_for_accepted(1);
        }
        eventually("money flows", || (gateway.ask("/flowing").0 == 200).then_some(()));
        assert_eq!(
            gateway.metric("mqgate_alarms_total", &[("kind", "fuse")]),
            0,
            "what is not parked does not count"
        );
    }
}

#[test]
fn an_audit_record_that_cannot_be_put_undoes_no_acceptance() {
    let devqm = Devqm::start_with("DEFINE QLOCAL(AUDIT) DEFPSIST(YES)");
    devqm.mqsc("ALTER QLOCAL(AUDIT) PUT(DISABLED)");
    let service = Service::accepting();
    let settings = quick(&devqm, &service)
        .with("audit.sink", "queue")
        .with("audit.queue", "AUDIT")
        .with("sources.0.consumers", 1);
    let gateway = Gateway::start(&settings);
    for payment in Payment::several(5) {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    devqm.wait_for_depth(PAYMENTS, 0);
    gateway.wait_for_metric("mqgate_alarms_total", &[("kind", "audit-failed")], 5);
    let requests = service.wait_for_accepted(5);
    assert_eq!(service.requests().len(), 5, "none is sent again");
    assert!(
        requests[4].arrived - requests[0].arrived >= Duration::from_millis(20 + 40 + 80 + 100),
        "it rests"
    );
    eventually("the records are in the log", || {
        let logged = gateway.logs().iter().filter(|line| line.contains("\"Audit.\"")).count();
        (logged == 5).then_some(())
    });
    devqm.mqsc("ALTER QLOCAL(AUDIT) PUT(ENABLED)");
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let record = devqm.client().expect("AUDIT");
    let record: serde_json::Value = serde_json::from_slice(&record.body).unwrap();
    assert_eq!((&record["outcome"], &record["attempts"]), (&"accepted".into(), &1.into()));
    eventually("money flows", || (gateway.ask("/flowing").0 == 200).then_some(()));
}

#[test]
fn a_parking_queue_that_is_full_on_one_site_holds_up_nobody_on_the_other() {
    let (north, south) = (Devqm::start(), Devqm::start());
    north.mqsc("ALTER QLOCAL(PAYMENTS.PARKED) PUT(DISABLED)");
    let refused = Payment::new();
    let id = refused.id.clone();
    let service =
        Service::start(move |request| Answer::status(if request.end_to_end_id() == id { 422 } else { 200 }));
    // A pause lasts longer than this test may.
    let settings = with_south(quick(&north, &service), &south)
        .with("retry.retry_delay_ms_first", 100_000)
        .with("retry.retry_delay_ms_max", 100_000)
        .with("retry.probe_delay_ms_max", 100_000);
    let gateway = Gateway::start(&settings);
    north.client().put(PAYMENTS, refused.bytes());
    gateway.wait_for_metric("mqgate_alarms_total", &[("kind", "put-failed")], 1);
    for payment in Payment::several(5) {
        south.client().put(PAYMENTS, payment.bytes());
    }
    service.wait_for_accepted(5);
    assert_eq!(gateway.ask("/flowing").0, 503, "north is paused all the same");
}

#[test]
fn nothing_is_parked_without_its_audit_record() {
    let devqm = Devqm::start_with("DEFINE QLOCAL(AUDIT) DEFPSIST(YES)");
    devqm.mqsc("ALTER QLOCAL(AUDIT) PUT(DISABLED)");
    let service = Service::start(|_| Answer::status(422));
    let settings = quick(&devqm, &service).with("audit.sink", "queue").with("audit.queue", "AUDIT");
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_metric("mqgate_alarms_total", &[("kind", "audit-failed")], 3);
    assert!(devqm.client().get(PARKED).is_none());
    devqm.mqsc("ALTER QLOCAL(AUDIT) PUT(ENABLED)");
    devqm.client().expect(PARKED);
    let record = devqm.client().expect("AUDIT");
    let record: serde_json::Value = serde_json::from_slice(&record.body).unwrap();
    assert_eq!((&record["outcome"], &record["fate"]), (&"parked".into(), &"possibly-delivered".into()));
    assert!(record["attempts"].as_u64().unwrap() >= 3, "{record}");
    assert_eq!((devqm.client().depth("AUDIT"), devqm.client().depth(PAYMENTS)), (0, 0));
}

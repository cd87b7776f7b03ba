//! Messages that were in hand when the process died.

use super::quick;
use crate::harness::client::property;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service, Settings};

fn with_isolation(devqm: &Devqm, service: &Service) -> Settings {
    quick(devqm, service)
        .with("dispatch.timeout_ms", 60_000)
        .with("retry.unit_hold_ms_max", 60_000)
        .with("sources.0.consumers", 1)
        .with("sources.0.retry_queue", "ALONE")
}

fn devqm() -> Devqm {
    Devqm::start_with("DEFINE QLOCAL(ALONE) DEFPSIST(YES)")
}

#[test]
fn a_payment_in_hand_at_three_kills_is_tried_alone_and_delivered_marked() {
    let (devqm, service) = (devqm(), Service::start(|_| Answer::status(200).held()));
    let mut gateway = Gateway::start(&with_isolation(&devqm, &service));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    for kill in 1..=3 {
        service.wait_for_requests(kill);
        gateway.kill();
        if kill == 3 {
            service.now_answers(|_| Answer::status(200));
        }
        gateway.launch();
    }
    let delivered = service.wait_for_accepted(1).remove(0);
    devqm.wait_for_depth("ALONE", 0);
    assert!(delivered.possible_duplicate());
    assert_eq!(delivered.key(), service.requests()[0].key());
    assert_eq!(delivered.header("mq-backout-count"), "0", "a copy");
    assert_eq!(delivered.header("mq-queue"), PAYMENTS);
    assert_eq!(gateway.metric("mqgate_messages_deferred_total", &[]), 1);
    assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (0, 0));
}

#[test]
fn killed_in_the_commit_again_and_again_it_is_isolated_too() {
    let (devqm, service) = (devqm(), Service::accepting());
    let mut gateway = Gateway::start(&with_isolation(&devqm, &service));
    for kill in 1..=3 {
        devqm.fault("HELD", "APPLTAG('mqgate') VERB(MQCMIT) ACTION(HOLDBEFORE)");
        if kill == 1 {
            devqm.client().put(PAYMENTS, Payment::new().bytes());
        } else {
            gateway.launch();
        }
        devqm.wait_until_fired("HELD", 1);
        gateway.kill();
        devqm.heal("HELD");
    }
    gateway.launch();
    let requests = service.wait_for_accepted(4);
    devqm.wait_for_depth("ALONE", 0);
    devqm.wait_for_depth(PAYMENTS, 0);
    assert!(requests[1..].iter().all(|it| it.possible_duplicate() && it.key() == requests[0].key()));
    assert_eq!(gateway.metric("mqgate_messages_deferred_total", &[]), 1);
}

#[test]
fn the_third_time_it_is_parked_as_possibly_delivered() {
    let (devqm, service) = (devqm(), Service::start(|_| Answer::status(200).held()));
    let settings = with_isolation(&devqm, &service).with("retry.crash_suspect_count", 1);
    let mut gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    for kill in 1..=3 {
        service.wait_for_requests(kill);
        gateway.kill_and_restart();
    }
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.reason"), Some("crash-suspect"));
    assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
    assert_eq!(property(&parked, "mqgate.suspect"), Some("2"));
    assert_eq!(property(&parked, "mqgate.queue"), Some(PAYMENTS));
    assert_eq!(property(&parked, "mqgate.idempotency_key"), Some(service.requests()[0].key()));
    assert_eq!(service.requests().len(), 3);
}

#[test]
fn kills_with_another_payment_in_hand_delay_nobody_behind_it() {
    let devqm = devqm();
    let payments = Payment::several(5);
    let id = payments[0].id.clone();
    let service = Service::start(move |request| {
        let answer = Answer::status(200);
        if request.end_to_end_id() == id { answer.held() } else { answer }
    });
    let settings = with_isolation(&devqm, &service).with("retry.crash_suspect_count", 1);
    let mut gateway = Gateway::start(&settings);
    for payment in &payments {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    service.wait_for_requests(1);
    gateway.kill_and_restart();
    service.wait_for_accepted(4);
    devqm.wait_for_depth(PAYMENTS, 0);
}

#[test]
fn what_may_have_been_delivered_goes_to_no_other_destination() {
    let (devqm, service) = (devqm(), Service::accepting());
    let _gateway = Gateway::start(&with_isolation(&devqm, &service));
    let payment = Payment::new();
    let mut put = Put::text(payment.bytes());
    for (name, value) in [
        ("mqgate.idempotency_key", "ab".repeat(32).as_str()),
        ("mqgate.provider", "acme"),
        ("mqgate.source", "payments"),
        ("mqgate.queue", PAYMENTS),
        ("mqgate.destination", "one-that-was"),
        ("mqgate.possible_duplicate", "true"),
        ("mqgate.time", "2026-11-25T03:05:09Z"),
    ] {
        put = put.property(name, value);
    }
    devqm.client().put_message("ALONE", &put);
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.reason"), Some("bad-evidence"));
    assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
    assert_eq!(property(&parked, "mqgate.destination"), Some("one-that-was"));
    assert_eq!(property(&parked, "mqgate.idempotency_key"), Some("ab".repeat(32).as_str()));
    assert!(service.requests().is_empty());
}

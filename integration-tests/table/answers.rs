//! What services answer: whose fault it is, and what becomes of the payment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::quick;
use crate::harness::client::property;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Request, Service, eventually};

#[test]
fn every_status_but_a_refusal_of_the_message_is_asked_again() {
    let devqm = Devqm::start();
    let statuses: Vec<u16> = (200..600).filter(|status| ![204, 205, 304].contains(status)).collect();
    let payments = Payment::several(statuses.len());
    let asked: BTreeMap<String, u16> =
        payments.iter().map(|payment| payment.id.clone()).zip(statuses.iter().copied()).collect();
    let service = Service::start({
        let asked = asked.clone();
        move |request| match request.attempt() {
            1 => Answer::status(asked[&request.end_to_end_id()]),
            _ => Answer::status(200),
        }
    });
    let settings = quick(&devqm, &service)
        .with("sources.0.consumers", 8)
        .with("retry.retry_delay_ms_first", 1)
        .with("retry.probe_delay_ms_first", 1);
    let _gateway = Gateway::start(&settings);
    let mut client = devqm.client();
    for payment in &payments {
        client.put(PAYMENTS, payment.bytes());
    }
    devqm.wait_for_depth(PARKED, 4);
    devqm.wait_for_depth(PAYMENTS, 0);
    let mut refused: Vec<u16> = std::iter::from_fn(|| client.get(PARKED))
        .map(|parked| property(&parked, "mqgate.http_status").unwrap().parse().unwrap())
        .collect();
    refused.sort_unstable();
    assert_eq!(refused, [400, 413, 415, 422]);
    let requests = service.requests();
    let accepted = requests.iter().filter(|request| request.accepted()).count();
    assert_eq!(accepted, statuses.len() - refused.len());
    assert!(requests.iter().filter(|it| it.attempt() > 1).all(Request::possible_duplicate));
}

#[test]
fn a_destination_that_is_out_parks_nothing_and_resumes_by_itself() {
    let devqm = Devqm::start();
    let service = Service::accepting();
    let gateway = Gateway::start(&quick(&devqm, &service).with("retry.attempts_max", 2));
    let mut accepted = 0;
    let mut alarms = 0;
    for status in [408, 425, 429, 502, 503, 504, 500, 301, 401, 403, 404, 405, 410] {
        let before = service.requests().len();
        service.now_answers(move |_| Answer::status(status));
        let payments = Payment::several(3);
        for payment in &payments {
            devqm.client().put(PAYMENTS, payment.bytes());
        }
        eventually("the destination is out", || {
            (gateway.metric("mqgate_destination_up", &[]) == 0).then_some(())
        });
        // More than attempts_max for each of them.
        service.wait_for_requests(before + 9);
        assert_eq!(devqm.client().depth(PARKED), 0, "{status}");
        service.now_answers(|_| Answer::status(200));
        accepted += payments.len();
        service.wait_for_accepted(accepted);
        devqm.wait_for_depth(PAYMENTS, 0);
        assert_eq!(gateway.metric("mqgate_destination_up", &[]), 1, "{status}");
        let alarmed = gateway.metric("mqgate_alarms_total", &[("kind", "destination-refuses-us")]);
        let ours = matches!(status, 301 | 401 | 403 | 404 | 405 | 410);
        assert_eq!(alarmed > alarms, ours, "{status}");
        alarms = alarmed;
    }
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn a_5xx_parks_only_once_the_destination_has_accepted_another_payment() {
    let devqm = Devqm::start();
    let poison = Payment::new();
    let id = poison.id.clone();
    let service =
        Service::start(move |request| Answer::status(if request.end_to_end_id() == id { 500 } else { 200 }));
    let settings = quick(&devqm, &service).with("retry.attempts_max", 4);
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, poison.bytes());
    gateway.wait_for_log("The destination is out.");
    service.wait_for_requests(6);
    assert_eq!(devqm.client().depth(PARKED), 0, "nobody else was accepted");
    let others = Payment::several(3);
    for payment in &others {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    let parked = devqm.client().expect(PARKED);
    assert_eq!(parked.body, poison.bytes());
    assert_eq!(property(&parked, "mqgate.reason"), Some("server-error"));
    assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
    service.wait_for_accepted(others.len());
    devqm.wait_for_depth(PAYMENTS, 0);
}

#[test]
fn a_payment_that_always_times_out_is_parked_and_delays_the_others_not_for_ever() {
    let devqm = Devqm::start();
    let payments = Payment::several(6);
    let slow = payments[0].id.clone();
    let service = Service::start(move |request| {
        let answer = Answer::status(200);
        if request.end_to_end_id() == slow { answer.held() } else { answer }
    });
    for consumers in [1, 3] {
        let settings = quick(&devqm, &service)
            .with("dispatch.timeout_ms", 100)
            .with("retry.unit_hold_ms_max", 150)
            .with("retry.attempts_max", 3)
            .with("retry.probes_per_message_max", 2)
            .with("sources.0.consumers", consumers);
        let before = service.requests().iter().filter(|request| request.accepted()).count();
        let gateway = Gateway::start(&settings);
        devqm.client().put(PAYMENTS, payments[0].bytes());
        gateway.wait_for_log("The destination is out.");
        for payment in &payments[1..] {
            devqm.client().put(PAYMENTS, payment.bytes());
        }
        let parked = devqm.client().expect(PARKED);
        assert_eq!(parked.body, payments[0].bytes());
        assert_eq!(property(&parked, "mqgate.reason"), Some("timeout"));
        assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
        service.wait_for_accepted(before + 5);
        devqm.wait_for_depth(PAYMENTS, 0);
        assert_eq!(devqm.client().depth(PARKED), 0);
        gateway.wait_for_log("This message failed while the destination was well.");
    }
}

#[test]
fn retry_after_keeps_everybody_away() {
    let devqm = Devqm::start();
    let service = Service::start(|request| match request.number {
        0 => Answer::status(503).header("retry-after", "1"),
        _ => Answer::status(200),
    });
    let gateway = Gateway::start(&quick(&devqm, &service));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_log("The destination is out.");
    for payment in Payment::several(3) {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    let requests = service.wait_for_requests(4);
    for request in &requests[1..] {
        assert!(request.arrived - requests[0].arrived >= Duration::from_secs(1));
    }
}

#[test]
fn a_409_is_asked_again_unless_it_proves_that_the_payment_was_completed() {
    let devqm = Devqm::start();
    let service = Service::start(|request| match request.number {
        0..=4 => Answer::status(409).problem("https://example.com/in-progress"),
        _ => Answer::status(409).problem("https://example.com/completed"),
    });
    let settings = quick(&devqm, &service)
        .with("retry.attempts_max", 2)
        .with("routes.0.completed_problem_type", "https://example.com/completed");
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "accepted")], 1);
    assert_eq!(service.requests().len(), 6);
    assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (0, 0));
    assert_eq!(gateway.metric("mqgate_destination_up", &[]), 1);
}

#[test]
fn a_payment_that_is_asked_again_for_ever_does_not_hold_up_the_ones_behind_it() {
    for status in [409, 500] {
        let devqm = Devqm::start();
        let payments = Payment::several(8);
        let id = payments[0].id.clone();
        let service = Service::start(move |request| {
            Answer::status(if request.end_to_end_id() == id { status } else { 200 })
        });
        // There is but one consumer, and one message is enough to keep it.
        let settings =
            quick(&devqm, &service).with("sources.0.consumers", 1).with("retry.attempts_max", 1_000);
        let mut gateway = Gateway::start(&settings);
        for payment in &payments {
            devqm.client().put(PAYMENTS, payment.bytes());
        }
        service.wait_for_accepted(7);
        assert_eq!(gateway.stop(), Some(0));
        assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (1, 0), "{status}");
    }
}

#[test]
fn attempts_in_an_outage_do_not_count_against_a_payment() {
    let devqm = Devqm::start();
    let (one, other) = (Payment::new(), Payment::new());
    let id = one.id.clone();
    // 503 for everybody, then two 500s for one payment with another one accepted between them.
    let (failed, accepted) = (AtomicU32::new(0), AtomicBool::new(false));
    let service = Service::start(move |request| {
        let is_one = request.end_to_end_id() == id;
        let failures = failed.load(Ordering::Relaxed);
        match (is_one, failures) {
            _ if request.number < 8 => Answer::status(503),
            (true, 0) => {
                failed.store(1, Ordering::Relaxed);
                Answer::status(500)
            }
            (true, 1) if accepted.load(Ordering::Relaxed) => {
                failed.store(2, Ordering::Relaxed);
                Answer::status(500)
            }
            (true, 2) => Answer::status(200),
            (false, 1..) => {
                accepted.store(true, Ordering::Relaxed);
                Answer::status(200)
            }
            _ => Answer::status(503),
        }
    });
    let settings = quick(&devqm, &service)
        .with("sources.0.consumers", 1)
        .with("retry.attempts_max", 3)
        .with("retry.probes_per_message_max", 1);
    let _gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, one.bytes());
    devqm.client().put(PAYMENTS, other.bytes());
    service.wait_for_accepted(2);
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(devqm.client().depth(PARKED), 0);
}

//! Payments for which it is too late, or soon will be.

use super::quick;
use crate::harness::client::property;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service};

#[test]
fn an_answer_that_would_come_too_late_is_not_asked_for() {
    for (status, fate) in [(Some(503), "possibly-delivered"), (None, "not-delivered")] {
        let devqm = Devqm::start();
        let mut service = Service::down(move |_| Answer::status(status.unwrap_or(200)));
        if status.is_some() {
            service.up();
        }
        let settings = quick(&devqm, &service)
            .with("retry.unit_hold_ms_max", 5_000)
            .with("retry.clock_skew_ms_max", 100)
            .with("routes.0.answer_by_ms", 500);
        let _gateway = Gateway::start(&settings);
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        let parked = devqm.client().expect(PARKED);
        assert_eq!(property(&parked, "mqgate.reason"), Some("late"));
        assert_eq!(property(&parked, "mqgate.stage"), Some("deadline"));
        assert_eq!(property(&parked, "mqgate.fate"), Some(fate));
        devqm.wait_for_depth(PAYMENTS, 0);
        assert!(
            service
                .requests()
                .iter()
                .all(|it| { it.header("request-timeout-ms").parse::<u32>().unwrap() <= 400 })
        );
    }
}

#[test]
fn a_payment_that_would_expire_before_its_next_attempt_is_settled_and_not_lost() {
    let devqm = Devqm::start();
    let service = Service::down(|_| Answer::status(200));
    // The next probe may come in 4 seconds, and it may come in 8, when the payment has expired.
    let settings = quick(&devqm, &service)
        .with("sources.0.consumers", 4)
        .with("retry.probe_delay_ms_first", 8_000)
        .with("retry.probe_delay_ms_max", 8_000);
    let gateway = Gateway::start(&settings);
    let payment = Payment::new();
    let mut put = Put::text(payment.bytes());
    put.descriptor.expiry = 50;
    devqm.client().put_message(PAYMENTS, &put);
    let parked = devqm.client().expect(PARKED);
    assert_eq!(parked.descriptor.expiry, -1, "it does not expire there");
    assert_eq!(property(&parked, "mqgate.reason"), Some("late"));
    assert_eq!(property(&parked, "mqgate.fate"), Some("not-delivered"));
    assert!(property(&parked, "mqgate.deadline").is_some());
    assert!(property(&parked, "mqgate.detail").unwrap().contains("connect"), "{parked:?}");
    assert_eq!(gateway.metric("mqgate_turns_total", &[("outcome", "late")]), 1);
}

#[test]
fn what_waits_on_a_retry_queue_is_settled_at_its_deadline() {
    let devqm = Devqm::start_with("DEFINE QLOCAL(RETRY) DEFPSIST(YES)");
    let service = Service::start(|_| Answer::status(500));
    let settings = quick(&devqm, &service)
        .with("destinations.0.retry_queue", "RETRY")
        .with("retry.unit_attempts_max", 1);
    let _gateway = Gateway::start(&settings);
    let payment = Payment::new();
    let mut put = Put::text(payment.bytes());
    put.descriptor.expiry = 5;
    devqm.client().put_message(PAYMENTS, &put);
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.reason"), Some("late"));
    assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
    devqm.wait_for_depth("RETRY", 0);
}

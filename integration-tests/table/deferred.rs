//! Messages that wait on retry queues while others pass.

use std::time::Duration;

use super::quick;
use crate::harness::client::{outgoing, property};
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service, Settings, eventually};

const RETRY: &str = "DEFINE QLOCAL(RETRY) DEFPSIST(YES)\nDEFINE QLOCAL(ASIDE)";

/// `MQRO_PASS_CORREL_ID`. Reports of the queue manager itself are refused by devqm; see `park` for these.
const REPORT: i32 = 0x40;

/// Messages whose replies go to ASIDE are for another destination, with a retry queue.
fn with_another(devqm: &Devqm, service: &Service, other: &Service) -> Settings {
    quick(devqm, service)
        .adding(
            "destinations",
            &format!("name = \"aside\"\nurl = \"{}\"\nretry_queue = \"RETRY\"", other.url()),
        )
        .adding_first("routes", "to = \"aside\"\nwhen = { mqmd = { reply_to_queue = \"ASIDE\" } }")
}

fn aside(payment: &Payment) -> Put<'_> {
    let mut put = Put::text(payment.bytes()).property("kept", "as it was");
    put.descriptor.reply_to_queue = "ASIDE".to_owned();
    put
}

#[test]
fn while_one_destination_is_out_its_messages_wait_aside_and_the_others_flow() {
    let devqm = Devqm::start_with(RETRY);
    let service = Service::accepting();
    let other = Service::start(|_| Answer::status(503));
    let mut gateway = Gateway::start(&with_another(&devqm, &service, &other));
    let (one, two) = (Payment::new(), Payment::new());
    let mut put = aside(&one);
    (put.descriptor.expiry, put.descriptor.report, put.descriptor.persistence) = (6_000, REPORT, 0);
    put.descriptor.correlation_id = mq::CorrelationId([7; 24]);
    let placed = devqm.client().put_message(PAYMENTS, &put);
    devqm.client().put_message(PAYMENTS, &aside(&two));
    let payments = Payment::several(10);
    for payment in &payments {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    service.wait_for_accepted(payments.len());
    devqm.wait_for_depth(PAYMENTS, 0);
    eventually("both wait", || (gateway.metric("mqgate_messages_deferred_total", &[]) >= 2).then_some(()));
    let asked = other.requests();
    assert_eq!(gateway.stop(), Some(0));

    let mut copies: Vec<_> = std::iter::from_fn(|| devqm.client().get("RETRY")).collect();
    assert_eq!(copies.len(), 2);
    let first = copies.iter().position(|copy| copy.descriptor.message_id == placed.message_id).unwrap();
    let copy = copies.remove(first);
    assert_eq!(copy.body, one.bytes());
    assert_eq!(copy.descriptor.put_time, placed.put_time, "all context is passed on");
    assert_eq!(copy.descriptor.correlation_id, mq::CorrelationId([7; 24]));
    assert_eq!((copy.descriptor.expiry, copy.descriptor.persistence), (-1, 1));
    assert_eq!(copy.descriptor.report, REPORT);
    assert_eq!(property(&copy, "kept"), Some("as it was"));
    assert!(property(&copy, "mqgate.deadline").is_some());
    assert_eq!(property(&copy, "mqgate.report"), Some(REPORT.to_string().as_str()));
    assert_eq!(property(&copy, "mqgate.persistence"), Some("0"));
    assert_eq!(property(&copy, "mqgate.destination"), Some("aside"));
    let key = property(&copy, "mqgate.idempotency_key").unwrap().to_owned();
    assert!(asked.iter().filter(|it| it.end_to_end_id() == one.id).all(|it| it.key() == key));
    // Back as they were, with what stands beside them.
    for copy in [&copy, &copies[0]] {
        let (descriptor, properties) = (copy.descriptor.clone(), copy.properties.clone());
        let put = Put { body: &copy.body, descriptor, properties, with_context: true };
        devqm.client().put_message("RETRY", &put);
    }
    other.now_answers(|_| Answer::status(200));
    gateway.launch();
    other.wait_for_accepted(2);
    devqm.wait_for_depth("RETRY", 0);
    let delivered = other.requests_for(&one.id).pop().unwrap();
    assert_eq!((delivered.key(), delivered.header("mq-queue")), (key.as_str(), PAYMENTS));
    assert_eq!(delivered.header("mq-message-id"), placed.message_id.to_string());
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn what_waits_aside_is_delivered_once_its_destination_is_back() {
    let devqm = Devqm::start_with(RETRY);
    let (service, mut other) = (Service::accepting(), Service::down(|_| Answer::status(200)));
    let gateway = Gateway::start(&with_another(&devqm, &service, &other));
    let payments = Payment::several(20);
    for payment in &payments {
        devqm.client().put_message(PAYMENTS, &aside(payment));
    }
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(gateway.metric("mqgate_destination_up", &[("destination", "aside")]), 0);
    other.up();
    other.wait_for_accepted(payments.len());
    devqm.wait_for_depth("RETRY", 0);
    assert_eq!(other.requests().len(), payments.len());
    assert_eq!(gateway.metric("mqgate_destination_up", &[("destination", "aside")]), 1);
    eventually("money flows", || (gateway.ask("/flowing").0 == 200).then_some(()));
}

#[test]
fn a_message_that_is_not_due_is_left_alone_and_others_pass_it() {
    let devqm = Devqm::start_with(RETRY);
    let poison = Payment::new();
    let id = poison.id.clone();
    let service = Service::start(move |request| {
        Answer::status(if request.end_to_end_id() == id || request.attempt() == 1 { 500 } else { 200 })
    });
    let settings = quick(&devqm, &service)
        .with("destinations.0.retry_queue", "RETRY")
        .with("retry.unit_attempts_max", 1)
        .with("retry.defer_delay_ms_first", 60_000)
        .with("retry.defer_delay_ms_max", 60_000);
    let mut gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, poison.bytes());
    devqm.wait_for_depth("RETRY", 1);
    devqm.fault("LOOKED", "APPLTAG('mqgate') VERB(MQGET) QUEUE(RETRY) ACTION(NONE)");
    eventually("it is looked at again and again", || (devqm.seen("LOOKED") >= 4).then_some(()));
    assert_eq!(service.requests().len(), 1);
    // Another one, due at once, stands behind it.
    assert_eq!(gateway.stop(), Some(0));
    let head = devqm.client().expect("RETRY");
    assert_eq!(head.descriptor.backout_count, 0);
    assert!(property(&head, "mqgate.not_before").is_some());
    assert!(property(&head, "mqgate.first_5xx").is_some());
    assert_eq!(property(&head, "mqgate.attempts"), Some("1"));
    let restored = |due: bool| {
        let mut properties = head.properties.clone();
        properties.retain(|it| !due || it.name != "mqgate.not_before");
        let descriptor = head.descriptor.clone();
        Put { body: &head.body, descriptor, properties, with_context: true }
    };
    devqm.client().put_message("RETRY", &restored(false));
    devqm.client().put_message("RETRY", &restored(true));
    service.now_answers(|_| Answer::status(200));
    gateway.launch();
    let delivered = service.wait_for_accepted(1).remove(0);
    assert_eq!((delivered.attempt(), delivered.possible_duplicate()), (2, true));
    devqm.wait_for_depth("RETRY", 1);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!(devqm.client().expect("RETRY").descriptor.backout_count, 0);
}

#[test]
fn a_payment_that_is_answered_500_comes_again_at_growing_delays() {
    let devqm = Devqm::start_with(RETRY);
    let service = Service::start(|request| Answer::status(if request.attempt() < 6 { 500 } else { 200 }));
    let settings = quick(&devqm, &service)
        .with("destinations.0.retry_queue", "RETRY")
        .with("retry.unit_attempts_max", 1)
        .with("retry.defer_delay_ms_first", 40)
        .with("retry.defer_delay_ms_max", 300);
    let _gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(1);
    devqm.wait_for_depth("RETRY", 0);
    let requests = service.requests();
    assert_eq!(requests.len(), 6);
    for (pair, least_ms) in requests.windows(2).zip([20, 40, 80, 150, 150]) {
        assert!(pair[1].arrived - pair[0].arrived >= Duration::from_millis(least_ms), "{least_ms}");
        assert_eq!(pair[0].key(), pair[1].key());
        assert!(pair[1].possible_duplicate());
        assert_eq!(pair[1].attempt(), pair[0].attempt() + 1);
    }
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn what_somebody_else_puts_on_our_retry_queue_is_parked_and_never_sent() {
    let devqm = Devqm::start_with(RETRY);
    let service = Service::accepting();
    let settings = quick(&devqm, &service).with("destinations.0.retry_queue", "RETRY");
    let _gateway = Gateway::start(&settings);
    let forged = Payment::new();
    let mut keys = Vec::new();
    for put in
        [Put::text(forged.bytes()), Put::text(forged.bytes()).property("mqgate.idempotency_key", "no key")]
    {
        devqm.client().put_message("RETRY", &put);
        let parked = devqm.client().expect(PARKED);
        assert_eq!(property(&parked, "mqgate.reason"), Some("bad-evidence"));
        keys.push(property(&parked, "mqgate.idempotency_key").unwrap().to_owned());
    }
    assert_ne!(keys[0], keys[1]);
    assert!(service.requests().is_empty());
}

#[test]
fn a_thousand_messages_that_are_not_due_do_not_hide_the_one_that_is() {
    let devqm = Devqm::start_with(RETRY);
    let service = Service::accepting();
    let payment = Payment::new();
    let waiting = |not_before: &str| {
        Put::text(payment.bytes())
            .property("mqgate.idempotency_key", &"ab".repeat(32))
            .property("mqgate.provider", "acme")
            .property("mqgate.source", "payments")
            .property("mqgate.queue", PAYMENTS)
            .property("mqgate.time", "2026-11-25T03:05:09Z")
            .property("mqgate.not_before", not_before)
    };
    let mut client = devqm.client();
    let (session, queue) = client.session("RETRY", false).unwrap();
    let mut unit = session.begin();
    for _ in 0..1_100 {
        unit.put(queue, &outgoing(&waiting("2999-01-01T00:00:00Z"))).unwrap();
    }
    unit.put(queue, &outgoing(&waiting("2001-01-01T00:00:00Z"))).unwrap();
    unit.commit().unwrap();
    let _gateway = Gateway::start(&quick(&devqm, &service).with("destinations.0.retry_queue", "RETRY"));
    service.wait_for_accepted(1);
    devqm.wait_for_depth("RETRY", 1_100);
}

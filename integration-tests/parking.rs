//! What no service can take is put aside, whole, with its evidence; nothing else ever is.

use mq::Format;
use mq::headers::DeadLetterHeader;

use crate::harness::client::property;
use crate::harness::devqm::{DEAD_LETTERS, NOTICES, PARKED, PAYMENTS, QUEUE_MANAGER};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service, Settings};

#[test]
fn a_refused_payment_is_parked_whole_with_the_answer_as_evidence() {
    for status in [400, 413, 415, 422] {
        let devqm = Devqm::start();
        let service = Service::start(move |_| Answer::status(status));
        let _gateway = Gateway::start(&Settings::new(&devqm, &service));
        let payment = Payment::new();
        let message = Put::text(payment.bytes()).property("kept", "as it was");
        let placed = devqm.client().put_message(PAYMENTS, &message);
        let parked = devqm.client().expect(PARKED);
        assert_eq!(parked.body, payment.bytes());
        assert_eq!(parked.descriptor.message_id, placed.message_id);
        assert_eq!(parked.descriptor.put_time, placed.put_time, "all context is passed on");
        assert_eq!((parked.descriptor.format, parked.descriptor.ccsid), (Format::STRING, 1208));
        let request = service.requests().remove(0);
        let status = status.to_string();
        for (name, expected) in [
            ("kept", "as it was"),
            ("mqgate.reason", "rejected"),
            ("mqgate.stage", "dispatch"),
            ("mqgate.http_status", &status),
            ("mqgate.fate", "not-delivered"),
            ("mqgate.attempts", "1"),
            ("mqgate.source", "payments"),
            ("mqgate.queue", PAYMENTS),
            ("mqgate.destination", "payments"),
            ("mqgate.idempotency_key", request.key()),
        ] {
            assert_eq!(property(&parked, name), Some(expected), "{name}");
        }
        assert!(property(&parked, "mqgate.time").is_some());
        assert_eq!(service.requests().len(), 1, "a refusal is not asked again");
    }
}

#[test]
fn what_cannot_be_read_is_parked_with_the_place_and_without_a_request() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = Settings::new(&devqm, &service).with("limits.message_bytes_max", 20_000);
    let gateway = Gateway::start(&settings);
    let payment = Payment::new();
    let half = &payment.bytes()[..payment.bytes().len() / 2];
    let long = vec![b' '; 20_001];
    let mut client = devqm.client();
    let unknown_ccsid = {
        let mut put = Put::text(payment.bytes());
        put.descriptor.ccsid = 4_095;
        put
    };
    let bad_header = {
        let mut put = Put::text(b"RFH too short");
        put.descriptor.format = Format::RF_HEADER_2;
        put
    };
    for (message, reason, stage) in [
        (Put::text(half), "cannot-translate", "translate"),
        (Put::text(b"\xFF\xFE not UTF-8"), "cannot-translate", "translate"),
        (unknown_ccsid, "cannot-translate", "translate"),
        (bad_header, "bad-header", "headers"),
        (Put::text(b""), "empty", "get"),
        (Put::text(&long), "over-limit", "get"),
    ] {
        client.put_message(PAYMENTS, &message);
        let parked = client.expect(PARKED);
        assert_eq!(property(&parked, "mqgate.reason"), Some(reason));
        assert_eq!(property(&parked, "mqgate.stage"), Some(stage), "{reason}");
        assert_eq!(parked.body, message.body, "{reason}");
        assert_eq!(property(&parked, "mqgate.attempts"), Some("0"));
        if reason == "cannot-translate" || reason == "bad-header" {
            assert!(property(&parked, "mqgate.detail").unwrap().contains("offset "), "{reason}");
        }
    }
    assert!(service.requests().is_empty());
    assert_eq!(gateway.metric("mqgate_messages_parked_total", &[]), 6);
}

#[test]
fn a_message_that_no_route_takes_is_parked() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = Settings::new(&devqm, &service).with("routes.0.when.type", "camt.*");
    let _gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.reason"), Some("no-route"));
    assert!(property(&parked, "mqgate.detail").unwrap().contains("pacs.008.001.08"));
}

#[test]
fn the_parking_queue_is_that_of_the_settings_else_boqname_else_the_dead_letter_queue() {
    let devqm = Devqm::start_with("DEFINE QLOCAL(ASIDE) DEFPSIST(YES)");
    let service = Service::start(|_| Answer::status(422));
    let named = Settings::new(&devqm, &service).with("sources.0.parking_queue", "ASIDE");
    let mut gateway = Gateway::start(&named);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    devqm.client().expect("ASIDE");
    gateway.stop();

    let unnamed = Settings::new(&devqm, &service).with("sources.0.queue", NOTICES);
    let _gateway = Gateway::start(&unnamed);
    let payment = Payment::new();
    let placed = devqm.client().put(NOTICES, payment.bytes());
    let dead = devqm.client().expect(DEAD_LETTERS);
    assert_eq!(dead.descriptor.format, Format::DEAD_LETTER_HEADER);
    assert_eq!(dead.descriptor.message_id, placed.message_id);
    let header = DeadLetterHeader::decode(&dead.body, dead.descriptor.encoding).unwrap();
    assert_eq!(header.reason, 65_536 + 422);
    assert_eq!(
        (header.destination_queue.as_str(), header.destination_queue_manager.as_str()),
        (NOTICES, QUEUE_MANAGER)
    );
    assert_eq!((header.format, header.ccsid), (Format::STRING, 1208));
    assert_eq!(header.put_application_name, "mqgate");
    assert_eq!(&dead.body[172..], payment.bytes());
    assert_eq!(property(&dead, "mqgate.reason"), Some("rejected"));
}

#[test]
fn a_404_parks_only_where_the_route_says_that_it_is_business() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(404));
    let settings = Settings::new(&devqm, &service).with("routes.0.not_found_is_business", true);
    let _gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.http_status"), Some("404"));
}

#[test]
fn a_refusal_after_an_uncertain_attempt_is_parked_as_possibly_delivered() {
    let devqm = Devqm::start();
    let service = Service::start(|request| Answer::status(if request.number == 0 { 500 } else { 422 }));
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
    assert_eq!(property(&parked, "mqgate.attempts"), Some("2"));
}

#[test]
fn a_payment_that_cannot_be_parked_stays_on_its_queue() {
    let devqm = Devqm::start();
    devqm.mqsc("ALTER QLOCAL(PAYMENTS.PARKED) PUT(DISABLED)");
    let service = Service::start(|_| Answer::status(422));
    let gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_log("A message could not be moved.");
    assert_eq!(devqm.client().depth(PARKED), 0);
    devqm.mqsc("ALTER QLOCAL(PAYMENTS.PARKED) PUT(ENABLED)");
    devqm.client().expect(PARKED);
    devqm.wait_for_depth(PAYMENTS, 0);
}

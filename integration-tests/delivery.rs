//! A payment on a queue arrives as JSON at a service, once, with everything that the contract says.

use std::time::Duration;

use ccsid::Newline;
use http::Version;
use mq::headers::{CicsHeader, Header, Rfh2, Wire};
use mq::{Descriptor, Format, Property, PropertyValue};

use crate::harness::devqm::{NOTICES, PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service, Settings};

#[test]
fn a_payment_arrives_as_json_with_every_header_of_the_contract() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = Settings::new(&devqm, &service).with("routes.0.business_key", "/keys/EndToEndId/0");
    let gateway = Gateway::start(&settings);
    let payment = Payment::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut message = Put::text(payment.bytes()).property("traceparent", trace);
    message.descriptor.correlation_id = mq::CorrelationId([0xAB; 24]);
    message.descriptor.reply_to_queue = "REPLIES".to_owned();
    let placed = devqm.client().put_message(PAYMENTS, &message);

    let request = service.wait_for_accepted(1).remove(0);
    let header = |name: &str| request.header(name).to_owned();
    assert_eq!(request.path, "/payments");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("ce-specversion"), "1.0");
    assert_eq!(header("ce-id"), request.key());
    assert_eq!(request.key().len(), 64);
    assert_eq!(header("ce-source"), "/mqgate/acme/payments");
    assert_eq!(header("ce-type"), "iso20022.pacs.008.001.08");
    assert!(header("ce-time").starts_with("20") && header("ce-time").ends_with('Z'), "{}", header("ce-time"));
    assert_eq!(header("traceparent"), trace);
    assert!(header("request-timeout-ms").parse::<u32>().unwrap() <= 5_000);
    assert_eq!((request.attempt(), request.possible_duplicate()), (1, false));
    assert_eq!(header("mqgate-business-key"), payment.id);
    assert_eq!(header("mq-message-id"), placed.message_id.to_string());
    assert_eq!(header("mq-correlation-id"), "AB".repeat(24));
    assert_eq!(header("mq-queue"), PAYMENTS);
    assert_eq!(header("mq-reply-to"), "REPLIES");
    assert_eq!(header("mq-backout-count"), "0");

    let document = request.document();
    let amount = "/document/FIToFICstmrCdtTrf/CdtTrfTxInf/0/IntrBkSttlmAmt";
    assert_eq!(
        document.pointer(amount).unwrap()["#text"],
        "0048213.070",
        "an amount is the digits that came"
    );
    assert_eq!(document["keys"]["EndToEndId"][0], payment.id);
    devqm.wait_for_depth(PAYMENTS, 0);
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "accepted")], 1);
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn many_payments_arrive_once_each() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service).with("sources.0.consumers", 8));
    let payments = Payment::several(300);
    let mut client = devqm.client();
    for payment in &payments {
        client.put(PAYMENTS, payment.bytes());
    }
    let accepted = service.wait_for_accepted(payments.len());
    devqm.wait_for_depth(PAYMENTS, 0);
    let mut arrived: Vec<String> = accepted.iter().map(crate::harness::Request::end_to_end_id).collect();
    arrived.sort();
    let mut put: Vec<String> = payments.into_iter().map(|payment| payment.id).collect();
    put.sort();
    assert_eq!(arrived, put);
    assert_eq!(service.requests().len(), put.len());
}

#[test]
fn a_body_is_decoded_by_its_ccsid_whatever_its_declaration_says() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service).with("sources.0.consumers", 1));
    let payment = Payment::new();
    let text = payment.xml.replace('€', "EUR");
    let latin: Vec<u8> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf_16_reversed: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut client = devqm.client();
    for (ccsid, encoding, body) in [(819, 546, &latin), (1200, 273, &utf_16), (1200, 546, &utf_16_reversed)] {
        let descriptor = Descriptor { ccsid, encoding, ..Put::text(b"").descriptor };
        client.put_message(PAYMENTS, &Put { descriptor, ..Put::text(body) });
    }
    for request in service.wait_for_accepted(3) {
        let name =
            request.document().pointer("/document/FIToFICstmrCdtTrf/CdtTrfTxInf/0/Cdtr/Nm").unwrap().clone();
        assert!(name.as_str().unwrap().starts_with("Zoë"), "{name}");
    }
}

#[test]
fn an_mqrfh2_before_the_payment_is_taken_off_and_its_properties_are_used() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    let payment = Payment::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut folder = format!("<usr><traceparent>{trace}</traceparent></usr>").into_bytes();
    folder.resize(folder.len().next_multiple_of(4), b' ');
    let length = |value: usize| u32::try_from(value).unwrap().to_be_bytes();
    let mut body = b"RFH \0\0\0\x02".to_vec();
    body.extend(length(36 + 4 + folder.len()));
    body.extend([273_u32.to_be_bytes(), 1208_u32.to_be_bytes()].concat());
    body.extend(b"MQSTR   \0\0\0\0");
    body.extend(1208_u32.to_be_bytes());
    body.extend(length(folder.len()));
    body.extend(&folder);
    body.extend(payment.bytes());
    let descriptor =
        Descriptor { format: Format::RF_HEADER_2, encoding: 273, ccsid: 1208, ..Put::text(b"").descriptor };
    devqm.client().put_message(PAYMENTS, &Put { descriptor, ..Put::text(&body) });
    let request = service.wait_for_accepted(1).remove(0);
    assert_eq!(request.end_to_end_id(), payment.id);
    assert_eq!(request.header("traceparent"), trace);
}

#[test]
fn a_payment_of_a_mainframe_arrives_as_one_of_anybody_else() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    let payment = Payment::new();
    let mainframe = Wire { encoding: 785, ccsid: 1148 };
    let scheme = Property { name: "usr.tracestate".into(), value: PropertyValue::String("bank=7".into()) };
    let chain = [
        Header::Cics(Box::new(CicsHeader {
            format: Format::RF_HEADER_2,
            transaction: "PAY1".into(),
            ..CicsHeader::default()
        })),
        Header::Rfh2(Rfh2::new(vec![scheme], mainframe, Format::STRING).unwrap()),
    ];
    let mut body = mq::headers::write(&chain, mainframe).unwrap();
    body.extend(ccsid::encode(&payment.xml, mainframe.ccsid, mainframe.encoding, Newline::Lf).unwrap());
    let Wire { encoding, ccsid } = mainframe;
    let descriptor =
        Descriptor { format: Format(*b"MQCICS  "), encoding, ccsid, ..Put::text(b"").descriptor };
    devqm.client().put_message(PAYMENTS, &Put { descriptor, ..Put::text(&body) });
    let request = service.wait_for_accepted(1).remove(0);
    assert_eq!(request.end_to_end_id(), payment.id);
    assert_eq!(request.header("tracestate"), "bank=7");
}

#[test]
fn the_first_route_whose_conditions_hold_names_the_destination() {
    let devqm = Devqm::start();
    let (payments, notices) = (Service::accepting(), Service::accepting());
    let settings = Settings::new(&devqm, &payments)
        .adding("sources", &format!("name = \"notices\"\nqueue = \"{NOTICES}\""))
        .adding("destinations", &format!("name = \"notices\"\nurl = \"{}\"", notices.url()))
        .adding_first("routes", "to = \"notices\"\nwhen = { source = \"notices\", type = \"pacs.*\" }");
    let _gateway = Gateway::start(&settings);
    let (one, other) = (Payment::new(), Payment::new());
    let mut client = devqm.client();
    client.put(NOTICES, one.bytes());
    client.put(PAYMENTS, other.bytes());
    assert_eq!(notices.wait_for_accepted(1)[0].end_to_end_id(), one.id);
    assert_eq!(payments.wait_for_accepted(1)[0].end_to_end_id(), other.id);
}

#[test]
fn a_service_that_speaks_http_2_gets_it() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service).with("destinations.0.http", "2"));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    assert_eq!(service.wait_for_accepted(1)[0].version, Version::HTTP_2);
}

#[test]
fn credentials_and_headers_of_the_destination_travel_with_each_request() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "open-sesame\n").unwrap();
    let settings = Settings::new(&devqm, &service)
        .with("destinations.0.token_file", token.path().display().to_string())
        .with("destinations.0.headers.x-team", "payments");
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let request = service.wait_for_accepted(1).remove(0);
    assert_eq!(request.header("authorization"), "Bearer open-sesame");
    assert_eq!(request.header("x-team"), "payments");
    assert!(!gateway.logs().join("\n").contains("open-sesame"));
}

#[test]
fn a_token_that_was_rotated_is_read_again_after_a_401() {
    let devqm = Devqm::start();
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "old").unwrap();
    let service = Service::start(|request| {
        Answer::status(if request.header("authorization") == "Bearer new" { 200 } else { 401 })
    });
    let settings =
        Settings::new(&devqm, &service).with("destinations.0.token_file", token.path().display().to_string());
    let _gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_requests(1);
    std::fs::write(token.path(), "new").unwrap();
    service.wait_for_accepted(1);
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn a_redelivered_payment_keeps_its_key_and_counts_its_attempts() {
    let devqm = Devqm::start();
    let service = Service::start(|request| Answer::status(if request.number < 2 { 503 } else { 200 }));
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(1);
    let requests = service.requests();
    let seen: Vec<_> =
        requests.iter().map(|request| (request.attempt(), request.possible_duplicate())).collect();
    assert_eq!(seen, [(1, false), (2, true), (3, true)]);
    assert!(requests.iter().all(|request| request.key() == requests[0].key()));
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn a_late_answer_is_uncertain_and_the_next_request_says_so() {
    let devqm = Devqm::start();
    let service = Service::start(|request| match request.number {
        0 => Answer::status(200).late(Duration::from_secs(30)),
        1 => Answer::status(200).cut_short(),
        2 => Answer::cut(),
        _ => Answer::status(200),
    });
    let _gateway = Gateway::start(&Settings::new(&devqm, &service).with("destinations.0.timeout_ms", 300));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let requests = service.wait_for_requests(4);
    assert_eq!(
        requests.iter().map(crate::harness::Request::possible_duplicate).collect::<Vec<_>>(),
        [false, true, true, true]
    );
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(devqm.client().depth(PARKED), 0);
}

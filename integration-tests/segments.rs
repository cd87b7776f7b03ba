//! Messages that producers put in segments, or let the queue manager split: to the service each is one.

use crate::harness::client::property;
use crate::harness::devqm::{DEAD_LETTERS, NOTICES, PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Service, Settings};

const SEGMENTATION_ALLOWED: i32 = 1;
const SEGMENT: i32 = 2;
const LAST_SEGMENT: i32 = 4;

const DEAD_LETTER_HEADER_BYTES: usize = 172;

/// Puts segments of a message, of so many bytes each, as an application does; those whose number `wanted` takes.
fn put_segments(
    devqm: &Devqm,
    queue: &str,
    group: u8,
    body: &[u8],
    bytes: usize,
    wanted: impl Fn(usize) -> bool,
) {
    let mut client = devqm.client();
    let count = body.len().div_ceil(bytes);
    for (index, part) in body.chunks(bytes).enumerate().filter(|(index, _)| wanted(*index)) {
        let mut put = Put::text(part);
        let last = if index + 1 == count { LAST_SEGMENT } else { 0 };
        put.descriptor.message_flags = SEGMENT | last;
        put.descriptor.group_id = [group; 24];
        put.descriptor.offset = i32::try_from(index * bytes).unwrap();
        client.put_message(queue, &put);
    }
}

/// Puts a message that the queue manager may split.
fn put_splittable(devqm: &Devqm, queue: &str, body: &[u8]) {
    let mut put = Put::text(body);
    put.descriptor.message_flags = SEGMENTATION_ALLOWED;
    devqm.client().put_message(queue, &put);
}

fn all(_: usize) -> bool {
    true
}

#[test]
fn a_message_of_segments_is_one_request_however_it_was_split() {
    let (devqm, service) =
        (Devqm::start_with("ALTER QLOCAL(PAYMENTS.IN) MAXMSGL(500)"), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    let (by_application, by_queue_manager) = (Payment::new(), Payment::new());
    put_segments(&devqm, PAYMENTS, 1, by_application.bytes(), 100, all);
    put_splittable(&devqm, PAYMENTS, by_queue_manager.bytes());
    let requests = service.wait_for_accepted(2);
    let mut ids: Vec<String> = requests.iter().map(|request| request.end_to_end_id()).collect();
    ids.sort();
    assert_eq!(ids, [by_application.id, by_queue_manager.id]);
    devqm.wait_for_depth(PAYMENTS, 0);
    devqm.wait_for_depth(PARKED, 0);
    assert_eq!(service.requests().len(), 2);
}

#[test]
fn a_message_of_segments_that_must_wait_comes_again_whole() {
    let devqm =
        Devqm::start_with("ALTER QLOCAL(PAYMENTS.IN) MAXMSGL(500)\nDEFINE QLOCAL(LATER) DEFPSIST(YES)");
    let service = Service::start(|request| Answer::status(if request.number < 4 { 500 } else { 200 }));
    let settings = Settings::new(&devqm, &service)
        .with("destinations.0.retry_queue", "LATER")
        .with("retry.unit_attempts_max", 1);
    let _gateway = Gateway::start(&settings);
    let payment = Payment::new();
    put_splittable(&devqm, PAYMENTS, payment.bytes());
    let accepted = service.wait_for_accepted(1).remove(0);
    assert_eq!(accepted.end_to_end_id(), payment.id);
    assert!(service.requests().iter().all(|request| request.key() == accepted.key()));
}

#[test]
fn a_message_of_segments_is_parked_and_dead_lettered_in_one_piece() {
    let devqm =
        Devqm::start_with("ALTER QLOCAL(PAYMENTS.IN) MAXMSGL(500)\nALTER QLOCAL(NOTICES.IN) MAXMSGL(500)");
    let service = Service::start(|_| Answer::status(422));
    let settings = Settings::new(&devqm, &service).adding(
        "sources",
        &format!("name = 'notices'\nqueue = '{NOTICES}'\nsites = ['north']\nformat = 'iso20022'"),
    );
    let _gateway = Gateway::start(&settings);
    let (payment, notice) = (Payment::new(), Payment::new());
    put_splittable(&devqm, PAYMENTS, payment.bytes());
    put_segments(&devqm, NOTICES, 1, notice.bytes(), 400, all);
    let parked = devqm.client().expect(PARKED);
    assert_eq!((parked.body.as_slice(), parked.descriptor.message_flags), (payment.bytes(), 0));
    assert_eq!(property(&parked, "mqgate.reason"), Some("rejected"));
    let dead = devqm.client().expect(DEAD_LETTERS);
    assert_eq!((&dead.body[DEAD_LETTER_HEADER_BYTES..], dead.descriptor.message_flags), (notice.bytes(), 0));
}

#[test]
fn a_message_whose_last_segment_never_comes_stops_no_other() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    let (incomplete, others) = (Payment::new(), Payment::several(3));
    put_segments(&devqm, PAYMENTS, 1, incomplete.bytes(), 400, |index| index < 2);
    for other in &others {
        devqm.client().put(PAYMENTS, other.bytes());
    }
    service.wait_for_accepted(3);
    devqm.wait_for_depth(PAYMENTS, 2);
    assert!(service.requests_for(&incomplete.id).is_empty());
    // It waits for the rest, however late that is.
    put_segments(&devqm, PAYMENTS, 1, incomplete.bytes(), 400, |index| index >= 2);
    service.wait_for_accepted(4);
    assert_eq!(service.requests_for(&incomplete.id).len(), 1);
    devqm.wait_for_depth(PAYMENTS, 0);
}

#[test]
fn what_cannot_be_put_together_is_parked_in_pieces_and_stops_no_other() {
    // The channel takes less than the whole message.
    let devqm = Devqm::start_with("ALTER CHANNEL(GATEWAY.SVRCONN) CHLTYPE(SVRCONN) MAXMSGL(2000)");
    let service = Service::accepting();
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    let (long, payment) = ([b' '; 2_500], Payment::new());
    put_segments(&devqm, PAYMENTS, 1, &long, 1_000, all);
    devqm.client().put(PAYMENTS, payment.bytes());
    assert_eq!(service.wait_for_accepted(1)[0].end_to_end_id(), payment.id);
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.reason"), Some("stray-segment"));
    assert_eq!((parked.body.len(), parked.descriptor.message_flags), (1_000, SEGMENT));
}

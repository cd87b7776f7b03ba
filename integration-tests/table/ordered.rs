//! Queues whose order matters, and messages that are only parts.

use super::quick;
use crate::harness::client::property;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Request, Service, Settings, eventually};

fn ordered(devqm: &Devqm, service: &Service, on_poison: &str) -> Settings {
    quick(devqm, service)
        .with("sources.0.consumers", 1)
        .with("sources.0.order", "queue")
        .with("sources.0.on_poison", on_poison)
        .with("retry.attempts_max", 3)
        .with("log.filter", "info,mqgate::consumer=debug")
}

fn ids(requests: &[Request]) -> Vec<String> {
    requests.iter().map(Request::end_to_end_id).collect()
}

fn put_several(devqm: &Devqm, count: usize) -> Vec<String> {
    let payments = Payment::several(count);
    for payment in &payments {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    payments.into_iter().map(|payment| payment.id).collect()
}

#[test]
fn one_process_has_the_queue_and_the_other_takes_over_when_it_dies() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = ordered(&devqm, &service, "stop");
    let mut first = Gateway::start(&settings);
    let mut put = put_several(&devqm, 3);
    service.wait_for_accepted(3);
    let second = Gateway::start(&settings);
    second.wait_for_log("standing by");
    put.extend(put_several(&devqm, 3));
    service.wait_for_accepted(6);
    assert_eq!(second.metric("mqgate_messages_got_total", &[]), 0);
    first.kill();
    put.extend(put_several(&devqm, 3));
    let accepted = service.wait_for_accepted(9);
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(ids(&accepted), put);
    assert_eq!(second.metric("mqgate_messages_got_total", &[]), 3);
}

#[test]
fn a_payment_that_cannot_pass_stops_the_queue_until_a_restart() {
    let (devqm, service) = (Devqm::start(), Service::start(|_| Answer::status(500)));
    let mut gateway = Gateway::start(&ordered(&devqm, &service, "stop"));
    let put = put_several(&devqm, 3);
    eventually("/flowing says so", || gateway.ask("/flowing").1.contains("\"poison\"").then_some(()));
    assert_eq!(gateway.metric("mqgate_alarms_total", &[("kind", "poison")]), 1);
    let requests = service.requests();
    assert_eq!(ids(&requests), vec![put[0].clone(); 3]);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (3, 0));
    service.now_answers(|_| Answer::status(200));
    gateway.launch();
    assert_eq!(ids(&service.wait_for_accepted(3)), put);
}

#[test]
fn a_payment_that_cannot_pass_is_parked_where_that_is_said() {
    let devqm = Devqm::start();
    let service = Service::start(|request| Answer::status(if request.number < 3 { 500 } else { 200 }));
    let _gateway = Gateway::start(&ordered(&devqm, &service, "park"));
    let put = put_several(&devqm, 3);
    let parked = devqm.client().expect(PARKED);
    assert_eq!(property(&parked, "mqgate.fate"), Some("possibly-delivered"));
    assert_eq!(ids(&service.wait_for_accepted(2)), put[1..]);
    devqm.wait_for_depth(PAYMENTS, 0);
}

#[test]
fn no_payment_passes_another_to_probe() {
    let devqm = Devqm::start();
    let service = Service::start(|request| Answer::status(if request.number < 12 { 503 } else { 200 }));
    let settings = ordered(&devqm, &service, "stop").with("retry.probes_per_message_max", 1);
    let _gateway = Gateway::start(&settings);
    let put = put_several(&devqm, 3);
    assert_eq!(ids(&service.wait_for_accepted(3)), put);
    let requests = service.requests();
    assert!(requests[..13].iter().all(|request| request.end_to_end_id() == put[0]));
    let counts: Vec<&str> = requests[..13].iter().map(|request| request.header("mq-backout-count")).collect();
    assert!(counts.last().unwrap().parse::<u32>().unwrap() >= 1, "over several units: {counts:?}");
}

#[test]
fn a_part_of_a_group_is_parked_and_never_sent_as_a_payment() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&quick(&devqm, &service));
    // MQMF_MSG_IN_GROUP, MQMF_LAST_MSG_IN_GROUP.
    for (flags, reason) in [(8, "group-member"), (8 | 16, "group-member")] {
        let payment = Payment::new();
        let mut put = Put::text(payment.bytes());
        put.descriptor.message_flags = flags;
        put.descriptor.group_id = [9; 24];
        devqm.client().put_message(PAYMENTS, &put);
        let parked = devqm.client().expect(PARKED);
        assert_eq!(property(&parked, "mqgate.reason"), Some(reason), "{flags}");
        assert_eq!((parked.body.as_slice(), parked.descriptor.message_flags), (payment.bytes(), flags));
    }
    assert!(service.requests().is_empty());
}

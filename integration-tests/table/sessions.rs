//! Sessions that come to an end, queues that cannot be used, sites that are down.

use std::time::{Duration, Instant};

use super::{quick, with_south};
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::wait::until;
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, Settings, eventually};

#[test]
fn whatever_a_get_answers_the_queue_is_got_from_again() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let gateway = Gateway::start(&quick(&devqm, &service).with("sources.0.consumers", 1));
    // GET_INHIBITED, OBJECT_CHANGED, OBJECT_DAMAGED, Q_DELETED, RESOURCE_PROBLEM, CONNECTION_BROKEN, HCONN_ERROR, HOBJ_ERROR.
    for (round, reason) in (1..).zip([2016, 2041, 2101, 2052, 2102, 2009, 2018, 2019]) {
        devqm.fault("FAULT", &format!("APPLTAG('mqgate') VERB(MQGET) ACTION(ANSWER) REASON({reason})"));
        devqm.wait_until_fired("FAULT", 1);
        devqm.heal("FAULT");
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        service.wait_for_accepted(round);
    }
    devqm.wait_for_depth(PAYMENTS, 0);
    eventually("money flows", || (gateway.ask("/flowing").0 == 200).then_some(()));
    assert_eq!(gateway.metric("mqgate_site_connected", &[]), 1);
}

#[test]
fn a_queue_that_is_deleted_and_defined_again_is_opened_again() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let gateway = Gateway::start(&quick(&devqm, &service).with("sources.0.consumers", 1));
    devqm.fault("CUT", "APPLTAG('mqgate') VERB(MQGET) ACTION(CUTBEFORE) COUNT(*)");
    devqm.fault("GONE", "APPLTAG('mqgate') VERB(MQOPEN) ACTION(ANSWER) REASON(2085) COUNT(*)");
    devqm.wait_until_fired("GONE", 2);
    devqm.mqsc("DELETE QLOCAL(PAYMENTS.IN)");
    devqm.heal("CUT");
    devqm.heal("GONE");
    gateway.wait_for_log("MQRC_UNKNOWN_OBJECT_NAME (2085)");
    devqm.mqsc("DEFINE QLOCAL(PAYMENTS.IN) DEFPSIST(YES) BOQNAME(PAYMENTS.PARKED)");
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(1);
}

#[test]
fn a_quiesce_lets_the_unit_finish_and_then_the_session_leaves_and_comes_back() {
    for reason in [2161, 2202] {
        let devqm = Devqm::start();
        let service = Service::start(|_| Answer::status(200).held());
        let settings = Settings::new(&devqm, &service).with("sources.0.consumers", 1);
        let gateway = Gateway::start(&settings);
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        service.wait_for_requests(1);
        devqm.fault("ENDING", &format!("APPLTAG('mqgate') ACTION(QUIESCE) REASON({reason})"));
        service.release();
        gateway.wait_for_log("The queue manager is ending.");
        gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "accepted")], 1);
        devqm.wait_for_depth(PAYMENTS, 0);
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        assert_eq!(service.requests().len(), 1, "nothing is got from a queue manager that ends");
        devqm.heal("ENDING");
        let requests = service.wait_for_accepted(2);
        assert!(!requests.iter().any(|request| request.possible_duplicate()), "{reason}");
        gateway.wait_for_log("Connected again.");
    }
}

#[test]
fn a_quiesce_under_a_refusal_parks_it_later_and_once() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(422).held());
    let settings = Settings::new(&devqm, &service).with("sources.0.consumers", 1);
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_requests(1);
    devqm.fault("ENDING", "APPLTAG('mqgate') ACTION(QUIESCE)");
    service.release();
    gateway.wait_for_log("The queue manager is ending.");
    assert_eq!(gateway.metric("mqgate_alarms_total", &[]), 0);
    devqm.heal("ENDING");
    devqm.client().expect(PARKED);
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn a_site_that_is_down_delays_nobody_and_is_used_once_it_is_up() {
    let (north, mut south) = (Devqm::start(), Devqm::absent());
    let service = Service::accepting();
    let settings = with_south(quick(&north, &service), &south);
    let gateway = Gateway::start(&settings);
    gateway.wait_for_log("MQRC_HOST_NOT_AVAILABLE (2538)");
    let mut client = north.client();
    for payment in Payment::several(50) {
        client.put(PAYMENTS, payment.bytes());
    }
    service.wait_for_accepted(50);
    assert_eq!(gateway.ask("/readyz").0, 200);
    assert_eq!(gateway.metric("mqgate_site_connected", &[("site", "south")]), 0);
    assert_eq!(gateway.ask("/flowing").0, 503);
    south.launch();
    south.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(51);
    south.kill();
    client.put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(52);
}

#[test]
fn a_consumer_without_messages_keeps_no_other_from_probing() {
    let (north, south) = (Devqm::start(), Devqm::start());
    let mut service = Service::down(|_| Answer::status(200));
    let settings = with_south(quick(&north, &service), &south)
        .with("sources.0.consumers", 1)
        .with("retry.get_wait_ms", 1_000);
    let gateway = Gateway::start(&settings);
    north.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_log("The destination is out.");
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "backed-out")], 2);
    // The other site's consumer asks for the right to probe as well.
    south.fault("ASKED", "APPLTAG('mqgate') VERB(MQGET) ACTION(NONE)");
    until("it looks for a message twice", || south.seen("ASKED") >= 2);
    service.up();
    let up = Instant::now();
    service.wait_for_accepted(1);
    assert!(up.elapsed() < Duration::from_secs(10), "it was kept away");
    eventually("money flows", || (gateway.ask("/flowing").0 == 200).then_some(()));
}

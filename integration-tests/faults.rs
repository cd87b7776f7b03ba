//! Faults at the one place that matters most: the commit that ends a turn.

use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Devqm, Gateway, Payment, Service, Settings};

#[test]
fn a_commit_whose_answer_is_lost_was_one_and_nothing_comes_again() {
    let devqm = Devqm::start();
    let service = Service::accepting();
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.fault("COUNT", "APPLTAG('mqgate') VERB(MQCMIT) ACTION(NONE)");
    devqm.fault("LOST", "APPLTAG('mqgate') VERB(MQCMIT) ACTION(CUTAFTER)");
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    devqm.wait_until_fired("LOST", 1);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(2);
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((service.requests().len(), devqm.client().depth(PARKED)), (2, 0));
    assert_eq!((devqm.fired("LOST"), devqm.seen("COUNT")), (1, 2));
}

#[test]
fn killed_in_its_commit_the_payment_comes_again_marked() {
    let devqm = Devqm::start();
    let service = Service::accepting();
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.fault("HELD", "APPLTAG('mqgate') VERB(MQCMIT) ACTION(HOLDBEFORE)");
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    devqm.wait_until_fired("HELD", 1);
    gateway.kill_and_restart();
    devqm.heal("HELD");
    service.wait_for_accepted(2);
    devqm.wait_for_depth(PAYMENTS, 0);
    let requests = service.requests();
    assert_eq!(
        requests.iter().map(|request| request.possible_duplicate()).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(requests[0].key(), requests[1].key());
}

#[test]
fn with_the_queue_manager_dead_in_the_commit_the_payment_is_neither_lost_nor_unmarked() {
    for (action, requests) in [("EXITBEFORE", 2), ("EXITAFTER", 1)] {
        let mut devqm = Devqm::start();
        let service = Service::accepting();
        let mut gateway = Gateway::start(&Settings::new(&devqm, &service));
        devqm.fault("DEAD", &format!("APPLTAG('mqgate') VERB(MQCMIT) ACTION({action})"));
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        devqm.restart_once_dead();
        service.wait_for_accepted(requests);
        devqm.wait_for_depth(PAYMENTS, 0);
        assert_eq!(gateway.stop(), Some(0));
        let told = service.requests();
        assert_eq!(told.len(), requests, "{action}");
        assert!(told.iter().skip(1).all(|request| request.possible_duplicate()), "{action}");
    }
}

//! A service or a queue manager that is out costs time and nothing else.

use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, Settings, eventually};

/// With units held so shortly that an outage outlasts several of them.
fn impatient(devqm: &Devqm, service: &Service) -> Settings {
    Settings::new(devqm, service).with("retry.unit_hold_ms_max", 400).with("dispatch.timeout_ms", 200)
}

#[test]
fn a_service_that_is_down_parks_nothing_and_gets_everything_once_it_is_up() {
    let devqm = Devqm::start();
    let mut service = Service::down(|_| Answer::status(200));
    let gateway = Gateway::start(&impatient(&devqm, &service).with("sources.0.consumers", 4));
    let payments = Payment::several(20);
    for payment in &payments {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    gateway.wait_for_log("The destination is out.");
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "backed-out")], 3);
    assert_eq!(gateway.metric("mqgate_destination_up", &[("destination", "payments")]), 0);
    let (flowing, report) = gateway.ask("/flowing");
    assert_eq!(flowing, 503, "{report}");
    assert_eq!(gateway.ask("/readyz").0, 200, "an outage does not make it unready");
    service.up();
    service.wait_for_accepted(payments.len());
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(devqm.client().depth(PARKED), 0);
    assert_eq!(gateway.metric("mqgate_destination_up", &[("destination", "payments")]), 1);
    for payment in &payments {
        let accepted =
            service.requests_for(&payment.id).into_iter().filter(crate::harness::Request::accepted).count();
        assert_eq!(accepted, 1, "{}", payment.id);
    }
}

#[test]
fn no_answer_but_a_refusal_of_the_message_parks() {
    for status in [301, 307, 401, 403, 404, 405, 408, 409, 418, 425, 429, 500, 501, 502, 503, 504, 507] {
        let devqm = Devqm::start();
        let service = Service::start(move |request| {
            let answer = Answer::status(if request.number < 3 { status } else { 200 });
            answer.header("location", "/elsewhere").header("retry-after", "0")
        });
        let _gateway = Gateway::start(&Settings::new(&devqm, &service));
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        service.wait_for_accepted(1);
        devqm.wait_for_depth(PAYMENTS, 0);
        assert_eq!(devqm.client().depth(PARKED), 0, "{status}");
        assert!(
            service.requests().iter().all(|request| request.path == "/payments"),
            "{status}: never followed"
        );
    }
}

#[test]
fn a_wrong_credential_alarms_and_resumes_by_itself() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(401));
    let gateway = Gateway::start(&impatient(&devqm, &service));
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let line = gateway.wait_for_log("The destination refuses us");
    assert!(line.contains("ERROR") && line.contains("misdirected 401"), "{line}");
    service.now_answers(|_| Answer::status(200));
    service.wait_for_accepted(1);
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn a_500_for_one_payment_does_not_stop_the_others() {
    let devqm = Devqm::start();
    let payments = Payment::several(5);
    let poison = payments[0].id.clone();
    let service = Service::start(move |request| {
        Answer::status(if request.end_to_end_id() == poison { 500 } else { 200 })
    });
    let settings = Settings::new(&devqm, &service).with("sources.0.consumers", 2);
    let mut gateway = Gateway::start(&settings);
    for payment in &payments {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    service.wait_for_accepted(4);
    // A message in a unit of work does not count as on its queue: it is back there once mqgate has stopped.
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((devqm.client().depth(PARKED), devqm.client().depth(PAYMENTS)), (0, 1));
}

#[test]
fn a_queue_manager_that_is_absent_at_the_start_is_waited_for() {
    let mut devqm = Devqm::absent();
    let service = Service::accepting();
    let gateway = Gateway::start(&Settings::new(&devqm, &service));
    gateway.wait_for_log("MQRC_HOST_NOT_AVAILABLE (2538)");
    assert_eq!(gateway.ask("/flowing").0, 503);
    assert_eq!(gateway.metric("mqgate_site_connected", &[("site", "north")]), 0);
    devqm.launch();
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(1);
    eventually("money flows", || (gateway.ask("/flowing").0 == 200).then_some(()));
    assert_eq!(gateway.metric("mqgate_site_connected", &[("site", "north")]), 1);
}

#[test]
fn a_queue_manager_that_restarts_is_reconnected_to() {
    let mut devqm = Devqm::start();
    let service = Service::accepting();
    let gateway = Gateway::start(&Settings::new(&devqm, &service));
    for round in 1..=3 {
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        service.wait_for_accepted(round);
        devqm.kill_and_restart();
    }
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(4);
    gateway.wait_for_log("Connected again.");
    devqm.wait_for_depth(PAYMENTS, 0);
}

#[test]
fn a_queue_that_is_inhibited_is_waited_for() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.mqsc("ALTER QLOCAL(PAYMENTS.IN) GET(DISABLED)");
    gateway.wait_for_log("MQRC_GET_INHIBITED (2016)");
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    devqm.mqsc("ALTER QLOCAL(PAYMENTS.IN) GET(ENABLED)");
    service.wait_for_accepted(1);
}

#[test]
fn a_source_whose_queue_is_missing_delays_no_other_source() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = Settings::new(&devqm, &service)
        .adding("sources", "name = \"early\"\nqueue = \"NOT.YET\"\nparking_queue = \"PAYMENTS.PARKED\"");
    let gateway = Gateway::start(&settings);
    gateway.wait_for_log("MQRC_UNKNOWN_OBJECT_NAME (2085)");
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_accepted(1);
    devqm.mqsc("DEFINE QLOCAL(NOT.YET)");
    devqm.client().put("NOT.YET", Payment::new().bytes());
    service.wait_for_accepted(2);
}

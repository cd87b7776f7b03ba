//! A bad release parks a handful, never a day of payments.

use super::quick;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, eventually};

#[test]
fn a_release_that_refuses_everything_parks_a_handful_and_pauses_the_source() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = quick(&devqm, &service)
        .with("sources.0.consumers", 4)
        .with("limits.park_burst_max", 3)
        .with("limits.park_window_ms", 3_600_000);
    let mut gateway = Gateway::start(&settings);
    let mut client = devqm.client();
    client.put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "accepted")], 1);
    service.now_answers(|_| Answer::status(400));
    for payment in Payment::several(20) {
        client.put(PAYMENTS, payment.bytes());
    }
    let blown = |gateway: &Gateway| {
        eventually("/flowing says so", || {
            let (status, report) = gateway.ask("/flowing");
            (status == 503 && report.contains("\"fuse\"")).then_some(())
        });
        assert!(gateway.metric("mqgate_alarms_total", &[("kind", "fuse")]) >= 1);
    };
    blown(&gateway);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!(client.depth(PARKED), 3);
    // A restart is no way round it.
    gateway.launch();
    blown(&gateway);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((client.depth(PARKED), client.depth(PAYMENTS)), (4, 16));
    service.now_answers(|_| Answer::status(200));
    gateway.launch();
    service.wait_for_accepted(17);
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(client.depth(PARKED), 4);
    assert_eq!(gateway.ask("/flowing").0, 200);
}

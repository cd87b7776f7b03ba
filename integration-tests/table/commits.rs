//! The queue manager fails before, in and after the commit.

use super::quick;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Devqm, Gateway, Payment, Service};

/// A fault, how many requests the payment then makes, and whether the commit's outcome is unknown.
const FAULTS: [(&str, usize, u64); 5] = [
    ("VERB(MQCMIT) ACTION(CUTBEFORE)", 2, 1),
    ("VERB(MQCMIT) ACTION(CUTAFTER)", 1, 1),
    ("VERB(MQCMIT) ACTION(BACKEDOUT)", 2, 0),
    ("VERB(MQGET) QUEUE(PAYMENTS.IN) ACTION(CUTBEFORE)", 1, 0),
    ("VERB(MQGET) QUEUE(PAYMENTS.IN) ACTION(CUTAFTER)", 1, 0),
];

#[test]
fn a_connection_lost_around_the_commit_loses_nothing_and_marks_every_repeat() {
    for (fault, count, unknown) in FAULTS {
        let (devqm, service) = (Devqm::start(), Service::accepting());
        let mut gateway = Gateway::start(&quick(&devqm, &service).with("sources.0.consumers", 1));
        devqm.fault("FAULT", &format!("APPLTAG('mqgate') {fault}"));
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        devqm.wait_until_fired("FAULT", 1);
        let requests = service.wait_for_accepted(count);
        devqm.wait_for_depth(PAYMENTS, 0);
        gateway.wait_for_log("Connected again.");
        assert_eq!(gateway.metric("mqgate_commits_unknown_total", &[]), unknown, "{fault}");
        assert_eq!(gateway.stop(), Some(0));
        assert_eq!(service.requests().len(), count, "{fault}");
        assert!(requests.iter().all(|it| it.key() == requests[0].key()), "{fault}");
        assert!(requests.iter().skip(1).all(|it| it.possible_duplicate()), "{fault}");
        assert_eq!(devqm.client().depth(PARKED), 0, "{fault}");
    }
}

#[test]
fn a_parking_whose_commit_is_lost_happens_once() {
    for action in ["CUTBEFORE", "CUTAFTER", "BACKEDOUT"] {
        let devqm = Devqm::start();
        let service = Service::start(|_| crate::harness::Answer::status(422));
        let _gateway = Gateway::start(&quick(&devqm, &service));
        devqm.fault("FAULT", &format!("APPLTAG('mqgate') VERB(MQCMIT) ACTION({action})"));
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        devqm.wait_until_fired("FAULT", 1);
        devqm.client().expect(PARKED);
        devqm.wait_for_depth(PAYMENTS, 0);
        assert_eq!(devqm.client().depth(PARKED), 0, "{action}");
    }
}

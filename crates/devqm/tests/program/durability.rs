//! What a kill may and may not undo.

use libmqm_sys as mq;

use devqm::verbs::Request;

use super::harness::{Devqm, get, put};

const UNIT: i32 = mq::MQGMO_SYNCPOINT;

#[test]
fn a_committed_message_outlives_a_kill_and_an_uncommitted_one_does_not() {
    let mut devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    session.ok(&put(queue, mq::MQPMO_SYNCPOINT, b"committed"));
    session.ok(&Request::Commit);
    session.ok(&put(queue, mq::MQPMO_SYNCPOINT, b"never committed"));
    devqm.kill();
    devqm.restart();

    let mut session = devqm.connect();
    let queue = session.open("IN");
    let got = session.get(&get(queue, UNIT)).unwrap().unwrap();
    assert_eq!(got.body, b"committed");
    assert_eq!(got.descriptor.backout_count, 0);
    assert!(session.get(&get(queue, UNIT)).unwrap().is_none());
}

#[test]
fn a_message_in_an_open_unit_comes_back_counted_after_each_kill() {
    let mut devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    session.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"poison"));
    for count in 0..3 {
        let mut session = devqm.connect();
        let queue = session.open("IN");
        let got = session.get(&get(queue, UNIT)).unwrap().unwrap();
        assert_eq!(got.descriptor.backout_count, count);
        devqm.kill();
        devqm.restart();
    }
}

#[test]
fn a_count_raised_by_backout_survives_a_kill_that_follows_at_once() {
    let mut devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    session.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"poison"));
    for _ in 0..5 {
        session.get(&get(queue, UNIT)).unwrap().unwrap();
        session.ok(&Request::BackOut);
    }
    devqm.kill();
    devqm.restart();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    assert_eq!(session.get(&get(queue, UNIT)).unwrap().unwrap().descriptor.backout_count, 5);
}

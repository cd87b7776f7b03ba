//! More messages than memory has room for.

use std::process::Command;

use libmqm_sys as mq;

use devqm::verbs::{Descriptor, Put, Request};

use super::harness::{Devqm, MQSC, Session, get, put};

const BYTES: usize = 100_000;
const MESSAGES: usize = 60;

fn body(number: usize) -> Vec<u8> {
    vec![number as u8; BYTES]
}

fn put_all(session: &mut Session, queue: i32, persistence: i32) {
    for number in 0..MESSAGES {
        let Request::Put(plain) = put(queue, mq::MQPMO_NO_SYNCPOINT, &body(number)) else { unreachable!() };
        let descriptor = Descriptor { persistence, ..plain.descriptor.clone() };
        session.ok(&Request::Put(Put { descriptor, ..plain }));
    }
}

#[test]
fn messages_that_memory_has_no_room_for_are_got_as_they_were_put() {
    let mut devqm = Devqm::start_with(MQSC, &["--message-memory-mib", "1"]);
    let mut session = devqm.connect();
    let (queue, other) = (session.open("IN"), session.open("OUT"));
    put_all(&mut session, queue, mq::MQPER_PERSISTENT);
    put_all(&mut session, other, mq::MQPER_NOT_PERSISTENT);
    for number in 0..MESSAGES {
        let got = session.get(&get(other, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
        assert!(got.body == body(number), "message {number}");
        // Backed out once, got again: the same message, counted.
        let unit = get(queue, mq::MQGMO_SYNCPOINT);
        session.get(&unit).unwrap().unwrap();
        session.ok(&Request::BackOut);
        let got = session.get(&unit).unwrap().unwrap();
        assert!(got.body == body(number) && got.descriptor.backout_count == 1, "message {number}");
        session.ok(&Request::Commit);
    }
    assert!(session.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().is_none());
    assert_eq!(devqm.terminate().code(), Some(0));
}

#[test]
fn what_is_not_persistent_does_not_outlive_the_queue_manager_even_where_it_was_on_disk() {
    let mut devqm = Devqm::start_with(MQSC, &["--message-memory-mib", "0"]);
    let mut session = devqm.connect();
    let queue = session.open("IN");
    put_all(&mut session, queue, mq::MQPER_NOT_PERSISTENT);
    session.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"kept"));
    devqm.kill();
    devqm.restart();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    assert_eq!(session.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap().body, b"kept");
    assert!(session.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().is_none());
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_within_its_setting() {
    let devqm = Devqm::start_with(MQSC, &["--message-memory-mib", "2"]);
    let mut session = devqm.connect();
    let queue = session.open("IN");
    put_all(&mut session, queue, mq::MQPER_PERSISTENT);
    let before = devqm.most_memory_kib();
    for _ in 0..10 {
        put_all(&mut session, queue, mq::MQPER_PERSISTENT);
    }
    let grown = devqm.most_memory_kib() - before;
    // 60 MB have been put; what is left are buffers, and pages that the store has in hand.
    assert!(grown < 40 * 1024, "{grown} KiB");
}

#[test]
fn compacting_gives_back_what_is_gone_and_keeps_what_is_there() {
    let mut devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    put_all(&mut session, queue, mq::MQPER_PERSISTENT);
    for _ in 1..MESSAGES {
        session.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
    }
    let running = compact(&devqm);
    assert_eq!(running.status.code(), Some(69));
    assert!(str::from_utf8(&running.stderr).unwrap().contains("another devqm is running"), "{running:?}");
    devqm.kill();
    let file = devqm.data().join("devqm.redb");
    let before = std::fs::metadata(&file).unwrap().len();
    let done = compact(&devqm);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let after = std::fs::metadata(&file).unwrap().len();
    assert!(after < before / 4, "{before} bytes became {after}");
    devqm.restart();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    let last = session.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
    assert!(last.body == body(MESSAGES - 1));
}

#[test]
fn compacting_a_folder_without_a_queue_manager_makes_none() {
    let devqm = Devqm::start();
    let nowhere = devqm.path("nowhere");
    let done = Command::new(env!("CARGO_BIN_EXE_devqm")).args(["compact", "--data"]).arg(&nowhere).output();
    let done = done.unwrap();
    assert_eq!(done.status.code(), Some(73));
    assert!(str::from_utf8(&done.stderr).unwrap().contains("nowhere"), "{done:?}");
    assert!(!nowhere.exists());
}

fn compact(devqm: &Devqm) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_devqm")).args(["compact", "--data"]).arg(devqm.data()).output().unwrap()
}

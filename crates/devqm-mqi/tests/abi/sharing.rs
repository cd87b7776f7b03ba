//! Handles: which thread may use one, and what becomes of those that are gone.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use libmqm_sys as mq;

use crate::harness::{Devqm, until};
use crate::mqi;
use crate::program::{
    OK, codes, commit, connect, disconnect, failed, get, get_now, gmo, md, open, put, put_now,
};

#[test]
fn a_handle_that_is_not_shared_is_unknown_to_another_thread() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_NONE);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(commit(connection), failed(mq::MQRC_HCONN_ERROR));
            assert_eq!(disconnect(connection), failed(mq::MQRC_HCONN_ERROR));
        });
    });
    assert_eq!(commit(connection), OK);
    assert_eq!(disconnect(connection), OK);
}

#[test]
fn a_blocking_shared_handle_serves_many_threads_one_after_another() {
    const THREADS: usize = 8;
    const EACH: usize = 25;
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK);
    let object = open(connection);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for number in 0..EACH {
                    put_now(connection, object, format!("{thread} {number}").as_bytes());
                }
            });
        }
    });
    let mut got = vec![Vec::new(); THREADS];
    for _ in 0..THREADS * EACH {
        let (codes, body) = get_now(connection, object);
        assert_eq!(codes, OK);
        let body = String::from_utf8(body).unwrap();
        let (thread, number) = body.split_once(' ').unwrap();
        got[thread.parse::<usize>().unwrap()].push(number.parse::<usize>().unwrap());
    }
    let every: Vec<usize> = (0..EACH).collect();
    assert!(got.iter().all(|numbers| *numbers == every), "{got:?}");
}

#[test]
fn all_threads_of_a_shared_handle_have_one_unit_of_work() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK);
    let object = open(connection);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pmo = crate::program::pmo(mq::MQPMO_SYNCPOINT);
            assert_eq!(put(connection, object, &mut md(), &mut pmo, b"x"), OK);
        });
    });
    let other = connect(&devqm, 0);
    let others = open(other);
    assert_eq!(get_now(other, others).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
    assert_eq!(commit(connection), OK);
    assert_eq!(get_now(other, others), (OK, b"x".to_vec()));
}

/// Gets with a wait without limit.
fn wait_for_message(connection: i32, object: i32) -> (crate::program::Codes, Vec<u8>) {
    let mut options = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_WAIT);
    options.WaitInterval = mq::MQWI_UNLIMITED;
    let (codes, _, body) = get(connection, object, &mut md(), &mut options, 100);
    (codes, body)
}

#[test]
fn a_handle_that_does_not_block_refuses_a_call_beside_another() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_NO_BLOCK);
    let object = open(connection);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Its first tries may meet a call of the other thread.
            until("a get that waits", || {
                let got = wait_for_message(connection, object);
                let refused = got.0 == failed(mq::MQRC_CALL_IN_PROGRESS);
                if !refused {
                    sender.send(got).unwrap();
                }
                !refused
            });
        });
        until("the call is refused", || commit(connection) == failed(mq::MQRC_CALL_IN_PROGRESS));
        assert_eq!(disconnect(connection), failed(mq::MQRC_CALL_IN_PROGRESS));
        let other = connect(&devqm, 0);
        put_now(other, open(other), b"woken");
        assert_eq!(receiver.recv().unwrap(), (OK, b"woken".to_vec()));
    });
    assert_eq!(commit(connection), OK);
}

#[test]
fn a_call_on_a_blocking_handle_waits_for_the_one_before() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK);
    let object = open(connection);
    let (other, began) = (connect(&devqm, 0), Instant::now());
    let mut options = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_WAIT);
    options.WaitInterval = 300;
    std::thread::scope(|scope| {
        let waits = scope.spawn(move || {
            let mut options = options;
            get(connection, object, &mut md(), &mut options, 8).0
        });
        // Either order of the two is right; the wait must end by itself.
        assert_eq!(commit(connection), OK);
        assert_eq!(waits.join().unwrap(), failed(mq::MQRC_NO_MSG_AVAILABLE));
    });
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(commit(other), OK);
}

#[test]
fn a_handle_is_gone_after_disconnecting_and_not_given_again() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK);
    let mut variable = connection;
    assert_eq!(codes(|cc, rc| mqi::MQDISC(&raw mut variable, cc, rc)), OK);
    assert_eq!(variable, mq::MQHC_UNUSABLE_HCONN);
    assert_ne!(connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK), connection);
    assert_eq!(commit(connection), failed(mq::MQRC_HCONN_ERROR));
    assert_eq!(disconnect(connection), failed(mq::MQRC_HCONN_ERROR));
}

#[test]
fn an_object_handle_of_one_connection_is_unknown_to_another() {
    let devqm = Devqm::start();
    let (one, other) = (connect(&devqm, 0), connect(&devqm, 0));
    let object = open(one);
    let _others = open(other);
    let mut pmo = crate::program::pmo(mq::MQPMO_NO_SYNCPOINT);
    assert_eq!(put(other, object, &mut md(), &mut pmo, b"x"), failed(mq::MQRC_HOBJ_ERROR));
    let mut variable = object;
    let closed = codes(|cc, rc| mqi::MQCLOSE(one, &raw mut variable, 0, cc, rc));
    assert_eq!((closed, variable), (OK, mq::MQHO_UNUSABLE_HOBJ));
    assert_eq!(put(one, object, &mut md(), &mut pmo, b"x"), failed(mq::MQRC_HOBJ_ERROR));
}

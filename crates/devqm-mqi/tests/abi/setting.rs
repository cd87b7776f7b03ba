//! MQSET, MQSTAT and asynchronous puts, MQBEGIN through the C ABI.

use std::ffi::c_char;
use std::ptr::{null, null_mut};

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::{Devqm, QUEUE, QUEUE_MANAGER};
use crate::mqi;
use crate::program::{
    Codes, OK, at, attributes, codes, connect, failed, md, od, open, open_as, pmo, put, put_now, text,
};

fn set(connection: i32, object: i32, selectors: &[i32], integers: &[i32], characters: &str) -> Codes {
    let count = |length: usize| i32::try_from(length).unwrap();
    let characters: Vec<c_char> = characters.bytes().map(|byte| byte as c_char).collect();
    codes(|cc, rc| {
        mqi::MQSET(
            connection,
            object,
            count(selectors.len()),
            selectors.as_ptr(),
            count(integers.len()),
            integers.as_ptr(),
            count(characters.len()),
            characters.as_ptr(),
            cc,
            rc,
        );
    })
}

#[test]
fn a_queue_is_inhibited_by_a_program_that_has_it_open_for_set() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let inhibits = [mq::MQIA_INHIBIT_PUT, mq::MQCA_TRIGGER_DATA, mq::MQIA_INHIBIT_GET];
    let data = format!("{:64}", "data");
    assert_eq!(set(connection, object, &inhibits, &[1, 1], &data), failed(mq::MQRC_NOT_OPEN_FOR_SET));
    let (setter, _) = open_as(connection, &mut od(QUEUE), mq::MQOO_SET | mq::MQOO_INQUIRE);
    assert_eq!(set(connection, setter, &inhibits, &[1, 1], &data), OK);
    let (codes, integers, characters) = attributes(connection, setter, &inhibits, [2, 64]);
    assert_eq!((codes, integers, characters), (OK, vec![1, 1], data.clone()));
    let put = |body| put(connection, object, &mut md(), &mut pmo(mq::MQPMO_NO_SYNCPOINT), body);
    assert_eq!(put(b"x"), failed(mq::MQRC_PUT_INHIBITED));
    let wrong = [
        (mq::MQIA_INHIBIT_PUT, 2, mq::MQRC_INHIBIT_VALUE_ERROR),
        (mq::MQIA_TRIGGER_DEPTH, 0, mq::MQRC_TRIGGER_DEPTH_ERROR),
        (mq::MQIA_TRIGGER_TYPE, 9, mq::MQRC_TRIGGER_TYPE_ERROR),
        (mq::MQIA_TRIGGER_CONTROL, 1, mq::MQRC_FUNCTION_NOT_SUPPORTED),
        (mq::MQIA_CURRENT_Q_DEPTH, 1, mq::MQRC_SELECTOR_ERROR),
    ];
    for (selector, value, reason) in wrong {
        assert_eq!(set(connection, setter, &[selector], &[value], ""), failed(reason));
    }
    assert_eq!(
        set(connection, setter, &[mq::MQIA_INHIBIT_PUT, 7], &[0, 0], ""),
        failed(mq::MQRC_SELECTOR_ERROR)
    );
    assert_eq!(put(b"x"), failed(mq::MQRC_PUT_INHIBITED), "all is set or nothing");
    assert_eq!(set(connection, setter, &[mq::MQIA_INHIBIT_PUT], &[0], ""), OK);
    assert_eq!(put(b"x"), OK);
    let (alias, _) = open_as(connection, &mut od("ALIAS"), mq::MQOO_SET);
    assert_eq!(set(connection, alias, &[mq::MQIA_TRIGGER_DEPTH], &[1], ""), failed(mq::MQRC_SELECTOR_ERROR));
    assert_eq!(set(connection, alias, &[mq::MQIA_INHIBIT_GET], &[1], ""), OK);
}

#[test]
fn failures_of_asynchronous_puts_are_told_by_mqstat() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    devqm.mqsc("ALTER QLOCAL(IN) MAXMSGL(10)");
    let put = |options, body: &[u8]| {
        let mut pmo = pmo(options | mq::MQPMO_NO_SYNCPOINT);
        put(connection, object, &mut md(), &mut pmo, body)
    };
    let long = [0; 11];
    assert_eq!(put(mq::MQPMO_SYNC_RESPONSE, &long), failed(mq::MQRC_MSG_TOO_BIG_FOR_Q));
    assert_eq!(put(mq::MQPMO_ASYNC_RESPONSE, b"good"), OK);
    for _ in 0..2 {
        assert_eq!(put(mq::MQPMO_ASYNC_RESPONSE, &long), OK, "told later");
    }
    let stat = |kind| {
        let mut status = mq::MQSTS { Version: 2, ..initial::MQSTS_DEFAULT };
        let codes = codes(|cc, rc| mqi::MQSTAT(connection, kind, at(&mut status), cc, rc));
        (codes, status)
    };
    let (codes_of_stat, status) = stat(mq::MQSTAT_TYPE_ASYNC_ERROR);
    assert_eq!(codes_of_stat, OK);
    assert_eq!((status.CompCode, status.Reason), failed(mq::MQRC_MSG_TOO_BIG_FOR_Q));
    let counts = (status.PutSuccessCount, status.PutWarningCount, status.PutFailureCount);
    assert_eq!((counts, text(&status.ObjectName)), ((1, 0, 2), QUEUE.to_owned()));
    let (_, status) = stat(mq::MQSTAT_TYPE_ASYNC_ERROR);
    assert_eq!((status.CompCode, status.PutFailureCount), (mq::MQCC_OK, 0), "asking begins anew");
    assert_eq!(stat(mq::MQSTAT_TYPE_RECONNECTION).0, OK);
    assert_eq!(stat(9).0, failed(mq::MQRC_STAT_TYPE_ERROR));
    let without = codes(|cc, rc| mqi::MQSTAT(connection, 0, null_mut(), cc, rc));
    assert_eq!(without, failed(mq::MQRC_STS_ERROR));
}

#[test]
fn a_client_has_no_coordinator_to_begin_a_unit_with() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let begun = codes(|cc, rc| mqi::MQBEGIN(connection, null_mut(), cc, rc));
    assert_eq!(begun, failed(mq::MQRC_ENVIRONMENT_ERROR));
}

#[test]
fn a_queue_manager_tells_what_clients_ask() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let mut manager = mq::MQOD { ObjectType: mq::MQOT_Q_MGR, ..od("") };
    let (object, opened) = open_as(connection, &mut manager, mq::MQOO_INQUIRE);
    assert_eq!(opened, OK);
    let numbers = [
        (mq::MQIA_COMMAND_LEVEL, 930),
        (mq::MQIA_PLATFORM, mq::MQPL_UNIX),
        (mq::MQIA_MAX_HANDLES, 256),
        (mq::MQIA_PUBSUB_MODE, mq::MQPSM_ENABLED),
        (mq::MQIA_MSG_MARK_BROWSE_INTERVAL, 5000),
        (mq::MQIA_MAX_PROPERTIES_LENGTH, -1),
        (mq::MQIA_DIST_LISTS, 0),
        (mq::MQIA_SYNCPOINT, 1),
        (mq::MQIA_CHLAUTH_RECORDS, 1),
    ];
    let texts = [
        (mq::MQCA_Q_MGR_NAME, 48, QUEUE_MANAGER),
        (mq::MQCA_VERSION, 8, "09030000"),
        (mq::MQCA_COMMAND_INPUT_Q_NAME, 48, "SYSTEM.ADMIN.COMMAND.QUEUE"),
        (mq::MQCA_CHANNEL_AUTO_DEF_EXIT, 128, ""),
    ];
    let selectors: Vec<i32> =
        numbers.iter().map(|each| each.0).chain(texts.iter().map(|each| each.0)).collect();
    let width: usize = texts.iter().map(|each| each.1).sum();
    let (codes, integers, characters) = attributes(connection, object, &selectors, [numbers.len(), width]);
    assert_eq!((codes, integers), (OK, numbers.iter().map(|each| each.1).collect()));
    let expected: String = texts.iter().map(|(_, width, text)| format!("{text:width$}")).collect();
    assert_eq!(characters, expected);
    put_now(connection, open(connection), b"");
    let set_of_manager = codes_of_set(connection, object);
    assert_eq!(set_of_manager, failed(mq::MQRC_NOT_OPEN_FOR_SET));
}

fn codes_of_set(connection: i32, object: i32) -> Codes {
    codes(|cc, rc| mqi::MQSET(connection, object, 0, null(), 0, null(), 0, null(), cc, rc))
}

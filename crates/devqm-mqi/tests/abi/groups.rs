//! Groups, segments and locks through the C ABI.

use libmqm_sys as mq;

use crate::harness::Devqm;
use crate::mqi;
use crate::program::{
    Codes, OK, back_out, codes, commit, connect, failed, get, get_now, gmo, md, open, pmo, put, put_now,
    warning,
};

const LOGICAL: i32 = mq::MQPMO_LOGICAL_ORDER | mq::MQPMO_NO_SYNCPOINT;
const NO_MESSAGE: Codes = (mq::MQCC_FAILED, mq::MQRC_NO_MSG_AVAILABLE);

/// Puts in logical order.
fn put_member(connection: i32, object: i32, flags: i32, body: &[u8]) -> (Codes, mq::MQMD2) {
    let mut md = mq::MQMD2 { MsgFlags: flags, ..md() };
    (put(connection, object, &mut md, &mut pmo(LOGICAL), body), md)
}

/// Gets with these options and nothing to match.
fn take(connection: i32, object: i32, options: i32) -> (Codes, mq::MQMD2, Vec<u8>, mq::MQGMO) {
    let mut gmo = mq::MQGMO { MatchOptions: mq::MQMO_NONE, ..gmo(options | mq::MQGMO_NO_SYNCPOINT) };
    let mut md = md();
    let (codes, _, body) = get(connection, object, &mut md, &mut gmo, 1_000_000);
    (codes, md, body, gmo)
}

#[test]
fn a_group_is_put_and_got_in_its_order() {
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, 0), connect(&devqm, 0));
    let (object, elsewhere) = (open(connection), open(other));
    let (_, first) = put_member(connection, object, mq::MQMF_MSG_IN_GROUP, b"a1");
    let (_, of_other) = put_member(other, elsewhere, mq::MQMF_MSG_IN_GROUP, b"b1");
    assert_ne!((first.GroupId, first.GroupId), ([0; 24], of_other.GroupId));
    let (_, second) = put_member(connection, object, mq::MQMF_MSG_IN_GROUP, b"a2");
    assert_eq!((second.GroupId, second.MsgSeqNumber), (first.GroupId, 2));
    assert_eq!(put_member(connection, object, 0, b"").0, failed(mq::MQRC_INCOMPLETE_GROUP));
    let all = mq::MQGMO_LOGICAL_ORDER | mq::MQGMO_ALL_MSGS_AVAILABLE;
    assert_eq!(take(connection, object, all).0, NO_MESSAGE, "no group is whole");
    assert_eq!(put_member(other, elsewhere, mq::MQMF_LAST_MSG_IN_GROUP, b"b2").0, OK);
    assert_eq!(put_member(connection, object, mq::MQMF_LAST_MSG_IN_GROUP, b"a3").0, OK);
    put_now(connection, object, b"alone");
    let status = |gmo: &mq::MQGMO| gmo.GroupStatus as u8;
    let taken: Vec<_> = (0..6)
        .map(|_| {
            let (codes, _, body, gmo) = take(connection, object, all);
            assert_eq!(codes, OK);
            (String::from_utf8(body).unwrap(), char::from(status(&gmo)))
        })
        .collect();
    let expected = [("a1", 'G'), ("a2", 'G'), ("a3", 'L'), ("b1", 'G'), ("b2", 'L'), ("alone", ' ')];
    assert_eq!(taken, expected.map(|(body, status)| (body.to_owned(), status)));
}

#[test]
fn a_member_is_found_by_its_group_and_number() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let (_, first) = put_member(connection, object, mq::MQMF_MSG_IN_GROUP, b"1");
    put_member(connection, object, mq::MQMF_LAST_MSG_IN_GROUP, b"2");
    let mut wanted = mq::MQMD2 { GroupId: first.GroupId, MsgSeqNumber: 2, ..md() };
    let matches = mq::MQMO_MATCH_GROUP_ID | mq::MQMO_MATCH_MSG_SEQ_NUMBER;
    let mut options = mq::MQGMO { MatchOptions: matches, ..gmo(mq::MQGMO_NO_SYNCPOINT) };
    assert_eq!(get(connection, object, &mut wanted, &mut options, 10).2, b"2");
    let mut wanted = mq::MQMD2 { Offset: 1, ..md() };
    let mut options = mq::MQGMO { MatchOptions: mq::MQMO_MATCH_OFFSET, ..gmo(mq::MQGMO_NO_SYNCPOINT) };
    assert_eq!(get(connection, object, &mut wanted, &mut options, 10).0, NO_MESSAGE);
}

#[test]
fn an_unfinished_group_is_told_when_its_handle_is_closed() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let mut object = open(connection);
    assert_eq!(put_member(connection, object, mq::MQMF_MSG_IN_GROUP, b"1").0, OK);
    let closed = codes(|cc, rc| mqi::MQCLOSE(connection, &raw mut object, 0, cc, rc));
    assert_eq!(closed, warning(mq::MQRC_INCOMPLETE_GROUP));
}

#[test]
fn a_message_too_long_for_its_queue_is_split_where_that_is_allowed_and_got_whole() {
    let devqm = Devqm::start();
    devqm.mqsc("ALTER QLOCAL(IN) MAXMSGL(100)");
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let body: Vec<u8> = (0..=249).collect();
    let put = |flags, options, persistence| {
        let mut md = mq::MQMD2 { MsgFlags: flags, Persistence: persistence, ..md() };
        put(connection, object, &mut md, &mut pmo(options), &body)
    };
    let (outside, within) = (mq::MQPMO_NO_SYNCPOINT, mq::MQPMO_SYNCPOINT);
    assert_eq!(put(0, outside, 0), failed(mq::MQRC_MSG_TOO_BIG_FOR_Q));
    for (options, persistence) in [(outside, 0), (outside, 1), (within, 1)] {
        assert_eq!(put(mq::MQMF_SEGMENTATION_ALLOWED, options, persistence), OK);
        assert_eq!(commit(connection), OK);
        let (codes, md, whole, gmo) = take(connection, object, mq::MQGMO_COMPLETE_MSG);
        assert_eq!((codes, whole == body, md.Offset), (OK, true, 0));
        // As IBM says it of a message that was put together: it is its own only segment.
        assert_eq!((gmo.SegmentStatus as u8, gmo.Segmentation as u8), (b'L', b'A'));
        assert_eq!(md.MsgFlags, mq::MQMF_SEGMENTATION_ALLOWED | mq::MQMF_SEGMENT | mq::MQMF_LAST_SEGMENT);
        assert_eq!(take(connection, object, 0).0, NO_MESSAGE, "all segments are taken");
    }
    assert_eq!(put(mq::MQMF_SEGMENTATION_ALLOWED, outside, 1), OK);
    let expected = [(0, 96, b'S'), (96, 96, b'S'), (192, 58, b'L')];
    for (offset, length, status) in expected {
        let (codes, md, segment, gmo) = take(connection, object, mq::MQGMO_LOGICAL_ORDER);
        assert_eq!((codes, md.Offset, segment.len()), (OK, offset, length));
        assert_eq!(gmo.SegmentStatus as u8, status);
    }
}

#[test]
fn segments_got_whole_in_a_unit_come_back_whole_and_counted() {
    let devqm = Devqm::start();
    devqm.mqsc("ALTER QLOCAL(IN) MAXMSGL(32)");
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let mut sent = mq::MQMD2 { MsgFlags: mq::MQMF_SEGMENTATION_ALLOWED, Persistence: 1, ..md() };
    assert_eq!(put(connection, object, &mut sent, &mut pmo(mq::MQPMO_NO_SYNCPOINT), &[7; 80]), OK);
    for backout_count in 0..3 {
        let mut got = md();
        let mut options = gmo(mq::MQGMO_SYNCPOINT | mq::MQGMO_COMPLETE_MSG);
        let (codes, length, _) = get(connection, object, &mut got, &mut options, 100);
        assert_eq!((codes, length, got.BackoutCount), (OK, 80, backout_count));
        assert_eq!(back_out(connection), OK);
    }
}

#[test]
fn segments_of_different_character_sets_or_encodings_are_not_put_together() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let segment = |flags, ccsid, encoding, body: &[u8]| {
        let mut md = mq::MQMD2 { MsgFlags: flags, CodedCharSetId: ccsid, Encoding: encoding, ..md() };
        let mut options = pmo(mq::MQPMO_NO_SYNCPOINT | mq::MQPMO_LOGICAL_ORDER);
        assert_eq!(put(connection, object, &mut md, &mut options, body), OK);
    };
    for (ccsid, encoding, reason) in
        [(1208, 546, mq::MQRC_INCONSISTENT_CCSIDS), (500, 273, mq::MQRC_INCONSISTENT_ENCODINGS)]
    {
        segment(mq::MQMF_SEGMENT, 500, 546, b"one");
        segment(mq::MQMF_SEGMENT, 500, 546, b"two");
        segment(mq::MQMF_LAST_SEGMENT, ccsid, encoding, b"three");
        let (codes, md, body, _) = take(connection, object, mq::MQGMO_COMPLETE_MSG);
        assert_eq!(
            (codes, body.as_slice(), md.MsgFlags),
            (warning(reason), &b"onetwo"[..], mq::MQMF_SEGMENT)
        );
        assert_eq!(take(connection, object, mq::MQGMO_COMPLETE_MSG).0, NO_MESSAGE);
        assert_eq!(take(connection, object, 0).2, b"three");
    }
}

#[test]
fn a_waiting_get_is_woken_when_the_last_segment_or_member_comes() {
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK), connect(&devqm, 0));
    let (object, elsewhere) = (open(connection), open(other));
    put_member(other, elsewhere, mq::MQMF_MSG_IN_GROUP, b"1");
    let waiter = std::thread::spawn(move || {
        let mut options = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_WAIT | mq::MQGMO_ALL_MSGS_AVAILABLE);
        options.WaitInterval = 60_000;
        get(connection, object, &mut md(), &mut options, 10)
    });
    put_member(other, elsewhere, mq::MQMF_LAST_MSG_IN_GROUP, b"2");
    let (codes, _, body) = waiter.join().unwrap();
    assert_eq!((codes, body), (OK, b"1".to_vec()));
}

#[test]
fn what_a_browser_has_locked_nobody_else_sees() {
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, 0), connect(&devqm, 0));
    let (object, elsewhere) = (open(connection), open(other));
    put_now(connection, object, b"one");
    put_now(connection, object, b"two");
    let lock = mq::MQGMO_BROWSE_FIRST | mq::MQGMO_LOCK;
    assert_eq!(take(connection, object, lock).2, b"one");
    assert_eq!(take(other, elsewhere, mq::MQGMO_BROWSE_FIRST).2, b"two");
    assert_eq!(take(connection, object, mq::MQGMO_UNLOCK).0, OK);
    assert_eq!(take(connection, object, mq::MQGMO_UNLOCK).0, failed(mq::MQRC_NO_MSG_LOCKED));
    assert_eq!(take(other, elsewhere, mq::MQGMO_BROWSE_FIRST).2, b"one");
    assert_eq!(take(connection, object, lock).2, b"one");
    assert_eq!(take(connection, object, mq::MQGMO_BROWSE_NEXT | mq::MQGMO_LOCK).2, b"two");
    assert_eq!(get_now(other, elsewhere), (OK, b"one".to_vec()), "a handle locks one message");
    assert_eq!(get_now(other, elsewhere).0, NO_MESSAGE);
    assert_eq!(take(connection, object, mq::MQGMO_MSG_UNDER_CURSOR).2, b"two");
    put_now(connection, object, b"three");
    assert_eq!(take(connection, object, lock).2, b"three");
    assert_eq!(crate::program::disconnect(connection), OK);
    assert_eq!(get_now(other, elsewhere), (OK, b"three".to_vec()), "closing unlocks");
}

#[test]
fn marks_and_cooperative_browsing_are_refused_by_name() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    for option in [
        mq::MQGMO_MARK_BROWSE_HANDLE,
        mq::MQGMO_MARK_BROWSE_CO_OP,
        mq::MQGMO_UNMARKED_BROWSE_MSG,
        mq::MQGMO_UNMARK_BROWSE_CO_OP,
        mq::MQGMO_MARK_SKIP_BACKOUT,
    ] {
        let (codes, ..) = take(connection, object, option | mq::MQGMO_BROWSE_FIRST);
        assert_eq!(codes, failed(mq::MQRC_FUNCTION_NOT_SUPPORTED), "{option:#x}");
    }
}

#[test]
fn a_get_may_leave_its_unit_to_the_message_s_persistence() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    for persistence in [mq::MQPER_PERSISTENT, mq::MQPER_NOT_PERSISTENT] {
        let mut sent = mq::MQMD2 { Persistence: persistence, ..md() };
        assert_eq!(put(connection, object, &mut sent, &mut pmo(mq::MQPMO_NO_SYNCPOINT), b"x"), OK);
        let mut options = gmo(mq::MQGMO_SYNCPOINT_IF_PERSISTENT);
        assert_eq!(get(connection, object, &mut md(), &mut options, 10).0, OK);
        assert_eq!(back_out(connection), OK);
        let came_back = get_now(connection, object).0 == OK;
        assert_eq!(came_back, persistence == mq::MQPER_PERSISTENT);
    }
}

//! Reports that the queue manager sends, through the C ABI.

use libmqm_sys as mq;

use crate::harness::{Devqm, QUEUE_MANAGER};
use crate::program::{
    Codes, OK, back_out, commit, connect, failed, field, get, gmo, md, od, open, open_as, pmo, put, text,
};

const REPLIES: &str = "BACKOUT";

/// Puts a message that asks for reports.
fn asking(connection: i32, object: i32, report: i32, options: i32) -> (Codes, mq::MQMD2) {
    let mut md = mq::MQMD2 {
        Report: report,
        ReplyToQ: field(REPLIES),
        Format: field("MQSTR"),
        CorrelId: [5; 24],
        ..md()
    };
    let codes = put(connection, object, &mut md, &mut pmo(options), &[b'x'; 150]);
    (codes, md)
}

fn replies(connection: i32) -> i32 {
    open_as(connection, &mut od(REPLIES), mq::MQOO_INPUT_SHARED).0
}

/// Takes the next report.
fn next(connection: i32, object: i32) -> (Codes, mq::MQMD2, Vec<u8>) {
    let (mut md, mut gmo) = (md(), gmo(mq::MQGMO_NO_SYNCPOINT));
    let (codes, _, body) = get(connection, object, &mut md, &mut gmo, 1_000);
    (codes, md, body)
}

const NONE: Codes = (mq::MQCC_FAILED, mq::MQRC_NO_MSG_AVAILABLE);

#[test]
fn arrival_is_confirmed_with_the_put_s_unit() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let (object, reports) = (open(connection), replies(connection));
    let (codes, sent) = asking(connection, object, mq::MQRO_COA_WITH_DATA, mq::MQPMO_NO_SYNCPOINT);
    assert_eq!(codes, OK);
    let (codes, report, data) = next(connection, reports);
    assert_eq!((codes, report.MsgType, report.Feedback), (OK, mq::MQMT_REPORT, mq::MQFB_COA));
    assert_eq!((report.CorrelId, data.len(), text(&report.Format)), (sent.MsgId, 100, "MQSTR".to_owned()));
    assert_ne!(report.MsgId, sent.MsgId);
    assert_eq!((report.PutApplType, text(&report.PutApplName)), (mq::MQAT_QMGR, QUEUE_MANAGER.to_owned()));
    let passes = mq::MQRO_COA | mq::MQRO_PASS_MSG_ID | mq::MQRO_PASS_CORREL_ID;
    let (_, sent) = asking(connection, object, passes, mq::MQPMO_SYNCPOINT);
    assert_eq!(next(connection, reports).0, NONE, "not before the commit");
    assert_eq!(commit(connection), OK);
    let (_, report, data) = next(connection, reports);
    assert_eq!((report.MsgId, report.CorrelId), (sent.MsgId, [5; 24]));
    assert!(data.is_empty() && text(&report.Format).is_empty());
    asking(connection, object, mq::MQRO_COA, mq::MQPMO_SYNCPOINT);
    assert_eq!(back_out(connection), OK);
    assert_eq!(next(connection, reports).0, NONE);
}

#[test]
fn delivery_is_confirmed_in_the_getter_s_unit() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let (object, reports) = (open(connection), replies(connection));
    let report = mq::MQRO_COD_WITH_FULL_DATA;
    let (_, sent) = asking(connection, object, report, mq::MQPMO_NO_SYNCPOINT);
    let taken = |options: i32| get(connection, object, &mut md(), &mut gmo(options), 1_000).0;
    assert_eq!(taken(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_BROWSE_FIRST), OK);
    assert_eq!(next(connection, reports).0, NONE, "browsing delivers nothing");
    assert_eq!((taken(mq::MQGMO_SYNCPOINT), next(connection, reports).0), (OK, NONE));
    assert_eq!((back_out(connection), next(connection, reports).0), (OK, NONE));
    assert_eq!((taken(mq::MQGMO_SYNCPOINT), commit(connection)), (OK, OK));
    let (codes, report, data) = next(connection, reports);
    assert_eq!((codes, report.Feedback, report.CorrelId), (OK, mq::MQFB_COD, sent.MsgId));
    assert_eq!(data, [b'x'; 150]);
}

#[test]
fn an_expired_message_is_reported_when_it_is_passed_over() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let (object, reports) = (open(connection), replies(connection));
    let mut sent = mq::MQMD2 { Report: mq::MQRO_EXPIRATION, ReplyToQ: field(REPLIES), Expiry: 1, ..md() };
    assert_eq!(put(connection, object, &mut sent, &mut pmo(mq::MQPMO_NO_SYNCPOINT), b"late"), OK);
    crate::harness::until("the message expires", || {
        get(connection, object, &mut md(), &mut gmo(mq::MQGMO_BROWSE_FIRST), 10).0 == NONE
    });
    let (codes, report, _) = next(connection, reports);
    assert_eq!((codes, report.Feedback, report.CorrelId), (OK, mq::MQFB_EXPIRATION, sent.MsgId));
}

#[test]
fn a_report_that_cannot_be_delivered_goes_to_the_dead_letter_queue() {
    let devqm = Devqm::start();
    devqm.mqsc("DEFINE QLOCAL(DEAD)\nALTER QMGR DEADQ(DEAD)\nALTER QLOCAL(BACKOUT) PUT(DISABLED)");
    let connection = connect(&devqm, 0);
    let object = open(connection);
    assert_eq!(asking(connection, object, mq::MQRO_COA, mq::MQPMO_NO_SYNCPOINT).0, OK);
    let (dead, _) = open_as(connection, &mut od("DEAD"), mq::MQOO_INPUT_SHARED);
    let (codes, report, data) = next(connection, dead);
    assert_eq!((codes, text(&report.Format), report.Feedback), (OK, "MQDEAD".to_owned(), mq::MQFB_COA));
    assert_eq!(data.len(), 172);
    assert_eq!(data[8..12], mq::MQRC_PUT_INHIBITED.to_be_bytes());
    assert_eq!(&data[12..19], b"BACKOUT");
}

#[test]
fn a_report_without_a_place_to_send_it_or_of_another_kind_is_refused() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let mut nowhere = mq::MQMD2 { Report: mq::MQRO_COA, ..md() };
    let options = || pmo(mq::MQPMO_NO_SYNCPOINT);
    assert_eq!(
        put(connection, object, &mut nowhere, &mut options(), b""),
        failed(mq::MQRC_MISSING_REPLY_TO_Q)
    );
    assert_eq!(
        asking(connection, object, mq::MQRO_ACTIVITY, mq::MQPMO_NO_SYNCPOINT).0,
        failed(mq::MQRC_REPORT_OPTIONS_ERROR)
    );
}

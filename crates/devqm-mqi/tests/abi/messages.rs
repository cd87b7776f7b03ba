//! MQPUT, MQPUT1, MQGET and units of work through the C ABI: what is written where.

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::{Devqm, QUEUE, QUEUE_MANAGER};
use crate::mqi;
use crate::program::{
    OK, at, back_out, codes, commit, connect, failed, field, get, get_now, gmo, md, od, open, open_as, pmo,
    put, put_now, text, warning,
};

#[test]
fn put_and_get_write_back_descriptor_options_and_body() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let (object, opened) = open_as(connection, &mut od("ALIAS"), mq::MQOO_OUTPUT | mq::MQOO_INPUT_SHARED);
    assert_eq!(opened, OK);
    let mut sent = md();
    sent.Format = initial::MQMD2_DEFAULT.Format;
    sent.Format[..5].copy_from_slice(&field::<5>("MQSTR"));
    sent.Format[5..].fill(0);
    sent.CorrelId = [9; 24];
    let mut put_options = pmo(mq::MQPMO_NO_SYNCPOINT | mq::MQPMO_NEW_MSG_ID);
    assert_eq!(put(connection, object, &mut sent, &mut put_options, b"a payment"), OK);
    assert_eq!(text(&put_options.ResolvedQName), QUEUE);
    assert_eq!(text(&put_options.ResolvedQMgrName), QUEUE_MANAGER);
    assert_ne!(sent.MsgId, [0; 24]);
    assert!(text(&sent.PutDate).starts_with("20"), "{}", text(&sent.PutDate));
    let (mut got, mut get_options) = (md(), gmo(mq::MQGMO_NO_SYNCPOINT));
    let (codes, length, body) = get(connection, object, &mut got, &mut get_options, 100);
    assert_eq!((codes, length, body.as_slice()), (OK, 9, b"a payment".as_slice()));
    assert_eq!(got.Format, field::<8>("MQSTR"), "NULs come back as blanks");
    assert_eq!((got.MsgId, got.CorrelId), (sent.MsgId, [9; 24]));
    assert_eq!((got.PutDate, got.PutTime), (sent.PutDate, sent.PutTime));
    assert_eq!(text(&get_options.ResolvedQName), QUEUE);
    assert_eq!(get_options.ReturnedLength, 9);
    assert_ne!(get_options.MsgToken, [0; 16]);
}

#[test]
fn a_buffer_that_is_too_small_tells_the_whole_length() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    put_now(connection, object, b"a payment");
    let mut options = gmo(mq::MQGMO_NO_SYNCPOINT);
    let (codes, length, body) = get(connection, object, &mut md(), &mut options, 4);
    assert_eq!((codes, length), (warning(mq::MQRC_TRUNCATED_MSG_FAILED), 9));
    assert_eq!((options.ReturnedLength, body.as_slice()), (4, b"a pa".as_slice()));
    let mut options = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_ACCEPT_TRUNCATED_MSG);
    let (codes, length, body) = get(connection, object, &mut md(), &mut options, 4);
    assert_eq!((codes, length, body.len()), (warning(mq::MQRC_TRUNCATED_MSG_ACCEPTED), 9, 4));
    assert_eq!(get_now(connection, object).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
}

#[test]
fn a_long_message_passes_whole() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let long: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    put_now(connection, object, &long);
    let (codes, length, body) =
        get(connection, object, &mut md(), &mut gmo(mq::MQGMO_NO_SYNCPOINT), long.len() + 1);
    assert_eq!((codes, length, body == long), (OK, 3_000_000, true));
}

#[test]
fn messages_are_matched_by_their_ids_and_browsed_without_being_taken() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let first = put_now(connection, object, b"first");
    let second = put_now(connection, object, b"second");
    let browse = |options: i32| {
        let mut found = md();
        let mut options = gmo(mq::MQGMO_NO_SYNCPOINT | options);
        options.MatchOptions = mq::MQMO_NONE;
        let (codes, _, body) = get(connection, object, &mut found, &mut options, 10);
        (codes, body, options.MsgToken)
    };
    let (codes, body, token) = browse(mq::MQGMO_BROWSE_FIRST);
    assert_eq!((codes, body), (OK, b"first".to_vec()));
    assert_eq!(browse(mq::MQGMO_BROWSE_NEXT).1, b"second");
    assert_eq!(browse(mq::MQGMO_BROWSE_NEXT).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
    let mut wanted = mq::MQMD2 { MsgId: second.MsgId, ..md() };
    let mut options = gmo(mq::MQGMO_NO_SYNCPOINT);
    assert_eq!(get(connection, object, &mut wanted, &mut options, 10).2, b"second");
    let mut options =
        mq::MQGMO { MatchOptions: mq::MQMO_MATCH_MSG_TOKEN, MsgToken: token, ..gmo(mq::MQGMO_NO_SYNCPOINT) };
    let mut got = md();
    assert_eq!(get(connection, object, &mut got, &mut options, 10).2, b"first");
    assert_eq!(got.MsgId, first.MsgId);
}

#[test]
fn a_unit_of_work_ends_as_it_is_told() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let unit_put = |body: &[u8]| put(connection, object, &mut md(), &mut pmo(mq::MQPMO_SYNCPOINT), body);
    assert_eq!(unit_put(b"backed out"), OK);
    assert_eq!(back_out(connection), OK);
    assert_eq!(unit_put(b"committed"), OK);
    assert_eq!(commit(connection), OK);
    for backout_count in 0..2 {
        let mut got = md();
        let (codes, _, body) = get(connection, object, &mut got, &mut gmo(mq::MQGMO_SYNCPOINT), 100);
        assert_eq!((codes, body.as_slice(), got.BackoutCount), (OK, b"committed".as_slice(), backout_count));
        assert_eq!(back_out(connection), OK);
    }
}

#[test]
fn put1_resolves_names_and_leaves_nothing_open() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let (mut object, mut sent, mut options) = (od("ALIAS"), md(), pmo(mq::MQPMO_NO_SYNCPOINT));
    let body = b"once".as_ptr().cast();
    let put = codes(|cc, rc| {
        mqi::MQPUT1(connection, at(&mut object), at(&mut sent), at(&mut options), 4, body, cc, rc);
    });
    assert_eq!(put, OK);
    assert_eq!((text(&object.ResolvedQName), text(&options.ResolvedQName)), (QUEUE.into(), QUEUE.into()));
    assert_eq!(get_now(connection, open(connection)), (OK, b"once".to_vec()));
    let mut unknown = od("NO.SUCH.QUEUE");
    let put = codes(|cc, rc| {
        mqi::MQPUT1(connection, at(&mut unknown), at(&mut sent), at(&mut options), 0, body, cc, rc);
    });
    assert_eq!(put, failed(mq::MQRC_UNKNOWN_OBJECT_NAME));
}

#[test]
fn a_selection_string_selects_and_a_wrong_one_is_refused() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    for (text, priority) in [(b"low", 1), (b"top", 8)] {
        let mut sent = mq::MQMD2 { Priority: priority, ..md() };
        assert_eq!(put(connection, object, &mut sent, &mut pmo(mq::MQPMO_NO_SYNCPOINT), text), OK);
    }
    let mut selecting = od(QUEUE);
    selecting.SelectionString = crate::program::charv("Root.MQMD.Priority < 5 AND JMSPriority = 1");
    let (selected, opened) = open_as(connection, &mut selecting, mq::MQOO_INPUT_SHARED);
    assert_eq!(opened, OK);
    assert_eq!(get_now(connection, selected), (OK, b"low".to_vec()));
    assert_eq!(get_now(connection, selected).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
    let mut wrong = od(QUEUE);
    wrong.SelectionString = crate::program::charv("JMSPriority = ");
    assert_eq!(
        open_as(connection, &mut wrong, mq::MQOO_INPUT_SHARED).1,
        failed(mq::MQRC_SELECTOR_SYNTAX_ERROR)
    );
    assert_eq!(get_now(connection, object), (OK, b"top".to_vec()));
}

#[test]
fn what_would_have_to_be_ignored_in_a_structure_is_refused() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let unsupported = failed(mq::MQRC_FUNCTION_NOT_SUPPORTED);
    let mut list = mq::MQOD { RecsPresent: 2, ..od(QUEUE) };
    assert_eq!(open_as(connection, &mut list, mq::MQOO_OUTPUT).1, unsupported);
    let mut forwarding = mq::MQPMO { Action: mq::MQACTP_FORWARD, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
    assert_eq!(put(connection, object, &mut md(), &mut forwarding, b"x"), unsupported);
}

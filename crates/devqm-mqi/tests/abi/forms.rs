//! Properties in the form that a get or its queue asks for, and MQBUFMH and MQMHBUF.

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::Devqm;
use crate::mqi;
use crate::program::{
    Codes, OK, at, charv, codes, connect, failed, field, get, gmo, inquire, md, message_handle, open, pmo,
    put, set, text,
};

const ANY: [usize; 2] = [100, 100];

/// Puts a message with properties of these names, each with its name as value.
#[track_caller]
fn put_with(connection: i32, object: i32, names: &[&str]) {
    let handle = message_handle(connection);
    for name in names {
        assert_eq!(set(connection, handle, name, mq::MQTYPE_STRING, name.as_bytes()), OK, "{name}");
    }
    let mut options = mq::MQPMO { OriginalMsgHandle: handle, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
    let mut md = mq::MQMD2 { Format: field("MQSTR"), CodedCharSetId: 1208, ..md() };
    assert_eq!(put(connection, object, &mut md, &mut options, b"body"), OK);
}

/// Gets with these options: the format, and the body as far as it is text.
fn got(connection: i32, object: i32, options: i32, handle: i64) -> (String, String) {
    let mut gmo = mq::MQGMO { MsgHandle: handle, ..gmo(mq::MQGMO_NO_SYNCPOINT | options) };
    let mut md = md();
    let (codes, _, body) = get(connection, object, &mut md, &mut gmo, 1_000);
    assert_eq!(codes, OK);
    (text(&md.Format), body.iter().map(|byte| char::from(*byte)).collect())
}

#[test]
fn a_get_is_given_properties_in_the_form_that_it_asks_for() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let handle = message_handle(connection);
    let plain = ("MQSTR".to_owned(), "body".to_owned());
    for options in [mq::MQGMO_NO_PROPERTIES, mq::MQGMO_PROPERTIES_COMPATIBILITY, 0] {
        put_with(connection, object, &["colour"]);
        assert_eq!(got(connection, object, options, mq::MQHM_NONE), plain, "{options}");
    }
    put_with(connection, object, &["colour", "mcd.Msd"]);
    let (format, body) = got(connection, object, 0, mq::MQHM_NONE);
    assert_eq!(format, "MQHRF2", "PROPCTL(COMPAT) keeps what JMS has set");
    assert!(body.starts_with("RFH ") && body.ends_with("body"), "{body}");
    assert!(
        body.contains("<usr><colour>colour</colour></usr>") && body.contains("<mcd><Msd>mcd.Msd</Msd></mcd>")
    );
    put_with(connection, object, &["colour"]);
    let (format, body) = got(connection, object, mq::MQGMO_PROPERTIES_FORCE_MQRFH2, handle);
    assert_eq!((format.as_str(), body.ends_with("body")), ("MQHRF2", true));
    let absent = inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "%", ANY);
    assert_eq!(absent.codes, failed(mq::MQRC_PROPERTY_NOT_AVAILABLE), "forced out of the handle");
    put_with(connection, object, &["colour"]);
    assert_eq!(got(connection, object, mq::MQGMO_PROPERTIES_IN_HANDLE, handle), plain);
    assert_eq!(inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "%", ANY).value, b"colour");
}

#[test]
fn a_queue_says_the_form_where_the_get_does_not() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let handle = message_handle(connection);
    for (control, format, in_handle) in [
        ("ALL", "MQHRF2", false),
        ("NONE", "MQSTR", false),
        ("FORCE", "MQHRF2", true),
        ("ALL", "MQSTR", true),
    ] {
        devqm.mqsc(&format!("ALTER QLOCAL(IN) PROPCTL({control})"));
        put_with(connection, object, &["colour"]);
        let taken = if in_handle { handle } else { mq::MQHM_NONE };
        assert_eq!(got(connection, object, 0, taken).0, format, "{control}");
    }
    assert_eq!(inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "%", ANY).value, b"colour");
}

#[test]
fn properties_of_a_header_in_the_data_come_in_the_handle_and_the_header_goes() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let handle = message_handle(connection);
    put_with(connection, object, &["colour", "jms.Dst"]);
    let mut taken = md();
    let mut forced = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_PROPERTIES_FORCE_MQRFH2);
    let (_, _, body) = get(connection, object, &mut taken, &mut forced, 1_000);
    // As a JMS program would put it: the header is data.
    assert_eq!(put(connection, object, &mut taken, &mut pmo(mq::MQPMO_NO_SYNCPOINT), &body), OK);
    assert_eq!(got(connection, object, mq::MQGMO_BROWSE_FIRST, mq::MQHM_NONE).0, "MQHRF2");
    let (format, data) = got(connection, object, mq::MQGMO_PROPERTIES_IN_HANDLE, handle);
    assert_eq!((format.as_str(), data.as_str()), ("MQSTR", "body"));
    assert_eq!(inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "jms.Dst", ANY).value, b"jms.Dst");
    assert_eq!(inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "colour", ANY).value, b"colour");
}

fn to_buffer(
    connection: i32,
    handle: i64,
    options: i32,
    name: &str,
    room: usize,
) -> (Codes, mq::MQMD2, Vec<u8>) {
    let (mut mhbo, mut name, mut length) =
        (mq::MQMHBO { Options: options, ..initial::MQMHBO_DEFAULT }, charv(name), -7);
    let mut md = mq::MQMD2 { Format: field("MQSTR"), ..md() };
    let mut buffer = vec![0; room];
    let (at_name, at_md, into) = (at(&mut name), at(&mut md), buffer.as_mut_ptr().cast());
    let codes = codes(|cc, rc| {
        let room = i32::try_from(room).unwrap();
        mqi::MQMHBUF(connection, handle, at(&mut mhbo), at_name, at_md, room, into, &raw mut length, cc, rc);
    });
    buffer.resize(usize::try_from(length).unwrap(), 0);
    (codes, md, buffer)
}

#[test]
fn properties_go_to_a_buffer_and_come_back() {
    let connection = mq::MQHC_UNASSOCIATED_HCONN;
    let handle = message_handle(connection);
    assert_eq!(set(connection, handle, "colour", mq::MQTYPE_STRING, b"red"), OK);
    assert_eq!(set(connection, handle, "size", mq::MQTYPE_INT32, &[5; 4]), OK);
    let (codes_short, _, needed) = to_buffer(connection, handle, mq::MQMHBO_PROPERTIES_IN_MQRFH2, "%", 10);
    assert_eq!(codes_short, failed(mq::MQRC_PROPERTY_VALUE_TOO_BIG));
    let both = mq::MQMHBO_PROPERTIES_IN_MQRFH2 | mq::MQMHBO_DELETE_PROPERTIES;
    let (codes_all, mut md, mut buffer) = to_buffer(connection, handle, both, "%", 1_000);
    assert_eq!((codes_all, text(&md.Format), buffer.len()), (OK, "MQHRF2".to_owned(), needed.len()));
    let gone = inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "%", ANY);
    assert_eq!(gone.codes, failed(mq::MQRC_PROPERTY_NOT_AVAILABLE));
    buffer.extend(*b"behind");
    let (mut bmho, mut length) =
        (mq::MQBMHO { Options: mq::MQBMHO_DELETE_PROPERTIES, ..initial::MQBMHO_DEFAULT }, -7);
    let (at_md, room, into) = (at(&mut md), i32::try_from(buffer.len()).unwrap(), buffer.as_mut_ptr().cast());
    let back = codes(|cc, rc| {
        mqi::MQBUFMH(connection, handle, at(&mut bmho), at_md, room, into, &raw mut length, cc, rc);
    });
    assert_eq!((back, length, text(&md.Format)), (OK, 6, "MQSTR".to_owned()));
    assert_eq!(&buffer[..6], b"behind");
    assert_eq!(inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "size", ANY).value, [5, 5, 5, 5]);
    assert_eq!(inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "colour", ANY).value, b"red");
}

//! Data conversion by MQGET and MQXCNVC through the C ABI.

use std::ffi::c_char;

use libmqm_sys as mq;

use crate::harness::Devqm;
use crate::mqi;
use crate::program::{
    Codes, OK, codes, connect, failed, field, get, get_now, gmo, inquire, md, message_handle, open, pmo, put,
    text, warning,
};

const UTF_8: i32 = 1208;
const EBCDIC: i32 = 500;

/// "Zürich" in EBCDIC, CCSID 500.
const ZURICH: &[u8] = b"\xE9\xDC\x99\x89\x83\x88";

fn put_as(connection: i32, object: i32, format: &str, [ccsid, encoding]: [i32; 2], body: &[u8]) {
    let mut md = mq::MQMD2 { Format: field(format), CodedCharSetId: ccsid, Encoding: encoding, ..md() };
    assert_eq!(put(connection, object, &mut md, &mut pmo(mq::MQPMO_NO_SYNCPOINT), body), OK);
}

fn converted(
    connection: i32,
    object: i32,
    [ccsid, encoding]: [i32; 2],
    room: usize,
) -> (Codes, mq::MQMD2, Vec<u8>) {
    let mut md = mq::MQMD2 { CodedCharSetId: ccsid, Encoding: encoding, ..md() };
    let mut gmo = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_CONVERT);
    let (codes, _, body) = get(connection, object, &mut md, &mut gmo, room);
    (codes, md, body)
}

#[test]
fn text_is_returned_in_the_character_set_that_is_asked_for() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let big = mq::MQENC_INTEGER_NORMAL;
    put_as(connection, object, "MQSTR", [EBCDIC, 785], ZURICH);
    let (codes, md, body) = converted(connection, object, [UTF_8, 546], 100);
    assert_eq!((codes, body.as_slice()), (OK, "Zürich".as_bytes()));
    assert_eq!((md.CodedCharSetId, md.Encoding), (UTF_8, 546));
    put_as(connection, object, "MQSTR", [UTF_8, 546], "Zürich".as_bytes());
    assert_eq!(converted(connection, object, [EBCDIC, 785], 100).2, ZURICH);
    put_as(connection, object, "MQSTR", [UTF_8, 546], "é".as_bytes());
    assert_eq!(converted(connection, object, [1200, big], 100).2, b"\x00\xE9");
    put_as(connection, object, "MQSTR", [EBCDIC, 785], ZURICH);
    let (codes, md, _) = converted(connection, object, [mq::MQCCSI_Q_MGR, 546], 100);
    assert_eq!((codes, md.CodedCharSetId), (OK, UTF_8));
}

#[test]
fn what_cannot_be_converted_is_returned_as_it_is_with_its_reason() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let cases: [(&str, i32, &[u8], i32, i32); 6] = [
        ("", UTF_8, b"x", EBCDIC, mq::MQRC_FORMAT_ERROR),
        ("OWN", UTF_8, b"x", EBCDIC, mq::MQRC_FORMAT_ERROR),
        ("MQSTR", 99_999, b"x", UTF_8, mq::MQRC_SOURCE_CCSID_ERROR),
        ("MQSTR", UTF_8, b"x", 99_999, mq::MQRC_TARGET_CCSID_ERROR),
        ("MQSTR", UTF_8, "€".as_bytes(), EBCDIC, mq::MQRC_NOT_CONVERTED),
        ("MQSTR", UTF_8, b"\xFF", EBCDIC, mq::MQRC_NOT_CONVERTED),
    ];
    for (format, ccsid, body, asked, reason) in cases {
        put_as(connection, object, format, [ccsid, 546], body);
        let (codes, md, got) = converted(connection, object, [asked, 546], 100);
        assert_eq!((codes, got.as_slice()), (warning(reason), body), "{format} {reason}");
        assert_eq!((md.CodedCharSetId, text(&md.Format)), (ccsid, format.to_owned()));
        assert_eq!(get_now(connection, object).0, failed(mq::MQRC_NO_MSG_AVAILABLE), "it is taken");
    }
    put_as(connection, object, "MQSTR", [819, 546], b"\xE9\xE9");
    let (codes, md, got) = converted(connection, object, [UTF_8, 546], 3);
    assert_eq!(
        (codes, got, md.CodedCharSetId),
        (warning(mq::MQRC_CONVERTED_MSG_TOO_BIG), b"\xE9\xE9".to_vec(), 819)
    );
    assert_eq!(get_now(connection, object).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
}

#[test]
fn a_header_of_properties_is_converted_with_the_text_behind_it() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let handle = message_handle(connection);
    assert_eq!(crate::program::set(connection, handle, "mcd.Msd", mq::MQTYPE_STRING, b"jms_text"), OK);
    let mut sent = mq::MQMD2 { Format: field("MQSTR"), CodedCharSetId: UTF_8, ..md() };
    let mut options = mq::MQPMO { OriginalMsgHandle: handle, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
    assert_eq!(put(connection, object, &mut sent, &mut options, "Zürich".as_bytes()), OK);
    let (codes, md, body) = converted(connection, object, [EBCDIC, 785], 1_000);
    assert_eq!((codes, md.CodedCharSetId, md.Encoding), (OK, EBCDIC, 785));
    assert_eq!(&body[..4], b"\xD9\xC6\xC8\x40", "RFH in EBCDIC");
    assert_eq!(&body[4..8], 2_i32.to_be_bytes());
    assert_eq!(&body[16..20], EBCDIC.to_be_bytes());
    assert!(body.ends_with(ZURICH));
    assert!(body.windows(20).any(|part| part == b"<mcd><Msd>jms_text</"), "folders stay in UTF-8");
}

#[test]
fn a_property_is_returned_in_the_character_set_that_is_asked_for() {
    let connection = mq::MQHC_UNASSOCIATED_HCONN;
    let handle = message_handle(connection);
    assert_eq!(crate::program::set(connection, handle, "city", mq::MQTYPE_STRING, "Zürich".as_bytes()), OK);
    assert_eq!(crate::program::set(connection, handle, "money", mq::MQTYPE_STRING, "€".as_bytes()), OK);
    let in_ebcdic = |name: &str| crate::program::inquire_as(connection, handle, name, EBCDIC);
    assert_eq!((in_ebcdic("city").codes, in_ebcdic("city").value.as_slice()), (OK, ZURICH));
    let unconverted = in_ebcdic("money");
    assert_eq!(unconverted.codes, warning(mq::MQRC_PROP_VALUE_NOT_CONVERTED));
    assert_eq!(unconverted.value, "€".as_bytes());
    assert_eq!(inquire(connection, handle, 0, "city", [10, 10]).value, "Zürich".as_bytes());
}

fn convert(options: i32, [from, to]: [i32; 2], source: &[u8], room: usize) -> (Codes, Vec<u8>) {
    let mut target = vec![0_u8; room];
    let (source_length, mut length) = (i32::try_from(source.len()).unwrap(), -7);
    let room = i32::try_from(room).unwrap();
    let codes = codes(|cc, rc| {
        let (source, target) = (source.as_ptr().cast::<c_char>(), target.as_mut_ptr().cast::<c_char>());
        let connection = mq::MQHC_DEF_HCONN;
        let length = &raw mut length;
        mqi::MQXCNVC(connection, options, from, source_length, source, to, room, target, length, cc, rc);
    });
    target.truncate(usize::try_from(length).unwrap());
    (codes, target)
}

#[test]
fn characters_are_converted_on_request() {
    assert_eq!(convert(0, [UTF_8, EBCDIC], "Zürich".as_bytes(), 10), (OK, ZURICH.to_vec()));
    let filled = convert(mq::MQDCC_FILL_TARGET_BUFFER, [UTF_8, EBCDIC], b"Z", 4).1;
    assert_eq!(filled, b"\xE9\x40\x40\x40");
    let wide = mq::MQDCC_TARGET_ENC_NORMAL;
    assert_eq!(convert(wide, [UTF_8, 1200], b"A", 4), (OK, b"\x00A".to_vec()));
    let short = convert(0, [UTF_8, EBCDIC], b"ABC", 2);
    assert_eq!(short, (warning(mq::MQRC_CONVERTED_MSG_TOO_BIG), b"\xC1\xC2".to_vec()));
    assert_eq!(convert(0, [99_999, UTF_8], b"x", 4).0, failed(mq::MQRC_SOURCE_CCSID_ERROR));
    assert_eq!(convert(0, [UTF_8, 99_999], b"x", 4).0, failed(mq::MQRC_TARGET_CCSID_ERROR));
    assert_eq!(convert(0x1000, [UTF_8, EBCDIC], b"x", 4).0, failed(mq::MQRC_OPTIONS_ERROR));
}

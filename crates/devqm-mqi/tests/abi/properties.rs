//! Message handles: set, carried by a message, inquired.

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::Devqm;
use crate::mqi;
use crate::program::{
    Inquired, OK, at, back_out, charv, codes, connect, failed, get, get_now, gmo, inquire, md,
    message_handle, open, pmo, put, set, warning,
};

const NEXT: i32 = mq::MQIMPO_INQ_NEXT | mq::MQIMPO_CONVERT_VALUE;
/// No connection: the handle is of this process alone.
const NONE: i32 = mq::MQHC_UNASSOCIATED_HCONN;

/// What a property of this kind and these bytes looks like when it is inquired.
fn property(name: &str, kind: i32, value: &[u8]) -> Inquired {
    Inquired {
        codes: OK,
        name: name.to_owned(),
        kind,
        data_length: i32::try_from(value.len()).unwrap(),
        value: value.to_vec(),
    }
}

fn native(number: i32) -> [u8; 4] {
    if cfg!(target_endian = "little") { number.to_le_bytes() } else { number.to_be_bytes() }
}

/// Puts a message with the properties of a handle and gets it into another handle.
fn carry(connection: i32, object: i32, from: i64, into: i64) {
    let mut put_options = mq::MQPMO { OriginalMsgHandle: from, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
    assert_eq!(put(connection, object, &mut md(), &mut put_options, b"x"), OK);
    let mut get_options =
        mq::MQGMO { MsgHandle: into, ..gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_PROPERTIES_IN_HANDLE) };
    assert_eq!(get(connection, object, &mut md(), &mut get_options, 8).0, OK);
}

#[test]
fn a_browse_without_a_buffer_returns_properties_and_the_cursor_is_got_in_a_unit() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let (from, into) = (message_handle(connection), message_handle(connection));
    assert_eq!(set(connection, from, "due", mq::MQTYPE_STRING, b"later"), OK);
    let mut put_options = mq::MQPMO { OriginalMsgHandle: from, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
    assert_eq!(put(connection, object, &mut md(), &mut put_options, b"a payment"), OK);
    let browse = mq::MQGMO_BROWSE_FIRST | mq::MQGMO_ACCEPT_TRUNCATED_MSG | mq::MQGMO_PROPERTIES_IN_HANDLE;
    let mut options = mq::MQGMO { MsgHandle: into, ..gmo(browse) };
    let (codes, length, body) = get(connection, object, &mut md(), &mut options, 0);
    assert_eq!((codes, length, body.len()), (warning(mq::MQRC_TRUNCATED_MSG_ACCEPTED), 9, 0));
    let found = inquire(connection, into, NEXT, "%", [64, 64]);
    assert_eq!(found, property("due", mq::MQTYPE_STRING, b"later"));
    let mut options = gmo(mq::MQGMO_MSG_UNDER_CURSOR | mq::MQGMO_SYNCPOINT);
    let (codes, _, body) = get(connection, object, &mut md(), &mut options, 100);
    assert_eq!((codes, body.as_slice()), (OK, b"a payment".as_slice()));
    assert_eq!(back_out(connection), OK);
    assert_eq!(get_now(connection, object).1, b"a payment");
}

#[test]
fn properties_of_every_kind_travel_with_a_message_in_their_order() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let (from, into) = (message_handle(connection), message_handle(connection));
    let kinds: [(&str, i32, &[u8]); 8] = [
        ("traceparent", mq::MQTYPE_STRING, "00-é".as_bytes()),
        ("mqgate.attempts", mq::MQTYPE_INT32, &native(7)),
        ("flag", mq::MQTYPE_BOOLEAN, &native(1)),
        ("small", mq::MQTYPE_INT8, &[0xFF]),
        ("real", mq::MQTYPE_FLOAT64, &[1, 2, 3, 4, 5, 6, 7, 8]),
        ("bytes", mq::MQTYPE_BYTE_STRING, &[0, 1, 0xFF]),
        ("nothing", mq::MQTYPE_NULL, &[]),
        ("empty", mq::MQTYPE_STRING, &[]),
    ];
    for (name, kind, value) in kinds {
        assert_eq!(set(connection, from, name, kind, value), OK, "{name}");
    }
    assert_eq!(set(connection, into, "left.over", mq::MQTYPE_NULL, &[]), OK);
    carry(connection, object, from, into);
    for (name, kind, value) in kinds {
        assert_eq!(inquire(connection, into, NEXT, "%", [100, 100]), property(name, kind, value));
    }
    let end = inquire(connection, into, NEXT, "%", [100, 100]);
    assert_eq!(end.codes, failed(mq::MQRC_PROPERTY_NOT_AVAILABLE));
}

#[test]
fn a_get_empties_the_handle_even_where_there_is_no_message() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let handle = message_handle(connection);
    assert_eq!(set(connection, handle, "old", mq::MQTYPE_NULL, &[]), OK);
    let mut options =
        mq::MQGMO { MsgHandle: handle, ..gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_PROPERTIES_IN_HANDLE) };
    assert_eq!(get(connection, object, &mut md(), &mut options, 8).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
    let left = inquire(connection, handle, mq::MQIMPO_INQ_FIRST, "%", [8, 8]);
    assert_eq!(left.codes, failed(mq::MQRC_PROPERTY_NOT_AVAILABLE));
}

#[test]
fn a_value_or_name_that_does_not_fit_tells_its_length_and_can_be_asked_for_again() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let handle = message_handle(connection);
    assert_eq!(set(connection, handle, "group.name", mq::MQTYPE_STRING, b"a value"), OK);
    let cut = inquire(connection, handle, mq::MQIMPO_INQ_NEXT, "%", [3, 100]);
    assert_eq!((cut.codes, cut.data_length), (failed(mq::MQRC_PROPERTY_VALUE_TOO_BIG), 7));
    assert_eq!((cut.value.as_slice(), cut.name.as_str()), (b"a v".as_slice(), "group.name"));
    let again = mq::MQIMPO_INQ_PROP_UNDER_CURSOR;
    assert_eq!(inquire(connection, handle, again, "%", [7, 100]).value, b"a value");
    let short = inquire(connection, handle, again, "%", [7, 4]);
    assert_eq!(short.codes, failed(mq::MQRC_PROPERTY_NAME_TOO_BIG));
    let length = inquire(connection, handle, again | mq::MQIMPO_QUERY_LENGTH, "%", [0, 100]);
    assert_eq!((length.codes, length.data_length), (OK, 7));
}

#[test]
fn a_property_is_found_by_name_deleted_and_then_absent() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let handle = message_handle(connection);
    assert_eq!(set(connection, handle, "usr.colour", mq::MQTYPE_STRING, b"red"), OK);
    assert_eq!(set(connection, handle, "colour", mq::MQTYPE_STRING, b"blue"), OK);
    assert_eq!(inquire(connection, handle, 0, "colour", [8, 0]).value, b"blue");
    let delete = |name: &str| {
        let (mut options, mut name) = (initial::MQDMPO_DEFAULT, charv(name));
        codes(|cc, rc| mqi::MQDLTMP(connection, handle, at(&mut options), at(&mut name), cc, rc))
    };
    assert_eq!(delete("colour"), OK);
    assert_eq!(delete("colour"), warning(mq::MQRC_PROPERTY_NOT_AVAILABLE));
    assert_eq!(
        inquire(connection, handle, 0, "colour", [8, 0]).codes,
        failed(mq::MQRC_PROPERTY_NOT_AVAILABLE)
    );
}

#[test]
fn a_string_may_end_with_a_nul_instead_of_a_length() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let handle = message_handle(connection);
    let (mut options, mut description) = (initial::MQSMPO_DEFAULT, initial::MQPD_DEFAULT);
    let mut name = mq::MQCHARV { VSLength: mq::MQVS_NULL_TERMINATED, ..charv("p\0") };
    let value = c"a value".as_ptr().cast();
    let set = codes(|cc, rc| {
        let (options, name, description) = (at(&mut options), at(&mut name), at(&mut description));
        let (kind, length) = (mq::MQTYPE_STRING, mq::MQVL_NULL_TERMINATED);
        mqi::MQSETMP(connection, handle, options, name, description, kind, length, value, cc, rc);
    });
    assert_eq!(set, OK);
    assert_eq!(inquire(connection, handle, 0, "p", [8, 0]).value, b"a value");
}

#[test]
fn handles_that_are_not_ones_and_forms_that_exclude_each_other_are_refused() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let get_with = |options: i32, handle: i64| {
        let mut options = mq::MQGMO { MsgHandle: handle, ..gmo(mq::MQGMO_NO_SYNCPOINT | options) };
        get(connection, object, &mut md(), &mut options, 8).0
    };
    let no_handle = failed(mq::MQRC_HMSG_ERROR);
    assert_eq!(get_with(mq::MQGMO_PROPERTIES_IN_HANDLE, mq::MQHM_NONE), no_handle);
    assert_eq!(get_with(mq::MQGMO_PROPERTIES_IN_HANDLE, 7), no_handle);
    let both = mq::MQGMO_PROPERTIES_IN_HANDLE | mq::MQGMO_NO_PROPERTIES;
    assert_eq!(get_with(both, message_handle(connection)), failed(mq::MQRC_OPTIONS_ERROR));
    let mut put_options = mq::MQPMO { OriginalMsgHandle: 7, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
    assert_eq!(put(connection, object, &mut md(), &mut put_options, b"x"), no_handle);
    assert_eq!(set(connection, 7, "a", mq::MQTYPE_NULL, &[]), no_handle);
    let handle = message_handle(connection);
    assert_eq!(set(connection, handle, "1st", mq::MQTYPE_NULL, &[]), failed(mq::MQRC_PROPERTY_NAME_ERROR));
    assert_eq!(set(connection, handle, "a", mq::MQTYPE_INT32, &[1]), failed(mq::MQRC_BUFFER_LENGTH_ERROR));
    let (mut options, mut variable) = (initial::MQDMHO_DEFAULT, handle);
    let deleted = codes(|cc, rc| mqi::MQDLTMH(connection, &raw mut variable, at(&mut options), cc, rc));
    assert_eq!((deleted, variable), (OK, mq::MQHM_UNUSABLE_HMSG));
    assert_eq!(set(connection, handle, "a", mq::MQTYPE_NULL, &[]), no_handle);
}

#[test]
fn without_a_handle_properties_are_dropped_and_the_body_is_whole() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let handle = message_handle(connection);
    assert_eq!(set(connection, handle, "a", mq::MQTYPE_STRING, b"v"), OK);
    for form in [mq::MQGMO_PROPERTIES_AS_Q_DEF, mq::MQGMO_NO_PROPERTIES, mq::MQGMO_PROPERTIES_COMPATIBILITY] {
        let mut put_options = mq::MQPMO { OriginalMsgHandle: handle, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
        assert_eq!(put(connection, object, &mut md(), &mut put_options, b"body"), OK);
        let (codes, length, body) =
            get(connection, object, &mut md(), &mut gmo(mq::MQGMO_NO_SYNCPOINT | form), 100);
        assert_eq!((codes, length, body.as_slice()), (OK, 4, b"body".as_slice()));
    }
}

#[test]
fn a_property_is_set_at_the_cursor() {
    let handle = message_handle(NONE);
    for name in ["a", "b", "c"] {
        assert_eq!(set(NONE, handle, name, mq::MQTYPE_STRING, name.as_bytes()), OK);
    }
    let at_cursor = |options: i32, name: &str| {
        let mut smpo = mq::MQSMPO { Options: options, ..initial::MQSMPO_DEFAULT };
        crate::program::set_with(NONE, handle, &mut smpo, name, mq::MQTYPE_STRING, b"new")
    };
    let absent = failed(mq::MQRC_PROPERTY_NOT_AVAILABLE);
    assert_eq!(at_cursor(mq::MQSMPO_SET_PROP_UNDER_CURSOR, "x"), absent, "it stands nowhere yet");
    assert_eq!(inquire(NONE, handle, mq::MQIMPO_INQ_FIRST, "b", [9, 9]).value, b"b");
    assert_eq!(at_cursor(mq::MQSMPO_SET_PROP_AFTER_CURSOR, "after"), OK);
    assert_eq!(at_cursor(mq::MQSMPO_SET_PROP_BEFORE_CURSOR, "before"), OK);
    assert_eq!(at_cursor(mq::MQSMPO_SET_PROP_UNDER_CURSOR, "under"), OK);
    assert_eq!(at_cursor(16, "x"), failed(mq::MQRC_OPTIONS_ERROR));
    let mut names = Vec::new();
    let mut options = mq::MQIMPO_INQ_FIRST;
    loop {
        let found = inquire(NONE, handle, options, "%", [9, 9]);
        if found.codes != OK {
            break;
        }
        names.push(found.name);
        options = mq::MQIMPO_INQ_NEXT;
    }
    assert_eq!(names, ["a", "before", "under", "after", "c"]);
}

#[test]
fn a_property_is_returned_as_the_type_that_is_asked_for() {
    let handle = message_handle(NONE);
    assert_eq!(set(NONE, handle, "count", mq::MQTYPE_STRING, b"258"), OK);
    assert_eq!(set(NONE, handle, "word", mq::MQTYPE_STRING, b"many"), OK);
    let as_number = |name: &str| crate::program::inquire_typed(NONE, handle, name, mq::MQTYPE_INT16);
    let found = as_number("count");
    assert_eq!((found.codes, found.kind, found.data_length), (OK, mq::MQTYPE_INT16, 2));
    let expected = if cfg!(target_endian = "little") { [2, 1] } else { [1, 2] };
    assert_eq!(found.value, expected);
    assert_eq!(as_number("word").codes, failed(mq::MQRC_PROP_NUMBER_FORMAT_ERROR));
}

//! What a C program has: structures with their initial values, and calls that return two codes.

use std::ffi::c_void;
use std::ptr;

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::{CHANNEL, Devqm, QUEUE, QUEUE_MANAGER};
use crate::mqi;

/// Completion and reason.
pub(crate) type Codes = (i32, i32);

pub(crate) const OK: Codes = (mq::MQCC_OK, mq::MQRC_NONE);

pub(crate) fn failed(reason: i32) -> Codes {
    (mq::MQCC_FAILED, reason)
}

pub(crate) fn warning(reason: i32) -> Codes {
    (mq::MQCC_WARNING, reason)
}

/// Makes a call; both codes must be written.
#[track_caller]
pub(crate) fn codes(call: impl FnOnce(*mut i32, *mut i32)) -> Codes {
    let (mut completion, mut reason) = (-7, -7);
    call(&raw mut completion, &raw mut reason);
    assert!(completion != -7 && reason != -7, "a code was not written");
    (completion, reason)
}

/// The place of a structure, as the MQI takes it.
pub(crate) fn at<T>(structure: &mut T) -> *mut c_void {
    (structure as *mut T).cast()
}

/// A character field, blank padded.
pub(crate) fn field<const N: usize>(text: &str) -> [mq::MQCHAR; N] {
    let mut field = [b' ' as mq::MQCHAR; N];
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from as mq::MQCHAR;
    }
    field
}

/// What stands in a character field.
pub(crate) fn text(field: &[mq::MQCHAR]) -> String {
    let bytes: Vec<u8> = field.iter().map(|character| *character as u8).collect();
    String::from_utf8(bytes).unwrap().trim_end().to_owned()
}

pub(crate) fn md() -> mq::MQMD2 {
    mq::MQMD2 { Version: 2, ..initial::MQMD2_DEFAULT }
}

pub(crate) fn od(name: &str) -> mq::MQOD {
    mq::MQOD { Version: 4, ObjectName: field(name), ..initial::MQOD_DEFAULT }
}

pub(crate) fn pmo(options: i32) -> mq::MQPMO {
    mq::MQPMO { Version: 3, Options: options, ..initial::MQPMO_DEFAULT }
}

pub(crate) fn gmo(options: i32) -> mq::MQGMO {
    mq::MQGMO { Version: 4, Options: options, ..initial::MQGMO_DEFAULT }
}

pub(crate) fn cd(connection_name: &str) -> mq::MQCD {
    mq::MQCD {
        Version: 11,
        ChannelName: field(CHANNEL),
        ConnectionName: field(connection_name),
        MaxMsgLength: 104_857_600,
        ..initial::MQCD_CLIENT_CONN_DEFAULT
    }
}

pub(crate) fn cno(options: i32, cd: &mut mq::MQCD) -> mq::MQCNO {
    mq::MQCNO { Version: 7, Options: options, ClientConnPtr: at(cd).cast(), ..initial::MQCNO_DEFAULT }
}

/// MQCONNX.
pub(crate) fn connx(name: &str, cno: &mut mq::MQCNO) -> (i32, Codes) {
    let (name, mut handle) = (field::<48>(name), 7);
    let codes = codes(|cc, rc| mqi::MQCONNX(name.as_ptr(), at(cno), &raw mut handle, cc, rc));
    assert_eq!(codes.0 == mq::MQCC_FAILED, handle == mq::MQHC_UNUSABLE_HCONN, "{codes:?}");
    (handle, codes)
}

/// A connection, shared as `options` say.
#[track_caller]
pub(crate) fn connect(devqm: &Devqm, options: i32) -> i32 {
    let mut cd = cd(&devqm.connection_name());
    let (handle, codes) = connx(QUEUE_MANAGER, &mut cno(options, &mut cd));
    assert_eq!(codes, OK);
    handle
}

/// MQDISC.
pub(crate) fn disconnect(handle: i32) -> Codes {
    let mut variable = handle;
    let codes = codes(|cc, rc| mqi::MQDISC(&raw mut variable, cc, rc));
    assert!(variable == handle || variable == mq::MQHC_UNUSABLE_HCONN);
    codes
}

/// MQOPEN.
pub(crate) fn open_as(connection: i32, od: &mut mq::MQOD, options: i32) -> (i32, Codes) {
    let mut handle = 7;
    let codes = codes(|cc, rc| mqi::MQOPEN(connection, at(od), options, &raw mut handle, cc, rc));
    assert_eq!(codes.0 == mq::MQCC_FAILED, handle == mq::MQHO_UNUSABLE_HOBJ, "{codes:?}");
    (handle, codes)
}

/// The queue, open for everything.
#[track_caller]
pub(crate) fn open(connection: i32) -> i32 {
    let options = mq::MQOO_OUTPUT | mq::MQOO_INPUT_SHARED | mq::MQOO_BROWSE | mq::MQOO_INQUIRE;
    let (handle, codes) = open_as(connection, &mut od(QUEUE), options);
    assert_eq!(codes, OK);
    handle
}

/// MQPUT.
pub(crate) fn put(
    connection: i32,
    object: i32,
    md: &mut mq::MQMD2,
    pmo: &mut mq::MQPMO,
    body: &[u8],
) -> Codes {
    let length = i32::try_from(body.len()).unwrap();
    codes(|cc, rc| mqi::MQPUT(connection, object, at(md), at(pmo), length, body.as_ptr().cast(), cc, rc))
}

/// MQPUT outside of a unit of work.
#[track_caller]
pub(crate) fn put_now(connection: i32, object: i32, body: &[u8]) -> mq::MQMD2 {
    let mut md = md();
    assert_eq!(put(connection, object, &mut md, &mut pmo(mq::MQPMO_NO_SYNCPOINT), body), OK);
    md
}

/// MQGET into a buffer of `room`: the codes, DataLength, and the buffer as far as it was written.
pub(crate) fn get(
    connection: i32,
    object: i32,
    md: &mut mq::MQMD2,
    gmo: &mut mq::MQGMO,
    room: usize,
) -> (Codes, i32, Vec<u8>) {
    const CANARY: u8 = 0xC7;
    let (mut buffer, mut data_length) = (vec![CANARY; room + 64], -7);
    let (length, into) = (i32::try_from(room).unwrap(), buffer.as_mut_ptr().cast());
    let codes = codes(|cc, rc| {
        mqi::MQGET(connection, object, at(md), at(gmo), length, into, &raw mut data_length, cc, rc);
    });
    assert!(buffer[room..].iter().all(|byte| *byte == CANARY), "written beyond the buffer");
    buffer.truncate(room.min(usize::try_from(data_length).unwrap()));
    (codes, data_length, buffer)
}

/// MQGET of whatever comes first, outside of a unit of work.
pub(crate) fn get_now(connection: i32, object: i32) -> (Codes, Vec<u8>) {
    let (codes, _, body) = get(connection, object, &mut md(), &mut gmo(mq::MQGMO_NO_SYNCPOINT), 1_000);
    (codes, body)
}

/// MQCMIT.
pub(crate) fn commit(connection: i32) -> Codes {
    codes(|cc, rc| mqi::MQCMIT(connection, cc, rc))
}

/// MQBACK.
pub(crate) fn back_out(connection: i32) -> Codes {
    codes(|cc, rc| mqi::MQBACK(connection, cc, rc))
}

/// MQCRTMH.
pub(crate) fn message_handle(connection: i32) -> i64 {
    let (mut options, mut handle) = (initial::MQCMHO_DEFAULT, 7);
    let codes = codes(|cc, rc| mqi::MQCRTMH(connection, at(&mut options), &raw mut handle, cc, rc));
    assert_eq!(codes, OK);
    handle
}

/// A name, for the message handle calls.
pub(crate) fn charv(name: &str) -> mq::MQCHARV {
    mq::MQCHARV {
        VSPtr: name.as_ptr().cast_mut().cast(),
        VSLength: i32::try_from(name.len()).unwrap(),
        VSCCSID: 1208,
        ..initial::MQCHARV_DEFAULT
    }
}

/// MQSETMP.
pub(crate) fn set(connection: i32, handle: i64, name: &str, kind: i32, value: &[u8]) -> Codes {
    set_with(connection, handle, &mut initial::MQSMPO_DEFAULT.clone(), name, kind, value)
}

/// MQSETMP with options.
pub(crate) fn set_with(
    connection: i32,
    handle: i64,
    smpo: &mut mq::MQSMPO,
    name: &str,
    kind: i32,
    value: &[u8],
) -> Codes {
    let (mut pd, mut name) = (initial::MQPD_DEFAULT, charv(name));
    let length = i32::try_from(value.len()).unwrap();
    codes(|cc, rc| {
        let (smpo, name, pd, value) = (at(smpo), at(&mut name), at(&mut pd), value.as_ptr().cast());
        mqi::MQSETMP(connection, handle, smpo, name, pd, kind, length, value, cc, rc);
    })
}

/// A property as MQINQMP returns it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Inquired {
    pub(crate) codes: Codes,
    pub(crate) name: String,
    pub(crate) kind: i32,
    pub(crate) data_length: i32,
    pub(crate) value: Vec<u8>,
}

/// MQINQMP of a string, converted to a character set.
pub(crate) fn inquire_as(connection: i32, handle: i64, name: &str, ccsid: i32) -> Inquired {
    let options = mq::MQIMPO_INQ_FIRST | mq::MQIMPO_CONVERT_VALUE;
    let impo = mq::MQIMPO { Options: options, RequestedCCSID: ccsid, ..initial::MQIMPO_DEFAULT };
    inquire_with(connection, handle, (impo, mq::MQTYPE_AS_SET), name, [100, 100])
}

/// MQINQMP of a property as another type.
pub(crate) fn inquire_typed(connection: i32, handle: i64, name: &str, kind: i32) -> Inquired {
    let options = mq::MQIMPO_INQ_FIRST | mq::MQIMPO_CONVERT_TYPE;
    let impo = mq::MQIMPO { Options: options, ..initial::MQIMPO_DEFAULT };
    inquire_with(connection, handle, (impo, kind), name, [100, 100])
}

/// MQINQMP with room for `room` bytes of the value and `name_room` of the name.
pub(crate) fn inquire(connection: i32, handle: i64, options: i32, name: &str, rooms: [usize; 2]) -> Inquired {
    let impo = mq::MQIMPO { Options: options, ..initial::MQIMPO_DEFAULT };
    inquire_with(connection, handle, (impo, mq::MQTYPE_AS_SET), name, rooms)
}

fn inquire_with(
    connection: i32,
    handle: i64,
    (mut impo, mut kind): (mq::MQIMPO, i32),
    name: &str,
    [room, name_room]: [usize; 2],
) -> Inquired {
    let (mut value, mut name_buffer) = (vec![0_u8; room], vec![0_u8; name_room]);
    if name_room > 0 {
        impo.ReturnedName.VSPtr = name_buffer.as_mut_ptr().cast();
        impo.ReturnedName.VSBufSize = i32::try_from(name_room).unwrap();
    }
    let (mut pd, mut data_length, mut name) = (initial::MQPD_DEFAULT, -7, charv(name));
    let (length, into) = (i32::try_from(room).unwrap(), value.as_mut_ptr().cast());
    let codes = codes(|cc, rc| {
        let (impo, name, pd) = (at(&mut impo), at(&mut name), at(&mut pd));
        let (kind, data_length) = (&raw mut kind, &raw mut data_length);
        mqi::MQINQMP(connection, handle, impo, name, pd, kind, length, into, data_length, cc, rc);
    });
    value.truncate(usize::try_from(data_length).unwrap());
    name_buffer.truncate(usize::try_from(impo.ReturnedName.VSLength).unwrap());
    Inquired { codes, name: String::from_utf8(name_buffer).unwrap(), kind, data_length, value }
}

/// MQINQ with room for so many integers and characters.
pub(crate) fn attributes(
    connection: i32,
    object: i32,
    selectors: &[i32],
    [integer_room, character_room]: [usize; 2],
) -> (Codes, Vec<i32>, String) {
    let (mut integers, mut characters) = (vec![-7; integer_room], vec![b'#' as mq::MQCHAR; character_room]);
    let count = |length: usize| i32::try_from(length).unwrap();
    let codes = codes(|cc, rc| {
        let (selected, selectors) = (count(selectors.len()), selectors.as_ptr());
        let (integer_count, integers) = (count(integer_room), nullable(&mut integers));
        let (length, characters) = (count(character_room), nullable(&mut characters));
        mqi::MQINQ(
            connection,
            object,
            selected,
            selectors,
            integer_count,
            integers,
            length,
            characters,
            cc,
            rc,
        );
    });
    (codes, integers, characters.iter().map(|each| char::from(*each as u8)).collect())
}

fn nullable<T>(values: &mut [T]) -> *mut T {
    if values.is_empty() { ptr::null_mut() } else { values.as_mut_ptr() }
}

//! NULL in every place where a C program may have it by mistake: a reason, never a crash.

use std::ptr::{null, null_mut};

use libmqm_sys as mq;

use crate::harness::Devqm;
use crate::mqi;
use crate::program::{
    Codes, OK, at, codes, commit, connect, connx, disconnect, failed, gmo, md, od, open, pmo,
};

#[test]
fn every_entry_point_answers_nothing_but_nulls_on_an_unknown_connection() {
    let unknown = [mq::MQHC_DEF_HCONN, mq::MQHC_UNUSABLE_HCONN];
    for connection in unknown {
        let no_connection: [Codes; 25] = [
            codes(|cc, rc| mqi::MQOPEN(connection, null_mut(), 0, null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQCLOSE(connection, null_mut(), 0, cc, rc)),
            codes(|cc, rc| mqi::MQPUT(connection, 0, null_mut(), null_mut(), 0, null(), cc, rc)),
            codes(|cc, rc| mqi::MQPUT1(connection, null_mut(), null_mut(), null_mut(), 0, null(), cc, rc)),
            codes(|cc, rc| {
                mqi::MQGET(connection, 0, null_mut(), null_mut(), 0, null_mut(), null_mut(), cc, rc);
            }),
            codes(|cc, rc| mqi::MQINQ(connection, 0, 0, null(), 0, null_mut(), 0, null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQCMIT(connection, cc, rc)),
            codes(|cc, rc| mqi::MQBACK(connection, cc, rc)),
            codes(|cc, rc| mqi::MQCRTMH(connection, null_mut(), null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQDLTMH(connection, null_mut(), null_mut(), cc, rc)),
            codes(|cc, rc| {
                mqi::MQSETMP(connection, 0, null_mut(), null_mut(), null_mut(), 0, 0, null(), cc, rc);
            }),
            codes(|cc, rc| {
                let (nothing, number) = (null_mut(), null_mut());
                mqi::MQINQMP(connection, 0, nothing, nothing, nothing, number, 0, nothing, number, cc, rc);
            }),
            codes(|cc, rc| mqi::MQDLTMP(connection, 0, null_mut(), null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQDISC(null_mut(), cc, rc)),
            disconnect(connection),
            codes(|cc, rc| mqi::MQCONN(null(), null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQCB(connection, 0, null_mut(), 0, null_mut(), null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQCTL(connection, 0, null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQSUB(connection, null_mut(), null_mut(), null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQSUBRQ(connection, 0, 0, null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQBEGIN(connection, null_mut(), cc, rc)),
            codes(|cc, rc| mqi::MQSET(connection, 0, 0, null(), 0, null(), 0, null(), cc, rc)),
            codes(|cc, rc| mqi::MQSTAT(connection, 0, null_mut(), cc, rc)),
            codes(|cc, rc| {
                let nothing = null_mut();
                mqi::MQBUFMH(connection, 0, nothing, nothing, 0, nothing, null_mut(), cc, rc);
            }),
            codes(|cc, rc| {
                let nothing = null_mut();
                mqi::MQMHBUF(connection, 0, nothing, nothing, nothing, 0, nothing, null_mut(), cc, rc);
            }),
        ];
        assert_eq!(no_connection, [failed(mq::MQRC_HCONN_ERROR); 25]);
    }
}

#[test]
fn characters_may_be_converted_without_a_connection_and_from_nothing() {
    let mut length = 7;
    let convert = |source_length, target_length, length: &mut i32| {
        codes(|cc, rc| {
            let (source, target) = (null(), null_mut());
            mqi::MQXCNVC(0, 0, 819, source_length, source, 1208, target_length, target, length, cc, rc);
        })
    };
    assert_eq!((convert(0, 0, &mut length), length), (OK, 0));
    assert_eq!(convert(1, 0, &mut length), failed(mq::MQRC_SOURCE_BUFFER_ERROR));
    assert_eq!(convert(0, 1, &mut length), failed(mq::MQRC_TARGET_BUFFER_ERROR));
    assert_eq!(convert(-1, 0, &mut length), failed(mq::MQRC_SOURCE_LENGTH_ERROR));
    assert_eq!(convert(0, -1, &mut length), failed(mq::MQRC_TARGET_LENGTH_ERROR));
}

#[test]
fn a_null_among_sound_arguments_has_a_reason_of_its_own() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let (mut md, mut od, mut pmo, mut gmo) = (md(), od("IN"), pmo(0), gmo(0));
    let (md, od, pmo, gmo) = (at(&mut md), at(&mut od), at(&mut pmo), at(&mut gmo));
    let (mut length, nothing) = (7, null_mut());
    let put =
        |md, pmo, length, body| codes(|cc, rc| mqi::MQPUT(connection, object, md, pmo, length, body, cc, rc));
    assert_eq!(put(nothing, pmo, 0, null()), failed(mq::MQRC_MD_ERROR));
    assert_eq!(put(md, nothing, 0, null()), failed(mq::MQRC_PMO_ERROR));
    assert_eq!(put(md, pmo, 1, null()), failed(mq::MQRC_BUFFER_ERROR));
    assert_eq!(put(md, pmo, -1, null()), failed(mq::MQRC_BUFFER_LENGTH_ERROR));
    assert_eq!(
        codes(|cc, rc| mqi::MQPUT1(connection, nothing, md, pmo, 0, null(), cc, rc)),
        failed(mq::MQRC_OD_ERROR)
    );
    let get = |md, gmo, room, length: &mut i32| {
        codes(|cc, rc| mqi::MQGET(connection, object, md, gmo, room, nothing, length, cc, rc))
    };
    assert_eq!(get(nothing, gmo, 0, &mut length), failed(mq::MQRC_MD_ERROR));
    assert_eq!(length, 0, "DataLength is written on failure too");
    assert_eq!(get(md, nothing, 0, &mut length), failed(mq::MQRC_GMO_ERROR));
    assert_eq!(get(md, gmo, 1, &mut length), failed(mq::MQRC_BUFFER_ERROR));
    assert_eq!(get(md, gmo, -1, &mut length), failed(mq::MQRC_BUFFER_LENGTH_ERROR));
    let without_length =
        codes(|cc, rc| mqi::MQGET(connection, object, md, gmo, 0, nothing, null_mut(), cc, rc));
    assert_eq!(without_length, failed(mq::MQRC_DATA_LENGTH_ERROR));
    let without_handle = codes(|cc, rc| mqi::MQOPEN(connection, od, mq::MQOO_OUTPUT, null_mut(), cc, rc));
    assert_eq!(without_handle, failed(mq::MQRC_HOBJ_ERROR));
    let mut handle = 7;
    let opened = codes(|cc, rc| mqi::MQOPEN(connection, nothing, 0, &raw mut handle, cc, rc));
    assert_eq!((opened, handle), (failed(mq::MQRC_OD_ERROR), mq::MQHO_UNUSABLE_HOBJ));
    assert_eq!(commit(connection), OK);
}

#[test]
fn codes_that_nobody_wants_are_not_written() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    mqi::MQCMIT(connection, null_mut(), null_mut());
    let mut reason = -7;
    mqi::MQCMIT(connection, null_mut(), &raw mut reason);
    assert_eq!(reason, mq::MQRC_NONE);
}

#[test]
fn a_structure_of_another_kind_or_a_later_version_is_refused() {
    let mut cno = libmqm_default::MQCNO_DEFAULT;
    for version in [0, 9, -1] {
        cno.Version = version;
        assert_eq!(connx("QM1", &mut cno).1, failed(mq::MQRC_CNO_ERROR));
    }
    cno.Version = 1;
    cno.StrucId = [b'X' as mq::MQCHAR; 4];
    assert_eq!(connx("QM1", &mut cno).1, failed(mq::MQRC_CNO_ERROR));
}

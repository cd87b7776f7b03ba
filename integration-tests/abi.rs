//! The C ABI as a C program sees it: raw structures of every version, NULLs, shared handles.
//!
//! The entry points are called in this process; structures are bytes with a canary behind them.

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc;

use libmqm_sys as mq;

use crate::harness::devqm::{CHANNEL, PAYMENTS, QUEUE_MANAGER};
use crate::harness::{Devqm, eventually};

const CANARY: u8 = 0xC7;

/// A caller's structure: bytes, and a canary behind the length of its version.
struct Structure {
    bytes: Vec<u8>,
    length: usize,
}

impl Structure {
    fn new(id: &[u8; 4], version: i32, length: usize) -> Self {
        let mut bytes = vec![0; length];
        bytes.extend([CANARY; 512]);
        let mut structure = Self { bytes, length };
        structure.set(0, id);
        structure.long(4, version);
        structure
    }

    fn set(&mut self, at: usize, value: &[u8]) {
        if at + value.len() <= self.length {
            self.bytes[at..at + value.len()].copy_from_slice(value);
        }
    }

    fn long(&mut self, at: usize, value: i32) {
        self.set(at, &if cfg!(target_endian = "little") { value.to_le_bytes() } else { value.to_be_bytes() });
    }

    fn pointer(&mut self) -> *mut c_void {
        self.bytes.as_mut_ptr().cast()
    }

    #[track_caller]
    fn is_whole(&self) {
        assert!(
            self.bytes[self.length..].iter().all(|byte| *byte == CANARY),
            "written beyond {}",
            self.length
        );
    }
}

fn md(version: i32) -> Structure {
    let mut md = Structure::new(b"MD  ", version, if version == 1 { 324 } else { 364 });
    md.long(12, 8);
    md.long(16, -1);
    md.long(24, 546);
    md.long(28, 1208);
    md.set(32, b"MQSTR\0\0\0");
    md.long(40, -1);
    md.long(44, 1);
    md.long(std::mem::offset_of!(mq::MQMD2, MsgSeqNumber), 1);
    md.long(std::mem::offset_of!(mq::MQMD2, OriginalLength), -1);
    md
}

fn od(version: i32, length: usize) -> Structure {
    let mut od = Structure::new(b"OD  ", version, length);
    od.long(8, 1);
    od.set(12, PAYMENTS.as_bytes());
    od
}

fn gmo(version: i32, length: usize) -> Structure {
    let mut gmo = Structure::new(b"GMO ", version, length);
    gmo.long(8, mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_NO_WAIT);
    gmo
}

fn pmo(version: i32, length: usize) -> Structure {
    let mut pmo = Structure::new(b"PMO ", version, length);
    pmo.long(8, mq::MQPMO_NO_SYNCPOINT | mq::MQPMO_NEW_MSG_ID);
    pmo
}

/// The two codes of a call.
fn codes(call: impl FnOnce(*mut i32, *mut i32)) -> (i32, i32) {
    let (mut completion, mut reason) = (-7, -7);
    call(&raw mut completion, &raw mut reason);
    (completion, reason)
}

#[track_caller]
fn ok(call: impl FnOnce(*mut i32, *mut i32)) {
    assert_eq!(codes(call), (mq::MQCC_OK, mq::MQRC_NONE));
}

#[track_caller]
fn fails(reason: i32, call: impl FnOnce(*mut i32, *mut i32)) {
    assert_eq!(codes(call), (mq::MQCC_FAILED, reason));
}

fn connect(devqm: &Devqm, sharing: i32) -> i32 {
    let mut cd = vec![0_u8; 1_960];
    cd[..CHANNEL.len()].copy_from_slice(CHANNEL.as_bytes());
    let mut put = |at: usize, value: i32| {
        cd[at..at + 4].copy_from_slice(&if cfg!(target_endian = "little") {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        });
    };
    put(std::mem::offset_of!(mq::MQCD, Version), 11);
    put(std::mem::offset_of!(mq::MQCD, TransportType), mq::MQXPT_TCP);
    let name = devqm.connection_name();
    let at = std::mem::offset_of!(mq::MQCD, ConnectionName);
    cd[at..at + name.len()].copy_from_slice(name.as_bytes());
    let mut cno = libmqm_default::MQCNO_DEFAULT;
    cno.Version = 5;
    cno.Options = sharing;
    cno.ClientConnPtr = cd.as_mut_ptr().cast();
    let mut manager = [b' '; 48];
    manager[..QUEUE_MANAGER.len()].copy_from_slice(QUEUE_MANAGER.as_bytes());
    let mut connection = 0;
    eventually("a connection", || {
        let (completion, _) = codes(|completion, reason| {
            mqm_r::MQCONNX(
                manager.as_ptr().cast(),
                (&raw mut cno).cast(),
                &raw mut connection,
                completion,
                reason,
            );
        });
        (completion == mq::MQCC_OK).then_some(())
    });
    connection
}

fn open(connection: i32) -> i32 {
    let mut object = 0;
    let mut od = od(1, 168);
    let options = mq::MQOO_OUTPUT | mq::MQOO_INPUT_SHARED | mq::MQOO_INQUIRE;
    ok(|cc, rc| mqm_r::MQOPEN(connection, od.pointer(), options, &raw mut object, cc, rc));
    object
}

#[test]
fn no_version_of_a_structure_is_written_beyond_its_length() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_NONE);
    for (version, length) in [(1, 168), (2, 208), (3, 344), (4, 424)] {
        let (mut object, mut od) = (0, od(version, length));
        ok(|cc, rc| mqm_r::MQOPEN(connection, od.pointer(), mq::MQOO_OUTPUT, &raw mut object, cc, rc));
        od.is_whole();
        ok(|cc, rc| mqm_r::MQCLOSE(connection, &raw mut object, 0, cc, rc));
        assert_eq!(object, mq::MQHO_UNUSABLE_HOBJ);
    }
    let object = open(connection);
    for (md_version, pmo_version, pmo_length, gmo_version, gmo_length) in
        [(1, 1, 128, 1, 72), (2, 2, 160, 2, 80), (1, 3, 184, 3, 100), (2, 3, 184, 4, 112)]
    {
        let (mut md_in, mut pmo) = (md(md_version), pmo(pmo_version, pmo_length));
        let body = b"payment";
        ok(|cc, rc| {
            mqm_r::MQPUT(connection, object, md_in.pointer(), pmo.pointer(), 7, body.as_ptr().cast(), cc, rc);
        });
        md_in.is_whole();
        pmo.is_whole();
        let (mut md_out, mut gmo) = (md(md_version), gmo(gmo_version, gmo_length));
        let (mut buffer, mut length) = ([CANARY; 16], 0);
        ok(|cc, rc| {
            let buffer = buffer.as_mut_ptr().cast();
            mqm_r::MQGET(
                connection,
                object,
                md_out.pointer(),
                gmo.pointer(),
                16,
                buffer,
                &raw mut length,
                cc,
                rc,
            );
        });
        md_out.is_whole();
        gmo.is_whole();
        assert_eq!((length, &buffer[..7], buffer[7]), (7, body.as_slice(), CANARY));
        assert_eq!(&md_out.bytes[32..40], b"MQSTR   ", "NULs come back as blanks");
        assert_ne!(md_out.bytes[48..72], [0; 24], "a message id");
    }
}

#[test]
fn a_null_or_foreign_structure_is_answered_with_its_reason() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_NONE);
    let mut object = open(connection);
    let (mut length, nothing) = (0, null_mut::<c_void>());
    fails(mq::MQRC_OD_ERROR, |cc, rc| mqm_r::MQOPEN(connection, nothing, 16, &raw mut object, cc, rc));
    assert_eq!(object, mq::MQHO_UNUSABLE_HOBJ);
    let object = open(connection);
    let mut sound = pmo(1, 128);
    fails(mq::MQRC_MD_ERROR, |cc, rc| {
        mqm_r::MQPUT(connection, object, nothing, sound.pointer(), 0, null(), cc, rc);
    });
    let mut sound = md(1);
    fails(mq::MQRC_PMO_ERROR, |cc, rc| {
        mqm_r::MQPUT(connection, object, sound.pointer(), nothing, 0, null(), cc, rc);
    });
    let (mut future, mut options) = (md(1), gmo(1, 72));
    future.long(4, 99);
    fails(mq::MQRC_MD_ERROR, |cc, rc| {
        mqm_r::MQGET(
            connection,
            object,
            future.pointer(),
            options.pointer(),
            0,
            nothing,
            &raw mut length,
            cc,
            rc,
        );
    });
    let mut wrong = Structure::new(b"XXXX", 1, 72);
    fails(mq::MQRC_GMO_ERROR, |cc, rc| {
        mqm_r::MQGET(
            connection,
            object,
            sound.pointer(),
            wrong.pointer(),
            0,
            nothing,
            &raw mut length,
            cc,
            rc,
        );
    });
    let (mut sound_md, mut sound_gmo) = (md(1), gmo(1, 72));
    fails(mq::MQRC_BUFFER_LENGTH_ERROR, |cc, rc| {
        let (md, gmo) = (sound_md.pointer(), sound_gmo.pointer());
        mqm_r::MQGET(connection, object, md, gmo, -1, nothing, &raw mut length, cc, rc);
    });
    fails(mq::MQRC_BUFFER_ERROR, |cc, rc| {
        let (md, gmo) = (sound_md.pointer(), sound_gmo.pointer());
        mqm_r::MQGET(connection, object, md, gmo, 8, nothing, &raw mut length, cc, rc);
    });
    fails(mq::MQRC_SELECTOR_COUNT_ERROR, |cc, rc| {
        mqm_r::MQINQ(connection, object, -1, null(), 0, null_mut(), 0, null_mut(), cc, rc);
    });
    // Nobody can be told; nothing may crash.
    mqm_r::MQCMIT(connection, null_mut(), null_mut());
    mqm_r::MQGET(7, 7, nothing, nothing, 0, nothing, null_mut(), null_mut(), null_mut());
}

#[test]
fn what_is_not_functional_says_so() {
    for unsupported in [
        codes(|cc, rc| mqm_r::MQBEGIN(0, null_mut(), cc, rc)),
        codes(|cc, rc| mqm_r::MQSTAT(0, 0, null_mut(), cc, rc)),
        codes(|cc, rc| mqm_r::MQSUB(0, null_mut(), null_mut(), null_mut(), cc, rc)),
        codes(|cc, rc| mqm_r::MQSUBRQ(0, 0, 0, null_mut(), cc, rc)),
        codes(|cc, rc| mqm_r::MQSET(0, 0, 0, null(), 0, null(), 0, null(), cc, rc)),
    ] {
        assert_eq!(unsupported, (mq::MQCC_FAILED, mq::MQRC_FUNCTION_NOT_SUPPORTED));
    }
}

#[test]
fn a_blocking_shared_handle_serves_many_threads() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK);
    let object = open(connection);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                for _ in 0..25 {
                    let (mut md, mut pmo) = (md(2), pmo(3, 184));
                    ok(|cc, rc| {
                        let body = b"payment";
                        mqm_r::MQPUT(
                            connection,
                            object,
                            md.pointer(),
                            pmo.pointer(),
                            7,
                            body.as_ptr().cast(),
                            cc,
                            rc,
                        );
                    });
                }
            });
        }
    });
    devqm.wait_for_depth(PAYMENTS, 100);
}

#[test]
fn a_handle_of_one_thread_is_unknown_to_another() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_NONE);
    std::thread::scope(|scope| {
        scope.spawn(|| fails(mq::MQRC_HCONN_ERROR, |cc, rc| mqm_r::MQCMIT(connection, cc, rc)));
    });
    ok(|cc, rc| mqm_r::MQCMIT(connection, cc, rc));
}

#[test]
fn a_call_beside_another_on_a_handle_that_does_not_block_is_refused() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_NO_BLOCK);
    let object = open(connection);
    let (ended, waiting) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Its first tries may meet the other thread's calls.
            eventually("a get of its own", || {
                let (mut md, mut gmo) = (md(2), gmo(4, 112));
                gmo.long(8, mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_WAIT);
                gmo.long(12, mq::MQWI_UNLIMITED);
                let (mut buffer, mut length) = ([0_u8; 16], 0);
                let (_, reason) = codes(|cc, rc| {
                    let buffer = buffer.as_mut_ptr().cast();
                    mqm_r::MQGET(
                        connection,
                        object,
                        md.pointer(),
                        gmo.pointer(),
                        16,
                        buffer,
                        &raw mut length,
                        cc,
                        rc,
                    );
                });
                (reason == mq::MQRC_NONE).then_some(())
            });
            ended.send(()).unwrap();
        });
        eventually("the call is refused", || {
            let (_, reason) = codes(|cc, rc| mqm_r::MQCMIT(connection, cc, rc));
            (reason == mq::MQRC_CALL_IN_PROGRESS).then_some(())
        });
        devqm.client().put(PAYMENTS, "woken");
        waiting.recv().unwrap();
    });
    ok(|cc, rc| mqm_r::MQCMIT(connection, cc, rc));
}

#[test]
fn a_handle_is_gone_after_disconnecting() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, mq::MQCNO_HANDLE_SHARE_BLOCK);
    let mut handle = connection;
    ok(|cc, rc| mqm_r::MQDISC(&raw mut handle, cc, rc));
    assert_eq!(handle, mq::MQHC_UNUSABLE_HCONN);
    fails(mq::MQRC_HCONN_ERROR, |cc, rc| mqm_r::MQCMIT(connection, cc, rc));
}

//! Older and shorter structures: nothing beyond the length of the stated version is read or written.
//!
//! What lies beyond is poison: read as options, counts or pointers it would fail the call or crash.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use crate::harness::{CHANNEL, Devqm, QUEUE_MANAGER};
use crate::mqi;
use crate::program::{OK, at, codes, connect, disconnect, field, get, gmo, md, open, pmo};

const POISON: u8 = 0xC7;

/// A structure of an older program: zeros and some fields, as long as its version, with poison behind it.
struct Cut {
    bytes: Vec<u8>,
    length: usize,
}

impl Cut {
    fn new(id: &[u8; 4], version: i32, length: usize) -> Self {
        let mut bytes = vec![0; length];
        bytes.extend([POISON; 4_096]);
        Self { bytes, length }.with(0, id).long(4, version)
    }

    /// With a field, where this version has it.
    fn with(mut self, offset: usize, value: &[u8]) -> Self {
        if offset + value.len() <= self.length {
            self.bytes[offset..offset + value.len()].copy_from_slice(value);
        }
        self
    }

    fn long(self, offset: usize, value: i32) -> Self {
        let bytes = if cfg!(target_endian = "little") { value.to_le_bytes() } else { value.to_be_bytes() };
        self.with(offset, &bytes)
    }

    fn pointer(self, offset: usize, pointer: *mut c_void) -> Self {
        let address = pointer.expose_provenance();
        let bytes =
            if cfg!(target_endian = "little") { address.to_le_bytes() } else { address.to_be_bytes() };
        self.with(offset, &bytes)
    }

    fn at(&mut self) -> *mut c_void {
        self.bytes.as_mut_ptr().cast()
    }

    #[track_caller]
    fn is_whole(&self) {
        assert!(
            self.bytes[self.length..].iter().all(|byte| *byte == POISON),
            "written beyond {}",
            self.length
        );
    }
}

fn old_od(version: i32, length: usize) -> Cut {
    Cut::new(b"OD  ", version, length).long(8, mq::MQOT_Q).with(offset_of!(mq::MQOD, ObjectName), b"ALIAS")
}

fn old_md(version: i32, length: usize) -> Cut {
    Cut::new(b"MD  ", version, length)
        .long(offset_of!(mq::MQMD2, MsgType), mq::MQMT_DATAGRAM)
        .long(offset_of!(mq::MQMD2, Expiry), mq::MQEI_UNLIMITED)
        .long(offset_of!(mq::MQMD2, Priority), mq::MQPRI_PRIORITY_AS_Q_DEF)
        .long(offset_of!(mq::MQMD2, MsgSeqNumber), 1)
        .long(offset_of!(mq::MQMD2, OriginalLength), mq::MQOL_UNDEFINED)
}

fn old_cd(devqm: &Devqm, version: i32, length: usize) -> Cut {
    Cut::new(b"\0\0\0\0", 0, length)
        .with(0, CHANNEL.as_bytes())
        .long(offset_of!(mq::MQCD, Version), version)
        .long(offset_of!(mq::MQCD, TransportType), mq::MQXPT_TCP)
        .with(offset_of!(mq::MQCD, ConnectionName), devqm.connection_name().as_bytes())
}

#[test]
fn every_version_of_mqod() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    for (version, length) in [(1, 168), (2, 208), (3, 344), (4, 424)] {
        let (mut handle, mut od) = (0, old_od(version, length));
        let opened =
            codes(|cc, rc| mqi::MQOPEN(connection, od.at(), mq::MQOO_OUTPUT, &raw mut handle, cc, rc));
        assert_eq!(opened, OK, "version {version}");
        od.is_whole();
        let resolved = offset_of!(mq::MQOD, ResolvedQName);
        assert!(version < 3 || od.bytes[resolved..].starts_with(b"IN "), "version {version}");
    }
}

#[test]
fn every_version_of_mqmd_mqpmo_and_mqgmo() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    for (md_version, md_length) in [(1, 324), (2, 364)] {
        for (version, length) in [(1, 128), (2, 160), (3, 184)] {
            let mut md = old_md(md_version, md_length).with(offset_of!(mq::MQMD2, Format), b"MQSTR");
            let mut pmo = Cut::new(b"PMO ", version, length).long(8, mq::MQPMO_NO_SYNCPOINT);
            let body = b"body".as_ptr().cast();
            let put = codes(|cc, rc| mqi::MQPUT(connection, object, md.at(), pmo.at(), 4, body, cc, rc));
            assert_eq!(put, OK, "MQMD {md_version}, MQPMO {version}");
            md.is_whole();
            pmo.is_whole();
        }
        for (version, length) in [(1, 72), (2, 80), (3, 100)] {
            let mut md = old_md(md_version, md_length);
            let mut gmo = Cut::new(b"GMO ", version, length).long(8, mq::MQGMO_NO_SYNCPOINT);
            let (mut buffer, mut data_length) = ([0_u8; 8], 0);
            let got = codes(|cc, rc| {
                let (md, gmo, into) = (md.at(), gmo.at(), buffer.as_mut_ptr().cast());
                mqi::MQGET(connection, object, md, gmo, 8, into, &raw mut data_length, cc, rc);
            });
            assert_eq!(
                (got, data_length, &buffer),
                (OK, 4, b"body\0\0\0\0"),
                "MQMD {md_version}, MQGMO {version}"
            );
            md.is_whole();
            gmo.is_whole();
            let format = offset_of!(mq::MQMD2, Format);
            assert_eq!(&md.bytes[format..format + 8], b"MQSTR   ", "NULs come back as blanks");
        }
    }
}

#[test]
fn a_message_put_with_the_first_version_has_the_seconds_initial_values() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let (mut first, mut options) = (old_md(1, 324), pmo(mq::MQPMO_NO_SYNCPOINT));
    let put = codes(|cc, rc| {
        mqi::MQPUT(connection, object, first.at(), at(&mut options), 0, std::ptr::null(), cc, rc);
    });
    assert_eq!(put, OK);
    let mut second = md();
    let (got, length, _) = get(connection, object, &mut second, &mut gmo(mq::MQGMO_NO_SYNCPOINT), 0);
    assert_eq!((got, length), (OK, 0));
    assert_eq!((second.MsgSeqNumber, second.Offset, second.MsgFlags, second.OriginalLength), (1, 0, 0, -1));
    assert_eq!(second.GroupId, [0; 24]);
}

#[test]
fn every_version_of_mqcno_and_mqcd() {
    let devqm = Devqm::start();
    let name = field::<48>(QUEUE_MANAGER);
    for (version, length) in [(2, 24), (3, 152), (4, 168), (5, 200), (6, 224), (7, 256), (8, 272)] {
        for (cd_version, cd_length) in [(2, 1_312), (4, 1_568), (6, 1_688), (11, 1_984), (13, 2_000)] {
            let mut channel = old_cd(&devqm, cd_version, cd_length);
            let pointer = offset_of!(mq::MQCNO, ClientConnPtr);
            let mut options = Cut::new(b"CNO ", version, length).pointer(pointer, channel.at());
            let mut handle = 0;
            let connected =
                codes(|cc, rc| mqi::MQCONNX(name.as_ptr(), options.at(), &raw mut handle, cc, rc));
            assert_eq!(connected, OK, "MQCNO {version}, MQCD {cd_version}");
            options.is_whole();
            channel.is_whole();
            assert_eq!(disconnect(handle), OK);
        }
    }
}

#[test]
fn a_channel_may_stand_at_an_offset_and_a_name_may_be_short() {
    let devqm = Devqm::start();
    let mut memory = Cut::new(b"CNO ", 2, 24).long(offset_of!(mq::MQCNO, ClientConnOffset), 1_000);
    memory.bytes[1_000..2_984].copy_from_slice(&old_cd(&devqm, 11, 1_984).bytes[..1_984]);
    let mut handle = 0;
    let connected = codes(|cc, rc| mqi::MQCONNX(c"QM1".as_ptr(), memory.at(), &raw mut handle, cc, rc));
    assert_eq!(connected, OK);
    assert_eq!(disconnect(handle), OK);
}

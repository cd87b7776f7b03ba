//! The small structures of the message handle calls, each of one version: MQCMHO, MQDMHO, MQSMPO, MQDMPO, MQIMPO, MQPD.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::{Charv, Layout};
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const CMHO: Layout = Layout { id: *b"CMHO", lengths: &[12], fault: mq::MQRC_CMHO_ERROR };
pub(super) const DMHO: Layout = Layout { id: *b"DMHO", lengths: &[12], fault: mq::MQRC_DMHO_ERROR };
pub(super) const SMPO: Layout = Layout { id: *b"SMPO", lengths: &[20], fault: mq::MQRC_SMPO_ERROR };
pub(super) const DMPO: Layout = Layout { id: *b"DMPO", lengths: &[12], fault: mq::MQRC_DMPO_ERROR };
pub(super) const IMPO: Layout = Layout { id: *b"IMPO", lengths: &[64], fault: mq::MQRC_IMPO_ERROR };
pub(super) const PD: Layout = Layout { id: *b"PD  ", lengths: &[24], fault: mq::MQRC_PD_ERROR };

pub(super) const BMHO: Layout = Layout { id: *b"BMHO", lengths: &[12], fault: mq::MQRC_BMHO_ERROR };
pub(super) const MHBO: Layout = Layout { id: *b"MHBO", lengths: &[12], fault: mq::MQRC_MHBO_ERROR };

/// `MQBMHO.Options`.
pub(crate) fn buffer_options(caller: Caller, pointer: *mut c_void) -> Result<i32, Codes> {
    BMHO.open(caller, pointer).map(|it| it.long(offset_of!(mq::MQBMHO, Options)))
}

/// `MQMHBO.Options`.
pub(crate) fn handle_options(caller: Caller, pointer: *mut c_void) -> Result<i32, Codes> {
    MHBO.open(caller, pointer).map(|it| it.long(offset_of!(mq::MQMHBO, Options)))
}

/// Checks a caller's MQCMHO. Its options choose when names are validated: here always.
pub(crate) fn check_create(caller: Caller, pointer: *mut c_void) -> Result<(), Codes> {
    CMHO.open(caller, pointer).map(drop)
}

/// Checks a caller's MQDMHO, which has no options.
pub(crate) fn check_delete(caller: Caller, pointer: *mut c_void) -> Result<(), Codes> {
    DMHO.open(caller, pointer).map(drop)
}

/// `MQDMPO.Options`.
pub(crate) fn delete_options(caller: Caller, pointer: *mut c_void) -> Result<i32, Codes> {
    DMPO.open(caller, pointer).map(|it| it.long(offset_of!(mq::MQDMPO, Options)))
}

/// What a caller's MQSMPO says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Smpo {
    pub(crate) options: i32,
    pub(crate) encoding: i32,
    pub(crate) ccsid: i32,
}

impl Smpo {
    pub(crate) fn read(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        let it = SMPO.open(caller, pointer)?;
        Ok(Self {
            options: it.long(offset_of!(mq::MQSMPO, Options)),
            encoding: it.long(offset_of!(mq::MQSMPO, ValueEncoding)),
            ccsid: it.long(offset_of!(mq::MQSMPO, ValueCCSID)),
        })
    }
}

/// A caller's MQPD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pd(Structure);

impl Pd {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        PD.open(caller, pointer).map(Self)
    }

    /// Support, context, copy options.
    pub(crate) fn read(self) -> (i32, i32, i32) {
        (
            self.0.long(offset_of!(mq::MQPD, Support)),
            self.0.long(offset_of!(mq::MQPD, Context)),
            self.0.long(offset_of!(mq::MQPD, CopyOptions)),
        )
    }

    pub(crate) fn write(self, support: i32, context: i32, copy_options: i32) {
        self.0.set_long(offset_of!(mq::MQPD, Support), support);
        self.0.set_long(offset_of!(mq::MQPD, Context), context);
        self.0.set_long(offset_of!(mq::MQPD, CopyOptions), copy_options);
    }
}

/// A caller's MQIMPO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Impo(Structure);

macro_rules! impo {
    ($field:ident) => {
        offset_of!(mq::MQIMPO, $field)
    };
}

impl Impo {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        IMPO.open(caller, pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(impo!(Options))
    }

    pub(crate) fn requested_encoding(self) -> i32 {
        self.0.long(impo!(RequestedEncoding))
    }

    pub(crate) fn requested_ccsid(self) -> i32 {
        self.0.long(impo!(RequestedCCSID))
    }

    /// Where the caller wants the property's name.
    pub(crate) fn returned_name(self) -> Charv {
        Charv::within(self.0, impo!(ReturnedName))
    }

    pub(crate) fn write_returned(self, encoding: i32, ccsid: i32) {
        self.0.set_long(impo!(ReturnedEncoding), encoding);
        self.0.set_long(impo!(ReturnedCCSID), ccsid);
        self.0.set(impo!(TypeString), [b' '; 8]);
    }
}

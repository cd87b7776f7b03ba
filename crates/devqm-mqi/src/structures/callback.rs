//! MQCBD, MQCTLO and MQSTS: what a callback is, how callbacks are controlled, what became of asynchronous calls.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::Layout;
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const CBD: Layout = Layout { id: *b"CBD ", lengths: &[168], fault: mq::MQRC_CBD_ERROR };
pub(super) const CTLO: Layout = Layout { id: *b"CTLO", lengths: &[24], fault: mq::MQRC_CTLO_ERROR };

pub(super) const STS: Layout = Layout { id: *b"STAT", lengths: &[224, 280], fault: mq::MQRC_STS_ERROR };

/// A caller's MQSTS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sts(Structure);

impl Sts {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        STS.open(caller, pointer).map(Self)
    }

    pub(crate) fn structure(self) -> Structure {
        self.0
    }
}

/// A caller's MQCBD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cbd(Structure);

macro_rules! cbd {
    ($field:ident) => {
        offset_of!(mq::MQCBD, $field)
    };
}

impl Cbd {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        CBD.open(caller, pointer).map(Self)
    }

    pub(crate) fn kind(self) -> i32 {
        self.0.long(cbd!(CallbackType))
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(cbd!(Options))
    }

    pub(crate) fn area(self) -> *mut c_void {
        self.0.pointer(cbd!(CallbackArea))
    }

    /// The function. One named by library and entry point is refused: nothing is loaded here.
    pub(crate) fn function(self) -> Result<*mut c_void, Codes> {
        let function = self.0.pointer(cbd!(CallbackFunction));
        let named = !self.0.text::<128>(cbd!(CallbackName)).is_empty();
        if function.is_null() || named {
            return Err(Codes::failed(mq::MQRC_CALLBACK_ROUTINE_ERROR));
        }
        Ok(function)
    }

    /// The longest message that is passed; `None` for the whole, however long.
    pub(crate) fn message_bytes_max(self) -> Result<Option<usize>, Codes> {
        match self.0.long(cbd!(MaxMsgLength)) {
            mq::MQCBD_FULL_MSG_LENGTH => Ok(None),
            stated => {
                usize::try_from(stated).map(Some).map_err(|_| Codes::failed(mq::MQRC_MAX_MSG_LENGTH_ERROR))
            }
        }
    }
}

/// A caller's MQCTLO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ctlo(Structure);

impl Ctlo {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        CTLO.open(caller, pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(offset_of!(mq::MQCTLO, Options))
    }

    pub(crate) fn area(self) -> *mut c_void {
        self.0.pointer(offset_of!(mq::MQCTLO, ConnectionArea))
    }
}

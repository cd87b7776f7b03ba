//! MQPMO: how a message is to be put, versions 1 to 3.

use std::ffi::c_void;
use std::mem::offset_of;

use devqm::verbs::ResolvedNames;
use libmqm_sys as mq;

use super::Layout;
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const PMO: Layout = Layout { id: *b"PMO ", lengths: &[128, 160, 184], fault: mq::MQRC_PMO_ERROR };

/// A caller's MQPMO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pmo(Structure);

macro_rules! pmo {
    ($field:ident) => {
        offset_of!(mq::MQPMO, $field)
    };
}

impl Pmo {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        PMO.open(caller, pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(pmo!(Options))
    }

    pub(crate) fn context(self) -> i32 {
        self.0.long(pmo!(Context))
    }

    /// The message handle whose properties are put; 0 where there is none. Forwarding and replying by handle, and
    /// distribution lists, are not functional.
    pub(crate) fn message_handle(self) -> Result<i64, Codes> {
        let is_new = self.0.long(pmo!(Action)) == mq::MQACTP_NEW;
        if self.0.long(pmo!(RecsPresent)) != 0
            || !is_new
            || self.0.handle(pmo!(NewMsgHandle)) != mq::MQHM_NONE
        {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        Ok(self.0.handle(pmo!(OriginalMsgHandle)))
    }

    pub(crate) fn write(self, resolved: &ResolvedNames) {
        self.0.set_text::<48>(pmo!(ResolvedQName), &resolved.queue);
        self.0.set_text::<48>(pmo!(ResolvedQMgrName), &resolved.queue_manager);
        self.0.set_long(pmo!(KnownDestCount), 1);
        self.0.set_long(pmo!(UnknownDestCount), 0);
        self.0.set_long(pmo!(InvalidDestCount), 0);
    }
}

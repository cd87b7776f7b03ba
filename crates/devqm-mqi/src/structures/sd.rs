//! MQSD and MQSRO: what is subscribed to, and what was sent on request.

use std::ffi::c_void;
use std::mem::offset_of;

use devqm::verbs::{Subscribe, Subscribed};
use libmqm_sys as mq;

use super::od::TOPIC_BYTES_MAX;
use super::{Charv, Layout};
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const SD: Layout = Layout { id: *b"SD  ", lengths: &[344], fault: mq::MQRC_SD_ERROR };
pub(super) const SRO: Layout = Layout { id: *b"SRO ", lengths: &[16], fault: mq::MQRC_SRO_ERROR };

/// `MQ_SUB_NAME_LENGTH`, and that of `SubUserData`.
const NAME_BYTES_MAX: usize = 10_240;

/// A caller's MQSD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sd(Structure);

macro_rules! sd {
    ($field:ident) => {
        offset_of!(mq::MQSD, $field)
    };
}

impl Sd {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        SD.open(caller, pointer).map(Self)
    }

    /// What is asked for, without the queue. Selection of messages by their properties is refused.
    pub(crate) fn read(self) -> Result<Subscribe, Codes> {
        let string = |field: usize, max: usize, fault: i32| Charv::within(self.0, field).text(max, fault);
        if Charv::within(self.0, sd!(SelectionString)).is_given() {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        Ok(Subscribe {
            options: self.0.long(sd!(Options)),
            object_name: self.0.text::<48>(sd!(ObjectName)),
            object_string: string(sd!(ObjectString), TOPIC_BYTES_MAX, mq::MQRC_OBJECT_STRING_ERROR)?,
            name: string(sd!(SubName), NAME_BYTES_MAX, mq::MQRC_SUB_NAME_ERROR)?,
            user_data: string(sd!(SubUserData), NAME_BYTES_MAX, mq::MQRC_SUB_USER_DATA_ERROR)?,
            correlation_id: self.0.bytes(sd!(SubCorrelId)),
            queue: 0,
        })
    }

    pub(crate) fn write(self, subscribed: &Subscribed) {
        self.0.set(sd!(SubCorrelId), subscribed.correlation_id);
        // Where it does not fit the caller learns its length.
        Charv::within(self.0, sd!(ResObjectString)).write(&subscribed.topic);
    }
}

/// A caller's MQSRO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sro(Structure);

impl Sro {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        SRO.open(caller, pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(offset_of!(mq::MQSRO, Options))
    }

    pub(crate) fn write(self, sent: u32) {
        self.0.set_long(offset_of!(mq::MQSRO, NumPubs), i32::try_from(sent).unwrap_or(i32::MAX));
    }
}

//! MQOD: what is to be opened, versions 1 to 4.

use std::ffi::c_void;
use std::mem::offset_of;

use devqm::selector::TEXT_BYTES_MAX;
use devqm::verbs::{Open, Opened, ResolvedNames};
use libmqm_sys as mq;

use super::{Charv, Layout};
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const OD: Layout =
    Layout { id: *b"OD  ", lengths: &[168, 208, 344, 424], fault: mq::MQRC_OD_ERROR };

/// `MQ_TOPIC_STR_LENGTH`.
pub(super) const TOPIC_BYTES_MAX: usize = 10_240;

/// A caller's MQOD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Od(Structure);

macro_rules! od {
    ($field:ident) => {
        offset_of!(mq::MQOD, $field)
    };
}

impl Od {
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        OD.open(caller, pointer).map(Self)
    }

    /// What is to be opened. Distribution lists are refused.
    pub(crate) fn read(self, options: i32) -> Result<Open, Codes> {
        let object_string =
            Charv::within(self.0, od!(ObjectString)).text(TOPIC_BYTES_MAX, mq::MQRC_OBJECT_STRING_ERROR)?;
        let selection = Charv::within(self.0, od!(SelectionString))
            .text(TEXT_BYTES_MAX, mq::MQRC_SELECTION_STRING_ERROR)?;
        if self.0.long(od!(RecsPresent)) != 0 {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        Ok(Open {
            object_type: self.0.long(od!(ObjectType)),
            object_name: self.0.text::<48>(od!(ObjectName)),
            queue_manager: self.0.text::<48>(od!(ObjectQMgrName)),
            object_string,
            dynamic_name: self.0.text::<48>(od!(DynamicQName)),
            options,
            selection,
        })
    }

    pub(crate) fn write(self, opened: &Opened) {
        self.0.set_text::<48>(od!(ObjectName), &opened.object_name);
        self.0.set_text::<48>(od!(ObjectQMgrName), &opened.queue_manager);
        self.write_resolved(&opened.resolved);
        self.0.set_long(od!(ResolvedType), opened.resolved_type);
        if let Some(topic) = &opened.topic {
            // Where it does not fit the caller learns its length.
            Charv::within(self.0, od!(ResObjectString)).write(topic);
        }
    }

    pub(crate) fn write_resolved(self, resolved: &ResolvedNames) {
        self.0.set_text::<48>(od!(ResolvedQName), &resolved.queue);
        self.0.set_text::<48>(od!(ResolvedQMgrName), &resolved.queue_manager);
        self.0.set_long(od!(KnownDestCount), 1);
        self.0.set_long(od!(UnknownDestCount), 0);
        self.0.set_long(od!(InvalidDestCount), 0);
    }
}

//! MQMD: the message descriptor, versions 1 and 2.

use std::ffi::c_void;
use std::mem::offset_of;

use devqm::verbs::Descriptor;
use libmqm_sys as mq;

use super::Layout;
use crate::boundary::Codes;
use crate::field::blanked;
use crate::memory::{Caller, Structure};

pub(super) const MD: Layout = Layout { id: *b"MD  ", lengths: &[324, 364], fault: mq::MQRC_MD_ERROR };

/// A caller's MQMD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Md(Structure);

macro_rules! md {
    ($field:ident) => {
        offset_of!(mq::MQMD2, $field)
    };
}

impl Md {
    /// As long as the longest version.
    pub(crate) const BYTES_MAX: usize = 364;

    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        MD.open(caller, pointer).map(Self)
    }

    /// The descriptor; fields that version 1 does not have take their initial values.
    pub(crate) fn read(self) -> Descriptor {
        let it = self.0;
        let second = it.has(md!(GroupId), 24);
        let or = |value: i32, initial: i32| if second { value } else { initial };
        Descriptor {
            report: it.long(md!(Report)),
            message_type: it.long(md!(MsgType)),
            expiry: it.long(md!(Expiry)),
            feedback: it.long(md!(Feedback)),
            encoding: it.long(md!(Encoding)),
            ccsid: it.long(md!(CodedCharSetId)),
            format: blanked(it.bytes(md!(Format))),
            priority: it.long(md!(Priority)),
            persistence: it.long(md!(Persistence)),
            message_id: it.bytes(md!(MsgId)),
            correlation_id: it.bytes(md!(CorrelId)),
            backout_count: it.long(md!(BackoutCount)),
            reply_to_queue: it.text::<48>(md!(ReplyToQ)),
            reply_to_queue_manager: it.text::<48>(md!(ReplyToQMgr)),
            user_identifier: blanked(it.bytes(md!(UserIdentifier))),
            accounting_token: it.bytes(md!(AccountingToken)),
            application_identity: blanked(it.bytes(md!(ApplIdentityData))),
            put_application_type: it.long(md!(PutApplType)),
            put_application_name: blanked(it.bytes(md!(PutApplName))),
            put_date: blanked(it.bytes(md!(PutDate))),
            put_time: blanked(it.bytes(md!(PutTime))),
            application_origin: blanked(it.bytes(md!(ApplOriginData))),
            group_id: it.bytes(md!(GroupId)),
            sequence_number: or(it.long(md!(MsgSeqNumber)), 1),
            offset: it.long(md!(Offset)),
            message_flags: it.long(md!(MsgFlags)),
            original_length: or(it.long(md!(OriginalLength)), mq::MQOL_UNDEFINED),
        }
    }

    /// A copy of its own, in the longest version's room.
    pub(crate) fn copied(self) -> Vec<u8> {
        self.0.copied(Self::BYTES_MAX)
    }

    /// Writes the descriptor back, as far as this version goes.
    pub(crate) fn write(self, descriptor: &Descriptor) {
        let it = self.0;
        it.set_long(md!(Report), descriptor.report);
        it.set_long(md!(MsgType), descriptor.message_type);
        it.set_long(md!(Expiry), descriptor.expiry);
        it.set_long(md!(Feedback), descriptor.feedback);
        it.set_long(md!(Encoding), descriptor.encoding);
        it.set_long(md!(CodedCharSetId), descriptor.ccsid);
        it.set(md!(Format), blanked(descriptor.format));
        it.set_long(md!(Priority), descriptor.priority);
        it.set_long(md!(Persistence), descriptor.persistence);
        it.set(md!(MsgId), descriptor.message_id);
        it.set(md!(CorrelId), descriptor.correlation_id);
        it.set_long(md!(BackoutCount), descriptor.backout_count);
        it.set_text::<48>(md!(ReplyToQ), &descriptor.reply_to_queue);
        it.set_text::<48>(md!(ReplyToQMgr), &descriptor.reply_to_queue_manager);
        it.set(md!(UserIdentifier), descriptor.user_identifier);
        it.set(md!(AccountingToken), descriptor.accounting_token);
        it.set(md!(ApplIdentityData), descriptor.application_identity);
        it.set_long(md!(PutApplType), descriptor.put_application_type);
        it.set(md!(PutApplName), descriptor.put_application_name);
        it.set(md!(PutDate), descriptor.put_date);
        it.set(md!(PutTime), descriptor.put_time);
        it.set(md!(ApplOriginData), descriptor.application_origin);
        it.set(md!(GroupId), descriptor.group_id);
        it.set_long(md!(MsgSeqNumber), descriptor.sequence_number);
        it.set_long(md!(Offset), descriptor.offset);
        it.set_long(md!(MsgFlags), descriptor.message_flags);
        it.set_long(md!(OriginalLength), descriptor.original_length);
    }
}

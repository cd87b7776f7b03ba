//! MQGMO: how a message is to be got, versions 1 to 4.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::Layout;
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const GMO: Layout =
    Layout { id: *b"GMO ", lengths: &[72, 80, 100, 112], fault: mq::MQRC_GMO_ERROR };

/// A caller's MQGMO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gmo(Structure);

macro_rules! gmo {
    ($field:ident) => {
        offset_of!(mq::MQGMO, $field)
    };
}

impl Gmo {
    /// As long as the longest version.
    pub(crate) const BYTES_MAX: usize = 112;

    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        GMO.open(caller, pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(gmo!(Options))
    }

    pub(crate) fn wait_interval_ms(self) -> i32 {
        self.0.long(gmo!(WaitInterval))
    }

    /// Version 1 has no match options: it always matches by MsgId and CorrelId.
    pub(crate) fn match_options(self) -> i32 {
        if self.0.has(gmo!(MatchOptions), 4) {
            self.0.long(gmo!(MatchOptions))
        } else {
            mq::MQMO_MATCH_MSG_ID | mq::MQMO_MATCH_CORREL_ID
        }
    }

    pub(crate) fn token(self) -> [u8; 16] {
        self.0.bytes(gmo!(MsgToken))
    }

    /// The message handle that takes the properties; 0 where there is none.
    pub(crate) fn message_handle(self) -> i64 {
        self.0.handle(gmo!(MsgHandle))
    }

    /// A copy of its own, in the longest version's room.
    pub(crate) fn copied(self) -> Vec<u8> {
        self.0.copied(Self::BYTES_MAX)
    }

    pub(crate) fn write(self, queue: &str, token: [u8; 16], flags: i32, returned_length: i32) {
        let has = |flag: i32| flags & flag != 0;
        let status = |member: i32, last: i32, word: u8| match (has(last), has(member)) {
            (true, _) => [b'L'],
            (false, true) => [word],
            _ => [b' '],
        };
        let may_be_segmented = has(mq::MQMF_SEGMENTATION_ALLOWED | mq::MQMF_SEGMENT | mq::MQMF_LAST_SEGMENT);
        self.0.set_text::<48>(gmo!(ResolvedQName), queue);
        self.0.set(gmo!(GroupStatus), status(mq::MQMF_MSG_IN_GROUP, mq::MQMF_LAST_MSG_IN_GROUP, b'G'));
        self.0.set(gmo!(SegmentStatus), status(mq::MQMF_SEGMENT, mq::MQMF_LAST_SEGMENT, b'S'));
        self.0.set(gmo!(Segmentation), if may_be_segmented { *b"A" } else { *b" " });
        self.0.set(gmo!(MsgToken), token);
        self.0.set_long(gmo!(ReturnedLength), returned_length);
    }
}

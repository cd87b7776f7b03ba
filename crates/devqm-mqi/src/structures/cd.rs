//! MQCD: a client channel, versions 2 to 13.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::length_of;
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

macro_rules! cd {
    ($field:ident) => {
        offset_of!(mq::MQCD, $field)
    };
}

/// It has no id: it begins with the channel's name, and has its version behind that.
const HEAD_BYTES: usize = cd!(Version) + 4;

pub(super) const LENGTHS: [usize; 13] =
    [984, 1_312, 1_480, 1_568, 1_584, 1_688, 1_792, 1_888, 1_912, 1_920, 1_984, 1_992, 2_000];

/// A caller's MQCD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cd(Structure);

impl Cd {
    /// The channel at a pointer that is not NULL. Version 1 has no connection name and is not a client's.
    pub(super) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        let fault = Codes::failed(mq::MQRC_CD_ERROR);
        let head = caller.structure(pointer, HEAD_BYTES).ok_or(fault)?;
        let version = head.long(cd!(Version));
        let length = length_of(version, &LENGTHS).filter(|_| version > 1).ok_or(fault)?;
        let it = head.grown(length);
        if it.long(cd!(TransportType)) == mq::MQXPT_TCP { Ok(Self(it)) } else { Err(fault) }
    }

    pub(crate) fn name(self) -> String {
        self.0.text::<20>(cd!(ChannelName))
    }

    pub(crate) fn connection_name(self) -> String {
        self.0.text::<264>(cd!(ConnectionName))
    }

    pub(crate) fn message_bytes_max(self) -> i32 {
        self.0.long(cd!(MaxMsgLength))
    }

    /// The CipherSpec; version 7 has the field first. Empty for a plain line.
    pub(crate) fn cipher_spec(self) -> String {
        self.0.text::<32>(cd!(SSLCipherSpec))
    }

    /// Whether the queue manager's certificate is to bear a certain name.
    pub(crate) fn has_peer_name(self) -> bool {
        !self.0.pointer(cd!(SSLPeerNamePtr)).is_null() && self.0.long(cd!(SSLPeerNameLength)) > 0
    }

    /// The label of the certificate to show; version 11 has the field first.
    pub(crate) fn certificate_label(self) -> String {
        self.0.text::<64>(cd!(CertificateLabel))
    }
}

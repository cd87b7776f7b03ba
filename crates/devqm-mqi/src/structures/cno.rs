//! MQCNO: how to connect, versions 1 to 8, and what hangs on it.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::cd::Cd;
use super::sco::Sco;
use super::{Layout, csp};
use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

pub(super) const CNO: Layout =
    Layout { id: *b"CNO ", lengths: &[12, 24, 152, 168, 200, 224, 256, 272], fault: mq::MQRC_CNO_ERROR };

/// A caller's MQCNO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cno(Structure);

macro_rules! cno {
    ($field:ident) => {
        offset_of!(mq::MQCNO, $field)
    };
}

impl Cno {
    /// `None` for NULL: MQCONNX without options is MQCONN.
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Option<Self>, Codes> {
        if pointer.is_null() {
            return Ok(None);
        }
        let it = Self(CNO.open(caller, pointer)?);
        it.tls()?;
        Ok(Some(it))
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(cno!(Options))
    }

    pub(crate) fn application_name(self) -> String {
        self.0.text::<28>(cno!(ApplName))
    }

    /// The client channel, where there is one.
    pub(crate) fn channel(self) -> Result<Option<Cd>, Codes> {
        let (pointer, offset) = (cno!(ClientConnPtr), cno!(ClientConnOffset));
        if self.0.long(offset) != 0 && !self.0.pointer(pointer).is_null() {
            return Err(Codes::failed(mq::MQRC_CLIENT_CONN_ERROR));
        }
        let channel = self.0.pointer_or_offset(pointer, offset);
        if channel.is_null() { Ok(None) } else { Cd::open(self.0.caller(), channel).map(Some) }
    }

    /// The URL of a CCDT, where there is one.
    pub(crate) fn ccdt(self) -> Result<Option<String>, Codes> {
        let fault = Codes::failed(mq::MQRC_CNO_ERROR);
        let url = self.0.pointer_or_offset(cno!(CCDTUrlPtr), cno!(CCDTUrlOffset));
        let length = usize::try_from(self.0.long(cno!(CCDTUrlLength))).map_err(|_| fault)?;
        if length == 0 || url.is_null() {
            return Ok(None);
        }
        let bytes = self.0.caller().copy(url.cast::<u8>().cast_const(), length).ok_or(fault)?;
        String::from_utf8(bytes)
            .map(|url| Some(url.trim_end_matches([' ', '\0']).to_owned()))
            .map_err(|_| fault)
    }

    /// User and password, where there are any.
    pub(crate) fn credentials(self) -> Result<Option<(String, String)>, Codes> {
        let pointer = self.0.pointer_or_offset(cno!(SecurityParmsPtr), cno!(SecurityParmsOffset));
        csp::credentials(self.0.caller(), pointer)
    }

    /// TLS options, where there are any.
    pub(crate) fn tls(self) -> Result<Option<Sco>, Codes> {
        let pointer = self.0.pointer_or_offset(cno!(SSLConfigPtr), cno!(SSLConfigOffset));
        Sco::open(self.0.caller(), pointer)
    }

    pub(crate) fn write(self, connection_id: [u8; 24]) {
        self.0.set(cno!(ConnectionId), connection_id);
    }
}

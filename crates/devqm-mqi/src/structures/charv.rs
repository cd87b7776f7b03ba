//! MQCHARV: a string of any length, inside a structure or by itself.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use crate::boundary::Codes;
use crate::charset;
use crate::memory::{Caller, Structure};

/// A caller's MQCHARV: the structure that holds it, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charv(Structure, usize);

impl Charv {
    const BYTES: usize = size_of::<mq::MQCHARV>();

    /// The name of a property, which the MQI passes by itself.
    pub(crate) fn open(caller: Caller, pointer: *mut c_void) -> Result<Self, Codes> {
        let it = caller.structure(pointer, Self::BYTES).ok_or(Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR))?;
        Ok(Self(it, 0))
    }

    /// One inside a structure, at this offset.
    pub(crate) fn within(structure: Structure, offset: usize) -> Self {
        Self(structure, offset)
    }

    /// Whether there is a string in it.
    pub(crate) fn is_given(self) -> bool {
        self.long(offset_of!(mq::MQCHARV, VSLength)) != 0 && !self.buffer().is_null()
    }

    /// The text in it, of at most so many bytes; empty where there is none.
    pub(crate) fn text(self, bytes_max: usize, fault: i32) -> Result<String, Codes> {
        let fault = Codes::failed(fault);
        let pointer = self.buffer().cast::<u8>().cast_const();
        let length = match self.long(offset_of!(mq::MQCHARV, VSLength)) {
            0 => return Ok(String::new()),
            _ if pointer.is_null() => return Ok(String::new()),
            mq::MQVS_NULL_TERMINATED => self.0.caller().length_to_nul(pointer, bytes_max).ok_or(fault)?,
            stated => usize::try_from(stated).map_err(|_| fault)?,
        };
        if length > bytes_max {
            return Err(fault);
        }
        let bytes = self.0.caller().copy(pointer, length).ok_or(fault)?;
        let ccsid = self.long(offset_of!(mq::MQCHARV, VSCCSID));
        let text = charset::decode(ccsid, &bytes).ok_or(Codes::failed(mq::MQRC_SOURCE_CCSID_ERROR))?;
        Ok(text.trim_end_matches([' ', '\0']).to_owned())
    }

    /// The property name in it.
    pub(crate) fn read(self) -> Result<String, Codes> {
        let fault = Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR);
        let wrong_length = Codes::failed(mq::MQRC_PROPERTY_NAME_LENGTH_ERR);
        let pointer = self.buffer().cast::<u8>().cast_const();
        if pointer.is_null() {
            return Err(fault);
        }
        let length = match self.long(offset_of!(mq::MQCHARV, VSLength)) {
            mq::MQVS_NULL_TERMINATED => {
                self.0.caller().length_to_nul(pointer, mq::MQ_MAX_PROPERTY_NAME_LENGTH)
            }
            stated => usize::try_from(stated).ok(),
        };
        let length = length.filter(|length| (1..=mq::MQ_MAX_PROPERTY_NAME_LENGTH).contains(length));
        let bytes = self.0.caller().copy(pointer, length.ok_or(wrong_length)?).ok_or(fault)?;
        let ccsid = self.long(offset_of!(mq::MQCHARV, VSCCSID));
        let name = charset::decode(ccsid, &bytes).ok_or(Codes::failed(mq::MQRC_SOURCE_CCSID_ERROR))?;
        Ok(name.trim_end_matches(' ').to_owned())
    }

    /// Writes a name. False where it does not fit into the caller's buffer; without a buffer the caller does not want it.
    pub(crate) fn write(self, name: &str) -> bool {
        let buffer = self.buffer().cast::<u8>();
        let room = usize::try_from(self.long(offset_of!(mq::MQCHARV, VSBufSize))).unwrap_or(0);
        let length = i32::try_from(name.len()).unwrap_or(i32::MAX);
        self.0.set_long(self.1 + offset_of!(mq::MQCHARV, VSLength), length);
        self.0.set_long(self.1 + offset_of!(mq::MQCHARV, VSCCSID), charset::UTF_8);
        let fits = name.len() <= room;
        if fits {
            self.0.caller().fill(buffer, room, name.as_bytes());
        }
        fits || buffer.is_null()
    }

    fn long(self, field: usize) -> i32 {
        self.0.long(self.1 + field)
    }

    fn buffer(self) -> *mut c_void {
        let (pointer, offset) = (offset_of!(mq::MQCHARV, VSPtr), offset_of!(mq::MQCHARV, VSOffset));
        // An offset counts from the beginning of the structure that holds the MQCHARV.
        self.0.pointer_or_offset(self.1 + pointer, self.1 + offset)
    }
}

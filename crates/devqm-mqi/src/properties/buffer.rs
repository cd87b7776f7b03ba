//! MQBUFMH and MQMHBUF: properties between a message handle and an MQRFH2 in a buffer.

use std::ffi::c_void;

use devqm::rfh2::{self, Described};
use libmqm_sys as mq;

use super::{check_owner, name, received, with};
use crate::boundary::{Codes, Ended, length};
use crate::memory::Caller;
use crate::structures::{self, Charv, Md};

/// A caller's buffer and what describes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) options: *mut c_void,
    pub(crate) descriptor: *mut c_void,
    pub(crate) length: i32,
    pub(crate) at: *mut c_void,
    pub(crate) data_length: *mut i32,
}

impl Buffer {
    fn room(&self) -> Result<usize, Codes> {
        let room = length(self.length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
        if self.at.is_null() && room > 0 {
            return Err(Codes::failed(mq::MQRC_BUFFER_ERROR));
        }
        if self.data_length.is_null() {
            return Err(Codes::failed(mq::MQRC_DATA_LENGTH_ERROR));
        }
        Ok(room)
    }

    fn write(&self, caller: Caller, room: usize, bytes: &[u8]) {
        caller.fill(self.at.cast::<u8>(), room, bytes);
        caller.put(self.data_length, i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    }
}

/// MQBUFMH: the handle's properties become those of the header at the buffer's beginning.
pub(crate) fn from_buffer(caller: Caller, connection: i32, handle: i64, buffer: Buffer) -> Ended {
    check_owner(connection)?;
    let deletes = structures::buffer_options(caller, buffer.options)? & mq::MQBMHO_DELETE_PROPERTIES != 0;
    let descriptor = Md::open(caller, buffer.descriptor)?;
    let room = buffer.room()?;
    let mut body =
        caller.copy(buffer.at.cast::<u8>().cast_const(), room).ok_or(Codes::failed(mq::MQRC_BUFFER_ERROR))?;
    let mut described = descriptor.read();
    let header = match described.format == rfh2::FORMAT {
        true => rfh2::read(&body, described.encoding).ok_or(Codes::failed(mq::MQRC_RFH_ERROR))?,
        false => {
            // Without a header there are no properties, which is no fault.
            received(connection, handle, Vec::new())?;
            caller.put(buffer.data_length, buffer.length);
            return Ok(Codes::OK);
        }
    };
    received(connection, handle, header.properties)?;
    if !deletes {
        caller.put(buffer.data_length, buffer.length);
        return Ok(Codes::OK);
    }
    let mut left = match header.folders.is_empty() {
        true => {
            header.inner.write(&mut described);
            Vec::new()
        }
        false => rfh2::write(&[], &header.folders, header.inner, described.encoding),
    };
    left.extend(body.drain(header.bytes..));
    buffer.write(caller, room, &left);
    descriptor.write(&described);
    Ok(Codes::OK)
}

/// MQMHBUF: the properties whose names match, as a header.
pub(crate) fn to_buffer(
    caller: Caller,
    connection: i32,
    handle: i64,
    pattern: *mut c_void,
    buffer: Buffer,
) -> Ended {
    check_owner(connection)?;
    let options = structures::handle_options(caller, buffer.options)?;
    if options & mq::MQMHBO_PROPERTIES_IN_MQRFH2 == 0 {
        return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
    }
    let pattern = Charv::open(caller, pattern)?.read()?;
    let descriptor = Md::open(caller, buffer.descriptor)?;
    let room = buffer.room()?;
    let mut described = descriptor.read();
    let inner = Described::by(&described);
    let matching = with(connection, handle, |it| {
        let all = it.properties.iter().filter(|property| name::matches(&pattern, &property.name));
        Ok(all.cloned().collect::<Vec<_>>())
    })?;
    if matching.is_empty() {
        return Err(Codes::failed(mq::MQRC_PROPERTY_NOT_AVAILABLE));
    }
    let header = rfh2::write(&matching, &[], inner, mq::MQENC_NATIVE);
    if header.len() > room {
        caller.put(buffer.data_length, i32::try_from(header.len()).unwrap_or(i32::MAX));
        return Err(Codes::failed(mq::MQRC_PROPERTY_VALUE_TOO_BIG));
    }
    buffer.write(caller, room, &header);
    Described { encoding: mq::MQENC_NATIVE, ccsid: inner.ccsid, format: rfh2::FORMAT }.write(&mut described);
    descriptor.write(&described);
    if options & mq::MQMHBO_DELETE_PROPERTIES != 0 {
        with(connection, handle, |it| {
            it.properties.retain(|property| !name::matches(&pattern, &property.name));
            it.cursor = super::Cursor::default();
            Ok(())
        })?;
    }
    Ok(Codes::OK)
}

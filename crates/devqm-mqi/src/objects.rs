//! MQOPEN, MQCLOSE, MQINQ and MQSET.

use std::ffi::{c_char, c_void};

use devqm::verbs::{Outcome, Request};
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended, UNEXPECTED, completed, length};
use crate::handles::{self, Connection};
use crate::memory::Caller;
use crate::structures::Od;

/// MQINQ takes at most this many selectors.
const SELECTORS_MAX: usize = 256;

/// MQOPEN.
pub(crate) fn open(
    caller: Caller,
    connection: i32,
    object: *mut c_void,
    options: i32,
    handle: *mut i32,
) -> Ended {
    let connection = handles::find(connection)?;
    if handle.is_null() {
        return Err(Codes::failed(mq::MQRC_HOBJ_ERROR));
    }
    let object = Od::open(caller, object)?;
    let open = object.read(options)?;
    let (outcome, codes) = completed(connection.call(&Request::Open(open.clone()))?)?;
    let Outcome::Opened(opened) = outcome else {
        return Err(UNEXPECTED);
    };
    object.write(&opened);
    let number = connection.object(opened.handle);
    connection.note_opened(number, Some(open));
    caller.put(handle, number);
    Ok(codes)
}

/// MQCLOSE.
pub(crate) fn close(caller: Caller, connection: i32, handle: *mut i32, options: i32) -> Ended {
    let connection = handles::find(connection)?;
    let object = caller.get(handle).ok_or(Codes::failed(mq::MQRC_HOBJ_ERROR))?;
    let reply = connection.call(&Request::Close(connection.object(object), options))?;
    let (_, codes) = completed(reply)?;
    connection.consumption.forget(object);
    connection.note_opened(object, None);
    caller.put(handle, mq::MQHO_UNUSABLE_HOBJ);
    Ok(codes)
}

/// Where MQINQ returns integers and characters, and MQSET has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attributes {
    pub(crate) integer_count: i32,
    pub(crate) integers: *mut i32,
    pub(crate) character_length: i32,
    pub(crate) characters: *mut c_char,
}

/// MQINQ.
pub(crate) fn inquire(
    caller: Caller,
    connection: i32,
    handle: i32,
    selector_count: i32,
    selectors: *const i32,
    into: Attributes,
) -> Ended {
    let connection = handles::find(connection)?;
    let count = length(selector_count, mq::MQRC_SELECTOR_COUNT_ERROR)?;
    if count > SELECTORS_MAX {
        return Err(Codes::failed(mq::MQRC_SELECTOR_LIMIT_EXCEEDED));
    }
    let selectors = caller.copy(selectors, count).ok_or(Codes::failed(mq::MQRC_SELECTOR_ERROR))?;
    let integer_room = length(into.integer_count, mq::MQRC_INT_ATTR_COUNT_ERROR)?;
    let character_room = length(into.character_length, mq::MQRC_CHAR_ATTR_LENGTH_ERROR)?;
    if integer_room > 0 && into.integers.is_null() {
        return Err(Codes::failed(mq::MQRC_INT_ATTRS_ARRAY_ERROR));
    }
    if character_room > 0 && into.characters.is_null() {
        return Err(Codes::failed(mq::MQRC_CHAR_ATTRS_ERROR));
    }
    let handle = connection.object(handle);
    let reply = connection.call(&Request::Inquire(handle, selectors.clone()))?;
    let (outcome, codes) = completed(reply)?;
    let Outcome::Inquired { integers, characters } = outcome else {
        return Err(UNEXPECTED);
    };
    caller.fill(into.integers, integer_room, &integers);
    let fitting = whole_attributes(&connection, handle, &selectors, characters.len(), character_room)?;
    caller.fill(into.characters.cast::<u8>(), fitting, &characters);
    // Where several warnings apply, the first in this order is given. Source: IBM documentation, "MQINQ", usage notes.
    if codes != Codes::OK {
        Ok(codes)
    } else if integers.len() > integer_room {
        Ok(Codes::warning(mq::MQRC_INT_ATTR_COUNT_TOO_SMALL))
    } else if fitting < characters.len() {
        Ok(Codes::warning(mq::MQRC_CHAR_ATTRS_TOO_SHORT))
    } else {
        Ok(Codes::OK)
    }
}

/// MQSET.
pub(crate) fn set(
    caller: Caller,
    connection: i32,
    handle: i32,
    selector_count: i32,
    selectors: *const i32,
    given: Attributes,
) -> Ended {
    let connection = handles::find(connection)?;
    let count = length(selector_count, mq::MQRC_SELECTOR_COUNT_ERROR)?;
    if count > SELECTORS_MAX {
        return Err(Codes::failed(mq::MQRC_SELECTOR_LIMIT_EXCEEDED));
    }
    let selectors = caller.copy(selectors, count).ok_or(Codes::failed(mq::MQRC_SELECTOR_ERROR))?;
    let count = length(given.integer_count, mq::MQRC_INT_ATTR_COUNT_ERROR)?;
    let integers = caller
        .copy(given.integers.cast_const(), count)
        .ok_or(Codes::failed(mq::MQRC_INT_ATTRS_ARRAY_ERROR))?;
    let count = length(given.character_length, mq::MQRC_CHAR_ATTR_LENGTH_ERROR)?;
    let characters = caller
        .copy(given.characters.cast::<u8>().cast_const(), count)
        .ok_or(Codes::failed(mq::MQRC_CHAR_ATTRS_ERROR))?;
    let request = Request::Set(connection.object(handle), selectors, integers, characters);
    completed(connection.call(&request)?).map(|(_, codes)| codes)
}

/// How many characters are returned where there is `room`: only whole attributes are. Source: IBM documentation, 2008.
/// The queue manager tells widths only by answering, so where not all fit each attribute is asked for by itself.
fn whole_attributes(
    connection: &Connection,
    handle: i32,
    selectors: &[i32],
    all: usize,
    room: usize,
) -> Result<usize, Codes> {
    if all <= room {
        return Ok(all);
    }
    let mut fitting = 0;
    for selector in selectors {
        let reply = connection.call(&Request::Inquire(handle, vec![*selector]))?;
        if let (Outcome::Inquired { characters, .. }, _) = completed(reply)? {
            if fitting + characters.len() > room {
                break;
            }
            fitting += characters.len();
        }
    }
    Ok(fitting)
}

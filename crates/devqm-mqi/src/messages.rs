//! MQPUT, MQPUT1 and MQGET.

use std::ffi::c_void;

use devqm::native;
use devqm::verbs::{Get, Got, Outcome, Property, Put, Reply, Request};
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended, UNEXPECTED, completed, length};
use crate::handles::{self, Connection};
use crate::memory::Caller;
use crate::properties;
use crate::structures::{Gmo, Md, Od, Pmo};

/// What a message and its properties may add up to: devqm's frames have room for this and a descriptor.
const PUT_BYTES_MAX: usize = native::FRAME_BYTES_MAX as usize - 512 * 1024;

/// A message to put, as a caller passes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing {
    pub(crate) descriptor: *mut c_void,
    pub(crate) options: *mut c_void,
    pub(crate) buffer_length: i32,
    pub(crate) buffer: *const c_void,
}

/// MQPUT.
pub(crate) fn put(caller: Caller, connection: i32, handle: i32, message: Outgoing) -> Ended {
    let (number, connection) = (connection, handles::find(connection)?);
    let (descriptor, options) = (Md::open(caller, message.descriptor)?, Pmo::open(caller, message.options)?);
    let mut request = read(caller, number, &connection, descriptor, options, message)?;
    request.handle = connection.object(handle);
    let is_async = request.options & mq::MQPMO_ASYNC_RESPONSE != 0;
    let reply = connection.call(&Request::Put(request))?;
    if is_async && connection.status.keeps(&reply, || connection.opened(handle).unwrap_or_default()) {
        return Ok(Codes::OK);
    }
    write(reply, descriptor, options, None)
}

/// MQPUT1.
pub(crate) fn put1(caller: Caller, connection: i32, object: *mut c_void, message: Outgoing) -> Ended {
    let (number, connection) = (connection, handles::find(connection)?);
    let object = Od::open(caller, object)?;
    let (descriptor, options) = (Md::open(caller, message.descriptor)?, Pmo::open(caller, message.options)?);
    let request = read(caller, number, &connection, descriptor, options, message)?;
    let is_async = request.options & mq::MQPMO_ASYNC_RESPONSE != 0;
    let open = object.read(mq::MQOO_OUTPUT)?;
    let reply = connection.call(&Request::Put1(open.clone(), request))?;
    if is_async && connection.status.keeps(&reply, || open) {
        return Ok(Codes::OK);
    }
    write(reply, descriptor, options, Some(object))
}

fn read(
    caller: Caller,
    number: i32,
    connection: &Connection,
    md: Md,
    pmo: Pmo,
    message: Outgoing,
) -> Result<Put, Codes> {
    let stated = length(message.buffer_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
    if stated > connection.message_bytes_max {
        // What IBM's client says where the channel's negotiated length is exceeded. Source: IBM documentation, 2010.
        return Err(Codes::failed(mq::MQRC_DATA_LENGTH_ERROR));
    }
    let body =
        caller.copy(message.buffer.cast::<u8>(), stated).ok_or(Codes::failed(mq::MQRC_BUFFER_ERROR))?;
    let properties = match pmo.message_handle()? {
        mq::MQHM_NONE => Vec::new(),
        message => properties::sent(number, message)?,
    };
    if properties.iter().map(bytes_of).sum::<usize>() + body.len() > PUT_BYTES_MAX {
        return Err(Codes::failed(mq::MQRC_PROPERTIES_TOO_BIG));
    }
    let context = match pmo.context() {
        0 => 0,
        handle => connection.object(handle),
    };
    Ok(Put { handle: 0, options: pmo.options(), context, descriptor: md.read(), properties, body })
}

/// A property's share of a frame, generously.
fn bytes_of(property: &Property) -> usize {
    property.name.len() + property.value.len() + 32
}

fn write(reply: Reply, descriptor: Md, options: Pmo, object: Option<Od>) -> Ended {
    let (outcome, codes) = completed(reply)?;
    let Outcome::Put(as_put, resolved) = outcome else {
        return Err(UNEXPECTED);
    };
    descriptor.write(&as_put);
    options.write(&resolved);
    if let Some(object) = object {
        object.write_resolved(&resolved);
    }
    Ok(codes)
}

/// Where MQGET returns a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming {
    pub(crate) descriptor: *mut c_void,
    pub(crate) options: *mut c_void,
    pub(crate) buffer_length: i32,
    pub(crate) buffer: *mut c_void,
    pub(crate) data_length: *mut i32,
}

/// MQGET.
pub(crate) fn get(caller: Caller, number: i32, handle: i32, into: Incoming) -> Ended {
    let connection = handles::find(number)?;
    let (descriptor, options) = (Md::open(caller, into.descriptor)?, Gmo::open(caller, into.options)?);
    let room = length(into.buffer_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
    if into.buffer.is_null() && room > 0 {
        return Err(Codes::failed(mq::MQRC_BUFFER_ERROR));
    }
    if into.data_length.is_null() {
        // The caller would never learn how much of its buffer counts.
        return Err(Codes::failed(mq::MQRC_DATA_LENGTH_ERROR));
    }
    let asked = asked(number, &connection, handle, descriptor, options, room)?;
    let unlocks = asked.options & mq::MQGMO_UNLOCK != 0;
    let (outcome, codes) = completed(connection.call(&Request::Get(asked))?)?;
    let got = match outcome {
        Outcome::Got(got) => got,
        Outcome::Nothing if unlocks => return Ok(codes),
        _ => return Err(UNEXPECTED),
    };
    let arrived = arrived(number, descriptor, options, *got, codes)?;
    caller.put(into.data_length, arrived.data_length);
    caller.fill(into.buffer.cast::<u8>(), room, &arrived.body);
    Ok(arrived.codes)
}

/// What a get asks of the queue manager; the message handle that takes the properties is emptied.
pub(crate) fn asked(
    number: i32,
    connection: &Connection,
    handle: i32,
    descriptor: Md,
    options: Gmo,
    room: usize,
) -> Result<Get, Codes> {
    let message = property_handle(options)?;
    if let Some(message) = message {
        properties::received(number, message, Vec::new())?;
    }
    Ok(Get {
        handle: connection.object(handle),
        options: options.options(),
        match_options: options.match_options(),
        wait_interval_ms: options.wait_interval_ms(),
        buffer_bytes: u32::try_from(room).unwrap_or(u32::MAX),
        descriptor: descriptor.read(),
        token: options.token(),
        with_properties: message.is_some(),
        standing: false,
    })
}

/// What a get returns besides its structures.
pub(crate) struct Arrived {
    pub(crate) codes: Codes,
    pub(crate) data_length: i32,
    pub(crate) body: Vec<u8>,
}

/// Writes what was got into the caller's structures and its message handle.
pub(crate) fn arrived(
    number: i32,
    descriptor: Md,
    options: Gmo,
    got: Got,
    codes: Codes,
) -> Result<Arrived, Codes> {
    let message = property_handle(options)?;
    descriptor.write(&got.descriptor);
    let returned = i32::try_from(got.body.len()).unwrap_or(i32::MAX);
    options.write(&got.resolved_queue, got.token, got.descriptor.message_flags, returned);
    if let Some(message) = message {
        properties::received(number, message, got.properties)?;
    }
    let data_length = i32::try_from(got.data_bytes).unwrap_or(i32::MAX);
    Ok(Arrived { codes, data_length, body: got.body })
}

/// The message handle that takes the properties: where they are asked for in one, or where their form is left to the queue
/// and one is given. Any other form is the queue manager's to make.
fn property_handle(options: Gmo) -> Result<Option<i64>, Codes> {
    const FORMS: i32 = mq::MQGMO_PROPERTIES_IN_HANDLE
        | mq::MQGMO_PROPERTIES_FORCE_MQRFH2
        | mq::MQGMO_PROPERTIES_COMPATIBILITY
        | mq::MQGMO_NO_PROPERTIES;
    let message = options.message_handle();
    let takes = match options.options() & FORMS {
        mq::MQGMO_PROPERTIES_IN_HANDLE => true,
        mq::MQGMO_PROPERTIES_AS_Q_DEF => message != mq::MQHM_NONE,
        mq::MQGMO_PROPERTIES_FORCE_MQRFH2 | mq::MQGMO_PROPERTIES_COMPATIBILITY | mq::MQGMO_NO_PROPERTIES => {
            false
        }
        _ => return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR)),
    };
    Ok(takes.then_some(message))
}

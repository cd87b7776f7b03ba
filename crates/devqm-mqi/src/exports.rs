//! The 26 entry points of the MQI.
//!
//! Each takes what `cmqc.h` declares, as raw pointers, and hands a closure to [`boundary`], which catches whatever unwinds
//! and always writes the two codes.
//!
//! # Safety
//!
//! One contract for all: pointers are NULL, or to values of the types that `cmqc.h` declares for the parameter, whole at
//! least to the length of the version that a structure states; buffers have the lengths stated beside them; nothing else
//! uses them during the call.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use devqm::verbs::{Got, Outcome, Put, Reply, Request};
use libmqm_sys as mq;

use crate::codes::Codes;
use crate::connection::{self, call};
use crate::memory::{self, text};
use crate::properties::{self, Room};
use crate::structures::{self, Cno, Gmo, Impo, Md, Od, Pd, Pmo};

/// MQINQ takes at most this many selectors.
const SELECTORS_MAX: i32 = 256;

/// Runs a call's body; whatever happens in it, both codes are written.
fn boundary(completion: *mut i32, reason: *mut i32, body: impl FnOnce() -> Result<(), Codes>) {
    let ended = catch_unwind(AssertUnwindSafe(body));
    let codes = match ended {
        Ok(Ok(())) => Codes::OK,
        Ok(Err(codes)) => codes,
        Err(_) => Codes::failed(mq::MQRC_UNEXPECTED_ERROR),
    };
    memory::put(completion, codes.completion);
    memory::put(reason, codes.reason);
}

/// The reply, unless it failed.
fn succeeded(reply: Reply) -> Result<Reply, Codes> {
    if reply.completion == mq::MQCC_FAILED { Err(Codes::of(&reply)) } else { Ok(reply) }
}

/// How a call ends whose reply may carry a warning.
fn ended(codes: Codes) -> Result<(), Codes> {
    if codes.completion == mq::MQCC_OK { Ok(()) } else { Err(codes) }
}

fn length(stated: i32, fault: i32) -> Result<usize, Codes> {
    usize::try_from(stated).map_err(|_| Codes::failed(fault))
}

/// A 48-character name that a caller passes by itself.
fn name48(pointer: *const i8) -> String {
    text(&memory::get(pointer.cast::<[u8; 48]>()).unwrap_or([b' '; 48]))
}

fn connect(name: *const i8, options: *mut c_void, handle: *mut i32) -> Result<(), Codes> {
    memory::put(handle, mq::MQHC_UNUSABLE_HCONN);
    let options = Cno::open(options)?;
    let (connection, id) = connection::connect(&name48(name), options)?;
    if let Some(options) = options {
        options.write(id);
    }
    memory::put(handle, connection);
    Ok(())
}

/// Connects to a queue manager.
#[unsafe(no_mangle)]
pub extern "C" fn MQCONN(name: *const i8, handle: *mut i32, completion: *mut i32, reason: *mut i32) {
    boundary(completion, reason, || connect(name, std::ptr::null_mut(), handle));
}

/// Connects to a queue manager, with options.
#[unsafe(no_mangle)]
pub extern "C" fn MQCONNX(
    name: *const i8,
    options: *mut c_void,
    handle: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || connect(name, options, handle));
}

/// Disconnects. Commits an open unit of work.
#[unsafe(no_mangle)]
pub extern "C" fn MQDISC(handle: *mut i32, completion: *mut i32, reason: *mut i32) {
    boundary(completion, reason, || {
        let connection = memory::get(handle).ok_or(Codes::failed(mq::MQRC_HCONN_ERROR))?;
        let reply = connection::disconnect(connection);
        if connection::check(connection).is_err() {
            properties::forget(connection);
            memory::put(handle, mq::MQHC_UNUSABLE_HCONN);
        }
        ended(Codes::of(&reply?))
    });
}

/// Opens an object.
#[unsafe(no_mangle)]
pub extern "C" fn MQOPEN(
    connection: i32,
    object: *mut c_void,
    options: i32,
    handle: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        memory::put(handle, mq::MQHO_UNUSABLE_HOBJ);
        connection::check(connection)?;
        let object = Od::open(object)?;
        let reply = succeeded(call(connection, &Request::Open(object.read(options)?))?)?;
        let codes = Codes::of(&reply);
        let Outcome::Opened(opened) = reply.outcome else {
            return Err(Codes::failed(mq::MQRC_UNEXPECTED_ERROR));
        };
        object.write(&opened);
        memory::put(handle, opened.handle);
        ended(codes)
    });
}

/// Closes an object.
#[unsafe(no_mangle)]
pub extern "C" fn MQCLOSE(
    connection: i32,
    handle: *mut i32,
    options: i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        connection::check(connection)?;
        let object = memory::get(handle).ok_or(Codes::failed(mq::MQRC_HOBJ_ERROR))?;
        let reply = succeeded(call(connection, &Request::Close(object, options))?)?;
        memory::put(handle, mq::MQHO_UNUSABLE_HOBJ);
        ended(Codes::of(&reply))
    });
}

/// What MQPUT and MQPUT1 have in common before the call.
fn put_request(
    connection: i32,
    handle: i32,
    descriptor: Md,
    options: Pmo,
    stated_length: i32,
    buffer: *const c_void,
) -> Result<Put, Codes> {
    let stated_length = length(stated_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
    let body =
        memory::copy(buffer.cast::<u8>(), stated_length).ok_or(Codes::failed(mq::MQRC_BUFFER_ERROR))?;
    let properties = match options.message_handle()? {
        0 => Vec::new(),
        message => properties::all(connection, message)?,
    };
    Ok(Put {
        handle,
        options: options.options(),
        context: options.context(),
        descriptor: descriptor.read(),
        properties,
        body,
    })
}

/// What they have in common after it.
fn put_reply(reply: Reply, descriptor: Md, options: Pmo) -> Result<Outcome, Codes> {
    let reply = succeeded(reply)?;
    if let Outcome::Put(completed, resolved) = &reply.outcome {
        descriptor.write(completed);
        options.write(resolved);
    }
    ended(Codes::of(&reply)).map(|()| reply.outcome)
}

/// Puts a message to an open queue.
#[unsafe(no_mangle)]
pub extern "C" fn MQPUT(
    connection: i32,
    handle: i32,
    descriptor: *mut c_void,
    options: *mut c_void,
    buffer_length: i32,
    buffer: *const c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        connection::check(connection)?;
        let (descriptor, options) = (Md::open(descriptor)?, Pmo::open(options)?);
        let put = put_request(connection, handle, descriptor, options, buffer_length, buffer)?;
        put_reply(call(connection, &Request::Put(put))?, descriptor, options).map(drop)
    });
}

/// Puts a message to a queue that is not open.
#[unsafe(no_mangle)]
pub extern "C" fn MQPUT1(
    connection: i32,
    object: *mut c_void,
    descriptor: *mut c_void,
    options: *mut c_void,
    buffer_length: i32,
    buffer: *const c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        connection::check(connection)?;
        let object = Od::open(object)?;
        let (descriptor, options) = (Md::open(descriptor)?, Pmo::open(options)?);
        let put = put_request(connection, 0, descriptor, options, buffer_length, buffer)?;
        let reply = call(connection, &Request::Put1(object.read(mq::MQOO_OUTPUT)?, put))?;
        let outcome = put_reply(reply, descriptor, options)?;
        if let Outcome::Put(_, resolved) = &outcome {
            object.write_resolved(resolved);
        }
        Ok(())
    });
}

/// Gets or browses a message.
#[unsafe(no_mangle)]
pub extern "C" fn MQGET(
    connection: i32,
    handle: i32,
    descriptor: *mut c_void,
    options: *mut c_void,
    buffer_length: i32,
    buffer: *mut c_void,
    data_length: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        memory::put(data_length, 0);
        connection::check(connection)?;
        let (descriptor, options) = (Md::open(descriptor)?, Gmo::open(options)?);
        let room = length(buffer_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
        if buffer.is_null() && room > 0 {
            return Err(Codes::failed(mq::MQRC_BUFFER_ERROR));
        }
        let message_handle = property_handle(connection, options)?;
        let request = Request::Get(devqm::verbs::Get {
            handle,
            options: options.options(),
            match_options: options.match_options(),
            wait_interval_ms: options.wait_interval_ms(),
            buffer_bytes: u32::try_from(room).unwrap_or(u32::MAX),
            descriptor: descriptor.read(),
            token: options.token(),
            with_properties: message_handle.is_some(),
        });
        let reply = succeeded(call(connection, &request)?)?;
        let codes = Codes::of(&reply);
        if let Outcome::Got(got) = reply.outcome {
            let returned = i32::try_from(got.body.len()).unwrap_or(i32::MAX);
            let Got { descriptor: got_descriptor, properties, body, data_bytes, token, resolved_queue } =
                *got;
            descriptor.write(&got_descriptor);
            options.write(&resolved_queue, token, returned);
            memory::put(data_length, i32::try_from(data_bytes).unwrap_or(i32::MAX));
            memory::fill(buffer.cast::<u8>(), room, &body);
            if let Some(message) = message_handle {
                properties::replace(connection, message, properties)?;
            }
        }
        ended(codes)
    });
}

/// The handle that takes the properties: where they are asked for in one, or where the queue's default leaves it open and
/// one is given. Without a handle they are dropped, as PROPCTL(COMPAT) does with properties that are not JMS's.
fn property_handle(connection: i32, options: Gmo) -> Result<Option<i64>, Codes> {
    let forms =
        mq::MQGMO_PROPERTIES_FORCE_MQRFH2 | mq::MQGMO_NO_PROPERTIES | mq::MQGMO_PROPERTIES_COMPATIBILITY;
    let asked = options.options();
    let message = options.message_handle();
    if asked & mq::MQGMO_PROPERTIES_IN_HANDLE != 0 {
        properties::all(connection, message)?;
        return Ok(Some(message));
    }
    if message == 0 || asked & forms != 0 {
        return Ok(None);
    }
    properties::all(connection, message).map(|_| Some(message))
}

/// Commits the unit of work.
#[unsafe(no_mangle)]
pub extern "C" fn MQCMIT(connection: i32, completion: *mut i32, reason: *mut i32) {
    boundary(completion, reason, || ended(Codes::of(&call(connection, &Request::Commit)?)));
}

/// Backs the unit of work out.
#[unsafe(no_mangle)]
pub extern "C" fn MQBACK(connection: i32, completion: *mut i32, reason: *mut i32) {
    boundary(completion, reason, || ended(Codes::of(&call(connection, &Request::BackOut)?)));
}

/// Inquires attributes of an object.
#[unsafe(no_mangle)]
pub extern "C" fn MQINQ(
    connection: i32,
    handle: i32,
    selector_count: i32,
    selectors: *const i32,
    integer_count: i32,
    integers: *mut i32,
    character_length: i32,
    characters: *mut i8,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        connection::check(connection)?;
        if !(0..=SELECTORS_MAX).contains(&selector_count) {
            return Err(Codes::failed(mq::MQRC_SELECTOR_COUNT_ERROR));
        }
        let count = length(selector_count, mq::MQRC_SELECTOR_COUNT_ERROR)?;
        let selectors = memory::copy(selectors, count).ok_or(Codes::failed(mq::MQRC_SELECTOR_ERROR))?;
        let integer_room = length(integer_count, mq::MQRC_INT_ATTR_COUNT_ERROR)?;
        let character_room = length(character_length, mq::MQRC_CHAR_ATTR_LENGTH_ERROR)?;
        let reply = succeeded(call(connection, &Request::Inquire(handle, selectors))?)?;
        let codes = Codes::of(&reply);
        let Outcome::Inquired { integers: found, characters: text } = reply.outcome else {
            return ended(codes);
        };
        memory::fill(integers, integer_room, &found);
        memory::fill(characters.cast::<u8>(), character_room, &text);
        if found.len() > integer_room {
            return Err(Codes::warning(mq::MQRC_INT_ATTR_COUNT_TOO_SMALL));
        }
        if text.len() > character_room {
            return Err(Codes::warning(mq::MQRC_CHAR_ATTRS_TOO_SHORT));
        }
        ended(codes)
    });
}

/// A connection whose handles may be used: one of ours, or none at all.
fn check_owner(connection: i32) -> Result<(), Codes> {
    if connection == mq::MQHC_UNASSOCIATED_HCONN { Ok(()) } else { connection::check(connection) }
}

/// Creates a message handle.
#[unsafe(no_mangle)]
pub extern "C" fn MQCRTMH(
    connection: i32,
    options: *mut c_void,
    handle: *mut i64,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        memory::put(handle, mq::MQHM_UNUSABLE_HMSG);
        check_owner(connection)?;
        structures::check_create(options)?;
        memory::put(handle, properties::create(connection));
        Ok(())
    });
}

/// Deletes a message handle.
#[unsafe(no_mangle)]
pub extern "C" fn MQDLTMH(
    connection: i32,
    handle: *mut i64,
    options: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        check_owner(connection)?;
        structures::check_delete(options)?;
        let message = memory::get(handle).ok_or(Codes::failed(mq::MQRC_HMSG_ERROR))?;
        properties::delete(connection, message)?;
        memory::put(handle, mq::MQHM_UNUSABLE_HMSG);
        Ok(())
    });
}

/// Sets a property of a message handle.
#[unsafe(no_mangle)]
pub extern "C" fn MQSETMP(
    connection: i32,
    handle: i64,
    options: *mut c_void,
    name: *mut c_void,
    description: *mut c_void,
    kind: i32,
    value_length: i32,
    value: *const c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        check_owner(connection)?;
        let (asked, encoding) = structures::set_property_options(options)?;
        if asked & !mq::MQSMPO_APPEND_PROPERTY != mq::MQSMPO_SET_FIRST {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        let (name, description) = (properties::name(name)?, Pd::open(description)?.read());
        let stated_length = length(value_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
        let value =
            memory::copy(value.cast::<u8>(), stated_length).ok_or(Codes::failed(mq::MQRC_BUFFER_ERROR))?;
        properties::set(connection, handle, &name, description, kind, encoding, &value)
    });
}

/// Inquires a property of a message handle.
#[unsafe(no_mangle)]
pub extern "C" fn MQINQMP(
    connection: i32,
    handle: i64,
    options: *mut c_void,
    name: *mut c_void,
    description: *mut c_void,
    kind: *mut i32,
    value_length: i32,
    value: *mut c_void,
    data_length: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        memory::put(data_length, 0);
        check_owner(connection)?;
        let options = Impo::open(options)?;
        let (name, description) = (properties::name(name)?, Pd::open(description)?);
        let length = length(value_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
        let room = Room { kind, length: if value.is_null() { 0 } else { length }, value, data_length };
        properties::inquire(connection, handle, options, &name, description, &room)
    });
}

/// Deletes a property of a message handle.
#[unsafe(no_mangle)]
pub extern "C" fn MQDLTMP(
    connection: i32,
    handle: i64,
    options: *mut c_void,
    name: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    boundary(completion, reason, || {
        check_owner(connection)?;
        let options = structures::delete_property_options(options)?;
        properties::remove(connection, handle, options, &properties::name(name)?)
    });
}

/// Entry points that exist so that programs load; each answers `MQRC_FUNCTION_NOT_SUPPORTED` (2298).
macro_rules! not_supported {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*);)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: $type,)* completion: *mut i32, reason: *mut i32) {
            boundary(completion, reason, || Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED)));
        }
    )*};
}

not_supported! {
    /// Begins a unit of work that a coordinator ends; not supported.
    MQBEGIN(_connection: i32, _options: *mut c_void);
    /// Sets attributes of an object; not supported.
    MQSET(
        _connection: i32, _handle: i32, _selector_count: i32, _selectors: *const i32, _integer_count: i32,
        _integers: *const i32, _character_length: i32, _characters: *const i8
    );
    /// Returns the status of asynchronous calls; not supported.
    MQSTAT(_connection: i32, _kind: i32, _status: *mut c_void);
    /// Registers a callback; not supported.
    MQCB(
        _connection: i32, _operation: i32, _callback: *mut c_void, _handle: i32, _descriptor: *mut c_void,
        _options: *mut c_void
    );
    /// Starts and stops callbacks; not supported.
    MQCTL(_connection: i32, _operation: i32, _options: *mut c_void);
    /// Subscribes; not supported.
    MQSUB(_connection: i32, _subscription: *mut c_void, _object: *mut i32, _handle: *mut i32);
    /// Acts on a subscription; not supported.
    MQSUBRQ(_connection: i32, _handle: i32, _action: i32, _options: *mut c_void);
    /// Converts a buffer to a message handle; not supported.
    MQBUFMH(
        _connection: i32, _handle: i64, _options: *mut c_void, _descriptor: *mut c_void, _buffer_length: i32,
        _buffer: *mut c_void, _data_length: *mut i32
    );
    /// Converts a message handle to a buffer; not supported.
    MQMHBUF(
        _connection: i32, _handle: i64, _options: *mut c_void, _name: *mut c_void, _descriptor: *mut c_void,
        _buffer_length: i32, _buffer: *mut c_void, _data_length: *mut i32
    );
    /// Converts characters; not supported.
    MQXCNVC(
        _connection: i32, _options: i32, _source_ccsid: i32, _source_length: i32, _source: *const i8,
        _target_ccsid: i32, _target_length: i32, _target: *mut i8, _data_length: *mut i32
    );
}

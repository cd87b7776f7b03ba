//! The 26 entry points of the MQI.
//!
//! Each takes what `cmqc.h` declares, as raw pointers, writes what it returns in case of failure, and hands the rest to its
//! verb through [`boundary`].
//!
//! # Safety
//!
//! One contract for all, which the MQI makes with every C program: pointers are NULL, or to values of the types that
//! `cmqc.h` declares for the parameter, whole at least to the length of the version that a structure states; buffers have
//! the lengths stated beside them; nothing else uses them during the call.

#![expect(clippy::missing_safety_doc, reason = "the contract above is that of every function here")]

use std::ffi::{c_char, c_void};
use std::ptr;

use devqm::verbs::Request;
use libmqm_sys as mq;

use crate::boundary::{Codes, boundary, completed};
use crate::consuming::{self, Given};
use crate::conversion::{self, Characters};
use crate::memory::Caller;
use crate::messages::{self, Incoming, Outgoing};
use crate::objects::{self, Attributes};
use crate::properties::{self, Buffer, Inquiry, Setting};
use crate::structures::Cno;
use crate::{connection, handles, status, subscriptions};

/// Connects to a queue manager.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCONN(
    name: *const c_char,
    handle: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    // SAFETY: as this function; MQCONNX takes NULL for no options.
    unsafe { MQCONNX(name, ptr::null_mut(), handle, completion, reason) };
}

/// Connects to a queue manager, with options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCONNX(
    name: *const c_char,
    options: *mut c_void,
    handle: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| {
        caller.put(handle, mq::MQHC_UNUSABLE_HCONN);
        connection::connect(caller, name, Cno::open(caller, options)?, handle)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Disconnects. Commits an open unit of work.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQDISC(handle: *mut i32, completion: *mut i32, reason: *mut i32) {
    let verb = |caller: Caller| connection::disconnect(caller, handle);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Opens an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQOPEN(
    connection: i32,
    object: *mut c_void,
    options: i32,
    handle: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| {
        caller.put(handle, mq::MQHO_UNUSABLE_HOBJ);
        objects::open(caller, connection, object, options, handle)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Closes an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCLOSE(
    connection: i32,
    handle: *mut i32,
    options: i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| objects::close(caller, connection, handle, options);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Puts a message to an open queue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQPUT(
    connection: i32,
    handle: i32,
    descriptor: *mut c_void,
    options: *mut c_void,
    buffer_length: i32,
    buffer: *const c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let message = Outgoing { descriptor, options, buffer_length, buffer };
    let verb = |caller: Caller| messages::put(caller, connection, handle, message);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Puts a message to a queue that is not open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQPUT1(
    connection: i32,
    object: *mut c_void,
    descriptor: *mut c_void,
    options: *mut c_void,
    buffer_length: i32,
    buffer: *const c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let message = Outgoing { descriptor, options, buffer_length, buffer };
    let verb = |caller: Caller| messages::put1(caller, connection, object, message);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Gets or browses a message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQGET(
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
    let into = Incoming { descriptor, options, buffer_length, buffer, data_length };
    let verb = |caller: Caller| {
        caller.put(data_length, 0);
        messages::get(caller, connection, handle, into)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Commits the unit of work.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCMIT(connection: i32, completion: *mut i32, reason: *mut i32) {
    let verb =
        |_: Caller| completed(handles::find(connection)?.call(&Request::Commit)?).map(|(_, codes)| codes);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Backs the unit of work out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQBACK(connection: i32, completion: *mut i32, reason: *mut i32) {
    let verb =
        |_: Caller| completed(handles::find(connection)?.call(&Request::BackOut)?).map(|(_, codes)| codes);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Inquires attributes of an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQINQ(
    connection: i32,
    handle: i32,
    selector_count: i32,
    selectors: *const i32,
    integer_count: i32,
    integers: *mut i32,
    character_length: i32,
    characters: *mut c_char,
    completion: *mut i32,
    reason: *mut i32,
) {
    let into = Attributes { integer_count, integers, character_length, characters };
    let verb = |caller: Caller| objects::inquire(caller, connection, handle, selector_count, selectors, into);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Creates a message handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCRTMH(
    connection: i32,
    options: *mut c_void,
    handle: *mut i64,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| {
        caller.put(handle, mq::MQHM_UNUSABLE_HMSG);
        properties::create(caller, connection, options, handle)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Deletes a message handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQDLTMH(
    connection: i32,
    handle: *mut i64,
    options: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| properties::delete(caller, connection, handle, options);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Sets a property of a message handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQSETMP(
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
    let setting = Setting { options, name, description, kind, value_length, value };
    let verb = |caller: Caller| properties::set(caller, connection, handle, setting);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Inquires a property of a message handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQINQMP(
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
    let into = Inquiry { options, name, description, kind, value_length, value, data_length };
    let verb = |caller: Caller| {
        caller.put(data_length, 0);
        properties::inquire(caller, connection, handle, into)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Deletes a property of a message handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQDLTMP(
    connection: i32,
    handle: i64,
    options: *mut c_void,
    name: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| properties::remove(caller, connection, handle, options, name);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Registers, deregisters, suspends or resumes a callback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCB(
    connection: i32,
    operation: i32,
    callback: *mut c_void,
    handle: i32,
    descriptor: *mut c_void,
    options: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let given = Given { callback, descriptor, options };
    let verb = |caller: Caller| consuming::callback(caller, connection, operation, handle, given);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Starts, stops, suspends or resumes the calling of callbacks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQCTL(
    connection: i32,
    operation: i32,
    options: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| consuming::control(caller, connection, operation, options);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Moves the properties of an MQRFH2 in a buffer into a message handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQBUFMH(
    connection: i32,
    handle: i64,
    options: *mut c_void,
    descriptor: *mut c_void,
    buffer_length: i32,
    buffer: *mut c_void,
    data_length: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let buffer = Buffer { options, descriptor, length: buffer_length, at: buffer, data_length };
    let verb = |caller: Caller| {
        caller.put(data_length, 0);
        properties::from_buffer(caller, connection, handle, buffer)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Writes the properties of a message handle as an MQRFH2 into a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQMHBUF(
    connection: i32,
    handle: i64,
    options: *mut c_void,
    name: *mut c_void,
    descriptor: *mut c_void,
    buffer_length: i32,
    buffer: *mut c_void,
    data_length: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let buffer = Buffer { options, descriptor, length: buffer_length, at: buffer, data_length };
    let verb = |caller: Caller| {
        caller.put(data_length, 0);
        properties::to_buffer(caller, connection, handle, name, buffer)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Begins a unit of work that a coordinator ends. A client has no coordinator: `MQRC_ENVIRONMENT_ERROR` (2012).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQBEGIN(
    connection: i32,
    _options: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |_: Caller| {
        handles::find(connection)?;
        Err(Codes::failed(mq::MQRC_ENVIRONMENT_ERROR))
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Sets attributes of a queue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQSET(
    connection: i32,
    handle: i32,
    selector_count: i32,
    selectors: *const i32,
    integer_count: i32,
    integers: *const i32,
    character_length: i32,
    characters: *const c_char,
    completion: *mut i32,
    reason: *mut i32,
) {
    let given = Attributes {
        integer_count,
        integers: integers.cast_mut(),
        character_length,
        characters: characters.cast_mut(),
    };
    let verb = |caller: Caller| objects::set(caller, connection, handle, selector_count, selectors, given);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Returns what became of asynchronous puts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQSTAT(
    connection: i32,
    kind: i32,
    status: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| status::report(caller, connection, kind, status);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Subscribes to a topic.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQSUB(
    connection: i32,
    description: *mut c_void,
    queue: *mut i32,
    subscription: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| {
        caller.put(subscription, mq::MQHO_UNUSABLE_HOBJ);
        subscriptions::subscribe(caller, connection, description, queue, subscription)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Asks for what is retained for a subscription.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQSUBRQ(
    connection: i32,
    subscription: i32,
    action: i32,
    options: *mut c_void,
    completion: *mut i32,
    reason: *mut i32,
) {
    let verb = |caller: Caller| subscriptions::request(caller, connection, subscription, action, options);
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

/// Converts characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MQXCNVC(
    connection: i32,
    options: i32,
    source_ccsid: i32,
    source_length: i32,
    source: *const c_char,
    target_ccsid: i32,
    target_length: i32,
    target: *mut c_char,
    data_length: *mut i32,
    completion: *mut i32,
    reason: *mut i32,
) {
    let source = Characters { ccsid: source_ccsid, length: source_length, at: source };
    let target = Characters { ccsid: target_ccsid, length: target_length, at: target };
    let verb = |caller: Caller| {
        caller.put(data_length, 0);
        conversion::convert(caller, connection, options, source, target, data_length)
    };
    // SAFETY: this module's contract.
    unsafe { boundary(completion, reason, verb) };
}

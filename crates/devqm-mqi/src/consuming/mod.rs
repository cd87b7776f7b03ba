//! MQCB and MQCTL: callbacks that take messages, and who may call them when.
//!
//! Each connection that was started has a thread of its own that gets for all its consumers at once and calls them. While
//! callbacks may be called, no other thread may use the connection but to stop or suspend it, or to disconnect.

use std::ffi::c_void;
use std::sync::Arc;

use libmqm_sys as mq;

use crate::boundary::{Codes, Ended};
use crate::handles::{self, Connection};
use crate::memory::Caller;
use crate::structures::{Cbd, Ctlo, Gmo, Md};

mod consumer;
mod state;
mod dispatcher;

use consumer::{Callee, Consumer};
pub(crate) use state::Consumption;
use state::Phase;

const OPERATIONS: i32 = mq::MQOP_REGISTER | mq::MQOP_DEREGISTER | mq::MQOP_SUSPEND | mq::MQOP_RESUME;

const CALLBACK_OPTIONS: i32 = mq::MQCBDO_START_CALL
    | mq::MQCBDO_STOP_CALL
    | mq::MQCBDO_REGISTER_CALL
    | mq::MQCBDO_DEREGISTER_CALL
    | mq::MQCBDO_FAIL_IF_QUIESCING
    | mq::MQCBDO_EVENT_CALL
    | mq::MQCBDO_MC_EVENT_CALL;

/// Ways to get that make no sense for a consumer, which is given one message after another.
const WAYS_REFUSED: i32 = mq::MQGMO_MSG_UNDER_CURSOR
    | mq::MQGMO_BROWSE_FIRST
    | mq::MQGMO_BROWSE_MSG_UNDER_CURSOR
    | mq::MQGMO_LOCK
    | mq::MQGMO_UNLOCK
    | mq::MQGMO_SET_SIGNAL;

/// What MQCB is given besides numbers; each may be NULL where the operation does not need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    pub(crate) callback: *mut c_void,
    pub(crate) descriptor: *mut c_void,
    pub(crate) options: *mut c_void,
}

/// MQCB.
pub(crate) fn callback(caller: Caller, number: i32, operation: i32, handle: i32, given: Given) -> Ended {
    let connection = handles::find(number)?;
    if operation == mq::MQOP_REGISTER {
        return register(caller, number, &connection, handle, given);
    }
    if (operation & OPERATIONS).count_ones() != 1 || operation & !OPERATIONS != 0 {
        return Err(Codes::failed(mq::MQRC_OPERATION_ERROR));
    }
    let is_handler = match given.callback.is_null() {
        true => false,
        false => Cbd::open(caller, given.callback)?.kind() == mq::MQCBT_EVENT_HANDLER,
    };
    let place = if is_handler { None } else { Some(handle) };
    let absent = Codes::failed(mq::MQRC_CALLBACK_NOT_REGISTERED);
    if operation == mq::MQOP_DEREGISTER {
        let gone = connection.consumption.remove(place).ok_or(absent)?;
        if gone.asks(mq::MQCBDO_DEREGISTER_CALL) {
            gone.call(number, mq::MQCBCT_DEREGISTER_CALL, connection.consumption.area());
        }
        return Ok(Codes::OK);
    }
    let pauses = operation == mq::MQOP_SUSPEND;
    if connection.consumption.pause(place, pauses) { Ok(Codes::OK) } else { Err(absent) }
}

fn register(caller: Caller, number: i32, connection: &Arc<Connection>, handle: i32, given: Given) -> Ended {
    let callback = Cbd::open(caller, given.callback)?;
    if callback.options() & !CALLBACK_OPTIONS != 0 {
        return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
    }
    let callee = Callee::new(callback.function()?, callback.area(), callback.options());
    let consumer = match callback.kind() {
        mq::MQCBT_EVENT_HANDLER => Consumer::handler(callee),
        mq::MQCBT_MESSAGE_CONSUMER => {
            check_opened(connection, handle)?;
            let bytes_max = callback.message_bytes_max()?;
            let (descriptor, options) =
                (Md::open(caller, given.descriptor)?, Gmo::open(caller, given.options)?);
            if options.options() & WAYS_REFUSED != 0 {
                return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
            }
            Consumer::new(handle, callee, descriptor, options, bytes_max)
        }
        _ => return Err(Codes::failed(mq::MQRC_CALLBACK_TYPE_ERROR)),
    };
    let consumer = Arc::new(consumer);
    if consumer.asks(mq::MQCBDO_REGISTER_CALL) {
        consumer.call(number, mq::MQCBCT_REGISTER_CALL, connection.consumption.area());
    }
    connection.consumption.add(consumer);
    Ok(Codes::OK)
}

fn check_opened(connection: &Connection, handle: i32) -> Result<(), Codes> {
    const GETTING: i32 = mq::MQOO_INPUT_AS_Q_DEF | mq::MQOO_INPUT_SHARED | mq::MQOO_INPUT_EXCLUSIVE;
    match connection.opened(handle).map(|open| open.options) {
        None => Err(Codes::failed(mq::MQRC_HOBJ_ERROR)),
        Some(options) if options & (GETTING | mq::MQOO_BROWSE) == 0 => {
            Err(Codes::failed(mq::MQRC_NOT_OPEN_FOR_INPUT))
        }
        Some(_) => Ok(()),
    }
}

/// MQCTL.
pub(crate) fn control(caller: Caller, number: i32, operation: i32, options: *mut c_void) -> Ended {
    let connection = handles::find_for_control(number)?;
    let options = Ctlo::open(caller, options)?;
    if options.options() & !(mq::MQCTLO_THREAD_AFFINITY | mq::MQCTLO_FAIL_IF_QUIESCING) != 0 {
        return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
    }
    match operation {
        mq::MQOP_START | mq::MQOP_START_WAIT => {
            start(number, &connection, options, operation == mq::MQOP_START_WAIT)
        }
        mq::MQOP_STOP => connection.consumption.change(Phase::Stopped),
        mq::MQOP_SUSPEND => connection.consumption.change(Phase::Suspended),
        mq::MQOP_RESUME => connection.consumption.change(Phase::Started),
        _ => Err(Codes::failed(mq::MQRC_OPERATION_ERROR)),
    }
}

fn start(number: i32, connection: &Arc<Connection>, options: Ctlo, waits: bool) -> Ended {
    if connection.has_unit() {
        return Err(Codes::failed(mq::MQRC_ASYNC_UOW_CONFLICT));
    }
    let area = options.area();
    if !waits {
        return connection.consumption.start(area, || {
            let connection = connection.clone();
            let named = std::thread::Builder::new().name("callbacks".to_owned());
            let thread = named.spawn(move || dispatcher::dispatch(number, &connection, false));
            thread.map(|thread| thread.thread().id()).map_err(|_| Codes::failed(mq::MQRC_RESOURCE_PROBLEM))
        });
    }
    connection.consumption.start(area, || Ok(std::thread::current().id()))?;
    match dispatcher::dispatch(number, connection, true) {
        true => Ok(Codes::OK),
        false => Err(Codes::failed(mq::MQRC_NO_CALLBACKS_ACTIVE)),
    }
}

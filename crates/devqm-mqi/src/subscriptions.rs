//! MQSUB and MQSUBRQ.

use std::ffi::c_void;

use devqm::verbs::{Open, Outcome, Request};
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended, UNEXPECTED, completed};
use crate::handles;
use crate::memory::Caller;
use crate::structures::{Sd, Sro};

/// MQSUB. With `MQSO_MANAGED` the queue's handle is returned, else it is the caller's.
pub(crate) fn subscribe(
    caller: Caller,
    connection: i32,
    description: *mut c_void,
    queue: *mut i32,
    subscription: *mut i32,
) -> Ended {
    let connection = handles::find(connection)?;
    let description = Sd::open(caller, description)?;
    if subscription.is_null() || queue.is_null() {
        return Err(Codes::failed(mq::MQRC_HOBJ_ERROR));
    }
    let mut asked = description.read()?;
    let is_managed = asked.options & mq::MQSO_MANAGED != 0;
    if !is_managed {
        let given = caller.get(queue).ok_or(Codes::failed(mq::MQRC_HOBJ_ERROR))?;
        asked.queue = connection.object(given);
    }
    let topic = asked.object_string.clone();
    let (outcome, codes) = completed(connection.call(&Request::Subscribe(asked))?)?;
    let Outcome::Subscribed(subscribed) = outcome else {
        return Err(UNEXPECTED);
    };
    description.write(&subscribed);
    if is_managed {
        let handle = connection.object(subscribed.queue_handle);
        let options = mq::MQOO_INPUT_SHARED | mq::MQOO_BROWSE;
        connection.note_opened(handle, Some(Open { object_string: topic, options, ..Open::default() }));
        caller.put(queue, handle);
    }
    caller.put(subscription, connection.object(subscribed.handle));
    Ok(codes)
}

/// MQSUBRQ.
pub(crate) fn request(
    caller: Caller,
    connection: i32,
    subscription: i32,
    action: i32,
    options: *mut c_void,
) -> Ended {
    let connection = handles::find(connection)?;
    let options = Sro::open(caller, options)?;
    if options.options() & !mq::MQSRO_FAIL_IF_QUIESCING != 0 {
        return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
    }
    let request = Request::RequestPublications(connection.object(subscription), action);
    let (outcome, codes) = completed(connection.call(&request)?)?;
    let Outcome::Sent(sent) = outcome else {
        return Err(UNEXPECTED);
    };
    options.write(sent);
    Ok(codes)
}

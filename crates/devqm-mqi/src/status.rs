//! Puts with asynchronous response: their failures are kept until MQSTAT asks.
//!
//! Here every put is answered before it returns; what a program notices is the same: the put has said that all is well.
//! Source: IBM documentation, "Putting messages asynchronously" and "MQSTAT".

use std::ffi::c_void;
use std::mem::offset_of;
use std::sync::{Mutex, PoisonError};

use devqm::verbs::{Open, Reply};
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended};
use crate::handles;
use crate::memory::Caller;
use crate::structures::Sts;

/// What became of the asynchronous puts of a connection since MQSTAT was called last.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    succeeded: i32,
    warned: i32,
    failed: i32,
    /// The codes of the first put that did not succeed, and the object it was for.
    first: Option<(i32, i32, Open)>,
}

/// Failures that are told at once: the program has named nothing that could be put to.
const TOLD_AT_ONCE: [i32; 5] = [
    mq::MQRC_HOBJ_ERROR,
    mq::MQRC_HCONN_ERROR,
    mq::MQRC_NOT_OPEN_FOR_OUTPUT,
    mq::MQRC_OPTIONS_ERROR,
    mq::MQRC_UNKNOWN_OBJECT_NAME,
];

impl Status {
    /// Takes the reply to an asynchronous put. True where the failure is kept for MQSTAT, and the put is to say that all
    /// is well.
    pub(crate) fn keeps(&self, reply: &Reply, object: impl FnOnce() -> Open) -> bool {
        if TOLD_AT_ONCE.contains(&reply.reason) {
            return false;
        }
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match reply.completion {
            mq::MQCC_OK => counted.succeeded += 1,
            mq::MQCC_WARNING => counted.warned += 1,
            _ => counted.failed += 1,
        }
        if reply.completion != mq::MQCC_OK && counted.first.is_none() {
            counted.first = Some((reply.completion, reply.reason, object()));
        }
        reply.completion == mq::MQCC_FAILED
    }
}

/// MQSTAT.
pub(crate) fn report(caller: Caller, connection: i32, kind: i32, pointer: *mut c_void) -> Ended {
    let connection = handles::find(connection)?;
    let status = Sts::open(caller, pointer)?;
    match kind {
        mq::MQSTAT_TYPE_ASYNC_ERROR => {}
        // Nothing is ever reconnected here, so there is nothing to tell.
        mq::MQSTAT_TYPE_RECONNECTION | mq::MQSTAT_TYPE_RECONNECTION_ERROR => {
            status.write([mq::MQCC_OK, mq::MQRC_NONE], [0; 3], &Open::default());
            return Ok(Codes::OK);
        }
        _ => return Err(Codes::failed(mq::MQRC_STAT_TYPE_ERROR)),
    }
    let counted = std::mem::take(&mut *connection.status.0.lock().unwrap_or_else(PoisonError::into_inner));
    let (completion, reason, object) = counted.first.unwrap_or((mq::MQCC_OK, mq::MQRC_NONE, Open::default()));
    status.write([completion, reason], [counted.succeeded, counted.warned, counted.failed], &object);
    Ok(Codes::OK)
}

impl Sts {
    fn write(self, codes: [i32; 2], counts: [i32; 3], object: &Open) {
        let it = self.structure();
        let fields = [
            offset_of!(mq::MQSTS, CompCode),
            offset_of!(mq::MQSTS, Reason),
            offset_of!(mq::MQSTS, PutSuccessCount),
            offset_of!(mq::MQSTS, PutWarningCount),
            offset_of!(mq::MQSTS, PutFailureCount),
        ];
        for (field, value) in fields.into_iter().zip(codes.into_iter().chain(counts)) {
            it.set_long(field, value);
        }
        it.set_long(offset_of!(mq::MQSTS, ObjectType), object.object_type.max(mq::MQOT_Q));
        for name in [offset_of!(mq::MQSTS, ObjectName), offset_of!(mq::MQSTS, ResolvedObjectName)] {
            it.set_text::<48>(name, &object.object_name);
        }
        for name in [offset_of!(mq::MQSTS, ObjectQMgrName), offset_of!(mq::MQSTS, ResolvedQMgrName)] {
            it.set_text::<48>(name, &object.queue_manager);
        }
        it.set_long(offset_of!(mq::MQSTS, OpenOptions), object.options);
        it.set_long(offset_of!(mq::MQSTS, SubOptions), 0);
    }
}

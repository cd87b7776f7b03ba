//! The entry points of the MQAI that programs look for when they load. There are no bags here: each answers
//! `MQRC_FUNCTION_NOT_SUPPORTED` (2298).
//!
//! # Safety
//! The contract of `exports`: of what these are passed, the two codes are written and nothing else is touched.

#![expect(clippy::missing_safety_doc, reason = "the contract above is that of every function here")]

use std::ffi::c_void;

use libmqm_sys as mq;

use crate::boundary::{Codes, boundary};

/// A pointer that is not looked at.
type Any = *const c_void;

macro_rules! not_supported {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*);)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type,)* completion: *mut i32, reason: *mut i32) {
            // SAFETY: this module's contract.
            unsafe { boundary(completion, reason, |_| Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED))) };
        }
    )*};
}

not_supported! {
    /// Creates a bag; not supported.
    mqCreateBag(_options: i32, _bag: Any);
    /// Deletes a bag; not supported.
    mqDeleteBag(_bag: Any);
    /// Adds bytes; not supported.
    mqAddByteString(_bag: i32, _selector: i32, _length: i32, _bytes: Any);
    /// Adds an inquiry; not supported.
    mqAddInquiry(_bag: i32, _selector: i32);
    /// Adds an integer; not supported.
    mqAddInteger(_bag: i32, _selector: i32, _value: i32);
    /// Adds an integer filter; not supported.
    mqAddIntegerFilter(_bag: i32, _selector: i32, _value: i32, _operator: i32);
    /// Adds a string; not supported.
    mqAddString(_bag: i32, _selector: i32, _length: i32, _text: Any);
    /// Adds a string filter; not supported.
    mqAddStringFilter(_bag: i32, _selector: i32, _length: i32, _text: Any, _operator: i32);
    /// Counts items; not supported.
    mqCountItems(_bag: i32, _selector: i32, _count: Any);
    /// Sends a command and takes its answers; not supported.
    mqExecute(
        _connection: i32, _command: i32, _options: i32, _command_bag: i32, _response_bag: i32, _command_queue: i32,
        _response_queue: i32
    );
    /// Inquires a bag; not supported.
    mqInquireBag(_bag: i32, _selector: i32, _index: i32, _value: Any);
    /// Inquires bytes; not supported.
    mqInquireByteString(_bag: i32, _selector: i32, _index: i32, _room: i32, _bytes: Any, _length: Any);
    /// Inquires an integer; not supported.
    mqInquireInteger(_bag: i32, _selector: i32, _index: i32, _value: Any);
    /// Inquires an item; not supported.
    mqInquireItemInfo(_bag: i32, _selector: i32, _index: i32, _found: Any, _kind: Any);
    /// Inquires a string; not supported.
    mqInquireString(_bag: i32, _selector: i32, _index: i32, _room: i32, _text: Any, _length: Any, _ccsid: Any);
}

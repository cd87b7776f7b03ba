//! The MQI as `cmqc.h` declares it, with pointers to anything where it has pointers to structures.
//!
//! The functions are declared safe because each test passes them what their contract asks for: NULL, or memory of its own
//! that is as long as it says.

use std::ffi::{c_char, c_void};

// The functions are in this library.
use mqm_r as _;

type Long = *mut i32;
type Any = *mut c_void;

unsafe extern "C" {
    pub(crate) safe fn MQCONN(name: *const c_char, connection: Long, cc: Long, rc: Long);
    pub(crate) safe fn MQCONNX(name: *const c_char, cno: Any, connection: Long, cc: Long, rc: Long);
    pub(crate) safe fn MQDISC(connection: Long, cc: Long, rc: Long);
    pub(crate) safe fn MQOPEN(connection: i32, od: Any, options: i32, object: Long, cc: Long, rc: Long);
    pub(crate) safe fn MQCLOSE(connection: i32, object: Long, options: i32, cc: Long, rc: Long);
    pub(crate) safe fn MQPUT(
        connection: i32,
        object: i32,
        md: Any,
        pmo: Any,
        length: i32,
        buffer: *const c_void,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQPUT1(
        connection: i32,
        od: Any,
        md: Any,
        pmo: Any,
        length: i32,
        buffer: *const c_void,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQGET(
        connection: i32,
        object: i32,
        md: Any,
        gmo: Any,
        length: i32,
        buffer: Any,
        data_length: Long,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQCMIT(connection: i32, cc: Long, rc: Long);
    pub(crate) safe fn MQBACK(connection: i32, cc: Long, rc: Long);
    pub(crate) safe fn MQINQ(
        connection: i32,
        object: i32,
        selector_count: i32,
        selectors: *const i32,
        integer_count: i32,
        integers: Long,
        character_length: i32,
        characters: *mut c_char,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQCRTMH(connection: i32, cmho: Any, message: *mut i64, cc: Long, rc: Long);
    pub(crate) safe fn MQDLTMH(connection: i32, message: *mut i64, dmho: Any, cc: Long, rc: Long);
    pub(crate) safe fn MQSETMP(
        connection: i32,
        message: i64,
        smpo: Any,
        name: Any,
        pd: Any,
        kind: i32,
        length: i32,
        value: *const c_void,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQINQMP(
        connection: i32,
        message: i64,
        impo: Any,
        name: Any,
        pd: Any,
        kind: Long,
        length: i32,
        value: Any,
        data_length: Long,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQDLTMP(connection: i32, message: i64, dmpo: Any, name: Any, cc: Long, rc: Long);
    pub(crate) safe fn MQBEGIN(connection: i32, bo: Any, cc: Long, rc: Long);
    pub(crate) safe fn MQSET(
        connection: i32,
        object: i32,
        selector_count: i32,
        selectors: *const i32,
        integer_count: i32,
        integers: *const i32,
        character_length: i32,
        characters: *const c_char,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQSTAT(connection: i32, kind: i32, sts: Any, cc: Long, rc: Long);
    pub(crate) safe fn MQCB(
        connection: i32,
        operation: i32,
        cbd: Any,
        object: i32,
        md: Any,
        gmo: Any,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQCTL(connection: i32, operation: i32, ctlo: Any, cc: Long, rc: Long);
    pub(crate) safe fn MQSUB(connection: i32, sd: Any, object: Long, subscription: Long, cc: Long, rc: Long);
    pub(crate) safe fn MQSUBRQ(connection: i32, subscription: i32, action: i32, sro: Any, cc: Long, rc: Long);
    pub(crate) safe fn MQBUFMH(
        connection: i32,
        message: i64,
        bmho: Any,
        md: Any,
        length: i32,
        buffer: Any,
        data_length: Long,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQMHBUF(
        connection: i32,
        message: i64,
        mhbo: Any,
        name: Any,
        md: Any,
        length: i32,
        buffer: Any,
        data_length: Long,
        cc: Long,
        rc: Long,
    );
    pub(crate) safe fn MQXCNVC(
        connection: i32,
        options: i32,
        source_ccsid: i32,
        source_length: i32,
        source: *const c_char,
        target_ccsid: i32,
        target_length: i32,
        target: *mut c_char,
        data_length: Long,
        cc: Long,
        rc: Long,
    );
}

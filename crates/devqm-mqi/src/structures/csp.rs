//! MQCSP: user and password, versions 1 to 3.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::Layout;
use crate::boundary::{Codes, length};
use crate::memory::Caller;

pub(super) const CSP: Layout = Layout { id: *b"CSP ", lengths: &[56, 80, 104], fault: mq::MQRC_CSP_ERROR };

macro_rules! csp {
    ($field:ident) => {
        offset_of!(mq::MQCSP, $field)
    };
}

/// User and password; `None` where there is no structure or it says so. A token is refused.
pub(super) fn credentials(caller: Caller, pointer: *mut c_void) -> Result<Option<(String, String)>, Codes> {
    if pointer.is_null() {
        return Ok(None);
    }
    let it = CSP.open(caller, pointer)?;
    match it.long(csp!(AuthenticationType)) {
        mq::MQCSP_AUTH_NONE => return Ok(None),
        mq::MQCSP_AUTH_USER_ID_AND_PWD => {}
        _ => return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED)),
    }
    let string = |pointer: usize, offset: usize, stated: usize, max: usize| {
        let fault = Codes::failed(mq::MQRC_CSP_ERROR);
        let length = length(it.long(stated), mq::MQRC_CSP_ERROR)?;
        if length > max {
            return Err(fault);
        }
        let bytes = caller.copy(it.pointer_or_offset(pointer, offset).cast::<u8>(), length).ok_or(fault)?;
        String::from_utf8(bytes).map_err(|_| fault)
    };
    let user = string(
        csp!(CSPUserIdPtr),
        csp!(CSPUserIdOffset),
        csp!(CSPUserIdLength),
        mq::MQ_CLIENT_USER_ID_LENGTH,
    )?;
    let password = string(
        csp!(CSPPasswordPtr),
        csp!(CSPPasswordOffset),
        csp!(CSPPasswordLength),
        mq::MQ_CSP_PASSWORD_LENGTH,
    )?;
    Ok(Some((user, password)))
}

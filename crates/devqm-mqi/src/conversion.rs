//! MQXCNVC: characters from one CCSID to another.

use std::ffi::c_char;

use ccsid::Newline;
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended, length};
use crate::handles;
use crate::memory::Caller;

const OPTIONS: i32 = mq::MQDCC_DEFAULT_CONVERSION
    | mq::MQDCC_FILL_TARGET_BUFFER
    | mq::MQDCC_INT_DEFAULT_CONVERSION
    | mq::MQDCC_SOURCE_ENC_MASK
    | mq::MQDCC_TARGET_ENC_MASK;

/// A caller's characters and their CCSID.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Characters<P> {
    pub(crate) ccsid: i32,
    pub(crate) length: i32,
    pub(crate) at: P,
}

/// MQXCNVC. Programs outside of exits may call it without a connection.
pub(crate) fn convert(
    caller: Caller,
    connection: i32,
    options: i32,
    source: Characters<*const c_char>,
    target: Characters<*mut c_char>,
    data_length: *mut i32,
) -> Ended {
    if connection != mq::MQHC_DEF_HCONN && connection != mq::MQHC_UNASSOCIATED_HCONN {
        handles::find_for_control(connection)?;
    }
    if options & !OPTIONS != 0 {
        return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
    }
    let length_of_source = length(source.length, mq::MQRC_SOURCE_LENGTH_ERROR)?;
    let room = length(target.length, mq::MQRC_TARGET_LENGTH_ERROR)?;
    let bytes = caller
        .copy(source.at.cast::<u8>(), length_of_source)
        .ok_or(Codes::failed(mq::MQRC_SOURCE_BUFFER_ERROR))?;
    if target.at.is_null() && room > 0 {
        return Err(Codes::failed(mq::MQRC_TARGET_BUFFER_ERROR));
    }
    if !ccsid::is_known(target.ccsid) {
        return Err(Codes::failed(mq::MQRC_TARGET_CCSID_ERROR));
    }
    let from = encoding(options, mq::MQDCC_SOURCE_ENC_MASK, mq::MQDCC_SOURCE_ENC_FACTOR);
    let to = encoding(options, mq::MQDCC_TARGET_ENC_MASK, mq::MQDCC_TARGET_ENC_FACTOR);
    let text = ccsid::decode(&bytes, source.ccsid, from, Newline::Lf)
        .map_err(|_| Codes::failed(mq::MQRC_SOURCE_CCSID_ERROR))?;
    let unconverted = Codes::failed(mq::MQRC_NOT_CONVERTED);
    if text.fault.is_some() {
        return Err(unconverted);
    }
    let encode = |text: &str| ccsid::encode(text, target.ccsid, to, Newline::Lf).map_err(|_| unconverted);
    let mut converted = encode(&text.text)?;
    if options & mq::MQDCC_FILL_TARGET_BUFFER != 0 {
        let blank = encode(" ")?;
        while converted.len() + blank.len() <= room {
            converted.extend_from_slice(&blank);
        }
    }
    caller.put(data_length, i32::try_from(converted.len().min(room)).unwrap_or(i32::MAX));
    caller.fill(target.at.cast::<u8>(), room, &converted);
    if converted.len() > room {
        return Ok(Codes::warning(mq::MQRC_CONVERTED_MSG_TOO_BIG));
    }
    Ok(Codes::OK)
}

/// The encoding of integers that the options state for wide characters; the machine's own where they state none.
fn encoding(options: i32, mask: i32, factor: i32) -> i32 {
    match (options & mask) / factor {
        0 => mq::MQENC_NATIVE,
        stated => stated,
    }
}

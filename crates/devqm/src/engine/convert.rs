//! `MQGMO_CONVERT`: text and MQRFH2 headers in the CCSID and encoding that a getter asks for.
//!
//! Where it fails the message is returned as it is, with a warning. Source: IBM documentation, "Data conversion" and reason
//! codes 2110 to 2120.

use std::sync::Arc;

use ccsid::Newline;
use libmqm_sys as mq;

use super::message::Image;
use crate::rfh2;
use crate::verbs::{Descriptor, Get};

/// The fixed part of MQRFH2.
const HEADER_BYTES: usize = 36;

/// What a getter asks text to be.
#[derive(Debug, Clone, Copy)]
struct Target {
    ccsid: i32,
    encoding: i32,
}

/// The message as it was asked for; the reason where it could not be made so. `None` where it is so already.
pub(super) fn converted(shown: &Image, get: &Get, own_ccsid: i32) -> Option<Result<Arc<Image>, i32>> {
    if get.options & mq::MQGMO_CONVERT == 0 || shown.body.is_empty() || get.buffer_bytes == 0 {
        return None;
    }
    let has = &shown.descriptor;
    let asked = match get.descriptor.ccsid {
        // For a client the queue manager's CCSID means its own locale's, which is taken to be UTF-8 as is ours.
        mq::MQCCSI_Q_MGR | mq::MQCCSI_APPL | mq::MQCCSI_EMBEDDED => own_ccsid,
        stated => stated,
    };
    let to = Target { ccsid: asked, encoding: get.descriptor.encoding };
    if to.ccsid == has.ccsid && (to.encoding == has.encoding || is_free_of_order(has)) {
        return None;
    }
    let body = match &has.format {
        b"MQSTR   " => text(&shown.body, has.ccsid, has.encoding, to),
        format if *format == rfh2::FORMAT => header(shown, to),
        // The queue manager's own formats, which it would convert where this one cannot.
        [b'M', b'Q', ..] => Err(mq::MQRC_NOT_CONVERTED),
        _ => Err(mq::MQRC_FORMAT_ERROR),
    };
    Some(body.map(|body| {
        let descriptor = Descriptor { ccsid: to.ccsid, encoding: to.encoding, ..has.clone() };
        let Image { queue, rank, expires_ms, .. } = *shown;
        Arc::new(Image { queue, rank, descriptor, expires_ms, properties: shown.properties.clone(), body })
    }))
}

/// Only text in units of two bytes has an order of bytes.
fn is_free_of_order(has: &Descriptor) -> bool {
    &has.format == b"MQSTR   " && !matches!(has.ccsid, 1200..=1203 | 13488 | 17584)
}

fn text(bytes: &[u8], ccsid: i32, encoding: i32, to: Target) -> Result<Vec<u8>, i32> {
    if !ccsid::is_known(to.ccsid) {
        return Err(mq::MQRC_TARGET_CCSID_ERROR);
    }
    let decoded =
        ccsid::decode(bytes, ccsid, encoding, Newline::Lf).map_err(|_| mq::MQRC_SOURCE_CCSID_ERROR)?;
    if decoded.fault.is_some() {
        return Err(mq::MQRC_NOT_CONVERTED);
    }
    ccsid::encode(&decoded.text, to.ccsid, to.encoding, Newline::Lf).map_err(|_| mq::MQRC_NOT_CONVERTED)
}

/// An MQRFH2 and what stands behind it: text as the header says, anything else as it is. The folders keep their own CCSID.
fn header(shown: &Image, to: Target) -> Result<Vec<u8>, i32> {
    let has = &shown.descriptor;
    let unreadable = mq::MQRC_FORMAT_ERROR;
    let from_little = little(has.encoding, mq::MQRC_SOURCE_INTEGER_ENC_ERROR)?;
    let to_little = little(to.encoding, mq::MQRC_TARGET_INTEGER_ENC_ERROR)?;
    let number = |at: usize| -> Result<i32, i32> {
        let field: [u8; 4] =
            shown.body.get(at..at + 4).and_then(|field| field.try_into().ok()).ok_or(unreadable)?;
        Ok(if from_little { i32::from_le_bytes(field) } else { i32::from_be_bytes(field) })
    };
    let write = |value: i32| if to_little { value.to_le_bytes() } else { value.to_be_bytes() };
    let characters = |at: usize, bytes: usize| -> Result<Vec<u8>, i32> {
        let field = shown.body.get(at..at + bytes).ok_or(unreadable)?;
        let field = text(field, has.ccsid, has.encoding, to)?;
        // A character set of wider characters has no room in the header.
        if field.len() == bytes { Ok(field) } else { Err(mq::MQRC_TARGET_CCSID_ERROR) }
    };
    let bytes = usize::try_from(number(8)?).map_err(|_| unreadable)?;
    if bytes < HEADER_BYTES || bytes > shown.body.len() || number(4)? != mq::MQRFH_VERSION_2 {
        return Err(unreadable);
    }
    let format = shown.body.get(20..28).ok_or(unreadable)?;
    let format = ccsid::decode(format, has.ccsid, has.encoding, Newline::Lf);
    let is_text = format.is_ok_and(|format| format.text == "MQSTR   ");
    let inner = match number(16)? {
        mq::MQCCSI_INHERIT => has.ccsid,
        stated => stated,
    };
    let rest = shown.body.get(bytes..).ok_or(unreadable)?;
    let rest = if is_text { text(rest, inner, number(12)?, to)? } else { rest.to_vec() };
    let mut body = characters(0, 4)?;
    body.extend(write(number(4)?));
    body.extend(write(number(8)?));
    body.extend(write(if is_text { to.encoding } else { number(12)? }));
    body.extend(write(if is_text { to.ccsid } else { number(16)? }));
    body.extend(characters(20, 8)?);
    body.extend(write(number(28)?));
    body.extend(write(number(32)?));
    let mut at = HEADER_BYTES;
    while at < bytes {
        let length = number(at)?;
        body.extend(write(length));
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(at + 4));
        let end = end.filter(|end| *end <= bytes).ok_or(unreadable)?;
        body.extend_from_slice(shown.body.get(at + 4..end).ok_or(unreadable)?);
        at = end;
    }
    body.extend(rest);
    Ok(body)
}

fn little(encoding: i32, fault: i32) -> Result<bool, i32> {
    match encoding & mq::MQENC_INTEGER_MASK {
        mq::MQENC_INTEGER_NORMAL => Ok(false),
        mq::MQENC_INTEGER_REVERSED => Ok(true),
        _ => Err(fault),
    }
}

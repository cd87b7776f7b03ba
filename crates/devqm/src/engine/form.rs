//! What a getter sees of a message: its properties in a handle, in an MQRFH2 before the data, or not at all.
//!
//! Source: IBM documentation, "PROPCTL" and "MQGMO Options", property options.

use std::sync::Arc;

use libmqm_sys as mq;

use super::message::Image;
use crate::rfh2::{self, Described};
use crate::verbs::{Descriptor, Get, Property};

/// How a get wants properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    InHandle,
    InHeader,
    /// In a header where one of them is JMS's or MQ's own, else not at all.
    Compatible,
    Dropped,
}

/// The prefixes that make `PROPCTL(COMPAT)` keep a message's properties. `usr.` is one too, but is not stored: properties of
/// applications count as having none.
const COMPATIBLE: [&str; 3] = ["mcd.", "jms.", "mqext."];

impl Form {
    /// What a get asks for; `MQGMO_PROPERTIES_AS_Q_DEF` leaves it to the queue's `PROPCTL`.
    pub(super) fn of(get: &Get, property_control: i32) -> Self {
        if get.options & mq::MQGMO_PROPERTIES_FORCE_MQRFH2 != 0 {
            Form::InHeader
        } else if get.options & mq::MQGMO_NO_PROPERTIES != 0 {
            Form::Dropped
        } else if get.options & mq::MQGMO_PROPERTIES_COMPATIBILITY != 0 {
            Form::Compatible
        } else if get.options & mq::MQGMO_PROPERTIES_IN_HANDLE != 0 {
            Form::InHandle
        } else {
            match property_control {
                mq::MQPROP_FORCE_MQRFH2 => Form::InHeader,
                _ if get.with_properties => Form::InHandle,
                mq::MQPROP_ALL => Form::InHeader,
                mq::MQPROP_NONE => Form::Dropped,
                _ => Form::Compatible,
            }
        }
    }
}

/// The message as a getter sees it; the same where nothing about it changes.
pub(super) fn shaped(image: &Arc<Image>, form: Form) -> Arc<Image> {
    let has_header = image.descriptor.format == rfh2::FORMAT;
    match form {
        Form::InHandle | Form::Dropped if has_header => {
            without_header(image, form == Form::InHandle).unwrap_or_else(|| image.clone())
        }
        Form::InHeader if !image.properties.is_empty() => with_header(image),
        Form::Compatible if image.properties.iter().any(is_compatible) => with_header(image),
        _ => image.clone(),
    }
}

fn is_compatible(property: &Property) -> bool {
    COMPATIBLE.iter().any(|prefix| property.name.starts_with(prefix))
}

fn with_header(image: &Image) -> Arc<Image> {
    let mut descriptor = image.descriptor.clone();
    let inner = Described::by(&descriptor);
    let encoding = mq::MQENC_INTEGER_REVERSED | mq::MQENC_DECIMAL_REVERSED | mq::MQENC_FLOAT_IEEE_REVERSED;
    let mut body = rfh2::write(&image.properties, &[], inner, encoding);
    body.extend_from_slice(&image.body);
    Described { encoding, ccsid: inner.ccsid, format: rfh2::FORMAT }.write(&mut descriptor);
    changed(image, descriptor, Vec::new(), body)
}

/// The properties of a header out of the data; folders of applications stay there.
fn without_header(image: &Image, keeps: bool) -> Option<Arc<Image>> {
    let header = rfh2::read(&image.body, image.descriptor.encoding)?;
    let rest = image.body.get(header.bytes..)?;
    let mut descriptor = image.descriptor.clone();
    let mut body = Vec::with_capacity(image.body.len());
    if header.folders.is_empty() {
        header.inner.write(&mut descriptor);
    } else {
        body = rfh2::write(&[], &header.folders, header.inner, descriptor.encoding);
    }
    body.extend_from_slice(rest);
    let properties = image.properties.iter().cloned().chain(header.properties);
    Some(changed(image, descriptor, if keeps { properties.collect() } else { Vec::new() }, body))
}

fn changed(image: &Image, descriptor: Descriptor, properties: Vec<Property>, body: Vec<u8>) -> Arc<Image> {
    let Image { queue, rank, expires_ms, .. } = *image;
    Arc::new(Image { queue, rank, descriptor, expires_ms, properties, body })
}

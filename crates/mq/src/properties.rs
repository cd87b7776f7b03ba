//! Message properties, read from and written to a message handle.

use std::fmt;

use libmqm_sys as sys;

use crate::outcome::{Error, Verb};
use crate::verbs::Verbs;

/// `MQ_MAX_PROPERTY_NAME_LENGTH`.
const NAME_BYTES_MAX: usize = 4095;

/// A property's value is at most as long as a message (100 MB); read-ahead for the usual ones.
const VALUE_BYTES_FIRST: usize = 4096;
const VALUE_BYTES_MAX: usize = 104_857_600;

/// One message property.
#[derive(Clone, PartialEq)]
pub struct Property {
    /// The name, with its folder unless that is `usr`.
    pub name: String,
    /// The value with its type.
    pub value: PropertyValue,
}

/// A property's value by `MQTYPE_*`.
#[derive(Clone, PartialEq)]
pub enum PropertyValue {
    /// `MQTYPE_STRING`, in UTF-8.
    String(String),
    /// `MQTYPE_BYTE_STRING`.
    Bytes(Vec<u8>),
    /// `MQTYPE_BOOLEAN`.
    Boolean(bool),
    /// `MQTYPE_INT8`.
    Int8(i8),
    /// `MQTYPE_INT16`.
    Int16(i16),
    /// `MQTYPE_INT32`.
    Int32(i32),
    /// `MQTYPE_INT64`.
    Int64(i64),
    /// `MQTYPE_FLOAT32`.
    Float32(f32),
    /// `MQTYPE_FLOAT64`.
    Float64(f64),
    /// `MQTYPE_NULL`.
    Null,
}

/// Buffers that are used again for every message.
#[derive(Default)]
pub(crate) struct Scratch {
    name: Vec<u8>,
    value: Vec<u8>,
}

/// All properties of a message handle.
pub(crate) fn read(
    verbs: &Verbs,
    connection: sys::MQHCONN,
    handle: sys::MQHMSG,
    scratch: &mut Scratch,
) -> Result<Vec<Property>, Error> {
    let mut properties = Vec::new();
    let mut next = sys::MQIMPO_INQ_FIRST;
    while let Some(property) = read_one(verbs, connection, handle, scratch, next)? {
        properties.push(property);
        next = sys::MQIMPO_INQ_NEXT;
    }
    Ok(properties)
}

fn read_one(
    verbs: &Verbs,
    connection: sys::MQHCONN,
    handle: sys::MQHMSG,
    scratch: &mut Scratch,
    mut which: sys::MQLONG,
) -> Result<Option<Property>, Error> {
    scratch.name.resize(NAME_BYTES_MAX, 0);
    scratch.value.resize(scratch.value.len().max(VALUE_BYTES_FIRST), 0);
    loop {
        let mut pattern = *b"%";
        let mut wanted = charv(&mut pattern);
        let mut options = sys::MQIMPO {
            // Values come in UTF-8 and native integers, whatever the program wrote that put them.
            Options: which | sys::MQIMPO_CONVERT_VALUE,
            RequestedEncoding: sys::MQENC_NATIVE,
            RequestedCCSID: 1208,
            ReturnedName: sys::MQCHARV {
                VSBufSize: length(NAME_BYTES_MAX),
                VSLength: 0,
                VSCCSID: 1208,
                ..charv(&mut scratch.name)
            },
            ..libmqm_default::MQIMPO_DEFAULT
        };
        let (kind, bytes, result) =
            verbs.inquire_property(connection, handle, &mut options, &mut wanted, &mut scratch.value);
        match result {
            Ok(()) => {
                let name = usize::try_from(options.ReturnedName.VSLength).unwrap_or(0);
                let name = scratch.name.get(..name).unwrap_or_default();
                let value = scratch.value.get(..bytes).unwrap_or_default();
                return decode(name, kind, value).map(Some);
            }
            Err(error) if error.reason().0 == sys::MQRC_PROPERTY_NOT_AVAILABLE => return Ok(None),
            Err(error)
                if error.reason().0 == sys::MQRC_PROPERTY_VALUE_TOO_BIG
                    && bytes > scratch.value.len()
                    && bytes <= VALUE_BYTES_MAX =>
            {
                scratch.value.resize(bytes, 0);
                // The failed call moved the cursor onto this property: ask for it again.
                which = sys::MQIMPO_INQ_PROP_UNDER_CURSOR;
            }
            Err(error) => return Err(error),
        }
    }
}

fn decode(name: &[u8], kind: sys::MQLONG, value: &[u8]) -> Result<Property, Error> {
    let fault =
        || Error::new(Verb::InquireMessageProperty, sys::MQCC_FAILED, sys::MQRC_PROP_TYPE_NOT_SUPPORTED);
    let name = String::from_utf8(name.to_vec()).map_err(|_| fault())?;
    let value = match kind {
        sys::MQTYPE_STRING => PropertyValue::String(String::from_utf8(value.to_vec()).map_err(|_| fault())?),
        sys::MQTYPE_BOOLEAN => PropertyValue::Boolean(value.iter().any(|byte| *byte != 0)),
        sys::MQTYPE_INT8 => PropertyValue::Int8(i8::from_be_bytes(native(value).ok_or_else(fault)?)),
        sys::MQTYPE_INT16 => PropertyValue::Int16(i16::from_be_bytes(native(value).ok_or_else(fault)?)),
        sys::MQTYPE_INT32 => PropertyValue::Int32(i32::from_be_bytes(native(value).ok_or_else(fault)?)),
        sys::MQTYPE_INT64 => PropertyValue::Int64(i64::from_be_bytes(native(value).ok_or_else(fault)?)),
        sys::MQTYPE_FLOAT32 => PropertyValue::Float32(f32::from_be_bytes(native(value).ok_or_else(fault)?)),
        sys::MQTYPE_FLOAT64 => PropertyValue::Float64(f64::from_be_bytes(native(value).ok_or_else(fault)?)),
        sys::MQTYPE_NULL => PropertyValue::Null,
        _ => PropertyValue::Bytes(value.to_vec()),
    };
    Ok(Property { name, value })
}

/// A number in the machine's own order, which is what the MQI takes and gives, as big-endian bytes.
fn native<const N: usize>(value: &[u8]) -> Option<[u8; N]> {
    let mut bytes: [u8; N] = value.try_into().ok()?;
    if cfg!(target_endian = "little") {
        bytes.reverse();
    }
    Some(bytes)
}

/// Writes properties to a message handle.
pub(crate) fn write(
    verbs: &Verbs,
    connection: sys::MQHCONN,
    handle: sys::MQHMSG,
    properties: &[Property],
) -> Result<(), Error> {
    for property in properties {
        let mut name = property.name.clone().into_bytes();
        let (kind, value) = encode(&property.value);
        verbs.set_property(connection, handle, &mut charv(&mut name), kind, &value)?;
    }
    Ok(())
}

fn encode(value: &PropertyValue) -> (sys::MQLONG, Vec<u8>) {
    let number = |kind, mut bytes: Vec<u8>| {
        if cfg!(target_endian = "little") {
            bytes.reverse();
        }
        (kind, bytes)
    };
    match value {
        PropertyValue::String(text) => (sys::MQTYPE_STRING, text.clone().into_bytes()),
        PropertyValue::Bytes(bytes) => (sys::MQTYPE_BYTE_STRING, bytes.clone()),
        PropertyValue::Boolean(truth) => {
            number(sys::MQTYPE_BOOLEAN, i32::from(*truth).to_be_bytes().to_vec())
        }
        PropertyValue::Int8(value) => number(sys::MQTYPE_INT8, value.to_be_bytes().to_vec()),
        PropertyValue::Int16(value) => number(sys::MQTYPE_INT16, value.to_be_bytes().to_vec()),
        PropertyValue::Int32(value) => number(sys::MQTYPE_INT32, value.to_be_bytes().to_vec()),
        PropertyValue::Int64(value) => number(sys::MQTYPE_INT64, value.to_be_bytes().to_vec()),
        PropertyValue::Float32(value) => number(sys::MQTYPE_FLOAT32, value.to_be_bytes().to_vec()),
        PropertyValue::Float64(value) => number(sys::MQTYPE_FLOAT64, value.to_be_bytes().to_vec()),
        PropertyValue::Null => (sys::MQTYPE_NULL, Vec::new()),
    }
}

/// A variable-length string that points into `bytes`.
fn charv(bytes: &mut [u8]) -> sys::MQCHARV {
    sys::MQCHARV {
        VSPtr: bytes.as_mut_ptr().cast(),
        VSLength: length(bytes.len()),
        VSCCSID: 1208,
        ..libmqm_default::MQCHARV_DEFAULT
    }
}

fn length(bytes: usize) -> sys::MQLONG {
    sys::MQLONG::try_from(bytes).unwrap_or(sys::MQLONG::MAX)
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for PropertyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PropertyValue(…)")
    }
}

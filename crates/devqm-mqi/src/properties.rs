//! Message handles and their properties: local to this process, as with IBM's client.
//!
//! Values are kept as they travel: numbers big-endian, strings in UTF-8 (see [`Property`]).

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use devqm::verbs::Property;
use libmqm_sys as mq;

use crate::codes::Codes;
use crate::memory;
use crate::structures::{Charv, Impo, Pd};

#[derive(Debug, Default)]
struct Table {
    handles: HashMap<i64, Handle>,
    last: i64,
}

#[derive(Debug)]
struct Handle {
    connection: i32,
    properties: Vec<Property>,
    // The property that MQINQMP returned last.
    cursor: Option<usize>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

fn table<T>(act: impl FnOnce(&mut Table) -> T) -> T {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    act(table.get_or_insert_default())
}

fn with<T>(
    connection: i32,
    handle: i64,
    act: impl FnOnce(&mut Handle) -> Result<T, Codes>,
) -> Result<T, Codes> {
    table(|table| {
        let found = table.handles.get_mut(&handle).filter(|it| it.belongs_to(connection));
        found.ok_or(Codes::failed(mq::MQRC_HMSG_ERROR)).and_then(act)
    })
}

impl Handle {
    /// A handle made without a connection serves all.
    fn belongs_to(&self, connection: i32) -> bool {
        self.connection == connection || self.connection == mq::MQHC_UNASSOCIATED_HCONN
    }
}

/// MQCRTMH.
pub(crate) fn create(connection: i32) -> i64 {
    table(|table| {
        table.last += 1;
        let handle = table.last;
        table.handles.insert(handle, Handle { connection, properties: Vec::new(), cursor: None });
        handle
    })
}

/// MQDLTMH.
pub(crate) fn delete(connection: i32, handle: i64) -> Result<(), Codes> {
    with(connection, handle, |_| Ok(()))?;
    table(|table| table.handles.remove(&handle));
    Ok(())
}

/// Ends the handles of a connection that has ended.
pub(crate) fn forget(connection: i32) {
    table(|table| table.handles.retain(|_, handle| handle.connection != connection));
}

/// The properties that a put sends with a handle.
pub(crate) fn all(connection: i32, handle: i64) -> Result<Vec<Property>, Codes> {
    with(connection, handle, |it| Ok(it.properties.clone()))
}

/// Puts the properties of a message that was got into a handle, in place of those it had.
pub(crate) fn replace(connection: i32, handle: i64, properties: Vec<Property>) -> Result<(), Codes> {
    with(connection, handle, |it| {
        it.properties = properties;
        it.cursor = None;
        Ok(())
    })
}

/// MQSETMP: sets a property, in place of one of the same name.
pub(crate) fn set(
    connection: i32,
    handle: i64,
    name: &str,
    description: (i32, i32, i32),
    kind: i32,
    encoding: i32,
    value: &[u8],
) -> Result<(), Codes> {
    let name = checked_name(name)?;
    let value = travelling(kind, encoding, value)?;
    let (support, context, copy_options) = description;
    let property = Property { name, kind, value, support, context, copy_options };
    with(connection, handle, |it| {
        match it.properties.iter_mut().find(|other| other.name == property.name) {
            Some(other) => *other = property,
            None => it.properties.push(property),
        }
        Ok(())
    })
}

/// MQDLTMP.
pub(crate) fn remove(connection: i32, handle: i64, options: i32, name: &str) -> Result<(), Codes> {
    let absent = Codes::warning(mq::MQRC_PROPERTY_NOT_AVAILABLE);
    with(connection, handle, |it| {
        let at = if options & mq::MQDMPO_DEL_PROP_UNDER_CURSOR == 0 {
            it.properties.iter().position(|property| property.name == stored_name(name))
        } else {
            it.cursor
        };
        let at = at.filter(|at| *at < it.properties.len()).ok_or(absent)?;
        it.properties.remove(at);
        it.cursor =
            it.cursor.and_then(|cursor| if cursor < at { Some(cursor) } else { cursor.checked_sub(1) });
        Ok(())
    })
}

/// Where MQINQMP returns a value.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) kind: *mut i32,
    pub(crate) length: usize,
    pub(crate) value: *mut c_void,
    pub(crate) data_length: *mut i32,
}

/// MQINQMP: the first or next property whose name matches, or the one under the cursor.
pub(crate) fn inquire(
    connection: i32,
    handle: i64,
    options: Impo,
    pattern: &str,
    description: Pd,
    room: &Room,
) -> Result<(), Codes> {
    let asked = options.options();
    let property = with(connection, handle, |it| {
        let absent = Codes::failed(mq::MQRC_PROPERTY_NOT_AVAILABLE);
        let at = if asked & mq::MQIMPO_INQ_PROP_UNDER_CURSOR != 0 {
            it.cursor
        } else {
            let first =
                if asked & mq::MQIMPO_INQ_NEXT == 0 { 0 } else { it.cursor.map_or(0, |cursor| cursor + 1) };
            let mut following = it.properties.iter().enumerate().skip(first);
            following.find(|(_, property)| matches(pattern, &property.name)).map(|(at, _)| at)
        };
        let (at, property) =
            at.and_then(|at| it.properties.get(at).map(|property| (at, property))).ok_or(absent)?;
        let property = property.clone();
        it.cursor = Some(at);
        Ok(property)
    })?;
    let value = native_value(property.kind, &property.value);
    memory::put(room.kind, property.kind);
    memory::put(room.data_length, i32::try_from(value.len()).unwrap_or(i32::MAX));
    description.write(property.support, property.context, property.copy_options);
    options.write_returned(mq::MQENC_NATIVE, 1208);
    let name_fits = options.returned_name().write(&property.name);
    if asked & mq::MQIMPO_QUERY_LENGTH != 0 {
        return Ok(());
    }
    memory::fill(room.value.cast::<u8>(), room.length, &value);
    if value.len() > room.length {
        return Err(Codes::failed(mq::MQRC_PROPERTY_VALUE_TOO_BIG));
    }
    if name_fits { Ok(()) } else { Err(Codes::failed(mq::MQRC_PROPERTY_NAME_TOO_BIG)) }
}

/// `%` stands for any rest of a name, as the last character.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('%') {
        Some(beginning) => name.starts_with(stored_name(beginning)),
        None => name == stored_name(pattern),
    }
}

/// The folder `usr` is implied and not part of a name.
fn stored_name(name: &str) -> &str {
    name.strip_prefix("usr.").unwrap_or(name)
}

/// A name that MQ allows. Source: IBM documentation, "Property name restrictions".
fn checked_name(name: &str) -> Result<String, Codes> {
    const RESERVED: [&str; 11] =
        ["NULL", "TRUE", "FALSE", "NOT", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS", "ESCAPE"];
    let fault = Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR);
    if name.starts_with("usr.JMS") || name.starts_with("JMS") || name.starts_with("Root.") {
        return Err(fault);
    }
    let stored = stored_name(name);
    let dots = stored.matches('.').count();
    let beginning = stored.get(..2).unwrap_or_default();
    let reserved_folder = beginning.eq_ignore_ascii_case("mq")
        && !stored.get(..6).is_some_and(|six| six.eq_ignore_ascii_case("mq_usr"));
    let identifier = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$')
            && characters.all(|other| other.is_alphanumeric() || other == '_' || other == '$')
    };
    let sound = stored.split('.').all(identifier)
        && !RESERVED.iter().any(|word| stored.eq_ignore_ascii_case(word))
        && !(reserved_folder && dots > 1);
    if sound { Ok(stored.to_owned()) } else { Err(fault) }
}

/// The bytes of a number of this type; `None` for types of any length.
fn width(kind: i32) -> Option<usize> {
    match kind {
        mq::MQTYPE_INT8 => Some(1),
        mq::MQTYPE_INT16 => Some(2),
        mq::MQTYPE_BOOLEAN | mq::MQTYPE_INT32 | mq::MQTYPE_FLOAT32 => Some(4),
        mq::MQTYPE_INT64 | mq::MQTYPE_FLOAT64 => Some(8),
        _ => None,
    }
}

/// A caller's value as it travels.
fn travelling(kind: i32, encoding: i32, value: &[u8]) -> Result<Vec<u8>, Codes> {
    let mut bytes = value.to_vec();
    match (width(kind), kind) {
        (Some(width), _) if width == value.len() => {
            if encoding & mq::MQENC_INTEGER_MASK == mq::MQENC_INTEGER_REVERSED {
                bytes.reverse();
            }
        }
        (Some(_), _) => return Err(Codes::failed(mq::MQRC_BUFFER_LENGTH_ERROR)),
        (None, mq::MQTYPE_STRING) => {
            std::str::from_utf8(value).map_err(|_| Codes::failed(mq::MQRC_PROPERTY_TYPE_ERROR))?;
        }
        (None, mq::MQTYPE_BYTE_STRING) => {}
        (None, mq::MQTYPE_NULL) => bytes.clear(),
        (None, _) => return Err(Codes::failed(mq::MQRC_PROPERTY_TYPE_ERROR)),
    }
    Ok(bytes)
}

/// A value as a caller on this machine wants it.
fn native_value(kind: i32, value: &[u8]) -> Vec<u8> {
    let mut bytes = value.to_vec();
    if width(kind).is_some() && cfg!(target_endian = "little") {
        bytes.reverse();
    }
    bytes
}

/// The name in a caller's MQCHARV; blank names are refused.
pub(crate) fn name(pointer: *mut c_void) -> Result<String, Codes> {
    let name = Charv::open(pointer)?.read()?;
    if name.is_empty() { Err(Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR)) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_restrictions_of_mq() {
        for good in
            ["a", "traceparent", "usr.a", "group.part.leaf", "mqgate.reason", "mq_usr.a.b", "_x", "$y1"]
        {
            assert!(checked_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "1a",
            "a b",
            "a..b",
            ".a",
            "a.",
            "JMSType",
            "usr.JMSx",
            "Root.MQMD.MsgId",
            "null",
            "mqext.a.b",
        ] {
            assert!(checked_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_property_of_the_same_name_is_replaced() {
        let handle = create(mq::MQHC_UNASSOCIATED_HCONN);
        for value in [b"1".as_slice(), b"22"] {
            set(1, handle, "usr.a", (1, 0, 22), mq::MQTYPE_STRING, mq::MQENC_NATIVE, value).unwrap();
        }
        let properties = all(1, handle).unwrap();
        assert_eq!((properties.len(), properties[0].name.as_str()), (1, "a"));
        assert_eq!(properties[0].value, b"22");
        remove(1, handle, 0, "a").unwrap();
        assert_eq!(remove(1, handle, 0, "a"), Err(Codes::warning(mq::MQRC_PROPERTY_NOT_AVAILABLE)));
        delete(1, handle).unwrap();
        assert_eq!(all(1, handle), Err(Codes::failed(mq::MQRC_HMSG_ERROR)));
    }

    #[test]
    fn numbers_travel_big_endian_and_lengths_are_checked() {
        assert_eq!(
            travelling(mq::MQTYPE_INT32, mq::MQENC_INTEGER_REVERSED, &[4, 3, 2, 1]),
            Ok(vec![1, 2, 3, 4])
        );
        assert_eq!(
            travelling(mq::MQTYPE_INT32, mq::MQENC_INTEGER_NORMAL, &[1, 2, 3, 4]),
            Ok(vec![1, 2, 3, 4])
        );
        assert!(travelling(mq::MQTYPE_INT64, mq::MQENC_NATIVE, &[1]).is_err());
        assert!(travelling(mq::MQTYPE_STRING, mq::MQENC_NATIVE, b"\xFF").is_err());
    }
}

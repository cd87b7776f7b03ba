//! Message handles and their properties: local to this process, as with IBM's client.
//!
//! Values are kept as they travel: numbers big-endian, strings in UTF-8 (see [`Property`]).

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use devqm::verbs::Property;
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended, length};
use crate::memory::Caller;
use crate::structures::{self, Charv, Impo, Pd, Smpo};
use crate::{charset, handles};

mod name;
mod value;
mod typed;
mod buffer;

pub(crate) use buffer::{Buffer, from_buffer, to_buffer};

#[derive(Debug, Default)]
struct Table {
    handles: HashMap<i64, Handle>,
    last: i64,
}

/// Sets message handles apart from 0, -1 and other small numbers. They are never given twice.
const HANDLE_MARK: i64 = 0x4D48_0000_0000_0000;

#[derive(Debug)]
struct Handle {
    connection: i32,
    properties: Vec<Property>,
    cursor: Cursor,
}

/// Where MQINQMP stands.
#[derive(Debug, Default)]
struct Cursor {
    /// The property returned last, until it is deleted.
    under: Option<usize>,
    /// The one after it.
    next: usize,
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

    fn remove(&mut self, at: usize) {
        self.properties.remove(at);
        self.cursor.next -= usize::from(at < self.cursor.next);
        self.cursor.under = match self.cursor.under {
            Some(under) if under == at => None,
            under => under.map(|under| under - usize::from(at < under)),
        };
    }

    /// Sets a property where MQSMPO says: in place of the first of its name, at the cursor, or behind all others.
    fn set(&mut self, options: i32, property: Property) -> Ended {
        let absent = Codes::failed(mq::MQRC_PROPERTY_NOT_AVAILABLE);
        let inserted = match options {
            mq::MQSMPO_SET_FIRST => {
                match self.properties.iter_mut().find(|other| other.name == property.name) {
                    Some(other) => *other = property,
                    None => self.properties.push(property),
                }
                return Ok(Codes::OK);
            }
            mq::MQSMPO_SET_PROP_UNDER_CURSOR => {
                let under = self.cursor.under.and_then(|under| self.properties.get_mut(under));
                *under.ok_or(absent)? = property;
                return Ok(Codes::OK);
            }
            mq::MQSMPO_SET_PROP_BEFORE_CURSOR => self.cursor.under.ok_or(absent)?,
            mq::MQSMPO_SET_PROP_AFTER_CURSOR => self.cursor.under.ok_or(absent)? + 1,
            _ => self.properties.len(),
        };
        self.properties.insert(inserted, property);
        self.cursor.next += usize::from(inserted < self.cursor.next);
        self.cursor.under = self.cursor.under.map(|under| under + usize::from(inserted <= under));
        Ok(Codes::OK)
    }

    /// Moves the cursor as MQIMPO asks and returns the property that it then stands on.
    fn advance(&mut self, options: i32, pattern: &str) -> Result<Property, Codes> {
        let absent = Codes::failed(mq::MQRC_PROPERTY_NOT_AVAILABLE);
        let at = if options & mq::MQIMPO_INQ_PROP_UNDER_CURSOR != 0 {
            self.cursor.under
        } else {
            let first = if options & mq::MQIMPO_INQ_NEXT == 0 { 0 } else { self.cursor.next };
            let mut following = self.properties.iter().enumerate().skip(first);
            following.find(|(_, property)| name::matches(pattern, &property.name)).map(|(at, _)| at)
        };
        let at = at.ok_or(absent)?;
        let property = self.properties.get(at).ok_or(absent)?.clone();
        self.cursor = Cursor { under: Some(at), next: at + 1 };
        Ok(property)
    }
}

/// A connection whose handles may be used: one of ours, or none at all.
fn check_owner(connection: i32) -> Result<(), Codes> {
    if connection == mq::MQHC_UNASSOCIATED_HCONN {
        Ok(())
    } else {
        handles::find_for_control(connection).map(drop)
    }
}

/// MQCRTMH.
pub(crate) fn create(caller: Caller, connection: i32, options: *mut c_void, handle: *mut i64) -> Ended {
    check_owner(connection)?;
    structures::check_create(caller, options)?;
    if handle.is_null() {
        return Err(Codes::failed(mq::MQRC_HMSG_ERROR));
    }
    caller.put(handle, add(connection));
    Ok(Codes::OK)
}

fn add(connection: i32) -> i64 {
    table(|table| {
        table.last += 1;
        let handle = HANDLE_MARK | table.last;
        let it = Handle { connection, properties: Vec::new(), cursor: Cursor::default() };
        table.handles.insert(handle, it);
        handle
    })
}

/// MQDLTMH.
pub(crate) fn delete(caller: Caller, connection: i32, handle: *mut i64, options: *mut c_void) -> Ended {
    check_owner(connection)?;
    structures::check_delete(caller, options)?;
    let message = caller.get(handle).ok_or(Codes::failed(mq::MQRC_HMSG_ERROR))?;
    with(connection, message, |_| Ok(()))?;
    table(|table| table.handles.remove(&message));
    caller.put(handle, mq::MQHM_UNUSABLE_HMSG);
    Ok(Codes::OK)
}

/// Ends the handles of a connection that has ended.
pub(crate) fn forget(connection: i32) {
    table(|table| table.handles.retain(|_, handle| handle.connection != connection));
}

/// The properties that a put sends with a handle.
pub(crate) fn sent(connection: i32, handle: i64) -> Result<Vec<Property>, Codes> {
    with(connection, handle, |it| {
        it.cursor = Cursor::default();
        Ok(it.properties.clone())
    })
}

/// Puts the properties of a message that was got into a handle, in place of those it had.
pub(crate) fn received(connection: i32, handle: i64, properties: Vec<Property>) -> Result<(), Codes> {
    with(connection, handle, |it| {
        it.properties = properties;
        it.cursor = Cursor::default();
        Ok(())
    })
}

/// A property to set, as a caller passes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) options: *mut c_void,
    pub(crate) name: *mut c_void,
    pub(crate) description: *mut c_void,
    pub(crate) kind: i32,
    pub(crate) value_length: i32,
    pub(crate) value: *const c_void,
}

/// MQSETMP: sets a property in place of the first of the same name, or behind all others.
pub(crate) fn set(caller: Caller, connection: i32, handle: i64, setting: Setting) -> Ended {
    check_owner(connection)?;
    let options = Smpo::read(caller, setting.options)?;
    if ![
        mq::MQSMPO_SET_FIRST,
        mq::MQSMPO_APPEND_PROPERTY,
        mq::MQSMPO_SET_PROP_UNDER_CURSOR,
        mq::MQSMPO_SET_PROP_AFTER_CURSOR,
        mq::MQSMPO_SET_PROP_BEFORE_CURSOR,
    ]
    .contains(&options.options)
    {
        return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR));
    }
    let name = name::checked(&Charv::open(caller, setting.name)?.read()?)?;
    let (support, context, copy_options) = Pd::open(caller, setting.description)?.read();
    let value = setting.value.cast::<u8>();
    let stated = match setting.value_length {
        mq::MQVL_NULL_TERMINATED if setting.kind == mq::MQTYPE_STRING && !value.is_null() => caller
            .length_to_nul(value, value::BYTES_MAX)
            .ok_or(Codes::failed(mq::MQRC_BUFFER_LENGTH_ERROR))?,
        stated => length(stated, mq::MQRC_BUFFER_LENGTH_ERROR)?,
    };
    if stated > value::BYTES_MAX {
        return Err(Codes::failed(mq::MQRC_PROPERTIES_TOO_BIG));
    }
    let value = caller.copy(value, stated).ok_or(Codes::failed(mq::MQRC_BUFFER_ERROR))?;
    let value = value::travelling(setting.kind, options.encoding, options.ccsid, value)?;
    let property = Property { name, kind: setting.kind, value, support, context, copy_options };
    with(connection, handle, |it| it.set(options.options, property))
}

/// MQDLTMP.
pub(crate) fn remove(
    caller: Caller,
    connection: i32,
    handle: i64,
    options: *mut c_void,
    name: *mut c_void,
) -> Ended {
    check_owner(connection)?;
    let options = structures::delete_options(caller, options)?;
    let name = Charv::open(caller, name)?.read()?;
    with(connection, handle, |it| {
        let at = match options {
            mq::MQDMPO_DEL_FIRST => it.properties.iter().position(|property| name::is(&name, &property.name)),
            mq::MQDMPO_DEL_PROP_UNDER_CURSOR => it.cursor.under,
            _ => return Err(Codes::failed(mq::MQRC_OPTIONS_ERROR)),
        };
        match at {
            Some(at) => it.remove(at),
            None => return Ok(Codes::warning(mq::MQRC_PROPERTY_NOT_AVAILABLE)),
        }
        Ok(Codes::OK)
    })
}

/// What a caller asks for, and where it wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inquiry {
    pub(crate) options: *mut c_void,
    pub(crate) name: *mut c_void,
    pub(crate) description: *mut c_void,
    pub(crate) kind: *mut i32,
    pub(crate) value_length: i32,
    pub(crate) value: *mut c_void,
    pub(crate) data_length: *mut i32,
}

/// MQINQMP: the first or next property whose name matches, or the one under the cursor.
pub(crate) fn inquire(caller: Caller, connection: i32, handle: i64, into: Inquiry) -> Ended {
    check_owner(connection)?;
    let (options, description) = (Impo::open(caller, into.options)?, Pd::open(caller, into.description)?);
    let pattern = Charv::open(caller, into.name)?.read()?;
    let room = length(into.value_length, mq::MQRC_BUFFER_LENGTH_ERROR)?;
    if into.value.is_null() && room > 0 {
        return Err(Codes::failed(mq::MQRC_BUFFER_ERROR));
    }
    let kind = caller.get(into.kind).ok_or(Codes::failed(mq::MQRC_PROPERTY_TYPE_ERROR))?;
    if into.data_length.is_null() {
        return Err(Codes::failed(mq::MQRC_DATA_LENGTH_ERROR));
    }
    let asked = options.options();
    let mut property = with(connection, handle, |it| it.advance(asked, &pattern))?;
    if asked & mq::MQIMPO_CONVERT_TYPE != 0 && kind != mq::MQTYPE_AS_SET && kind != property.kind {
        property.value = typed::converted(property.kind, &property.value, kind)?;
        property.kind = kind;
    }
    let converts = asked & mq::MQIMPO_CONVERT_VALUE != 0;
    let encoding = if converts { options.requested_encoding() } else { mq::MQENC_NATIVE };
    let mut value = value::returned(property.kind, encoding, &property.value)?;
    let is_text = property.kind == mq::MQTYPE_STRING;
    let (mut ccsid, mut codes) = (charset::UTF_8, Codes::OK);
    if converts && is_text && !charset::is_utf8(options.requested_ccsid()) {
        let text = std::str::from_utf8(&value).unwrap_or_default();
        match charset::encode(options.requested_ccsid(), text) {
            Some(encoded) => (value, ccsid) = (encoded, options.requested_ccsid()),
            None => codes = Codes::warning(mq::MQRC_PROP_VALUE_NOT_CONVERTED),
        }
    }
    caller.put(into.kind, property.kind);
    caller.put(into.data_length, i32::try_from(value.len()).unwrap_or(i32::MAX));
    description.write(property.support, property.context, property.copy_options);
    options.write_returned(encoding, ccsid);
    if !options.returned_name().write(&property.name) {
        return Err(Codes::failed(mq::MQRC_PROPERTY_NAME_TOO_BIG));
    }
    if asked & mq::MQIMPO_QUERY_LENGTH != 0 {
        return Ok(Codes::OK);
    }
    caller.fill(into.value.cast::<u8>(), room, &value);
    if value.len() > room {
        return Err(Codes::failed(mq::MQRC_PROPERTY_VALUE_TOO_BIG));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "%";

    fn handle_with(names: &[&str]) -> i64 {
        let property = |name: &&str| Property {
            name: (*name).to_owned(),
            kind: mq::MQTYPE_NULL,
            value: Vec::new(),
            support: mq::MQPD_SUPPORT_OPTIONAL,
            context: mq::MQPD_NO_CONTEXT,
            copy_options: mq::MQCOPY_DEFAULT,
        };
        let handle = add(mq::MQHC_UNASSOCIATED_HCONN);
        received(1, handle, names.iter().map(property).collect()).unwrap();
        handle
    }

    fn next(handle: i64, options: i32, pattern: &str) -> Option<String> {
        with(1, handle, |it| it.advance(options, pattern)).ok().map(|property| property.name)
    }

    #[test]
    fn the_cursor_passes_over_what_is_deleted_under_it() {
        let handle = handle_with(&["a", "b", "c", "d"]);
        assert_eq!(next(handle, mq::MQIMPO_INQ_NEXT, ALL).as_deref(), Some("a"));
        assert_eq!(next(handle, mq::MQIMPO_INQ_NEXT, ALL).as_deref(), Some("b"));
        with(1, handle, |it| {
            it.remove(1);
            Ok(())
        })
        .unwrap();
        assert_eq!(next(handle, mq::MQIMPO_INQ_PROP_UNDER_CURSOR, ALL), None);
        assert_eq!(next(handle, mq::MQIMPO_INQ_NEXT, ALL).as_deref(), Some("c"));
        with(1, handle, |it| {
            it.remove(0);
            Ok(())
        })
        .unwrap();
        assert_eq!(next(handle, mq::MQIMPO_INQ_PROP_UNDER_CURSOR, ALL).as_deref(), Some("c"));
        assert_eq!(next(handle, mq::MQIMPO_INQ_NEXT, ALL).as_deref(), Some("d"));
        assert_eq!(next(handle, mq::MQIMPO_INQ_NEXT, ALL), None);
        assert_eq!(next(handle, mq::MQIMPO_INQ_FIRST, ALL).as_deref(), Some("c"));
    }

    #[test]
    fn a_message_handle_belongs_to_its_connection_and_is_never_given_twice() {
        let first = add(1);
        assert!(with(1, first, |_| Ok(())).is_ok());
        assert_eq!(with(2, first, |_| Ok(())), Err(Codes::failed(mq::MQRC_HMSG_ERROR)));
        forget(1);
        assert_eq!(with(1, first, |_| Ok(())), Err(Codes::failed(mq::MQRC_HMSG_ERROR)));
        assert_ne!(add(1), first);
        for none in [mq::MQHM_NONE, mq::MQHM_UNUSABLE_HMSG] {
            assert_eq!(with(1, none, |_| Ok(())), Err(Codes::failed(mq::MQRC_HMSG_ERROR)));
        }
    }
}

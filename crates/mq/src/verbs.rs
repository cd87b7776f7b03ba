//! The raw calls: the only place that holds and calls the library's function pointers.
//!
//! Each function makes one MQI call with structures of its caller that live through the call, and returns the completion
//! and reason codes as a result. Nothing is decided here.

use std::ffi::c_void;

use libmqm_sys as sys;
use sys::{MQCHAR, MQHCONN, MQHMSG, MQHOBJ, MQLONG};

use crate::outcome::{Error, Verb, complete};

macro_rules! verbs {
    ($($field:ident: $symbol:literal = fn($($argument:ty),*);)*) => {
        /// The entry points of the client library that this driver needs.
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct Verbs {
            $($field: unsafe extern "C" fn($($argument),*),)*
        }

        impl Verbs {
            /// Looks up every entry point; the error is the name of the first that is missing.
            pub(crate) fn find(library: &libloading::Library) -> Result<Self, &'static str> {
                Ok(Self {
                    $($field: {
                        // SAFETY: the symbol, where it exists in an MQ client library, has the signature that cmqc.h
                        // declares for it; the types here are written after cmqc.h.
                        let symbol = unsafe { library.get::<unsafe extern "C" fn($($argument),*)>($symbol) };
                        *symbol.map_err(|_| $symbol)?
                    },)*
                })
            }
        }
    };
}

type Codes = *mut MQLONG;

verbs! {
    connx: "MQCONNX" = fn(*mut MQCHAR, *mut sys::MQCNO, *mut MQHCONN, Codes, Codes);
    disc: "MQDISC" = fn(*mut MQHCONN, Codes, Codes);
    open: "MQOPEN" = fn(MQHCONN, *mut c_void, MQLONG, *mut MQHOBJ, Codes, Codes);
    get: "MQGET" = fn(MQHCONN, MQHOBJ, *mut c_void, *mut c_void, MQLONG, *mut c_void, *mut MQLONG, Codes, Codes);
    put: "MQPUT" = fn(MQHCONN, MQHOBJ, *mut c_void, *mut c_void, MQLONG, *mut c_void, Codes, Codes);
    put1: "MQPUT1" = fn(MQHCONN, *mut c_void, *mut c_void, *mut c_void, MQLONG, *mut c_void, Codes, Codes);
    cmit: "MQCMIT" = fn(MQHCONN, Codes, Codes);
    back: "MQBACK" = fn(MQHCONN, Codes, Codes);
    inq: "MQINQ" = fn(MQHCONN, MQHOBJ, MQLONG, *mut MQLONG, MQLONG, *mut MQLONG, MQLONG, *mut MQCHAR, Codes, Codes);
    crtmh: "MQCRTMH" = fn(MQHCONN, *mut c_void, *mut MQHMSG, Codes, Codes);
    dltmh: "MQDLTMH" = fn(MQHCONN, *mut MQHMSG, *mut c_void, Codes, Codes);
    setmp: "MQSETMP" =
        fn(MQHCONN, MQHMSG, *mut c_void, *mut c_void, *mut c_void, MQLONG, MQLONG, *mut c_void, Codes, Codes);
    inqmp: "MQINQMP" = fn(
        MQHCONN, MQHMSG, *mut c_void, *mut c_void, *mut c_void, *mut MQLONG, MQLONG, *mut c_void, *mut MQLONG, Codes, Codes
    );
}

/// The two codes that every call writes.
struct Outcome {
    completion: MQLONG,
    reason: MQLONG,
}

impl Outcome {
    // A library that forgot to write them must not look like success.
    const UNWRITTEN: Self = Self { completion: sys::MQCC_FAILED, reason: sys::MQRC_UNEXPECTED_ERROR };

    fn result(&self, verb: Verb) -> Result<(), Error> {
        complete(verb, self.completion, self.reason)
    }
}

fn length(bytes: usize) -> MQLONG {
    MQLONG::try_from(bytes).unwrap_or(MQLONG::MAX)
}

fn pointer<T>(structure: &mut T) -> *mut c_void {
    std::ptr::from_mut(structure).cast()
}

impl Verbs {
    /// MQCONNX. `options` points only to structures that live until this returns.
    pub(crate) fn connect(
        &self,
        name: &mut sys::MQCHAR48,
        options: &mut sys::MQCNO,
    ) -> Result<MQHCONN, Error> {
        let (mut handle, mut outcome) = (sys::MQHC_UNUSABLE_HCONN, Outcome::UNWRITTEN);
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: all pointers are to live values of the types that cmqc.h declares; the caller keeps what MQCNO points to.
        unsafe { (self.connx)(name.as_mut_ptr(), options, &raw mut handle, completion, reason) };
        // A warning (2002: already connected) comes with a handle that is not ours alone: it is an error as well.
        outcome.result(Verb::Connect).map(|()| handle)
    }

    /// MQDISC. **It commits** an open unit of work.
    pub(crate) fn disconnect(&self, mut connection: MQHCONN) -> Result<(), Error> {
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: the handle is passed by pointer to a live copy; the codes are live.
        unsafe { (self.disc)(&raw mut connection, completion, reason) };
        outcome.result(Verb::Disconnect)
    }

    /// MQOPEN.
    pub(crate) fn open(
        &self,
        connection: MQHCONN,
        object: &mut sys::MQOD,
        options: MQLONG,
    ) -> Result<MQHOBJ, Error> {
        let (mut handle, mut outcome) = (sys::MQHO_UNUSABLE_HOBJ, Outcome::UNWRITTEN);
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: MQOD is a whole structure of the version that it states; the rest are live values.
        unsafe { (self.open)(connection, pointer(object), options, &raw mut handle, completion, reason) };
        outcome.result(Verb::Open).map(|()| handle)
    }

    /// MQGET into `buffer`. Returns the message's whole length beside the result, because warnings need it.
    pub(crate) fn get(
        &self,
        connection: MQHCONN,
        queue: MQHOBJ,
        descriptor: &mut sys::MQMD2,
        options: &mut sys::MQGMO,
        buffer: &mut [u8],
    ) -> (usize, Result<(), Error>) {
        let (mut data_length, mut outcome) = (0, Outcome::UNWRITTEN);
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: MQMD and MQGMO are whole structures of the versions that they state; the library writes at most
        // `buffer.len()` bytes to the buffer, which is exclusively ours.
        unsafe {
            (self.get)(
                connection,
                queue,
                pointer(descriptor),
                pointer(options),
                length(buffer.len()),
                buffer.as_mut_ptr().cast(),
                &raw mut data_length,
                completion,
                reason,
            );
        };
        (usize::try_from(data_length).unwrap_or(0), outcome.result(Verb::Get))
    }

    /// MQPUT.
    pub(crate) fn put(
        &self,
        connection: MQHCONN,
        queue: MQHOBJ,
        descriptor: &mut sys::MQMD2,
        options: &mut sys::MQPMO,
        body: &[u8],
    ) -> Result<(), Error> {
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: structures as for MQGET; the MQI takes the buffer by a pointer to non-const but only reads it.
        unsafe {
            (self.put)(
                connection,
                queue,
                pointer(descriptor),
                pointer(options),
                length(body.len()),
                body.as_ptr().cast_mut().cast(),
                completion,
                reason,
            );
        };
        outcome.result(Verb::Put)
    }

    /// MQPUT1.
    pub(crate) fn put1(
        &self,
        connection: MQHCONN,
        object: &mut sys::MQOD,
        descriptor: &mut sys::MQMD2,
        options: &mut sys::MQPMO,
        body: &[u8],
    ) -> Result<(), Error> {
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: as for MQPUT, and MQOD as for MQOPEN.
        unsafe {
            (self.put1)(
                connection,
                pointer(object),
                pointer(descriptor),
                pointer(options),
                length(body.len()),
                body.as_ptr().cast_mut().cast(),
                completion,
                reason,
            );
        };
        outcome.result(Verb::Put1)
    }

    /// MQCMIT.
    pub(crate) fn commit(&self, connection: MQHCONN) -> Result<(), Error> {
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: the codes are live.
        unsafe { (self.cmit)(connection, completion, reason) };
        outcome.result(Verb::Commit)
    }

    /// MQBACK.
    pub(crate) fn back_out(&self, connection: MQHCONN) -> Result<(), Error> {
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: the codes are live.
        unsafe { (self.back)(connection, completion, reason) };
        outcome.result(Verb::BackOut)
    }

    /// MQINQ.
    pub(crate) fn inquire(
        &self,
        connection: MQHCONN,
        object: MQHOBJ,
        selectors: &[MQLONG],
        integers: &mut [MQLONG],
        characters: &mut [MQCHAR],
    ) -> Result<(), Error> {
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: each array is live and passed with its own length; selectors are only read.
        unsafe {
            (self.inq)(
                connection,
                object,
                length(selectors.len()),
                selectors.as_ptr().cast_mut(),
                length(integers.len()),
                integers.as_mut_ptr(),
                length(characters.len()),
                characters.as_mut_ptr(),
                completion,
                reason,
            );
        };
        outcome.result(Verb::Inquire)
    }

    /// MQCRTMH.
    pub(crate) fn create_message_handle(&self, connection: MQHCONN) -> Result<MQHMSG, Error> {
        let mut options = libmqm_default::MQCMHO_DEFAULT;
        let (mut handle, mut outcome) = (sys::MQHM_UNUSABLE_HMSG, Outcome::UNWRITTEN);
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: MQCMHO is a whole structure of its version; the rest are live values.
        unsafe { (self.crtmh)(connection, pointer(&mut options), &raw mut handle, completion, reason) };
        outcome.result(Verb::CreateMessageHandle).map(|()| handle)
    }

    /// MQDLTMH.
    pub(crate) fn delete_message_handle(&self, connection: MQHCONN, mut handle: MQHMSG) -> Result<(), Error> {
        let mut options = libmqm_default::MQDMHO_DEFAULT;
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: the handle is passed by pointer to a live copy; MQDMHO is whole.
        unsafe { (self.dltmh)(connection, &raw mut handle, pointer(&mut options), completion, reason) };
        outcome.result(Verb::DeleteMessageHandle)
    }

    /// MQSETMP.
    pub(crate) fn set_property(
        &self,
        connection: MQHCONN,
        handle: MQHMSG,
        name: &mut sys::MQCHARV,
        kind: MQLONG,
        value: &[u8],
    ) -> Result<(), Error> {
        let (mut options, mut description) = (libmqm_default::MQSMPO_DEFAULT, libmqm_default::MQPD_DEFAULT);
        let mut outcome = Outcome::UNWRITTEN;
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: the structures are whole; the caller keeps what the name points to; the value is only read.
        unsafe {
            (self.setmp)(
                connection,
                handle,
                pointer(&mut options),
                pointer(name),
                pointer(&mut description),
                kind,
                length(value.len()),
                value.as_ptr().cast_mut().cast(),
                completion,
                reason,
            );
        };
        outcome.result(Verb::SetMessageProperty)
    }

    /// MQINQMP. Returns the property's type and its value's whole length beside the result, because warnings need them.
    pub(crate) fn inquire_property(
        &self,
        connection: MQHCONN,
        handle: MQHMSG,
        options: &mut sys::MQIMPO,
        name: &mut sys::MQCHARV,
        value: &mut [u8],
    ) -> (MQLONG, usize, Result<(), Error>) {
        let mut description = libmqm_default::MQPD_DEFAULT;
        let (mut kind, mut data_length, mut outcome) = (0, 0, Outcome::UNWRITTEN);
        let Outcome { completion, reason } = &mut outcome;
        // SAFETY: the structures are whole; the caller keeps the buffers that the names point to; the library writes at
        // most `value.len()` bytes of the value.
        unsafe {
            (self.inqmp)(
                connection,
                handle,
                pointer(options),
                pointer(name),
                pointer(&mut description),
                &raw mut kind,
                length(value.len()),
                value.as_mut_ptr().cast(),
                &raw mut data_length,
                completion,
                reason,
            );
        };
        (kind, usize::try_from(data_length).unwrap_or(0), outcome.result(Verb::InquireMessageProperty))
    }
}

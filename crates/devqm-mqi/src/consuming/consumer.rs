//! One callback: what it was registered with, and the call itself. The only place where this library calls its program.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use libmqm_sys as mq;

use crate::boundary::Codes;
use crate::memory::Caller;
use crate::structures::{Gmo, Md};

/// A pointer of the program's, which is only ever given back to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foreign(pub(super) *mut c_void);

// SAFETY: nothing is read or written through it here; the program knows that callbacks have a thread of their own.
unsafe impl Send for Foreign {}
// SAFETY: as above.
unsafe impl Sync for Foreign {}

impl Default for Foreign {
    fn default() -> Self {
        Self(std::ptr::null_mut())
    }
}

/// A function and what it is passed.
#[derive(Debug)]
pub(super) struct Callee {
    function: Foreign,
    area: Foreign,
    options: i32,
}

/// `MQCB_FUNCTION`.
type Function = unsafe extern "C" fn(i32, *mut c_void, *mut c_void, *mut c_void, *mut mq::MQCBC);

/// What a call says in its MQCBC.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) call: i32,
    pub(super) codes: Codes,
    pub(super) data_length: i32,
    pub(super) area: Foreign,
}

impl Callee {
    pub(super) fn new(function: *mut c_void, area: *mut c_void, options: i32) -> Self {
        Self { function: Foreign(function), area: Foreign(area), options }
    }
}

/// A message consumer, or the event handler.
#[derive(Debug)]
pub(super) struct Consumer {
    callee: Callee,
    /// None for the event handler.
    taking: Option<Taking>,
    paused: AtomicBool,
    /// Since when it has waited for a message, until it was told that there is none.
    armed: Mutex<Option<Instant>>,
}

/// Which messages a consumer takes, and how.
#[derive(Debug)]
struct Taking {
    handle: i32,
    descriptor: Vec<u8>,
    options: Vec<u8>,
    bytes_max: Option<usize>,
    /// How long without a message until it is told so; `None` for never.
    patience: Option<Duration>,
}

impl Consumer {
    pub(super) fn handler(callee: Callee) -> Self {
        Self { callee, taking: None, paused: AtomicBool::new(false), armed: Mutex::default() }
    }

    pub(super) fn new(
        handle: i32,
        callee: Callee,
        descriptor: Md,
        options: Gmo,
        bytes_max: Option<usize>,
    ) -> Self {
        let waits = options.options() & mq::MQGMO_WAIT != 0;
        let interval_ms = if waits { options.wait_interval_ms() } else { 0 };
        let patience = u64::try_from(interval_ms).ok().map(Duration::from_millis);
        let (descriptor, options) = (descriptor.copied(), options.copied());
        let taking = Taking { handle, descriptor, options, bytes_max, patience };
        let armed = Mutex::new(Some(Instant::now()));
        Self { callee, taking: Some(taking), paused: AtomicBool::new(false), armed }
    }

    /// The object handle whose messages it takes; `None` for the event handler.
    pub(super) fn handle(&self) -> Option<i32> {
        self.taking.as_ref().map(|taking| taking.handle)
    }

    pub(super) fn asks(&self, option: i32) -> bool {
        self.callee.options & option != 0
    }

    pub(super) fn bytes_max(&self) -> Option<usize> {
        self.taking.as_ref().and_then(|taking| taking.bytes_max)
    }

    /// Copies of the descriptor and the options that it was registered with.
    pub(super) fn structures(&self) -> (Vec<u8>, Vec<u8>) {
        self.taking
            .as_ref()
            .map_or_else(Default::default, |taking| (taking.descriptor.clone(), taking.options.clone()))
    }

    pub(super) fn pause(&self, pauses: bool) {
        self.paused.store(pauses, Ordering::Relaxed);
        if !pauses {
            self.arm();
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// From now on it may be told that there is no message.
    pub(super) fn arm(&self) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Its time begins anew, unless it has been told already.
    pub(super) fn rearm(&self) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        *armed = armed.map(|_| Instant::now());
    }

    pub(super) fn disarm(&self) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// When it is to be told that there is no message.
    pub(super) fn due(&self) -> Option<Instant> {
        let patience = self.taking.as_ref()?.patience?;
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since + patience)
    }

    /// Calls it about itself: registered, started, stopped, deregistered.
    pub(super) fn call(&self, connection: i32, call: i32, area: Foreign) {
        let (mut descriptor, mut options) = self.structures();
        let said = Said { call, codes: Codes::OK, data_length: 0, area };
        self.call_with(connection, &mut descriptor, &mut options, None, said);
    }

    /// Calls it about something that has happened.
    pub(super) fn tell(&self, connection: i32, codes: Codes, area: Foreign) {
        let (mut descriptor, mut options) = self.structures();
        let said = Said { call: mq::MQCBCT_EVENT_CALL, codes, data_length: 0, area };
        self.call_with(connection, &mut descriptor, &mut options, None, said);
    }

    /// Calls it; NULL where there is no buffer.
    pub(super) fn call_with(
        &self,
        connection: i32,
        descriptor: &mut [u8],
        options: &mut [u8],
        buffer: Option<&mut [u8]>,
        said: Said,
    ) {
        let (completion, reason) = said.codes.numbers();
        let length = buffer.as_ref().map_or(0, |buffer| i32::try_from(buffer.len()).unwrap_or(i32::MAX));
        let mut context = mq::MQCBC {
            StrucId: b"CBC ".map(|byte| byte as mq::MQCHAR),
            Version: mq::MQCBC_VERSION_2,
            CallType: said.call,
            Hobj: self.handle().unwrap_or(mq::MQHO_NONE),
            CallbackArea: self.callee.area.0,
            ConnectionArea: said.area.0,
            CompCode: completion,
            Reason: reason,
            State: if self.is_paused() { mq::MQCS_SUSPENDED_USER_ACTION } else { mq::MQCS_NONE },
            DataLength: said.data_length,
            BufferLength: length,
            Flags: mq::MQCBCF_NONE,
            ReconnectDelay: 0,
        };
        let place = |bytes: &mut [u8]| match bytes.is_empty() {
            true => std::ptr::null_mut(),
            false => bytes.as_mut_ptr().cast(),
        };
        let buffer = buffer.map_or(std::ptr::null_mut(), |buffer| buffer.as_mut_ptr().cast());
        let (descriptor, options) = (place(descriptor), place(options));
        // SAFETY: a program registers a function of the type that the MQI declares for callbacks.
        let function = unsafe { std::mem::transmute::<*mut c_void, Function>(self.callee.function.0) };
        // SAFETY: the structures are of their longest versions and, like the buffer, of this call alone.
        unsafe { function(connection, descriptor, options, buffer, &raw mut context) };
    }
}

/// Views of copies of a consumer's structures.
pub(super) fn views(descriptor: &mut [u8], options: &mut [u8]) -> Result<(Md, Gmo), Codes> {
    // SAFETY: both are memory of this library's, as long as the longest versions, and outlive the views.
    let own = unsafe { Caller::vouches() };
    Ok((Md::open(own, descriptor.as_mut_ptr().cast())?, Gmo::open(own, options.as_mut_ptr().cast())?))
}

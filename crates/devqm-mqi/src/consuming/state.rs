//! Whether callbacks are called, who calls them, and how others make that stop.

use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use devqm::native::Canceller;
use libmqm_sys as mq;

use super::consumer::{Consumer, Foreign};
use crate::boundary::{Codes, Ended};

/// What MQCTL has asked for last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    #[default]
    Stopped,
    Started,
    Suspended,
}

/// The callbacks of one connection.
#[derive(Debug, Default)]
pub(crate) struct Consumption {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// Those who take messages; the one that was served last stands last.
    consumers: Vec<Arc<Consumer>>,
    handler: Option<Arc<Consumer>>,
    /// `MQCTLO.ConnectionArea`.
    area: Foreign,
    /// The thread that calls callbacks, from START until it has ended.
    thread: Option<ThreadId>,
    /// Whether that thread is getting or calling just now.
    busy: bool,
    /// How to end its wait, while it waits.
    waiting: Option<Canceller>,
}

impl Consumption {
    /// Whether the calling thread must leave the connection alone.
    pub(crate) fn keeps_out(&self) -> bool {
        let state = self.lock();
        state.phase == Phase::Started && state.thread != Some(std::thread::current().id())
    }

    /// Whether the calling thread is the one that calls callbacks.
    pub(crate) fn is_on_its_thread(&self) -> bool {
        self.lock().thread == Some(std::thread::current().id())
    }

    /// The connection ends: no callback is called any more.
    pub(crate) fn end(&self) {
        // Where nothing was started there is nothing to stop.
        let _ = self.change(Phase::Stopped);
    }

    /// An object was closed: its consumer goes with it.
    pub(crate) fn forget(&self, handle: i32) {
        self.remove(Some(handle));
    }

    pub(super) fn add(&self, consumer: Arc<Consumer>) {
        let mut state = self.lock();
        match consumer.handle() {
            None => state.handler = Some(consumer),
            Some(handle) => {
                state.consumers.retain(|other| other.handle() != Some(handle));
                state.consumers.push(consumer);
            }
        }
        self.changed.notify_all();
    }

    /// Takes a consumer out; the event handler for `None`.
    pub(super) fn remove(&self, handle: Option<i32>) -> Option<Arc<Consumer>> {
        let mut state = self.lock();
        if handle.is_none() {
            return state.handler.take();
        }
        let at = state.consumers.iter().position(|consumer| consumer.handle() == handle)?;
        Some(state.consumers.remove(at))
    }

    /// Suspends or resumes one of them; false where there is none.
    pub(super) fn pause(&self, handle: Option<i32>, pauses: bool) -> bool {
        let state = self.lock();
        let mut all = state.consumers.iter().chain(&state.handler);
        let found = all.find(|consumer| consumer.handle() == handle);
        if let Some(consumer) = found {
            consumer.pause(pauses);
        }
        self.changed.notify_all();
        found.is_some()
    }

    pub(super) fn area(&self) -> Foreign {
        self.lock().area
    }

    /// START; `thread` tells which thread it is that calls callbacks from now on.
    pub(super) fn start(&self, area: *mut c_void, thread: impl FnOnce() -> Result<ThreadId, Codes>) -> Ended {
        let mut state = self.lock();
        if state.thread.is_some() {
            return Err(Codes::failed(mq::MQRC_HCONN_ASYNC_ACTIVE));
        }
        state.thread = Some(thread()?);
        state.area = Foreign(area);
        state.phase = Phase::Started;
        state.busy = true;
        state.consumers.iter().for_each(|consumer| consumer.arm());
        Ok(Codes::OK)
    }

    /// STOP, SUSPEND and RESUME. Stopping waits for the callback under way, unless it is the one that asks.
    pub(super) fn change(&self, phase: Phase) -> Ended {
        let mut state = self.lock();
        if state.phase == Phase::Stopped {
            return Err(Codes::failed(mq::MQRC_OPERATION_NOT_ALLOWED));
        }
        state.phase = phase;
        self.changed.notify_all();
        if phase == Phase::Started {
            state.consumers.iter().for_each(|consumer| consumer.rearm());
            return Ok(Codes::OK);
        }
        if let Some(mut canceller) = state.waiting.take() {
            // A line that is broken ends the wait by itself.
            let _ = canceller.cancel();
        }
        if state.thread == Some(std::thread::current().id()) {
            return Ok(Codes::OK);
        }
        let rests = |state: &State| match state.phase {
            Phase::Stopped => state.thread.is_none(),
            Phase::Suspended => !state.busy,
            Phase::Started => true,
        };
        while !rests(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(Codes::OK)
    }

    /// For the thread that calls callbacks: those who may be served next; `None` where it is to end. It waits while nobody
    /// may, but not for consumers to be registered where `waits` is false.
    pub(super) fn next(&self, waits: bool) -> Option<Vec<Arc<Consumer>>> {
        let mut state = self.lock();
        loop {
            let active = || state.consumers.iter().filter(|consumer| !consumer.is_paused());
            match state.phase {
                Phase::Stopped => return None,
                Phase::Started if active().next().is_some() => {
                    let active = active().cloned().collect();
                    state.busy = true;
                    return Some(active);
                }
                Phase::Started if !waits => return None,
                _ => {}
            }
            state.busy = false;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A wait begins, unless somebody wants it over already.
    pub(super) fn waits(&self, mut canceller: Canceller) {
        let mut state = self.lock();
        if state.phase == Phase::Started {
            state.waiting = Some(canceller);
        } else {
            let _ = canceller.cancel();
        }
    }

    pub(super) fn waits_no_more(&self) {
        self.lock().waiting = None;
    }

    pub(super) fn has(&self, consumer: &Arc<Consumer>) -> bool {
        self.lock().consumers.iter().any(|other| Arc::ptr_eq(other, consumer))
    }

    /// Puts a consumer that was served behind the others; `None` where it has gone meanwhile.
    pub(super) fn served(&self, handle: i32) -> Option<Arc<Consumer>> {
        let consumer = self.remove(Some(handle))?;
        self.lock().consumers.push(consumer.clone());
        Some(consumer)
    }

    pub(super) fn all(&self) -> (Option<Arc<Consumer>>, Vec<Arc<Consumer>>) {
        let state = self.lock();
        (state.handler.clone(), state.consumers.clone())
    }

    /// The thread stops by itself.
    pub(super) fn stops(&self) {
        self.lock().phase = Phase::Stopped;
    }

    /// The thread has ended.
    pub(super) fn ended(&self) {
        let mut state = self.lock();
        state.phase = Phase::Stopped;
        state.thread = None;
        state.busy = false;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Connection handles: which socket a handle stands for, and how threads may share it.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::ThreadId;

use devqm::native::{Canceller, Client};
use devqm::verbs::{ObjectHandle, Open, Reply, Request};
use libmqm_sys as mq;

use crate::boundary::Codes;
use crate::consuming::Consumption;
use crate::status::Status;

/// How a handle may be used by threads other than the one that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// `MQCNO_HANDLE_SHARE_NONE`: not at all.
    Thread(ThreadId),
    /// `MQCNO_HANDLE_SHARE_BLOCK`: one after another.
    Block,
    /// `MQCNO_HANDLE_SHARE_NO_BLOCK`: a call while another is under way fails.
    NoBlock,
}

/// One MQI connection.
#[derive(Debug)]
pub(crate) struct Connection {
    share: Share,
    line: Mutex<Line>,
    /// Makes object handles of one connection unknown to another: see [`Connection::object`].
    objects: i32,
    /// The longest message that this client may put: `MQCD.MaxMsgLength`.
    pub(crate) message_bytes_max: usize,
    /// MQCB and MQCTL.
    pub(crate) consumption: Consumption,
    /// Whether something was put or got in a unit of work that has not ended.
    in_unit: AtomicBool,
    /// What asynchronous puts have left for MQSTAT.
    pub(crate) status: Status,
    /// The objects that are open, by the caller's handles.
    opened: Mutex<HashMap<i32, Open>>,
}

/// What is at the other end.
#[derive(Debug)]
enum Line {
    Open(Client),
    /// The socket has failed: nothing can be said on it any more.
    Broken,
    /// MQDISC.
    Ended,
}

const BROKEN: Codes = Codes::failed(mq::MQRC_CONNECTION_BROKEN);
const UNKNOWN: Codes = Codes::failed(mq::MQRC_HCONN_ERROR);

/// Sets connection handles apart from 0, -1 and other small numbers.
const HANDLE_MARK: i32 = 0x4000_0000;
/// A handle is given again only after this many connections, and not while it is in use.
const HANDLES: i32 = HANDLE_MARK - 1;

#[derive(Debug, Default)]
struct Table {
    connections: HashMap<i32, Arc<Connection>>,
    last: i32,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

fn table<T>(act: impl FnOnce(&mut Table) -> T) -> T {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    act(table.get_or_insert_default())
}

/// A handle for a connection that has been made.
pub(crate) fn add(client: Client, share: Share, message_bytes_max: usize) -> i32 {
    table(|table| {
        let handle = loop {
            table.last = table.last % HANDLES + 1;
            let handle = HANDLE_MARK | table.last;
            if !table.connections.contains_key(&handle) {
                break handle;
            }
        };
        let objects = (table.last % 0x7F + 1) << 24;
        let connection = Connection {
            share,
            line: Mutex::new(Line::Open(client)),
            objects,
            message_bytes_max,
            consumption: Consumption::default(),
            in_unit: AtomicBool::new(false),
            status: Status::default(),
            opened: Mutex::default(),
        };
        table.connections.insert(handle, Arc::new(connection));
        handle
    })
}

/// The connection that a handle stands for, if this thread may use it for any verb now.
pub(crate) fn find(handle: i32) -> Result<Arc<Connection>, Codes> {
    let connection = find_for_control(handle)?;
    // While callbacks are called, the connection is theirs.
    if connection.consumption.keeps_out() {
        return Err(Codes::failed(mq::MQRC_HCONN_ASYNC_ACTIVE));
    }
    Ok(connection)
}

/// As [`find`], also while callbacks are called: for MQCTL, MQDISC, and what never leaves this process.
pub(crate) fn find_for_control(handle: i32) -> Result<Arc<Connection>, Codes> {
    let connection = table(|table| table.connections.get(&handle).cloned()).ok_or(UNKNOWN)?;
    match connection.share {
        Share::Thread(owner)
            if owner != std::thread::current().id() && !connection.consumption.is_on_its_thread() =>
        {
            Err(UNKNOWN)
        }
        _ => Ok(connection),
    }
}

/// Ends a connection. Whatever the queue manager says, the handle stands for nothing afterwards.
pub(crate) fn end(handle: i32) -> Result<Reply, Codes> {
    let connection = find_for_control(handle)?;
    connection.consumption.end();
    let mut line = connection.lock()?;
    let reply = match mem::replace(&mut *line, Line::Ended) {
        Line::Open(mut client) => client.call(&Request::Disconnect).map_err(|_| BROKEN),
        Line::Broken => Err(BROKEN),
        Line::Ended => Err(UNKNOWN),
    };
    table(|table| table.connections.remove(&handle));
    reply
}

impl Connection {
    /// Makes one call; a thread waits for another's or is refused, as MQCNO asked.
    pub(crate) fn call(&self, request: &Request) -> Result<Reply, Codes> {
        let reply = self.call_by(|client| client.call(request))?;
        self.note_unit(request, &reply);
        Ok(reply)
    }

    /// Makes a call that waits, for the thread that calls callbacks; `asked` is told how it may be ended once it is on its way.
    pub(crate) fn call_waiting(
        &self,
        request: &Request,
        asked: impl FnOnce(Canceller),
    ) -> Result<Reply, Codes> {
        let reply = self.call_by(|client| {
            let canceller = client.canceller()?;
            client.call_and_then(request, || asked(canceller))
        })?;
        self.note_unit(request, &reply);
        Ok(reply)
    }

    /// Notes what was opened, by the caller's handle; `None` once it is closed.
    pub(crate) fn note_opened(&self, handle: i32, open: Option<Open>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        match open {
            Some(open) => opened.insert(handle, open),
            None => opened.remove(&handle),
        };
    }

    /// What was opened; `None` where the handle stands for nothing.
    pub(crate) fn opened(&self, handle: i32) -> Option<Open> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&handle).cloned()
    }

    /// Whether a unit of work is open.
    pub(crate) fn has_unit(&self) -> bool {
        self.in_unit.load(Ordering::Relaxed)
    }

    fn note_unit(&self, request: &Request, reply: &Reply) {
        if reply.completion == mq::MQCC_FAILED {
            return;
        }
        match request {
            Request::Put(put) | Request::Put1(_, put) if put.options & mq::MQPMO_SYNCPOINT != 0 => {
                self.in_unit.store(true, Ordering::Relaxed);
            }
            Request::Get(get) if get.options & mq::MQGMO_SYNCPOINT != 0 => {
                self.in_unit.store(true, Ordering::Relaxed);
            }
            Request::Commit | Request::BackOut => self.in_unit.store(false, Ordering::Relaxed),
            _ => {}
        }
    }

    fn call_by(&self, act: impl FnOnce(&mut Client) -> std::io::Result<Reply>) -> Result<Reply, Codes> {
        let mut line = self.lock()?;
        // A client that fails or panics in the middle of a frame never comes back.
        match mem::replace(&mut *line, Line::Broken) {
            Line::Open(mut client) => {
                let reply = act(&mut client).map_err(|_| BROKEN)?;
                *line = Line::Open(client);
                Ok(reply)
            }
            Line::Broken => Err(BROKEN),
            Line::Ended => {
                *line = Line::Ended;
                Err(UNKNOWN)
            }
        }
    }

    /// Between the caller's object handle and devqm's, in both directions. devqm counts from 1 on each connection: without
    /// this a handle of one connection would silently name another object on the next.
    pub(crate) fn object(&self, handle: ObjectHandle) -> ObjectHandle {
        handle ^ self.objects
    }

    fn lock(&self) -> Result<MutexGuard<'_, Line>, Codes> {
        if self.share != Share::NoBlock {
            return Ok(self.line.lock().unwrap_or_else(PoisonError::into_inner));
        }
        match self.line.try_lock() {
            Ok(line) => Ok(line),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Codes::failed(mq::MQRC_CALL_IN_PROGRESS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_that_were_never_given_are_unknown() {
        for handle in [mq::MQHC_DEF_HCONN, mq::MQHC_UNUSABLE_HCONN, mq::MQHC_UNASSOCIATED_HCONN, 7, i32::MAX]
        {
            assert!(matches!(find(handle), Err(UNKNOWN)));
            assert_eq!(end(handle), Err(UNKNOWN));
        }
    }
}

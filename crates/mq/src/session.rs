//! A session: one connection and its open queues, used by the thread that made it.
//!
//! The connection is made with `MQCNO_HANDLE_SHARE_NONE`: MQ ties its handle to the thread, and so does the type, which is
//! neither `Send` nor `Sync`.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use libmqm_sys as sys;

use crate::connect::{self, ConnectOptions};
use crate::library::Library;
use crate::name::{QueueManagerName, QueueName, padded, text};
use crate::outcome::{Class, Error, Verb};
use crate::properties::Scratch;
use crate::unit_of_work::Unit;
use crate::verbs::Verbs;

/// The buffer that a session keeps for gets; a larger message gets a larger one for as long as it lasts.
pub(crate) const BUFFER_BYTES_KEPT: usize = 65_536;

static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// A connection to a queue manager and its open queues.
///
/// Ends by [`Session::disconnect`] or by being dropped. Either backs an open unit of work out first, because **MQDISC
/// commits**. A session whose backout failed, or whose connection is lost, is *poisoned*: every call but its end answers
/// `MQRC_HCONN_ERROR`.
pub struct Session {
    pub(crate) verbs: Verbs,
    pub(crate) connection: sys::MQHCONN,
    pub(crate) message_handle: sys::MQHMSG,
    pub(crate) buffer: Vec<u8>,
    pub(crate) scratch: Scratch,
    // Something may have been got or put that neither MQCMIT nor MQBACK has settled.
    pub(crate) unit_open: bool,
    // Whether messages of segments are got whole.
    pub(crate) assembles: bool,
    // Messages got since a unit last ended.
    pub(crate) got_in_unit: u32,
    pub(crate) tally: Tally,
    number: u64,
    poisoned: bool,
    connected: bool,
    // A connection handle belongs to the thread that made it.
    not_send: PhantomData<*const ()>,
}

/// How many messages a session has got for good. Counted where MQCMIT is called and nowhere else, so that it can be compared
/// with what the units' owner believes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// In units whose commit succeeded.
    pub got: u64,
    /// In units whose commit has an unknown outcome.
    pub got_unknown: u64,
}

/// An open queue of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    session: u64,
    object: sys::MQHOBJ,
}

/// What a queue is opened for. `MQOO_FAIL_IF_QUIESCING` always applies.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// To get, and how the queue is shared.
    pub input: Option<Input>,
    /// To put.
    pub output: bool,
    /// To ask for its attributes.
    pub inquire: bool,
    /// To browse.
    pub browse: bool,
    /// To keep the context of messages got, for puts that pass it on.
    pub save_all_context: bool,
    /// To put with the context of a message got.
    pub pass_all_context: bool,
    /// To put with any context.
    pub set_all_context: bool,
}

/// How a queue is shared with others that get from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// As the queue's DEFSOPT says.
    AsQueueDefines,
    /// With others.
    Shared,
    /// Alone; 2042 where another has it open.
    Exclusive,
}

/// Attributes of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueAttributes {
    /// BOTHRESH.
    pub backout_threshold: i32,
    /// BOQNAME.
    pub backout_requeue_queue: Option<QueueName>,
    /// MAXMSGL, in bytes.
    pub message_bytes_max: u32,
    /// CURDEPTH: messages on the queue, uncommitted ones included.
    pub depth: u32,
}

/// Attributes of the queue manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueManagerAttributes {
    /// QMNAME: the name as resolved.
    pub name: QueueManagerName,
    /// DEADQ.
    pub dead_letter_queue: Option<QueueName>,
    /// CCSID.
    pub ccsid: i32,
    /// MAXMSGL, in bytes.
    pub message_bytes_max: u32,
    /// QMID: unlike the name, unique.
    pub identifier: String,
    /// Whether it puts segments together: all do but those on z/OS.
    pub assembles_segments: bool,
}

impl Session {
    /// Connects as a client.
    ///
    /// # Errors
    /// What MQCONNX or the creation of the message handle answers, warnings included.
    pub fn connect(library: &Library, options: &ConnectOptions) -> Result<Self, Error> {
        let connection = connect::connect(library, options)?;
        let mut session = Self {
            verbs: library.verbs(),
            connection,
            message_handle: sys::MQHM_NONE,
            buffer: vec![0; BUFFER_BYTES_KEPT],
            scratch: Scratch::default(),
            unit_open: false,
            assembles: false,
            got_in_unit: 0,
            tally: Tally::default(),
            number: SESSIONS.fetch_add(1, Ordering::Relaxed),
            poisoned: false,
            connected: true,
            not_send: PhantomData,
        };
        let created = session.verbs.create_message_handle(connection);
        session.message_handle = session.noting(created)?;
        Ok(session)
    }

    /// Opens a queue.
    ///
    /// # Errors
    /// What MQOPEN answers.
    pub fn open(&mut self, queue: &QueueName, options: OpenOptions) -> Result<Queue, Error> {
        self.usable(Verb::Open)?;
        let mut object = object(queue.as_str(), "");
        let opened = self.verbs.open(self.connection, &mut object, options.bits());
        let object = self.noting(opened)?;
        Ok(Queue { session: self.number, object })
    }

    /// Asks for attributes of a queue that was opened with `inquire`.
    ///
    /// # Errors
    /// What MQINQ answers.
    pub fn inquire_queue(&mut self, queue: Queue) -> Result<QueueAttributes, Error> {
        let selectors = [
            sys::MQIA_BACKOUT_THRESHOLD,
            sys::MQIA_MAX_MSG_LENGTH,
            sys::MQIA_CURRENT_Q_DEPTH,
            sys::MQCA_BACKOUT_REQ_Q_NAME,
        ];
        let object = self.object(Verb::Inquire, queue)?;
        let mut integers = [0; 3];
        let mut name = padded::<48>("");
        let inquired = self.verbs.inquire(self.connection, object, &selectors, &mut integers, &mut name);
        self.noting(inquired)?;
        let [backout_threshold, message_bytes_max, depth] = integers;
        Ok(QueueAttributes {
            backout_threshold,
            backout_requeue_queue: text(&name).parse().ok(),
            message_bytes_max: u32::try_from(message_bytes_max).unwrap_or(0),
            depth: u32::try_from(depth).unwrap_or(0),
        })
    }

    /// Asks for attributes of the queue manager.
    ///
    /// # Errors
    /// What MQOPEN or MQINQ answers.
    pub fn inquire_queue_manager(&mut self) -> Result<QueueManagerAttributes, Error> {
        self.usable(Verb::Open)?;
        let mut description = sys::MQOD { ObjectType: sys::MQOT_Q_MGR, ..object("", "") };
        let options = sys::MQOO_INQUIRE | sys::MQOO_FAIL_IF_QUIESCING;
        let opened = self.verbs.open(self.connection, &mut description, options);
        let manager = self.noting(opened)?;
        let selectors = [
            sys::MQIA_CODED_CHAR_SET_ID,
            sys::MQIA_MAX_MSG_LENGTH,
            sys::MQIA_PLATFORM,
            sys::MQCA_Q_MGR_NAME,
            sys::MQCA_DEAD_LETTER_Q_NAME,
            sys::MQCA_Q_MGR_IDENTIFIER,
        ];
        let mut integers = [0; 3];
        let mut names = padded::<144>("");
        let inquired = self.verbs.inquire(self.connection, manager, &selectors, &mut integers, &mut names);
        self.noting(inquired)?;
        let [ccsid, message_bytes_max, platform] = integers;
        let field = |at: usize| names.get(at * 48..(at + 1) * 48).map(text).unwrap_or_default();
        Ok(QueueManagerAttributes {
            name: field(0).parse().unwrap_or_else(|_| QueueManagerName::unnamed()),
            dead_letter_queue: field(1).parse().ok(),
            ccsid,
            message_bytes_max: u32::try_from(message_bytes_max).unwrap_or(0),
            identifier: field(2),
            assembles_segments: platform != sys::MQPL_ZOS,
        })
    }

    /// From here on units get and browse messages of segments whole, and leave those alone whose segments are not all there.
    /// For queue managers that can; see [`QueueManagerAttributes::assembles_segments`].
    pub fn assemble_segments(&mut self) {
        self.assembles = true;
    }

    /// Begins a unit of work. The borrow keeps a second one from being begun.
    pub fn begin(&mut self) -> Unit<'_> {
        Unit::new(self)
    }

    /// What this session has got for good so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The session is of no more use: its connection is lost, or a backout failed.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Backs an open unit of work out and disconnects.
    ///
    /// # Errors
    /// What MQBACK or MQDISC answers. The session has ended all the same.
    pub fn disconnect(mut self) -> Result<(), Error> {
        self.end()
    }

    /// An error unless calls can be made.
    pub(crate) fn usable(&self, verb: Verb) -> Result<(), Error> {
        if self.poisoned { Err(Error::new(verb, sys::MQCC_FAILED, sys::MQRC_HCONN_ERROR)) } else { Ok(()) }
    }

    /// The handle of a queue, if it is one of this session's and calls can be made.
    pub(crate) fn object(&self, verb: Verb, queue: Queue) -> Result<sys::MQHOBJ, Error> {
        self.usable(verb)?;
        if queue.session == self.number {
            Ok(queue.object)
        } else {
            Err(Error::new(verb, sys::MQCC_FAILED, sys::MQRC_HOBJ_ERROR))
        }
    }

    /// Passes a result on; one that says that the connection is gone poisons the session.
    pub(crate) fn noting<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && (error.class() == Class::ConnectionLost || error.reason().0 == sys::MQRC_HCONN_ERROR)
        {
            self.poisoned = true;
        }
        result
    }

    /// Backs out what is open. A backout that fails poisons the session.
    pub(crate) fn back_out(&mut self) -> Result<(), Error> {
        if !self.unit_open {
            return Ok(());
        }
        let backed_out = self.verbs.back_out(self.connection);
        self.got_in_unit = 0;
        if backed_out.is_ok() {
            self.unit_open = false;
        } else {
            self.poisoned = true;
        }
        backed_out
    }

    fn end(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.connected) {
            return Ok(());
        }
        let backed_out = self.back_out();
        if let Err(error) = backed_out
            && !matches!(error.class(), Class::ConnectionLost | Class::HandleInvalid)
        {
            // The connection lives and its unit is still open: MQDISC would commit it. The handle is given up instead; the
            // queue manager backs the unit out when the process ends.
            return Err(error);
        }
        if self.message_handle != sys::MQHM_NONE && !self.poisoned {
            // Frees memory of the library only; MQDISC frees it as well.
            let _ = self.verbs.delete_message_handle(self.connection, self.message_handle);
        }
        let disconnected = self.verbs.disconnect(self.connection);
        backed_out.and(disconnected)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A session that is dropped has nobody left to tell; what was not committed is backed out either way.
        let _ = self.end();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("number", &self.number)
            .field("poisoned", &self.poisoned)
            .finish_non_exhaustive()
    }
}

impl OpenOptions {
    fn bits(self) -> sys::MQLONG {
        let input = match self.input {
            None => 0,
            Some(Input::AsQueueDefines) => sys::MQOO_INPUT_AS_Q_DEF | sys::MQOO_NO_READ_AHEAD,
            Some(Input::Shared) => sys::MQOO_INPUT_SHARED | sys::MQOO_NO_READ_AHEAD,
            Some(Input::Exclusive) => sys::MQOO_INPUT_EXCLUSIVE | sys::MQOO_NO_READ_AHEAD,
        };
        let options = [
            (self.output, sys::MQOO_OUTPUT),
            (self.inquire, sys::MQOO_INQUIRE),
            (self.browse, sys::MQOO_BROWSE),
            (self.save_all_context, sys::MQOO_SAVE_ALL_CONTEXT),
            (self.pass_all_context, sys::MQOO_PASS_ALL_CONTEXT),
            (self.set_all_context, sys::MQOO_SET_ALL_CONTEXT),
        ];
        let asked = options.iter().filter(|(asked, _)| *asked).fold(0, |bits, (_, bit)| bits | bit);
        sys::MQOO_FAIL_IF_QUIESCING | input | asked
    }
}

/// A queue's object descriptor.
pub(crate) fn object(queue: &str, queue_manager: &str) -> sys::MQOD {
    sys::MQOD {
        Version: sys::MQOD_VERSION_4,
        ObjectType: sys::MQOT_Q,
        ObjectName: padded(queue),
        ObjectQMgrName: padded(queue_manager),
        ..libmqm_default::MQOD_DEFAULT
    }
}

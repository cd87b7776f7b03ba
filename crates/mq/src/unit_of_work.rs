//! The unit of work: the only place that gets and puts.
//!
//! A unit borrows its session, so there is one at a time. [`Unit::commit`] consumes it; dropping it backs it out.

use std::fmt;
use std::time::Duration;

use libmqm_sys as sys;

use crate::descriptor::{Descriptor, new_mqmd};
use crate::name::{CorrelationId, MessageId, QueueManagerName, QueueName, text};
use crate::outcome::{Error, Verb};
use crate::properties::{self, Property};
use crate::session::{BUFFER_BYTES_KEPT, Queue, Session, object};

/// MQ's own limit on a message, in bytes (100 MB).
const MESSAGE_BYTES_MAX: usize = 104_857_600;

/// How often a get follows a message that changes under it before it reports what it saw.
const GROWTHS_MAX: u32 = 4;

/// A unit of work on one session. What is got and put in it becomes final by [`Unit::commit`] and is undone by anything
/// else: [`Unit::back_out`], drop, a lost connection, the end of the process.
#[derive(Debug)]
pub struct Unit<'s> {
    session: &'s mut Session,
}

/// How to get.
#[derive(Debug, Clone, Copy)]
pub struct GetOptions {
    /// How long to wait for a message; whole milliseconds.
    pub wait: Duration,
}

/// Which message to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browse {
    /// The first one on the queue.
    First,
    /// The one behind the one that was browsed last.
    Next,
}

/// What is seen of a message without getting it.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// Its properties, those of an MQRFH2 in the body excepted.
    pub properties: Vec<Property>,
    /// The length of its body.
    pub body_bytes: usize,
}

/// A message that was got. `Debug` never shows the body.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// Its properties, those of an MQRFH2 in the body excepted.
    pub properties: Vec<Property>,
    /// Its bytes, whole.
    pub body: Vec<u8>,
}

/// A message to put. `Debug` never shows the body.
#[derive(Clone)]
pub struct Outgoing<'a> {
    /// The descriptor; which of its context fields count is decided by `context`.
    pub descriptor: Descriptor,
    /// The properties.
    pub properties: &'a [Property],
    /// The bytes.
    pub body: &'a [u8],
    /// Where identity and origin context come from.
    pub context: Context,
    /// `MQPMO_NEW_MSG_ID`: the queue manager makes a MsgId, whatever the descriptor says.
    pub new_message_id: bool,
    /// `MQPMO_NEW_CORREL_ID`.
    pub new_correlation_id: bool,
}

/// Where the context of a put comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Made by the queue manager.
    Default,
    /// None.
    None,
    /// Identity and origin of the last message got from this queue, which was opened with `save_all_context`.
    PassAll(Queue),
    /// Its identity; origin made by the queue manager.
    PassIdentity(Queue),
    /// Identity as in the descriptor; origin made by the queue manager.
    SetIdentity,
    /// Identity and origin as in the descriptor.
    SetAll,
}

/// What became of a put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The descriptor's MsgId, as put.
    pub message_id: MessageId,
    /// The descriptor's CorrelId, as put.
    pub correlation_id: CorrelationId,
    /// When, `YYYYMMDD`.
    pub put_date: [u8; 8],
    /// When, `HHMMSSTH`.
    pub put_time: [u8; 8],
    /// The queue that an alias resolved to.
    pub resolved_queue: String,
}

impl<'s> Unit<'s> {
    pub(crate) fn new(session: &'s mut Session) -> Self {
        Self { session }
    }

    /// Gets one message under syncpoint, whole, whatever its length, with its properties. `None`: no message came.
    ///
    /// On a session that assembles segments, two kinds of messages come in pieces all the same, and their flags say so: one that
    /// is longer than the channel or this driver takes, and one whose segments differ in their character sets or encodings.
    ///
    /// # Errors
    /// What MQGET or MQINQMP answers, any warning but truncation included.
    pub fn get(&mut self, queue: Queue, options: GetOptions) -> Result<Option<Message>, Error> {
        self.take(queue, sys::MQGMO_WAIT, milliseconds(options.wait))
    }

    /// Gets the message that was browsed last, as [`Unit::get`] does. `None`: somebody else has got it since.
    ///
    /// # Errors
    /// As [`Unit::get`].
    pub fn get_browsed(&mut self, queue: Queue) -> Result<Option<Message>, Error> {
        self.take(queue, sys::MQGMO_MSG_UNDER_CURSOR | sys::MQGMO_NO_WAIT, 0)
    }

    /// Looks at a message and leaves it where it is: everything but its body. `None`: there is none, or no further one,
    /// even after waiting.
    ///
    /// # Errors
    /// What MQGET or MQINQMP answers.
    pub fn browse(
        &mut self,
        queue: Queue,
        which: Browse,
        options: GetOptions,
    ) -> Result<Option<Glance>, Error> {
        let session = &mut *self.session;
        let object = session.object(Verb::Get, queue)?;
        let place = match which {
            Browse::First => sys::MQGMO_BROWSE_FIRST,
            Browse::Next => sys::MQGMO_BROWSE_NEXT,
        };
        let how = place | sys::MQGMO_ACCEPT_TRUNCATED_MSG | sys::MQGMO_WAIT;
        let mut gmo = get_options(session, how, milliseconds(options.wait));
        let mut md = new_mqmd();
        let (body_bytes, browsed) = session.verbs.get(session.connection, object, &mut md, &mut gmo, &mut []);
        match session.noting(browsed) {
            Err(error) if error.reason().0 == sys::MQRC_NO_MSG_AVAILABLE => return Ok(None),
            // The body is never wanted here.
            Err(error) if error.reason().0 == sys::MQRC_TRUNCATED_MSG_ACCEPTED => {}
            browsed => browsed?,
        }
        let properties = read_properties(session)?;
        Ok(Some(Glance { descriptor: Descriptor::from_mqmd(&md), properties, body_bytes }))
    }

    /// Looks at the message that was browsed last, whole. `None`: somebody has got it since.
    ///
    /// # Errors
    /// As [`Unit::browse`].
    pub fn view_browsed(&mut self, queue: Queue) -> Result<Option<Message>, Error> {
        self.take(queue, sys::MQGMO_BROWSE_MSG_UNDER_CURSOR | sys::MQGMO_NO_WAIT, 0)
    }

    fn take(&mut self, queue: Queue, how: sys::MQLONG, wait_ms: i32) -> Result<Option<Message>, Error> {
        let session = &mut *self.session;
        let object = session.object(Verb::Get, queue)?;
        let browses = how & sys::MQGMO_BROWSE_MSG_UNDER_CURSOR != 0;
        let syncpoint = if browses { sys::MQGMO_NONE } else { sys::MQGMO_SYNCPOINT };
        let mut gmo = get_options(session, how | syncpoint, wait_ms);
        let mut md = new_mqmd();
        let mut growths = 0;
        let length = loop {
            let (length, got) =
                session.verbs.get(session.connection, object, &mut md, &mut gmo, &mut session.buffer);
            let Err(error) = session.noting(got) else {
                break length;
            };
            match error.reason().0 {
                sys::MQRC_NO_MSG_AVAILABLE | sys::MQRC_NO_MSG_UNDER_CURSOR => return Ok(None),
                // What could be put together has been got; its flags say that it is not all.
                sys::MQRC_INCONSISTENT_CCSIDS | sys::MQRC_INCONSISTENT_ENCODINGS => break length,
                reason if gmo.Options & sys::MQGMO_COMPLETE_MSG != 0 && is_too_long(reason, length) => {
                    // It would stand in the way of all others for ever.
                    gmo.Options &= !sys::MQGMO_COMPLETE_MSG;
                    gmo.MatchOptions = sys::MQMO_NONE;
                    md = new_mqmd();
                }
                sys::MQRC_TRUNCATED_MSG_FAILED if length <= MESSAGE_BYTES_MAX && growths < GROWTHS_MAX => {
                    growths += 1;
                    session.buffer.resize(length.max(session.buffer.len()), 0);
                    if how & sys::MQGMO_WAIT == 0 {
                        // The cursor still names it.
                        md = new_mqmd();
                        continue;
                    }
                    // The message stayed on its queue: the same one is wanted, now or, if another took it, not at all.
                    md = sys::MQMD2 { MsgId: md.MsgId, CorrelId: md.CorrelId, ..new_mqmd() };
                    gmo.MatchOptions = sys::MQMO_MATCH_MSG_ID | sys::MQMO_MATCH_CORREL_ID;
                    gmo.Options = (gmo.Options & !sys::MQGMO_WAIT) | sys::MQGMO_NO_WAIT;
                }
                _ => {
                    // After a warning the message may be in the unit.
                    session.unit_open |= !browses && error.completion() == sys::MQCC_WARNING;
                    return Err(error);
                }
            }
        };
        if !browses {
            session.unit_open = true;
            session.got_in_unit += 1;
        }
        let body = session.buffer.get(..length).unwrap_or_default().to_vec();
        if session.buffer.len() > BUFFER_BYTES_KEPT {
            session.buffer = vec![0; BUFFER_BYTES_KEPT];
        }
        let properties = read_properties(session)?;
        Ok(Some(Message { descriptor: Descriptor::from_mqmd(&md), properties, body }))
    }

    /// Puts one message under syncpoint to an open queue.
    ///
    /// # Errors
    /// What MQPUT, or setting the properties, answers, warnings included. Nothing was put then, or its outcome is unknown.
    pub fn put(&mut self, queue: Queue, message: &Outgoing<'_>) -> Result<Placed, Error> {
        let object = self.session.object(Verb::Put, queue)?;
        self.place(Verb::Put, message, |session, md, pmo| {
            session.verbs.put(session.connection, object, md, pmo, message.body)
        })
    }

    /// Puts one message under syncpoint to a queue that is not open.
    ///
    /// # Errors
    /// As [`Unit::put`], and what MQOPEN would answer.
    pub fn put1(
        &mut self,
        queue: &QueueName,
        queue_manager: Option<&QueueManagerName>,
        message: &Outgoing<'_>,
    ) -> Result<Placed, Error> {
        self.session.usable(Verb::Put1)?;
        let mut target = object(queue.as_str(), queue_manager.map_or("", QueueManagerName::as_str));
        self.place(Verb::Put1, message, |session, md, pmo| {
            session.verbs.put1(session.connection, &mut target, md, pmo, message.body)
        })
    }

    fn place(
        &mut self,
        verb: Verb,
        message: &Outgoing<'_>,
        put: impl FnOnce(&Session, &mut sys::MQMD2, &mut sys::MQPMO) -> Result<(), Error>,
    ) -> Result<Placed, Error> {
        let session = &mut *self.session;
        let mut pmo = put_options(session, verb, message)?;
        let mut md = message.descriptor.to_mqmd();
        let handle = if message.properties.is_empty() {
            None
        } else {
            Some(filled_handle(session, message.properties)?)
        };
        pmo.OriginalMsgHandle = handle.unwrap_or(sys::MQHM_NONE);
        // Even a put that fails may have begun the unit of work.
        session.unit_open = true;
        let placed = put(session, &mut md, &mut pmo);
        if let Some(handle) = handle {
            // Frees memory of the library only; it is freed with the connection at the latest.
            let _ = session.verbs.delete_message_handle(session.connection, handle);
        }
        session.noting(placed)?;
        let descriptor = Descriptor::from_mqmd(&md);
        Ok(Placed {
            message_id: descriptor.message_id,
            correlation_id: descriptor.correlation_id,
            put_date: descriptor.put_date,
            put_time: descriptor.put_time,
            resolved_queue: text(&pmo.ResolvedQName),
        })
    }

    /// Makes everything in the unit final.
    ///
    /// # Errors
    /// What MQCMIT answers; a warning (2003) is a failed commit. [`Error::outcome_unknown`] tells whether it may have
    /// happened all the same.
    pub fn commit(self) -> Result<(), Error> {
        let session = &mut *self.session;
        session.usable(Verb::Commit)?;
        if !session.unit_open {
            return Ok(());
        }
        let committed = session.verbs.commit(session.connection);
        let got = u64::from(std::mem::take(&mut session.got_in_unit));
        match &committed {
            Ok(()) => {
                session.unit_open = false;
                session.tally.got += got;
            }
            // The queue manager has backed the unit out by itself.
            Err(error) if error.reason().0 == sys::MQRC_BACKED_OUT => session.unit_open = false,
            Err(error) => session.tally.got_unknown += if error.outcome_unknown() { got } else { 0 },
        }
        session.noting(committed)
    }

    /// Undoes everything in the unit.
    ///
    /// # Errors
    /// What MQBACK answers. The session is then poisoned; the queue manager backs the unit out when it notices.
    pub fn back_out(self) -> Result<(), Error> {
        self.session.back_out()
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        // A failed backout poisons the session, which its owner sees at the next call.
        let _ = self.session.back_out();
    }
}

/// The options of a get: never with data conversion, properties always in the session's handle.
fn get_options(session: &Session, options: sys::MQLONG, wait_ms: i32) -> sys::MQGMO {
    let segments = if session.assembles { sys::MQGMO_COMPLETE_MSG } else { sys::MQGMO_NONE };
    sys::MQGMO {
        Version: sys::MQGMO_VERSION_4,
        Options: options | segments | sys::MQGMO_FAIL_IF_QUIESCING | sys::MQGMO_PROPERTIES_IN_HANDLE,
        WaitInterval: wait_ms,
        MatchOptions: sys::MQMO_NONE,
        MsgHandle: session.message_handle,
        ..libmqm_default::MQGMO_DEFAULT
    }
}

/// Whether a message of segments is longer than the channel takes, or than any single message may be.
fn is_too_long(reason: sys::MQLONG, length: usize) -> bool {
    match reason {
        sys::MQRC_DATA_LENGTH_ERROR => true,
        sys::MQRC_TRUNCATED_MSG_FAILED => length > MESSAGE_BYTES_MAX,
        _ => false,
    }
}

fn milliseconds(wait: Duration) -> i32 {
    i32::try_from(wait.as_millis()).unwrap_or(i32::MAX)
}

/// The properties of the message that the session's handle was given last.
fn read_properties(session: &mut Session) -> Result<Vec<Property>, Error> {
    let read =
        properties::read(&session.verbs, session.connection, session.message_handle, &mut session.scratch);
    session.noting(read)
}

/// The options of a put, its context checked to belong to this session.
fn put_options(session: &Session, verb: Verb, message: &Outgoing<'_>) -> Result<sys::MQPMO, Error> {
    let (context, from) = match message.context {
        Context::Default => (sys::MQPMO_DEFAULT_CONTEXT, None),
        Context::None => (sys::MQPMO_NO_CONTEXT, None),
        Context::PassAll(queue) => (sys::MQPMO_PASS_ALL_CONTEXT, Some(queue)),
        Context::PassIdentity(queue) => (sys::MQPMO_PASS_IDENTITY_CONTEXT, Some(queue)),
        Context::SetIdentity => (sys::MQPMO_SET_IDENTITY_CONTEXT, None),
        Context::SetAll => (sys::MQPMO_SET_ALL_CONTEXT, None),
    };
    let new_ids = [
        (message.new_message_id, sys::MQPMO_NEW_MSG_ID),
        (message.new_correlation_id, sys::MQPMO_NEW_CORREL_ID),
    ];
    let new_ids = new_ids.iter().filter(|(asked, _)| *asked).fold(0, |bits, (_, bit)| bits | bit);
    Ok(sys::MQPMO {
        Version: sys::MQPMO_VERSION_3,
        Options: sys::MQPMO_SYNCPOINT | sys::MQPMO_FAIL_IF_QUIESCING | context | new_ids,
        Context: from.map(|queue| session.object(verb, queue)).transpose()?.unwrap_or(0),
        ..libmqm_default::MQPMO_DEFAULT
    })
}

/// A message handle with these properties.
fn filled_handle(session: &mut Session, properties: &[Property]) -> Result<sys::MQHMSG, Error> {
    let created = session.verbs.create_message_handle(session.connection);
    let handle = session.noting(created)?;
    let written = properties::write(&session.verbs, session.connection, handle, properties);
    session.noting(written)?;
    Ok(handle)
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("message_id", &self.descriptor.message_id)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

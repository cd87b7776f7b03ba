//! What a claim works with: connections, temporary queues, and calls whose codes are noted and compared.

use std::cell::RefCell;
use std::rc::Rc;

use libmqm_default as initial;
use libmqm_sys as mq;
use mq::{MQHCONN, MQHMSG, MQHOBJ};

use crate::calls::{Codes, Got, Mqi, field, text};

/// How long a get waits that must not wait in vain, in milliseconds.
pub(crate) const WAIT_MS: i32 = 10_000;
/// The buffer of a get, in bytes.
const ROOM_BYTES: usize = 4_096;

/// Who is asked.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Channel and connection name; none leaves it to the library.
    pub(crate) endpoint: Option<(String, String)>,
    pub(crate) queue_manager: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) model: String,
}

/// Why a claim was not found to hold.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It does not.
    Fails(String),
    /// It cannot be asked here.
    NotApplicable(String),
}

/// What became of a claim.
pub(crate) type Verdict = Result<(), Stop>;

/// The calls that were made, with their reasons.
type Told = Rc<RefCell<Vec<(&'static str, i32)>>>;

/// What a claim is asked with.
pub(crate) struct Bench {
    mqi: Mqi,
    target: Target,
    told: Told,
}

/// A connection; ends with everything that it has open backed out.
pub(crate) struct Connection {
    mqi: Mqi,
    told: Told,
    pub(crate) handle: MQHCONN,
    ended: bool,
}

/// A temporary queue and the handle that created it.
pub(crate) struct Temporary {
    pub(crate) handle: MQHOBJ,
    pub(crate) name: String,
}

/// A message as it was got.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) descriptor: mq::MQMD2,
    pub(crate) got: Got,
}

impl Bench {
    pub(crate) fn new(mqi: &Mqi, target: &Target) -> Self {
        Self { mqi: *mqi, target: target.clone(), told: Told::default() }
    }

    /// The calls so far.
    pub(crate) fn told(&self) -> Vec<(&'static str, i32)> {
        self.told.borrow().clone()
    }

    /// What another thread needs for a bench of its own.
    pub(crate) fn apart(&self) -> (Mqi, Target) {
        (self.mqi, self.target.clone())
    }

    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.target.endpoint.as_ref().map(|(channel, _)| channel.as_str())
    }

    /// A connection.
    pub(crate) fn connect(&self) -> Result<Connection, Stop> {
        let (handle, codes) = self.mqi.connect(&self.target, None, None);
        self.note("MQCONNX", codes);
        expect_ok("MQCONNX", codes)?;
        Ok(Connection { mqi: self.mqi, told: self.told.clone(), handle, ended: false })
    }

    /// The codes of a connection by another channel or name, which must not be made.
    pub(crate) fn connect_in_vain(&self, channel: Option<&str>, name: Option<&str>) -> Codes {
        let (handle, codes) = self.mqi.connect(&self.target, channel, name);
        self.note("MQCONNX", codes);
        if codes.0 != mq::MQCC_FAILED {
            self.mqi.disconnect(handle);
        }
        codes
    }

    /// A temporary queue of this connection's.
    pub(crate) fn temporary(&self, connection: &Connection) -> Result<Temporary, Stop> {
        let mut object = mq::MQOD { DynamicQName: field("DEVQM.CONFORMANCE.*"), ..od(&self.target.model) };
        let options = mq::MQOO_INPUT_EXCLUSIVE
            | mq::MQOO_BROWSE
            | mq::MQOO_OUTPUT
            | mq::MQOO_INQUIRE
            | mq::MQOO_FAIL_IF_QUIESCING;
        let (handle, codes) = connection.open_as(&mut object, options);
        expect_ok("MQOPEN of the model queue", codes)?;
        Ok(Temporary { handle, name: text(&object.ObjectName) })
    }

    fn note(&self, verb: &'static str, codes: Codes) {
        self.told.borrow_mut().push((verb, codes.1));
    }
}

impl Connection {
    fn note(&self, verb: &'static str, codes: Codes) -> Codes {
        self.told.borrow_mut().push((verb, codes.1));
        codes
    }

    pub(crate) fn open_as(&self, object: &mut mq::MQOD, options: i32) -> (MQHOBJ, Codes) {
        let (handle, codes) = self.mqi.open(self.handle, object, options);
        (handle, self.note("MQOPEN", codes))
    }

    /// A queue, open so.
    pub(crate) fn open(&self, name: &str, options: i32) -> Result<MQHOBJ, Stop> {
        let (handle, codes) = self.open_as(&mut od(name), options);
        expect_ok("MQOPEN", codes).map(|()| handle)
    }

    pub(crate) fn close(&self, object: MQHOBJ) -> Codes {
        self.note("MQCLOSE", self.mqi.close(self.handle, object, mq::MQCO_NONE))
    }

    pub(crate) fn put_as(
        &self,
        object: MQHOBJ,
        descriptor: &mut mq::MQMD2,
        options: i32,
        body: &[u8],
    ) -> Codes {
        self.note("MQPUT", self.mqi.put(self.handle, object, descriptor, &mut pmo(options), body))
    }

    /// Puts a message that is not persistent.
    pub(crate) fn put(&self, object: MQHOBJ, options: i32, body: &[u8]) -> Result<mq::MQMD2, Stop> {
        let mut descriptor = md();
        expect_ok("MQPUT", self.put_as(object, &mut descriptor, options, body))?;
        Ok(descriptor)
    }

    pub(crate) fn put1(&self, name: &str, options: i32, body: &[u8]) -> Codes {
        let codes = self.mqi.put1(self.handle, &mut od(name), &mut md(), &mut pmo(options), body);
        self.note("MQPUT1", codes)
    }

    /// Puts with a message handle's properties.
    pub(crate) fn put_with(&self, object: MQHOBJ, message: MQHMSG, body: &[u8]) -> Codes {
        let mut options = mq::MQPMO { OriginalMsgHandle: message, ..pmo(mq::MQPMO_NO_SYNCPOINT) };
        self.note("MQPUT", self.mqi.put(self.handle, object, &mut md(), &mut options, body))
    }

    /// Gets with a descriptor and room of one's own.
    pub(crate) fn get_as(
        &self,
        object: MQHOBJ,
        mut descriptor: mq::MQMD2,
        mut options: mq::MQGMO,
        room: usize,
    ) -> Taken {
        let got = self.mqi.get(self.handle, object, &mut descriptor, &mut options, room);
        self.note("MQGET", got.codes);
        Taken { descriptor, got }
    }

    /// Gets whatever comes first.
    pub(crate) fn get(&self, object: MQHOBJ, options: i32) -> Taken {
        self.get_as(object, md(), gmo(options), ROOM_BYTES)
    }

    pub(crate) fn commit(&self) -> Codes {
        self.note("MQCMIT", self.mqi.commit(self.handle))
    }

    pub(crate) fn back_out(&self) -> Codes {
        self.note("MQBACK", self.mqi.back_out(self.handle))
    }

    /// MQDISC.
    pub(crate) fn disconnect(mut self) -> Codes {
        self.ended = true;
        self.note("MQDISC", self.mqi.disconnect(self.handle))
    }

    pub(crate) fn inquire(
        &self,
        object: MQHOBJ,
        selectors: &[i32],
        room: [usize; 2],
    ) -> (Codes, Vec<i32>, String) {
        let answer = self.mqi.inquire(self.handle, object, selectors, room);
        self.note("MQINQ", answer.0);
        answer
    }

    /// One integer attribute.
    pub(crate) fn attribute(&self, object: MQHOBJ, selector: i32) -> Result<i32, Stop> {
        let (codes, integers, _) = self.inquire(object, &[selector], [1, 0]);
        expect_ok("MQINQ", codes)?;
        Ok(integers.first().copied().unwrap_or_default())
    }

    pub(crate) fn set(&self, object: MQHOBJ, selector: i32, value: i32) -> Codes {
        self.note("MQSET", self.mqi.set(self.handle, object, selector, value))
    }

    pub(crate) fn message_handle(&self) -> Result<MQHMSG, Stop> {
        let (message, codes) = self.mqi.message_handle(self.handle);
        self.note("MQCRTMH", codes);
        expect_ok("MQCRTMH", codes).map(|()| message)
    }

    pub(crate) fn set_property(&self, message: MQHMSG, name: &str, value: &str) -> Codes {
        self.note("MQSETMP", self.mqi.set_property(self.handle, message, name, value))
    }

    pub(crate) fn property(&self, message: MQHMSG, name: &str, room: usize) -> (Codes, usize, String) {
        let answer = self.mqi.property(self.handle, message, name, room);
        self.note("MQINQMP", answer.0);
        answer
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.ended {
            // MQDISC alone would commit what a claim has left.
            self.mqi.back_out(self.handle);
            self.mqi.disconnect(self.handle);
        }
    }
}

impl Taken {
    /// The body, of a get that must have succeeded.
    pub(crate) fn body(&self) -> Result<&[u8], Stop> {
        expect_ok("MQGET", self.got.codes).map(|()| self.got.body.as_slice())
    }

    pub(crate) fn codes(&self) -> Codes {
        self.got.codes
    }
}

/// MQMD version 2 of a message that is not persistent.
pub(crate) fn md() -> mq::MQMD2 {
    mq::MQMD2 { Version: mq::MQMD_VERSION_2, Persistence: mq::MQPER_NOT_PERSISTENT, ..initial::MQMD2_DEFAULT }
}

pub(crate) fn od(name: &str) -> mq::MQOD {
    mq::MQOD { Version: mq::MQOD_VERSION_4, ObjectName: field(name), ..initial::MQOD_DEFAULT }
}

pub(crate) fn gmo(options: i32) -> mq::MQGMO {
    mq::MQGMO {
        Version: mq::MQGMO_VERSION_4,
        Options: options,
        MatchOptions: mq::MQMO_NONE,
        WaitInterval: WAIT_MS,
        ..initial::MQGMO_DEFAULT
    }
}

fn pmo(options: i32) -> mq::MQPMO {
    mq::MQPMO { Version: mq::MQPMO_VERSION_3, Options: options, ..initial::MQPMO_DEFAULT }
}

/// Fails where a call did not succeed; where the user may not make it, nothing can be asked.
pub(crate) fn expect_ok(verb: &str, codes: Codes) -> Verdict {
    match codes {
        (mq::MQCC_OK, mq::MQRC_NONE) => Ok(()),
        (_, mq::MQRC_NOT_AUTHORIZED) => Err(Stop::NotApplicable(format!("{verb}: not authorized"))),
        (_, mq::MQRC_FUNCTION_NOT_SUPPORTED) => Err(Stop::NotApplicable(format!("{verb}: not supported"))),
        codes => Err(Stop::Fails(format!("{verb}: {}", shown(codes)))),
    }
}

/// Fails where a call did not answer with just these codes.
pub(crate) fn expect(verb: &str, codes: Codes, expected: Codes) -> Verdict {
    match codes {
        _ if codes == expected => Ok(()),
        (_, mq::MQRC_FUNCTION_NOT_SUPPORTED) => Err(Stop::NotApplicable(format!("{verb}: not supported"))),
        _ => Err(Stop::Fails(format!("{verb}: {} where {} is expected", shown(codes), shown(expected)))),
    }
}

/// Fails where something else was expected.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, expected: T) -> Verdict {
    if is == expected {
        return Ok(());
    }
    Err(Stop::Fails(format!("{what}: {is:?} where {expected:?} is expected")))
}

/// As a failed call answers.
pub(crate) fn failed(reason: i32) -> Codes {
    (mq::MQCC_FAILED, reason)
}

/// As a call with a warning answers.
pub(crate) fn warned(reason: i32) -> Codes {
    (mq::MQCC_WARNING, reason)
}

fn shown((completion, reason): Codes) -> String {
    format!("completion {completion}, {} ({reason})", mq_name(reason))
}

pub(crate) fn mq_name(reason: i32) -> &'static str {
    ::mq::Reason(reason).name()
}

//! MQCB and MQCTL through the C ABI: who is called, with what, on which thread, and what others may do meanwhile.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::{Devqm, QUEUE};
use crate::mqi;
use crate::program::{
    Codes, OK, at, back_out, codes, commit, connect, disconnect, failed, get_now, gmo, md, od, open, open_as,
    pmo, put, put_now, warning,
};

const SHARED: i32 = mq::MQCNO_HANDLE_SHARE_BLOCK;
const WAIT: i32 = mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_WAIT;

/// What a callback was told.
#[derive(Debug, PartialEq)]
struct Call {
    kind: i32,
    codes: Codes,
    object: i32,
    body: Vec<u8>,
    data_length: i32,
}

/// What a callback does when it is called, besides reporting the call.
type Act = Box<dyn Fn(i32, &Call) + Send>;

/// The callback area: where calls are reported, and what is done in them.
struct Area(Sender<Call>, Act);

extern "C" fn called(
    connection: i32,
    md: *mut c_void,
    gmo: *mut c_void,
    buffer: *mut c_void,
    cbc: *mut c_void,
) {
    // SAFETY: the MQCBC of this call.
    let cbc = unsafe { &*cbc.cast::<mq::MQCBC>() };
    // SAFETY: the area that `Watched` registered, which is never dropped.
    let area = unsafe { &*cbc.CallbackArea.cast::<Area>() };
    let mut body = Vec::new();
    if !buffer.is_null() {
        // SAFETY: the MQGMO of this call.
        let returned = unsafe { &*gmo.cast::<mq::MQGMO>() }.ReturnedLength;
        // SAFETY: the buffer holds so many bytes.
        body =
            unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), returned.try_into().unwrap()) }.to_vec();
        // SAFETY: the MQMD of this call.
        assert_ne!(unsafe { &*md.cast::<mq::MQMD2>() }.MsgId, [0; 24]);
    }
    let codes = (cbc.CompCode, cbc.Reason);
    let call = Call { kind: cbc.CallType, codes, object: cbc.Hobj, body, data_length: cbc.DataLength };
    area.1(connection, &call);
    // After the end of its test nobody listens any more.
    let _ = area.0.send(call);
}

/// A registered callback.
struct Watched {
    calls: Receiver<Call>,
    descriptor: mq::MQCBD,
}

impl Watched {
    fn new(kind: i32, options: i32, act: Act) -> Self {
        let (sender, calls) = channel();
        // It outlives the test: a connection that is lost at its end is told to the callback too.
        let area = Box::leak(Box::new(Area(sender, act)));
        let descriptor = mq::MQCBD {
            CallbackType: kind,
            Options: options,
            CallbackFunction: called as *mut c_void,
            CallbackArea: at(area),
            MaxMsgLength: mq::MQCBD_FULL_MSG_LENGTH,
            ..initial::MQCBD_DEFAULT
        };
        Self { calls, descriptor }
    }

    /// A message consumer that does nothing but report.
    fn consumer() -> Self {
        Self::new(mq::MQCBT_MESSAGE_CONSUMER, mq::MQCBDO_NONE, Box::new(|_, _| ()))
    }

    fn register(&mut self, connection: i32, object: i32, gmo: &mut mq::MQGMO) -> Codes {
        let cbd = at(&mut self.descriptor);
        codes(|cc, rc| mqi::MQCB(connection, mq::MQOP_REGISTER, cbd, object, at(&mut md()), at(gmo), cc, rc))
    }

    #[track_caller]
    fn next(&self) -> Call {
        self.calls.recv_timeout(Duration::from_secs(60)).expect("a call")
    }

    fn was_not_called(&self) -> bool {
        self.calls.try_recv().is_err()
    }
}

fn control(connection: i32, operation: i32) -> Codes {
    let mut ctlo = initial::MQCTLO_DEFAULT;
    codes(|cc, rc| mqi::MQCTL(connection, operation, at(&mut ctlo), cc, rc))
}

/// MQCB with nothing but an operation and an object.
fn act_on(connection: i32, operation: i32, object: i32) -> Codes {
    codes(|cc, rc| mqi::MQCB(connection, operation, null_mut(), object, null_mut(), null_mut(), cc, rc))
}

/// Gets what is there by a callback, and stops while it waits for more.
#[track_caller]
pub(crate) fn consumes_and_stops(connection: i32) {
    let object = open(connection);
    put_now(connection, object, b"first");
    let mut watched = Watched::consumer();
    assert_eq!(watched.register(connection, object, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    assert_eq!(watched.next().body, b"first");
    // The thread waits without end now, or is about to.
    assert_eq!(control(connection, mq::MQOP_STOP), OK);
    assert_eq!(get_now(connection, object).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
}

fn unlimited() -> mq::MQGMO {
    mq::MQGMO { WaitInterval: mq::MQWI_UNLIMITED, MatchOptions: mq::MQMO_NONE, ..gmo(WAIT) }
}

#[test]
fn a_consumer_is_given_the_messages_that_are_there_and_those_that_come() {
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, SHARED), connect(&devqm, SHARED));
    let (object, elsewhere) = (open(connection), open(other));
    put_now(other, elsewhere, b"one");
    let mut consumer = Watched::consumer();
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert!(consumer.was_not_called(), "nothing is started yet");
    assert_eq!(control(connection, mq::MQOP_START), OK);
    let first = consumer.next();
    assert_eq!((first.kind, first.codes, first.object), (mq::MQCBCT_MSG_REMOVED, OK, object));
    assert_eq!((first.body.as_slice(), first.data_length), (b"one".as_slice(), 3));
    put_now(other, elsewhere, b"two");
    assert_eq!(consumer.next().body, b"two");
    assert_eq!(control(connection, mq::MQOP_STOP), OK);
    put_now(other, elsewhere, b"three");
    assert_eq!(get_now(connection, object), (OK, b"three".to_vec()), "the connection is the program's again");
    assert!(consumer.was_not_called());
    assert_eq!(disconnect(connection), OK);
}

#[test]
fn several_queues_are_served_by_one_thread_in_turn() {
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, SHARED), connect(&devqm, SHARED));
    let input = mq::MQOO_INPUT_SHARED | mq::MQOO_OUTPUT;
    let [(first, _), (second, _)] = [QUEUE, "BACKOUT"].map(|name| open_as(connection, &mut od(name), input));
    let elsewhere = [QUEUE, "BACKOUT"].map(|name| open_as(other, &mut od(name), input).0);
    let (mut of_first, mut of_second) = (Watched::consumer(), Watched::consumer());
    assert_eq!(of_first.register(connection, first, &mut unlimited()), OK);
    assert_eq!(of_second.register(connection, second, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    for round in [b"1", b"2", b"3"] {
        put_now(other, elsewhere[1], round);
        assert_eq!((of_second.next().body, of_second.was_not_called()), (round.to_vec(), true));
        put_now(other, elsewhere[0], round);
        assert_eq!((of_first.next().body, of_first.was_not_called()), (round.to_vec(), true));
    }
    assert_eq!(disconnect(connection), OK, "disconnecting stops it");
}

#[test]
fn without_a_message_a_consumer_is_told_once_after_its_wait() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    let mut consumer = Watched::consumer();
    let mut options = mq::MQGMO { WaitInterval: 20, ..unlimited() };
    assert_eq!(consumer.register(connection, object, &mut options), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    let call = consumer.next();
    assert_eq!((call.kind, call.codes), (mq::MQCBCT_EVENT_CALL, failed(mq::MQRC_NO_MSG_AVAILABLE)));
    let other = connect(&devqm, SHARED);
    put_now(other, open(other), b"late");
    let call = consumer.next();
    assert_eq!((call.kind, call.body.as_slice()), (mq::MQCBCT_MSG_REMOVED, b"late".as_slice()));
    assert_eq!(consumer.next().codes, failed(mq::MQRC_NO_MSG_AVAILABLE), "after a message it is told again");
}

#[test]
fn the_connection_belongs_to_callbacks_while_they_are_called() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    let act: Act = Box::new(move |connection, call| {
        if call.kind == mq::MQCBCT_MSG_REMOVED && call.body == b"ask" {
            assert_eq!(put(connection, object, &mut md(), &mut pmo(mq::MQPMO_SYNCPOINT), b"answer"), OK);
            assert_eq!(commit(connection), OK);
        }
    });
    let mut consumer = Watched::new(mq::MQCBT_MESSAGE_CONSUMER, 0, act);
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    put_now(connection, object, b"ask");
    assert_eq!(control(connection, mq::MQOP_START), OK);
    assert_eq!(consumer.next().body, b"ask");
    assert_eq!(consumer.next().body, b"answer", "a callback may use its connection");
    let active = failed(mq::MQRC_HCONN_ASYNC_ACTIVE);
    assert_eq!(get_now(connection, object).0, active);
    assert_eq!(commit(connection), active);
    assert_eq!(act_on(connection, mq::MQOP_DEREGISTER, object), active);
    assert_eq!(control(connection, mq::MQOP_START), active);
    assert_eq!(control(connection, mq::MQOP_SUSPEND), OK);
    put_now(connection, object, b"while suspended");
    assert!(consumer.was_not_called());
    assert_eq!(control(connection, mq::MQOP_START), active, "suspended is not stopped");
    assert_eq!(control(connection, mq::MQOP_RESUME), OK);
    assert_eq!(consumer.next().body, b"while suspended");
}

#[test]
fn operations_out_of_turn_have_their_reasons() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    for operation in [mq::MQOP_SUSPEND, mq::MQOP_RESUME, mq::MQOP_STOP] {
        assert_eq!(control(connection, operation), failed(mq::MQRC_OPERATION_NOT_ALLOWED));
    }
    for operation in [mq::MQOP_DEREGISTER, mq::MQOP_SUSPEND, mq::MQOP_RESUME] {
        assert_eq!(act_on(connection, operation, object), failed(mq::MQRC_CALLBACK_NOT_REGISTERED));
    }
    assert_eq!(control(connection, 7), failed(mq::MQRC_OPERATION_ERROR));
    assert_eq!(act_on(connection, mq::MQOP_START, object), failed(mq::MQRC_OPERATION_ERROR));
    assert_eq!(act_on(connection, mq::MQOP_REGISTER, object), failed(mq::MQRC_CBD_ERROR));
    let without = codes(|cc, rc| mqi::MQCTL(connection, mq::MQOP_START, null_mut(), cc, rc));
    assert_eq!(without, failed(mq::MQRC_CTLO_ERROR));
    let mut consumer = Watched::consumer();
    assert_eq!(consumer.register(connection, 7, &mut unlimited()), failed(mq::MQRC_HOBJ_ERROR));
    let (output, _) = open_as(connection, &mut od(QUEUE), mq::MQOO_OUTPUT);
    assert_eq!(consumer.register(connection, output, &mut unlimited()), failed(mq::MQRC_NOT_OPEN_FOR_INPUT));
    consumer.descriptor.CallbackType = 9;
    assert_eq!(consumer.register(connection, object, &mut unlimited()), failed(mq::MQRC_CALLBACK_TYPE_ERROR));
    consumer.descriptor.CallbackFunction = null_mut();
    let nobody = failed(mq::MQRC_CALLBACK_ROUTINE_ERROR);
    assert_eq!(consumer.register(connection, object, &mut unlimited()), nobody);
    assert_eq!(control(connection, mq::MQOP_START_WAIT), failed(mq::MQRC_NO_CALLBACKS_ACTIVE));
    assert_eq!(put(connection, object, &mut md(), &mut pmo(mq::MQPMO_SYNCPOINT), b""), OK);
    assert_eq!(control(connection, mq::MQOP_START), failed(mq::MQRC_ASYNC_UOW_CONFLICT));
    assert_eq!(back_out(connection), OK);
}

#[test]
fn start_wait_calls_on_its_own_thread_until_a_callback_stops_it() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    put_now(connection, object, b"first");
    put_now(connection, object, b"last");
    let caller = std::thread::current().id();
    let act: Act = Box::new(move |connection, call| {
        assert_eq!(std::thread::current().id(), caller);
        if call.body == b"last" {
            assert_eq!(control(connection, mq::MQOP_STOP), OK);
        }
    });
    let told =
        mq::MQCBDO_START_CALL | mq::MQCBDO_STOP_CALL | mq::MQCBDO_REGISTER_CALL | mq::MQCBDO_DEREGISTER_CALL;
    let mut consumer = Watched::new(mq::MQCBT_MESSAGE_CONSUMER, told, act);
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START_WAIT), OK);
    assert_eq!(act_on(connection, mq::MQOP_DEREGISTER, object), OK);
    let kinds: Vec<_> = consumer.calls.try_iter().map(|call| call.kind).collect();
    assert_eq!(
        kinds,
        [
            mq::MQCBCT_REGISTER_CALL,
            mq::MQCBCT_START_CALL,
            mq::MQCBCT_MSG_REMOVED,
            mq::MQCBCT_MSG_REMOVED,
            mq::MQCBCT_STOP_CALL,
            mq::MQCBCT_DEREGISTER_CALL
        ]
    );
}

#[test]
fn what_happens_to_the_connection_is_told_to_the_event_handler() {
    let mut devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    let (mut consumer, mut handler) =
        (Watched::consumer(), Watched::new(mq::MQCBT_EVENT_HANDLER, 0, Box::new(|_, _| ())));
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(handler.register(connection, mq::MQHO_NONE, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    devqm.kill();
    let call = handler.next();
    assert_eq!((call.kind, call.codes), (mq::MQCBCT_EVENT_CALL, failed(mq::MQRC_CONNECTION_BROKEN)));
    assert!(consumer.was_not_called());
    assert_eq!(disconnect(connection), failed(mq::MQRC_CONNECTION_BROKEN));
}

#[test]
fn a_browsing_consumer_takes_nothing_and_a_long_message_is_cut_as_it_asked() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    put_now(connection, object, b"one");
    put_now(connection, object, b"two");
    let mut consumer = Watched::consumer();
    consumer.descriptor.MaxMsgLength = 2;
    let browse = mq::MQGMO_BROWSE_NEXT | mq::MQGMO_ACCEPT_TRUNCATED_MSG;
    let mut options = unlimited();
    options.Options |= browse;
    assert_eq!(consumer.register(connection, object, &mut options), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    for body in [b"on", b"tw"] {
        let call = consumer.next();
        assert_eq!(
            (call.kind, call.codes),
            (mq::MQCBCT_MSG_NOT_REMOVED, warning(mq::MQRC_TRUNCATED_MSG_ACCEPTED))
        );
        assert_eq!((call.body.as_slice(), call.data_length), (body.as_slice(), 3));
    }
    assert_eq!(control(connection, mq::MQOP_SUSPEND), OK);
    let mut whole = unlimited();
    assert_eq!(consumer.register(connection, object, &mut whole), OK, "in place of the first");
    assert_eq!(control(connection, mq::MQOP_RESUME), OK);
    let call = consumer.next();
    assert_eq!((call.kind, call.codes), (mq::MQCBCT_MSG_NOT_REMOVED, warning(mq::MQRC_TRUNCATED_MSG_FAILED)));
    assert_eq!(control(connection, mq::MQOP_STOP), OK);
    assert_eq!(get_now(connection, object), (OK, b"one".to_vec()), "it has stayed");
}

#[test]
fn a_consumer_whose_queue_is_inhibited_is_told_and_suspended() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    let mut consumer = Watched::consumer();
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    devqm.mqsc("ALTER QLOCAL(IN) GET(DISABLED)");
    let call = consumer.next();
    assert_eq!((call.kind, call.codes), (mq::MQCBCT_EVENT_CALL, failed(mq::MQRC_GET_INHIBITED)));
    devqm.mqsc("ALTER QLOCAL(IN) GET(ENABLED)");
    assert_eq!(control(connection, mq::MQOP_SUSPEND), OK);
    put_now(connection, object, b"after");
    assert_eq!(act_on(connection, mq::MQOP_RESUME, object), OK);
    assert_eq!(control(connection, mq::MQOP_RESUME), OK);
    assert_eq!(consumer.next().body, b"after");
}

#[test]
fn a_callback_may_disconnect_and_is_called_no_more() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    put_now(connection, object, b"last");
    put_now(connection, object, b"left");
    let act: Act = Box::new(|connection, _| assert_eq!(disconnect(connection), OK));
    let mut consumer = Watched::new(mq::MQCBT_MESSAGE_CONSUMER, 0, act);
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    assert_eq!(consumer.next().body, b"last");
    let other = connect(&devqm, 0);
    assert_eq!(get_now(other, open(other)), (OK, b"left".to_vec()));
    assert_eq!(commit(connection), failed(mq::MQRC_HCONN_ERROR));
    assert!(consumer.was_not_called());
}

#[test]
fn closing_a_queue_deregisters_its_consumer() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let mut object = open(connection);
    let closed = object;
    let mut consumer = Watched::consumer();
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(codes(|cc, rc| mqi::MQCLOSE(connection, &raw mut object, 0, cc, rc)), OK);
    assert_eq!(act_on(connection, mq::MQOP_DEREGISTER, closed), failed(mq::MQRC_CALLBACK_NOT_REGISTERED));
}

#[test]
fn messages_got_by_callbacks_in_a_unit_come_back_when_it_is_backed_out() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, SHARED);
    let object = open(connection);
    put_now(connection, object, b"again");
    let act: Act = Box::new(|connection, call| {
        if call.kind == mq::MQCBCT_MSG_REMOVED {
            assert_eq!(control(connection, mq::MQOP_SUSPEND), OK);
        }
    });
    let mut consumer = Watched::new(mq::MQCBT_MESSAGE_CONSUMER, 0, act);
    let mut options = unlimited();
    options.Options = mq::MQGMO_SYNCPOINT | mq::MQGMO_WAIT;
    assert_eq!(consumer.register(connection, object, &mut options), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    for _ in 0..2 {
        assert_eq!(consumer.next().body, b"again");
        assert_eq!(control(connection, mq::MQOP_SUSPEND), OK, "waits for the callback under way");
        assert_eq!(back_out(connection), OK);
        assert_eq!(control(connection, mq::MQOP_RESUME), OK);
    }
    assert_eq!(consumer.next().body, b"again");
}

/// As IBM's package for Node does: the callback suspends, and the program's own thread resumes once it has seen to the message.
#[test]
fn suspending_in_each_callback_and_resuming_elsewhere_loses_no_message_and_no_turn() {
    const MESSAGES: usize = 200;
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, SHARED), connect(&devqm, SHARED));
    let (object, elsewhere) = (open(connection), open(other));
    let act: Act = Box::new(|connection, call| {
        if call.kind == mq::MQCBCT_MSG_REMOVED {
            assert_eq!(control(connection, mq::MQOP_SUSPEND), OK);
        }
    });
    let mut consumer = Watched::new(mq::MQCBT_MESSAGE_CONSUMER, 0, act);
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    let producer = std::thread::spawn(move || {
        for number in 0..MESSAGES {
            put_now(other, elsewhere, number.to_string().as_bytes());
        }
    });
    for number in 0..MESSAGES {
        assert_eq!(consumer.next().body, number.to_string().as_bytes());
        assert_eq!(control(connection, mq::MQOP_RESUME), OK);
    }
    producer.join().unwrap();
    assert_eq!(control(connection, mq::MQOP_STOP), OK);
    assert_eq!(get_now(connection, object).0, failed(mq::MQRC_NO_MSG_AVAILABLE));
}

/// Whether a wait is over just when somebody ends it, or a message comes just then, nobody waits for ever.
#[test]
fn suspending_and_resuming_at_any_moment_loses_no_message() {
    const ROUNDS: usize = 200;
    let devqm = Devqm::start();
    let (connection, other) = (connect(&devqm, SHARED), connect(&devqm, SHARED));
    let (object, elsewhere) = (open(connection), open(other));
    let mut consumer = Watched::consumer();
    assert_eq!(consumer.register(connection, object, &mut unlimited()), OK);
    assert_eq!(control(connection, mq::MQOP_START), OK);
    let producer = std::thread::spawn(move || {
        for number in 0..ROUNDS {
            put_now(other, elsewhere, number.to_string().as_bytes());
        }
    });
    for _ in 0..ROUNDS {
        assert_eq!(control(connection, mq::MQOP_SUSPEND), OK);
        assert_eq!(commit(connection), OK, "the connection is the program's");
        assert_eq!(control(connection, mq::MQOP_RESUME), OK);
    }
    for number in 0..ROUNDS {
        assert_eq!(consumer.next().body, number.to_string().as_bytes());
    }
    producer.join().unwrap();
}

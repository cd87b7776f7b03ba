//! The driver over the MQI, through the C ABI, against a real queue manager process.

use std::time::{Duration, Instant};

use mq::{
    Class, Context, Descriptor, Endpoint, GetOptions, Input, OpenOptions, Outgoing, Property, PropertyValue,
    Queue, Session, Verb,
};

use crate::harness::client::library;
use crate::harness::devqm::{DEAD_LETTERS, PARKED, PAYMENTS, QUEUE_MANAGER};
use crate::harness::{Devqm, Put, eventually};

const NO_WAIT: GetOptions = GetOptions { wait: Duration::ZERO };

fn connect(devqm: &Devqm) -> Session {
    eventually("a connection", || Session::connect(library(), &devqm.connect_options()).ok())
}

fn input(session: &mut Session, queue: &str) -> Queue {
    let options = OpenOptions {
        input: Some(Input::Shared),
        inquire: true,
        save_all_context: true,
        ..OpenOptions::default()
    };
    session.open(&queue.parse().unwrap(), options).unwrap()
}

#[test]
fn a_message_that_is_not_committed_is_back_on_its_queue_with_its_count_raised() {
    let devqm = Devqm::start();
    devqm.client().put(PAYMENTS, "one");
    let mut session = connect(&devqm);
    let queue = input(&mut session, PAYMENTS);
    for backouts in 0..3 {
        let mut unit = session.begin();
        let message = unit.get(queue, NO_WAIT).unwrap().expect("it is there");
        assert_eq!(message.descriptor.backout_count, backouts);
        if backouts == 1 {
            unit.back_out().unwrap();
        }
        // Otherwise the unit is dropped, which backs out as well.
    }
    let mut unit = session.begin();
    assert_eq!(unit.get(queue, NO_WAIT).unwrap().unwrap().body, b"one");
    unit.commit().unwrap();
    assert_eq!(session.begin().get(queue, NO_WAIT).unwrap(), None);
}

#[test]
fn disconnecting_with_a_message_in_hand_leaves_it_on_its_queue() {
    let devqm = Devqm::start();
    devqm.client().put(PAYMENTS, "one");
    for by_drop in [true, false] {
        let mut session = connect(&devqm);
        let queue = input(&mut session, PAYMENTS);
        // A unit that is forgotten is never dropped: the session must back it out before MQDISC, which would commit it.
        let mut unit = session.begin();
        assert!(unit.get(queue, NO_WAIT).unwrap().is_some());
        std::mem::forget(unit);
        if by_drop {
            drop(session);
        } else {
            session.disconnect().unwrap();
        }
        devqm.wait_for_depth(PAYMENTS, 1);
    }
}

#[test]
fn a_message_longer_than_the_buffer_is_got_whole() {
    let devqm = Devqm::start();
    let long: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_be_bytes()[3]).collect();
    let mut client = devqm.client();
    client.put(PAYMENTS, &long);
    client.put(PAYMENTS, "short");
    assert_eq!(client.get(PAYMENTS).unwrap().body, long);
    assert_eq!(client.get(PAYMENTS).unwrap().body, b"short");
    assert_eq!(client.get(PAYMENTS), None);
}

#[test]
fn properties_of_every_type_come_back_as_they_were_put() {
    let devqm = Devqm::start();
    let mut client = devqm.client();
    let named = |name: &str, value| Property { name: name.into(), value };
    let properties = vec![
        named("text", PropertyValue::String("Zoë €".into())),
        named("long", PropertyValue::String("x".repeat(100_000))),
        named("bytes", PropertyValue::Bytes(vec![0, 255, 7])),
        named("truth", PropertyValue::Boolean(true)),
        named("tiny", PropertyValue::Int8(-8)),
        named("small", PropertyValue::Int16(-1600)),
        named("whole", PropertyValue::Int32(-320_000)),
        named("large", PropertyValue::Int64(-64_000_000_000)),
        named("single", PropertyValue::Float32(1.5)),
        named("double", PropertyValue::Float64(-2.25)),
        named("nothing", PropertyValue::Null),
        named("folder.leaf", PropertyValue::String("deep".into())),
    ];
    let message = Put { properties: properties.clone(), ..Put::text(b"body") };
    client.put_message(PAYMENTS, &message);
    client.put(PAYMENTS, "none");
    assert_eq!(client.get(PAYMENTS).unwrap().properties, properties);
    assert_eq!(client.get(PAYMENTS).unwrap().properties, [], "the handle is cleared for each message");
}

#[test]
fn a_put_in_the_unit_passes_all_context_on_and_shares_its_fate() {
    let devqm = Devqm::start();
    let placed = devqm.client().put(PAYMENTS, "one");
    let mut session = connect(&devqm);
    let queue = input(&mut session, PAYMENTS);
    for commits in [false, true] {
        let mut unit = session.begin();
        let got = unit.get(queue, NO_WAIT).unwrap().unwrap();
        let outgoing = Outgoing {
            descriptor: got.descriptor.clone(),
            properties: &[],
            body: &got.body,
            context: Context::PassAll(queue),
            new_message_id: false,
            new_correlation_id: false,
        };
        unit.put1(&PARKED.parse().unwrap(), None, &outgoing).unwrap();
        assert_eq!(devqm.client().get(PARKED), None, "not before the commit");
        if commits {
            unit.commit().unwrap();
        }
    }
    let parked = devqm.client().get(PARKED).expect("it was committed");
    assert_eq!(parked.descriptor.message_id, placed.message_id);
    assert_eq!((parked.descriptor.put_date, parked.descriptor.put_time), (placed.put_date, placed.put_time));
    assert_eq!(devqm.client().get(PAYMENTS), None);
}

#[test]
fn attributes_tell_where_messages_are_parked() {
    let devqm = Devqm::start();
    let mut session = connect(&devqm);
    let queue = input(&mut session, PAYMENTS);
    let attributes = session.inquire_queue(queue).unwrap();
    assert_eq!(attributes.backout_threshold, 3);
    assert_eq!(attributes.backout_requeue_queue.unwrap().as_str(), PARKED);
    let manager = session.inquire_queue_manager().unwrap();
    assert_eq!(manager.name.as_str(), QUEUE_MANAGER);
    assert_eq!(manager.dead_letter_queue.unwrap().as_str(), DEAD_LETTERS);
}

#[test]
fn what_cannot_be_opened_or_reached_says_so_by_verb_and_reason() {
    let devqm = Devqm::start();
    let mut session = connect(&devqm);
    let unknown = session
        .open(&"NO.SUCH.QUEUE".parse().unwrap(), OpenOptions { output: true, ..OpenOptions::default() });
    assert_eq!(unknown.unwrap_err().to_string(), "MQOPEN: MQRC_UNKNOWN_OBJECT_NAME (2085)");

    let mut options = devqm.connect_options();
    options.queue_manager = "OTHER".parse().unwrap();
    let other = Session::connect(library(), &options).unwrap_err();
    assert_eq!((other.verb(), other.reason().code(), other.class()), (Verb::Connect, 2058, Class::Name));

    let mut options = devqm.connect_options();
    let Endpoint::Channel { connection_name, .. } = &mut options.endpoint else { panic!("a channel") };
    *connection_name = "127.0.0.1(1)".to_owned();
    let refused = Session::connect(library(), &options).unwrap_err();
    assert_eq!((refused.reason().code(), refused.class()), (2538, Class::CannotConnect));
}

#[test]
fn a_queue_of_another_session_is_refused_without_a_call() {
    let devqm = Devqm::start();
    let (mut one, mut other) = (connect(&devqm), connect(&devqm));
    let queue = input(&mut one, PAYMENTS);
    let error = other.begin().get(queue, NO_WAIT).unwrap_err();
    assert_eq!((error.verb(), error.reason().code()), (Verb::Get, 2019));
}

#[test]
fn a_lost_connection_ends_the_session_and_a_commit_in_it_is_unknown() {
    let mut devqm = Devqm::start();
    devqm.client().put(PAYMENTS, "one");
    let mut session = connect(&devqm);
    let queue = input(&mut session, PAYMENTS);
    let mut unit = session.begin();
    assert!(unit.get(queue, NO_WAIT).unwrap().is_some());
    devqm.kill();
    let error = unit.commit().unwrap_err();
    assert_eq!(error.class(), Class::ConnectionLost);
    assert!(error.outcome_unknown());
    assert!(session.is_poisoned());
    assert!(session.begin().get(queue, NO_WAIT).is_err());
    devqm.launch();
    let mut session = connect(&devqm);
    let queue = input(&mut session, PAYMENTS);
    let message = session.begin().get(queue, NO_WAIT).unwrap().expect("the commit had not arrived");
    assert_eq!(message.descriptor.backout_count, 1);
}

#[test]
fn a_waiting_get_is_woken_by_a_put() {
    let devqm = Devqm::start();
    let mut session = connect(&devqm);
    let queue = input(&mut session, PAYMENTS);
    let waiting = Instant::now();
    std::thread::scope(|scope| {
        // The other client puts while this thread waits, or just before; either way the wait ends early.
        scope.spawn(|| devqm.client().put(PAYMENTS, "one"));
        let got = session.begin().get(queue, GetOptions { wait: Duration::from_secs(600) }).unwrap();
        assert_eq!(got.expect("it was woken").body, b"one");
    });
    assert!(waiting.elapsed() < Duration::from_secs(300), "it waited its time out");
}

#[test]
fn a_descriptor_given_at_a_put_is_what_the_getter_sees() {
    let devqm = Devqm::start();
    let mut client = devqm.client();
    let descriptor = Descriptor {
        correlation_id: mq::CorrelationId([9; 24]),
        reply_to_queue: "REPLIES".into(),
        priority: 7,
        ..Put::text(b"").descriptor
    };
    client.put_message(PAYMENTS, &Put { descriptor, ..Put::text(b"one") });
    let got = client.get(PAYMENTS).unwrap().descriptor;
    assert_eq!(got.correlation_id.0, [9; 24]);
    assert_eq!(
        (got.reply_to_queue.as_str(), got.reply_to_queue_manager.as_str()),
        ("REPLIES", QUEUE_MANAGER)
    );
    assert_eq!((got.priority, got.ccsid), (7, 1208));
    assert!(got.put_timestamp().is_some());
}

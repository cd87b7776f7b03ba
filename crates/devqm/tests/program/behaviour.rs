//! What the verbs do, as IBM MQ documents them, through the native door.

use std::time::Duration;

use libmqm_sys as mq;

use devqm::verbs::{Connect, Descriptor, Get, Open, Outcome, Property, Request};

use super::harness::{
    Devqm, MQSC, Session, blank, body, code, eventually, fails, get, mqsc, open, put, put_with,
};

const IN_UNIT: i32 = mq::MQGMO_SYNCPOINT;
const AT_ONCE: i32 = mq::MQGMO_NO_SYNCPOINT;
const PUT: i32 = mq::MQPMO_NO_SYNCPOINT;
const PUT_IN_UNIT: i32 = mq::MQPMO_SYNCPOINT;

#[test]
fn messages_come_by_priority_and_then_in_the_order_of_their_puts() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    for (name, priority) in [("a", 2), ("b", 9), ("c", 2), ("d", 9), ("e", 0)] {
        session.ok(&put_with(queue, PUT, name.as_bytes(), |md| md.priority = priority));
    }
    let order: Vec<String> = std::iter::from_fn(|| body(&mut session, &get(queue, AT_ONCE))).collect();
    assert_eq!(order.concat(), "bdace");
}

#[test]
fn a_backed_out_message_is_in_its_old_place_with_its_count_raised() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    for name in ["a", "b", "c"] {
        session.ok(&put(queue, PUT, name.as_bytes()));
    }
    assert_eq!(body(&mut session, &get(queue, IN_UNIT)).unwrap(), "a");
    assert_eq!(body(&mut session, &get(queue, IN_UNIT)).unwrap(), "b");
    session.ok(&Request::BackOut);
    for (name, count) in [("a", 1), ("b", 1), ("c", 0)] {
        let got = session.get(&get(queue, AT_ONCE)).unwrap().unwrap();
        assert_eq!((got.body.as_slice(), got.descriptor.backout_count), (name.as_bytes(), count));
    }
}

#[test]
fn nobody_sees_a_put_before_its_commit_or_a_got_message_before_its_backout() {
    let devqm = Devqm::start();
    let (mut one, mut other) = (devqm.connect(), devqm.connect());
    let (queue, theirs) = (one.open("IN"), other.open("IN"));
    one.ok(&put(queue, PUT_IN_UNIT, b"a"));
    assert_eq!(body(&mut other, &get(theirs, AT_ONCE)), None);
    assert_eq!(body(&mut one, &get(queue, AT_ONCE)), None, "not even the one who put it");
    one.ok(&Request::Commit);
    assert_eq!(body(&mut other, &get(theirs, IN_UNIT)).unwrap(), "a");
    assert_eq!(body(&mut one, &get(queue, AT_ONCE)), None);
    other.ok(&Request::BackOut);
    assert_eq!(body(&mut one, &get(queue, AT_ONCE)).unwrap(), "a");
    one.ok(&put(queue, PUT_IN_UNIT, b"b"));
    one.ok(&Request::BackOut);
    assert_eq!(body(&mut other, &get(theirs, AT_ONCE)), None);
}

#[test]
fn disconnecting_commits_and_dying_backs_out() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    let mut ending = devqm.connect();
    let theirs = ending.open("IN");
    ending.ok(&put(theirs, PUT_IN_UNIT, b"committed"));
    ending.ok(&Request::Disconnect);
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)).unwrap(), "committed");

    session.ok(&put(queue, PUT, b"held"));
    let mut dying = devqm.connect();
    let theirs = dying.open("IN");
    dying.ok(&put(theirs, PUT_IN_UNIT, b"never"));
    assert_eq!(body(&mut dying, &get(theirs, IN_UNIT)).unwrap(), "held");
    drop(dying);
    let wait = mq::MQGMO_WAIT | AT_ONCE;
    let got = session.get(&get(queue, wait)).unwrap().expect("it comes back");
    assert_eq!((got.body.as_slice(), got.descriptor.backout_count), (b"held".as_slice(), 1));
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)), None);
}

#[test]
fn a_waiting_get_is_woken_by_a_commit_and_by_an_inhibited_queue() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut session = devqm.connect();
            let queue = session.open("IN");
            body(&mut session, &get(queue, mq::MQGMO_WAIT | AT_ONCE))
        });
        session.ok(&put(queue, PUT_IN_UNIT, b"a"));
        session.ok(&Request::Commit);
        assert_eq!(waiting.join().unwrap().unwrap(), "a");
        let waiting = scope.spawn(|| {
            let mut session = devqm.connect();
            let queue = session.open("IN");
            session.call(&Request::Get(get(queue, mq::MQGMO_WAIT | AT_ONCE))).unwrap()
        });
        eventually("somebody waits", || {
            mqsc(&mut session, "DISPLAY QLOCAL(IN) IPPROCS").contains("IPPROCS(2)")
        });
        mqsc(&mut session, "ALTER QLOCAL(IN) GET(DISABLED)");
        assert_eq!(waiting.join().unwrap().reason, mq::MQRC_GET_INHIBITED);
    });
}

#[test]
fn a_short_buffer_leaves_the_message_unless_truncation_is_accepted() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    session.ok(&put(queue, PUT, b"0123456789"));
    let short = Get { buffer_bytes: 4, ..get(queue, AT_ONCE) };
    for (options, reason) in [
        (AT_ONCE, mq::MQRC_TRUNCATED_MSG_FAILED),
        (AT_ONCE | mq::MQGMO_ACCEPT_TRUNCATED_MSG, mq::MQRC_TRUNCATED_MSG_ACCEPTED),
    ] {
        let reply = session.call(&Request::Get(Get { options, ..short.clone() })).unwrap();
        assert_eq!(code(&reply), (mq::MQCC_WARNING, reason));
        let Outcome::Got(got) = reply.outcome else { panic!("a message") };
        assert_eq!((got.body.as_slice(), got.data_bytes), (b"0123".as_slice(), 10));
    }
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)), None, "the second removed it");
}

#[test]
fn matching_takes_the_message_that_is_asked_for() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    for number in 1..=3 {
        session.ok(&put_with(queue, PUT, &[b'0' + number], |md| {
            md.message_id = [number; 24];
            md.correlation_id = [100 + number; 24];
        }));
    }
    let matching = |options: i32, message: u8, correlation: u8| Get {
        match_options: options,
        descriptor: Descriptor { message_id: [message; 24], correlation_id: [correlation; 24], ..blank() },
        ..get(queue, AT_ONCE)
    };
    assert_eq!(body(&mut session, &matching(mq::MQMO_MATCH_CORREL_ID, 0, 103)).unwrap(), "3");
    let both = mq::MQMO_MATCH_MSG_ID | mq::MQMO_MATCH_CORREL_ID;
    assert_eq!(body(&mut session, &matching(both, 2, 101)), None);
    assert_eq!(body(&mut session, &matching(mq::MQMO_MATCH_MSG_ID, 2, 0)).unwrap(), "2");
    assert_eq!(
        body(&mut session, &matching(mq::MQMO_MATCH_MSG_ID, 0, 0)).unwrap(),
        "1",
        "an id of zeros matches any"
    );
}

#[test]
fn browsing_sees_messages_in_order_and_leaves_them() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    for name in ["a", "b"] {
        session.ok(&put(queue, PUT, name.as_bytes()));
    }
    let Outcome::Opened(opened) =
        session.ok(&Request::Open(open("IN", mq::MQOO_BROWSE | mq::MQOO_INPUT_SHARED)))
    else {
        panic!("opened")
    };
    let browse = |options| get(opened.handle, options);
    assert_eq!(body(&mut session, &browse(mq::MQGMO_BROWSE_FIRST)).unwrap(), "a");
    assert_eq!(body(&mut session, &browse(mq::MQGMO_BROWSE_NEXT)).unwrap(), "b");
    assert_eq!(body(&mut session, &browse(mq::MQGMO_BROWSE_NEXT)), None);
    assert_eq!(body(&mut session, &browse(mq::MQGMO_BROWSE_FIRST)).unwrap(), "a");
    assert_eq!(body(&mut session, &browse(mq::MQGMO_MSG_UNDER_CURSOR | AT_ONCE)).unwrap(), "a");
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)).unwrap(), "b", "the browsed one was taken");
}

#[test]
fn a_browse_without_a_buffer_shows_all_but_the_body_and_its_cursor_is_got_in_a_unit() {
    let devqm = Devqm::start();
    let (mut session, mut other) = (devqm.connect(), devqm.connect());
    let (queue, theirs) = (session.open("IN"), other.open("IN"));
    for (name, expiry) in [("gone", 1), ("first", -1), ("gone too", 1), ("second", -1)] {
        let Request::Put(mut request) = put_with(queue, PUT, name.as_bytes(), |md| md.expiry = expiry) else {
            panic!("a put")
        };
        request.properties = vec![property("name", name)];
        session.ok(&Request::Put(request));
    }
    let depth = |session: &mut Session| {
        let Outcome::Inquired { integers, .. } =
            session.ok(&Request::Inquire(queue, vec![mq::MQIA_CURRENT_Q_DEPTH]))
        else {
            panic!("inquired")
        };
        integers[0]
    };
    let options = mq::MQOO_BROWSE | mq::MQOO_INPUT_SHARED;
    let Outcome::Opened(opened) = session.ok(&Request::Open(open("IN", options))) else { panic!("opened") };
    let browse = |session: &mut Session, step: i32| {
        let options = step | mq::MQGMO_ACCEPT_TRUNCATED_MSG | mq::MQGMO_PROPERTIES_IN_HANDLE;
        let reply =
            session.call(&Request::Get(Get { buffer_bytes: 0, ..get(opened.handle, options) })).unwrap();
        match (code(&reply), reply.outcome) {
            ((mq::MQCC_WARNING, mq::MQRC_TRUNCATED_MSG_ACCEPTED), Outcome::Got(got)) => {
                assert!(got.body.is_empty());
                Some((got.properties, got.data_bytes))
            }
            ((mq::MQCC_FAILED, mq::MQRC_NO_MSG_AVAILABLE), _) => None,
            other => panic!("{other:?}"),
        }
    };
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(depth(&mut session), 4, "an expired message counts until a get passes it");
    assert_eq!(browse(&mut session, mq::MQGMO_BROWSE_FIRST), Some((vec![property("name", "first")], 5)));
    assert_eq!(depth(&mut session), 3);
    assert_eq!(browse(&mut session, mq::MQGMO_BROWSE_NEXT), Some((vec![property("name", "second")], 6)));
    assert_eq!(depth(&mut session), 2);
    assert_eq!(browse(&mut session, mq::MQGMO_BROWSE_NEXT), None);
    let under_cursor = get(opened.handle, mq::MQGMO_MSG_UNDER_CURSOR | IN_UNIT);
    assert_eq!(body(&mut session, &under_cursor).unwrap(), "second", "the cursor stays where it was");
    fails(&mut session, &Request::Get(under_cursor.clone()), mq::MQRC_NO_MSG_UNDER_CURSOR);
    assert_eq!(depth(&mut session), 1);
    session.ok(&Request::BackOut);
    assert_eq!(session.get(&under_cursor).unwrap().unwrap().descriptor.backout_count, 1);
    session.ok(&Request::Commit);
    browse(&mut session, mq::MQGMO_BROWSE_FIRST).unwrap();
    assert_eq!(body(&mut other, &get(theirs, IN_UNIT)).unwrap(), "first");
    fails(&mut session, &Request::Get(under_cursor), mq::MQRC_NO_MSG_UNDER_CURSOR);
}

fn property(name: &str, value: &str) -> Property {
    Property {
        name: name.to_owned(),
        kind: mq::MQTYPE_STRING,
        value: value.as_bytes().to_vec(),
        support: mq::MQPD_SUPPORT_OPTIONAL,
        context: mq::MQPD_NO_CONTEXT,
        copy_options: mq::MQCOPY_DEFAULT,
    }
}

#[test]
fn limits_of_queue_and_unit_are_kept() {
    let devqm = Devqm::start_with(
        &format!("{MQSC}\nDEFINE QLOCAL(SMALL) MAXDEPTH(2) MAXMSGL(10)\nALTER QMGR MAXUMSGS(3)"),
        &[],
    );
    let mut session = devqm.connect();
    let (queue, small) = (session.open("IN"), session.open("SMALL"));
    fails(&mut session, &put(small, PUT, &[0; 11]), mq::MQRC_MSG_TOO_BIG_FOR_Q);
    session.ok(&put(small, PUT, b"1"));
    session.ok(&put(small, PUT, b"2"));
    fails(&mut session, &put(small, PUT, b"3"), mq::MQRC_Q_FULL);
    for _ in 0..3 {
        session.ok(&put(queue, PUT_IN_UNIT, b"x"));
    }
    fails(&mut session, &put(queue, PUT_IN_UNIT, b"x"), mq::MQRC_SYNCPOINT_LIMIT_REACHED);
    session.ok(&Request::Commit);
    mqsc(&mut session, "ALTER QLOCAL(IN) PUT(DISABLED)");
    fails(&mut session, &put(queue, PUT, b"x"), mq::MQRC_PUT_INHIBITED);
}

#[test]
fn an_exclusive_opener_keeps_others_out() {
    let devqm = Devqm::start();
    let (mut one, mut other) = (devqm.connect(), devqm.connect());
    let exclusive = Request::Open(open("IN", mq::MQOO_INPUT_EXCLUSIVE));
    let Outcome::Opened(opened) = one.ok(&exclusive) else { panic!("opened") };
    fails(&mut other, &exclusive, mq::MQRC_OBJECT_IN_USE);
    fails(&mut other, &Request::Open(open("IN", mq::MQOO_INPUT_SHARED)), mq::MQRC_OBJECT_IN_USE);
    other.ok(&Request::Open(open("IN", mq::MQOO_OUTPUT)));
    one.ok(&Request::Close(opened.handle, 0));
    other.ok(&exclusive);
}

#[test]
fn an_expired_message_is_not_got_and_the_rest_of_a_time_is_told() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    session.ok(&put_with(queue, PUT, b"short", |md| md.expiry = 1));
    session.ok(&put_with(queue, PUT, b"long", |md| md.expiry = 6_000));
    let wait_out = Get {
        wait_interval_ms: 150,
        match_options: mq::MQMO_MATCH_MSG_ID,
        ..get(queue, mq::MQGMO_WAIT | AT_ONCE)
    };
    // Nothing has this id: the wait is the time that the first message does not live.
    let nothing = Get { descriptor: Descriptor { message_id: [7; 24], ..blank() }, ..wait_out };
    assert_eq!(body(&mut session, &nothing), None);
    let got = session.get(&get(queue, AT_ONCE)).unwrap().unwrap();
    assert_eq!(got.body, b"long");
    assert!((1..6_000).contains(&got.descriptor.expiry), "{}", got.descriptor.expiry);
}

#[test]
fn aliases_resolve_and_model_queues_make_dynamic_ones() {
    let devqm = Devqm::start_with(&format!("{MQSC}\nDEFINE QALIAS(NICK) TARGET(IN)"), &[]);
    let mut session = devqm.connect();
    let Outcome::Opened(alias) = session.ok(&Request::Open(open("NICK", mq::MQOO_OUTPUT))) else {
        panic!("opened")
    };
    assert_eq!(alias.resolved.queue, "IN");
    session.ok(&put(alias.handle, PUT, b"by its other name"));
    let queue = session.open("IN");
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)).unwrap(), "by its other name");
    let model = Open {
        dynamic_name: "REPLY.*".to_owned(),
        ..open("SYSTEM.DEFAULT.MODEL.QUEUE", mq::MQOO_INPUT_EXCLUSIVE)
    };
    let Outcome::Opened(dynamic) = session.ok(&Request::Open(model)) else { panic!("opened") };
    assert!(dynamic.object_name.starts_with("REPLY."), "{}", dynamic.object_name);
    session.ok(&Request::Close(dynamic.handle, 0));
    fails(
        &mut session,
        &Request::Open(open(&dynamic.object_name, mq::MQOO_OUTPUT)),
        mq::MQRC_UNKNOWN_OBJECT_NAME,
    );
}

#[test]
fn what_is_unknown_or_not_opened_for_it_is_refused_by_its_reason() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    fails(&mut session, &Request::Open(open("NO.SUCH", mq::MQOO_OUTPUT)), mq::MQRC_UNKNOWN_OBJECT_NAME);
    fails(&mut session, &put(77, PUT, b"x"), mq::MQRC_HOBJ_ERROR);
    let Outcome::Opened(output) = session.ok(&Request::Open(open("IN", mq::MQOO_OUTPUT))) else {
        panic!("opened")
    };
    fails(&mut session, &Request::Get(get(output.handle, AT_ONCE)), mq::MQRC_NOT_OPEN_FOR_INPUT);
    fails(
        &mut session,
        &Request::Inquire(output.handle, vec![mq::MQIA_CURRENT_Q_DEPTH]),
        mq::MQRC_NOT_OPEN_FOR_INQUIRE,
    );
    let Outcome::Opened(input) = session.ok(&Request::Open(open("IN", mq::MQOO_INPUT_SHARED))) else {
        panic!("opened")
    };
    fails(&mut session, &put(input.handle, PUT, b"x"), mq::MQRC_NOT_OPEN_FOR_OUTPUT);
    for (connect, reason) in [
        (
            Connect {
                queue_manager: "OTHER".into(),
                channel: "DEV.APP.SVRCONN".into(),
                ..Connect::default()
            },
            mq::MQRC_Q_MGR_NAME_ERROR,
        ),
        (Connect { channel: "NO.SUCH.CHANNEL".into(), ..Connect::default() }, mq::MQRC_UNKNOWN_CHANNEL_NAME),
    ] {
        let mut client = devqm::native::Client::open(devqm.socket()).unwrap();
        assert_eq!(code(&client.call(&Request::Connect(connect)).unwrap()), (mq::MQCC_FAILED, reason));
    }
}

#[test]
fn a_non_persistent_message_does_not_outlive_the_queue_manager() {
    let mut devqm = Devqm::start();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    session.ok(&put_with(queue, PUT, b"passing", |md| md.persistence = mq::MQPER_NOT_PERSISTENT));
    session.ok(&put(queue, PUT, b"lasting"));
    assert!(devqm.terminate().success());
    devqm.restart();
    let mut session = devqm.connect();
    let queue = session.open("IN");
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)).unwrap(), "lasting");
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)), None);
}

#[test]
fn mqsc_defines_shows_and_refuses_by_name() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    mqsc(&mut session, "DEFINE QLOCAL(NEW) DESCR('what it is for') MAXDEPTH(7) BOTHRESH(3)");
    let shown = mqsc(&mut session, "DISPLAY QLOCAL(NEW) ALL");
    for attribute in ["MAXDEPTH(7)", "DESCR(what it is for)", "BOTHRESH(3)"] {
        assert!(shown.contains(attribute), "{attribute}:\n{shown}");
    }
    mqsc(&mut session, "ALTER QLOCAL(NEW) MAXDEPTH(8)");
    assert!(mqsc(&mut session, "DISPLAY QLOCAL(N*) MAXDEPTH").contains("MAXDEPTH(8)"));
    for (command, named) in [
        ("DEFINE QLOCAL(BAD) TRIGGER", "TRIGGER"),
        ("DEFINE QLOCAL(BAD) USAGE(XMITQ)", "USAGE"),
        ("DEFINE QLOCAL(BAD) COLOUR(BLUE)", "COLOUR"),
        ("DEFINE QLOCAL(BAD) MAXDEPTH(many)", "MAXDEPTH"),
        ("FROB QLOCAL(BAD)", "FROB"),
    ] {
        let reply = session.call(&Request::Mqsc(command.to_owned())).unwrap();
        let Outcome::Text(text) = &reply.outcome else { panic!("{reply:?}") };
        assert!(
            reply.completion == mq::MQCC_FAILED && text.to_uppercase().contains(named),
            "{command}: {text}"
        );
    }
    assert!(!mqsc(&mut session, "DISPLAY QLOCAL(*)").contains("(BAD)"));
    mqsc(&mut session, "DELETE QLOCAL(NEW)");
    fails(&mut session, &Request::Open(open("NEW", mq::MQOO_OUTPUT)), mq::MQRC_UNKNOWN_OBJECT_NAME);
}

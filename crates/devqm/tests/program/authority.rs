//! Who may do what: authority records, MCAUSER, and the addresses that channels take.

use std::net::{SocketAddr, UdpSocket};

use devqm::verbs::{Open, Outcome, Put, Request};
use libmqm_sys as mq;

use crate::harness::{Devqm, blank, body, fails, get, mqsc, open, put};

/// A user who may put to IN and read OUT, with nothing else.
const LIMITED: &str = "
    SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('limited') AUTHADD(CONNECT)
    SET AUTHREC PROFILE(IN) OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(PUT)
    SET AUTHREC PROFILE(O*) OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(GET,BROWSE,INQ)
    SET AUTHREC PROFILE(SYSTEM.DEFAULT.MODEL.QUEUE) OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(GET)
";

fn limited() -> Devqm {
    let devqm = Devqm::start();
    mqsc(&mut devqm.connect(), LIMITED);
    devqm
}

#[test]
fn a_user_with_records_does_what_they_give_and_nothing_else() {
    let mut devqm = limited();
    // Kept: what holds after a kill.
    devqm.kill();
    devqm.restart();
    let mut session = devqm.connect_user("limited");
    session.ok(&Request::Open(open("IN", mq::MQOO_OUTPUT)));
    session.ok(&Request::Open(open("OUT", mq::MQOO_INPUT_SHARED | mq::MQOO_BROWSE | mq::MQOO_INQUIRE)));
    for (queue, options) in [
        ("IN", mq::MQOO_INPUT_SHARED),
        ("IN", mq::MQOO_OUTPUT | mq::MQOO_SET_ALL_CONTEXT),
        ("IN", mq::MQOO_OUTPUT | mq::MQOO_PASS_IDENTITY_CONTEXT),
        ("OUT", mq::MQOO_OUTPUT),
        ("BACKOUT", mq::MQOO_BROWSE),
    ] {
        fails(&mut session, &Request::Open(open(queue, options)), mq::MQRC_NOT_AUTHORIZED);
    }
    let queue_manager = Open { object_type: mq::MQOT_Q_MGR, ..open("", mq::MQOO_INQUIRE) };
    fails(&mut session, &Request::Open(queue_manager), mq::MQRC_NOT_AUTHORIZED);
    let said = devqm.said();
    assert!(said.contains("limited") && said.contains("QUEUE(BACKOUT): BROWSE is missing"), "{said}");
}

#[test]
fn a_user_without_records_may_do_everything() {
    let devqm = limited();
    let mut session = devqm.connect_user("other");
    session.ok(&Request::Open(open("BACKOUT", mq::MQOO_OUTPUT | mq::MQOO_SET_ALL_CONTEXT)));
    assert!(mqsc(&mut session, "CLEAR QLOCAL(OUT)").starts_with("AMQ8022I"));
}

#[test]
fn mqput1_needs_the_authority_that_its_context_option_asks_for() {
    let devqm = limited();
    let mut session = devqm.connect_user("limited");
    let put1 = |options| match put(0, options | mq::MQPMO_NO_SYNCPOINT, b"one") {
        Request::Put(put) => Request::Put1(open("IN", 0), Put { descriptor: blank(), ..put }),
        other => panic!("{other:?}"),
    };
    session.ok(&put1(0));
    fails(&mut session, &put1(mq::MQPMO_SET_IDENTITY_CONTEXT), mq::MQRC_NOT_AUTHORIZED);
    let mut administrator = devqm.connect();
    mqsc(&mut administrator, "SET AUTHREC PROFILE(IN) OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(SETID)");
    // On the queue manager too, as in MQ.
    fails(&mut session, &put1(mq::MQPMO_SET_IDENTITY_CONTEXT), mq::MQRC_NOT_AUTHORIZED);
    mqsc(&mut administrator, "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('limited') AUTHADD(SETID)");
    session.ok(&put1(mq::MQPMO_SET_IDENTITY_CONTEXT));
}

#[test]
fn whoever_creates_a_dynamic_queue_may_do_everything_to_it() {
    let devqm = limited();
    let mut session = devqm.connect_user("limited");
    let model = Open {
        dynamic_name: "MINE".to_owned(),
        ..open("SYSTEM.DEFAULT.MODEL.QUEUE", mq::MQOO_INPUT_EXCLUSIVE)
    };
    let Outcome::Opened(created) = session.ok(&Request::Open(model)) else { panic!("an open queue") };
    session.ok(&Request::Open(open("MINE", mq::MQOO_OUTPUT)));
    session.ok(&Request::Close(created.handle, mq::MQCO_NONE));
    // The name alone gives nothing: it went with the queue.
    mqsc(&mut devqm.connect(), "DEFINE QLOCAL(MINE)");
    fails(&mut session, &Request::Open(open("MINE", mq::MQOO_OUTPUT)), mq::MQRC_NOT_AUTHORIZED);
}

#[test]
fn commands_need_authority_too_and_records_are_shown_and_deleted() {
    let devqm = limited();
    let mut session = devqm.connect_user("limited");
    for command in [
        "CLEAR QLOCAL(IN)",
        "ALTER QLOCAL(OUT) MAXDEPTH(1)",
        "DEFINE QLOCAL(MORE)",
        "DELETE QLOCAL(OUT)",
        "ALTER QMGR MAXUMSGS(5)",
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('limited') AUTHADD(ALL)",
        "DISPLAY CONN(*)",
        "DEFINE FAULT(F) ACTION(NONE)",
    ] {
        let said = mqsc(&mut session, command);
        assert!(said.starts_with("AMQ8135E"), "{command}: {said}");
    }
    assert!(mqsc(&mut session, "DISPLAY QLOCAL(*)").starts_with("AMQ8147E"));
    let mut administrator = devqm.connect();
    let shown = mqsc(&mut administrator, "DISPLAY AUTHREC PROFILE(IN) PRINCIPAL('limited')");
    assert!(shown.contains("AUTHLIST(PUT)") && shown.contains("OBJTYPE(QUEUE)"), "{shown}");
    mqsc(&mut administrator, "DELETE AUTHREC PROFILE(IN) OBJTYPE(QUEUE) PRINCIPAL('limited')");
    assert!(mqsc(&mut administrator, "DISPLAY AUTHREC PROFILE(IN)").starts_with("AMQ8863E"));
    fails(&mut session, &Request::Open(open("IN", mq::MQOO_OUTPUT)), mq::MQRC_NOT_AUTHORIZED);
}

#[test]
fn a_user_who_may_not_connect_does_not() {
    let devqm = Devqm::start();
    mqsc(&mut devqm.connect(), "SET AUTHREC PROFILE(IN) OBJTYPE(QUEUE) PRINCIPAL('putter') AUTHADD(PUT)");
    let (_, reason) = devqm.try_connect_user("putter");
    assert_eq!(reason, mq::MQRC_NOT_AUTHORIZED);
    mqsc(&mut devqm.connect(), "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('putter') AUTHADD(CONNECT)");
    devqm.connect_user("putter");
}

#[test]
fn a_channel_s_mcauser_is_who_its_clients_are() {
    let devqm = Devqm::start();
    let mut administrator = devqm.connect();
    mqsc(&mut administrator, "ALTER CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN) MCAUSER('payments')");
    let mut session = devqm.connect_user("somebody");
    let handle = session.open("IN");
    session.ok(&put(handle, mq::MQPMO_NO_SYNCPOINT, b"one"));
    let got = session.get(&get(handle, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
    assert_eq!(&got.descriptor.user_identifier, b"payments    ");
    mqsc(&mut administrator, "ALTER CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN) MCAUSER('*NOACCESS')");
    assert_eq!(devqm.try_connect_user("somebody").1, mq::MQRC_NOT_AUTHORIZED);
    assert_eq!(body(&mut session, &get(handle, mq::MQGMO_NO_SYNCPOINT)), None);
}

/// An address of this machine that is not the loopback's, if it has one. Nothing is sent.
fn other_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(SocketAddr::from(([192, 0, 2, 1], 9))).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn channels_take_clients_of_this_machine_only_unless_told_otherwise() {
    let Some(address) = other_address() else {
        println!("skipped: this machine has no address but the loopback's");
        return;
    };
    let devqm = Devqm::start_with(crate::harness::MQSC, &["--listen", "0.0.0.0:0"]);
    let mut administrator = devqm.connect();
    assert_eq!(devqm.try_connect_from(address), mq::MQRC_NOT_AUTHORIZED);
    assert!(devqm.said().contains("CHLAUTH keeps"), "{}", devqm.said());
    let rule = |words: &str| format!("SET CHLAUTH('DEV.*') TYPE(ADDRESSMAP) ADDRESS('{address}') {words}");
    assert!(mqsc(&mut administrator, &rule("USERSRC(CHANNEL)")).starts_with("AMQ8877I"));
    assert_eq!(devqm.try_connect_from(address), mq::MQRC_NONE);
    mqsc(&mut administrator, &rule("ACTION(REMOVE)"));
    assert_eq!(devqm.try_connect_from(address), mq::MQRC_NOT_AUTHORIZED);
    mqsc(&mut administrator, "ALTER QMGR CHLAUTH(DISABLED)");
    assert_eq!(devqm.try_connect_from(address), mq::MQRC_NONE);
}

//! DISPLAY of state, and `devqm mqsc` as people and scripts use it.

use std::io::Write;
use std::process::{Command, Stdio};

use devqm::verbs::Request;
use libmqm_sys as mq;

use crate::harness::{Devqm, mqsc, open, put};

#[test]
fn the_state_of_queues_tells_depth_handles_and_uncommitted_messages() {
    let devqm = Devqm::start();
    let mut session = devqm.connect_as("payer");
    let handle = session.open("IN");
    session.ok(&put(handle, mq::MQPMO_SYNCPOINT, b"one"));
    let shown = mqsc(&mut session, "DISPLAY QSTATUS(IN)");
    for words in
        ["AMQ8450I", "QUEUE(IN)", "TYPE(QUEUE)", "CURDEPTH(1)", "IPPROCS(1)", "OPPROCS(1)", "UNCOM(1)"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let shown = mqsc(&mut session, "DISPLAY QSTATUS(I*) TYPE(HANDLE) APPLTAG INPUT");
    let line = "   QUEUE(IN)                               TYPE(HANDLE)\n   APPLTAG(payer)                          INPUT(SHARED)";
    assert_eq!(shown, format!("AMQ8450I: Display queue status details.\n{line}"));
    assert!(mqsc(&mut session, "DISPLAY QSTATUS(NONE)").starts_with("AMQ8147E"));
    let filtered = mqsc(&mut session, "DISPLAY QSTATUS(*) WHERE(UNCOM GT 0) CURDEPTH");
    assert_eq!(filtered.matches("QUEUE(").count(), 1, "{filtered}");
}

#[test]
fn connections_channels_and_the_queue_manager_have_a_state() {
    let devqm = Devqm::start();
    let mut session = devqm.connect_as("payer");
    session.ok(&Request::Open(open("OUT", mq::MQOO_BROWSE)));
    let connections = mqsc(&mut session, "DISPLAY CONN(*) WHERE(APPLTAG EQ 'payer')");
    for words in
        ["AMQ8276I", "APPLTYPE(USER)", "CHANNEL(DEV.APP.SVRCONN)", "CONNAME(127.0.0.1)", "USERID(tester)"]
    {
        assert!(connections.contains(words), "{words}: {connections}");
    }
    let id = connections.split("CONN(").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    let handles = mqsc(&mut session, &format!("DISPLAY CONN({id}) TYPE(HANDLE) OBJNAME BROWSE"));
    assert!(handles.contains("OBJNAME(OUT)") && handles.contains("BROWSE(YES)"), "{handles}");
    assert!(mqsc(&mut session, "DISPLAY CONN(FFFFFFFFFFFFFFFF)").starts_with("AMQ8275E"));

    let channels = mqsc(&mut session, "DISPLAY CHSTATUS(DEV.*)");
    for words in ["AMQ8417I", "CHLTYPE(SVRCONN)", "CURRENT", "STATUS(RUNNING)", "RAPPLTAG(payer)"] {
        assert!(channels.contains(words), "{words}: {channels}");
    }
    assert!(mqsc(&mut session, "DISPLAY CHSTATUS(SYSTEM.*)").starts_with("AMQ8420I"));
    let manager = mqsc(&mut session, "DISPLAY QMSTATUS");
    for words in ["AMQ8705I", "QMNAME(QM1)", "STATUS(RUNNING)", "CMDSERV(RUNNING)", "CONNS(2)"] {
        assert!(manager.contains(words), "{words}: {manager}");
    }
    assert!(mqsc(&mut session, "PING QMGR").starts_with("AMQ8415I"));
    let wrong = mqsc(&mut session, "DISPLAY QSTATUS(IN) NONSENSE");
    assert!(wrong.contains("NONSENSE is not one of the words here"), "{wrong}");
}

#[test]
fn mqsc_reads_standard_input_where_it_is_no_terminal() {
    let devqm = Devqm::start();
    let address = devqm.socket().peer_addr().unwrap().to_string();
    let mut process = Command::new(env!("CARGO_BIN_EXE_devqm"))
        .args(["mqsc", "--connect", &address])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(b"DISPLAY QLOCAL(IN) +\n BOTHRESH\nNONSENSE\n").unwrap();
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("BOTHRESH(3)") && said.contains("AMQ8405E"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

//! What devqm refuses: frames that are none, folders that are not its own, definitions and users that make no sense.

use std::io::{Read, Write};
use std::process::Command;

use devqm::native::{FRAME_BYTES_MAX, PREFACE, encode};
use devqm::verbs::{Connect, Outcome, Request, Secret};
use libmqm_sys as mq;

use super::harness::{Devqm, MQSC, get, put, write};

#[test]
fn malformed_frames_close_their_own_connection_only() {
    let devqm = Devqm::start();
    let mut bystander = devqm.connect();
    let queue = bystander.open("IN");
    let connect =
        encode(&Request::Connect(Connect { channel: "DEV.APP.SVRCONN".into(), ..Connect::default() }))
            .unwrap();
    let commit = encode(&Request::Commit).unwrap();
    let long = (FRAME_BYTES_MAX + 1).to_be_bytes();
    let cases: [&[&[u8]]; 9] = [
        &[b"GET / HTTP/1.1\r\n\r\n"],
        &[b"TSH \0\0\0\x1C"],
        &[&PREFACE, &long],
        &[&PREFACE, &[0, 0, 0, 0]],
        &[&PREFACE, &[0, 0, 0, 2, 0xFF, 0xFF]],
        &[&PREFACE, &connect, &long],
        &[&PREFACE, &connect, &[0, 0, 0, 1, 0xEE]],
        // A frame with something behind its value.
        &[&PREFACE, &connect, &[0, 0, 0, 3], &commit[4..], &[0, 0]],
        &[&PREFACE, &connect, &connect],
    ];
    for (number, parts) in cases.iter().enumerate() {
        let mut socket = devqm.socket();
        // The other end may close before all is written.
        let _ = parts.iter().try_for_each(|part| socket.write_all(part));
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest);
        bystander.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, &[u8::try_from(number).unwrap()]));
    }
    for number in 0..cases.len() {
        let got = bystander.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
        assert_eq!(got.body, [u8::try_from(number).unwrap()]);
    }
}

#[test]
fn a_second_queue_manager_on_the_same_folder_is_refused() {
    let devqm = Devqm::start();
    let ended = devqm.start_in_vain(&[]);
    assert!(ended.code.is_some_and(|code| code != 0));
    assert!(ended.stderr.contains("another devqm is running on this data folder"), "{}", ended.stderr);
    devqm.connect();
}

#[test]
fn a_folder_of_another_queue_manager_or_of_no_devqm_is_refused() {
    let mut devqm = Devqm::start();
    assert!(devqm.terminate().success());
    let ended = devqm.start_in_vain(&["--queue-manager", "OTHER"]);
    assert!(ended.stderr.contains("queue manager QM1, not of OTHER"), "{}", ended.stderr);
    write(&devqm.data().join("devqm.redb"), "not a database");
    let ended = devqm.start_in_vain(&[]);
    assert!(ended.code.is_some_and(|code| code != 0), "{}", ended.stderr);
    assert!(ended.stderr.contains("devqm: "), "{}", ended.stderr);
}

#[test]
fn bad_definitions_are_refused_with_their_line() {
    let devqm = Devqm::start();
    let file = devqm.path("bad.mqsc");
    write(&file, "DEFINE QLOCAL(GOOD)\n* a comment\nDEFINE QLOCAL(BAD) +\n  TRIGGER\n");
    let output = Command::new(env!("CARGO_BIN_EXE_devqm"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(devqm.path("other-data"))
        .arg("--mqsc")
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("bad.mqsc:") && text.contains("TRIGGER"), "{text}");
}

#[test]
fn where_users_are_named_only_they_connect() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    let mut password = Command::new(env!("CARGO_BIN_EXE_devqm"))
        .args(["password", "app"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    password.stdin.take().unwrap().write_all(b"open sesame\n").unwrap();
    std::fs::write(&users, password.wait_with_output().unwrap().stdout).unwrap();
    assert!(!std::fs::read_to_string(&users).unwrap().contains("sesame"));
    let devqm = Devqm::start_with(MQSC, &["--users", &users.display().to_string()]);
    for (user, word, reason) in [
        ("app", "open sesame", mq::MQRC_NONE),
        ("app", "open", mq::MQRC_NOT_AUTHORIZED),
        ("nobody", "open sesame", mq::MQRC_NOT_AUTHORIZED),
        ("", "", mq::MQRC_NOT_AUTHORIZED),
    ] {
        let mut client = devqm::native::Client::open(devqm.socket()).unwrap();
        let reply = client
            .call(&Request::Connect(Connect {
                channel: "DEV.APP.SVRCONN".into(),
                user: user.into(),
                password: Secret(word.into()),
                ..Connect::default()
            }))
            .unwrap();
        assert_eq!(reply.reason, reason, "{user:?}");
        assert_eq!(matches!(reply.outcome, Outcome::Connected { .. }), reason == mq::MQRC_NONE);
    }
}

//! What the driver does when a commit warns or a backout fails, shown on a library that answers just that.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails, and says where")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mq::{Class, ConnectOptions, Endpoint, GetOptions, Library, OpenOptions, Session};

/// A library with these answers to MQCMIT and MQBACK, and the file in which it notes its calls. `None` without a C compiler.
fn library(name: &str, commit: (i32, i32), backout: (i32, i32)) -> Option<(Library, PathBuf)> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (binary, log) = (folder.join(format!("lib{name}.so")), folder.join(format!("{name}.log")));
    let _ = std::fs::remove_file(&log);
    let codes = |call: &str, (completion, reason): (i32, i32)| {
        [format!("-D{call}_COMPLETION={completion}"), format!("-D{call}_REASON={reason}")]
    };
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .arg(&binary)
        .args(codes("COMMIT", commit))
        .args(codes("BACKOUT", backout))
        .arg(format!("-DLOG=\"{}\"", log.display()))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/library.c"))
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("MQGATE_REQUIRE_SUITES").is_none(), "required: a C compiler");
        println!("skipped: no C compiler (cc)");
        return None;
    }
    Some((Library::load(Some(&binary)).unwrap(), log))
}

fn connect(library: &Library) -> Session {
    let options = ConnectOptions {
        queue_manager: "QM1".parse().unwrap(),
        endpoint: Endpoint::Channel {
            connection_name: "localhost(1414)".to_owned(),
            channel: "C".parse().unwrap(),
            tls: None,
            message_bytes_max: 1000,
        },
        credentials: None,
        application_name: "test".to_owned(),
    };
    Session::connect(library, &options).unwrap()
}

fn calls(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect()
}

/// Gets a message in a unit and hands the session back with the unit's end.
fn get_and(
    session: &mut Session,
    end: impl FnOnce(mq::Unit<'_>) -> Result<(), mq::Error>,
) -> Result<(), mq::Error> {
    let queue = session.open(&"Q".parse().unwrap(), OpenOptions::default()).unwrap();
    let mut unit = session.begin();
    assert!(unit.get(queue, GetOptions { wait: Duration::ZERO }).unwrap().is_some());
    end(unit)
}

#[test]
fn a_commit_that_warns_has_failed_and_its_session_goes_on() {
    let Some((library, log)) = library("commit_warns", (1, 2003), (0, 0)) else { return };
    let mut session = connect(&library);
    let error = get_and(&mut session, |unit| unit.commit()).unwrap_err();
    assert_eq!(error.to_string(), "MQCMIT: MQRC_BACKED_OUT (2003)");
    assert_eq!((error.class(), error.outcome_unknown()), (Class::UnitOfWork, false));
    assert!(!session.is_poisoned());
    session.disconnect().unwrap();
    let calls = calls(&log);
    assert_eq!(calls.last().unwrap(), "MQDISC");
    assert!(
        !calls.contains(&"MQBACK".to_owned()),
        "the queue manager has backed it out by itself: {calls:?}"
    );
}

#[test]
fn a_commit_that_is_pending_is_backed_out_and_its_outcome_unknown() {
    let Some((library, log)) = library("commit_pending", (1, 2124), (0, 0)) else { return };
    let mut session = connect(&library);
    let error = get_and(&mut session, |unit| unit.commit()).unwrap_err();
    assert!(error.outcome_unknown());
    drop(session);
    assert!(calls(&log).ends_with(&["MQCMIT".to_owned(), "MQBACK".to_owned(), "MQDISC".to_owned()]));
}

#[test]
fn a_backout_that_fails_poisons_the_session_which_never_disconnects_and_so_commits() {
    let Some((library, log)) = library("backout_fails", (0, 0), (2, 2102)) else { return };
    for explicitly in [true, false] {
        let mut session = connect(&library);
        let ended = get_and(&mut session, |unit| {
            if explicitly {
                return unit.back_out();
            }
            drop(unit);
            Ok(())
        });
        assert_eq!(ended.is_err(), explicitly);
        assert!(session.is_poisoned());
        let queue = session.open(&"Q".parse().unwrap(), OpenOptions::default());
        assert_eq!(queue.unwrap_err().reason().code(), 2018, "no call is made");
        drop(session);
    }
    let calls = calls(&log);
    assert!(!calls.contains(&"MQDISC".to_owned()), "MQDISC commits what could not be backed out: {calls:?}");
}

#[test]
fn a_backout_on_a_lost_connection_frees_the_handle() {
    let Some((library, log)) = library("connection_lost", (0, 0), (2, 2009)) else { return };
    let mut session = connect(&library);
    assert!(get_and(&mut session, |unit| unit.back_out()).is_err());
    assert!(session.disconnect().is_err());
    assert_eq!(calls(&log).last().unwrap(), "MQDISC");
}

//! The program against devqm, as anyone runs it against a queue manager of theirs.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails, and says where")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread::JoinHandle;

use devqm::serve::{Options, serve};
use tokio::sync::oneshot;

/// Limits that a claim reaches soon.
const MQSC: &str = "
    DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN) MAXMSGL(104857600)
    DEFINE QMODEL(SMALL) DEFTYPE(TEMPDYN) MAXDEPTH(60) MAXMSGL(1000)
    ALTER QMGR MAXUMSGS(50)
";

/// A queue manager in this process.
struct Devqm {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Devqm {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mqsc = folder.path().join("start.mqsc");
        std::fs::write(&mqsc, MQSC).unwrap();
        let options = Options {
            data: folder.path().join("data"),
            mqsc: Some(mqsc),
            listen: "127.0.0.1:0".to_owned(),
            users: None,
            tls: None,
            queue_manager: "QM1".to_owned(),
            message_memory_bytes: 16 << 20,
            ready_file: None,
        };
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let serving = serve(&options, move |address| ready.send(address).unwrap(), async {
                // Told, or the test has failed.
                _ = stopped.await;
            });
            runtime.block_on(serving).unwrap();
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread), _folder: folder }
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        let address = format!("DEV.APP.SVRCONN/TCP/{}({})", self.address.ip(), self.address.port());
        Command::new(env!("CARGO_BIN_EXE_devqm-conformance"))
            .args(["--against", &address, "--library"])
            .arg(library())
            .args(arguments)
            .output()
            .unwrap()
    }
}

impl Drop for Devqm {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the queue manager failed");
        }
    }
}

/// Built beside the test programs.
fn library() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().map(|deps| deps.join("libmqm_r.so")).filter(|library| library.is_file()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn all_claims_that_can_be_asked_hold_on_devqm() {
    let devqm = Devqm::start();
    let output = devqm.ask(&["--queue-manager", "QM1", "--model", "SMALL"]);
    let transcript = text(&output.stdout);
    println!("{transcript}{}", text(&output.stderr));
    assert!(output.status.success());
    assert!(transcript.starts_with("queue manager QM1 QM1_"), "who was asked");
    let claims = transcript.lines().filter(|line| line.starts_with("pass  ")).count();
    assert!(claims >= 40, "{claims} claims");
    assert!(transcript.contains(&format!("{claims} pass, 0 fail")));
}

#[test]
fn a_claim_that_does_not_hold_is_told_and_ends_the_program_so() {
    let devqm = Devqm::start();
    // A queue manager that loses commits.
    let mut administrator =
        devqm::native::Client::open(std::net::TcpStream::connect(devqm.address).unwrap()).unwrap();
    for request in [
        devqm::verbs::Request::Connect(devqm::verbs::Connect {
            channel: "DEV.APP.SVRCONN".to_owned(),
            ..devqm::verbs::Connect::default()
        }),
        devqm::verbs::Request::Mqsc("DEFINE FAULT(F) VERB(MQCMIT) COUNT(*) ACTION(BACKEDOUT)".to_owned()),
    ] {
        assert_eq!(administrator.call(&request).unwrap().reason, 0);
    }
    let output = devqm.ask(&["--model", "SMALL", "--only", "unit-put"]);
    let transcript = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{transcript}");
    assert!(transcript.contains("FAIL  unit-put"), "{transcript}");
    assert!(transcript.contains("MQRC_BACKED_OUT (2003)"), "{transcript}");
}

#[test]
fn no_library_no_queue_manager_and_no_channel_are_told_apart() {
    let devqm = Devqm::start();
    let mut missing = Command::new(env!("CARGO_BIN_EXE_devqm-conformance"));
    let missing = missing.arg("--library").arg(Path::new("/nowhere/libmqm_r.so")).output().unwrap();
    assert_eq!(missing.status.code(), Some(69), "{}", text(&missing.stderr));
    let refused = devqm.ask(&["--queue-manager", "OTHER"]);
    assert_eq!(refused.status.code(), Some(69));
    assert!(text(&refused.stderr).contains("MQRC_Q_MGR_NAME_ERROR (2058)"), "{}", text(&refused.stderr));
    let mut wrong = Command::new(env!("CARGO_BIN_EXE_devqm-conformance"));
    assert_eq!(wrong.args(["--against", "DEV.APP.SVRCONN"]).output().unwrap().status.code(), Some(64));
}

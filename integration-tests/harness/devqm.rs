//! A queue manager of the test's own.

use std::fs;
use std::process::Command;

use mq::{ConnectOptions, Endpoint};
use rustix::process::Signal;
use tempfile::TempDir;

use super::client::Client;
use super::port::Port;
use super::program::{self, Running};
use super::wait::{eventually, until};

/// The queue that payments arrive on; its BOQNAME is [`PARKED`].
pub(crate) const PAYMENTS: &str = "PAYMENTS.IN";
/// Where they are parked.
pub(crate) const PARKED: &str = "PAYMENTS.PARKED";
/// A queue without BOQNAME.
pub(crate) const NOTICES: &str = "NOTICES.IN";
/// The queue manager's dead-letter queue.
pub(crate) const DEAD_LETTERS: &str = "DEAD.LETTERS";
/// The channel.
pub(crate) const CHANNEL: &str = "GATEWAY.SVRCONN";
/// How it is called.
pub(crate) const QUEUE_MANAGER: &str = "QM1";

const DEFINITIONS: &str = "\
DEFINE QLOCAL(DEAD.LETTERS) DEFPSIST(YES)
ALTER QMGR DEADQ(DEAD.LETTERS)
DEFINE QLOCAL(PAYMENTS.PARKED) DEFPSIST(YES)
DEFINE QLOCAL(PAYMENTS.IN) DEFPSIST(YES) MAXDEPTH(100000) BOTHRESH(3) BOQNAME(PAYMENTS.PARKED)
DEFINE QLOCAL(NOTICES.IN) DEFPSIST(YES)
DEFINE CHANNEL(GATEWAY.SVRCONN) CHLTYPE(SVRCONN)
";

/// devqm on a folder and a port that last as long as this, whether the program runs or not.
pub(crate) struct Devqm {
    folder: TempDir,
    port: Port,
    running: Option<Running>,
}

impl Devqm {
    /// Starts a queue manager with the queues above.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a queue manager with the queues above and these MQSC commands besides.
    pub(crate) fn start_with(mqsc: &str) -> Self {
        let mut devqm = Self::absent_with(mqsc);
        devqm.launch();
        devqm
    }

    /// Starts a queue manager that lets only this user in.
    pub(crate) fn start_with_user(mqsc: &str, user: &str, password: &str) -> Self {
        let mut devqm = Self::absent_with(mqsc);
        let line = program::printed_by(Command::new(program::devqm()).args(["password", user]), password);
        fs::write(devqm.users(), line).expect("a file");
        devqm.launch();
        devqm
    }

    /// Starts a queue manager with a certificate, its key, and the authorities of its clients, all PEM.
    pub(crate) fn start_with_tls(mqsc: &str, [certificate, key, authorities]: [&str; 3]) -> Self {
        let mut devqm = Self::absent_with(mqsc);
        for (file, text) in [("certificate.pem", certificate), ("key.pem", key), ("clients.pem", authorities)]
        {
            fs::write(devqm.folder.path().join(file), text).expect("a file");
        }
        devqm.launch();
        devqm
    }

    /// A queue manager that does not run yet: connections are refused.
    pub(crate) fn absent() -> Self {
        Self::absent_with("")
    }

    fn absent_with(mqsc: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("start.mqsc"), format!("{DEFINITIONS}{mqsc}\n")).expect("a file");
        Self { folder, port: Port::reserve(), running: None }
    }

    /// Starts the program on its folder and port and waits until it serves.
    pub(crate) fn launch(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let mut command = Command::new(program::devqm());
        command.arg("serve");
        command.arg("--data").arg(self.folder.path().join("data"));
        command.arg("--mqsc").arg(self.folder.path().join("start.mqsc"));
        command.arg("--listen").arg(self.port.address().to_string());
        if self.users().exists() {
            command.arg("--users").arg(self.users());
        }
        let identity =
            ["certificate.pem", "key.pem", "clients.pem"].map(|file| self.folder.path().join(file));
        if identity.iter().all(|file| file.exists()) {
            for (option, file) in ["--tls-cert", "--tls-key", "--tls-client-ca"].into_iter().zip(&identity) {
                command.arg(option).arg(file);
            }
        }
        let mut running = Running::start(&mut command);
        let ready = format!("devqm: listening on {}", self.port.address());
        eventually("devqm serves", || {
            let lines = running.lines();
            assert!(running.ended().is_none(), "devqm ended:\n{}", lines.join("\n"));
            lines.contains(&ready).then_some(())
        });
        self.running = Some(running);
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.running.take().expect("it runs").kill();
    }

    /// `kill -9` while others use it; [`Self::kill_and_restart`] cleans up after it.
    pub(crate) fn kill_running(&self) {
        self.running.as_ref().expect("it runs").signal(Signal::KILL);
    }

    /// `kill -9`, and the same again on the same folder and port.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// Runs one MQSC command and returns what it prints.
    pub(crate) fn mqsc(&self, command: &str) -> String {
        let output = Command::new(program::devqm())
            .args(["mqsc", "--connect", &self.port.address().to_string(), "-c", command])
            .output()
            .expect("devqm mqsc runs");
        let text = String::from_utf8(output.stdout).expect("it prints UTF-8");
        assert!(output.status.success(), "{command}: {text}");
        text
    }

    /// Defines a fault; `definition` is what DEFINE FAULT says after the name: `VERB(MQCMIT) ACTION(CUTAFTER)`.
    pub(crate) fn fault(&self, name: &str, definition: &str) {
        self.mqsc(&format!("DEFINE FAULT({name}) {definition}"));
    }

    /// How many verbs a fault has struck.
    pub(crate) fn fired(&self, name: &str) -> u32 {
        self.count(name, "FIRED(")
    }

    /// How many verbs matched a fault, struck or not.
    pub(crate) fn seen(&self, name: &str) -> u32 {
        self.count(name, "SEEN(")
    }

    /// Waits until a fault has struck so often.
    #[track_caller]
    pub(crate) fn wait_until_fired(&self, name: &str, least: u32) {
        until(&format!("{name} strikes {least} times"), || self.fired(name) >= least);
    }

    /// Deletes a fault, and lets go what it holds.
    pub(crate) fn heal(&self, name: &str) {
        self.mqsc(&format!("DELETE FAULT({name})"));
    }

    fn count(&self, name: &str, keyword: &str) -> u32 {
        let shown = self.mqsc(&format!("DISPLAY FAULT({name})"));
        let (_, rest) = shown.split_once(keyword).expect("a fault shows its counts");
        rest.split_once(')').and_then(|(count, _)| count.parse().ok()).expect("a count")
    }

    /// Waits until it has died by itself, and starts it again on the same folder and port.
    pub(crate) fn restart_once_dead(&mut self) {
        let (code, _) = self.running.take().expect("it runs").wait();
        assert_eq!(code, None, "it died and did not exit");
        self.launch();
    }

    /// `127.0.0.1(port)`.
    pub(crate) fn connection_name(&self) -> String {
        let address = self.port.address();
        format!("{}({})", address.ip(), address.port())
    }

    /// Its host and its port, apart.
    pub(crate) fn host_and_port(&self) -> (String, String) {
        let address = self.port.address();
        (address.ip().to_string(), address.port().to_string())
    }

    /// The file of those who may connect, where there is one.
    fn users(&self) -> std::path::PathBuf {
        self.folder.path().join("users")
    }

    /// How to connect to it.
    pub(crate) fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            queue_manager: QUEUE_MANAGER.parse().expect("a name"),
            endpoint: Endpoint::Channel {
                connection_name: self.connection_name(),
                channel: CHANNEL.parse().expect("a name"),
                tls: None,
                message_bytes_max: 104_857_600,
            },
            credentials: None,
            application_name: "integration".into(),
        }
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Client {
        Client::connect(self)
    }

    /// Waits until this queue holds exactly this many messages, uncommitted ones included.
    #[track_caller]
    pub(crate) fn wait_for_depth(&self, queue: &str, depth: u32) {
        let mut client = self.client();
        until(&format!("{queue} holds {depth} messages"), || client.depth(queue) == depth);
    }
}

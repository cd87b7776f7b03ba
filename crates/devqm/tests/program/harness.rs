//! Starts and kills `devqm serve`, and calls it over the native door.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use devqm::native::{Client, decode, encode};
use devqm::verbs::{Connect, Descriptor, Get, Got, Open, Outcome, Put, Reply, Request};
use libmqm_sys as mq;

/// A data folder and the queue manager on it.
pub(crate) struct Devqm {
    folder: tempfile::TempDir,
    process: Option<Child>,
    address: SocketAddr,
    arguments: Vec<String>,
}

/// What a program that ends by itself said.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

pub(crate) const MQSC: &str = "
    DEFINE QLOCAL(IN) REPLACE BOTHRESH(3) BOQNAME(BACKOUT)
    DEFINE QLOCAL(OUT)
    DEFINE QLOCAL(BACKOUT)
    DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN)
";

impl Devqm {
    /// A queue manager with the queues of [`MQSC`].
    pub(crate) fn start() -> Self {
        Self::start_with(MQSC, &[])
    }

    /// A queue manager with objects and arguments of one's own.
    pub(crate) fn start_with(mqsc: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("start.mqsc"), mqsc).unwrap();
        let mut devqm = Self {
            folder,
            process: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        };
        devqm.restart();
        devqm
    }

    /// Starts it again on the same data folder, on another port.
    pub(crate) fn restart(&mut self) {
        let stderr = std::fs::File::create(self.path("stderr")).unwrap();
        let mut process = self.command().stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("devqm: listening on ").expect("the line that tells the address");
        self.address = address.parse().unwrap();
        if self.address.ip().is_unspecified() {
            self.address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        self.process = Some(process);
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        let killed = Command::new("kill").arg(process.id().to_string()).status().unwrap();
        assert!(killed.success());
        process.wait().unwrap()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.take().unwrap().wait().unwrap()
    }

    /// Starts a second one on the same folder, or one that cannot start, and waits for its end.
    pub(crate) fn start_in_vain(&self, arguments: &[&str]) -> Ended {
        let mut process =
            self.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = String::new();
        process.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended { code: process.wait().unwrap().code(), stderr }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_devqm"));
        command
            .env("RUST_LOG", "warn")
            .args(["serve", "--data"])
            .arg(self.data())
            .arg("--mqsc")
            .arg(self.path("start.mqsc"))
            .args(&self.arguments);
        if !self.arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command
    }

    /// Runs `devqm mqsc` with one command.
    pub(crate) fn mqsc(&self, command: &str) -> ExitStatus {
        Command::new(env!("CARGO_BIN_EXE_devqm"))
            .args(["mqsc", "--connect", &self.address.to_string(), "-c", command])
            .stdout(Stdio::null())
            .status()
            .unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it has written to standard error since it was started.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.path("stderr")).unwrap_or_default()
    }

    /// The most memory that it has had, from `/proc`.
    #[cfg(target_os = "linux")]
    pub(crate) fn most_memory_kib(&self) -> u64 {
        let process = self.process.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn socket(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// A connected session.
    pub(crate) fn connect(&self) -> Session {
        self.connect_as("program test")
    }

    /// A connected session of an application of this name.
    pub(crate) fn connect_as(&self, application: &str) -> Session {
        let (session, reason) = self.try_connect_as(application).unwrap();
        assert_eq!(reason, mq::MQRC_NONE);
        session
    }

    /// A connected session of a user.
    pub(crate) fn connect_user(&self, user: &str) -> Session {
        let (session, reason) = self.try_connect_user(user);
        assert_eq!(reason, mq::MQRC_NONE);
        session
    }

    /// A session of a user, and what MQCONNX said.
    pub(crate) fn try_connect_user(&self, user: &str) -> (Session, i32) {
        Session::try_connect(self.address, "program test", user).unwrap()
    }

    /// What MQCONNX says to a client that calls by this address of the machine.
    pub(crate) fn try_connect_from(&self, address: std::net::IpAddr) -> i32 {
        let address = SocketAddr::new(address, self.address.port());
        Session::try_connect(address, "program test", "tester").unwrap().1
    }

    /// A session of an application of this name, and what MQCONNX said.
    pub(crate) fn try_connect_as(&self, application: &str) -> std::io::Result<(Session, i32)> {
        Session::try_connect(self.address, application, "tester")
    }
}

impl Drop for Devqm {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            _ = process.kill();
            _ = process.wait();
        }
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
    }
}

/// One connection over the native door.
pub(crate) struct Session {
    client: Client,
    socket: TcpStream,
}

impl Session {
    fn try_connect(address: SocketAddr, application: &str, user: &str) -> std::io::Result<(Self, i32)> {
        let socket = TcpStream::connect(address)?;
        let mut client = Client::open(socket.try_clone()?)?;
        let connect = Connect {
            channel: "DEV.APP.SVRCONN".to_owned(),
            application_name: application.to_owned(),
            process_user: user.to_owned(),
            ..Connect::default()
        };
        let reply = client.call(&Request::Connect(connect))?;
        Ok((Self { client, socket }, reply.reason))
    }

    pub(crate) fn call(&mut self, request: &Request) -> std::io::Result<Reply> {
        self.client.call(request)
    }

    /// Sends a request and does not wait for the reply.
    pub(crate) fn send(&mut self, request: &Request) {
        self.socket.write_all(&encode(request).unwrap()).unwrap();
    }

    /// Waits for the reply to [`Self::send`].
    pub(crate) fn receive(&mut self) -> Reply {
        let mut length = [0; 4];
        self.socket.read_exact(&mut length).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.socket.read_exact(&mut frame).unwrap();
        decode(&frame).unwrap()
    }

    /// A call that must succeed.
    pub(crate) fn ok(&mut self, request: &Request) -> Outcome {
        let reply = self.call(request).unwrap();
        assert_eq!((reply.completion, reply.reason), (mq::MQCC_OK, mq::MQRC_NONE), "{request:?}");
        reply.outcome
    }

    pub(crate) fn open(&mut self, queue: &str) -> i32 {
        let options = mq::MQOO_INPUT_SHARED | mq::MQOO_OUTPUT | mq::MQOO_INQUIRE;
        match self.ok(&Request::Open(open(queue, options))) {
            Outcome::Opened(opened) => opened.handle,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn get(&mut self, request: &Get) -> std::io::Result<Option<Got>> {
        let reply = self.call(&Request::Get(request.clone()))?;
        match (reply.reason, reply.outcome) {
            (mq::MQRC_NO_MSG_AVAILABLE, _) => Ok(None),
            (mq::MQRC_NONE, Outcome::Got(got)) => Ok(Some(*got)),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn open(queue: &str, options: i32) -> Open {
    Open { object_type: mq::MQOT_Q, object_name: queue.to_owned(), options, ..Open::default() }
}

/// A put of a persistent message, with `MQPMO_*` options.
pub(crate) fn put(handle: i32, options: i32, body: &[u8]) -> Request {
    Request::Put(Put {
        handle,
        options,
        context: 0,
        descriptor: Descriptor { persistence: mq::MQPER_PERSISTENT, ..blank() },
        properties: Vec::new(),
        body: body.to_vec(),
    })
}

pub(crate) fn get(handle: i32, options: i32) -> Get {
    Get {
        handle,
        options,
        match_options: mq::MQMO_NONE,
        wait_interval_ms: 10_000,
        buffer_bytes: 1 << 20,
        descriptor: blank(),
        token: [0; 16],
        with_properties: true,
        standing: false,
    }
}

/// As [`put`], with another descriptor.
pub(crate) fn put_with(
    handle: i32,
    options: i32,
    body: &[u8],
    change: impl FnOnce(&mut Descriptor),
) -> Request {
    let Request::Put(mut request) = put(handle, options, body) else { panic!("a put") };
    change(&mut request.descriptor);
    Request::Put(request)
}

/// The body of the message that a get returns, if there is one.
pub(crate) fn body(session: &mut Session, request: &Get) -> Option<String> {
    session.get(request).unwrap().map(|got| String::from_utf8(got.body).unwrap())
}

/// Completion and reason.
pub(crate) fn code(reply: &Reply) -> (i32, i32) {
    (reply.completion, reply.reason)
}

/// A call that must fail so.
#[track_caller]
pub(crate) fn fails(session: &mut Session, request: &Request, reason: i32) {
    assert_eq!(code(&session.call(request).unwrap()), (mq::MQCC_FAILED, reason), "{request:?}");
}

/// What MQSC prints.
pub(crate) fn mqsc(session: &mut Session, text: &str) -> String {
    match session.call(&Request::Mqsc(text.to_owned())).unwrap().outcome {
        Outcome::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

/// MQMD_DEFAULT.
pub(crate) fn blank() -> Descriptor {
    Descriptor::default()
}

/// Waits until a condition holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// A file with this text beside the data folder.
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

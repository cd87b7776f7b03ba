//! What both benchmarks of the whole need: a queue manager on a real disk, a client, payments, figures of processes.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mq::{
    ConnectOptions, Context, Descriptor, Endpoint, Format, GetOptions, Input, Library, OpenOptions, Outgoing,
    Queue, Session,
};

/// The queue that both benchmarks use.
pub(crate) const QUEUE: &str = "BENCH.IN";

const MESSAGE_BYTES: usize = 2048;

const DEFINITIONS: &str = "\
DEFINE QLOCAL(BENCH.PARKED) DEFPSIST(YES) MAXDEPTH(1000000) REPLACE
DEFINE QLOCAL(BENCH.IN) DEFPSIST(YES) MAXDEPTH(1000000) BOQNAME(BENCH.PARKED) REPLACE
DEFINE QLOCAL(BENCH.A.RETRY) DEFPSIST(YES) MAXDEPTH(1000000) REPLACE
DEFINE QLOCAL(BENCH.B.RETRY) DEFPSIST(YES) MAXDEPTH(1000000) REPLACE
DEFINE QLOCAL(BENCH.C.RETRY) DEFPSIST(YES) MAXDEPTH(1000000) REPLACE
DEFINE CHANNEL(BENCH.SVRCONN) CHLTYPE(SVRCONN) REPLACE
";

/// A child process that ends with this.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display())))
    }

    /// CPU time used so far, from `/proc`, in microseconds; a clock tick is 10 ms.
    pub(crate) fn cpu_us(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks =
            after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        ticks * 10_000
    }

    /// A line of `/proc/<pid>/status`, in KiB: `VmRSS`, `VmHWM`.
    pub(crate) fn memory_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder that Cargo builds this profile into.
pub(crate) fn profile_folder() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_mqgate")).parent().expect("target/<profile>")
}

/// The client library that Cargo built with the benchmark.
pub(crate) fn library_path() -> PathBuf {
    profile_folder().join("deps/libmqm_r.so")
}

/// A queue manager with its data beside the build, on the disk that is to be measured.
pub(crate) struct QueueManager {
    pub(crate) address: SocketAddr,
    pub(crate) folder: PathBuf,
    pub(crate) running: Running,
}

impl QueueManager {
    /// Builds devqm, which Cargo does not build for a benchmark, and starts it on a fresh folder.
    pub(crate) fn start(name: &str) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
        let target = profile_folder().parent().expect("target");
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--release", "-p", "devqm", "--bin", "devqm", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.is_ok_and(|status| status.success()), "devqm does not build");
        let folder = target.join("bench").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("start.mqsc"), DEFINITIONS).expect("a file");
        let address = free_address();
        let running = serve(&folder, address);
        Self { address, folder, running }
    }

    /// Kills it as by `kill -9`, starts it again on the same folder, and says how long it took until it served.
    pub(crate) fn kill_and_start(&mut self) -> Duration {
        // It may have ended already.
        let _ = self.running.0.kill();
        let _ = self.running.0.wait();
        let began = Instant::now();
        self.running = serve(&self.folder, self.address);
        began.elapsed()
    }

    pub(crate) fn connection_name(&self) -> String {
        format!("{}({})", self.address.ip(), self.address.port())
    }
}

fn serve(folder: &Path, address: SocketAddr) -> Running {
    let running = Running::start(
        Command::new(profile_folder().join("devqm"))
            .arg("serve")
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--mqsc")
            .arg(folder.join("start.mqsc"))
            .arg("--listen")
            .arg(address.to_string()),
    );
    wait(|| TcpStream::connect(address).is_ok());
    running
}

/// A client of the queue manager with the benchmark's queue open.
pub(crate) struct Client {
    session: Session,
    queue: Queue,
}

impl Client {
    pub(crate) fn connect(library: &Library, connection_name: &str) -> Self {
        let endpoint = Endpoint::Channel {
            connection_name: connection_name.to_owned(),
            channel: "BENCH.SVRCONN".parse().expect("a name"),
            tls: None,
            message_bytes_max: 104_857_600,
        };
        let options = ConnectOptions {
            queue_manager: "QM1".parse().expect("a name"),
            endpoint,
            credentials: None,
            application_name: "bench".to_owned(),
        };
        let mut session = Session::connect(library, &options).expect("a session");
        let open =
            OpenOptions { input: Some(Input::Shared), output: true, inquire: true, ..OpenOptions::default() };
        let queue = session.open(&QUEUE.parse().expect("a name"), open).expect("the queue");
        Self { session, queue }
    }

    /// Puts these messages, persistent, in one unit.
    pub(crate) fn put(&mut self, bodies: &[Vec<u8>]) {
        let mut unit = self.session.begin();
        for body in bodies {
            let descriptor =
                Descriptor { format: Format::STRING, ccsid: 1208, persistence: 1, ..Descriptor::default() };
            let message = Outgoing {
                descriptor,
                properties: &[],
                body,
                context: Context::Default,
                new_message_id: true,
                new_correlation_id: false,
            };
            unit.put(self.queue, &message).expect("a put");
        }
        unit.commit().expect("a commit");
    }

    /// Gets one message, hands its body to `work`, and commits. False where none came.
    pub(crate) fn get(&mut self, wait: Duration, work: impl FnOnce(&[u8])) -> bool {
        let mut unit = self.session.begin();
        let Some(message) = unit.get(self.queue, GetOptions { wait }).expect("a get") else { return false };
        work(&message.body);
        unit.commit().expect("a commit");
        true
    }

    pub(crate) fn depth(&mut self) -> u32 {
        self.session.inquire_queue(self.queue).expect("a depth").depth
    }
}

/// A pacs.008 of 2 KB with this in its ids.
pub(crate) fn payment(id: &str) -> Vec<u8> {
    let head = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
<GrpHdr><MsgId>{id}</MsgId><CreDtTm>2026-11-24T09:30:00Z</CreDtTm><NbOfTxs>1</NbOfTxs>
<SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Cd>FPS</Cd></ClrSys></SttlmInf></GrpHdr>
<CdtTrfTxInf><PmtId><InstrId>I-{id}</InstrId><EndToEndId>E-{id}</EndToEndId><TxId>T-{id}</TxId></PmtId>
<PmtTpInf><LclInstrm><Prtry>SIP/101010</Prtry></LclInstrm></PmtTpInf>
<IntrBkSttlmAmt Ccy="GBP">48213.07</IntrBkSttlmAmt><IntrBkSttlmDt>2026-11-24</IntrBkSttlmDt><ChrgBr>SLEV</ChrgBr>
<Dbtr><Nm>Ada Quill</Nm><PstlAdr><StrtNm>Mill Lane</StrtNm><BldgNb>4</BldgNb><PstCd>YO1 7HH</PstCd><TwnNm>York</TwnNm><Ctry>GB</Ctry></PstlAdr></Dbtr>
<DbtrAcct><Id><Othr><Id>40400411223344</Id></Othr></Id></DbtrAcct>
<DbtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>GBDSC</Cd></ClrSysId><MmbId>404004</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt>
<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>GBDSC</Cd></ClrSysId><MmbId>608371</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
<Cdtr><Nm>Zoe Vellum</Nm></Cdtr><CdtrAcct><Id><Othr><Id>60837155667788</Id></Othr></Id></CdtrAcct>
<RmtInf><Ustrd>"#
    );
    let tail = "</Ustrd></RmtInf></CdtTrfTxInf>\n</FIToFICstmrCdtTrf></Document>\n";
    let filling = "r".repeat(MESSAGE_BYTES.saturating_sub(head.len() + tail.len()));
    [head.as_str(), &filling, tail].concat().into_bytes()
}

/// An address of this machine that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Waits for a condition, for a minute at most.
pub(crate) fn wait(condition: impl FnMut() -> bool) {
    wait_for(Duration::from_secs(60), condition);
}

/// Waits for a condition, for this long at most.
pub(crate) fn wait_for(patience: Duration, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {patience:?} in vain");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// The middle one of several figures.
pub(crate) fn median(figures: &[u64]) -> u64 {
    percentile(figures, 50)
}

/// A percentile by nearest rank; 0 of none.
pub(crate) fn percentile(figures: &[u64], percent: usize) -> u64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

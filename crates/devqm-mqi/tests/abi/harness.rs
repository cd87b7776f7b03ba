//! A queue manager of the test's own: the program `devqm` on a folder and a port of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The channel, and the queues, of [`MQSC`].
pub(crate) const CHANNEL: &str = "DEV.APP.SVRCONN";
pub(crate) const QUEUE: &str = "IN";
pub(crate) const QUEUE_MANAGER: &str = "QM1";

const MQSC: &str = "
    DEFINE QLOCAL(IN) MAXDEPTH(1000) BOTHRESH(3) BOQNAME(BACKOUT)
    DEFINE QLOCAL(BACKOUT)
    DEFINE QALIAS(ALIAS) TARGET(IN)
    DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN)
";

pub(crate) struct Devqm {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl Devqm {
    pub(crate) fn start() -> Self {
        Self::start_with("", &[])
    }

    /// With these objects and arguments besides.
    pub(crate) fn start_with(mqsc: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("start.mqsc"), format!("{MQSC}{mqsc}")).unwrap();
        let (process, port) = serve(folder.path(), arguments);
        Self { folder, process, port }
    }

    /// Kills it and starts it again on what it has stored; its port is another one.
    pub(crate) fn restart(&mut self) {
        self.kill();
        (self.process, self.port) = serve(self.folder.path(), &[]);
    }

    /// `127.0.0.1(port)`.
    pub(crate) fn connection_name(&self) -> String {
        format!("127.0.0.1({})", self.port)
    }

    /// Carries MQSC out.
    #[track_caller]
    pub(crate) fn mqsc(&self, text: &str) {
        let address = format!("127.0.0.1:{}", self.port);
        let done =
            Command::new(program()).args(["mqsc", "--connect", &address, "-c", text]).output().unwrap();
        assert!(done.status.success(), "{text}: {}", String::from_utf8(done.stdout).unwrap());
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        // A process that has ended already is as good as killed.
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }
}

fn serve(folder: &Path, arguments: &[&str]) -> (Child, u16) {
    let mut process = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .arg("--mqsc")
        .arg(folder.join("start.mqsc"))
        .args(arguments)
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (_, port) = line.trim().rsplit_once(':').expect("the line that tells the address");
    (process, port.parse().unwrap())
}

impl Drop for Devqm {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where Cargo puts what it builds for these tests: `target/<profile>`.
pub(crate) fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// The queue manager's program. `cargo test` builds no program of another package.
fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = profile_folder();
        let profile = folder.file_name().and_then(|name| name.to_str()).unwrap();
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()))
            .args(["build", "--quiet", "--package", "devqm", "--bin", "devqm", "--profile"])
            .arg(if profile == "debug" { "dev" } else { profile })
            .arg("--target-dir")
            .arg(folder.parent().unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(built.success(), "devqm does not build");
        folder.join("devqm")
    })
}

/// Asks `condition` until it holds.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

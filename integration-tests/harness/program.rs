//! The programs under test and what they print.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use super::wait::eventually;

/// The program that Cargo built for this test.
pub(crate) fn mqgate() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_mqgate"))
}

/// The client library that Cargo built as a dependency of this test.
pub(crate) fn mq_library() -> PathBuf {
    let library = profile_folder().join("deps/libmqm_r.so");
    assert!(library.is_file(), "{} is built with the tests", library.display());
    library
}

/// The queue manager's program, built once: Cargo builds libraries for a test of another package, not programs.
pub(crate) fn devqm() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = profile_folder();
        let profile = match folder.file_name().and_then(|name| name.to_str()).expect("target/<profile>") {
            "debug" => "dev",
            other => other,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--package",
                "devqm",
                "--bin",
                "devqm",
                "--profile",
                profile,
                "--target-dir",
            ])
            .arg(folder.parent().expect("target"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "devqm does not build");
        folder.join("devqm")
    })
}

fn profile_folder() -> &'static Path {
    mqgate().parent().expect("target/<profile>/mqgate")
}

/// What a program prints that reads this.
pub(crate) fn printed_by(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "it fails");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// A program that runs. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Starts `command` and collects what it prints.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        let lines = Arc::default();
        let readers = vec![
            collect(child.stdout.take().expect("it is piped"), Arc::clone(&lines)),
            collect(child.stderr.take().expect("it is piped"), Arc::clone(&lines)),
        ];
        Self { child, lines, readers }
    }

    /// Everything that it has printed so far, in lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(id, signal).expect("a child can be signalled");
    }

    /// `kill -9`, and the end of it. Returns what it had printed.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.end();
        self.lines()
    }

    /// Waits until it ends by itself. Returns its exit code and what it printed.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<String>) {
        let status = eventually("the program ends", || self.ended());
        self.end();
        (status.code(), self.lines())
    }

    fn end(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn collect(from: impl Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    })
}

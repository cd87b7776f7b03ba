//! The real mqgate, from outside.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use super::payment::MARKER;
use super::port::Port;
use super::program::{self, Running};
use super::settings::Settings;
use super::wait::{eventually, until};

/// mqgate on settings and a port that last as long as this, whether the program runs or not.
///
/// When it goes, everything that it ever logged is searched for payload.
pub(crate) struct Gateway {
    folder: TempDir,
    config: PathBuf,
    admin: Port,
    running: Option<Running>,
    logged: Vec<String>,
}

/// What `mqgate` with some arguments came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) out: String,
    /// What it complained about.
    pub(crate) err: String,
}

impl Ran {
    /// It did what it was asked to.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.out + &self.err
    }

    /// The JSON object on each line of what it printed.
    #[track_caller]
    pub(crate) fn json(self) -> Vec<serde_json::Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

impl Gateway {
    /// Starts mqgate and waits until it is ready.
    pub(crate) fn start(settings: &Settings) -> Self {
        let mut gateway = Self::prepare(settings);
        gateway.launch();
        gateway
    }

    /// Writes the settings, and starts nothing yet.
    pub(crate) fn prepare(settings: &Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let admin = Port::reserve();
        let config = settings.clone().with("admin.listen", admin.address().to_string()).write(folder.path());
        Self { folder, config, admin, running: None, logged: Vec::new() }
    }

    /// Starts mqgate on the same settings and waits until it is ready.
    pub(crate) fn launch(&mut self) {
        self.spawn();
        let admin = self.admin.address();
        let running = self.running.as_mut().expect("it was just started");
        eventually("mqgate is ready", || {
            let ended = running.ended();
            assert!(ended.is_none(), "mqgate ended, {ended:?}:\n{}", running.lines().join("\n"));
            (ask(admin, "/readyz")?.0 == 200).then_some(())
        });
    }

    /// Starts mqgate on the same settings.
    pub(crate) fn spawn(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let mut command = Command::new(program::mqgate());
        command.arg("run").arg("--config").arg(&self.config);
        self.running = Some(Running::start(&mut command));
    }

    /// Runs `mqgate` once more on the same settings, with these arguments: `parked`, `list`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(program::mqgate())
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .output()
            .expect("mqgate runs");
        Ran {
            code: output.status.code().expect("it exits"),
            out: String::from_utf8(output.stdout).expect("it prints UTF-8"),
            err: String::from_utf8(output.stderr).expect("it prints UTF-8"),
        }
    }

    /// The folder that its settings stand in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let lines = self.running.take().expect("it runs").kill();
        self.logged.extend(lines);
    }

    /// `kill -9`, and the same again on the same settings.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// Asks it to stop, without waiting.
    pub(crate) fn terminate(&self) {
        self.running.as_ref().expect("it runs").signal(Signal::TERM);
    }

    /// Waits until it ends by itself; its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let (code, lines) = self.running.take().expect("it runs").wait();
        self.logged.extend(lines);
        code
    }

    /// Asks it to stop and waits; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.terminate();
        self.wait()
    }

    /// Everything that it has printed, over all its lives.
    pub(crate) fn logs(&self) -> Vec<String> {
        let mut lines = self.logged.clone();
        lines.extend(self.running.iter().flat_map(Running::lines));
        lines
    }

    /// Waits until a line of its log contains this.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) -> String {
        eventually(&format!("a line with {text:?}"), || {
            self.logs().into_iter().find(|line| line.contains(text))
        })
    }

    /// Asks its admin listener; status and body.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str) -> (u16, String) {
        eventually(&format!("an answer from {path}"), || ask(self.admin.address(), path))
    }

    /// Asks its admin listener for more: `POST /parked/replay`, with these header lines and this body.
    #[track_caller]
    pub(crate) fn request(&self, what: &str, headers: &[&str], body: &str) -> (u16, String) {
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        request(self.admin.address(), what, &headers, body).expect("an answer")
    }

    /// The sum of a metric's samples that carry all these labels.
    #[track_caller]
    pub(crate) fn metric(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let (status, text) = self.ask("/metrics");
        assert_eq!(status, 200);
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            let (found, rest) = series.split_once('{').unwrap_or((series, ""));
            let matches = labels.iter().all(|(label, value)| rest.contains(&format!("{label}=\"{value}\"")));
            (found == name && matches).then(|| value.parse::<u64>().expect("a whole number"))
        };
        text.lines().filter_map(sample).sum()
    }

    /// Waits until a metric is at least this.
    #[track_caller]
    pub(crate) fn wait_for_metric(&self, name: &str, labels: &[(&str, &str)], least: u64) {
        until(&format!("{name}{labels:?} is at least {least}"), || self.metric(name, labels) >= least);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.logged.extend(running.kill());
        }
        let logs = self.logged.join("\n");
        if std::thread::panicking() {
            eprintln!("--- mqgate ---\n{logs}\n---");
            return;
        }
        let shows =
            |line: &&String| without_business_key(line).to_lowercase().contains(&MARKER.to_lowercase());
        assert_eq!(self.logged.iter().find(shows), None, "a log shows payload");
    }
}

/// An audit record names the payment by what the scheme deduplicates on; nothing else may come out of a message.
fn without_business_key(line: &str) -> String {
    let Some((before, rest)) = line.split_once("\"business_key\":\"") else { return line.to_owned() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}")
}

/// One GET on a connection of its own; `None` where nobody answers.
fn ask(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    request(address, &format!("GET {path}"), "", "")
}

fn request(address: SocketAddr, what: &str, headers: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let length = body.len();
    write!(
        stream,
        "{what} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

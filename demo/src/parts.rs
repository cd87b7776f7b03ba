//! The programs of the demo: built in the profile that the demo itself was built in, started, and ended with it.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// Where things are, and what runs.
pub(crate) struct Parts {
    project: PathBuf,
    profile: PathBuf,
    folder: PathBuf,
    running: Mutex<Vec<Child>>,
}

impl Parts {
    /// Finds the project and begins with a fresh folder.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let project =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the project's folder")?.to_owned();
        let program = std::env::current_exe()?;
        let profile = program.parent().context("target/<profile>")?.to_owned();
        let folder = profile.parent().context("target")?.join("demo");
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{}: cannot be cleared", folder.display()));
            }
            _ => std::fs::create_dir_all(&folder)?,
        }
        Ok(Self { project, profile, folder, running: Mutex::new(Vec::new()) })
    }

    /// A file of the project.
    pub(crate) fn project(&self, file: &str) -> PathBuf {
        self.project.join(file)
    }

    /// A file of this run.
    pub(crate) fn folder(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// The MQ client library that stands in for IBM's.
    pub(crate) fn library(&self) -> PathBuf {
        self.profile.join("libmqm_r.so")
    }

    /// Builds what Cargo does not build for `cargo run -p demo`.
    pub(crate) fn build(&self) -> anyhow::Result<()> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let profile = match self.profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(other) => other,
        };
        let target = self.profile.parent().context("target")?;
        let status = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--profile",
                profile,
                "-p",
                "devqm",
                "-p",
                "devqm-mqi",
                "-p",
                "mqgate",
            ])
            .arg("--target-dir")
            .arg(target)
            .current_dir(&self.project)
            .status()
            .context("cargo")?;
        if status.success() { Ok(()) } else { bail!("devqm and mqgate do not build") }
    }

    /// Starts a program; what it prints goes to a file of this run. A program that runs from another folder than the
    /// project's would not find its settings.
    pub(crate) fn start(
        &self,
        name: &str,
        arguments: &[&str],
        environment: &[(&str, String)],
    ) -> anyhow::Result<()> {
        let log = File::create(self.folder(&format!("{name}.log")))?;
        let child = Command::new(self.profile.join(name))
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .env_remove("MQSERVER")
            .current_dir(&self.project)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        Ok(())
    }

    /// Ends every program, the last started first. `mqgate` drains on SIGTERM; there is nothing left to drain here.
    pub(crate) fn end(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for mut child in running.drain(..).rev() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.end();
    }
}

/// A free address: with the wanted port if that is free, with any other if not.
pub(crate) fn free_address(port: u16) -> anyhow::Result<SocketAddr> {
    let wanted = TcpListener::bind(("127.0.0.1", port)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    Ok(wanted.local_addr()?)
}

/// Asks until there is an answer, for at most `limit`.
pub(crate) fn eventually<T>(
    what: &str,
    limit: Duration,
    mut ask: impl FnMut() -> Option<T>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {} s in vain: {what}", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

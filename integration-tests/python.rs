//! IBM's own package for Python, fetched unmodified when the test runs, as a judge of devqm: its whole API.
//!
//! Skipped in plain words where Python, or the way to a package registry, is absent; required where `MQGATE_REQUIRE_SUITES`
//! is set.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::devqm::{CHANNEL, QUEUE_MANAGER};
use crate::harness::{Devqm, program};
use crate::node::skips;

const QUEUES: [&str; 2] = ["PYTHON.ONE", "PYTHON.TWO"];

/// The interpreter of an environment with IBM's package in it, or what is missing.
fn interpreter() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = folder.join("bin/python");
    if imports(&python) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), "python3 with venv")?;
    let requirements =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/python/requirements.txt");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    run(&mut install, "pip, to install IBM's package")?;
    Ok(python)
}

/// Whether the package is there: it cannot be imported without the library.
fn imports(python: &Path) -> bool {
    let library = program::mq_library();
    let mut import = Command::new(python);
    import.args(["-c", "import ibmmq"]).env("LD_LIBRARY_PATH", library.parent().unwrap());
    import.output().is_ok_and(|output| output.status.success())
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{what}: {}", text(&output))),
        Err(error) => Err(format!("{what}: {error}")),
    }
}

fn text(output: &Output) -> String {
    let bytes = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(bytes).expect("it prints UTF-8")
}

#[test]
fn ibms_package_for_python_finds_what_it_expects() {
    let python = match interpreter() {
        Ok(python) => python,
        Err(missing) => {
            skips(&missing);
            return;
        }
    };
    let queues = QUEUES.map(|name| format!("DEFINE QLOCAL({name})"));
    let devqm = Devqm::start_with(&queues.join("\n"));
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/python/whole_api.py"))
        .env("LD_LIBRARY_PATH", program::mq_library().parent().unwrap())
        .env("CONNECTION_NAME", devqm.connection_name())
        .env("CHANNEL", CHANNEL)
        .env("QUEUE_MANAGER", QUEUE_MANAGER)
        .env("QUEUES", QUEUES.join(" "))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python runs");
    let printed = text(&output);
    assert!(output.status.success(), "{printed}");
    println!("{printed}");
}

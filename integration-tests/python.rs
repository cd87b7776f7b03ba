//! Packages for Python, fetched unmodified when the test runs, as judges of devqm, each with its whole API: IBM's `ibmmq`, and `pymqi`,
//! which many have in use and which is built here, against IBM's headers out of its package for Node.
//!
//! Skipped in plain words where Python, a C compiler, or the way to a package registry is absent; required where
//! `MQGATE_REQUIRE_SUITES` is set.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::devqm::{CHANNEL, QUEUE_MANAGER};
use crate::harness::port::Port;
use crate::harness::{Devqm, program};
use crate::node::{self, skips};

/// A package, and the program that goes through its API.
struct Suite {
    package: &'static str,
    program: &'static str,
    /// Two queues of its own.
    queues: [&'static str; 2],
    /// What else its queue manager has.
    definitions: &'static str,
}

const IBMMQ: Suite = Suite {
    package: "ibmmq",
    program: "ibmmq_api.py",
    queues: ["PYTHON.ONE", "PYTHON.TWO"],
    definitions: "",
};

const PYMQI: Suite = Suite {
    package: "pymqi",
    program: "pymqi_api.py",
    queues: ["PYMQI.ONE", "PYMQI.TWO"],
    definitions: "\
ALTER QLOCAL(PYMQI.ONE) DESCR('The first of two')
SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('limited') AUTHADD(CONNECT)
SET AUTHREC PROFILE(PYMQI.*) OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(PUT)
",
};

/// The interpreter of an environment with the package in it, or what is missing. `prepare` says what its installation needs.
fn interpreter(
    suite: &Suite,
    prepare: impl FnOnce(&mut Command) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("python").join(suite.package);
    let python = folder.join("bin/python");
    if imports(&python, suite.package) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), "python3 with venv")?;
    let requirements = program_folder().join(suite.package).join("requirements.txt");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    prepare(&mut install)?;
    run(&mut install, "pip, to install the package")?;
    Ok(python)
}

/// Whether the package is there: it cannot be imported without the library.
fn imports(python: &Path, package: &str) -> bool {
    let mut import = Command::new(python);
    import.args(["-c", &format!("import {package}")]).env("LD_LIBRARY_PATH", library_folder());
    import.output().is_ok_and(|output| output.status.success())
}

/// Has pip build `pymqi` as a client: its source asks for a folder with MQ's headers and a library to link with.
fn with_headers(install: &mut Command) -> Result<(), String> {
    let headers = node::modules()?.join("ibmmq/src");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mq");
    let copies = [
        (headers.join("unix/cmqc.h"), folder.join("inc/cmqc.h")),
        (headers.join("cmqxc.h"), folder.join("inc/cmqxc.h")),
        (program_folder().join("pymqi/cmqbc.h"), folder.join("inc/cmqbc.h")),
        (program_folder().join("pymqi/cmqcfc.h"), folder.join("inc/cmqcfc.h")),
        (program::mq_library(), folder.join("lib64/libmqic_r.so")),
    ];
    for (from, to) in copies {
        let into = to.parent().expect("a folder");
        std::fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
        std::fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    install.env("MQ_FILE_PATH", folder);
    Ok(())
}

fn program_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/python")
}

fn library_folder() -> PathBuf {
    program::mq_library().parent().expect("a folder").to_owned()
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

/// Runs the suite's program on a queue manager of its own.
fn judge(suite: &Suite, python: &Path) {
    let queues = suite.queues.map(|name| format!("DEFINE QLOCAL({name})"));
    let devqm = Devqm::start_with(&format!("{}\n{}", queues.join("\n"), suite.definitions));
    let nobody = Port::reserve();
    let output = Command::new(python)
        .arg(program_folder().join(suite.program))
        .env("LD_LIBRARY_PATH", library_folder())
        .env("CONNECTION_NAME", devqm.connection_name())
        .env("MQSERVER", format!("{CHANNEL}/TCP/{}", devqm.connection_name()))
        .env("UNUSED_PORT", nobody.address().port().to_string())
        .env("CHANNEL", CHANNEL)
        .env("QUEUE_MANAGER", QUEUE_MANAGER)
        .env("QUEUES", suite.queues.join(" "))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python runs");
    let printed = text(&output);
    assert!(output.status.success(), "{printed}");
    println!("{printed}");
}

#[test]
fn ibms_package_for_python_finds_what_it_expects() {
    match interpreter(&IBMMQ, |_| Ok(())) {
        Ok(python) => judge(&IBMMQ, &python),
        Err(missing) => {
            skips(&missing);
        }
    }
}

#[test]
fn pymqi_finds_what_it_expects() {
    match interpreter(&PYMQI, with_headers) {
        Ok(python) => judge(&PYMQI, &python),
        Err(missing) => {
            skips(&missing);
        }
    }
}

//! IBM's own client for Node, fetched unmodified when the tests run, as a judge of devqm and of the way through mqgate.
//!
//! Skipped in plain words where Node, npm or the corpus are absent; required where `MQGATE_REQUIRE_SUITES` is set.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::devqm::{CHANNEL, DEAD_LETTERS, NOTICES, PAYMENTS, QUEUE_MANAGER};
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, Settings, program};

/// The folder with `node_modules`, or what is missing.
pub(crate) fn modules() -> Result<&'static Path, &'static str> {
    static MODULES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = MODULES.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("node");
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/node/package.json");
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        std::fs::copy(package, folder.join("package.json")).map_err(|error| error.to_string())?;
        if !folder.join("node_modules/ibmmq").is_dir() {
            // The package's own install step would fetch IBM's client library, which is what devqm stands in for.
            let npm = Command::new("npm")
                .args(["install", "--silent", "--no-audit", "--no-fund"])
                .env("MQIJS_NOREDIST", "1")
                .current_dir(&folder)
                .output()
                .map_err(|error| format!("npm: {error}"))?;
            if !npm.status.success() {
                return Err("npm cannot install IBM's package".to_owned());
            }
        }
        Command::new("node").arg("--version").output().map_err(|error| format!("node: {error}"))?;
        Ok(folder.join("node_modules"))
    });
    found.as_deref().map_err(String::as_str)
}

/// True where a suite must be skipped; fails where it is required.
pub(crate) fn skips(missing: &str) -> bool {
    assert!(std::env::var_os("MQGATE_REQUIRE_SUITES").is_none(), "required: {missing}");
    println!("skipped: {missing}");
    true
}

/// Runs a Node program against the queue manager and returns what it printed.
#[track_caller]
pub(crate) fn node(devqm: &Devqm, modules: &Path, arguments: &[&str]) -> String {
    let library = program::mq_library();
    let output = Command::new("node")
        .args(arguments)
        .env("LD_LIBRARY_PATH", library.parent().expect("a folder"))
        .env("MQSERVER", format!("{CHANNEL}/TCP/{}", devqm.connection_name()))
        .env("NODE_MODULES", modules)
        .output()
        .expect("node runs");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("it prints UTF-8");
    assert!(output.status.success(), "{arguments:?}:\n{printed}");
    printed
}

#[test]
fn ibms_samples_work_unmodified() {
    if let Err(missing) = modules() {
        skips(missing);
        return;
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/node/run-samples.mjs"))
        .env("CARGO_TARGET_DIR", target)
        .env("DEVQM", program::devqm())
        .env("MQ_LIBRARY", program::mq_library())
        .output()
        .expect("node runs");
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).expect("it prints UTF-8");
    assert!(output.status.success(), "{printed}");
    println!("{printed}");
}

#[test]
fn a_payment_of_the_corpus_put_by_ibms_client_arrives_with_every_leaf() {
    let modules = match modules() {
        Ok(modules) => modules,
        Err(missing) => {
            skips(missing);
            return;
        }
    };
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("MQGATE_CORPUS").map_or(default, PathBuf::from);
    let Some((file, recorded)) = recorded_payment(&corpus) else {
        skips("the corpus (MQGATE_CORPUS)");
        return;
    };
    let devqm = Devqm::start();
    let service = Service::accepting();
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/node/put.js");
    let file = corpus.join(file).display().to_string();
    node(&devqm, modules, &[&program.display().to_string(), PAYMENTS, &file, "1208"]);
    let requests = service.wait_for_accepted(1);
    let mut arrived = Vec::new();
    leaves(requests[0].document().pointer("/document").expect("a document"), &mut arrived);
    assert_eq!(arrived, recorded);
}

#[test]
fn ibms_client_reads_a_parked_message_and_its_dead_letter_header() {
    let modules = match modules() {
        Ok(modules) => modules,
        Err(missing) => {
            skips(missing);
            return;
        }
    };
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(422));
    let _gateway = Gateway::start(&Settings::new(&devqm, &service).with("sources.0.queue", NOTICES));
    let payment = Payment::new();
    devqm.client().put(NOTICES, payment.bytes());
    devqm.wait_for_depth(DEAD_LETTERS, 1);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/node/dead-letter.js");
    let printed = node(&devqm, modules, &[&program.display().to_string(), DEAD_LETTERS]);
    let read: Value = serde_json::from_str(printed.lines().last().unwrap_or_default()).expect(&printed);
    assert_eq!(read["descriptor"]["format"], "MQDEAD");
    assert_eq!(read["descriptor"]["persistence"], 1);
    let text = |name: &str| read["header"][name].as_str().map(str::trim).unwrap_or_default().to_owned();
    assert_eq!(read["header"]["Reason"], 65_536 + 422, "{printed}");
    assert_eq!((text("DestQName"), text("DestQMgrName")), (NOTICES.to_owned(), QUEUE_MANAGER.to_owned()));
    assert_eq!((text("Format"), read["header"]["CodedCharSetId"].as_i64()), ("MQSTR".to_owned(), Some(1208)));
    assert_eq!(text("PutApplName"), "mqgate");
    assert_eq!(text("PutDate").len(), 8);
    assert!(payment.xml.starts_with(read["rest"].as_str().expect("text")), "{printed}");
    assert_eq!(read["length"], 172 + payment.xml.len());
}

/// A pacs.008 of the corpus without a wrapper, with its leaves' texts in order as libxml2 saw them.
fn recorded_payment(corpus: &Path) -> Option<(String, Vec<String>)> {
    let lines = std::fs::read_to_string(corpus.join("iso20022/leaves.jsonl")).ok()?;
    let records = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    let mut wanted = records.filter(|record| {
        record["root"] == "Document"
            && record["messageTypes"][0] == "pacs.008.001.08"
            && record["leafCount"].as_u64() > Some(20)
    });
    let record = wanted.next()?;
    let leaf = |leaf: &Value| leaf[1].as_str().expect("a text").to_owned();
    let texts = record["leaves"].as_array()?.iter().map(leaf).collect();
    Some((record["file"].as_str()?.to_owned(), texts))
}

/// The texts of a document's leaves, in order; attributes are none.
fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, into)),
        Value::Object(members) => {
            let children = members.iter().filter(|(name, _)| !name.starts_with('@'));
            children.for_each(|(_, value)| leaves(value, into));
        }
        other => panic!("a leaf is a string, not {other}"),
    }
}

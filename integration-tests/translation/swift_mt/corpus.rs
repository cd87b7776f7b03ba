//! The corpus of real samples: every file of it, with a line for each in what this prints.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mqgate::message::Ccsid;
use mqgate::translate::{Input, Wire};
use serde_json::Value;

use super::recorded::{self, same_decimal, same_reference};
use super::{USUAL, translator, walk};
use crate::support::json;

/// What is refused, where, and why: the message cannot be told from one that was cut off.
const REFUSED: [(&str, usize, &str); 3] = [
    ("mt103__prowide__AbstractMTTest_testGetFieldsInvalidBlockBrackets.fin", 101, "block 3 does not end"),
    ("mt202__prowide__SwiftParserTest_testPatchWalterBirch.fin", 79, "block 4 begins, and nothing follows"),
    ("mt900__prowide__MT900ParserTest_testMissingEOBAndEOF.fin", 97, "block 4 does not end"),
];

/// What `mt-940` does not read, and why.
const NOT_READ_BY_MT_940: [(&str, &str); 1] = [(
    "mt940-stmt__wolph__ASNB_mt940.txt",
    "an account number as reference; mt-940 needs a tag made for this bank",
)];

/// What is recorded of a sample and cannot be: it is about another text of the same test.
const RECORDED_WRONGLY: [(&str, &[&str]); 1] =
    [("mt103_STP__prowide__MT103ParserTest_test103_8.fin", &["counts"])];

struct Sample {
    path: PathBuf,
    name: String,
    bytes: Vec<u8>,
    ccsid: i32,
}

fn samples() -> Option<Vec<Sample>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("MQGATE_CORPUS").map_or_else(beside, PathBuf::from).join("swift-mt");
    let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
    let Ok(entries) = fs::read_dir(&folder) else {
        assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there is no corpus in {}", folder.display());
        eprintln!("skipped: there is no corpus in {}", folder.display());
        return None;
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut samples: Vec<Sample> = paths
        .filter(|path| path.extension().is_none_or(|extension| extension != "json"))
        .map(Sample::read)
        .collect();
    samples.sort_by(|first, second| first.name.cmp(&second.name));
    Some(samples)
}

impl Sample {
    fn read(path: PathBuf) -> Self {
        let bytes = fs::read(&path).unwrap();
        // Samples have no descriptor; those that are not UTF-8 are read byte by byte.
        let ccsid = if std::str::from_utf8(&bytes).is_ok() { USUAL.0 } else { 819 };
        Self { name: path.file_name().unwrap().to_str().unwrap().to_owned(), path, bytes, ccsid }
    }

    fn text(&self) -> String {
        match self.ccsid {
            819 => self.bytes.iter().map(|byte| char::from(*byte)).collect(),
            _ => String::from_utf8(self.bytes.clone()).unwrap(),
        }
    }

    fn recorded(&self) -> Option<Value> {
        let file = self.path.with_file_name(format!("{}.expected.json", self.name));
        fs::read(file).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }
}

#[test]
fn every_sample_is_read_as_others_read_it_and_comes_back() {
    let Some(samples) = samples() else { return };
    let mut failures = Vec::new();
    let (mut accepted, mut refused, mut compared) = (0, 0, 0);
    for sample in &samples {
        match check(sample) {
            Ok((line, values)) => {
                println!("{:<90} {line}", sample.name);
                accepted += usize::from(!line.starts_with("refused"));
                refused += usize::from(line.starts_with("refused"));
                compared += values;
            }
            Err(fault) => failures.push(format!("{}: {fault}", sample.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{accepted} accepted, {refused} refused as expected, {compared} recorded values equal");
}

fn check(sample: &Sample) -> Result<(String, usize), String> {
    let expected = REFUSED.iter().find(|(name, _, _)| *name == sample.name);
    let wire = Wire { ccsid: Ccsid(sample.ccsid), encoding: USUAL.1 };
    let input = Input { bytes: &sample.bytes, ccsid: wire.ccsid, encoding: wire.encoding };
    let document = match (translator().translate(input), expected) {
        (Ok(document), None) => document,
        (Err(refusal), Some((_, offset, reason))) if refusal.offset == *offset => {
            return Ok((format!("refused: {reason}"), 0));
        }
        (Err(refusal), _) => return Err(refusal.to_string()),
        (Ok(_), Some(_)) => return Err("it is accepted".into()),
    };
    if translator().write(&document.body, wire).as_deref() != Ok(sample.bytes.as_slice()) {
        return Err("it does not come back".into());
    }
    let json = json(&document);
    let (ours, theirs) = (walk::of_document(&json), walk::of_text(&sample.text()));
    if ours != theirs {
        let differs = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
        return Err(format!("{} fields, the walk has {}; differs at {differs:?}", ours.len(), theirs.len()));
    }
    let wrong =
        RECORDED_WRONGLY.iter().find(|(name, _)| *name == sample.name).map_or(&[][..], |(_, wrong)| wrong);
    let values = sample.recorded().map_or(Ok(0), |recorded| recorded::compare(&json, &recorded, wrong))?;
    let judges = if values > 0 { format!("walk, {values} recorded values") } else { "walk".to_owned() };
    Ok((format!("{} comes back; {} fields equal: {judges}", document.kind, ours.len()), values))
}

#[test]
fn statements_have_the_entries_and_balances_that_mt_940_reads() {
    let Some(samples) = samples() else { return };
    let Some(python) = python() else { return };
    let statements: Vec<&Sample> = samples.iter().filter(|sample| sample.name.contains("-stmt__")).collect();
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/translation/swift_mt/judge.py");
    let mut command = Command::new(python);
    command.arg(judge);
    for sample in &statements {
        command.args([if sample.ccsid == 819 { "latin-1" } else { "utf-8" }]).arg(&sample.path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8(output.stderr).unwrap());
    let read: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read.len(), statements.len());
    let mut entries = 0;
    for (sample, theirs) in statements.iter().zip(&read) {
        if let Some((_, reason)) = NOT_READ_BY_MT_940.iter().find(|(name, _)| *name == sample.name) {
            assert!(theirs.get("error").is_some(), "{} is read by mt-940", sample.name);
            println!("{:<70} not read by mt-940: {reason}", sample.name);
            continue;
        }
        entries += same_entries(sample, theirs);
    }
    assert!(entries > 50, "{entries} entries");
    println!("{} statements, {entries} entries equal", statements.len());
}

fn same_entries(sample: &Sample, theirs: &Value) -> usize {
    let input = Input { bytes: &sample.bytes, ccsid: Ccsid(sample.ccsid), encoding: USUAL.1 };
    let document = json(&translator().translate(input).unwrap());
    let ours = recorded::entries(&document);
    let theirs_entries = theirs["entries"].as_array().unwrap();
    assert_eq!(ours.len(), theirs_entries.len(), "{}", sample.name);
    for (ours, theirs) in ours.iter().zip(theirs_entries) {
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        assert_eq!(text(ours, "mark"), text(theirs, "mark"), "{}", sample.name);
        assert!(same_decimal(&text(ours, "decimal"), &text(theirs, "amount")), "{}: {ours}", sample.name);
        assert_eq!(text(ours, "transactionType"), text(theirs, "type"), "{}", sample.name);
        for (name, judge) in [("customerReference", "own"), ("bankReference", "bank")] {
            let (mine, other) = (text(ours, name), text(theirs, judge));
            let same = same_reference(&mine, &other) || (judge == "own" && ours["structured"] == true);
            assert!(same, "{}: {name} {mine:?} is {other:?} there", sample.name);
        }
        let supplementary = text(ours, "supplementary").trim().to_owned();
        assert_eq!(supplementary, text(theirs, "supplementary").trim(), "{}", sample.name);
    }
    for (tag, judge) in [("60F", "opening"), ("62F", "closing")] {
        let Some(theirs) = theirs[judge].as_array() else { continue };
        // Of several statements in a file mt-940 keeps the last.
        let messages = document["messages"].as_array().unwrap();
        let balances =
            messages.iter().filter_map(|message| message["components"]["4"][tag].as_array()).flatten();
        let last = balances.last().unwrap();
        assert_eq!((&last["mark"], &last["currency"]), (&theirs[0], &theirs[2]), "{}", sample.name);
        let (ours, theirs) = (last["decimal"].as_str().unwrap(), theirs[1].as_str().unwrap());
        assert!(same_decimal(ours, theirs), "{}: {ours} is {theirs} there", sample.name);
    }
    ours.len()
}

/// A Python with the judge's package; `None` where there is none and need not be one.
fn python() -> Option<PathBuf> {
    const PACKAGE: &str = "mt-940==5.1.1";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/judges/mt-940");
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    if !run(&python, &["-c", "import mt940"]) {
        let made = run(Path::new("python3"), &["-m", "venv", folder.to_str().unwrap()])
            && run(&python, &["-m", "pip", "install", "--quiet", PACKAGE]);
        let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
        assert!(made || !required, "MQGATE_REQUIRE_SUITES=1, but {PACKAGE} cannot be installed");
        if !made {
            eprintln!("skipped: python3 with {PACKAGE} is not here");
            return None;
        }
    }
    Some(python)
}

#[test]
fn components_name_what_they_were_made_from() {
    let Some(samples) = samples() else { return };
    let mut unmatched: BTreeMap<String, usize> = BTreeMap::new();
    let mut matched = 0;
    for sample in samples {
        let input = Input { bytes: &sample.bytes, ccsid: Ccsid(sample.ccsid), encoding: USUAL.1 };
        let Ok(document) = translator().translate(input) else { continue };
        let document = json(&document);
        for message in document["messages"].as_array().unwrap() {
            for (block, tags) in message["components"].as_object().unwrap() {
                for (tag, items) in tags.as_object().unwrap() {
                    for item in items.as_array().into_iter().flatten() {
                        let at: usize = item["at"].as_str().unwrap().parse().unwrap();
                        assert_eq!(message["blocks"][block][at][0], **tag, "{}", sample.name);
                        match item.get("unmatched") {
                            Some(_) => *unmatched.entry(tag.clone()).or_default() += 1,
                            None => matched += 1,
                        }
                    }
                }
            }
        }
    }
    println!("{matched} values with components, without: {unmatched:?}");
    // Those of the corpus are wrong indeed: FOO in place of a BIC, 11 in place of a type, an amount without currency.
    assert!(unmatched.values().sum::<usize>() * 100 < matched, "{unmatched:?}");
}

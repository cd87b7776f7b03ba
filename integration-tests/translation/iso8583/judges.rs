//! Other people's readers, fetched when this runs: pyiso8583 and cardutil must read what we read.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mqgate::translate::{Dialect, Show};
use serde_json::{Value, json};

use super::corpus::{self, Sample};
use super::expected;
use super::fixtures::cases;
use super::specification;
use super::support::Spoken;

/// `ebcdic` gives Python the character sets that it has not.
const PACKAGES: [&str; 3] = ["pyiso8583==4.0.1", "cardutil==0.7.3", "ebcdic==2.0.1"];

/// A Python that has the judges; `None` where there is none and need not be.
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("iso8583-judges");
    let python = folder.join("bin/python");
    let ran = |command: &mut Command| {
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    };
    let has = || ran(Command::new(&python).args(["-c", "import iso8583, cardutil.iso8583, ebcdic"]));
    let ready = has()
        || ran(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && ran(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))
            && has();
    if ready {
        return Some(python);
    }
    let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
    assert!(!required, "MQGATE_REQUIRE_SUITES=1, but pyiso8583 and cardutil cannot be had");
    eprintln!(
        "skipped: pyiso8583 and cardutil cannot be had (python3 with venv and pip, and a package index)"
    );
    None
}

/// What the judges say of each line.
fn judged(python: &Path, lines: &[Value]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/translation/iso8583/judge.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len(), "an answer for each");
    answers
}

#[test]
fn pyiso8583_reads_our_fixtures_as_we_do() {
    let Some(python) = python() else { return };
    let cases: Vec<_> = cases("iso8583")
        .into_iter()
        .filter(|case| Dialect::source(&case.dialect).is_some() && !case.name.contains("reject"))
        .collect();
    let lines: Vec<Value> = cases
        .iter()
        .map(|case| json!({"hex": hex::encode(&case.bytes), "dialect": Dialect::source(&case.dialect).unwrap()}))
        .collect();
    let mut compared = 0;
    for (case, fields) in cases.iter().zip(judged(&python, &lines)) {
        // What it has no words for: no message type, packed amounts with a sign.
        if fields.is_null() || case.name == "odd-digits-bcd" {
            continue;
        }
        assert!(fields.get("error").is_none(), "{}: {fields}", case.name);
        let document = case.spoken().round_trip(&case.bytes).unwrap();
        same_texts(&case.name, &fields, &document);
        compared += 1;
    }
    assert!(compared >= 12, "{compared}");
    println!("pyiso8583 reads {compared} fixtures as we do");
}

/// The values of elements that have no parts here; those that have are one text there.
fn same_texts(name: &str, judged: &Value, document: &Value) {
    assert_eq!(judged["t"], document["mti"], "{name}");
    let ours = document["fields"].as_object().unwrap();
    for (number, value) in ours {
        match value {
            Value::String(_) => assert_eq!(&judged[number], value, "{name}: {number}"),
            _ => assert!(judged[number].is_string(), "{name}: {number}"),
        }
    }
    let numbers =
        judged.as_object().unwrap().keys().filter(|key| key.parse::<u8>().is_ok_and(|number| number > 1));
    numbers.for_each(|number| assert!(ours.contains_key(number), "{name}: {number}"));
}

#[test]
fn cardutil_reads_clearing_records_as_we_do() {
    let Some(python) = python() else { return };
    let cases: Vec<_> =
        cases("iso8583").into_iter().filter(|case| case.dialect.starts_with("mastercard-ipm")).collect();
    let charset =
        |case: &super::fixtures::Case| if case.dialect.ends_with("ebcdic") { "cp500" } else { "ascii" };
    let lines: Vec<Value> =
        cases.iter().map(|case| json!({"hex": hex::encode(&case.bytes), "ipm": charset(case)})).collect();
    for (case, fields) in cases.iter().zip(judged(&python, &lines)) {
        let document = case.spoken().round_trip(&case.bytes).unwrap();
        assert_eq!(fields["MTI"], document["mti"]);
        for (number, value) in document["fields"].as_object().unwrap() {
            match value {
                Value::Object(tags) => {
                    for (tag, value) in tags {
                        assert_eq!(fields[format!("PDS{tag}")], *value, "{}: {number}/{tag}", case.name);
                    }
                }
                value => same_or_number(&fields[format!("DE{number}")], value.as_str().unwrap(), number),
            }
        }
    }
    println!("cardutil reads {} fixtures as we do", cases.len());
}

/// It makes numbers of amounts, and dates of dates.
fn same_or_number(judged: &Value, ours: &str, number: &str) {
    match judged {
        Value::Number(judged) => assert_eq!(judged.as_u64(), ours.parse().ok(), "{number}"),
        Value::String(date) if number == "12" => {
            let digits: String = date.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(digits, format!("20{ours}"));
        }
        judged => assert_eq!(judged, ours, "{number}"),
    }
}

#[test]
fn pyiso8583_reads_the_corpus_as_we_do() {
    let (Some(samples), Some(python)) = (corpus::samples(), python()) else { return };
    let recorded: Vec<&Sample> = samples.iter().filter(|sample| sample.is("ok")).collect();
    let lines: Vec<Value> = recorded
        .iter()
        .map(|sample| json!({"hex": hex::encode(&sample.bytes), "spec": sample.expected.as_ref().unwrap()["spec"]}))
        .collect();
    for (sample, fields) in recorded.iter().zip(judged(&python, &lines)) {
        let specification = specification::dialect_of(&sample.expected.as_ref().unwrap()["spec"]);
        let spoken = Spoken::from_toml(&specification);
        let document = spoken.round_trip(&sample.bytes).unwrap();
        expected::compare_recorded(&fields, &document, &spoken.explain(&sample.bytes, Show::All));
    }
    let unrecorded: Vec<&Sample> =
        samples.iter().filter(|sample| sample.is("moov") || sample.is("moov-neg")).collect();
    let lines: Vec<Value> = unrecorded
        .iter()
        .map(|sample| json!({"hex": hex::encode(&sample.bytes), "dialect": corpus::moov(&sample.name)}))
        .collect();
    let mut compared = 0;
    for (sample, fields) in unrecorded.iter().zip(judged(&python, &lines)) {
        match (sample.dialect().translate(&sample.bytes), fields.get("error")) {
            (Ok(document), None) => {
                same_texts(&sample.name, &fields, &crate::support::json(&document));
                compared += 1;
            }
            // It has no lengths of hexadecimal digits.
            (Ok(_), Some(_)) => assert!(sample.name.contains("hex_length"), "{}: {fields}", sample.name),
            (Err(refusal), judged) => assert!(judged.is_some(), "{}: {refusal}", sample.name),
        }
    }
    println!("pyiso8583 reads {} recorded and {compared} other samples as we do", recorded.len());
}

#[test]
fn every_dialect_file_is_where_the_judges_look_for_it() {
    for name in Dialect::names() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("dialects/{name}.toml"));
        assert_eq!(fs::read_to_string(file).unwrap(), Dialect::source(name).unwrap());
    }
}

//! Verdicts by schemas: on our own fixtures, and on the corpus as libxml2 recorded them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use mqgate::message::Ccsid;
use mqgate::translate::schema::{File, Schemas, Verdict};
use mqgate::translate::{Input, Newline};
use serde_json::Value;

use crate::corpus::corpus;
use crate::support::{cases, translate, utf_8};

/// The schemas of a folder.
fn schemas(folder: &Path) -> Schemas {
    let files = fs::read_dir(folder).unwrap().map(|entry| file(&entry.unwrap().path()));
    Schemas::new(files.collect()).unwrap_or_else(|unusable| panic!("{unusable:?}"))
}

fn file(path: &Path) -> File {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    File { name, text: fs::read_to_string(path).unwrap() }
}

fn ours() -> Schemas {
    schemas(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas"))
}

#[test]
fn each_case_gets_its_verdict_and_is_translated_all_the_same() {
    let schemas = ours();
    for case in cases("schema-verdicts") {
        translate(case.input()).unwrap_or_else(|refusal| panic!("{}: {refusal}", case.name));
        let verdict = schemas.check(case.input(), Newline::Lf);
        let text = match &verdict {
            Verdict::Invalid(breach) => format!("false: {breach}\n"),
            Verdict::Valid | Verdict::Unknown => format!("{}\n", verdict.word()),
        };
        case.expect("expected.txt", &text);
    }
}

#[test]
fn a_breach_is_placed_in_the_bytes_as_they_came() {
    let schemas = ours();
    let case = cases("schema-verdicts").into_iter().find(|case| case.name == "too-long").unwrap();
    let text = std::str::from_utf8(&case.input).unwrap();
    let offset = |input: Input<'_>| match schemas.check(input, Newline::Lf) {
        Verdict::Invalid(breach) => breach.offset,
        verdict => panic!("{verdict:?}"),
    };
    let in_utf_8 = offset(case.input());
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let in_utf_16 = offset(Input { bytes: &wide, ccsid: Ccsid(13_488), encoding: 273 });
    assert_eq!(in_utf_16, 2 * in_utf_8);
    assert!(text[in_utf_8..].starts_with("<MsgId>"));
}

/// The folder of published schemas; `None` where it is not here and need not be.
fn published() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/xsd");
    let folder = std::env::var_os("MQGATE_XSD").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
    assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there are no schemas in {}", folder.display());
    eprintln!("skipped: there are no schemas in {}", folder.display());
    None
}

/// What is recorded of one part of a sample and one schema.
struct Recorded {
    sample: PathBuf,
    namespace: String,
    schema: PathBuf,
    valid: bool,
    /// No other part of the sample has a schema or lacks one.
    alone: bool,
}

fn recorded(corpus: &Path, published: &Path) -> Vec<Recorded> {
    let lines = fs::read_to_string(corpus.join("iso20022/leaves.jsonl")).unwrap();
    let mut all = Vec::new();
    for line in lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(parts) = line["xsd"].as_array() else { continue };
        for part in parts {
            let mut note = |schema: &Value, valid| {
                all.push(Recorded {
                    sample: corpus.join(line["file"].as_str().unwrap()),
                    namespace: part[1].as_str().unwrap().to_owned(),
                    schema: published.join(schema.as_str().unwrap()),
                    valid,
                    alone: parts.len() == 1,
                });
            };
            part[3].as_array().into_iter().flatten().for_each(|schema| note(schema, true));
            part[4].as_array().into_iter().flatten().for_each(|pair| note(&pair[0], false));
        }
    }
    all
}

/// Headers of a wrapper's own namespace are no ISO 20022 headers: they belong to the envelope, which is not checked.
fn is_of_wrapper(recorded: &Recorded) -> bool {
    recorded.namespace == "urn:tch"
}

#[test]
fn verdicts_on_real_samples_are_those_of_libxml2() {
    let (Some(corpus), Some(published)) = (corpus(), published()) else { return };
    let mut compiled: HashMap<PathBuf, Schemas> = HashMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for recorded in recorded(&corpus, &published) {
        if is_of_wrapper(&recorded) {
            *counts.entry("of a wrapper").or_default() += 1;
            continue;
        }
        let schemas = compiled.entry(recorded.schema.clone()).or_insert_with(|| alone(&recorded.schema));
        let bytes = fs::read(&recorded.sample).unwrap();
        let verdict = schemas.check(utf_8(&bytes), Newline::Lf);
        // Other parts have no schema here: a valid one leaves them unknown.
        let agrees = match (&verdict, recorded.valid) {
            (Verdict::Invalid(_), valid) => !valid,
            (Verdict::Valid, valid) => valid,
            (Verdict::Unknown, valid) => valid && !recorded.alone,
        };
        *counts.entry(if recorded.valid { "valid" } else { "invalid" }).or_default() += 1;
        if !agrees {
            wrong.push(format!(
                "{} by {}: {verdict:?}",
                recorded.sample.display(),
                recorded.schema.display()
            ));
        }
    }
    println!("{counts:?}, {} schemas", compiled.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!compiled.is_empty());
}

/// A schema with the files beside it that it needs.
fn alone(schema: &Path) -> Schemas {
    let mut files = vec![file(schema)];
    let mut next = 0;
    while let Some(text) = files.get(next).map(|file| file.text.clone()) {
        for name in text.split("schemaLocation=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let path = schema.with_file_name(name);
            if path.is_file() && files.iter().all(|file| file.name != name) {
                files.push(file(&path));
            }
        }
        next += 1;
    }
    Schemas::new(files).unwrap_or_else(|unusable| panic!("{}: {unusable:?}", schema.display()))
}

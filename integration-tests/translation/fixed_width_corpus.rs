//! Fixed width samples of the corpus: Bacs files with their expected records, and files of COBOL programs whose layouts come
//! from their copybooks. One line of a table for each.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::fixed_width::Reader;

/// The corpus; `None` where it is not here and need not be.
fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("MQGATE_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.join("fixed").is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
    assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there is no corpus in {}", folder.display());
    println!("skipped: there is no corpus in {}", folder.display());
    None
}

/// A sample and what is said of it.
struct Sample {
    name: String,
    bytes: Vec<u8>,
    expected: Option<Value>,
}

fn samples(folder: &Path, belongs: fn(&str) -> bool) -> Vec<Sample> {
    let mut samples: Vec<Sample> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "json"))
        .map(|path| Sample {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            bytes: fs::read(&path).unwrap(),
            expected: fs::read_to_string(format!("{}.expected.json", path.display()))
                .ok()
                .map(|text| serde_json::from_str(&text).unwrap()),
        })
        .filter(|sample| belongs(&sample.name))
        .collect();
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!samples.is_empty(), "no sample in {}", folder.display());
    samples
}

/// EBCDIC where the first label is.
fn ccsid(bytes: &[u8]) -> i32 {
    if bytes.starts_with(&[0xE5, 0xD6, 0xD3, 0xF1]) { 285 } else { 1208 }
}

#[test]
fn every_bacs_sample_has_its_records_and_totals_and_its_bytes_again() {
    let Some(corpus) = corpus() else { return };
    let reader = Reader::bacs();
    for sample in samples(&corpus.join("fixed"), |_| true) {
        let ccsid = ccsid(&sample.bytes);
        let expected = sample.expected.filter(|_| sample.name.starts_with("bacs"));
        let Some(expected) = expected else {
            // NACHA and BAI2 pass through as text; they are no Bacs files.
            let refusal = reader.read(&sample.bytes, ccsid).unwrap_err();
            println!("{:<48} not of this format: {refusal}", sample.name);
            continue;
        };
        if let Some(reason) = expected.get("expect_error") {
            let refusal = reader.read(&sample.bytes, ccsid).unwrap_err();
            println!("{:<48} refused: {refusal}", sample.name);
            assert_place(reason.as_str().unwrap(), &refusal, &sample.bytes);
            assert_eq!(reader.stream(&sample.bytes, ccsid, 64).unwrap_err(), refusal);
            continue;
        }
        let document = reader.round_trip(&sample.bytes, ccsid);
        let records = compare_records(&document, &expected, &sample.name);
        for total in ["debitTotalPence", "creditTotalPence", "debitCount", "creditCount"] {
            if let Some(value) = expected.get(total) {
                assert_eq!(document["totals"][total], value.to_string(), "{} {total}", sample.name);
            }
        }
        println!("{:<48} accepted: {records} records and totals equal, round trip equal", sample.name);
    }
}

/// What a negative sample is refused for.
fn assert_place(reason: &str, refusal: &mqgate::translate::Refusal, bytes: &[u8]) {
    assert!(refusal.offset <= bytes.len());
    if reason.contains("wrong_total") {
        assert!(refusal.path.contains("Total") && refusal.expected.contains("total"), "{refusal}");
    }
    if reason.contains("alpha_amount") {
        assert!(refusal.path.ends_with("/amountPence"), "{refusal}");
        assert!(!bytes[refusal.offset].is_ascii_digit(), "{refusal}");
    }
}

/// The expected records are the data records without contras.
fn compare_records(document: &Value, expected: &Value, name: &str) -> usize {
    let details: Vec<&Value> = document["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["record"] == "detail")
        .collect();
    let expected = expected["records"].as_array().unwrap();
    assert_eq!(details.len(), expected.len(), "{name}");
    for (detail, expected) in details.iter().zip(expected) {
        for (member, value) in expected.as_object().unwrap() {
            match detail.get(member) {
                Some(ours) => assert_eq!(ours, value, "{name} {member}"),
                None => {
                    assert!(detail.as_object().unwrap().values().any(|ours| ours == value), "{name} {member}")
                }
            }
        }
    }
    details.len()
}

/// What copybooks do not say of the three files, by the options that their expected rows were made with.
struct Known {
    file: &'static str,
    ccsid: i32,
    /// In the imported layout, and what is put in its place.
    amendments: &'static [(&'static str, &'static str)],
}

const KNOWN: [Known; 3] = [
    Known {
        file: "cobrix_fixseg.dat",
        ccsid: 37,
        amendments: &[
            ("separator = \"none\"", "separator = \"none\"\npad = \"\\u0000\"\nlength = 64"),
            ("name = \"PERSON\",", "name = \"PERSON\", when = { field = \"SEGMENT-ID\", is = \"P\" },"),
            ("name = \"PO-BOX\",", "name = \"PO-BOX\", when = { field = \"SEGMENT-ID\", is = \"B\" },"),
        ],
    },
    Known {
        file: "cobrix_multiseg.dat",
        // ASCII with binary numbers in text: every byte is a character.
        ccsid: 819,
        amendments: &[("separator = \"none\"", "frame = \"rdw-little\"\npad = \"\\u0000\"")],
    },
    Known {
        file: "cobrix_tran2.dat",
        ccsid: 37,
        amendments: &[("separator = \"none\"", "separator = \"none\"\npad = \"\\u0000\"")],
    },
];

/// Members of expected rows that are made by options of the reader that wrote them, not by the file.
const GENERATED: [&str; 5] = ["File_Id", "Record_Id", "Record_Byte_Length", "Seg_Id0", "Seg_Id1"];

#[test]
fn files_of_cobol_programs_have_their_rows_by_layouts_from_copybooks() {
    let Some(corpus) = corpus() else { return };
    for sample in samples(&corpus.join("ebcdic"), |name| name.starts_with("cobrix")) {
        let expected = sample.expected.unwrap();
        let Some(known) = KNOWN.iter().find(|known| known.file == sample.name) else {
            println!("{:<48} not known here: its copybook is imported only", sample.name);
            mqgate::translate::fixed_width::copybook::import(expected["copybook"].as_str().unwrap()).unwrap();
            continue;
        };
        let mut toml =
            mqgate::translate::fixed_width::copybook::import(expected["copybook"].as_str().unwrap()).unwrap();
        for (from, to) in known.amendments {
            assert!(toml.contains(from), "{from}\n{toml}");
            toml = toml.replace(from, to);
        }
        let reader = Reader::of(&toml);
        let document = reader.round_trip(&sample.bytes, known.ccsid);
        let records = document["records"].as_array().unwrap();
        let rows = rows(expected["expected_text"].as_str().unwrap());
        assert!(rows.len() > 10 && rows.len() <= records.len());
        let mut counted = Counted::default();
        for (record, row) in records.iter().zip(&rows) {
            compare_row(record, row, &sample.name, &mut counted);
        }
        println!(
            "{:<48} {} records, {} rows of {} values equal ({} values cut off or not text there: see test), round trip equal",
            sample.name,
            records.len(),
            rows.len(),
            counted.equal,
            counted.skipped
        );
    }
}

#[derive(Default)]
struct Counted {
    equal: usize,
    skipped: usize,
}

/// The expected rows, numbers as the text that they are; the last one is cut off in some files.
fn rows(text: &str) -> Vec<Value> {
    let mut quoted = String::new();
    let (mut in_string, mut in_number) = (false, false);
    for character in text.chars() {
        let is_number = !in_string && matches!(character, '0'..='9' | '-' | '.');
        if is_number != in_number {
            quoted.push('"');
            in_number = is_number;
        }
        in_string ^= character == '"';
        quoted.push(character);
    }
    serde_json::Deserializer::from_str(&quoted).into_iter().map_while(Result::ok).collect()
}

/// Every value of ours is there and equal. What is there and not ours: generated members, and redefinitions that a shorter
/// record does not reach, which the writer of the rows read all the same, from what is left of it.
fn compare_row(record: &Value, row: &Value, name: &str, counted: &mut Counted) {
    let (record, row) = (record.as_object().unwrap(), row.as_object().unwrap());
    for (member, value) in record.iter().filter(|(member, _)| *member != "record" && !member.starts_with('#'))
    {
        let theirs = row.get(&member.replace('-', "_"));
        match (value, theirs) {
            (Value::Object(_), Some(theirs)) => compare_row(value, theirs, name, counted),
            (Value::String(ours), Some(Value::String(theirs))) if theirs.contains('\u{FFFD}') => {
                // Binary numbers read as text: theirs are not the bytes any more.
                assert!(!ours.is_ascii(), "{name} {member}");
                counted.skipped += 1;
            }
            (Value::String(ours), Some(Value::String(theirs))) => {
                assert_eq!(visible(ours), visible(theirs), "{name} {member}");
                counted.equal += 1;
            }
            (Value::String(ours), None) => assert_eq!(visible(ours), "", "{name} {member}"),
            (ours, theirs) => panic!("{name} {member}: {ours} {theirs:?}"),
        }
    }
    counted.skipped += unread(record, row).count();
    for member in unread(record, row) {
        let is_short = row.get("Record_Byte_Length").is_some_and(|length| length == "60");
        assert!(is_short && member == "STATIC_DETAILS", "{name} {member}");
    }
}

fn unread<'a>(
    record: &'a Map<String, Value>,
    row: &'a Map<String, Value>,
) -> impl Iterator<Item = &'a String> {
    row.keys().filter(|member| {
        !GENERATED.contains(&member.as_str()) && !record.contains_key(&member.replace('_', "-"))
    })
}

/// Without the control characters and blanks that the rows do not have.
fn visible(text: &str) -> String {
    let visible: String = text.chars().filter(|character| *character >= ' ').collect();
    visible.trim().to_owned()
}

//! Every sample of a corpus that is not part of the project: accepted or refused as it says, the values that it has, and
//! the same bytes again. A line for each is printed.

use std::fs;
use std::path::{Path, PathBuf};

use mqgate::translate::{Dialect, Show};
use serde_json::Value;

use super::expected;
use super::specification;
use super::support::{Spoken, read_hex};

/// Samples that are well-formed and still meant to be refused: by rules of business, which a translator does not have.
const WELL_FORMED: &str = "well-formed: what is wrong with it is a rule of business";
/// A trace that was cut within element 55 and goes on with the next message.
const CUT: &str = "cut within element 55, where another message begins: refused there, equal up to there";

/// A sample and what is said of it.
struct Sample {
    name: String,
    bytes: Vec<u8>,
    expected: Option<Value>,
}

/// The corpus; `None` where it is not here and need not be.
fn samples() -> Option<Vec<Sample>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("MQGATE_CORPUS").map_or_else(beside, PathBuf::from).join("iso8583");
    let Ok(entries) = fs::read_dir(&folder) else {
        let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
        assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there is no corpus in {}", folder.display());
        eprintln!("skipped: there is no corpus in {}", folder.display());
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "hex"));
    files.sort();
    Some(files.iter().map(|file| Sample::read(file)).collect())
}

impl Sample {
    fn read(file: &Path) -> Self {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let expected = file.with_file_name(format!("{name}.expected.json"));
        let expected = fs::read_to_string(expected).ok().map(|text| serde_json::from_str(&text).unwrap());
        Self { bytes: read_hex(file), name, expected }
    }

    fn is(&self, kind: &str) -> bool {
        self.name.starts_with(&format!("{kind}__"))
    }

    /// The dialect that a sample of another origin than pyiso8583 is in.
    fn dialect(&self) -> Spoken {
        let stated =
            self.expected.as_ref().and_then(|expected| expected["dialect"].as_str()).unwrap_or_default();
        let says = |word: &str| stated.contains(word) || self.name.contains(word);
        let name = match self.name.split("__").next().unwrap() {
            "basei" | "spec87ascii" | "jmeter" => "generic-ascii",
            "fps" if says("ebcdic_binbitmap") => "uk-fps-ebcdic-binary",
            "fps" if says("ebcdic_hexbitmap") => "uk-fps-ebcdic-hex",
            "fps" if says("ascii_binbitmap") => "uk-fps-ascii-binary",
            "fps" => "uk-fps-ascii-hex",
            "mastercard" => "mastercard-cis",
            "mastercard-ipm" => return ipm(&says),
            "visa" => "visa-base1",
            "mixed" => return Spoken::from_toml(include_str!("dialects/mixed.toml")),
            "simple" => return Spoken::from_toml(include_str!("dialects/simple.toml")),
            "moov" | "moov-neg" => return moov(&self.name),
            other => panic!("{}: no dialect is known for {other}", self.name),
        };
        Spoken::shipped(name)
    }
}

fn ipm(says: &dyn Fn(&str) -> bool) -> Spoken {
    let base = if says("ebcdic") || says("cp500") { "mastercard-ipm-ebcdic" } else { "mastercard-ipm" };
    let bitmap = if says("hex bitmap") { "hex" } else { "binary" };
    Spoken::from_toml(&format!("extends = '{base}'\nbitmap = '{bitmap}'"))
}

/// The samples of one project, each of which tries another encoding of some element.
fn moov(name: &str) -> Spoken {
    let base = include_str!("dialects/moov.toml");
    let elements = match name {
        name if name.contains("hex_length") => "32 = { prefix_encoding = 'hex' }",
        name if name.contains("bcd_encoding") => {
            "7 = { encoding = 'bcd' }\n11 = { encoding = 'bcd' }\n12 = { encoding = 'bcd' }"
        }
        name if name.contains("rbcd") => "56 = { prefix_encoding = 'bcd' }",
        _ => "",
    };
    Spoken::from_toml(&format!("{base}\n{elements}"))
}

#[test]
fn every_sample_is_read_as_it_should_be_and_written_again() {
    let Some(samples) = samples() else { return };
    let mut failures = Vec::new();
    for sample in &samples {
        match std::panic::catch_unwind(|| judge(sample)) {
            Ok(verdict) => println!("{:<100} {verdict}", sample.name),
            Err(_) => failures.push(&sample.name),
        }
    }
    println!("{} samples", samples.len());
    assert!(failures.is_empty(), "{} of {}: {failures:#?}", failures.len(), samples.len());
}

/// Judges one sample; panics where it is not as it should be.
fn judge(sample: &Sample) -> &'static str {
    match &sample.expected {
        Some(expected) if sample.is("neg") => refused(sample, expected),
        Some(expected) if sample.is("ok") => recorded(sample, expected),
        _ if sample.is("moov-neg") => match sample.dialect().translate(&sample.bytes) {
            Err(_) => "refused",
            Ok(_) => {
                sample.dialect().round_trip(&sample.bytes).unwrap();
                WELL_FORMED
            }
        },
        Some(expected) if sample.is("jmeter") => cut(sample, expected),
        Some(expected) => {
            let spoken = sample.dialect();
            let document = spoken.round_trip(&sample.bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
            expected::compare(expected, &document, &spoken.explain(&sample.bytes, Show::All));
            "accepted, values equal, round trip equal"
        }
        None => {
            sample.dialect().round_trip(&sample.bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
            "accepted, round trip equal; judged by pyiso8583"
        }
    }
}

/// A message that pyiso8583 refuses.
fn refused(sample: &Sample, expected: &Value) -> &'static str {
    let error = &expected["expect_error"];
    let field = error["field"].as_str().unwrap();
    let dialect = specification::dialect_of(&expected["spec"]);
    if error["msg"].as_str().unwrap().contains("unknown encoding") {
        let invalid = Dialect::from_toml(&dialect).unwrap_err();
        let place = match field {
            "h" => "header[0]".to_owned(),
            "t" => "mti".to_owned(),
            "p" => "bitmap".to_owned(),
            "1" => "bitmap_secondary".to_owned(),
            number => format!("elements.{number}"),
        };
        assert!(invalid.place.starts_with(&place), "{invalid}");
        return "refused when the dialect is compiled: it has no such encoding";
    }
    let refusal = Spoken::from_toml(&dialect).translate(&sample.bytes).err().expect("it is refused");
    assert_eq!(refusal.offset as u64, error["pos"].as_u64().unwrap(), "{refusal}");
    if !refusal.expected.starts_with("the end of the message") {
        let place = match field {
            "h" => "/header/h".to_owned(),
            "t" => "/mti".to_owned(),
            "p" | "1" => "/bitmap".to_owned(),
            number => format!("/{number}"),
        };
        assert_eq!(refusal.path, place, "{refusal}");
    }
    "refused at the same place"
}

/// A message that pyiso8583 reads, with what it reads.
fn recorded(sample: &Sample, expected: &Value) -> &'static str {
    let spoken = Spoken::from_toml(&specification::dialect_of(&expected["spec"]));
    let document = spoken.round_trip(&sample.bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
    expected::compare_recorded(&expected["fields"], &document, &spoken.explain(&sample.bytes, Show::All));
    "accepted, values equal, round trip equal"
}

/// A trace whose bytes stop within element 55.
fn cut(sample: &Sample, expected: &Value) -> &'static str {
    let spoken = sample.dialect();
    let explanation = spoken.explain(&sample.bytes, Show::All);
    let refusal = spoken.translate(&sample.bytes).unwrap_err();
    assert_eq!(explanation.refusal.as_ref(), Some(&refusal));
    assert!(refusal.path.starts_with("/55"), "{refusal}");
    for (number, value) in expected["fields_toplevel"].as_object().unwrap() {
        let key = if number == "0" { "mti" } else { number };
        let piece = explanation.pieces.iter().find(|piece| piece.element == *key && piece.name != "Length");
        assert!(piece.is_none_or(|piece| Some(piece.value.as_str()) == value.as_str()), "{number}");
        assert!(piece.is_some() || key == "64", "{number} stands before the cut");
    }
    CUT
}

//! Texts and tables of EBCDIC out of other hands: each is read as recorded, and written back to the same bytes.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails, and says where")]

use std::path::{Path, PathBuf};

use ccsid::{Newline, decode, encode};
use serde_json::Value;

#[test]
fn every_sample_is_read_as_recorded_and_written_back() {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("MQGATE_CORPUS").map_or(default, PathBuf::from).join("ebcdic");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
        assert!(!required, "required: the corpus (MQGATE_CORPUS)");
        println!("skipped: no corpus (MQGATE_CORPUS)");
        return;
    };
    let mut samples = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let Ok(expected) = std::fs::read_to_string(format!("{}.expected.json", path.display())) else {
            continue;
        };
        // Files of records are read by their layouts; here are texts and tables.
        if let Some(recorded) = recorded(&serde_json::from_str(&expected).unwrap()) {
            check(&path, recorded);
            samples += 1;
        }
    }
    assert!(samples > 0, "no sample in {}", folder.display());
}

/// What is recorded of a sample.
struct Recorded {
    ccsid: i32,
    newline: Newline,
    characters: String,
}

fn check(path: &Path, recorded: Recorded) {
    let Recorded { ccsid, newline, characters } = recorded;
    let bytes = std::fs::read(path).unwrap();
    let decoded = decode(&bytes, ccsid, 273, newline).unwrap();
    assert_eq!(decoded.fault, None, "{}", path.display());
    // A table records 256 characters; some samples of tables have two bytes more.
    let text: String = decoded.text.chars().take(characters.chars().count()).collect();
    assert_eq!(text, characters, "{}", path.display());
    let back = encode(&decoded.text, ccsid, 273, newline).unwrap();
    let differ: Vec<u8> =
        bytes.iter().zip(&back).filter(|(one, other)| one != other).map(|pair| *pair.0).collect();
    // Not canonical: with line feeds alone, 0x25 comes back as 0x15.
    assert!(back.len() == bytes.len() && differ.iter().all(|byte| *byte == 0x25), "{}", path.display());
    assert!(newline == Newline::Lf || differ.is_empty());
    let name = path.file_name().unwrap().display().to_string();
    println!(
        "{name:<32} CCSID {ccsid:<5} {:>5} bytes as recorded, {} line ends rewritten",
        bytes.len(),
        differ.len()
    );
}

/// `None` where it is no text.
fn recorded(expected: &Value) -> Option<Recorded> {
    let ccsid = i32::try_from(expected["ccsid"].as_i64()?).unwrap();
    if let Some(table) = expected["unicode_per_byte"].as_array() {
        let character = |name: &Value| {
            let number = name.as_str().unwrap().trim_start_matches("U+");
            char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap()
        };
        return Some(Recorded {
            ccsid,
            newline: Newline::Nel,
            characters: table.iter().map(character).collect(),
        });
    }
    let characters = expected["text"].as_str()?.to_owned();
    Some(Recorded { ccsid, newline: Newline::Lf, characters })
}

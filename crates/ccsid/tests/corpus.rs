//! Texts and tables of EBCDIC out of other hands: each is read as recorded, and written back to the same bytes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

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
        // Files of records are read by their layouts; here are texts.
        if path.extension().is_some_and(|extension| extension == "bin") {
            check(&path);
            samples += 1;
        }
    }
    assert!(samples > 0, "no sample in {}", folder.display());
}

fn check(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let expected = std::fs::read_to_string(format!("{}.expected.json", path.display())).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let ccsid = i32::try_from(expected["ccsid"].as_i64().unwrap()).unwrap();
    let (newline, characters) = recorded(&expected);
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

/// The line ends that a sample is recorded with, and its characters.
fn recorded(expected: &Value) -> (Newline, String) {
    match expected["unicode_per_byte"].as_array() {
        Some(table) => {
            let character = |name: &Value| {
                let number = name.as_str().unwrap().trim_start_matches("U+");
                char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap()
            };
            (Newline::Nel, table.iter().map(character).collect())
        }
        None => (Newline::Lf, expected["text"].as_str().unwrap().to_owned()),
    }
}

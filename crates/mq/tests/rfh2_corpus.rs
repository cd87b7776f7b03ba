//! MQRFH2 headers of other people's messages: every sample of the corpus is read as recorded, or refused as recorded.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

use std::path::{Path, PathBuf};

use mq::Format;
use mq::headers::{Peeled, Wire, peel, write};
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("MQGATE_CORPUS").map_or(default, PathBuf::from).join("rfh2");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_sample_is_read_or_refused_as_recorded() {
    let Some(folder) = corpus() else {
        assert!(std::env::var_os("MQGATE_REQUIRE_SUITES").is_none(), "required: the corpus (MQGATE_CORPUS)");
        println!("skipped: no corpus (MQGATE_CORPUS)");
        return;
    };
    let mut samples = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "dat") {
            continue;
        }
        samples += 1;
        let expected = std::fs::read_to_string(format!("{}.expected.json", path.display())).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        check(&path, &std::fs::read(&path).unwrap(), &expected);
    }
    assert!(samples > 0);
}

fn check(path: &Path, body: &[u8], expected: &Value) {
    let little_endian = expected["headers"][0]["byte_order"] == "little";
    let encoding = if little_endian { 546 } else { 273 };
    let peeled = peel(Format::RF_HEADER_2, encoding, 1208, body);
    let name = path.file_name().unwrap().display().to_string();
    if let Some(reason) = expected["expect_error"].as_str() {
        let error = peeled.expect_err(&name);
        assert!(at_the_place(reason, error.offset), "{name}: {error}");
        println!("{name:<32} refused as recorded: {error}");
        return;
    }
    let peeled = peeled.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(as_json(&peeled, body), without_lengths(expected), "{name}");
    let back = write(&peeled.headers, Wire { encoding, ccsid: 1208 }).unwrap();
    assert_eq!(back == body[..peeled.body_offset], is_canonical(expected), "{name}");
    let rewritten =
        if is_canonical(expected) { "written back the same" } else { "written back with less padding" };
    println!("{name:<32} {} header(s) as recorded, {rewritten}", peeled.headers.len());
    let properties = peeled.into_properties();
    assert!(properties.iter().all(|property| property.name.contains('.')), "{name}");
}

/// Whether a refusal names the place where a sample with this reason is broken.
fn at_the_place(reason: &str, offset: usize) -> bool {
    if reason.starts_with("folder length") {
        offset >= 36 && offset.is_multiple_of(4)
    } else if reason.contains("shorter than") {
        offset == 0
    } else if reason.contains("DOCTYPE") {
        offset >= 40
    } else {
        true
    }
}

/// A folder with more padding than it needs, or that is no whole number of words, is written with as much as it needs.
fn is_canonical(expected: &Value) -> bool {
    let canonical = |header: &Value| {
        let unit = if header["nameValueCCSID"] == 1208 {
            str::len
        } else {
            |text: &str| 2 * text.encode_utf16().count()
        };
        let mut folders = header["folders"].as_array().unwrap().iter();
        let padded = |folder: &Value| {
            let bytes = unit(folder["text"].as_str().unwrap()).next_multiple_of(4);
            folder["len"] == bytes
        };
        folders.all(padded)
    };
    expected["headers"].as_array().unwrap().iter().all(canonical)
}

fn as_json(peeled: &Peeled, body: &[u8]) -> Value {
    let headers = peeled.rfh2s().map(|header| {
        serde_json::json!({
            "byte_order": if header.little_endian { "little" } else { "big" },
            "version": 2,
            "strucLength": header.struc_length,
            "encoding": header.encoding,
            "codedCharSetId": header.ccsid,
            "format": header.format.to_string(),
            "flags": header.flags,
            "nameValueCCSID": header.name_value_ccsid,
            "folders": header.folders,
        })
    });
    let hex: String = body[peeled.body_offset..].iter().map(|byte| format!("{byte:02x}")).collect();
    serde_json::json!({ "headers": headers.collect::<Vec<_>>(), "bodyOffset": peeled.body_offset, "bodyHex": hex })
}

/// The recorded result with each folder as its text alone.
fn without_lengths(expected: &Value) -> Value {
    let mut expected = expected.clone();
    for header in expected["headers"].as_array_mut().unwrap() {
        let texts =
            header["folders"].as_array().unwrap().iter().map(|folder| folder["text"].clone()).collect();
        header["folders"] = Value::Array(texts);
    }
    expected
}

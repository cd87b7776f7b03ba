//! MQRFH2 headers of other people's messages: every sample of the corpus is read as recorded, or refused as recorded.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

use std::path::{Path, PathBuf};

use mq::Format;
use mq::headers::{Peeled, peel};
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
    if expected["expect_error"].is_string() {
        assert!(peeled.is_err(), "{} should be refused", path.display());
        return;
    }
    let peeled = peeled.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(as_json(&peeled, body), without_lengths(expected), "{}", path.display());
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

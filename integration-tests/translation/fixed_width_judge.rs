//! An independent judge: records that Python writes with its own codecs, `struct` and `decimal`, and the values it put in.

use std::process::Command;

use serde_json::Value;

use crate::fixed_width::Reader;

const LAYOUT: &str = r#"
name = "judged"

[[record]]
name = "judged"
fields = [
  { name = "text", length = 12 },
  { name = "amount", length = 6, type = "packed", scale = 2 },
  { name = "total", length = 9, type = "zoned", scale = 3 },
  { name = "rate", length = 8, type = "binary", scale = 9 },
  { name = "branch", length = 2, type = "binary", signed = false, order = "little" },
  { name = "share", length = 8, type = "zoned", sign = "separate-leading" },
  { name = "code", length = 6, type = "digits" },
  { name = "weight", length = 8, type = "float" },
]
"#;

/// CCSIDs and what Python calls them.
const CODE_PAGES: [(i32, &str); 4] = [(37, "cp037"), (500, "cp500"), (273, "cp273"), (1140, "cp1140")];

/// What the script prints; `None` where there is no Python and need not be one.
fn judged(seed: usize, codec: &str) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/integration-tests/translation/fixed_width_judge.py");
    let output = match Command::new("python3").args([script, &seed.to_string(), codec]).output() {
        Ok(output) => output,
        Err(error) => {
            let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
            assert!(!required, "MQGATE_REQUIRE_SUITES=1, but python3 cannot be run: {error}");
            println!("skipped: python3 cannot be run: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8(output.stderr).unwrap());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn python_puts_the_same_values_into_records() {
    let reader = Reader::of(LAYOUT);
    for (seed, (ccsid, codec)) in CODE_PAGES.into_iter().enumerate() {
        let Some(lines) = judged(seed, codec) else { return };
        let (mut file, mut expected) = (Vec::new(), Vec::new());
        for line in lines.lines() {
            let (record, values) = line.split_once('\t').unwrap();
            file.extend(hex::decode(record).unwrap());
            expected.push(serde_json::from_str::<Value>(values).unwrap());
        }
        let document = reader.round_trip(&file, ccsid);
        let records = document["records"].as_array().unwrap();
        assert_eq!(records.len(), expected.len());
        for (record, expected) in records.iter().zip(&expected) {
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(&record[name], value, "{name} in CCSID {ccsid}");
            }
            assert!(record.get("#raw").is_none(), "{record}");
        }
        println!(
            "judge python3 ({codec}): {} records of {} values equal",
            records.len(),
            expected[0].as_object().unwrap().len()
        );
    }
}

//! A corpus of real samples, in the folder that `MQGATE_CORPUS` names or beside the project. It is not part of the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{json, translate, utf_8};
use crate::walk::{self, Leaf};

/// The corpus; `None` where it is not here and need not be.
fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("MQGATE_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.join("iso20022/leaves.jsonl").is_file() {
        return Some(folder);
    }
    let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
    assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there is no corpus in {}", folder.display());
    eprintln!("skipped: there is no corpus in {}", folder.display());
    None
}

/// What the corpus says of one file: leaves and keys as libxml2 sees them, white space around values removed.
struct Expected {
    file: PathBuf,
    leaves: Vec<Leaf>,
    keys: BTreeMap<String, Vec<String>>,
}

fn expected(corpus: &Path) -> Vec<Expected> {
    let lines = fs::read_to_string(corpus.join("iso20022/leaves.jsonl")).unwrap();
    lines.lines().map(|line| Expected::read(corpus, &serde_json::from_str(line).unwrap())).collect()
}

impl Expected {
    fn read(corpus: &Path, line: &Value) -> Self {
        let leaves = line["leaves"].as_array().unwrap().iter().map(|leaf| Leaf {
            path: leaf[0].as_str().unwrap().to_owned(),
            text: leaf[1].as_str().map(str::to_owned),
            attributes: serde_json::from_value(leaf[2].clone()).unwrap(),
        });
        Self {
            file: corpus.join(line["file"].as_str().unwrap()),
            leaves: leaves.collect(),
            keys: serde_json::from_value(line["keys"].clone()).unwrap(),
        }
    }
}

fn trimmed(leaf: Leaf) -> Leaf {
    Leaf { text: leaf.text.map(|text| text.trim().to_owned()), ..leaf }
}

#[test]
fn every_sample_keeps_its_leaves_their_order_and_its_keys() {
    let Some(corpus) = corpus() else { return };
    let samples = expected(&corpus);
    assert!(!samples.is_empty());
    for sample in &samples {
        let bytes = fs::read(&sample.file).unwrap();
        let document =
            translate(utf_8(&bytes)).unwrap_or_else(|refusal| panic!("{}: {refusal}", sample.file.display()));
        crate::back::check(&sample.file.display().to_string(), &document);
        let json = json(&document);
        let leaves = walk::of_json(&json);
        let xml = std::str::from_utf8(&bytes).unwrap();
        assert!(leaves == walk::of_xml(xml, &leaves), "{}: not as roxmltree sees it", sample.file.display());
        // The list does not have text beside elements.
        let listed = leaves.into_iter().filter(|leaf| !leaf.path.contains("/#text["));
        let leaves: Vec<Leaf> = listed.map(trimmed).collect();
        assert_eq!(leaves, sample.leaves, "{}", sample.file.display());
        let keys = document.keys.0.iter().map(|(name, values)| {
            (name.clone(), values.iter().map(|value| value.trim().to_owned()).collect::<Vec<_>>())
        });
        assert_eq!(keys.collect::<BTreeMap<_, _>>(), sample.keys, "{}", sample.file.display());
    }
    println!("{} samples", samples.len());
}

#[test]
fn a_path_of_a_message_version_has_one_json_type() {
    let Some(corpus) = corpus() else { return };
    let mut types: BTreeMap<(String, String), (&str, PathBuf)> = BTreeMap::new();
    for sample in expected(&corpus) {
        let document = json(&translate(utf_8(&fs::read(&sample.file).unwrap())).unwrap());
        for section in ["header", "document", "headers", "documents"] {
            let Some(content) = document.get(section) else { continue };
            for content in content.as_array().map_or(vec![content], |all| all.iter().collect()) {
                let Some(version) = content.get("@xmlns").and_then(Value::as_str) else { continue };
                note_types("", content, &mut |path, kind| {
                    let place = (version.to_owned(), path.to_owned());
                    let (before, file) = types.entry(place).or_insert_with(|| (kind, sample.file.clone()));
                    let (here, there) = (sample.file.display(), file.display());
                    assert_eq!(*before, kind, "{version}{path} in {here} is not as in {there}");
                });
            }
        }
    }
    println!("{} paths", types.len());
}

/// Tells the JSON type of every path below a value; an item of an array has the path of the array and `[]`.
pub(crate) fn note_types(path: &str, value: &Value, note: &mut impl FnMut(&str, &'static str)) {
    match value {
        Value::String(_) => note(path, "string"),
        Value::Array(items) => {
            note(path, "array");
            for item in items {
                note_types(&format!("{path}[]"), item, note);
            }
        }
        Value::Object(members) => {
            note(path, "object");
            for (name, member) in members {
                note_types(&format!("{path}/{name}"), member, note);
            }
        }
        other => panic!("{path}: {other} is neither text nor structure"),
    }
}

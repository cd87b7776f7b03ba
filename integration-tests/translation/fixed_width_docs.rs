//! What the page on fixed width records says is so: its tutorial is run as it is printed, its example is a fixture's.

use serde_json::Value;

use crate::fixed_width::Reader;

const PAGE: &str = include_str!("../../docs/fixed-width.md");

/// The most lines that a new layout should need.
const LAYOUT_LINES_MAX: usize = 40;

/// The first block in a language after a text.
fn block(after: &str, language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(after).unwrap_or_else(|| panic!("{after:?} is not in the page"));
    let (_, rest) = rest.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_layout_of_the_tutorial_translates_its_file_both_ways() {
    let file = block("`statement.txt`:", "");
    let layout = block("`statement.toml`:", "toml");
    assert!(layout.lines().count() < LAYOUT_LINES_MAX);
    let printed: Value = serde_json::from_str(block("gives:", "json")).unwrap();
    assert_eq!(Reader::of(layout).round_trip(file.as_bytes(), 1208), printed);
}

#[test]
fn the_first_example_is_json() {
    let example: Value = serde_json::from_str(block("# Records", "json")).unwrap();
    let reader = Reader::bacs();
    let case = crate::fixed_width::cases("fixed-width")
        .into_iter()
        .find(|case| case.name == "bacs-credits")
        .unwrap();
    let document = reader.json(&case.input, 1208);
    assert_eq!(example["totals"], document["totals"]);
    assert_eq!(example["separator"], document["separator"]);
    for (shown, record) in [(0, 0), (1, 4)] {
        for (member, value) in example_members(&example["records"][shown]) {
            assert_eq!(document["records"][record][member], *value, "{member}");
        }
    }
}

fn example_members(record: &Value) -> impl Iterator<Item = (&String, &Value)> {
    record.as_object().unwrap().iter()
}

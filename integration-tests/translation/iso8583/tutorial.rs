//! The tutorial of `docs/iso8583.md`: its dialect, its message, its document.

use super::support::Spoken;

const LINES_MAX: usize = 40;

/// The first block of a language after a heading.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, tutorial) = page.split_once("## A new dialect from scratch").unwrap();
    let (_, rest) = tutorial.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_tutorial_does_what_it_says() {
    let page = include_str!("../../../docs/iso8583.md");
    let dialect = block(page, "toml");
    assert!(dialect.lines().count() < LINES_MAX);
    let message = block(page, "text").replace('\n', "");
    let document = Spoken::from_toml(dialect).round_trip(&hex::decode(message).unwrap()).unwrap();
    let expected: serde_json::Value = serde_json::from_str(block(page, "json")).unwrap();
    assert_eq!(document, expected, "{document}");
}

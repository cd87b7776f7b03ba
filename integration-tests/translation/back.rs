//! The way back from a document to XML: reading what is written gives the same document.

use mqgate::message::{Ccsid, Document};
use mqgate::translate::{Input, Options, Show, Translator, Wire};

use crate::support::{cases, json, translate};

const WIRE: Wire = Wire { ccsid: Ccsid(1208), encoding: 546 };

fn write(document: &Document, wire: Wire) -> Vec<u8> {
    let written = Translator::new(&Options::default()).write(&document.body, wire);
    written.unwrap_or_else(|unwritable| panic!("{unwritable}"))
}

/// Fails unless the XML of a document gives the document again.
pub(crate) fn check(name: &str, document: &Document) {
    let xml = write(document, WIRE);
    let again = translate(Input { bytes: &xml, ccsid: WIRE.ccsid, encoding: WIRE.encoding })
        .unwrap_or_else(|refusal| panic!("{name}: {refusal}\n{}", String::from_utf8(xml.clone()).unwrap()));
    assert!(
        document.body == again.body,
        "{name}: {}\nis not\n{}\nof {}",
        std::str::from_utf8(&again.body).unwrap(),
        std::str::from_utf8(&document.body).unwrap(),
        String::from_utf8(xml).unwrap(),
    );
    assert_eq!(write(&again, WIRE), xml, "{name}: what is written is canonical");
}

#[test]
fn every_fixture_comes_back() {
    for case in cases("iso20022") {
        check(&case.name, &translate(case.input()).unwrap());
    }
}

#[test]
fn what_a_character_set_does_not_have_is_written_as_a_reference() {
    let xml = "<Notice><Text a=\"€\">Zoë € &amp; co</Text></Notice>";
    let document = translate(crate::support::utf_8(xml.as_bytes())).unwrap();
    let wire = Wire { ccsid: Ccsid(819), encoding: 273 };
    let latin = write(&document, wire);
    assert_eq!(
        latin,
        b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Notice><Text a=\"&#8364;\">Zo\xEB &#8364; &amp; co</Text></Notice>"
    );
    let again = translate(Input { bytes: &latin, ccsid: wire.ccsid, encoding: wire.encoding }).unwrap();
    assert_eq!(document.body, again.body);
}

#[test]
fn what_no_xml_can_be_made_of_is_refused_with_its_place() {
    let translator = Translator::new(&Options::default());
    let refusal = |document: serde_json::Value| {
        translator.write(document.to_string().as_bytes(), WIRE).unwrap_err().to_string()
    };
    let refusals = [
        (serde_json::json!({}), "/: expected a document, a header or an envelope"),
        (serde_json::json!({"format": "swift-mt"}), "/format: expected \"iso20022\""),
        (serde_json::json!({"document": {"A": 1}}), "/document/A: expected a string or an object"),
        (
            serde_json::json!({"document": {"A": {"b c": ""}}}),
            "/document/A/b c: expected the name of an element",
        ),
        (
            serde_json::json!({"document": {"A": {"B": "\u{1}"}}}),
            "/document/A/B: expected characters that XML allows",
        ),
        (
            serde_json::json!({"document": {"A": {"B": [[]]}}}),
            "/document/A/B/0: expected a string or an object",
        ),
        (
            serde_json::json!({"envelope": {"E": {"Document": {"@ref": "/keys"}}}}),
            "/envelope/E/Document: expected a pointer to a header or document",
        ),
        (
            serde_json::json!({"document": {"A": {"B": ["1", "2"], "#order": ["B"]}}}),
            "/document/A/#order: expected the name of every child, in order",
        ),
    ];
    for (document, expected) in refusals {
        assert_eq!(refusal(document), expected);
    }
}

#[test]
fn an_explanation_lists_every_element_with_its_bytes() {
    let xml = "<Notice>\n <Nm>Zoë</Nm><Ref>7</Ref><Empty/></Notice>";
    let explained =
        |show| Translator::new(&Options::default()).explain(crate::support::utf_8(xml.as_bytes()), show);
    let seen: Vec<_> = explained(Show::Masked)
        .pieces
        .into_iter()
        .map(|piece| (xml[piece.offset..piece.offset + piece.length].to_owned(), piece.depth, piece.value))
        .collect();
    let expected = [(xml, 0, ""), ("<Nm>Zoë</Nm>", 1, "***"), ("<Ref>7</Ref>", 1, "7"), ("<Empty/>", 1, "")];
    assert_eq!(seen, expected.map(|(text, depth, value)| (text.to_owned(), depth, value.to_owned())));
    assert_eq!(explained(Show::All).pieces[1].value, "Zoë");
}

#[test]
fn an_explanation_goes_as_far_as_the_message_can_be_read() {
    let explanation = Translator::new(&Options::default())
        .explain(crate::support::utf_8(b"<Notice><Ref>7</Ref><Ref>8</Rfe>"), Show::All);
    assert_eq!(explanation.pieces.len(), 3);
    assert_eq!(explanation.pieces[1].value, "7");
    assert_eq!(explanation.refusal.unwrap().offset, 26);
}

#[test]
fn names_and_accounts_are_masked_and_nothing_else() {
    for case in cases("iso20022") {
        let translator = Translator::new(&Options::default());
        let all = json(&translator.translate(case.input()).unwrap());
        let masked = json(&translator.show(case.input(), Show::Masked).unwrap());
        assert_eq!(all["keys"], masked["keys"], "{}", case.name);
        compare(&case.name, "", &all, &masked);
    }
}

/// Masked values have their length, and only marked members differ.
fn compare(case: &str, name: &str, all: &serde_json::Value, masked: &serde_json::Value) {
    use serde_json::Value::{Array, Object, String};
    match (all, masked) {
        (Object(all), Object(masked)) => {
            assert!(all.keys().eq(masked.keys()), "{case}");
            for (name, value) in all {
                compare(case, name, value, &masked[name]);
            }
        }
        (Array(all), Array(masked)) => {
            assert_eq!(all.len(), masked.len(), "{case}");
            all.iter().zip(masked).for_each(|(all, masked)| compare(case, name, all, masked));
        }
        (String(all), String(masked)) => {
            let marked = ["Nm", "IBAN", "AdrLine", "StrtNm", "PstCd", "TwnNm"].contains(&name);
            let hidden = |text: &str| text.chars().all(|character| character == '*');
            assert_eq!(all.chars().count(), masked.chars().count(), "{case} {name}");
            assert!(!marked || hidden(masked), "{case} {name}: {masked}");
            assert!(all == masked || masked.contains('*'), "{case} {name}");
        }
        (all, masked) => assert_eq!(all, masked, "{case} {name}: another shape"),
    }
}

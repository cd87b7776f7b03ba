//! Every folder of `fixtures/swift-mt` gives the document beside it, comes back byte by byte, and can be explained.

use mqgate::message::Ccsid;
use mqgate::translate::{Format, Input, Newline, Options, Piece, Show, Translator, Wire};
use serde_json::Value;

use super::{Case, WIRE, cases, translate, translator, utf_8};
use crate::support::json;

#[test]
fn every_fixture_becomes_its_document_and_comes_back() {
    for case in cases("swift-mt") {
        let document = translate(case.input()).unwrap_or_else(|refusal| panic!("{}: {refusal}", case.name));
        let value = json(&document);
        case.expect("expected.json", &format!("{}\n", serde_json::to_string_pretty(&value).unwrap()));
        assert_eq!(value["type"], *document.kind, "{}", case.name);
        assert_eq!(keys_of(&value), document.keys.0, "{}", case.name);
        assert_eq!(serde_json::to_vec(&value).unwrap(), document.body, "{}: compact", case.name);
        only_text(&case.name, &value);
        let written = translator().write(&document.body, case.wire);
        assert_eq!(written.as_deref(), Ok(case.bytes.as_slice()), "{}", case.name);
    }
}

fn keys_of(document: &Value) -> Vec<(String, Vec<String>)> {
    let keys = document["keys"].as_object().unwrap().iter();
    keys.map(|(name, values)| (name.clone(), serde_json::from_value(values.clone()).unwrap())).collect()
}

fn only_text(name: &str, value: &Value) {
    match value {
        Value::String(_) => {}
        Value::Array(items) => items.iter().for_each(|item| only_text(name, item)),
        Value::Object(members) => members.values().for_each(|member| only_text(name, member)),
        other => panic!("{name}: {other} is not text"),
    }
}

#[test]
fn a_pointer_reads_an_amount_whatever_stands_before_it() {
    let document = translate(Case::named("mt103-customer-transfer").input()).unwrap();
    let read = |pointer: &str| document.pointer(pointer).unwrap_or_default();
    assert_eq!(read("/messages/0/components/4/32A/0/amount"), "1275000,");
    assert_eq!(read("/messages/0/components/4/32A/0/decimal"), "1275000");
    assert_eq!(read("/messages/0/components/4/71F/1/decimal"), "0.75");
    assert_eq!(read("/messages/0/components/3/121/0/uetr"), read("/keys/UETR/0"));
    assert_eq!(read("/messages/0/components/2/mir"), "251105MUSTDEFFAXXX0021000914");
    assert_eq!(read("/messages/0/components/4/72/0/parts/1/text"), "PLEASE ADVISE BENEFICIARY BY\nTELEPHONE");
}

/// What nobody may see of the customer transfer, in whatever part of what is shown.
const SECRETS: [&str; 9] = [
    "GB33BUKB20201555555555",
    "HARTLEY",
    "MARKET LANE",
    "20201555",
    "400500600",
    "MIDDLE BANK",
    "ERIKA",
    "DE89370400440532013000",
    "HAUPTSTRASSE",
];

#[test]
fn names_and_accounts_are_masked_wherever_they_are_shown() {
    let case = Case::named("mt103-customer-transfer");
    let shown = translator().show(case.input(), Show::Masked).unwrap();
    let text = std::str::from_utf8(&shown.body).unwrap();
    let explained = format!("{:?}", translator().explain(case.input(), Show::Masked));
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
        assert!(!explained.contains(secret), "{secret} in {explained}");
    }
    for open in ["GLEN-000731-A", "251105EUR1275000,", "MUSTDEFFXXX", "SHA"] {
        assert!(text.contains(open) && explained.contains(open), "{open}");
    }
    // What stays of a value still lines up.
    let (all, masked) = (json(&translate(case.input()).unwrap()), json(&shown));
    let values = |document: &Value| document["messages"][0]["blocks"]["4"].as_array().unwrap().clone();
    for (all, masked) in values(&all).iter().zip(values(&masked)) {
        let lengths = |pair: &Value| pair[1].as_str().unwrap().lines().map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(all), lengths(&masked), "{}", all[0]);
    }
}

#[test]
fn what_does_not_match_its_format_or_has_none_is_masked_as_a_whole() {
    let case = Case::named("mt103-not-as-formats-have-it");
    let shown = translator().show(case.input(), Show::Masked).unwrap();
    let text = std::str::from_utf8(&shown.body).unwrap();
    for secret in ["nobody", "nor this one"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(
        text.contains("251105GBP1000") && text.contains(&format!(r#"["99Z","{}"]"#, "*".repeat(23))),
        "{text}"
    );
}

#[test]
fn explanations_name_every_byte_of_a_field() {
    for case in cases("swift-mt") {
        let explanation = translator().explain(case.input(), Show::All);
        assert_eq!(explanation.refusal, None, "{}", case.name);
        let mut within: Vec<&Piece> = Vec::new();
        for piece in &explanation.pieces {
            let end = piece.offset + piece.length;
            assert!(end <= case.bytes.len(), "{}: {piece:?}", case.name);
            within.truncate(piece.depth);
            let outer = within
                .last()
                .map_or((0, case.bytes.len()), |piece| (piece.offset, piece.offset + piece.length));
            assert!(
                outer.0 <= piece.offset && end <= outer.1,
                "{}: {piece:?} is not within {outer:?}",
                case.name
            );
            within.push(piece);
            let bytes = &case.bytes[piece.offset..end];
            if case.is_utf_8() && piece.element.contains('/') {
                let text = std::str::from_utf8(bytes).unwrap().replace("\r\n", "\n");
                assert!(
                    text.ends_with(&piece.value.replace("\r\n", "\n")),
                    "{}: {piece:?} is {text}",
                    case.name
                );
            }
        }
    }
    let case = Case::named("mt103-utf-16");
    let lines: String = translator()
        .explain(case.input(), Show::All)
        .pieces
        .iter()
        .map(|piece| {
            let indent = "  ".repeat(piece.depth);
            format!(
                "{} {} {indent}{} [{}] {:?}\n",
                piece.offset, piece.length, piece.element, piece.name, piece.value
            )
        })
        .collect();
    case.expect("explained.txt", &lines);
}

#[test]
fn every_character_set_gives_the_same_document_and_its_own_bytes() {
    let texts: Vec<Case> = cases("swift-mt").into_iter().filter(Case::is_utf_8).collect();
    for case in texts {
        let expected = translate(case.input()).unwrap();
        // EBCDIC has one byte for all line ends; CR and LF are two characters there too.
        for ccsid in [37, 273, 285, 500, 1047, 1140, 1148, 819, 1252, 1200] {
            let wire = Wire { ccsid: Ccsid(ccsid), encoding: 273 };
            let bytes = translator()
                .write(&expected.body, wire)
                .unwrap_or_else(|error| panic!("{}: {error}", case.name));
            let input = Input { bytes: &bytes, ccsid: wire.ccsid, encoding: wire.encoding };
            let document =
                translate(input).unwrap_or_else(|refusal| panic!("{} {ccsid}: {refusal}", case.name));
            assert_eq!(document.body, expected.body, "{} {ccsid}", case.name);
        }
    }
}

#[test]
fn next_lines_are_line_ends_where_a_source_says_so() {
    let text =
        "{1:F01GLENGB2LAXXX0412000731}{2:I103MUSTDEFFXXXXN}{4:\u{85}:20:GLEN-1\u{85}:59:/1\u{85}ZOË\u{85}-}";
    let translator =
        Translator::new(&Options { format: Format::SwiftMt, newline: Newline::Nel, ..Options::default() });
    let wire = Wire { ccsid: Ccsid(1047), encoding: 273 };
    let mut bytes = Vec::new();
    for character in text.chars() {
        let one = ccsid::encode(&character.to_string(), 1047, 273, Newline::Nel).unwrap();
        bytes.extend(one);
    }
    let document =
        translator.translate(Input { bytes: &bytes, ccsid: wire.ccsid, encoding: wire.encoding }).unwrap();
    assert_eq!(document.pointer("/lineEnd").as_deref(), Some("nel"));
    assert_eq!(document.pointer("/messages/0/components/4/59/0/nameAndAddress").as_deref(), Some("ZOË"));
    assert_eq!(translator.write(&document.body, wire).unwrap(), bytes);
}

#[test]
fn a_message_may_have_no_line_end_at_all() {
    let document = translate(utf_8(b"{1:F21GLENGB2LAXXX0412000731}{4:{177:2511051205}{451:0}}")).unwrap();
    assert_eq!((document.kind.as_str(), document.pointer("/lineEnd").as_deref()), ("ACK", Some("crlf")));
    assert!(translator().write(&document.body, WIRE).is_ok());
}

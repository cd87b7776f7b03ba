//! The way back: what a service may write, and what cannot be written.

use serde_json::{Value, json};

use super::{WIRE, translate, translator, utf_8};

fn written(document: &Value) -> Result<String, String> {
    let bytes = translator().write(document.to_string().as_bytes(), WIRE);
    bytes.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|unwritable| unwritable.to_string())
}

#[test]
fn blocks_are_all_that_is_needed() {
    let document = json!({"format": "swift-mt", "messages": [{"blocks": {
        "1": "F01GLENGB2LAXXX0000000000", "2": "I103MUSTDEFFXXXXN", "3": [["108", "MUR1"]],
        "4": [["20", "GLEN-1"], ["59", "/1\nZOË"]], "5": [["CHK", "1A2B3C4D5E6F"]],
    }}]});
    let expected = "{1:F01GLENGB2LAXXX0000000000}{2:I103MUSTDEFFXXXXN}{3:{108:MUR1}}{4:\r\n:20:GLEN-1\r\n\
                    :59:/1\r\nZOË\r\n-}{5:{CHK:1A2B3C4D5E6F}}";
    assert_eq!(written(&document).as_deref(), Ok(expected));
    let acknowledgement = json!({"messages": [{"blocks": {
        "1": "F21GLENGB2LAXXX0000000000", "4": [["177", "2511051205"], ["451", "0"]],
    }}]});
    let expected = "{1:F21GLENGB2LAXXX0000000000}{4:{177:2511051205}{451:0}}";
    assert_eq!(written(&acknowledgement).as_deref(), Ok(expected));
    let statement = json!({"lineEnd": "lf", "messages": [
        {"wire": {"form": "bare", "after": "\n"}, "blocks": {"4": [["20", "S1"], ["86", "A\nB"]]}},
        {"wire": {"form": "bare", "after": "\n"}, "blocks": {"4": [["20", "S2"]]}},
    ]});
    assert_eq!(written(&statement).as_deref(), Ok(":20:S1\n:86:A\nB\n-\n:20:S2\n-\n"));
}

#[test]
fn what_would_be_read_as_something_else_is_not_written() {
    let with = |tag: &str, value: &str| {
        json!({"messages": [{"blocks": {
            "1": "F01GLENGB2LAXXX0000000000", "2": "I103MUSTDEFFXXXXN",
            "3": [["108", "MUR1"]], "4": [["20", "GLEN-1"], [tag, value], ["71A", "OUR"]],
        }}]})
    };
    for value in ["ONE\n: TWO\n{}", "A-}", "-", ""] {
        assert!(written(&with("70", value)).is_ok(), "{value}");
    }
    let other = "expected what can be read again as it was written";
    for value in ["A\n:32A:251105EUR1,", "A\n-}", "A-}{5:{CHK:1}}"] {
        assert_eq!(written(&with("70", value)), Err(format!("/messages/0/blocks/4/1: {other}")), "{value}");
    }
    for tag in ["", "70:X", "7 0", "70\n", "A_TAG_THAT_IS_TOO_LONG"] {
        let expected = "/messages/0/blocks/4/1: expected a tag and its value";
        assert_eq!(written(&with(tag, "A")), Err(expected.into()), "{tag}");
    }
    let block = |id: &str, block: Value| {
        let mut document = with("70", "A");
        document["messages"][0]["blocks"][id] = block;
        written(&document).unwrap_err()
    };
    assert_eq!(block("1", json!("F01}{2:I103")), format!("/messages/0/blocks/1: {other}"));
    assert_eq!(block("3", json!([["108", "A}{121:B"]])), format!("/messages/0/blocks/3/0: {other}"));
    assert_eq!(block("6", json!("A")), "/messages/0/blocks/6: expected a block from 1 to 5, or S");
    assert_eq!(block("3", json!(1)), "/messages/0/blocks/3: expected text, or an array of fields");
    assert_eq!(block("3", json!([["108"]])), "/messages/0/blocks/3/0: expected a tag and its value");
}

#[test]
fn what_is_missing_is_named() {
    let cases = [
        (json!({}), "/messages: expected an array of messages"),
        (json!({"messages": []}), "/messages: expected an array of messages"),
        (json!({"messages": [{}]}), "/messages/0/blocks: expected an object of blocks"),
        (json!({"lineEnd": "x", "messages": [{}]}), "/lineEnd: expected crlf, lf, nel or mixed"),
        (json!({"messages": [{"wire": 1, "blocks": {"1": ""}}]}), "/messages/0/wire: expected an object"),
        (
            json!({"messages": [{"wire": {"end": 1}, "blocks": {"4": []}}]}),
            "/messages/0/wire/end: expected text, or an array of texts",
        ),
        (json!({"messages": [{"blocks": {"1": "F01X", "2": "I103X"}}]}), "/messages: expected block 4"),
    ];
    for (document, expected) in cases {
        assert_eq!(written(&document), Err(expected.into()));
    }
}

#[test]
fn what_a_character_set_does_not_have_is_refused() {
    let document = translate(utf_8("{4:\n:20:€\n-}".as_bytes())).unwrap();
    let wire = mqgate::translate::Wire { ccsid: mqgate::message::Ccsid(819), encoding: 273 };
    let refused = translator().write(&document.body, wire).unwrap_err();
    assert!(!refused.to_string().contains('€'), "{refused}");
}

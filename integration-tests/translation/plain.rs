//! JSON, text and bytes, carried as they are; and queues with several formats.

use mqgate::message::{Ccsid, Document};
use mqgate::translate::{Candidates, Format, Input, Labels, Options, Refusal, Show, Translator, Wire};

use crate::support::{json, utf_8};

fn translator(format: Format) -> Translator {
    Translator::new(&Options { format, ..Options::default() })
}

fn labels() -> Labels {
    Labels {
        kind: Some("/document/type".into()),
        content_type: None,
        keys: vec![
            ("Order".into(), "/document/id".into()),
            ("Amount".into(), "/document/amount".into()),
            ("Absent".into(), "/document/none".into()),
        ],
    }
}

fn body(document: &Document) -> &str {
    std::str::from_utf8(&document.body).unwrap()
}

const WIRE: Wire = Wire { ccsid: Ccsid(1208), encoding: 546 };

#[test]
fn json_keeps_every_digit_and_gives_type_and_keys() {
    let translator = translator(Format::Json(labels()));
    let text =
        "{ \"type\" : \"order.placed\",\n \"id\":\"A-1\", \"amount\": 1.50, \"big\": 12345678901234567890 }";
    let document = translator.translate(utf_8(text.as_bytes())).unwrap();
    assert_eq!(
        body(&document),
        r#"{"format":"json","type":"order.placed","keys":{"Order":["A-1"],"Amount":["1.50"]},"document":{"type":"order.placed","id":"A-1","amount":1.50,"big":12345678901234567890}}"#
    );
    assert_eq!(document.event_type(), "json.order.placed");
    assert_eq!(document.pointer("/document/big").as_deref(), Some("12345678901234567890"));
    let back = translator.write(&document.body, WIRE).unwrap();
    assert_eq!(back, br#"{"type":"order.placed","id":"A-1","amount":1.50,"big":12345678901234567890}"#);
    let masked = translator.show(utf_8(br#"{"type":"t","name":"Zoe"}"#), Show::Masked).unwrap();
    assert!(!body(&masked).contains("Zoe") && body(&masked).contains("name"));
}

#[test]
fn json_that_has_two_meanings_is_refused_at_its_place() {
    let translate =
        |text: &[u8]| translator(Format::Json(Labels::default())).translate(utf_8(text)).unwrap_err();
    assert_eq!(translate(br#"{"id":1,"id":2}"#).offset, 8);
    assert_eq!(translate(b"{\"a\":\xFF}").offset, 5);
    assert_eq!(translate(b"").expected, "a message, not an empty message");
    let refusal = translator(Format::Json(labels())).translate(utf_8(b"{}")).unwrap_err();
    assert_eq!((refusal.path.as_str(), refusal.expected.as_str()), ("/type", "the type of the message"));
}

#[test]
fn text_is_decoded_by_its_ccsid_and_written_back() {
    let translator = translator(Format::Text(Labels { kind: Some("nacha".into()), ..Labels::default() }));
    let input = Input { bytes: b"Zo\xEB \"1\"\r\n\x01", ccsid: Ccsid(819), encoding: 273 };
    let document = translator.translate(input).unwrap();
    let expected =
        "{\"format\":\"text\",\"type\":\"nacha\",\"keys\":{},\"text\":\"Zoë \\\"1\\\"\\r\\n\\u0001\"}";
    assert_eq!(body(&document), expected);
    let wire = Wire { ccsid: Ccsid(819), encoding: 273 };
    assert_eq!(translator.write(&document.body, wire).unwrap(), input.bytes);
}

#[test]
fn bytes_are_carried_in_base64() {
    let labels = Labels { content_type: Some("application/pdf".into()), ..Labels::default() };
    let translator = translator(Format::Binary(labels));
    let every: Vec<u8> = (0..=255).collect();
    let document = translator.translate(utf_8(&every)).unwrap();
    assert_eq!(
        (json(&document)["contentType"].as_str(), document.kind.as_str()),
        (Some("application/pdf"), "binary")
    );
    assert_eq!(translator.write(&document.body, WIRE).unwrap(), every);
    let refusal = translator.write(br#"{"base64":"A"}"#, WIRE).unwrap_err();
    assert_eq!(refusal.pointer, "/base64");
}

fn auto() -> Translator {
    translator(Format::Auto(Candidates {
        dialect: mqgate::translate::Dialect::shipped("generic-ascii").map(Into::into),
        layout: mqgate::translate::Layout::shipped("bacs-std18").map(Into::into),
        labels: Labels::default(),
    }))
}

#[test]
fn what_a_message_begins_with_decides() {
    let format = |bytes: &[u8]| auto().translate(utf_8(bytes)).map(|document| document.format);
    let uuid = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
    let fin = "{1:F01AAAABBCCAXXX0000000000}{2:I199DDDDEEFFXXXXN}{4:\n:20:R\n-}";
    assert_eq!(format(b"\xEF\xBB\xBF <Notice/>"), Ok("iso20022"));
    assert_eq!(format(b" {\"a\":1}"), Ok("json"));
    assert_eq!(format(b"[1]"), Ok("json"));
    assert_eq!(format(fin.as_bytes()), Ok("swift-mt"));
    assert_eq!(format(format!("{uuid}{fin}").as_bytes()), Ok("swift-mt"));
    // Network management: MTI, one bitmap in hexadecimal text, elements 11 and 70 would need a second one.
    assert_eq!(format(b"08000020000000000000000042"), Ok("iso8583"));
}

#[test]
fn what_is_nothing_known_is_refused_and_a_broken_one_says_why() {
    let refusal = |bytes: &[u8]| -> Refusal { auto().translate(utf_8(bytes)).unwrap_err() };
    assert!(
        refusal(b"hello, world").expected.starts_with("XML, SWIFT MT or JSON, or ISO 8583 in the dialect")
    );
    assert_eq!(refusal(b"<a><b></a>").offset, 6);
    assert_eq!(refusal(b"{\"a\":}").offset, 5);
    let none = translator(Format::Auto(Candidates::default()));
    assert_eq!(none.translate(utf_8(b"0800")).unwrap_err().expected, "XML, SWIFT MT or JSON");
}

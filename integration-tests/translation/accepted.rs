//! Every folder of `fixtures/iso20022` gives the document beside it.

use serde_json::Value;

use crate::support::{Case, cases, json, translate, translate_text};
use crate::walk;

#[test]
fn every_fixture_becomes_its_document() {
    for case in cases("iso20022") {
        let document = translate(case.input()).unwrap_or_else(|refusal| panic!("{}: {refusal}", case.name));
        let value = json(&document);
        case.expect("expected.json", &format!("{}\n", serde_json::to_string_pretty(&value).unwrap()));
        assert_eq!(value["type"], *document.kind, "{}", case.name);
        assert_eq!(keys_of(&value), document.keys.0, "{}", case.name);
        assert_eq!(
            serde_json::to_vec(&value).unwrap(),
            document.body,
            "{}: compact, each name once",
            case.name
        );
    }
}

fn keys_of(document: &Value) -> Vec<(String, Vec<String>)> {
    let keys = document["keys"].as_object().unwrap().iter();
    keys.map(|(name, values)| (name.clone(), serde_json::from_value(values.clone()).unwrap())).collect()
}

#[test]
fn the_same_content_under_other_prefixes_is_the_same_document() {
    let plain = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr><MsgId>1</MsgId></GrpHdr></FIToFICstmrCdtTrf></Document>"#;
    let prefixed = plain
        .replace("xmlns=", "xmlns:p=")
        .replace("</", "</p:")
        .replace('<', "<p:")
        .replace("<p:/p:", "</p:");
    assert_eq!(translate_text(plain).unwrap().body, translate_text(&prefixed).unwrap().body);
}

#[test]
fn settings_can_make_a_child_repeatable() {
    use mqgate::translate::{Options, Translator};
    let xml = "<Notice><Line>only one</Line></Notice>";
    let options = Options { repeatable: vec![("Notice".into(), "Line".into())], ..Options::default() };
    let document = Translator::new(&options).translate(crate::support::utf_8(xml.as_bytes())).unwrap();
    assert_eq!(json(&document)["document"], serde_json::json!({"Notice": {"Line": ["only one"]}}));
    assert_eq!(
        json(&translate_text(xml).unwrap())["document"],
        serde_json::json!({"Notice": {"Line": "only one"}})
    );
}

#[test]
fn a_pointer_reads_what_the_document_shows() {
    let document = translate_text(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><CdtTrfTxInf><IntrBkSttlmAmt Ccy="GBP">1.50</IntrBkSttlmAmt><RmtInf><Ustrd>a "quoted" line</Ustrd></RmtInf></CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"#,
    )
    .unwrap();
    let transaction = "/document/FIToFICstmrCdtTrf/CdtTrfTxInf/0";
    let read = |rest: &str| document.pointer(&format!("{transaction}{rest}"));
    assert_eq!(read("/IntrBkSttlmAmt/@Ccy").as_deref(), Some("GBP"));
    assert_eq!(read("/IntrBkSttlmAmt/#text").as_deref(), Some("1.50"));
    assert_eq!(read("/RmtInf/Ustrd/0").as_deref(), Some("a \"quoted\" line"));
    assert_eq!(read("/IntrBkSttlmAmt"), None);
}

#[test]
fn every_fixture_keeps_its_leaves_and_their_order() {
    for case in cases("iso20022").into_iter().filter(Case::is_utf_8) {
        let leaves = walk::of_json(&json(&translate(case.input()).unwrap()));
        let expected = walk::of_xml(std::str::from_utf8(&case.input).unwrap(), &leaves);
        assert_eq!(leaves, expected, "{}", case.name);
    }
}

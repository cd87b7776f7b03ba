//! One message of each format, put by IBM's own client with its CCSID, arrives as its document; and the command line reads and
//! writes the same.

use std::path::Path;

use serde_json::json;

use crate::harness::devqm::PAYMENTS;
use crate::harness::{Devqm, Gateway, Service, Settings};
use crate::node;

/// A message, how it is put, what its source says, and a value of its document.
struct Case {
    name: &'static str,
    message: Vec<u8>,
    ccsid: i32,
    source: &'static [(&'static str, &'static str)],
    event_type: &'static str,
    pointer: &'static str,
    value: &'static str,
}

fn ebcdic(text: &str, ccsid: i32) -> Vec<u8> {
    ccsid::encode(text, ccsid, 273, ccsid::Newline::Lf).unwrap()
}

fn cases() -> Vec<Case> {
    let xml = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08\"><FIToFICstmrCdtTrf><GrpHdr><MsgId>£-1</MsgId></GrpHdr></FIToFICstmrCdtTrf></Document>";
    let fin =
        "{1:F01AAAABBCCAXXX0000000000}{2:I103DDDDEEFFXXXXN}{4:\r\n:20:REF-1\r\n:32A:261125GBP1,50\r\n-}";
    let utf_16: Vec<u8> = "101 ZÜRICH €".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        Case {
            name: "ISO 20022 in EBCDIC",
            message: ebcdic(xml, 285),
            ccsid: 285,
            source: &[("format", "iso20022")],
            event_type: "iso20022.pacs.008.001.08",
            pointer: "/document/FIToFICstmrCdtTrf/GrpHdr/MsgId",
            value: "£-1",
        },
        Case {
            name: "SWIFT MT",
            message: ebcdic(fin, 500),
            ccsid: 500,
            source: &[("format", "swift-mt")],
            event_type: "swift-mt.103",
            pointer: "/messages/0/blocks/4/1/1",
            value: "261125GBP1,50",
        },
        Case {
            name: "ISO 8583",
            message: b"08000020000000000000000042".to_vec(),
            ccsid: 819,
            source: &[("format", "iso8583"), ("dialect", "generic-ascii")],
            event_type: "iso8583.0800",
            pointer: "/fields/11",
            value: "000042",
        },
        Case {
            name: "JSON",
            message: br#"{"type":"order.placed","amount":1.50}"#.to_vec(),
            ccsid: 1208,
            source: &[("format", "json"), ("type", "/document/type")],
            event_type: "json.order.placed",
            pointer: "/document/type",
            value: "order.placed",
        },
        Case {
            name: "text in UTF-16",
            message: utf_16,
            ccsid: 1202,
            source: &[("format", "text"), ("type", "nacha")],
            event_type: "text.nacha",
            pointer: "/text",
            value: "101 ZÜRICH €",
        },
        Case {
            name: "bytes",
            message: vec![0, 255, 16],
            ccsid: 1208,
            source: &[("format", "binary")],
            event_type: "binary.binary",
            pointer: "/base64",
            value: "AP8Q",
        },
    ]
}

#[test]
fn one_message_of_each_format_put_by_ibms_client_arrives_as_its_document() {
    let modules = match node::modules() {
        Ok(modules) => modules,
        Err(missing) => {
            node::skips(missing);
            return;
        }
    };
    for case in cases() {
        let devqm = Devqm::start();
        let service = Service::accepting();
        let mut settings = Settings::new(&devqm, &service);
        for (key, value) in case.source {
            settings = settings.with(&format!("sources.0.{key}"), *value);
        }
        let _gateway = Gateway::start(&settings);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &case.message).unwrap();
        let put = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/node/put.js");
        let (put, file) = (put.display().to_string(), file.path().display().to_string());
        node::node(&devqm, modules, &[&put, PAYMENTS, &file, &case.ccsid.to_string()]);
        let requests = service.wait_for_accepted(1);
        let document = requests[0].document();
        assert_eq!(requests[0].header("ce-type"), case.event_type, "{}", case.name);
        assert_eq!(document.pointer(case.pointer), Some(&json!(case.value)), "{}", case.name);
    }
}

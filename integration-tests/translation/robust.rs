//! Work in proportion to the input, limits that hold, and types that do not depend on what a message happens to hold.

use std::collections::BTreeMap;

use mqgate::translate::{Limits, Options, Translator};

use crate::corpus::note_types;
use crate::support::{cases, json, translate_text, utf_8};

/// The JSON of something repeated `times` is as long as that of one, plus its repetitions, and the input is read to its end:
/// no step looks back over what was written before. What would be quadratic here takes minutes, not a fraction of a second.
#[test]
fn the_worst_that_limits_allow_stays_in_proportion() {
    let many = 50_000;
    let repeated = |open: &str, item: fn(usize) -> String, close: &str| -> String {
        let items: String = (0..many).map(item).collect();
        format!("{open}{items}{close}")
    };
    let attacks = [
        repeated("<r>", |_| "<a/><b/>".into(), "</r>"),
        repeated("<r>", |number| format!("<n{number}/>"), "</r>"),
        repeated("<r>", |number| format!("<n{number}/><n{number}/><a/>"), "</r>"),
        repeated("<r>", |_| "<a/>text".into(), "</r>"),
        repeated("<r>", |_| "&#65;".into(), "</r>"),
        repeated("<r>", |_| "<![CDATA[x]]>".into(), "</r>"),
        repeated("<r>", |_| "a<!-- -->".into(), "</r>"),
        repeated("<r>", |number| format!("<a xmlns='urn:{number}'/>"), "</r>"),
        repeated("<r>", |number| format!("<p{number}:a xmlns:p{number}='urn:x'/>"), "</r>"),
        repeated("<r>", |_| "]] > ".into(), "</r>"),
        repeated("<r>", |_| "<TxId>x</TxId>".into(), "</r>"),
        repeated("<r xmlns:d='urn:swift:xsd:d'>", |_| "<d:Document/>".into(), "</r>"),
        repeated("<r xmlns:d='urn:swift:xsd:d'>", |_| "<d:AppHdr/><d:Document/>".into(), "</r>"),
        repeated("<r xmlns:d='urn:swift:xsd:d'>", |_| "<d:AppHdr/>".into(), "</r>"),
    ];
    for attack in attacks {
        let document = translate_text(&attack).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert!(document.body.len() < attack.len() * 8, "{} from {}", document.body.len(), attack.len());
    }
    let deep: String = (0..99).map(|_| "<a><b/><c/><b/>").chain((0..99).map(|_| "</a>")).collect();
    translate_text(&deep.replacen("<c/>", &format!("<c>{}</c>", "x".repeat(1_000_000)), 99)).unwrap_err();
}

#[test]
fn what_is_over_a_limit_is_refused_as_soon_as_it_is_met() {
    let attributes: String = (0..1_000_000).map(|number| format!(" a{number}=''")).collect();
    let cases = [
        (format!("<r{attributes}/>"), "at most 64 attributes"),
        (format!("<r>{}", "<a>".repeat(1_000_000)), "at most 100 elements within each other"),
        (format!("<r>{}</r>", "x".repeat(16 * 1024 * 1024)), "a message of at most 16777216 bytes"),
        (format!("<{}/>", "r".repeat(1_000_000)), "a name of at most 256 bytes"),
    ];
    for (input, expected) in cases {
        assert_eq!(translate_text(&input).unwrap_err().expected, expected);
    }
    // Namespace names come back in the document wherever they change; that grows it beyond what came.
    let long = "u".repeat(10_000);
    let items = "<a/><p:a/>".repeat(50_000);
    let limits = Limits { document_bytes_max: 1_000_000, ..Limits::default() };
    let translator = Translator::new(&Options { limits, ..Options::default() });
    let input = format!("<r xmlns:p='{long}'>{items}</r>");
    let refusal = translator.translate(utf_8(input.as_bytes())).unwrap_err();
    assert_eq!(refusal.expected, "a document of at most 1000000 bytes");
    assert!(refusal.offset < 20_000, "{refusal}");
}

/// A message and the same message with optional things left out have the same types where both have a path.
#[test]
fn leaving_things_out_changes_no_type() {
    for case in cases("iso20022").iter().filter(|case| case.is_utf_8() && known_version(&case.name)) {
        let text = std::str::from_utf8(&case.input).unwrap();
        let whole = types(text);
        let tree = roxmltree::Document::parse(text).unwrap();
        for node in tree.descendants().filter(|node| node.is_element() && *node != tree.root_element()) {
            let range = node.range();
            let without = [&text[..range.start], &text[range.end..]].concat();
            let inner = node
                .first_child()
                .map_or(0..0, |first| first.range().start..node.last_child().unwrap().range().end);
            let emptied = [&text[..inner.start], &text[inner.end..]].concat();
            let mut unattributed = text.to_owned();
            if let Some(attribute) = node.attributes().next() {
                unattributed.replace_range(attribute.range(), "");
            }
            for variant in [without, emptied, unattributed] {
                for (path, kind) in types(&variant) {
                    let before = whole.get(&path);
                    assert!(before.is_none_or(|before| *before == kind), "{}: {path} is {kind}", case.name);
                }
            }
        }
    }
}

/// Those whose elements are all as the schema of their own version has them, which is in the table.
fn known_version(case: &str) -> bool {
    ["pacs", "pain", "admi", "cdata"].iter().any(|kind| case.starts_with(kind)) && !case.contains("unknown")
}

fn types(xml: &str) -> BTreeMap<String, &'static str> {
    let document = json(&translate_text(xml).unwrap());
    let mut types = BTreeMap::new();
    for section in ["header", "document"] {
        if let Some(content) = document.get(section) {
            note_types(&format!("/{section}"), content, &mut |path, kind| {
                types.insert(path.to_owned(), kind);
            });
        }
    }
    types
}

//! Whatever comes: no panic, work in proportion to the input, and types that do not depend on what a message happens to hold.

use std::collections::BTreeMap;

use mqgate::message::Ccsid;
use mqgate::translate::{Input, Limits, Options, Translator};

use crate::corpus::note_types;
use crate::support::{cases, json, translate, translate_text, utf_8};
use crate::walk;

/// A random number generator with a fixed start: a failure comes back.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// What XML trips over.
const SPLINTERS: [&[u8]; 28] = [
    b"<",
    b">",
    b"&",
    b"\"",
    b"'",
    b"]]>",
    b"<!--",
    b"-->",
    b"--",
    b"<![CDATA[",
    b"<?",
    b"?>",
    b"/",
    b"</",
    b":",
    b"=",
    b"xmlns",
    b"xmlns:a=\"urn:a\" ",
    b"&#x41;",
    b"&amp;",
    b"<a/>",
    b"<Document>",
    b"</Document>",
    b"\0",
    b"\xff",
    b"\r",
    b" ",
    b"\xEF\xBB\xBF",
];

/// What we expect and roxmltree does not: limits, what JSON cannot hold, and rules that it does not check (`refused.rs` has
/// an example of each).
const STRICTER: [&str; 11] = [
    "at most ",
    "attributes of different names",
    "an attribute of another name than xmlns",
    "a name that is not xml",
    "an XML declaration with version, encoding and standalone",
    "the name of an element",
    "the name of an attribute",
    "a namespace for the prefix",
    "leaves the prefixes xml and xmlns alone",
    "a reference to a character",
    "references are characters",
];

fn mutated(input: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => drop(bytes.splice(at..at, SPLINTERS[random.below(SPLINTERS.len())].iter().copied())),
            3 => {
                let copied = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copied);
            }
            _ => bytes[at..end].fill(u8::try_from(random.below(256)).unwrap()),
        }
    }
    bytes
}

#[test]
fn mutations_never_panic_and_are_judged_as_a_strict_reader_judges_them() {
    let mut random = Random(0x0002_0022);
    let translator = Translator::new(&Options::default());
    let mut accepted = 0;
    for case in cases("iso20022").iter().chain(&cases("iso20022-refused")) {
        for _ in 0..300 {
            let bytes = mutated(&case.input, &mut random);
            let result = translator.translate(Input { bytes: &bytes, ..case.input() });
            let Some(text) = std::str::from_utf8(&bytes).ok().filter(|_| case.is_utf_8()) else { continue };
            match (result, roxmltree::Document::parse(text)) {
                (Ok(document), Ok(_)) => {
                    accepted += 1;
                    let leaves = walk::of_json(&json(&document));
                    assert_eq!(leaves, walk::of_xml(text, &leaves), "{}\n{text}", case.name);
                }
                (Ok(_), Err(error)) => panic!("{}: we accept what is not XML: {error}\n{text}", case.name),
                (Err(refusal), Ok(_)) => {
                    // roxmltree takes `a:xmlns` for a declaration.
                    let known = STRICTER.iter().any(|reason| refusal.expected.contains(reason))
                        || text.contains(":xmlns=");
                    assert!(known, "{}: we refuse what is XML: {refusal}\n{text}", case.name);
                }
                (Err(_), Err(_)) => {}
            }
        }
    }
    assert!(accepted > 500, "{accepted}");
}

#[test]
fn random_bytes_in_every_character_set_never_panic() {
    let mut random = Random(0x1964);
    for _ in 0..2000 {
        let bytes: Vec<u8> =
            (0..random.below(64)).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        for ccsid in [1208, 819, 1200, 1202, 13488, 17584, 37] {
            drop(translate(Input { bytes: &bytes, ccsid: Ccsid(ccsid), encoding: 273 }));
        }
    }
}

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

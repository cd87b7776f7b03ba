//! Whatever comes as a message: no panic, a refusal within it or a document, as strict as a strict reader, the same in every
//! character set, and memory and work in proportion.

use fuzz::{Random, Shape, assert_in_proportion, bytes_at_once, each_case, mutated};
use mqgate::message::Ccsid;
use mqgate::translate::{Input, Limits, Options, Translator};

use crate::support::{cases, json, utf_8};
use crate::walk;

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
const STRICTER: [&str; 12] = [
    "at most ",
    "attributes of different names",
    "an attribute of another name than xmlns",
    "a name that is not xml",
    "an XML declaration at the very beginning only",
    "an XML declaration with version, encoding and standalone",
    "the name of an element",
    "the name of an attribute",
    "a namespace for the prefix",
    "leaves the prefixes xml and xmlns alone",
    "a reference to a character",
    "references are characters",
];

/// A character set: its CCSID, the encoding that goes with it, and text in it.
type CharacterSet = (i32, i32, fn(&str) -> Vec<u8>);

/// Every CCSID that is decoded, in either byte order where it has one.
const CHARACTER_SETS: [CharacterSet; 9] = [
    (1208, 546, |text| text.as_bytes().to_vec()),
    (819, 273, |text| {
        text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
    }),
    (1200, 273, |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    (1200, 546, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    (1202, 273, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    (13488, 273, |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    (13488, 546, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    (17584, 273, |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    (17584, 546, |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
];

#[test]
fn mutations_are_judged_as_a_strict_reader_judges_them() {
    let cases = [cases("iso20022"), cases("iso20022-refused")].concat();
    let translator = Translator::new(&Options::default());
    let mut accepted = 0;
    // Each case is several, so that the few of a quick run are not spread too thin over the fixtures.
    each_case(4, |random| {
        for _ in 0..50 {
            let case = random.pick(&cases);
            let bytes = mutated(&case.input, &SPLINTERS, random);
            let result = translator.translate(Input { bytes: &bytes, ..case.input() });
            let Some(text) = std::str::from_utf8(&bytes).ok().filter(|_| case.is_utf_8()) else { continue };
            match (result, roxmltree::Document::parse(text)) {
                (Ok(document), Ok(_)) => {
                    accepted += 1;
                    let leaves = walk::of_json(&json(&document));
                    // XML's line ends (section 2.11) before roxmltree: beside a reference it leaves a carriage return.
                    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
                    assert_eq!(leaves, walk::of_xml(&lines, &leaves), "{}\n{text}", case.name);
                }
                (Ok(_), Err(error)) => panic!("{}: we accept what is not XML: {error}\n{text}", case.name),
                (Err(refusal), Ok(_)) => {
                    // roxmltree takes `a:xmlns` for a declaration, and the end tag `</:a>` for that of `a`.
                    let known = STRICTER.iter().any(|reason| refusal.expected.contains(reason))
                        || [":xmlns=", "</:"].iter().any(|other| text.contains(other));
                    assert!(known, "{}: we refuse what is XML: {refusal}\n{text}", case.name);
                }
                (Err(_), Err(_)) => {}
            }
        }
    });
    assert!(accepted > 0, "no mutation is accepted");
}

#[test]
fn every_character_set_is_read_as_its_text_is() {
    let cases: Vec<_> = cases("iso20022").into_iter().filter(|case| case.is_utf_8()).collect();
    let translator = Translator::new(&Options::default());
    each_case(1, |random| {
        let case = random.pick(&cases);
        let Ok(mutation) = String::from_utf8(mutated(&case.input, &SPLINTERS, random)) else { return };
        for (ccsid, encoding, encode) in CHARACTER_SETS {
            let text = if ccsid == 819 {
                mutation.replace(|character| character > '\u{FF}', "?")
            } else {
                mutation.clone()
            };
            let bytes = encode(&text);
            let input = Input { bytes: &bytes, ccsid: Ccsid(ccsid), encoding };
            let (ours, of_text) = (translator.translate(input), translator.translate(utf_8(text.as_bytes())));
            // Two marks are refused only where the first is one; ISO 8859-1 has none.
            if text.starts_with(['\u{FEFF}', '\u{EF}']) || text.is_empty() {
                continue;
            }
            match (ours, of_text) {
                (Ok(ours), Ok(of_text)) => assert_eq!(ours.body, of_text.body, "CCSID {ccsid}"),
                (Err(ours), Err(of_text)) => {
                    assert_eq!((ours.expected, ours.path), (of_text.expected, of_text.path), "CCSID {ccsid}");
                    let before = text.get(..of_text.offset).unwrap();
                    assert_eq!(ours.offset, encode(before).len(), "CCSID {ccsid}");
                }
                (ours, of_text) => panic!("CCSID {ccsid}: {ours:?}, but its text {of_text:?}: {text}"),
            }
        }
    });
}

#[test]
fn any_bytes_are_refused_within_them_or_read_in_little_memory() {
    let cases = [cases("iso20022"), cases("iso20022-refused")].concat();
    let translator = Translator::new(&Options::default());
    each_case(1, |random| {
        let bytes = if random.once_in(2) {
            random.bytes(64)
        } else {
            mutated(&random.pick(&cases).input, &SPLINTERS, random)
        };
        for (ccsid, encoding, encode) in CHARACTER_SETS {
            let bytes = damaged(&bytes, encode, random);
            let input = Input { bytes: &bytes, ccsid: Ccsid(ccsid), encoding };
            let peak = bytes_at_once(|| {
                if let Err(refusal) = translator.translate(input) {
                    assert!(refusal.offset <= bytes.len() && !refusal.expected.is_empty(), "{refusal}");
                }
            });
            assert!(peak < 50_000 + 20 * bytes.len() as u64, "{peak} bytes for {}", bytes.len());
        }
        let unknown = Input { bytes: &bytes, ccsid: Ccsid(random.number()), encoding: random.number() };
        drop(translator.translate(unknown));
    });
}

/// The bytes in a character set where they are text, and not always whole.
fn damaged(bytes: &[u8], encode: fn(&str) -> Vec<u8>, random: &mut Random) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) if random.once_in(2) => mutated(&encode(text), &SPLINTERS, random),
        _ => bytes.to_vec(),
    }
}

#[test]
fn work_grows_no_faster_than_the_message() {
    let shapes = [
        inside("two alternate", |size| "<a/><b/>".repeat(size)),
        inside("names of their own", |size| numbered(size, "<n", "/>")),
        inside("names that come back", |size| (0..size).map(|at| format!("<n{at}/><n{at}/><a/>")).collect()),
        inside("text beside elements", |size| "<a/>text".repeat(size)),
        inside("references", |size| "&#65;&amp;".repeat(size)),
        inside("CDATA", |size| "<![CDATA[x]]>y".repeat(size)),
        inside("comments", |size| "a<!-- -->".repeat(size)),
        inside("instructions", |size| "<?a b?>".repeat(size)),
        inside("a long text with brackets", |size| "]] > ".repeat(size)),
        inside("line ends", |size| "\r\n\r".repeat(size)),
        inside("namespaces", |size| numbered(size, "<a xmlns='urn:", "'/>")),
        inside("prefixes", |size| (0..size).map(|at| format!("<p{at}:a xmlns:p{at}='urn:x'/>")).collect()),
        inside("attributes", |size| "<a b='c' d='&amp;' e='\t'/>".repeat(size)),
        inside("keys", |size| "<TxId>x</TxId>".repeat(size)),
        inside("documents", |size| "<Document xmlns='urn:swift:xsd:d'/>".repeat(size)),
        inside("headers", |size| {
            "<AppHdr xmlns='urn:swift:xsd:d'/><Document xmlns='urn:swift:xsd:d'/>".repeat(size)
        }),
        inside("text that is never closed", |size| "&".repeat(size)),
        inside("tags that are never closed", |size| "<a ".repeat(size)),
        inside("CDATA that is never closed", |size| "<![CDATA[".repeat(size)),
        inside("attributes over the limit", |size| format!("<a{}/>", numbered(size, " a", "=''"))),
        inside("depth over the limit", |size| "<a>".repeat(size)),
        inside("depth and disorder", |size| {
            let open = "<a><b/><c/><b/>".repeat(98);
            format!("{open}{}{}", "x".repeat(10 * size), "</a>".repeat(98))
        }),
        inside("a reference without end", |size| format!("&{};", "a".repeat(10 * size))),
        inside("a name over the limit", |size| format!("<{}/>", "a".repeat(10 * size))),
    ];
    let translator = Translator::new(&Options::default());
    assert_in_proportion("fuzz::work_grows_no_faster_than_the_message", &shapes, |text| {
        let message = format!("<r>{text}</r>");
        drop(translator.translate(utf_8(message.as_bytes())));
    });
}

#[test]
fn work_stays_within_the_limits_where_a_document_would_outgrow_its_message() {
    // A long namespace name comes back wherever it changes.
    let shapes = [inside("a long namespace", |size| {
        format!("<r xmlns:p='{}'>{}</r>", "u".repeat(10 * size), "<a/><p:a/>".repeat(size))
    })];
    let limits = Limits { document_bytes_max: 1_000_000, ..Limits::default() };
    let translator = Translator::new(&Options { limits, ..Options::default() });
    let test = "fuzz::work_stays_within_the_limits_where_a_document_would_outgrow_its_message";
    assert_in_proportion(test, &shapes, |text| drop(translator.translate(utf_8(text.as_bytes()))));
}

fn inside(name: &'static str, make: fn(usize) -> String) -> Shape<String> {
    Shape { name, size: 2_000, make }
}

fn numbered(count: usize, before: &str, after: &str) -> String {
    (0..count).map(|number| format!("{before}{number}{after}")).collect()
}

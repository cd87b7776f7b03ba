//! Every folder of `fixtures/iso20022-refused` is refused, at the place that is written beside it, without any value. And
//! `roxmltree`, an XML reader that follows the standard strictly, agrees but where the reason is written here.

use mqgate::translate::{Limits, Options, Translator};

use crate::support::{cases, translate, translate_text, utf_8};

/// What roxmltree accepts and we refuse, and why.
const STRICTER: [(&str, &str); 16] = [
    ("attribute-name-with-colon-only", "Namespaces in XML, QName; roxmltree takes the prefix for missing"),
    ("attribute-name-too-long", "a limit"),
    ("attribute-named-xmlns", "the JSON member `@xmlns` is the namespace"),
    ("attributes-of-one-local-name", "JSON members have no prefix"),
    ("declaration-of-version-2", "XML 1.0, VersionNum; roxmltree does not look"),
    ("declaration-standalone-maybe", "XML 1.0, SDDecl; roxmltree does not look"),
    ("element-name-with-colon-only", "Namespaces in XML, QName; roxmltree takes the prefix for missing"),
    ("element-name-too-long", "a limit"),
    ("instruction-named-xml", "XML 1.0, PITarget; roxmltree only knows it in lower case"),
    ("prefix-undeclared-again", "Namespaces in XML 1.0; only version 1.1 allows it"),
    ("prefix-xmlns-declared", "Namespaces in XML, Reserved Prefixes; roxmltree does not look"),
    ("reference-beyond-unicode", "XML 1.0, Legal Character; roxmltree puts U+FFFD"),
    ("reference-to-surrogate", "XML 1.0, Legal Character; roxmltree puts U+FFFD"),
    ("too-deep", "a limit"),
    ("too-many-attributes", "a limit"),
    ("too-many-namespaces", "a limit"),
];

#[test]
fn every_hostile_fixture_is_refused_where_it_breaks_a_rule() {
    for case in cases("iso20022-refused") {
        let refusal = translate(case.input()).err().unwrap_or_else(|| panic!("{} is accepted", case.name));
        let line = refusal.to_string();
        case.expect("expected.txt", &format!("{line}\n"));
        assert!(!line.contains("SECRET") && !line.contains('\n'), "{}: {line}", case.name);
        assert!(refusal.offset <= case.input.len(), "{}: {line}", case.name);
    }
}

#[test]
fn a_strict_reader_agrees() {
    let mut stricter = Vec::new();
    for case in cases("iso20022-refused").into_iter().filter(|case| case.is_utf_8()) {
        if let Ok(text) = std::str::from_utf8(&case.input)
            && roxmltree::Document::parse(text).is_ok()
        {
            stricter.push(case.name);
        }
    }
    let mut explained: Vec<&str> = STRICTER.iter().map(|(name, _)| *name).collect();
    explained.sort_unstable();
    assert_eq!(stricter, explained);
    for case in cases("iso20022").into_iter().filter(|case| case.is_utf_8()) {
        let parsed = roxmltree::Document::parse(std::str::from_utf8(&case.input).unwrap());
        assert!(parsed.is_ok(), "{}: {parsed:?}", case.name);
    }
}

#[test]
fn limits_are_what_options_say() {
    let refused = |limits: Limits, xml: &str| {
        let translator = Translator::new(&Options { limits, ..Options::default() });
        translator.translate(utf_8(xml.as_bytes())).err().map(|refusal| refusal.to_string())
    };
    let usual = Limits::default();
    let xml = r#"<r xmlns:a="urn:a" b="1"><cc>text</cc></r>"#;
    assert_eq!(refused(usual, xml), None);
    let cases = [
        (Limits { message_bytes_max: 41, ..usual }, "offset 0 (/): expected a message of at most 41 bytes"),
        (
            Limits { document_bytes_max: 20, ..usual },
            "offset 33 (/r): expected a document of at most 20 bytes",
        ),
        (Limits { depth_max: 1, ..usual }, "offset 25 (/r): expected at most 1 elements within each other"),
        (Limits { attributes_max: 1, ..usual }, "offset 19 (/): expected at most 1 attributes"),
        (
            Limits { namespaces_max: 0, ..usual },
            "offset 3 (/): expected at most 0 namespace declarations in force",
        ),
        (Limits { name_bytes_max: 1, ..usual }, "offset 3 (/): expected a name of at most 1 bytes"),
    ];
    for (limits, expected) in cases {
        assert_eq!(refused(limits, xml).as_deref(), Some(expected));
    }
}

#[test]
fn the_path_of_a_refusal_is_short_whatever_the_names() {
    let name = "n".repeat(200);
    let open = format!("<{name}>").repeat(90);
    let refusal = translate_text(&format!("{open}&x;")).unwrap_err();
    assert!(refusal.path.starts_with("/…/nnn") && refusal.path.len() < 1000, "{}", refusal.path);
}

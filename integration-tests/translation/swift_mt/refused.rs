//! Every folder of `fixtures/swift-mt-refused` is refused, at the place that is written beside it, without any value.

use mqgate::translate::{Format, Limits, Options, Show, Translator};

use super::{Case, cases, translate, translator, utf_8};

#[test]
fn every_broken_fixture_is_refused_where_it_breaks_a_rule() {
    for case in cases("swift-mt-refused") {
        let refusal = translate(case.input()).err().unwrap_or_else(|| panic!("{} is accepted", case.name));
        let line = refusal.to_string();
        case.expect("expected.txt", &format!("{line}\n"));
        assert!(!line.contains("SECRET") && !line.contains('\n'), "{}: {line}", case.name);
        assert!(refusal.offset <= case.bytes.len(), "{}: {line}", case.name);
        let explanation = translator().explain(case.input(), Show::All);
        assert_eq!(explanation.refusal, Some(refusal), "{}", case.name);
    }
}

#[test]
fn what_is_cut_off_anywhere_is_never_taken_for_the_whole() {
    let case = Case::named("mt103-customer-transfer");
    let text = std::str::from_utf8(&case.bytes).unwrap();
    // From the end of block 4 on all fields are there.
    let end_of_text = text.find("\r\n-}").unwrap() + 4;
    for end in 0..end_of_text {
        let refused = translate(utf_8(&case.bytes[..end])).err();
        let refused = refused.unwrap_or_else(|| panic!("accepted: {}", &text[..end]));
        assert!(refused.offset <= end, "{refused}");
    }
}

#[test]
fn limits_are_what_options_say() {
    let case = Case::named("mt103-customer-transfer");
    let refused = |limits: Limits| {
        let translator = Translator::new(&Options { format: Format::SwiftMt, limits, ..Options::default() });
        translator.translate(case.input()).err().map(|refusal| refusal.to_string())
    };
    let usual = Limits::default();
    assert_eq!(refused(usual), None);
    let cases = [
        (Limits { message_bytes_max: 41, ..usual }, "offset 0 (/): expected a message of at most 41 bytes"),
        (Limits { fields_max: 6, ..usual }, "offset 216 (/4/23B): expected at most 6 fields"),
        (
            Limits { document_bytes_max: 500, ..usual },
            "offset 231 (/4/23E): expected a document of at most 500 bytes",
        ),
    ];
    for (limits, expected) in cases {
        assert_eq!(refused(limits).as_deref(), Some(expected));
    }
}

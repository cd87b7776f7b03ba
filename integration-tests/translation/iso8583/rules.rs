//! Rules that no single message shows: masking, keys, limits, memory, and what cannot be written.

use ::fuzz::allocations;
use mqgate::translate::{Dialect, Limits, Show};
use serde_json::{Value, json};

use super::fixtures::{Case, cases};
use super::support::Spoken;

fn case(name: &str) -> Case {
    cases("iso8583").into_iter().find(|case| case.name == name).unwrap()
}

#[test]
fn what_is_sensitive_is_masked_for_people() {
    let case = case("purchase-ascii");
    let spoken = case.spoken();
    let document = spoken.masked(&case.bytes);
    let text = std::str::from_utf8(&document.body).unwrap();
    let json: Value = serde_json::from_str(text).unwrap();
    assert_eq!(json["fields"]["2"], "400000******7899");
    assert_eq!(json["fields"]["35"], "*".repeat(37));
    assert_eq!(json["fields"]["52"], "*".repeat(16));
    assert_eq!(json["fields"]["55"]["5A"], "400000******7899");
    assert_eq!(json["fields"]["102"], "*".repeat(22));
    for secret in ["4000001234567899", "D28092010", "0123456789ABCDEF", "GB29NWBK"] {
        assert!(!text.contains(secret));
        let explanation = spoken.explain(&case.bytes, Show::Masked);
        assert!(!explanation.pieces.iter().any(|piece| piece.value.contains(secret)));
    }
    let masked: Vec<String> = spoken
        .explain(&case.bytes, Show::Masked)
        .pieces
        .into_iter()
        .filter(|piece| piece.masked)
        .map(|piece| piece.element)
        .collect();
    assert_eq!(masked, ["2", "35", "52", "55.5A", "102"]);
}

#[test]
fn a_masked_element_with_parts_masks_them_all() {
    let spoken = Spoken::from_toml(
        "extends = 'generic-ascii'\n[elements]\n48 = { mask = 'whole', layout = 'l' }\n[layouts.l]\nkind = 'delimited'\ndelimiter = ','",
    );
    let document = json!({"mti": "0100", "fields": {"48": {"1": "a", "2": "bc"}}});
    let bytes = spoken.write(&document).unwrap();
    let masked: Value = serde_json::from_slice(&spoken.masked(&bytes).body).unwrap();
    assert_eq!(masked["fields"]["48"], json!({"1": "*", "2": "**"}));
}

#[test]
fn a_card_number_is_masked_in_keys_unless_it_is_wanted_clear() {
    let document = json!({"mti": "0100", "fields": {"2": "4000001234567899", "11": "004711"}});
    let keys = |rule: &str| {
        let spoken = Spoken::from_toml(&format!("extends = 'generic-ascii'\n[keys]\nCARD = {rule}"));
        let bytes = spoken.write(&document).unwrap();
        let shown = |document: mqgate::message::Document| document.keys.get("CARD").unwrap()[0].clone();
        (shown(spoken.translate(&bytes).unwrap()), shown(spoken.masked(&bytes)))
    };
    let masked = || "400000******7899".to_owned();
    assert_eq!(keys("'2'"), (masked(), masked()));
    assert_eq!(keys("[{ element = '2', clear = true }]"), ("4000001234567899".into(), masked()));
}

#[test]
fn keys_are_made_of_parts_of_elements_and_absent_where_one_is_missing() {
    let spoken = Spoken::from_toml(
        "extends = 'mastercard-cis'\n[keys]\nTRACE = '48/63'\nBOTH = [{ element = '3', from = 3, length = 2 }, { element = '37', width = 14 }]",
    );
    let keys = |fields: Value| {
        let bytes = spoken.write(&json!({"mti": "0100", "fields": fields})).unwrap();
        spoken.translate(&bytes).unwrap().keys.0
    };
    let key = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
    let all =
        keys(json!({"3": "012345", "11": "004711", "37": "610309004711", "48": {"TCC": "R", "63": "MWB1"}}));
    let expected = [
        key("BOTH", "23610309004711  "),
        key("RRN", "610309004711"),
        key("STAN", "004711"),
        key("TRACE", "MWB1"),
    ];
    assert_eq!(all, expected);
    assert_eq!(keys(json!({"3": "012345", "48": {"TCC": "R"}})), []);
}

#[test]
fn limits_are_what_options_say() {
    let case = case("every-layout");
    let refused = |limits: Limits| {
        let refusal = Spoken::within(case.dialect(), limits).translate(&case.bytes).err()?;
        Some(refusal.to_string())
    };
    let usual = Limits::default();
    assert_eq!(refused(usual), None);
    let cases = [
        (Limits { message_bytes_max: 100, ..usual }, "offset 0 (/): expected a message of at most 100 bytes"),
        (
            Limits { document_bytes_max: 150, ..usual },
            "offset 87 (/43/2): expected a document of at most 150 bytes",
        ),
        (
            Limits { depth_max: 2, ..usual },
            "offset 138 (/55/6F/A5): expected at most 2 elements within each other",
        ),
        (Limits { fields_max: 9, ..usual }, "offset 89 (/48): expected at most 9 elements"),
    ];
    for (limits, expected) in cases {
        let actual = refused(limits);
        assert_eq!(actual.as_deref(), Some(expected));
    }
}

/// Keys and the document are allocated, elements are not: twenty more of them cost nothing but room.
#[test]
fn elements_allocate_nothing_of_their_own() {
    let spoken = Spoken::shipped("generic-bcd");
    let count = |fields: Value| {
        let bytes = spoken.write(&json!({"mti": "0200", "fields": fields})).unwrap();
        allocations(|| drop(spoken.translate(&bytes).unwrap()))
    };
    let few = count(json!({"11": "004711", "37": "610309004711"}));
    let mut many = json!({"11": "004711", "37": "610309004711"});
    for number in 60..64 {
        many[number.to_string()] = "x".repeat(100).into();
    }
    for number in 105..121 {
        many[number.to_string()] = "y".into();
    }
    assert!(count(many) <= few + 1, "{few}");
    assert!(few <= 20, "{few}");
}

#[test]
fn what_cannot_be_written_is_named_by_its_pointer() {
    let spoken = Spoken::new(case("every-layout").dialect());
    let whole: Value = serde_json::from_str(
        &std::fs::read_to_string(case("every-layout").folder.join("expected.json")).unwrap(),
    )
    .unwrap();
    let cases: [(&str, Value, &str); 22] = [
        ("/mti", json!("01x0"), "/mti: expected characters of type n"),
        ("/mti", json!("01000"), "/mti: expected 4 characters"),
        ("/fields", json!([]), "/fields: expected an object"),
        (
            "/stranger",
            json!(""),
            "/stranger: expected none but format, type, keys, header, mti, bitmap, fields",
        ),
        ("/header/tpdu", json!("60"), "/header/tpdu: expected 5 bytes"),
        ("/header/visa", json!({}), "/header/visa: expected a member of the dialect's header"),
        ("/fields/1", json!("x"), "/fields/1: expected an element that the dialect defines"),
        ("/fields/065", json!("x"), "/fields/065: expected an element that the dialect defines"),
        ("/fields/129", json!("x"), "/fields/129: expected an element that the dialect defines"),
        ("/fields/2", json!(4), "/fields/2: expected a string"),
        ("/fields/2", json!("40000012345678990000"), "/fields/2: expected 0 to 19 characters"),
        ("/fields/4", json!("1"), "/fields/4: expected 12 characters"),
        ("/fields/63", json!("€"), "/fields/63: expected characters of CCSID 819"),
        ("/fields/63", json!("a\nb"), "/fields/63: expected characters of type ans"),
        ("/fields/3/1", json!("0A"), "/fields/3/1: expected characters of type n"),
        ("/fields/3/4", json!("00"), "/fields/3/4: expected a member of this element, after those before it"),
        ("/fields/48/ABC", json!("x"), "/fields/48/ABC: expected a tag of 2 bytes"),
        ("/fields/55/9F", json!("00"), "/fields/55/9F: expected a BER tag"),
        ("/fields/55/84", json!("0"), "/fields/55/84: expected an even number of digits"),
        ("/fields/60/5", json!("x"), "/fields/60/5: expected 4, the next number"),
        ("/fields/61/ORDER", json!("1|2"), "/fields/61/ORDER: expected a value without the delimiter"),
        ("/fields/62/2", json!("x"), "/fields/62/2: expected a sub-element that the dialect defines"),
    ];
    for (pointer, value, expected) in cases {
        let mut document = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value;
        assert_eq!(spoken.write(&document).unwrap_err(), expected);
    }
}

#[test]
fn bitmaps_in_small_letters_and_empty_ones_come_back() {
    let spoken = Spoken::shipped("generic-ascii");
    for message in [
        "0800 0220000000a00000 000001 0412093015 TERM0042",
        "0800 8220000000800000 0000000000000000 0412093015 004711 TERM0042",
    ] {
        let bytes: Vec<u8> = message.bytes().filter(|&byte| byte != b' ').collect();
        match spoken.round_trip(&bytes) {
            Ok(document) => assert!(document["bitmap"].is_string()),
            Err(refusal) => assert!(message.contains('a'), "{refusal}"),
        }
    }
    let bytes = b"08000220000000c00000041209301500471100TERM0042GLENALMOND00001".to_vec();
    let lower: Vec<u8> = bytes.clone();
    let document = spoken.round_trip(&without_code(&lower)).unwrap();
    assert_eq!(document["bitmap"], "0220000000c00000");
    let mut changed = document.clone();
    changed["fields"]["70"] = "301".into();
    let written = spoken.write(&changed).unwrap();
    assert!(
        written.starts_with(b"08008220000000C000000400000000000000"),
        "a bitmap that no longer fits is made anew"
    );
}

/// Without the two characters of element 39, which that bitmap does not name.
fn without_code(bytes: &[u8]) -> Vec<u8> {
    [&bytes[..36], &bytes[38..]].concat()
}

#[test]
fn a_tertiary_bitmap_follows_the_second_or_stands_in_place_of_element_65() {
    for (place, third_at) in [("follows", 20), ("element65", 30)] {
        let spoken = Spoken::from_toml(&format!(
            "extends = 'iso8583-1987'\ntertiary = '{place}'\n[elements]\n130 = {{ type = 'n', length = 4 }}"
        ));
        let document = json!({"mti": "0200", "fields": {"7": "0412093015", "70": "301", "130": "0130"}});
        let bytes = spoken.write(&document).unwrap();
        assert_eq!(bytes[third_at..third_at + 8], [0x40, 0, 0, 0, 0, 0, 0, 0], "{place}");
        let again = spoken.round_trip(&bytes).unwrap();
        assert_eq!(again["fields"], document["fields"]);
    }
}

#[test]
fn the_bytes_that_a_mac_covers_are_told() {
    let case = case("fps-9200-ascii-hex");
    let pieces = case.spoken().explain(&case.bytes, Show::All).pieces;
    let covered = pieces.iter().find(|piece| piece.name.starts_with("Covered")).unwrap();
    assert_eq!((covered.offset, covered.length), (0, case.bytes.len() - 16));
}

#[test]
fn dialects_are_refused_where_they_name_what_is_not_there() {
    let error = Dialect::from_toml("extends = 'iso8583-1987'\n[keys]\nX = '130'").unwrap_err();
    assert_eq!(error.place, "keys.X");
}

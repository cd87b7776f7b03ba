//! Whatever comes as a message: no panic, a refusal within it or a document that gives the same bytes again, and work in
//! proportion.

use ::fuzz::{Random, Shape, assert_in_proportion, each_case, mutated};
use mqgate::translate::{Dialect, Limits, Show};

use super::fixtures::cases;
use super::support::Spoken;

/// What ISO 8583 trips over.
const SPLINTERS: [&[u8]; 16] = [
    b"\0",
    b"\xFF",
    b"9",
    b"99",
    b"999",
    b"\x99\x99",
    b"\x9F\x1F",
    b"\x1F\xFF\xFF\xFF",
    b"\x81\x05",
    b"\x84\xFF\xFF\xFF\xFF",
    b"\x80",
    b"F",
    b"f",
    b"\xC6\xC6",
    b"|=",
    b".2",
];

#[test]
fn fuzz_mutations_are_refused_or_come_back() {
    let cases: Vec<_> = cases("iso8583").into_iter().chain(cases("iso8583-refused")).collect();
    let spoken: Vec<Spoken> = cases.iter().map(super::fixtures::Case::spoken).collect();
    let mut accepted = 0;
    each_case(1, |random| {
        let index = random.below(cases.len());
        let bytes = mutated(&cases[index].bytes, &SPLINTERS, random);
        accepted += usize::from(check(&spoken[index], &bytes));
    });
    println!("{accepted} accepted");
}

#[test]
fn fuzz_any_bytes_in_any_dialect() {
    let spoken: Vec<Spoken> = Dialect::names().into_iter().map(Spoken::shipped).collect();
    each_case(1, |random: &mut Random| {
        let bytes = random.bytes(300);
        check(&spoken[random.below(spoken.len())], &bytes);
    });
}

#[test]
fn fuzz_dialect_files_are_compiled_or_refused() {
    let files: Vec<&str> = Dialect::names().into_iter().filter_map(Dialect::source).collect();
    let splinters: [&[u8]; 8] = [b"[", b"= 0", b"'binary 9'", b"layout", b"length", b"999999999", b"{", b"x"];
    each_case(8, |random| {
        let file = random.pick(&files);
        let text = mutated(file.as_bytes(), &splinters, random);
        if let Ok(text) = std::str::from_utf8(&text)
            && let Ok(dialect) = Dialect::from_toml(text)
        {
            let bytes = random.bytes(200);
            check(&Spoken::new(dialect), &bytes);
        }
    });
}

/// Whether a message is accepted; then it must come back.
fn check(spoken: &Spoken, bytes: &[u8]) -> bool {
    let explained = spoken.explain(bytes, Show::All);
    match spoken.round_trip(bytes) {
        Ok(_) => {
            assert_eq!(explained.refusal, None);
            true
        }
        Err(refusal) => {
            assert!(refusal.offset <= bytes.len(), "{refusal}");
            assert_eq!(explained.refusal, Some(refusal));
            false
        }
    }
}

/// A message with one element that is as long as wanted.
fn long(content: Vec<u8>) -> Vec<u8> {
    let length = format!("{:06}", content.len());
    [b"0100".as_slice(), b"0000000000010000", length.as_bytes(), &content].concat()
}

const LONG: &str =
    "extends = 'generic-ascii'\n[elements]\n48 = { prefix = 6, max = 999999, layout = 'l' }\n[layouts.l]\n";

#[test]
fn fuzz_work_grows_no_faster_than_the_message() {
    let layouts = [
        "kind = 'tagged'\ntag = 2\nprefix = 2",
        "kind = 'ber-tlv'",
        "kind = 'ber-tlv'",
        "kind = 'delimited'\ndelimiter = ','",
        "kind = 'delimited'\ndelimiter = ','\nequals = '='",
    ];
    let test = "iso8583::fuzz::fuzz_work_grows_no_faster_than_the_message";
    let limits = Limits { fields_max: 1_000_000, ..Limits::default() };
    let shapes: Vec<Shape<(usize, Vec<u8>)>> = vec![
        Shape { name: "tags", size: 2_000, make: |size| (0, long(b"AA01x".repeat(size))) },
        Shape { name: "BER tags", size: 2_000, make: |size| (1, long([0x84, 1, 0xFF, 0].repeat(size))) },
        Shape {
            name: "BER tags within each other",
            size: 2_000,
            make: |size| (2, long([0x84, 0x05].repeat(size))),
        },
        Shape { name: "a list", size: 2_000, make: |size| (3, long(b"x,".repeat(size))) },
        Shape {
            name: "pairs",
            size: 2_000,
            make: |size| (4, long([b"a=,".repeat(size), b"b=".to_vec()].concat())),
        },
    ];
    let spoken: Vec<Spoken> = layouts
        .iter()
        .map(|layout| Spoken::within(Dialect::from_toml(&format!("{LONG}{layout}")).unwrap(), limits))
        .collect();
    assert_in_proportion(test, &shapes, |(index, bytes)| drop(spoken[*index].translate(bytes)));
}

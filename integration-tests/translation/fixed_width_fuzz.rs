//! Whatever comes as records, as a layout or as a copybook: no panic, refusals within the message, what is accepted
//! round-trips, streams agree with whole messages, and work is in proportion.

use fuzz::{Shape, assert_in_proportion, bytes_at_once, each_case, mutated};
use mqgate::translate::Layout;
use mqgate::translate::fixed_width::copybook;

use crate::fixed_width::{Reader, cases};

/// What records trip over.
const SPLINTERS: [&[u8]; 16] = [
    b"\n", b"\r\n", b"\r", b"\0", b" ", b"0", b"UTL1", b"VOL1", b"CONTRA", b"{", b"}", b"\x15", b"\x25",
    b"\xF0", b"\x0C", b"\xFF",
];

#[test]
fn fuzz_whatever_is_read_is_written_again_as_it_was() {
    let cases: Vec<_> = cases("fixed-width").into_iter().chain(cases("fixed-width-refused")).collect();
    let mut accepted = 0;
    each_case(4, |random| {
        for _ in 0..20 {
            let case = random.pick(&cases);
            let bytes = mutated(&case.input, &SPLINTERS, random);
            let whole = case.reader.read(&bytes, case.ccsid);
            let piece = 1 + bytes.len() / 3;
            let stream = case.reader.stream(&bytes, case.ccsid, piece);
            let explained = case.reader.explain(&bytes, case.ccsid);
            match whole {
                Ok(_) => {
                    accepted += 1;
                    case.reader.round_trip(&bytes, case.ccsid);
                    assert!(stream.is_ok() && explained.refusal.is_none(), "{}", case.name);
                }
                Err(refusal) => {
                    assert!(refusal.offset <= bytes.len() && !refusal.expected.is_empty(), "{refusal}");
                    assert_eq!(explained.refusal.as_ref(), Some(&refusal), "{}", case.name);
                    if !bytes.is_empty() {
                        assert_eq!(stream.unwrap_err(), refusal, "{}", case.name);
                    }
                }
            }
        }
    });
    assert!(accepted > 0, "no mutation is accepted");
}

/// Words of layouts.
const LAYOUT_SPLINTERS: [&[u8]; 14] = [
    b"optional = true, ",
    b"occurs = 3, ",
    b"length = \"rest\"",
    b"length = 0",
    b"length = 99999999999",
    b"redefines = \"kind\", ",
    b"when = { at = 1, is = \"A\" }",
    b"at = 3, ",
    b"}",
    b"]",
    b"\"",
    b"type = \"packed\", ",
    b"blank = true, ",
    b"frame = \"rdw\"\n",
];

#[test]
fn fuzz_any_layout_is_refused_or_used() {
    let mut texts: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fixed-width")).unwrap() {
        texts.extend(std::fs::read_to_string(entry.unwrap().path().join("layout.toml")));
    }
    texts.push(Layout::source("bacs-std18").unwrap().to_owned());
    texts.sort();
    let inputs = cases("fixed-width");
    each_case(4, |random| {
        for _ in 0..10 {
            let Ok(text) =
                String::from_utf8(mutated(random.pick(&texts).as_bytes(), &LAYOUT_SPLINTERS, random))
            else {
                continue;
            };
            match Layout::from_toml(&text) {
                Ok(layout) => {
                    let input = random.pick(&inputs);
                    let reader = Reader::new(layout);
                    if reader.read(&input.input, input.ccsid).is_ok() {
                        reader.round_trip(&input.input, input.ccsid);
                    }
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    });
}

const COPYBOOK: &str = "       01  REC.\n           05  KIND PIC X.\n           88  GOOD VALUE 'G' THRU 'K'.\n           05  A PIC S9(7)V99 COMP-3.\n           05  N PIC 99.\n           05  T OCCURS 1 TO 9 TIMES DEPENDING ON N INDEXED BY I.\n               10  FILLER PIC X(3).\n               10  D PIC 9(4) COMP SIGN LEADING SEPARATE.\n           05  B PIC X(10) JUST RIGHT.\n           05  C REDEFINES B PIC 9(10).\n";

const COPYBOOK_SPLINTERS: [&[u8]; 16] = [
    b"PIC ",
    b"(",
    b")",
    b".",
    b"'",
    b"      -    ",
    b"*",
    b"01 ",
    b"49 ",
    b"88 ",
    b"OCCURS 5 ",
    b"REDEFINES B ",
    b"COMP-1 ",
    b"V",
    b"P(3)",
    b"\t",
];

#[test]
fn fuzz_any_copybook_is_refused_or_a_layout() {
    let mut accepted = 0;
    each_case(4, |random| {
        for _ in 0..50 {
            let bytes = mutated(COPYBOOK.as_bytes(), &COPYBOOK_SPLINTERS, random);
            let Ok(text) = String::from_utf8(bytes) else { continue };
            match copybook::import(&text) {
                Ok(toml) => {
                    accepted += 1;
                    // What a copybook leaves open, or what layouts do not have, is said; the text is TOML in any case.
                    toml.parse::<toml::Table>().unwrap_or_else(|error| panic!("{error}\n{text}\n{toml}"));
                    drop(Layout::from_toml(&toml));
                }
                Err(error) => {
                    assert!(error.line <= text.lines().count().max(1) && !error.expected.is_empty())
                }
            }
        }
    });
    assert!(accepted > 0);
}

fn shape(name: &'static str, make: fn(usize) -> Vec<u8>) -> Shape<Vec<u8>> {
    Shape { name, size: 400, make }
}

#[test]
fn work_fuzz_of_bacs_files_grows_no_faster_than_they_do() {
    let shapes = [
        shape("records", |size| bacs(size, "\n")),
        shape("records without line ends", |size| bacs(size, "")),
        shape("padding", |size| [bacs(1, "\n"), b" ".repeat(100 * size)].concat()),
        shape("blanks that are no padding", |size| {
            [bacs(1, "\n"), b" ".repeat(100 * size), b"X".to_vec()].concat()
        }),
        shape("line ends", |size| b"\r\n".repeat(50 * size)),
        shape("no line end", |size| b"X".repeat(100 * size)),
    ];
    let reader = Reader::bacs();
    let test = "fixed_width_fuzz::work_fuzz_of_bacs_files_grows_no_faster_than_they_do";
    assert_in_proportion(test, &shapes, |bytes| {
        drop(reader.read(bytes, 1208));
        drop(reader.stream(bytes, 1208, 4096));
    });
}

#[test]
fn work_fuzz_of_records_with_alternatives_grows_no_faster_than_they_do() {
    let reader = Reader::of(
        "name = \"x\"\n[file]\nframe = \"rdw\"\n[[record]]\nname = \"r\"\nfields = [\n{ name = \"a\", length = 40, type = \"digits\" },\n{ name = \"b\", redefines = \"a\", length = 30 },\n{ name = \"c\", redefines = \"a\", length = 20, type = \"packed\" },\n]\n",
    );
    let shapes = [shape("alternatives", |size| [&[0, 34, 0, 0][..], &[b'x'; 30]].concat().repeat(3 * size))];
    let test = "fixed_width_fuzz::work_fuzz_of_records_with_alternatives_grows_no_faster_than_they_do";
    assert_in_proportion(test, &shapes, |bytes| {
        let document = reader.read(bytes, 1208).unwrap();
        drop(reader.write(&serde_json::from_slice(&document.body).unwrap(), 1208));
    });
}

/// A Bacs file of this many credits of a penny.
pub(crate) fn bacs(credits: usize, line_end: &str) -> Vec<u8> {
    let case = cases("fixed-width").into_iter().find(|case| case.name == "bacs-credits").unwrap();
    let text = String::from_utf8(case.input).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let credit = format!("{}{:011}{}", &lines[5][..35], 1, &lines[5][46..]);
    let contra = format!("{}{credits:011}{}", &lines[6][..35], &lines[6][46..]);
    let trailer = format!("UTL1{credits:013}{credits:013}{:07}{credits:07}{:36}", 1, "");
    let mut records: Vec<&str> = lines[..4].to_vec();
    records.extend(std::iter::repeat_n(credit.as_str(), credits));
    records.extend([contra.as_str(), lines[7], lines[8], trailer.as_str()]);
    records.iter().flat_map(|record| [*record, line_end]).collect::<String>().into_bytes()
}

#[test]
fn fuzz_a_stream_needs_the_memory_of_a_record() {
    let reader = Reader::bacs();
    let file = bacs(20_000, "\r\n");
    let mut lines = 0;
    let peak = bytes_at_once(|| {
        let mut records = reader.records(1208);
        let mut out = Vec::new();
        for piece in file.chunks(64 * 1024) {
            records.feed(piece, &mut out).unwrap();
            lines += out.iter().filter(|byte| **byte == b'\n').count();
            out.clear();
        }
        records.finish(&mut out).unwrap();
        lines += 1;
    });
    assert_eq!(lines, 20_000 + 9);
    // Two megabytes of records; what is drained of one piece is the most of it.
    assert!(peak < 1_000_000, "{peak} bytes at once");
}

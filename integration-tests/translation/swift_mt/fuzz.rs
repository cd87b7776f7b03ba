//! Whatever comes as SWIFT MT: no panic, a refusal within it or a document that comes back byte by byte, and work in
//! proportion.

use fuzz::{Shape, allocations, assert_in_proportion, bytes_at_once, each_case, mutated};
use mqgate::message::Ccsid;
use mqgate::translate::{Input, Show, Wire};

use super::{Case, WIRE, cases, translator, utf_8, walk};
use crate::support::json;

/// What FIN trips over.
const SPLINTERS: [&[u8]; 26] = [
    b"{", b"}", b":", b"-", b"-}", b"\r\n", b"\n", b"\r", b"{1:", b"{2:", b"{3:", b"{4:", b"{5:", b"{S:",
    b"{108:", b":20:", b":86:", b"\n:77T:", b"\n-\n", b"$", b",", b"//", b"?20", b"\"", b"\0", b"\xff",
];

#[test]
fn fuzz_swift_mt_that_is_accepted_comes_back() {
    let all = [cases("swift-mt"), cases("swift-mt-refused")].concat();
    let mut accepted = 0;
    let translator = translator();
    each_case(4, |random| {
        for _ in 0..10 {
            let case = random.pick(&all);
            let bytes = mutated(&case.bytes, &SPLINTERS, random);
            let input = Input { bytes: &bytes, ..case.input() };
            match translator.translate(input) {
                Ok(document) => {
                    accepted += 1;
                    // A byte order mark is no text.
                    let marked = bytes.starts_with(b"\xEF\xBB\xBF")
                        || bytes.starts_with(b"\xFE\xFF")
                        || bytes.starts_with(b"\xFF\xFE");
                    let written = translator.write(&document.body, case.wire);
                    assert!(
                        marked || written.as_deref() == Ok(&bytes),
                        "{}: {bytes:?}: {written:?}",
                        case.name
                    );
                    json(&document);
                }
                Err(refusal) => {
                    assert!(refusal.offset <= bytes.len() && !refusal.expected.is_empty(), "{refusal}");
                }
            }
            for show in [Show::All, Show::Masked] {
                let explanation = translator.explain(input, show);
                let within = |piece: &mqgate::translate::Piece| piece.offset + piece.length <= bytes.len();
                assert!(explanation.pieces.iter().all(within), "{}: {bytes:?}", case.name);
                drop(translator.show(input, show));
            }
        }
    });
    assert!(accepted > 0, "no mutation is accepted");
}

#[test]
fn fuzz_swift_mt_is_read_as_the_walk_reads_it() {
    let all: Vec<_> = cases("swift-mt").into_iter().filter(Case::is_utf_8).collect();
    let translator = translator();
    each_case(4, |random| {
        let case = random.pick(&all);
        // Only letters change, so that the structure stays and both must find the same of it.
        let mut bytes = case.bytes.clone();
        for _ in 0..random.below(20) {
            let at = random.below(bytes.len());
            if bytes[at].is_ascii_lowercase() {
                bytes[at] = b'a' + random.byte() % 26;
            }
        }
        let document = translator.translate(utf_8(&bytes)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(walk::of_document(&json(&document)), walk::of_text(&text), "{}", case.name);
    });
}

#[test]
fn fuzz_swift_mt_of_any_bytes_takes_little_memory() {
    let all = cases("swift-mt");
    let translator = translator();
    each_case(2, |random| {
        let bytes = if random.once_in(2) {
            random.bytes(256)
        } else {
            mutated(&random.pick(&all).bytes, &SPLINTERS, random)
        };
        for (ccsid, encoding) in [(1208, 546), (819, 273), (1200, 273), (1202, 546), (1047, 273), (500, 273)]
        {
            let input = Input { bytes: &bytes, ccsid: Ccsid(ccsid), encoding };
            let peak = bytes_at_once(|| drop(translator.translate(input)));
            assert!(peak < 50_000 + 60 * bytes.len() as u64, "{peak} bytes for {}", bytes.len());
        }
    });
}

#[test]
fn fuzz_swift_mt_documents_of_any_shape_are_written_or_refused() {
    let all = cases("swift-mt");
    let translator = translator();
    each_case(1, |random| {
        let case = random.pick(&all);
        let Ok(document) = translator.translate(case.input()) else { return };
        let damaged = mutated(&document.body, &SPLINTERS, random);
        let wire = Wire { ccsid: Ccsid(1208), encoding: 546 };
        if let Ok(bytes) = translator.write(&damaged, wire) {
            // What is written is read: the fields of the document that it was written from.
            let again =
                translator.translate(utf_8(&bytes)).unwrap_or_else(|refusal| panic!("{refusal}: {bytes:?}"));
            assert_eq!(translator.write(&again.body, WIRE).unwrap(), bytes);
        }
    });
}

#[test]
fn work_on_swift_mt_grows_no_faster_than_the_message() {
    let shapes = [
        shape("fields", |size| format!("{{4:\r\n{}-}}", ":20:A\r\n".repeat(size))),
        shape("fields of their own", |size| format!("{{4:\n{}-}}", numbered(size, ":2", ":A\n"))),
        shape("statement lines", |size| {
            format!("{{4:\n{}-}}", ":61:2511051105D250,50NTRFPAY-1//B\n:86:166?00A?20B?21C\n".repeat(size))
        }),
        shape("a long value", |size| format!("{{4:\n:79:{}\n-}}", "A LINE\n".repeat(size))),
        shape("code words", |size| format!("{{4:\n:72:{}\n-}}", "/INS/A\n//B\n".repeat(size))),
        shape("sub-fields", |size| format!("{{4:\n:86:166{}\n-}}", "?20A\n".repeat(size))),
        shape("inline codes", |size| format!("{{4:\n:86:/EREF/{}\n-}}", "/REMI/A/b".repeat(size))),
        shape("slashes", |size| format!("{{4:\n:86:/EREF/{}\n-}}", "/".repeat(size))),
        shape("numbered lines", |size| format!("{{4:\n:59F:{}\n-}}", "1/A\n".repeat(size))),
        shape("braces in a value", |size| format!("{{4:\n:79:{}\n-}}", "{5 -} }".repeat(size))),
        shape("ends that are none", |size| format!("{{4:\n:79:{}\n-}}", "-}      A".repeat(size))),
        shape("lines that look like tags", |size| format!("{{4:\n:77T:{}\n-}}", "\n:20:A".repeat(size))),
        shape("entries", |size| format!("{{4:{}}}", "{108:A}".repeat(size))),
        shape("braces within each other", |size| format!("{{4:{{108:{}}}}}", "{A}".repeat(size))),
        shape("an entry without end", |size| format!("{{4:{{108:{}", "{A}".repeat(size))),
        shape("messages", |size| "{1:F21A}{4:{451:0}}".repeat(size)),
        shape("a batch", |size| "{1:F01A}{4:\n:20:A\n-}$".repeat(size)),
        shape("statements", |size| ":20:A\n-\n".repeat(size)),
        shape("dashes", |size| format!(":20:A\n{}", "-\n".repeat(size))),
        shape("white space between blocks", |size| format!("{{1:F01A}}{}{{4:\n-}}", " ".repeat(size))),
        shape("text without blocks", |size| "A\n".repeat(size)),
        shape("escapes", |size| format!("{{4:\n:79:{}\n-}}", "\"\\\u{1}\n".repeat(size))),
        shape("mixed line ends", |size| format!("{{4:\n{}-}}", ":20:A\r\n:21:B\n".repeat(size))),
    ];
    let translator = translator();
    let test = "swift_mt::fuzz::work_on_swift_mt_grows_no_faster_than_the_message";
    assert_in_proportion(test, &shapes, |text| {
        let input = utf_8(text.as_bytes());
        if let Ok(document) = translator.translate(input) {
            translator.write(&document.body, WIRE).unwrap();
        }
        drop(translator.explain(input, Show::Masked));
    });
}

fn shape(name: &'static str, make: fn(usize) -> String) -> Shape<String> {
    Shape { name, size: 2_000, make }
}

fn numbered(count: usize, before: &str, after: &str) -> String {
    (0..count).map(|number| format!("{before}{}{after}", number % 10)).collect()
}

/// Tables of what was found grow by doubling, and the document with them; nothing is allocated for a field.
#[test]
fn fields_of_swift_mt_allocate_nothing_of_their_own() {
    let text = String::from_utf8(Case::named("mt940-customer-statement").bytes).unwrap();
    let entry = ":61:251105RD1,S103GLEN-000731\r\n:86:FREE TEXT\r\n";
    let (before, after) = text.split_once(":62F:").unwrap();
    let translator = translator();
    let [few, many] = [1, 200].map(|times| {
        let bytes = [before, &entry.repeat(times), ":62F:", after].concat().into_bytes();
        allocations(|| drop(translator.translate(utf_8(&bytes)).unwrap()))
    });
    assert!(many <= few + 20, "{few} allocations, with 398 more fields {many}");
}

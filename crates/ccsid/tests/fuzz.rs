//! Any bytes in any CCSID: read or refused at a place within them; what was read comes back.

use ccsid::{Family, Newline, decode, encode, single_byte, single_bytes};
use fuzz::{Random, Shape, assert_in_proportion, each_case};

const UNICODE: [i32; 7] = [1208, 1209, 1200, 1201, 1202, 13488, 17584];

fn any(random: &mut Random) -> (i32, i32, Newline) {
    let tables: Vec<i32> = single_bytes().map(|table| table.ccsid).collect();
    let ccsid = if random.once_in(3) { *random.pick(&UNICODE) } else { *random.pick(&tables) };
    let newline = if random.once_in(2) { Newline::Lf } else { Newline::Nel };
    (ccsid, *random.pick(&[273, 546]), newline)
}

#[test]
fn fuzz_what_is_read_comes_back_and_what_is_not_has_a_place() {
    each_case(1, |random| {
        let (ccsid, encoding, newline) = any(random);
        let bytes = random.bytes(300);
        let decoded = decode(&bytes, ccsid, encoding, newline).unwrap();
        let end = decoded.origin(decoded.text.len());
        assert_eq!(decoded.fault.is_none(), end == bytes.len(), "CCSID {ccsid}");
        let begin = decoded.origin(0);
        let back = encode(&decoded.text, ccsid, encoding, newline).unwrap();
        let ebcdic = single_byte(ccsid).is_some_and(|table| table.family == Family::Ebcdic);
        let folded = |byte: &u8| if ebcdic && newline == Newline::Lf && *byte == 0x25 { 0x15 } else { *byte };
        let expected: Vec<u8> = bytes[begin..end].iter().map(folded).collect();
        let turned = begin == 2 && UNICODE.contains(&ccsid);
        assert!(turned || back == expected, "CCSID {ccsid}");
        // The text before the fault is text alone, too.
        let prefix = decode(&bytes[..end], ccsid, encoding, newline).unwrap();
        assert!(prefix.fault.is_none() && prefix.text == decoded.text);
    });
}

#[test]
fn fuzz_text_is_written_or_refused_at_a_character() {
    each_case(1, |random| {
        let (ccsid, encoding, newline) = any(random);
        let text =
            random.text(&["a", "Z", "0", " ", "\n", "£", "ä", "€", "ß", "Ж", "Ω", "\u{85}", "—", "💶"], 40);
        match encode(&text, ccsid, encoding, newline) {
            Ok(bytes) => assert_eq!(decode(&bytes, ccsid, encoding, newline).unwrap().text, text),
            Err(refused) => {
                assert!(text.is_char_boundary(refused.at) && refused.at < text.len());
                assert!(encode(&text[..refused.at], ccsid, encoding, newline).is_ok());
            }
        }
    });
}

#[test]
fn work_grows_no_faster_than_the_text() {
    let shapes = [
        Shape { name: "ASCII in EBCDIC", size: 40_000, make: |size| vec![0xC1; size] },
        Shape { name: "umlauts in EBCDIC", size: 40_000, make: |size| vec![0x43; size] },
        Shape { name: "both in turn", size: 40_000, make: |size| [0xC1, 0x43].repeat(size / 2) },
    ];
    assert_in_proportion("work_grows_no_faster_than_the_text", &shapes, |bytes| {
        let decoded = decode(bytes, 500, 273, Newline::Lf).unwrap();
        drop(encode(&decoded.text, 500, 273, Newline::Lf).unwrap());
    });
}

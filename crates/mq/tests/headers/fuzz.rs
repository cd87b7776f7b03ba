//! Whatever stands where MQ headers should: read or refused at a place within it, with memory and work in proportion.

use fuzz::{Random, Shape, assert_in_proportion, bytes_at_once, each_case, mutated};
use mq::Format;
use mq::headers::{DeadLetterHeader, HeaderError, Peeled, peel, write};

use crate::chain::{Header, rfh, written};
use crate::writing::{FORMATS, WIRES, one};

/// What the readers of headers and folders trip over.
const SPLINTERS: [&[u8]; 29] = [
    b"RFH \0\0\0\x02",
    b"MQHRF2  ",
    b"DLH ",
    b"CIH \0\0\0\x01",
    b"IIH ",
    b"MDE ",
    b"MQHRF   ",
    b"MQIMS   ",
    b"\xD9\xC6\xC8\x40",
    b" \"",
    b"<usr>",
    b"</usr>",
    b"<a dt='i4'>",
    b"<a dt=\"bin.hex\">0",
    b" dt='boolean'",
    b" xsi:nil='true'",
    b"</a>",
    b"<a/>",
    b"<",
    b">",
    b"&",
    b"&amp;",
    b"&#x41;",
    b"<!--",
    b"<![CDATA[",
    b"<!DOCTYPE usr [",
    b"<?",
    b"\0",
    b"\xFF",
];

/// Parts of folders' text.
const PARTS: [&str; 12] = [
    "<usr>",
    "</usr>",
    "<a dt='i8'>-1</a>",
    "<b>x &amp; &#x20AC;</b>",
    "<c/>",
    "<g>",
    "</g>",
    "<d dt='r8'>1e9</d>",
    "<e xsi:nil='true'/>",
    "text €",
    "<!-- -->",
    "<f dt='bin.hex'>00ff</f>",
];

fn chain(random: &mut Random, most: usize) -> Vec<Header> {
    let header = |random: &mut Random| Header {
        little_endian: random.once_in(2),
        folders_ccsid: *random.pick(&[1208, 1200, 13488, 17584]),
        folders: (0..random.below(4)).map(|_| folder(random)).collect(),
    };
    (0..=random.below(most)).map(|_| header(random)).collect()
}

/// A folder that is well-formed most times.
fn folder(random: &mut Random) -> String {
    let inside = random.text(&PARTS[2..5], 6);
    match random.below(4) {
        0 => random.text(&PARTS, 12),
        1 => format!("<mqps><g>{inside}</g>{inside}</mqps>"),
        _ => format!("<usr>{inside}<f dt='bin.hex'>00ff</f></usr>"),
    }
}

fn peeled(chain: &[Header], body: &[u8]) -> Result<Peeled, HeaderError> {
    peel(Format::RF_HEADER_2, chain[0].encoding(), 819, body)
}

#[test]
fn a_chain_comes_back_as_it_was_written() {
    each_case(1, |random| {
        let chain = chain(random, 15);
        let bytes = written(&chain, b"body");
        let Ok(peeled) = peeled(&chain, &bytes) else { return };
        assert_eq!(&bytes[peeled.body_offset..], b"body");
        assert_eq!((peeled.format, peeled.encoding), (Format::STRING, chain.last().unwrap().encoding()));
        assert_eq!(peeled.headers.len(), chain.len());
        for (read, written) in peeled.rfh2s().zip(&chain) {
            let folders: Vec<&str> = written.folders.iter().map(|text| text.trim_end()).collect();
            assert_eq!(read.folders, folders);
            assert_eq!(read.name_value_ccsid, written.folders_ccsid);
        }
    });
}

#[test]
fn whatever_comes_is_read_or_refused_within_the_body_and_in_little_memory() {
    each_case(1, |random| {
        let chain = chain(random, 4);
        let bytes = match random.below(8) {
            0 => random.bytes(200),
            1 => [b"RFH \0\0\0\x02".to_vec(), random.bytes(60)].concat(),
            _ => mutated(&written(&chain, b"body"), &SPLINTERS, random),
        };
        let peak = bytes_at_once(|| match peeled(&chain, &bytes) {
            Ok(peeled) => {
                let lengths: usize = peeled.rfh2s().map(|header| header.struc_length).sum();
                assert_eq!(lengths, peeled.body_offset);
                assert!(peeled.body_offset <= bytes.len());
            }
            Err(error) => assert!(error.offset <= bytes.len() && !error.expected.is_empty(), "{error}"),
        });
        assert!(peak < 20_000 + 200 * bytes.len() as u64, "{peak} bytes for {}", bytes.len());
    });
}

/// Headers of all kinds, one behind another, and then something else.
#[test]
fn fuzz_what_is_read_of_any_header_is_written_and_read_again() {
    each_case(1, |random| {
        let kinds: Vec<usize> = (0..=random.below(4)).map(|_| random.below(FORMATS.len())).collect();
        let wire = *random.pick(&WIRES);
        let next =
            |number: usize| kinds.get(number + 1).map_or(Format::STRING, |kind| Format(*FORMATS[*kind]));
        let chain: Vec<_> =
            kinds.iter().enumerate().map(|(number, kind)| one(*kind, wire, next(number))).collect();
        let bytes = mutated(&write(&chain, wire).unwrap(), &SPLINTERS, random);
        let format = Format(*FORMATS[kinds[0]]);
        match peel(format, wire.encoding, wire.ccsid, &bytes) {
            Ok(peeled) => {
                assert!(peeled.body_offset <= bytes.len());
                // One whose characters are not of the CCSID that is stated may not be writable in that.
                let Ok(back) = write(&peeled.headers, wire) else { return };
                let again = peel(format, wire.encoding, wire.ccsid, &back).unwrap();
                assert_eq!(again.body_offset, back.len());
                assert_eq!(write(&again.headers, wire).unwrap(), back);
            }
            Err(error) => assert!(error.offset <= bytes.len() && !error.expected.is_empty(), "{error}"),
        }
    });
}

#[test]
fn a_dead_letter_header_is_refused_or_survives_writing_and_reading() {
    each_case(1, |random| {
        let mut bytes = random.exactly(172);
        let encoding = random.number();
        let order = if encoding & 0xF == 2 { i32::to_le_bytes } else { i32::to_be_bytes };
        bytes[..4].copy_from_slice(b"DLH ");
        bytes[4..8].copy_from_slice(&order(1));
        let header = DeadLetterHeader::decode(&bytes, encoding).unwrap();
        assert_eq!(DeadLetterHeader::decode(&header.encode(encoding), encoding), Ok(header.clone()));
        let other = if random.once_in(2) { 273 } else { 546 };
        assert_eq!(DeadLetterHeader::decode(&header.encode(other), other), Ok(header));
        if let Err(error) = DeadLetterHeader::decode(&mutated(&bytes, &SPLINTERS, random), encoding) {
            assert!(error.offset < 172, "{error}");
        }
    });
}

#[test]
fn work_grows_no_faster_than_the_headers() {
    let shapes = [
        Shape { name: "folders", size: 4_000, make: |size| in_folders(vec!["<usr/>".into(); size]) },
        Shape { name: "properties", size: 4_000, make: |size| in_usr(&"<a>1</a>".repeat(size)) },
        Shape { name: "empty properties", size: 8_000, make: |size| in_usr(&"<a/>".repeat(size)) },
        Shape {
            name: "properties below a long name",
            // Above the limit of what names may take.
            size: 10_000,
            make: |size| {
                let name = "n".repeat(size);
                in_usr(&format!("<{name}>{}</{name}>", "<a/>".repeat(size)))
            },
        },
        Shape { name: "groups", size: 4_000, make: |size| in_usr(&"<g><h><a/></h></g>".repeat(size)) },
        Shape { name: "depth", size: 40_000, make: |size| in_usr(&"<g>".repeat(size)) },
        Shape {
            name: "attributes",
            size: 4_000,
            make: |size| {
                let attributes: String = (0..size).map(|number| format!(" a{number}=''")).collect();
                in_usr(&format!("<a{attributes}/>"))
            },
        },
        Shape { name: "references", size: 8_000, make: |size| in_usr(&"&amp;&#65;".repeat(size)) },
        Shape { name: "bytes", size: 40_000, make: |size| in_value("bin.hex", &"00".repeat(size)) },
        Shape { name: "digits", size: 40_000, make: |size| in_value("r8", &"9".repeat(size)) },
        Shape { name: "comments", size: 4_000, make: |size| in_usr(&"text<!-- -->".repeat(size)) },
        Shape { name: "words", size: 8_000, make: |size| rfh("a b ".repeat(size).as_bytes()) },
        Shape {
            name: "quotes",
            size: 8_000,
            make: |size| rfh(format!("a \"{}\"", "\"\"".repeat(size)).as_bytes()),
        },
        Shape { name: "CDATA", size: 4_000, make: |size| in_usr(&"<![CDATA[x]]>y".repeat(size)) },
        Shape { name: "comments not closed", size: 8_000, make: |size| in_usr(&"<!--".repeat(size)) },
    ];
    assert_in_proportion("fuzz::work_grows_no_faster_than_the_headers", &shapes, |bytes| {
        let version_1 = bytes.get(7) == Some(&1);
        let format = if version_1 { Format(*b"MQHRF   ") } else { Format::RF_HEADER_2 };
        drop(peel(format, 273, 819, bytes));
    });
}

fn in_folders(folders: Vec<String>) -> Vec<u8> {
    written(&[Header { little_endian: false, folders_ccsid: 1208, folders }], b"")
}

fn in_usr(text: &str) -> Vec<u8> {
    in_folders(vec![format!("<usr>{text}</usr>")])
}

fn in_value(kind: &str, text: &str) -> Vec<u8> {
    in_usr(&format!("<a dt='{kind}'>{text}</a>"))
}

//! Whatever stands where an MQRFH2 should: it is read as properties and folders, or left alone, in work that grows with it.

use devqm::rfh2::{self, Described, FORMAT};
use devqm::verbs::Property;
use fuzz::{Shape, assert_in_proportion, bytes_at_once, each_case, mutated};
use libmqm_sys as mq;

/// What readers of headers and of folders trip over.
const SPLINTERS: [&[u8]; 18] = [
    b"\xFF\xFF\xFF\xFF",
    b"\0\0\0\0",
    b"\x7F\xFF\xFF\xFF",
    b"<usr>",
    b"</usr>",
    b"<a dt='i4'>",
    b" dt='boolean'",
    b" content='properties'",
    b" xsi:nil='true'",
    b"<a/>",
    b"&amp;",
    b"&#0;",
    b"&x;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"'",
    "é".as_bytes(),
];

const INNER: Described = Described { encoding: mq::MQENC_NORMAL, ccsid: 1208, format: FORMAT };

fn property(name: &str, kind: i32, value: &[u8]) -> Property {
    Property { name: name.into(), kind, value: value.to_vec(), support: 1, context: 0, copy_options: 0 }
}

fn sample() -> Vec<u8> {
    let properties = [
        property("colour", mq::MQTYPE_STRING, b"red & <blue>"),
        property("jms.Dlv", mq::MQTYPE_INT32, &2_i32.to_be_bytes()),
        property("a.b.c", mq::MQTYPE_BYTE_STRING, b"\x00\xFF"),
        property("none", mq::MQTYPE_NULL, b""),
    ];
    let ours = b"<ours><a>1</a></ours>".to_vec();
    rfh2::write(&properties, &[ours], INNER, mq::MQENC_INTEGER_NORMAL)
}

#[test]
fn fuzz_any_bytes_are_a_header_or_left_alone() {
    let right = sample();
    each_case(1, |random| {
        let body = if random.once_in(8) { random.bytes(200) } else { mutated(&right, &SPLINTERS, random) };
        let mut read = None;
        let peak = bytes_at_once(|| read = rfh2::read(&body, mq::MQENC_INTEGER_NORMAL));
        assert!(peak < 20_000 + 200 * body.len() as u64, "{peak} bytes for {}", body.len());
        let Some(header) = read else { return };
        assert!(header.bytes <= body.len());
        // What was read says the same when it is written again.
        let again = rfh2::write(&header.properties, &header.folders, header.inner, mq::MQENC_INTEGER_NORMAL);
        if let Some(header_again) = rfh2::read(&again, mq::MQENC_INTEGER_NORMAL) {
            assert_eq!(header_again.inner, header.inner);
            assert_eq!(header_again.folders.len(), header.folders.len());
        }
    });
}

/// A header whose only folder is this.
fn with_folder(folder: String) -> Vec<u8> {
    rfh2::write(&[], &[folder.into_bytes()], INNER, mq::MQENC_INTEGER_NORMAL)
}

#[test]
fn work_grows_no_faster_than_the_header() {
    let shapes = [
        Shape {
            name: "properties",
            size: 2_000,
            make: |size| with_folder(format!("<usr>{}</usr>", "<a>1</a>".repeat(size))),
        },
        Shape {
            name: "folders",
            size: 1_000,
            make: |size| {
                let folders = vec![b"<usr><a>1</a></usr> ".to_vec(); size];
                rfh2::write(&[], &folders, INNER, mq::MQENC_INTEGER_NORMAL)
            },
        },
        Shape {
            name: "a long value",
            size: 20_000,
            make: |size| with_folder(format!("<usr><a>{}</a></usr>", "x".repeat(size))),
        },
        Shape {
            name: "references",
            size: 4_000,
            make: |size| with_folder(format!("<usr><a>{}</a></usr>", "&amp;".repeat(size))),
        },
        Shape {
            name: "elements not closed",
            size: 4_000,
            make: |size| with_folder(format!("<usr>{}", "<a>".repeat(size))),
        },
    ];
    assert_in_proportion("rfh2::work_grows_no_faster_than_the_header", &shapes, |body| {
        drop(rfh2::read(body, mq::MQENC_INTEGER_NORMAL));
    });
}

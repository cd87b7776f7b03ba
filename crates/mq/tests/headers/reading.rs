//! Headers as others write them.

use mq::headers::{DeadLetterHeader, Header, HeaderError, Peeled, peel};
use mq::{Descriptor, Format, Property, PropertyValue};

use crate::chain::{ebcdic, rfh, rfh2, words};

fn peeled(body: &[u8], encoding: i32) -> Result<Peeled, HeaderError> {
    peel(Format::RF_HEADER_2, encoding, 819, body)
}

fn named(name: &str, value: PropertyValue) -> Property {
    Property { name: name.into(), value }
}

fn text(name: &str, value: &str) -> Property {
    named(name, PropertyValue::String(value.into()))
}

#[test]
fn folders_give_typed_properties_in_either_byte_order() {
    let folder = "<usr><a dt='i4'>-7</a><b>x &amp; y</b><c dt='bin.hex'>0A0b</c><g><h dt='boolean'>1</h></g>\
        <i dt='i1'>-128</i><j dt='i2'>300</j><k dt='i8'>9000000000</k><l dt='r4'>0.5</l><m dt='r8'>-2.5</m>\
        <n dt='string'>s</n><o xsi:nil='true'></o><p dt='i1'>128</p></usr>";
    for (little_endian, encoding) in [(false, 273), (true, 546)] {
        let body = rfh2(little_endian, 1208, &[&words(folder)]);
        let peeled = peeled(&body, encoding).unwrap();
        assert_eq!(&body[peeled.body_offset..], b"body");
        assert_eq!((peeled.ccsid, peeled.format), (1208, Format::STRING));
        assert_eq!(
            peeled.into_properties(),
            [
                named("usr.a", PropertyValue::Int32(-7)),
                text("usr.b", "x & y"),
                named("usr.c", PropertyValue::Bytes(vec![0x0A, 0x0B])),
                named("usr.g.h", PropertyValue::Boolean(true)),
                named("usr.i", PropertyValue::Int8(-128)),
                named("usr.j", PropertyValue::Int16(300)),
                named("usr.k", PropertyValue::Int64(9_000_000_000)),
                named("usr.l", PropertyValue::Float32(0.5)),
                named("usr.m", PropertyValue::Float64(-2.5)),
                text("usr.n", "s"),
                named("usr.o", PropertyValue::Null),
                // It is not of its type, and stays the text that it is.
                text("usr.p", "128"),
            ]
        );
    }
}

#[test]
fn the_folders_of_jms_are_properties() {
    let folders = [
        "<mcd><Msd>jms_text</Msd><Type>payment</Type></mcd>",
        "<jms><Dst>queue:///IN</Dst><Rto>queue://QM/OUT</Rto><Cid>ID:01</Cid><Dlv>2</Dlv></jms>",
        "<usr><scheme>FPS</scheme></usr>",
    ]
    .map(words);
    let body = rfh2(false, 1208, &folders.each_ref().map(Vec::as_slice));
    let properties = peeled(&body, 273).unwrap().into_properties();
    let expected = [
        ("mcd.Msd", "jms_text"),
        ("mcd.Type", "payment"),
        ("jms.Dst", "queue:///IN"),
        ("jms.Rto", "queue://QM/OUT"),
        ("jms.Cid", "ID:01"),
        ("jms.Dlv", "2"),
        ("usr.scheme", "FPS"),
    ];
    assert_eq!(properties, expected.map(|(name, value)| text(name, value)));
}

#[test]
fn folders_are_read_in_every_ccsid_that_is_known() {
    let text_of = |ccsid, bytes: &[u8], little_endian| {
        let body = rfh2(little_endian, ccsid, &[bytes]);
        let peeled = peeled(&body, if little_endian { 546 } else { 273 }).unwrap();
        peeled.rfh2s().next().unwrap().folders[0].clone()
    };
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "<u><ä>€</ä></u> ".encode_utf16().flat_map(order).collect()
    };
    for ccsid in [1200, 13488, 17584] {
        assert_eq!(text_of(ccsid, &wide(u16::to_be_bytes), false), "<u><ä>€</ä></u>");
        assert_eq!(text_of(ccsid, &wide(u16::to_le_bytes), true), "<u><ä>€</ä></u>");
    }
    assert_eq!(text_of(1148, &ebcdic("<u><a>x</a></u> "), false), "<u><a>x</a></u>");
    assert_eq!(text_of(819, b"<u><\xE4/></u> ", false), "<u><ä/></u>");
}

#[test]
fn an_ebcdic_header_is_read_whatever_the_descriptor_says() {
    let mut body = rfh2(false, 1208, &[b"<usr><a>1</a></usr> "]);
    body.splice(..4, ebcdic("RFH "));
    body.splice(20..28, ebcdic("MQDEAD  "));
    body.splice(16..20, 500_i32.to_be_bytes());
    body.truncate(body.len() - 4);
    body.extend(ebcdic("DLH "));
    body.extend([1_i32, 271].into_iter().flat_map(i32::to_be_bytes));
    body.extend(ebcdic(&format!("{:48}{:48}", "PAY.IN", "QMZ")));
    body.extend([273_i32, 1047].into_iter().flat_map(i32::to_be_bytes));
    body.extend(ebcdic("payXml  "));
    body.extend(2_i32.to_be_bytes());
    body.extend(ebcdic(&format!("{:28}{:8}{:8}", "CICSPROD", "20261124", "13250012")));
    for ccsid in [500, 285, 1208] {
        let peeled = peel(Format::RF_HEADER_2, 273, ccsid, &body).unwrap();
        assert_eq!((peeled.body_offset, peeled.ccsid), (body.len(), 1047));
        assert_eq!(peeled.format, Format(*b"payXml  "));
        let Header::DeadLetter(header) = &peeled.headers[1] else { panic!("an MQDLH") };
        assert_eq!(
            (header.destination_queue.as_str(), header.put_application_name.as_str()),
            ("PAY.IN", "CICSPROD")
        );
        assert_eq!(&header.put_date, b"20261124");
    }
}

#[test]
fn names_and_values_of_mqrfh_are_words_between_blanks_or_quotes() {
    let body = rfh(b"MQPSCommand Publish  Topic \"a \"\"b\"\" c\" Empty \"\"  \0 what is this");
    let peeled = peel(Format(*b"MQHRF   "), 273, 1208, &body).unwrap();
    assert_eq!(&body[peeled.body_offset..], b"body");
    assert_eq!(
        peeled.into_properties(),
        [text("MQPSCommand", "Publish"), text("Topic", "a \"b\" c"), text("Empty", "")]
    );
    let refused = |string: &[u8]| peel(Format(*b"MQHRF   "), 273, 1208, &rfh(string)).unwrap_err().offset;
    assert_eq!(refused(b"Name"), 36);
    assert_eq!(refused(b"Name \"value"), 37);
    assert_eq!(refused(b"Name v\xFFl"), 38);
}

#[test]
fn a_body_without_a_header_peels_to_itself() {
    let peeled = peel(Format::STRING, 546, 1208, b"<Document/>").unwrap();
    assert_eq!((peeled.body_offset, peeled.ccsid, peeled.headers.len()), (0, 1208, 0));
}

#[test]
fn a_header_that_cannot_be_right_is_refused_at_its_place() {
    let sound = rfh2(false, 1208, &[b"<usr><a>1</a></usr> "]);
    let with = |at: usize, bytes: &[u8]| {
        let mut body = sound.clone();
        body[at..at + bytes.len()].copy_from_slice(bytes);
        peeled(&body, 273).unwrap_err().offset
    };
    assert_eq!(peeled(&sound[..30], 273).unwrap_err().offset, 0);
    assert_eq!(with(0, b"RFX "), 0);
    assert_eq!(with(4, &1_i32.to_be_bytes()), 4);
    for length in [35_i32, 38, 0, -4, 10_000] {
        assert_eq!(with(8, &length.to_be_bytes()), 8, "{length}");
    }
    assert_eq!(with(32, &1388_i32.to_be_bytes()), 32);
    for length in [21_i32, -1, i32::MAX] {
        assert_eq!(with(36, &length.to_be_bytes()), 36, "{length}");
    }
    assert_eq!(with(45, b"\xFF"), 45);
    assert_eq!(with(48, b"&zz;"), 48);
    let utf_16: Vec<u8> = "<usr>€€&zz;</usr> ".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(peeled(&rfh2(false, 1200, &[&utf_16]), 273).unwrap_err().offset, 40 + 2 * 7);
    let doctype = rfh2(false, 1208, &[b"<!DOCTYPE usr []><usr/> "]);
    assert!(peeled(&doctype, 273).is_err());
}

#[test]
fn fixed_structures_are_refused_at_their_place() {
    let lengths = [("MQCICS  ", "CIH ", 180, 2), ("MQIMS   ", "IIH ", 84, 1), ("MQHMDE  ", "MDE ", 72, 2)];
    for (format, id, length, version) in lengths {
        let format = Format(format.as_bytes().try_into().unwrap());
        let sound =
            [id.as_bytes(), &i32::to_be_bytes(version), &i32::to_be_bytes(length), &[b' '; 200]].concat();
        let sound = &sound[..usize::try_from(length).unwrap()];
        let refused = |body: &[u8]| peel(format, 273, 819, body).unwrap_err().offset;
        assert!(peel(format, 273, 819, sound).is_ok(), "{id}");
        assert_eq!(refused(&sound[..sound.len() - 1]), 0, "{id}");
        assert_eq!(refused(&sound[..8]), 0, "{id}");
        assert_eq!(refused(&[&sound[..4], &[0, 0, 0, 9], &sound[8..]].concat()), 4, "{id}");
        assert_eq!(refused(&[&sound[..8], &[0, 0, 0, 60], &sound[12..]].concat()), 8, "{id}");
        assert_eq!(refused(&[b"XYZ ", &sound[4..]].concat()), 0, "{id}");
    }
}

#[test]
fn a_chain_without_an_end_is_refused() {
    let mut header = rfh2(false, 1208, &[]);
    header.truncate(36);
    header[20..28].copy_from_slice(b"MQHRF2  ");
    let refused = peeled(&header.repeat(20), 273).unwrap_err();
    assert!(refused.offset == 16 * 36 && refused.expected.contains("end of the chain"), "{refused}");
}

#[test]
fn long_names_around_many_properties_are_refused_before_they_fill_memory() {
    let long = "g".repeat(100_000);
    let folder = |leaves: usize| format!("<usr><{long}>{}</{long}></usr>", "<a/>".repeat(leaves));
    assert!(peeled(&rfh2(false, 1208, &[folder(160).as_bytes()]), 273).is_ok());
    // In two headers, too: the limit is that of the chain.
    let mut body = rfh2(false, 1208, &[folder(90).as_bytes()]);
    body[20..28].copy_from_slice(b"MQHRF2  ");
    body.truncate(body.len() - 4);
    body.extend(rfh2(false, 1208, &[folder(90).as_bytes()]));
    let refused = peeled(&body, 273).unwrap_err();
    assert!(refused.offset > 200_000 && refused.expected.contains("fewer properties"), "{refused}");
}

#[test]
fn too_many_folders_are_refused() {
    let folders: Vec<&[u8]> = vec![b"<u/>"; 10_001];
    let refused = peeled(&rfh2(false, 1208, &folders), 273).unwrap_err();
    assert!(refused.offset == 36 + 8 * 10_000 && refused.expected.contains("10000 folders"), "{refused}");
}

#[test]
fn any_bytes_are_refused_or_read_without_a_panic() {
    let sound = rfh2(true, 1200, &[b"<\0u\0s\0r\0/\0>\0"]);
    for at in 0..sound.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut body = sound.clone();
            body[at] = value;
            let _ = peeled(&body, 546);
            let _ = peeled(&body[..at], 546);
        }
    }
}

#[test]
fn a_dead_letter_header_survives_in_either_byte_order() {
    let header = DeadLetterHeader {
        reason: 65_537,
        destination_queue: "PAYMENTS.IN".into(),
        destination_queue_manager: "QM1".into(),
        encoding: 546,
        ccsid: 819,
        format: Format::STRING,
        put_application_type: 6,
        put_application_name: "mqgate".into(),
        put_date: *b"20261124",
        put_time: *b"13250012",
    };
    for encoding in [273, 546] {
        assert_eq!(DeadLetterHeader::decode(&header.encode(encoding), encoding), Ok(header.clone()));
    }
    let mut descriptor = Descriptor::default();
    let body = header.prepend(&mut descriptor, b"body");
    assert_eq!((descriptor.format, body.len()), (Format::DEAD_LETTER_HEADER, 176));
}

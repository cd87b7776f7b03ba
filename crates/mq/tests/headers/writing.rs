//! Headers as we write them: read again they are the same, in every order of bytes and characters.

use mq::headers::{
    Characters, CicsHeader, DeadLetterHeader, DescriptorExtension, Header, ImsHeader, Rfh, Rfh2, Wire, peel,
    write,
};
use mq::{Format, Property, PropertyValue};

pub(crate) const WIRES: [Wire; 6] = [
    Wire { encoding: 273, ccsid: 819 },
    Wire { encoding: 546, ccsid: 1208 },
    Wire { encoding: 785, ccsid: 500 },
    Wire { encoding: 546, ccsid: 285 },
    Wire { encoding: 273, ccsid: 1047 },
    Wire { encoding: 273, ccsid: 5348 },
];

fn property(name: &str, value: PropertyValue) -> Property {
    Property { name: name.into(), value }
}

fn properties() -> Vec<Property> {
    vec![
        property("mcd.Msd", PropertyValue::String("jms_text".into())),
        property("usr.scheme", PropertyValue::String("a & b <c> \"d\" 'e' ä€ ".into())),
        property("usr.a.b", PropertyValue::Int8(-1)),
        property("usr.a.c.d", PropertyValue::Int16(-300)),
        property("usr.a.c.e", PropertyValue::Int32(i32::MIN)),
        property("usr.f", PropertyValue::Int64(i64::MAX)),
        property("usr.g", PropertyValue::Float32(0.1)),
        property("usr.h", PropertyValue::Float64(1e300)),
        property("usr.i", PropertyValue::Boolean(false)),
        property("usr.j", PropertyValue::Bytes(vec![0, 0xAB])),
        property("usr.k", PropertyValue::Null),
        property("usr.l", PropertyValue::String(String::new())),
        property("jms.Dst", PropertyValue::String("queue:///IN".into())),
    ]
}

/// One header of each kind that says that what follows is written as `next` and is of that format.
pub(crate) fn one(kind: usize, next: Wire, format: Format) -> Header {
    let Wire { encoding, ccsid } = next;
    let text = |text: &str| text.to_owned();
    match kind {
        0 => Header::Rfh2(Rfh2::new(properties(), next, format).unwrap()),
        1 => Header::Rfh(
            Rfh::new(&[("MQPSTopic", "a b"), ("Quote", "\""), ("Empty", "")], next, format).unwrap(),
        ),
        2 => Header::DeadLetter(DeadLetterHeader {
            reason: 271,
            destination_queue: text("PAY.IN"),
            destination_queue_manager: text("QM1"),
            encoding,
            ccsid,
            format,
            put_application_type: 6,
            put_application_name: text("mover"),
            put_date: *b"20261124",
            put_time: *b"13250012",
        }),
        3 => Header::DescriptorExtension(DescriptorExtension {
            encoding,
            ccsid,
            format,
            group_id: [0xA5; 24],
            message_flags: 8,
            ..DescriptorExtension::default()
        }),
        4 => Header::Cics(Box::new(CicsHeader {
            format,
            transaction: "PAY1".into(),
            authenticator: "SECRET".into(),
            facility: *b"\x01\x02\x03\x04\x05\x06\x07\x08",
            ..CicsHeader::default()
        })),
        5 => Header::Cics(Box::new(CicsHeader { format, version_2: None, ..CicsHeader::default() })),
        _ => Header::Ims(ImsHeader { format, logical_terminal: "LTERM".into(), ..ImsHeader::default() }),
    }
}

pub(crate) const FORMATS: [&[u8; 8]; 7] =
    [b"MQHRF2  ", b"MQHRF   ", b"MQDEAD  ", b"MQHMDE  ", b"MQCICS  ", b"MQCICS  ", b"MQIMS   "];

/// What is not known before a header is read.
fn as_read(mut header: Header, wire: Wire, length: usize) -> Header {
    if let Header::Rfh2(rfh2) = &mut header {
        rfh2.little_endian = wire.encoding & 0xF == 2;
        rfh2.struc_length = length;
        // The folders stand in the order of their first names; their properties stand with them.
        rfh2.properties.sort_by_key(|property| {
            let folder = property.name.split('.').next().unwrap().to_owned();
            ["mcd", "usr", "jms"].iter().position(|known| *known == folder)
        });
    }
    header
}

#[test]
fn every_header_is_read_as_it_was_written_whatever_stands_before_and_behind_it() {
    for outer in 0..FORMATS.len() {
        for (inner, format) in FORMATS.iter().enumerate() {
            for (index, wire) in WIRES.into_iter().enumerate() {
                let next = WIRES[(index + 1) % WIRES.len()];
                let inherits = outer >= 4;
                let next = if inherits { wire } else { next };
                let chain = [one(outer, next, Format(**format)), one(inner, next, Format::STRING)];
                check(outer, &chain, wire, next);
            }
        }
    }
}

fn check(outer: usize, chain: &[Header; 2], wire: Wire, next: Wire) {
    let first = write(&chain[..1], wire).unwrap().len();
    let mut body = write(chain, wire).unwrap();
    let length = body.len();
    body.extend_from_slice(b"body");
    let peeled = peel(Format(*FORMATS[outer]), wire.encoding, wire.ccsid, &body).unwrap();
    assert_eq!((peeled.body_offset, peeled.format), (length, Format::STRING));
    assert_eq!((peeled.encoding, peeled.ccsid), (next.encoding, next.ccsid));
    let expected = [as_read(chain[0].clone(), wire, first), as_read(chain[1].clone(), next, length - first)];
    for (read, expected) in peeled.headers.iter().zip(expected) {
        assert_eq!(read.structure(), expected.structure());
        assert_eq!(write(std::slice::from_ref(read), wire), write(std::slice::from_ref(&expected), wire));
        assert_eq!(read.clone().into_properties(), expected.into_properties());
    }
    assert_eq!(write(&peeled.headers, wire).unwrap(), body[..length]);
}

#[test]
fn folders_are_padded_and_escaped() {
    let wire = Wire { encoding: 273, ccsid: 1208 };
    let value = PropertyValue::String("<&>".into());
    let header = Rfh2::new(vec![property("a", value)], wire, Format::NONE).unwrap();
    assert_eq!(header.folders, ["<usr><a>&lt;&amp;&gt;</a></usr>"]);
    for ccsid in [1208, 1200, 13488, 17584, 500] {
        let header = Rfh2 { name_value_ccsid: ccsid, ..header.clone() };
        let bytes = write(&[Header::Rfh2(header.clone())], wire).unwrap();
        assert!(bytes.len().is_multiple_of(4));
        let peeled = peel(Format::RF_HEADER_2, wire.encoding, wire.ccsid, &bytes).unwrap();
        assert_eq!(peeled.rfh2s().next().unwrap().folders, header.folders);
    }
}

#[test]
fn what_cannot_be_written_is_refused_by_name() {
    let wire = Wire { encoding: 273, ccsid: 1208 };
    let refused = |name: &str, value: &str| {
        let properties = vec![property(name, PropertyValue::String(value.into()))];
        Rfh2::new(properties, wire, Format::NONE).unwrap_err().to_string()
    };
    assert!(refused("usr.a b", "x").starts_with("property \"usr.a b\": names of XML"));
    assert!(refused("usr..a", "x").contains("usr..a"));
    assert!(refused("1", "x").contains("\"1\""));
    let message = refused("usr.a", "SECRET\u{1}");
    assert!(message.contains("usr.a") && !message.contains("SECRET"), "{message}");
    assert!(Rfh::new(&[("a\0", "x")], wire, Format::NONE).is_err());
    let euro = Rfh2::new(vec![property("a", PropertyValue::String("€".into()))], wire, Format::NONE).unwrap();
    let refused = write(&[Header::Rfh2(Rfh2 { name_value_ccsid: 285, ..euro })], wire).unwrap_err();
    assert!(refused.to_string().starts_with("folder 1, offset 8: "), "{refused}");
    let euro = Rfh::new(&[("a", "€")], wire, Format::NONE).unwrap();
    let refused = write(&[Header::Rfh(euro)], Wire { ccsid: 285, ..wire }).unwrap_err();
    assert!(refused.to_string().starts_with("NameValueString, offset 2: "), "{refused}");
}

#[test]
fn passwords_are_no_properties_and_are_shown_nowhere() {
    let cics = CicsHeader { authenticator: "SECRET".into(), ..CicsHeader::default() };
    let ims = ImsHeader { authenticator: "SECRET".into(), ..ImsHeader::default() };
    assert!(!format!("{:?} {cics:?} {ims:?}", cics.authenticator).contains("SECRET"));
    for header in [Header::Cics(Box::new(cics)), Header::Ims(ims)] {
        let secret = PropertyValue::String("SECRET".into());
        assert!(header.into_properties().iter().all(|property| property.value != secret));
    }
}

#[test]
fn the_fields_of_fixed_structures_are_properties_by_their_names() {
    let header = CicsHeader { transaction: "PAY1".into(), ..CicsHeader::default() };
    let found = Header::Cics(Box::new(header)).into_properties();
    assert!(found.contains(&property("MQCIH.TransactionId", PropertyValue::String("PAY1".into()))));
    assert!(found.contains(&property("MQCIH.UOWControl", PropertyValue::Int32(273))));
    assert_eq!(Characters::<4>::from("AB\0 ").as_str(), "AB");
}

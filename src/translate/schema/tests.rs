use std::fmt::Write as _;

use super::*;
use crate::message::Ccsid;

const TYPE: &str = "urn:iso:std:iso:20022:tech:xsd:t.001.001.01";

fn schema(attributes: &str, content: &str) -> String {
    format!("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' {attributes}>{content}</xs:schema>")
}

fn file(name: &str, text: String) -> File {
    File { name: name.to_owned(), text }
}

/// A schema of a Document that holds anything.
fn lax() -> Schemas {
    let any =
        "<xs:sequence><xs:any processContents='lax' minOccurs='0' maxOccurs='unbounded'/></xs:sequence>";
    let content = format!("<xs:element name='Document'><xs:complexType>{any}</xs:complexType></xs:element>");
    let text = schema(&format!("targetNamespace='{TYPE}' elementFormDefault='qualified'"), &content);
    Schemas::new(vec![file("t.xsd", text)]).unwrap()
}

fn check(schemas: &Schemas, text: &str) -> Verdict {
    schemas.check(Input { bytes: text.as_bytes(), ccsid: Ccsid(1208), encoding: 546 }, Newline::Lf)
}

fn problems(files: Vec<File>) -> String {
    let unusable = Schemas::new(files).expect_err("these files cannot be used");
    unusable.iter().map(Unusable::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_schema_that_cannot_be_used_is_named_with_what_is_wrong() {
    let target = format!("targetNamespace='{TYPE}'");
    let plain = || schema(&target, "<xs:element name='Document'/>");
    for (files, expected) in [
        (vec![file("a.xsd", "<a".to_owned())], "a.xsd: well-formed XML expected"),
        (vec![file("a.xsd", "<a/>".to_owned())], "a.xsd: an XML Schema (xs:schema) expected"),
        (vec![file("a.xsd", String::new())], "a.xsd: an XML Schema (xs:schema) expected"),
        (vec![file("a.xsd", schema("", ""))], "a.xsd: has no targetNamespace"),
        (
            vec![file("a.xsd", plain()), file("b.xsd", plain())],
            "b.xsd: its targetNamespace is that of a.xsd already",
        ),
        (vec![file("a.xsd", schema(&target, "<xs:element/>"))], "a.xsd: "),
        (
            vec![file("a.xsd", schema(&target, "<xs:include schemaLocation='types.xsd'/>"))],
            "a.xsd: includes \"types.xsd\", which is not in the folder",
        ),
    ] {
        let problems = problems(files);
        assert!(problems.starts_with(expected), "{problems}");
    }
}

#[test]
fn nothing_is_read_from_outside_of_the_folder() {
    let target = format!("targetNamespace='{TYPE}'");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/schemas/glen-types.xsd");
    let including = schema(&target, &format!("<xs:include schemaLocation='{manifest}'/>"));
    let problems = problems(vec![file("a.xsd", including)]);
    assert!(problems.contains("which is not in the folder"), "{problems}");
}

#[test]
fn one_schema_may_import_another_by_its_namespace_alone() {
    let imported = schema("targetNamespace='urn:other'", "<xs:element name='Name' type='xs:token'/>");
    let content = "<xs:import namespace='urn:other'/>
        <xs:element name='Document'><xs:complexType><xs:sequence><xs:element ref='o:Name'/></xs:sequence></xs:complexType></xs:element>";
    let importing = schema(&format!("targetNamespace='{TYPE}' xmlns:o='urn:other'"), content);
    let schemas = Schemas::new(vec![file("a.xsd", importing), file("b.xsd", imported)]).unwrap();
    let document =
        |name| format!("<Document xmlns='{TYPE}'><o:{name} xmlns:o='urn:other'>x</o:{name}></Document>");
    assert_eq!(check(&schemas, &document("Name")), Verdict::Valid);
    assert_eq!(check(&schemas, &document("Nome")).word(), "false");
}

#[test]
fn a_breach_names_place_and_rule_and_no_value() {
    let content = "<xs:element name='Document'><xs:simpleType><xs:restriction base='xs:string'>
        <xs:maxLength value='3'/></xs:restriction></xs:simpleType></xs:element>";
    let schemas =
        Schemas::new(vec![file("t.xsd", schema(&format!("targetNamespace='{TYPE}'"), content))]).unwrap();
    let message = format!("<w><d:Document xmlns:d='{TYPE}'>confidential</d:Document></w>");
    let Verdict::Invalid(breach) = check(&schemas, &message) else { panic!("it is too long") };
    assert_eq!(breach.to_string(), "offset 3 (/Document): against its schema, rule cvc-maxLength-valid");
}

#[test]
fn what_is_no_xml_or_does_not_decode_is_unknown() {
    let schemas = lax();
    for text in ["", "text", "<a", "<a><b></a>"] {
        assert_eq!(check(&schemas, text), Verdict::Unknown, "{text:?}");
    }
    let input = Input { bytes: b"\xFF", ccsid: Ccsid(1208), encoding: 546 };
    assert_eq!(schemas.check(input, Newline::Lf), Verdict::Unknown);
    let cut = format!("<Document xmlns='{TYPE}'><a>");
    assert_eq!(check(&schemas, &cut), Verdict::Unknown);
    let bomb = format!("<!DOCTYPE d [<!ENTITY a 'b'>]><Document xmlns='{TYPE}'><a>&a;</a></Document>");
    assert_eq!(check(&schemas, &bomb), Verdict::Unknown);
}

#[test]
fn names_of_messages_do_not_pile_up() {
    let schemas = lax();
    let held = || schemas.compiled[TYPE].lock().unwrap().names_held();
    let before = held();
    let mut most = 0;
    for message in 0..30 {
        let mut content = String::new();
        (0..1_000).for_each(|number| write!(content, "<n{message}-{number}/>").unwrap());
        assert_eq!(
            check(&schemas, &format!("<Document xmlns='{TYPE}'>{content}</Document>")),
            Verdict::Valid
        );
        most = most.max(held());
    }
    assert!(most > before + 1_000, "the library does not keep names any more: renewing is needless");
    assert!(most <= before + 12_000, "{most} names");
}

#[test]
fn a_deep_message_needs_no_stack() {
    const DEPTH: usize = 20_000;
    let message =
        format!("<Document xmlns='{TYPE}'>{}{}</Document>", "<a>".repeat(DEPTH), "</a>".repeat(DEPTH));
    assert_eq!(check(&lax(), &message), Verdict::Valid);
}

//! What schemas say of a message reaches its service as a header; only a strict source parks for it.

use std::path::Path;
use std::process::Command;

use crate::harness::client::property;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Devqm, Gateway, Put, Service, Settings, program};

/// The text of a case in `fixtures/schema-verdicts/`.
fn case(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(root.join("fixtures/schema-verdicts").join(name).join("input.xml")).unwrap()
}

fn folder() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas").display().to_string()
}

#[test]
fn services_are_told_what_the_schemas_say_and_get_the_document_whatever_that_is() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = Settings::new(&devqm, &service).with("sources.0.schemas", folder());
    let gateway = Gateway::start(&settings);
    let mut client = devqm.client();
    for (count, (name, valid)) in
        [("valid", "true"), ("too-long", "false"), ("unknown-version", "unknown")].into_iter().enumerate()
    {
        client.put(PAYMENTS, &case(name));
        let request = service.wait_for_requests(count + 1).remove(count);
        assert_eq!(request.header("mqgate-schema-valid"), valid, "{name}");
        assert_eq!(request.document()["format"], "iso20022");
        assert_eq!(gateway.metric("mqgate_schema_checks_total", &[("valid", valid)]), 1, "{name}");
    }
}

#[test]
fn without_schemas_nothing_is_said() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let _gateway = Gateway::start(&Settings::new(&devqm, &service));
    devqm.client().put(PAYMENTS, &case("too-long"));
    let request = service.wait_for_requests(1).remove(0);
    assert!(!request.headers.contains_key("mqgate-schema-valid"));
}

#[test]
fn a_strict_source_parks_what_breaks_its_schema_and_nothing_else() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let settings = Settings::new(&devqm, &service)
        .with("sources.0.schemas", folder())
        .with("sources.0.schema_check", "strict");
    let _gateway = Gateway::start(&settings);
    let mut client = devqm.client();
    let broken = case("too-long");
    client.put_message(PAYMENTS, &Put::text(&broken));
    let parked = client.expect(PARKED);
    assert_eq!(parked.body, broken);
    assert_eq!(property(&parked, "mqgate.reason"), Some("schema-invalid"));
    assert_eq!(property(&parked, "mqgate.stage"), Some("translate"));
    assert_eq!(property(&parked, "mqgate.attempts"), Some("0"));
    let detail = property(&parked, "mqgate.detail").unwrap();
    assert_eq!(detail, "offset 105 (/Document/Pmt/MsgId): against its schema, rule cvc-maxLength-valid");
    assert!(service.requests().is_empty());
    client.put(PAYMENTS, &case("unknown-version"));
    let request = service.wait_for_requests(1).remove(0);
    assert_eq!(request.header("mqgate-schema-valid"), "unknown");
}

#[test]
fn the_command_line_tells_it_beside_the_document() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema-verdicts");
    let message = |name: &str| root.join(name).join("input.xml").display().to_string();
    let run = |options: &[&str], name: &str| {
        let output = Command::new(program::mqgate())
            .args(["translate", "--schemas", &folder()])
            .args(options)
            .arg(message(name))
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), output.stdout.starts_with(b"{\"format\":\"iso20022\""), err)
    };
    let fault =
        "schema-valid false: offset 105 (/Document/Pmt/MsgId): against its schema, rule cvc-maxLength-valid";
    for (options, name, code, told) in [
        (&[][..], "valid", 0, "schema-valid true"),
        (&[], "unknown-root", 0, "schema-valid unknown"),
        (&[], "too-long", 0, fault),
        (&["--strict"], "too-long", 65, fault),
        (&["--strict"], "valid", 0, "schema-valid true"),
    ] {
        let (exit, has_document, err) = run(options, name);
        assert_eq!((exit, has_document), (Some(code), code == 0), "{name}: {err}");
        assert_eq!(err.trim_end(), format!("mqgate: {}: {told}", message(name)));
    }
}

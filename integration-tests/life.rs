//! The life of the process: start, refusal to start, drain, and what operators ask it meanwhile.

use std::process::Command;

use crate::harness::devqm::PAYMENTS;
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, Settings, program};

/// Runs the program to its end: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(program::mqgate()).args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn sigterm_finishes_what_is_in_hand_and_ends_with_0() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(200).held());
    let mut gateway = Gateway::start(&Settings::new(&devqm, &service).with("sources.0.consumers", 1));
    for payment in Payment::several(3) {
        devqm.client().put(PAYMENTS, payment.bytes());
    }
    service.wait_for_requests(1);
    gateway.terminate();
    gateway.wait_for_log("Stopping: no more messages are got.");
    service.release();
    assert_eq!(gateway.wait(), Some(0));
    assert!(service.requests()[0].accepted());
    assert_eq!(service.requests().len(), 1, "nothing is got after SIGTERM");
    assert_eq!(devqm.client().depth(PAYMENTS), 2);
}

#[test]
fn over_the_grace_period_units_are_backed_out_and_nothing_is_lost() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(200).held());
    let settings = Settings::new(&devqm, &service).with("retry.grace_ms", 100);
    let mut gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_requests(1);
    assert_eq!(gateway.stop(), Some(0));
    devqm.wait_for_depth(PAYMENTS, 1);
    service.release();
    gateway.launch();
    let requests = service.wait_for_requests(2);
    assert_eq!(requests[0].key(), requests[1].key());
    assert!(requests[1].possible_duplicate());
}

#[test]
fn a_second_signal_ends_at_once() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(200).held());
    let settings = Settings::new(&devqm, &service).with("retry.grace_ms", 3_600_000);
    let mut gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    service.wait_for_requests(1);
    gateway.terminate();
    gateway.wait_for_log("Stopping: no more messages are got.");
    gateway.terminate();
    assert_eq!(gateway.wait(), Some(0));
    devqm.wait_for_depth(PAYMENTS, 1);
}

#[test]
fn bad_settings_are_all_listed_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    std::fs::write(&file, "provider = \"acme\"\n[retry]\ngrace = 5\n[[sites]]\nname = \"a\"\n").unwrap();
    let file = file.display().to_string();
    for command in ["run", "check"] {
        let (code, output, errors) = run(&[command, "--config", &file]);
        assert_eq!((code, output.as_str()), (Some(78), ""));
        for expected in
            ["retry.grace: unknown key", "sites[0].channel", "[[routes]]", "mistakes in the settings"]
        {
            assert!(errors.contains(expected), "{expected}:\n{errors}");
        }
    }
    assert_eq!(run(&["check", "--config", "/nowhere.toml"]).0, Some(78));
}

#[test]
fn a_missing_mq_library_is_an_error_of_its_own() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let library = tempfile::NamedTempFile::new().unwrap();
    let settings = Settings::new(&devqm, &service).with("mq_library", library.path().display().to_string());
    let mut gateway = Gateway::prepare(&settings);
    gateway.spawn();
    assert_eq!(gateway.wait(), Some(69));
    let logs = gateway.logs().join("\n");
    assert!(
        logs.contains("no MQ client library") && logs.contains(&library.path().display().to_string()),
        "{logs}"
    );
}

#[test]
fn translate_prints_the_document_or_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let payment = Payment::new();
    let (whole, half) = (folder.path().join("whole.xml"), folder.path().join("half.xml"));
    std::fs::write(&whole, payment.bytes()).unwrap();
    std::fs::write(&half, &payment.bytes()[..200]).unwrap();
    let (code, output, errors) = run(&["translate", &whole.display().to_string()]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let document: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(document["keys"]["EndToEndId"][0], payment.id);
    let (code, output, errors) = run(&["translate", &half.display().to_string()]);
    assert_eq!((code, output.as_str()), (Some(65), ""));
    assert!(errors.contains("half.xml: offset ") && errors.lines().count() == 1, "{errors}");
    assert_eq!(run(&["translate", "/nowhere.xml"]).0, Some(66));
    assert_eq!(run(&["translate", "--ccsid", "x", "-"]).0, Some(64));
    assert_eq!(run(&["no-such-command"]).0, Some(64));
    assert_eq!(run(&["--version"]).0, Some(0));
}

#[test]
fn the_admin_listener_answers_operators_and_their_machines() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let gateway = Gateway::start(&Settings::new(&devqm, &service));
    assert_eq!(gateway.ask("/livez").0, 200);
    assert_eq!(gateway.ask("/readyz").0, 200);
    let (status, body) = gateway.ask("/nothing");
    assert_eq!(status, 404);
    assert!(body.contains("/metrics"), "{body}");
    let (_, metrics) = gateway.ask("/metrics");
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
}

//! `mqgate translate`, `mqgate dialect` and `mqgate layout`, as a person uses them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::program;

struct Ran {
    code: Option<i32>,
    out: Vec<u8>,
    err: String,
}

impl Ran {
    #[track_caller]
    fn text(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}", self.err);
        std::str::from_utf8(&self.out).unwrap()
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap()
    }
}

fn mqgate(arguments: &[&str]) -> Ran {
    let output = Command::new(program::mqgate()).args(arguments).output().unwrap();
    Ran { code: output.status.code(), out: output.stdout, err: String::from_utf8(output.stderr).unwrap() }
}

/// A file of a folder that goes with the test.
fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Network management, MTI 0800 with element 11.
const ECHO: &str = "08000020000000000000000042";
const NOTICE: &str = "<Notice><Nm>Zoë</Nm><Ref>7</Ref></Notice>";

#[test]
fn documents_go_back_to_the_bytes_that_they_came_from() {
    let folder = folder();
    let message = file(&folder, "echo.bin", ECHO);
    let document = mqgate(&["translate", "--dialect", "generic-ascii", &message]);
    assert_eq!(document.json()["fields"]["11"], "000042");
    let document = file(&folder, "echo.json", &document.out);
    let back = mqgate(&["translate", "--dialect", "generic-ascii", "--reverse", &document]);
    assert_eq!(back.text(), ECHO);
    let back = mqgate(&["translate", "--dialect", "generic-ascii", "--reverse", "--hex", &document]);
    assert_eq!(back.text(), format!("{}\n", hex::encode_upper(ECHO)));
    let traced = file(&folder, "echo.hex", format!("{}\n", hex::encode(ECHO)));
    assert_eq!(mqgate(&["translate", "--dialect", "generic-ascii", "--hex", &traced]).json()["mti"], "0800");
}

#[test]
fn what_each_byte_is_stands_in_a_table() {
    let folder = folder();
    let message = file(&folder, "echo.bin", ECHO);
    let table = mqgate(&["translate", "--dialect", "generic-ascii", "--explain", &message]);
    let line = table.text().lines().find(|line| line.contains("000042")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((cells[0], cells[1], cells[2]), ("20", "6", "11"), "{}", table.text());
    assert!(line.contains("303030303432"), "{line}");
}

#[test]
fn an_explanation_ends_where_the_message_cannot_be_read() {
    let folder = folder();
    let message = file(&folder, "short.bin", &ECHO[..23]);
    let ran = mqgate(&["translate", "--dialect", "generic-ascii", "--explain", &message]);
    assert_eq!(ran.code, Some(65));
    assert!(ran.err.contains("short.bin: offset 20 (/11): expected "), "{}", ran.err);
    assert!(String::from_utf8(ran.out).unwrap().contains("0800"));
}

#[test]
fn masked_values_are_nowhere_to_be_seen() {
    let folder = folder();
    let message = file(&folder, "notice.xml", NOTICE);
    for arguments in [&["--mask"][..], &["--mask", "--explain"]] {
        let ran = mqgate(&[&["translate"], arguments, &[&message]].concat());
        assert!(!ran.text().contains("Zoë") && ran.text().contains('7'), "{}", ran.text());
        assert!(!ran.text().contains(&hex::encode_upper("Zoë")));
    }
    assert!(mqgate(&["translate", &message]).text().contains("Zoë"));
}

#[test]
fn many_files_are_translated_and_each_refusal_is_named() {
    let folder = folder();
    let inside = folder.path().join("in");
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("a.xml"), NOTICE).unwrap();
    fs::write(inside.join("b.xml"), &NOTICE[..20]).unwrap();
    fs::write(inside.join("c.json"), "{\"a\":1}").unwrap();
    let inside = inside.display().to_string();
    let ran = mqgate(&["translate", &inside]);
    assert_eq!(ran.code, Some(65));
    assert_eq!(ran.out.iter().filter(|byte| **byte == b'\n').count(), 2);
    assert!(
        ran.err.contains("b.xml: offset ") && ran.err.ends_with("2 translated, 1 refused\n"),
        "{}",
        ran.err
    );
    let into = folder.path().join("out");
    mqgate(&["translate", "--into", &into.display().to_string(), &inside]);
    let mut names: Vec<_> = fs::read_dir(&into).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.xml.json", "c.json.json"]);
}

#[test]
fn a_source_of_settings_says_how_its_messages_are_read() {
    let folder = folder();
    let settings = "provider = 'acme'\n[[sites]]\nname = 'north'\nconnection_name = 'localhost(1414)'\nchannel = 'C'\n\
        [[sources]]\nname = 'old'\nqueue = 'OLD'\nformat = 'text'\nccsid = 285\ntype = 'advice'\n\
        [[destinations]]\nname = 'd'\nurl = 'http://localhost:1/'\n[[routes]]\nto = 'd'\n";
    let settings = file(&folder, "acme.toml", settings);
    let message = file(&folder, "message.bin", [0x5B, 0xF1]);
    let ran = mqgate(&["translate", "--config", &settings, "--source", "old", &message]);
    assert_eq!((ran.json()["text"].as_str(), ran.json()["type"].as_str()), (Some("£1"), Some("advice")));
    let unknown = mqgate(&["translate", "--config", &settings, "--source", "new", &message]);
    assert_eq!(unknown.code, Some(64));
    assert!(unknown.err.contains("there are: old"), "{}", unknown.err);
}

#[test]
fn shipped_definitions_are_listed_shown_and_valid() {
    let folder = folder();
    for kind in ["dialect", "layout"] {
        let names = mqgate(&[kind, "list"]).text().to_owned();
        assert!(names.lines().count() > 0);
        for name in names.lines() {
            let shown = mqgate(&[kind, "show", name]);
            let copy = file(&folder, &format!("{name}.toml"), shown.text());
            assert_eq!(mqgate(&[kind, "check", &copy]).text(), format!("{copy}: valid\n"));
        }
        let unknown = mqgate(&[kind, "show", "nonsense"]);
        assert_eq!(unknown.code, Some(64));
        let broken = file(&folder, "broken.toml", "nonsense = 1\n");
        let checked = mqgate(&[kind, "check", &broken]);
        assert_eq!(checked.code, Some(78));
        assert!(checked.err.contains("broken.toml") && checked.err.contains("nonsense"), "{}", checked.err);
    }
}

#[test]
fn mistyped_names_are_met_with_what_there_is() {
    let folder = folder();
    let message = file(&folder, "echo.bin", ECHO);
    let ran = mqgate(&["translate", "--dialect", "generic-asci", &message]);
    assert_eq!(ran.code, Some(64));
    assert!(ran.err.contains("did you mean \"generic-ascii\"?"), "{}", ran.err);
    let ran = mqgate(&["translate", "--format", "fixed-width", &message]);
    assert_eq!(ran.code, Some(64));
    assert!(ran.err.contains("--layout is needed"), "{}", ran.err);
    assert!(Path::new(&message).is_file());
}

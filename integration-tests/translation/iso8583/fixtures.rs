//! Our own messages: what becomes of them, what a person is shown, and the same bytes again.

use std::fs;
use std::path::{Path, PathBuf};

use mqgate::message::Ccsid;
use mqgate::translate::{Dialect, Explanation, Show};

use super::support::{Spoken, read_hex};

/// A folder of `fixtures/`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) bytes: Vec<u8>,
    /// The name of its dialect, or of a file beside it.
    pub(crate) dialect: String,
}

/// All cases below a folder of `fixtures/`, by name.
pub(crate) fn cases(folder: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut cases: Vec<Case> =
        fs::read_dir(&root).unwrap().map(|entry| Case::read(entry.unwrap().path())).collect();
    cases.sort_by(|first, second| first.name.cmp(&second.name));
    assert!(!cases.is_empty(), "no case in {}", root.display());
    cases
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let dialect = fs::read_to_string(folder.join("dialect.txt")).unwrap().trim().to_owned();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Self { name, bytes: read_hex(&folder.join("input.hex")), dialect, folder }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match Dialect::shipped(&self.dialect) {
            Some(dialect) => dialect,
            None => {
                Dialect::from_toml(&fs::read_to_string(self.folder.join(&self.dialect)).unwrap()).unwrap()
            }
        }
    }

    pub(crate) fn spoken(&self) -> Spoken {
        let ccsid = fs::read_to_string(self.folder.join("ccsid.txt")).ok();
        let ccsid = ccsid.map(|text| text.split_whitespace().next().unwrap().parse().unwrap());
        Spoken { ccsid: Ccsid(ccsid.unwrap_or(1208)), ..Spoken::new(self.dialect()) }
    }

    fn expect(&self, file: &str, actual: &str) {
        let file = self.folder.join(file);
        if std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
            fs::write(&file, actual).unwrap();
            return;
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(expected == actual, "{} (UPDATE_EXPECT=1 rewrites it). Now:\n{actual}", file.display());
    }
}

#[test]
fn every_fixture_becomes_its_document_and_the_same_bytes_again() {
    for case in cases("iso8583") {
        let spoken = case.spoken();
        let document =
            spoken.translate(&case.bytes).unwrap_or_else(|refusal| panic!("{}: {refusal}", case.name));
        assert_eq!(document.format, "iso8583");
        let json = spoken.round_trip(&case.bytes).unwrap();
        assert_eq!(json["type"], document.kind);
        case.expect("expected.json", &format!("{}\n", serde_json::to_string_pretty(&json).unwrap()));
        let explanation = spoken.explain(&case.bytes, Show::Masked);
        assert_eq!(explanation.refusal, None);
        covers(&case, &explanation);
        case.expect("explained.txt", &lines(&explanation));
    }
}

/// Every byte is told of, in order.
fn covers(case: &Case, explanation: &Explanation) {
    let mut told = 0;
    let outer =
        explanation.pieces.iter().filter(|piece| piece.depth == 0 && !piece.name.starts_with("Covered"));
    for piece in outer {
        assert!(piece.offset <= told, "{}: nothing tells of byte {told}", case.name);
        told = told.max(piece.offset + piece.length);
    }
    assert_eq!(told, case.bytes.len(), "{}", case.name);
}

fn lines(explanation: &Explanation) -> String {
    let line = |piece: &mqgate::translate::Piece| {
        let element = format!("{}{}", "  ".repeat(piece.depth), piece.element);
        let line = format!(
            "{:>5} {:>4}  {element:<22} {:<45} {}",
            piece.offset, piece.length, piece.name, piece.value
        );
        format!("{}\n", line.trim_end())
    };
    explanation.pieces.iter().map(line).collect()
}

#[test]
fn every_message_that_must_be_refused_is_refused_at_its_place() {
    for case in cases("iso8583-refused") {
        let spoken = case.spoken();
        let refusal =
            spoken.translate(&case.bytes).err().unwrap_or_else(|| panic!("{} is accepted", case.name));
        case.expect("expected.txt", &format!("{refusal}\n"));
        assert!(refusal.offset <= case.bytes.len(), "{}", case.name);
        let explanation = spoken.explain(&case.bytes, Show::All);
        assert_eq!(explanation.refusal, Some(refusal), "{}: the dump stops at the same place", case.name);
    }
}

#[test]
fn every_shipped_dialect_has_a_fixture() {
    let spoken: Vec<String> = cases("iso8583").into_iter().map(|case| case.dialect).collect();
    for name in Dialect::names() {
        assert!(spoken.iter().any(|known| known == name), "{name}");
    }
}

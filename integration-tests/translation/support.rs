//! What all modules of this program use.

use std::fs;
use std::path::{Path, PathBuf};

use mqgate::message::{Ccsid, Document};
use mqgate::translate::{Input, Options, Refusal, Translator};

/// A folder of `fixtures/`.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) input: Vec<u8>,
    ccsid: Ccsid,
    encoding: i32,
}

/// UTF-8, and the encoding of a little-endian machine.
const USUAL: (i32, i32) = (1208, 546);

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
        let (ccsid, encoding) = match fs::read_to_string(folder.join("ccsid.txt")) {
            Ok(text) => {
                let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
                (numbers.next().unwrap(), numbers.next().unwrap_or(USUAL.1))
            }
            Err(_) => USUAL,
        };
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let input = fs::read(folder.join("input.xml")).unwrap();
        Self { name, input, ccsid: Ccsid(ccsid), encoding, folder }
    }

    pub(crate) fn input(&self) -> Input<'_> {
        Input { bytes: &self.input, ccsid: self.ccsid, encoding: self.encoding }
    }

    pub(crate) fn is_utf_8(&self) -> bool {
        self.ccsid.0 == USUAL.0
    }

    /// Compares with a file of the case; `UPDATE_EXPECT=1` writes it instead.
    pub(crate) fn expect(&self, file: &str, actual: &str) {
        let file = self.folder.join(file);
        if std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
            fs::write(&file, actual).unwrap();
            return;
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(expected == actual, "{} (UPDATE_EXPECT=1 rewrites it). Now:\n{actual}", file.display());
    }
}

/// The translation with default options.
pub(crate) fn translate(input: Input<'_>) -> Result<Document, Refusal> {
    Translator::new(&Options::default()).translate(input)
}

/// The translation of UTF-8 text.
pub(crate) fn translate_text(xml: &str) -> Result<Document, Refusal> {
    translate(utf_8(xml.as_bytes()))
}

pub(crate) fn utf_8(bytes: &[u8]) -> Input<'_> {
    Input { bytes, ccsid: Ccsid(USUAL.0), encoding: USUAL.1 }
}

pub(crate) fn json(document: &Document) -> serde_json::Value {
    serde_json::from_slice(&document.body).expect("the document is JSON")
}

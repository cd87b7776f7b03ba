//! SWIFT MT as a whole: our fixtures, messages that must be refused, the way back, a corpus of real samples where there is
//! one, and input that nobody would send.

#[path = "swift_mt/fixtures.rs"]
mod fixtures;
#[path = "swift_mt/refused.rs"]
mod refused;
#[path = "swift_mt/back.rs"]
mod back;
#[path = "swift_mt/walk.rs"]
mod walk;
#[path = "swift_mt/recorded.rs"]
mod recorded;
#[path = "swift_mt/corpus.rs"]
mod corpus;
#[path = "swift_mt/fuzz.rs"]
mod fuzz;

use std::fs;
use std::path::{Path, PathBuf};

use mqgate::message::{Ccsid, Document};
use mqgate::translate::{Format, Input, Options, Refusal, Translator, Wire};

/// UTF-8, and the encoding of a little-endian machine.
const USUAL: (i32, i32) = (1208, 546);

/// A folder of `fixtures/`.
#[derive(Clone)]
struct Case {
    folder: PathBuf,
    name: String,
    bytes: Vec<u8>,
    wire: Wire,
}

fn cases(folder: &str) -> Vec<Case> {
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
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            bytes: fs::read(folder.join("input.fin")).unwrap(),
            wire: Wire { ccsid: Ccsid(ccsid), encoding },
            folder,
        }
    }

    fn named(name: &str) -> Self {
        Self::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/swift-mt").join(name))
    }

    fn input(&self) -> Input<'_> {
        Input { bytes: &self.bytes, ccsid: self.wire.ccsid, encoding: self.wire.encoding }
    }

    fn is_utf_8(&self) -> bool {
        self.wire.ccsid.0 == USUAL.0
    }

    /// Compares with a file of the case; `UPDATE_EXPECT=1` writes it instead.
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

fn translator() -> Translator {
    Translator::new(&Options { format: Format::SwiftMt, ..Options::default() })
}

fn translate(input: Input<'_>) -> Result<Document, Refusal> {
    translator().translate(input)
}

fn utf_8(bytes: &[u8]) -> Input<'_> {
    Input { bytes, ccsid: Ccsid(USUAL.0), encoding: USUAL.1 }
}

const WIRE: Wire = Wire { ccsid: Ccsid(USUAL.0), encoding: USUAL.1 };

//! Fixed width records: our fixtures both ways, and what must be refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mqgate::message::{Ccsid, Document};
use mqgate::translate::fixed_width::Records;
use mqgate::translate::{Format, Input, Layout, Options, Refusal, Show, Translator, Unwritable, Wire};
use serde_json::{Value, json};

/// A layout with what is read by it.
pub(crate) struct Reader {
    layout: Arc<Layout>,
    translator: Translator,
    options: Options,
}

impl Reader {
    pub(crate) fn new(layout: Layout) -> Self {
        let layout = Arc::new(layout);
        let options = Options { format: Format::FixedWidth(layout.clone()), ..Options::default() };
        Self { translator: Translator::new(&options), layout, options }
    }

    pub(crate) fn of(toml: &str) -> Self {
        Self::new(Layout::from_toml(toml).unwrap_or_else(|error| panic!("{error}\n{toml}")))
    }

    pub(crate) fn bacs() -> Self {
        Self::new(Layout::shipped("bacs-std18").expect("the layout is shipped"))
    }

    pub(crate) fn read(&self, bytes: &[u8], ccsid: i32) -> Result<Document, Refusal> {
        self.translator.translate(input(bytes, ccsid))
    }

    pub(crate) fn show(&self, bytes: &[u8], ccsid: i32) -> Value {
        let document = self.translator.show(input(bytes, ccsid), Show::Masked).unwrap();
        serde_json::from_slice(&document.body).unwrap()
    }

    /// The document of what must be accepted.
    pub(crate) fn json(&self, bytes: &[u8], ccsid: i32) -> Value {
        let document = self.read(bytes, ccsid).unwrap_or_else(|refusal| panic!("{refusal}"));
        let value: Value = serde_json::from_slice(&document.body).unwrap();
        // Control characters can be escaped in two ways.
        if !document.body.windows(4).any(|four| four == b"\\u00") {
            assert!(serde_json::to_vec(&value).unwrap() == document.body, "compact, each name once");
        }
        value
    }

    pub(crate) fn write(&self, document: &Value, ccsid: i32) -> Result<Vec<u8>, Unwritable> {
        self.translator
            .write(&serde_json::to_vec(document).unwrap(), Wire { ccsid: Ccsid(ccsid), encoding: 546 })
    }

    /// Bytes, document, and the same bytes again.
    pub(crate) fn round_trip(&self, bytes: &[u8], ccsid: i32) -> Value {
        let document = self.json(bytes, ccsid);
        let written = self.write(&document, ccsid).unwrap_or_else(|error| panic!("{error}"));
        assert!(written == bytes, "written differently from byte {}", first_difference(&written, bytes));
        document
    }

    /// A file that is about to come.
    pub(crate) fn records(&self, ccsid: i32) -> Records {
        Records::new(self.layout.clone(), Ccsid(ccsid), &self.options, Show::All).unwrap()
    }

    /// The lines that a stream of pieces of this size becomes.
    pub(crate) fn stream(&self, bytes: &[u8], ccsid: i32, piece: usize) -> Result<Vec<u8>, Refusal> {
        let mut records = Records::new(self.layout.clone(), Ccsid(ccsid), &self.options, Show::All)?;
        let mut lines = Vec::new();
        for piece in bytes.chunks(piece) {
            records.feed(piece, &mut lines)?;
        }
        records.finish(&mut lines)?;
        Ok(lines)
    }

    pub(crate) fn explain(&self, bytes: &[u8], ccsid: i32) -> mqgate::translate::Explanation {
        self.translator.explain(input(bytes, ccsid), Show::Masked)
    }
}

pub(crate) fn input(bytes: &[u8], ccsid: i32) -> Input<'_> {
    Input { bytes, ccsid: Ccsid(ccsid), encoding: 546 }
}

fn first_difference(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// A folder of `fixtures/`: `input.dat`, and the layout in it or the name of a shipped one.
pub(crate) struct Case {
    pub(crate) name: String,
    folder: PathBuf,
    pub(crate) input: Vec<u8>,
    pub(crate) ccsid: i32,
    pub(crate) reader: Reader,
}

pub(crate) fn cases(folder: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let reader = match fs::read_to_string(folder.join("layout.toml")) {
            Ok(toml) => Reader::of(&toml),
            Err(_) => Reader::bacs(),
        };
        let ccsid =
            fs::read_to_string(folder.join("ccsid.txt")).map_or(1208, |text| text.trim().parse().unwrap());
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            input: fs::read(folder.join("input.dat")).unwrap(),
            ccsid,
            reader,
            folder,
        }
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

#[test]
fn every_fixture_becomes_its_document_and_its_bytes_again() {
    for case in cases("fixed-width") {
        println!("{}", case.name);
        let document = case.reader.round_trip(&case.input, case.ccsid);
        case.expect("expected.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
        assert_all_strings("", &document);
    }
}

/// All leaves are text.
pub(crate) fn assert_all_strings(path: &str, value: &Value) {
    match value {
        Value::String(_) => {}
        Value::Array(items) => items.iter().for_each(|item| assert_all_strings(path, item)),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| assert_all_strings(&format!("{path}/{name}"), member));
        }
        other => panic!("{path}: {other}"),
    }
}

#[test]
fn every_hostile_fixture_is_refused_where_it_breaks_a_rule() {
    for case in cases("fixed-width-refused") {
        let refusal = case.reader.read(&case.input, case.ccsid).err();
        let refusal = refusal.unwrap_or_else(|| panic!("{} is accepted", case.name));
        case.expect("expected.txt", &format!("{refusal}\n"));
        assert!(
            refusal.offset <= case.input.len() && !refusal.to_string().contains("SECRET"),
            "{}",
            case.name
        );
        let explained = case.reader.explain(&case.input, case.ccsid);
        assert_eq!(explained.refusal, Some(refusal), "{}", case.name);
    }
}

#[test]
fn a_stream_in_any_pieces_gives_the_records_of_the_whole_message() {
    for case in cases("fixed-width") {
        let whole = case.reader.json(&case.input, case.ccsid);
        for piece in [1, 7, 64, 4096] {
            let lines = case.reader.stream(&case.input, case.ccsid, piece).unwrap_or_else(|refusal| {
                panic!("{} in pieces of {piece}: {refusal}", case.name);
            });
            let mut lines: Vec<Value> = String::from_utf8(lines)
                .unwrap()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let end = lines.pop().unwrap();
            assert_eq!(whole["records"], Value::Array(lines.clone()), "{} in pieces of {piece}", case.name);
            assert_eq!(end["type"], whole["type"]);
            assert_eq!(end["count"], lines.len().to_string());
            assert_eq!(end.get("totals"), whole.get("totals"));
        }
    }
    for case in cases("fixed-width-refused").into_iter().filter(|case| !case.input.is_empty()) {
        let refusal = case.reader.read(&case.input, case.ccsid).unwrap_err();
        for piece in [1, 64] {
            assert_eq!(
                case.reader.stream(&case.input, case.ccsid, piece).unwrap_err(),
                refusal,
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn every_byte_of_a_fixture_is_explained() {
    for case in cases("fixed-width") {
        let explained = case.reader.explain(&case.input, case.ccsid);
        assert_eq!(explained.refusal, None, "{}", case.name);
        let mut covered = vec![false; case.input.len()];
        for piece in &explained.pieces {
            let end = (piece.offset + piece.length).min(covered.len());
            covered[piece.offset..end].iter_mut().for_each(|byte| *byte = true);
        }
        let headers = covered.iter().filter(|byte| !**byte).count();
        let records = explained.pieces.iter().filter(|piece| piece.depth == 0).count();
        // A header with the length is before its record, and no part of it.
        assert!(
            headers % records == 0 && headers / records <= 6,
            "{}: {headers} bytes are not explained",
            case.name
        );
    }
}

#[test]
fn what_a_layout_marks_is_masked_wherever_people_look() {
    let case = cases("fixed-width").into_iter().find(|case| case.name == "bacs-credits").unwrap();
    let masked = case.reader.show(&case.input, case.ccsid);
    let detail =
        masked["records"].as_array().unwrap().iter().find(|record| record["record"] == "detail").unwrap();
    assert_eq!(detail["destinationAccount"], "********");
    assert_eq!(detail["destinationAccountName"].as_str().unwrap().replace('*', ""), "");
    assert_eq!(detail["destinationSortCode"], "203015");
    let explained = case.reader.explain(&case.input, case.ccsid);
    let piece = explained.pieces.iter().find(|piece| piece.element == "detail.destinationAccount").unwrap();
    assert!(piece.masked && piece.value == "********");
}

/// A change of a document.
type Change<'a> = &'a dyn Fn(&mut Value);

#[test]
fn a_document_that_would_come_back_otherwise_is_not_written() {
    let case = cases("fixed-width").into_iter().find(|case| case.name == "bacs-credits").unwrap();
    let document = case.reader.json(&case.input, case.ccsid);
    let index = document["records"]
        .as_array()
        .unwrap()
        .iter()
        .position(|record| record["record"] == "detail")
        .unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut changed = document.clone();
        change(&mut changed);
        case.reader.write(&changed, case.ccsid).unwrap_err().to_string()
    };
    let detail = format!("/records/{index}");
    let cases: [(Change, String); 7] = [
        (&|it| it["records"][index]["amount"] = json!("1.00"), format!("{detail}/amount")),
        (&|it| it["records"][index]["amountPence"] = json!("1"), format!("{detail}/amountPence")),
        (
            &|it| it["records"][index]["serviceUserName"] = json!("A NAME THAT IS TOO LONG"),
            format!("{detail}/serviceUserName"),
        ),
        (&|it| it["records"][index]["typo"] = json!("x"), format!("{detail}/typo")),
        (&|it| it["records"][index]["record"] = json!("other"), format!("{detail}/record")),
        (&|it| it["records"][index]["transactionCode"] = json!(99), format!("{detail}/transactionCode")),
        (&|it| drop(it["records"].as_array_mut().unwrap().pop()), String::from("/records/")),
    ];
    for (change, pointer) in cases {
        let error = refused(change);
        assert!(error.starts_with(&pointer), "{error}");
    }
    let mut changed = document.clone();
    for member in ["amountPence", "amount"] {
        let value = if member == "amount" { "0.01" } else { "00000000001" };
        changed["records"][index][member] = json!(value);
    }
    let error = case.reader.write(&changed, case.ccsid).unwrap_err();
    assert!(error.expected.contains("the total"), "{error}");
}

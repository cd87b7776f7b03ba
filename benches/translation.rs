//! Speed of the ISO 20022 translation beside quick-xml reading the same files and doing nothing with the events.
//!
//! `cargo bench --bench translation` prints a table. The two are measured in turn, so that a slow moment of the machine
//! meets both; each figure is the median of its rounds.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mqgate::message::Ccsid;
use mqgate::translate::{Input, Options, Translator};
use quick_xml::NsReader;
use quick_xml::events::Event;

#[path = "translation/character_sets.rs"]
mod character_sets;

const ROUNDS: usize = 15;
/// A round reads all files again and again until this much was read.
const ROUND_BYTES: usize = 8 * 1024 * 1024;

fn main() {
    println!(
        "{:<34} {:>6} {:>9} {:>13} {:>13} {:>7}",
        "", "files", "mean kB", "events MB/s", "mqgate MB/s", "ratio"
    );
    let fixtures = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/iso20022"));
    compare("our fixtures", &fixtures);
    let single = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/iso20022/pacs008-single");
    compare("pacs008-single", &files(&single));
    let corpus = std::env::var_os("MQGATE_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    let corpus = files(&corpus.join("iso20022"));
    if corpus.is_empty() {
        println!("{:<34} (not here: MQGATE_CORPUS names its folder)", "corpus");
    } else {
        compare("corpus", &corpus);
    }
    compare("one pacs.008 of 10,000 transactions", &[large(10_000)]);
    character_sets::table();
}

fn compare(name: &str, files: &[Vec<u8>]) {
    let translator = Translator::new(&Options::default());
    let bytes: usize = files.iter().map(Vec::len).sum();
    let repeats = ROUND_BYTES.div_ceil(bytes);
    let (mut events, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        events.push(timed(files, repeats, |file| black_box(read_events(file))));
        ours.push(timed(files, repeats, |file| {
            let input = Input { bytes: file, ccsid: Ccsid(1208), encoding: 546 };
            black_box(translator.translate(input).expect("the file can be translated").body.len())
        }));
    }
    #[expect(clippy::float_arithmetic, reason = "speeds, not amounts")]
    {
        let speed = |times: &mut Vec<Duration>| (bytes * repeats) as f64 / median(times).as_secs_f64() / 1e6;
        let (events, ours) = (speed(&mut events), speed(&mut ours));
        let mean = bytes as f64 / files.len() as f64 / 1e3;
        println!(
            "{name:<34} {:>6} {mean:>9.1} {events:>13.0} {ours:>13.0} {:>7.2}",
            files.len(),
            ours / events
        );
    }
}

fn timed(files: &[Vec<u8>], repeats: usize, mut work: impl FnMut(&[u8]) -> usize) -> Duration {
    let started = Instant::now();
    for _ in 0..repeats {
        for file in files {
            work(file);
        }
    }
    started.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Reads all events with their namespaces.
fn read_events(file: &[u8]) -> usize {
    let mut reader = NsReader::from_str(std::str::from_utf8(file).expect("the file is UTF-8"));
    let mut count = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().expect("the file is XML");
        black_box(&namespace);
        if matches!(event, Event::Eof) {
            return count;
        }
        count += 1;
    }
}

/// The UTF-8 XML files below a folder; none where it is not there.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "xml")
            && !path.with_file_name("ccsid.txt").exists()
        {
            found.extend(fs::read(&path));
        }
    }
    found
}

/// A message with many transactions.
fn large(transactions: usize) -> Vec<u8> {
    let single = include_str!("../fixtures/iso20022/pacs008-single/input.xml");
    let (head, rest) = single.split_once("<CdtTrfTxInf>").expect("it has a transaction");
    let (transaction, tail) = rest.split_once("</CdtTrfTxInf>").expect("it ends");
    let transaction = format!("<CdtTrfTxInf>{transaction}</CdtTrfTxInf>\n");
    [head, &transaction.repeat(transactions), tail].concat().into_bytes()
}

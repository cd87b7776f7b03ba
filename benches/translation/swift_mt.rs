//! Speed of SWIFT MT to JSON with components, beside serde_json writing the same documents from trees that are ready.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use mqgate::message::Ccsid;
use mqgate::translate::{Format, Input, Options, Translator};

const ROUNDS: usize = 15;
/// A round reads all messages again and again until so many were read.
const ROUND_MESSAGES: usize = 40_000;

/// Prints a table.
pub(crate) fn run() {
    println!(
        "\n{:<34} {:>6} {:>7} {:>15} {:>15} {:>12}",
        "SWIFT MT", "files", "bytes", "write only/s", "mqgate msg/s", "allocations"
    );
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/swift-mt");
    compare("one MT103 of about 1 kB", &[file(&fixtures.join("mt103-customer-transfer/input.fin"))]);
    compare("one MT940", &[file(&fixtures.join("mt940-customer-statement/input.fin"))]);
    compare("one MT541", &[file(&fixtures.join("mt541-securities/input.fin"))]);
    let corpus = std::env::var_os("MQGATE_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        std::path::PathBuf::from,
    );
    match fs::read_dir(corpus.join("swift-mt")) {
        Ok(entries) => {
            let paths = entries.flatten().map(|entry| entry.path());
            let messages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "fin"));
            let files: Vec<Vec<u8>> = messages.map(|path| file(&path)).collect();
            compare("corpus, what is accepted", &accepted(files));
        }
        Err(_) => println!("{:<34} (not here: MQGATE_CORPUS names its folder)", "corpus"),
    }
}

fn file(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn accepted(files: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let translator = translator();
    files.into_iter().filter(|file| translator.translate(input(file)).is_ok()).collect()
}

fn translator() -> Translator {
    Translator::new(&Options { format: Format::SwiftMt, ..Options::default() })
}

fn input(bytes: &[u8]) -> Input<'_> {
    Input { bytes, ccsid: Ccsid(1208), encoding: 546 }
}

fn compare(name: &str, files: &[Vec<u8>]) {
    let translator = translator();
    let translate = |file: &[u8]| translator.translate(input(file)).expect("the file can be translated");
    let trees: Vec<serde_json::Value> = files
        .iter()
        .map(|file| serde_json::from_slice(&translate(file).body).expect("the document is JSON"))
        .collect();
    let repeats = ROUND_MESSAGES.div_ceil(files.len());
    let (mut written, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        written.push(timed(repeats, &trees, |tree| serde_json::to_vec(tree).expect("a tree is JSON").len()));
        ours.push(timed(repeats, files, |file| translate(file).body.len()));
    }
    let allocations: u64 = files.iter().map(|file| fuzz::allocations(|| drop(translate(file)))).sum();
    let count = files.len();
    let bytes = files.iter().map(Vec::len).sum::<usize>() / count;
    #[expect(clippy::float_arithmetic, reason = "speeds, not amounts")]
    {
        let speed = |times: &mut Vec<Duration>| (count * repeats) as f64 / median(times).as_secs_f64();
        let (written, ours) = (speed(&mut written), speed(&mut ours));
        let allocations = allocations as f64 / count as f64;
        println!("{name:<34} {count:>6} {bytes:>7} {written:>15.0} {ours:>15.0} {allocations:>12.1}");
    }
}

fn timed<T>(repeats: usize, items: &[T], mut work: impl FnMut(&T) -> usize) -> Duration {
    let started = Instant::now();
    for _ in 0..repeats {
        for item in items {
            black_box(work(item));
        }
    }
    started.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

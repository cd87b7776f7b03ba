//! Speed of the ISO 8583 translation, beside serde_json reading the documents that come of it: whoever takes them must.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mqgate::message::Ccsid;
use mqgate::translate::{Dialect, Format, Input, Options, Translator, Wire};
use serde_json::Value;

const ROUNDS: usize = 15;
const ROUND_MESSAGES: u32 = 20_000;

/// Our fixtures that are measured.
const CASES: [&str; 6] = [
    "purchase-bcd",
    "purchase-ascii",
    "fps-9200-ascii-hex",
    "fps-9200-ebcdic-binary",
    "mastercard-authorization",
    "visa-authorization",
];

pub(crate) fn run() {
    println!(
        "\n{:<34} {:>6} {:>9} {:>13} {:>13} {:>13} {:>7}",
        "ISO 8583", "bytes", "elements", "mqgate msg/s", "back msg/s", "serde msg/s", "allocs"
    );
    CASES.iter().for_each(|case| measure(case));
}

fn measure(case: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/iso8583").join(case);
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("the fixture has its files");
    let bytes = hex::decode(read("input.hex").trim()).expect("the fixture is hexadecimal");
    let dialect = Dialect::shipped(read("dialect.txt").trim()).expect("the dialect is shipped");
    let translator =
        Translator::new(&Options { format: Format::Iso8583(Arc::new(dialect)), ..Options::default() });
    let input = Input { bytes: &bytes, ccsid: Ccsid(1208), encoding: 546 };
    let wire = Wire { ccsid: input.ccsid, encoding: input.encoding };
    let document = translator.translate(input).expect("the fixture can be translated").body;
    let tree: Value = serde_json::from_slice(&document).expect("the document is JSON");
    let (mut ours, mut back, mut serde) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(|| black_box(translator.translate(input).expect("it can be translated").body.len())));
        back.push(timed(|| black_box(translator.write(&document, wire).expect("it can be written").len())));
        serde.push(timed(|| {
            let tree: Value = serde_json::from_slice(&document).expect("the document is JSON");
            black_box(tree.as_object().map_or(0, serde_json::Map::len))
        }));
    }
    let allocations = fuzz::allocations(|| drop(translator.translate(input)));
    println!(
        "{case:<34} {:>6} {:>9} {:>13.0} {:>13.0} {:>13.0} {allocations:>7}",
        bytes.len(),
        tree.get("fields").and_then(Value::as_object).map_or(0, serde_json::Map::len),
        speed(&mut ours),
        speed(&mut back),
        speed(&mut serde),
    );
}

fn timed(mut work: impl FnMut() -> usize) -> Duration {
    let started = Instant::now();
    for _ in 0..ROUND_MESSAGES {
        work();
    }
    started.elapsed()
}

/// Messages a second in the round in the middle.
#[expect(clippy::float_arithmetic, reason = "speeds, not amounts")]
fn speed(rounds: &mut [Duration]) -> f64 {
    rounds.sort_unstable();
    let middle = rounds.get(rounds.len() / 2).copied().unwrap_or_default();
    f64::from(ROUND_MESSAGES) / middle.as_secs_f64()
}

//! Speed of the fixed width translation on a large Bacs file, beside a search for its line ends and nothing else, and the
//! memory of the stream.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mqgate::message::Ccsid;
use mqgate::translate::fixed_width::Records;
use mqgate::translate::{Format, Input, Layout, Options, Show, Translator};

const ROUNDS: usize = 9;
const CREDITS: usize = 100_000;
/// What the stream is fed at once.
const PIECE_BYTES: usize = 64 * 1024;
/// The file that is streamed is the same one, this often: 100 MB.
const STREAMED: usize = 10;

/// Prints the table.
pub(crate) fn run() {
    println!("\n{:<46} {:>8} {:>9} {:>11}", "fixed width", "MB", "MB/s", "records/s");
    let file = bacs();
    let layout = Arc::new(Layout::shipped("bacs-std18").expect("the layout is shipped"));
    let options = Options { format: Format::FixedWidth(layout.clone()), ..Options::default() };
    let translator = Translator::new(&options);
    let ebcdic = ebcdic(&file);
    let (mut lines, mut whole, mut converted, mut streamed) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        lines.push(timed(|| memchr::memchr_iter(b'\n', &file).count()));
        whole.push(timed(|| translated(&translator, &file, 1208)));
        converted.push(timed(|| translated(&translator, &ebcdic, 500)));
        streamed.push(timed(|| stream(&layout, &options, &file)));
    }
    print("line ends only (memchr)", &file, &mut lines);
    print("a Bacs file as one document", &file, &mut whole);
    print("the same in EBCDIC without line ends", &ebcdic, &mut converted);
    print("the same as a stream", &file, &mut streamed);
    let peak = fuzz::bytes_at_once(|| {
        for _ in 0..STREAMED {
            stream(&layout, &options, &file);
        }
    });
    let per_document = fuzz::allocations(|| {
        black_box(translated(&translator, &file, 1208));
    });
    println!("a document of {CREDITS} records is {per_document} allocations");
    println!("a stream of 10 x {} MB allocates at most {} kB at once", file.len() / 1_000_000, peak / 1000);
}

fn translated(translator: &Translator, bytes: &[u8], ccsid: i32) -> usize {
    let input = Input { bytes, ccsid: Ccsid(ccsid), encoding: 546 };
    translator.translate(input).expect("the file can be translated").body.len()
}

fn stream(layout: &Arc<Layout>, options: &Options, file: &[u8]) -> usize {
    let mut records =
        Records::new(layout.clone(), Ccsid(1208), options, Show::All).expect("the CCSID is known");
    let (mut out, mut bytes) = (Vec::new(), 0);
    for piece in file.chunks(PIECE_BYTES) {
        records.feed(piece, &mut out).expect("the file can be translated");
        bytes += out.len();
        out.clear();
    }
    records.finish(&mut out).expect("the file is whole");
    bytes + out.len()
}

fn timed(work: impl FnOnce() -> usize) -> Duration {
    let started = Instant::now();
    black_box(work());
    started.elapsed()
}

#[expect(clippy::float_arithmetic, reason = "speeds, not amounts")]
fn print(name: &str, file: &[u8], times: &mut [Duration]) {
    times.sort_unstable();
    let seconds = times.get(times.len() / 2).map_or(1.0, Duration::as_secs_f64);
    let megabytes = file.len() as f64 / 1e6;
    println!("{name:<46} {megabytes:>8.1} {:>9.0} {:>11.0}", megabytes / seconds, CREDITS as f64 / seconds);
}

/// A Bacs file of many credits.
fn bacs() -> Vec<u8> {
    let text = include_str!("../../fixtures/fixed-width/bacs-credits/input.dat");
    let lines: Vec<String> = text.lines().map(|line| format!("{line}\r\n")).collect();
    let [vol1, hdr1, hdr2, uhl1, _, credit, contra, eof1, eof2, _] = lines.as_slice() else {
        unreachable!("the fixture has ten records")
    };
    let with_pence = |record: &str, pence: usize| {
        let (before, after) = record.split_at(35);
        format!("{before}{pence:011}{}", after.split_at(11).1)
    };
    let labels = [vol1, hdr1, hdr2, uhl1].map(String::as_str).concat();
    let credits = with_pence(credit, 1).repeat(CREDITS);
    let contra = with_pence(contra, CREDITS);
    let trailer = format!("UTL1{CREDITS:013}{CREDITS:013}{:07}{CREDITS:07}{:36}\r\n", 1, "");
    [&labels, &credits, &contra, eof1, eof2, &trailer].map(String::as_str).concat().into_bytes()
}

/// The records in EBCDIC, one after another.
fn ebcdic(file: &[u8]) -> Vec<u8> {
    let text: String =
        file.iter().map(|byte| char::from(*byte)).filter(|character| *character >= ' ').collect();
    let table = ccsid::single_byte(500).expect("the table is there");
    let mut bytes = Vec::new();
    table.encode_onto(&text, ccsid::Newline::Lf, &mut bytes).expect("all characters have a byte");
    bytes
}

//! Speed of text by CCSID beside copying the bytes and beside `iconv`, one core each.

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ccsid::{Newline, decode, encode, single_byte};

const ROUNDS: usize = 9;
/// A round converts this much.
const ROUND_BYTES: usize = 32 * 1024 * 1024;
/// A message of the usual size: all of it stays in the processor's cache.
const MESSAGE_BYTES: usize = 8 * 1024;

pub(crate) fn table() {
    println!("\n{:<44} {:>12} {:>12} {:>12}", "text by CCSID, MB/s", "copy", "mqgate", "iconv");
    let ascii = "<IntrBkSttlmAmt Ccy=\"GBP\">40.23</IntrBkSttlmAmt>\n";
    let british = "<Ustrd>PAID £40.23 ON ACCOUNT OF INVOICE 4711, SEE LETTER</Ustrd>\n";
    let german = "<Nm>Müller & Söhne Großhandel für Öle, Düsseldorf</Nm>\n";
    line("EBCDIC 285, ASCII only", 285, "IBM285", ascii);
    line("EBCDIC 285, a pound sign in 64 characters", 285, "IBM285", british);
    line("EBCDIC 1141, German", 1141, "IBM1141", german);
    line("ISO 8859-1, German", 819, "ISO-8859-1", german);
    line("UTF-16, German", 1200, "UTF-16BE", german);
    fields();
}

fn line(name: &str, ccsid: i32, iconv_name: &str, text: &str) {
    let bytes = encode(text, ccsid, 273, Newline::Nel).expect("the text has bytes in its CCSID");
    let message = bytes.repeat(MESSAGE_BYTES / bytes.len());
    let repeats = ROUND_BYTES / message.len();
    let (mut copies, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        copies.push(timed(repeats, || black_box(black_box(&message).to_vec()).len()));
        ours.push(timed(repeats, || {
            let decoded = decode(black_box(&message), ccsid, 273, Newline::Nel);
            black_box(decoded.expect("the CCSID is known").text.into_owned()).len()
        }));
    }
    let all = message.repeat(repeats);
    let iconv = iconv(iconv_name, &all).map_or_else(|| "-".to_owned(), |time| speed(all.len(), time));
    let (copies, ours) = (speed(all.len(), median(&mut copies)), speed(all.len(), median(&mut ours)));
    println!("{name:<44} {copies:>12} {ours:>12} {iconv:>12}");
}

/// Fields of 20 characters, each appended to a text that is used again.
fn fields() {
    let table = single_byte(500).expect("CCSID 500 is known");
    let field = encode("PAYMENT REFERENCE 01", 500, 273, Newline::Lf).expect("it has bytes");
    let repeats = ROUND_BYTES / field.len();
    let (mut decoded, mut encoded) = (Vec::new(), Vec::new());
    let (mut text, mut bytes) = (String::new(), Vec::new());
    for _ in 0..ROUNDS {
        decoded.push(timed(repeats, || {
            text.clear();
            table.decode_onto(black_box(&field), Newline::Lf, &mut text).expect("it is text");
            text.len()
        }));
        encoded.push(timed(repeats, || {
            bytes.clear();
            table.encode_onto(black_box(&text), Newline::Lf, &mut bytes).expect("it has bytes");
            bytes.len()
        }));
    }
    let each = |times: &mut Vec<Duration>| median(times).as_nanos() / repeats as u128;
    let (decoded, encoded) = (each(&mut decoded), each(&mut encoded));
    println!("a field of 20 bytes, EBCDIC 500: {decoded} ns to read, {encoded} ns to write");
}

/// One run of the program, its start included; `None` where it is not there.
fn iconv(from: &str, input: &[u8]) -> Option<Duration> {
    let started = Instant::now();
    let mut child = Command::new("iconv")
        .args(["-f", from, "-t", "UTF-8"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input).ok()?;
    child.wait().ok().filter(std::process::ExitStatus::success).map(|_| started.elapsed())
}

fn timed(repeats: usize, mut work: impl FnMut() -> usize) -> Duration {
    let started = Instant::now();
    for _ in 0..repeats {
        black_box(work());
    }
    started.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::float_arithmetic, reason = "speeds, not amounts")]
fn speed(bytes: usize, time: Duration) -> String {
    format!("{:.0}", bytes as f64 / time.as_secs_f64() / 1e6)
}

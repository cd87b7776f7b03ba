//! What reading costs, counted and never timed: bytes asked of the allocator, which every build counts, and steps, which a
//! build with `-C instrument-coverage` counts.
//!
//! Such a build has a counter in each region of code, its dependencies' too, that says how often it ran. Their sum is a
//! number of steps that is the same on every machine. It is written at the end of the process, so that each count is a
//! process of its own: the test starts itself. What the C library copies at once counts as one step, and shows as
//! bytes where something grew for it.

use std::path::Path;
use std::process::Command;

/// Says that the build counts steps.
const COUNTED: &str = "MQGATE_FUZZ_STEPS";
/// What a process that is started to be counted does: `<number of the shape> <size> <read or make>`.
const ERRAND: &str = "MQGATE_FUZZ_ERRAND";

/// Twice the input may be this many times the work, in percent: twice, and room for what grows in leaps.
const GROWTH_PERCENT_MAX: u64 = 260;

/// Work below this is noise, in bytes or steps.
const NOISE: u64 = 20_000;

/// A kind of input that can be made in any size.
#[derive(Debug)]
pub struct Shape<I> {
    /// What it is called where it fails.
    pub name: &'static str,
    /// How large it is the first time.
    pub size: usize,
    /// Makes it, about in proportion to its size.
    pub make: fn(usize) -> I,
}

/// Runs something and gives the most bytes that were allocated in this thread at once.
pub fn bytes_at_once(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).bytes_max
}

/// Runs something and gives how often memory was allocated in this thread.
pub fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

/// Reads each shape in one size and in twice that size: the work must not be much more than twice. `test` is the path of
/// the calling test.
///
/// # Panics
/// Where it is more.
pub fn assert_in_proportion<I>(test: &str, shapes: &[Shape<I>], read: impl Fn(&I)) {
    if let Ok(errand) = std::env::var(ERRAND) {
        return run(&errand, shapes, read);
    }
    let counted = std::env::var_os(COUNTED).is_some();
    for (number, shape) in shapes.iter().enumerate() {
        let bytes = [shape.size, 2 * shape.size].map(|size| {
            let input = (shape.make)(size);
            allocation_counter::measure(|| read(&input)).bytes_total
        });
        compare(shape.name, "bytes", bytes);
        if counted {
            compare(shape.name, "steps", [1, 2].map(|times| steps_to_read(test, number, times * shape.size)));
        }
    }
}

fn compare(shape: &str, unit: &str, [once, twice]: [u64; 2]) {
    println!("{shape}: {once} {unit}, then {twice}");
    assert!(
        twice <= once.max(NOISE) / 100 * GROWTH_PERCENT_MAX,
        "{shape}: {once} {unit} became {twice} when the input doubled"
    );
}

/// What a process does that was started to be counted.
fn run<I>(errand: &str, shapes: &[Shape<I>], read: impl Fn(&I)) {
    let mut words = errand.split(' ');
    let mut number = || words.next().and_then(|word| word.parse::<usize>().ok());
    let (Some(shape), Some(size)) = (number().and_then(|at| shapes.get(at)), number()) else {
        panic!("{ERRAND}: not an errand: {errand:?}");
    };
    let input = (shape.make)(size);
    if words.next() == Some("read") {
        read(&input);
    }
}

/// The steps of reading: those of a process that makes the input and reads it, less those of one that only makes it.
fn steps_to_read(test: &str, shape: usize, size: usize) -> u64 {
    let [read, make] = ["read", "make"].map(|verb| steps_of_errand(test, &format!("{shape} {size} {verb}")));
    read.saturating_sub(make)
}

fn steps_of_errand(test: &str, errand: &str) -> u64 {
    let profile = tempfile::NamedTempFile::new().expect("a file for counters");
    let program = std::env::current_exe().expect("the test knows its own path");
    let ended = Command::new(program)
        .args(["--exact", test, "--quiet", "--test-threads=1"])
        .env(ERRAND, errand)
        .env("LLVM_PROFILE_FILE", profile.path())
        .output()
        .expect("the test starts itself");
    assert!(ended.status.success(), "{test}: {errand}: {:?}", ended.status);
    sum_of_counters(profile.path())
}

/// Where the numbers stand in a raw profile, in words of 8 bytes (LLVM, `InstrProfData.inc`, `INSTR_PROF_RAW_HEADER`).
mod profile {
    pub(super) const VERSION: usize = 1;
    pub(super) const BINARY_IDS_BYTES: usize = 2;
    pub(super) const RECORDS: usize = 3;
    pub(super) const PADDING_BYTES: usize = 4;
    pub(super) const COUNTERS: usize = 5;
    pub(super) const HEADER_BYTES: u64 = 128;
    pub(super) const RECORD_BYTES: u64 = 64;
}

/// Adds up a raw profile's counters.
fn sum_of_counters(file: &Path) -> u64 {
    const KNOWN_VERSION: u64 = 10;
    let bytes = std::fs::read(file).expect("the counters' file");
    let words = bytes.as_chunks::<8>().0;
    let header = |at: usize| {
        let word = words.get(at).copied().map(u64::from_le_bytes);
        word.unwrap_or_else(|| panic!("no counters: {COUNTED} needs RUSTFLAGS=\"-C instrument-coverage\""))
    };
    assert_eq!(header(profile::VERSION), KNOWN_VERSION, "this toolchain writes its counters in another form");
    let before = profile::HEADER_BYTES
        + header(profile::BINARY_IDS_BYTES)
        + header(profile::RECORDS) * profile::RECORD_BYTES
        + header(profile::PADDING_BYTES);
    let [first, count] =
        [before / 8, header(profile::COUNTERS)].map(|words| usize::try_from(words).unwrap_or(usize::MAX));
    words.iter().skip(first).take(count).copied().map(u64::from_le_bytes).sum()
}

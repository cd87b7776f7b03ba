//! Cases and their seeds.

use std::str::FromStr;

use crate::random::Random;

/// How many cases a test runs that `MQGATE_FUZZ_CASES` says nothing of.
const CASES: u64 = 400;

/// Runs `test` once for each case. A test that is slow runs one case in so many only.
///
/// # Panics
/// As `test` does; the seed is printed.
pub fn each_case(one_in: u64, mut test: impl FnMut(&mut Random)) {
    let first: u64 = variable("MQGATE_FUZZ_SEED").unwrap_or(1);
    let cases = (variable("MQGATE_FUZZ_CASES").unwrap_or(CASES) / one_in).max(1);
    for seed in (0..cases).map(|case| first.wrapping_add(case)) {
        let _told = Seed(seed);
        test(&mut Random::new(seed));
    }
}

/// The seed of the case that runs: printed where it fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("MQGATE_FUZZ_SEED={} MQGATE_FUZZ_CASES=1 repeats the case that failed.", self.0);
        }
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: a whole number expected, not {text:?}")))
}

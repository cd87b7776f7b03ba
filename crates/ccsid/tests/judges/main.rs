//! Every byte of every table, as others have it: glibc's `iconv`, Python with the package `ebcdic`, Java. What they say otherwise
//! is listed, each with its reason; what is listed and not so is an error too.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and says where"
)]

mod differences;
mod names;
mod theirs;

use ccsid::{Newline, SingleByte, single_bytes};

/// What a judge says of 256 bytes; `None` where it has no character for one.
type Table = Vec<Option<char>>;

/// The tables that a judge has, by CCSID; or what is missing to ask it.
type Answer = Result<Vec<(i32, Table)>, String>;

#[test]
fn glibc_agrees() {
    judge("glibc", theirs::iconv(), Newline::Nel, differences::GLIBC, true);
}

#[test]
fn python_agrees() {
    judge("Python", theirs::python(), Newline::Lf, differences::PYTHON, true);
}

#[test]
fn java_agrees() {
    judge("Java", theirs::java(), Newline::Lf, differences::JAVA, false);
}

/// Compares all tables with those of a judge. One that is not here is skipped, or required.
fn judge(name: &str, answer: Answer, newline: Newline, listed: &[(i32, &[u8], &str)], may_be_required: bool) {
    let tables = match answer {
        Ok(tables) => tables,
        Err(missing) => {
            let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
            assert!(!(required && may_be_required), "required: {missing}");
            println!("skipped: {missing}");
            return;
        }
    };
    assert!(tables.len() > 40, "{name} knows only {} tables", tables.len());
    let mut wrong = Vec::new();
    for (ccsid, theirs) in &tables {
        let ours = ccsid::single_byte(*ccsid).unwrap();
        let found = differing(ours, newline, theirs);
        let expected: Vec<u8> =
            listed.iter().filter(|line| line.0 == *ccsid).flat_map(|line| line.1.iter().copied()).collect();
        println!("{name:<8} {ccsid:>5} {:<40} {:>3} of 256 bytes differ", ours.name, found.len());
        if found != expected {
            wrong.push(format!("{ccsid}: {}", described(ours, newline, theirs, &found)));
        }
    }
    assert!(wrong.is_empty(), "{name}, not as listed:\n{}", wrong.join("\n"));
    println!("{name}: {} of {} tables compared", tables.len(), single_bytes().count());
}

fn differing(ours: &SingleByte, newline: Newline, theirs: &Table) -> Vec<u8> {
    assert_eq!(theirs.len(), 256);
    let differs = |byte: &u8| ours.char(*byte, newline) != theirs[usize::from(*byte)];
    (0..=255).filter(differs).collect()
}

fn described(ours: &SingleByte, newline: Newline, theirs: &Table, found: &[u8]) -> String {
    let one =
        |byte: &u8| format!("{byte:02X} {:?} {:?}", ours.char(*byte, newline), theirs[usize::from(*byte)]);
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

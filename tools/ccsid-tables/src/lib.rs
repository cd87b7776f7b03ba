//! The tables of character sets of one byte a character, as ICU has them, for `crates/ccsid`.
//!
//! ICU is asked through its own program `uconv` (Debian: package `icu-devtools`), so that neither its sources nor its data are
//! part of the project. ICU's data are under the Unicode licence (SPDX `Unicode-3.0`; `Unicode-DFS-2016` before ICU 74), which
//! allows use and redistribution with its notice: `crates/ccsid/LICENSE-UNICODE`.
//!
//! # Layout
//!
//! * `sets`: which character sets, by CCSID and by their names in ICU.
//! * `icu`: asks `uconv` for the characters of 256 bytes, and for the way back.
//! * `amend`: the few places where ICU is not followed, each with its reason.
//! * `source`: the tables as Rust source.

mod sets;
mod icu;
mod amend;
mod source;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub use icu::is_present;
pub use sets::SETS;

/// What the 256 bytes mean; `None` where a byte has no character.
type Table = [Option<char>; 256];

/// Where the tables are in the project.
pub fn tables_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/ccsid/src/tables.rs")
}

/// The source text of all tables.
///
/// # Errors
/// There is no `uconv`, it does not know a character set, or a character of one has two bytes.
pub fn generate() -> anyhow::Result<String> {
    let mut text = source::head();
    for set in SETS {
        let mut table = icu::table(set.icu_name).with_context(|| format!("CCSID {}", set.ccsid))?;
        amend::amend(set, &mut table);
        source::write(set, &table, &mut text);
    }
    text.push_str(source::TAIL);
    Ok(text)
}

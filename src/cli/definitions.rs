//! `mqgate dialect` and `mqgate layout`: the files by which formats are read, those that are shipped and those of people.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{CONFIG, DATA, NO_INPUT, USAGE, say};
use crate::settings::format;
use crate::translate::fixed_width::copybook;
use crate::translate::{Dialect, Layout};

/// Dialects of ISO 8583.
#[derive(Debug, Subcommand)]
pub(super) enum Dialects {
    /// The names of those that mqgate ships.
    List,
    /// Print one as the file that it is, to begin one's own with.
    Show {
        /// Its name.
        name: String,
    },
    /// Read files and tell what is wrong with them.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Layouts of records.
#[derive(Debug, Subcommand)]
pub(super) enum Layouts {
    /// The names of those that mqgate ships.
    List,
    /// Print one as the file that it is, to begin one's own with.
    Show {
        /// Its name.
        name: String,
    },
    /// Read files and tell what is wrong with them.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the layout that a COBOL copybook describes.
    FromCopybook {
        /// The copybook.
        file: PathBuf,
    },
}

/// Runs `mqgate dialect`.
pub(super) fn dialects(command: &Dialects) -> u8 {
    match command {
        Dialects::List => list(&Dialect::names()),
        Dialects::Show { name } => show(name, Dialect::source(name), &Dialect::names()),
        Dialects::Check { files } => check(files, |text| Dialect::from_toml(text).map(drop)),
    }
}

/// Runs `mqgate layout`.
pub(super) fn layouts(command: &Layouts) -> u8 {
    match command {
        Layouts::List => list(&Layout::names()),
        Layouts::Show { name } => show(name, Layout::source(name), &Layout::names()),
        Layouts::Check { files } => check(files, |text| Layout::from_toml(text).map(drop)),
        Layouts::FromCopybook { file } => from_copybook(file),
    }
}

fn list(names: &[&str]) -> u8 {
    names.iter().for_each(|name| say(&format!("{name}\n")));
    0
}

fn show(name: &str, source: Option<&str>, names: &[&str]) -> u8 {
    match source {
        Some(source) => {
            say(source);
            0
        }
        None => {
            eprintln!("mqgate: one of {} expected, not {name:?}", names.join(", "));
            USAGE
        }
    }
}

fn check<E: std::fmt::Display>(files: &[PathBuf], read: impl Fn(&str) -> Result<(), E>) -> u8 {
    let mut worst = 0;
    for file in files {
        let problem = match format::read(file) {
            Err(error) => Some((NO_INPUT, format!("cannot be read: {error}"))),
            Ok(text) => read(&text).err().map(|error| (CONFIG, error.to_string())),
        };
        match problem {
            None => say(&format!("{}: valid\n", file.display())),
            Some((code, problem)) => {
                eprintln!("mqgate: {}: {problem}", file.display());
                worst = worst.max(code);
            }
        }
    }
    worst
}

fn from_copybook(file: &Path) -> u8 {
    let text = match format::read(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("mqgate: {}: cannot be read: {error}", file.display());
            return NO_INPUT;
        }
    };
    match copybook::import(&text) {
        Ok(layout) => {
            say(&layout);
            0
        }
        Err(error) => {
            eprintln!("mqgate: {}: {error}", file.display());
            DATA
        }
    }
}

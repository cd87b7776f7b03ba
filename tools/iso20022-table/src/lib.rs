//! What the ISO 20022 translation must know of the schemas so that one path of one message version always has one JSON type:
//! which child elements may repeat, which have element content, which are text with attributes.
//!
//! # Layout
//!
//! * `schema`: reads one schema file.
//! * `facts`: what a set of schemas says of each parent and child.
//! * `table`: the compressed text of it: what holds for most versions, and the exceptions.

mod schema;
mod facts;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// Where the schemas are: `MQGATE_XSD`, else a folder beside the project.
pub fn schema_folder() -> PathBuf {
    std::env::var_os("MQGATE_XSD")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/xsd"), PathBuf::from)
}

/// Where the table is in the project.
pub fn table_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/translate/iso20022/table.txt")
}

/// The table of all schemas below `folder`.
///
/// # Errors
/// A file that cannot be read, is no schema, or uses what this program does not understand; a folder without schemas.
pub fn generate(folder: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    ensure!(!files.is_empty(), "no .xsd file below {}", folder.display());
    files.sort();
    let schemas = files
        .iter()
        .map(|file| schema::read(file).with_context(|| format!("cannot read the schema {}", file.display())))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(table::write(&facts::gather(&schemas)))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "xsd") {
            files.push(path);
        }
    }
    Ok(())
}

//! `ccsid-tables [FILE]`: asks ICU for its tables and writes them into the project.

use std::path::PathBuf;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let file = std::env::args_os().nth(1).map_or_else(ccsid_tables::tables_file, PathBuf::from);
    let text = ccsid_tables::generate()?;
    std::fs::write(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}: {} tables, {} bytes", file.display(), ccsid_tables::SETS.len(), text.len());
    Ok(())
}

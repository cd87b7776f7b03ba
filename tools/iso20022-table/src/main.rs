//! `iso20022-table [SCHEMAS [TABLE]]`: reads a folder of schemas and writes the table.

use std::path::PathBuf;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let schemas = arguments.next().unwrap_or_else(iso20022_table::schema_folder);
    let table = arguments.next().unwrap_or_else(iso20022_table::table_file);
    let text = iso20022_table::generate(&schemas)?;
    std::fs::write(&table, &text).with_context(|| format!("cannot write {}", table.display()))?;
    println!("{}: {} lines, {} bytes", table.display(), text.lines().count(), text.len());
    Ok(())
}

//! The folder of schemas of a source, and what follows where a message breaks them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fields::Fields;
use super::{OnBreach, SchemaCheck};
use crate::translate::schema::{File, Schemas};

/// The largest schema file, in bytes. The largest of those that ISO publishes have a megabyte.
const SCHEMA_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How many schema files a folder may have.
const SCHEMAS_MAX: usize = 2_000;

const WORDS: [(&str, Option<OnBreach>); 2] =
    [("advise", Some(OnBreach::Advise)), ("strict", Some(OnBreach::Park))];

/// Reads `schemas` and `schema_check`, and tells `absorb` the text of each file.
pub(super) fn check(fields: &mut Fields<'_>, absorb: impl FnMut(&str)) -> Option<SchemaCheck> {
    let folder = fields.text_at("schemas").filter(|(text, _)| !text.is_empty());
    let word = fields.word("schema_check", &WORDS, None);
    let Some((folder, origin)) = folder else {
        if word.is_some() {
            fields.fault_here("schema_check", "stands beside schemas only");
        }
        return None;
    };
    let on_breach = word.unwrap_or(OnBreach::Advise);
    match load(Path::new(&folder), absorb) {
        Ok(schemas) => Some(SchemaCheck { schemas: Arc::new(schemas), on_breach }),
        Err(problem) => {
            fields.fault(&origin, "schemas", &problem);
            None
        }
    }
}

/// Reads and compiles the schemas of a folder.
///
/// # Errors
/// The first file that cannot be used, and how many others; or what is wrong with the folder.
pub(crate) fn load(folder: &Path, mut absorb: impl FnMut(&str)) -> Result<Schemas, String> {
    let files = read(folder)?;
    files.iter().for_each(|file| absorb(&file.text));
    Schemas::new(files).map_err(|unusable| {
        let first = unusable.first().map(ToString::to_string).unwrap_or_default();
        let others = unusable.len().saturating_sub(1);
        let others = if others == 0 { String::new() } else { format!(" (and {others} other files)") };
        format!("{}: {first}{others}", folder.display())
    })
}

/// The schema files of a folder, by name.
fn read(folder: &Path) -> Result<Vec<File>, String> {
    let unreadable = |error: io::Error| {
        format!("a folder of schemas (*.xsd) expected, not {:?}: {error}", folder.display().to_string())
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|it| it == "xsd"));
    paths.sort();
    match paths.len() {
        0 => Err(format!("{}: no schema (*.xsd) is in it", folder.display())),
        count if count > SCHEMAS_MAX => {
            Err(format!("{}: at most {SCHEMAS_MAX} schemas expected, not {count}", folder.display()))
        }
        _ => paths.iter().map(|path| file(path)).collect(),
    }
}

fn file(path: &Path) -> Result<File, String> {
    let read = || {
        if fs::metadata(path)?.len() > SCHEMA_BYTES_MAX {
            return Err(io::Error::other(format!("it has more than {SCHEMA_BYTES_MAX} bytes")));
        }
        fs::read_to_string(path)
    };
    let text = read().map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(File { name, text: text.trim_start_matches('\u{feff}').to_owned() })
}

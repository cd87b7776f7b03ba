//! The MQ client library, loaded at run time and never unloaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libloading::os::unix;

use crate::verbs::Verbs;

/// The names that IBM's client goes by: the threaded library, then the older client-only one.
const NAMES: [&str; 2] = ["libmqm_r.so", "libmqic_r.so"];

/// A loaded MQ client library. Cheap to clone; the library stays loaded until the process ends.
#[derive(Debug, Clone)]
pub struct Library {
    inner: Arc<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    path: PathBuf,
    verbs: Verbs,
}

/// No MQ client library could be loaded.
#[derive(Debug, thiserror::Error)]
#[error("no MQ client library: {}", .tried.join("; "))]
pub struct LoadError {
    tried: Vec<String>,
}

impl Library {
    /// Loads the library at `configured`, or where nothing is configured `libmqm_r.so`, then `libmqic_r.so`, by the
    /// system's search rules.
    ///
    /// # Errors
    /// Names every path that was tried and why it would not do: not found, not a library, or a missing symbol.
    pub fn load(configured: Option<&Path>) -> Result<Self, LoadError> {
        let candidates: Vec<&Path> = match configured {
            Some(path) => vec![path],
            None => NAMES.iter().map(Path::new).collect(),
        };
        let mut tried = Vec::new();
        for path in candidates {
            match open(path) {
                Ok(verbs) => {
                    return Ok(Self { inner: Arc::new(Loaded { path: path.to_owned(), verbs }) });
                }
                Err(error) => tried.push(format!("{}: {error}", path.display())),
            }
        }
        Err(LoadError { tried })
    }

    /// The path or name by which it was found.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    pub(crate) fn verbs(&self) -> Verbs {
        self.inner.verbs
    }
}

fn open(path: &Path) -> Result<Verbs, String> {
    // SAFETY: loading runs the library's initialisers. The operator names the library; it is trusted as this program is.
    let loaded = unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) };
    let library = libloading::Library::from(loaded.map_err(|error| error.to_string())?);
    let verbs = Verbs::find(&library).map_err(|symbol| format!("it has no symbol {symbol}"))?;
    // IBM's client starts threads and registers exit handlers of its own: unloading it is not supported.
    std::mem::forget(library);
    Ok(verbs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_an_error_that_names_what_was_tried() {
        let error = Library::load(Some(Path::new("/nowhere/libmqm_r.so"))).unwrap_err().to_string();
        assert!(error.starts_with("no MQ client library: /nowhere/libmqm_r.so: "), "{error}");
    }

    #[test]
    fn a_library_without_the_mqi_is_refused_by_the_missing_symbol() {
        let error = Library::load(Some(Path::new("libc.so.6"))).unwrap_err().to_string();
        assert!(error.ends_with("it has no symbol MQCONNX"), "{error}");
    }
}

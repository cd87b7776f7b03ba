//! Who may connect, and with which password: a file of `user:hash` lines, hashes by Argon2id.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::verbs::Connect;

/// 4 MiB, 3 passes: OWASP's smaller recommendation is 7 MiB and 5 passes; this is a development queue manager, whose
/// clients also connect by the dozen in a debug build.
const COST: (u32, u32, u32) = (4 * 1024, 3, 1);

/// The users and their password hashes.
#[derive(Debug)]
pub struct Users(HashMap<String, String>);

/// What is wrong with a users file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A line is not `user:hash`.
    #[error("{file}:{line}: {what}")]
    Line {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what is expected; no hash.
        what: &'static str,
    },
}

impl Users {
    /// Reads a users file: `user:hash` lines as `devqm password` prints them; blank lines and lines that begin with `#`
    /// are skipped.
    ///
    /// # Errors
    /// An unreadable file, or its first wrong line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Unreadable { file: file.clone(), source })?;
        let mut users = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let wrong = |what| Error::Line { file: file.clone(), line: index + 1, what };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, hash) = line.split_once(':').ok_or(wrong("expected user:hash"))?;
            PasswordHash::new(hash).map_err(|_| wrong("the hash is not one that `devqm password` prints"))?;
            if users.insert(user.trim().to_owned(), hash.to_owned()).is_some() {
                return Err(wrong("the user has a line already"));
            }
        }
        Ok(Self(users))
    }

    /// Whether the connection's user and password are right. Takes milliseconds, on purpose.
    pub fn accepts(&self, connect: &Connect) -> bool {
        let hash = self.0.get(&connect.user).and_then(|hash| PasswordHash::new(hash).ok());
        hash.is_some_and(|hash| {
            Argon2::default().verify_password(connect.password.0.as_bytes(), &hash).is_ok()
        })
    }
}

/// A password's hash, as a users file holds it.
///
/// # Errors
/// No random bytes for the salt.
pub fn hash(password: &str) -> io::Result<String> {
    let (memory_kib, passes, lanes) = COST;
    let failed = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let params = Params::new(memory_kib, passes, lanes, None).map_err(|error| failed(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: argon2::password_hash::phc::PasswordHash =
        argon2.hash_password(password.as_bytes()).map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::Secret;

    fn connect(user: &str, password: &str) -> Connect {
        Connect { user: user.to_owned(), password: Secret(password.to_owned()), ..Connect::default() }
    }

    #[test]
    fn a_user_is_accepted_with_the_password_that_was_hashed_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users");
        std::fs::write(&file, format!("# staff\n\napp:{}\n", hash("passw0rd").unwrap())).unwrap();
        let users = Users::read(&file).unwrap();
        assert!(users.accepts(&connect("app", "passw0rd")));
        assert!(!users.accepts(&connect("app", "password")));
        assert!(!users.accepts(&connect("", "")));
        assert!(!users.accepts(&connect("admin", "passw0rd")));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users");
        for (text, expected) in [
            ("app", "users:1: expected user:hash"),
            ("\napp:secret", "users:2: the hash is not one that `devqm password` prints"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Users::read(&file).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
    }
}

//! Secrets: read from files, never printed.

use std::fmt;
use std::path::{Path, PathBuf};

use http::HeaderValue;

/// What a request's `Authorization` header is made of.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A bearer token.
    Bearer {
        /// The file with the token.
        token_file: PathBuf,
    },
    /// User and password.
    Basic {
        /// The user.
        user: String,
        /// The file with the password.
        password_file: PathBuf,
    },
}

/// A secret cannot be had.
#[derive(Debug)]
pub struct SecretError {
    path: PathBuf,
    problem: String,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for SecretError {}

/// Reads a secret; one newline at its end is not part of it.
///
/// # Errors
/// Where the file cannot be read, is not UTF-8, or is empty.
pub(crate) fn read(path: &Path) -> Result<String, SecretError> {
    let fault = |problem: String| SecretError { path: path.to_owned(), problem };
    let mut secret =
        std::fs::read_to_string(path).map_err(|error| fault(format!("cannot be read: {error}")))?;
    if secret.ends_with('\n') {
        secret.pop();
        if secret.ends_with('\r') {
            secret.pop();
        }
    }
    if secret.is_empty() { Err(fault("the secret is empty".to_owned())) } else { Ok(secret) }
}

impl Credentials {
    /// The header's value, its file read now.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds what a header cannot.
    pub fn authorization(&self) -> Result<HeaderValue, SecretError> {
        let (path, text) = match self {
            Self::Bearer { token_file } => (token_file, format!("Bearer {}", read(token_file)?)),
            Self::Basic { user, password_file } => {
                let pair = format!("{user}:{}", read(password_file)?);
                (password_file, format!("Basic {}", base64(pair.as_bytes())))
            }
        };
        let fault =
            |_| SecretError { path: path.clone(), problem: "holds what a header cannot carry".to_owned() };
        let mut value = HeaderValue::try_from(text).map_err(fault)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    #[test]
    fn one_newline_is_not_part_of_a_secret() {
        for (content, expected) in
            [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), ("a\n\n", "a\n"), ("b", "b")]
        {
            assert_eq!(read(file(content).path()).unwrap(), expected);
        }
        assert!(read(file("\n").path()).is_err());
        assert!(read(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn authorization_is_made_of_the_files_and_not_shown() {
        let password = file("open sesame\n");
        let basic = Credentials::Basic { user: "Aladdin".into(), password_file: password.path().to_owned() };
        let value = basic.authorization().unwrap();
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{value:?}"), "Sensitive");
        let token = file("two\nlines\n");
        let bearer = Credentials::Bearer { token_file: token.path().to_owned() };
        assert!(bearer.authorization().is_err());
    }
}

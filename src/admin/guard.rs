//! Who may change something, or see payloads: whoever shows the token; without a token, programs on this machine.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use super::Refusal;
use crate::settings::{Admin, secret};

/// The rule of one listener.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    token_file: Option<PathBuf>,
    listen: SocketAddr,
}

impl Guard {
    pub(super) fn new(admin: &Admin) -> Self {
        Self { token_file: admin.token_file.clone(), listen: admin.listen }
    }

    /// Lets a request pass, or says why not.
    pub(super) async fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(file) = self.token_file.clone() else { return self.check_without_token(headers) };
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(shown) = shown.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned) else {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Authorization: Bearer <token> expected"));
        };
        // Read anew each time, and not on this thread: the token may be rotated while we run.
        let matches = tokio::task::spawn_blocking(move || matches(&file, &shown)).await;
        match matches {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Refusal::new(StatusCode::UNAUTHORIZED, "this is not the token")),
            Ok(Err(_)) | Err(_) => {
                Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "admin.token_file cannot be read"))
            }
        }
    }

    /// A page that a browser on this machine shows must not reach us: it sends Origin, or a name that is not this machine's.
    fn check_without_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if !self.listen.ip().is_loopback() {
            let problem = "refused: admin.listen is not a loopback address, and admin.token_file is not set";
            return Err(Refusal::new(StatusCode::FORBIDDEN, problem));
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if headers.contains_key(ORIGIN) || !names_this_machine(host) {
            let problem = "refused: without admin.token_file only programs on this machine may do this";
            return Err(Refusal::new(StatusCode::FORBIDDEN, problem));
        }
        Ok(())
    }
}

fn names_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn matches(file: &Path, shown: &str) -> Result<bool, crate::settings::SecretError> {
    Ok(same(&secret::read(file)?, shown))
}

/// Compares in a time that tells nothing of where two secrets differ: their hashes, all bytes of them.
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(&other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for host in ["127.0.0.1:9464", "localhost", "localhost:1", "[::1]:9464", "[::1]", "127.8.9.1"] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in ["", "example.com:9464", "10.0.0.1", "127.0.0.1.example.com", "[::2]:1"] {
            assert!(!names_this_machine(host), "{host}");
        }
    }

    #[test]
    fn without_a_token_nobody_changes_anything_from_another_machine() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:9464".parse().unwrap());
        let passes = |listen: &str, headers: &HeaderMap| {
            let guard = Guard { token_file: None, listen: listen.parse().unwrap() };
            guard.check_without_token(headers).is_ok()
        };
        assert!(passes("127.0.0.1:9464", &headers));
        assert!(!passes("0.0.0.0:9464", &headers));
        headers.insert(ORIGIN, "https://example.com".parse().unwrap());
        assert!(!passes("127.0.0.1:9464", &headers));
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        assert!(same("token", "token"));
        assert!(!same("token", "tokem") && !same("token", "") && !same("", "token"));
    }
}

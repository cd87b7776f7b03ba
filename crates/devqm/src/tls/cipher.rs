//! CipherSpecs: MQ's names for versions and cipher suites of TLS, as far as devqm has them. Suites without forward secrecy or
//! authenticated encryption, and versions below 1.2, it does not have.
//!
//! Source: IBM documentation, "Enabling CipherSpecs".

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{CipherSuite, ProtocolVersion, SupportedProtocolVersion, version};

/// One CipherSpec.
#[derive(Debug)]
pub struct CipherSpec {
    /// Its name, in capitals.
    pub name: &'static str,
    versions: &'static [&'static SupportedProtocolVersion],
    suite: Option<CipherSuite>,
}

const TLS12: &[&SupportedProtocolVersion] = &[&version::TLS12];
const TLS13: &[&SupportedProtocolVersion] = &[&version::TLS13];
const TLS12_OR_HIGHER: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

static CIPHER_SPECS: &[CipherSpec] = &[
    any("ANY_TLS12", TLS12),
    any("ANY_TLS12_OR_HIGHER", TLS12_OR_HIGHER),
    any("ANY_TLS13", TLS13),
    any("ANY_TLS13_OR_HIGHER", TLS13),
    one("ECDHE_ECDSA_AES_128_GCM_SHA256", TLS12, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    one("ECDHE_ECDSA_AES_256_GCM_SHA384", TLS12, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    one("ECDHE_RSA_AES_128_GCM_SHA256", TLS12, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    one("ECDHE_RSA_AES_256_GCM_SHA384", TLS12, CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    one("TLS_AES_128_GCM_SHA256", TLS13, CipherSuite::TLS13_AES_128_GCM_SHA256),
    one("TLS_AES_256_GCM_SHA384", TLS13, CipherSuite::TLS13_AES_256_GCM_SHA384),
    one("TLS_CHACHA20_POLY1305_SHA256", TLS13, CipherSuite::TLS13_CHACHA20_POLY1305_SHA256),
];

const fn any(name: &'static str, versions: &'static [&'static SupportedProtocolVersion]) -> CipherSpec {
    CipherSpec { name, versions, suite: None }
}

const fn one(
    name: &'static str,
    versions: &'static [&'static SupportedProtocolVersion],
    suite: CipherSuite,
) -> CipherSpec {
    CipherSpec { name, versions, suite: Some(suite) }
}

/// The CipherSpec of a name.
pub fn find(name: &str) -> Option<&'static CipherSpec> {
    CIPHER_SPECS.iter().find(|cipher| cipher.name == name)
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static CipherSpec> {
    CIPHER_SPECS.iter()
}

impl CipherSpec {
    /// Whether a handshake that came to this is one of the CipherSpec.
    pub fn takes(&self, version: ProtocolVersion, suite: CipherSuite) -> bool {
        self.versions.iter().any(|each| each.version == version) && self.suite.is_none_or(|own| own == suite)
    }

    /// The versions of TLS that it takes, the newest first.
    pub fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        self.versions
    }

    /// The cryptography, with no more suites than it takes.
    pub fn provider(&self) -> Arc<CryptoProvider> {
        let mut provider = ring::default_provider();
        provider.cipher_suites.retain(|suite| self.takes(suite.version().version, suite.suite()));
        Arc::new(provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_the_suites_that_its_name_says_and_only_these() {
        for cipher in all() {
            let provider = cipher.provider();
            let suites = &provider.cipher_suites;
            match cipher.suite {
                Some(suite) => {
                    assert_eq!(suites.iter().map(|each| each.suite()).collect::<Vec<_>>(), [suite])
                }
                None => assert!(suites.len() >= 3, "{}", cipher.name),
            }
            for version in cipher.versions() {
                assert!(suites.iter().any(|each| each.version() == *version), "{}", cipher.name);
            }
        }
        assert!(find("any_tls12").is_none() && find("").is_none());
    }
}

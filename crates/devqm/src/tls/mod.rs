//! TLS beneath both doors. It knows certificates, CipherSpecs and bytes that travel enciphered; not what the bytes mean.
//!
//! # Layout
//! What MQ calls a CipherSpec (`cipher`), and how a client tells the channel that it means (`sni`); then the listener's end
//! of a connection (`listener`, `link`) and the client's (`client`).

pub mod cipher;
pub mod sni;
mod listener;
mod link;
pub mod client;

pub(crate) use link::Link;
pub use listener::{Error, Files, Listener};

use rustls::{CipherSuite, ProtocolVersion};

use cipher::CipherSpec;

/// What a channel asks of its clients' lines: SSLCIPH and SSLCAUTH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The CipherSpec's name; empty where lines are plain.
    pub cipher_spec: String,
    /// Whether the client must show a certificate.
    pub certificate: bool,
}

/// What a handshake came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secured {
    /// The protocol's version.
    pub version: ProtocolVersion,
    /// How the line is enciphered.
    pub suite: CipherSuite,
    /// Whether the client has shown a certificate, which has been verified.
    pub certificate: bool,
}

/// Why a line is not what its channel asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The channel has a CipherSpec, and the line is plain.
    #[error("the channel asks for TLS")]
    Plain,
    /// The channel has no CipherSpec, and the line uses TLS.
    #[error("the channel has no CipherSpec")]
    Secured,
    /// What was agreed in the handshake is not of the channel's CipherSpec.
    #[error("the channel asks for another CipherSpec")]
    CipherSpec,
    /// SSLCAUTH(REQUIRED), and the client has shown no certificate.
    #[error("the channel asks for the client's certificate")]
    Certificate,
}

impl Demand {
    /// Whether a line is what the channel asks for.
    ///
    /// # Errors
    /// What it lacks.
    pub fn admits(&self, line: Option<&Secured>) -> Result<(), Unfit> {
        let Some(line) = line else {
            return if self.cipher_spec.is_empty() { Ok(()) } else { Err(Unfit::Plain) };
        };
        if self.cipher_spec.is_empty() {
            return Err(Unfit::Secured);
        }
        // A name that an older release took and this one does not know lets nobody in.
        if !cipher::find(&self.cipher_spec).is_some_and(|cipher| cipher.takes(line.version, line.suite)) {
            return Err(Unfit::CipherSpec);
        }
        if self.certificate && !line.certificate { Err(Unfit::Certificate) } else { Ok(()) }
    }

    /// The CipherSpec, where there is one.
    pub(crate) fn cipher(&self) -> Option<&'static CipherSpec> {
        cipher::find(&self.cipher_spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_its_channel_asks_for_or_is_refused() {
        let demand = |name: &str, certificate| Demand { cipher_spec: name.to_owned(), certificate };
        let line = |version, suite, certificate| Some(Secured { version, suite, certificate });
        let old = line(ProtocolVersion::TLSv1_2, CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, false);
        let new = line(ProtocolVersion::TLSv1_3, CipherSuite::TLS13_AES_128_GCM_SHA256, true);
        for (name, certificate, line, expected) in [
            ("", true, None, Ok(())),
            ("", false, old, Err(Unfit::Secured)),
            ("ANY_TLS12", false, None, Err(Unfit::Plain)),
            ("ANY_TLS12", false, old, Ok(())),
            ("ANY_TLS12", true, old, Err(Unfit::Certificate)),
            ("ANY_TLS12", true, new, Err(Unfit::CipherSpec)),
            ("ANY_TLS12_OR_HIGHER", true, new, Ok(())),
            ("ANY_TLS13", true, new, Ok(())),
            ("ECDHE_RSA_AES_256_GCM_SHA384", false, old, Ok(())),
            ("ECDHE_RSA_AES_128_GCM_SHA256", false, old, Err(Unfit::CipherSpec)),
            ("TLS_AES_128_GCM_SHA256", true, new, Ok(())),
            ("TLS_AES_256_GCM_SHA384", true, new, Err(Unfit::CipherSpec)),
            ("TLS_RSA_WITH_AES_128_CBC_SHA", false, old, Err(Unfit::CipherSpec)),
        ] {
            assert_eq!(demand(name, certificate).admits(line.as_ref()), expected, "{name} {line:?}");
        }
    }
}

//! The listener's end of TLS: its certificate, and the handshake. Which CipherSpec a channel asks for it is told.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{Acceptor, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::cipher::{self, CipherSpec};
use super::{Demand, Secured, sni};

/// The CipherSpec that is agreed on where the client does not tell its channel in the handshake.
const UNTOLD: &str = "ANY_TLS12_OR_HIGHER";

/// How long a client that is refused may take to go.
const PARTING_MAX: Duration = Duration::from_secs(1);

/// The files of a listener's identity, all of them PEM.
#[derive(Debug, Clone)]
pub struct Files {
    /// Its certificate, and those between it and its authority.
    pub certificates: PathBuf,
    /// The certificate's private key: PKCS#8, PKCS#1 or SEC1, not enciphered.
    pub key: PathBuf,
    /// The authorities of clients' certificates; without them no client is asked for one.
    pub client_authorities: Option<PathBuf>,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read, or is no PEM.
    #[error("{file}: expected PEM with {expected}: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// Key and certificate are not what they should be.
    #[error("{file}: {source}")]
    Unfit {
        /// The file.
        file: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a listener needs for a handshake.
pub struct Listener {
    /// By CipherSpec: what is offered to a client that has told its channel.
    configurations: HashMap<&'static str, Arc<ServerConfig>>,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key stays out.
        f.write_str("Listener(…)")
    }
}

impl Listener {
    /// Reads the files.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn read(files: &Files) -> Result<Self, Error> {
        let certificates = read_certificates(&files.certificates)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| Error::File {
            file: files.key.clone(),
            expected: "a private key",
            source,
        })?;
        let verifier = verifier(files.client_authorities.as_deref())?;
        let mut configurations = HashMap::new();
        for cipher in cipher::all() {
            let made = configuration(cipher, verifier.clone(), certificates.clone(), key.clone_key());
            let made =
                made.map_err(|error| Error::Unfit { file: files.key.clone(), source: error.into() })?;
            configurations.insert(cipher.name, Arc::new(made));
        }
        Ok(Self { configurations })
    }

    /// Shakes hands with a client. `demand` says what a channel asks for; a client that tells no channel, or one that is
    /// unknown or plain, is refused later, where it can be told why.
    ///
    /// # Errors
    /// What the client did wrong, or the socket. The client has been told as TLS tells it.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        demand: impl Fn(&str) -> Option<Demand>,
    ) -> io::Result<(TlsStream<TcpStream>, Secured)> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let channel = hello.client_hello().server_name().and_then(sni::channel);
        let cipher = channel.and_then(|channel| demand(&channel)).and_then(|demand| demand.cipher());
        let configuration = self.configurations.get(cipher.map_or(UNTOLD, |cipher| cipher.name));
        let configuration = configuration.ok_or(io::ErrorKind::Unsupported)?.clone();
        let stream = match hello.into_stream(configuration).into_fallible().await {
            Ok(stream) => stream,
            Err((error, socket)) => {
                part(socket).await;
                return Err(error);
            }
        };
        let secured = secured(&stream).ok_or(io::ErrorKind::InvalidData)?;
        Ok((stream, secured))
    }
}

/// Lets a client read why it is refused: a socket that is closed with bytes unread takes back what was sent last, and in
/// TLS 1.3 a client goes on before it knows.
async fn part(mut socket: TcpStream) {
    let unread = async {
        socket.shutdown().await?;
        while socket.read(&mut [0; 1_024]).await? > 0 {}
        io::Result::Ok(())
    };
    _ = tokio::time::timeout(PARTING_MAX, unread).await;
}

fn secured(stream: &TlsStream<TcpStream>) -> Option<Secured> {
    let (_, connection) = stream.get_ref();
    Some(Secured {
        version: connection.protocol_version()?,
        suite: connection.negotiated_cipher_suite()?.suite(),
        certificate: connection.peer_certificates().is_some_and(|shown| !shown.is_empty()),
    })
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let error = |source| Error::File { file: file.to_owned(), expected: "certificates", source };
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(error)?.collect();
    let read = read.map_err(error)?;
    if read.is_empty() { Err(error(pem::Error::NoItemsFound)) } else { Ok(read) }
}

/// Every client may show a certificate where there are authorities; which must, its channel says.
fn verifier(authorities: Option<&Path>) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let Some(file) = authorities else {
        return Ok(WebPkiClientVerifier::no_client_auth());
    };
    let unfit = |source| Error::Unfit { file: file.to_owned(), source };
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(file)? {
        roots.add(certificate).map_err(|error| unfit(error.into()))?;
    }
    let provider = Arc::new(ring::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder.allow_unauthenticated().build().map_err(|error| unfit(error.into()))
}

fn configuration(
    cipher: &CipherSpec,
    verifier: Arc<dyn ClientCertVerifier>,
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let mut made = ServerConfig::builder_with_provider(cipher.provider())
        .with_protocol_versions(cipher.versions())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates, key)?;
    // Every connection proves itself anew: what is resumed would bypass a channel that was altered meanwhile.
    made.session_storage = Arc::new(NoServerSessionStorage {});
    made.send_tls13_tickets = 0;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::timely;

    #[tokio::test(start_paused = true)]
    async fn a_handshake_that_stops_half_way_ends_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["devqm".to_owned()]).unwrap();
        let files = Files {
            certificates: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
            client_authorities: None,
        };
        std::fs::write(&files.certificates, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        let listener = Listener::read(&files).unwrap();
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        for begun in [&b""[..], &[0x16, 3, 1, 2, 0, 1]] {
            let client = TcpStream::connect(door.local_addr().unwrap()).await.unwrap();
            client.try_write(begun).unwrap();
            let (stream, _) = door.accept().await.unwrap();
            // The clock is moved on wherever nothing else happens.
            let ended = timely(listener.accept(stream, |_| None)).await.unwrap_err();
            assert_eq!(ended.kind(), io::ErrorKind::InvalidData);
        }
    }
}

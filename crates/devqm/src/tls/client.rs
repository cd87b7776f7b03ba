//! The client's end of TLS, blocking: one thread makes calls, and another may say that it waits no more.
//!
//! As with IBM MQ's clients, the queue manager's certificate must come from a known authority; the host's name is not
//! compared with it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::cipher::CipherSpec;
use super::sni;

/// What is read from the socket at once: about one record.
const READ_BYTES: usize = 16 * 1024;

/// Whom a client trusts, and who it says that it is.
#[derive(Debug)]
pub struct Credentials {
    /// The authorities of queue managers' certificates.
    pub authorities: RootCertStore,
    /// The client's own certificate with those behind it, and its key.
    pub own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

/// How a client shakes hands.
///
/// # Errors
/// A key that does not belong to its certificate, or is of no known kind.
pub fn configuration(cipher: &CipherSpec, credentials: Credentials) -> Result<ClientConfig, rustls::Error> {
    let provider = cipher.provider();
    let verifier = Anchored { authorities: credentials.authorities, provider: provider.clone() };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(cipher.versions())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut made = match credentials.own {
        Some((certificates, key)) => builder.with_client_auth_cert(certificates, key)?,
        None => builder.with_no_client_auth(),
    };
    made.resumption = Resumption::disabled();
    Ok(made)
}

/// Whether an error is one of TLS: a certificate that is not trusted, a suite that is not offered, a client that is refused.
pub fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// Verifies that a certificate comes from a known authority, and nothing about its names.
#[derive(Debug)]
struct Anchored {
    authorities: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anchored {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.authorities,
            intermediates,
            now,
            algorithms,
        )?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A client's socket, plain or enciphered. Clones are the same line.
#[derive(Debug)]
pub enum Line {
    /// Bytes travel as they are.
    Plain(TcpStream),
    /// Bytes travel enciphered.
    Secure(Box<Secure>),
}

/// An enciphered line.
#[derive(Debug)]
pub struct Secure {
    socket: BufReader<TcpStream>,
    /// Never held while the socket is waited for to be read: who writes meanwhile would wait as long.
    session: Arc<Mutex<ClientConnection>>,
}

impl Line {
    /// Shakes hands on a connected socket; the channel is told in the handshake, as far as it can be.
    ///
    /// # Errors
    /// What the queue manager, its certificate or the socket did not do right.
    pub fn secure(socket: TcpStream, configuration: ClientConfig, channel: &str) -> io::Result<Self> {
        let name = ServerName::try_from(sni::of_channel(channel)).or_else(|_| {
            // Not every channel makes a host's name. An address is never sent as one.
            ServerName::try_from("127.0.0.1".to_owned())
        });
        let name = name.map_err(io::Error::other)?;
        let session = ClientConnection::new(Arc::new(configuration), name).map_err(io::Error::other)?;
        let socket = BufReader::with_capacity(READ_BYTES, socket);
        let mut secure = Secure { socket, session: Arc::new(Mutex::new(session)) };
        secure.shake_hands()?;
        Ok(Self::Secure(Box::new(secure)))
    }

    /// The same line, for another thread.
    ///
    /// # Errors
    /// What duplicating the socket says.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Plain(socket) => Self::Plain(socket.try_clone()?),
            Self::Secure(secure) => Self::Secure(Box::new(Secure {
                socket: BufReader::new(secure.socket.get_ref().try_clone()?),
                session: secure.session.clone(),
            })),
        })
    }
}

impl Secure {
    fn shake_hands(&mut self) -> io::Result<()> {
        while self.session().is_handshaking() {
            self.send()?;
            if self.session().is_handshaking() && self.receive()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.send()
    }

    fn session(&self) -> MutexGuard<'_, ClientConnection> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what the session has to say.
    fn send(&self) -> io::Result<()> {
        let mut session = self.session();
        while session.wants_write() {
            session.write_tls(&mut self.socket.get_ref())?;
        }
        Ok(())
    }

    /// Waits for bytes, and gives some of them to the session; how many.
    fn receive(&mut self) -> io::Result<usize> {
        let mut bytes = self.socket.fill_buf()?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = session.read_tls(&mut bytes)?;
        let processed = session.process_new_packets();
        drop(session);
        self.socket.consume(taken);
        // Where it was wrong, the other end is told why, as far as it listens.
        let sent = self.send();
        processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        sent.map(|()| taken)
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let secure = match self {
            Self::Plain(socket) => return socket.read(into),
            Self::Secure(secure) => secure,
        };
        loop {
            match secure.session().reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            if secure.receive()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Secure(secure) => {
                let taken = secure.session().writer().write(bytes)?;
                secure.send()?;
                Ok(taken)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Secure(secure) => secure.send(),
        }
    }
}

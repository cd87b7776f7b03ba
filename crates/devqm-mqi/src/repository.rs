//! Key repositories: PKCS#12, and PEM, whichever a file's first bytes say. It knows nothing of channels.
//!
//! A key database of IBM's own (CMS, `.kdb`) is refused, and so is a password in a stash file.

use std::path::Path;

use devqm::tls::client::Credentials;
use libmqm_sys as mq;
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy, PrivateKeyChain};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::boundary::Codes;
use crate::security::{Keys, Label};

/// Some thousand certificates; no file of another kind.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How a PEM file begins, if not with words before it; and every PKCS#12 file.
const PEM: &[u8] = b"-----BEGIN ";
const SEQUENCE: u8 = 0x30;

const UNUSABLE: Codes = Codes::failed(mq::MQRC_KEY_REPOSITORY_ERROR);
const NO_SUCH_LABEL: Codes = Codes::failed(mq::MQRC_SSL_INITIALIZATION_ERROR);

/// Whom a key repository trusts, and whose certificate it has.
pub(crate) fn read(keys: &Keys) -> Result<Credentials, Codes> {
    let file = Path::new(&keys.repository);
    let length = std::fs::metadata(file).map_err(|_| UNUSABLE)?.len();
    if length > FILE_BYTES_MAX {
        return Err(UNUSABLE);
    }
    let bytes = std::fs::read(file).map_err(|_| UNUSABLE)?;
    if bytes.first() == Some(&SEQUENCE) {
        return pkcs12(&bytes, keys);
    }
    if bytes.windows(PEM.len()).any(|window| window == PEM) {
        pem(&bytes, &keys.label)
    } else {
        Err(UNUSABLE)
    }
}

/// Every certificate is trusted, but those that the private keys have of their own; these only vouch for themselves.
fn pkcs12(bytes: &[u8], keys: &Keys) -> Result<Credentials, Codes> {
    let password = keys.password.as_deref().ok_or(UNUSABLE)?;
    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(|_| UNUSABLE)?;
    let mut authorities = RootCertStore::empty();
    let mut chains = Vec::new();
    for (label, entry) in store.entries() {
        match entry {
            KeyStoreEntry::Certificate(certificate) => trust(&mut authorities, certificate.as_der())?,
            KeyStoreEntry::PrivateKeyChain(chain) => {
                for authority in chain.certs().iter().skip(1) {
                    trust(&mut authorities, authority.as_der())?;
                }
                chains.push((label.as_str(), chain));
            }
            _ => {}
        }
    }
    let chosen = |asked: &str| chains.iter().find(|(label, _)| label.eq_ignore_ascii_case(asked));
    let own = match &keys.label {
        Label::Stated(label) => Some(chosen(label).ok_or(NO_SUCH_LABEL)?),
        Label::Usual(label) => chosen(label),
    };
    Ok(Credentials { authorities, own: own.map(|(_, chain)| shown(chain)).transpose()? })
}

fn shown(chain: &PrivateKeyChain) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Codes> {
    let certificates = chain.certs().iter().map(|each| CertificateDer::from(each.as_der().to_vec()));
    let key = PrivateKeyDer::try_from(chain.key().as_der().to_vec()).map_err(|_| UNUSABLE)?;
    Ok((certificates.collect(), key))
}

/// Labels are not known here. The one key, if there is one, goes with the first certificate, and those behind that are
/// trusted and shown with it; without a key all are trusted.
fn pem(bytes: &[u8], label: &Label) -> Result<Credentials, Codes> {
    if matches!(label, Label::Stated(_)) {
        return Err(NO_SUCH_LABEL);
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = certificates.map_err(|_| UNUSABLE)?;
    let key = match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(key) => Some(key),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => None,
        Err(_) => return Err(UNUSABLE),
    };
    let mut authorities = RootCertStore::empty();
    for certificate in certificates.iter().skip(usize::from(key.is_some())) {
        trust(&mut authorities, certificate)?;
    }
    Ok(Credentials { authorities, own: key.map(|key| (certificates, key)) })
}

fn trust(authorities: &mut RootCertStore, certificate: &[u8]) -> Result<(), Codes> {
    authorities.add(CertificateDer::from(certificate.to_vec())).map_err(|_| UNUSABLE)
}

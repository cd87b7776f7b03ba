//! Authorities and certificates, made anew for each test.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// An authority that issues certificates.
pub(crate) struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Pair {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = named(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    pub(crate) fn issue(&self, name: &str) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = named(name).signed_by(&key, &self.issuer).unwrap();
        Pair { certificate, key }
    }

    /// Its certificate.
    pub(crate) fn shown(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// Writes its certificate as PEM; the name of the file.
    pub(crate) fn write(&self, file: PathBuf) -> String {
        written(&file, &self.certificate.pem())
    }
}

impl Pair {
    /// Writes certificate and key as PEM; the names of the files.
    pub(crate) fn write(&self, folder: &Path) -> [String; 2] {
        let certificate = written(&folder.join("certificate.pem"), &self.certificate.pem());
        [certificate, written(&folder.join("key.pem"), &self.key.serialize_pem())]
    }

    /// Certificate and key.
    pub(crate) fn shown(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        (vec![self.certificate.der().clone()], key)
    }
}

fn named(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
}

fn written(file: &Path, text: &str) -> String {
    std::fs::write(file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

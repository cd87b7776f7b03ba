//! MQSCO: TLS options, versions 1 to 7. They count only where a channel has a CipherSpec; but a wrong structure is told.

use std::ffi::c_void;
use std::mem::offset_of;

use libmqm_sys as mq;

use super::Layout;
use crate::boundary::{Codes, length};
use crate::memory::{Caller, Structure};

pub(super) const SCO: Layout =
    Layout { id: *b"SCO ", lengths: &[536, 544, 560, 568, 632, 648, 672], fault: mq::MQRC_SCO_ERROR };

macro_rules! sco {
    ($field:ident) => {
        offset_of!(mq::MQSCO, $field)
    };
}

/// A caller's MQSCO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sco(Structure);

impl Sco {
    /// The options at a pointer; `None` for NULL.
    pub(super) fn open(caller: Caller, pointer: *mut c_void) -> Result<Option<Self>, Codes> {
        if pointer.is_null() { Ok(None) } else { SCO.open(caller, pointer).map(|it| Some(Self(it))) }
    }

    /// Refuses what would be ignored: cryptographic hardware, revocation lists, certified algorithms.
    pub(crate) fn check(self) -> Result<(), Codes> {
        if !self.0.text::<256>(sco!(CryptoHardware)).is_empty() {
            return Err(Codes::failed(mq::MQRC_CRYPTO_HARDWARE_ERROR));
        }
        if self.0.long(sco!(AuthInfoRecCount)) != 0 {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        let suite_b = self.0.long(sco!(EncryptionPolicySuiteB));
        if self.0.long(sco!(FipsRequired)) != mq::MQSSL_FIPS_NO || suite_b > mq::MQ_SUITE_B_NONE {
            return Err(Codes::failed(mq::MQRC_SSL_INITIALIZATION_ERROR));
        }
        Ok(())
    }

    pub(crate) fn key_repository(self) -> String {
        self.0.text::<256>(sco!(KeyRepository))
    }

    /// The certificate to show; version 5 has the field first.
    pub(crate) fn certificate_label(self) -> String {
        self.0.text::<64>(sco!(CertificateLabel))
    }

    /// The key repository's password; version 6 has the field first.
    pub(crate) fn password(self) -> Result<Option<String>, Codes> {
        let fault = Codes::failed(mq::MQRC_SCO_ERROR);
        let length = length(self.0.long(sco!(KeyRepoPasswordLength)), mq::MQRC_SCO_ERROR)?;
        if length > mq::MQ_SSL_KEY_PASSPHRASE_LENGTH {
            return Err(fault);
        }
        let password = self.0.pointer_or_offset(sco!(KeyRepoPasswordPtr), sco!(KeyRepoPasswordOffset));
        let bytes = self.0.caller().copy(password.cast::<u8>(), length).ok_or(fault)?;
        let password = String::from_utf8(bytes).map_err(|_| fault)?;
        Ok(Some(password).filter(|password| !password.is_empty()))
    }
}

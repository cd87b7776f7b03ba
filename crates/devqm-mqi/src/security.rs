//! What a client needs to use TLS: which key repository, its password, which certificate; and the handshake's outcome as MQ
//! has it.
//!
//! Source: IBM documentation, MQSCO, "Specifying the key repository location for an IBM MQ MQI client", reason codes.

use std::io;
use std::net::TcpStream;

use devqm::tls::cipher;
use devqm::tls::client::{Line, configuration, is_tls};
use libmqm_sys as mq;

use crate::boundary::Codes;
use crate::definition::{Definition, variable};
use crate::repository;
use crate::structures::Cno;

/// What goes wrong between two ends of TLS. That of the Java client, 2397, no C program ever sees.
const FAILED: Codes = Codes::failed(mq::MQRC_SSL_INITIALIZATION_ERROR);

/// Where keys are, and which.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The file of the key repository.
    pub(crate) repository: String,
    pub(crate) password: Option<String>,
    /// The label of the certificate to show.
    pub(crate) label: Label,
}

/// Which certificate a client shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// This one, which must be there.
    Stated(String),
    /// The one of this name where there is one, else none.
    Usual(String),
}

/// The line to a queue manager, enciphered where the channel has a CipherSpec.
pub(crate) fn line(socket: TcpStream, definition: &Definition, options: Option<Cno>) -> Result<Line, Codes> {
    if definition.cipher_spec.is_empty() {
        return Ok(Line::Plain(socket));
    }
    let cipher = cipher::find(&definition.cipher_spec).ok_or(FAILED)?;
    let credentials = repository::read(&Keys::find(definition, options)?)?;
    let configuration = configuration(cipher, credentials).map_err(|_| FAILED)?;
    Line::secure(socket, configuration, &definition.channel).map_err(|error| fault(&error))
}

/// What an error of a line that is being made means. An end in the middle of a handshake is a refusal too.
pub(crate) fn fault(error: &io::Error) -> Codes {
    if is_tls(error) || error.kind() == io::ErrorKind::UnexpectedEof {
        return FAILED;
    }
    Codes::failed(mq::MQRC_Q_MGR_NOT_AVAILABLE)
}

impl Keys {
    /// MQSCO before the channel's table before the environment.
    fn find(definition: &Definition, options: Option<Cno>) -> Result<Self, Codes> {
        let stated = options.map(Cno::tls).transpose()?.flatten();
        if let Some(stated) = stated {
            stated.check()?;
        }
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let repository = stated.and_then(|it| filled(it.key_repository())).or_else(|| variable("MQSSLKEYR"));
        let password = stated.map(|it| it.password()).transpose()?.flatten();
        let label = stated
            .and_then(|it| filled(it.certificate_label()))
            .or_else(|| filled(definition.certificate_label.clone()))
            .or_else(|| variable("MQCERTLABL"));
        Ok(Self {
            repository: repository.ok_or(Codes::failed(mq::MQRC_KEY_REPOSITORY_ERROR))?,
            password: password.or_else(|| variable("MQKEYRPWD")),
            label: label.map_or_else(usual, Label::Stated),
        })
    }
}

/// `ibmwebspheremq` and the user's name.
fn usual() -> Label {
    let user = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_default();
    Label::Usual(format!("ibmwebspheremq{}", user.to_lowercase()))
}

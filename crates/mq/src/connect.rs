//! How to reach a queue manager as a client, and the structures of MQCONNX made of it.

use std::fmt;

use libmqm_sys as sys;

use crate::library::Library;
use crate::name::{ChannelName, QueueManagerName, padded};
use crate::outcome::Error;

/// Where and as whom to connect.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The queue manager that must answer; empty for whichever does, `*NAME` cannot be asked for.
    pub queue_manager: QueueManagerName,
    /// The way there.
    pub endpoint: Endpoint,
    /// User and password, where the queue manager asks for them.
    pub credentials: Option<Credentials>,
    /// What the queue manager shows as the application's name: at most 28 characters.
    pub application_name: String,
}

/// The way to a queue manager.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// A client connection channel, as MQCD.
    Channel {
        /// `host(port)`, several separated by commas.
        connection_name: String,
        /// The SVRCONN channel's name.
        channel: ChannelName,
        /// TLS, where the channel uses it.
        tls: Option<Tls>,
        /// The largest message that the channel carries, in bytes.
        message_bytes_max: u32,
    },
    /// A client channel definition table.
    Ccdt {
        /// `file:///…`, `http://…`, `https://…` or `ftp://…`.
        url: String,
        /// The key repository for channels of the table that use TLS.
        key_repository: Option<KeyRepository>,
    },
}

/// TLS on a channel.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The CipherSpec, as the channel has it.
    pub cipher_spec: String,
    /// What the queue manager's certificate must match (SSLPEER).
    pub peer_name: Option<String>,
    /// Certificates and keys.
    pub key_repository: KeyRepository,
}

/// A key repository of the MQ client.
#[derive(Debug, Clone)]
pub struct KeyRepository {
    /// Its path; `.kdb` is assumed where it has no extension.
    pub path: String,
    /// Its password, where no stash file holds it.
    pub password: Option<Secret>,
    /// The label of our own certificate.
    pub certificate_label: Option<String>,
}

/// User and password (MQCSP).
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value` from being printed.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Connects. Reconnection is ours, not the library's: a unit must never be carried over to another connection unseen.
pub(crate) fn connect(library: &Library, options: &ConnectOptions) -> Result<sys::MQHCONN, Error> {
    let mut name = padded(options.queue_manager.as_str());
    // Everything that MQCNO points to lives in this function, beyond the call.
    let mut channel = channel(&options.endpoint);
    let mut peer = peer_name(&options.endpoint).unwrap_or_default().as_bytes().to_vec();
    channel.SSLPeerNamePtr = peer.as_mut_ptr().cast();
    channel.SSLPeerNameLength = length(peer.len());
    let repository = key_repository(&options.endpoint);
    let mut key_password =
        repository.and_then(|it| it.password.as_ref()).map_or("", Secret::expose).as_bytes().to_vec();
    let mut tls = repository.map(|repository| tls_options(repository, &mut key_password));
    let mut user = options.credentials.as_ref().map_or("", |it| it.user.as_str()).as_bytes().to_vec();
    let mut password = options.credentials.as_ref().map_or("", |it| it.password.expose()).as_bytes().to_vec();
    let mut security = security_parameters(&mut user, &mut password);
    let mut url = match &options.endpoint {
        Endpoint::Ccdt { url, .. } => url.as_bytes().to_vec(),
        Endpoint::Channel { .. } => Vec::new(),
    };
    let mut cno = sys::MQCNO {
        Version: sys::MQCNO_VERSION_7,
        Options: sys::MQCNO_CLIENT_BINDING | sys::MQCNO_RECONNECT_DISABLED | sys::MQCNO_HANDLE_SHARE_NONE,
        ApplName: padded(&options.application_name),
        ..libmqm_default::MQCNO_DEFAULT
    };
    match &options.endpoint {
        Endpoint::Channel { .. } => cno.ClientConnPtr = (&raw mut channel).cast(),
        Endpoint::Ccdt { .. } => {
            cno.CCDTUrlPtr = url.as_mut_ptr().cast();
            cno.CCDTUrlLength = length(url.len());
        }
    }
    if let Some(tls) = &mut tls {
        cno.SSLConfigPtr = tls;
    }
    if options.credentials.is_some() {
        cno.SecurityParmsPtr = &raw mut security;
    }
    library.verbs().connect(&mut name, &mut cno)
}

fn channel(endpoint: &Endpoint) -> sys::MQCD {
    let Endpoint::Channel { connection_name, channel, tls, message_bytes_max } = endpoint else {
        return libmqm_default::MQCD_CLIENT_CONN_DEFAULT;
    };
    sys::MQCD {
        Version: sys::MQCD_VERSION_11,
        StrucLength: i32::try_from(sys::MQCD_LENGTH_11).unwrap_or(0),
        ChannelName: padded(channel.as_str()),
        ChannelType: sys::MQCHT_CLNTCONN,
        TransportType: sys::MQXPT_TCP,
        ConnectionName: padded(connection_name),
        MaxMsgLength: i32::try_from(*message_bytes_max).unwrap_or(i32::MAX),
        SSLCipherSpec: padded(tls.as_ref().map_or("", |tls| tls.cipher_spec.as_str())),
        ..libmqm_default::MQCD_CLIENT_CONN_DEFAULT
    }
}

fn peer_name(endpoint: &Endpoint) -> Option<&str> {
    match endpoint {
        Endpoint::Channel { tls: Some(tls), .. } => tls.peer_name.as_deref(),
        _ => None,
    }
}

fn key_repository(endpoint: &Endpoint) -> Option<&KeyRepository> {
    match endpoint {
        Endpoint::Channel { tls, .. } => tls.as_ref().map(|tls| &tls.key_repository),
        Endpoint::Ccdt { key_repository, .. } => key_repository.as_ref(),
    }
}

fn tls_options(repository: &KeyRepository, password: &mut [u8]) -> sys::MQSCO {
    let mut options = sys::MQSCO {
        Version: sys::MQSCO_VERSION_5,
        KeyRepository: padded(&repository.path),
        CertificateLabel: padded(repository.certificate_label.as_deref().unwrap_or_default()),
        ..libmqm_default::MQSCO_DEFAULT
    };
    if repository.password.is_some() {
        options.Version = sys::MQSCO_VERSION_6;
        options.KeyRepoPasswordPtr = password.as_mut_ptr().cast();
        options.KeyRepoPasswordLength = length(password.len());
    }
    options
}

fn security_parameters(user: &mut [u8], password: &mut [u8]) -> sys::MQCSP {
    sys::MQCSP {
        AuthenticationType: sys::MQCSP_AUTH_USER_ID_AND_PWD,
        CSPUserIdPtr: user.as_mut_ptr().cast(),
        CSPUserIdLength: length(user.len()),
        CSPPasswordPtr: password.as_mut_ptr().cast(),
        CSPPasswordLength: length(password.len()),
        ..libmqm_default::MQCSP_DEFAULT
    }
}

fn length(bytes: usize) -> sys::MQLONG {
    sys::MQLONG::try_from(bytes).unwrap_or(sys::MQLONG::MAX)
}

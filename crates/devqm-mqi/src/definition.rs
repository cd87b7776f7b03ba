//! Where a queue manager is to be found: MQCD or CCDT in MQCNO, else `MQSERVER`, else a CCDT of the environment, in the
//! order in which IBM's client looks.
//!
//! Source of the order: IBM documentation, "Configuring connections between the client and server".

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use libmqm_sys as mq;

use crate::boundary::Codes;
use crate::ccdt;
use crate::structures::{Cd, Cno};

/// A listener answers at once or is not one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The port that IBM MQ listens on where none is named.
const DEFAULT_PORT: u16 = 1414;

/// The longest message of a channel where none is stated: MQ's own maximum.
pub(crate) const MESSAGE_BYTES_MAX: usize = 104_857_600;

/// The table that IBM's client looks for where only its folder is named. In that old binary form it cannot be read here.
const DEFAULT_TABLE: &str = "AMQCLCHL.TAB";

/// A client channel.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) channel: String,
    /// `host(port)`, several of them separated by commas.
    pub(crate) connection_name: String,
    /// The longest message that may be put over it.
    pub(crate) message_bytes_max: usize,
    /// Empty for a plain line.
    pub(crate) cipher_spec: String,
    /// The label of the certificate that the client shows; empty where the channel names none.
    pub(crate) certificate_label: String,
}

impl Definition {
    /// The channels to try, one after another.
    pub(crate) fn find(name: &str, options: Option<Cno>) -> Result<Vec<Self>, Codes> {
        let channel = options.map(Cno::channel).transpose()?.flatten();
        let table = options.map(Cno::ccdt).transpose()?.flatten();
        match (channel, table) {
            (Some(_), Some(_)) => Err(Codes::failed(mq::MQRC_CNO_ERROR)),
            (Some(channel), None) => Self::given(channel).map(|it| vec![it]),
            (None, Some(url)) => ccdt::definitions(&ccdt::file(&url)?, name),
            (None, None) => Self::from_environment(name),
        }
    }

    fn given(channel: Cd) -> Result<Self, Codes> {
        if channel.has_peer_name() {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        let stated = usize::try_from(channel.message_bytes_max()).ok().filter(|bytes| *bytes > 0);
        Ok(Self {
            channel: channel.name(),
            connection_name: channel.connection_name(),
            message_bytes_max: stated.unwrap_or(MESSAGE_BYTES_MAX).min(MESSAGE_BYTES_MAX),
            cipher_spec: channel.cipher_spec(),
            certificate_label: channel.certificate_label(),
        })
    }

    fn from_environment(name: &str) -> Result<Vec<Self>, Codes> {
        let no_such = Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR);
        if let Some(server) = variable("MQSERVER") {
            return Self::from_server(&server).map(|it| vec![it]).ok_or(no_such);
        }
        if let Some(url) = variable("MQCCDTURL") {
            return ccdt::definitions(&ccdt::file(&url)?, name);
        }
        match (variable("MQCHLLIB"), variable("MQCHLTAB")) {
            // Without any definition IBM's client looks for a local queue manager of that name and finds none.
            (None, None) => Err(no_such),
            (folder, table) => {
                let folder = ccdt::file(&folder.unwrap_or_default())?;
                ccdt::definitions(&folder.join(table.unwrap_or_else(|| DEFAULT_TABLE.to_owned())), name)
            }
        }
    }

    /// `CHANNEL/TCP/host(port),host(port)`.
    fn from_server(server: &str) -> Option<Self> {
        let (channel, rest) = server.split_once('/')?;
        let (transport, connection_name) = rest.split_once('/')?;
        transport.eq_ignore_ascii_case("tcp").then(|| Self {
            channel: channel.to_owned(),
            connection_name: connection_name.to_owned(),
            message_bytes_max: MESSAGE_BYTES_MAX,
            cipher_spec: String::new(),
            certificate_label: String::new(),
        })
    }

    /// The first of the named listeners that answers.
    pub(crate) fn dial(&self) -> Result<TcpStream, Codes> {
        let names = self.connection_name.split(',').map(|name| host_and_port(name.trim()));
        let names: Option<Vec<_>> = names.collect();
        for (host, port) in names.ok_or(Codes::failed(mq::MQRC_CD_ERROR))? {
            // A host that is not known is one that is not available: the next may be.
            let addresses = (host, port).to_socket_addrs().into_iter().flatten();
            for address in addresses {
                if let Ok(stream) = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                    return Ok(stream);
                }
            }
        }
        Err(Codes::failed(mq::MQRC_HOST_NOT_AVAILABLE))
    }
}

/// `host(port)`, or `host` for the default port.
fn host_and_port(name: &str) -> Option<(&str, u16)> {
    match name.split_once('(') {
        Some((host, port)) => Some((host.trim(), port.trim().strip_suffix(')')?.trim().parse().ok()?)),
        None if name.is_empty() => None,
        None => Some((name, DEFAULT_PORT)),
    }
}

pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mqserver_and_connection_names_are_read_as_ibms_client_reads_them() {
        let definition = Definition::from_server("DEV.APP.SVRCONN/TCP/localhost(1415),other").unwrap();
        assert_eq!(definition.channel, "DEV.APP.SVRCONN");
        assert_eq!(definition.connection_name, "localhost(1415),other");
        assert_eq!(Definition::from_server("CHANNEL/LU62/host"), None);
        assert_eq!(Definition::from_server("nonsense"), None);
        assert_eq!(host_and_port("host(1415)"), Some(("host", 1415)));
        assert_eq!(host_and_port("host"), Some(("host", 1414)));
        assert_eq!(host_and_port("host(99999)"), None);
        assert_eq!(host_and_port("host(1415"), None);
    }

    #[test]
    fn a_connection_name_that_is_none_is_refused_before_anything_is_dialled() {
        let named = |name: &str| Definition {
            channel: "C".to_owned(),
            connection_name: name.to_owned(),
            message_bytes_max: 1,
            cipher_spec: String::new(),
            certificate_label: String::new(),
        };
        for name in ["", "host(port)", "127.0.0.1(1),,127.0.0.1(1)"] {
            assert_eq!(named(name).dial().unwrap_err(), Codes::failed(mq::MQRC_CD_ERROR), "{name}");
        }
    }
}

//! Connection handles: which socket a handle stands for, and how threads may share it.

use std::collections::HashMap;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::ThreadId;
use std::time::Duration;

use devqm::native::Client;
use devqm::verbs::{Connect, Outcome, Reply, Request, Secret};
use libmqm_sys as mq;

use crate::codes::Codes;
use crate::structures::Cno;

/// `MQ_Q_MGR_NAME_LENGTH`-wide names need no more; a listener answers at once or is not one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The port that IBM MQ listens on where none is named.
const DEFAULT_PORT: u16 = 1414;

/// `MQ_APPL_NAME_LENGTH`.
const APPLICATION_NAME_CHARS: usize = 28;

/// How a handle may be used by threads other than the one that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// `MQCNO_HANDLE_SHARE_NONE`: not at all.
    Thread(ThreadId),
    /// `MQCNO_HANDLE_SHARE_BLOCK`: one after another.
    Block,
    /// `MQCNO_HANDLE_SHARE_NO_BLOCK`: a call while another is under way fails.
    NoBlock,
}

#[derive(Debug)]
struct Connection {
    share: Share,
    // `None` once the socket has failed: nothing can be said on it any more.
    client: Mutex<Option<Client>>,
}

#[derive(Debug, Default)]
struct Table {
    connections: HashMap<i32, Arc<Connection>>,
    last: i32,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

fn table<T>(act: impl FnOnce(&mut Table) -> T) -> T {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    act(table.get_or_insert_default())
}

/// Connects as MQCONNX asks; returns the new handle and the connection's id.
pub(crate) fn connect(name: &str, options: Option<Cno>) -> Result<(i32, [u8; 24]), Codes> {
    let sharing = options.map_or(0, Cno::options);
    let share = if sharing & mq::MQCNO_HANDLE_SHARE_BLOCK != 0 {
        Share::Block
    } else if sharing & mq::MQCNO_HANDLE_SHARE_NO_BLOCK != 0 {
        Share::NoBlock
    } else {
        Share::Thread(std::thread::current().id())
    };
    let definition = Definition::find(options)?;
    let (user, password) = options.map(Cno::credentials).transpose()?.flatten().unwrap_or_default();
    let given_name = options.map(Cno::application_name).unwrap_or_default();
    let request = Request::Connect(Connect {
        // `*NAME` lets any queue manager of a group answer; devqm is one.
        queue_manager: if name.starts_with('*') { String::new() } else { name.to_owned() },
        channel: definition.channel.clone(),
        user,
        password: Secret(password),
        application_name: if given_name.is_empty() { program_name() } else { given_name },
        process_user: std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default(),
    });
    let mut client = definition.dial()?;
    let reply = client.call(&request).map_err(|_| Codes::failed(mq::MQRC_CONNECTION_BROKEN))?;
    let Outcome::Connected { connection_id, .. } = reply.outcome else {
        return Err(Codes::of(&reply));
    };
    let connection = Arc::new(Connection { share, client: Mutex::new(Some(client)) });
    let handle = table(|table| {
        // Numbers far from those that programs use for "none" (0, -1) and never given twice while they last.
        table.last = if table.last >= i32::MAX - 1 { 0 } else { table.last } + 1;
        let handle = 0x0100_0000 | (table.last & 0x00FF_FFFF);
        table.connections.insert(handle, connection);
        handle
    });
    Ok((handle, connection_id))
}

/// Makes one call on a connection, if this thread may use it now.
pub(crate) fn call(handle: i32, request: &Request) -> Result<Reply, Codes> {
    let connection = find(handle)?;
    let mut client = connection.lock()?;
    let Some(open) = client.as_mut() else {
        return Err(Codes::failed(mq::MQRC_CONNECTION_BROKEN));
    };
    open.call(request).map_err(|_| {
        *client = None;
        Codes::failed(mq::MQRC_CONNECTION_BROKEN)
    })
}

/// Whether the handle is one of ours that this thread may use.
pub(crate) fn check(handle: i32) -> Result<(), Codes> {
    let connection = find(handle)?;
    match connection.share {
        Share::Thread(owner) if owner != std::thread::current().id() => {
            Err(Codes::failed(mq::MQRC_HCONN_ERROR))
        }
        _ => Ok(()),
    }
}

/// MQDISC: whatever the queue manager says, the handle is gone.
pub(crate) fn disconnect(handle: i32) -> Result<Reply, Codes> {
    let reply = call(handle, &Request::Disconnect);
    if !matches!(reply, Err(codes) if codes.reason == mq::MQRC_HCONN_ERROR || codes.reason == mq::MQRC_CALL_IN_PROGRESS)
    {
        table(|table| table.connections.remove(&handle));
    }
    reply
}

fn find(handle: i32) -> Result<Arc<Connection>, Codes> {
    table(|table| table.connections.get(&handle).cloned()).ok_or(Codes::failed(mq::MQRC_HCONN_ERROR))
}

impl Connection {
    fn lock(&self) -> Result<MutexGuard<'_, Option<Client>>, Codes> {
        match self.share {
            Share::Thread(owner) if owner != std::thread::current().id() => {
                Err(Codes::failed(mq::MQRC_HCONN_ERROR))
            }
            Share::Thread(_) | Share::Block => Ok(self.client.lock().unwrap_or_else(PoisonError::into_inner)),
            Share::NoBlock => match self.client.try_lock() {
                Ok(client) => Ok(client),
                Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => Err(Codes::failed(mq::MQRC_CALL_IN_PROGRESS)),
            },
        }
    }
}

/// Where to connect: from MQCD in MQCNO, else from `MQSERVER`, in the order that IBM's client looks.
#[derive(Debug, PartialEq, Eq)]
struct Definition {
    channel: String,
    connection_name: String,
}

impl Definition {
    fn find(options: Option<Cno>) -> Result<Self, Codes> {
        if let Some(channel) = options.and_then(Cno::channel) {
            if channel.uses_tls() {
                return Err(Codes::failed(mq::MQRC_SSL_INITIALIZATION_ERROR));
            }
            if !channel.is_tcp_client() {
                return Err(Codes::failed(mq::MQRC_CD_ERROR));
            }
            return Ok(Self { channel: channel.name(), connection_name: channel.connection_name() });
        }
        if options.is_some_and(Cno::has_ccdt) {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        // Without any definition IBM's client looks for a local queue manager of that name and finds none.
        let server = std::env::var("MQSERVER").map_err(|_| Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR))?;
        Self::from_server(&server).ok_or(Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR))
    }

    /// `CHANNEL/TCP/host(port),host(port)`.
    fn from_server(server: &str) -> Option<Self> {
        let (channel, rest) = server.split_once('/')?;
        let (transport, connection_name) = rest.split_once('/')?;
        let tcp = transport.eq_ignore_ascii_case("tcp");
        tcp.then(|| Self { channel: channel.to_owned(), connection_name: connection_name.trim().to_owned() })
    }

    /// The first of the named listeners that answers.
    fn dial(&self) -> Result<Client, Codes> {
        for name in self.connection_name.split(',') {
            let Some((host, port)) = host_and_port(name.trim()) else {
                continue;
            };
            let Ok(addresses) = (host, port).to_socket_addrs() else {
                continue;
            };
            for address in addresses {
                if let Ok(stream) = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)
                    && let Ok(client) = Client::open(stream)
                {
                    return Ok(client);
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

/// The program's name as IBM's client puts it into PutApplName: the end of its path.
fn program_name() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.chars().take(APPLICATION_NAME_CHARS).collect()
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
    fn an_unknown_handle_is_refused() {
        for handle in [0, -1, 7, i32::MAX] {
            assert_eq!(check(handle), Err(Codes::failed(mq::MQRC_HCONN_ERROR)));
        }
    }
}

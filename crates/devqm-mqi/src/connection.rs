//! MQCONN, MQCONNX and MQDISC.

use std::ffi::c_char;
use std::net::TcpStream;
use std::time::Duration;

use devqm::native::Client;
use devqm::tls::client::Line;
use devqm::verbs::{Connect, Outcome, Reply, Request, Secret};
use libmqm_sys as mq;

use crate::boundary::{Codes, Ended, UNEXPECTED, completed};
use crate::definition::Definition;
use crate::handles::{self, Share};
use crate::memory::Caller;
use crate::properties;
use crate::security;
use crate::structures::Cno;

/// How long a queue manager may take to admit a client; a password costs it time.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(30);

/// `MQ_APPL_NAME_LENGTH`.
const APPLICATION_NAME_CHARS: usize = 28;

/// MQCONNX; without options, MQCONN.
pub(crate) fn connect(caller: Caller, name: *const c_char, options: Option<Cno>, handle: *mut i32) -> Ended {
    if handle.is_null() {
        return Err(Codes::failed(mq::MQRC_HCONN_ERROR));
    }
    let share = options.map_or(Ok(unshared()), |options| check_options(options.options()))?;
    let name = caller.name::<48>(name);
    let definitions = Definition::find(&name, options)?;
    let (client, reply, message_bytes_max) = first_that_answers(&name, options, &definitions)?;
    let (outcome, codes) = completed(reply)?;
    let Outcome::Connected { connection_id, .. } = outcome else {
        return Err(UNEXPECTED);
    };
    if let Some(options) = options {
        options.write(connection_id);
    }
    caller.put(handle, handles::add(client, share, message_bytes_max));
    Ok(codes)
}

/// MQDISC.
pub(crate) fn disconnect(caller: Caller, handle: *mut i32) -> Ended {
    let connection = caller.get(handle).ok_or(Codes::failed(mq::MQRC_HCONN_ERROR))?;
    let reply = handles::end(connection);
    if handles::find_for_control(connection).is_err() {
        properties::forget(connection);
        caller.put(handle, mq::MQHC_UNUSABLE_HCONN);
    }
    completed(reply?).map(|(_, codes)| codes)
}

/// What makes the next channel of a table worth trying: this one leads to no queue manager that would have us.
const LEADS_NOWHERE: [i32; 6] = [
    mq::MQRC_HOST_NOT_AVAILABLE,
    mq::MQRC_Q_MGR_NOT_AVAILABLE,
    mq::MQRC_Q_MGR_NAME_ERROR,
    mq::MQRC_CHANNEL_NOT_AVAILABLE,
    mq::MQRC_UNKNOWN_CHANNEL_NAME,
    mq::MQRC_Q_MGR_QUIESCING,
];

fn first_that_answers(
    name: &str,
    options: Option<Cno>,
    definitions: &[Definition],
) -> Result<(Client, Reply, usize), Codes> {
    let mut last = Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR);
    for definition in definitions {
        let attempt = request(name, options, definition)
            .and_then(|request| greet(definition, options, &request))
            .and_then(|(client, reply)| completed(reply.clone()).map(|_| (client, reply)));
        match attempt {
            Ok((client, reply)) => return Ok((client, reply, definition.message_bytes_max)),
            Err(codes) if LEADS_NOWHERE.contains(&codes.numbers().1) => last = codes,
            Err(codes) => return Err(codes),
        }
    }
    Err(last)
}

fn unshared() -> Share {
    Share::Thread(std::thread::current().id())
}

/// How the handle is shared. Options that would change what the program may rely on are refused; the others (bindings
/// within one machine, accounting, tracing, sharing of sockets) make no difference here.
fn check_options(options: i32) -> Result<Share, Codes> {
    const SHARING: i32 =
        mq::MQCNO_HANDLE_SHARE_NONE | mq::MQCNO_HANDLE_SHARE_BLOCK | mq::MQCNO_HANDLE_SHARE_NO_BLOCK;
    let asks = |option: i32| options & option != 0;
    if asks(mq::MQCNO_RECONNECT | mq::MQCNO_RECONNECT_Q_MGR) {
        return Err(Codes::failed(mq::MQRC_RECONNECT_INCOMPATIBLE));
    }
    if asks(mq::MQCNO_LOCAL_BINDING) {
        return Err(Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR));
    }
    if asks(mq::MQCNO_CD_FOR_OUTPUT_ONLY) {
        return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
    }
    match options & SHARING {
        0 | mq::MQCNO_HANDLE_SHARE_NONE => Ok(unshared()),
        mq::MQCNO_HANDLE_SHARE_BLOCK => Ok(Share::Block),
        mq::MQCNO_HANDLE_SHARE_NO_BLOCK => Ok(Share::NoBlock),
        _ => Err(Codes::failed(mq::MQRC_OPTIONS_ERROR)),
    }
}

fn request(name: &str, options: Option<Cno>, definition: &Definition) -> Result<Request, Codes> {
    let (user, password) = options.map(Cno::credentials).transpose()?.flatten().unwrap_or_default();
    let given_name = options.map(Cno::application_name).unwrap_or_default();
    Ok(Request::Connect(Connect {
        queue_manager: name.to_owned(),
        channel: definition.channel.clone(),
        user,
        password: Secret(password),
        application_name: if given_name.is_empty() { program_name() } else { given_name },
        process_user: std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default(),
    }))
}

/// Opens the native door and asks to be let in. A listener that does not answer as a queue manager has none.
fn greet(definition: &Definition, options: Option<Cno>, request: &Request) -> Result<(Client, Reply), Codes> {
    let socket = definition.dial()?;
    let watched = watch(&socket).map_err(|_| Codes::failed(mq::MQRC_Q_MGR_NOT_AVAILABLE))?;
    let line = security::line(socket, definition, options)?;
    let is_plain = matches!(line, Line::Plain(_));
    let attempt = || {
        let mut client = Client::open_on(line)?;
        let reply = client.call(request)?;
        // From here on a call may wait: MQGET for as long as its caller wants.
        watched.set_read_timeout(None)?;
        Ok((client, reply))
    };
    attempt().map_err(|error: std::io::Error| {
        // A queue manager that does not take the client's certificate says so behind the handshake.
        if is_plain { Codes::failed(mq::MQRC_Q_MGR_NOT_AVAILABLE) } else { security::fault(&error) }
    })
}

/// The same socket, on which nothing is waited for longer than a queue manager may take to admit a client.
fn watch(socket: &TcpStream) -> std::io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(ADMISSION_TIMEOUT))?;
    socket.try_clone()
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
    fn options_that_would_be_ignored_are_refused() {
        let refused = |options: i32| check_options(options).unwrap_err();
        assert_eq!(refused(mq::MQCNO_RECONNECT), Codes::failed(mq::MQRC_RECONNECT_INCOMPATIBLE));
        assert_eq!(refused(mq::MQCNO_LOCAL_BINDING), Codes::failed(mq::MQRC_Q_MGR_NAME_ERROR));
        assert_eq!(
            refused(mq::MQCNO_HANDLE_SHARE_BLOCK | mq::MQCNO_HANDLE_SHARE_NO_BLOCK),
            Codes::failed(mq::MQRC_OPTIONS_ERROR)
        );
        let client = mq::MQCNO_CLIENT_BINDING | mq::MQCNO_RECONNECT_DISABLED;
        assert_eq!(check_options(client), Ok(unshared()));
        assert_eq!(check_options(client | mq::MQCNO_HANDLE_SHARE_BLOCK), Ok(Share::Block));
    }
}

//! One request to the running gateway's admin listener. No more HTTP than that needs: one connection, one answer.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::settings::{Admin, secret};

const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Asks for a path and returns the status and the JSON that is answered.
///
/// # Errors
/// Why nobody answers, for a person.
pub(super) fn ask(admin: &Admin, method: &str, path: &str) -> Result<(u16, Value), String> {
    let address = reachable(admin.listen);
    let answer = exchange(admin, address, method, path)
        .map_err(|error| format!("the gateway does not answer on {address}: {error}"))?;
    let parsed = answer.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).ok()?))
    });
    parsed.ok_or_else(|| format!("what answers on {address} is not a gateway of mqgate's"))
}

fn exchange(admin: &Admin, address: SocketAddr, method: &str, path: &str) -> Result<String, String> {
    let authorization = match &admin.token_file {
        Some(file) => {
            let token = secret::read(file).map_err(|error| error.to_string())?;
            format!("authorization: Bearer {token}\r\n")
        }
        None => String::new(),
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{authorization}content-length: 0\r\nconnection: close\r\n\r\n"
    );
    let exchanged = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
        Ok(answer)
    };
    exchanged().map_err(|error| error.to_string())
}

/// A listener on all addresses is asked on this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, listen.port())
}

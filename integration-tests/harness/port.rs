//! Ports that stay ours.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A free port of 127.0.0.1, held by a socket that is bound and does not listen: nobody else is given the port, a program
/// that listens with `SO_REUSEADDR` can take it, and until it does connections are refused.
#[derive(Debug)]
pub(crate) struct Port {
    _held: Socket,
    address: SocketAddr,
}

impl Port {
    /// Reserves a port until this is dropped.
    pub(crate) fn reserve() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_reuse_address(true).expect("SO_REUSEADDR");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("its address");
        Self { _held: socket, address }
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

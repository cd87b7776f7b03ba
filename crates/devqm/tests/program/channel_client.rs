//! A channel client of the tests' own: it says what IBM's Java clients say, and also what they would not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use libmqm_sys as mq;

use super::harness::Devqm;

pub(crate) const INITIAL_DATA: u8 = 0x01;
pub(crate) const STATUS: u8 = 0x05;
pub(crate) const USERID_DATA: u8 = 0x08;
pub(crate) const ASYNC_MESSAGE: u8 = 0x0D;
pub(crate) const REQUEST_MSGS: u8 = 0x0E;
pub(crate) const NOTIFICATION: u8 = 0x0F;
pub(crate) const MQCONN: u8 = 0x81;
pub(crate) const MQDISC: u8 = 0x82;
pub(crate) const MQOPEN: u8 = 0x83;
pub(crate) const MQCLOSE: u8 = 0x84;
pub(crate) const MQGET: u8 = 0x85;
pub(crate) const MQPUT: u8 = 0x86;
pub(crate) const MQINQ: u8 = 0x89;
pub(crate) const MQCMIT: u8 = 0x8A;
pub(crate) const MQBACK: u8 = 0x8B;
/// First and last segment of a call.
pub(crate) const WHOLE: u8 = 0x30;

/// A segment that came.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) request: u32,
    pub(crate) body: Vec<u8>,
}

/// The reply to a call.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) reason: i32,
    pub(crate) handle: i32,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct ChannelClient {
    pub(crate) socket: TcpStream,
    multiplexed: bool,
}

impl ChannelClient {
    /// Connects; multiplexed where it wants conversations.
    pub(crate) fn connect(devqm: &Devqm, multiplexed: bool) -> Self {
        let mut client = Self::on(devqm.socket());
        let wishes = initial_data(12, i32::from(multiplexed));
        client.send(INITIAL_DATA, 0x31, 0, &wishes);
        let agreed = client.next();
        assert_eq!((agreed.kind, agreed.flags), (INITIAL_DATA, 0));
        client.multiplexed = multiplexed;
        client.send(USERID_DATA, WHOLE, 0, &[&b"UID "[..], &[b' '; 128]].concat());
        client.ok(MQCONN, 0, &mqconn());
        client
    }

    /// A client that has said nothing yet.
    pub(crate) fn on(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { socket, multiplexed: false }
    }

    pub(crate) fn send(&mut self, kind: u8, flags: u8, request: u32, body: &[u8]) {
        let segment = segment(self.multiplexed, kind, flags, request, body);
        self.socket.write_all(&segment).unwrap();
    }

    /// The next segment, whichever it is.
    pub(crate) fn next(&mut self) -> Segment {
        self.try_next().expect("a segment")
    }

    /// The next segment; none where the other end closes.
    pub(crate) fn try_next(&mut self) -> Option<Segment> {
        let mut head = [0; 8];
        self.socket.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes(*head.last_chunk().unwrap()) as usize;
        let mut rest = vec![0; length - 8];
        self.socket.read_exact(&mut rest).ok()?;
        let ids = if head.starts_with(b"TSHM") { 8 } else { 0 };
        let request = if ids == 8 { word(&rest, 4) as u32 } else { 0 };
        Some(Segment { kind: rest[ids + 1], flags: rest[ids + 2], request, body: rest[ids + 20..].to_vec() })
    }

    /// Makes a call; messages that come before its reply are an error.
    pub(crate) fn call(&mut self, kind: u8, handle: i32, body: &[u8]) -> Reply {
        let header = [[0; 4], [0; 4], [0; 4], handle.to_be_bytes()].concat();
        self.send(kind, WHOLE, 0, &[&header, body].concat());
        let first = self.next();
        assert_eq!(first.kind, kind + 0x10, "{first:?}");
        let mut whole = first.body;
        let mut flags = first.flags;
        while flags & 0x20 == 0 {
            let more = self.next();
            whole.extend(more.body);
            flags = more.flags;
        }
        Reply { reason: word(&whole, 8), handle: word(&whole, 12), body: whole.split_off(16) }
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, kind: u8, handle: i32, body: &[u8]) -> Reply {
        let reply = self.call(kind, handle, body);
        assert_eq!(reply.reason, 0, "{kind:#x}");
        reply
    }

    /// Makes a call whose reply may come behind messages, which are dropped.
    pub(crate) fn ok_beside_messages(&mut self, kind: u8, handle: i32, body: &[u8]) {
        let header = [[0; 4], [0; 4], [0; 4], handle.to_be_bytes()].concat();
        self.send(kind, WHOLE, 0, &[&header, body].concat());
        while self.next().kind != kind + 0x10 {}
    }

    #[track_caller]
    pub(crate) fn open(&mut self, name: &str, options: i32) -> i32 {
        self.ok(MQOPEN, 0, &mqopen(name, options)).handle
    }

    /// Asks for a message: the request's flags, get options, and the correlation id that it must have.
    pub(crate) fn want(&mut self, handle: i32, flags: i32, options: i32, correlation: Option<[u8; 24]>) {
        let now = flags & 0x06 != 0;
        let body = request_msgs(handle, flags, options, correlation);
        self.send(REQUEST_MSGS, if now { 0x31 } else { WHOLE }, if now { 3 } else { 1 }, &body);
    }

    /// The message that comes next: the handle it is for, and its data.
    #[track_caller]
    pub(crate) fn message(&mut self) -> (i32, Vec<u8>) {
        let segment = self.next();
        assert_eq!((segment.kind, segment.request), (ASYNC_MESSAGE, 1), "{segment:?}");
        let name_bytes = usize::from(segment.body[54]);
        let data = segment.body.split_at(55 + name_bytes + 364).1.to_vec();
        assert_eq!(word(&segment.body, 16) as usize, data.len());
        (word(&segment.body, 4), data)
    }

    /// The status that ends the conversation.
    #[track_caller]
    pub(crate) fn refused(&mut self) -> i32 {
        let segment = self.next();
        assert_eq!((segment.kind, segment.flags), (STATUS, 0x0A), "{segment:?}");
        assert!(self.try_next().is_none(), "it closes");
        word(&segment.body, 4)
    }
}

pub(crate) fn word(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(*bytes[at..].first_chunk().unwrap())
}

pub(crate) fn segment(multiplexed: bool, kind: u8, flags: u8, request: u32, body: &[u8]) -> Vec<u8> {
    let header_bytes = if multiplexed { 36 } else { 28 };
    let mut segment = if multiplexed { b"TSHM".to_vec() } else { b"TSH ".to_vec() };
    segment.extend(u32::try_from(header_bytes + body.len()).unwrap().to_be_bytes());
    if multiplexed {
        segment.extend([1_u32.to_be_bytes(), request.to_be_bytes()].concat());
    }
    segment.extend([1, kind, flags, 0]);
    segment.extend([0; 8]);
    segment.extend([&0x111_i32.to_be_bytes()[..], &819_u16.to_be_bytes(), &[0; 2]].concat());
    segment.extend(body);
    segment
}

/// Wishes that need no second round.
/// A put that does not fit into one segment.
pub(crate) fn put_in_pieces(client: &mut ChannelClient, multiplexed: bool, queue: i32, data: &[u8]) {
    let header = [[0; 4], [0; 4], [0; 4], queue.to_be_bytes()].concat();
    let body = [header, mqput(mq::MQPMO_SYNCPOINT, data)].concat();
    let pieces: Vec<_> = body.chunks(32_000).collect();
    for (index, piece) in pieces.iter().enumerate() {
        let flags = u8::from(index == 0) * 0x10 + u8::from(index == pieces.len() - 1) * 0x20;
        client.socket.write_all(&segment(multiplexed, MQPUT, flags, 0, piece)).unwrap();
    }
    let reply = client.next();
    assert_eq!((reply.kind, word(&reply.body, 8)), (MQPUT + 0x10, 0));
}

pub(crate) fn initial_data(level: u8, conversations: i32) -> Vec<u8> {
    initial_data_of("DEV.APP.SVRCONN", level, conversations)
}

pub(crate) fn initial_data_of(channel: &str, level: u8, conversations: i32) -> Vec<u8> {
    let mut id = vec![0; 208];
    set(&mut id, 0, b"ID  ");
    id[4] = level;
    set(&mut id, 12, &32_748_i32.to_be_bytes());
    set(&mut id, 16, &104_857_600_i32.to_be_bytes());
    set(&mut id, 24, &[b' '; 20]);
    set(&mut id, 24, channel.as_bytes());
    set(&mut id, 46, &819_u16.to_be_bytes());
    set(&mut id, 128, &conversations.to_be_bytes());
    id
}

pub(crate) fn mqconn() -> Vec<u8> {
    let mut body = vec![b' '; 120];
    set(&mut body, 48, b"a channel client");
    set(&mut body, 76, &[0; 44]);
    body
}

pub(crate) fn mqopen(name: &str, options: i32) -> Vec<u8> {
    let mut od = vec![b' '; 168];
    set(&mut od, 0, b"OD  ");
    set(&mut od, 4, &1_i32.to_be_bytes());
    set(&mut od, 8, &mq::MQOT_Q.to_be_bytes());
    set(&mut od, 12, name.as_bytes());
    [od, options.to_be_bytes().to_vec()].concat()
}

pub(crate) fn md() -> Vec<u8> {
    let mut md = vec![0; 364];
    set(&mut md, 0, b"MD  ");
    let words = [(4, 2), (12, 8), (16, -1), (24, 273), (28, 1208), (40, 0), (44, 0), (348, 1), (360, -1)];
    for (at, value) in words {
        set(&mut md, at, &i32::to_be_bytes(value));
    }
    for (at, length) in [(32, 8), (100, 96), (196, 12), (240, 32), (276, 48)] {
        md[at..at + length].fill(b' ');
    }
    md
}

pub(crate) fn mqput(options: i32, data: &[u8]) -> Vec<u8> {
    let mut pmo = vec![0; 128];
    set(&mut pmo, 0, b"PMO ");
    set(&mut pmo, 4, &1_i32.to_be_bytes());
    set(&mut pmo, 8, &options.to_be_bytes());
    [md(), pmo, i32::try_from(data.len()).unwrap().to_be_bytes().to_vec(), data.to_vec()].concat()
}

pub(crate) fn mqget(options: i32, wait_ms: i32, buffer_bytes: i32) -> Vec<u8> {
    let mut gmo = vec![0; 100];
    set(&mut gmo, 0, b"GMO ");
    for (at, value) in [(4, 3), (8, options), (12, wait_ms)] {
        set(&mut gmo, at, &i32::to_be_bytes(value));
    }
    [md(), gmo, buffer_bytes.to_be_bytes().to_vec()].concat()
}

pub(crate) fn request_msgs(handle: i32, flags: i32, options: i32, correlation: Option<[u8; 24]>) -> Vec<u8> {
    let words = [1, handle, 0, 1, -1, options, 0, 0, flags, 0].map(i32::to_be_bytes).concat();
    let matches = if correlation.is_some() { mq::MQMO_MATCH_CORREL_ID } else { mq::MQMO_NONE };
    let selection = [&[0, 1, 0, 2][..], &[1208, 273, 0, 0, matches].map(i32::to_be_bytes).concat()].concat();
    let id = correlation.map(|id| id.to_vec()).unwrap_or_default();
    [words, selection, id].concat()
}

fn set(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

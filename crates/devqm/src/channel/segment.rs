//! Segments: the header before everything that travels on a channel, read and written, and long calls cut into several.
//!
//! `TSH ` is 28 bytes: eyecatcher 4, length 4 (big-endian, with the header), byte order 1, type 1, flags 1, flags 1, LUWID 8,
//! encoding 4, CCSID 2, reserved 2. `TSHM`, where conversations are multiplexed, has conversation 4 and request 4
//! (big-endian) behind the length. `TSHC` has the layout of `TSH ` and concerns the socket.

use super::wire::{Broken, Order, status};

/// A segment's type, at offset 9 (17 in `TSHM`). Of calls, which are 0x81 to 0x8F, the reply is 0x10 higher.
pub(crate) mod kind {
    pub(crate) const INITIAL_DATA: u8 = 0x01;
    pub(crate) const STATUS: u8 = 0x05;
    pub(crate) const USERID_DATA: u8 = 0x08;
    pub(crate) const HEARTBEAT: u8 = 0x09;
    pub(crate) const CONAUTH_INFO: u8 = 0x0A;
    pub(crate) const SOCKET_ACTION: u8 = 0x0C;
    pub(crate) const ASYNC_MESSAGE: u8 = 0x0D;
    pub(crate) const REQUEST_MSGS: u8 = 0x0E;
    pub(crate) const NOTIFICATION: u8 = 0x0F;
    pub(crate) const MQCONN: u8 = 0x81;
    pub(crate) const MQDISC: u8 = 0x82;
    pub(crate) const MQOPEN: u8 = 0x83;
    pub(crate) const MQCLOSE: u8 = 0x84;
    pub(crate) const MQGET: u8 = 0x85;
    pub(crate) const MQPUT: u8 = 0x86;
    pub(crate) const MQPUT1: u8 = 0x87;
    pub(crate) const MQSET: u8 = 0x88;
    pub(crate) const MQINQ: u8 = 0x89;
    pub(crate) const MQCMIT: u8 = 0x8A;
    pub(crate) const MQBACK: u8 = 0x8B;
    pub(crate) const SPI: u8 = 0x8C;
    pub(crate) const MQSTAT: u8 = 0x8D;
    pub(crate) const MQSUBRQ: u8 = 0x8F;
    /// What is added for a reply.
    pub(crate) const REPLY: u8 = 0x10;
}

/// Control flags 1, at offset 10 (18 in `TSHM`).
pub(crate) mod flag {
    pub(crate) const CONFIRM: u8 = 0x01;
    pub(crate) const ERROR: u8 = 0x02;
    pub(crate) const CLOSE: u8 = 0x08;
    pub(crate) const FIRST: u8 = 0x10;
    pub(crate) const LAST: u8 = 0x20;
}

/// Which header a segment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `TSH `.
    Plain,
    /// `TSHM`.
    Multiplexed,
    /// `TSHC`.
    Socket,
}

impl Form {
    /// The header's length in bytes.
    pub(crate) fn header_bytes(self) -> usize {
        match self {
            Self::Multiplexed => 36,
            Self::Plain | Self::Socket => 28,
        }
    }

    fn eyecatcher(self) -> [u8; 4] {
        match self {
            Self::Plain => *b"TSH ",
            Self::Multiplexed => *b"TSHM",
            Self::Socket => *b"TSHC",
        }
    }
}

/// To whom a segment is addressed, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) form: Form,
    pub(crate) conversation: u32,
    pub(crate) request: u32,
    pub(crate) order: Order,
}

/// A segment's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) address: Address,
    /// With the header.
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
}

/// The CCSID of names in what devqm sends, and asks its clients to send.
pub(crate) const CCSID: u16 = 819;
/// Numbers of either order, as `MQMD.Encoding` counts.
const ENCODING_BIG: i32 = 0x111;
const ENCODING_LITTLE: i32 = 0x222;

impl Header {
    /// Reads a header; none where there are too few bytes yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Broken> {
        let broken = |status, what, offset| Err(Broken { status, what, offset });
        let Some((eyecatcher, rest)) = bytes.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let form = match eyecatcher {
            b"TSH " => Form::Plain,
            b"TSHM" => Form::Multiplexed,
            b"TSHC" => Form::Socket,
            _ => return broken(status::INVALID_DATA, "a segment header", 0),
        };
        let Some((length, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length < form.header_bytes() {
            return broken(status::LENGTH, "a segment as long as its header", 4);
        }
        let (ids, rest) = match form {
            Form::Multiplexed => {
                rest.split_first_chunk::<8>().map_or(([0; 8], None), |(ids, rest)| (*ids, Some(rest)))
            }
            Form::Plain | Form::Socket => ([0; 8], Some(rest)),
        };
        let Some([order, kind, flags, flags_2, ..]) = rest.filter(|rest| rest.len() >= 20) else {
            return Ok(None);
        };
        let Some(order) = Order::of(*order) else {
            return broken(status::INVALID_DATA, "a byte order of 1 or 2", form.header_bytes() - 20);
        };
        if *flags_2 != 0 {
            return broken(status::PROTOCOL, "a segment that is not compressed", form.header_bytes() - 17);
        }
        let [conversation, request] = halves(ids);
        let address = Address { form, conversation, request, order };
        Ok(Some(Self { address, length, kind: *kind, flags: *flags }))
    }
}

impl Address {
    /// The header of a segment with so many bytes behind it.
    pub(crate) fn header(&self, kind: u8, flags: u8, body_bytes: usize) -> Vec<u8> {
        let length = u32::try_from(self.form.header_bytes() + body_bytes).unwrap_or(u32::MAX);
        let mut header = Vec::with_capacity(self.form.header_bytes() + body_bytes);
        header.extend(self.form.eyecatcher());
        header.extend(length.to_be_bytes());
        if self.form == Form::Multiplexed {
            header.extend(self.conversation.to_be_bytes());
            header.extend(self.request.to_be_bytes());
        }
        header.extend([self.order.byte(), kind, flags, 0]);
        header.extend([0; 8]);
        let encoding = if self.order == Order::Big { ENCODING_BIG } else { ENCODING_LITTLE };
        header.extend(self.order.word_bytes(encoding));
        header.extend(self.order.half_bytes(CCSID));
        header.extend([0; 2]);
        header
    }

    /// A segment that is never cut.
    pub(crate) fn single(&self, kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
        let mut segment = self.header(kind, flags, body.len());
        segment.extend(body);
        segment
    }

    /// A call's reply, which is its fixed part and its data, in as many segments as it needs.
    pub(crate) fn cut<'d>(
        &self,
        kind: u8,
        fixed: &'d [u8],
        data: &'d [u8],
        segment_bytes_max: usize,
    ) -> impl Iterator<Item = Vec<u8>> + use<'d> {
        let address = *self;
        let room = segment_bytes_max.saturating_sub(self.form.header_bytes()).max(1);
        pieces(fixed, data, room).map(move |(flags, one, two)| {
            let mut segment = address.header(kind, flags, one.len() + two.len());
            segment.extend(one);
            segment.extend(two);
            segment
        })
    }
}

/// Two byte strings, one behind the other, in pieces of so many bytes; each with its FIRST and LAST flags.
pub(crate) fn pieces<'d>(
    mut one: &'d [u8],
    mut two: &'d [u8],
    room: usize,
) -> impl Iterator<Item = (u8, &'d [u8], &'d [u8])> + use<'d> {
    let mut first = Some(flag::FIRST);
    std::iter::from_fn(move || {
        if first.is_none() && one.is_empty() && two.is_empty() {
            return None;
        }
        let (of_one, rest) = one.split_at(room.min(one.len()));
        one = rest;
        let (of_two, rest) = two.split_at((room - of_one.len()).min(two.len()));
        two = rest;
        let last = if one.is_empty() && two.is_empty() { flag::LAST } else { 0 };
        Some((first.take().unwrap_or(0) | last, of_one, of_two))
    })
}

fn halves(ids: [u8; 8]) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = ids;
    [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Address =
        Address { form: Form::Multiplexed, conversation: 1, request: 3, order: Order::Little };

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for (form, conversation, request) in
            [(Form::Plain, 0, 0), (Form::Multiplexed, 1, 3), (Form::Socket, 0, 0)]
        {
            for order in [Order::Big, Order::Little] {
                let address = Address { form, conversation, request, order };
                let segment = address.single(kind::MQINQ, 0x30, b"body");
                let length = form.header_bytes() + 4;
                let expected = Header { address, length, kind: kind::MQINQ, flags: 0x30 };
                assert_eq!(Header::read(&segment), Ok(Some(expected)));
                for short in 0..form.header_bytes() {
                    assert_eq!(Header::read(&segment[..short]), Ok(None), "{short}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_header_is_refused_at_its_place() {
        let right = ADDRESS.single(kind::MQINQ, 0x30, b"");
        for (at, byte, status) in [
            (0, b'X', status::INVALID_DATA),
            (7, 35, status::LENGTH),
            (16, 3, status::INVALID_DATA),
            (19, 1, status::PROTOCOL),
        ] {
            let mut wrong = right.clone();
            wrong[at] = byte;
            assert_eq!(Header::read(&wrong).unwrap_err().status, status, "{at}");
        }
    }

    #[test]
    fn a_long_reply_is_cut_anywhere_and_a_short_one_is_whole() {
        let flags = |fixed: &[u8], data: &[u8]| -> Vec<u8> {
            let segments: Vec<_> = ADDRESS.cut(0x95, fixed, data, 36 + 10).collect();
            let bodies: Vec<u8> = segments.iter().flat_map(|segment| segment[36..].to_vec()).collect();
            assert_eq!(bodies, [fixed, data].concat());
            segments.iter().map(|segment| segment[18]).collect()
        };
        assert_eq!(flags(b"", b""), [0x30]);
        assert_eq!(flags(b"fixed", b"data"), [0x30]);
        assert_eq!(flags(b"fixedfixed", b""), [0x30]);
        assert_eq!(flags(b"fixed", b"datadata"), [0x10, 0x20]);
        assert_eq!(flags(&[1; 15], &[2; 15]), [0x10, 0, 0x20]);
    }
}

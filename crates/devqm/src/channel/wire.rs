//! Numbers, names and structures as they lie on the wire, in the byte order that the client chose. It knows no segment and
//! no call.
//!
//! Structures are kept as the client sent them, and what the queue manager says is written over their fields: what neither
//! side gives a meaning goes back as it came.

/// Why a client is not understood: the conversation ends with this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The code of the STATUS segment; see [`status`].
    pub(crate) status: i32,
    /// What was expected.
    pub(crate) what: &'static str,
    /// Where in the call, in bytes.
    pub(crate) offset: usize,
}

/// The codes of a STATUS segment that devqm sends.
pub(crate) mod status {
    pub(crate) const ACCEPTED: i32 = 0;
    pub(crate) const NO_CHANNEL: i32 = 1;
    pub(crate) const SEGMENT_TYPE: i32 = 10;
    pub(crate) const LENGTH: i32 = 11;
    pub(crate) const INVALID_DATA: i32 = 12;
    pub(crate) const SEGMENT: i32 = 13;
    pub(crate) const IDENTIFIER: i32 = 14;
    pub(crate) const PROTOCOL: i32 = 16;
    pub(crate) const CHANNEL_NOT_AVAILABLE: i32 = 22;
    pub(crate) const CIPHER_SPEC: i32 = 24;
    pub(crate) const CLIENT_CERTIFICATE: i32 = 26;
    pub(crate) const HANDLE: i32 = 29;
    pub(crate) const CONVERSATION: i32 = 30;
    pub(crate) const SOCKET_ACTION: i32 = 31;
    pub(crate) const NEGOTIATION: i32 = 0xF3;
}

/// How integers are written: offset 8 of a segment's header says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

impl Order {
    /// The order of its byte in the header.
    pub(crate) fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Big),
            2 => Some(Self::Little),
            _ => None,
        }
    }

    /// Its byte in the header.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Big => 1,
            Self::Little => 2,
        }
    }

    pub(crate) fn word(self, bytes: [u8; 4]) -> i32 {
        match self {
            Self::Big => i32::from_be_bytes(bytes),
            Self::Little => i32::from_le_bytes(bytes),
        }
    }

    pub(crate) fn half(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    pub(crate) fn word_bytes(self, word: i32) -> [u8; 4] {
        match self {
            Self::Big => word.to_be_bytes(),
            Self::Little => word.to_le_bytes(),
        }
    }

    pub(crate) fn half_bytes(self, half: u16) -> [u8; 2] {
        match self {
            Self::Big => half.to_be_bytes(),
            Self::Little => half.to_le_bytes(),
        }
    }
}

/// Reads a call's body from front to back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    order: Order,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8], order: Order) -> Self {
        Self { bytes, at: 0, order }
    }

    pub(crate) fn order(&self) -> Order {
        self.order
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'b [u8], Broken> {
        let Some((taken, _)) = self.rest().split_at_checked(length) else {
            return Err(self.broken(status::LENGTH, "more bytes"));
        };
        self.at += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let Some((array, _)) = self.rest().split_first_chunk() else {
            return Err(self.broken(status::LENGTH, "more bytes"));
        };
        self.at += N;
        Ok(*array)
    }

    pub(crate) fn word(&mut self) -> Result<i32, Broken> {
        self.array().map(|bytes| self.order.word(bytes))
    }

    pub(crate) fn half(&mut self) -> Result<u16, Broken> {
        self.array().map(|bytes| self.order.half(bytes))
    }

    /// A word that counts something.
    pub(crate) fn count(&mut self) -> Result<usize, Broken> {
        let counted = self.word()?;
        usize::try_from(counted)
            .map_err(|_| self.broken(status::INVALID_DATA, "a count that is not negative"))
    }

    pub(crate) fn text(&mut self, length: usize) -> Result<String, Broken> {
        self.take(length).map(text)
    }

    /// A part of a stated length.
    pub(crate) fn block(&mut self, length: usize) -> Result<Block, Broken> {
        let bytes = self.take(length)?.to_vec();
        Ok(Block { bytes, order: self.order })
    }

    /// A structure with an eyecatcher and a version, one length for each version.
    pub(crate) fn structure(&mut self, eyecatcher: [u8; 4], lengths: &[usize]) -> Result<Block, Broken> {
        let mut head = *self;
        if head.array()? != eyecatcher {
            return Err(self.broken(status::INVALID_DATA, "the eyecatcher of the call's structure"));
        }
        let version = head.word()?;
        let index = usize::try_from(version).ok().and_then(|version| version.checked_sub(1));
        match index.and_then(|index| lengths.get(index)) {
            Some(length) => self.block(*length),
            None => Err(self.broken(status::INVALID_DATA, "a known version of the call's structure")),
        }
    }

    pub(crate) fn broken(&self, status: i32, what: &'static str) -> Broken {
        Broken { status, what, offset: self.at }
    }
}

/// A structure of a fixed length. What lies beyond it is read as zeros and not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    pub(crate) order: Order,
}

impl Block {
    pub(crate) fn new(length: usize, order: Order) -> Self {
        Self { bytes: vec![0; length], order }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let there = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        there.copied().unwrap_or([0; N])
    }

    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.array::<1>(at)[0]
    }

    pub(crate) fn word(&self, at: usize) -> i32 {
        self.order.word(self.array(at))
    }

    pub(crate) fn half(&self, at: usize) -> u16 {
        self.order.half(self.array(at))
    }

    pub(crate) fn text<const N: usize>(&self, at: usize) -> String {
        text(&self.array::<N>(at))
    }

    pub(crate) fn set(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    pub(crate) fn set_byte(&mut self, at: usize, byte: u8) {
        self.set(at, &[byte]);
    }

    pub(crate) fn set_word(&mut self, at: usize, word: i32) {
        self.set(at, &self.order.word_bytes(word));
    }

    pub(crate) fn set_half(&mut self, at: usize, half: u16) {
        self.set(at, &self.order.half_bytes(half));
    }

    /// A name, padded with blanks.
    pub(crate) fn set_text<const N: usize>(&mut self, at: usize, text: &str) {
        self.set(at, &padded::<N>(text));
    }
}

/// Cuts or pads with blanks to a fixed width.
pub(crate) fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    for (to, from) in field.iter_mut().zip(text.chars()) {
        *to = u8::try_from(from).unwrap_or(b'?');
    }
    field
}

/// A name without its padding. The header says CCSID 819, of which each byte is its own character.
pub(crate) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let named = bytes.get(..end).unwrap_or_default();
    named.trim_ascii_end().iter().map(|byte| char::from(*byte)).collect()
}

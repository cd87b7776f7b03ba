//! Messages that come when they come: REQUEST_MSGS, by which a multiplexed client asks for them, ASYNC_MESSAGE, in which they
//! travel, and NOTIFICATION. What a client asked for stands in the engine; see [`crate::engine::Engine::request`].

use libmqm_sys as mq;

use super::segment::{Address, kind, pieces};
use super::structures::{Md, blank};
use super::wire::{Block, Broken, Order, Reader, status};
use crate::verbs::{Descriptor, Get, Got, ObjectHandle};

/// REQUEST_MSGS flags.
mod flag {
    /// A listener's: the client asks again after each message.
    pub(super) const LISTENS: i32 = 0x01;
    /// The message is wanted now or not at all.
    pub(super) const NOW: i32 = 0x02 | 0x04;
    /// What is selected follows.
    pub(super) const SELECTION: i32 = 0x10;
}

/// NOTIFICATION codes.
pub(crate) mod notice {
    /// Start, suspend or stop delivery, by the value.
    pub(crate) const CONTROL: i32 = 3;
    /// The answer to suspend and stop.
    pub(crate) const CONTROLLED: i32 = 4;
    /// The end of the answer to a request that wants its message now.
    pub(crate) const CHECKED: i32 = 11;
    /// The value of [`CONTROL`] that starts delivery.
    pub(crate) const START: i32 = 2;
}

/// The request id under which messages travel, whatever the request's own.
const MESSAGES: u32 = 1;
/// What every segment of a message begins with, in bytes.
const INDEX_BYTES: usize = 24;

/// What a client asks for by REQUEST_MSGS.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) handle: ObjectHandle,
    /// Whether something has come since the last request.
    received: bool,
    /// As the stream says it was asked for last, unless the selection changes.
    bytes_max: u32,
    options: i32,
    flags: i32,
    selection: Option<Selection>,
}

/// Which messages a handle's requests are for, until it is changed.
#[derive(Debug, Clone)]
struct Selection {
    index: u16,
    version: i32,
    match_options: i32,
    descriptor: Descriptor,
    token: [u8; 16],
}

/// The messages that travel for one handle.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Whether its last request was a listener's.
    pub(crate) listens: bool,
    selection: Selection,
    next_index: i32,
    /// A message is on its way of which the client has not said that it has it.
    unseen: bool,
    /// A request was left to stand, and is not answered yet.
    pub(crate) asked: bool,
}

impl Wanted {
    /// Reads REQUEST_MSGS: version, handle, bytes received, messages wanted, longest message, get options, wait, status of
    /// the queue, flags, global index, 4 each; then the selection, where the flags say so.
    pub(crate) fn read(mut reader: Reader<'_>) -> Result<Self, Broken> {
        let (_version, handle) = (reader.word()?, reader.word()?);
        let (received, _messages) = (reader.word()?, reader.word()?);
        let (longest, options, _wait_ms) = (reader.word()?, reader.word()?, reader.word()?);
        let (_status, flags, _index) = (reader.word()?, reader.word()?, reader.word()?);
        let selection = if flags & flag::SELECTION != 0 { Some(Selection::read(reader)?) } else { None };
        // A longest message of -1 says that any length will do.
        let bytes_max = u32::try_from(longest).unwrap_or(u32::MAX);
        Ok(Self { handle, received: received != 0, bytes_max, options, flags, selection })
    }

    /// Whether the message is wanted now or not at all.
    pub(crate) fn now(&self) -> bool {
        self.flags & flag::NOW != 0
    }

    /// Whether a listener waits for it.
    pub(crate) fn listens(&self) -> bool {
        self.flags & flag::LISTENS != 0
    }

    /// The get that the request stands for; the stream learns what is selected from now on. None where a message that was
    /// sent for the request before it is still on its way: it serves both.
    pub(crate) fn get(self, stream: &mut Stream) -> Option<Get> {
        stream.unseen &= !self.received && self.selection.is_none();
        if stream.unseen {
            return None;
        }
        if let Some(selection) = self.selection {
            stream.selection = selection;
        }
        let mut options = self.options & !(mq::MQGMO_WAIT | mq::MQGMO_SET_SIGNAL);
        // Both together ask for the first message.
        let both = mq::MQGMO_BROWSE_FIRST | mq::MQGMO_BROWSE_NEXT;
        if options & both == both {
            options &= !mq::MQGMO_BROWSE_NEXT;
        }
        let Selection { match_options, descriptor, token, .. } = stream.selection.clone();
        Some(Get {
            handle: self.handle,
            options,
            match_options,
            wait_interval_ms: 0,
            buffer_bytes: self.bytes_max,
            descriptor,
            token,
            with_properties: false,
            standing: false,
        })
    }
}

impl Selection {
    /// Index 2, MQMD version 2, CCSID 4, encoding 4, sequence number 4, offset 4, match options 4; then those of message id,
    /// correlation id, group id (24 each) and message token (16) that the match options name.
    fn read(mut reader: Reader<'_>) -> Result<Self, Broken> {
        let (index, version) = (reader.half()?, reader.half()?);
        let (ccsid, encoding) = (reader.word()?, reader.word()?);
        let (sequence_number, offset) = (reader.word()?, reader.word()?);
        let match_options = reader.word()?;
        let mut id = |option| if match_options & option == 0 { Ok([0; 24]) } else { reader.array::<24>() };
        let descriptor = Descriptor {
            message_id: id(mq::MQMO_MATCH_MSG_ID)?,
            correlation_id: id(mq::MQMO_MATCH_CORREL_ID)?,
            group_id: id(mq::MQMO_MATCH_GROUP_ID)?,
            ccsid,
            encoding,
            sequence_number,
            offset,
            ..blank()
        };
        let token = if match_options & mq::MQMO_MATCH_MSG_TOKEN == 0 { [0; 16] } else { reader.array()? };
        match version {
            1 | 2 => Ok(Self { index, version: i32::from(version), match_options, descriptor, token }),
            _ => Err(reader.broken(status::INVALID_DATA, "a known version of MQMD")),
        }
    }
}

impl Default for Stream {
    fn default() -> Self {
        let descriptor = blank();
        let selection = Selection { index: 0, version: 2, match_options: 0, descriptor, token: [0; 16] };
        Self { listens: false, selection, next_index: 1, unseen: false, asked: false }
    }
}

impl Stream {
    /// A message as ASYNC_MESSAGE segments: the index on each, on the first the message's particulars and its MQMD, then the
    /// data.
    pub(crate) fn message(
        &mut self,
        address: Address,
        handle: ObjectHandle,
        reason: i32,
        got: Got,
        segment_bytes_max: usize,
    ) -> impl Iterator<Item = Vec<u8>> + use<> {
        let address = Address { request: MESSAGES, ..address };
        let mut index = Block::new(INDEX_BYTES, address.order);
        for (at, word) in [(0, 1), (4, handle), (8, self.next_index), (12, 0)] {
            index.set_word(at, word);
        }
        index.set_half(22, self.selection.index);
        self.next_index = self.next_index.wrapping_add(1);
        self.unseen = true;
        let head = particulars(reason, &got, self.selection.version, address.order);
        let room = segment_bytes_max.saturating_sub(address.form.header_bytes() + INDEX_BYTES);
        let mut lengths: Vec<_> = Vec::new();
        lengths.extend(
            pieces(&head, &got.body, room).map(|(flags, head, data)| (flags, head.len(), data.len())),
        );
        let (mut head, mut data, mut number) = (head, got.body, 0_u16);
        lengths.into_iter().map(move |(flags, head_bytes, data_bytes)| {
            index.set_word(16, i32::try_from(data_bytes).unwrap_or(0));
            index.set_half(20, number);
            number = number.wrapping_add(1);
            let mut segment =
                address.header(kind::ASYNC_MESSAGE, flags, INDEX_BYTES + head_bytes + data_bytes);
            segment.extend(&index.bytes);
            segment.extend(head.drain(..head_bytes));
            segment.extend(data.drain(..data_bytes));
            segment
        })
    }
}

/// Reason 4, length 4, length that travels 4, token 16, status 2, the queue's name with its length 1, MQMD.
fn particulars(reason: i32, got: &Got, version: i32, order: Order) -> Vec<u8> {
    let mut head = Vec::with_capacity(450);
    let travels = i32::try_from(got.body.len()).unwrap_or(i32::MAX);
    for word in [reason, travels, i32::try_from(got.data_bytes).unwrap_or(i32::MAX)] {
        head.extend(order.word_bytes(word));
    }
    head.extend(got.token);
    head.extend([0; 2]);
    let mut name: Vec<u8> = got.resolved_queue.bytes().take(48).collect();
    // The name is filled up so that what follows it lies at a multiple of four.
    while !(3 + name.len()).is_multiple_of(4) {
        name.push(b' ');
    }
    head.extend(u8::try_from(name.len()));
    head.extend(name);
    head.extend(Md { version, descriptor: got.descriptor.clone() }.bytes(order));
    head
}

/// A NOTIFICATION: version, handle, code, value.
pub(crate) fn notification(handle: ObjectHandle, code: i32, value: i32, order: Order) -> Vec<u8> {
    [1, handle, code, value].map(|word| order.word_bytes(word)).concat()
}

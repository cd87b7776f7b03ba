//! MQDLH: why a message is on a dead-letter queue, and what it was.

use super::HeaderError;
use super::wire::{Reader, Wire, Writer};
use crate::descriptor::Descriptor;
use crate::name::Format;
use crate::properties::{Property, PropertyValue};

/// `MQDLH_LENGTH_1`: 172 bytes.
pub const DEAD_LETTER_HEADER_BYTES: usize = 172;

/// What the structure begins with.
const ID: &str = "DLH ";

/// `MQDLH_VERSION_1`.
const VERSION: i32 = 1;

/// MQDLH version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterHeader {
    /// `Reason`: an `MQRC_*` or `MQFB_*` code.
    pub reason: i32,
    /// `DestQName`: where the message was meant for.
    pub destination_queue: String,
    /// `DestQMgrName`.
    pub destination_queue_manager: String,
    /// `Encoding` of what follows.
    pub encoding: i32,
    /// `CodedCharSetId` of what follows.
    pub ccsid: i32,
    /// `Format` of what follows.
    pub format: Format,
    /// `PutApplType` of who put the message to the dead-letter queue.
    pub put_application_type: i32,
    /// `PutApplName` of the same.
    pub put_application_name: String,
    /// `PutDate`, `YYYYMMDD`.
    pub put_date: [u8; 8],
    /// `PutTime`, `HHMMSSTH`.
    pub put_time: [u8; 8],
}

impl DeadLetterHeader {
    /// Puts the header before `body` and makes the descriptor describe it: format `MQDEAD`, native integers, UTF-8 names.
    ///
    /// What the descriptor said of the body moves into the header.
    pub fn prepend(&self, descriptor: &mut Descriptor, body: &[u8]) -> Vec<u8> {
        descriptor.encoding = libmqm_sys::MQENC_NATIVE;
        descriptor.ccsid = ccsid::UTF_8;
        descriptor.format = Format::DEAD_LETTER_HEADER;
        let mut bytes = Vec::with_capacity(DEAD_LETTER_HEADER_BYTES + body.len());
        self.write(Wire { encoding: descriptor.encoding, ccsid: descriptor.ccsid }, &mut bytes);
        bytes.extend_from_slice(body);
        bytes
    }

    /// Appends the header, its integers and characters as `wire` says.
    pub fn write(&self, wire: Wire, into: &mut Vec<u8>) {
        let mut writer = Writer::open(wire, ID, into);
        writer.integer(VERSION);
        writer.integer(self.reason);
        writer.text::<48>(&self.destination_queue);
        writer.text::<48>(&self.destination_queue_manager);
        writer.integer(self.encoding);
        writer.integer(self.ccsid);
        writer.format(self.format);
        writer.integer(self.put_application_type);
        writer.text::<28>(&self.put_application_name);
        writer.digits(&self.put_date);
        writer.digits(&self.put_time);
    }

    /// The header's bytes, its integers in the order that `encoding` states, its characters in ASCII.
    pub fn encode(&self, encoding: i32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(DEAD_LETTER_HEADER_BYTES);
        self.write(Wire { encoding, ccsid: ccsid::UTF_8 }, &mut bytes);
        bytes
    }

    /// Reads a header at the beginning of `body`, its integers in the order that `encoding` states.
    ///
    /// # Errors
    /// Where the body is shorter than a header, or the structure id or version is another.
    pub fn decode(body: &[u8], encoding: i32) -> Result<Self, HeaderError> {
        Self::read(body, 0, Wire { encoding, ccsid: ccsid::UTF_8 })
    }

    /// The header at `at`.
    pub(super) fn read(body: &[u8], at: usize, wire: Wire) -> Result<Self, HeaderError> {
        let mut reader = Reader::open(body, at, wire, ID, DEAD_LETTER_HEADER_BYTES)?;
        if reader.integer() != VERSION {
            return Err(HeaderError::new(at + 4, "version 1 of MQDLH"));
        }
        Ok(Self {
            reason: reader.integer(),
            destination_queue: reader.name::<48>(),
            destination_queue_manager: reader.name::<48>(),
            encoding: reader.integer(),
            ccsid: reader.integer(),
            format: reader.format(),
            put_application_type: reader.integer(),
            put_application_name: reader.name::<28>(),
            put_date: reader.digits(),
            put_time: reader.digits(),
        })
    }

    /// The fields as properties.
    pub(super) fn properties(self) -> Vec<Property> {
        let digits = |field: [u8; 8]| PropertyValue::String(field.map(char::from).iter().collect());
        let fields = [
            ("Reason", PropertyValue::Int32(self.reason)),
            ("DestQName", PropertyValue::String(self.destination_queue)),
            ("DestQMgrName", PropertyValue::String(self.destination_queue_manager)),
            ("Encoding", PropertyValue::Int32(self.encoding)),
            ("CodedCharSetId", PropertyValue::Int32(self.ccsid)),
            ("Format", PropertyValue::String(self.format.to_string())),
            ("PutApplType", PropertyValue::Int32(self.put_application_type)),
            ("PutApplName", PropertyValue::String(self.put_application_name)),
            ("PutDate", digits(self.put_date)),
            ("PutTime", digits(self.put_time)),
        ];
        fields.map(|(name, value)| Property { name: format!("MQDLH.{name}"), value }).into()
    }
}

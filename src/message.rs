//! The nouns: the document that a message becomes, and the names it goes by.

use std::fmt;

use bytes::Bytes;

/// A coded character set identifier, as in `MQMD.CodedCharSetId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ccsid(pub i32);

/// A translated message: the JSON document that a service gets, and what routing needs of it.
pub struct Document {
    /// The format it was written in: `iso20022`.
    pub format: &'static str,
    /// The message type within the format: `pacs.008.001.08`.
    pub kind: String,
    /// Business keys found in the message, in document order.
    pub keys: Keys,
    /// The whole JSON object.
    pub body: Bytes,
}

/// Business keys by name, each with its values in document order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(pub Vec<(String, Vec<String>)>);

/// The value that a service deduplicates on: the same at every redelivery of one message.
///
/// SHA-256 over provider, logical source, MsgId, PutDate, PutTime and body (the bytes after all MQ headers), each preceded
/// by its length as eight bytes, big-endian. MsgId alone is reused by some providers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(pub [u8; 32]);

impl Keys {
    /// The values of one key; `None` where the message has none.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, values)| values.as_slice())
    }
}

impl Document {
    /// `ce-type`: `iso20022.pacs.008.001.08`.
    pub fn event_type(&self) -> String {
        format!("{}.{}", self.format, self.kind)
    }
}

impl fmt::Display for Ccsid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("format", &self.format)
            .field("kind", &self.kind)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

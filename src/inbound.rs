//! A message as it came off its queue: its payload behind the MQ headers, its key, and what a service is told of it.

use mq::headers::{self, Peeled};
use mq::{Descriptor, Property, PropertyValue, QueueName};
use sha2::{Digest, Sha256};

use crate::message::{Ccsid, IdempotencyKey};
use crate::translate::Input;

/// A message as it came off its queue.
#[derive(Debug)]
pub struct Inbound {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// The properties of its message handle. Those of MQ headers come after them where one is asked for.
    pub properties: Vec<Property>,
    /// All its bytes, MQ headers included: what is parked.
    pub body: Vec<u8>,
    /// When it was put, RFC 3339, where the descriptor tells.
    pub put_time: Option<String>,
    /// What its repeats have in common.
    pub key: IdempotencyKey,
    /// The place where the chain of MQ headers cannot be read.
    pub header_fault: Option<String>,
    payload: Payload,
}

/// The body after all MQ headers.
#[derive(Debug)]
struct Payload {
    offset: usize,
    encoding: i32,
    ccsid: i32,
    header_properties: Vec<Property>,
}

impl IdempotencyKey {
    fn of(provider: &str, source: &str, descriptor: &Descriptor, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        let parts: [&[u8]; 6] = [
            provider.as_bytes(),
            source.as_bytes(),
            &descriptor.message_id.0,
            &descriptor.put_date,
            &descriptor.put_time,
            body,
        ];
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl Inbound {
    /// Takes a message in that comes from outside: finds its payload behind the MQ headers and gives it its key.
    pub fn new(provider: &str, source: &str, message: mq::Message) -> Self {
        let mut inbound = Self::known(IdempotencyKey([0; 32]), message);
        inbound.key = IdempotencyKey::of(provider, source, &inbound.descriptor, inbound.payload());
        inbound
    }

    /// Takes a message in that comes from one of our own queues, where its key stands beside it.
    pub fn known(key: IdempotencyKey, message: mq::Message) -> Self {
        let mq::Message { descriptor, properties, body } = message;
        let peeled = headers::peel(descriptor.format, descriptor.encoding, descriptor.ccsid, &body);
        let (payload, header_fault) = match peeled {
            Ok(peeled) => (Payload::after(peeled), None),
            Err(error) => (Payload::whole(&descriptor), Some(error.to_string())),
        };
        let put_time = descriptor.put_timestamp();
        Self { descriptor, properties, body, put_time, key, header_fault, payload }
    }

    /// The bytes after all MQ headers.
    pub fn payload(&self) -> &[u8] {
        self.body.get(self.payload.offset..).unwrap_or_default()
    }

    /// What a translator gets: the payload and how it is encoded. Settings may know better than the descriptor.
    pub fn input(&self, ccsid: Option<Ccsid>) -> Input<'_> {
        Input {
            bytes: self.payload(),
            ccsid: ccsid.unwrap_or(Ccsid(self.payload.ccsid)),
            encoding: self.payload.encoding,
        }
    }

    /// A property of the message handle or of an MQ header, as text.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().chain(&self.payload.header_properties).find_map(|property| {
            match &property.value {
                PropertyValue::String(value)
                    if property.name == name || property.name.strip_prefix("usr.") == Some(name) =>
                {
                    Some(value.as_str())
                }
                _ => None,
            }
        })
    }

    /// The W3C trace context that came with the message, else one whose trace id is the same at every redelivery.
    pub fn traceparent(&self) -> String {
        if let Some(given) = self.property("traceparent").filter(|text| is_traceparent(text)) {
            return given.to_owned();
        }
        let trace = self.key.0.first_chunk::<16>().map(hex::encode).unwrap_or_default();
        format!("00-{trace}-{:016x}-01", fastrand::u64(1..))
    }

    /// The MQ facts that a service may need, as headers.
    pub fn headers(&self, queue: &QueueName) -> Vec<(&'static str, String)> {
        let descriptor = &self.descriptor;
        let mut headers = vec![
            ("mq-message-id", descriptor.message_id.to_string()),
            ("mq-correlation-id", descriptor.correlation_id.to_string()),
            ("mq-queue", queue.to_string()),
            ("mq-backout-count", descriptor.backout_count.to_string()),
        ];
        if !descriptor.reply_to_queue.is_empty() {
            headers.push(("mq-reply-to", descriptor.reply_to_queue.clone()));
            headers.push(("mq-reply-to-queue-manager", descriptor.reply_to_queue_manager.clone()));
        }
        if let Some(state) = self.property("tracestate") {
            headers.push(("tracestate", state.to_owned()));
        }
        headers
    }
}

impl Payload {
    fn after(peeled: Peeled) -> Self {
        Self {
            offset: peeled.body_offset,
            encoding: peeled.encoding,
            ccsid: peeled.ccsid,
            header_properties: peeled.into_properties(),
        }
    }

    fn whole(descriptor: &Descriptor) -> Self {
        Self {
            offset: 0,
            encoding: descriptor.encoding,
            ccsid: descriptor.ccsid,
            header_properties: Vec::new(),
        }
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, ids not all zero (W3C Trace Context, section 3.2).
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags] = parts.as_slice() else { return false };
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let named = |part: &str| part.bytes().any(|byte| byte != b'0');
    *version == "00" && hex(trace, 32) && named(trace) && hex(span, 16) && named(span) && hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound(source: &str, message_id: u8, body: &[u8]) -> Inbound {
        let mut descriptor = Descriptor::default();
        descriptor.message_id.0 = [message_id; 24];
        Inbound::new("acme", source, mq::Message { descriptor, properties: Vec::new(), body: body.to_vec() })
    }

    #[test]
    fn a_key_tells_messages_apart_and_repeats_together() {
        let key = inbound("in", 1, b"<a/>").key;
        assert_eq!(key, inbound("in", 1, b"<a/>").key);
        assert_ne!(key, inbound("in", 2, b"<a/>").key);
        assert_ne!(key, inbound("in", 1, b"<b/>").key, "a reused MsgId is another message");
        assert_ne!(key, inbound("other", 1, b"<a/>").key);
        assert_eq!(key.to_string().len(), 64);
    }

    #[test]
    fn a_trace_that_came_with_the_message_goes_on() {
        let mut message = inbound("in", 1, b"x");
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let named =
            |value: &str| Property { name: "traceparent".into(), value: PropertyValue::String(value.into()) };
        message.properties = vec![named(given)];
        assert_eq!(message.traceparent(), given);
        message.properties = vec![named("00-00000000000000000000000000000000-00f067aa0ba902b7-01")];
        let made = message.traceparent();
        assert!(is_traceparent(&made) && made != given, "{made}");
        assert_eq!(made[..35], inbound("in", 1, b"x").traceparent()[..35], "one trace for all redeliveries");
    }
}

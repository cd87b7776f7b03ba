//! The fields by which selection strings name what a message has: JMS header fields, MQMD's, and properties, whether the
//! message has them beside its body or in an MQRFH2 before it.

use std::cell::OnceCell;

use libmqm_sys as mq;

use super::message::{Entry, Image};
use crate::rfh2;
use crate::selector::{Selector, Value};
use crate::verbs::{Descriptor, Property};

/// How many headers in front of one another are read.
const HEADERS_MAX: usize = 16;

/// Whether a message is selected.
pub(super) fn selects(selector: &Selector, entry: &Entry) -> bool {
    let Ok(image) = entry.image() else { return false };
    let fields = Fields { image: &image, backout_count: entry.backout_count, in_body: OnceCell::new() };
    selector.selects(&|name| fields.value(name))
}

struct Fields<'e> {
    image: &'e Image,
    backout_count: u32,
    /// The properties before the body, read when one is asked for.
    in_body: OnceCell<Vec<Property>>,
}

impl Fields<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        if let Some(field) = name.strip_prefix("Root.MQMD.") {
            return descriptor_field(&self.image.descriptor, field);
        }
        if name.starts_with("JMS")
            && let Some(value) = self.header_field(name)
        {
            return Some(value);
        }
        self.property(name.strip_prefix("usr.").unwrap_or(name))
    }

    /// A JMS header field or a property that JMS defines.
    fn header_field(&self, name: &str) -> Option<Value> {
        let descriptor = &self.image.descriptor;
        let number = |number: i32| Some(Value::Exact(i64::from(number)));
        match name {
            "JMSType" => self.property("mcd.Type"),
            "JMSDeliveryMode" => {
                let persistent = descriptor.persistence == mq::MQPER_PERSISTENT;
                Some(Value::Text(if persistent { "PERSISTENT" } else { "NON_PERSISTENT" }.to_owned()))
            }
            "JMSPriority" => number(descriptor.priority),
            "JMSMessageID" => Some(jms_id(&descriptor.message_id)),
            "JMSCorrelationID" => self.property("jms.Cid").or_else(|| {
                (descriptor.correlation_id != [0; 24]).then(|| jms_id(&descriptor.correlation_id))
            }),
            "JMSTimestamp" => self.property("jms.Tms").and_then(|value| match value {
                Value::Text(text) => text.trim().parse().ok().map(Value::Exact),
                other => Some(other),
            }),
            "JMSRedelivered" => Some(Value::Boolean(self.backout_count > 0)),
            "JMSXDeliveryCount" => Some(Value::Exact(i64::from(self.backout_count) + 1)),
            "JMSXUserID" => Some(trimmed(&descriptor.user_identifier)),
            "JMSXAppID" => Some(trimmed(&descriptor.put_application_name)),
            "JMSXGroupID" => self.property("jms.Gid"),
            "JMSXGroupSeq" => self.property("jms.Seq"),
            "JMS_IBM_Format" => Some(trimmed(&descriptor.format)),
            "JMS_IBM_MsgType" => number(descriptor.message_type),
            "JMS_IBM_Feedback" => number(descriptor.feedback),
            "JMS_IBM_PutApplType" => number(descriptor.put_application_type),
            "JMS_IBM_PutDate" => Some(trimmed(&descriptor.put_date)),
            "JMS_IBM_PutTime" => Some(trimmed(&descriptor.put_time)),
            _ => None,
        }
    }

    fn property(&self, name: &str) -> Option<Value> {
        let image = self.image;
        let in_body = self.in_body.get_or_init(|| properties_in_body(&image.descriptor, &image.body));
        image.properties.iter().chain(in_body).find(|property| property.name == name).and_then(value)
    }
}

/// The properties of the headers in front of a body.
fn properties_in_body(descriptor: &Descriptor, body: &[u8]) -> Vec<Property> {
    let (mut format, mut encoding, mut rest) = (descriptor.format, descriptor.encoding, body);
    let mut properties = Vec::new();
    for _ in 0..HEADERS_MAX {
        let Some(header) =
            Some(rest).filter(|_| format == rfh2::FORMAT).and_then(|rest| rfh2::read(rest, encoding))
        else {
            break;
        };
        (format, encoding) = (header.inner.format, header.inner.encoding);
        rest = rest.get(header.bytes..).unwrap_or_default();
        properties.extend(header.properties);
    }
    properties
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A field of MQMD by its name.
fn descriptor_field(descriptor: &Descriptor, name: &str) -> Option<Value> {
    let number = match name {
        "Report" => descriptor.report,
        "MsgType" => descriptor.message_type,
        "Expiry" => descriptor.expiry,
        "Feedback" => descriptor.feedback,
        "Encoding" => descriptor.encoding,
        "CodedCharSetId" => descriptor.ccsid,
        "Priority" => descriptor.priority,
        "Persistence" => descriptor.persistence,
        "PutApplType" => descriptor.put_application_type,
        "MsgSeqNumber" => descriptor.sequence_number,
        "Offset" => descriptor.offset,
        "MsgFlags" => descriptor.message_flags,
        "OriginalLength" => descriptor.original_length,
        _ => return descriptor_text(descriptor, name),
    };
    Some(Value::Exact(i64::from(number)))
}

fn descriptor_text(descriptor: &Descriptor, name: &str) -> Option<Value> {
    let bytes = |bytes: &[u8]| Value::Text(format!("0x{}", to_hex(bytes)));
    Some(match name {
        "MsgId" => bytes(&descriptor.message_id),
        "CorrelId" => bytes(&descriptor.correlation_id),
        "GroupId" => bytes(&descriptor.group_id),
        "AccountingToken" => bytes(&descriptor.accounting_token),
        "Format" => trimmed(&descriptor.format),
        "ReplyToQ" => Value::Text(descriptor.reply_to_queue.clone()),
        "ReplyToQMgr" => Value::Text(descriptor.reply_to_queue_manager.clone()),
        "UserIdentifier" => trimmed(&descriptor.user_identifier),
        "ApplIdentityData" => trimmed(&descriptor.application_identity),
        "PutApplName" => trimmed(&descriptor.put_application_name),
        "PutDate" => trimmed(&descriptor.put_date),
        "PutTime" => trimmed(&descriptor.put_time),
        "ApplOriginData" => trimmed(&descriptor.application_origin),
        _ => return None,
    })
}

fn jms_id(id: &[u8; 24]) -> Value {
    Value::Text(format!("ID:{}", to_hex(id).to_lowercase()))
}

fn trimmed(bytes: &[u8]) -> Value {
    Value::Text(bytes.trim_ascii_end().iter().map(|byte| char::from(*byte)).collect())
}

/// A property's value as selection strings compare it; none for bytes, which they do not, and for null.
fn value(property: &Property) -> Option<Value> {
    let bytes = property.value.as_slice();
    Some(match property.kind {
        mq::MQTYPE_BOOLEAN => Value::Boolean(bytes.iter().any(|byte| *byte != 0)),
        mq::MQTYPE_INT8 => Value::Exact(i8::from_be_bytes(*bytes.first_chunk()?).into()),
        mq::MQTYPE_INT16 => Value::Exact(i16::from_be_bytes(*bytes.first_chunk()?).into()),
        mq::MQTYPE_INT32 => Value::Exact(i32::from_be_bytes(*bytes.first_chunk()?).into()),
        mq::MQTYPE_INT64 => Value::Exact(i64::from_be_bytes(*bytes.first_chunk()?)),
        mq::MQTYPE_FLOAT32 => Value::Approximate(f32::from_be_bytes(*bytes.first_chunk()?).into()),
        mq::MQTYPE_FLOAT64 => Value::Approximate(f64::from_be_bytes(*bytes.first_chunk()?)),
        mq::MQTYPE_STRING => Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
        _ => return None,
    })
}

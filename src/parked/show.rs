//! What a person, or a machine, sees of a parked message. The payload only where it is asked for, in `whole`.

use std::fmt::Write as _;

use mq::{Descriptor, Message, Property, PropertyValue};
use serde_json::{Map, Value, json};

use super::entry::{Entry, Standing, dead_letter_header, fate, strip};
use crate::evidence::Evidence;
use crate::inbound::Inbound;
use crate::message::IdempotencyKey;
use crate::settings::Settings;
use crate::translate::Show;

/// How much of a body that cannot be translated is shown, in bytes.
const RAW_BYTES_MAX: usize = 1_024;

/// How much of its payload is shown with a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    #[default]
    Hidden,
    /// The document, with what its format marks as sensitive masked.
    Masked,
    /// The document, else the first bytes.
    Whole,
}

/// One message in a list.
pub fn row(entry: &Entry) -> Value {
    let mut row = json!({
        "time": entry.time().map(|time| time.to_string()),
        "site": entry.site,
        "queue": entry.queue.as_str(),
        "message_id": entry.descriptor.message_id.to_string(),
        "bytes": entry.body_bytes,
    });
    let rest = match &entry.standing {
        Standing::Ours(evidence) => self::evidence(evidence),
        Standing::Foreign(why) => json!({ "foreign": why }),
    };
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        rest.into_iter().filter(|(name, _)| name != "time").for_each(|(name, value)| {
            row.insert(name, value);
        });
    }
    row
}

/// What is known of a message.
pub fn evidence(evidence: &Evidence) -> Value {
    let verdict = evidence.verdict.as_ref();
    let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    json!({
        "key": evidence.key.to_string(),
        "business_key": evidence.business_key,
        "time": evidence.time.to_string(),
        "reason": verdict.map(|it| it.reason.as_str()),
        "http_status": verdict.and_then(|it| it.http_status),
        "stage": verdict.map(|it| it.stage.as_str()),
        "detail": verdict.map(|it| it.detail.as_str()).filter(|detail| !detail.is_empty()),
        "fate": fate(evidence).word(),
        "possible_duplicate": evidence.uncertain,
        "attempts": evidence.attempts,
        "source": evidence.source,
        "came_from": evidence.queue,
        "queue_manager": evidence.queue_manager,
        "destination": evidence.destination,
        "route": evidence.route,
        "type": evidence.kind,
        "first_5xx": time(evidence.first_5xx),
        "suspect": evidence.suspect,
        "not_before": time(evidence.not_before),
        "deadline": time(evidence.deadline),
        "report": evidence.report,
        "persistence": evidence.persistence,
        "replay": evidence.replay,
    })
}

/// A list for a person, with the number at its end.
pub fn table(entries: &[Entry]) -> String {
    const HEAD: [&str; 10] = [
        "PARKED",
        "SITE/QUEUE",
        "MESSAGE ID",
        "SOURCE",
        "DESTINATION",
        "TYPE",
        "REASON",
        "FATE",
        "ATTEMPTS",
        "BUSINESS KEY",
    ];
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(entries.iter().map(|entry| columns(entry).map(|cell| printable(&cell))));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for row in rows.iter().filter(|_| !entries.is_empty()) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let foreign = entries.iter().filter(|entry| entry.evidence().is_none()).count();
    let _ = match foreign {
        0 => writeln!(text, "{} parked", entries.len()),
        foreign => writeln!(text, "{} parked, and {foreign} foreign", entries.len() - foreign),
    };
    text
}

fn columns(entry: &Entry) -> [String; 10] {
    let time = entry.time().map(|time| format!("{time:.0}")).unwrap_or_default();
    let place = format!("{}/{}", entry.site, entry.queue);
    let message_id = entry.descriptor.message_id.to_string();
    let absent = || "-".to_owned();
    let Some(evidence) = entry.evidence() else {
        let [a, b, c, d, e, f] = [(); 6].map(|()| absent());
        return [time, place, message_id, "foreign".to_owned(), a, b, c, d, e, f];
    };
    let or_absent = |text: &Option<String>| text.clone().unwrap_or_else(absent);
    let reason = evidence.verdict.as_ref().map_or_else(absent, |verdict| match verdict.http_status {
        Some(status) => format!("{} {status}", verdict.reason),
        None => verdict.reason.clone(),
    });
    [
        time,
        place,
        message_id,
        evidence.source.clone(),
        or_absent(&evidence.destination),
        or_absent(&evidence.kind),
        reason,
        fate(evidence).word().to_owned(),
        evidence.attempts.to_string(),
        or_absent(&evidence.business_key),
    ]
}

/// Everything about one message.
pub(super) fn whole(settings: &Settings, entry: &Entry, mut message: Message, payload: Payload) -> Value {
    let mut shown = Map::new();
    shown.insert("site".to_owned(), json!(entry.site));
    shown.insert("queue".to_owned(), json!(entry.queue.as_str()));
    shown.insert("bytes".to_owned(), json!(message.body.len()));
    match &entry.standing {
        Standing::Ours(evidence) => shown.insert("evidence".to_owned(), self::evidence(evidence)),
        Standing::Foreign(why) => shown.insert("foreign".to_owned(), json!(why)),
    };
    shown.insert("descriptor".to_owned(), descriptor(&message.descriptor));
    if let Some(header) = dead_letter_header(&message) {
        shown.insert("dead_letter_header".to_owned(), dead_letter(&header));
        strip(&mut message);
    }
    shown.insert("properties".to_owned(), properties(&message.properties));
    let described = &message.descriptor;
    match mq::headers::peel(described.format, described.encoding, described.ccsid, &message.body) {
        Ok(peeled) if peeled.headers.is_empty() => {}
        Ok(peeled) => {
            let headers = peeled.headers.into_iter().map(header).collect();
            shown.insert("mq_headers".to_owned(), Value::Array(headers));
        }
        Err(error) => {
            shown.insert("header_fault".to_owned(), json!(error.to_string()));
        }
    }
    if payload != Payload::Hidden {
        let (name, value) = self::payload(settings, entry, message, payload);
        shown.insert(name.to_owned(), value);
    }
    Value::Object(shown)
}

/// The document that a service would get; else the first bytes, and why there is no document.
fn payload(settings: &Settings, entry: &Entry, message: Message, payload: Payload) -> (&'static str, Value) {
    let show = if payload == Payload::Whole { Show::All } else { Show::Masked };
    let source = entry
        .evidence()
        .and_then(|evidence| settings.sources.iter().find(|source| source.name == evidence.source));
    let key = entry.evidence().map_or(IdempotencyKey([0; 32]), |evidence| evidence.key);
    let inbound = Inbound::known(key, message);
    let document = source.map(|source| {
        let document = source.translator(&settings.limits).show(inbound.input(source.ccsid), show);
        document.map_err(|refusal| refusal.to_string())
    });
    let refusal = match document {
        Some(Ok(document)) => match serde_json::from_slice(&document.body) {
            Ok(document) => return ("document", document),
            Err(error) => error.to_string(),
        },
        Some(Err(refusal)) => refusal,
        None => "it is not of a source in settings".to_owned(),
    };
    let bytes = inbound.payload();
    if show == Show::Masked {
        // What cannot be read cannot be masked.
        return ("payload", json!({"no_document": refusal, "bytes": bytes.len()}));
    }
    let first = bytes.get(..RAW_BYTES_MAX).unwrap_or(bytes);
    let raw = json!({
        "no_document": refusal,
        "bytes": bytes.len(),
        "first_bytes": first.escape_ascii().to_string(),
        "first_bytes_hex": hex::encode(first),
    });
    ("payload", raw)
}

/// An MQ header before the payload: what it is, and what it says.
fn header(header: mq::headers::Header) -> Value {
    json!({ "structure": header.structure(), "properties": properties(&header.into_properties()) })
}

fn dead_letter(header: &mq::headers::DeadLetterHeader) -> Value {
    json!({
        "Reason": header.reason,
        "DestQName": header.destination_queue,
        "DestQMgrName": header.destination_queue_manager,
        "Encoding": header.encoding,
        "CodedCharSetId": header.ccsid,
        "Format": header.format.to_string(),
        "PutApplType": header.put_application_type,
        "PutApplName": header.put_application_name,
        "PutDate": characters(&header.put_date),
        "PutTime": characters(&header.put_time),
    })
}

/// MQMD, by the names that IBM gives its fields.
pub fn descriptor(descriptor: &Descriptor) -> Value {
    json!({
        "Report": descriptor.report,
        "MsgType": descriptor.message_type,
        "Expiry": descriptor.expiry,
        "Feedback": descriptor.feedback,
        "Encoding": descriptor.encoding,
        "CodedCharSetId": descriptor.ccsid,
        "Format": descriptor.format.to_string(),
        "Priority": descriptor.priority,
        "Persistence": descriptor.persistence,
        "MsgId": descriptor.message_id.to_string(),
        "CorrelId": descriptor.correlation_id.to_string(),
        "BackoutCount": descriptor.backout_count,
        "ReplyToQ": descriptor.reply_to_queue,
        "ReplyToQMgr": descriptor.reply_to_queue_manager,
        "UserIdentifier": characters(&descriptor.user_identifier),
        "AccountingToken": hex::encode_upper(descriptor.accounting_token),
        "ApplIdentityData": characters(&descriptor.application_identity),
        "PutApplType": descriptor.put_application_type,
        "PutApplName": characters(&descriptor.put_application_name),
        "PutDate": characters(&descriptor.put_date),
        "PutTime": characters(&descriptor.put_time),
        "ApplOriginData": characters(&descriptor.application_origin),
        "GroupId": hex::encode_upper(descriptor.group_id),
        "MsgSeqNumber": descriptor.sequence_number,
        "Offset": descriptor.offset,
        "MsgFlags": descriptor.message_flags,
        "OriginalLength": descriptor.original_length,
    })
}

fn characters(field: &[u8]) -> String {
    field.trim_ascii_end().escape_ascii().to_string()
}

/// Properties by name, those of evidence excepted: they are shown as what they say.
pub fn properties(properties: &[Property]) -> Value {
    let value = |value: &PropertyValue| match value {
        PropertyValue::String(text) => json!(text),
        PropertyValue::Bytes(bytes) => json!(hex::encode_upper(bytes)),
        PropertyValue::Boolean(truth) => json!(truth),
        PropertyValue::Int8(number) => json!(number),
        PropertyValue::Int16(number) => json!(number),
        PropertyValue::Int32(number) => json!(number),
        PropertyValue::Int64(number) => json!(number),
        PropertyValue::Float32(number) => json!(number),
        PropertyValue::Float64(number) => json!(number),
        PropertyValue::Null => Value::Null,
    };
    let foreign = crate::evidence::foreign(properties);
    Value::Object(foreign.map(|property| (property.name.clone(), value(&property.value))).collect())
}

/// A value for a person: one line for each thing that is known.
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write_text(&mut text, value, 0);
    text
}

fn write_text(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let Value::Object(fields) = value else {
        let _ = writeln!(text, "{indent}{}", plain(value));
        return;
    };
    for (name, value) in fields {
        // Writing to a String cannot fail.
        let _ = match value {
            Value::Null => Ok(()),
            Value::Object(fields) if fields.is_empty() => Ok(()),
            _ if name == "document" => {
                writeln!(text, "{indent}{name}:\n{}", serde_json::to_string_pretty(value).unwrap_or_default())
            }
            Value::Object(_) => {
                let _ = writeln!(text, "{indent}{name}:");
                write_text(text, value, depth + 1);
                Ok(())
            }
            Value::Array(items) => {
                let _ = writeln!(text, "{indent}{name}:");
                items.iter().for_each(|item| write_text(text, item, depth + 1));
                Ok(())
            }
            _ => writeln!(text, "{indent}{name:<20} {}", plain(value)),
        };
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), printable)
}

/// What came out of a message must not command the terminal that it is shown on.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::parked;
    use super::*;

    #[test]
    fn a_list_says_what_matters_and_ends_with_the_number() {
        let foreign = Entry { standing: Standing::Foreign("x".into()), ..parked(2) };
        let table = table(&[parked(1), foreign]);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[1].contains("rejected 422") && lines[1].contains("possibly-delivered"), "{table}");
        assert!(lines[1].starts_with("2026-11-25T03:05:09Z  north/PARKED  0101"), "{table}");
        assert!(lines[2].contains("foreign"), "{table}");
        assert_eq!(lines[3], "1 parked, and 1 foreign");
        assert_eq!(super::table(&[]), "0 parked\n");
    }

    #[test]
    fn a_body_is_shown_only_where_it_is_asked_for() {
        let entry = parked(1);
        let message = || Message {
            descriptor: entry.descriptor.clone(),
            properties: Vec::new(),
            body: b"\x00secret".to_vec(),
        };
        let settings = crate::settings::tests::minimal();
        let shown = |payload| text(&whole(&settings, &entry, message(), payload));
        for without in [Payload::Hidden, Payload::Masked] {
            let shown = shown(without);
            assert!(!shown.contains("secret") && !shown.contains(&hex::encode("secret")));
            assert!(shown.contains("possibly-delivered"));
        }
        assert!(shown(Payload::Masked).contains("bytes"));
        let whole = shown(Payload::Whole);
        assert!(whole.contains("\\x00secret") && whole.contains(&hex::encode("secret")));
    }

    #[test]
    fn what_an_mq_header_says_is_shown_and_what_follows_it_is_not() {
        let folder = b"<usr><Batch>B-7</Batch></usr>   ";
        let mut body = b"RFH ".to_vec();
        for number in [2, 40 + 32, 546, 1208] {
            body.extend(i32::to_le_bytes(number));
        }
        body.extend(b"MQSTR   ");
        for number in [0, 1208, 32] {
            body.extend(i32::to_le_bytes(number));
        }
        body.extend(folder);
        body.extend(b"secret");
        let mut entry = parked(1);
        entry.descriptor.format = mq::Format::RF_HEADER_2;
        entry.descriptor.encoding = 546;
        let message = Message { descriptor: entry.descriptor.clone(), properties: Vec::new(), body };
        let shown = whole(&crate::settings::tests::minimal(), &entry, message, Payload::Hidden);
        assert_eq!(shown["mq_headers"][0]["structure"], "MQRFH2");
        assert_eq!(shown["mq_headers"][0]["properties"]["usr.Batch"], "B-7");
        assert!(!shown.to_string().contains("secret"));
    }
}

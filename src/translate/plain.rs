//! Messages that mqgate carries without looking into them: JSON, text and bytes. What they are called, and where their keys
//! stand, settings say.
//!
//! # Layout
//!
//! * [`Labels`]: what settings say of them.
//! * `strict_json`: JSON that has one meaning only.

mod strict_json;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::mask::{Mask, Show};
use super::{Explanation, Input, Limits, Newline, Options, Piece, Refusal, Unwritable, Wire, json};
use crate::message::{Document, Keys};

/// What a message is called that is not looked into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Its type: a text, or, of JSON, a pointer into the document (`/document/type`). Without it, the name of its format.
    pub kind: Option<String>,
    /// The media type of bytes; without it `application/octet-stream`.
    pub content_type: Option<String>,
    /// Keys of JSON, by name, as pointers into the document.
    pub keys: Vec<(String, String)>,
}

/// What such a message consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Json,
    Text,
    Binary,
}

/// The translation with its options compiled.
#[derive(Debug)]
pub(super) struct Binding {
    content: Content,
    labels: Labels,
    limits: Limits,
    newline: Newline,
}

const OCTETS: &str = "application/octet-stream";

impl Content {
    fn format(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }

    /// The member that holds the message.
    fn member(self) -> &'static str {
        match self {
            Self::Json => "document",
            Self::Text => "text",
            Self::Binary => "base64",
        }
    }
}

impl Binding {
    pub(super) fn new(content: Content, labels: &Labels, options: &Options) -> Self {
        Self { content, labels: labels.clone(), limits: options.limits, newline: options.newline }
    }

    pub(super) fn translate(&self, input: Input<'_>, show: Show) -> Result<Document, Refusal> {
        let mut member = Vec::with_capacity(input.bytes.len() + input.bytes.len() / 2);
        self.content(input, show, &mut member)?;
        let (kind, keys) = self.labels(&member)?;
        let mut body = Vec::with_capacity(member.len() + 256);
        json::head(&mut body, self.content.format(), &kind, &keys);
        if self.content == Content::Binary {
            body.extend_from_slice(b",\"contentType\":");
            json::string(&mut body, self.labels.content_type.as_deref().unwrap_or(OCTETS));
        }
        body.extend_from_slice(b",\"");
        body.extend_from_slice(self.content.member().as_bytes());
        body.extend_from_slice(b"\":");
        body.extend_from_slice(&member);
        body.push(b'}');
        if body.len() > self.limits.document_bytes_max {
            let expected = format!("a document of at most {} bytes", self.limits.document_bytes_max);
            return Err(Refusal::new(0, "", expected));
        }
        Ok(Document { format: self.content.format(), kind, keys, body: body.into() })
    }

    /// There is nothing to tell but what the whole is.
    pub(super) fn explain(&self, input: Input<'_>, show: Show) -> Explanation {
        let refusal = self.translate(input, show).err();
        let masked = show == Show::Masked;
        let mut value = Vec::new();
        if refusal.is_none() && !masked && self.content != Content::Binary {
            // It was read a moment ago.
            let _ = self.content(input, show, &mut value);
        }
        let piece = Piece {
            offset: 0,
            length: input.bytes.len(),
            depth: 0,
            element: self.content.member().to_owned(),
            name: String::new(),
            value: String::from_utf8(value).unwrap_or_default(),
            masked,
        };
        Explanation { pieces: vec![piece], refusal }
    }

    pub(super) fn write(&self, document: &[u8], wire: Wire) -> Result<Vec<u8>, Unwritable> {
        let member = || format!("/{}", self.content.member());
        if self.content == Content::Json {
            let raw: WithJson<'_> = serde_json::from_slice(document)
                .map_err(|_| Unwritable::new(member(), "a JSON value, in a document"))?;
            return self.encoded(raw.document.get(), wire);
        }
        let document: Value =
            serde_json::from_slice(document).map_err(|_| Unwritable::new("", "a document"))?;
        let text = document.get(self.content.member()).and_then(Value::as_str);
        let text = text.ok_or_else(|| Unwritable::new(member(), "a string"))?;
        match self.content {
            Content::Binary => STANDARD
                .decode(text)
                .map_err(|_| Unwritable::new(member(), "base64 with its padding (RFC 4648, section 4)")),
            Content::Json | Content::Text => self.encoded(text, wire),
        }
    }

    /// The value of the member that holds the message, as JSON.
    fn content(&self, input: Input<'_>, show: Show, out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.limits.check(input.bytes, "a message")?;
        if self.content == Content::Binary {
            let shown = if show == Show::Masked { String::new() } else { STANDARD.encode(input.bytes) };
            json::string(out, &shown);
            return Ok(());
        }
        let decoded = ccsid::decode(input.bytes, input.ccsid.0, input.encoding, self.newline)
            .map_err(|undecodable| Refusal::new(0, "", undecodable.expected))?;
        if let Some(fault) = &decoded.fault {
            return Err(Refusal::new(decoded.origin(decoded.text.len()), "", fault.expected.clone()));
        }
        match self.content {
            Content::Json => {
                let json = strict_json::compact(&decoded.text, self.limits.depth_max)
                    .map_err(|fault| Refusal::new(decoded.origin(fault.at), fault.path, fault.expected))?;
                match show {
                    Show::All => out.extend_from_slice(json.as_bytes()),
                    Show::Masked => strict_json::masked(&json, out),
                }
            }
            Content::Text | Content::Binary => match show {
                Show::All => json::string(out, &decoded.text),
                Show::Masked => json::string(out, &Mask::Whole.apply(&decoded.text)),
            },
        }
        Ok(())
    }

    /// Type and keys, of JSON looked up in it.
    fn labels(&self, member: &[u8]) -> Result<(String, Keys), Refusal> {
        let name = self.content.format();
        let kind = self.labels.kind.as_deref().unwrap_or(name);
        if self.content != Content::Json {
            return Ok((kind.to_owned(), Keys::default()));
        }
        let body = [b"{\"document\":", member, b"}"].concat();
        let document =
            Document { format: name, kind: String::new(), keys: Keys::default(), body: body.into() };
        let kind = match kind.starts_with('/') {
            true => document.pointer(kind).ok_or_else(|| {
                Refusal::new(0, kind.trim_start_matches("/document"), "the type of the message")
            })?,
            false => kind.to_owned(),
        };
        let keys =
            self.labels.keys.iter().filter_map(|(name, pointer)| {
                document.pointer(pointer).map(|value| (name.clone(), vec![value]))
            });
        Ok((kind, Keys(keys.collect())))
    }

    fn encoded(&self, text: &str, wire: Wire) -> Result<Vec<u8>, Unwritable> {
        ccsid::encode(text, wire.ccsid.0, wire.encoding, self.newline)
            .map_err(|missing| Unwritable::new(format!("/{}", self.content.member()), missing.expected))
    }
}

/// Numbers keep their digits.
#[derive(Deserialize)]
struct WithJson<'a> {
    #[serde(borrow)]
    document: &'a RawValue,
}

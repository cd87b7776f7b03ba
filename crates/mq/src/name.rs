//! Names of MQ objects and ids of messages, as types.

use std::fmt;
use std::str::FromStr;

use libmqm_sys::MQCHAR;

/// A name is not one that MQ allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} of at most {length_max} characters out of A-Z a-z 0-9 . / _ % expected")]
pub struct NameError {
    kind: &'static str,
    length_max: usize,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $length_max:literal, $empty:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// The name without trailing blanks.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"./_%".contains(&byte);
                let sound = text.len() <= $length_max && text.bytes().all(allowed) && ($empty || !text.is_empty());
                if sound { Ok(Self(text.to_owned())) } else { Err(NameError { kind: $kind, length_max: $length_max }) }
            }
        }

        impl TryFrom<&str> for $type {
            type Error = NameError;

            fn try_from(text: &str) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a queue (`MQ_Q_NAME_LENGTH`: 48).
    QueueName, "a queue name", 48, false
}
name! {
    /// The name of a queue manager (`MQ_Q_MGR_NAME_LENGTH`: 48). Empty means the default one.
    QueueManagerName, "a queue manager name", 48, true
}
name! {
    /// The name of a channel (`MQ_CHANNEL_NAME_LENGTH`: 20).
    ChannelName, "a channel name", 20, false
}

impl QueueManagerName {
    /// No name: the default queue manager.
    pub fn unnamed() -> Self {
        Self(String::new())
    }
}

/// `MQMD.MsgId`: prints as 48 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MessageId(pub [u8; 24]);

/// `MQMD.CorrelId`: prints as 48 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CorrelationId(pub [u8; 24]);

/// `MQMD.Format`: eight characters, blank padded; prints without the blanks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format(pub [u8; 8]);

impl Format {
    /// `MQFMT_NONE`.
    pub const NONE: Self = Self(*b"        ");
    /// `MQFMT_STRING`.
    pub const STRING: Self = Self(*b"MQSTR   ");
    /// `MQFMT_RF_HEADER_2`.
    pub const RF_HEADER_2: Self = Self(*b"MQHRF2  ");
    /// `MQFMT_DEAD_LETTER_HEADER`.
    pub const DEAD_LETTER_HEADER: Self = Self(*b"MQDEAD  ");
}

impl Default for Format {
    fn default() -> Self {
        Self::NONE
    }
}

fn hexadecimal(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
}

macro_rules! prints_as_hexadecimal {
    ($($type:ident)*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hexadecimal(f, &self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hexadecimal(f, &self.0)
            }
        }
    )*};
}
prints_as_hexadecimal! { MessageId CorrelationId }

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.trim_ascii_end();
        text.iter().try_for_each(|byte| write!(f, "{}", byte.escape_ascii()))
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Text as the MQI wants it: cut to the field, padded with blanks.
pub(crate) fn padded<const N: usize>(text: &str) -> [MQCHAR; N] {
    let mut field = [characters(b' '); N];
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = characters(from);
    }
    field
}

/// One byte as the platform's `char`, which is signed on some and unsigned on others.
pub(crate) fn characters(byte: u8) -> MQCHAR {
    byte as MQCHAR
}

/// The bytes of a field.
pub(crate) fn bytes<const N: usize>(field: &[MQCHAR; N]) -> [u8; N] {
    field.map(|character| character as u8)
}

/// A field as text, without the blanks and NULs behind it. Names are ASCII; anything else in one becomes `?`.
pub(crate) fn text(field: &[MQCHAR]) -> String {
    let mut text: String = field
        .iter()
        .map(|c| *c as u8)
        .map(|byte| if byte.is_ascii() { char::from(byte) } else { '?' })
        .collect();
    text.truncate(text.trim_end_matches([' ', '\0']).len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_mq_would_refuse_is_refused_with_what_is_allowed() {
        assert!("PAYMENTS.IN/%_1".parse::<QueueName>().is_ok());
        for bad in ["", "WITH BLANK", "ÜBER", &"X".repeat(49)] {
            let error = bad.parse::<QueueName>().unwrap_err().to_string();
            assert_eq!(
                error, "a queue name of at most 48 characters out of A-Z a-z 0-9 . / _ % expected",
                "{bad}"
            );
        }
        assert!("".parse::<QueueManagerName>().is_ok(), "the default queue manager");
        assert!("X".repeat(21).parse::<ChannelName>().is_err());
    }

    #[test]
    fn fields_are_padded_with_blanks_and_read_without_them() {
        let field: [MQCHAR; 8] = padded("MQSTR");
        assert_eq!(bytes(&field), *b"MQSTR   ");
        assert_eq!(text(&field), "MQSTR");
        assert_eq!(Format(*b"MQSTR   ").to_string(), "MQSTR");
        assert_eq!(MessageId([0xAB; 24]).to_string().len(), 48);
    }
}

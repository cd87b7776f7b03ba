//! JSON that has one meaning only: well-formed, of limited depth, and no object with two members of one name (RFC 8259,
//! section 4, leaves to each reader which of them counts; a router and a service must not differ in that).

use std::collections::HashSet;

use crate::translate::json;
use crate::translate::mask::Mask;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Byte offset in the text.
    pub(super) at: usize,
    /// Where in the document, by member and index.
    pub(super) path: String,
    pub(super) expected: String,
}

/// An open object or array.
enum Open {
    Object(HashSet<String>),
    Array,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of an array that is still empty.
    ValueOrEnd,
    Name,
    /// A name, or the end of an object that is still empty.
    NameOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// The same JSON without white space, checked. Strings and numbers stay as they are written.
pub(super) fn compact(text: &str, depth_max: usize) -> Result<String, Fault> {
    let mut reader =
        Reader { text, at: 0, open: Vec::new(), depth_max, out: String::with_capacity(text.len()) };
    let mut next = Next::Value;
    while let Some(byte) = reader.peek() {
        next = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                reader.at += 1;
                next
            }
            _ => reader.token(byte, next)?,
        };
    }
    if next == Next::Nothing { Ok(reader.out) } else { Err(reader.fault(expectation(next))) }
}

/// Compact JSON of which every string and number is masked, names apart.
pub(super) fn masked(compact: &str, out: &mut Vec<u8>) {
    let bytes = compact.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'"' => string_bytes(bytes.get(at..).unwrap_or_default()),
            b'-' | b'0'..=b'9' => scalar_bytes(bytes.get(at..).unwrap_or_default()),
            _ => 1,
        };
        let token = compact.get(at..at + length).unwrap_or_default();
        let is_name = byte == b'"' && bytes.get(at + length) == Some(&b':');
        match byte {
            b'"' if !is_name => {
                let value: String = serde_json::from_str(token).unwrap_or_default();
                json::string(out, &Mask::Whole.apply(&value));
            }
            b'-' | b'0'..=b'9' => json::string(out, &Mask::Whole.apply(token)),
            _ => out.extend_from_slice(token.as_bytes()),
        }
        at += length.max(1);
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
    depth_max: usize,
    out: String,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes one token and tells what may follow it.
    fn token(&mut self, byte: u8, next: Next) -> Result<Next, Fault> {
        match (byte, next) {
            (b'{', Next::Value | Next::ValueOrEnd) => {
                self.begin(Open::Object(HashSet::new()), Next::NameOrEnd)
            }
            (b'[', Next::Value | Next::ValueOrEnd) => self.begin(Open::Array, Next::ValueOrEnd),
            (b'}', Next::NameOrEnd | Next::CommaOrEnd)
                if matches!(self.open.last(), Some(Open::Object(_))) =>
            {
                Ok(self.end())
            }
            (b']', Next::ValueOrEnd | Next::CommaOrEnd) if matches!(self.open.last(), Some(Open::Array)) => {
                Ok(self.end())
            }
            (b',', Next::CommaOrEnd) => {
                self.take(1);
                Ok(if matches!(self.open.last(), Some(Open::Array)) { Next::Value } else { Next::Name })
            }
            (b':', Next::Colon) => {
                self.take(1);
                Ok(Next::Value)
            }
            (b'"', Next::Name | Next::NameOrEnd) => self.name(),
            (_, Next::Value | Next::ValueOrEnd) => self.scalar(byte),
            _ => Err(self.fault(expectation(next))),
        }
    }

    fn begin(&mut self, open: Open, next: Next) -> Result<Next, Fault> {
        if self.open.len() >= self.depth_max {
            return Err(
                self.fault(&format!("at most {} objects and arrays within each other", self.depth_max))
            );
        }
        self.open.push(open);
        self.take(1);
        Ok(next)
    }

    fn end(&mut self) -> Next {
        self.open.pop();
        self.take(1);
        self.after_value()
    }

    fn after_value(&self) -> Next {
        if self.open.is_empty() { Next::Nothing } else { Next::CommaOrEnd }
    }

    fn name(&mut self) -> Result<Next, Fault> {
        let length = self.string()?;
        let token = self.text.get(self.at..self.at + length).unwrap_or_default();
        let name: String = serde_json::from_str(token).map_err(|_| self.fault(STRING))?;
        if let Some(Open::Object(names)) = self.open.last_mut()
            && !names.insert(name)
        {
            return Err(self.fault("a name that the object does not have yet"));
        }
        self.take(length);
        Ok(Next::Colon)
    }

    fn scalar(&mut self, byte: u8) -> Result<Next, Fault> {
        let length = match byte {
            b'"' => self.string()?,
            _ => scalar_bytes(self.text.as_bytes().get(self.at..).unwrap_or_default()),
        };
        let token = self.text.get(self.at..self.at + length).unwrap_or_default();
        let sound = match byte {
            b'"' => serde_json::from_str::<String>(token).is_ok(),
            b't' | b'f' | b'n' => matches!(token, "true" | "false" | "null"),
            _ => is_number(token),
        };
        if !sound {
            return Err(self.fault(if byte == b'"' { STRING } else { "a JSON value" }));
        }
        self.take(length);
        Ok(self.after_value())
    }

    /// The length of the string here, quotes included.
    fn string(&self) -> Result<usize, Fault> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = string_bytes(rest);
        if length > 1 && rest.get(length - 1) == Some(&b'"') { Ok(length) } else { Err(self.fault(STRING)) }
    }

    fn take(&mut self, length: usize) {
        self.out.push_str(self.text.get(self.at..self.at + length).unwrap_or_default());
        self.at += length;
    }

    fn fault(&self, expected: &str) -> Fault {
        Fault { at: self.at, path: String::new(), expected: expected.to_owned() }
    }
}

const STRING: &str = "a string with its closing quote, and escapes as JSON has them";

fn expectation(next: Next) -> &'static str {
    match next {
        Next::Value => "a JSON value",
        Next::ValueOrEnd => "a JSON value or the end of the array",
        Next::Name => "a name in quotes",
        Next::NameOrEnd => "a name in quotes or the end of the object",
        Next::Colon => "a colon",
        Next::CommaOrEnd => "a comma or the end of the object or array",
        Next::Nothing => "nothing after the JSON value",
    }
}

/// How far a string goes that begins here: to its closing quote, or to the end.
fn string_bytes(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        let escapes = bytes.get(at + next) == Some(&b'\\');
        at += next + 1 + usize::from(escapes);
        if !escapes {
            return at;
        }
    }
    bytes.len()
}

/// How far a number or word goes.
fn scalar_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')).count()
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` (RFC 8259, section 6).
fn is_number(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_what_serde_json_takes_but_no_name_twice() {
        let sound = [
            r#"{"a":[1,-0.50,1E3,"\u00e9\"\\",null,true,{}],"b":{"a":[]}}"#,
            " [ 1 , 2 ]\n",
            "\"x\"",
            "0",
            "12345678901234567890.10",
        ];
        for text in sound {
            let json = compact(text, 10).unwrap();
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        }
        assert_eq!(compact("{ \"n\" : 1.500 }", 9).unwrap(), "{\"n\":1.500}");
        let broken = [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "[1 2]",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "nul",
            "truex",
            "\"a",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\t\"",
            "[1}",
            "{]",
            "1 2",
            "{\"a\"}",
            "{,}",
            "[,]",
            "'a'",
            "NaN",
            "--1",
        ];
        for text in broken {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
            assert!(compact(text, 10).is_err(), "{text}");
        }
    }

    #[test]
    fn faults_have_their_place() {
        let fault = |text: &str| compact(text, 2).map_err(|fault| (fault.at, fault.expected)).unwrap_err();
        assert_eq!(fault(r#"{"a":1,"\u0061":2}"#), (7, "a name that the object does not have yet".into()));
        assert_eq!(fault("[[[1]]]"), (2, "at most 2 objects and arrays within each other".into()));
        assert_eq!(fault("[1"), (2, "a comma or the end of the object or array".into()));
        assert_eq!(fault("{} x").0, 3);
    }

    #[test]
    fn values_are_masked_and_names_are_not() {
        let mut out = Vec::new();
        masked(r#"{"name":"Zo\u00eb","n":-1.5,"ok":true,"list":["a:b"]}"#, &mut out);
        assert_eq!(out, r#"{"name":"***","n":"****","ok":true,"list":["***"]}"#.as_bytes());
    }
}

//! Reads a value of a document by JSON pointer (RFC 6901), without a tree: for routes and business keys.
//!
//! It relies on the document being JSON that mqgate wrote: compact, and well-formed.

use std::borrow::Cow;

use crate::message::Document;

impl Document {
    /// The string that a JSON pointer names: `/document/FIToFICstmrCdtTrf/GrpHdr/MsgId`, `/keys/EndToEndId/0`. Of JSON that
    /// came as such also a number, `true` or `false`, as it is written. `None` where there is nothing, or an object or array.
    pub fn pointer(&self, pointer: &str) -> Option<String> {
        let mut json = Json { rest: &self.body };
        let tokens = match pointer.strip_prefix('/') {
            Some(tokens) => tokens.split('/'),
            None => return None,
        };
        for token in tokens {
            match json.peek()? {
                b'{' => json.enter_member(&unescaped_token(token))?,
                b'[' => json.enter_item(token)?,
                _ => return None,
            }
        }
        match json.peek()? {
            b'"' => unescaped(json.string()?),
            _ => json.word(),
        }
    }
}

/// JSON from some place on.
struct Json<'a> {
    rest: &'a [u8],
}

impl<'a> Json<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes one byte if it is this one.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    /// Goes from an object to the value of its member.
    fn enter_member(&mut self, name: &str) -> Option<()> {
        self.take(b'{')?;
        loop {
            let member = self.string()?;
            self.take(b':')?;
            // Names without escapes are compared as they stand.
            let same = match memchr::memchr(b'\\', member) {
                None => member == name.as_bytes(),
                Some(_) => unescaped(member)? == name,
            };
            if same {
                return Some(());
            }
            self.skip_value()?;
            self.take(b',')?;
        }
    }

    /// Goes from an array to one of its items.
    fn enter_item(&mut self, index: &str) -> Option<()> {
        let canonical = index == "0" || !index.starts_with(['0', '+']);
        let index: usize = index.parse().ok().filter(|_| canonical)?;
        self.take(b'[')?;
        for _ in 0..index {
            self.skip_value()?;
            self.take(b',')?;
        }
        (self.peek()? != b']').then_some(())
    }

    /// Takes a string and gives what is between its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.rest;
        loop {
            let next = memchr::memchr2(b'"', b'\\', self.rest)?;
            let escapes = self.rest.get(next) == Some(&b'\\');
            self.rest = self.rest.get(next + 1 + usize::from(escapes)..)?;
            if !escapes {
                return start.get(..start.len() - self.rest.len() - 1);
            }
        }
    }

    /// A number, `true` or `false`.
    fn word(&self) -> Option<String> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = self.rest.iter().take_while(|byte| is_part(byte)).count();
        let word = std::str::from_utf8(self.rest.get(..length)?).ok()?;
        (!matches!(word, "" | "null")).then(|| word.to_owned())
    }

    /// Takes a whole value.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.rest = self.rest.get(1..)?;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.rest = self.rest.get(1..)?;
                }
                b',' | b':' if depth > 0 => {
                    self.rest = self.rest.get(1..)?;
                    continue;
                }
                // A word or a number.
                _ => {
                    let word = self
                        .rest
                        .iter()
                        .take_while(|byte| !matches!(byte, b',' | b']' | b'}'))
                        .count()
                        .max(1);
                    self.rest = self.rest.get(word..)?;
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// `~1` is `/` and `~0` is `~`.
fn unescaped_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

/// The string that stands between quotes.
fn unescaped(raw: &[u8]) -> Option<String> {
    if memchr::memchr(b'\\', raw).is_none() {
        return Some(std::str::from_utf8(raw).ok()?.to_owned());
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice(&quoted).ok()
}

#[cfg(test)]
mod tests {
    use crate::message::{Document, Keys};

    fn document(json: &serde_json::Value) -> Document {
        let body = serde_json::to_vec(json).unwrap();
        Document { format: "iso20022", kind: String::new(), keys: Keys::default(), body: body.into() }
    }

    #[test]
    fn it_agrees_with_serde_json() {
        let json = serde_json::json!({
            "a": {"b/c": ["x", {"~t": "y", "e\"\\\n€": "q\"\\\n€/"}, "z", null, "last"]},
            "headers": [null, {"Fr": ""}], "": {"": "empty"}, "a2": "v", "{": "[", "s": "\\\"",
        });
        let document = document(&json);
        let pointers = [
            "",
            "/",
            "//",
            "/a",
            "/a/b~1c/0",
            "/a/b~1c/1/~0t",
            "/a/b~1c/1/e\"\\\n€",
            "/a/b~1c/2",
            "/a/b~1c/3",
            "/a/b~1c/4",
            "/a/b~1c/5",
            "/a/b~1c/-",
            "/a/b~1c/01",
            "/a/b~1c/+1",
            "/headers/1/Fr",
            "/headers/0",
            "/a2",
            "/a2/x",
            "/{",
            "/s",
            "/missing",
            "a2",
        ];
        for pointer in pointers {
            let expected = json.pointer(pointer).and_then(serde_json::Value::as_str);
            assert_eq!(document.pointer(pointer).as_deref(), expected, "{pointer}");
        }
    }
}

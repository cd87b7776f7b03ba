//! Whether bytes may be taken for a whole acceptance, a 2xx or the proof in a 409: a second reader of HTTP, lenient where a
//! client may be.

use super::service::Then;

/// Whether a client may accept these bytes.
pub(crate) fn is_accepting(bytes: &[u8], then: Then) -> bool {
    let mut rest = bytes;
    while let Some((head, body)) = head(rest) {
        match status(&head) {
            Some(100..=199) => rest = body,
            Some(204) => return true,
            Some(200..=299 | 409) => return is_whole(&head, body, then),
            _ => return false,
        }
    }
    false
}

/// The lines of a head, and what follows the empty line after them.
fn head(bytes: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        match (line, lines.is_empty()) {
            // Empty lines before the status line are passed over.
            ([], true) => {}
            ([], false) => return Some((lines, rest)),
            (line, _) => lines.push(line.iter().map(|&byte| char::from(byte.to_ascii_lowercase())).collect()),
        }
    }
}

fn status(head: &[String]) -> Option<u16> {
    head.first()?.strip_prefix("http/1.")?.get(2..5)?.parse().ok()
}

fn is_whole(head: &[String], body: &[u8], then: Then) -> bool {
    let values = |name: &str| {
        let named = head.iter().filter_map(|line| line.split_once(':')).filter(move |(key, _)| *key == name);
        named.map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>()
    };
    let coded = values("transfer-encoding");
    let codings = coded.iter().flat_map(|value| value.split(','));
    if codings.last().is_some_and(|last| last.trim() == "chunked") {
        return is_dechunked(body).is_some();
    }
    match values("content-length").first() {
        Some(length) if coded.is_empty() => length.parse().is_ok_and(|length: usize| body.len() >= length),
        // The end of the connection ends the body.
        _ => then == Then::Close,
    }
}

fn is_dechunked(mut body: &[u8]) -> Option<()> {
    loop {
        let end = body.iter().position(|&byte| byte == b'\n')?;
        // What follows `;` is an extension and may be anything.
        let size = body[..end].split(|&byte| byte == b';').next()?;
        let size = usize::from_str_radix(str::from_utf8(size).ok()?.trim(), 16).ok()?;
        body = &body[end + 1..];
        if size == 0 {
            let trailers = [&b"trailers\n"[..], body].concat();
            return head(&trailers).map(drop);
        }
        body = body.get(size..)?;
        body = body.strip_prefix(b"\r\n")?;
    }
}

/// Whether a client may accept these frames: one of the first stream is HEADERS or DATA and says that it is the last.
pub(crate) fn is_accepting_http_2(mut frames: &[u8]) -> bool {
    const END_STREAM: u8 = 1;
    while let Some((&[high, middle, low, kind, flags, ref stream @ ..], after)) =
        frames.split_first_chunk::<9>()
    {
        if kind <= 1 && flags & END_STREAM != 0 && stream[3] == 1 {
            return true;
        }
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        frames = after.get(length..).unwrap_or_default();
    }
    false
}

//! Line ends as XML wants them read, all as line feeds.

use crate::translate::json;

/// Writes a string as it stands in the input, in quotes: with line ends as XML wants them read, all as line feeds.
pub(super) fn raw_string(out: &mut Vec<u8>, text: &str) {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return json::string(out, text);
    }
    out.push(b'"');
    lines(text, |line| json::escaped(out, line));
    out.push(b'"');
}

/// Gives the parts of a raw text of which the concatenation has line feeds only.
pub(super) fn lines<'a>(text: &'a str, mut part: impl FnMut(&'a str)) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\r') {
        part(before);
        part("\n");
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    part(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_line_feeds() {
        let mut out = Vec::new();
        raw_string(&mut out, "a\r\nb\rc\n\r\r\n");
        assert_eq!(out, br#""a\nb\nc\n\n\n""#);
    }
}

//! The character data of the innermost element, mostly one slice of the input.

use super::lexical::is_blank;
use super::lines;
use crate::translate::json;

/// Character data: one raw slice as long as it is alone, else a string.
#[derive(Debug, Default)]
pub(super) struct Text<'a> {
    only: &'a str,
    joined: String,
}

impl<'a> Text<'a> {
    /// Adds text as it stands in the input, without references.
    #[inline]
    pub(super) fn push_raw(&mut self, text: &'a str) {
        if self.is_empty() {
            self.only = text;
        } else {
            self.join();
            lines::lines(text, |line| self.joined.push_str(line));
        }
    }

    /// Adds a character that a reference stands for: a carriage return stays one.
    pub(super) fn push_character(&mut self, character: char) {
        self.join();
        self.joined.push(character);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.only.is_empty() && self.joined.is_empty()
    }

    pub(super) fn is_blank(&self) -> bool {
        is_blank(self.only) && is_blank(&self.joined)
    }

    pub(super) fn clear(&mut self) {
        self.only = "";
        self.joined.clear();
    }

    /// Takes the text out.
    pub(super) fn take(&mut self) -> String {
        self.join();
        std::mem::take(&mut self.joined)
    }

    /// A copy of the text.
    pub(super) fn value(&self) -> String {
        let mut text = self.joined.clone();
        lines::lines(self.only, |line| text.push_str(line));
        text
    }

    /// Writes it as a JSON string.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.joined.is_empty() {
            lines::raw_string(out, self.only);
        } else {
            json::string(out, &self.joined);
        }
    }

    fn join(&mut self) {
        let only = std::mem::take(&mut self.only);
        lines::lines(only, |line| self.joined.push_str(line));
    }
}

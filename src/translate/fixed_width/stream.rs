//! Records pushed in as bytes arrive and drained as lines of JSON: a file of any size in the memory of one record. No I/O.

use std::sync::Arc;

use super::super::mask::Show;
use super::super::{Options, Refusal, json};
use super::charset::Charset;
use super::cut::RECORD_BYTES_MAX;
use super::layout::Layout;
use super::progress::{Part, Progress, Rules, Step};
use super::sink::{JsonSink, RecordForm};
use crate::message::Ccsid;

/// Translates a file of records piece by piece.
///
/// Each record becomes one line, a JSON object as it stands in `records` of a whole document. The last line, which
/// [`Records::finish`] adds, is `{"format":"fixed-width","type":…,"count":…,"totals":{…}}`. A record may be drained before a
/// later one is refused: only a file whose `finish` succeeds is whole.
pub struct Records {
    layout: Arc<Layout>,
    charset: Charset,
    progress: Progress,
    show: Show,
    /// Bytes that came and were not read yet, the first of them at `offset` of the file.
    waiting: Vec<u8>,
    offset: usize,
}

/// What may wait: a record, its header, its line end, and padding of a block at the end.
const WAITING_BYTES_MAX: usize = RECORD_BYTES_MAX + 64 * 1024;

impl Records {
    /// A file that is about to come. `ccsid` is the message's; a layout may have its own.
    ///
    /// # Errors
    /// The CCSID is unknown or has no characters of one byte.
    pub fn new(layout: Arc<Layout>, ccsid: Ccsid, options: &Options, show: Show) -> Result<Self, Refusal> {
        let charset = Charset::new(layout.file.ccsid.unwrap_or(ccsid.0), options.newline)
            .map_err(|expected| Refusal::new(0, "", expected))?;
        let progress = Progress::new(&layout, options.limits.fields_max);
        Ok(Self { layout, charset, progress, show, waiting: Vec::new(), offset: 0 })
    }

    /// Takes the next bytes and appends the lines of the records that are complete.
    ///
    /// # Errors
    /// The first record that cannot be read; its offset is in the whole file. Nothing can be fed after that.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        if self.waiting.is_empty() {
            let used = self.read(bytes, false, out)?;
            self.waiting.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            self.waiting.extend_from_slice(bytes);
            let waiting = std::mem::take(&mut self.waiting);
            let used = self.read(&waiting, false, out)?;
            self.waiting = waiting;
            self.waiting.drain(..used);
        }
        if self.waiting.len() > WAITING_BYTES_MAX {
            let expected = format!("a record of at most {RECORD_BYTES_MAX} bytes");
            return Err(Refusal::new(self.offset, format!("/records/{}", self.progress.records()), expected));
        }
        Ok(())
    }

    /// The file has ended: reads what is left, checks what must be there, and appends the last line.
    ///
    /// # Errors
    /// As [`Records::feed`]; and a file that must not end here.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let waiting = std::mem::take(&mut self.waiting);
        self.read(&waiting, true, out)?;
        out.extend_from_slice(b"{\"format\":\"fixed-width\",\"type\":");
        json::string(out, &self.layout.kind);
        out.extend_from_slice(b",\"count\":");
        json::string(out, &self.progress.records().to_string());
        write_totals(&self.layout, &self.progress, out);
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    /// Reads whole records; gives how many bytes they had.
    fn read(&mut self, bytes: &[u8], is_whole: bool, out: &mut Vec<u8>) -> Result<usize, Refusal> {
        let rules = Rules { layout: &self.layout, charset: &self.charset };
        let mut used = 0;
        loop {
            let start = out.len();
            let part = Part { bytes: bytes.get(used..).unwrap_or_default(), offset: self.offset, is_whole };
            let mut sink = JsonSink::new(out, RecordForm::Lines, self.show);
            match self.progress.step(rules, part, &mut sink) {
                Ok(Step::Took(took)) => {
                    used += took;
                    self.offset += took;
                }
                Ok(Step::More | Step::End) => return Ok(used),
                Err(refusal) => {
                    // No half of a line.
                    out.truncate(start);
                    return Err(refusal);
                }
            }
        }
    }
}

/// Writes the member `totals`, if the layout has any.
pub(super) fn write_totals(layout: &Layout, progress: &Progress, out: &mut Vec<u8>) {
    if layout.totals.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"totals\":{");
    let start = out.len();
    progress.totals.each(layout, |name, value| {
        if out.len() > start {
            out.push(b',');
        }
        json::string(out, name);
        out.push(b':');
        json::string(out, value);
    });
    out.push(b'}');
}

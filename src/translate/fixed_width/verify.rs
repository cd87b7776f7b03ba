//! Reads written records again: nothing is sent that would not come back as its document says, or has a wrong total.

use serde_json::Value;

use super::super::Unwritable;
use super::super::mask::Show;
use super::progress::{Part, Progress, Rules, Step};
use super::sink::{JsonSink, RecordForm};

/// Reads what was written, and compares it with what was asked for.
pub(super) fn read_again(
    rules: Rules<'_>,
    records: &[Value],
    bytes: &[u8],
    fields_max: usize,
) -> Result<(), Unwritable> {
    let mut progress = Progress::new(rules.layout, fields_max);
    let mut json = Vec::new();
    let (mut offset, mut index) = (0, 0);
    loop {
        json.clear();
        let part = Part { bytes: bytes.get(offset..).unwrap_or_default(), offset, is_whole: true };
        let mut sink = JsonSink::new(&mut json, RecordForm::List, Show::All);
        match progress.step(rules, part, &mut sink).map_err(Unwritable::from)? {
            Step::Took(took) => offset += took,
            Step::More | Step::End => break,
        }
        let pointer = format!("/records/{index}");
        let read: Value = serde_json::from_slice(&json).unwrap_or_default();
        let asked = records
            .get(index)
            .ok_or_else(|| Unwritable::new("/records", "records that can be told apart"))?;
        compare(asked, &read, &pointer)?;
        index += 1;
    }
    if index < records.len() {
        return Err(Unwritable::new(format!("/records/{index}"), "records that can be told apart"));
    }
    Ok(())
}

/// Whether all that was asked for is there. Members with `#` are about bytes, not values.
fn compare(asked: &Value, read: &Value, pointer: &str) -> Result<(), Unwritable> {
    match (asked, read) {
        (Value::Object(asked), Value::Object(read)) => {
            for (name, asked) in asked.iter().filter(|(name, _)| !name.starts_with('#')) {
                let pointer = format!("{pointer}/{name}");
                match read.get(name) {
                    Some(read) => compare(asked, read, &pointer)?,
                    None => return Err(Unwritable::new(pointer, "no such member in this record")),
                }
            }
            Ok(())
        }
        (Value::Array(asked), Value::Array(read)) if asked.len() == read.len() => {
            let mut pairs = asked.iter().zip(read).enumerate();
            pairs.try_for_each(|(index, (asked, read))| compare(asked, read, &format!("{pointer}/{index}")))
        }
        _ if asked == read => Ok(()),
        _ => Err(Unwritable::new(
            pointer,
            "the value that its bytes are read as: in full, and as other views have it",
        )),
    }
}

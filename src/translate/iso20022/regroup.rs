//! One member per name, whatever the order of the elements; the order itself goes to `#order`.

use std::collections::HashMap;

use super::table::NameId;

/// Adjacent children of one name, as they stand in the output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) id: NameId,
    /// Where the member begins: the quote before its name.
    pub(super) member: usize,
    /// Where its value begins.
    pub(super) value: usize,
    /// Where its value ends, once the run is finished.
    pub(super) end: usize,
    pub(super) count: usize,
    /// The value is an array.
    pub(super) array: bool,
}

impl Run {
    /// Closes the array, if it is one.
    #[inline]
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.array {
            out.push(b']');
        }
        self.end = out.len();
    }
}

/// The runs of one name.
struct Group<'r> {
    runs: Vec<&'r Run>,
}

/// Rewrites the members of an object whose last run is finished: runs of one name become one array, and `#order` tells
/// how they all stood.
pub(super) fn regroup(out: &mut Vec<u8>, runs: &[Run]) {
    let Some(start) = runs.first().map(|run| run.member) else { return };
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut by_name: HashMap<NameId, usize> = HashMap::new();
    for run in runs {
        let number = *by_name.entry(run.id).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.runs.push(run),
            None => groups.push(Group { runs: vec![run] }),
        }
    }
    let mut members = Vec::with_capacity(out.len().saturating_sub(start) + 64);
    for group in &groups {
        group.write(out, &mut members);
        members.push(b',');
    }
    members.extend_from_slice(b"\"#order\":[");
    let places = runs.iter().flat_map(|run| std::iter::repeat_n(run, run.count));
    separated(&mut members, places, |members, run| {
        members.extend_from_slice(out.get(run.member..run.value - 1).unwrap_or_default());
    });
    members.push(b']');
    out.truncate(start);
    out.append(&mut members);
}

impl Group<'_> {
    fn write(&self, out: &[u8], members: &mut Vec<u8>) {
        let Some(first) = self.runs.first() else { return };
        members.extend_from_slice(out.get(first.member..first.value).unwrap_or_default());
        if let [only] = self.runs.as_slice() {
            members.extend_from_slice(out.get(only.value..only.end).unwrap_or_default());
            return;
        }
        members.push(b'[');
        separated(members, &self.runs, |members, run| {
            let brackets = usize::from(run.array);
            members.extend_from_slice(out.get(run.value + brackets..run.end - brackets).unwrap_or_default());
        });
        members.push(b']');
    }
}

fn separated<T>(
    members: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            members.push(b',');
        }
        write(members, item);
    }
}

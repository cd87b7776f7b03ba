//! How often each tag came within a layout. Most layouts have a few tags, which are found faster without hashing.

use std::collections::HashMap;

use super::tag::TagText;

/// Up to so many are searched one after another.
const SEARCHED_MAX: usize = 32;

/// Counts by layout and tag.
#[derive(Debug, Default)]
pub(super) struct Seen {
    first: Vec<((u32, TagText), u32)>,
    more: HashMap<(u32, TagText), u32>,
}

impl Seen {
    /// Counts a tag and tells how often it has come, this time included.
    pub(super) fn count(&mut self, layout: u32, tag: TagText) -> u32 {
        let key = (layout, tag);
        if let Some((_, count)) = self.first.iter_mut().find(|(known, _)| *known == key) {
            *count += 1;
            return *count;
        }
        if self.first.len() < SEARCHED_MAX {
            self.first.push((key, 1));
            return 1;
        }
        let count = self.more.entry(key).or_insert(0);
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_counted_by_layout_however_many_there_are() {
        let mut seen = Seen::default();
        let tag = |number: u32| TagText::new(&format!("{number:04}")).unwrap();
        for round in 1..=3 {
            for number in 0..100 {
                assert_eq!(seen.count(1, tag(number)), round);
                assert_eq!(seen.count(2, tag(number)), round);
            }
        }
    }
}

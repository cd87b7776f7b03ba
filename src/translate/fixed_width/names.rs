//! The fields that other parts of a layout refer to: whose values must be remembered while a file is read.

use super::compile::LayoutError;
use super::file::{FieldSection, LayoutFile, OccursWord};
use super::layout::Field;

/// What is referred to, and what of it was found.
#[derive(Debug, Default)]
pub(super) struct Names {
    wanted: Vec<Wanted>,
    captures: usize,
}

#[derive(Debug)]
struct Wanted {
    /// `record.field`, as it is typed.
    reference: String,
    record: usize,
    found: Option<Found>,
    /// The index of the key that it is for.
    key: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    path: String,
    capture: usize,
    scale: Option<i32>,
}

/// Whether something may be called so: it becomes part of paths and pointers.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['.', '/']) && !name.starts_with('#')
}

/// The two parts of `record.field`.
pub(super) fn split(reference: &str) -> Result<(&str, &str), LayoutError> {
    let parts = reference.split_once('.');
    parts.ok_or_else(|| LayoutError::new("", format!("record.field, not {reference:?}")))
}

impl Names {
    /// Gathers what a file refers to.
    pub(super) fn of(file: &LayoutFile) -> Result<Self, LayoutError> {
        let mut references: Vec<(String, Option<usize>)> = Vec::new();
        for (key, places) in file.keys.values().enumerate() {
            references.extend(places.0.iter().map(|place| (place.clone(), Some(key))));
        }
        for record in &file.record {
            references.extend(record.length_from.iter().map(|from| (from.clone(), None)));
            let mut within = Vec::new();
            gather(&record.fields, &mut within);
            references.extend(within.iter().map(|field| (format!("{}.{field}", record.name), None)));
        }
        for total in &file.total {
            references.push((total.place.clone(), None));
            let conditions = total.when.0.iter().filter_map(|when| when.field.as_ref());
            for field in total.sum.iter().chain(conditions) {
                references.extend(total.of.0.iter().map(|record| (format!("{record}.{field}"), None)));
            }
        }
        let wanted = references.into_iter().map(|(reference, key)| Wanted::new(reference, key, file));
        Ok(Self { wanted: wanted.collect::<Result<_, _>>()?, captures: 0 })
    }

    /// Notes a field that was met, by its path within its record.
    pub(super) fn meet(&mut self, record: usize, path: &str, field: &mut Field) -> Result<(), LayoutError> {
        let is_meant = |reference: &str| {
            let wanted = reference.split_once('.').map_or("", |(_, path)| path);
            path == wanted || path.strip_suffix(wanted).is_some_and(|before| before.ends_with('.'))
        };
        for wanted in
            self.wanted.iter_mut().filter(|wanted| wanted.record == record && is_meant(&wanted.reference))
        {
            if wanted.found.is_some() {
                let expected =
                    format!("a longer path in {:?}: several fields are called so", wanted.reference);
                return Err(LayoutError::new("", expected));
            }
            let capture = *field.capture.get_or_insert(self.captures);
            self.captures = self.captures.max(capture + 1);
            wanted.found = Some(Found { path: path.to_owned(), capture, scale: field.scale() });
            field.key = field.key.or(wanted.key);
        }
        Ok(())
    }

    /// Where the value of `record.field` is remembered.
    pub(super) fn capture(&self, reference: &str) -> Result<usize, LayoutError> {
        self.found(reference).map(|found| found.capture)
    }

    /// The decimals of a number.
    pub(super) fn scale(&self, reference: &str) -> Result<i32, LayoutError> {
        let scale = self.found(reference)?.scale;
        scale.ok_or_else(|| LayoutError::new("", format!("a number in {reference:?}")))
    }

    fn found(&self, reference: &str) -> Result<&Found, LayoutError> {
        let wanted = self.wanted.iter().find(|wanted| wanted.reference == reference);
        wanted.and_then(|wanted| wanted.found.as_ref()).ok_or_else(|| unknown(reference))
    }

    /// Whether every reference was found.
    pub(super) fn all_found(&self) -> Result<(), LayoutError> {
        match self.wanted.iter().find(|wanted| wanted.found.is_none()) {
            Some(wanted) => Err(unknown(&wanted.reference)),
            None => Ok(()),
        }
    }

    /// How many values are remembered.
    pub(super) fn captures(&self) -> usize {
        self.captures
    }
}

impl Wanted {
    fn new(reference: String, key: Option<usize>, file: &LayoutFile) -> Result<Self, LayoutError> {
        let (name, _) = split(&reference)?;
        let record = file.record.iter().position(|record| record.name == name);
        let record = record.ok_or_else(|| unknown(&reference))?;
        Ok(Self { reference, record, found: None, key })
    }
}

fn unknown(reference: &str) -> LayoutError {
    LayoutError::new(
        "",
        format!("a field with a value, in a record, before it is needed: {reference:?} is none"),
    )
}

/// What the fields of a record refer to among each other.
fn gather(fields: &[FieldSection], found: &mut Vec<String>) {
    for field in fields {
        found.extend(field.when.iter().filter_map(|when| when.field.clone()));
        if let Some(OccursWord::From(occurs)) = &field.occurs {
            found.push(occurs.from.clone());
        }
        gather(field.fields.as_deref().unwrap_or_default(), found);
    }
    found.sort_unstable();
    found.dedup();
}

//! One schema as the library compiles it, and sections checked against it.

use std::cell::OnceCell;
use std::io::{BufRead, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use xsd_schema::schema::CompositionEdgeKind;
use xsd_schema::validation::{
    DriveWithError, ElementStartView, EndElementInfo, EndOfAttributesView, SchemaInfo, SchemaValidator,
    TextKind, ValidationError, ValidationEventHandler, ValidationFlags, ValidationSink, ValidationWarning,
    drive_quick_xml_with,
};
use xsd_schema::{
    EmbeddedLoader, LoaderChain, ResolverConfig, SchemaError, SchemaLoader, SchemaResolver, SchemaSet,
    SchemaSetBuilder, XsdVersion,
};

use super::files::Files;
use super::sections::Section;
use super::{Breach, Verdict};

/// A schema with whatever it includes and imports.
#[derive(Debug)]
pub(super) struct Compiled {
    files: Arc<Files>,
    name: String,
    set: SchemaSet,
    /// How many names the set held when it was new.
    names: usize,
}

/// The library keeps each name that it meets in a message for good. After so many new ones the schema is compiled anew, which
/// takes some milliseconds.
const NEW_NAMES_MAX: usize = 10_000;

/// The one rule of the library's that is none of the recommendation's: it is about where to find schemas, and nobody looks there.
const LOCATION_HINT: &str = "cvc-schema-location";

impl Compiled {
    /// Compiles the file of this name.
    pub(super) fn new(files: &Arc<Files>, name: &str) -> Result<Self, String> {
        let set = compile(files, name)?;
        let names = set.name_table.len();
        Ok(Self { files: files.clone(), name: name.to_owned(), set, names })
    }

    /// Checks one section.
    pub(super) fn check(&mut self, section: &Section<'_>) -> Verdict {
        if self.set.name_table.len() > self.names.saturating_add(NEW_NAMES_MAX) {
            self.renew();
        }
        // A word of advice is not worth a consumer.
        let checked = catch_unwind(AssertUnwindSafe(|| run(&self.set, section)));
        checked.unwrap_or_else(|_| {
            self.renew();
            Verdict::Unknown
        })
    }

    fn renew(&mut self) {
        if let Ok(new) = Self::new(&self.files, &self.name) {
            *self = new;
        }
    }
}

/// Compiles within the files of the folder: nothing is read from elsewhere.
fn compile(files: &Arc<Files>, name: &str) -> Result<SchemaSet, String> {
    let mut loaders = LoaderChain::new();
    // The namespaces of xml:lang and of XLink, which everybody imports and nobody has at hand.
    loaders.add(Box::new(EmbeddedLoader::new()));
    loaders.add(Box::new(Folder(files.clone())));
    let mut resolver = SchemaResolver::with_config_and_loader(ResolverConfig::default(), Box::new(loaders));
    resolver.catalog_mut().add_xml_catalog();
    for (namespace, file) in files.entries() {
        resolver.catalog_mut().add(namespace, file);
    }
    let text = files.text(name).unwrap_or_default();
    let compiled = SchemaSetBuilder::with_resolver(resolver, XsdVersion::V1_0)
        .add_source(text, name)
        .and_then(SchemaSetBuilder::compile)
        .map_err(|error| error.to_string())?;
    let missing =
        compiled.directive_failures().iter().find(|failure| failure.kind() != CompositionEdgeKind::Import);
    match missing {
        Some(failure) => Err(format!(
            "includes {:?}, which is not in the folder",
            failure.schema_location().unwrap_or_default()
        )),
        None => Ok(compiled.into_schema_set()),
    }
}

/// Loads what other schemas name.
#[derive(Debug)]
struct Folder(Arc<Files>);

impl SchemaLoader for Folder {
    fn load(&self, location: &str) -> Result<String, SchemaError> {
        let text = self.0.text(location).map(str::to_owned);
        text.ok_or_else(|| SchemaError::resolution("no such file in the folder of schemas".to_owned()))
    }

    fn can_load(&self, location: &str) -> bool {
        self.0.text(location).is_some()
    }
}

/// The first error.
struct First<'c>(&'c OnceCell<ValidationError>);

/// Ends the walk at the first error, and knows where that is.
struct Walk<'c> {
    error: &'c OnceCell<ValidationError>,
    at: usize,
}

/// The walk is over.
struct Over;

fn run(set: &SchemaSet, section: &Section<'_>) -> Verdict {
    let error = OnceCell::new();
    let validator = SchemaValidator::new(set, ValidationFlags::empty());
    let mut walk = Walk { error: &error, at: 0 };
    let mut run = validator.start_run(First(&error));
    let ended = drive_quick_xml_with(document(section), &mut run, set, &mut walk);
    let unreadable = match ended {
        Ok(_) => run.end_validation().is_err() && error.get().is_none(),
        Err(DriveWithError::Hook(Over)) => false,
        Err(_) => true,
    };
    drop(run);
    match error.get() {
        Some(error) => Verdict::Invalid(Breach {
            offset: origin(section, walk.at),
            path: error.element_path().map_or_else(|| section.path(), str::to_owned),
            rule: error.constraint,
        }),
        // What a translator accepts and the library does not read is nothing that a schema says anything about.
        None if unreadable => Verdict::Unknown,
        None => Verdict::Valid,
    }
}

/// The section as a document.
fn document<'s>(section: &'s Section<'_>) -> impl BufRead + 's {
    section.name.as_bytes().chain(section.declarations.as_bytes()).chain(section.rest.as_bytes())
}

/// Where in the text that is which the library read at `at`.
fn origin(section: &Section<'_>, at: usize) -> usize {
    let within = if at <= section.name.len() { at } else { at.saturating_sub(section.declarations.len()) };
    section.at + within
}

impl Section<'_> {
    fn path(&self) -> String {
        let name = self.name.trim_start_matches('<');
        format!("/{}", name.rsplit(':').next().unwrap_or(name))
    }
}

impl ValidationSink for First<'_> {
    fn on_error(&mut self, error: ValidationError) {
        if error.constraint != LOCATION_HINT {
            self.0.get_or_init(|| error);
        }
    }

    fn on_warning(&mut self, _warning: ValidationWarning) {}
}

impl Walk<'_> {
    fn go_on(&self) -> Result<(), Over> {
        if self.error.get().is_some() { Err(Over) } else { Ok(()) }
    }
}

impl ValidationEventHandler for Walk<'_> {
    type Error = Over;

    fn on_element_start_offset(&mut self, at: usize) -> Result<(), Over> {
        self.at = at;
        Ok(())
    }

    fn after_element(&mut self, _: ElementStartView<'_>, _: &SchemaInfo) -> Result<(), Over> {
        self.go_on()
    }

    fn after_end_of_attributes(&mut self, _: EndOfAttributesView<'_>) -> Result<(), Over> {
        self.go_on()
    }

    fn on_text(&mut self, _: TextKind, _: &str) -> Result<(), Over> {
        self.go_on()
    }

    fn after_end_element(&mut self, _: &EndElementInfo, _depth: usize) -> Result<(), Over> {
        self.go_on()
    }

    fn on_element_end_offset(&mut self, at: usize) -> Result<(), Over> {
        self.at = at;
        Ok(())
    }
}

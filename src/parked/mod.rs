//! What operators do with parked messages: look, show, replay, export, discard. The command line and the admin API are two
//! thin faces of it.
//!
//! An operation looks first, through a session of its own at each site, and chooses; then it goes to each chosen message by
//! browsing and, where it moves one, gets it in a unit of its own. What the gateway's consumers hold is never touched, and
//! the gateway need not run.
//!
//! * [`entry`]: a message on a parking queue, and whether it is ours. [`select`]: which ones are meant.
//! * `visit`: a session at one site with its parking queues.
//! * [`show`]: what a person sees. [`export`]: what is written to a file.
//! * `replay`: what is put to a retry queue. [`moving`]: replaying and discarding, one unit for each message. [`report`]: what
//!   became of each.

pub mod entry;
pub mod select;
mod visit;
pub mod show;
pub mod export;
mod replay;
pub mod moving;
pub mod report;

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use mq::Library;
use serde_json::Value;

use crate::audit;
use crate::settings::Settings;
use crate::stop::Stop;

pub use entry::Entry;
pub use select::{Filter, Scope, Selection, check_reason};
pub use show::Payload;
pub(crate) use visit::{Purpose, Visit};

use entry::Identity;
use select::{Chosen, choose};

/// How many messages of one queue are looked at.
pub(crate) const LOOKED_AT_MAX: usize = 100_000;

/// What all operations need.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The client library.
    pub library: Library,
    /// The word to stop, between two messages.
    pub stop: Stop,
    /// Where audit records go that are not for a queue.
    pub log: fn(&audit::Record<'_>),
}

/// What was found, and what was in the way.
#[derive(Debug, Default)]
pub struct Found<T> {
    /// What was found.
    pub found: T,
    /// Sites and queues that could not be looked at, for a person.
    pub unreachable: Vec<String>,
    /// Ids that name no message, or more than one.
    pub unclear: Vec<String>,
}

impl Found<Vec<Entry>> {
    /// Those that a filter takes.
    pub fn only(mut self, filter: &Filter) -> Self {
        self.found.retain(|entry| filter.takes(entry));
        self
    }
}

impl Desk {
    /// All messages on the parking queues, by time.
    ///
    /// # Errors
    /// A site of that name is not in settings.
    pub fn look(&self, scope: &Scope) -> Result<Found<Vec<Entry>>, String> {
        let mut all: Found<Vec<Entry>> = Found::default();
        for site in scope.sites(&self.settings)? {
            let looked = Visit::open(self, site, scope, Purpose::Look).and_then(|mut visit| {
                let entries = visit.look(&self.settings)?;
                all.unreachable.append(&mut visit.problems);
                visit.close();
                Ok(entries)
            });
            match looked {
                Ok(mut entries) => all.found.append(&mut entries),
                Err(error) => all.unreachable.push(self.at(site, &error)),
            }
        }
        all.found.sort_by_key(Entry::time);
        Ok(all)
    }

    /// The messages that a selection means.
    ///
    /// # Errors
    /// As [`Desk::look`].
    pub fn choose(&self, selection: &Selection) -> Result<Found<Vec<Entry>>, String> {
        let Found { found, unreachable, .. } = self.look(&selection.scope)?;
        let Chosen { entries, unclear } = choose(found, selection);
        Ok(Found { found: entries, unreachable, unclear })
    }

    /// Everything about one message; with its payload only where that is asked for.
    ///
    /// # Errors
    /// The site cannot be reached any more, or the message has gone.
    pub fn show(&self, entry: &Entry, payload: Payload) -> Result<Value, String> {
        let mut shown = None;
        self.view(&[entry], |entry, message| {
            shown = Some(show::whole(&self.settings, entry, message, payload));
            Ok(())
        })?;
        shown.ok_or_else(|| "the message has gone meanwhile".to_owned())
    }

    /// Writes messages as JSON lines and leaves them where they are. Returns how many were written.
    ///
    /// # Errors
    /// What writing answers, or that a site cannot be reached any more.
    pub fn export(&self, entries: &[&Entry], to: &mut dyn Write) -> Result<usize, String> {
        let mut written = 0;
        self.view(entries, |entry, message| {
            if self.stop.said() {
                return Err(io::Error::other("the word came to stop"));
            }
            written += 1;
            export::line(to, entry, message)
        })?;
        Ok(written)
    }

    /// Looks at each of these messages, whole.
    fn view(
        &self,
        entries: &[&Entry],
        mut look: impl FnMut(&Entry, mq::Message) -> io::Result<()>,
    ) -> Result<(), String> {
        for (site, wanted) in self.by_site(entries) {
            let scope = Scope::default().on_queues(wanted.iter().map(|identity| identity.queue.clone()));
            let viewed = Visit::open(self, site, &scope, Purpose::Look).and_then(|mut visit| {
                let looked = visit.view(&self.settings, &wanted, &mut look)?;
                visit.close();
                Ok(looked)
            });
            viewed.map_err(|error| self.at(site, &error))?.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The chosen messages by the index of their site.
    fn by_site(&self, entries: &[&Entry]) -> Vec<(usize, HashSet<Identity>)> {
        let of = |site: &str| -> HashSet<Identity> {
            entries.iter().filter(|entry| entry.site == site).map(|entry| entry.identity()).collect()
        };
        let sites = self.settings.sites.iter().enumerate();
        sites.map(|(index, site)| (index, of(&site.name))).filter(|(_, wanted)| !wanted.is_empty()).collect()
    }

    /// An error with the site where it happened.
    fn at(&self, site: usize, error: &visit::Error) -> String {
        let name = self.settings.sites.get(site).map_or("", |site| site.name.as_str());
        format!("site {name}: {error}")
    }
}

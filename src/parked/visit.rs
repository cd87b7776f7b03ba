//! A session at one site, with the queues that messages are parked on.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use mq::{Browse, Class, GetOptions, Glance, Input, Message, OpenOptions, Queue, QueueName, Session, Unit};

use super::entry::{Entry, Identity, Standing, dead_letter_header, standing};
use super::select::Scope;
use super::{Desk, LOOKED_AT_MAX};
use crate::park;
use crate::settings::{SecretError, Settings};

/// Why a site, or something there, cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A secret's file.
    #[error("{0}")]
    Secret(#[from] SecretError),
    /// What an MQI call answered.
    #[error("{0}")]
    Mq(#[from] mq::Error),
    /// A queue cannot be used.
    #[error("{0}")]
    Queue(String),
}

/// What a queue is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To browse.
    Look,
    /// To browse, and to get with the whole context.
    Move,
}

/// A parking queue.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) queue: Queue,
    pub(crate) name: QueueName,
    /// It is the queue manager's dead-letter queue, which others use as well.
    pub(crate) dead_letter: bool,
}

/// A session at one site.
pub(crate) struct Visit {
    pub(crate) session: Session,
    pub(crate) site: String,
    pub(crate) places: Vec<Place>,
    /// Queues that could not be opened, for a person.
    pub(crate) problems: Vec<String>,
}

impl Visit {
    /// Connects and opens the parking queues of the site, or those of the scope.
    pub(crate) fn open(desk: &Desk, site: usize, scope: &Scope, purpose: Purpose) -> Result<Self, Error> {
        let (settings, index) = (&desk.settings, site);
        let site = settings.sites.get(index).ok_or_else(|| Error::Queue("no such site".to_owned()))?;
        let mut session = Session::connect(&desk.library, &site.connect_options()?)?;
        let dead_letter_queue = session.inquire_queue_manager()?.dead_letter_queue;
        let mut visit = Self { session, site: site.name.clone(), places: Vec::new(), problems: Vec::new() };
        let names = if scope.queues.is_empty() {
            visit.parking_queues(settings, index, dead_letter_queue.as_ref())?
        } else {
            scope.queues.clone()
        };
        for name in names {
            match visit.session.open(&name, options(purpose)) {
                Ok(queue) => {
                    let dead_letter = dead_letter_queue.as_ref() == Some(&name);
                    visit.places.push(Place { queue, name, dead_letter });
                }
                Err(error) if sound(&error) => {
                    visit.problems.push(format!("site {}: {name}: {error}", visit.site));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(visit)
    }

    /// The names of the queues that the site's sources park to, each once.
    fn parking_queues(
        &mut self,
        settings: &Settings,
        site: usize,
        dead_letter_queue: Option<&QueueName>,
    ) -> Result<Vec<QueueName>, Error> {
        let mut names = Vec::new();
        for source in settings.sources.iter().filter(|source| source.sites.contains(&site)) {
            match park::target(&mut self.session, source, dead_letter_queue) {
                Ok(Some((name, _))) if !names.contains(&name) => names.push(name),
                Ok(_) => {}
                Err(error) if sound(&error) => {
                    self.problems.push(format!("site {}: {}: {error}", self.site, source.queue));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(names)
    }

    /// Everything on the parking queues.
    pub(crate) fn look(&mut self, settings: &Settings) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for place in &self.places {
            let mut unit = self.session.begin();
            let (mut which, mut seen) = (Browse::First, 0);
            while let Some(glance) = glance(&mut unit, place, &mut which)? {
                if seen == LOOKED_AT_MAX {
                    let (site, name) = (&self.site, &place.name);
                    self.problems.push(format!(
                        "site {site}: {name}: more than {seen} messages; the rest is not looked at"
                    ));
                    break;
                }
                seen += 1;
                entries.push(entry(&mut unit, settings, &self.site, place, glance)?);
            }
        }
        Ok(entries)
    }

    /// Looks at each of the wanted messages, whole. The inner error is the looker's.
    pub(crate) fn view(
        &mut self,
        settings: &Settings,
        wanted: &HashSet<Identity>,
        look: &mut impl FnMut(&Entry, Message) -> io::Result<()>,
    ) -> Result<io::Result<()>, Error> {
        if let Some(problem) = self.problems.pop() {
            return Err(Error::Queue(problem));
        }
        for place in &self.places {
            let mut unit = self.session.begin();
            let mut which = Browse::First;
            for _ in 0..LOOKED_AT_MAX {
                let Some(glance) = glance(&mut unit, place, &mut which)? else { break };
                let entry = entry(&mut unit, settings, &self.site, place, glance)?;
                if !wanted.contains(&entry.identity()) {
                    continue;
                }
                let Some(message) = unit.view_browsed(place.queue)? else { continue };
                if let Err(error) = look(&entry, message) {
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Opens a queue to put to it, with the context of what was got where that is asked for.
    pub(crate) fn open_output(&mut self, name: &QueueName) -> Result<Queue, mq::Error> {
        let options = OpenOptions { output: true, pass_all_context: true, ..OpenOptions::default() };
        self.session.open(name, options)
    }

    /// Ends the session. No unit is open: how it ends changes nothing.
    pub(crate) fn close(self) {
        let _ = self.session.disconnect();
    }
}

/// Looks at the next message of a place.
pub(crate) fn glance(
    unit: &mut Unit<'_>,
    place: &Place,
    which: &mut Browse,
) -> Result<Option<Glance>, mq::Error> {
    let glance = unit.browse(place.queue, *which, GetOptions { wait: Duration::ZERO })?;
    *which = Browse::Next;
    Ok(glance)
}

/// What a message that was just browsed is.
pub(crate) fn entry(
    unit: &mut Unit<'_>,
    settings: &Settings,
    site: &str,
    place: &Place,
    glance: Glance,
) -> Result<Entry, mq::Error> {
    let header = || Ok(unit.view_browsed(place.queue)?.as_ref().and_then(dead_letter_header));
    let standing: Standing = standing(settings, place.dead_letter, &glance.properties, header)?;
    Ok(Entry {
        site: site.to_owned(),
        queue: place.name.clone(),
        descriptor: glance.descriptor,
        body_bytes: glance.body_bytes,
        standing,
    })
}

/// Whether the session is sound after this error.
pub(crate) fn sound(error: &mq::Error) -> bool {
    !matches!(
        error.class(),
        Class::ConnectionLost | Class::CannotConnect | Class::Quiescing | Class::HandleInvalid
    )
}

fn options(purpose: Purpose) -> OpenOptions {
    let moves = purpose == Purpose::Move;
    OpenOptions {
        input: moves.then_some(Input::Shared),
        browse: true,
        save_all_context: moves,
        ..OpenOptions::default()
    }
}

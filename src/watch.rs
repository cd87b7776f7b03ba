//! How deep the queues are and how old their oldest message is: looked at every few seconds by one thread for each site, with
//! a session of its own. It gets nothing, and what goes wrong here disturbs nobody: the next look tries again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use mq::{Browse, Class, GetOptions, Library, OpenOptions, Queue, QueueName, Session};
use serde_json::{Value, json};
use tracing::debug;

use crate::lane::Shared;
use crate::park;
use crate::settings::Settings;

/// What a queue is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Messages come from it.
    Source,
    /// Messages wait on it.
    Retry,
    /// Messages are parked on it.
    Parking,
}

/// What was seen last of every queue.
#[derive(Debug, Default)]
pub struct Board {
    seen: Mutex<BTreeMap<(String, QueueName), Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    role: Role,
    depth: u32,
    // When the first message was put; of an empty queue nothing.
    oldest: Option<Timestamp>,
}

/// The watch over one site.
#[derive(Debug)]
pub struct Watch {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The index of the site.
    pub site: usize,
    /// The client library.
    pub library: Library,
    /// Where it notes what it sees.
    pub shared: Arc<Shared>,
}

impl Role {
    /// The word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Retry => "retry",
            Self::Parking => "parking",
        }
    }
}

impl Board {
    /// One row for each queue, for a report.
    pub fn report(&self, now: Timestamp) -> Vec<Value> {
        let row = |((site, queue), seen): (&(String, QueueName), &Seen)| {
            json!({
                "site": site,
                "queue": queue.as_str(),
                "role": seen.role.word(),
                "depth": seen.depth,
                "oldest_seconds": seen.oldest.map(|oldest| seconds_since(oldest, now)),
            })
        };
        self.seen().iter().map(row).collect()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<(String, QueueName), Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clocks differ: what was put in the future is no age.
fn seconds_since(moment: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(moment).as_secs()).unwrap_or(0)
}

/// A queue that is watched.
struct Watched {
    name: QueueName,
    role: Role,
    queue: Option<Queue>,
}

impl Watch {
    /// Looks at the queues until the word comes to stop.
    pub fn run(&self) {
        let (stop, retry) = (&self.shared.stop, &self.settings.retry);
        let mut failures: u32 = 0;
        while !stop.said() {
            let Err(problem) = self.session_of_looks(&mut failures) else { break };
            self.forget();
            debug!(site = self.site_name(), problem, "The queues cannot be looked at.");
            let delay = retry.reconnect_delay_first.saturating_mul(1 << failures.min(20));
            failures = failures.saturating_add(1);
            stop.wait(delay.min(retry.reconnect_delay_max).max(self.settings.admin.watch_interval));
        }
        self.forget();
    }

    /// Looks, on one session, until something goes wrong. `Ok`: the word came to stop.
    fn session_of_looks(&self, failures: &mut u32) -> Result<(), String> {
        let Some(site) = self.settings.sites.get(self.site) else { return Ok(()) };
        let options = site.connect_options().map_err(|error| error.to_string())?;
        let mut session = Session::connect(&self.library, &options).map_err(|error| {
            if error.class() == Class::Security {
                // A wrong password tried often locks the account.
                *failures = failures.saturating_add(20);
            }
            error.to_string()
        })?;
        let mut watched = self.watched(&mut session).map_err(|error| error.to_string())?;
        loop {
            for queue in &mut watched {
                self.look(&mut session, queue).map_err(|error| format!("{}: {error}", queue.name))?;
            }
            *failures = 0;
            if self.shared.stop.wait(self.settings.admin.watch_interval) {
                // No unit is open: how it ends changes nothing.
                let _ = session.disconnect();
                return Ok(());
            }
        }
    }

    /// The queues of this site, each once.
    fn watched(&self, session: &mut Session) -> Result<Vec<Watched>, mq::Error> {
        let settings = &self.settings;
        let dead_letter_queue = session.inquire_queue_manager()?.dead_letter_queue;
        let mut named = Vec::new();
        let mut reached = Vec::new();
        for intake in self.shared.intakes.iter().filter(|it| it.source.sites.contains(&self.site)) {
            let source = &intake.source;
            named.push((source.queue.clone(), Role::Source));
            named.extend(source.retry_queue.iter().map(|name| (name.clone(), Role::Retry)));
            reached.extend(intake.reachable.iter().filter_map(|index| settings.destinations.get(*index)));
            match park::target(session, source, dead_letter_queue.as_ref()) {
                Ok(target) => named.extend(target.map(|(name, _)| (name, Role::Parking))),
                Err(error) if error.class() == Class::QueueConfiguration => {}
                Err(error) => return Err(error),
            }
        }
        let retries = reached.into_iter().filter_map(|destination| destination.retry_queue.clone());
        named.extend(retries.map(|name| (name, Role::Retry)));
        let mut watched: Vec<Watched> = Vec::new();
        for (name, role) in named {
            if watched.iter().all(|it| it.name != name) {
                watched.push(Watched { name, role, queue: None });
            }
        }
        Ok(watched)
    }

    /// Looks at one queue. One that is not there, or not for us, is passed over until the next look.
    fn look(&self, session: &mut Session, watched: &mut Watched) -> Result<(), mq::Error> {
        let queue = match watched.queue {
            Some(queue) => queue,
            None => {
                let options = OpenOptions { inquire: true, browse: true, ..OpenOptions::default() };
                match session.open(&watched.name, options) {
                    Ok(queue) => queue,
                    Err(error) if matches!(error.class(), Class::QueueConfiguration | Class::Security) => {
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        watched.queue = Some(queue);
        let depth = match session.inquire_queue(queue) {
            Ok(attributes) => attributes.depth,
            // An alias has no depth.
            Err(error) if error.class() == Class::Other => return Ok(()),
            Err(error) => return Err(error),
        };
        let browsed = session.begin().browse(queue, Browse::First, GetOptions { wait: Duration::ZERO });
        let first = match browsed {
            Ok(first) => first,
            // Get-inhibited, for one: its depth is known all the same.
            Err(error) if error.class() == Class::QueueTransient => None,
            Err(error) => return Err(error),
        };
        let oldest = first.and_then(|glance| glance.descriptor.put_timestamp()?.parse().ok());
        self.note(watched, depth, oldest);
        Ok(())
    }

    fn note(&self, watched: &Watched, depth: u32, oldest: Option<Timestamp>) {
        let (site, name) = (self.site_name(), &watched.name);
        let age = oldest.map(|oldest| seconds_since(oldest, Timestamp::now()));
        self.shared.metrics.queue_seen(site, name.as_str(), depth, age.unwrap_or(0));
        let seen = Seen { role: watched.role, depth, oldest };
        self.shared.depths.seen().insert((site.to_owned(), name.clone()), seen);
    }

    /// What is no longer seen is no longer told.
    fn forget(&self) {
        let site = self.site_name();
        self.shared.depths.seen().retain(|(of, name), _| {
            if of == site {
                self.shared.metrics.queue_unseen(site, name.as_str());
            }
            of != site
        });
    }

    fn site_name(&self) -> &str {
        self.settings.sites.get(self.site).map_or("", |site| site.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_the_future_is_no_age() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(seconds_since(at("2026-11-25T03:00:00Z"), at("2026-11-25T03:00:09.9Z")), 9);
        assert_eq!(seconds_since(at("2026-11-25T03:00:09Z"), at("2026-11-25T03:00:00Z")), 0);
    }
}

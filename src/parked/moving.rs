//! Replaying and discarding: each message in a unit of its own, with an audit record in the same unit where there is an
//! audit queue. Nothing leaves a parking queue in any other way.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mq::{Browse, Queue, QueueName, Unit};

use super::entry::{Entry, Identity, fate, strip};
use super::report::{End, Report};
use super::select::Scope;
use super::visit::{self, Place, Purpose, Visit, entry, glance, sound};
use super::{Desk, LOOKED_AT_MAX, export, replay};
use crate::audit;
use crate::evidence::Evidence;
use crate::inbound::Inbound;
use crate::park;
use crate::settings::Audit;

/// What is to be done with each message.
pub enum Order<'a> {
    /// Put it to a retry queue.
    Replay {
        /// Why, for the evidence and the record.
        reason: Option<&'a str>,
        /// Also where a service may have acted on it.
        including_uncertain: bool,
        /// Only say what would be done.
        dry_run: bool,
    },
    /// Take it off, once it is written here and synced.
    Discard {
        /// Why, for the record.
        reason: &'a str,
        /// Where it is written.
        export: &'a mut export::File,
    },
}

impl Desk {
    /// Does what was ordered with each of these messages, at most `rate` of them a second. What became of each goes to `told`
    /// at once.
    ///
    /// # Errors
    /// Sites that cannot be reached; what was told has happened all the same.
    pub fn carry_out(
        &self,
        entries: &[&Entry],
        order: &mut Order<'_>,
        rate: Option<NonZeroU32>,
        told: &mut dyn FnMut(Report),
    ) -> Result<(), Vec<String>> {
        let mut unreachable = Vec::new();
        let mut pacer = Pacer { interval: rate.map(|rate| Duration::from_secs(1) / rate.get()), next: None };
        for (site, wanted) in self.by_site(entries) {
            let scope = Scope::default().on_queues(wanted.iter().map(|it| it.queue.clone()));
            let moved = Visit::open(self, site, &scope, Purpose::Move).and_then(|mut visit| {
                unreachable.append(&mut visit.problems);
                let of_site: Vec<&Entry> =
                    entries.iter().copied().filter(|entry| entry.site == visit.site).collect();
                let mut mover = Mover::new(self, &mut visit, &of_site, order)?;
                mover.run(&of_site, order, &mut pacer, told)?;
                visit.close();
                Ok(())
            });
            if let Err(error) = moved {
                unreachable.push(self.at(site, &error));
            }
        }
        if unreachable.is_empty() { Ok(()) } else { Err(unreachable) }
    }
}

/// One site's part of an order.
struct Mover<'a> {
    desk: &'a Desk,
    visit: &'a mut Visit,
    outputs: BTreeMap<QueueName, Result<Queue, String>>,
    audit: Option<Queue>,
}

impl<'a> Mover<'a> {
    /// Opens every queue that may be put to, before the first message is got.
    fn new(
        desk: &'a Desk,
        visit: &'a mut Visit,
        entries: &[&Entry],
        order: &Order<'_>,
    ) -> Result<Self, visit::Error> {
        let mut outputs = BTreeMap::new();
        let replayed = if matches!(order, Order::Replay { .. }) { entries } else { &[] };
        for evidence in replayed.iter().filter_map(|entry| entry.evidence()) {
            let Ok(name) = replay::target(&desk.settings, evidence) else { continue };
            if outputs.contains_key(&name) {
                continue;
            }
            let opened = match visit.open_output(&name) {
                Ok(queue) => Ok(queue),
                Err(error) if sound(&error) => Err(format!("{name}: {error}")),
                Err(error) => return Err(error.into()),
            };
            outputs.insert(name, opened);
        }
        let audit = match &desk.settings.audit {
            Audit::Queue(name) => Some(visit.open_output(name).map_err(|error| {
                visit::Error::Queue(format!("audit queue {name}: {error}; without a record nothing is moved"))
            })?),
            Audit::Off | Audit::Log => None,
        };
        Ok(Self { desk, visit, outputs, audit })
    }

    /// Moves the messages, and tells what became of each, whatever happens.
    fn run(
        &mut self,
        entries: &[&Entry],
        order: &mut Order<'_>,
        pacer: &mut Pacer,
        told: &mut dyn FnMut(Report),
    ) -> Result<(), visit::Error> {
        let mut left: HashMap<Identity, &Entry> =
            entries.iter().map(|entry| (entry.identity(), *entry)).collect();
        let walked = self.walk(&mut left, order, pacer, told);
        let why = match &walked {
            Ok(()) if self.desk.stop.said() => "the word came to stop",
            Ok(()) => "it is not there any more",
            Err(_) => "the site was lost before",
        };
        for entry in left.into_values() {
            told(Report { entry: entry.clone(), end: End::Refused(why.to_owned()) });
        }
        walked
    }

    /// Goes to each of the messages by browsing.
    fn walk(
        &mut self,
        left: &mut HashMap<Identity, &Entry>,
        order: &mut Order<'_>,
        pacer: &mut Pacer,
        told: &mut dyn FnMut(Report),
    ) -> Result<(), visit::Error> {
        let Self { desk, visit, outputs, audit } = self;
        for place in &visit.places {
            let mut which = Browse::First;
            for _ in 0..LOOKED_AT_MAX {
                if desk.stop.said() || left.is_empty() {
                    return Ok(());
                }
                let mut unit = visit.session.begin();
                let Some(glance) = glance(&mut unit, place, &mut which)? else { break };
                let entry = entry(&mut unit, &desk.settings, &visit.site, place, glance)?;
                let identity = entry.identity();
                if !left.contains_key(&identity) {
                    continue;
                }
                pacer.wait(&desk.stop);
                let step = Step { desk, outputs, audit: *audit, site: &visit.site, place };
                let end = step.carry_out(unit, &entry, order)?;
                left.remove(&identity);
                told(Report { entry, end });
            }
        }
        Ok(())
    }
}

/// One message, in its unit.
struct Step<'a> {
    desk: &'a Desk,
    outputs: &'a BTreeMap<QueueName, Result<Queue, String>>,
    audit: Option<Queue>,
    site: &'a str,
    place: &'a Place,
}

impl Step<'_> {
    fn carry_out(&self, unit: Unit<'_>, entry: &Entry, order: &mut Order<'_>) -> Result<End, visit::Error> {
        let Some(evidence) = entry.evidence() else {
            return Ok(End::Refused("it is not mqgate's".to_owned()));
        };
        match order {
            Order::Replay { reason, including_uncertain, dry_run } => {
                if let Some(why) = replay::refusal(evidence, *including_uncertain, *reason) {
                    return Ok(End::Refused(why));
                }
                let (name, queue) = match self.output(evidence) {
                    Ok(output) => output,
                    Err(why) => return Ok(End::Refused(why)),
                };
                if *dry_run {
                    return Ok(End::WouldReplay(name));
                }
                self.replay(unit, evidence, (name, queue), *reason)
            }
            Order::Discard { reason, export } => self.discard(unit, entry, evidence, reason, export),
        }
    }

    fn output(&self, evidence: &Evidence) -> Result<(QueueName, Queue), String> {
        let name = replay::target(&self.desk.settings, evidence)?;
        match self.outputs.get(&name) {
            Some(Ok(queue)) => Ok((name, *queue)),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("{name} is not open")),
        }
    }

    fn replay(
        &self,
        mut unit: Unit<'_>,
        evidence: &Evidence,
        (name, queue): (QueueName, Queue),
        reason: Option<&str>,
    ) -> Result<End, visit::Error> {
        let Some(mut message) = unit.get_browsed(self.place.queue)? else { return Ok(taken()) };
        strip(&mut message);
        let inbound = Inbound::known(evidence.key, message);
        let replayed = replay::replayed(evidence, Timestamp::now(), reason);
        if let Err(error) = park::defer(&mut unit, self.place.queue, queue, &inbound, &replayed) {
            return refused(unit, &format!("{name}: {error}"), error);
        }
        let record = self.record("replayed", &inbound, evidence, reason);
        self.end(unit, evidence, &record, End::Replayed(name))
    }

    fn discard(
        &self,
        mut unit: Unit<'_>,
        entry: &Entry,
        evidence: &Evidence,
        reason: &str,
        export: &mut export::File,
    ) -> Result<End, visit::Error> {
        let Some(message) = unit.get_browsed(self.place.queue)? else { return Ok(taken()) };
        // Exactly what is taken off is in the file before it goes.
        if let Err(error) = export::line(export, entry, message.clone()).and_then(|()| export.sync()) {
            unit.back_out()?;
            return Ok(End::Refused(format!("it cannot be exported: {error}")));
        }
        let inbound = Inbound::known(evidence.key, message);
        let record = self.record("discarded", &inbound, evidence, Some(reason));
        self.end(unit, evidence, &record, End::Discarded)
    }

    /// Puts the record, commits, and logs the record where there is no queue for it.
    fn end(
        &self,
        mut unit: Unit<'_>,
        evidence: &Evidence,
        record: &audit::Record<'_>,
        end: End,
    ) -> Result<End, visit::Error> {
        if let Some(queue) = self.audit
            && let Err(error) = audit::put(&mut unit, queue, &evidence.key, record)
        {
            return refused(unit, &format!("its audit record: {error}"), error);
        }
        let logs = self.desk.settings.audit == Audit::Log;
        match unit.commit() {
            Ok(()) if logs => (self.desk.log)(record),
            Ok(()) => {}
            Err(error) if error.outcome_unknown() => {
                // On a queue the record shares the fate of the message; in the log it says what is not known.
                let comment = format!("{} (outcome unknown)", record.comment.unwrap_or_default());
                if logs {
                    (self.desk.log)(&audit::Record { comment: Some(comment.trim()), ..record.clone() });
                }
                return Ok(End::Unknown(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(end)
    }

    fn record<'r>(
        &'r self,
        outcome: &'r str,
        inbound: &'r Inbound,
        evidence: &'r Evidence,
        comment: Option<&'r str>,
    ) -> audit::Record<'r> {
        let verdict = evidence.verdict.as_ref();
        let settings = &self.desk.settings;
        audit::Record {
            time: Timestamp::now().to_string(),
            outcome,
            key: evidence.key.to_string(),
            business_key: evidence.business_key.as_deref(),
            message_id: inbound.descriptor.message_id.to_string(),
            correlation_id: inbound.descriptor.correlation_id.to_string(),
            kind: evidence.kind.as_deref(),
            provider: &settings.provider,
            site: self.site,
            source: &evidence.source,
            queue: self.place.name.as_str(),
            route: evidence.route.as_deref(),
            destination: evidence.destination.as_deref(),
            settings: &settings.hash,
            attempts: evidence.attempts,
            possible_duplicate: evidence.uncertain,
            backout_count: inbound.descriptor.backout_count,
            put_time: inbound.put_time.as_deref(),
            reason: verdict.map(|it| it.reason.as_str()),
            stage: verdict.map(|it| it.stage.as_str()),
            detail: verdict.map(|it| it.detail.as_str()).filter(|detail| !detail.is_empty()),
            http_status: verdict.and_then(|it| it.http_status),
            fate: Some(fate(evidence).word()),
            comment,
            ..audit::Record::default()
        }
    }
}

fn taken() -> End {
    End::Refused("somebody else has taken it meanwhile".to_owned())
}

/// The message goes back. An error of the connection ends the site's part.
fn refused(unit: Unit<'_>, why: &str, error: mq::Error) -> Result<End, visit::Error> {
    if !sound(&error) {
        return Err(error.into());
    }
    unit.back_out()?;
    Ok(End::Refused(why.to_owned()))
}

/// Lets so many messages a second pass.
struct Pacer {
    interval: Option<Duration>,
    next: Option<Instant>,
}

impl Pacer {
    fn wait(&mut self, stop: &crate::stop::Stop) {
        let Some(interval) = self.interval else { return };
        let now = Instant::now();
        if let Some(next) = self.next.filter(|next| *next > now) {
            stop.wait(next - now);
        }
        self.next = Some(self.next.unwrap_or(now).max(now) + interval);
    }
}

impl Order<'_> {
    /// What its messages are afterwards.
    pub fn participle(&self) -> &'static str {
        match self {
            Self::Replay { dry_run: false, .. } => "replayed",
            Self::Replay { dry_run: true, .. } => "would be replayed",
            Self::Discard { .. } => "discarded",
        }
    }
}

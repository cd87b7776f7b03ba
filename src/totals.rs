//! Control totals: what was got, and what became of it, by queue, site and day (UTC).
//!
//! *Got* is counted in `mq` where MQCMIT succeeds, outcomes where they were decided: the two can disagree, and if they ever
//! do, something was lost track of. Commits with an unknown outcome have a total of their own.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mq::Tally;
use serde::Serialize;

/// How a message left its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// A service has it.
    Accepted,
    /// It is on one of our retry queues.
    Deferred,
    /// It is on a parking queue.
    Parked,
    /// It is on a parking queue, because it was too late for it.
    Late,
}

/// One day of one queue on one site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Messages got for good.
    pub got: u64,
    /// Of these, accepted by a service.
    pub accepted: u64,
    /// Put to a retry queue.
    pub deferred: u64,
    /// Put to a parking queue.
    pub parked: u64,
    /// Put there because it was too late.
    pub late: u64,
    /// Commits with an unknown outcome: their messages may come again.
    pub unknown: u64,
}

/// All of a process.
#[derive(Debug, Default)]
pub struct Totals {
    board: Mutex<Board>,
}

#[derive(Debug, Default)]
struct Board {
    day: Date,
    days: BTreeMap<(String, String), Day>,
}

/// The totals of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totalled {
    /// The day, in UTC.
    pub date: Date,
    /// One row for each queue and site.
    pub rows: Vec<Row>,
}

/// One queue on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The queue.
    pub queue: String,
    /// The site.
    pub site: String,
    /// What it came to.
    #[serde(flatten)]
    pub day: Day,
}

/// What a note has brought about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// Got and outcomes of this queue and site disagree, by this note.
    pub mismatch: Option<Day>,
    /// The day that has ended.
    pub ended: Option<Totalled>,
}

impl Outcome {
    /// The word for metrics and audit records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Parked => "parked",
            Self::Late => "late",
        }
    }
}

impl Day {
    /// Whether every message that was got has an outcome, and no other has.
    pub fn agrees(&self) -> bool {
        self.got == self.accepted + self.deferred + self.parked + self.late
    }
}

impl Totals {
    /// Notes what a turn has got, by the driver's count, and what became of it, by the decision's.
    pub fn note(
        &self,
        queue: &str,
        site: &str,
        got: Tally,
        outcome: Option<Outcome>,
        now: Timestamp,
    ) -> Noted {
        if got == Tally::default() && outcome.is_none() {
            return Noted::default();
        }
        let mut board = self.board();
        let ended = board.turn_over(TimeZone::UTC.to_datetime(now).date());
        let key = (queue.to_owned(), site.to_owned());
        let day = board.days.entry(key).or_default();
        let agreed = day.agrees();
        day.got += got.got;
        day.unknown += got.got_unknown;
        match outcome {
            Some(Outcome::Accepted) => day.accepted += 1,
            Some(Outcome::Deferred) => day.deferred += 1,
            Some(Outcome::Parked) => day.parked += 1,
            Some(Outcome::Late) => day.late += 1,
            None => {}
        }
        Noted { mismatch: (agreed && !day.agrees()).then_some(*day), ended }
    }

    /// Today's totals by source and site.
    pub fn today(&self) -> Totalled {
        self.board().totalled()
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn totalled(&self) -> Totalled {
        let row = |((queue, site), day): (&(String, String), &Day)| Row {
            queue: queue.clone(),
            site: site.clone(),
            day: *day,
        };
        Totalled { date: self.day, rows: self.days.iter().map(row).collect() }
    }

    /// Begins a new day; what the last one came to, if there was anything.
    fn turn_over(&mut self, today: Date) -> Option<Totalled> {
        if self.day == today {
            return None;
        }
        let ended = self.totalled();
        self.day = today;
        self.days.clear();
        Some(ended).filter(|ended| !ended.rows.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Tally = Tally { got: 1, got_unknown: 0 };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_got_without_an_outcome_is_noticed_once() {
        let totals = Totals::default();
        let now = at("2026-11-25T12:00:00Z");
        assert_eq!(totals.note("in", "north", ONE, Some(Outcome::Accepted), now), Noted::default());
        let noted = totals.note("in", "north", ONE, None, now);
        assert_eq!(noted.mismatch, Some(Day { got: 2, accepted: 1, ..Day::default() }));
        assert_eq!(totals.note("in", "north", ONE, Some(Outcome::Parked), now).mismatch, None);
        assert!(totals.note("in", "south", Tally::default(), Some(Outcome::Late), now).mismatch.is_some());
    }

    #[test]
    fn an_unknown_outcome_is_no_mismatch() {
        let totals = Totals::default();
        let unknown = Tally { got: 0, got_unknown: 1 };
        let noted = totals.note("in", "north", unknown, None, at("2026-11-25T12:00:00Z"));
        assert_eq!(noted, Noted::default());
    }

    #[test]
    fn a_day_ends_with_its_totals() {
        let totals = Totals::default();
        totals.note("in", "north", ONE, Some(Outcome::Accepted), at("2026-11-25T23:59:59.9Z"));
        let noted = totals.note("in", "north", ONE, Some(Outcome::Deferred), at("2026-11-26T00:00:00Z"));
        let ended = noted.ended.unwrap();
        assert_eq!(ended.date.to_string(), "2026-11-25");
        let row = |day| Row { queue: "in".into(), site: "north".into(), day };
        assert_eq!(ended.rows, [row(Day { got: 1, accepted: 1, ..Day::default() })]);
        assert_eq!(totals.today().rows, [row(Day { got: 1, deferred: 1, ..Day::default() })]);
    }
}

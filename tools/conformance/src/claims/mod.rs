//! What is asked: one claim a function, by id. An id is also what `docs/devqm.md` names in its table.

mod units;
mod getting;
mod queues;
mod messages;
mod segments;
mod refusals;

pub(crate) use units::die_at;

use crate::program::{Bench, Verdict};

/// One claim.
pub(crate) struct Claim {
    pub(crate) id: &'static str,
    pub(crate) says: &'static str,
    pub(crate) ask: fn(&mut Bench) -> Verdict,
}

/// All claims, in the order in which they are asked.
pub(crate) fn all() -> impl Iterator<Item = Claim> {
    let files = [
        units::CLAIMS,
        getting::CLAIMS,
        queues::CLAIMS,
        messages::CLAIMS,
        segments::CLAIMS,
        refusals::CLAIMS,
    ];
    files.into_iter().flatten().map(|(id, says, ask)| Claim { id, says, ask: *ask })
}

/// Claims as each file lists them.
type Claims = &'static [(&'static str, &'static str, fn(&mut Bench) -> Verdict)];

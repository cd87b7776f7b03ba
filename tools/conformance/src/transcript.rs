//! What is printed: who was asked, each claim with its verdict and the reason codes seen, and the count.

use libmqm_sys as mq;

use crate::calls::Mqi;
use crate::claims::Claim;
use crate::program::{Bench, Stop, Target, Verdict, od};

/// How many claims hold, do not, and could not be asked.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    passed: usize,
    failed: usize,
    not_applicable: usize,
}

impl Transcript {
    /// Prints who is asked.
    ///
    /// # Errors
    /// The queue manager cannot be asked at all.
    pub(crate) fn begin(mqi: &Mqi, target: &Target) -> anyhow::Result<Self> {
        let bench = Bench::new(mqi, target);
        let connection = bench.connect().map_err(|stop| anyhow::anyhow!("{}", reason(&stop)))?;
        let mut object = mq::MQOD { ObjectType: mq::MQOT_Q_MGR, ..od("") };
        let (handle, _) = connection.open_as(&mut object, mq::MQOO_INQUIRE);
        let selectors =
            [mq::MQIA_COMMAND_LEVEL, mq::MQIA_PLATFORM, mq::MQCA_Q_MGR_NAME, mq::MQCA_Q_MGR_IDENTIFIER];
        let (codes, integers, characters) = connection.inquire(handle, &selectors, [2, 96]);
        match (codes.0, integers.as_slice()) {
            (mq::MQCC_OK, [level, platform]) => {
                let names: Vec<_> = characters.split_whitespace().collect();
                println!("queue manager {}: command level {level}, platform {platform}", names.join(" "));
            }
            _ => println!("queue manager {}: it may not be inquired", target.queue_manager),
        }
        Ok(Self::default())
    }

    /// Prints what became of a claim.
    pub(crate) fn note(&mut self, claim: &Claim, verdict: &Verdict, told: &[(&'static str, i32)]) {
        let (word, why) = match verdict {
            Ok(()) => ("pass", String::new()),
            Err(Stop::Fails(why)) => ("FAIL", format!("\n      {why}")),
            Err(Stop::NotApplicable(why)) => ("n/a ", format!("\n      {why}")),
        };
        let count = match verdict {
            Ok(()) => &mut self.passed,
            Err(Stop::Fails(_)) => &mut self.failed,
            Err(Stop::NotApplicable(_)) => &mut self.not_applicable,
        };
        *count += 1;
        println!("{word}  {}: {}{why}\n      {}", claim.id, claim.says, seen(told));
    }

    /// Prints the count; returns how many claims do not hold.
    pub(crate) fn end(&self) -> usize {
        println!("{} pass, {} fail, {} not applicable", self.passed, self.failed, self.not_applicable);
        self.failed
    }
}

fn reason(stop: &Stop) -> &str {
    match stop {
        Stop::Fails(why) | Stop::NotApplicable(why) => why,
    }
}

/// The calls with their reasons; one that is repeated is counted.
fn seen(told: &[(&'static str, i32)]) -> String {
    let mut groups: Vec<((&str, i32), usize)> = Vec::new();
    for call in told {
        match groups.last_mut() {
            Some((last, times)) if last == call => *times += 1,
            _ => groups.push((*call, 1)),
        }
    }
    let shown = groups.iter().map(|((verb, reason), times)| match times {
        1 => format!("{verb} {reason}"),
        times => format!("{verb} {reason} ({times} times)"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

//! The sweep: one workload, run once to count its steps, then once for every step and fault.
//!
//! A step is a verb that mqgate calls on its queue manager, or a request that it makes of a service, by its ordinal. The
//! faults strike one site of two; the other goes on beside it. A ledger outside everything knows what was put and what the
//! services accepted. After each fault: restart what died, let it settle, and compare.
//!
//! `cargo test` runs a few steps of each fault; `MQGATE_SWEEP=full cargo test --test integration sweep -- --nocapture` runs all
//! of them and prints the table that docs/assurance.md holds. `MQGATE_SWEEP_ONLY='kill mqgate before/17'` repeats one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mq::{Descriptor, MessageId};

use crate::harness::client::{Client, property};
use crate::harness::devqm::{CHANNEL, PARKED, PAYMENTS};
use crate::harness::wait::until;
use crate::harness::{Answer, Devqm, Gateway, Payment, Put, Request, Service, Settings};

/// Runs at once; each has two queue managers, a gateway and two services.
const WORKERS: usize = 3;
/// Steps of each fault that the quick run takes.
const QUICK_STEPS: usize = 2;
/// How long a run may take to settle.
const SETTLE_MAX: Duration = Duration::from_secs(30);

const QUEUES: &str = "\
DEFINE QLOCAL(CREDITS.RETRY) DEFPSIST(YES)
DEFINE QLOCAL(DEBITS.RETRY) DEFPSIST(YES)
DEFINE QLOCAL(PAYMENTS.RETRY) DEFPSIST(YES)
DEFINE QLOCAL(AUDIT) DEFPSIST(YES) MAXDEPTH(100000)
";
const OWN_QUEUES: [&str; 4] = [PAYMENTS, "CREDITS.RETRY", "DEBITS.RETRY", "PAYMENTS.RETRY"];

/// What strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// The line to the queue manager is cut instead of the verb.
    LostBefore,
    /// The verb is carried out, and the line is cut instead of its answer.
    LostAfter,
    /// MQCMIT backs out and warns with 2003.
    BackedOut,
    /// A get or put answers that the queue cannot be used, and the next one can.
    Unusable,
    /// `kill -9` of mqgate before the verb is carried out.
    KilledBefore,
    /// `kill -9` of mqgate after the verb was carried out.
    KilledAfter,
    /// `kill -9` of the queue manager before the verb is carried out.
    ManagerDiesBefore,
    /// `kill -9` of the queue manager after the verb was carried out.
    ManagerDiesAfter,
    /// The service cuts the line instead of an answer.
    NoAnswer,
    /// The service cuts the line within its answer.
    HalfAnswer,
    /// The service answers 503 and takes nothing for a while.
    ServiceOut,
    /// The service does its work and answers too late.
    LateAnswer,
    /// `kill -9` of mqgate while the service works.
    KilledInRequest,
}

/// Whose steps a fault is swept over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Steps {
    Verbs,
    Commits,
    Puts,
    Requests,
}

const FAULTS: [(Fault, &str, Steps); 13] = [
    (Fault::LostBefore, "line lost before the verb", Steps::Verbs),
    (Fault::LostAfter, "line lost after the verb", Steps::Verbs),
    (Fault::BackedOut, "commit backed out (2003)", Steps::Commits),
    (Fault::Unusable, "put refused (2053)", Steps::Puts),
    (Fault::KilledBefore, "kill mqgate before", Steps::Verbs),
    (Fault::KilledAfter, "kill mqgate after", Steps::Verbs),
    (Fault::ManagerDiesBefore, "kill devqm before", Steps::Verbs),
    (Fault::ManagerDiesAfter, "kill devqm after", Steps::Verbs),
    (Fault::NoAnswer, "no answer", Steps::Requests),
    (Fault::HalfAnswer, "half an answer", Steps::Requests),
    (Fault::ServiceOut, "service out", Steps::Requests),
    (Fault::LateAnswer, "late answer", Steps::Requests),
    (Fault::KilledInRequest, "kill mqgate in request", Steps::Requests),
];

/// What a payment is meant to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    Parked,
}

/// Everything of one run.
struct Run {
    north: Devqm,
    south: Devqm,
    credits: Service,
    debits: Service,
    gateway: Gateway,
    ledger: Vec<(String, Fate)>,
}

/// How many steps a run without faults has.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    verbs: usize,
    commits: usize,
    puts: usize,
    requests: usize,
}

/// What a run came to; all zeros but `runs` where nothing is wrong.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    runs: usize,
    not_fired: usize,
    not_settled: usize,
    lost: usize,
    unmarked: usize,
    without_evidence: usize,
    wrongly_parked: usize,
    totals_disagree: usize,
}

impl Run {
    fn start(fault: Option<(Fault, usize)>) -> Self {
        let (north, south) = (Devqm::start_with(QUEUES), Devqm::start_with(QUEUES));
        let requests = Arc::new(AtomicUsize::new(0));
        let script = || {
            let requests = Arc::clone(&requests);
            move |request: &Request| answer(request, &requests, fault)
        };
        let (credits, debits) = (Service::start(script()), Service::start(script()));
        match fault {
            Some((fault, step)) => define(&north, fault, step),
            None => {
                for (name, verb) in [("VERBS", "*"), ("COMMITS", "MQCMIT"), ("PUTS", "MQPUT")] {
                    north.fault(name, &format!("APPLTAG('mqgate') VERB({verb}) ACTION(NONE)"));
                }
            }
        }
        let gateway = Gateway::prepare(&settings(&north, &south, &credits, &debits));
        let mut run = Self { north, south, credits, debits, gateway, ledger: Vec::new() };
        run.put_everything();
        run.gateway.spawn();
        run
    }

    /// Good and bad payments, for both services, two of them under one MsgId, on both sites.
    fn put_everything(&mut self) {
        for (site, rounds) in [(&self.north, 3), (&self.south, 1)] {
            let mut client = site.client();
            for round in 0..rounds {
                let mut put = |suffix: &str, fate| {
                    let payment = Payment::named(suffix);
                    client.put_message(PAYMENTS, &with_reused_id(payment.bytes(), round));
                    self.ledger.push((payment.id, fate));
                };
                put("credit", Fate::Accepted);
                put("debit", Fate::Accepted);
                put("credit-busy", Fate::Accepted);
                put("debit-refused", Fate::Parked);
                let unreadable = Payment::named("unreadable");
                client.put(PAYMENTS, &unreadable.bytes()[..400]);
            }
        }
    }

    fn unreadable(&self) -> usize {
        4
    }

    /// Waits until every payment has met a fate and nothing is under way any more.
    fn settle(&self) -> bool {
        let deadline = Instant::now() + SETTLE_MAX;
        loop {
            let settled = self.is_settled();
            if settled {
                return true;
            }
            if Instant::now() > deadline {
                println!("not settled:\n{}", self.gateway.logs().join("\n"));
                return false;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    fn is_settled(&self) -> bool {
        let accepted = self.accepted();
        let everything =
            self.ledger.iter().all(|(id, fate)| *fate != Fate::Accepted || accepted.contains_key(id));
        let refused = self.ledger.iter().filter(|(_, fate)| *fate == Fate::Parked).count();
        let Ok(mut clients) = self.clients() else { return false };
        let mut depth =
            |queue: &str| clients.iter_mut().map(|client| client.depth(queue) as usize).sum::<usize>();
        everything
            && OWN_QUEUES.iter().all(|queue| depth(queue) == 0)
            && depth(PARKED) >= refused + self.unreadable()
    }

    fn clients(&self) -> Result<Vec<Client>, mq::Error> {
        [&self.north, &self.south].into_iter().map(Client::try_connect).collect()
    }

    /// The requests that services accepted, by payment.
    fn accepted(&self) -> BTreeMap<String, Vec<Request>> {
        let mut accepted: BTreeMap<String, Vec<Request>> = BTreeMap::new();
        let all = self.credits.requests().into_iter().chain(self.debits.requests());
        for request in all.filter(Request::accepted) {
            accepted.entry(request.end_to_end_id()).or_default().push(request);
        }
        accepted
    }

    fn requests(&self) -> usize {
        self.credits.requests().len() + self.debits.requests().len()
    }

    /// Stops mqgate and compares everything with the ledger.
    fn check(mut self, row: &mut Row) {
        let disagreements = self.gateway.logs().iter().filter(|line| line.contains("disagree.")).count();
        row.totals_disagree += disagreements;
        until("mqgate is up", || self.gateway.ask("/readyz").0 == 200);
        assert_eq!(self.gateway.stop(), Some(0), "it drains");
        let accepted = self.accepted();
        for (id, fate) in &self.ledger {
            let times = accepted.get(id).map_or(&[][..], Vec::as_slice);
            row.lost += usize::from(*fate == Fate::Accepted && times.is_empty());
            row.unmarked += times.iter().skip(1).filter(|request| !request.possible_duplicate()).count();
            let keys: BTreeSet<&str> = times.iter().map(Request::key).collect();
            row.unmarked += keys.len().saturating_sub(1);
        }
        let mut parked = Vec::new();
        for mut client in self.clients().expect("both sites are up") {
            for queue in OWN_QUEUES {
                row.lost += client.depth(queue) as usize;
            }
            parked.extend(std::iter::from_fn(|| client.get(PARKED)));
        }
        let refused = self.ledger.iter().filter(|(_, fate)| *fate == Fate::Parked).count();
        let expected = refused + self.unreadable();
        row.lost += expected.saturating_sub(parked.len());
        row.wrongly_parked += parked.len().saturating_sub(expected);
        for message in &parked {
            let has = |name: &str| property(message, name).is_some();
            let whole = ["reason", "stage", "fate", "time", "source", "queue", "idempotency_key"];
            row.without_evidence += usize::from(!whole.iter().all(|name| has(&format!("mqgate.{name}"))));
            let reason = property(message, "mqgate.reason").unwrap_or_default();
            row.wrongly_parked += usize::from(!["rejected", "cannot-translate"].contains(&reason));
        }
    }
}

/// One message in three rounds has the MsgId of another one.
fn with_reused_id(body: &[u8], round: u8) -> Put<'_> {
    let put = Put::text(body);
    if round != 1 {
        return put;
    }
    let descriptor = Descriptor { message_id: MessageId([0x77; 24]), ..put.descriptor.clone() };
    Put { descriptor, ..put }
}

fn settings(north: &Devqm, south: &Devqm, credits: &Service, debits: &Service) -> Settings {
    Settings::new(north, credits)
        .adding(
            "sites",
            &format!(
                "name = \"south\"\nqueue_manager = \"QM1\"\nconnection_name = \"{}\"\nchannel = \"{CHANNEL}\"",
                south.connection_name()
            ),
        )
        .adding(
            "destinations",
            &format!("name = \"debits\"\nurl = \"{}\"\nretry_queue = \"DEBITS.RETRY\"", debits.url()),
        )
        .adding_first("routes", "to = \"debits\"\nwhen = { keys = { EndToEndId = \"*debit*\" } }")
        .with("sources.0.sites", vec!["north", "south"])
        .with("sources.0.consumers", 1)
        .with("sources.0.retry_queue", "PAYMENTS.RETRY")
        .with("destinations.0.retry_queue", "CREDITS.RETRY")
        .with("log.filter", "info,mqgate=debug")
        .with("audit.sink", "queue")
        .with("audit.queue", "AUDIT")
        .with("retry.get_wait_ms", 50)
        .with("retry.unit_hold_ms_max", 1_000)
        .with("dispatch.timeout_ms", 400)
        .with("limits.park_burst_max", 1_000)
}

/// Busy payments are answered 500 four times, and so deferred once, and then accepted; refused ones 422; and one request meets the fault.
fn answer(request: &Request, ordinal: &AtomicUsize, fault: Option<(Fault, usize)>) -> Answer {
    let step = ordinal.fetch_add(1, Ordering::SeqCst) + 1;
    let id = request.end_to_end_id();
    let status = match () {
        () if id.contains("refused") => 422,
        () if id.contains("busy") && request.attempt() < 5 => 500,
        () => 200,
    };
    let whole = Answer::status(status);
    match fault {
        Some((Fault::NoAnswer, at)) if at == step => Answer::cut(),
        Some((Fault::HalfAnswer, at)) if at == step => whole.cut_short(),
        Some((Fault::LateAnswer, at)) if at == step => whole.late(Duration::from_millis(600)),
        Some((Fault::KilledInRequest, at)) if at == step => whole.held(),
        Some((Fault::ServiceOut, at)) if (at..at + 6).contains(&step) => Answer::status(503),
        _ => whole,
    }
}

/// Has the fault wait for its step at the northern site.
fn define(site: &Devqm, fault: Fault, step: usize) {
    let action = match fault {
        Fault::LostBefore => "VERB(*) ACTION(CUTBEFORE)",
        Fault::LostAfter => "VERB(*) ACTION(CUTAFTER)",
        Fault::BackedOut => "VERB(MQCMIT) ACTION(BACKEDOUT)",
        Fault::Unusable => "VERB(MQPUT) ACTION(ANSWER) REASON(2053)",
        Fault::KilledBefore => "VERB(*) ACTION(HOLDBEFORE)",
        Fault::KilledAfter => "VERB(*) ACTION(HOLDAFTER)",
        Fault::ManagerDiesBefore => "VERB(*) ACTION(EXITBEFORE)",
        Fault::ManagerDiesAfter => "VERB(*) ACTION(EXITAFTER)",
        Fault::NoAnswer
        | Fault::HalfAnswer
        | Fault::ServiceOut
        | Fault::LateAnswer
        | Fault::KilledInRequest => return,
    };
    site.fault("SWEPT", &format!("APPLTAG('mqgate') NTH({step}) {action}"));
}

/// One run with one fault at one step.
fn strike(fault: Fault, step: usize, row: &mut Row) {
    let mut run = Run::start(Some((fault, step)));
    let fired = match fault {
        Fault::LostBefore | Fault::LostAfter | Fault::BackedOut | Fault::Unusable => {
            let settled = run.settle();
            row.not_settled += usize::from(!settled);
            run.north.fired("SWEPT") > 0
        }
        Fault::KilledBefore | Fault::KilledAfter => {
            run.north.wait_until_fired("SWEPT", 1);
            run.gateway.kill();
            run.north.heal("SWEPT");
            run.gateway.spawn();
            true
        }
        Fault::ManagerDiesBefore | Fault::ManagerDiesAfter => {
            run.north.restart_once_dead();
            true
        }
        Fault::KilledInRequest => {
            until("the request", || run.requests() >= step);
            run.gateway.kill();
            run.credits.release();
            run.debits.release();
            run.gateway.spawn();
            true
        }
        Fault::NoAnswer | Fault::HalfAnswer | Fault::ServiceOut | Fault::LateAnswer => {
            row.not_settled += usize::from(!run.settle());
            run.requests() >= step
        }
    };
    row.not_settled += usize::from(!run.settle());
    row.not_fired += usize::from(!fired);
    row.runs += 1;
    run.check(row);
}

/// The steps of the workload when nothing strikes.
fn count() -> Count {
    let run = Run::start(None);
    assert!(run.settle(), "without a fault it settles");
    let seen = |name: &str| run.north.seen(name) as usize;
    let count = Count {
        verbs: seen("VERBS"),
        commits: seen("COMMITS"),
        puts: seen("PUTS"),
        requests: run.requests(),
    };
    let mut row = Row::default();
    run.check(&mut row);
    assert!(row.is_clean(), "without a fault: {row:?}");
    count
}

/// Every run that is to be made: the fault and its step, counted from 1.
fn plan(count: Count) -> Vec<(Fault, usize)> {
    let only = std::env::var("MQGATE_SWEEP_ONLY").ok();
    let full = std::env::var("MQGATE_SWEEP").is_ok_and(|sweep| sweep == "full");
    let mut plan = Vec::new();
    for (fault, name, steps) in FAULTS {
        let steps = match steps {
            Steps::Verbs => count.verbs,
            Steps::Commits => count.commits,
            Steps::Puts => count.puts,
            Steps::Requests => count.requests,
        };
        match only.as_deref().map(|only| only.split_once('/').expect("fault/step")) {
            Some((wanted, step)) if wanted == name => plan.push((fault, step.parse().expect("a step"))),
            Some(_) => {}
            None if full => plan.extend((1..=steps).map(|step| (fault, step))),
            // Spread over the workload, and not at the same steps for each fault.
            None => {
                let offset = plan.len() % 5;
                let step = |n: usize| (n * steps / (QUICK_STEPS + 1) + offset).clamp(1, steps);
                plan.extend((1..=QUICK_STEPS).map(|n| (fault, step(n))));
            }
        }
    }
    plan
}

#[test]
fn no_fault_at_any_step_loses_a_payment_or_sends_one_twice_in_silence() {
    let count = count();
    let plan = plan(count);
    let next = AtomicUsize::new(0);
    let rows: Mutex<BTreeMap<Fault, Row>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((fault, step)) = plan.get(next.fetch_add(1, Ordering::SeqCst)).copied() {
                    let mut row = Row::default();
                    strike(fault, step, &mut row);
                    if !row.is_clean() {
                        println!("{}/{step}: {row:?}", name(fault));
                    }
                    rows.lock().unwrap_or_else(PoisonError::into_inner).entry(fault).or_default().add(row);
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap();
    print_table(count, &rows);
    assert_eq!(rows.values().map(|row| row.runs).sum::<usize>(), plan.len());
    assert!(rows.values().all(Row::is_clean), "see the table");
}

fn name(fault: Fault) -> &'static str {
    FAULTS.iter().find(|(other, _, _)| *other == fault).map_or("", |(_, name, _)| name)
}

fn print_table(count: Count, rows: &BTreeMap<Fault, Row>) {
    let Count { verbs, commits, puts, requests } = count;
    println!("\n{verbs} verbs ({commits} commits, {puts} puts) and {requests} requests without a fault\n");
    println!(
        "| fault | runs | not fired | not settled | lost | twice, unmarked | parked without evidence | parked by mistake | totals disagree |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (fault, row) in rows {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            name(*fault),
            row.runs,
            row.not_fired,
            row.not_settled,
            row.lost,
            row.unmarked,
            row.without_evidence,
            row.wrongly_parked,
            row.totals_disagree
        );
    }
    println!();
}

impl Row {
    fn is_clean(&self) -> bool {
        self.faults() == [0; 7]
    }

    fn faults(&self) -> [usize; 7] {
        [
            self.not_fired,
            self.not_settled,
            self.lost,
            self.unmarked,
            self.without_evidence,
            self.wrongly_parked,
            self.totals_disagree,
        ]
    }

    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.not_fired += other.not_fired;
        self.not_settled += other.not_settled;
        self.lost += other.lost;
        self.unmarked += other.unmarked;
        self.without_evidence += other.without_evidence;
        self.wrongly_parked += other.wrongly_parked;
        self.totals_disagree += other.totals_disagree;
    }
}

//! Faults: what devqm does wrong because a test asked for it, and when.
//!
//! Pure: a table of what DEFINE FAULT stated, counts of what passed, and the decision whose turn it is. The engine says who
//! calls what; the door does what a [`Strike`] asks. Chance comes from a stated seed only, so that a run can be repeated.

use libmqm_sys as mq;

use crate::verbs::{Get, Request};

/// The application name of `devqm mqsc`, which no fault touches: it is how faults are deleted.
pub const OPERATOR: &str = "devqm mqsc";
/// How many faults there may be at once.
pub const FAULTS_MAX: usize = 100;
/// How many different ids [`Action::ReuseMessageIds`] gives.
const REUSED_IDS: u64 = 4;

/// A fault's number, never reused: one that is deleted and defined again is another one.
pub type FaultId = u64;

/// A fault as DEFINE FAULT states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// APPLTAG: whose verbs it looks at.
    pub application: Pattern,
    /// VERB: which verb; none for every verb.
    pub verb: Option<Verb>,
    /// QUEUE: verbs on queues of this name; none for every verb, with a queue or without.
    pub queue: Option<Pattern>,
    /// NTH: from which matching verb on, 1 being the first since the definition; none for the first. Only
    /// [`Action::Quiesce`] begins at once, before any verb, where none is stated.
    pub nth: Option<u32>,
    /// COUNT: how often it strikes; none for always.
    pub count: Option<u32>,
    /// PERMILLE: with which chance each of those verbs is struck; none for certainty.
    pub permille: Option<u32>,
    /// SEED: where its chances begin.
    pub seed: Option<u64>,
    /// ACTION: what happens.
    pub action: Action,
}

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// NONE: it counts verbs and never strikes.
    Count,
    /// It strikes a verb.
    Strike(Blow),
    /// LATEBACKOUT: what a connection that was lost has open stays so until the fault is deleted, or for so long.
    BackOutLate {
        /// DELAY in milliseconds.
        hold_ms: Option<u32>,
    },
    /// QUIESCE: verbs that fail if quiescing fail, until the fault is deleted.
    Quiesce {
        /// REASON.
        reason: i32,
    },
    /// REUSEDMSGIDS: puts that ask for a new MsgId get one of a few.
    ReuseMessageIds,
}

/// What becomes of a verb that is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// The harm, then, where it leaves the connection alive, the verb.
    Before(Harm),
    /// The verb, then the harm, then, where it leaves the connection alive, the answer.
    After(Harm),
    /// ANSWER: the verb is not carried out.
    Answer {
        /// CC.
        completion: i32,
        /// REASON.
        reason: i32,
    },
    /// DOOM: the verb fails, and the unit of work that it was part of can only be backed out.
    Doom {
        /// REASON.
        reason: i32,
    },
    /// BACKEDOUT: MQCMIT backs the unit of work out and says so with a warning.
    BackOut,
}

/// What is done to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// CUT: its line is closed.
    Cut,
    /// HOLD: it waits until the fault is deleted, or for so long.
    Hold {
        /// DELAY in milliseconds.
        ms: Option<u32>,
    },
    /// EXIT: the queue manager dies as by `kill -9`.
    Exit,
}

/// A fault that strikes a verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// Which one.
    pub fault: FaultId,
    /// Its name.
    pub name: String,
    /// What it does.
    pub blow: Blow,
}

/// Something waits until its fault is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The fault.
    pub fault: FaultId,
    /// For how many milliseconds at most; none without limit.
    pub ms: Option<u32>,
}

/// A name, or with a `*` at its end the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub String);

/// The verbs that faults tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are those of `Request`")]
pub enum Verb {
    Connect,
    Disconnect,
    Open,
    Close,
    Put,
    Put1,
    Get,
    Commit,
    BackOut,
    Inquire,
}

/// A verb that is about to be carried out, as faults see it.
#[derive(Debug)]
pub struct Passing {
    /// The caller's name, without trailing blanks.
    pub application: Vec<u8>,
    /// The verb.
    pub verb: Verb,
    /// The name by which its queue was opened, or is to be.
    pub queue: Option<String>,
    /// Whether it is part of a unit of work.
    pub in_unit: bool,
    /// Whether it puts a message and leaves the MsgId to the queue manager.
    pub asks_message_id: bool,
}

/// What the table says of a verb.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Struck {
    /// The first fault whose turn it is.
    pub strike: Option<Strike>,
    /// The MsgId for the message.
    pub message_id: Option<[u8; 24]>,
}

/// The faults of a queue manager, in the order of their definition.
#[derive(Debug, Default)]
pub struct Faults {
    faults: Vec<Fault>,
    last: FaultId,
}

/// A fault and its counts.
#[derive(Debug)]
struct Fault {
    id: FaultId,
    definition: Definition,
    /// How many verbs matched.
    seen: u32,
    /// How many of them it struck.
    fired: u32,
    dice: Dice,
}

/// SplitMix64: the same numbers for the same seed, everywhere.
#[derive(Debug)]
struct Dice(u64);

impl Faults {
    /// Whether there is none, and nothing here need be asked.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether this one is still defined.
    pub fn has(&self, id: FaultId) -> bool {
        self.faults.iter().any(|fault| fault.id == id)
    }

    /// Adds a fault.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn define(&mut self, definition: Definition) -> Result<(), String> {
        if self.faults.iter().any(|fault| fault.definition.name == definition.name) {
            return Err(format!("FAULT({}) already exists.", definition.name));
        }
        if self.faults.len() >= FAULTS_MAX {
            return Err(format!("There are {FAULTS_MAX} faults, and no more are possible."));
        }
        self.last += 1;
        let dice = Dice(definition.seed.unwrap_or(0));
        self.faults.push(Fault { id: self.last, definition, seen: 0, fired: 0, dice });
        Ok(())
    }

    /// Deletes the faults of this name; how many there were.
    pub fn delete(&mut self, name: &Pattern) -> usize {
        let before = self.faults.len();
        self.faults.retain(|fault| !name.accepts(fault.definition.name.as_bytes()));
        before - self.faults.len()
    }

    /// The faults of this name, each as the words of DISPLAY.
    pub fn show(&self, name: &Pattern) -> Vec<Vec<String>> {
        let named = self.faults.iter().filter(|fault| name.accepts(fault.definition.name.as_bytes()));
        named.map(Fault::show).collect()
    }

    /// Counts a verb, and says what becomes of it. A fault that finds another one before it waits for the next verb.
    pub fn strike(&mut self, passing: &Passing) -> Struck {
        let mut struck = Struck::default();
        for fault in self.faults.iter_mut().filter(|fault| fault.concerns(passing)) {
            let is_due = fault.sees();
            match fault.definition.action {
                Action::Strike(blow) if is_due && struck.strike.is_none() => {
                    fault.fired += 1;
                    let name = fault.definition.name.clone();
                    struck.strike = Some(Strike { fault: fault.id, name, blow });
                }
                Action::ReuseMessageIds if is_due && struck.message_id.is_none() => {
                    fault.fired += 1;
                    struck.message_id = Some(fault.reused_id());
                }
                _ => {}
            }
        }
        struck
    }

    /// The reason with which a verb of this application fails if it fails if quiescing; none while all is well.
    pub fn quiesces(&mut self, application: &[u8]) -> Option<i32> {
        let mut begun = self.faults.iter_mut().filter(|fault| fault.has_begun());
        begun.find_map(|fault| match fault.definition.action {
            Action::Quiesce { reason } if fault.is_about(application) => {
                fault.fired += 1;
                Some(reason)
            }
            _ => None,
        })
    }

    /// Counts a connection of this application that was lost, and says how long nobody notices.
    pub fn lost(&mut self, application: &[u8]) -> Option<Hold> {
        let mut hold = None;
        for fault in &mut self.faults {
            let Action::BackOutLate { hold_ms: ms } = fault.definition.action else { continue };
            if fault.is_about(application) && fault.sees() && hold.is_none() {
                fault.fired += 1;
                hold = Some(Hold { fault: fault.id, ms });
            }
        }
        hold
    }
}

impl Fault {
    fn is_about(&self, application: &[u8]) -> bool {
        application != OPERATOR.as_bytes() && self.definition.application.accepts(application)
    }

    fn concerns(&self, passing: &Passing) -> bool {
        let Definition { verb, queue, action, .. } = &self.definition;
        let is_its_event = match action {
            Action::BackOutLate { .. } => false,
            Action::ReuseMessageIds => passing.asks_message_id,
            Action::Strike(Blow::Doom { .. }) => passing.in_unit,
            _ => true,
        };
        let has_queue =
            |pattern: &Pattern| passing.queue.as_ref().is_some_and(|queue| pattern.accepts(queue.as_bytes()));
        is_its_event
            && verb.is_none_or(|verb| verb == passing.verb)
            && queue.as_ref().is_none_or(has_queue)
            && self.is_about(&passing.application)
    }

    /// Counts what matches; whether it is its turn to strike.
    fn sees(&mut self) -> bool {
        self.seen = self.seen.saturating_add(1);
        let Definition { count, permille, .. } = self.definition;
        self.has_begun()
            && count.is_none_or(|count| self.fired < count)
            && permille.is_none_or(|permille| self.dice.below(1_000) < u64::from(permille))
    }

    fn has_begun(&self) -> bool {
        self.definition.nth.is_none_or(|nth| self.seen >= nth)
    }

    fn reused_id(&mut self) -> [u8; 24] {
        let seed = self.definition.seed.unwrap_or(0);
        let number = seed.wrapping_mul(REUSED_IDS).wrapping_add(self.dice.below(REUSED_IDS));
        let mut id = [0; 24];
        for (to, from) in id.iter_mut().zip(b"AMQ REUSED      ".iter().copied().chain(number.to_be_bytes())) {
            *to = from;
        }
        id
    }

    fn show(&self) -> Vec<String> {
        let Definition { name, application, verb, queue, nth, count, permille, seed, action } =
            &self.definition;
        let mut words = vec![
            format!("FAULT({name})"),
            format!("ACTION({})", action.word()),
            format!("APPLTAG({})", application.0),
            format!("VERB({})", verb.map_or("*", Verb::word)),
        ];
        words.extend(queue.iter().map(|queue| format!("QUEUE({})", queue.0)));
        words.extend(nth.iter().map(|nth| format!("NTH({nth})")));
        words.push(count.map_or_else(|| "COUNT(*)".to_owned(), |count| format!("COUNT({count})")));
        words.extend(permille.iter().map(|permille| format!("PERMILLE({permille})")));
        words.extend(seed.iter().map(|seed| format!("SEED({seed})")));
        words.extend(action.parameters());
        words.push(format!("SEEN({})", self.seen));
        words.push(format!("FIRED({})", self.fired));
        words
    }
}

impl Action {
    /// The action as DEFINE FAULT names it.
    pub fn word(self) -> &'static str {
        match self {
            Action::Count => "NONE",
            Action::Strike(Blow::Before(Harm::Cut)) => "CUTBEFORE",
            Action::Strike(Blow::After(Harm::Cut)) => "CUTAFTER",
            Action::Strike(Blow::Before(Harm::Hold { .. })) => "HOLDBEFORE",
            Action::Strike(Blow::After(Harm::Hold { .. })) => "HOLDAFTER",
            Action::Strike(Blow::Before(Harm::Exit)) => "EXITBEFORE",
            Action::Strike(Blow::After(Harm::Exit)) => "EXITAFTER",
            Action::Strike(Blow::Answer { .. }) => "ANSWER",
            Action::Strike(Blow::Doom { .. }) => "DOOM",
            Action::Strike(Blow::BackOut) => "BACKEDOUT",
            Action::BackOutLate { .. } => "LATEBACKOUT",
            Action::Quiesce { .. } => "QUIESCE",
            Action::ReuseMessageIds => "REUSEDMSGIDS",
        }
    }

    fn parameters(self) -> Vec<String> {
        match self {
            Action::Strike(Blow::Answer { completion, reason }) => {
                vec![format!("CC({completion})"), format!("REASON({reason})")]
            }
            Action::Quiesce { reason } | Action::Strike(Blow::Doom { reason }) => {
                vec![format!("REASON({reason})")]
            }
            Action::Strike(Blow::Before(Harm::Hold { ms }) | Blow::After(Harm::Hold { ms }))
            | Action::BackOutLate { hold_ms: ms } => ms.iter().map(|ms| format!("DELAY({ms})")).collect(),
            _ => Vec::new(),
        }
    }
}

impl Pattern {
    /// Whether a name is the one, or begins as it.
    pub fn accepts(&self, name: &[u8]) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning.as_bytes()),
            None => name == self.0.as_bytes(),
        }
    }
}

impl Verb {
    const WORDS: [(Verb, &'static str); 10] = [
        (Verb::Connect, "MQCONNX"),
        (Verb::Disconnect, "MQDISC"),
        (Verb::Open, "MQOPEN"),
        (Verb::Close, "MQCLOSE"),
        (Verb::Put, "MQPUT"),
        (Verb::Put1, "MQPUT1"),
        (Verb::Get, "MQGET"),
        (Verb::Commit, "MQCMIT"),
        (Verb::BackOut, "MQBACK"),
        (Verb::Inquire, "MQINQ"),
    ];

    /// The verb as the MQI names it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(verb, _)| *verb == self).map_or("?", |(_, word)| word)
    }

    /// The verb of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, name)| *name == word).map(|(verb, _)| *verb)
    }

    /// The verb of a request; none for MQSC, which is no verb and which no fault strikes.
    pub fn of(request: &Request) -> Option<Self> {
        Some(match request {
            Request::Connect(_) => Verb::Connect,
            Request::Disconnect => Verb::Disconnect,
            Request::Open(_) => Verb::Open,
            Request::Close(..) => Verb::Close,
            Request::Put(_) => Verb::Put,
            Request::Put1(..) => Verb::Put1,
            Request::Get(_) | Request::GetAny(_) => Verb::Get,
            Request::Commit => Verb::Commit,
            Request::BackOut => Verb::BackOut,
            Request::Inquire(..) => Verb::Inquire,
            Request::Subscribe(_) | Request::RequestPublications(..) => return None,
            Request::Set(..) | Request::Mqsc(_) | Request::Cancel => return None,
        })
    }

    /// Whether it is a verb on a queue.
    pub fn has_queue(self) -> bool {
        !matches!(self, Verb::Connect | Verb::Disconnect | Verb::Commit | Verb::BackOut)
    }

    /// Whether it returns its two codes and nothing else.
    pub fn returns_codes_only(self) -> bool {
        matches!(self, Verb::Disconnect | Verb::Close | Verb::Commit | Verb::BackOut)
    }
}

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Whether a request asks to be part of the unit of work.
pub fn is_in_unit(request: &Request) -> bool {
    let gets = |get: &Get| get.options & (mq::MQGMO_SYNCPOINT | mq::MQGMO_SYNCPOINT_IF_PERSISTENT) != 0;
    match request {
        Request::Put(put) | Request::Put1(_, put) => put.options & mq::MQPMO_SYNCPOINT != 0,
        Request::Get(get) => gets(get),
        Request::GetAny(all) => all.iter().any(gets),
        _ => false,
    }
}

/// Whether a request has the option to fail while the queue manager quiesces; MQCONNX always does.
pub fn fails_if_quiescing(request: &Request) -> bool {
    match request {
        Request::Connect(_) => true,
        Request::Open(open) => open.options & mq::MQOO_FAIL_IF_QUIESCING != 0,
        Request::Put(put) | Request::Put1(_, put) => put.options & mq::MQPMO_FAIL_IF_QUIESCING != 0,
        Request::Get(get) => get.options & mq::MQGMO_FAIL_IF_QUIESCING != 0,
        Request::Subscribe(asked) => asked.options & mq::MQSO_FAIL_IF_QUIESCING != 0,
        Request::GetAny(gets) => gets.iter().any(|get| get.options & mq::MQGMO_FAIL_IF_QUIESCING != 0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commits(definition: &str, verbs: usize) -> Vec<usize> {
        let mut faults = Faults::default();
        for command in crate::mqsc::parse(definition) {
            let crate::mqsc::Action::DefineFault(definition) = command.unwrap().action else {
                panic!("a fault")
            };
            faults.define(definition).unwrap();
        }
        let passing = Passing {
            application: b"mqgate".to_vec(),
            verb: Verb::Commit,
            queue: None,
            in_unit: false,
            asks_message_id: false,
        };
        (1..=verbs).filter(|_| faults.strike(&passing).strike.is_some()).collect()
    }

    #[test]
    fn a_fault_strikes_from_its_nth_verb_on_as_often_as_it_says() {
        for (words, struck) in [
            ("ACTION(CUTAFTER)", &[1][..]),
            ("ACTION(CUTAFTER) NTH(3)", &[3]),
            ("ACTION(CUTAFTER) NTH(2) COUNT(2)", &[2, 3]),
            ("ACTION(CUTAFTER) COUNT(*)", &[1, 2, 3, 4, 5]),
            ("ACTION(CUTAFTER) APPLTAG('mq*') VERB(MQCMIT)", &[1]),
            ("ACTION(CUTAFTER) APPLTAG('mq')", &[]),
            ("ACTION(CUTAFTER) VERB(MQGET)", &[]),
            ("ACTION(CUTAFTER) QUEUE(IN)", &[]),
            ("ACTION(CUTAFTER) PERMILLE(1000) SEED(1) COUNT(*)", &[1, 2, 3, 4, 5]),
            ("ACTION(NONE)", &[]),
        ] {
            assert_eq!(commits(&format!("DEFINE FAULT(F) {words}"), 5), struck, "{words}");
        }
    }

    #[test]
    fn of_two_faults_the_second_waits_for_the_next_verb() {
        assert_eq!(commits("DEFINE FAULT(A) ACTION(CUTAFTER)\nDEFINE FAULT(B) ACTION(CUTBEFORE)", 5), [1, 2]);
    }

    #[test]
    fn chance_is_its_seed_s() {
        let often = |seed| {
            commits(&format!("DEFINE FAULT(F) ACTION(CUTAFTER) PERMILLE(250) SEED({seed}) COUNT(*)"), 400)
        };
        assert_eq!(often(7), often(7));
        assert_ne!(often(7), often(8));
        assert!((50..150).contains(&often(7).len()), "{}", often(7).len());
    }
}

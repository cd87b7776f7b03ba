//! DEFINE, DISPLAY and DELETE FAULT: devqm's own commands. What a fault does is said in `faults.rs`.

use libmqm_sys as mq;

use super::command::Action as Asked;
use super::words::{Error, Word};
use crate::faults::{Action, Blow, Definition, Harm, Pattern, Verb};

/// MQ's limit for the name of an application.
const APPLICATION_BYTES_MAX: usize = 28;
const NAME_BYTES_MAX: usize = 48;
/// The longest delay: an hour.
const DELAY_MS_MAX: u32 = 3_600_000;
const REASON_MAX: u32 = 9_999;

const WHO: &[&str] = &["APPLTAG", "VERB", "QUEUE"];
const WHEN: &[&str] = &["NTH", "COUNT", "PERMILLE", "SEED"];

/// The actions, and which words besides ACTION go with each.
const ACTIONS: &[(&str, &[&[&str]])] = &[
    ("NONE", &[WHO]),
    ("CUTBEFORE", &[WHO, WHEN]),
    ("CUTAFTER", &[WHO, WHEN]),
    ("HOLDBEFORE", &[WHO, WHEN, &["DELAY"]]),
    ("HOLDAFTER", &[WHO, WHEN, &["DELAY"]]),
    ("EXITBEFORE", &[WHO, WHEN]),
    ("EXITAFTER", &[WHO, WHEN]),
    ("ANSWER", &[WHO, WHEN, &["REASON", "CC"]]),
    ("DOOM", &[WHO, WHEN, &["REASON"]]),
    ("BACKEDOUT", &[&["APPLTAG", "VERB"], WHEN]),
    ("LATEBACKOUT", &[&["APPLTAG"], WHEN, &["DELAY"]]),
    ("QUIESCE", &[WHO, &["NTH", "REASON"]]),
    ("REUSEDMSGIDS", &[WHO, &["NTH", "COUNT", "SEED"]]),
];

/// Reads a command about faults from its words.
///
/// # Errors
/// What is wrong with it, on the line of the offending word.
pub(super) fn read(verb: &Word, target: &Word, rest: &[Word]) -> Result<Asked, Error> {
    match (verb.keyword.as_str(), rest) {
        ("DEFINE" | "DEF", rest) => Ok(Asked::DefineFault(define(target, rest)?)),
        ("DISPLAY" | "DIS", []) => Ok(Asked::DisplayFault(pattern(target)?)),
        ("DELETE", []) => Ok(Asked::DeleteFault(pattern(target)?)),
        ("DISPLAY" | "DIS" | "DELETE", [word, ..]) => {
            refuse(word, &format!("{} FAULT takes no such word", verb.keyword))
        }
        _ => refuse(verb, "faults are defined, displayed and deleted"),
    }
}

fn define(target: &Word, rest: &[Word]) -> Result<Definition, Error> {
    let stated = Stated(rest);
    let word = stated.word("ACTION").map_or_else(|| refuse(target, "ACTION(…) is needed"), Ok)?;
    let action_name = text(word);
    let Some((name, permitted)) = ACTIONS.iter().find(|(name, _)| *name == action_name) else {
        let names: Vec<_> = ACTIONS.iter().map(|(name, _)| *name).collect();
        return refuse(word, &format!("ACTION takes one of {}", names.join(", ")));
    };
    stated.check(name, permitted)?;
    let verb = verb(&stated, name)?;
    let definition = Definition {
        name: target.name(NAME_BYTES_MAX).map_err(|what| Error { line: target.line, what })?,
        application: application(&stated)?,
        verb,
        queue: stated.word("QUEUE").map(pattern).transpose()?,
        nth: stated.number("NTH", u32::MAX)?,
        count: count(&stated, name)?,
        permille: stated.number("PERMILLE", 1_000)?,
        seed: seed(&stated)?,
        action: action(&stated, word, verb)?,
    };
    check(target, &stated, definition)
}

/// What no single word can be wrong about.
fn check(target: &Word, stated: &Stated, definition: Definition) -> Result<Definition, Error> {
    let Definition { name, verb, queue, permille, seed, action, .. } = &definition;
    let draws_ids = *action == Action::ReuseMessageIds;
    if name.is_empty() {
        return refuse(target, "a name is needed");
    }
    if queue.is_some() && verb.is_some_and(|verb| !verb.has_queue()) {
        return refuse(target, "QUEUE goes with verbs on queues only");
    }
    if (permille.is_some() || draws_ids) && seed.is_none() {
        return refuse(target, "chance needs a SEED(n)");
    }
    if stated.word("SEED").is_some() && permille.is_none() && !draws_ids {
        return refuse(target, "SEED goes with PERMILLE(p)");
    }
    Ok(definition)
}

fn action(stated: &Stated, word: &Word, verb: Option<Verb>) -> Result<Action, Error> {
    let hold_ms = stated.number("DELAY", DELAY_MS_MAX)?;
    let reason = stated.number("REASON", REASON_MAX)?.and_then(|reason| i32::try_from(reason).ok());
    Ok(match text(word) {
        "CUTBEFORE" => Action::Strike(Blow::Before(Harm::Cut)),
        "CUTAFTER" => Action::Strike(Blow::After(Harm::Cut)),
        "HOLDBEFORE" => Action::Strike(Blow::Before(Harm::Hold { ms: hold_ms })),
        "HOLDAFTER" => Action::Strike(Blow::After(Harm::Hold { ms: hold_ms })),
        "EXITBEFORE" => Action::Strike(Blow::Before(Harm::Exit)),
        "EXITAFTER" => Action::Strike(Blow::After(Harm::Exit)),
        "ANSWER" => {
            let reason = reason.map_or_else(|| refuse(word, "REASON(n) is needed"), Ok)?;
            Action::Strike(Blow::Answer { completion: completion(stated, verb)?, reason })
        }
        "DOOM" => Action::Strike(Blow::Doom { reason: reason.unwrap_or(mq::MQRC_RESOURCE_PROBLEM) }),
        "BACKEDOUT" => Action::Strike(Blow::BackOut),
        "LATEBACKOUT" => Action::BackOutLate { hold_ms },
        "QUIESCE" => Action::Quiesce { reason: reason.unwrap_or(mq::MQRC_Q_MGR_QUIESCING) },
        "REUSEDMSGIDS" => Action::ReuseMessageIds,
        _ => Action::Count,
    })
}

/// Which verb: for some actions only certain ones make sense.
fn verb(stated: &Stated, action: &str) -> Result<Option<Verb>, Error> {
    let named = match stated.word("VERB") {
        Some(word) if text(word) != "*" => {
            Some((word, Verb::named(text(word)).map_or_else(|| refuse(word, "there is no such verb"), Ok)?))
        }
        _ => None,
    };
    match (action, named) {
        ("BACKEDOUT", None | Some((_, Verb::Commit))) => Ok(Some(Verb::Commit)),
        ("BACKEDOUT", Some((word, _))) => refuse(word, "BACKEDOUT happens to MQCMIT only"),
        ("DOOM", Some((word, verb))) if !matches!(verb, Verb::Put | Verb::Put1 | Verb::Get) => {
            refuse(word, "DOOM happens to MQPUT, MQPUT1 and MQGET only")
        }
        ("REUSEDMSGIDS", Some((word, verb))) if !matches!(verb, Verb::Put | Verb::Put1) => {
            refuse(word, "REUSEDMSGIDS happens to MQPUT and MQPUT1 only")
        }
        (_, named) => Ok(named.map(|(_, verb)| verb)),
    }
}

/// Failed, unless a warning is asked for. A warning of a verb that returns more than its codes cannot be made up.
fn completion(stated: &Stated, verb: Option<Verb>) -> Result<i32, Error> {
    match stated.word("CC") {
        None => Ok(mq::MQCC_FAILED),
        Some(word) => match text(word) {
            "2" => Ok(mq::MQCC_FAILED),
            "1" if verb.is_some_and(Verb::returns_codes_only) => Ok(mq::MQCC_WARNING),
            "1" => refuse(word, "only MQCMIT, MQBACK, MQCLOSE and MQDISC can answer a warning; name one"),
            _ => refuse(word, "CC is 1 or 2"),
        },
    }
}

fn application(stated: &Stated) -> Result<Pattern, Error> {
    match stated.word("APPLTAG") {
        None => Ok(Pattern("*".to_owned())),
        Some(word) if (1..=APPLICATION_BYTES_MAX).contains(&text(word).len()) => {
            Ok(Pattern(text(word).to_owned()))
        }
        Some(word) => refuse(
            word,
            &format!("APPLTAG takes an application's name of at most {APPLICATION_BYTES_MAX} bytes"),
        ),
    }
}

/// How often: once, where nothing is stated; what has no single moment goes on.
fn count(stated: &Stated, action: &str) -> Result<Option<u32>, Error> {
    match stated.word("COUNT") {
        Some(word) if text(word) == "*" => Ok(None),
        Some(_) => stated.number("COUNT", u32::MAX),
        None => Ok((!matches!(action, "QUIESCE" | "REUSEDMSGIDS")).then_some(1)),
    }
}

fn seed(stated: &Stated) -> Result<Option<u64>, Error> {
    let read = |word| match text(word).parse() {
        Ok(seed) => Ok(seed),
        Err(_) => refuse(word, "SEED takes a whole number"),
    };
    stated.word("SEED").map(read).transpose()
}

/// A name that may end in `*`.
fn pattern(word: &Word) -> Result<Pattern, Error> {
    let mut stem = word.clone();
    if let Some(value) = &mut stem.value {
        value.text = value.text.strip_suffix('*').unwrap_or(&value.text).to_owned();
    }
    stem.name(NAME_BYTES_MAX).map_err(|what| Error { line: word.line, what })?;
    match text(word) {
        "" => refuse(word, "a name is needed"),
        name => Ok(Pattern(name.to_owned())),
    }
}

/// The words of a DEFINE FAULT.
struct Stated<'w>(&'w [Word]);

impl<'w> Stated<'w> {
    fn word(&self, keyword: &str) -> Option<&'w Word> {
        self.0.iter().find(|word| word.keyword == keyword)
    }

    /// A whole number from 1 to `most`.
    fn number(&self, keyword: &str, most: u32) -> Result<Option<u32>, Error> {
        let Some(word) = self.word(keyword) else {
            return Ok(None);
        };
        match text(word).parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => refuse(word, &format!("{keyword} takes a whole number from 1 to {most}")),
        }
    }

    fn check(&self, action: &str, permitted: &[&[&str]]) -> Result<(), Error> {
        let mut before = Vec::new();
        for word in self.0 {
            let keyword = word.keyword.as_str();
            if keyword != "ACTION" && !permitted.iter().any(|words| words.contains(&keyword)) {
                return refuse(word, &format!("ACTION({action}) takes no such word"));
            }
            if before.contains(&keyword) {
                return refuse(word, "it is stated twice");
            }
            before.push(keyword);
        }
        Ok(())
    }
}

fn text(word: &Word) -> &str {
    word.value.as_ref().map_or("", |value| value.text.as_str())
}

fn refuse<T>(word: &Word, what: &str) -> Result<T, Error> {
    Err(Error { line: word.line, what: format!("{word}: {what}") })
}

#[cfg(test)]
mod tests {
    use crate::mqsc::parse;

    #[test]
    fn what_a_fault_cannot_be_is_refused_by_name() {
        for (command, named) in [
            ("DEFINE FAULT(F)", "ACTION(…) is needed"),
            ("DEFINE FAULT(F) ACTION(EXPLODE)", "NONE, CUTBEFORE"),
            ("DEFINE FAULT ACTION(NONE)", "FAULT needs a name"),
            ("DEFINE FAULT(F) ACTION(NONE) NTH(1)", "NTH(1)"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) VERB(MQSET)", "VERB(MQSET)"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) NTH(0)", "NTH"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) NTH(1) NTH(2)", "twice"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) PERMILLE(5)", "SEED"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) SEED(5)", "PERMILLE"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) DELAY(5)", "DELAY"),
            ("DEFINE FAULT(F) ACTION(CUTAFTER) VERB(MQCMIT) QUEUE(IN)", "QUEUE"),
            ("DEFINE FAULT(F) ACTION(ANSWER)", "REASON"),
            ("DEFINE FAULT(F) ACTION(ANSWER) REASON(2003) CC(1) VERB(MQGET)", "CC(1)"),
            ("DEFINE FAULT(F) ACTION(BACKEDOUT) VERB(MQGET)", "MQCMIT only"),
            ("DEFINE FAULT(F) ACTION(DOOM) VERB(MQCMIT)", "MQPUT, MQPUT1 and MQGET only"),
            ("DEFINE FAULT(F) ACTION(REUSEDMSGIDS)", "SEED"),
            ("DEFINE FAULT(F) ACTION(LATEBACKOUT) VERB(MQGET)", "VERB"),
            ("ALTER FAULT(F) ACTION(NONE)", "ALTER"),
            ("DELETE FAULT(F) PURGE", "PURGE"),
        ] {
            let error = parse(command).pop().unwrap().unwrap_err();
            assert!(error.what.contains(named), "{command}: {error}");
        }
    }
}

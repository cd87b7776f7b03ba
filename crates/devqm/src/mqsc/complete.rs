//! The words that may follow in an MQSC command that is being typed. Knows no terminal.

use super::attribute::{Kind as Values, Table, each};
use super::command::Kind;
use super::status::Subject;

const VERBS: [&str; 9] = ["ALTER", "CLEAR", "DEFINE", "DELETE", "DISPLAY", "END", "PING", "SET", "EXIT"];
const KINDS: [&str; 6] = ["CHANNEL", "QALIAS", "QLOCAL", "QMGR", "QMODEL", "FAULT"];

/// Where the word that is being typed begins, in bytes, and what it may become. Within quotes and after a parenthesis only
/// the values that an attribute takes are known.
pub fn complete(line: &str) -> (usize, Vec<String>) {
    let other = line.char_indices().rev().find(|(_, character)| !character.is_ascii_alphanumeric());
    let start = other.map_or(0, |(before, character)| before + character.len_utf8());
    let (before, typed) = line.split_at_checked(start).unwrap_or((line, ""));
    let typed = typed.to_ascii_uppercase();
    let words: Vec<String> = before
        .split_whitespace()
        .map(|word| word.split('(').next().unwrap_or_default().to_ascii_uppercase())
        .collect();
    let inside = before.matches('(').count() > before.matches(')').count();
    let candidates = match (words.as_slice(), inside) {
        ([], _) => VERBS.iter().map(|verb| (*verb).to_owned()).collect(),
        ([verb], false) => objects(verb),
        ([_, object, .., attribute], true) => values(object, attribute),
        (_, true) => Vec::new(),
        ([verb, object, ..], false) => attributes(verb, object),
    };
    let fitting = candidates.into_iter().filter(|candidate| candidate.starts_with(&typed)).collect();
    (start, fitting)
}

fn objects(verb: &str) -> Vec<String> {
    let words: &[&str] = match verb {
        "CLEAR" => &["QLOCAL"],
        "PING" => &["QMGR"],
        "SET" => &["AUTHREC", "CHLAUTH"],
        "DISPLAY" | "DIS" => &["AUTHREC", "CHLAUTH", "CHSTATUS", "CONN", "QMSTATUS", "QSTATUS", "QUEUE"],
        "DELETE" => &["AUTHREC"],
        "ALTER" | "ALT" | "DEFINE" | "DEF" => &[],
        _ => return Vec::new(),
    };
    let kinds: &[&str] = if matches!(verb, "CLEAR" | "PING" | "SET") { &[] } else { &KINDS };
    words.iter().chain(kinds).map(|word| (*word).to_owned()).collect()
}

fn table(object: &str) -> Option<Table> {
    Kind::of(object).map(Kind::table).or_else(|| Subject::of(object).map(Subject::table))
}

fn attributes(verb: &str, object: &str) -> Vec<String> {
    let own: &[&str] = match (verb, object) {
        (_, "AUTHREC") => &["AUTHADD(", "AUTHRMV(", "OBJTYPE(", "PRINCIPAL(", "PROFILE("],
        (_, "CHLAUTH") => &["ACTION(", "ADDRESS(", "TYPE(ADDRESSMAP)", "USERSRC("],
        ("DISPLAY" | "DIS", _) => &["ALL", "TYPE(", "WHERE("],
        ("DEFINE" | "DEF", "CHANNEL" | "CHL") => &["CHLTYPE(SVRCONN)", "LIKE(", "REPLACE"],
        ("DEFINE" | "DEF", _) => &["LIKE(", "REPLACE"],
        ("DELETE", "QLOCAL" | "QL") => &["PURGE"],
        _ => &[],
    };
    let displays = matches!(verb, "DISPLAY" | "DIS");
    let known = table(object).into_iter().flat_map(each).flat_map(|attribute| match attribute.kind {
        Values::Switch(words) if !displays => words.iter().map(|(word, _)| (*word).to_owned()).collect(),
        Values::Switch(_) => vec![attribute.keyword.to_owned()],
        _ if displays => vec![attribute.keyword.to_owned()],
        _ => vec![format!("{}(", attribute.keyword)],
    });
    own.iter().map(|word| (*word).to_owned()).chain(known).collect()
}

fn values(object: &str, attribute: &str) -> Vec<String> {
    let found = table(object).into_iter().flat_map(each).find(|each| each.keyword == attribute);
    match found.map(|attribute| &attribute.kind) {
        Some(Values::Choice(words)) => words.iter().map(|(word, _)| format!("{word})")).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_follow_is_offered() {
        for (line, start, expected) in [
            ("al", 0, vec!["ALTER"]),
            ("CLEAR ", 6, vec!["QLOCAL"]),
            ("display qs", 8, vec!["QSTATUS"]),
            ("DEFINE QLOCAL(A) MAXD", 17, vec!["MAXDEPTH("]),
            ("DISPLAY QLOCAL(A) CURD", 18, vec!["CURDEPTH"]),
            ("ALTER QLOCAL(A) DEFPSIST(Y", 25, vec!["YES)"]),
            ("ALTER QLOCAL(A) NOSH", 16, vec!["NOSHARE"]),
            ("DEFINE QLOCAL(A", 14, vec![]),
            ("\u{e9}", 2, vec![]),
        ] {
            let (found, words) = complete(line);
            assert_eq!(
                (found, words),
                (start, expected.iter().map(|word| (*word).to_owned()).collect()),
                "{line}"
            );
        }
    }
}

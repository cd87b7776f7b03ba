//! Property names: which are allowed, and which one matches another.

use libmqm_sys as mq;

use crate::boundary::Codes;

/// The folder of an application's own properties. It is implied and not stored.
const USER_FOLDER: &str = "usr.";

/// The folders of MQ's and JMS's own properties.
const MQ_FOLDERS: [&str; 5] = ["jms.", "mcd.", "mq.", "mqema.", "mqps."];

/// Words of the language in which messages are selected.
const RESERVED: [&str; 11] =
    ["NULL", "TRUE", "FALSE", "NOT", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS", "ESCAPE"];

/// A name as it is stored, if MQ allows it. Source: IBM documentation, "Property name restrictions".
pub(super) fn checked(name: &str) -> Result<String, Codes> {
    let fault = Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR);
    if name.starts_with("usr.JMS") || name.starts_with("JMS") || name.starts_with("Root.") {
        return Err(fault);
    }
    let stored = stored(name);
    let beginning = stored.get(..2).unwrap_or_default();
    let user_folder = stored.get(..6).is_some_and(|six| six.eq_ignore_ascii_case("mq_usr"));
    // MQ keeps hierarchies below names that begin with its own two letters to itself.
    let reserved_folder =
        beginning.eq_ignore_ascii_case("mq") && !user_folder && stored.matches('.').count() > 1;
    let sound = stored.split('.').all(is_identifier)
        && !RESERVED.iter().any(|word| stored.eq_ignore_ascii_case(word))
        && !reserved_folder;
    if sound { Ok(stored.to_owned()) } else { Err(fault) }
}

/// Names that MQ gives to properties of its own, and what they are in folders. Source: IBM documentation, "Publish/subscribe
/// message properties".
const SYNONYMS: [(&str, &str); 3] =
    [("MQTopicString", "mqps.Top"), ("MQSubUserData", "mqps.Sud"), ("MQIsRetained", "mqps.Ret")];

/// Whether a caller's name is that of a stored property.
pub(super) fn is(name: &str, stored_name: &str) -> bool {
    let synonym = SYNONYMS.iter().find(|(synonym, _)| *synonym == name);
    synonym.map_or(stored(name), |(_, stored)| stored) == stored_name
}

/// As [`is`], but `%` at the end stands for any rest.
pub(super) fn matches(pattern: &str, stored_name: &str) -> bool {
    match pattern.strip_suffix('%') {
        Some(USER_FOLDER) => !MQ_FOLDERS.iter().any(|folder| stored_name.starts_with(folder)),
        Some(beginning) => stored_name.starts_with(stored(beginning)),
        None => is(pattern, stored_name),
    }
}

fn stored(name: &str) -> &str {
    name.strip_prefix(USER_FOLDER).unwrap_or(name)
}

fn is_identifier(part: &str) -> bool {
    let begins = |first: char| first.is_alphabetic() || first == '_' || first == '$';
    part.starts_with(begins) && part.chars().all(|each| begins(each) || each.is_numeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_restrictions_of_mq() {
        for good in
            ["a", "traceparent", "usr.a", "group.part.leaf", "mqgate.reason", "mq_usr.a.b", "_x", "$y1", "é2"]
        {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "1a",
            "a b",
            "a..b",
            ".a",
            "a.",
            "a%",
            "JMSType",
            "usr.JMSx",
            "Root.MQMD.MsgId",
            "null",
            "mqext.a.b",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_ends_a_name_and_the_user_folder_is_implied() {
        assert!(matches("%", "a") && matches("%", "mcd.Msd"));
        assert!(matches("usr.%", "a") && matches("usr.%", "mqgate.reason") && !matches("usr.%", "mcd.Msd"));
        assert!(matches("mqgate.%", "mqgate.reason") && !matches("mqgate.%", "mqgate"));
        assert!(matches("usr.a", "a") && matches("a", "a") && !matches("a", "ab") && matches("a%", "ab"));
        assert!(is("usr.a", "a") && !is("%", "a"));
    }
}

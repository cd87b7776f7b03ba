//! SET, DELETE and DISPLAY AUTHREC, SET and DISPLAY CHLAUTH: who may do what, and from where one may connect.

use super::words::{Error, Word};

/// A user id in MQMD is no longer; nobody is told apart by more than this.
const USER_BYTES_MAX: usize = 12;

/// A command about access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// SET AUTHREC.
    Set {
        /// Which record.
        record: RecordName,
        /// AUTHADD.
        add: Authorities,
        /// AUTHRMV.
        remove: Authorities,
    },
    /// DELETE AUTHREC.
    Delete(RecordName),
    /// DISPLAY AUTHREC; what is not stated matches all.
    Display {
        /// OBJTYPE.
        object: Option<ObjectKind>,
        /// PROFILE.
        profile: Option<String>,
        /// PRINCIPAL.
        user: Option<String>,
    },
    /// SET CHLAUTH TYPE(ADDRESSMAP).
    SetAddress {
        /// Which rule.
        rule: RuleName,
        /// Whether it lets in; none removes the rule.
        lets_in: Option<bool>,
    },
    /// DISPLAY CHLAUTH, of channels whose profile is this, or begins so with `*`.
    DisplayAddresses(String),
}

/// What an authority record is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordName {
    /// OBJTYPE.
    pub object: ObjectKind,
    /// PROFILE: a name, or a generic one with `?`, `*` and `**`; empty for the queue manager.
    pub profile: String,
    /// PRINCIPAL.
    pub user: String,
}

/// What a rule about addresses is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleName {
    /// The channels, by name or by a generic one with `*`.
    pub channel: String,
    /// The addresses, by a pattern with `*`.
    pub address: String,
}

/// The kinds of object that authority is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the kinds are MQSC's")]
pub enum ObjectKind {
    Channel,
    QueueManager,
    Queue,
}

/// A set of authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Authorities(u32);

const WORDS: [(&str, Authorities); 16] = [
    ("ALTUSR", Authorities::ALTERNATE_USER),
    ("BROWSE", Authorities::BROWSE),
    ("CHG", Authorities::CHANGE),
    ("CLR", Authorities::CLEAR),
    ("CONNECT", Authorities::CONNECT),
    ("CRT", Authorities::CREATE),
    ("DLT", Authorities::DELETE),
    ("DSP", Authorities::DISPLAY),
    ("GET", Authorities::GET),
    ("INQ", Authorities::INQUIRE),
    ("PASSALL", Authorities::PASS_ALL),
    ("PASSID", Authorities::PASS_IDENTITY),
    ("PUT", Authorities::PUT),
    ("SET", Authorities::SET),
    ("SETALL", Authorities::SET_ALL),
    ("SETID", Authorities::SET_IDENTITY),
];

#[expect(missing_docs, reason = "the authorities are MQSC's, one for one with WORDS")]
impl Authorities {
    pub const NONE: Self = Self(0);
    pub const ALTERNATE_USER: Self = Self(1);
    pub const BROWSE: Self = Self(1 << 1);
    pub const CHANGE: Self = Self(1 << 2);
    pub const CLEAR: Self = Self(1 << 3);
    pub const CONNECT: Self = Self(1 << 4);
    pub const CREATE: Self = Self(1 << 5);
    pub const DELETE: Self = Self(1 << 6);
    pub const DISPLAY: Self = Self(1 << 7);
    pub const GET: Self = Self(1 << 8);
    pub const INQUIRE: Self = Self(1 << 9);
    pub const PASS_ALL: Self = Self(1 << 10);
    pub const PASS_IDENTITY: Self = Self(1 << 11);
    pub const PUT: Self = Self(1 << 12);
    pub const SET: Self = Self(1 << 13);
    pub const SET_ALL: Self = Self(1 << 14);
    pub const SET_IDENTITY: Self = Self(1 << 15);
    const ADMINISTRATION: Self =
        Self(Self::CHANGE.0 | Self::CLEAR.0 | Self::CREATE.0 | Self::DELETE.0 | Self::DISPLAY.0);
    const ALL: Self = Self((1 << 16) - 1);
}

impl Authorities {
    /// Both together.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without the others.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it holds all of the others.
    pub fn holds(self, others: Self) -> bool {
        others.without(self) == Self::NONE
    }

    /// Reads a list as AUTHADD has it.
    ///
    /// # Errors
    /// The first word that is none.
    pub fn read(list: &str) -> Result<Self, String> {
        let mut all = Self::NONE;
        for word in list.split([',', ' ']).filter(|word| !word.is_empty()) {
            let one = match word {
                "NONE" => Self::NONE,
                "ALL" => Self::ALL,
                "ALLADM" => Self::ADMINISTRATION,
                "ALLMQI" => Self::ALL.without(Self::ADMINISTRATION),
                word => {
                    let found = WORDS.iter().find(|(name, _)| *name == word);
                    found.ok_or_else(|| format!("{word} is no authority that devqm knows"))?.1
                }
            };
            all = all.with(one);
        }
        Ok(all)
    }
}

impl std::fmt::Display for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> =
            WORDS.iter().filter(|(_, one)| self.holds(*one)).map(|(word, _)| *word).collect();
        f.write_str(if words.is_empty() { "NONE" } else { "" })?;
        f.write_str(&words.join(","))
    }
}

impl ObjectKind {
    /// The word after OBJTYPE.
    pub fn word(self) -> &'static str {
        match self {
            ObjectKind::Queue => "QUEUE",
            ObjectKind::Channel => "CHANNEL",
            ObjectKind::QueueManager => "QMGR",
        }
    }

    /// The kind of a word.
    ///
    /// # Errors
    /// Which words there are.
    pub fn of(word: &str) -> Result<Self, String> {
        let kinds = [ObjectKind::Queue, ObjectKind::Channel, ObjectKind::QueueManager];
        kinds
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| format!("OBJTYPE({word}): devqm knows QUEUE, CHANNEL and QMGR"))
    }
}

/// Reads a command whose object is AUTHREC or CHLAUTH.
///
/// # Errors
/// What is wrong, on the line of the offending word.
pub(super) fn read(verb: &Word, target: &Word, rest: &[Word]) -> Result<Command, Error> {
    match (verb.keyword.as_str(), target.keyword.as_str()) {
        ("SET", "AUTHREC") => set(target, rest),
        ("DELETE", "AUTHREC") => {
            let stated = Stated::read(rest, &["PROFILE", "OBJTYPE", "PRINCIPAL"])?;
            Ok(Command::Delete(stated.record(target)?))
        }
        ("DISPLAY" | "DIS", "AUTHREC") => {
            let stated = Stated::read(rest, &["PROFILE", "OBJTYPE", "PRINCIPAL", "ALL"])?;
            let object = stated.text("OBJTYPE").map(ObjectKind::of).transpose();
            Ok(Command::Display {
                object: object.map_err(|what| at(target, &what))?,
                profile: stated.text("PROFILE").map(str::to_owned),
                user: stated.text("PRINCIPAL").map(str::to_owned),
            })
        }
        ("SET", "CHLAUTH") => set_address(target, rest),
        ("DISPLAY" | "DIS", "CHLAUTH") => Ok(Command::DisplayAddresses(profile(target)?)),
        _ => Err(at(verb, &format!("{} {}: devqm has no such command", verb.keyword, target.keyword))),
    }
}

fn set(target: &Word, rest: &[Word]) -> Result<Command, Error> {
    let stated = Stated::read(rest, &["PROFILE", "OBJTYPE", "PRINCIPAL", "AUTHADD", "AUTHRMV"])?;
    let list =
        |word| Authorities::read(stated.text(word).unwrap_or_default()).map_err(|what| at(target, &what));
    let (add, remove) = (list("AUTHADD")?, list("AUTHRMV")?);
    Ok(Command::Set { record: stated.record(target)?, add, remove })
}

fn set_address(target: &Word, rest: &[Word]) -> Result<Command, Error> {
    let stated = Stated::read(rest, &["TYPE", "ADDRESS", "USERSRC", "ACTION"])?;
    if stated.text("TYPE") != Some("ADDRESSMAP") {
        return Err(at(target, "CHLAUTH: devqm has TYPE(ADDRESSMAP) only"));
    }
    let address = stated.text("ADDRESS").filter(|address| is_address_pattern(address));
    let address = address.ok_or(at(target, "ADDRESS: an IP address is needed, with * for any characters"))?;
    let lets_in = match (stated.text("ACTION"), stated.text("USERSRC")) {
        (Some("REMOVE"), _) => None,
        (None | Some("ADD" | "REPLACE"), None | Some("CHANNEL")) => Some(true),
        (None | Some("ADD" | "REPLACE"), Some("NOACCESS")) => Some(false),
        (Some("ADD" | "REPLACE") | None, Some(_)) => {
            return Err(at(target, "USERSRC is CHANNEL or NOACCESS"));
        }
        (Some(_), _) => return Err(at(target, "ACTION is ADD, REPLACE or REMOVE")),
    };
    let rule = RuleName { channel: profile(target)?, address: address.to_owned() };
    Ok(Command::SetAddress { rule, lets_in })
}

fn is_address_pattern(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '*'))
}

/// The generic name in a word's parentheses.
fn profile(word: &Word) -> Result<String, Error> {
    let text = word.value.as_ref().map_or("", |value| value.text.trim_end());
    check_profile(word, text)?;
    Ok(text.to_owned())
}

fn check_profile(word: &Word, text: &str) -> Result<(), Error> {
    let known = |c: char| super::words::is_name_character(c) || matches!(c, '*' | '?');
    if text.is_empty() || text.len() > 48 || !text.chars().all(known) {
        return Err(at(word, "a name or a generic name of at most 48 characters is needed"));
    }
    Ok(())
}

/// The words that a command states.
struct Stated<'w>(&'w [Word]);

impl<'w> Stated<'w> {
    fn read(words: &'w [Word], known: &[&str]) -> Result<Self, Error> {
        match words.iter().find(|word| !known.contains(&word.keyword.as_str())) {
            Some(word) => Err(at(word, &format!("{word}: one of {} is expected", known.join(", ")))),
            None => Ok(Self(words)),
        }
    }

    fn word(&self, keyword: &str) -> Option<&'w Word> {
        self.0.iter().find(|word| word.keyword == keyword)
    }

    fn text(&self, keyword: &str) -> Option<&'w str> {
        self.word(keyword)?.value.as_ref().map(|value| value.text.trim_end())
    }

    fn record(&self, target: &Word) -> Result<RecordName, Error> {
        let object = self.text("OBJTYPE").ok_or(at(target, "OBJTYPE is needed"))?;
        let object = ObjectKind::of(object).map_err(|what| at(target, &what))?;
        let user = self.text("PRINCIPAL").unwrap_or_default();
        let is_user = |c: char| c.is_ascii_graphic() && c != '\'';
        if user.is_empty() || user.len() > USER_BYTES_MAX || !user.chars().all(is_user) {
            return Err(at(target, "PRINCIPAL: a user of 1 to 12 characters without blanks is needed"));
        }
        let profile = match (object, self.word("PROFILE")) {
            (ObjectKind::QueueManager, _) => String::new(),
            (_, Some(word)) => self::profile(word)?,
            (_, None) => return Err(at(target, "PROFILE is needed")),
        };
        Ok(RecordName { object, profile, user: user.to_owned() })
    }
}

fn at(word: &Word, what: &str) -> Error {
    Error { line: word.line, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_authorities_is_shown_as_it_is_read() {
        let list = Authorities::read("PUT, GET,INQ").unwrap();
        assert_eq!(list.to_string(), "GET,INQ,PUT");
        assert_eq!(Authorities::read(&list.to_string()), Ok(list));
        assert_eq!(Authorities::NONE.to_string(), "NONE");
        let all = Authorities::read("ALLMQI,ALLADM").unwrap();
        assert_eq!(all, Authorities::ALL);
        assert_eq!(all.to_string().split(',').count(), WORDS.len());
        assert_eq!(Authorities::read("GET,FLY").unwrap_err(), "FLY is no authority that devqm knows");
    }
}

//! Who may do what, and from which addresses one may connect: records kept as one object, asked at MQCONNX, MQOPEN and every
//! command.
//!
//! A user about whom there is no record may do everything; one whom any record names may do only what records give.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use libmqm_sys as mq;

use super::catalogue::{ObjectKey, ObjectRecord, Variety};
use super::display::in_columns;
use super::message::Moment;
use super::profile::{matches, matches_characters, specificity};
use super::{Change, ConnectionId, Engine, Failure};
use crate::mqsc::access::{Authorities, Command, ObjectKind, RecordName, RuleName};
use crate::mqsc::{Action, Attributes, Kind, Value};
use crate::verbs::{Connect, Open};

/// Somebody was refused; told to whoever runs the queue manager, never to the one who was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who.
    pub user: String,
    /// What was missing.
    pub why: String,
}

/// The records and rules.
#[derive(Debug, Default)]
pub(super) struct Access {
    records: BTreeMap<RecordName, Authorities>,
    rules: BTreeMap<RuleName, bool>,
    /// Who created the dynamic queues that there are; only of users whom records name.
    creators: HashMap<String, String>,
}

/// What MQOPEN's options need on the object.
const NEEDED: [(i32, Authorities); 10] = [
    (mq::MQOO_INPUT_AS_Q_DEF, Authorities::GET),
    (mq::MQOO_INPUT_SHARED, Authorities::GET),
    (mq::MQOO_INPUT_EXCLUSIVE, Authorities::GET),
    (mq::MQOO_BROWSE, Authorities::BROWSE),
    (mq::MQOO_OUTPUT, Authorities::PUT),
    (mq::MQOO_INQUIRE, Authorities::INQUIRE),
    (mq::MQOO_SET, Authorities::SET),
    (mq::MQOO_PASS_IDENTITY_CONTEXT, Authorities::PASS_IDENTITY),
    (mq::MQOO_PASS_ALL_CONTEXT, Authorities::PASS_ALL),
    (mq::MQOO_ALTERNATE_USER_AUTHORITY, Authorities::NONE),
];

/// What they need on the queue manager too.
const NEEDED_ON_BOTH: [(i32, Authorities); 3] = [
    (mq::MQOO_SET_IDENTITY_CONTEXT, Authorities::SET_IDENTITY),
    (mq::MQOO_SET_ALL_CONTEXT, Authorities::SET_ALL),
    (mq::MQOO_ALTERNATE_USER_AUTHORITY, Authorities::ALTERNATE_USER),
];

impl Access {
    pub(super) fn restore(&mut self, attributes: &Attributes) {
        self.records.clear();
        self.rules.clear();
        for (key, value) in &attributes.0 {
            let Value::Text(value) = value else { continue };
            match key.split(' ').collect::<Vec<_>>().as_slice() {
                ["AUTHREC", object, user, profile] => {
                    let object = ObjectKind::of(object).unwrap_or(ObjectKind::QueueManager);
                    let (profile, user) = ((*profile).to_owned(), (*user).to_owned());
                    let authorities = Authorities::read(value).unwrap_or_default();
                    self.records.insert(RecordName { object, profile, user }, authorities);
                }
                ["CHLAUTH", channel, address] => {
                    let (channel, address) = ((*channel).to_owned(), (*address).to_owned());
                    self.rules.insert(RuleName { channel, address }, value == "CHANNEL");
                }
                _ => {}
            }
        }
    }

    /// As the store keeps it: no word of a key holds a blank.
    fn attributes(&self) -> Attributes {
        let records = self.records.iter().map(|(name, authorities)| {
            let key = format!("AUTHREC {} {} {}", name.object.word(), name.user, name.profile);
            (key, Value::Text(authorities.to_string()))
        });
        let rules = self.rules.iter().map(|(name, lets_in)| {
            let value = if *lets_in { "CHANNEL" } else { "NOACCESS" };
            (format!("CHLAUTH {} {}", name.channel, name.address), Value::Text(value.to_owned()))
        });
        Attributes(records.chain(rules).collect())
    }

    fn is_restricted(&self, user: &str) -> bool {
        self.records.keys().any(|record| record.user == user)
    }

    /// What of the wanted authorities a user lacks; the record with the most specific profile decides.
    fn lacks(&self, user: &str, kind: ObjectKind, name: &str, wanted: Authorities) -> Authorities {
        let created =
            kind == ObjectKind::Queue && self.creators.get(name).is_some_and(|creator| creator == user);
        if created || !self.is_restricted(user) {
            return Authorities::NONE;
        }
        let mut records: Vec<_> = self
            .records
            .iter()
            .filter(|(record, _)| {
                record.user == user && record.object == kind && matches(&record.profile, name)
            })
            .collect();
        records.sort_by_key(|(record, _)| specificity(&record.profile));
        wanted.without(records.first().map_or(Authorities::NONE, |(_, authorities)| **authorities))
    }

    /// Whether a channel may be used from an address.
    fn lets_in(&self, channel: &str, address: IpAddr) -> bool {
        let text = address.to_canonical().to_string();
        let mut rules: Vec<_> = self
            .rules
            .iter()
            .filter(|(rule, _)| {
                matches_characters(&rule.channel, channel) && matches_characters(&rule.address, &text)
            })
            .collect();
        rules.sort_by_key(|(rule, _)| (specificity(&rule.channel), specificity(&rule.address)));
        rules.first().map_or(address.to_canonical().is_loopback(), |(_, lets_in)| **lets_in)
    }
}

impl Engine {
    /// Whether a user may do something to an object; a refusal is noted.
    pub(super) fn check_authority(
        &mut self,
        user: &str,
        kind: ObjectKind,
        name: &str,
        wanted: Authorities,
    ) -> Result<(), Failure> {
        let lacks = self.access.lacks(user, kind, name, wanted);
        if lacks == Authorities::NONE {
            return Ok(());
        }
        let why = format!("{}({name}): {lacks} is missing", kind.word());
        self.refuse(user, why)
    }

    fn refuse(&mut self, user: &str, why: String) -> Result<(), Failure> {
        self.effects.refusals.push(Refusal { user: user.to_owned(), why });
        Err(Failure(mq::MQRC_NOT_AUTHORIZED))
    }

    /// Notes from where a connection's client calls, before anything that it asks.
    pub fn calls_from(&mut self, connection: ConnectionId, address: IpAddr) {
        self.addresses.insert(connection, address);
    }

    /// Whether a user may connect through a channel from where it calls.
    pub(super) fn check_connect(
        &mut self,
        id: ConnectionId,
        connect: &Connect,
        user: &str,
    ) -> Result<(), Failure> {
        let attributes = self.catalogue.channel(&connect.channel).map(|channel| &channel.attributes);
        let no_access = attributes.is_some_and(|channel| channel.text("MCAUSER") == "*NOACCESS");
        let queue_manager = self.catalogue.objects.get(&ObjectKey::QueueManager);
        let switched_off = queue_manager.is_some_and(|record| {
            record.attributes.0.get("CHLAUTH") == Some(&Value::Number(mq::pcf::MQCHLA_DISABLED))
        });
        if no_access {
            return self.refuse(user, format!("CHANNEL({}): MCAUSER(*NOACCESS)", connect.channel));
        }
        match self.addresses.get(&id).copied() {
            Some(address) if !switched_off && !self.access.lets_in(&connect.channel, address) => {
                self.refuse(user, format!("CHANNEL({}): CHLAUTH keeps {address} out", connect.channel))
            }
            _ => self.check_authority(user, ObjectKind::QueueManager, "", Authorities::CONNECT),
        }
    }

    /// Whether a connection's user may open an object so. Authority over an alias is asked by the alias's name, over a
    /// queue that does not exist yet by its model's.
    pub(super) fn check_open(&mut self, connection: ConnectionId, open: &Open) -> Result<(), Failure> {
        let user = self.user(connection)?;
        let collect = |needed: &[(i32, Authorities)]| {
            let asked = needed.iter().filter(|(option, _)| open.options & option != 0);
            asked.fold(Authorities::NONE, |all, (_, one)| all.with(*one))
        };
        let (object, both) = (collect(&NEEDED), collect(&NEEDED_ON_BOTH));
        match open.object_type {
            mq::MQOT_Q => {
                let on_queue = both.without(Authorities::ALTERNATE_USER).with(object);
                self.check_authority(&user, ObjectKind::Queue, &open.object_name, on_queue)?;
                self.check_authority(&user, ObjectKind::QueueManager, "", both)
            }
            _ => self.check_authority(&user, ObjectKind::QueueManager, "", object.with(both)),
        }
    }

    /// The user of a connection, as its messages name it.
    pub(super) fn user(&self, connection: ConnectionId) -> Result<String, Failure> {
        let found = self.connections.get(&connection).ok_or(Failure(mq::MQRC_HCONN_ERROR))?;
        Ok(user_of(&found.user_identifier))
    }

    /// Gives a user whom records name all authority over the dynamic queue that it has created.
    pub(super) fn note_creator(&mut self, connection: ConnectionId, queue: &str) {
        if let Ok(user) = self.user(connection)
            && self.access.is_restricted(&user)
        {
            self.access.creators.insert(queue.to_owned(), user);
        }
    }

    /// A queue of this name has gone.
    pub(super) fn forget_creator(&mut self, queue: &str) {
        self.access.creators.remove(queue);
    }

    /// Whether a user may carry out a command.
    pub(super) fn check_command(&mut self, user: &str, action: &Action) -> Result<(), String> {
        let (kind, name, wanted) = match action {
            Action::Define { object, .. } => {
                let exists = self.catalogue.objects.contains_key(&super::admin::key(object));
                let wanted = if exists { Authorities::CHANGE } else { Authorities::CREATE };
                (object_kind(object.kind), object.name.as_str(), wanted)
            }
            Action::Alter { object, .. } => {
                (object_kind(object.kind), object.name.as_str(), Authorities::CHANGE)
            }
            Action::Delete { object, .. } => {
                (object_kind(object.kind), object.name.as_str(), Authorities::DELETE)
            }
            Action::Clear(name) => (ObjectKind::Queue, name.as_str(), Authorities::CLEAR),
            Action::DisplayFault(_)
            | Action::Access(Command::Display { .. } | Command::DisplayAddresses(_)) => {
                (ObjectKind::QueueManager, "", Authorities::DISPLAY)
            }
            Action::DefineFault(_) | Action::DeleteFault(_) | Action::Access(_) => {
                (ObjectKind::QueueManager, "", Authorities::CHANGE)
            }
            Action::DisplayStatus(inquiry) if self.permits_status(user, inquiry.subject).is_err() => {
                (ObjectKind::QueueManager, "", Authorities::DISPLAY)
            }
            // Of these a user sees what it may: `may_display`.
            Action::Display { .. } | Action::DisplayStatus(_) | Action::Ping => return Ok(()),
        };
        let name = name.to_owned();
        self.check_authority(user, kind, &name, wanted)
            .map_err(|_| format!("AMQ8135E: Not authorized: {wanted} on {}({name}) is needed.", kind.word()))
    }

    /// Whether a user sees an object.
    pub(super) fn may_display(&self, user: &str, kind: Kind, name: &str) -> bool {
        self.access.lacks(user, object_kind(kind), name, Authorities::DISPLAY) == Authorities::NONE
    }

    /// Whether a user may put to a queue; asked for those on whose behalf somebody else puts.
    pub fn may_put(&mut self, user: &str, queue: &str) -> bool {
        self.check_authority(user, ObjectKind::Queue, queue, Authorities::PUT).is_ok()
    }

    /// Carries out AUTHREC and CHLAUTH commands.
    pub(super) fn change_access(
        &mut self,
        command: &Command,
        now: Moment,
        changes: &mut Vec<Change>,
    ) -> Result<String, String> {
        let done = match command {
            Command::Set { record, add, remove } => {
                let entry = self.access.records.entry(record.clone()).or_default();
                *entry = entry.with(*add).without(*remove);
                "AMQ8862I: Authority record set."
            }
            Command::Delete(record) => {
                self.access.records.remove(record).ok_or("AMQ8863E: Authority record not found.")?;
                "AMQ8863I: Authority record deleted."
            }
            Command::SetAddress { rule, lets_in: Some(lets_in) } => {
                self.access.rules.insert(rule.clone(), *lets_in);
                "AMQ8877I: Channel authentication record set."
            }
            Command::SetAddress { rule, lets_in: None } => {
                self.access.rules.remove(rule).ok_or("AMQ8884E: Channel authentication record not found.")?;
                "AMQ8877I: Channel authentication record removed."
            }
            Command::Display { object, profile, user } => {
                return self.display_records(*object, profile.as_deref(), user.as_deref());
            }
            Command::DisplayAddresses(channel) => return self.display_rules(channel),
        };
        let attributes = self.access.attributes();
        let record =
            ObjectRecord { variety: Variety::Access, attributes, created_ms: now.0, altered_ms: now.0 };
        changes.push(Change::PutObject { key: ObjectKey::Access, record });
        Ok(done.to_owned())
    }

    fn display_records(
        &self,
        object: Option<ObjectKind>,
        profile: Option<&str>,
        user: Option<&str>,
    ) -> Result<String, String> {
        let wanted = |record: &RecordName| {
            object.is_none_or(|object| object == record.object)
                && profile
                    .is_none_or(|profile| profile == record.profile || matches(profile, &record.profile))
                && user.is_none_or(|user| user == record.user)
        };
        let shown = self.access.records.iter().filter(|(record, _)| wanted(record)).map(|(record, list)| {
            let profile = if record.profile.is_empty() { "self" } else { &record.profile };
            in_columns(
                "AMQ8864I: Display authority record details.",
                &[
                    format!("PROFILE({profile})"),
                    format!("ENTITY({})", record.user),
                    "ENTTYPE(PRINCIPAL)".to_owned(),
                    format!("OBJTYPE({})", record.object.word()),
                    format!("AUTHLIST({list})"),
                ],
            )
        });
        some(shown.collect(), "AMQ8863E: Authority record not found.")
    }

    fn display_rules(&self, channel: &str) -> Result<String, String> {
        let wanted = |rule: &RuleName| channel == rule.channel || matches_characters(channel, &rule.channel);
        let shown = self.access.rules.iter().filter(|(rule, _)| wanted(rule)).map(|(rule, lets_in)| {
            in_columns(
                "AMQ8878I: Display channel authentication record details.",
                &[
                    format!("CHLAUTH({})", rule.channel),
                    "TYPE(ADDRESSMAP)".to_owned(),
                    format!("ADDRESS({})", rule.address),
                    format!("USERSRC({})", if *lets_in { "CHANNEL" } else { "NOACCESS" }),
                ],
            )
        });
        some(shown.collect(), "AMQ8884E: Channel authentication record not found.")
    }
}

/// A user id without the blanks that it is padded with.
pub(super) fn user_of(identifier: &[u8; 12]) -> String {
    identifier.trim_ascii_end().iter().map(|byte| char::from(*byte)).collect()
}

fn some(shown: Vec<String>, none: &str) -> Result<String, String> {
    if shown.is_empty() { Err(none.to_owned()) } else { Ok(shown.join("\n")) }
}

fn object_kind(kind: Kind) -> ObjectKind {
    match kind {
        Kind::Channel => ObjectKind::Channel,
        // Topics have no authority records: who may administer the queue manager may change them.
        Kind::QueueManager | Kind::Access | Kind::Topic | Kind::Subscription => ObjectKind::QueueManager,
        Kind::LocalQueue | Kind::AliasQueue | Kind::ModelQueue | Kind::Queue => ObjectKind::Queue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_profile_decides() {
        let mut access = Access::default();
        for (profile, list) in [("**", "GET"), ("PAY.**", "PUT"), ("PAY.IN", "BROWSE")] {
            let (profile, user) = (profile.to_owned(), "app".to_owned());
            let record = RecordName { object: ObjectKind::Queue, profile, user };
            access.records.insert(record, Authorities::read(list).unwrap());
        }
        let may = |name, wanted| access.lacks("app", ObjectKind::Queue, name, wanted) == Authorities::NONE;
        assert!(may("PAY.IN", Authorities::BROWSE));
        assert!(!may("PAY.IN", Authorities::PUT));
        assert!(may("PAY.OUT", Authorities::PUT));
        assert!(!may("PAY.OUT", Authorities::GET));
        assert!(may("ELSE", Authorities::GET));
        assert_eq!(access.lacks("other", ObjectKind::Queue, "ELSE", Authorities::PUT), Authorities::NONE);
    }

    #[test]
    fn records_and_rules_are_restored_as_they_were() {
        let mut access = Access::default();
        let record =
            RecordName { object: ObjectKind::QueueManager, profile: String::new(), user: "app".to_owned() };
        access.records.insert(record, Authorities::CONNECT);
        let rule = RuleName { channel: "DEV.*".to_owned(), address: "10.1.*".to_owned() };
        access.rules.insert(rule, true);
        let mut restored = Access::default();
        restored.restore(&access.attributes());
        assert_eq!((restored.records, restored.rules), (access.records, access.rules));
    }

    #[test]
    fn only_this_machine_is_let_in_unless_a_rule_says_otherwise() {
        let mut access = Access::default();
        let rule = |channel: &str, address: &str| RuleName {
            channel: channel.to_owned(),
            address: address.to_owned(),
        };
        access.rules.insert(rule("D*", "10.1.*"), true);
        access.rules.insert(rule("DEV.APP", "10.1.2.3"), false);
        let lets = |channel, address: &str| access.lets_in(channel, address.parse().unwrap());
        assert!(lets("DEV.APP", "127.0.0.1"));
        assert!(lets("DEV.APP", "::1"));
        assert!(lets("DEV.APP", "::ffff:127.0.0.1"));
        assert!(lets("DEV.APP", "10.1.9.9"));
        assert!(!lets("DEV.APP", "10.1.2.3"));
        assert!(!lets("OTHER", "10.1.9.9"));
        assert!(!lets("DEV.APP", "192.0.2.1"));
    }
}

//! DISPLAY: objects as `runmqsc` shows them, in two columns.

use super::Engine;
use super::admin::{key, not_found};
use super::catalogue::{ObjectKey, ObjectRecord};
use crate::mqsc::attribute::{Attribute, each};
use crate::mqsc::command::{Filter, Operator};
use crate::mqsc::{Kind, Object, Value};

/// Where the second column begins, after the indent.
const COLUMN: usize = 40;

impl Engine {
    pub(super) fn display(
        &self,
        object: &Object,
        columns: &[String],
        all: bool,
        filter: Option<&Filter>,
    ) -> Result<String, String> {
        let generic = object.name.ends_with('*');
        // A name without `*` and nothing asked for shows everything, as in `runmqsc`.
        let all = all || (!generic && columns.is_empty());
        let shown: Vec<_> = self
            .named(object)
            .filter(|(_, record)| filter.is_none_or(|filter| self.passes(record, filter)))
            .map(|(key, record)| self.show(key, record, columns, all))
            .collect();
        if shown.is_empty() { Err(not_found(object)) } else { Ok(shown.join("\n")) }
    }

    fn named<'e>(&'e self, object: &'e Object) -> impl Iterator<Item = (&'e ObjectKey, &'e ObjectRecord)> {
        let wanted = key(object);
        let prefix = object.name.strip_suffix('*');
        self.catalogue.objects.iter().filter(move |(key, record)| {
            let kind = record.variety.kind();
            let is_queue = matches!(kind, Kind::LocalQueue | Kind::AliasQueue | Kind::ModelQueue);
            let kind_agrees = kind == object.kind || (object.kind == Kind::Queue && is_queue);
            let name_agrees = match prefix {
                Some(prefix) => key.name().starts_with(prefix),
                None => **key == wanted,
            };
            kind_agrees && name_agrees
        })
    }

    fn show(&self, key: &ObjectKey, record: &ObjectRecord, columns: &[String], all: bool) -> String {
        let kind = record.variety.kind();
        let (head, mut words) = match key {
            ObjectKey::Queue(name) => (
                "AMQ8409I: Display Queue details.",
                vec![format!("QUEUE({name})"), format!("TYPE({})", kind.word())],
            ),
            ObjectKey::Channel(name) => (
                "AMQ8414I: Display Channel details.",
                vec![format!("CHANNEL({name})"), "CHLTYPE(SVRCONN)".to_owned()],
            ),
            ObjectKey::Topic(name) => {
                ("AMQ8633I: Display topic details.", vec![format!("TOPIC({name})"), "TYPE(LOCAL)".to_owned()])
            }
            ObjectKey::Subscription(name) => {
                ("AMQ8096I: Subscription inquired.", vec![format!("SUB({name})"), "DURABLE(YES)".to_owned()])
            }
            ObjectKey::QueueManager => {
                ("AMQ8408I: Display Queue Manager details.", vec![format!("QMNAME({})", self.identity.name)])
            }
        };
        let mut attributes: Vec<&Attribute> = each(record.variety.table())
            .filter(|attribute| attribute.keyword != "QMNAME")
            .filter(|attribute| all || columns.iter().any(|column| column == attribute.keyword))
            .collect();
        attributes.sort_by_key(|attribute| attribute.keyword);
        words
            .extend(attributes.into_iter().map(|attribute| attribute.show(&self.current(record, attribute))));
        in_columns(head, &words)
    }

    fn passes(&self, record: &ObjectRecord, filter: &Filter) -> bool {
        let table = record.variety.table();
        let Some(attribute) = each(table).find(|attribute| attribute.keyword == filter.keyword) else {
            return false;
        };
        let current = self.current(record, attribute);
        // A number is compared as a number; a choice or a text by what DISPLAY shows.
        let shown = attribute.show(&current);
        let shown =
            shown.split_once('(').map_or(shown.as_str(), |(_, value)| value.trim_end_matches(')').trim());
        let order = match (&current, filter.value.parse::<i32>()) {
            (Value::Number(number), Ok(asked)) => number.cmp(&asked),
            _ => shown.cmp(filter.value.as_str()),
        };
        let like = || match filter.value.strip_suffix('*') {
            Some(prefix) => shown.starts_with(prefix),
            None => shown == filter.value,
        };
        match filter.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::Greater => order.is_gt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Like => like(),
            Operator::NotLike => !like(),
        }
    }
}

/// A heading, and the words below it.
pub(super) fn in_columns(head: &str, words: &[String]) -> String {
    let mut text = head.to_owned();
    for pair in words.chunks(2) {
        text.push_str("\n   ");
        match pair {
            [first, second] if first.len() < COLUMN => text.push_str(&format!("{first:COLUMN$}{second}")),
            words => text.push_str(&words.join("\n   ")),
        }
    }
    text
}

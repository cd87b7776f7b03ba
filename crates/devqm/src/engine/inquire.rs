//! MQINQ, and what an object's attributes are at the moment: as defined, or counted, or dated.

use libmqm_sys as mq;

use super::catalogue::{ObjectKey, ObjectRecord, Variety};
use super::connect::Target;
use super::context::date_and_time;
use super::message::Moment;
use super::queue::Origin;
use super::{ConnectionId, Engine, Failure, ok, warning};
use crate::mqsc::attribute::{Attribute, each};
use crate::mqsc::{Value, tables};
use crate::verbs::{ObjectHandle, Outcome, Reply};

/// The MQ version whose attributes and behaviour devqm follows, as `MQIA_COMMAND_LEVEL`.
const COMMAND_LEVEL: i32 = 930;

/// The same as `MQCA_VERSION`: version, release, modification, fix.
const VERSION: &str = "09030000";

/// MQ's own limit for one MQINQ.
const SELECTORS_MAX: usize = 256;

/// A selector's answer.
enum Answered {
    Is(Value, usize),
    /// MQ knows the selector, this object does not.
    NotForThis(usize),
}

impl Engine {
    pub(super) fn inquire(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
        selectors: &[i32],
    ) -> Result<Reply, Failure> {
        let found = self.handle(connection, handle)?;
        if !found.has(mq::MQOO_INQUIRE) {
            return Err(Failure(mq::MQRC_NOT_OPEN_FOR_INQUIRE));
        }
        let key = match found.target.clone() {
            Target::Queue { alias: Some(alias), .. } => ObjectKey::Queue(alias),
            Target::Queue { id, alias: None } => {
                let queue = self.queues.get(&id).ok_or(Failure(mq::MQRC_Q_DELETED))?;
                ObjectKey::Queue(queue.name.clone())
            }
            Target::QueueManager => ObjectKey::QueueManager,
            _ => return Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE)),
        };
        if selectors.len() > SELECTORS_MAX {
            return Err(Failure(mq::MQRC_SELECTOR_LIMIT_EXCEEDED));
        }
        let record = self.catalogue.objects.get(&key).ok_or(Failure(mq::MQRC_Q_DELETED))?;
        let (mut integers, mut characters, mut all_apply) = (Vec::new(), Vec::new(), true);
        for selector in selectors {
            match self.answer(&key, record, *selector).ok_or(Failure(mq::MQRC_SELECTOR_ERROR))? {
                Answered::Is(Value::Number(number), _) => integers.push(number),
                Answered::Is(Value::Text(text), width) => {
                    let end = characters.len() + width;
                    characters.extend(text.bytes().take(width));
                    characters.resize(end, b' ');
                }
                Answered::NotForThis(width) => {
                    all_apply = false;
                    if *selector > mq::MQIA_LAST {
                        characters.resize(characters.len() + width, b'*');
                    } else {
                        integers.push(-1);
                    }
                }
            }
        }
        let outcome = Outcome::Inquired { integers, characters };
        Ok(if all_apply { ok(outcome) } else { warning(mq::MQRC_SELECTOR_NOT_FOR_TYPE, outcome) })
    }

    fn answer(&self, key: &ObjectKey, record: &ObjectRecord, selector: i32) -> Option<Answered> {
        let is_queue = matches!(key, ObjectKey::Queue(_));
        match selector {
            mq::MQCA_Q_NAME if is_queue => return Some(Answered::Is(Value::Text(key.name().to_owned()), 48)),
            mq::MQIA_Q_TYPE if is_queue => {
                return Some(Answered::Is(Value::Number(queue_type(record.variety)), 0));
            }
            mq::MQCA_Q_NAME | mq::MQIA_Q_TYPE => return Some(Answered::NotForThis(48)),
            _ => {}
        }
        let known = [tables::LOCAL, tables::ALIAS, tables::MODEL, tables::QUEUE_MANAGER];
        let has_it = |attribute: &&'static Attribute| selector > 0 && attribute.selector == selector;
        match each(record.variety.table()).find(has_it) {
            Some(attribute) => Some(Answered::Is(self.current(record, attribute), attribute.width())),
            None => known
                .into_iter()
                .flat_map(each)
                .find(has_it)
                .map(|attribute| Answered::NotForThis(attribute.width())),
        }
    }

    /// An attribute's value now.
    pub(super) fn current(&self, record: &ObjectRecord, attribute: &Attribute) -> Value {
        if let Some(value) = record.attributes.0.get(attribute.keyword) {
            return value.clone();
        }
        let queue = match record.variety {
            Variety::LocalQueue { id, .. } => self.queues.get(&id),
            _ => None,
        };
        let count =
            |number: Option<u32>| Value::Number(number.map_or(0, |n| i32::try_from(n).unwrap_or(i32::MAX)));
        match attribute.keyword {
            "CURDEPTH" => count(queue.map(super::queue::Queue::depth)),
            "IPPROCS" => count(queue.map(|queue| queue.inputs)),
            "OPPROCS" => count(queue.map(|queue| queue.outputs)),
            "DEFTYPE" => Value::Number(queue.map_or(0, |queue| definition_type(queue.origin))),
            "CRDATE" => Value::Text(date(record.created_ms)),
            "CRTIME" => Value::Text(time(record.created_ms)),
            "ALTDATE" => Value::Text(date(record.altered_ms)),
            "ALTTIME" => Value::Text(time(record.altered_ms)),
            "QMNAME" => Value::Text(self.identity.name.clone()),
            "QMID" => Value::Text(self.identity.identifier.clone()),
            "CMDLEVEL" => Value::Number(COMMAND_LEVEL),
            "PLATFORM" => Value::Number(mq::MQPL_UNIX),
            "MAXPRTY" => Value::Number(9),
            "SYNCPT" => Value::Number(mq::MQSP_AVAILABLE),
            "VERSION" => Value::Text(VERSION.to_owned()),
            "TRIGINT" => Value::Number(999_999_999),
            // An attribute that is younger than the object's record.
            _ => attribute.default_value(),
        }
    }
}

fn queue_type(variety: Variety) -> i32 {
    match variety {
        Variety::AliasQueue => mq::MQQT_ALIAS,
        Variety::ModelQueue => mq::MQQT_MODEL,
        _ => mq::MQQT_LOCAL,
    }
}

fn definition_type(origin: Origin) -> i32 {
    match origin {
        Origin::Predefined => mq::MQQDT_PREDEFINED,
        Origin::PermanentDynamic => mq::MQQDT_PERMANENT_DYNAMIC,
        Origin::TemporaryDynamic => mq::MQQDT_TEMPORARY_DYNAMIC,
    }
}

/// `YYYY-MM-DD`, as MQ gives dates of objects.
fn date(ms: i64) -> String {
    let (date, _) = date_and_time(Moment(ms));
    separated(&date, '-', &[4, 6])
}

/// `HH.MM.SS`.
fn time(ms: i64) -> String {
    let (_, time) = date_and_time(Moment(ms));
    separated(time.get(..6).unwrap_or_default(), '.', &[2, 4])
}

fn separated(digits: &[u8], separator: char, places: &[usize]) -> String {
    let mut text = String::new();
    for (index, digit) in digits.iter().enumerate() {
        if places.contains(&index) {
            text.push(separator);
        }
        text.push(char::from(*digit));
    }
    text
}

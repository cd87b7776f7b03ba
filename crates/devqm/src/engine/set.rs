//! MQSET: the few attributes of a queue that a program may change.

use libmqm_sys as mq;

use super::catalogue::ObjectKey;
use super::connect::{Target, ended};
use super::message::Moment;
use super::unit::Then;
use super::{ConnectionId, Engine, Failure, Progress, ok};
use crate::mqsc::{Kind, Object, Value};
use crate::verbs::{ObjectHandle, Outcome};

/// Inhibiting: any queue. The rest: queues that hold messages.
const OF_EVERY_QUEUE: [i32; 2] = [mq::MQIA_INHIBIT_GET, mq::MQIA_INHIBIT_PUT];

/// What one attribute may be set to.
struct Settable {
    selector: i32,
    keyword: &'static str,
    least: i32,
    most: i32,
    /// For a value out of bounds.
    fault: i32,
}

const fn settable(selector: i32, keyword: &'static str, [least, most]: [i32; 2], fault: i32) -> Settable {
    Settable { selector, keyword, least, most, fault }
}

static INTEGERS: [Settable; 7] = [
    settable(mq::MQIA_INHIBIT_GET, "GET", [0, 1], mq::MQRC_INHIBIT_VALUE_ERROR),
    settable(mq::MQIA_INHIBIT_PUT, "PUT", [0, 1], mq::MQRC_INHIBIT_VALUE_ERROR),
    settable(mq::MQIA_DIST_LISTS, "DISTL", [0, 0], mq::MQRC_FUNCTION_NOT_SUPPORTED),
    settable(mq::MQIA_TRIGGER_CONTROL, "TRIGGER", [0, 0], mq::MQRC_FUNCTION_NOT_SUPPORTED),
    settable(mq::MQIA_TRIGGER_DEPTH, "TRIGDPTH", [1, 999_999_999], mq::MQRC_TRIGGER_DEPTH_ERROR),
    settable(mq::MQIA_TRIGGER_MSG_PRIORITY, "TRIGMPRI", [0, 9], mq::MQRC_TRIGGER_MSG_PRIORITY_ERR),
    settable(mq::MQIA_TRIGGER_TYPE, "TRIGTYPE", [0, 3], mq::MQRC_TRIGGER_TYPE_ERROR),
];

const TRIGGER_DATA_BYTES: usize = 64;

impl Engine {
    /// The integers and characters are in the order of the selectors; either all is set or nothing.
    pub(super) fn set(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
        [selectors, integers]: [&[i32]; 2],
        characters: &[u8],
        now: Moment,
    ) -> Progress {
        ended(self.set_attributes(connection, handle, [selectors, integers], characters, now))
    }

    fn set_attributes(
        &mut self,
        connection: ConnectionId,
        handle: ObjectHandle,
        [selectors, integers]: [&[i32]; 2],
        characters: &[u8],
        now: Moment,
    ) -> Result<Progress, Failure> {
        let found = self.handle(connection, handle)?;
        if !found.has(mq::MQOO_SET) {
            return Err(Failure(mq::MQRC_NOT_OPEN_FOR_SET));
        }
        let (kind, name) = match found.target.clone() {
            Target::Queue { alias: Some(alias), .. } => (Kind::AliasQueue, alias),
            Target::Queue { id, alias: None } => {
                let queue = self.queues.get(&id).ok_or(Failure(mq::MQRC_Q_DELETED))?;
                (Kind::LocalQueue, queue.name.clone())
            }
            _ => return Err(Failure(mq::MQRC_OPTION_NOT_VALID_FOR_TYPE)),
        };
        let stated = stated(kind, selectors, integers, characters)?;
        let mut record = self
            .catalogue
            .objects
            .get(&ObjectKey::Queue(name.clone()))
            .cloned()
            .ok_or(Failure(mq::MQRC_Q_DELETED))?;
        record.attributes.apply(&stated);
        record.altered_ms = now.0;
        let mut changes = Vec::new();
        self.keep(&Object { kind, name }, record, &mut changes);
        if changes.is_empty() {
            return Ok(super::answered(Ok(ok(Outcome::Nothing))));
        }
        self.write(changes, Then::Answer { connection, answer: ok(Outcome::Nothing).into() });
        Ok(Progress::Writing)
    }
}

fn stated(
    kind: Kind,
    selectors: &[i32],
    integers: &[i32],
    characters: &[u8],
) -> Result<Vec<(String, Value)>, Failure> {
    let (mut integers, mut characters) = (integers.iter(), characters);
    let mut stated = Vec::new();
    for selector in selectors {
        if kind == Kind::AliasQueue && !OF_EVERY_QUEUE.contains(selector) {
            return Err(Failure(mq::MQRC_SELECTOR_ERROR));
        }
        if *selector == mq::MQCA_TRIGGER_DATA {
            let (data, rest) = characters
                .split_at_checked(TRIGGER_DATA_BYTES)
                .ok_or(Failure(mq::MQRC_CHAR_ATTR_LENGTH_ERROR))?;
            characters = rest;
            // What stands behind a NUL is none of the program's: IBM's package for Node passes whatever is there.
            let data = data.split(|byte| *byte == 0).next().unwrap_or_default();
            let text = std::str::from_utf8(data).map_err(|_| Failure(mq::MQRC_CHAR_ATTRS_ERROR))?;
            stated.push(("TRIGDATA".to_owned(), Value::Text(text.trim_end_matches(' ').to_owned())));
            continue;
        }
        let found = INTEGERS.iter().find(|each| each.selector == *selector);
        let found = found.ok_or(Failure(mq::MQRC_SELECTOR_ERROR))?;
        let value = *integers.next().ok_or(Failure(mq::MQRC_INT_ATTR_COUNT_TOO_SMALL))?;
        if !(found.least..=found.most).contains(&value) {
            return Err(Failure(found.fault));
        }
        stated.push((found.keyword.to_owned(), Value::Number(value)));
    }
    Ok(stated)
}

//! The commands that change: parameters to what MQSC's commands do, and what those say to reason codes.

use libmqm_sys::{self as mq, pcf};

use super::inquire::QUEUE_NAME_BYTES;
use super::request::{Asked, Refusal, check_name, unknown};
use super::wire::{Content, Parameter};
use crate::mqsc::attribute::{Attribute, Effect, Kind as Values, each};
use crate::mqsc::{self, Action, Kind, Object, Value};

/// What a command asks to be done; none where it is no command that devqm has. Which kind of queue a name is, is asked.
pub(super) fn action(
    command: i32,
    parameters: &[Parameter],
    kind_of: impl Fn(&str) -> Option<Kind>,
) -> Option<Result<Action, Refusal>> {
    Some(match command {
        pcf::MQCMD_CREATE_Q => create(parameters),
        pcf::MQCMD_CHANGE_Q => change(parameters),
        pcf::MQCMD_COPY_Q => copy(parameters),
        pcf::MQCMD_DELETE_Q => delete(parameters, kind_of),
        pcf::MQCMD_CLEAR_Q => clear(parameters),
        _ => return None,
    })
}

/// The MQSC text of an Escape command.
pub(super) fn escape(parameters: &[Parameter]) -> Result<Vec<Result<mqsc::Command, mqsc::Error>>, Refusal> {
    let asked = Asked::new(parameters, &[pcf::MQIACF_ESCAPE_TYPE, pcf::MQCACF_ESCAPE_TEXT])?;
    if asked.integer(pcf::MQIACF_ESCAPE_TYPE)? != Some(pcf::MQET_MQSC) {
        return Err(Refusal::at(pcf::MQRCCF_ESCAPE_TYPE_ERROR, pcf::MQIACF_ESCAPE_TYPE));
    }
    let text = asked.text(pcf::MQCACF_ESCAPE_TEXT)?;
    Ok(mqsc::parse(text.ok_or(Refusal::of(pcf::MQRCCF_PARM_COUNT_TOO_SMALL))?))
}

/// The reason code behind what a command says of its failure: by the number that messages begin with.
pub(super) fn reason_of(said: &str) -> i32 {
    match said.get(..7) {
        Some("AMQ8147") => mq::MQRC_UNKNOWN_OBJECT_NAME,
        Some("AMQ8149") => pcf::MQRCCF_OBJECT_WRONG_TYPE,
        Some("AMQ8150") => pcf::MQRCCF_OBJECT_ALREADY_EXISTS,
        Some("AMQ8143") => mq::MQRC_Q_NOT_EMPTY,
        Some("AMQ8148") => mq::MQRC_OBJECT_IN_USE,
        Some("AMQ8135") => mq::MQRC_NOT_AUTHORIZED,
        _ => pcf::MQRCCF_COMMAND_FAILED,
    }
}

fn create(parameters: &[Parameter]) -> Result<Action, Refusal> {
    let (kind, stated) = stated(parameters, &[mq::MQCA_Q_NAME, pcf::MQIACF_REPLACE])?;
    let asked = Asked::new(parameters, &ids(parameters))?;
    let name = asked.name(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?.to_owned();
    let replace = asked.integer(pcf::MQIACF_REPLACE)? == Some(pcf::MQRP_YES);
    Ok(Action::Define { object: Object { kind, name }, like: None, replace, stated })
}

fn change(parameters: &[Parameter]) -> Result<Action, Refusal> {
    let (kind, stated) = stated(parameters, &[mq::MQCA_Q_NAME, pcf::MQIACF_FORCE])?;
    let asked = Asked::new(parameters, &ids(parameters))?;
    let name = asked.name(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?.to_owned();
    Ok(Action::Alter { object: Object { kind, name }, stated })
}

fn copy(parameters: &[Parameter]) -> Result<Action, Refusal> {
    let names = [pcf::MQCACF_FROM_Q_NAME, pcf::MQCACF_TO_Q_NAME, pcf::MQIACF_REPLACE];
    let (kind, stated) = stated(parameters, &names)?;
    let asked = Asked::new(parameters, &ids(parameters))?;
    let like = Some(asked.name(pcf::MQCACF_FROM_Q_NAME, QUEUE_NAME_BYTES)?.to_owned());
    let name = asked.name(pcf::MQCACF_TO_Q_NAME, QUEUE_NAME_BYTES)?.to_owned();
    let replace = asked.integer(pcf::MQIACF_REPLACE)? == Some(pcf::MQRP_YES);
    Ok(Action::Define { object: Object { kind, name }, like, replace, stated })
}

fn delete(parameters: &[Parameter], kind_of: impl Fn(&str) -> Option<Kind>) -> Result<Action, Refusal> {
    let asked = Asked::new(parameters, &[mq::MQCA_Q_NAME, mq::MQIA_Q_TYPE, pcf::MQIACF_PURGE])?;
    let name = asked.name(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?.to_owned();
    let kind = match asked.integer(mq::MQIA_Q_TYPE)? {
        Some(number) => kind(number)?,
        None => kind_of(&name).ok_or(Refusal::of(mq::MQRC_UNKNOWN_OBJECT_NAME))?,
    };
    let purge = asked.integer(pcf::MQIACF_PURGE)? == Some(pcf::MQPO_YES);
    Ok(Action::Delete { object: Object { kind, name }, purge })
}

fn clear(parameters: &[Parameter]) -> Result<Action, Refusal> {
    let asked = Asked::new(parameters, &[mq::MQCA_Q_NAME])?;
    Ok(Action::Clear(asked.name(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?.to_owned()))
}

fn ids(parameters: &[Parameter]) -> Vec<i32> {
    parameters.iter().map(|parameter| parameter.id).collect()
}

/// The kind of queue that a command is about, and the attributes that it states besides the parameters of its own.
fn stated(parameters: &[Parameter], own: &[i32]) -> Result<(Kind, Vec<(String, Value)>), Refusal> {
    let number = parameters.iter().find(|parameter| parameter.id == mq::MQIA_Q_TYPE);
    let number = number.ok_or(Refusal::at(pcf::MQRCCF_PARM_COUNT_TOO_SMALL, mq::MQIA_Q_TYPE))?;
    let Content::Integer(number) = number.content else {
        return Err(Refusal::at(pcf::MQRCCF_STRUCTURE_TYPE_ERROR, mq::MQIA_Q_TYPE));
    };
    let kind = kind(number)?;
    let attributes = parameters.iter().filter(|each| each.id != mq::MQIA_Q_TYPE && !own.contains(&each.id));
    let stated = attributes.map(|parameter| attribute(kind, parameter)).collect::<Result<_, _>>()?;
    Ok((kind, stated))
}

fn kind(queue_type: i32) -> Result<Kind, Refusal> {
    match queue_type {
        mq::MQQT_LOCAL => Ok(Kind::LocalQueue),
        mq::MQQT_ALIAS => Ok(Kind::AliasQueue),
        mq::MQQT_MODEL => Ok(Kind::ModelQueue),
        _ => Err(Refusal::at(pcf::MQRCCF_Q_TYPE_ERROR, mq::MQIA_Q_TYPE)),
    }
}

fn attribute(kind: Kind, parameter: &Parameter) -> Result<(String, Value), Refusal> {
    let id = parameter.id;
    let settable = |attribute: &&Attribute| attribute.selector == id && attribute.effect != Effect::Shown;
    let attribute = each(kind.table()).find(settable).ok_or(Refusal::at(unknown(&parameter.content), id))?;
    let value = value(attribute, &parameter.content).map_err(|reason| Refusal::at(reason, id))?;
    // As in MQSC: what would change behaviour and is not honoured may only be given its default.
    if attribute.effect == Effect::DefaultOnly && value != attribute.default_value() {
        return Err(Refusal::at(pcf::MQRCCF_ATTR_VALUE_ERROR, id));
    }
    Ok((attribute.keyword.to_owned(), value))
}

fn value(attribute: &Attribute, content: &Content) -> Result<Value, i32> {
    let allowed = match (&attribute.kind, content) {
        (Values::Number(least, most), Content::Integer(value)) => (least..=most).contains(&value),
        (Values::Choice(words) | Values::Switch(words), Content::Integer(value)) => {
            words.iter().any(|(_, number)| number == value)
        }
        (Values::Name(bytes_max), Content::Text(text)) => check_name(text, *bytes_max).is_some(),
        (Values::Text(bytes_max), Content::Text(text)) => {
            text.len() <= *bytes_max && !text.chars().any(char::is_control)
        }
        _ => return Err(pcf::MQRCCF_STRUCTURE_TYPE_ERROR),
    };
    match content {
        Content::Integer(value) if allowed => Ok(Value::Number(*value)),
        Content::Text(text) if allowed => Ok(Value::Text(text.clone())),
        _ => Err(pcf::MQRCCF_ATTR_VALUE_ERROR),
    }
}

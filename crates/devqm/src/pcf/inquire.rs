//! The commands that ask: objects and states as parameters, one list for each response.

use libmqm_sys::{self as mq, pcf};

use super::request::{Asked, Refusal};
use super::wire::{Content, Parameter};
use crate::engine::{Engine, Fields, Row};
use crate::mqsc::attribute::Attribute;
use crate::mqsc::status::{Inquiry, Subject};
use crate::mqsc::{Kind, Object, Value, tables};

/// The longest name of a queue, and of a channel.
pub(super) const QUEUE_NAME_BYTES: usize = 48;
const CHANNEL_NAME_BYTES: usize = 20;

/// The parameters of each response to a command.
pub(super) type Responses = Vec<Vec<Parameter>>;

/// Answers a command for a user; none where it is no command that asks.
pub(super) fn answer(
    engine: &Engine,
    user: &str,
    command: i32,
    parameters: &[Parameter],
) -> Option<Result<Responses, Refusal>> {
    let asker = Asker { engine, user, parameters };
    Some(match command {
        pcf::MQCMD_PING_Q_MGR => Asked::new(parameters, &[]).map(|_| vec![Vec::new()]),
        pcf::MQCMD_INQUIRE_Q_MGR => asker.queue_manager(),
        pcf::MQCMD_INQUIRE_Q_MGR_STATUS => asker.queue_manager_status(),
        pcf::MQCMD_INQUIRE_Q => asker.queues(),
        pcf::MQCMD_INQUIRE_Q_NAMES => asker.queue_names(),
        pcf::MQCMD_INQUIRE_Q_STATUS => asker.queue_status(),
        pcf::MQCMD_INQUIRE_CHANNEL => asker.channels(),
        pcf::MQCMD_INQUIRE_CHANNEL_NAMES => asker.channel_names(),
        pcf::MQCMD_INQUIRE_CHANNEL_STATUS => asker.channel_status(),
        pcf::MQCMD_INQUIRE_CONNECTION => asker.connections(),
        _ => return None,
    })
}

struct Asker<'a> {
    engine: &'a Engine,
    user: &'a str,
    parameters: &'a [Parameter],
}

impl<'a> Asker<'a> {
    fn asked(&self, known: &[i32]) -> Result<Asked<'a>, Refusal> {
        Asked::new(self.parameters, known)
    }

    fn queue_manager(&self) -> Result<Responses, Refusal> {
        let asked = self.asked(&[pcf::MQIACF_Q_MGR_ATTRS])?;
        let wanted = asked.selection(pcf::MQIACF_Q_MGR_ATTRS)?;
        let object = Object { kind: Kind::QueueManager, name: String::new() };
        let rows = self.engine.objects(self.user, &object, None);
        let response = |row: &Row| {
            let name = of(&row.fields, &|selector| selector == mq::MQCA_Q_MGR_NAME);
            let rest = of(&row.fields, &|selector| selector != mq::MQCA_Q_MGR_NAME && wanted(selector));
            name.into_iter().chain(rest).collect()
        };
        some(rows.iter().map(response).collect(), mq::MQRC_NOT_AUTHORIZED)
    }

    fn queue_manager_status(&self) -> Result<Responses, Refusal> {
        let asked = self.asked(&[pcf::MQIACF_Q_MGR_STATUS_ATTRS])?;
        let wanted = asked.selection(pcf::MQIACF_Q_MGR_STATUS_ATTRS)?;
        let states = self.states(Subject::QueueManager, "", &asked)?;
        let response =
            |fields: &Fields| of(fields, &|selector| selector == mq::MQCA_Q_MGR_NAME || wanted(selector));
        some(states.iter().map(response).collect(), pcf::MQRCCF_Q_MGR_STATUS_NOT_FOUND)
    }

    fn queues(&self) -> Result<Responses, Refusal> {
        let asked = self.asked(&[mq::MQCA_Q_NAME, mq::MQIA_Q_TYPE, pcf::MQIACF_Q_ATTRS])?;
        let name = asked.pattern(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?.to_owned();
        let wanted = asked.selection(pcf::MQIACF_Q_ATTRS)?;
        let filter = asked.filter(&[tables::LOCAL, tables::ALIAS, tables::MODEL])?;
        let kind = queue_kind(asked.integer(mq::MQIA_Q_TYPE)?)?;
        let object = kind.map(|kind| Object { kind, name });
        let rows = object.map(|object| self.engine.objects(self.user, &object, filter.as_ref()));
        let response = |row: &Row| {
            let mut parameters = vec![
                text(mq::MQCA_Q_NAME, &row.name, QUEUE_NAME_BYTES),
                integer(mq::MQIA_Q_TYPE, queue_type(row.kind)),
            ];
            parameters.extend(of(&row.fields, &wanted));
            parameters
        };
        some(rows.unwrap_or_default().iter().map(response).collect(), mq::MQRC_UNKNOWN_OBJECT_NAME)
    }

    fn queue_names(&self) -> Result<Responses, Refusal> {
        let asked = self.asked(&[mq::MQCA_Q_NAME, mq::MQIA_Q_TYPE])?;
        let name = asked.pattern(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?.to_owned();
        let kind = queue_kind(asked.integer(mq::MQIA_Q_TYPE)?)?;
        let object = kind.map(|kind| Object { kind, name });
        let rows = object.map(|object| self.engine.objects(self.user, &object, None)).unwrap_or_default();
        Ok(vec![vec![
            texts(pcf::MQCACF_Q_NAMES, &rows, QUEUE_NAME_BYTES),
            integers(pcf::MQIACF_Q_TYPES, rows.iter().map(|row| queue_type(row.kind)).collect()),
        ]])
    }

    fn queue_status(&self) -> Result<Responses, Refusal> {
        let asked = self.asked(&[mq::MQCA_Q_NAME, pcf::MQIACF_Q_STATUS_TYPE, pcf::MQIACF_Q_STATUS_ATTRS])?;
        let name = asked.pattern(mq::MQCA_Q_NAME, QUEUE_NAME_BYTES)?;
        let kind = asked.integer(pcf::MQIACF_Q_STATUS_TYPE)?.unwrap_or(pcf::MQIACF_Q_STATUS);
        let (subject, none) = match kind {
            pcf::MQIACF_Q_STATUS => (Subject::Queue, mq::MQRC_UNKNOWN_OBJECT_NAME),
            pcf::MQIACF_Q_HANDLE => (Subject::QueueHandle, pcf::MQRCCF_Q_STATUS_NOT_FOUND),
            _ => return Err(Refusal::at(pcf::MQRCCF_PARM_VALUE_ERROR, pcf::MQIACF_Q_STATUS_TYPE)),
        };
        let wanted = asked.selection(pcf::MQIACF_Q_STATUS_ATTRS)?;
        let states = self.states(subject, name, &asked)?;
        let response = |fields: &Fields| {
            let mut parameters = of(fields, &|selector| selector == mq::MQCA_Q_NAME);
            parameters.push(integer(pcf::MQIACF_Q_STATUS_TYPE, kind));
            parameters.extend(of(fields, &|selector| selector != mq::MQCA_Q_NAME && wanted(selector)));
            parameters
        };
        some(states.iter().map(response).collect(), none)
    }

    fn channels(&self) -> Result<Responses, Refusal> {
        let known = [pcf::MQCACH_CHANNEL_NAME, pcf::MQIACH_CHANNEL_TYPE, pcf::MQIACF_CHANNEL_ATTRS];
        let asked = self.asked(&known)?;
        let name = asked.pattern(pcf::MQCACH_CHANNEL_NAME, CHANNEL_NAME_BYTES)?;
        let wanted = asked.selection(pcf::MQIACF_CHANNEL_ATTRS)?;
        let filter = asked.filter(&[tables::CHANNEL])?;
        let object = Object { kind: Kind::Channel, name: name.to_owned() };
        let mut rows = self.engine.objects(self.user, &object, filter.as_ref());
        rows.retain(|_| is_server_connection(asked.integer(pcf::MQIACH_CHANNEL_TYPE).ok().flatten()));
        let response = |row: &Row| {
            let mut parameters = vec![
                text(pcf::MQCACH_CHANNEL_NAME, &row.name, CHANNEL_NAME_BYTES),
                integer(pcf::MQIACH_CHANNEL_TYPE, mq::MQCHT_SVRCONN),
            ];
            parameters.extend(of(&row.fields, &wanted));
            parameters
        };
        some(rows.iter().map(response).collect(), pcf::MQRCCF_CHANNEL_NOT_FOUND)
    }

    fn channel_names(&self) -> Result<Responses, Refusal> {
        let asked = self.asked(&[pcf::MQCACH_CHANNEL_NAME, pcf::MQIACH_CHANNEL_TYPE])?;
        let name = asked.pattern(pcf::MQCACH_CHANNEL_NAME, CHANNEL_NAME_BYTES)?.to_owned();
        let mut rows = self.engine.objects(self.user, &Object { kind: Kind::Channel, name }, None);
        let kind = asked.integer(pcf::MQIACH_CHANNEL_TYPE)?;
        rows.retain(|_| is_server_connection(kind));
        Ok(vec![vec![
            texts(pcf::MQCACH_CHANNEL_NAMES, &rows, CHANNEL_NAME_BYTES),
            integers(pcf::MQIACH_CHANNEL_TYPES, vec![mq::MQCHT_SVRCONN; rows.len()]),
        ]])
    }

    fn channel_status(&self) -> Result<Responses, Refusal> {
        let known =
            [pcf::MQCACH_CHANNEL_NAME, pcf::MQIACH_CHANNEL_INSTANCE_TYPE, pcf::MQIACH_CHANNEL_INSTANCE_ATTRS];
        let asked = self.asked(&known)?;
        let name = asked.pattern(pcf::MQCACH_CHANNEL_NAME, CHANNEL_NAME_BYTES)?;
        let wanted = asked.selection(pcf::MQIACH_CHANNEL_INSTANCE_ATTRS)?;
        let mut states = self.states(Subject::Channel, name, &asked)?;
        // Server connections have no saved status.
        let instances = asked.integer(pcf::MQIACH_CHANNEL_INSTANCE_TYPE)?;
        states.retain(|_| instances.is_none_or(|kind| kind == mq::MQOT_CURRENT_CHANNEL));
        let always = [pcf::MQCACH_CHANNEL_NAME, pcf::MQIACH_CHANNEL_TYPE, pcf::MQCACH_CONNECTION_NAME];
        let response =
            |fields: &Fields| of(fields, &|selector| always.contains(&selector) || wanted(selector));
        some(states.iter().map(response).collect(), pcf::MQRCCF_CHL_STATUS_NOT_FOUND)
    }

    fn connections(&self) -> Result<Responses, Refusal> {
        let known = [
            pcf::MQBACF_CONNECTION_ID,
            pcf::MQBACF_GENERIC_CONNECTION_ID,
            pcf::MQIACF_CONN_INFO_TYPE,
            pcf::MQIACF_CONNECTION_ATTRS,
        ];
        let asked = self.asked(&known)?;
        let id = asked.bytes(pcf::MQBACF_CONNECTION_ID)?;
        // The first bytes of an id; none stand for all.
        let generic = asked.bytes(pcf::MQBACF_GENERIC_CONNECTION_ID)?.unwrap_or_default();
        let wanted = asked.selection(pcf::MQIACF_CONNECTION_ATTRS)?;
        let kind = asked.integer(pcf::MQIACF_CONN_INFO_TYPE)?.unwrap_or(pcf::MQIACF_CONN_INFO_CONN);
        let subjects: &[(Subject, i32)] = match kind {
            pcf::MQIACF_CONN_INFO_CONN => &[(Subject::Connection, pcf::MQIACF_CONN_INFO_CONN)],
            pcf::MQIACF_CONN_INFO_HANDLE => &[(Subject::ConnectionHandle, pcf::MQIACF_CONN_INFO_HANDLE)],
            pcf::MQIACF_CONN_INFO_ALL => &[
                (Subject::Connection, pcf::MQIACF_CONN_INFO_CONN),
                (Subject::ConnectionHandle, pcf::MQIACF_CONN_INFO_HANDLE),
            ],
            _ => return Err(Refusal::at(pcf::MQRCCF_PARM_VALUE_ERROR, pcf::MQIACF_CONN_INFO_TYPE)),
        };
        let mut responses = Vec::new();
        for (subject, kind) in subjects {
            for fields in self.states(*subject, "*", &asked)? {
                let own = connection_id(&fields);
                if id.is_some_and(|id| id != own) || !own.starts_with(generic) {
                    continue;
                }
                let mut parameters = vec![
                    Parameter { id: pcf::MQBACF_CONNECTION_ID, content: Content::Bytes(own) },
                    integer(pcf::MQIACF_CONN_INFO_TYPE, *kind),
                ];
                parameters.extend(of(&fields, &|selector| {
                    selector != pcf::MQBACF_CONNECTION_ID && wanted(selector)
                }));
                responses.push(parameters);
            }
        }
        some(responses, if id.is_some() { pcf::MQRCCF_CONNECTION_ID_ERROR } else { pcf::MQRCCF_NONE_FOUND })
    }

    fn states(&self, subject: Subject, name: &str, asked: &Asked<'_>) -> Result<Vec<Fields>, Refusal> {
        let filter = asked.filter(&[subject.table()])?;
        let inquiry = Inquiry { subject, name: name.to_owned(), columns: Vec::new(), filter };
        self.engine.permits_status(self.user, subject).map_err(Refusal::of)?;
        Ok(self.engine.states(self.user, &inquiry))
    }
}

/// The attributes that are wanted, as parameters.
fn of(fields: &Fields, wanted: &dyn Fn(i32) -> bool) -> Vec<Parameter> {
    let wanted = fields.iter().filter(|(attribute, _)| attribute.selector > 0 && wanted(attribute.selector));
    wanted.map(|(attribute, value)| parameter(attribute, value)).collect()
}

fn parameter(attribute: &Attribute, value: &Value) -> Parameter {
    let id = attribute.selector;
    match value {
        // Lists of what a channel would agree to, in order.
        Value::Number(number) if [pcf::MQIACH_HDR_COMPRESSION, pcf::MQIACH_MSG_COMPRESSION].contains(&id) => {
            integers(id, vec![*number])
        }
        Value::Number(number) => integer(id, *number),
        Value::Text(value) => text(id, value, attribute.width()),
    }
}

/// The 24 bytes of a connection's id.
fn connection_id(fields: &Fields) -> Vec<u8> {
    let shown = |keyword: &str| fields.iter().find(|(attribute, _)| attribute.keyword == keyword);
    let digits: String = ["EXTCONN", "CONN"]
        .iter()
        .filter_map(|keyword| match shown(keyword) {
            Some((_, Value::Text(text))) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let pairs = digits.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

fn integer(id: i32, value: i32) -> Parameter {
    Parameter { id, content: Content::Integer(value) }
}

fn integers(id: i32, values: Vec<i32>) -> Parameter {
    Parameter { id, content: Content::Integers(values) }
}

/// Texts have a fixed width in responses, filled up with blanks.
fn text(id: i32, text: &str, width: usize) -> Parameter {
    Parameter { id, content: Content::Text(format!("{text:width$}")) }
}

fn texts(id: i32, rows: &[Row], width: usize) -> Parameter {
    let names = rows.iter().map(|row| format!("{:width$}", row.name)).collect();
    Parameter { id, content: Content::Texts(names) }
}

fn some(responses: Responses, none: i32) -> Result<Responses, Refusal> {
    if responses.is_empty() { Err(Refusal::of(none)) } else { Ok(responses) }
}

/// The kind of queue that a type stands for; none for the kinds that devqm does not have.
fn queue_kind(queue_type: Option<i32>) -> Result<Option<Kind>, Refusal> {
    Ok(Some(match queue_type {
        None | Some(mq::MQQT_ALL) => Kind::Queue,
        Some(mq::MQQT_LOCAL) => Kind::LocalQueue,
        Some(mq::MQQT_ALIAS) => Kind::AliasQueue,
        Some(mq::MQQT_MODEL) => Kind::ModelQueue,
        Some(mq::MQQT_REMOTE | mq::MQQT_CLUSTER) => return Ok(None),
        Some(_) => return Err(Refusal::at(pcf::MQRCCF_Q_TYPE_ERROR, mq::MQIA_Q_TYPE)),
    }))
}

fn queue_type(kind: Kind) -> i32 {
    match kind {
        Kind::AliasQueue => mq::MQQT_ALIAS,
        Kind::ModelQueue => mq::MQQT_MODEL,
        _ => mq::MQQT_LOCAL,
    }
}

fn is_server_connection(channel_type: Option<i32>) -> bool {
    channel_type.is_none_or(|kind| kind == mq::MQCHT_SVRCONN || kind == mq::MQCHT_ALL)
}

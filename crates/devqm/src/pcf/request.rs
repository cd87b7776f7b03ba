//! What a command's parameters say: each by its id and with the type that the command expects, and none that it does not know.

use libmqm_sys::{self as mq, pcf};

use super::wire::{Content, Malformed, Parameter};
use crate::mqsc::attribute::{Table, each};
use crate::mqsc::command::{Filter, Operator};
use crate::mqsc::words::is_name_character;

/// Why a command is not carried out: a reason code, and the parameter that is wrong where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: i32,
    pub(super) parameter: Option<i32>,
}

/// The parameters of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'p>(&'p [Parameter]);

impl Refusal {
    pub(super) fn of(reason: i32) -> Self {
        Self { reason, parameter: None }
    }

    pub(super) fn at(reason: i32, parameter: i32) -> Self {
        Self { reason, parameter: Some(parameter) }
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        let parameter = (malformed.parameter != 0).then_some(malformed.parameter);
        Self { reason: malformed.reason, parameter }
    }
}

impl<'p> Asked<'p> {
    /// The parameters, if all are among those that the command knows. One that filters is named by an attribute, and is not.
    pub(super) fn new(parameters: &'p [Parameter], known: &[i32]) -> Result<Self, Refusal> {
        for (index, parameter) in parameters.iter().enumerate() {
            let is_filter = matches!(parameter.content, Content::IntegerFilter(..) | Content::TextFilter(..));
            if !is_filter && !known.contains(&parameter.id) {
                return Err(Refusal::at(unknown(&parameter.content), parameter.id));
            }
            if parameters.iter().take(index).any(|before| before.id == parameter.id) {
                return Err(Refusal::at(duplicate(&parameter.content), parameter.id));
            }
        }
        Ok(Self(parameters))
    }

    fn content(&self, id: i32) -> Option<&'p Content> {
        self.0.iter().find(|parameter| parameter.id == id).map(|parameter| &parameter.content)
    }

    pub(super) fn integer(&self, id: i32) -> Result<Option<i32>, Refusal> {
        match self.content(id) {
            None => Ok(None),
            Some(Content::Integer(value)) => Ok(Some(*value)),
            Some(_) => Err(Refusal::at(pcf::MQRCCF_STRUCTURE_TYPE_ERROR, id)),
        }
    }

    /// A list, or one number instead of a list of one.
    pub(super) fn integers(&self, id: i32) -> Result<Option<Vec<i32>>, Refusal> {
        match self.content(id) {
            None => Ok(None),
            Some(Content::Integers(values)) => Ok(Some(values.clone())),
            Some(Content::Integer(value)) => Ok(Some(vec![*value])),
            Some(_) => Err(Refusal::at(pcf::MQRCCF_STRUCTURE_TYPE_ERROR, id)),
        }
    }

    pub(super) fn bytes(&self, id: i32) -> Result<Option<&'p [u8]>, Refusal> {
        match self.content(id) {
            None => Ok(None),
            Some(Content::Bytes(bytes)) => Ok(Some(bytes)),
            Some(_) => Err(Refusal::at(pcf::MQRCCF_STRUCTURE_TYPE_ERROR, id)),
        }
    }

    pub(super) fn text(&self, id: i32) -> Result<Option<&'p str>, Refusal> {
        match self.content(id) {
            None => Ok(None),
            Some(Content::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::at(pcf::MQRCCF_STRUCTURE_TYPE_ERROR, id)),
        }
    }

    /// The name of an object, or one that ends in `*`; needed.
    pub(super) fn pattern(&self, id: i32, bytes_max: usize) -> Result<&'p str, Refusal> {
        let text = self.text(id)?.ok_or(Refusal::at(missing(id), id))?;
        check_name(text.strip_suffix('*').unwrap_or(text), bytes_max)
            .ok_or(Refusal::at(wrong_name(id), id))?;
        if text.is_empty() { Err(Refusal::at(wrong_name(id), id)) } else { Ok(text) }
    }

    /// The name of one object; needed.
    pub(super) fn name(&self, id: i32, bytes_max: usize) -> Result<&'p str, Refusal> {
        let text = self.pattern(id, bytes_max)?;
        if text.ends_with('*') { Err(Refusal::at(wrong_name(id), id)) } else { Ok(text) }
    }

    /// Which attributes are asked for by the list of this id: all where there is no list.
    pub(super) fn selection(&self, id: i32) -> Result<impl Fn(i32) -> bool + use<>, Refusal> {
        let list = self.integers(id)?.filter(|list| !list.contains(&pcf::MQIACF_ALL));
        Ok(move |selector: i32| list.as_ref().is_none_or(|list| list.contains(&selector)))
    }

    /// The filter, if there is one; at most one is taken, as in MQ.
    pub(super) fn filter(&self, tables: &[Table]) -> Result<Option<Filter>, Refusal> {
        let mut filters = self.0.iter().filter_map(|parameter| match &parameter.content {
            Content::IntegerFilter(operator, value) => {
                Some((parameter.id, *operator, value.to_string(), pcf::MQRCCF_CFIF_PARM_ID_ERROR))
            }
            Content::TextFilter(operator, value) => {
                Some((parameter.id, *operator, value.clone(), pcf::MQRCCF_CFSF_PARM_ID_ERROR))
            }
            _ => None,
        });
        let Some((id, operator, value, unknown)) = filters.next() else {
            return Ok(None);
        };
        if filters.next().is_some() {
            return Err(Refusal::at(pcf::MQRCCF_PARM_CONFLICT, id));
        }
        let mut attributes = tables.iter().flat_map(|table| each(table));
        let attribute =
            attributes.find(|attribute| attribute.selector == id).ok_or(Refusal::at(unknown, id))?;
        let operator = operator_of(operator).ok_or(Refusal::at(pcf::MQRCCF_CFIF_OPERATOR_ERROR, id))?;
        Ok(Some(Filter { keyword: attribute.keyword.to_owned(), operator, value }))
    }
}

/// None where the text is no name; blank is one.
pub(super) fn check_name(text: &str, bytes_max: usize) -> Option<()> {
    (text.len() <= bytes_max && text.chars().all(is_name_character)).then_some(())
}

/// What to say of a parameter that a command does not know.
pub(super) fn unknown(content: &Content) -> i32 {
    match content {
        Content::Integer(_) => pcf::MQRCCF_CFIN_PARM_ID_ERROR,
        Content::Integers(_) => pcf::MQRCCF_CFIL_PARM_ID_ERROR,
        Content::Text(_) => pcf::MQRCCF_CFST_PARM_ID_ERROR,
        Content::Texts(_) => pcf::MQRCCF_CFSL_PARM_ID_ERROR,
        Content::Bytes(_) => pcf::MQRCCF_CFBS_PARM_ID_ERROR,
        Content::IntegerFilter(..) => pcf::MQRCCF_CFIF_PARM_ID_ERROR,
        Content::TextFilter(..) => pcf::MQRCCF_CFSF_PARM_ID_ERROR,
        Content::Other(_) => pcf::MQRCCF_STRUCTURE_TYPE_ERROR,
    }
}

fn duplicate(content: &Content) -> i32 {
    match content {
        Content::Text(_) => pcf::MQRCCF_CFST_DUPLICATE_PARM,
        Content::Texts(_) => pcf::MQRCCF_CFSL_DUPLICATE_PARM,
        Content::Bytes(_) => pcf::MQRCCF_CFBS_DUPLICATE_PARM,
        _ => pcf::MQRCCF_CFIN_DUPLICATE_PARM,
    }
}

fn operator_of(number: i32) -> Option<Operator> {
    Some(match number {
        pcf::MQCFOP_LESS => Operator::Less,
        pcf::MQCFOP_EQUAL => Operator::Equal,
        pcf::MQCFOP_NOT_GREATER => Operator::LessOrEqual,
        pcf::MQCFOP_GREATER => Operator::Greater,
        pcf::MQCFOP_NOT_EQUAL => Operator::NotEqual,
        pcf::MQCFOP_NOT_LESS => Operator::GreaterOrEqual,
        pcf::MQCFOP_LIKE => Operator::Like,
        pcf::MQCFOP_NOT_LIKE => Operator::NotLike,
        _ => return None,
    })
}

/// A needed parameter that is not there counts as too few of them, by MQ's rules.
fn missing(id: i32) -> i32 {
    match id {
        mq::MQCA_Q_NAME | pcf::MQCACH_CHANNEL_NAME => pcf::MQRCCF_PARM_COUNT_TOO_SMALL,
        _ => pcf::MQRCCF_PARM_MISSING,
    }
}

fn wrong_name(id: i32) -> i32 {
    if id == pcf::MQCACH_CHANNEL_NAME {
        pcf::MQRCCF_CHANNEL_NAME_ERROR
    } else {
        pcf::MQRCCF_OBJECT_NAME_ERROR
    }
}

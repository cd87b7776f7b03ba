//! DISPLAY QSTATUS, CONN, CHSTATUS and QMSTATUS: what can be asked about the state of objects, and by which words.

use libmqm_sys::{self as mq, MQLONG, pcf};

use super::attribute::{Attribute, Effect, Kind, Table};
use super::command::{Filter, filter_of};
use super::words::{Error, Word};

/// What a DISPLAY of state asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Whose state.
    pub subject: Subject,
    /// The name, or a connection's id; may end in `*`.
    pub name: String,
    /// The attributes asked for by name; empty for the usual ones.
    pub columns: Vec<String>,
    /// WHERE.
    pub filter: Option<Filter>,
}

/// Whose state is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the subjects are MQSC's: QSTATUS of both TYPEs, CONN of both TYPEs, CHSTATUS, QMSTATUS"
)]
pub enum Subject {
    Queue,
    QueueHandle,
    Connection,
    ConnectionHandle,
    Channel,
    QueueManager,
}

impl Subject {
    /// The subject of a word after DISPLAY.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "QSTATUS" | "QS" => Subject::Queue,
            "CONN" => Subject::Connection,
            "CHSTATUS" | "CHS" => Subject::Channel,
            "QMSTATUS" => Subject::QueueManager,
            _ => return None,
        })
    }

    /// The attributes, the first of which names what the state is of.
    pub fn table(self) -> Table {
        static TABLES: [Table; 6] = [
            &[NAMED_QUEUE, QUEUE],
            &[NAMED_QUEUE, HOLDER, HANDLE],
            &[NAMED_CONNECTION, HOLDER, UNIT],
            &[NAMED_CONNECTION, OBJECT, HANDLE],
            &[NAMED_CHANNEL, CHANNEL],
            &[NAMED_QUEUE_MANAGER, QUEUE_MANAGER],
        ];
        let [queue, queue_handle, connection, connection_handle, channel, queue_manager] = TABLES;
        match self {
            Subject::Queue => queue,
            Subject::QueueHandle => queue_handle,
            Subject::Connection => connection,
            Subject::ConnectionHandle => connection_handle,
            Subject::Channel => channel,
            Subject::QueueManager => queue_manager,
        }
    }

    fn with_type(self, word: &Word) -> Result<Self, Error> {
        let asked = word.value.as_ref().map_or("", |value| value.text.as_str());
        match (self, asked) {
            (Subject::Queue, "QUEUE") | (Subject::Connection, "CONN") => Ok(self),
            (Subject::Queue, "HANDLE") => Ok(Subject::QueueHandle),
            (Subject::Connection, "HANDLE") => Ok(Subject::ConnectionHandle),
            (Subject::Queue, _) => Err(wrong(word, "TYPE is QUEUE or HANDLE")),
            (Subject::Connection, _) => Err(wrong(word, "TYPE is CONN or HANDLE")),
            _ => Err(wrong(word, "there is no such word here")),
        }
    }
}

/// Reads what follows DISPLAY and its subject.
///
/// # Errors
/// What is wrong, on the line of the offending word.
pub(super) fn read(subject: Subject, target: &Word, rest: &[Word]) -> Result<Inquiry, Error> {
    let name = target.value.as_ref().map_or("", |value| value.text.trim_end());
    if name.is_empty() && subject != Subject::QueueManager {
        return Err(wrong(target, "a name or * is needed in parentheses"));
    }
    let mut inquiry = Inquiry { subject, name: name.to_owned(), columns: Vec::new(), filter: None };
    if let Some(word) = rest.iter().find(|word| word.keyword == "TYPE") {
        inquiry.subject = subject.with_type(word)?;
    }
    for word in rest.iter().filter(|word| word.keyword != "TYPE") {
        match (word.keyword.as_str(), &word.value) {
            ("ALL", None) => {}
            ("WHERE", Some(value)) => {
                let filter = filter_of(&value.text, |keyword| column(inquiry.subject, keyword));
                inquiry.filter = Some(filter.map_err(|what| Error { line: word.line, what })?);
            }
            (keyword, None) => {
                let column = column(inquiry.subject, keyword);
                inquiry.columns.push(column.map_err(|what| Error { line: word.line, what })?);
            }
            _ => return Err(wrong(word, "DISPLAY takes no value here")),
        }
    }
    Ok(inquiry)
}

fn column(subject: Subject, keyword: &str) -> Result<String, String> {
    let mut known = super::attribute::each(subject.table());
    let found = known.find(|attribute| attribute.goes_by(keyword));
    let found = found.ok_or_else(|| format!("{keyword} is not one of the words here that devqm knows"))?;
    Ok(found.keyword.to_owned())
}

fn wrong(word: &Word, what: &str) -> Error {
    Error { line: word.line, what: format!("{word}: {what}") }
}

const fn shown(keyword: &'static str, selector: MQLONG, kind: Kind) -> Attribute {
    Attribute { keyword, selector, kind, default: "", effect: Effect::Shown }
}

const COUNT: Kind = Kind::Number(0, i32::MAX);
const YES_NO: Kind = Kind::Choice(&[("NO", pcf::MQQSO_NO), ("YES", pcf::MQQSO_YES)]);
const DATE: Kind = Kind::Text(12);
const TIME: Kind = Kind::Text(8);

static NAMED_QUEUE: &[Attribute] = &[shown("QUEUE", mq::MQCA_Q_NAME, Kind::Name(48))];
/// The last 8 bytes of a connection's id, in hexadecimal; the first 16 are EXTCONN.
static NAMED_CONNECTION: &[Attribute] =
    &[shown("CONN", pcf::MQBACF_CONNECTION_ID, Kind::Text(16)), shown("EXTCONN", 0, Kind::Text(32))];
static NAMED_CHANNEL: &[Attribute] = &[shown("CHANNEL", pcf::MQCACH_CHANNEL_NAME, Kind::Name(20))];
static NAMED_QUEUE_MANAGER: &[Attribute] = &[shown("QMNAME", mq::MQCA_Q_MGR_NAME, Kind::Name(48))];

static QUEUE: &[Attribute] = &[
    shown("CURDEPTH", mq::MQIA_CURRENT_Q_DEPTH, COUNT),
    shown("IPPROCS", mq::MQIA_OPEN_INPUT_COUNT, COUNT),
    shown("OPPROCS", mq::MQIA_OPEN_OUTPUT_COUNT, COUNT),
    // Nothing is monitored: the dates of the last get and put are blank, as they are on a queue with MONQ(OFF).
    shown("LGETDATE", pcf::MQCACF_LAST_GET_DATE, DATE),
    shown("LGETTIME", pcf::MQCACF_LAST_GET_TIME, TIME),
    shown("LPUTDATE", pcf::MQCACF_LAST_PUT_DATE, DATE),
    shown("LPUTTIME", pcf::MQCACF_LAST_PUT_TIME, TIME),
    shown("MONQ", mq::MQIA_MONITORING_Q, Kind::Choice(&[("OFF", mq::MQMON_OFF)])),
    shown("UNCOM", pcf::MQIACF_UNCOMMITTED_MSGS, COUNT),
];

/// Who has something open.
static HOLDER: &[Attribute] = &[
    shown("APPLTAG", pcf::MQCACF_APPL_TAG, Kind::Text(28)),
    shown(
        "APPLTYPE",
        mq::MQIA_APPL_TYPE,
        Kind::Choice(&[("SYSTEM", mq::MQAT_QMGR), ("USER", mq::MQAT_USER)]),
    ),
    shown("CHANNEL", pcf::MQCACH_CHANNEL_NAME, Kind::Name(20)),
    shown("CONNAME", pcf::MQCACH_CONNECTION_NAME, Kind::Text(264)),
    shown("USERID", pcf::MQCACF_USER_IDENTIFIER, Kind::Text(64)),
];

/// What a handle is open on.
static OBJECT: &[Attribute] = &[
    shown("OBJNAME", pcf::MQCACF_OBJECT_NAME, Kind::Name(48)),
    shown(
        "OBJTYPE",
        pcf::MQIACF_OBJECT_TYPE,
        Kind::Choice(&[("QUEUE", mq::MQOT_Q), ("QMGR", mq::MQOT_Q_MGR)]),
    ),
];

/// What a handle is open for.
static HANDLE: &[Attribute] = &[
    shown("BROWSE", pcf::MQIACF_OPEN_BROWSE, YES_NO),
    shown("HSTATE", pcf::MQIACF_HANDLE_STATE, HANDLE_STATE),
    shown("INPUT", pcf::MQIACF_OPEN_INPUT_TYPE, INPUT),
    shown("INQUIRE", pcf::MQIACF_OPEN_INQUIRE, YES_NO),
    shown("OPENOPTS", pcf::MQIACF_OPEN_OPTIONS, COUNT),
    shown("OUTPUT", pcf::MQIACF_OPEN_OUTPUT, YES_NO),
    shown("SET", pcf::MQIACF_OPEN_SET, YES_NO),
];

const HANDLE_STATE: Kind =
    Kind::Choice(&[("INACTIVE", pcf::MQHSTATE_INACTIVE), ("ACTIVE", pcf::MQHSTATE_ACTIVE)]);
const INPUT: Kind =
    Kind::Choice(&[("NO", pcf::MQQSO_NO), ("SHARED", pcf::MQQSO_SHARED), ("EXCL", pcf::MQQSO_EXCLUSIVE)]);

/// What a connection's unit of work is.
static UNIT: &[Attribute] = &[
    shown("UOWSTATE", pcf::MQIACF_UOW_STATE, UNIT_STATE),
    shown("URTYPE", pcf::MQIACF_UOW_TYPE, Kind::Choice(&[("QMGR", pcf::MQUOWT_Q_MGR)])),
];

const UNIT_STATE: Kind = Kind::Choice(&[("NONE", pcf::MQUOWST_NONE), ("ACTIVE", pcf::MQUOWST_ACTIVE)]);

static CHANNEL: &[Attribute] = &[
    shown("CHLTYPE", pcf::MQIACH_CHANNEL_TYPE, Kind::Choice(&[("SVRCONN", mq::MQCHT_SVRCONN)])),
    shown("CONNAME", pcf::MQCACH_CONNECTION_NAME, Kind::Text(264)),
    shown(
        "CURRENT",
        pcf::MQIACH_CHANNEL_INSTANCE_TYPE,
        Kind::Switch(&[("CURRENT", mq::MQOT_CURRENT_CHANNEL)]),
    ),
    shown("STATUS", pcf::MQIACH_CHANNEL_STATUS, Kind::Choice(&[("RUNNING", pcf::MQCHS_RUNNING)])),
    shown("SUBSTATE", pcf::MQIACH_CHANNEL_SUBSTATE, Kind::Choice(&[("RECEIVE", pcf::MQCHSSTATE_RECEIVING)])),
    shown("CHSTADA", pcf::MQCACH_CHANNEL_START_DATE, DATE),
    shown("CHSTATI", pcf::MQCACH_CHANNEL_START_TIME, TIME),
    shown("CURSHCNV", pcf::MQIACH_CURRENT_SHARING_CONVS, COUNT),
    shown("MCAUSER", pcf::MQCACH_MCA_USER_ID, Kind::Text(64)),
    shown("RAPPLTAG", pcf::MQCACH_REMOTE_APPL_TAG, Kind::Text(28)),
];

static QUEUE_MANAGER: &[Attribute] = &[
    shown("STATUS", pcf::MQIACF_Q_MGR_STATUS, Kind::Choice(&[("RUNNING", pcf::MQQMSTA_RUNNING)])),
    shown("CHINIT", pcf::MQIACF_CHINIT_STATUS, Kind::Choice(&[("RUNNING", mq::MQSVC_STATUS_RUNNING)])),
    shown("CMDSERV", pcf::MQIACF_CMD_SERVER_STATUS, Kind::Choice(&[("RUNNING", mq::MQSVC_STATUS_RUNNING)])),
    shown("CONNS", pcf::MQIACF_CONNECTION_COUNT, COUNT),
    shown("STANDBY", pcf::MQIACF_PERMIT_STANDBY, Kind::Choice(&[("NOPERMIT", pcf::MQSTDBY_NOT_PERMITTED)])),
    shown("STARTDA", pcf::MQCACF_Q_MGR_START_DATE, DATE),
    shown("STARTTI", pcf::MQCACF_Q_MGR_START_TIME, TIME),
];

//! The attributes that devqm's objects have. An attribute that changes what messages do is either honoured or bound to
//! its default, so that an MQSC file never asks for something that silently does not happen.

use libmqm_sys::{self as mq, MQLONG};

use super::attribute::{Attribute, Effect, Kind, Table};

/// The highest sensible number for a count that MQ leaves unbounded.
const UNBOUNDED: i32 = 999_999_999;
/// MQ's own maximum for a message, in bytes.
const MESSAGE_BYTES_MAX: i32 = 104_857_600;

/// Local queues.
pub static LOCAL: Table = &[QUEUE, STORED, COUNTED];
/// Alias queues.
pub static ALIAS: Table = &[QUEUE, ALIASED];
/// Model queues.
pub static MODEL: Table = &[QUEUE, STORED, MODELLED];
/// Server-connection channels.
pub static CHANNEL: Table = &[SVRCONN];
/// Topics.
pub static TOPIC: Table = &[TOPICS];
/// Durable subscriptions.
pub static SUBSCRIPTION: Table = &[SUBSCRIPTIONS];
/// The queue manager.
pub static QUEUE_MANAGER: Table = &[QMGR];

const fn kept(keyword: &'static str, selector: MQLONG, kind: Kind, default: &'static str) -> Attribute {
    Attribute { keyword, selector, kind, default, effect: Effect::Kept }
}

const fn only(keyword: &'static str, selector: MQLONG, kind: Kind, default: &'static str) -> Attribute {
    Attribute { keyword, selector, kind, default, effect: Effect::DefaultOnly }
}

const fn shown(keyword: &'static str, selector: MQLONG, kind: Kind) -> Attribute {
    Attribute { keyword, selector, kind, default: "", effect: Effect::Shown }
}

const INHIBIT: Kind = Kind::Choice(&[("ENABLED", 0), ("DISABLED", 1)]);
const YES_NO: Kind = Kind::Choice(&[("NO", 0), ("YES", 1)]);
const SWITCHED: Kind = Kind::Choice(&[("DISABLED", 0), ("ENABLED", 1)]);
const LEVEL: Kind = Kind::Choice(&[
    ("QMGR", mq::MQMON_Q_MGR),
    ("OFF", mq::MQMON_OFF),
    ("ON", mq::MQMON_ON),
    ("NONE", mq::MQMON_NONE),
    ("LOW", mq::MQMON_LOW),
    ("MEDIUM", mq::MQMON_MEDIUM),
    ("HIGH", mq::MQMON_HIGH),
]);
const COUNT: Kind = Kind::Number(0, UNBOUNDED);
const PERCENT: Kind = Kind::Number(0, 100);

/// What every queue has.
static QUEUE: &[Attribute] = &[
    shown("ALTDATE", mq::MQCA_ALTERATION_DATE, Kind::Text(12)),
    shown("ALTTIME", mq::MQCA_ALTERATION_TIME, Kind::Text(8)),
    only("CLUSNL", mq::MQCA_CLUSTER_NAMELIST, Kind::Name(48), ""),
    only("CLUSTER", mq::MQCA_CLUSTER_NAME, Kind::Name(48), ""),
    kept("CLWLPRTY", mq::MQIA_CLWL_Q_PRIORITY, Kind::Number(0, 9), "0"),
    kept("CLWLRANK", mq::MQIA_CLWL_Q_RANK, Kind::Number(0, 9), "0"),
    only("CUSTOM", mq::MQCA_CUSTOM, Kind::Text(128), ""),
    kept("DEFBIND", mq::MQIA_DEF_BIND, Kind::Choice(&[("OPEN", 0), ("NOTFIXED", 1), ("GROUP", 2)]), "OPEN"),
    kept("DEFPRTY", mq::MQIA_DEF_PRIORITY, Kind::Number(0, 9), "0"),
    kept("DEFPSIST", mq::MQIA_DEF_PERSISTENCE, YES_NO, "NO"),
    only("DEFPRESP", mq::MQIA_DEF_PUT_RESPONSE_TYPE, Kind::Choice(&[("SYNC", 1), ("ASYNC", 2)]), "SYNC"),
    only("DEFREADA", mq::MQIA_DEF_READ_AHEAD, Kind::Choice(&[("NO", 0), ("YES", 1), ("DISABLED", 3)]), "NO"),
    kept("DESCR", mq::MQCA_Q_DESC, Kind::Text(64), ""),
    kept("GET", mq::MQIA_INHIBIT_GET, INHIBIT, "ENABLED"),
    kept("PROPCTL", mq::MQIA_PROPERTY_CONTROL, PROPERTY_CONTROL, "COMPAT"),
    kept("PUT", mq::MQIA_INHIBIT_PUT, INHIBIT, "ENABLED"),
    only("SCOPE", mq::MQIA_SCOPE, Kind::Choice(&[("QMGR", 1), ("CELL", 2)]), "QMGR"),
];

const PROPERTY_CONTROL: Kind =
    Kind::Choice(&[("COMPAT", 0), ("NONE", 1), ("ALL", 2), ("FORCE", 3), ("V6COMPAT", 4)]);

/// What queues have that hold messages, or are the model of one that does.
static STORED: &[Attribute] = &[
    kept("ACCTQ", mq::MQIA_ACCOUNTING_Q, LEVEL, "QMGR"),
    kept("BOQNAME", mq::MQCA_BACKOUT_REQ_Q_NAME, Kind::Name(48), ""),
    kept("BOTHRESH", mq::MQIA_BACKOUT_THRESHOLD, COUNT, "0"),
    only("CAPEXPRY", mq::MQIA_CAP_EXPIRY, Kind::Choice(&[("NOLIMIT", -1)]), "NOLIMIT"),
    shown("CRDATE", mq::MQCA_CREATION_DATE, Kind::Text(12)),
    shown("CRTIME", mq::MQCA_CREATION_TIME, Kind::Text(8)),
    kept("DEFSOPT", mq::MQIA_DEF_INPUT_OPEN_OPTION, Kind::Choice(&[("SHARED", 2), ("EXCL", 4)]), "SHARED"),
    only("DISTL", mq::MQIA_DIST_LISTS, YES_NO, "NO"),
    // IBM MQ counts backouts across restarts whatever this says on everything but z/OS; so does devqm.
    kept(
        "HARDENBO",
        mq::MQIA_HARDEN_GET_BACKOUT,
        Kind::Switch(&[("NOHARDENBO", 0), ("HARDENBO", 1)]),
        "NOHARDENBO",
    ),
    kept(
        "IMGRCOVQ",
        mq::MQIA_MEDIA_IMAGE_RECOVER_Q,
        Kind::Choice(&[("QMGR", 2), ("NO", 0), ("YES", 1)]),
        "QMGR",
    ),
    kept("INITQ", mq::MQCA_INITIATION_Q_NAME, Kind::Name(48), ""),
    kept("MAXDEPTH", mq::MQIA_MAX_Q_DEPTH, COUNT, "5000"),
    only("MAXFSIZE", mq::MQIA_MAX_Q_FILE_SIZE, Kind::Choice(&[("DEFAULT", -1)]), "DEFAULT"),
    kept("MAXMSGL", mq::MQIA_MAX_MSG_LENGTH, Kind::Number(0, MESSAGE_BYTES_MAX), "4194304"),
    kept("MONQ", mq::MQIA_MONITORING_Q, LEVEL, "QMGR"),
    kept(
        "MSGDLVSQ",
        mq::MQIA_MSG_DELIVERY_SEQUENCE,
        Kind::Choice(&[("PRIORITY", 0), ("FIFO", 1)]),
        "PRIORITY",
    ),
    only("NPMCLASS", mq::MQIA_NPM_CLASS, Kind::Choice(&[("NORMAL", 0), ("HIGH", 10)]), "NORMAL"),
    kept("PROCESS", mq::MQCA_PROCESS_NAME, Kind::Name(48), ""),
    // Events need PERFMEV on the queue manager, which is bound to DISABLED: the thresholds only describe.
    kept("QDEPTHHI", mq::MQIA_Q_DEPTH_HIGH_LIMIT, PERCENT, "80"),
    kept("QDEPTHLO", mq::MQIA_Q_DEPTH_LOW_LIMIT, PERCENT, "20"),
    kept("QDPHIEV", mq::MQIA_Q_DEPTH_HIGH_EVENT, SWITCHED, "DISABLED"),
    kept("QDPLOEV", mq::MQIA_Q_DEPTH_LOW_EVENT, SWITCHED, "DISABLED"),
    kept("QDPMAXEV", mq::MQIA_Q_DEPTH_MAX_EVENT, SWITCHED, "ENABLED"),
    kept("QSVCIEV", mq::MQIA_Q_SERVICE_INTERVAL_EVENT, SERVICE_EVENT, "NONE"),
    kept("QSVCINT", mq::MQIA_Q_SERVICE_INTERVAL, COUNT, "999999999"),
    kept("RETINTVL", mq::MQIA_RETENTION_INTERVAL, COUNT, "999999999"),
    kept("SHARE", mq::MQIA_SHAREABILITY, Kind::Switch(&[("NOSHARE", 0), ("SHARE", 1)]), "SHARE"),
    kept("STATQ", mq::MQIA_STATISTICS_Q, LEVEL, "QMGR"),
    only("STREAMQ", mq::MQCA_STREAM_QUEUE_NAME, Kind::Name(48), ""),
    kept("STRMQOS", mq::MQIA_STREAM_QUEUE_QOS, Kind::Choice(&[("BESTEF", 0), ("MUSTDUP", 1)]), "BESTEF"),
    kept("TRIGDATA", mq::MQCA_TRIGGER_DATA, Kind::Text(64), ""),
    kept("TRIGDPTH", mq::MQIA_TRIGGER_DEPTH, Kind::Number(1, UNBOUNDED), "1"),
    only("TRIGGER", mq::MQIA_TRIGGER_CONTROL, Kind::Switch(&[("NOTRIGGER", 0), ("TRIGGER", 1)]), "NOTRIGGER"),
    kept("TRIGMPRI", mq::MQIA_TRIGGER_MSG_PRIORITY, Kind::Number(0, 9), "0"),
    kept("TRIGTYPE", mq::MQIA_TRIGGER_TYPE, TRIGGER_TYPE, "FIRST"),
    only("USAGE", mq::MQIA_USAGE, Kind::Choice(&[("NORMAL", 0), ("XMITQ", 1)]), "NORMAL"),
];

const SERVICE_EVENT: Kind = Kind::Choice(&[("NONE", 0), ("HIGH", 1), ("OK", 2)]);
const TRIGGER_TYPE: Kind = Kind::Choice(&[("NONE", 0), ("FIRST", 1), ("EVERY", 2), ("DEPTH", 3)]);

/// What only a queue that holds messages has.
static COUNTED: &[Attribute] = &[
    shown("CURDEPTH", mq::MQIA_CURRENT_Q_DEPTH, COUNT),
    shown("DEFTYPE", mq::MQIA_DEFINITION_TYPE, DEFINITION_TYPE),
    shown("IPPROCS", mq::MQIA_OPEN_INPUT_COUNT, COUNT),
    shown("OPPROCS", mq::MQIA_OPEN_OUTPUT_COUNT, COUNT),
];

const DEFINITION_TYPE: Kind = Kind::Choice(&[("PREDEFINED", 1), ("PERMDYN", 2), ("TEMPDYN", 3)]);

/// What only a model queue has.
static MODELLED: &[Attribute] =
    &[kept("DEFTYPE", mq::MQIA_DEFINITION_TYPE, Kind::Choice(&[("PERMDYN", 2), ("TEMPDYN", 3)]), "TEMPDYN")];

/// What only an alias queue has.
static ALIASED: &[Attribute] = &[
    kept("TARGET", mq::MQCA_BASE_Q_NAME, Kind::Name(48), ""),
    only("TARGTYPE", mq::MQIA_BASE_TYPE, Kind::Choice(&[("QUEUE", 1), ("TOPIC", 8)]), "QUEUE"),
];

/// Selectors are those of PCF: MQINQ knows no channels.
static SVRCONN: &[Attribute] = &[
    shown("ALTDATE", mq::MQCA_ALTERATION_DATE, Kind::Text(12)),
    shown("ALTTIME", mq::MQCA_ALTERATION_TIME, Kind::Text(8)),
    only("CERTLABL", mq::MQCA_CERT_LABEL, Kind::Text(64), ""),
    only("COMPHDR", mq::pcf::MQIACH_HDR_COMPRESSION, Kind::Choice(&[("NONE", 0), ("SYSTEM", 8)]), "NONE"),
    only("COMPMSG", mq::pcf::MQIACH_MSG_COMPRESSION, Kind::Choice(&[("NONE", 0)]), "NONE"),
    kept("DESCR", mq::pcf::MQCACH_DESC, Kind::Text(64), ""),
    only("DISCINT", mq::pcf::MQIACH_DISC_INTERVAL, COUNT, "0"),
    kept("HBINT", mq::pcf::MQIACH_HB_INTERVAL, Kind::Number(0, 999_999), "300"),
    kept("KAINT", mq::pcf::MQIACH_KEEP_ALIVE_INTERVAL, Kind::Choice(&[("AUTO", -1)]), "AUTO"),
    kept("MAXINST", mq::pcf::MQIACH_MAX_INSTANCES, COUNT, "999999999"),
    only("MAXINSTC", mq::pcf::MQIACH_MAX_INSTS_PER_CLIENT, COUNT, "999999999"),
    kept("MAXMSGL", mq::pcf::MQIACH_MAX_MSG_LENGTH, Kind::Number(0, MESSAGE_BYTES_MAX), "4194304"),
    kept("MCAUSER", mq::pcf::MQCACH_MCA_USER_ID, Kind::Text(64), ""),
    kept("MONCHL", mq::MQIA_MONITORING_CHANNEL, LEVEL, "QMGR"),
    only("RCVDATA", mq::pcf::MQCACH_RCV_EXIT_USER_DATA, Kind::Text(32), ""),
    only("RCVEXIT", mq::pcf::MQCACH_RCV_EXIT_NAME, Kind::Text(128), ""),
    only("SCYDATA", mq::pcf::MQCACH_SEC_EXIT_USER_DATA, Kind::Text(32), ""),
    only("SCYEXIT", mq::pcf::MQCACH_SEC_EXIT_NAME, Kind::Text(128), ""),
    only("SENDDATA", mq::pcf::MQCACH_SEND_EXIT_USER_DATA, Kind::Text(32), ""),
    only("SENDEXIT", mq::pcf::MQCACH_SEND_EXIT_NAME, Kind::Text(128), ""),
    kept("SHARECNV", mq::pcf::MQIACH_SHARING_CONVERSATIONS, COUNT, "10"),
    kept(
        "SSLCAUTH",
        mq::pcf::MQIACH_SSL_CLIENT_AUTH,
        Kind::Choice(&[("OPTIONAL", 1), ("REQUIRED", 0)]),
        "REQUIRED",
    ),
    kept("SSLCIPH", mq::pcf::MQCACH_SSL_CIPHER_SPEC, Kind::CipherSpec, ""),
    only("SSLPEER", mq::pcf::MQCACH_SSL_PEER_NAME, Kind::Text(1024), ""),
    kept("TRPTYPE", mq::pcf::MQIACH_XMIT_PROTOCOL_TYPE, Kind::Choice(&[("TCP", 2)]), "TCP"),
];

static QMGR: &[Attribute] = &[
    only("ACCTCONO", mq::MQIA_ACCOUNTING_CONN_OVERRIDE, SWITCHED, "DISABLED"),
    kept("ACCTINT", mq::MQIA_ACCOUNTING_INTERVAL, Kind::Number(0, 604_800), "1800"),
    only("ACCTMQI", mq::MQIA_ACCOUNTING_MQI, OFF_ON, "OFF"),
    only("ACCTQ", mq::MQIA_ACCOUNTING_Q, LEVEL, "OFF"),
    only("ACTIVREC", mq::MQIA_ACTIVITY_RECORDING, RECORDING, "MSG"),
    only("ACTVTRC", mq::MQIA_ACTIVITY_TRACE, OFF_ON, "OFF"),
    shown("ALTDATE", mq::MQCA_ALTERATION_DATE, Kind::Text(12)),
    shown("ALTTIME", mq::MQCA_ALTERATION_TIME, Kind::Text(8)),
    only("AUTHOREV", mq::MQIA_AUTHORITY_EVENT, SWITCHED, "DISABLED"),
    kept("CCSID", mq::MQIA_CODED_CHAR_SET_ID, Kind::Number(1, 65535), "1208"),
    only("CERTLABL", mq::MQCA_CERT_LABEL, Kind::Text(64), ""),
    only("CHAD", mq::MQIA_CHANNEL_AUTO_DEF, SWITCHED, "DISABLED"),
    only("CHADEV", mq::MQIA_CHANNEL_AUTO_DEF_EVENT, SWITCHED, "DISABLED"),
    only("CHADEXIT", mq::MQCA_CHANNEL_AUTO_DEF_EXIT, Kind::Text(128), ""),
    kept("CHLAUTH", mq::MQIA_CHLAUTH_RECORDS, SWITCHED, "ENABLED"),
    only("CHLEV", mq::MQIA_CHANNEL_EVENT, SWITCHED, "DISABLED"),
    only("CLWLDATA", mq::MQCA_CLUSTER_WORKLOAD_DATA, Kind::Text(32), ""),
    only("CLWLEXIT", mq::MQCA_CLUSTER_WORKLOAD_EXIT, Kind::Text(128), ""),
    kept("CLWLLEN", mq::MQIA_CLUSTER_WORKLOAD_LENGTH, COUNT, "100"),
    kept("CLWLMRUC", mq::MQIA_CLWL_MRU_CHANNELS, COUNT, "999999999"),
    only("CLWLUSEQ", mq::MQIA_CLWL_USEQ, Kind::Choice(&[("LOCAL", 0), ("ANY", 1)]), "LOCAL"),
    only("CMDEV", mq::MQIA_COMMAND_EVENT, SWITCHED, "DISABLED"),
    shown("CMDLEVEL", mq::MQIA_COMMAND_LEVEL, COUNT),
    shown("COMMANDQ", mq::MQCA_COMMAND_INPUT_Q_NAME, Kind::Name(48)),
    only("CONFIGEV", mq::MQIA_CONFIGURATION_EVENT, SWITCHED, "DISABLED"),
    only("CUSTOM", mq::MQCA_CUSTOM, Kind::Text(128), ""),
    kept("DEADQ", mq::MQCA_DEAD_LETTER_Q_NAME, Kind::Name(48), ""),
    only("DEFCLXQ", mq::MQIA_DEF_CLUSTER_XMIT_Q_TYPE, Kind::Choice(&[("SCTQ", 0), ("CHANNEL", 1)]), "SCTQ"),
    only("DEFXMITQ", mq::MQCA_DEF_XMIT_Q_NAME, Kind::Name(48), ""),
    kept("DESCR", mq::MQCA_Q_MGR_DESC, Kind::Text(64), ""),
    shown("DISTL", mq::MQIA_DIST_LISTS, YES_NO),
    only("INHIBTEV", mq::MQIA_INHIBIT_EVENT, SWITCHED, "DISABLED"),
    only("IPADDRV", mq::MQIA_IP_ADDRESS_VERSION, Kind::Choice(&[("IPV4", 0), ("IPV6", 1)]), "IPV4"),
    only("LOCALEV", mq::MQIA_LOCAL_EVENT, SWITCHED, "DISABLED"),
    only("LOGGEREV", mq::MQIA_LOGGER_EVENT, SWITCHED, "DISABLED"),
    kept("MARKINT", mq::MQIA_MSG_MARK_BROWSE_INTERVAL, COUNT, "5000"),
    kept("MAXHANDS", mq::MQIA_MAX_HANDLES, Kind::Number(1, UNBOUNDED), "256"),
    kept("MAXMSGL", mq::MQIA_MAX_MSG_LENGTH, Kind::Number(32 * 1024, MESSAGE_BYTES_MAX), "4194304"),
    only("MAXPROPL", mq::MQIA_MAX_PROPERTIES_LENGTH, Kind::Choice(&[("NOLIMIT", -1)]), "NOLIMIT"),
    shown("MAXPRTY", mq::MQIA_MAX_PRIORITY, COUNT),
    kept("MAXUMSGS", mq::MQIA_MAX_UNCOMMITTED_MSGS, Kind::Number(1, UNBOUNDED), "10000"),
    kept("MONACLS", mq::MQIA_MONITORING_AUTO_CLUSSDR, LEVEL, "QMGR"),
    kept("MONCHL", mq::MQIA_MONITORING_CHANNEL, LEVEL, "OFF"),
    kept("MONQ", mq::MQIA_MONITORING_Q, LEVEL, "OFF"),
    only("PARENT", mq::MQCA_PARENT, Kind::Name(48), ""),
    only("PERFMEV", mq::MQIA_PERFORMANCE_EVENT, SWITCHED, "DISABLED"),
    shown("PLATFORM", mq::MQIA_PLATFORM, Kind::Choice(&[("UNIX", 3)])),
    only("PSCLUS", mq::MQIA_PUBSUB_CLUSTER, SWITCHED, "ENABLED"),
    only("PSMODE", mq::MQIA_PUBSUB_MODE, PUBLISHING, "ENABLED"),
    kept("PSNPMSG", mq::MQIA_PUBSUB_NP_MSG, Kind::Choice(&[("DISCARD", 2), ("KEEP", 3)]), "DISCARD"),
    kept("PSRTYCNT", mq::MQIA_PUBSUB_MAXMSG_RETRY_COUNT, COUNT, "5"),
    shown("QMID", mq::MQCA_Q_MGR_IDENTIFIER, Kind::Text(48)),
    shown("QMNAME", mq::MQCA_Q_MGR_NAME, Kind::Name(48)),
    only("REMOTEEV", mq::MQIA_REMOTE_EVENT, SWITCHED, "DISABLED"),
    only("REPOS", mq::MQCA_REPOSITORY_NAME, Kind::Name(48), ""),
    only("REPOSNL", mq::MQCA_REPOSITORY_NAMELIST, Kind::Name(48), ""),
    only("ROUTEREC", mq::MQIA_TRACE_ROUTE_RECORDING, RECORDING, "MSG"),
    only("SCHINIT", mq::MQIA_CHINIT_CONTROL, Kind::Choice(&[("MANUAL", 2), ("QMGR", 0)]), "QMGR"),
    only("SCMDSERV", mq::MQIA_CMD_SERVER_CONTROL, Kind::Choice(&[("MANUAL", 2), ("QMGR", 0)]), "QMGR"),
    only("SSLEV", mq::MQIA_SSL_EVENT, SWITCHED, "DISABLED"),
    only("SSLFIPS", mq::MQIA_SSL_FIPS_REQUIRED, YES_NO, "NO"),
    only("SSLKEYR", mq::MQCA_SSL_KEY_REPOSITORY, Kind::Text(256), ""),
    only("SSLRKEYC", mq::MQIA_SSL_RESET_COUNT, COUNT, "0"),
    only("STATACLS", mq::MQIA_STATISTICS_AUTO_CLUSSDR, LEVEL, "QMGR"),
    only("STATCHL", mq::MQIA_STATISTICS_CHANNEL, LEVEL, "OFF"),
    kept("STATINT", mq::MQIA_STATISTICS_INTERVAL, Kind::Number(0, 604_800), "1800"),
    only("STATMQI", mq::MQIA_STATISTICS_MQI, OFF_ON, "OFF"),
    only("STATQ", mq::MQIA_STATISTICS_Q, LEVEL, "OFF"),
    only("STRSTPEV", mq::MQIA_START_STOP_EVENT, SWITCHED, "DISABLED"),
    shown("SYNCPT", mq::MQIA_SYNCPOINT, Kind::Choice(&[("NOT_AVAILABLE", 0), ("AVAILABLE", 1)])),
    kept("TREELIFE", mq::MQIA_TREE_LIFE_TIME, Kind::Number(0, 604_000), "1800"),
    shown("TRIGINT", mq::MQIA_TRIGGER_INTERVAL, COUNT),
    shown("VERSION", mq::MQCA_VERSION, Kind::Text(8)),
];

const OFF_ON: Kind = Kind::Choice(&[("OFF", 0), ("ON", 1)]);
const RECORDING: Kind = Kind::Choice(&[("DISABLED", 0), ("QUEUE", 1), ("MSG", 2)]);
const PUBLISHING: Kind = Kind::Choice(&[("DISABLED", 0), ("COMPAT", 1), ("ENABLED", 2)]);

static TOPICS: &[Attribute] = &[
    shown("ALTDATE", mq::MQCA_ALTERATION_DATE, Kind::Text(12)),
    shown("ALTTIME", mq::MQCA_ALTERATION_TIME, Kind::Text(8)),
    only("CLUSTER", 0, Kind::Name(48), ""),
    only("CUSTOM", 0, Kind::Text(128), ""),
    only("DEFPRTY", 0, Kind::Choice(&[("ASPARENT", -2)]), "ASPARENT"),
    only("DEFPSIST", 0, Kind::Choice(&[("ASPARENT", -1), ("NO", 0)]), "ASPARENT"),
    kept("DESCR", 0, Kind::Text(64), ""),
    only("DURSUB", 0, Kind::Choice(&[("ASPARENT", 0), ("YES", 1)]), "ASPARENT"),
    only("PUB", 0, Kind::Choice(&[("ASPARENT", 0), ("ENABLED", 2)]), "ASPARENT"),
    only("SUB", 0, Kind::Choice(&[("ASPARENT", 0), ("ENABLED", 2)]), "ASPARENT"),
    kept("TOPICSTR", 0, Kind::Text(10_240), ""),
    only("WILDCARD", 0, Kind::Choice(&[("PASSTHRU", 2)]), "PASSTHRU"),
];

static SUBSCRIPTIONS: &[Attribute] = &[
    shown("ALTDATE", 0, Kind::Text(12)),
    shown("ALTTIME", 0, Kind::Text(8)),
    shown("DEST", 0, Kind::Name(48)),
    shown("DESTCLAS", 0, Kind::Choice(&[("PROVIDED", 0), ("MANAGED", 1)])),
    shown("DESTCORL", 0, Kind::Text(48)),
    shown("REQONLY", 0, YES_NO),
    shown("TOPICSTR", 0, Kind::Text(10_240)),
    shown("USERDATA", 0, Kind::Text(10_240)),
    shown("WSCHEMA", 0, Kind::Choice(&[("CHAR", 0), ("TOPIC", 1)])),
];

//! The MQI verbs without pointers: what a program asks of the queue manager and what it is told.
//!
//! These types are the engine's interface and, encoded, the native door's. They know nothing of sockets, files or C.
//! Names are trimmed of the trailing blanks that the MQI pads them with; ids are raw bytes; option words, selectors,
//! completion and reason codes are the numbers of `cmqc.h`, so that nothing is translated twice.

use libmqm_sys as mq;
use serde::{Deserialize, Serialize};

/// The number by which a connection names one of its open objects; positive, never reused within the connection.
pub type ObjectHandle = i32;

/// One call on a connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Request {
    /// MQCONNX. The first request of a connection, once.
    Connect(Connect),
    /// MQDISC. Commits an open unit of work, as MQDISC does.
    Disconnect,
    /// MQOPEN.
    Open(Open),
    /// MQCLOSE with its `MQCO_*` options.
    Close(ObjectHandle, i32),
    /// MQPUT.
    Put(Put),
    /// MQPUT1: open for output, put, close, as one call.
    Put1(Open, Put),
    /// MQGET, browsing included.
    Get(Get),
    /// MQCMIT.
    Commit,
    /// MQBACK.
    BackOut,
    /// MQINQ: the handle and the `MQIA_*`/`MQCA_*` selectors in the caller's order.
    Inquire(ObjectHandle, Vec<i32>),
    /// MQSUB.
    Subscribe(Subscribe),
    /// MQSUBRQ: the subscription's handle and the `MQSR_*` action.
    RequestPublications(ObjectHandle, i32),
    /// MQSET: the handle, the selectors, and the integers and characters in the order of the selectors.
    Set(ObjectHandle, Vec<i32>, Vec<i32>, #[serde(with = "serde_bytes")] Vec<u8>),
    /// Several gets at once, for the consumers of MQCB: the first that finds a message is answered, and [`Got::handle`] says
    /// which it was; without one all of them wait, as long as the first says. A get that fails fails all.
    GetAny(Vec<Get>),
    /// Ends the connection's wait, if it waits. It has no reply of its own.
    Cancel,
    /// Not an MQI call: MQSC text, answered by [`Outcome::Text`]. What `devqm mqsc` sends.
    Mqsc(String),
}

/// The answer to one [`Request`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// `MQCC_OK`, `MQCC_WARNING` or `MQCC_FAILED`.
    pub completion: i32,
    /// `MQRC_*`; `MQRC_NONE` exactly when the completion is `MQCC_OK`.
    pub reason: i32,
    /// What the call returns besides; a failed call returns [`Outcome::Nothing`] unless its verb says otherwise.
    pub outcome: Outcome,
}

/// What a call returns besides its two codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The call returns its codes only.
    Nothing,
    /// MQCONNX.
    Connected {
        /// The queue manager's own name.
        queue_manager: String,
        /// `MQCA_Q_MGR_IDENTIFIER`-like 24 bytes that name this connection (`MQCNO.ConnectionId`).
        connection_id: [u8; 24],
    },
    /// MQOPEN.
    Opened(Opened),
    /// MQPUT and MQPUT1: the descriptor as the queue manager completed it, and the names as resolved.
    Put(Box<Descriptor>, ResolvedNames),
    /// MQGET, also with a warning. With `MQRC_TRUNCATED_MSG_FAILED` the message has stayed on its queue.
    Got(Box<Got>),
    /// MQSUB.
    Subscribed(Subscribed),
    /// MQSUBRQ: how many publications were sent.
    Sent(u32),
    /// MQINQ: integers in selector order; characters packed at each attribute's fixed width, blank padded.
    Inquired {
        /// One value for each integer selector.
        integers: Vec<i32>,
        /// The character attributes one after another.
        characters: Vec<u8>,
    },
    /// MQSC output, lines separated by `\n`.
    Text(String),
}

/// MQCONNX without pointers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Connect {
    /// The name asked for; empty means the default queue manager.
    pub queue_manager: String,
    /// The SVRCONN channel's name.
    pub channel: String,
    /// MQCSP user, or empty.
    pub user: String,
    /// MQCSP password, or empty. Never logged.
    pub password: Secret,
    /// `MQCNO.ApplName`, or the program's name: becomes `PutApplName`.
    pub application_name: String,
    /// The user id of the calling process: becomes `UserIdentifier` where no MQCSP user was given.
    pub process_user: String,
}

/// A password: it prints as nothing.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// MQOPEN without pointers (MQOD versions 1 to 4).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Open {
    /// `MQOT_*`.
    pub object_type: i32,
    /// `ObjectName`.
    pub object_name: String,
    /// `ObjectQMgrName`; empty or our own name means local.
    pub queue_manager: String,
    /// `ObjectString`, for topics.
    pub object_string: String,
    /// `DynamicQName`, for model queues.
    pub dynamic_name: String,
    /// `MQOO_*`.
    pub options: i32,
    /// `SelectionString`: which messages the handle gets; empty for all.
    pub selection: String,
}

/// What MQOPEN returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The handle.
    pub handle: ObjectHandle,
    /// `ObjectName` as written back: the dynamic queue's name where a model queue was opened.
    pub object_name: String,
    /// `ObjectQMgrName` as written back.
    pub queue_manager: String,
    /// `ResolvedQName` and `ResolvedQMgrName`.
    pub resolved: ResolvedNames,
    /// `ResolvedType`: `MQOT_Q` for a queue.
    pub resolved_type: i32,
    /// `ResObjectString`, for topics.
    pub topic: Option<Box<String>>,
}

/// MQSUB without pointers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Subscribe {
    /// `MQSO_*`.
    pub options: i32,
    /// `ObjectName`: a topic object, or empty.
    pub object_name: String,
    /// `ObjectString`.
    pub object_string: String,
    /// `SubName`.
    pub name: String,
    /// `SubUserData`.
    pub user_data: String,
    /// `SubCorrelId`, with `MQSO_SET_CORREL_ID`.
    pub correlation_id: [u8; 24],
    /// The queue that publications go to; not looked at with `MQSO_MANAGED`.
    pub queue: ObjectHandle,
}

/// What MQSUB returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The subscription's handle.
    pub handle: ObjectHandle,
    /// The handle of the queue that publications go to.
    pub queue_handle: ObjectHandle,
    /// `ResObjectString`.
    pub topic: String,
    /// `SubCorrelId`.
    pub correlation_id: [u8; 24],
}

/// The names that an alias or a blank resolved to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResolvedNames {
    /// `ResolvedQName`.
    pub queue: String,
    /// `ResolvedQMgrName`.
    pub queue_manager: String,
}

/// MQPUT without pointers.
#[derive(Clone, Serialize, Deserialize)]
pub struct Put {
    /// The open object; not looked at by MQPUT1.
    pub handle: ObjectHandle,
    /// `MQPMO_*`.
    pub options: i32,
    /// `MQPMO.Context`: the handle whose saved context `MQPMO_PASS_*_CONTEXT` passes on; 0 for none.
    pub context: ObjectHandle,
    /// The descriptor as the caller gave it.
    pub descriptor: Descriptor,
    /// The properties of the message handle, in the order they were set.
    pub properties: Vec<Property>,
    /// The message data.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

/// MQGET without pointers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Get {
    /// The open queue.
    pub handle: ObjectHandle,
    /// `MQGMO_*`.
    pub options: i32,
    /// `MQMO_*`.
    pub match_options: i32,
    /// `WaitInterval` in milliseconds; -1 waits without limit. Looked at with `MQGMO_WAIT` only.
    pub wait_interval_ms: i32,
    /// The caller's buffer in bytes: no more than this of the body is returned.
    pub buffer_bytes: u32,
    /// What `match_options` compares: `MsgId`, `CorrelId`, `GroupId`, `MsgSeqNumber`, `Offset` of the descriptor.
    pub descriptor: Descriptor,
    /// `MQGMO.MsgToken`, for `MQMO_MATCH_MSG_TOKEN`.
    pub token: [u8; 16],
    /// Whether the caller takes properties in a message handle.
    pub with_properties: bool,
    /// Whether it stands while its connection makes other calls; the engine's own matter.
    #[serde(skip)]
    pub standing: bool,
}

/// What MQGET returns.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Got {
    /// The handle by which it was got.
    pub handle: ObjectHandle,
    /// The message's descriptor.
    pub descriptor: Descriptor,
    /// The message's properties, where the caller takes them.
    pub properties: Vec<Property>,
    /// The body, cut to the caller's buffer.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// `DataLength`: the whole length, whatever was cut.
    pub data_bytes: u32,
    /// `MQGMO.MsgToken`.
    pub token: [u8; 16],
    /// `MQGMO.ResolvedQName`.
    pub resolved_queue: String,
}

/// MQMD version 2 as values. `Debug` is derived: a descriptor carries no payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are MQMD's, name by name")]
pub struct Descriptor {
    pub report: i32,
    pub message_type: i32,
    pub expiry: i32,
    pub feedback: i32,
    pub encoding: i32,
    pub ccsid: i32,
    pub format: [u8; 8],
    pub priority: i32,
    pub persistence: i32,
    pub message_id: [u8; 24],
    pub correlation_id: [u8; 24],
    pub backout_count: i32,
    pub reply_to_queue: String,
    pub reply_to_queue_manager: String,
    pub user_identifier: [u8; 12],
    pub accounting_token: [u8; 32],
    pub application_identity: [u8; 32],
    pub put_application_type: i32,
    pub put_application_name: [u8; 28],
    pub put_date: [u8; 8],
    pub put_time: [u8; 8],
    pub application_origin: [u8; 4],
    pub group_id: [u8; 24],
    pub sequence_number: i32,
    pub offset: i32,
    pub message_flags: i32,
    pub original_length: i32,
}

/// One message property, as MQSETMP set it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// The whole name, folders included (`usr.` is implied and not stored).
    pub name: String,
    /// `MQTYPE_*`.
    pub kind: i32,
    /// The value: integers and floats big-endian, booleans as 4-byte integers, strings in UTF-8, byte strings as they are.
    #[serde(with = "serde_bytes")]
    pub value: Vec<u8>,
    /// `MQPD.Support`.
    pub support: i32,
    /// `MQPD.Context`.
    pub context: i32,
    /// `MQPD.CopyOptions`.
    pub copy_options: i32,
}

impl Default for Descriptor {
    /// `MQMD_DEFAULT`.
    fn default() -> Self {
        Self {
            report: mq::MQRO_NONE,
            message_type: mq::MQMT_DATAGRAM,
            expiry: mq::MQEI_UNLIMITED,
            feedback: mq::MQFB_NONE,
            encoding: mq::MQENC_NATIVE,
            ccsid: mq::MQCCSI_Q_MGR,
            format: [b' '; 8],
            priority: mq::MQPRI_PRIORITY_AS_Q_DEF,
            persistence: mq::MQPER_PERSISTENCE_AS_Q_DEF,
            message_id: [0; 24],
            correlation_id: [0; 24],
            backout_count: 0,
            reply_to_queue: String::new(),
            reply_to_queue_manager: String::new(),
            user_identifier: [b' '; 12],
            accounting_token: [0; 32],
            application_identity: [b' '; 32],
            put_application_type: mq::MQAT_NO_CONTEXT,
            put_application_name: [b' '; 28],
            put_date: [b' '; 8],
            put_time: [b' '; 8],
            application_origin: [b' '; 4],
            group_id: [0; 24],
            sequence_number: 1,
            offset: 0,
            message_flags: mq::MQMF_NONE,
            original_length: mq::MQOL_UNDEFINED,
        }
    }
}

impl std::fmt::Debug for Put {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Put")
            .field("handle", &self.handle)
            .field("options", &self.options)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Got {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Got")
            .field("message_id", &self.descriptor.message_id)
            .field("data_bytes", &self.data_bytes)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Property").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

//! The MQI structures: which versions there are, how long each is, and what the fields mean for the verbs.
//!
//! Offsets come from `libmqm-sys`, whose layouts are checked against IBM's header; its types are never laid over callers'
//! memory. Lengths by version: `cmqc.h`, `MQ*_LENGTH_n` on 64-bit platforms.

use std::ffi::c_void;
use std::mem::offset_of;

use devqm::verbs::{Descriptor, Open, Opened, ResolvedNames};
use libmqm_sys as mq;

use crate::codes::Codes;
use crate::memory::{Structure, blanked};

/// Name, structure id, lengths of versions 1 and up, reason for a wrong id or version.
struct Layout {
    id: [u8; 4],
    lengths: &'static [usize],
    fault: i32,
}

/// `StrucId` and `Version` come first in every structure but MQCD.
const HEAD_BYTES: usize = 8;

const MD: Layout = Layout { id: *b"MD  ", lengths: &[324, 364], fault: mq::MQRC_MD_ERROR };
const OD: Layout = Layout { id: *b"OD  ", lengths: &[168, 208, 344, 424], fault: mq::MQRC_OD_ERROR };
const GMO: Layout = Layout { id: *b"GMO ", lengths: &[72, 80, 100, 112], fault: mq::MQRC_GMO_ERROR };
const PMO: Layout = Layout { id: *b"PMO ", lengths: &[128, 160, 184], fault: mq::MQRC_PMO_ERROR };
const CNO: Layout =
    Layout { id: *b"CNO ", lengths: &[12, 24, 152, 168, 200, 224, 256, 272], fault: mq::MQRC_CNO_ERROR };
const CSP: Layout = Layout { id: *b"CSP ", lengths: &[56, 80, 104], fault: mq::MQRC_CSP_ERROR };
const CMHO: Layout = Layout { id: *b"CMHO", lengths: &[12], fault: mq::MQRC_CMHO_ERROR };
const DMHO: Layout = Layout { id: *b"DMHO", lengths: &[12], fault: mq::MQRC_DMHO_ERROR };
const SMPO: Layout = Layout { id: *b"SMPO", lengths: &[20], fault: mq::MQRC_SMPO_ERROR };
const IMPO: Layout = Layout { id: *b"IMPO", lengths: &[64], fault: mq::MQRC_IMPO_ERROR };
const DMPO: Layout = Layout { id: *b"DMPO", lengths: &[12], fault: mq::MQRC_DMPO_ERROR };
const PD: Layout = Layout { id: *b"PD  ", lengths: &[24], fault: mq::MQRC_PD_ERROR };

impl Layout {
    fn open(&self, pointer: *mut c_void) -> Result<Structure, Codes> {
        let fault = Codes::failed(self.fault);
        let head = Structure::at(pointer, HEAD_BYTES).ok_or(fault)?;
        let version = usize::try_from(head.long(4)).map_err(|_| fault)?;
        let length = version.checked_sub(1).and_then(|index| self.lengths.get(index)).ok_or(fault)?;
        if head.bytes::<4>(0) == self.id { Ok(head.grown(*length)) } else { Err(fault) }
    }
}

/// A caller's MQMD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Md(Structure);

macro_rules! md {
    ($field:ident) => {
        offset_of!(mq::MQMD2, $field)
    };
}

impl Md {
    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        MD.open(pointer).map(Self)
    }

    /// The descriptor; fields that version 1 does not have take their initial values.
    pub(crate) fn read(self) -> Descriptor {
        let it = self.0;
        let second = it.has(md!(GroupId), 24);
        let or = |value: i32, initial: i32| if second { value } else { initial };
        Descriptor {
            report: it.long(md!(Report)),
            message_type: it.long(md!(MsgType)),
            expiry: it.long(md!(Expiry)),
            feedback: it.long(md!(Feedback)),
            encoding: it.long(md!(Encoding)),
            ccsid: it.long(md!(CodedCharSetId)),
            format: blanked(it.bytes(md!(Format))),
            priority: it.long(md!(Priority)),
            persistence: it.long(md!(Persistence)),
            message_id: it.bytes(md!(MsgId)),
            correlation_id: it.bytes(md!(CorrelId)),
            backout_count: it.long(md!(BackoutCount)),
            reply_to_queue: it.text::<48>(md!(ReplyToQ)),
            reply_to_queue_manager: it.text::<48>(md!(ReplyToQMgr)),
            user_identifier: blanked(it.bytes(md!(UserIdentifier))),
            accounting_token: it.bytes(md!(AccountingToken)),
            application_identity: blanked(it.bytes(md!(ApplIdentityData))),
            put_application_type: it.long(md!(PutApplType)),
            put_application_name: blanked(it.bytes(md!(PutApplName))),
            put_date: blanked(it.bytes(md!(PutDate))),
            put_time: blanked(it.bytes(md!(PutTime))),
            application_origin: blanked(it.bytes(md!(ApplOriginData))),
            group_id: it.bytes(md!(GroupId)),
            sequence_number: or(it.long(md!(MsgSeqNumber)), 1),
            offset: it.long(md!(Offset)),
            message_flags: it.long(md!(MsgFlags)),
            original_length: or(it.long(md!(OriginalLength)), mq::MQOL_UNDEFINED),
        }
    }

    /// Writes the descriptor back, as far as this version goes.
    pub(crate) fn write(self, descriptor: &Descriptor) {
        let it = self.0;
        it.set_long(md!(Report), descriptor.report);
        it.set_long(md!(MsgType), descriptor.message_type);
        it.set_long(md!(Expiry), descriptor.expiry);
        it.set_long(md!(Feedback), descriptor.feedback);
        it.set_long(md!(Encoding), descriptor.encoding);
        it.set_long(md!(CodedCharSetId), descriptor.ccsid);
        it.set(md!(Format), blanked(descriptor.format));
        it.set_long(md!(Priority), descriptor.priority);
        it.set_long(md!(Persistence), descriptor.persistence);
        it.set(md!(MsgId), descriptor.message_id);
        it.set(md!(CorrelId), descriptor.correlation_id);
        it.set_long(md!(BackoutCount), descriptor.backout_count);
        it.set_text::<48>(md!(ReplyToQ), &descriptor.reply_to_queue);
        it.set_text::<48>(md!(ReplyToQMgr), &descriptor.reply_to_queue_manager);
        it.set(md!(UserIdentifier), descriptor.user_identifier);
        it.set(md!(AccountingToken), descriptor.accounting_token);
        it.set(md!(ApplIdentityData), descriptor.application_identity);
        it.set_long(md!(PutApplType), descriptor.put_application_type);
        it.set(md!(PutApplName), descriptor.put_application_name);
        it.set(md!(PutDate), descriptor.put_date);
        it.set(md!(PutTime), descriptor.put_time);
        it.set(md!(ApplOriginData), descriptor.application_origin);
        it.set(md!(GroupId), descriptor.group_id);
        it.set_long(md!(MsgSeqNumber), descriptor.sequence_number);
        it.set_long(md!(Offset), descriptor.offset);
        it.set_long(md!(MsgFlags), descriptor.message_flags);
        it.set_long(md!(OriginalLength), descriptor.original_length);
    }
}

/// A caller's MQOD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Od(Structure);

macro_rules! od {
    ($field:ident) => {
        offset_of!(mq::MQOD, $field)
    };
}

impl Od {
    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        OD.open(pointer).map(Self)
    }

    /// What is to be opened. Distribution lists and topics are not for this library.
    pub(crate) fn read(self, options: i32) -> Result<Open, Codes> {
        if self.0.long(od!(RecsPresent)) != 0 {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        Ok(Open {
            object_type: self.0.long(od!(ObjectType)),
            object_name: self.0.text::<48>(od!(ObjectName)),
            queue_manager: self.0.text::<48>(od!(ObjectQMgrName)),
            dynamic_name: self.0.text::<48>(od!(DynamicQName)),
            options,
        })
    }

    pub(crate) fn write(self, opened: &Opened) {
        self.0.set_text::<48>(od!(ObjectName), &opened.object_name);
        self.0.set_text::<48>(od!(ObjectQMgrName), &opened.queue_manager);
        self.write_resolved(&opened.resolved);
        self.0.set_long(od!(ResolvedType), opened.resolved_type);
    }

    pub(crate) fn write_resolved(self, resolved: &ResolvedNames) {
        self.0.set_text::<48>(od!(ResolvedQName), &resolved.queue);
        self.0.set_text::<48>(od!(ResolvedQMgrName), &resolved.queue_manager);
    }
}

/// A caller's MQGMO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gmo(Structure);

macro_rules! gmo {
    ($field:ident) => {
        offset_of!(mq::MQGMO, $field)
    };
}

impl Gmo {
    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        GMO.open(pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(gmo!(Options))
    }

    pub(crate) fn wait_interval_ms(self) -> i32 {
        self.0.long(gmo!(WaitInterval))
    }

    /// Version 1 has no match options: it always matches by MsgId and CorrelId.
    pub(crate) fn match_options(self) -> i32 {
        if self.0.has(gmo!(MatchOptions), 4) {
            self.0.long(gmo!(MatchOptions))
        } else {
            mq::MQMO_MATCH_MSG_ID | mq::MQMO_MATCH_CORREL_ID
        }
    }

    pub(crate) fn token(self) -> [u8; 16] {
        self.0.bytes(gmo!(MsgToken))
    }

    /// The message handle that takes the properties; 0 where there is none.
    pub(crate) fn message_handle(self) -> i64 {
        self.0.handle(gmo!(MsgHandle))
    }

    pub(crate) fn write(self, queue: &str, token: [u8; 16], returned_length: i32) {
        self.0.set_text::<48>(gmo!(ResolvedQName), queue);
        self.0.set(gmo!(GroupStatus), *b" ");
        self.0.set(gmo!(SegmentStatus), *b" ");
        self.0.set(gmo!(Segmentation), *b" ");
        self.0.set(gmo!(MsgToken), token);
        self.0.set_long(gmo!(ReturnedLength), returned_length);
    }
}

/// A caller's MQPMO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pmo(Structure);

macro_rules! pmo {
    ($field:ident) => {
        offset_of!(mq::MQPMO, $field)
    };
}

impl Pmo {
    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        PMO.open(pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(pmo!(Options))
    }

    pub(crate) fn context(self) -> i32 {
        self.0.long(pmo!(Context))
    }

    /// The message handle whose properties are put; 0 where there is none. Forwarding and replying by handle, and
    /// distribution lists, are not functional.
    pub(crate) fn message_handle(self) -> Result<i64, Codes> {
        if self.0.long(pmo!(RecsPresent)) != 0 || self.0.long(pmo!(Action)) != mq::MQACTP_NEW {
            return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
        }
        Ok(self.0.handle(pmo!(OriginalMsgHandle)))
    }

    pub(crate) fn write(self, resolved: &ResolvedNames) {
        self.0.set_text::<48>(pmo!(ResolvedQName), &resolved.queue);
        self.0.set_text::<48>(pmo!(ResolvedQMgrName), &resolved.queue_manager);
        self.0.set_long(pmo!(KnownDestCount), 1);
        self.0.set_long(pmo!(UnknownDestCount), 0);
        self.0.set_long(pmo!(InvalidDestCount), 0);
    }
}

/// A caller's MQCNO and what hangs on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cno(Structure);

macro_rules! cno {
    ($field:ident) => {
        offset_of!(mq::MQCNO, $field)
    };
}

impl Cno {
    /// `None` for NULL: MQCONNX without options is MQCONN.
    pub(crate) fn open(pointer: *mut c_void) -> Result<Option<Self>, Codes> {
        if pointer.is_null() { Ok(None) } else { CNO.open(pointer).map(|it| Some(Self(it))) }
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(cno!(Options))
    }

    pub(crate) fn application_name(self) -> String {
        self.0.text::<28>(cno!(ApplName))
    }

    pub(crate) fn channel(self) -> Option<Cd> {
        Cd::open(self.0.pointer_or_offset(cno!(ClientConnPtr), cno!(ClientConnOffset)))
    }

    pub(crate) fn has_ccdt(self) -> bool {
        self.0.long(cno!(CCDTUrlLength)) > 0
            && !self.0.pointer_or_offset(cno!(CCDTUrlPtr), cno!(CCDTUrlOffset)).is_null()
    }

    /// User and password, where there are any.
    pub(crate) fn credentials(self) -> Result<Option<(String, String)>, Codes> {
        let pointer = self.0.pointer_or_offset(cno!(SecurityParmsPtr), cno!(SecurityParmsOffset));
        if pointer.is_null() {
            return Ok(None);
        }
        let csp = CSP.open(pointer)?;
        match csp.long(offset_of!(mq::MQCSP, AuthenticationType)) {
            mq::MQCSP_AUTH_NONE => return Ok(None),
            mq::MQCSP_AUTH_USER_ID_AND_PWD => {}
            _ => return Err(Codes::failed(mq::MQRC_FUNCTION_NOT_SUPPORTED)),
        }
        let string = |pointer: usize, offset: usize, length: usize| {
            let fault = Codes::failed(mq::MQRC_CSP_ERROR);
            let length = usize::try_from(csp.long(length)).map_err(|_| fault)?;
            let bytes = crate::memory::copy(csp.pointer_or_offset(pointer, offset).cast::<u8>(), length)
                .ok_or(fault)?;
            String::from_utf8(bytes).map_err(|_| fault)
        };
        let user = string(
            offset_of!(mq::MQCSP, CSPUserIdPtr),
            offset_of!(mq::MQCSP, CSPUserIdOffset),
            offset_of!(mq::MQCSP, CSPUserIdLength),
        )?;
        let password = string(
            offset_of!(mq::MQCSP, CSPPasswordPtr),
            offset_of!(mq::MQCSP, CSPPasswordOffset),
            offset_of!(mq::MQCSP, CSPPasswordLength),
        )?;
        Ok(Some((user, password)))
    }

    pub(crate) fn write(self, connection_id: [u8; 24]) {
        self.0.set(cno!(ConnectionId), connection_id);
    }
}

/// A caller's MQCD. It begins with the channel's name and has its version at 20; the fields read here are there from
/// version 1 (984 bytes) on, the cipher from version 7 (1,748 bytes).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cd(Structure);

macro_rules! cd {
    ($field:ident) => {
        offset_of!(mq::MQCD, $field)
    };
}

impl Cd {
    fn open(pointer: *mut c_void) -> Option<Self> {
        const VERSION_AT: usize = cd!(Version);
        let head = Structure::at(pointer, VERSION_AT + 4)?;
        // Connection name: from version 2 on. Cipher: version 7. A version 1 channel is not a client's.
        let length = match head.long(VERSION_AT) {
            ..=1 => VERSION_AT + 4,
            2..=6 => cd!(ConnectionName) + 264,
            _ => cd!(SSLCipherSpec) + 32,
        };
        Some(Self(head.grown(length)))
    }

    pub(crate) fn name(self) -> String {
        self.0.text::<20>(cd!(ChannelName))
    }

    pub(crate) fn connection_name(self) -> String {
        self.0.text::<264>(cd!(ConnectionName))
    }

    pub(crate) fn uses_tls(self) -> bool {
        !self.0.text::<32>(cd!(SSLCipherSpec)).is_empty()
    }

    pub(crate) fn is_tcp_client(self) -> bool {
        self.0.long(cd!(TransportType)) == mq::MQXPT_TCP
    }
}

/// Checks a structure of which nothing else matters here.
pub(crate) fn check_create(pointer: *mut c_void) -> Result<(), Codes> {
    CMHO.open(pointer).map(drop)
}

/// As [`check_create`], for MQDMHO.
pub(crate) fn check_delete(pointer: *mut c_void) -> Result<(), Codes> {
    DMHO.open(pointer).map(drop)
}

/// `MQDMPO.Options`.
pub(crate) fn delete_property_options(pointer: *mut c_void) -> Result<i32, Codes> {
    DMPO.open(pointer).map(|it| it.long(offset_of!(mq::MQDMPO, Options)))
}

/// `MQSMPO`: options and the encoding of the value.
pub(crate) fn set_property_options(pointer: *mut c_void) -> Result<(i32, i32), Codes> {
    let it = SMPO.open(pointer)?;
    Ok((it.long(offset_of!(mq::MQSMPO, Options)), it.long(offset_of!(mq::MQSMPO, ValueEncoding))))
}

/// A caller's MQPD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pd(Structure);

impl Pd {
    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        PD.open(pointer).map(Self)
    }

    /// Support, context, copy options.
    pub(crate) fn read(self) -> (i32, i32, i32) {
        (
            self.0.long(offset_of!(mq::MQPD, Support)),
            self.0.long(offset_of!(mq::MQPD, Context)),
            self.0.long(offset_of!(mq::MQPD, CopyOptions)),
        )
    }

    pub(crate) fn write(self, support: i32, context: i32, copy_options: i32) {
        self.0.set_long(offset_of!(mq::MQPD, Support), support);
        self.0.set_long(offset_of!(mq::MQPD, Context), context);
        self.0.set_long(offset_of!(mq::MQPD, CopyOptions), copy_options);
    }
}

/// A caller's MQIMPO.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Impo(Structure);

impl Impo {
    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        IMPO.open(pointer).map(Self)
    }

    pub(crate) fn options(self) -> i32 {
        self.0.long(offset_of!(mq::MQIMPO, Options))
    }

    /// Where the caller wants the property's name.
    pub(crate) fn returned_name(self) -> Charv {
        Charv(self.0, offset_of!(mq::MQIMPO, ReturnedName))
    }

    pub(crate) fn write_returned(self, encoding: i32, ccsid: i32) {
        self.0.set_long(offset_of!(mq::MQIMPO, ReturnedEncoding), encoding);
        self.0.set_long(offset_of!(mq::MQIMPO, ReturnedCCSID), ccsid);
        self.0.set(offset_of!(mq::MQIMPO, TypeString), *b"        ");
    }
}

/// A caller's MQCHARV, inside a structure or by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charv(Structure, usize);

impl Charv {
    const BYTES: usize = size_of::<mq::MQCHARV>();

    pub(crate) fn open(pointer: *mut c_void) -> Result<Self, Codes> {
        let it = Structure::at(pointer, Self::BYTES).ok_or(Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR))?;
        Ok(Self(it, 0))
    }

    /// The name in it. Its CCSID is taken for one that has ASCII where ASCII is; property names outside it must be UTF-8.
    pub(crate) fn read(self) -> Result<String, Codes> {
        let fault = Codes::failed(mq::MQRC_PROPERTY_NAME_ERROR);
        let pointer = self.buffer().cast::<u8>();
        let stated = self.0.long(self.1 + offset_of!(mq::MQCHARV, VSLength));
        let bytes = if stated == mq::MQVS_NULL_TERMINATED {
            let length = (0..=mq::MQ_MAX_PROPERTY_NAME_LENGTH).find(|at| {
                crate::memory::get(pointer.wrapping_add(*at).cast_const()).is_none_or(|byte| byte == 0)
            });
            crate::memory::copy(pointer, length.ok_or(fault)?)
        } else {
            let length = usize::try_from(stated).map_err(|_| fault)?;
            if length > mq::MQ_MAX_PROPERTY_NAME_LENGTH {
                return Err(Codes::failed(mq::MQRC_PROPERTY_NAME_LENGTH_ERR));
            }
            crate::memory::copy(pointer, length)
        };
        String::from_utf8(bytes.ok_or(fault)?).map_err(|_| fault)
    }

    /// Writes a name. False where the caller's buffer is too small; what fits is written.
    pub(crate) fn write(self, name: &str) -> bool {
        let room = usize::try_from(self.0.long(self.1 + offset_of!(mq::MQCHARV, VSBufSize))).unwrap_or(0);
        let length = i32::try_from(name.len()).unwrap_or(i32::MAX);
        self.0.set_long(self.1 + offset_of!(mq::MQCHARV, VSLength), length);
        self.0.set_long(self.1 + offset_of!(mq::MQCHARV, VSCCSID), 1208);
        let buffer = self.buffer();
        crate::memory::fill(buffer.cast::<u8>(), room, name.as_bytes());
        buffer.is_null() || room >= name.len()
    }

    fn buffer(self) -> *mut c_void {
        let base = self.1;
        self.0.pointer_or_offset(
            base + offset_of!(mq::MQCHARV, VSPtr),
            base + offset_of!(mq::MQCHARV, VSOffset),
        )
    }
}

//! The message descriptor (MQMD version 2) as values.

use libmqm_sys as sys;

use crate::name::{CorrelationId, Format, MessageId, bytes, characters, padded, text};

/// MQMD version 2. Numbers are the `MQ*_` constants of `cmqc.h`; character fields keep their padding unless they are names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are MQMD's, name by name")]
pub struct Descriptor {
    pub report: i32,
    pub message_type: i32,
    /// In tenths of a second; -1 is unlimited. After a get: what is left.
    pub expiry: i32,
    pub feedback: i32,
    pub encoding: i32,
    pub ccsid: i32,
    pub format: Format,
    pub priority: i32,
    pub persistence: i32,
    pub message_id: MessageId,
    pub correlation_id: CorrelationId,
    pub backout_count: u32,
    pub reply_to_queue: String,
    pub reply_to_queue_manager: String,
    pub user_identifier: [u8; 12],
    pub accounting_token: [u8; 32],
    pub application_identity: [u8; 32],
    pub put_application_type: i32,
    pub put_application_name: [u8; 28],
    /// `YYYYMMDD`, Greenwich Mean Time.
    pub put_date: [u8; 8],
    /// `HHMMSSTH`: hours to hundredths of a second.
    pub put_time: [u8; 8],
    pub application_origin: [u8; 4],
    pub group_id: [u8; 24],
    pub sequence_number: i32,
    pub offset: i32,
    pub message_flags: i32,
    pub original_length: i32,
}

impl Default for Descriptor {
    /// `MQMD_DEFAULT` at version 2, with native encoding.
    fn default() -> Self {
        Self::from_mqmd(&new_mqmd())
    }
}

impl Descriptor {
    /// When the message was put, as RFC 3339 in UTC with hundredths; `None` where the fields are not digits of a date.
    pub fn put_timestamp(&self) -> Option<String> {
        let (date, time) =
            (std::str::from_utf8(&self.put_date).ok()?, std::str::from_utf8(&self.put_time).ok()?);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(date) || !digits(time) {
            return None;
        }
        let part = |text: &'_ str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
        let (month, day): (u32, u32) = (part(date, 4, 6)?.parse().ok()?, part(date, 6, 8)?.parse().ok()?);
        let (hour, minute): (u32, u32) = (part(time, 0, 2)?.parse().ok()?, part(time, 2, 4)?.parse().ok()?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 {
            return None;
        }
        Some(format!(
            "{}-{}-{}T{}:{}:{}.{}Z",
            part(date, 0, 4)?,
            part(date, 4, 6)?,
            part(date, 6, 8)?,
            part(time, 0, 2)?,
            part(time, 2, 4)?,
            part(time, 4, 6)?,
            part(time, 6, 8)?
        ))
    }

    /// Whether this is a segment without the others, and not the only one of its message.
    pub fn is_piece(&self) -> bool {
        let is_segment = self.message_flags & (sys::MQMF_SEGMENT | sys::MQMF_LAST_SEGMENT) != 0;
        let is_whole = self.message_flags & sys::MQMF_LAST_SEGMENT != 0 && self.offset == 0;
        is_segment && !is_whole
    }

    /// The flags of a copy that stays in one piece wherever it is put.
    pub fn flags_in_one_piece(&self) -> i32 {
        let segmentation = sys::MQMF_SEGMENT | sys::MQMF_LAST_SEGMENT | sys::MQMF_SEGMENTATION_ALLOWED;
        if self.is_piece() { self.message_flags } else { self.message_flags & !segmentation }
    }

    pub(crate) fn from_mqmd(md: &sys::MQMD2) -> Self {
        Self {
            report: md.Report,
            message_type: md.MsgType,
            expiry: md.Expiry,
            feedback: md.Feedback,
            encoding: md.Encoding,
            ccsid: md.CodedCharSetId,
            format: Format(bytes(&md.Format)),
            priority: md.Priority,
            persistence: md.Persistence,
            message_id: MessageId(md.MsgId),
            correlation_id: CorrelationId(md.CorrelId),
            backout_count: u32::try_from(md.BackoutCount).unwrap_or(0),
            reply_to_queue: text(&md.ReplyToQ),
            reply_to_queue_manager: text(&md.ReplyToQMgr),
            user_identifier: bytes(&md.UserIdentifier),
            accounting_token: md.AccountingToken,
            application_identity: bytes(&md.ApplIdentityData),
            put_application_type: md.PutApplType,
            put_application_name: bytes(&md.PutApplName),
            put_date: bytes(&md.PutDate),
            put_time: bytes(&md.PutTime),
            application_origin: bytes(&md.ApplOriginData),
            group_id: md.GroupId,
            sequence_number: md.MsgSeqNumber,
            offset: md.Offset,
            message_flags: md.MsgFlags,
            original_length: md.OriginalLength,
        }
    }

    pub(crate) fn to_mqmd(&self) -> sys::MQMD2 {
        sys::MQMD2 {
            Report: self.report,
            MsgType: self.message_type,
            Expiry: self.expiry,
            Feedback: self.feedback,
            Encoding: self.encoding,
            CodedCharSetId: self.ccsid,
            Format: self.format.0.map(characters),
            Priority: self.priority,
            Persistence: self.persistence,
            MsgId: self.message_id.0,
            CorrelId: self.correlation_id.0,
            BackoutCount: i32::try_from(self.backout_count).unwrap_or(i32::MAX),
            ReplyToQ: padded(&self.reply_to_queue),
            ReplyToQMgr: padded(&self.reply_to_queue_manager),
            UserIdentifier: self.user_identifier.map(characters),
            AccountingToken: self.accounting_token,
            ApplIdentityData: self.application_identity.map(characters),
            PutApplType: self.put_application_type,
            PutApplName: self.put_application_name.map(characters),
            PutDate: self.put_date.map(characters),
            PutTime: self.put_time.map(characters),
            ApplOriginData: self.application_origin.map(characters),
            GroupId: self.group_id,
            MsgSeqNumber: self.sequence_number,
            Offset: self.offset,
            MsgFlags: self.message_flags,
            OriginalLength: self.original_length,
            ..new_mqmd()
        }
    }
}

/// A descriptor at version 2 with MQ's defaults.
pub(crate) fn new_mqmd() -> sys::MQMD2 {
    sys::MQMD2 { Version: sys::MQMD_VERSION_2, ..libmqm_default::MQMD2_DEFAULT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_survives_the_way_to_the_mqi_and_back() {
        let descriptor = Descriptor {
            message_id: MessageId([7; 24]),
            reply_to_queue: "REPLY".into(),
            put_date: *b"20261124",
            backout_count: 3,
            format: Format::STRING,
            ..Descriptor::default()
        };
        assert_eq!(Descriptor::from_mqmd(&descriptor.to_mqmd()), descriptor);
    }

    #[test]
    fn a_message_in_one_segment_is_no_piece_and_its_copy_no_segment() {
        let with = |message_flags, offset| Descriptor { message_flags, offset, ..Descriptor::default() };
        // MQMF_SEGMENTATION_ALLOWED 1, MQMF_SEGMENT 2, MQMF_LAST_SEGMENT 4, MQMF_MSG_IN_GROUP 8.
        for (flags, offset, is_piece, copied) in [
            (0, 0, false, 0),
            (1, 0, false, 0),
            (7, 0, false, 0),
            (8 | 6, 0, false, 8),
            (2, 0, true, 2),
            (3, 100, true, 3),
            (7, 100, true, 7),
        ] {
            let descriptor = with(flags, offset);
            assert_eq!(
                (descriptor.is_piece(), descriptor.flags_in_one_piece()),
                (is_piece, copied),
                "{flags}"
            );
        }
    }

    #[test]
    fn the_put_time_is_rfc_3339_or_nothing() {
        let at = |date: &[u8; 8], time: &[u8; 8]| {
            Descriptor { put_date: *date, put_time: *time, ..Descriptor::default() }.put_timestamp()
        };
        assert_eq!(at(b"20261124", b"13250012").as_deref(), Some("2026-11-24T13:25:00.12Z"));
        for (date, time) in
            [(b"        ", b"13250012"), (b"20261324", b"13250012"), (b"20261124", b"25000000")]
        {
            assert_eq!(at(date, time), None);
        }
    }
}

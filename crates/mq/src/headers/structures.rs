//! The headers that are nothing but fixed fields: MQCIH, MQIIH and MQMDE.

use std::fmt;

use libmqm_sys as sys;

use super::HeaderError;
use super::wire::{Characters, Field, Password, Reader, Wire, Writer};
use crate::name::Format;
use crate::properties::Property;

/// Declares a structure: its fields in their order, each with the name that IBM gives it.
macro_rules! structure {
    ($(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $type {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $type {
            fn read_fields(reader: &mut Reader<'_>) -> Self {
                Self { $($field: Field::read(reader),)* }
            }

            fn write_fields(&self, writer: &mut Writer<'_>) {
                $(self.$field.write(writer);)*
            }

            /// The fields as properties; passwords and empty fields are left out.
            pub(super) fn properties(&self, prefix: &str) -> Vec<Property> {
                let fields = [$(($name, self.$field.property()),)*];
                let named = |(name, value)| Some(Property { name: format!("{prefix}{name}"), value: value? });
                fields.into_iter().filter_map(named).collect()
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    };
}

structure! {
    /// MQCIH: before data for or from the CICS bridge. Names as in IBM's documentation; version 1 ends with `reserved_3`.
    CicsHeader {
        /// Reserved. What follows has the encoding of the header itself.
        reserved_encoding: i32 = "Encoding",
        /// Reserved. What follows has the CCSID of the header itself.
        reserved_ccsid: i32 = "CodedCharSetId",
        /// `Format` of what follows.
        format: Format = "Format",
        /// `MQCIH_PASS_EXPIRATION`, `MQCIH_REPLY_WITHOUT_NULLS`, `MQCIH_SYNC_ON_RETURN`.
        flags: i32 = "Flags",
        /// `MQCRC_*`: from the bridge.
        return_code: i32 = "ReturnCode",
        /// The completion code, or CICS's EIBRESP.
        completion_code: i32 = "CompCode",
        /// The reason, feedback, or CICS's EIBRESP2.
        reason: i32 = "Reason",
        /// `MQCUOWC_*`.
        unit_of_work_control: i32 = "UOWControl",
        /// How long the bridge waits, in milliseconds.
        get_wait_interval_ms: i32 = "GetWaitInterval",
        /// `MQCLT_*`.
        link_type: i32 = "LinkType",
        /// The length of the COMMAREA that the program returns, in bytes.
        output_data_bytes: i32 = "OutputDataLength",
        /// How long the bridge facility is kept, in seconds.
        facility_keep_time_s: i32 = "FacilityKeepTime",
        /// `MQCADSD_*`.
        ads_descriptor: i32 = "ADSDescriptor",
        /// `MQCCT_*`.
        conversational_task: i32 = "ConversationalTask",
        /// `MQCTES_*`.
        task_end_status: i32 = "TaskEndStatus",
        /// The bridge facility's token.
        facility: [u8; 8] = "Facility",
        /// The MQ call, or CICS's EIBFN.
        function: Characters<4> = "Function",
        /// The abend code.
        abend_code: Characters<4> = "AbendCode",
        /// A password or passticket.
        authenticator: Password<8> = "Authenticator",
        /// Reserved.
        reserved_1: Characters<8> = "Reserved1",
        /// The format of the reply.
        reply_to_format: Characters<8> = "ReplyToFormat",
        /// The remote CICS system.
        remote_system: Characters<4> = "RemoteSysId",
        /// The remote transaction.
        remote_transaction: Characters<4> = "RemoteTransId",
        /// The transaction to run.
        transaction: Characters<4> = "TransactionId",
        /// The terminal that is imitated.
        facility_like: Characters<4> = "FacilityLike",
        /// The attention key.
        attention_id: Characters<4> = "AttentionId",
        /// `MQCSC_*`.
        start_code: Characters<4> = "StartCode",
        /// The abend code for a transaction that is ended.
        cancel_code: Characters<4> = "CancelCode",
        /// The transaction to run next.
        next_transaction: Characters<4> = "NextTransactionId",
        /// Reserved.
        reserved_2: Characters<8> = "Reserved2",
        /// Reserved.
        reserved_3: Characters<8> = "Reserved3",
        /// The fields of version 2.
        version_2: CicsVersion2 = "Version2",
    }
}

/// The end of MQCIH from version 2 on: `CursorPosition`, `ErrorOffset`, `InputItem`, `Reserved4`; `None` in version 1.
pub type CicsVersion2 = Option<[i32; 4]>;

structure! {
    /// MQIIH: before data for or from the IMS bridge. Names as in IBM's documentation.
    ImsHeader {
        /// Reserved. What follows has the encoding of the header itself.
        reserved_encoding: i32 = "Encoding",
        /// Reserved. What follows has the CCSID of the header itself.
        reserved_ccsid: i32 = "CodedCharSetId",
        /// `Format` of what follows.
        format: Format = "Format",
        /// `MQIIH_PASS_EXPIRATION`, `MQIIH_REPLY_FORMAT_NONE`, `MQIIH_IGNORE_PURG`, `MQIIH_CM0_REQUEST_RESPONSE`.
        flags: i32 = "Flags",
        /// The logical terminal.
        logical_terminal: Characters<8> = "LTermOverride",
        /// The map of the message format services.
        map_name: Characters<8> = "MFSMapName",
        /// The format of the reply.
        reply_to_format: Characters<8> = "ReplyToFormat",
        /// A password or passticket.
        authenticator: Password<8> = "Authenticator",
        /// The transaction instance.
        transaction_instance: [u8; 16] = "TranInstanceId",
        /// `MQITS_*`.
        transaction_state: Characters<1> = "TranState",
        /// `MQICM_*`.
        commit_mode: Characters<1> = "CommitMode",
        /// `MQISS_*`.
        security_scope: Characters<1> = "SecurityScope",
        /// Reserved.
        reserved: Characters<1> = "Reserved",
    }
}

structure! {
    /// MQMDE version 2: the fields of an MQMD of version 2, before the data of a message whose MQMD is of version 1.
    DescriptorExtension {
        /// `Encoding` of what follows.
        encoding: i32 = "Encoding",
        /// `CodedCharSetId` of what follows.
        ccsid: i32 = "CodedCharSetId",
        /// `Format` of what follows.
        format: Format = "Format",
        /// `Flags`.
        flags: i32 = "Flags",
        /// The group's id.
        group_id: [u8; 24] = "GroupId",
        /// The place of the logical message in its group, from 1.
        sequence_number: i32 = "MsgSeqNumber",
        /// Where the segment begins in its logical message, in bytes.
        offset_bytes: i32 = "Offset",
        /// `MQMF_*`.
        message_flags: i32 = "MsgFlags",
        /// How long the message was from which a report was made, in bytes; -1 where that is not known.
        original_length_bytes: i32 = "OriginalLength",
    }
}

/// Reads `StrucId`, `Version` and `StrucLength` of a structure whose length goes with its version.
fn open<'a>(
    body: &'a [u8],
    at: usize,
    wire: Wire,
    id: &str,
    versions: &[(i32, usize)],
) -> Result<(Reader<'a>, usize), HeaderError> {
    // All of them have these three fields: whether there is more is asked when the version is known.
    let version = Reader::open(body, at, wire, id, 12)?.integer();
    let name = id.trim_ascii_end();
    let (_, length) = versions
        .iter()
        .find(|(known, _)| *known == version)
        .ok_or_else(|| HeaderError::new(at + 4, format!("a known version of {name}")))?;
    let mut reader = Reader::open(body, at, wire, id, *length)?;
    reader.integer();
    if usize::try_from(reader.integer()) != Ok(*length) {
        return Err(HeaderError::new(
            at + 8,
            format!("a StrucLength of {length} for this version of {name}"),
        ));
    }
    Ok((reader, *length))
}

impl CicsHeader {
    const VERSIONS: [(i32, usize); 2] =
        [(sys::MQCIH_VERSION_1, sys::MQCIH_LENGTH_1), (sys::MQCIH_VERSION_2, sys::MQCIH_LENGTH_2)];

    /// The header at `at`, and its length in bytes.
    pub(super) fn read(body: &[u8], at: usize, wire: Wire) -> Result<(Self, usize), HeaderError> {
        let (mut reader, length) = open(body, at, wire, "CIH ", &Self::VERSIONS)?;
        let mut header = Self::read_fields(&mut reader);
        if length < sys::MQCIH_LENGTH_2 {
            header.version_2 = None;
        }
        Ok((header, length))
    }

    /// Appends the header, its integers and characters as `wire` says.
    pub fn write(&self, wire: Wire, into: &mut Vec<u8>) {
        let [first, second] = Self::VERSIONS;
        let (version, length) = if self.version_2.is_some() { second } else { first };
        let mut writer = Writer::open(wire, "CIH ", into);
        writer.integer(version);
        writer.length(length);
        self.write_fields(&mut writer);
    }
}

impl Field for CicsVersion2 {
    fn read(reader: &mut Reader<'_>) -> Self {
        Some([reader.integer(), reader.integer(), reader.integer(), reader.integer()])
    }

    fn write(&self, writer: &mut Writer<'_>) {
        self.iter().flatten().for_each(|value| writer.integer(*value));
    }

    fn property(&self) -> Option<crate::properties::PropertyValue> {
        None
    }
}

impl Default for CicsHeader {
    /// IBM's initial values: `MQCIH_DEFAULT`.
    fn default() -> Self {
        Self {
            reserved_encoding: 0,
            reserved_ccsid: 0,
            format: Format::NONE,
            flags: sys::MQCIH_NONE,
            return_code: 0,
            completion_code: 0,
            reason: 0,
            unit_of_work_control: sys::MQCUOWC_ONLY,
            get_wait_interval_ms: sys::MQCGWI_DEFAULT,
            link_type: sys::MQCLT_PROGRAM,
            output_data_bytes: sys::MQCODL_AS_INPUT,
            facility_keep_time_s: 0,
            ads_descriptor: sys::MQCADSD_NONE,
            conversational_task: sys::MQCCT_NO,
            task_end_status: sys::MQCTES_NOSYNC,
            facility: [0; 8],
            function: Characters::default(),
            abend_code: Characters::default(),
            authenticator: Password::default(),
            reserved_1: Characters::default(),
            reply_to_format: Characters::default(),
            remote_system: Characters::default(),
            remote_transaction: Characters::default(),
            transaction: Characters::default(),
            facility_like: Characters::default(),
            attention_id: Characters::default(),
            start_code: Characters::default(),
            cancel_code: Characters::default(),
            next_transaction: Characters::default(),
            reserved_2: Characters::default(),
            reserved_3: Characters::default(),
            version_2: Some([0; 4]),
        }
    }
}

impl ImsHeader {
    const VERSIONS: [(i32, usize); 1] = [(sys::MQIIH_VERSION_1, sys::MQIIH_LENGTH_1)];

    /// The header at `at`, and its length in bytes.
    pub(super) fn read(body: &[u8], at: usize, wire: Wire) -> Result<(Self, usize), HeaderError> {
        let (mut reader, length) = open(body, at, wire, "IIH ", &Self::VERSIONS)?;
        Ok((Self::read_fields(&mut reader), length))
    }

    /// Appends the header, its integers and characters as `wire` says.
    pub fn write(&self, wire: Wire, into: &mut Vec<u8>) {
        let mut writer = Writer::open(wire, "IIH ", into);
        writer.integer(sys::MQIIH_VERSION_1);
        writer.length(sys::MQIIH_LENGTH_1);
        self.write_fields(&mut writer);
    }
}

impl Default for ImsHeader {
    /// IBM's initial values: `MQIIH_DEFAULT`.
    fn default() -> Self {
        Self {
            reserved_encoding: 0,
            reserved_ccsid: 0,
            format: Format::NONE,
            flags: sys::MQIIH_NONE,
            logical_terminal: Characters::default(),
            map_name: Characters::default(),
            reply_to_format: Characters::default(),
            authenticator: Password::default(),
            transaction_instance: [0; 16],
            transaction_state: " ".into(),
            commit_mode: "0".into(),
            security_scope: "C".into(),
            reserved: Characters::default(),
        }
    }
}

impl DescriptorExtension {
    const VERSIONS: [(i32, usize); 1] = [(sys::MQMDE_VERSION_2, sys::MQMDE_LENGTH_2)];

    /// The header at `at`, and its length in bytes.
    pub(super) fn read(body: &[u8], at: usize, wire: Wire) -> Result<(Self, usize), HeaderError> {
        let (mut reader, length) = open(body, at, wire, "MDE ", &Self::VERSIONS)?;
        Ok((Self::read_fields(&mut reader), length))
    }

    /// Appends the header, its integers and characters as `wire` says.
    pub fn write(&self, wire: Wire, into: &mut Vec<u8>) {
        let mut writer = Writer::open(wire, "MDE ", into);
        writer.integer(sys::MQMDE_VERSION_2);
        writer.length(sys::MQMDE_LENGTH_2);
        self.write_fields(&mut writer);
    }
}

impl Default for DescriptorExtension {
    /// IBM's initial values: `MQMDE_DEFAULT`.
    fn default() -> Self {
        Self {
            encoding: sys::MQENC_NATIVE,
            ccsid: super::CCSID_UNDEFINED,
            format: Format::NONE,
            flags: sys::MQMDEF_NONE,
            group_id: [0; 24],
            sequence_number: 1,
            offset_bytes: 0,
            message_flags: sys::MQMF_NONE,
            original_length_bytes: sys::MQOL_UNDEFINED,
        }
    }
}

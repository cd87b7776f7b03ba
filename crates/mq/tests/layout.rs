//! The structures that this driver passes are laid out as IBM's own header says: a C program compiled against `cmqc.h`
//! prints every size and offset. The header comes from IBM's npm package, fetched when the test runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

macro_rules! layouts {
    ($($structure:ident { $($field:ident)* })*) => {
        /// `structure size` and `structure.field offset`, one a line, as Rust has them.
        fn ours() -> String {
            let mut lines = String::new();
            $(
                writeln!(lines, "{} {}", stringify!($structure), size_of::<libmqm_sys::$structure>()).unwrap();
                $(
                    writeln!(
                        lines,
                        "{}.{} {}",
                        stringify!($structure),
                        stringify!($field),
                        std::mem::offset_of!(libmqm_sys::$structure, $field)
                    )
                    .unwrap();
                )*
            )*
            lines
        }

        /// A C program that prints the same of IBM's header.
        fn program() -> String {
            let mut text = String::from(
                "#include <stddef.h>\n#include <stdio.h>\n#include <cmqc.h>\n#include <cmqxc.h>\nint main(void) {\n",
            );
            $(
                let name = stringify!($structure);
                writeln!(text, "printf(\"{name} %zu\\n\", sizeof({name}));").unwrap();
                $(
                    let field = stringify!($field);
                    writeln!(text, "printf(\"{name}.{field} %zu\\n\", offsetof({name}, {field}));").unwrap();
                )*
            )*
            text.push_str("return 0; }\n");
            text
        }
    };
}

layouts! {
    MQMD2 { StrucId Version Report MsgType Expiry Feedback Encoding CodedCharSetId Format Priority
        Persistence MsgId CorrelId BackoutCount ReplyToQ ReplyToQMgr UserIdentifier AccountingToken
        ApplIdentityData PutApplType PutApplName PutDate PutTime ApplOriginData GroupId MsgSeqNumber Offset
        MsgFlags OriginalLength }
    MQOD { StrucId Version ObjectType ObjectName ObjectQMgrName DynamicQName AlternateUserId RecsPresent
        KnownDestCount UnknownDestCount InvalidDestCount ObjectRecOffset ResponseRecOffset ObjectRecPtr
        ResponseRecPtr AlternateSecurityId ResolvedQName ResolvedQMgrName ObjectString SelectionString
        ResObjectString ResolvedType }
    MQGMO { StrucId Version Options WaitInterval Signal1 Signal2 ResolvedQName MatchOptions GroupStatus
        SegmentStatus Segmentation Reserved1 MsgToken ReturnedLength Reserved2 MsgHandle }
    MQPMO { StrucId Version Options Timeout Context KnownDestCount UnknownDestCount InvalidDestCount
        ResolvedQName ResolvedQMgrName RecsPresent PutMsgRecFields PutMsgRecOffset ResponseRecOffset
        PutMsgRecPtr ResponseRecPtr OriginalMsgHandle NewMsgHandle Action PubLevel }
    MQCNO { StrucId Version Options ClientConnOffset ClientConnPtr ConnTag SSLConfigPtr SSLConfigOffset
        ConnectionId SecurityParmsOffset SecurityParmsPtr CCDTUrlPtr CCDTUrlOffset CCDTUrlLength Reserved
        ApplName Reserved2 BalanceParmsPtr BalanceParmsOffset Reserved3 }
    MQCD { ChannelName Version ChannelType TransportType Desc QMgrName XmitQName ShortConnectionName MCAName
        ModeName TpName BatchSize DiscInterval ShortRetryCount ShortRetryInterval LongRetryCount
        LongRetryInterval SecurityExit MsgExit SendExit ReceiveExit SeqNumberWrap MaxMsgLength PutAuthority
        DataConversion SecurityUserData MsgUserData SendUserData ReceiveUserData UserIdentifier Password
        MCAUserIdentifier MCAType ConnectionName RemoteUserIdentifier RemotePassword MsgRetryExit
        MsgRetryUserData MsgRetryCount MsgRetryInterval HeartbeatInterval BatchInterval
        NonPersistentMsgSpeed StrucLength ExitNameLength ExitDataLength MsgExitsDefined SendExitsDefined
        ReceiveExitsDefined MsgExitPtr MsgUserDataPtr SendExitPtr SendUserDataPtr ReceiveExitPtr
        ReceiveUserDataPtr ClusterPtr ClustersDefined NetworkPriority LongMCAUserIdLength
        LongRemoteUserIdLength LongMCAUserIdPtr LongRemoteUserIdPtr MCASecurityId RemoteSecurityId
        SSLCipherSpec SSLPeerNamePtr SSLPeerNameLength SSLClientAuth KeepAliveInterval LocalAddress
        BatchHeartbeat HdrCompList MsgCompList CLWLChannelRank CLWLChannelPriority CLWLChannelWeight
        ChannelMonitoring ChannelStatistics SharingConversations PropertyControl MaxInstances
        MaxInstancesPerClient ClientChannelWeight ConnectionAffinity BatchDataLimit UseDLQ DefReconnect
        CertificateLabel SPLProtection QuantumSafeAlgorithm QuantumSafeRequired }
    MQCSP { StrucId Version AuthenticationType Reserved1 CSPUserIdPtr CSPUserIdOffset CSPUserIdLength
        Reserved2 CSPPasswordPtr CSPPasswordOffset CSPPasswordLength Reserved3 InitialKeyPtr
        InitialKeyOffset InitialKeyLength Reserved4 TokenPtr TokenOffset TokenLength }
    MQSCO { StrucId Version KeyRepository CryptoHardware AuthInfoRecCount AuthInfoRecOffset AuthInfoRecPtr
        KeyResetCount FipsRequired EncryptionPolicySuiteB CertificateValPolicy CertificateLabel
        KeyRepoPasswordPtr KeyRepoPasswordOffset KeyRepoPasswordLength HTTPSCertValidation
        HTTPSCertRevocation HTTPSKeyStorePtr HTTPSKeyStoreOffset HTTPSKeyStoreLength }
    MQCMHO { StrucId Version Options }
    MQDMHO { StrucId Version Options }
    MQDMPO { StrucId Version Options }
    MQSMPO { StrucId Version Options ValueEncoding ValueCCSID }
    MQIMPO { StrucId Version Options RequestedEncoding RequestedCCSID ReturnedEncoding ReturnedCCSID
        Reserved1 ReturnedName TypeString }
    MQPD { StrucId Version Options Support Context CopyOptions }
    MQDLH { StrucId Version Reason DestQName DestQMgrName Encoding CodedCharSetId Format PutApplType PutApplName
        PutDate PutTime }
    MQRFH { StrucId Version StrucLength Encoding CodedCharSetId Format Flags }
    MQRFH2 { StrucId Version StrucLength Encoding CodedCharSetId Format Flags NameValueCCSID }
    MQCIH { StrucId Version StrucLength Encoding CodedCharSetId Format Flags ReturnCode CompCode Reason UOWControl
        GetWaitInterval LinkType OutputDataLength FacilityKeepTime ADSDescriptor ConversationalTask TaskEndStatus
        Facility Function AbendCode Authenticator Reserved1 ReplyToFormat RemoteSysId RemoteTransId TransactionId
        FacilityLike AttentionId StartCode CancelCode NextTransactionId Reserved2 Reserved3 CursorPosition
        ErrorOffset InputItem Reserved4 }
    MQIIH { StrucId Version StrucLength Encoding CodedCharSetId Format Flags LTermOverride MFSMapName ReplyToFormat
        Authenticator TranInstanceId TranState CommitMode SecurityScope Reserved }
    MQMDE { StrucId Version StrucLength Encoding CodedCharSetId Format Flags GroupId MsgSeqNumber Offset MsgFlags
        OriginalLength }
    MQCHARV { VSPtr VSOffset VSBufSize VSLength VSCCSID }
}

#[test]
fn structures_are_laid_out_as_ibms_header_says() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("layout");
    match theirs(&folder) {
        Ok(theirs) => assert_eq!(ours(), theirs),
        Err(missing) => {
            assert!(std::env::var_os("MQGATE_REQUIRE_SUITES").is_none(), "required: {missing}");
            println!("skipped: {missing}");
        }
    }
}

/// What IBM's header says, or what is missing to find out.
fn theirs(folder: &Path) -> Result<String, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let headers = folder.join("package/src/unix");
    if !headers.join("cmqc.h").exists() {
        run(Command::new("npm").args(["pack", "--silent", "ibmmq@2.1.9"]).current_dir(folder))?;
        run(Command::new("tar").args(["xzf", "ibmmq-2.1.9.tgz"]).current_dir(folder))?;
    }
    let (source, binary) = (folder.join("layout.c"), folder.join("layout"));
    std::fs::write(&source, program()).map_err(|error| error.to_string())?;
    run(Command::new("cc")
        .arg("-I")
        .arg(&headers)
        .arg("-I")
        .arg(folder.join("package/src"))
        .arg("-o")
        .arg(&binary)
        .arg(&source))?;
    run(&mut Command::new(&binary))
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8(output.stderr).unwrap_or_default()));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

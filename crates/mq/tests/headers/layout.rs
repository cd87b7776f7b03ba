//! Where the fields of a written header stand is where the bindings to IBM's structures have them.

use mq::Format;
use mq::headers::{CicsHeader, DeadLetterHeader, DescriptorExtension, Header, ImsHeader, Rfh2, Wire, write};

const WIRE: Wire = Wire { encoding: 273, ccsid: 819 };

/// The bytes that stand at a field of a structure.
macro_rules! at {
    ($bytes:expr, $structure:ident.$field:ident, $length:literal) => {{
        let offset = std::mem::offset_of!(libmqm_sys::$structure, $field);
        &$bytes[offset..offset + $length]
    }};
}

#[test]
fn mqcih() {
    let header = CicsHeader {
        format: Format::STRING,
        flags: 2,
        output_data_bytes: 1_000,
        task_end_status: 256,
        facility: *b"FACILITY",
        function: "MQPT".into(),
        authenticator: "PASSWORD".into(),
        remote_transaction: "RTID".into(),
        transaction: "PAY1".into(),
        next_transaction: "NEXT".into(),
        version_2: Some([11, 12, 13, 14]),
        ..CicsHeader::default()
    };
    let bytes = write(&[Header::Cics(Box::new(header))], WIRE).unwrap();
    assert_eq!(bytes.len(), size_of::<libmqm_sys::MQCIH>());
    assert_eq!(at!(bytes, MQCIH.StrucId, 4), b"CIH ");
    assert_eq!(at!(bytes, MQCIH.Version, 4), 2_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.StrucLength, 4), 180_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.Format, 8), b"MQSTR   ");
    assert_eq!(at!(bytes, MQCIH.Flags, 4), 2_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.UOWControl, 4), 273_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.OutputDataLength, 4), 1_000_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.TaskEndStatus, 4), 256_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.Facility, 8), b"FACILITY");
    assert_eq!(at!(bytes, MQCIH.Function, 4), b"MQPT");
    assert_eq!(at!(bytes, MQCIH.Authenticator, 8), b"PASSWORD");
    assert_eq!(at!(bytes, MQCIH.RemoteTransId, 4), b"RTID");
    assert_eq!(at!(bytes, MQCIH.TransactionId, 4), b"PAY1");
    assert_eq!(at!(bytes, MQCIH.NextTransactionId, 4), b"NEXT");
    assert_eq!(at!(bytes, MQCIH.CursorPosition, 4), 11_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQCIH.Reserved4, 4), 14_i32.to_be_bytes());
    let first = CicsHeader { version_2: None, ..CicsHeader::default() };
    let bytes = write(&[Header::Cics(Box::new(first))], WIRE).unwrap();
    assert_eq!(bytes.len(), libmqm_sys::MQCIH_LENGTH_1);
}

#[test]
fn mqiih() {
    let header = ImsHeader {
        logical_terminal: "LTERM".into(),
        authenticator: "PASSWORD".into(),
        transaction_instance: *b"0123456789ABCDEF",
        ..ImsHeader::default()
    };
    let bytes = write(&[Header::Ims(header)], WIRE).unwrap();
    assert_eq!(bytes.len(), size_of::<libmqm_sys::MQIIH>());
    assert_eq!(at!(bytes, MQIIH.StrucId, 4), b"IIH ");
    assert_eq!(at!(bytes, MQIIH.StrucLength, 4), 84_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQIIH.LTermOverride, 8), b"LTERM   ");
    assert_eq!(at!(bytes, MQIIH.Authenticator, 8), b"PASSWORD");
    assert_eq!(at!(bytes, MQIIH.TranInstanceId, 16), b"0123456789ABCDEF");
    assert_eq!(at!(bytes, MQIIH.TranState, 4), b" 0C ");
}

#[test]
fn mqmde() {
    let header = DescriptorExtension {
        encoding: 546,
        ccsid: 37,
        format: Format::STRING,
        group_id: [7; 24],
        offset_bytes: 9,
        ..DescriptorExtension::default()
    };
    let bytes = write(&[Header::DescriptorExtension(header)], WIRE).unwrap();
    assert_eq!(bytes.len(), size_of::<libmqm_sys::MQMDE>());
    assert_eq!(at!(bytes, MQMDE.StrucId, 4), b"MDE ");
    assert_eq!(at!(bytes, MQMDE.Encoding, 4), 546_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQMDE.CodedCharSetId, 4), 37_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQMDE.Format, 8), b"MQSTR   ");
    assert_eq!(at!(bytes, MQMDE.GroupId, 24), [7; 24]);
    assert_eq!(at!(bytes, MQMDE.MsgSeqNumber, 4), 1_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQMDE.Offset, 4), 9_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQMDE.OriginalLength, 4), (-1_i32).to_be_bytes());
}

#[test]
fn mqdlh() {
    let header = DeadLetterHeader {
        reason: 271,
        destination_queue: "Q".into(),
        destination_queue_manager: "QM".into(),
        encoding: 273,
        ccsid: 37,
        format: Format::STRING,
        put_application_type: 6,
        put_application_name: "mover".into(),
        put_date: *b"20261124",
        put_time: *b"13250012",
    };
    let bytes = write(&[Header::DeadLetter(header)], WIRE).unwrap();
    assert_eq!(bytes.len(), size_of::<libmqm_sys::MQDLH>());
    assert_eq!(at!(bytes, MQDLH.DestQMgrName, 4), b"QM  ");
    assert_eq!(at!(bytes, MQDLH.CodedCharSetId, 4), 37_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQDLH.PutApplName, 6), b"mover ");
    assert_eq!(at!(bytes, MQDLH.PutTime, 8), b"13250012");
}

#[test]
fn mqrfh2() {
    let header = Rfh2::new(Vec::new(), Wire { encoding: 546, ccsid: 37 }, Format::STRING).unwrap();
    let bytes = write(&[Header::Rfh2(header)], WIRE).unwrap();
    assert_eq!(bytes.len(), size_of::<libmqm_sys::MQRFH2>());
    assert_eq!(at!(bytes, MQRFH2.Encoding, 4), 546_i32.to_be_bytes());
    assert_eq!(at!(bytes, MQRFH2.Format, 8), b"MQSTR   ");
    assert_eq!(at!(bytes, MQRFH2.NameValueCCSID, 4), 1208_i32.to_be_bytes());
}

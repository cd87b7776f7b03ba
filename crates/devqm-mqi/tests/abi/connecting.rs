//! MQCONNX: where a queue manager is looked for, and what is refused rather than ignored.

use std::net::TcpListener;

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::{CHANNEL, Devqm, QUEUE_MANAGER};
use crate::program::{
    Codes, OK, at, cd, cno, commit, connect, connx, disconnect, failed, field, get, gmo, md, open, put_now,
    text,
};

/// Connecting to a queue manager's channel, changed by `change`.
fn connecting(devqm: &Devqm, change: impl FnOnce(&mut mq::MQCNO, &mut mq::MQCD)) -> Codes {
    let mut channel = cd(&devqm.connection_name());
    let mut options = cno(0, &mut channel);
    change(&mut options, &mut channel);
    let (handle, codes) = connx(QUEUE_MANAGER, &mut options);
    if codes == OK {
        assert_eq!(disconnect(handle), OK);
    }
    codes
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let devqm = Devqm::start();
    assert_eq!(connecting(&devqm, |_, _| ()), OK);
    let refused = |reason: i32, change: &mut dyn FnMut(&mut mq::MQCNO, &mut mq::MQCD)| {
        assert_eq!(connecting(&devqm, change), failed(reason));
    };
    refused(mq::MQRC_SSL_INITIALIZATION_ERROR, &mut |_, cd| cd.SSLCipherSpec = field("NO_SUCH_CIPHER"));
    refused(mq::MQRC_CD_ERROR, &mut |_, cd| cd.TransportType = mq::MQXPT_LU62);
    refused(mq::MQRC_CD_ERROR, &mut |_, cd| cd.Version = 1);
    refused(mq::MQRC_CD_ERROR, &mut |_, cd| cd.Version = 99);
    refused(mq::MQRC_CD_ERROR, &mut |_, cd| cd.ConnectionName = field("127.0.0.1(port)"));
    refused(mq::MQRC_UNKNOWN_CHANNEL_NAME, &mut |_, cd| cd.ChannelName = field("NO.SUCH.CHANNEL"));
    refused(mq::MQRC_CLIENT_CONN_ERROR, &mut |cno, _| cno.ClientConnOffset = 12);
    refused(mq::MQRC_RECONNECT_INCOMPATIBLE, &mut |cno, _| cno.Options = mq::MQCNO_RECONNECT);
    refused(mq::MQRC_Q_MGR_NAME_ERROR, &mut |cno, _| cno.Options = mq::MQCNO_LOCAL_BINDING);
    let mut url = *b"file:///ccdt.json";
    let mut by_table = |cno: &mut mq::MQCNO| {
        cno.CCDTUrlPtr = url.as_mut_ptr().cast();
        cno.CCDTUrlLength = 17;
    };
    refused(mq::MQRC_CNO_ERROR, &mut |cno, _| by_table(cno));
    // There is no such file, and so no way to the queue manager.
    refused(mq::MQRC_Q_MGR_NAME_ERROR, &mut |cno, _| {
        by_table(cno);
        cno.ClientConnPtr = std::ptr::null_mut();
    });
    let mut no_tls = initial::MQSCO_DEFAULT;
    refused(mq::MQRC_SCO_ERROR, &mut |cno, _| {
        no_tls.Version = 99;
        cno.SSLConfigPtr = at(&mut no_tls).cast();
    });
}

#[test]
fn tls_options_without_a_cipher_do_not_matter() {
    let devqm = Devqm::start();
    let mut options = mq::MQSCO { Version: 5, ..initial::MQSCO_DEFAULT };
    assert_eq!(connecting(&devqm, |cno, _| cno.SSLConfigPtr = at(&mut options).cast()), OK);
}

#[test]
fn a_queue_manager_that_is_not_there_is_told_from_one_of_another_name() {
    let mut devqm = Devqm::start();
    let mut channel = cd(&devqm.connection_name());
    assert_eq!(connx("OTHER", &mut cno(0, &mut channel)).1, failed(mq::MQRC_Q_MGR_NAME_ERROR));
    for any in ["", "*QM1", "*"] {
        let (handle, codes) = connx(any, &mut cno(0, &mut channel));
        assert_eq!(codes, OK, "{any}");
        assert_eq!(disconnect(handle), OK);
    }
    devqm.kill();
    assert_eq!(connecting(&devqm, |_, _| ()), failed(mq::MQRC_HOST_NOT_AVAILABLE));
    assert_eq!(
        connecting(&devqm, |_, cd| cd.ConnectionName = field("no-such-host.invalid(1414)")),
        failed(mq::MQRC_HOST_NOT_AVAILABLE)
    );
}

#[test]
fn the_names_of_a_list_are_tried_in_order() {
    let devqm = Devqm::start();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let list = format!("127.0.0.1({nobody}), {}", devqm.connection_name());
    assert_eq!(connecting(&devqm, |_, cd| cd.ConnectionName = field(&list)), OK);
}

#[test]
fn a_listener_that_is_no_queue_manager_has_none() {
    let devqm = Devqm::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("127.0.0.1({})", listener.local_addr().unwrap().port());
    std::thread::scope(|scope| {
        // It takes the call and hangs up.
        scope.spawn(|| listener.accept().unwrap());
        let refused = connecting(&devqm, |_, cd| cd.ConnectionName = field(&name));
        assert_eq!(refused, failed(mq::MQRC_Q_MGR_NOT_AVAILABLE));
    });
}

#[test]
fn user_and_application_are_known_by_the_name_that_was_given() {
    let devqm = Devqm::start();
    let mut channel = cd(&devqm.connection_name());
    let (user, password) = (b"alice", b"secret");
    let mut credentials = mq::MQCSP {
        AuthenticationType: mq::MQCSP_AUTH_USER_ID_AND_PWD,
        CSPUserIdPtr: user.as_ptr().cast_mut().cast(),
        CSPUserIdLength: 5,
        CSPPasswordPtr: password.as_ptr().cast_mut().cast(),
        CSPPasswordLength: 6,
        ..initial::MQCSP_DEFAULT
    };
    let mut options = cno(0, &mut channel);
    options.SecurityParmsPtr = at(&mut credentials).cast();
    options.ApplName = field("my application");
    let (named, codes) = connx(QUEUE_MANAGER, &mut options);
    assert_eq!(codes, OK);
    assert_ne!(options.ConnectionId, [0; 24]);
    let object = open(named);
    let put = put_now(named, object, b"x");
    assert_eq!(
        (text(&put.PutApplName), text(&put.UserIdentifier)),
        ("my application".into(), "alice".into())
    );
    let mut got = md();
    assert_eq!(get(named, object, &mut got, &mut gmo(mq::MQGMO_NO_SYNCPOINT), 8).0, OK);
    assert_eq!(
        (text(&got.PutApplName), text(&got.UserIdentifier)),
        ("my application".into(), "alice".into())
    );
    credentials.AuthenticationType = mq::MQCSP_AUTH_ID_TOKEN;
    options.SecurityParmsPtr = at(&mut credentials).cast();
    assert_eq!(connx(QUEUE_MANAGER, &mut options).1, failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
    credentials.Version = 4;
    options.SecurityParmsPtr = at(&mut credentials).cast();
    assert_eq!(connx(QUEUE_MANAGER, &mut options).1, failed(mq::MQRC_CSP_ERROR));
}

#[test]
fn a_program_is_known_by_the_name_of_its_file() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let put = put_now(connection, object, b"x");
    let program = std::env::current_exe().unwrap();
    let name: String = program.file_name().unwrap().to_str().unwrap().chars().take(28).collect();
    assert_eq!(text(&put.PutApplName), name);
}

#[test]
fn a_connection_whose_queue_manager_died_is_broken_until_it_is_disconnected() {
    let mut devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let other = connect(&devqm, 0);
    devqm.kill();
    let broken = failed(mq::MQRC_CONNECTION_BROKEN);
    assert_eq!(commit(connection), broken, "the call in flight");
    assert_eq!(commit(connection), broken, "and every later one");
    assert_eq!(disconnect(connection), broken);
    assert_eq!(commit(connection), failed(mq::MQRC_HCONN_ERROR));
    assert_eq!(disconnect(other), broken, "even where MQDISC is the first to find out");
    assert_eq!(commit(other), failed(mq::MQRC_HCONN_ERROR));
}

#[test]
fn a_message_over_the_channels_length_is_refused() {
    let devqm = Devqm::start();
    let mut channel = mq::MQCD { MaxMsgLength: 4, ..cd(&devqm.connection_name()) };
    let (connection, codes) = connx(QUEUE_MANAGER, &mut cno(0, &mut channel));
    assert_eq!(codes, OK);
    let object = open(connection);
    put_now(connection, object, b"four");
    let mut pmo = crate::program::pmo(mq::MQPMO_NO_SYNCPOINT);
    let put = crate::program::put(connection, object, &mut md(), &mut pmo, b"fives");
    assert_eq!(put, failed(mq::MQRC_DATA_LENGTH_ERROR));
}

#[test]
fn a_table_of_channels_leads_to_the_first_queue_manager_that_answers() {
    let devqm = Devqm::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ccdt.json");
    let address = devqm.connection_name().replace("127.0.0.1(", "").replace(')', "");
    let channel = |name: &str, port: &str, group: &str| {
        format!(
            r#"{{ "name": "{name}", "type": "clientConnection", "clientConnection": {{ "queueManager": "{group}",
                "connection": [ {{ "host": "127.0.0.1", "port": {port} }} ] }} }}"#
        )
    };
    let channels = [
        channel(CHANNEL, "1", "ANY"),
        channel("NO.SUCH.CHANNEL", &address, "ANY"),
        channel(CHANNEL, &address, "ANY"),
        channel(CHANNEL, &address, QUEUE_MANAGER),
    ];
    std::fs::write(&file, format!(r#"{{ "channel": [ {} ] }}"#, channels.join(","))).unwrap();
    let mut url = format!("file://{}", file.display()).into_bytes();
    let mut by_table = |name: &str| {
        let mut options = mq::MQCNO { Version: 6, ..initial::MQCNO_DEFAULT };
        options.CCDTUrlPtr = url.as_mut_ptr().cast();
        options.CCDTUrlLength = i32::try_from(url.len()).unwrap();
        connx(name, &mut options)
    };
    for name in ["*ANY", QUEUE_MANAGER] {
        let (handle, codes) = by_table(name);
        assert_eq!((codes, disconnect(handle)), (OK, OK), "{name}");
    }
    assert_eq!(by_table("ANY").1, failed(mq::MQRC_Q_MGR_NAME_ERROR), "its name is another");
    assert_eq!(by_table("OTHER").1, failed(mq::MQRC_Q_MGR_NAME_ERROR));
}

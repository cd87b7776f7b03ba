//! TLS on the listener: who is let in by which channel, and that a hostile handshake harms nobody else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use devqm::native::Client;
use devqm::tls::cipher;
use devqm::tls::client::{Credentials, Line, configuration};
use devqm::verbs::{Connect, Request};
use fuzz::{each_case, mutated};
use libmqm_sys as mq;
use rustls::{ClientConnection, Connection, RootCertStore};

use super::certificates::{Authority, Pair};
use super::channel_client::{ChannelClient, INITIAL_DATA, STATUS, initial_data_of, segment, word};
use super::harness::{Devqm, Session, mqsc};

const MQSC: &str = "
    DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN)
    DEFINE CHANNEL(TLS.ANY) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.12) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.13) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS13) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.GCM) CHLTYPE(SVRCONN) SSLCIPH(ECDHE_ECDSA_AES_128_GCM_SHA256) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.CHACHA) CHLTYPE(SVRCONN) SSLCIPH(TLS_CHACHA20_POLY1305_SHA256) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.MUTUAL) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER)
";
/// Codes of a STATUS segment.
const CIPHER_SPEC: i32 = 24;
const CLIENT_CERTIFICATE: i32 = 26;

/// A queue manager with a certificate, and the authorities of both sides.
struct Secured {
    devqm: Devqm,
    authority: Authority,
    clients: Authority,
}

impl Secured {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (authority, clients) = (Authority::new("devqm's"), Authority::new("clients'"));
        let [certificate, key] = authority.issue("QM1").write(folder.path());
        let trusted = clients.write(folder.path().join("clients.pem"));
        let files =
            ["--tls-cert", &certificate, "--tls-key", &key, "--tls-client-ca", &trusted].map(str::to_owned);
        let devqm = Devqm::start_with(MQSC, &files.each_ref().map(String::as_str));
        Self { devqm, authority, clients }
    }

    fn configuration(&self, cipher: &str, own: Option<&Pair>) -> rustls::ClientConfig {
        let credentials = Credentials { authorities: trusting(&self.authority), own: own.map(Pair::shown) };
        configuration(cipher::find(cipher).unwrap(), credentials).unwrap()
    }

    /// An enciphered line whose handshake tells this channel.
    fn line(&self, cipher: &str, own: Option<&Pair>, channel: &str) -> std::io::Result<Line> {
        Line::secure(self.devqm.socket(), self.configuration(cipher, own), channel)
    }

    /// What MQCONNX says by the native door.
    fn connect(&self, cipher: &str, own: Option<&Pair>, channel: &str) -> std::io::Result<i32> {
        connect(self.line(cipher, own, channel)?, channel)
    }

    /// What the channel door answers to the first exchange: the segment's type, and a STATUS's code.
    fn greet(&self, cipher: &str, own: Option<&Pair>, channel: &str) -> (u8, i32) {
        greet(self.line(cipher, own, channel).unwrap(), channel)
    }
}

fn trusting(authority: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(authority.shown()).unwrap();
    roots
}

fn connect(line: Line, channel: &str) -> std::io::Result<i32> {
    let connect = Connect { channel: channel.to_owned(), ..Connect::default() };
    Ok(Client::open_on(line)?.call(&Request::Connect(connect))?.reason)
}

fn greet(mut line: Line, channel: &str) -> (u8, i32) {
    line.write_all(&segment(false, INITIAL_DATA, 0x31, 0, &initial_data_of(channel, 12, 0))).unwrap();
    let mut head = [0; 28];
    line.read_exact(&mut head).unwrap();
    let mut body = vec![0; word(&head, 4) as usize - head.len()];
    line.read_exact(&mut body).unwrap();
    (head[9], if head[9] == STATUS { word(&body, 4) } else { 0 })
}

#[test]
fn a_channel_takes_the_lines_that_its_cipher_spec_means_by_both_doors() {
    let secured = Secured::start();
    for (channel, cipher, expected) in [
        ("TLS.ANY", "ANY_TLS12", true),
        ("TLS.ANY", "ANY_TLS13", true),
        ("TLS.12", "ANY_TLS12_OR_HIGHER", true),
        ("TLS.13", "ANY_TLS12_OR_HIGHER", true),
        ("TLS.GCM", "ANY_TLS12_OR_HIGHER", true),
        ("TLS.GCM", "ANY_TLS12", true),
        ("TLS.CHACHA", "ANY_TLS13", true),
        ("DEV.APP.SVRCONN", "ANY_TLS12_OR_HIGHER", false),
    ] {
        let reason = if expected { 0 } else { mq::MQRC_SSL_INITIALIZATION_ERROR };
        assert_eq!(secured.connect(cipher, None, channel).unwrap(), reason, "{channel} {cipher}");
        let segment = if expected { (INITIAL_DATA, 0) } else { (STATUS, CIPHER_SPEC) };
        assert_eq!(secured.greet(cipher, None, channel), segment, "{channel} {cipher}");
    }
}

#[test]
fn a_plain_line_is_refused_by_a_channel_with_a_cipher_spec_and_told_so() {
    let secured = Secured::start();
    let plain = || Line::Plain(secured.devqm.socket());
    assert_eq!(connect(plain(), "DEV.APP.SVRCONN").unwrap(), 0);
    assert_eq!(connect(plain(), "TLS.ANY").unwrap(), mq::MQRC_SSL_INITIALIZATION_ERROR);
    assert_eq!(greet(plain(), "TLS.ANY"), (STATUS, CIPHER_SPEC));
    assert!(secured.devqm.said().contains("the channel asks for TLS"));
}

#[test]
fn a_client_that_offers_no_suite_of_its_channel_is_refused_in_the_handshake_or_told_so() {
    let secured = Secured::start();
    // It tells its channel in the handshake.
    assert!(secured.line("ANY_TLS12", None, "TLS.13").is_err());
    assert!(secured.line("TLS_AES_128_GCM_SHA256", None, "TLS.CHACHA").is_err());
    // It tells another one.
    let line = || secured.line("ANY_TLS12", None, "TLS.ANY").unwrap();
    assert_eq!(connect(line(), "TLS.13").unwrap(), mq::MQRC_SSL_INITIALIZATION_ERROR);
    assert_eq!(greet(line(), "TLS.13"), (STATUS, CIPHER_SPEC));
    // A channel of any TLS is found under the name that was told, whatever its letters.
    assert!(secured.line("ANY_TLS12", None, "no.such.channel").is_ok());
}

#[test]
fn a_certificate_is_asked_for_and_verified_as_sslcauth_says() {
    let secured = Secured::start();
    let known = secured.clients.issue("app");
    let stranger = Authority::new("somebody's").issue("app");
    for cipher in ["ANY_TLS12", "ANY_TLS13"] {
        assert_eq!(secured.connect(cipher, Some(&known), "TLS.MUTUAL").unwrap(), 0);
        assert_eq!(secured.greet(cipher, Some(&known), "TLS.MUTUAL"), (INITIAL_DATA, 0));
        let refused = secured.connect(cipher, None, "TLS.MUTUAL").unwrap();
        assert_eq!(refused, mq::MQRC_SSL_INITIALIZATION_ERROR);
        assert_eq!(secured.greet(cipher, None, "TLS.MUTUAL"), (STATUS, CLIENT_CERTIFICATE));
        // What is shown must be genuine even where nothing need be shown.
        for channel in ["TLS.MUTUAL", "TLS.ANY"] {
            assert!(secured.connect(cipher, Some(&stranger), channel).is_err(), "{cipher} {channel}");
        }
    }
}

#[test]
fn a_client_does_not_take_a_queue_manager_whom_it_does_not_know() {
    let secured = Secured::start();
    for cipher in ["ANY_TLS12", "ANY_TLS13"] {
        let credentials = Credentials { authorities: trusting(&Authority::new("another's")), own: None };
        let other = configuration(cipher::find(cipher).unwrap(), credentials).unwrap();
        assert!(Line::secure(secured.devqm.socket(), other, "TLS.ANY").is_err());
    }
}

#[test]
fn a_hostile_handshake_ends_its_own_line_only() {
    let secured = Secured::start();
    let mut steady = secured.devqm.connect();
    let hello = hello(&secured);
    each_case(2, |random| {
        let bytes = mutated(&hello, &[&[0xFF; 4], &[0; 4]], random);
        let mut socket = secured.devqm.socket();
        // The first byte stays, else another door is knocked at.
        socket.write_all(&[0x16]).unwrap();
        // It may have been cut off already.
        _ = socket.write_all(bytes.get(1..).unwrap_or_default());
        _ = socket.shutdown(std::net::Shutdown::Write);
        ends(&mut socket);
    });
    // What is right in the first record and wrong in the next.
    for rest in [&[0x17, 3, 3, 0xFF, 0xFF][..], &[0x16, 3, 3, 0x40, 0], b"DEVQM 02", &[0x80; 70_000]] {
        let mut socket = secured.devqm.socket();
        socket.write_all(&hello).unwrap();
        _ = socket.write_all(rest);
        _ = socket.shutdown(std::net::Shutdown::Write);
        ends(&mut socket);
    }
    steady.open("SYSTEM.DEFAULT.LOCAL.QUEUE");
    assert_eq!(secured.connect("ANY_TLS13", None, "TLS.ANY").unwrap(), 0);
}

/// What a client says first.
fn hello(secured: &Secured) -> Vec<u8> {
    let name = "tls2e-any.chl.mq.ibm.com".try_into().unwrap();
    let configuration = secured.configuration("ANY_TLS12_OR_HIGHER", None);
    let mut connection: Connection = ClientConnection::new(Arc::new(configuration), name).unwrap().into();
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).unwrap();
    bytes
}

/// Reads until the other end closes, or cuts.
fn ends(socket: &mut TcpStream) {
    socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let ended = socket.read_to_end(&mut Vec::new());
    assert!(!ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "it hangs");
}

#[test]
fn without_a_certificate_tls_is_refused_and_channels_that_ask_for_it_let_nobody_in() {
    let devqm = Devqm::start_with(MQSC, &[]);
    let credentials = Credentials { authorities: trusting(&Authority::new("any")), own: None };
    let any = configuration(cipher::find("ANY_TLS12_OR_HIGHER").unwrap(), credentials).unwrap();
    assert!(Line::secure(devqm.socket(), any, "TLS.ANY").is_err());
    assert_eq!(connect(Line::Plain(devqm.socket()), "TLS.ANY").unwrap(), mq::MQRC_SSL_INITIALIZATION_ERROR);
    ChannelClient::connect(&devqm, true);
}

#[test]
fn a_cipher_spec_that_devqm_does_not_have_is_refused_by_name() {
    let devqm = Devqm::start();
    let mut session = devqm.connect();
    for name in ["TLS_RSA_WITH_AES_256_CBC_SHA256", "ECDHE_RSA_AES_256_CBC_SHA384", "ANY", "NONSENSE"] {
        let said = altered(&mut session, &format!("SSLCIPH({name})"));
        assert!(said.contains(name) && said.contains("ECDHE_RSA_AES_256_GCM_SHA384"), "{said}");
    }
    assert!(altered(&mut session, "SSLPEER('CN=app')").contains("SSLPEER"));
    altered(&mut session, "SSLCIPH(any_tls12) SSLCAUTH(OPTIONAL)");
    let shown = mqsc(&mut session, "DISPLAY CHANNEL(DEV.APP.SVRCONN) SSLCIPH SSLCAUTH SSLPEER");
    for attribute in ["SSLCIPH(ANY_TLS12)", "SSLCAUTH(OPTIONAL)", "SSLPEER( )"] {
        assert!(shown.contains(attribute), "{shown}");
    }
    // What is connected stays so; who comes is refused.
    assert_eq!(
        connect(Line::Plain(devqm.socket()), "DEV.APP.SVRCONN").unwrap(),
        mq::MQRC_SSL_INITIALIZATION_ERROR
    );
    altered(&mut session, "SSLCIPH(' ')");
    assert_eq!(connect(Line::Plain(devqm.socket()), "DEV.APP.SVRCONN").unwrap(), 0);
}

fn altered(session: &mut Session, attributes: &str) -> String {
    mqsc(session, &format!("ALTER CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN) {attributes}"))
}

#[test]
fn files_that_are_no_identity_are_refused_by_name_at_the_start() {
    let mut devqm = Devqm::start();
    devqm.kill();
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = Authority::new("one").issue("QM1").write(folder.path());
    let nothing = devqm.path("start.mqsc").to_str().unwrap().to_owned();
    let other = tempfile::tempdir().unwrap();
    let [_, other_key] = Authority::new("two").issue("QM1").write(other.path());
    for (arguments, named) in [
        (vec!["--tls-cert", "no/such/file", "--tls-key", &key], "no/such/file"),
        (vec!["--tls-cert", &nothing, "--tls-key", &key], nothing.as_str()),
        (vec!["--tls-cert", &certificate, "--tls-key", &nothing], nothing.as_str()),
        (vec!["--tls-cert", &certificate, "--tls-key", &other_key], other_key.as_str()),
        (vec!["--tls-cert", &certificate, "--tls-key", &key, "--tls-client-ca", &nothing], nothing.as_str()),
    ] {
        let ended = devqm.start_in_vain(&arguments);
        assert_eq!(ended.code, Some(78), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(named), "{arguments:?}: {}", ended.stderr);
    }
    assert_eq!(devqm.start_in_vain(&["--tls-cert", &certificate]).code, Some(64));
}

//! TLS as a C program asks for it: CipherSpecs, key repositories, and what is refused.

use std::path::Path;

use libmqm_default as initial;
use libmqm_sys as mq;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

use crate::certificates::{Authority, Pair};
use crate::harness::{Devqm, QUEUE_MANAGER};
use crate::program::{Codes, OK, at, cd, cno, connx, disconnect, failed, field, get_now, gmo, open, put_now};

const MQSC: &str = "
    DEFINE CHANNEL(TLS.ANY) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(OPTIONAL) MAXMSGL(104857600)
    DEFINE CHANNEL(TLS.12) CHLTYPE(SVRCONN) SSLCIPH(ECDHE_ECDSA_AES_256_GCM_SHA384) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.13) CHLTYPE(SVRCONN) SSLCIPH(TLS_AES_128_GCM_SHA256) SSLCAUTH(OPTIONAL)
    DEFINE CHANNEL(TLS.MUTUAL) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER)
";
const PASSWORD: &str = "of the repository";
const LABEL: &str = "app";

/// A queue manager with a certificate, and a folder of key repositories.
struct Secured {
    devqm: Devqm,
    folder: tempfile::TempDir,
}

/// What a program states of TLS.
#[derive(Clone, Copy)]
struct Stated<'a> {
    channel: &'a str,
    cipher: &'a str,
    repository: &'a str,
    password: &'a str,
    label: &'a str,
}

const TRUSTING: Stated<'_> = Stated {
    channel: "TLS.ANY",
    cipher: "ANY_TLS12_OR_HIGHER",
    repository: "trust.p12",
    password: PASSWORD,
    label: "",
};

impl Secured {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (authority, clients) = (Authority::new("devqm's"), Authority::new("clients'"));
        let [certificate, key] = authority.issue("QM1").write(folder.path());
        let known = clients.write(folder.path().join("clients.pem"));
        let devqm = Devqm::start_with(
            MQSC,
            &["--tls-cert", &certificate, "--tls-key", &key, "--tls-client-ca", &known],
        );
        let it = Self { devqm, folder };
        let (own, stranger) = (clients.issue("app"), Authority::new("another's"));
        authority.write(it.path("trust.pem"));
        it.repository("trust.p12", &authority, None);
        it.repository("key.p12", &authority, Some(&own));
        it.repository("stranger.p12", &authority, Some(&stranger.issue("app")));
        it.repository("others.p12", &stranger, None);
        std::fs::write(it.path("key.kdb"), [0x00, 0x01, 0x02]).unwrap();
        std::fs::write(it.path("broken.p12"), [0x30, 0x82, 0xFF, 0xFF, 1]).unwrap();
        it
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// A PKCS#12 file that trusts an authority, and may have a key.
    fn repository(&self, name: &str, trusted: &Authority, own: Option<&Pair>) {
        let mut store = KeyStore::new();
        let trusted = Certificate::from_der(&trusted.shown()).unwrap();
        store.add_entry("authority", KeyStoreEntry::Certificate(trusted));
        if let Some(own) = own {
            let (certificates, key) = own.shown();
            let certificates = certificates.iter().map(|each| Certificate::from_der(each).unwrap());
            let key = PrivateKey::from_der(key.secret_der()).unwrap();
            let chain = PrivateKeyChain::new("1", key, certificates);
            store.add_entry(LABEL, KeyStoreEntry::PrivateKeyChain(chain));
        }
        // As few rounds as there may be: what is tested is not how long it takes to guess the password.
        let file = store.writer(PASSWORD).encryption_iterations(1).mac_iterations(1).write().unwrap();
        std::fs::write(self.path(name), file).unwrap();
    }

    /// MQCONNX.
    fn connect(&self, stated: Stated<'_>) -> (i32, Codes) {
        let mut channel = cd(&self.devqm.connection_name());
        channel.ChannelName = field(stated.channel);
        channel.SSLCipherSpec = field(stated.cipher);
        let repository = self.path(stated.repository);
        let mut tls = sco(&repository, stated.label);
        let mut password = stated.password.as_bytes().to_vec();
        tls.KeyRepoPasswordPtr = password.as_mut_ptr().cast();
        tls.KeyRepoPasswordLength = i32::try_from(password.len()).unwrap();
        let mut options = cno(0, &mut channel);
        options.SSLConfigPtr = at(&mut tls).cast();
        connx(QUEUE_MANAGER, &mut options)
    }

    #[track_caller]
    fn connects(&self, stated: Stated<'_>) {
        let (handle, codes) = self.connect(stated);
        assert_eq!((codes, disconnect(handle)), (OK, OK));
    }

    #[track_caller]
    fn refuses(&self, reason: i32, stated: Stated<'_>) {
        assert_eq!(self.connect(stated).1, failed(reason));
    }
}

fn sco(repository: &Path, label: &str) -> mq::MQSCO {
    mq::MQSCO {
        Version: 6,
        KeyRepository: field(repository.to_str().unwrap()),
        CertificateLabel: field(label),
        ..initial::MQSCO_DEFAULT
    }
}

#[test]
fn a_program_connects_by_each_cipher_spec_and_makes_its_calls() {
    let secured = Secured::start();
    for (channel, cipher) in [
        ("TLS.ANY", "ANY_TLS12"),
        ("TLS.ANY", "ANY_TLS13_OR_HIGHER"),
        ("TLS.12", "ECDHE_ECDSA_AES_256_GCM_SHA384"),
        ("TLS.12", "ANY_TLS12_OR_HIGHER"),
        ("TLS.13", "TLS_AES_128_GCM_SHA256"),
        ("TLS.13", "ANY_TLS12_OR_HIGHER"),
    ] {
        let (connection, codes) = secured.connect(Stated { channel, cipher, ..TRUSTING });
        assert_eq!(codes, OK, "{channel} {cipher}");
        let object = open(connection);
        put_now(connection, object, cipher.as_bytes());
        assert_eq!(get_now(connection, object), (OK, cipher.as_bytes().to_vec()));
        assert_eq!(disconnect(connection), OK);
    }
}

#[test]
fn a_long_message_travels_enciphered_both_ways() {
    let secured = Secured::start();
    let (connection, codes) = secured.connect(TRUSTING);
    assert_eq!(codes, OK);
    let object = open(connection);
    let body: Vec<u8> =
        (0..3_000_000_u32).map(|index| index.to_be_bytes()[3] ^ index.to_be_bytes()[2]).collect();
    put_now(connection, object, &body);
    let mut options = gmo(mq::MQGMO_NO_SYNCPOINT);
    let got = crate::program::get(connection, object, &mut crate::program::md(), &mut options, body.len());
    assert_eq!(got.0, OK);
    assert!(got.2 == body, "another body");
    assert_eq!(disconnect(connection), OK);
}

#[test]
fn a_waiting_get_of_an_enciphered_line_is_ended_by_another_thread() {
    let secured = Secured::start();
    let (connection, codes) = secured.connect(TRUSTING);
    assert_eq!(codes, OK);
    crate::callbacks::consumes_and_stops(connection);
    assert_eq!(disconnect(connection), OK);
}

#[test]
fn a_certificate_is_shown_by_its_label() {
    let secured = Secured::start();
    for cipher in ["ANY_TLS12", "ANY_TLS13"] {
        let mutual = Stated { channel: "TLS.MUTUAL", cipher, ..TRUSTING };
        secured.connects(Stated { repository: "key.p12", label: LABEL, ..mutual });
        secured.connects(Stated { repository: "key.p12", label: "APP", ..mutual });
        // Without a label it is that of ibmwebspheremq and the user, of which there is none.
        secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, Stated { repository: "key.p12", ..mutual });
        secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, mutual);
        let stranger = Stated { repository: "stranger.p12", label: LABEL, ..mutual };
        secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, stranger);
        let unknown = Stated { repository: "key.p12", label: "other", ..mutual };
        secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, unknown);
    }
}

#[test]
fn pem_serves_as_a_key_repository_too() {
    let secured = Secured::start();
    secured.connects(Stated { repository: "trust.pem", password: "", ..TRUSTING });
    let pem = ["certificate.pem", "key.pem", "trust.pem"];
    let all: Vec<_> = pem.iter().map(|name| std::fs::read_to_string(secured.path(name)).unwrap()).collect();
    std::fs::write(secured.path("all.pem"), all.concat()).unwrap();
    // The queue manager's own certificate is nobody's whom it takes as a client, but it need not be asked for one.
    let all = Stated { repository: "all.pem", password: "", ..TRUSTING };
    secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, Stated { channel: "TLS.MUTUAL", ..all });
    secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, Stated { label: LABEL, ..all });
}

#[test]
fn repositories_that_cannot_be_used_are_told_from_handshakes_that_fail() {
    let secured = Secured::start();
    for (repository, password) in [
        ("no-such-file", PASSWORD),
        ("key.kdb", PASSWORD),
        // As older programs write it: the extension is left out, and means a key database.
        ("key", PASSWORD),
        ("broken.p12", PASSWORD),
        ("key.p12", "another one"),
        ("key.p12", ""),
    ] {
        secured.refuses(mq::MQRC_KEY_REPOSITORY_ERROR, Stated { repository, password, ..TRUSTING });
    }
    let refused = |stated| secured.refuses(mq::MQRC_SSL_INITIALIZATION_ERROR, stated);
    refused(Stated { repository: "others.p12", ..TRUSTING });
    refused(Stated { cipher: "NO_SUCH_CIPHER", ..TRUSTING });
    refused(Stated { cipher: "TLS_RSA_WITH_AES_128_CBC_SHA256", ..TRUSTING });
    refused(Stated { channel: "TLS.13", cipher: "ANY_TLS12", ..TRUSTING });
    refused(Stated { channel: "TLS.ANY", cipher: "", ..TRUSTING });
    refused(Stated { channel: "DEV.APP.SVRCONN", ..TRUSTING });
    secured.refuses(mq::MQRC_UNKNOWN_CHANNEL_NAME, Stated { channel: "NO.SUCH.CHANNEL", ..TRUSTING });
}

#[test]
fn what_would_be_ignored_of_tls_options_is_refused() {
    let secured = Secured::start();
    let refused = |reason: i32, change: &mut dyn FnMut(&mut mq::MQSCO)| {
        let mut channel = cd(&secured.devqm.connection_name());
        channel.ChannelName = field("TLS.ANY");
        channel.SSLCipherSpec = field("ANY_TLS12");
        let mut tls = sco(&secured.path("trust.pem"), "");
        change(&mut tls);
        let mut options = cno(0, &mut channel);
        options.SSLConfigPtr = at(&mut tls).cast();
        let (handle, codes) = connx(QUEUE_MANAGER, &mut options);
        if codes == OK {
            disconnect(handle);
        }
        assert_eq!(codes.1, reason);
    };
    refused(mq::MQRC_NONE, &mut |_| ());
    refused(mq::MQRC_KEY_REPOSITORY_ERROR, &mut |tls| tls.KeyRepository = field(""));
    refused(mq::MQRC_CRYPTO_HARDWARE_ERROR, &mut |tls| tls.CryptoHardware = field("GSK_PKCS11=x;"));
    refused(mq::MQRC_SSL_INITIALIZATION_ERROR, &mut |tls| tls.FipsRequired = mq::MQSSL_FIPS_YES);
    refused(mq::MQRC_FUNCTION_NOT_SUPPORTED, &mut |tls| tls.AuthInfoRecCount = 1);
    refused(mq::MQRC_SCO_ERROR, &mut |tls| {
        tls.KeyRepoPasswordLength = 5;
        tls.KeyRepoPasswordPtr = std::ptr::null_mut();
    });
}

#[test]
fn a_table_of_channels_may_ask_for_tls() {
    let secured = Secured::start();
    let address = secured.devqm.connection_name().replace("127.0.0.1(", "").replace(')', "");
    let table = |security: &str| {
        format!(
            r#"{{ "channel": [ {{ "name": "TLS.MUTUAL", "type": "clientConnection", "clientConnection":
                {{ "queueManager": "QM1", "connection": [ {{ "host": "127.0.0.1", "port": {address} }} ] }},
                "transmissionSecurity": {{ "cipherSpecification": "ANY_TLS12_OR_HIGHER" {security} }} }} ] }}"#
        )
    };
    let mut url = format!("file://{}", secured.path("ccdt.json").display()).into_bytes();
    let mut tls = sco(&secured.path("key.p12"), "");
    let mut password = PASSWORD.as_bytes().to_vec();
    tls.KeyRepoPasswordPtr = password.as_mut_ptr().cast();
    tls.KeyRepoPasswordLength = i32::try_from(password.len()).unwrap();
    for (security, expected) in [
        (r#", "certificateLabel": "app""#, OK),
        ("", failed(mq::MQRC_SSL_INITIALIZATION_ERROR)),
        (
            r#", "certificateLabel": "app", "certificatePeerName": "CN=QM1""#,
            failed(mq::MQRC_FUNCTION_NOT_SUPPORTED),
        ),
    ] {
        std::fs::write(secured.path("ccdt.json"), table(security)).unwrap();
        let mut options = mq::MQCNO { Version: 6, ..initial::MQCNO_DEFAULT };
        options.CCDTUrlPtr = url.as_mut_ptr().cast();
        options.CCDTUrlLength = i32::try_from(url.len()).unwrap();
        options.SSLConfigPtr = at(&mut tls).cast();
        let (handle, codes) = connx(QUEUE_MANAGER, &mut options);
        assert_eq!(codes, expected, "{security}");
        if codes == OK {
            assert_eq!(disconnect(handle), OK);
        }
    }
}

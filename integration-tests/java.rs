//! IBM's own clients for Java, fetched unmodified when the tests run, as judges of devqm's channel door: base classes, JMS and
//! Jakarta Messaging, the oldest and the newest version; and Spring and Apache Camel on top of the last.
//!
//! Skipped in plain words where Java or Maven are absent; required where `MQGATE_REQUIRE_SUITES` is set.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mq::{Format, PropertyValue};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use tempfile::TempDir;

use crate::harness::devqm::{CHANNEL, DEAD_LETTERS, NOTICES, PAYMENTS};
use crate::harness::wait::until;
use crate::harness::{Devqm, Put};

/// What the Java programs open.
const DEFINITIONS: &str = "\
DEFINE QLOCAL(JAVA.BASE) DESCR('for Java') BOTHRESH(3)
DEFINE QLOCAL(JAVA.JMS) DEFPSIST(YES)
DEFINE QLOCAL(JAVA.SPRING) DEFPSIST(YES)
DEFINE QLOCAL(JAVA.RESTART) DEFPSIST(YES)
DEFINE QLOCAL(JAVA.CAMEL.IN) DEFPSIST(YES)
DEFINE QLOCAL(JAVA.CAMEL.OUT) DEFPSIST(YES)
DEFINE CHANNEL(PLAIN.SVRCONN) CHLTYPE(SVRCONN) SHARECNV(0)
";
/// A channel whose clients are not multiplexed.
const PLAIN_CHANNEL: &str = "PLAIN.SVRCONN";

/// The channels of [`TlsCases`](sources), beside the plain one.
const TLS_DEFINITIONS: &str = "\
DEFINE CHANNEL(TLS.ANY) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(OPTIONAL)
DEFINE CHANNEL(TLS.RSA256) CHLTYPE(SVRCONN) SSLCIPH(ECDHE_RSA_AES_256_GCM_SHA384) SSLCAUTH(OPTIONAL)
DEFINE CHANNEL(TLS.RSA128) CHLTYPE(SVRCONN) SSLCIPH(ECDHE_RSA_AES_128_GCM_SHA256) SSLCAUTH(OPTIONAL)
DEFINE CHANNEL(TLS.13.128) CHLTYPE(SVRCONN) SSLCIPH(TLS_AES_128_GCM_SHA256) SSLCAUTH(OPTIONAL)
DEFINE CHANNEL(TLS.13.256) CHLTYPE(SVRCONN) SSLCIPH(TLS_AES_256_GCM_SHA384) SSLCAUTH(OPTIONAL)
DEFINE CHANNEL(TLS.MUTUAL) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER)
";

/// One of IBM's clients.
#[derive(Debug, Clone, Copy)]
struct Client {
    artifact: &'static str,
    version: &'static str,
    /// Whether it speaks of `jakarta.jms`.
    is_jakarta: bool,
}

const OLDEST: Client = Client { artifact: "com.ibm.mq.allclient", version: "9.2.0.0", is_jakarta: false };
const NEWEST: Client = Client { artifact: "com.ibm.mq.allclient", version: "9.4.5.0", is_jakarta: false };
const JAKARTA: Client =
    Client { artifact: "com.ibm.mq.jakarta.client", version: "10.0.0.0", is_jakarta: true };
const CLIENTS: [Client; 3] = [OLDEST, NEWEST, JAKARTA];

/// The programs for all of them, and those for what stands on the Jakarta client.
const PROGRAMS: [&str; 5] = ["Cases", "BaseCases", "JmsCases", "AcrossCases", "TlsCases"];
const FRAMEWORK_PROGRAMS: [&str; 3] = ["SpringCases", "CamelCases", "FrameworkCases"];

/// How the Jakarta client names what the other names differently.
const JAKARTA_NAMES: [(&str, &str); 3] = [
    ("javax.jms", "jakarta.jms"),
    ("com.ibm.mq.jms.", "com.ibm.mq.jakarta.jms."),
    ("com.ibm.msg.client.wmq", "com.ibm.msg.client.jakarta.wmq"),
];

/// The folder with the clients and the programs compiled against each, or what is missing.
fn built() -> Result<&'static Path, &'static str> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("java");
        for client in CLIENTS {
            client.fetch(&folder)?;
            client.compile(&folder)?;
        }
        Ok(folder)
    });
    built.as_deref().map_err(String::as_str)
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("integration-tests/java")
}

/// Runs a program to its end; what is wrong with it, where something is.
fn run(command: &mut Command) -> Result<Output, String> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(format!("{program}: {}", String::from_utf8(printed).unwrap_or_default()))
}

impl Client {
    fn folder(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}-{}", self.artifact, self.version))
    }

    /// The programs that are compiled against it.
    fn programs(self) -> impl Iterator<Item = &'static str> {
        let of_frameworks = FRAMEWORK_PROGRAMS.into_iter().filter(move |_| self.is_jakarta);
        PROGRAMS.into_iter().chain(of_frameworks)
    }

    /// The client and what it needs, by Maven; kept for the next run, unless other things are asked for then.
    fn fetch(self, folder: &Path) -> Result<(), String> {
        let folder = self.folder(folder);
        let asked = std::fs::read_to_string(sources().join("pom.xml")).map_err(|error| error.to_string())?;
        if std::fs::read_to_string(folder.join("fetched")).is_ok_and(|fetched| fetched == asked) {
            return Ok(());
        }
        _ = std::fs::remove_dir_all(folder.join("lib"));
        std::fs::create_dir_all(folder.join("lib")).map_err(|error| error.to_string())?;
        run(Command::new("mvn")
            .args(["-q", "-B", "dependency:copy-dependencies", "-f"])
            .arg(sources().join("pom.xml"))
            .args(self.is_jakarta.then_some("-Pframeworks"))
            .arg(format!("-Dclient={}", self.artifact))
            .arg(format!("-Dclient.version={}", self.version))
            .arg(format!("-DoutputDirectory={}", folder.join("lib").display())))?;
        std::fs::write(folder.join("fetched"), asked).map_err(|error| error.to_string())
    }

    fn compile(self, folder: &Path) -> Result<(), String> {
        let folder = self.folder(folder);
        let copies = folder.join("sources");
        std::fs::create_dir_all(&copies).map_err(|error| error.to_string())?;
        let mut javac = Command::new("javac");
        javac.arg("-cp").arg(folder.join("lib/*")).arg("-d").arg(folder.join("classes"));
        for name in self.programs() {
            let file = format!("{name}.java");
            let text = std::fs::read_to_string(sources().join(&file)).map_err(|error| error.to_string())?;
            let names = JAKARTA_NAMES.iter().filter(|_| self.is_jakarta);
            let text = names.fold(text, |text, (from, to)| text.replace(from, to));
            std::fs::write(copies.join(&file), text).map_err(|error| error.to_string())?;
            javac.arg(copies.join(&file));
        }
        run(&mut javac).map(drop)
    }

    /// Runs one of the programs; its table of cases, each a name and what came of it.
    #[track_caller]
    fn judge(self, folder: &Path, devqm: &Devqm, cases: &Cases<'_>) {
        self.judge_at(folder, &devqm.host_and_port(), cases);
    }

    /// The same where the queue manager does not run all the time.
    #[track_caller]
    fn judge_at(self, folder: &Path, (host, port): &(String, String), cases: &Cases<'_>) {
        let folder = self.folder(folder);
        let output = Command::new("java")
            .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
            .args(cases.properties)
            .arg("-cp")
            .arg(format!("{}:{}", folder.join("lib/*").display(), folder.join("classes").display()))
            .arg(cases.program)
            .args([host, port, cases.channel])
            .args(cases.arguments)
            .current_dir(&folder)
            .output()
            .expect("java runs");
        let table = String::from_utf8(output.stdout).expect("it prints UTF-8");
        let complaints = String::from_utf8(output.stderr).unwrap_or_default();
        let title =
            format!("{} {}, {}, {}", self.artifact, self.version, cases.program, cases.arguments.join(" "));
        println!("{title}, channel {}:\n{table}", cases.channel);
        assert!(output.status.success() && table.contains("\tpass"), "{title}:\n{table}\n{complaints}");
    }
}

/// A program and what it is told.
struct Cases<'a> {
    program: &'a str,
    channel: &'a str,
    arguments: &'a [&'a str],
    /// Java's own `-D…`: which cases.
    properties: &'a [&'a str],
}

/// True where a suite must be skipped; fails where it is required.
fn skips(missing: &str) -> bool {
    assert!(std::env::var_os("MQGATE_REQUIRE_SUITES").is_none(), "required: {missing}");
    println!("skipped: {missing}");
    true
}

/// Runs a test with the folder of what was built, or skips it.
fn with_java(test: impl FnOnce(&Path)) {
    match built() {
        Ok(folder) => test(folder),
        Err(missing) => _ = skips(missing),
    }
}

const USER: [&str; 2] = ["app", "secret"];
/// The cases that need a queue manager which asks for passwords.
const ALL_BUT_PASSWORDS: [&str; 1] = ["-Dexcept=password"];

#[test]
fn base_classes_work_unmodified() {
    with_java(|folder| {
        let devqm = Devqm::start_with(DEFINITIONS);
        for (client, channel) in
            CLIENTS.map(|client| (client, CHANNEL)).into_iter().chain([(NEWEST, PLAIN_CHANNEL)])
        {
            let cases =
                Cases { program: "BaseCases", channel, arguments: &USER, properties: &ALL_BUT_PASSWORDS };
            client.judge(folder, &devqm, &cases);
        }
    });
}

/// A folder of key stores as Java people make them, and the password of all of them.
struct KeyStores {
    folder: TempDir,
}

const STORE_PASSWORD: &str = "of key stores";

impl KeyStores {
    /// Keys of RSA with certificates that vouch for themselves: the queue manager's, a client's, a stranger's.
    fn made() -> Self {
        let stores = Self { folder: tempfile::tempdir().expect("a folder") };
        for name in ["server", "client", "stranger"] {
            let distinguished = format!("CN={name}");
            let key = ["-keyalg", "RSA", "-keysize", "2048", "-validity", "2", "-dname", &distinguished];
            stores.keytool("-genkeypair", name, name, &key);
            stores.keytool("-exportcert", name, name, &["-rfc", "-file", &format!("{name}.pem")]);
        }
        stores.keytool("-importcert", "trust", "server", &["-noprompt", "-file", "server.pem"]);
        stores.keytool("-importcert", "others", "stranger", &["-noprompt", "-file", "stranger.pem"]);
        stores
    }

    fn keytool(&self, command: &str, store: &str, alias: &str, more: &[&str]) {
        let mut keytool = Command::new("keytool");
        keytool.arg(command).args(["-alias", alias, "-storetype", "PKCS12", "-storepass", STORE_PASSWORD]);
        keytool.arg("-keystore").arg(format!("{store}.p12")).args(more).current_dir(self.folder.path());
        run(&mut keytool).expect("keytool works");
    }

    fn certificate(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.pem"))).expect("a certificate")
    }

    /// A store's private key as PEM, which keytool does not write.
    fn key(&self, name: &str) -> String {
        let file = std::fs::read(self.folder.path().join(format!("{name}.p12"))).expect("a key store");
        let store =
            KeyStore::from_pkcs12(&file, STORE_PASSWORD, Pkcs12ImportPolicy::Strict).expect("PKCS#12");
        let (_, chain) = store.private_key_chain().expect("a key");
        let encoded = BASE64_STANDARD.encode(chain.key().as_der());
        format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n")
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().expect("UTF-8")
    }
}

/// The oldest client is not asked: its TLS calls a method that Java has removed since.
#[test]
fn tls_works_unmodified() {
    with_java(|folder| {
        let stores = KeyStores::made();
        let identity = [stores.certificate("server"), stores.key("server"), stores.certificate("client")];
        let mqsc = [DEFINITIONS, TLS_DEFINITIONS].concat();
        let devqm = Devqm::start_with_tls(&mqsc, identity.each_ref().map(String::as_str));
        let trusted = format!("-Djavax.net.ssl.trustStore={}/trust.p12", stores.path());
        let password = format!("-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}");
        // Names of suites as every Java but IBM's own has them.
        let properties = [&trusted, &password, "-Dcom.ibm.mq.cfg.useIBMCipherMappings=false"];
        let arguments = [stores.path(), STORE_PASSWORD];
        for client in [NEWEST, JAKARTA] {
            let cases = Cases {
                program: "TlsCases",
                channel: CHANNEL,
                arguments: &arguments,
                properties: &properties,
            };
            client.judge(folder, &devqm, &cases);
        }
    });
}

fn messaging(client: Client, version: &str) {
    with_java(|folder| {
        let devqm = Devqm::start_with(DEFINITIONS);
        let [user, password] = USER;
        let arguments = [user, password, version];
        let cases = Cases {
            program: "JmsCases",
            channel: CHANNEL,
            arguments: &arguments,
            properties: &ALL_BUT_PASSWORDS,
        };
        client.judge(folder, &devqm, &cases);
    });
}

#[test]
fn the_oldest_jms_works_unmodified() {
    messaging(OLDEST, "unspecified");
}

#[test]
fn the_newest_jms_works_unmodified() {
    messaging(NEWEST, "unspecified");
}

#[test]
fn jakarta_messaging_works_unmodified() {
    messaging(JAKARTA, "unspecified");
}

/// Provider version 6 asks for no conversations: the client polls, and evaluates selectors itself.
#[test]
fn jms_of_provider_version_6_works_unmodified() {
    messaging(NEWEST, "6");
}

/// One process of Java for all of it. Its last case asks for the death of the queue manager.
#[test]
fn spring_and_camel_work_unmodified() {
    with_java(|folder| {
        let mut devqm = Devqm::start_with(DEFINITIONS);
        let address = devqm.host_and_port();
        let cases = Cases { program: "FrameworkCases", channel: CHANNEL, arguments: &USER, properties: &[] };
        std::thread::scope(|scope| {
            let java = scope.spawn(|| JAKARTA.judge_at(folder, &address, &cases));
            let mut client = devqm.client();
            let mut asks = || client.depth("JAVA.RESTART") > 0;
            until("Java asks for a restart", || java.is_finished() || asks());
            if !java.is_finished() {
                devqm.kill_and_restart();
                devqm.client().put("JAVA.SPRING", "after");
            }
        });
    });
}

#[test]
fn passwords_are_checked_where_and_as_java_clients_send_them() {
    with_java(|folder| {
        let [user, password] = USER;
        let devqm = Devqm::start_with_user(DEFINITIONS, user, password);
        let properties = ["-Donly=password"];
        for client in CLIENTS {
            let cases =
                Cases { program: "BaseCases", channel: CHANNEL, arguments: &USER, properties: &properties };
            client.judge(folder, &devqm, &cases);
            for version in ["unspecified", "6"] {
                let arguments = [user, password, version];
                let cases = Cases {
                    program: "JmsCases",
                    channel: CHANNEL,
                    arguments: &arguments,
                    properties: &properties,
                };
                client.judge(folder, &devqm, &cases);
            }
        }
    });
}

#[test]
fn messages_go_between_jms_and_the_mqi_with_properties_ids_and_characters() {
    with_java(|folder| {
        for client in [NEWEST, JAKARTA] {
            let devqm = Devqm::start_with(DEFINITIONS);
            let mut mqi = devqm.client();
            let mut bytes = Put::text(&[0, 0xFF, 7]);
            bytes.descriptor.format = Format::NONE;
            mqi.put_message(PAYMENTS, &bytes);
            mqi.put_message(PAYMENTS, &Put::text("rot ü €".as_bytes()).property("colour", "red"));
            let arguments = [PAYMENTS, NOTICES];
            let cases =
                Cases { program: "AcrossCases", channel: CHANNEL, arguments: &arguments, properties: &[] };
            client.judge(folder, &devqm, &cases);
            let text = mqi.expect(NOTICES);
            assert_eq!((text.body.as_slice(), text.descriptor.ccsid), ("grün ü €".as_bytes(), 1208));
            assert_eq!(text.descriptor.format, Format::STRING);
            assert_eq!(text.descriptor.priority, 6);
            assert_eq!(text.descriptor.correlation_id.to_string().to_lowercase().len(), 48);
            let property = |name: &str| {
                let found = text.properties.iter().find(|property| property.name == name);
                found.unwrap_or_else(|| panic!("{name} is not among {:?}", text.properties)).value.clone()
            };
            assert_eq!(property("colour"), PropertyValue::String("green".into()));
            assert_eq!(property("size"), PropertyValue::Int32(7));
            let bytes = mqi.expect(NOTICES);
            assert_eq!(bytes.body, [0, 0xFF, 7]);
            assert_eq!((mqi.depth(PAYMENTS), mqi.depth(NOTICES), mqi.depth(DEAD_LETTERS)), (0, 0, 0));
        }
    });
}

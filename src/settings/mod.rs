//! What the program runs on: complete, checked, built once before the first thread starts.
//!
//! Three layers, each over the one before: the defaults compiled in from `config/default.toml`, the provider's file, and
//! environment variables `MQGATE__…`. All mistakes are reported in one run, one line each.

mod layers;
mod fields;
pub(crate) mod format;
mod pattern;
mod read;
pub(crate) mod secret;

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use mq::{ChannelName, QueueManagerName, QueueName};

use crate::disposition::Order;
use crate::message::Ccsid;
use crate::translate::{self, Format, Newline, Translator};

pub use pattern::Pattern;
pub use secret::{Credentials, SecretError};

use layers::Origin;

/// `config/default.toml`: every key with its default.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Everything that a person can set, as the program runs on it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's name: part of `ce-source` and of every idempotency key.
    pub provider: String,
    /// The MQ client library; `None` searches for it.
    pub mq_library: Option<PathBuf>,
    /// The queue managers.
    pub sites: Vec<Site>,
    /// The queues that messages come from.
    pub sources: Vec<Source>,
    /// The services.
    pub destinations: Vec<Destination>,
    /// From message to destination; the first that matches wins.
    pub routes: Vec<Route>,
    /// Sizes and counts.
    pub limits: Limits,
    /// Times.
    pub retry: Retry,
    /// Where a record of each message goes.
    pub audit: Audit,
    /// The listener for health, metrics and operators.
    pub admin: Admin,
    /// What is logged, and how.
    pub log: Log,
    /// SHA-256 of the effective settings, secrets' contents excepted, in hexadecimal.
    pub hash: String,
}

/// One queue manager of the provider.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name in settings.
    pub name: String,
    /// The queue manager that must answer; empty for whichever does.
    pub queue_manager: QueueManagerName,
    /// The way there.
    pub endpoint: Endpoint,
    /// The user, where the queue manager asks for one, and the file with the password.
    pub user: Option<(String, PathBuf)>,
    /// What the queue manager shows as the application's name.
    pub application_name: String,
}

/// The way to a queue manager.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// A channel defined here.
    Channel {
        /// `host(port)`, several separated by commas.
        connection_name: String,
        /// The SVRCONN channel.
        channel: ChannelName,
        /// TLS, where the channel uses it.
        tls: Option<Tls>,
        /// The channel's MAXMSGL, in bytes.
        message_bytes_max: u32,
    },
    /// A client channel definition table.
    Ccdt {
        /// Its URL.
        url: String,
        /// The key repository for its channels.
        tls: Option<Tls>,
    },
}

/// TLS towards a queue manager.
#[derive(Debug, Clone)]
pub struct Tls {
    /// SSLCIPH; empty with a CCDT, which has its own.
    pub cipher_spec: String,
    /// SSLPEER.
    pub peer_name: Option<String>,
    /// The path of the key repository.
    pub key_repository: String,
    /// The file with its password.
    pub key_password_file: Option<PathBuf>,
    /// The label of our certificate.
    pub certificate_label: Option<String>,
}

/// A queue that messages come from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name in settings.
    pub name: String,
    /// The queue.
    pub queue: QueueName,
    /// Indexes of the sites it is on.
    pub sites: Vec<usize>,
    /// The format of its messages.
    pub format: Format,
    /// What line ends of EBCDIC text are.
    pub newline: Newline,
    /// SHA-256 of the dialect and layout files, where there are some.
    pub definition: Option<String>,
    /// Consumers on each site.
    pub consumers: u32,
    /// The character set of the bodies, where the descriptor cannot be trusted.
    pub ccsid: Option<Ccsid>,
    /// Where messages are parked; else BOQNAME, else the dead-letter queue.
    pub parking_queue: Option<QueueName>,
    /// Where messages are tried alone that may kill the process, and replayed that were never routed.
    pub retry_queue: Option<QueueName>,
    /// Whether its messages must arrive in order.
    pub order: Order,
    /// Elements that repeat, as parent and child, beyond those of the published schemas.
    pub repeatable: Vec<(String, String)>,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its name in settings.
    pub name: String,
    /// Where documents are posted.
    pub url: url::Url,
    /// How long one request may take, its whole answer included.
    pub timeout: Duration,
    /// Where its messages wait while others pass, on every site.
    pub retry_queue: Option<QueueName>,
    /// Consumers of that queue on each site.
    pub retry_consumers: u32,
    /// Headers of every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What `Authorization` says.
    pub credentials: Option<Credentials>,
    /// The version of HTTP.
    pub http: Http,
    /// PEM certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// A PEM private key with its certificates, to show to the service.
    pub client_identity_file: Option<PathBuf>,
}

/// The version of HTTP towards a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// What TLS negotiates; HTTP/1.1 without TLS.
    Auto,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, also without TLS.
    Http2,
}

/// One rule of the routing table.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What must hold.
    pub when: Condition,
    /// The index of the destination.
    pub to: usize,
    /// 404 is a business rejection: the message is parked.
    pub not_found_is_business: bool,
    /// A 409 whose problem details have this `type` proves that an earlier request was completed.
    pub completed_problem_type: Option<String>,
    /// How long after its put a message can still be answered.
    pub answer_by: Option<Duration>,
    /// JSON pointer to what the scheme deduplicates on.
    pub business_key: Option<String>,
}

/// All parts that are given must hold; with none given it always holds.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// The format: `iso20022`.
    pub format: Option<Pattern>,
    /// The message type: `pacs.008.*`.
    pub kind: Option<Pattern>,
    /// The queue it came from.
    pub queue: Option<Pattern>,
    /// The source's name.
    pub source: Option<Pattern>,
    /// Keys, at least one value of each.
    pub keys: Vec<(String, Pattern)>,
    /// Fields of the message descriptor.
    pub descriptor: Vec<(DescriptorField, Pattern)>,
}

/// A field of the message descriptor that conditions can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptorField {
    /// `Format`.
    Format,
    /// `CodedCharSetId`.
    Ccsid,
    /// `MsgType`.
    MessageType,
    /// `UserIdentifier`.
    UserIdentifier,
    /// `PutApplName`.
    PutApplicationName,
    /// `ApplIdentityData`.
    ApplicationIdentity,
    /// `ReplyToQ`.
    ReplyToQueue,
    /// `CorrelId`, as 48 hexadecimal digits.
    CorrelationId,
}

/// Sizes and counts.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest body that is translated.
    pub message_bytes_max: usize,
    /// The largest document that a message may become.
    pub document_bytes_max: usize,
    /// How deep elements may nest.
    pub depth_max: usize,
    /// How many attributes an element may have.
    pub attributes_max: usize,
    /// The longest answer of a service that is read.
    pub response_bytes_max: usize,
    /// Messages whose attempts are remembered.
    pub history_entries_max: usize,
    /// Messages of one source that may be parked within the window.
    pub park_burst_max: usize,
    /// The window.
    pub park_window: Duration,
}

/// Times.
#[derive(Debug, Clone)]
pub struct Retry {
    /// How long one MQGET waits.
    pub get_wait: Duration,
    /// The longest time from MQGET to MQCMIT.
    pub unit_hold_max: Duration,
    /// The delay before the second attempt.
    pub retry_delay_first: Duration,
    /// The longest delay between attempts.
    pub retry_delay_max: Duration,
    /// The first delay between probes of a destination that is out.
    pub probe_delay_first: Duration,
    /// The longest delay between probes.
    pub probe_delay_max: Duration,
    /// Attempts that fail by 5xx before a message is to blame.
    pub attempts_max: u32,
    /// Attempts in one unit where the message can be deferred.
    pub unit_attempts_max: u32,
    /// Units that one message may probe in before another one does.
    pub probes_per_message_max: u32,
    /// The first delay of a deferred message.
    pub defer_delay_first: Duration,
    /// The longest delay of a deferred message.
    pub defer_delay_max: Duration,
    /// Backouts that nobody remembers before a message is tried alone.
    pub crash_suspect_count: u32,
    /// How far clocks of queue managers and this machine may differ.
    pub clock_skew_max: Duration,
    /// The first delay between attempts to connect to a queue manager.
    pub reconnect_delay_first: Duration,
    /// The longest delay between attempts to connect.
    pub reconnect_delay_max: Duration,
    /// How long consumers may take to end after SIGTERM.
    pub grace: Duration,
    /// How long an MQI call may take beyond the hold before the process counts as hung.
    pub mqi_margin: Duration,
}

/// Where a record of each message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audit {
    /// Nowhere.
    Off,
    /// The log, at level `info`.
    Log,
    /// A queue on the site that the message came from, in the same unit.
    Queue(QueueName),
}

/// The listener for health, metrics and operators.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Its address.
    pub listen: SocketAddr,
    /// The file with the token that whoever changes something must show.
    pub token_file: Option<PathBuf>,
    /// The folder that discards through the API are exported to.
    pub export_folder: Option<PathBuf>,
    /// How often queues are looked at; zero: never.
    pub watch_interval: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// A filter as `tracing-subscriber`'s `EnvFilter` has it: `info`, `mqgate=debug`.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Everything that is wrong with settings, one line each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Errors {
    lines: Vec<String>,
    places: HashSet<String>,
}

impl Site {
    /// What to connect with. Passwords are read from their files now: they are rotated while the program runs.
    ///
    /// # Errors
    /// A secret's file that cannot be read.
    pub fn connect_options(&self) -> Result<mq::ConnectOptions, SecretError> {
        let credentials = match &self.user {
            Some((user, file)) => {
                Some(mq::Credentials { user: user.clone(), password: mq::Secret::new(secret::read(file)?) })
            }
            None => None,
        };
        let endpoint = match &self.endpoint {
            Endpoint::Channel { connection_name, channel, tls, message_bytes_max } => mq::Endpoint::Channel {
                connection_name: connection_name.clone(),
                channel: channel.clone(),
                tls: tls.as_ref().map(Tls::options).transpose()?,
                message_bytes_max: *message_bytes_max,
            },
            Endpoint::Ccdt { url, tls } => mq::Endpoint::Ccdt {
                url: url.clone(),
                key_repository: tls.as_ref().map(Tls::key_repository).transpose()?,
            },
        };
        Ok(mq::ConnectOptions {
            queue_manager: self.queue_manager.clone(),
            endpoint,
            credentials,
            application_name: self.application_name.clone(),
        })
    }
}

impl Tls {
    fn options(&self) -> Result<mq::Tls, SecretError> {
        Ok(mq::Tls {
            cipher_spec: self.cipher_spec.clone(),
            peer_name: self.peer_name.clone(),
            key_repository: self.key_repository()?,
        })
    }

    fn key_repository(&self) -> Result<mq::KeyRepository, SecretError> {
        Ok(mq::KeyRepository {
            path: self.key_repository.clone(),
            password: self.key_password_file.as_deref().map(secret::read).transpose()?.map(mq::Secret::new),
            certificate_label: self.certificate_label.clone(),
        })
    }
}

impl Source {
    /// What translates this source's messages.
    pub fn translator(&self, limits: &Limits) -> Translator {
        Translator::new(&translate::Options {
            format: self.format.clone(),
            limits: translate::Limits {
                message_bytes_max: limits.message_bytes_max,
                document_bytes_max: limits.document_bytes_max,
                depth_max: limits.depth_max,
                attributes_max: limits.attributes_max,
                ..translate::Limits::default()
            },
            repeatable: self.repeatable.clone(),
            newline: self.newline,
        })
    }
}

impl Errors {
    /// Notes a mistake. One mistake a place: what follows from it, there or below it, would only hide it.
    fn add(&mut self, origin: &Origin, place: &str, problem: &str) {
        if !place.is_empty() && !self.is_silent_about(place) {
            return;
        }
        let line = match place {
            "" => format!("{origin}: {problem}"),
            place => format!("{origin}: {place}: {problem}"),
        };
        self.lines.push(one_line(&line));
        if !place.is_empty() {
            self.places.insert(place.to_owned());
        }
    }

    /// Whether nothing was noted about this place or one that it is part of.
    fn is_silent_about(&self, place: &str) -> bool {
        let ends = place.match_indices(['.', '[', ' ']).map(|(end, _)| end).take(PLACE_PARTS_MAX);
        let mut wholes = ends.chain([place.len()]).filter_map(|end| place.get(..end));
        !wholes.any(|whole| self.places.contains(whole))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lines.len()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl std::error::Error for Errors {}

/// A place has no more parts than this, unless somebody's key has dots of its own.
const PLACE_PARTS_MAX: usize = 16;

/// A text on one line, whatever keys it repeats.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Reads the provider's file and the environment over the defaults.
///
/// # Errors
/// All that is wrong, at once.
pub fn load(
    file: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Settings, Errors> {
    let mut errors = Errors::default();
    let defaults = layers::parse("config/default.toml", DEFAULTS, &mut errors);
    let typed = layers::read(file, &mut errors);
    if errors.count() > 0 {
        // A file that cannot be read says nothing about its keys.
        return Err(errors);
    }
    let mut settings = layers::lay_over(defaults, typed);
    layers::lay_environment(&mut settings, environment, &mut errors);
    let settings = read::settings(settings, &mut errors);
    if errors.count() > 0 { Err(errors) } else { Ok(settings) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;

    const MINIMAL: &str = r#"
        provider = "acme"
        [[sites]]
        name = "north"
        connection_name = "localhost(1414)"
        channel = "C"
        [[sources]]
        name = "in"
        queue = "IN"
        [[destinations]]
        name = "credits"
        url = "http://localhost/credits"
        [[routes]]
        to = "credits"
    "#;

    fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Settings, Errors> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("provider.toml");
        fs::write(&file, text).unwrap();
        load(&file, environment.iter().map(|(name, value)| (name.into(), value.into())))
    }

    /// Settings with one of each.
    pub(crate) fn minimal() -> Settings {
        load_text(MINIMAL, &[]).unwrap()
    }

    #[test]
    fn a_provider_file_is_laid_over_the_defaults_and_the_environment_over_both() {
        let settings = minimal();
        assert_eq!(settings.retry.grace, Duration::from_secs(20));
        let typed = format!("{MINIMAL}\n[retry]\ngrace_ms = 7\nget_wait_ms = 20");
        let environment = [
            ("MQGATE__RETRY__GRACE_MS", "8"),
            ("MQGATE__SITES__NORTH__CHANNEL", "OTHER"),
            ("MQGATE_CORPUS", "not a setting"),
            ("PATH", "neither"),
        ];
        let settings = load_text(&typed, &environment).unwrap();
        assert_eq!(settings.retry.grace, Duration::from_millis(8));
        assert_eq!(settings.retry.get_wait, Duration::from_millis(20));
        let Endpoint::Channel { channel, .. } = &settings.sites[0].endpoint else { panic!("a channel") };
        assert_eq!(channel.as_str(), "OTHER");
    }

    #[test]
    fn a_variable_that_is_no_setting_is_an_error() {
        let errors =
            load_text(MINIMAL, &[("MQGATE__RETRY__GRACE", "8"), ("MQGATE__SITES__SOUTH__CHANNEL", "X")]);
        let text = errors.unwrap_err().to_string();
        assert!(
            text.contains("environment variable MQGATE__RETRY__GRACE: retry.grace: unknown key"),
            "{text}"
        );
        assert!(
            text.contains("MQGATE__SITES__SOUTH__CHANNEL: the list has no entry named \"south\""),
            "{text}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_variable_that_is_not_utf_8_is_an_error_where_it_is_ours() {
        use std::os::unix::ffi::OsStringExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("provider.toml");
        fs::write(&file, MINIMAL).unwrap();
        let not_utf_8 = || OsString::from_vec(vec![0xFF]);
        assert!(load(&file, [("PATH".into(), not_utf_8()), (not_utf_8(), "1".into())]).is_ok());
        let errors = load(&file, [("MQGATE__LOG__FILTER".into(), not_utf_8())]).unwrap_err().to_string();
        assert_eq!(errors, "environment variable MQGATE__LOG__FILTER: not UTF-8\n");
    }

    #[test]
    fn a_variable_that_reaches_too_deep_is_an_error() {
        let deep = format!("MQGATE{}", "__A".repeat(40_000));
        let errors = load_text(MINIMAL, &[(&deep, "1")]).unwrap_err().to_string();
        assert!(errors.ends_with(": reaches deeper than any setting\n"));
    }

    #[test]
    fn a_mistake_is_one_line_whatever_the_key() {
        let errors = load_text(&format!("\"a\\nb\" = 1\n{MINIMAL}"), &[]).unwrap_err();
        assert_eq!((errors.count(), errors.to_string().lines().count()), (1, 1), "{errors}");
    }

    #[test]
    fn a_file_or_list_that_is_too_long_is_an_error() {
        let long = format!("{MINIMAL}\n#{}", "x".repeat(1024 * 1024));
        let errors = load_text(&long, &[]).unwrap_err().to_string();
        assert!(errors.contains("longer than 1048576 bytes"), "{errors}");
        let many = format!("{MINIMAL}{}", "\n[[routes]]\nto = 'credits'".repeat(1000));
        let errors = load_text(&many, &[]).unwrap_err().to_string();
        assert!(errors.ends_with(": routes: at most 1000 entries expected, not 1001\n"), "{errors}");
    }

    #[test]
    fn the_hash_tells_settings_apart_and_knows_no_secret() {
        let secret = |content: &str| {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), content).unwrap();
            file
        };
        let file = secret("one");
        let typed = MINIMAL
            .replace("url = ", &format!("token_file = {:?}\nurl = ", file.path().display().to_string()));
        let first = load_text(&typed, &[]).unwrap().hash;
        fs::write(file.path(), "two").unwrap();
        assert_eq!(load_text(&typed, &[]).unwrap().hash, first);
        assert_ne!(minimal().hash, first);
        assert_eq!(first.len(), 64);
    }

    #[test]
    fn the_settings_that_are_shipped_are_valid() {
        for file in ["config/dev.toml", "config/providers/example-fps.toml"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let loaded = load(&path, []);
            assert!(loaded.is_ok(), "{file}:\n{}", loaded.unwrap_err());
        }
    }

    /// `fixtures/settings/<case>/provider.toml` with the lines it is refused with; `UPDATE_EXPECT=1` rewrites them.
    #[test]
    fn bad_settings_are_refused_line_by_line() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/settings");
        let mut cases: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
        cases.sort();
        assert!(cases.len() >= 20, "{} cases in {}", cases.len(), root.display());
        for case in cases {
            let errors = load(&case.join("provider.toml"), []).expect_err(&case.display().to_string());
            let found = errors.to_string().replace(&format!("{}/", case.display()), "");
            let expected = case.join("expected.txt");
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                fs::write(&expected, &found).unwrap();
            }
            assert_eq!(found, fs::read_to_string(&expected).unwrap_or_default(), "{}", case.display());
        }
    }
}

//! From what was typed to what the program runs on, with every check on the way.

use std::collections::BTreeSet;
use std::path::PathBuf;

use http::{HeaderName, HeaderValue};
use mq::{ChannelName, QueueManagerName, QueueName};
use sha2::{Digest, Sha256};

use super::fields::{Fields, is_near, shown};
use super::format;
use super::layers::{Node, Value, listed};
use super::secret::{self, Credentials};
use super::{
    Admin, Audit, Condition, DescriptorField, Destination, Endpoint, Errors, Http, Limits, Log, LogFormat,
    Retry, Route, Settings, Site, Source, Tls,
};
use crate::disposition::{OnPoison, Order};
use crate::message::Ccsid;

const HOUR_MS: i64 = 3_600_000;
const MESSAGE_BYTES_MAX: i64 = 104_857_600;
/// Among how many names one is looked for that was meant.
const NAMES_COMPARED_MAX: usize = 100;

/// Headers that mqgate sets itself, or that HTTP needs for its own.
const RESERVED_HEADERS: [&str; 10] = [
    "idempotency-key",
    "content-type",
    "content-length",
    "transfer-encoding",
    "host",
    "connection",
    "traceparent",
    "tracestate",
    "request-timeout-ms",
    "authorization",
];
const RESERVED_PREFIXES: [&str; 3] = ["ce-", "mqgate-", "mq-"];

/// Reads the whole. What is wrong is noted in `errors`; the settings are whole only if that stays empty.
pub(super) fn settings(node: Node, errors: &mut Errors) -> Settings {
    let hash = hash(&node);
    let mut top = Fields::new(String::new(), node, errors);
    let provider = name(&mut top, "provider");
    let mq_library = top.file("mq_library");
    let limits = top.table("limits", limits);
    let retry = top.table("retry", retry);
    let dispatch_timeout_ms = top.table("dispatch", |dispatch| dispatch.integer("timeout_ms", 1..=HOUR_MS));
    let audit = top.table("audit", audit);
    let admin = top.table("admin", admin);
    let log = top.table("log", log);
    let sites = top.tables("sites", site);
    needed(&mut top, "sites", sites.len());
    let site_names: Vec<String> = sites.iter().map(|site| site.name.clone()).collect();
    let sources = top.tables("sources", |fields| source(fields, &site_names));
    needed(&mut top, "sources", sources.len());
    let hash = with_definitions(hash, &sources);
    // A hold that was itself a mistake refuses no timeout.
    let hold_known = top.is_silent_about("retry.unit_hold_ms_max");
    let unit_hold_ms =
        i64::try_from(retry.unit_hold_max.as_millis()).ok().filter(|_| hold_known).unwrap_or(i64::MAX);
    let destinations =
        top.tables("destinations", |fields| destination(fields, dispatch_timeout_ms, unit_hold_ms));
    needed(&mut top, "destinations", destinations.len());
    let destination_names: Vec<String> = destinations.iter().map(|it| it.name.clone()).collect();
    let routes = top.tables("routes", |fields| route(fields, &destination_names));
    needed(&mut top, "routes", routes.len());
    own_queues(&mut top, &sources, &destinations, &audit);
    unique(&mut top, "sites", site_names.iter());
    unique(&mut top, "sources", sources.iter().map(|it| &it.name));
    unique(&mut top, "destinations", destination_names.iter());
    unique(&mut top, "routes", routes.iter().filter_map(|it| it.name.as_ref()));
    top.finish();
    Settings {
        provider,
        mq_library,
        sites,
        sources,
        destinations,
        routes,
        limits,
        retry,
        audit,
        admin,
        log,
        hash,
    }
}

/// A name of something in settings: short, and safe in a header, a metric label and a path.
fn name(fields: &mut Fields<'_>, key: &'static str) -> String {
    let name = fields.required(key);
    let sound =
        name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !sound {
        let problem =
            format!("at most 64 characters out of a-z A-Z 0-9 - _ . expected, not {}", shown(key, &name));
        fields.fault_here(key, &problem);
    }
    name
}

fn needed(fields: &mut Fields<'_>, list: &str, count: usize) {
    if count == 0 {
        fields.fault_here(list, &format!("at least one [[{list}]] is needed"));
    }
}

fn unique<'n>(fields: &mut Fields<'_>, list: &str, names: impl Iterator<Item = &'n String>) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !name.is_empty() && !seen.insert(name) {
            fields.fault_here(
                &format!("{list}[{index}].name"),
                &format!("{name:?} is used twice; each name once"),
            );
        }
    }
}

/// No queue has two uses: what stands beside a message is trusted on our own queues only.
fn own_queues(fields: &mut Fields<'_>, sources: &[Source], destinations: &[Destination], audit: &Audit) {
    let mut uses: Vec<(String, &QueueName)> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        uses.push((format!("sources[{index}].queue"), &source.queue));
    }
    for (index, destination) in destinations.iter().enumerate() {
        uses.extend(
            destination.retry_queue.iter().map(|it| (format!("destinations[{index}].retry_queue"), it)),
        );
    }
    for (index, source) in sources.iter().enumerate() {
        uses.extend(source.retry_queue.iter().map(|it| (format!("sources[{index}].retry_queue"), it)));
    }
    if let Audit::Queue(queue) = audit {
        uses.push(("audit.queue".to_owned(), queue));
    }
    // Two sources may take one queue apart by their sites, and may park to one queue; no other sharing makes sense.
    for (index, (place, queue)) in uses.iter().enumerate() {
        let former = uses.iter().take(index).find(|(former, name)| {
            name == queue && !(former.ends_with("].queue") && place.ends_with("].queue"))
        });
        if let Some((former, _)) = former {
            fields.fault_here(place, &format!("{queue} is {former} already"));
        }
    }
    for (index, source) in sources.iter().enumerate() {
        let parking = source.parking_queue.as_ref();
        if let Some((place, queue)) = uses.iter().find(|(_, queue)| Some(*queue) == parking) {
            fields.fault_here(
                &format!("sources[{index}].parking_queue"),
                &format!("{queue} is {place} already"),
            );
        }
    }
}

/// Names that something must be one of, with the nearest where there is one.
fn allowed(wanted: &str, names: &[String]) -> String {
    let compared = names.get(..NAMES_COMPARED_MAX).unwrap_or(names);
    let quoted: Vec<String> = compared.iter().map(|name| format!("{name:?}")).collect();
    let near = compared.iter().find(|name| is_near(name, wanted, (wanted.len() / 3).min(2)));
    let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
    format!(
        "allowed: {}{hint}",
        if quoted.is_empty() { "none is defined".to_owned() } else { listed(&quoted) }
    )
}

fn limits(fields: &mut Fields<'_>) -> Limits {
    Limits {
        message_bytes_max: fields.size("message_bytes_max", 1..=MESSAGE_BYTES_MAX),
        document_bytes_max: fields.size("document_bytes_max", 1..=8 * MESSAGE_BYTES_MAX),
        depth_max: fields.size("depth_max", 1..=10_000),
        attributes_max: fields.size("attributes_max", 0..=10_000),
        response_bytes_max: fields.size("response_bytes_max", 0..=MESSAGE_BYTES_MAX),
        history_entries_max: fields.size("history_entries_max", 1..=10_000_000),
        park_burst_max: fields.size("park_burst_max", 1..=100_000),
        park_window: fields.milliseconds("park_window_ms", 1..=24 * HOUR_MS),
    }
}

fn retry(fields: &mut Fields<'_>) -> Retry {
    let retry = Retry {
        get_wait: fields.milliseconds("get_wait_ms", 10..=60_000),
        unit_hold_max: fields.milliseconds("unit_hold_ms_max", 100..=HOUR_MS),
        retry_delay_first: fields.milliseconds("retry_delay_ms_first", 1..=HOUR_MS),
        retry_delay_max: fields.milliseconds("retry_delay_ms_max", 1..=HOUR_MS),
        probe_delay_first: fields.milliseconds("probe_delay_ms_first", 1..=HOUR_MS),
        probe_delay_max: fields.milliseconds("probe_delay_ms_max", 1..=HOUR_MS),
        attempts_max: fields.count("attempts_max", 1..=100_000),
        unit_attempts_max: fields.count("unit_attempts_max", 1..=1_000),
        probes_per_message_max: fields.count("probes_per_message_max", 1..=100_000),
        defer_delay_first: fields.milliseconds("defer_delay_ms_first", 1..=HOUR_MS),
        defer_delay_max: fields.milliseconds("defer_delay_ms_max", 1..=24 * HOUR_MS),
        crash_suspect_count: fields.count("crash_suspect_count", 1..=1_000),
        clock_skew_max: fields.milliseconds("clock_skew_ms_max", 0..=HOUR_MS),
        reconnect_delay_first: fields.milliseconds("reconnect_delay_ms_first", 1..=HOUR_MS),
        reconnect_delay_max: fields.milliseconds("reconnect_delay_ms_max", 1..=HOUR_MS),
        grace: fields.milliseconds("grace_ms", 0..=HOUR_MS),
        mqi_margin: fields.milliseconds("mqi_margin_ms", 1_000..=HOUR_MS),
    };
    for (first, max, key) in [
        (retry.retry_delay_first, retry.retry_delay_max, "retry_delay_ms_max"),
        (retry.probe_delay_first, retry.probe_delay_max, "probe_delay_ms_max"),
        (retry.defer_delay_first, retry.defer_delay_max, "defer_delay_ms_max"),
        (retry.reconnect_delay_first, retry.reconnect_delay_max, "reconnect_delay_ms_max"),
    ] {
        if first > max {
            let first_key = key.replace("_max", "_first");
            let problem =
                format!("at least {first_key} ({}) expected, not {}", first.as_millis(), max.as_millis());
            fields.fault_here(key, &problem);
        }
    }
    retry
}

/// `sink` and, with `sink = "queue"`, the queue.
fn audit(fields: &mut Fields<'_>) -> Audit {
    let sink = fields.word("sink", &[("log", 0), ("queue", 1), ("off", 2)], 0);
    let queue: Option<QueueName> = fields.parsed("queue");
    match (sink, queue) {
        (1, Some(queue)) => Audit::Queue(queue),
        (1, None) => {
            fields.fault_here("queue", "is missing beside sink = \"queue\"");
            Audit::Log
        }
        (_, Some(_)) => {
            fields.fault_here("queue", "stands beside sink = \"queue\" only");
            Audit::Log
        }
        (2, None) => Audit::Off,
        (_, None) => Audit::Log,
    }
}

fn admin(fields: &mut Fields<'_>) -> Admin {
    let token_file = secret_file(fields, "token_file");
    let export_folder = folder(fields, "export_folder");
    let watch_interval = fields.milliseconds("watch_interval_ms", 0..=HOUR_MS);
    let unset = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let Some((text, origin)) = fields.text_at("listen") else {
        return Admin { listen: unset, token_file, export_folder, watch_interval };
    };
    let listen = text.parse().unwrap_or_else(|_| {
        fields.fault(
            &origin,
            "listen",
            &format!("an address with a port (127.0.0.1:9464) expected, not {text:?}"),
        );
        unset
    });
    Admin { listen, token_file, export_folder, watch_interval }
}

/// A folder that is there now.
fn folder(fields: &mut Fields<'_>, key: &'static str) -> Option<PathBuf> {
    let (text, origin) = fields.text_at(key)?;
    let path = PathBuf::from(&text);
    if !text.is_empty() && !path.is_dir() {
        fields.fault(&origin, key, &format!("a folder expected, not {text:?}"));
    }
    Some(path).filter(|_| !text.is_empty())
}

fn log(fields: &mut Fields<'_>) -> Log {
    let filter = match fields.text_at("filter") {
        Some((text, origin)) => {
            if let Err(error) = tracing_subscriber::EnvFilter::try_new(&text) {
                fields.fault(
                    &origin,
                    "filter",
                    &format!("a level or filter expected ({error}), not {text:?}"),
                );
            }
            text
        }
        None => "info".to_owned(),
    };
    let format =
        fields.word("format", &[("json", LogFormat::Json), ("text", LogFormat::Text)], LogFormat::Json);
    Log { filter, format }
}

fn site(fields: &mut Fields<'_>) -> Site {
    let name = name(fields, "name");
    let queue_manager = fields.parsed("queue_manager").unwrap_or_else(QueueManagerName::unnamed);
    let ccdt_url = fields.text("ccdt_url");
    let connection_name = fields.text("connection_name");
    let channel: Option<ChannelName> = fields.parsed("channel");
    let message_bytes_max =
        fields.integer_opt("message_bytes_max", 1..=MESSAGE_BYTES_MAX).unwrap_or(MESSAGE_BYTES_MAX);
    let tls = fields.table_opt("tls", |fields| tls(fields, ccdt_url.is_some()));
    let endpoint = endpoint(fields, ccdt_url, connection_name, channel, tls, message_bytes_max);
    let user = user(fields);
    let application_name = fields.text("application_name").unwrap_or_else(|| "mqgate".to_owned());
    if application_name.len() > 28 || !application_name.is_ascii() {
        fields.fault_here("application_name", "at most 28 ASCII characters expected");
    }
    Site { name, queue_manager, endpoint, user, application_name }
}

fn endpoint(
    fields: &mut Fields<'_>,
    ccdt_url: Option<String>,
    connection_name: Option<String>,
    channel: Option<ChannelName>,
    tls: Option<Tls>,
    message_bytes_max: i64,
) -> Endpoint {
    if let Some(url) = ccdt_url {
        if connection_name.is_some() || channel.is_some() {
            fields.fault_here("ccdt_url", "either ccdt_url, or connection_name and channel, not both");
        }
        return Endpoint::Ccdt { url, tls };
    }
    if connection_name.is_none() {
        fields.fault_here("connection_name", "is missing: host(port), or several separated by commas");
    } else if connection_name.as_ref().is_some_and(|name| name.len() > 264) {
        fields.fault_here("connection_name", "at most 264 characters expected");
    }
    if channel.is_none() {
        fields.fault_here("channel", "a channel name is missing");
    }
    Endpoint::Channel {
        connection_name: connection_name.unwrap_or_default(),
        channel: channel.unwrap_or_else(unnamed_channel),
        tls,
        message_bytes_max: u32::try_from(message_bytes_max).unwrap_or(0),
    }
}

/// Stands in for a channel name that was noted as missing.
fn unnamed_channel() -> ChannelName {
    "MISSING".parse().expect("a valid channel name")
}

/// Stands in for a queue name that was noted as missing.
fn unnamed_queue() -> QueueName {
    "MISSING".parse().expect("a valid queue name")
}

fn tls(fields: &mut Fields<'_>, cipher_elsewhere: bool) -> Tls {
    let cipher_spec = if cipher_elsewhere {
        fields.text("cipher_spec").unwrap_or_default()
    } else {
        fields.required("cipher_spec")
    };
    Tls {
        cipher_spec,
        peer_name: fields.text("peer_name"),
        key_repository: fields.required("key_repository"),
        key_password_file: secret_file(fields, "key_password_file"),
        certificate_label: fields.text("certificate_label"),
    }
}

/// A secret's file, read once now so that a mistake shows at the start.
fn secret_file(fields: &mut Fields<'_>, key: &'static str) -> Option<PathBuf> {
    let (text, origin) = fields.text_at(key)?;
    if text.is_empty() {
        return None;
    }
    let path = PathBuf::from(text);
    if let Err(error) = secret::read(&path) {
        fields.fault(&origin, key, &format!("a file with a secret expected: {error}"));
    }
    Some(path)
}

/// `user` and `password_file`, both or neither.
fn user(fields: &mut Fields<'_>) -> Option<(String, PathBuf)> {
    let (user, password_file) = (fields.text("user"), secret_file(fields, "password_file"));
    match (user, password_file) {
        (Some(user), Some(file)) => Some((user, file)),
        (None, None) => None,
        (Some(_), None) => {
            fields.fault_here("password_file", "is missing beside user");
            None
        }
        (None, Some(_)) => {
            fields.fault_here("user", "is missing beside password_file");
            None
        }
    }
}

fn source(fields: &mut Fields<'_>, site_names: &[String]) -> Source {
    let name = name(fields, "name");
    let queue: Option<QueueName> = fields.parsed("queue");
    if queue.is_none() {
        fields.fault_here("queue", "a queue name is missing");
    }
    let named = fields.texts("sites");
    let mut sites = Vec::new();
    for (index, (site, origin)) in named.iter().enumerate() {
        match site_names.iter().position(|name| name == site) {
            Some(at) if !sites.contains(&at) => sites.push(at),
            Some(_) => fields.fault(origin, &format!("sites[{index}]"), &format!("{site:?} is named twice")),
            None => {
                let problem = format!("unknown site {site:?}; {}", allowed(site, site_names));
                fields.fault(origin, &format!("sites[{index}]"), &problem);
            }
        }
    }
    if named.is_empty() {
        sites = (0..site_names.len()).collect();
    }
    let consumers = u32::try_from(fields.integer_opt("consumers", 1..=1_000).unwrap_or(1)).unwrap_or(1);
    let format::Read { format, newline, definition } = format::format(fields);
    let order = order(fields);
    if order != Order::None && consumers > 1 {
        fields.fault_here("consumers", "1 expected where order = \"queue\"");
    }
    Source {
        name,
        queue: queue.unwrap_or_else(unnamed_queue),
        sites,
        format,
        newline,
        definition,
        consumers,
        ccsid: fields
            .integer_opt("ccsid", 1..=65_535)
            .and_then(|number| i32::try_from(number).ok())
            .map(Ccsid),
        parking_queue: fields.parsed("parking_queue"),
        retry_queue: fields.parsed("retry_queue"),
        order,
        repeatable: repeatable(fields),
    }
}

/// `order` and, with `order = "queue"`, `on_poison`.
fn order(fields: &mut Fields<'_>) -> Order {
    let queue = fields.word("order", &[("none", false), ("queue", true)], false);
    let words = [("stop", Some(OnPoison::Stop)), ("park", Some(OnPoison::Park))];
    match (queue, fields.word("on_poison", &words, None)) {
        (false, None) => Order::None,
        (false, Some(_)) => {
            fields.fault_here("on_poison", "stands beside order = \"queue\" only");
            Order::None
        }
        (true, Some(on_poison)) => Order::Queue(on_poison),
        (true, None) => {
            fields.fault_here("on_poison", "is missing beside order = \"queue\": \"stop\" or \"park\"");
            Order::Queue(OnPoison::Stop)
        }
    }
}

/// `Parent/Child` pairs.
fn repeatable(fields: &mut Fields<'_>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (index, (text, origin)) in fields.texts("repeatable").into_iter().enumerate() {
        match text.split_once('/') {
            Some((parent, child)) if !parent.is_empty() && !child.is_empty() && !child.contains('/') => {
                pairs.push((parent.to_owned(), child.to_owned()));
            }
            _ => {
                let problem = format!("\"Parent/Child\", two element names, expected, not {text:?}");
                fields.fault(&origin, &format!("repeatable[{index}]"), &problem);
            }
        }
    }
    pairs
}

fn destination(fields: &mut Fields<'_>, default_timeout_ms: i64, unit_hold_ms: i64) -> Destination {
    let name = name(fields, "name");
    let url = url(fields);
    let given = fields.integer_opt("timeout_ms", 1..=HOUR_MS);
    let timeout_ms = given.unwrap_or(default_timeout_ms);
    if timeout_ms > unit_hold_ms {
        let key = if given.is_some() { "timeout_ms" } else { "timeout_ms (from dispatch.timeout_ms)" };
        let problem = format!("at most retry.unit_hold_ms_max ({unit_hold_ms}) expected, not {timeout_ms}");
        fields.fault_here(key, &problem);
    }
    Destination {
        name,
        url,
        timeout: std::time::Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0)),
        retry_queue: fields.parsed("retry_queue"),
        retry_consumers: u32::try_from(fields.integer_opt("retry_consumers", 1..=1_000).unwrap_or(1))
            .unwrap_or(1),
        headers: headers(fields),
        credentials: credentials(fields),
        http: fields.word(
            "http",
            &[("auto", Http::Auto), ("1.1", Http::Http1), ("2", Http::Http2)],
            Http::Auto,
        ),
        ca_file: fields.file("ca_file"),
        client_identity_file: fields.file("client_identity_file"),
    }
}

fn url(fields: &mut Fields<'_>) -> url::Url {
    let unset = || url::Url::parse("http://localhost").expect("a valid URL");
    let Some((text, origin)) = fields.text_at("url") else {
        fields.fault_here("url", "is missing: an absolute http(s) URL");
        return unset();
    };
    let problem = match url::Url::parse(&text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
            "not an absolute http(s) URL"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            let problem = "credentials do not belong into a URL: use user and password_file, or token_file";
            fields.fault(&origin, "url", problem);
            return unset();
        }
        Ok(url) => return url,
        Err(_) => "not an absolute http(s) URL",
    };
    fields.fault(&origin, "url", &format!("{problem}: {}", shown("url", &text)));
    unset()
}

fn headers(fields: &mut Fields<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    for (name, value, origin) in fields.pairs("headers") {
        let key = format!("headers.{name}");
        let lower = name.to_lowercase();
        let reserved = RESERVED_HEADERS.contains(&lower.as_str())
            || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
        if reserved {
            fields.fault(&origin, &key, "this header is set by mqgate or by HTTP itself");
            continue;
        }
        match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
            (Ok(name), Ok(value)) => headers.push((name, value)),
            (Err(_), _) => fields.fault(&origin, &key, "not a name that a header can have"),
            (_, Err(_)) => fields.fault(&origin, &key, "not a value that a header can carry"),
        }
    }
    headers
}

fn credentials(fields: &mut Fields<'_>) -> Option<Credentials> {
    let token_file = secret_file(fields, "token_file");
    let basic = user(fields);
    match (token_file, basic) {
        (Some(_), Some(_)) => {
            fields.fault_here("token_file", "either token_file, or user and password_file, not both");
            None
        }
        (Some(token_file), None) => Some(Credentials::Bearer { token_file }),
        (None, basic) => basic.map(|(user, password_file)| Credentials::Basic { user, password_file }),
    }
}

fn route(fields: &mut Fields<'_>, destination_names: &[String]) -> Route {
    let name = fields.text("name");
    let to = match fields.text_at("to") {
        Some((text, origin)) => {
            destination_names.iter().position(|name| *name == text).unwrap_or_else(|| {
                let problem = format!("unknown destination {text:?}; {}", allowed(&text, destination_names));
                fields.fault(&origin, "to", &problem);
                0
            })
        }
        None => {
            fields.fault_here("to", "is missing: the name of a destination");
            0
        }
    };
    Route {
        name,
        when: fields.table("when", condition),
        to,
        not_found_is_business: fields.truth("not_found_is_business"),
        completed_problem_type: fields.text("completed_problem_type"),
        answer_by: fields
            .integer_opt("answer_by_ms", 1..=24 * HOUR_MS)
            .and_then(|answer_by_ms| u64::try_from(answer_by_ms).ok())
            .map(std::time::Duration::from_millis),
        business_key: pointer(fields),
    }
}

fn pointer(fields: &mut Fields<'_>) -> Option<String> {
    let (text, origin) = fields.text_at("business_key")?;
    if !text.is_empty() && !text.starts_with('/') {
        let problem = format!("a JSON pointer into the document (/keys/EndToEndId/0) expected, not {text:?}");
        fields.fault(&origin, "business_key", &problem);
    }
    Some(text).filter(|text| !text.is_empty())
}

fn condition(fields: &mut Fields<'_>) -> Condition {
    let mut keys = Vec::new();
    for (name, text, origin) in fields.pairs("keys") {
        match text.parse() {
            Ok(pattern) => keys.push((name, pattern)),
            Err(error) => fields.fault(&origin, &format!("keys.{name}"), &format!("{error}, not {text:?}")),
        }
    }
    Condition {
        format: fields.parsed("format"),
        kind: fields.parsed("type"),
        queue: fields.parsed("queue"),
        source: fields.parsed("source"),
        keys,
        descriptor: fields.table("mqmd", descriptor_conditions),
    }
}

fn descriptor_conditions(fields: &mut Fields<'_>) -> Vec<(DescriptorField, super::Pattern)> {
    const FIELDS: [(&str, DescriptorField); 8] = [
        ("format", DescriptorField::Format),
        ("ccsid", DescriptorField::Ccsid),
        ("message_type", DescriptorField::MessageType),
        ("user_identifier", DescriptorField::UserIdentifier),
        ("put_application_name", DescriptorField::PutApplicationName),
        ("application_identity", DescriptorField::ApplicationIdentity),
        ("reply_to_queue", DescriptorField::ReplyToQueue),
        ("correlation_id", DescriptorField::CorrelationId),
    ];
    let conditions = FIELDS.iter().map(|(key, field)| fields.parsed(key).map(|pattern| (*field, pattern)));
    conditions.flatten().collect()
}

/// SHA-256 over the effective settings in the order of their keys. Secrets are in files and not part of it.
fn hash(node: &Node) -> String {
    let mut hash = Sha256::new();
    absorb(&mut hash, node);
    hex::encode(hash.finalize())
}

/// The hash together with those of the files that sources name; as it is where none does.
fn with_definitions(hash: String, sources: &[Source]) -> String {
    let definitions: Vec<&str> = sources.iter().filter_map(|source| source.definition.as_deref()).collect();
    if definitions.is_empty() {
        return hash;
    }
    hex::encode(Sha256::digest(format!("{hash} {}", definitions.join(" "))))
}

fn absorb(hash: &mut Sha256, node: &Node) {
    let mut part = |kind: &str, text: &str| {
        hash.update(kind.as_bytes());
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    match &node.value {
        Value::String(text) => part("scalar", text),
        Value::Integer(number) => part("scalar", &number.to_string()),
        Value::Boolean(truth) => part("scalar", &truth.to_string()),
        Value::Other(text) => part("scalar", text),
        Value::Array(values) => {
            part("array", &values.len().to_string());
            values.iter().for_each(|value| absorb(hash, value));
        }
        Value::Table(table) => {
            part("table", &table.len().to_string());
            for (key, value) in table {
                hash.update((key.len() as u64).to_be_bytes());
                hash.update(key.as_bytes());
                absorb(hash, value);
            }
        }
    }
}

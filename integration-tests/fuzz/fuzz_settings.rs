//! Settings that nobody should type: valid ones, or mistakes each on a line of its own, and never more work than lines.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{Random, Shape, assert_in_proportion, bytes_at_once, each_case, mutated};
use mqgate::settings::{Errors, Settings, load};

/// What people and editors leave in TOML.
const SPLINTERS: [&[u8]; 32] = [
    b"=",
    b"\"",
    b"\"\"\"",
    b"'",
    b"[",
    b"[[",
    b"]",
    b"]]",
    b"{",
    b"}",
    b",",
    b".",
    b"#",
    b"\\",
    b"\n",
    b"\0",
    b"\xFF",
    b"\"a\\nb\" = 1\n",
    b"a.b.c = 1\n",
    b"[sites]\n",
    b"[[sites.tls]]\n",
    b"[[routes]]\nto = \"credits\"\n",
    b"[routes.when.keys]\nTxId = \"*\"\n",
    b"[destinations.headers]\nx-team = \"a\"\n",
    b"timeout_ms = 9223372036854775807\n",
    b"timeout_ms = -1\n",
    b"timeout_ms = 1e400\n",
    b"sites = [\"north\", \"north\", 1]\n",
    b"repeatable = [\"a/b\", \"/\"]\n",
    b"name = \"\"\n",
    b"url = \"http://[::1\"\n",
    b"1979-05-27T07:32:00Z",
];

/// Parts of the names of environment variables.
const SEGMENTS: [&str; 18] = [
    "__",
    "__SITES",
    "__NORTH",
    "__CHANNEL",
    "__TLS",
    "__RETRY",
    "__GRACE_MS",
    "__LIMITS",
    "__DEPTH_MAX",
    "__ADMIN",
    "__LISTEN",
    "__SOURCES",
    "__INBOUND",
    "__ROUTES",
    "__WHEN",
    "_",
    "É",
    "x",
];

/// What stands in environment variables.
const VALUES: [&str; 10] =
    ["", "1", "-1", "true", "a,b,,c", "127.0.0.1:0", "*", "99999999999999999999", "line\nbreak", "\u{FEFF}é"];

/// Bytes at most that settings take before what is typed counts: a dialect or layout that ships, read and made into tables.
const COMPILED_BYTES: u64 = 1_000_000;

/// A file that settings are read from.
struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("provider.toml")
    }

    fn load(&self, text: &[u8], environment: Vec<(String, String)>) -> Result<Settings, Errors> {
        fs::write(self.path(), text).unwrap();
        load(&self.path(), environment.into_iter().map(|(name, value)| (name.into(), value.into())))
    }
}

fn samples() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let refused = fs::read_dir(root.join("fixtures/settings")).unwrap();
    let mut files: Vec<PathBuf> = refused.map(|case| case.unwrap().path().join("provider.toml")).collect();
    files.sort();
    let valid = ["config/providers/example-fps.toml", "config/dev.toml"].map(|file| root.join(file));
    valid.into_iter().chain(files).map(|file| fs::read(file).unwrap()).collect()
}

fn environment(random: &mut Random) -> Vec<(String, String)> {
    let count = if random.once_in(2) { 0 } else { random.below(4) };
    let variable = |random: &mut Random| {
        (format!("MQGATE{}", random.text(&SEGMENTS, 5)), (*random.pick(&VALUES)).to_owned())
    };
    (0..count).map(|_| variable(random)).collect()
}

#[test]
fn whatever_is_typed_is_whole_settings_or_mistakes_with_their_places() {
    let (file, samples) = (File::new(), samples());
    let mut valid = 0;
    each_case(1, |random| {
        let sample = if random.once_in(2) { &samples[0] } else { random.pick(&samples) };
        let text = mutated(sample, &SPLINTERS, random);
        let environment = environment(random);
        let size =
            text.len() + environment.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let peak = bytes_at_once(|| match file.load(&text, environment) {
            Ok(settings) => {
                valid += 1;
                assert_whole(&settings);
            }
            Err(errors) => assert_placed(&errors, &file.path()),
        });
        assert!(peak < COMPILED_BYTES + 200 * size as u64, "{peak} bytes for {size}");
    });
    assert!(valid > 0);
}

/// Indexes name what is there, and what is checked at load holds.
fn assert_whole(settings: &Settings) {
    assert!(!settings.sources.is_empty() && !settings.routes.is_empty());
    for source in &settings.sources {
        assert!(!source.sites.is_empty() && source.sites.iter().all(|&site| site < settings.sites.len()));
    }
    assert!(settings.routes.iter().all(|route| route.to < settings.destinations.len()));
    assert!(settings.destinations.iter().all(|it| it.timeout <= settings.retry.unit_hold_max));
}

/// Each mistake is one line that begins with where it was typed.
fn assert_placed(errors: &Errors, file: &Path) {
    let text = errors.to_string();
    assert_eq!(text.lines().count(), errors.count(), "{text}");
    assert!(errors.count() > 0);
    for line in text.lines() {
        let placed = line.starts_with(&format!("{}: ", file.display()))
            || line.starts_with("environment variable MQGATE__");
        assert!(placed, "{line}");
        assert!(!line.contains(|character: char| character.is_control()), "{line:?}");
    }
}

const WHOLE: &str = "\
provider = \"p\"
[[sites]]
name = \"north\"
connection_name = \"localhost(1414)\"
channel = \"C\"
[[sources]]
name = \"in\"
queue = \"IN\"
[[destinations]]
name = \"a\"
url = \"http://localhost/\"
[[routes]]
to = \"a\"
";

#[test]
fn work_grows_no_faster_than_the_settings() {
    let shapes = [
        text("comments", 20_000, |size| format!("{WHOLE}{}", "#\n".repeat(size))),
        text("a long text", 100_000, |size| format!("{WHOLE}name = \"{}\"\n", "n".repeat(size))),
        text("escapes", 20_000, |size| format!("{WHOLE}name = \"{}\"\n", "\\u0041".repeat(size))),
        text("unknown keys", 2_000, |size| format!("{}{WHOLE}", numbered(size, "k", " = 1\n"))),
        text("a long key", 20_000, |size| format!("{} = 1\n{WHOLE}", "k".repeat(size))),
        text("depth of keys", 2_000, |size| format!("{}a = 1\n{WHOLE}", "a.".repeat(size))),
        text("depth of lists", 2_000, |size| {
            format!("k = {}{}\n{WHOLE}", "[".repeat(size), "]".repeat(size))
        }),
        text("depth of tables", 2_000, |size| {
            format!("k = {}1{}\n{WHOLE}", "{a=".repeat(size), "}".repeat(size))
        }),
        text("wrong entries", 2_000, |size| {
            WHOLE.replace("queue =", &format!("repeatable = [{}]\nqueue =", "1,".repeat(size)))
        }),
        text("right entries", 4_000, |size| {
            WHOLE.replace("queue =", &format!("repeatable = [{}]\nqueue =", "'a/b',".repeat(size)))
        }),
        text("the same key", 4_000, |size| format!("{}{WHOLE}", "k = 1\n".repeat(size))),
        text("headers", 2_000, |size| {
            WHOLE.replace(
                "[[routes]]",
                &format!("[destinations.headers]\n{}[[routes]]", numbered(size, "x-", " = 'v'\n")),
            )
        }),
        text("routes", 2_000, |size| format!("{WHOLE}{}", "[[routes]]\nto = 'a'\n".repeat(size))),
        text("routes to nowhere", 2_000, |size| format!("{WHOLE}{}", "[[routes]]\nto = 'b'\n".repeat(size))),
        text("names used twice", 2_000, |size| {
            format!("{WHOLE}{}", "[[routes]]\nname='r'\nto = 'a'\n".repeat(size))
        }),
        text("sites and sources", 1_000, |size| {
            let site = "\nconnection_name='h(1)'\nchannel='C'\n";
            let sources =
                format!("[[sources]]\nname='s'\nqueue='Q'\nsites=[{}]\n", numbered(size, "'u", "',"));
            format!("{WHOLE}{}{sources}", numbered(size, "[[sites]]\nname='s", &format!("'{site}")))
        }),
        text("destinations and routes", 1_000, |size| {
            let destinations = numbered(size, "[[destinations]]\nname='d", "'\nurl='http://h'\n");
            format!("{WHOLE}{destinations}{}", numbered(size, "[[routes]]\nto='u", "'\n"))
        }),
    ];
    let file = File::new();
    assert_in_proportion("fuzz_settings::work_grows_no_faster_than_the_settings", &shapes, |text| {
        drop(file.load(text.as_bytes(), Vec::new()));
    });
}

#[test]
fn work_grows_no_faster_than_the_environment() {
    let shapes = [
        Shape {
            name: "unknown keys",
            size: 2_000,
            make: |size| variables(size, |at| format!("MQGATE__K{at}")),
        },
        Shape {
            name: "unknown sites",
            size: 2_000,
            make: |size| variables(size, |at| format!("MQGATE__SITES__S{at}__CHANNEL")),
        },
        Shape {
            name: "depth",
            size: 2_000,
            make: |size| vec![(format!("MQGATE{}", "__A".repeat(size)), "v".to_owned())],
        },
    ];
    let file = File::new();
    assert_in_proportion("fuzz_settings::work_grows_no_faster_than_the_environment", &shapes, |variables| {
        drop(file.load(WHOLE.as_bytes(), variables.clone()));
    });
}

fn text(name: &'static str, size: usize, make: fn(usize) -> String) -> Shape<String> {
    Shape { name, size, make }
}

fn numbered(count: usize, before: &str, after: &str) -> String {
    (0..count).map(|number| format!("{before}{number}{after}")).collect()
}

fn variables(count: usize, name: fn(usize) -> String) -> Vec<(String, String)> {
    (0..count).map(|number| (name(number), "v".to_owned())).collect()
}

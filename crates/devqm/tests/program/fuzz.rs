//! Whatever comes: frames that nobody would send, into the reader of frames and into a listener; and MQSC text.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use devqm::mqsc;
use devqm::native::{self, FRAME_BYTES_MAX, PREFACE, encode};
use devqm::pcf::{self, Content, Header, Order, Parameter};
use devqm::verbs::{Connect, Got, Outcome, Property, Put, Reply, Request, Subscribe, Subscribed};
use fuzz::{Random, Shape, assert_in_proportion, bytes_at_once, each_case, mutated};
use libmqm_sys as mq;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::harness::{Devqm, MQSC, blank, get, open, put};

/// What readers of frames trip over: long promises, and endings.
const SPLINTERS: [&[u8]; 6] = [
    b"\xFF\xFF\xFF\xFF\x0F",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
    b"\x80",
    b"\0\0\0\0",
    b"\xFF",
    b"\x01",
];

/// What readers of MQSC trip over.
const MQSC_SPLINTERS: [&[u8]; 16] = [
    b"'",
    b"''",
    b"(",
    b")",
    b"+\n",
    b"-\n",
    b"\n*",
    b";",
    b"\n",
    b" ",
    b"DEFINE ",
    b"QLOCAL",
    b"WHERE(",
    b"*",
    "é".as_bytes(),
    b"\0",
];

fn connect() -> Request {
    Request::Connect(Connect { channel: "DEV.APP.SVRCONN".into(), ..Connect::default() })
}

fn property(name: &str) -> Property {
    let (kind, value) = (mq::MQTYPE_STRING, b"value".to_vec());
    Property { name: name.into(), kind, value, support: 1, context: 0, copy_options: 0 }
}

/// One of each request.
fn requests() -> Vec<Request> {
    let options = mq::MQOO_INPUT_SHARED | mq::MQOO_OUTPUT | mq::MQOO_INQUIRE;
    let mut with_properties = put(1, mq::MQPMO_NO_SYNCPOINT, b"a body");
    if let Request::Put(put) = &mut with_properties {
        put.properties = vec![property("usr.a"), property("mqgate.reason")];
    }
    let without_wait = native_get(mq::MQGMO_NO_WAIT | mq::MQGMO_SYNCPOINT);
    vec![
        connect(),
        Request::Open(open("IN", options)),
        with_properties,
        put(1, mq::MQPMO_SYNCPOINT, b"another"),
        Request::Put1(open("OUT", 0), Put { handle: 0, ..as_put(put(0, 0, b"x")) }),
        without_wait,
        native_get(mq::MQGMO_WAIT | mq::MQGMO_NO_SYNCPOINT),
        native_get(mq::MQGMO_BROWSE_FIRST),
        Request::GetAny(vec![get(1, mq::MQGMO_NO_SYNCPOINT), get(1, mq::MQGMO_BROWSE_NEXT)]),
        Request::Cancel,
        Request::Set(1, vec![mq::MQIA_INHIBIT_GET], vec![0], Vec::new()),
        Request::Subscribe(Subscribe {
            options: mq::MQSO_CREATE | mq::MQSO_MANAGED,
            object_string: "a/+/#".into(),
            ..Subscribe::default()
        }),
        Request::RequestPublications(2, mq::MQSR_ACTION_PUBLICATION),
        Request::Inquire(1, vec![mq::MQIA_CURRENT_Q_DEPTH, mq::MQCA_Q_NAME, mq::MQIA_Q_TYPE]),
        Request::Mqsc("DISPLAY QLOCAL(*) ALL".into()),
        Request::Commit,
        Request::BackOut,
        Request::Close(1, 0),
        Request::Disconnect,
    ]
}

fn native_get(options: i32) -> Request {
    Request::Get(get(1, options))
}

fn as_put(request: Request) -> Put {
    match request {
        Request::Put(put) => put,
        other => panic!("{other:?} is no put"),
    }
}

/// One of each reply that carries something.
fn replies() -> Vec<Reply> {
    let got = Got {
        handle: 1,
        descriptor: blank(),
        properties: vec![property("usr.a")],
        body: b"a body".to_vec(),
        data_bytes: 6,
        token: [0; 16],
        resolved_queue: "IN".into(),
    };
    let outcomes = [
        Outcome::Nothing,
        Outcome::Got(Box::new(got)),
        Outcome::Inquired { integers: vec![1, -1], characters: b"IN  ".to_vec() },
        Outcome::Subscribed(Subscribed {
            handle: 2,
            queue_handle: 3,
            topic: "a/b".into(),
            correlation_id: [7; 24],
        }),
        Outcome::Sent(1),
        Outcome::Text("QUEUE(IN)\n".into()),
        Outcome::Connected { queue_manager: "QM1".into(), connection_id: [7; 24] },
    ];
    outcomes.into_iter().map(|outcome| Reply { completion: 0, reason: 0, outcome }).collect()
}

#[test]
fn any_pcf_is_a_command_or_refused_in_little_memory() {
    let header =
        Header { kind: 1, version: 1, command: 13, sequence_number: 1, control: 1, completion: 0, reason: 0 };
    let contents = [
        Content::Integer(1),
        Content::Integers(vec![1, 2, 3]),
        Content::Text("IN".into()),
        Content::Texts(vec!["A".into(), "BCD".into()]),
        Content::Bytes(vec![7; 5]),
        Content::IntegerFilter(4, 0),
        Content::TextFilter(18, "A*".into()),
    ];
    let parameters: Vec<_> = (1..).zip(contents).map(|(id, content)| Parameter { id, content }).collect();
    each_case(1, |random| {
        for order in [Order::Big, Order::Little] {
            let right = pcf::write(&header, &parameters, order);
            assert_eq!(pcf::read(&right, order, 0), Ok((header, parameters.clone())));
            let bytes =
                if random.once_in(8) { random.bytes(200) } else { mutated(&right, &SPLINTERS, random) };
            let peak = bytes_at_once(|| {
                if let Ok((header, parameters)) = pcf::read(&bytes, order, 0) {
                    let written = pcf::write(&header, &parameters, order);
                    assert!(pcf::read(&written, order, 0).is_ok());
                }
            });
            assert!(peak < 20_000 + 100 * bytes.len() as u64, "{peak} bytes for {}", bytes.len());
        }
    });
}

/// The inside of a frame that is right, or was before it was changed.
fn inside(value: &impl Serialize, random: &mut Random) -> Vec<u8> {
    let right = encode(value).unwrap().split_off(4);
    if random.once_in(8) { random.bytes(200) } else { mutated(&right, &SPLINTERS, random) }
}

#[test]
fn any_frame_is_one_value_or_refused_in_little_memory() {
    let (requests, replies) = (requests(), replies());
    each_case(1, |random| {
        for request in &requests {
            decode::<Request>(&inside(request, random));
        }
        for reply in &replies {
            decode::<Reply>(&inside(reply, random));
        }
    });
}

/// Decodes; what decodes is written as it is read.
fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let peak = bytes_at_once(|| {
        let Ok(value) = native::decode::<T>(bytes) else { return };
        let written = encode(&value).unwrap();
        let again: T = native::decode(written.get(4..).unwrap()).unwrap();
        assert_eq!(encode(&again).unwrap(), written);
    });
    // A list may hold structures whose absent members take a byte each, and some hundred bytes in memory.
    assert!(peak < 20_000 + 400 * bytes.len() as u64, "{peak} bytes for {}", bytes.len());
}

/// What a client sends that may not be one.
fn conversation(requests: &[Request], random: &mut Random) -> Vec<u8> {
    let mut sent = if random.once_in(8) { random.bytes(12) } else { PREFACE.to_vec() };
    if !random.once_in(4) {
        // It connects and opens a queue.
        sent.extend(requests.iter().take(2).flat_map(|request| encode(request).unwrap()));
    }
    for _ in 0..random.below(5) {
        let request = random.pick(requests);
        if random.once_in(2) {
            sent.extend(encode(request).unwrap());
            continue;
        }
        let inside = inside(request, random);
        let length =
            if random.once_in(4) { random.any() as u32 } else { u32::try_from(inside.len()).unwrap() };
        sent.extend(length.to_be_bytes());
        sent.extend(inside);
    }
    sent
}

#[test]
fn whatever_one_connection_sends_others_go_on() {
    let devqm = Devqm::start_with(&format!("{MQSC}\nDEFINE QLOCAL(BYSTANDER)"), &[]);
    let mut bystander = devqm.connect();
    let queue = bystander.open("BYSTANDER");
    let requests = requests();
    each_case(4, |random| {
        let mut socket = devqm.socket();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // The other end may close before all is written.
        let _ = socket.write_all(&conversation(&requests, random));
        if random.once_in(2) {
            let _ = socket.shutdown(Shutdown::Write);
            let _ = socket
                .read_to_end(&mut Vec::new())
                .map_err(|error| assert!(!is_late(&error), "it does not end"));
        }
        bystander.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"still here"));
        let got = bystander.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
        assert_eq!(got.body, b"still here");
    });
    assert!(!devqm.said().contains("panicked"), "{}", devqm.said());
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

#[test]
#[cfg(target_os = "linux")]
fn a_promised_length_takes_no_memory() {
    const SOCKETS: usize = 64;
    let devqm = Devqm::start();
    let mut bystander = devqm.connect();
    bystander.open("IN");
    let before = devqm.most_memory_kib();
    let promise =
        [&PREFACE[..], &encode(&connect()).unwrap(), &FRAME_BYTES_MAX.to_be_bytes(), b"some"].concat();
    let sockets: Vec<_> = (0..SOCKETS)
        .map(|_| {
            let mut socket = devqm.socket();
            socket.write_all(&promise).unwrap();
            // Its reply says that devqm has come to the promise, or is about to.
            socket.read_exact(&mut [0; 4]).unwrap();
            socket
        })
        .collect();
    bystander.ok(&Request::Inquire(1, vec![mq::MQIA_CURRENT_Q_DEPTH]));
    let grown = devqm.most_memory_kib() - before;
    assert!(grown < 32 * 1024, "{grown} KiB more for {SOCKETS} promises");
    drop(sockets);
}

#[test]
fn any_mqsc_is_commands_or_mistakes_at_their_lines() {
    let samples = [
        MQSC,
        "ALTER QMGR DEADQ(DEAD.LETTERS) MAXMSGL(4194304)\nDELETE QLOCAL(A) PURGE; CLEAR QL(B)",
        "SET AUTHREC PROFILE(A.**) OBJTYPE(QUEUE) PRINCIPAL('a') AUTHADD(GET,PUT)\nDISPLAY CONN(*) TYPE(HANDLE)",
        "SET CHLAUTH(*) TYPE(ADDRESSMAP) ADDRESS('10.*') USERSRC(CHANNEL)\nPING QMGR\nDIS QS(*) WHERE(IPPROCS GT 0)",
        "DISPLAY QUEUE(A*) TYPE(QLOCAL) ALL WHERE(CURDEPTH GT 0)\nDIS CHANNEL(*)",
        "DEFINE QALIAS('a.b') TARGET(IN) +\n  DESCR('it''s one +\n  text') -\n REPLACE",
    ];
    let splinters = MQSC_SPLINTERS;
    each_case(1, |random| {
        for sample in samples {
            let bytes = mutated(sample.as_bytes(), &splinters, random);
            let text = String::from_utf8(bytes)
                .unwrap_or_else(|_| random.text(&["(", ")", "'", "a", " ", "\n", "+"], 20));
            let lines = text.lines().count().max(1);
            let peak = bytes_at_once(|| {
                for command in mqsc::parse(&text) {
                    let line = match command {
                        Ok(command) => command.line,
                        Err(mistake) => {
                            assert!(!mistake.what.is_empty());
                            mistake.line
                        }
                    };
                    assert!((1..=lines).contains(&line), "line {line} of {lines}: {text:?}");
                }
            });
            assert!(peak < 20_000 + 200 * text.len() as u64, "{peak} bytes for {}", text.len());
        }
    });
}

#[test]
fn work_grows_no_faster_than_the_mqsc() {
    let shapes = [
        Shape { name: "commands", size: 1_000, make: |size| "DEFINE QLOCAL(A) REPLACE\n".repeat(size) },
        Shape { name: "commands on a line", size: 1_000, make: |size| "CLEAR QLOCAL(A);".repeat(size) },
        Shape {
            name: "words",
            size: 2_000,
            make: |size| format!("DEFINE QLOCAL(A){}", " MAXDEPTH(1)".repeat(size)),
        },
        Shape {
            name: "columns",
            size: 2_000,
            make: |size| format!("DISPLAY QLOCAL(A){}", " CURDEPTH".repeat(size)),
        },
        Shape { name: "a value", size: 20_000, make: |size| format!("DEFINE QLOCAL({})", "A".repeat(size)) },
        Shape {
            name: "quotes",
            size: 20_000,
            make: |size| format!("DEFINE QLOCAL(A) DESCR('{}')", "''".repeat(size)),
        },
        Shape {
            name: "continued lines",
            size: 4_000,
            make: |size| format!("DEFINE +\n{}QLOCAL(A)", " +\n".repeat(size)),
        },
        Shape { name: "blank lines", size: 20_000, make: |size| "\n".repeat(size) },
        Shape { name: "blanks", size: 20_000, make: |size| format!("DEFINE{}(", " ".repeat(size)) },
        Shape { name: "parentheses not closed", size: 4_000, make: |size| "A(".repeat(size) },
        Shape { name: "mistakes", size: 2_000, make: |size| "DEFINE QLOCAL(A) NOT(A)\n".repeat(size) },
        Shape {
            name: "a filter",
            size: 4_000,
            make: |size| format!("DISPLAY QL(A) WHERE({})", "A ".repeat(size)),
        },
    ];
    assert_in_proportion("fuzz::work_grows_no_faster_than_the_mqsc", &shapes, |text| drop(mqsc::parse(text)));
}

//! The channel door: what IBM's clients do not try, because they behave: death, hostile segments, requests that overlap.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use fuzz::{Random, each_case, mutated};
use libmqm_sys as mq;

use super::channel_client::*;
use super::harness::{Devqm, MQSC, get, put};

const IN_AND_OUT: i32 = mq::MQOO_INPUT_SHARED | mq::MQOO_BROWSE | mq::MQOO_OUTPUT | mq::MQOO_INQUIRE;
/// Flags of REQUEST_MSGS: a receive that waits, a get now, a listener; all say what they select.
const RECEIVE: i32 = 0x18;
const NOW: i32 = 0x1E;
const LISTEN: i32 = 0x11;

#[test]
fn both_forms_put_get_commit_and_back_out() {
    let devqm = Devqm::start();
    for multiplexed in [false, true] {
        let mut client = ChannelClient::connect(&devqm, multiplexed);
        let queue = client.open("IN", IN_AND_OUT);
        let long = vec![7; 100_000];
        put_in_pieces(&mut client, multiplexed, queue, &long);
        client.ok(MQBACK, 0, b"");
        assert_eq!(client.call(MQGET, queue, &mqget(0, 0, 10)).reason, mq::MQRC_NO_MSG_AVAILABLE);
        put_in_pieces(&mut client, multiplexed, queue, &long);
        client.ok(MQCMIT, 0, b"");
        let got = client.ok(MQGET, queue, &mqget(mq::MQGMO_SYNCPOINT, 0, 200_000));
        assert_eq!(word(&got.body, 464) as usize, long.len());
        assert_eq!(got.body[468..], long);
        client.ok(MQCMIT, 0, b"");
        client.ok(MQCLOSE, queue, &[0; 4]);
        client.ok(MQDISC, 0, b"");
    }
}

#[test]
fn a_client_that_dies_gives_back_at_once_what_it_has_got() {
    let devqm = Devqm::start();
    let mut native = devqm.connect();
    let queue = native.open("IN");
    for stands in [false, true] {
        native.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"kept"));
        let mut client = ChannelClient::connect(&devqm, true);
        let handle = client.open("IN", IN_AND_OUT);
        if stands {
            client.want(handle, RECEIVE, mq::MQGMO_SYNCPOINT, None);
            assert_eq!(client.message(), (handle, b"kept".to_vec()));
        } else {
            client.ok(MQGET, handle, &mqget(mq::MQGMO_SYNCPOINT, 0, 100));
        }
        drop(client);
        let mut waits = get(queue, mq::MQGMO_WAIT | mq::MQGMO_NO_SYNCPOINT);
        waits.wait_interval_ms = 60_000;
        let got = native.get(&waits).unwrap().unwrap();
        assert_eq!((got.body.as_slice(), got.descriptor.backout_count), (&b"kept"[..], 1));
    }
}

#[test]
fn a_dead_client_that_waited_takes_no_message() {
    let devqm = Devqm::start();
    let mut native = devqm.connect();
    let queue = native.open("IN");
    for multiplexed in [false, true] {
        let mut client = ChannelClient::connect(&devqm, multiplexed);
        let handle = client.open("IN", IN_AND_OUT);
        if multiplexed {
            client.want(handle, RECEIVE, mq::MQGMO_NO_SYNCPOINT, None);
        } else {
            let header = [[0; 4], [0; 4], [0; 4], handle.to_be_bytes()].concat();
            let body = [header, mqget(mq::MQGMO_WAIT, -1, 100)].concat();
            client.send(MQGET, WHOLE, 0, &body);
        }
        client.socket.shutdown(Shutdown::Write).unwrap();
        // The other end closes when it has taken the death in.
        assert!(client.try_next().is_none());
        native.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"kept"));
        let got = native.get(&get(queue, mq::MQGMO_NO_SYNCPOINT)).unwrap().unwrap();
        assert_eq!(got.body, b"kept");
    }
}

#[test]
fn a_newer_request_replaces_the_one_that_stands() {
    let devqm = Devqm::start();
    let mut client = ChannelClient::connect(&devqm, true);
    let handle = client.open("IN", IN_AND_OUT);
    client.want(handle, RECEIVE, mq::MQGMO_NO_SYNCPOINT, None);
    client.want(handle, RECEIVE, mq::MQGMO_NO_SYNCPOINT, Some([9; 24]));
    client.ok(MQPUT, handle, &mqput(mq::MQPMO_NO_SYNCPOINT, b"nobody asks for it"));
    let mut asked_for = mqput(mq::MQPMO_NO_SYNCPOINT, b"asked for");
    asked_for[72..96].fill(9);
    client.ok(MQPUT, handle, &asked_for);
    assert_eq!(client.message(), (handle, b"asked for".to_vec()));
    // The message stood for one request only, and the other one is still there.
    client.want(handle, NOW, mq::MQGMO_NO_SYNCPOINT, None);
    assert_eq!(client.message(), (handle, b"nobody asks for it".to_vec()));
    let checked = client.next();
    assert_eq!((checked.kind, checked.request, word(&checked.body, 8)), (NOTIFICATION, 3, 11));
}

#[test]
fn a_check_that_crosses_its_message_takes_no_second_one() {
    for message_memory in ["256", "0"] {
        check_that_crosses_its_message(&Devqm::start_with(MQSC, &["--message-memory-mib", message_memory]));
    }
}

/// Without memory for messages, the one that was asked for is still being written when the check comes.
fn check_that_crosses_its_message(devqm: &Devqm) {
    let mut client = ChannelClient::connect(devqm, true);
    let handle = client.open("IN", IN_AND_OUT);
    client.want(handle, RECEIVE, mq::MQGMO_NO_SYNCPOINT, None);
    for text in [b"first", b"other"] {
        client.ok_beside_messages(MQPUT, handle, &mqput(mq::MQPMO_NO_SYNCPOINT, text));
    }
    // The client's wait ended before it saw the message: it says that it has received nothing.
    client.want(handle, NOW & !0x10, mq::MQGMO_NO_SYNCPOINT, None);
    let mut checked = client.next();
    if checked.kind == ASYNC_MESSAGE {
        checked = client.next();
    }
    assert_eq!((checked.kind, word(&checked.body, 8)), (NOTIFICATION, 11));
    assert_eq!(client.call(MQGET, handle, &mqget(0, 0, 100)).body[468..], *b"other");
}

#[test]
fn a_closed_handle_asks_for_nothing() {
    let devqm = Devqm::start();
    let mut client = ChannelClient::connect(&devqm, true);
    let (closed, open) = (client.open("IN", IN_AND_OUT), client.open("IN", IN_AND_OUT));
    client.want(closed, LISTEN, mq::MQGMO_NO_SYNCPOINT, None);
    client.ok(MQCLOSE, closed, &[0; 4]);
    client.ok(MQPUT, open, &mqput(mq::MQPMO_NO_SYNCPOINT, b"kept"));
    assert_eq!(client.ok(MQGET, open, &mqget(0, 0, 100)).body[468..], *b"kept");
}

#[test]
fn listeners_of_a_connection_get_one_message_at_a_time() {
    let devqm = Devqm::start();
    let mut native = devqm.connect();
    let queues = [native.open("IN"), native.open("OUT")];
    let mut client = ChannelClient::connect(&devqm, true);
    let handles = ["IN", "OUT"].map(|name| client.open(name, IN_AND_OUT));
    for handle in handles {
        client.want(handle, LISTEN, mq::MQGMO_SYNCPOINT, None);
    }
    client.ok(MQCMIT, 0, b"");
    for queue in queues {
        native.ok(&put(queue, mq::MQPMO_NO_SYNCPOINT, b"one each"));
    }
    let (first, _) = client.message();
    // What the unit of work holds is what the listener has seen: the other message is still on its queue.
    client.ok(MQCMIT, 0, b"");
    let other = usize::from(first == handles[0]);
    let browsed = client.ok(MQGET, handles[other], &mqget(mq::MQGMO_BROWSE_FIRST, 0, 100));
    assert_eq!(browsed.body[468..], *b"one each");
    client.want(first, LISTEN & !0x10, mq::MQGMO_SYNCPOINT, None);
    assert_eq!(client.message(), (handles[other], b"one each".to_vec()));
}

#[test]
fn nothing_is_delivered_while_delivery_is_suspended() {
    let devqm = Devqm::start();
    let mut client = ChannelClient::connect(&devqm, true);
    let handle = client.open("IN", IN_AND_OUT);
    let control = |value: i32| [1, -1, 3, value].map(i32::to_be_bytes).concat();
    client.send(NOTIFICATION, 0x31, 3, &control(3));
    let answer = client.next();
    assert_eq!((answer.kind, answer.request), (NOTIFICATION, 3));
    assert_eq!((word(&answer.body, 8), word(&answer.body, 12)), (4, 3));
    client.want(handle, LISTEN, mq::MQGMO_NO_SYNCPOINT, None);
    client.ok(MQPUT, handle, &mqput(mq::MQPMO_NO_SYNCPOINT, b"later"));
    client.ok(MQCMIT, 0, b"");
    client.send(NOTIFICATION, WHOLE, 1, &control(2));
    assert_eq!(client.message(), (handle, b"later".to_vec()));
}

#[test]
fn a_queue_whose_gets_are_inhibited_is_waited_for() {
    let devqm = Devqm::start();
    let mut client = ChannelClient::connect(&devqm, true);
    let handle = client.open("IN", IN_AND_OUT);
    client.want(handle, LISTEN, mq::MQGMO_NO_SYNCPOINT, None);
    assert!(devqm.mqsc("ALTER QLOCAL(IN) GET(DISABLED)").success());
    client.ok(MQPUT, handle, &mqput(mq::MQPMO_NO_SYNCPOINT, b"later"));
    assert!(devqm.mqsc("ALTER QLOCAL(IN) GET(ENABLED)").success());
    assert_eq!(client.message(), (handle, b"later".to_vec()));
}

#[test]
fn hostile_segments_end_with_their_status_and_others_go_on() {
    let devqm = Devqm::start();
    let mut bystander = ChannelClient::connect(&devqm, true);
    let queue = bystander.open("IN", IN_AND_OUT);
    let call = |body: &[u8]| [&[0; 16], body].concat();
    let mut cut_short = mqput(0, b"data");
    cut_short.truncate(400);
    let mut wrong_md = mqput(0, b"data");
    wrong_md[0] = b'X';
    let mut later_md = mqput(0, b"data");
    later_md[7] = 9;
    let mut boasting = mqput(0, b"data");
    let length_at = boasting.len() - 8;
    boasting[length_at..length_at + 4].copy_from_slice(&0x7FFF_FFFF_i32.to_be_bytes());
    let mut negative = boasting.clone();
    negative[length_at..length_at + 4].copy_from_slice(&(-1_i32).to_be_bytes());
    let cases: Vec<(&str, u8, u8, Vec<u8>, i32)> = vec![
        ("an unknown type", 0x70, WHOLE, vec![], 10),
        ("a message channel's type", 0x04, WHOLE, vec![], 10),
        ("XA", 0xA3, WHOLE, vec![0; 16], 10),
        ("the first exchange again", INITIAL_DATA, 0x31, initial_data(12, 1), 0xF3),
        ("a call without its header", MQCMIT, WHOLE, vec![0; 8], 11),
        ("a put that is cut short", MQPUT, WHOLE, call(&cut_short), 11),
        ("a put of another structure", MQPUT, WHOLE, call(&wrong_md), 12),
        ("a put of a later version", MQPUT, WHOLE, call(&later_md), 12),
        ("a put with more data than there is", MQPUT, WHOLE, call(&boasting), 11),
        ("a put with less than no data", MQPUT, WHOLE, call(&negative), 12),
        (
            "an inquiry with more selectors than there are",
            MQINQ,
            WHOLE,
            call(&[0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0, 0]),
            11,
        ),
        ("the middle of a call", MQPUT, 0, vec![0; 100], 13),
        ("a request that is cut short", REQUEST_MSGS, WHOLE, vec![0; 39], 11),
        ("a request of an unknown handle", REQUEST_MSGS, WHOLE, request_msgs(77, RECEIVE, 0, None), 29),
        ("a user of another kind", USERID_DATA, WHOLE, vec![0; 132], 14),
        ("credentials that are cut short", 0x0A, WHOLE, b"CAUT\0\0\0\x01".to_vec(), 11),
    ];
    for (what, kind, flags, body, expected) in cases {
        let mut client = ChannelClient::connect(&devqm, true);
        client.send(kind, flags, 0, &body);
        assert_eq!(client.refused(), expected, "{what}");
        bystander.ok(MQPUT, queue, &mqput(mq::MQPMO_NO_SYNCPOINT, b"still here"));
        assert_eq!(bystander.ok(MQGET, queue, &mqget(0, 0, 100)).body[468..], *b"still here");
    }
    assert!(!devqm.said().contains("panicked"), "{}", devqm.said());
}

#[test]
fn hostile_headers_end_with_their_status() {
    let devqm = Devqm::start();
    let right = segment(true, MQCMIT, WHOLE, 0, &[0; 16]);
    for (what, at, bytes, expected) in [
        ("a length under the header's", 4, &[0, 0, 0, 35][..], 11),
        ("a length over what was agreed", 4, &[0x7F, 0xFF, 0xFF, 0xFF], 11),
        ("another eyecatcher", 0, b"TSHX", 12),
        ("a byte order of neither", 16, &[3], 12),
        ("compression", 19, &[2], 16),
        ("another conversation", 8, &[0, 0, 0, 2], 30),
        ("no conversation", 0, b"TSH ", 30),
    ] {
        let mut client = ChannelClient::connect(&devqm, true);
        let mut wrong = right.clone();
        wrong[at..at + bytes.len()].copy_from_slice(bytes);
        if what == "no conversation" {
            wrong = segment(false, MQCMIT, WHOLE, 0, &[0; 16]);
        }
        client.socket.write_all(&wrong).unwrap();
        assert_eq!(client.refused(), expected, "{what}");
    }
}

#[test]
fn who_is_not_connected_sends_little_and_in_order() {
    let devqm = Devqm::start();
    for (what, segments, expected) in [
        ("a call before all else", vec![segment(false, MQCMIT, WHOLE, 0, &[0; 16])], 16),
        ("an old level", vec![segment(false, INITIAL_DATA, 0x31, 0, &initial_data(3, 1))], 0xF3),
        ("a long call", vec![segment(false, MQCONN, 0x10, 0, &vec![0; 20_000])], 11),
    ] {
        let socket = devqm.socket();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut client = ChannelClient::on(socket);
        for segment in segments {
            client.socket.write_all(&segment).unwrap();
        }
        assert_eq!(client.refused(), expected, "{what}");
    }
    let mut client = ChannelClient::on(devqm.socket());
    let mut nowhere = initial_data(12, 1);
    nowhere[24..44].copy_from_slice(b"NO.SUCH.CHANNEL     ");
    client.send(INITIAL_DATA, 0x31, 0, &nowhere);
    assert_eq!(client.refused(), 1);
}

/// What one client sends, and what it may become.
fn fuzzed_conversation(random: &mut Random) -> Vec<u8> {
    let get_or_put = [mqget(mq::MQGMO_SYNCPOINT, 0, 1_000), mqput(mq::MQPMO_SYNCPOINT, b"data")];
    let call = |handle: i32, body: &[u8]| [&[0; 12], &handle.to_be_bytes()[..], body].concat();
    let bodies = [
        (MQOPEN, call(0, &mqopen("IN", IN_AND_OUT))),
        (MQGET, call(1, &get_or_put[0])),
        (MQPUT, call(1, &get_or_put[1])),
        (MQINQ, call(1, &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3])),
        (REQUEST_MSGS, request_msgs(1, RECEIVE, mq::MQGMO_SYNCPOINT, Some([1; 24]))),
        (REQUEST_MSGS, request_msgs(1, NOW, mq::MQGMO_BROWSE_FIRST, None)),
        (NOTIFICATION, [1, -1, 3, 0].map(i32::to_be_bytes).concat()),
        (MQCMIT, call(0, b"")),
        (MQBACK, call(0, b"")),
        (MQCLOSE, call(1, &[0; 4])),
    ];
    let splinters: [&[u8]; 5] = [b"\xFF\xFF\xFF\xFF", b"\0\0\0\0", b"\x7F\xFF\xFF\xFF", b"TSHM", b"OD  "];
    let mut sent = segment(false, INITIAL_DATA, 0x31, 0, &initial_data(12, 1));
    if random.once_in(4) {
        sent = mutated(&sent, &splinters, random);
    }
    sent.extend(segment(true, USERID_DATA, WHOLE, 0, &[&b"UID "[..], &[b' '; 128]].concat()));
    sent.extend(segment(true, MQCONN, WHOLE, 0, &[&[0; 16], &mqconn()[..]].concat()));
    sent.extend(segment(true, MQOPEN, WHOLE, 0, &bodies[0].1));
    for _ in 0..random.below(6) {
        let (kind, body) = random.pick(&bodies);
        let right = segment(true, *kind, 0x31, 1, body);
        sent.extend(match random.below(3) {
            0 => right,
            1 => mutated(&right, &splinters, random),
            _ => segment(true, *kind, WHOLE, 0, &mutated(body, &splinters, random)),
        });
    }
    sent
}

#[test]
fn fuzz_whatever_one_channel_client_sends_others_go_on() {
    let devqm = Devqm::start_with(&format!("{MQSC}\nDEFINE QLOCAL(BYSTANDER)"), &[]);
    let mut bystander = ChannelClient::connect(&devqm, true);
    let queue = bystander.open("BYSTANDER", IN_AND_OUT);
    each_case(4, |random| {
        let mut client = ChannelClient::on(devqm.socket());
        // The other end may close before all is written.
        let _ = client.socket.write_all(&fuzzed_conversation(random));
        if random.once_in(2) {
            let _ = client.socket.shutdown(Shutdown::Write);
            while client.try_next().is_some() {}
        }
        bystander.ok(MQPUT, queue, &mqput(mq::MQPMO_NO_SYNCPOINT, b"still here"));
        assert_eq!(bystander.ok(MQGET, queue, &mqget(0, 0, 100)).body[468..], *b"still here");
    });
    assert!(!devqm.said().contains("panicked"), "{}", devqm.said());
}

//! MQGET: order, matching, browsing, waiting, buffers that are too small.

use libmqm_sys as mq;

use super::Claims;
use crate::program::{
    Bench, Connection, Stop, Temporary, Verdict, WAIT_MS, expect, expect_ok, failed, gmo, md, same, warned,
};

pub(super) const CLAIMS: Claims = &[
    ("get-order", "messages come by priority, then in the order of arrival", by_priority),
    (
        "get-truncated-failed",
        "a buffer that is too small: 2080, a warning with the whole length; the message stays",
        stays,
    ),
    (
        "get-truncated",
        "accepted truncation: 2079, a warning with the whole length; the message is gone",
        is_cut,
    ),
    ("get-match", "MsgId and CorrelId match what is asked for; zeros match any message", matches),
    ("browse-order", "browsing returns all messages in order and then 2033, and takes none", browses),
    ("browse-no-buffer", "a browse without a buffer tells the length", browses_without_buffer),
    ("browse-under-cursor", "the message under the browse cursor is got in a unit", under_cursor),
    ("browse-no-cursor", "no message under the cursor is 2034", no_cursor),
    ("get-no-wait", "an empty queue is 2033, at once or after the wait", is_empty),
    ("get-wait-put", "a get that waits takes a message that another program puts", is_woken),
    ("get-wait-inhibited", "where gets are inhibited, one that would wait is 2016 at once", is_inhibited),
    ("expiry", "an expired message is not returned; of one that lives the rest of its time is told", expires),
    ("expiry-depth", "an expired message counts until a get or browse passes it", expired_counts),
];

const NONE: (i32, i32) = (mq::MQCC_FAILED, mq::MQRC_NO_MSG_AVAILABLE);

fn queue(bench: &Bench) -> Result<(Connection, Temporary), Stop> {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    Ok((connection, queue))
}

fn by_priority(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    if connection.attribute(queue.handle, mq::MQIA_MSG_DELIVERY_SEQUENCE)? != mq::MQMDS_PRIORITY {
        return Err(Stop::NotApplicable("the model queue has MSGDLVSQ(FIFO)".to_owned()));
    }
    for (priority, body) in [(1, b"low 1"), (5, b"mid 1"), (1, b"low 2"), (9, b"top 1"), (5, b"mid 2")] {
        let mut descriptor = mq::MQMD2 { Priority: priority, ..md() };
        let codes = connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, body);
        expect_ok("MQPUT", codes)?;
    }
    for body in [b"top 1", b"mid 1", b"mid 2", b"low 1", b"low 2"] {
        same("the body", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, body)?;
    }
    Ok(())
}

fn stays(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"0123456789")?;
    let taken = connection.get_as(queue.handle, md(), gmo(mq::MQGMO_NO_SYNCPOINT), 4);
    expect("MQGET", taken.codes(), warned(mq::MQRC_TRUNCATED_MSG_FAILED))?;
    same("DataLength", taken.got.data_bytes, 10)?;
    same("the body", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, b"0123456789")
}

fn is_cut(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"0123456789")?;
    let options = gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_ACCEPT_TRUNCATED_MSG);
    let taken = connection.get_as(queue.handle, md(), options, 4);
    expect("MQGET", taken.codes(), warned(mq::MQRC_TRUNCATED_MSG_ACCEPTED))?;
    same("DataLength", taken.got.data_bytes, 10)?;
    same("the body", taken.got.body.as_slice(), b"0123")?;
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).codes(), NONE)
}

fn matches(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    for number in 1..=3_u8 {
        let mut descriptor = mq::MQMD2 { MsgId: [number; 24], CorrelId: [number + 100; 24], ..md() };
        let codes = connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, &[number]);
        expect_ok("MQPUT", codes)?;
    }
    let ask = |descriptor, match_options| {
        let options = mq::MQGMO { MatchOptions: match_options, ..gmo(mq::MQGMO_NO_SYNCPOINT) };
        connection.get_as(queue.handle, descriptor, options, 10)
    };
    let (by_message, by_correlation) = (mq::MQMO_MATCH_MSG_ID, mq::MQMO_MATCH_CORREL_ID);
    let unknown = ask(mq::MQMD2 { MsgId: [9; 24], ..md() }, by_message);
    expect("MQGET of an id that is not there", unknown.codes(), NONE)?;
    let contradictory = mq::MQMD2 { MsgId: [2; 24], CorrelId: [103; 24], ..md() };
    expect("MQGET of both ids", ask(contradictory, by_message | by_correlation).codes(), NONE)?;
    same("by CorrelId", ask(mq::MQMD2 { CorrelId: [103; 24], ..md() }, by_correlation).body()?, &[3])?;
    same("by MsgId", ask(mq::MQMD2 { MsgId: [2; 24], ..md() }, by_message).body()?, &[2])?;
    same("by zeros", ask(md(), by_message | by_correlation).body()?, &[1])
}

fn browses(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    for body in [b"1", b"2"] {
        connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, body)?;
    }
    for _ in 0..2 {
        same("the first", connection.get(queue.handle, mq::MQGMO_BROWSE_FIRST).body()?, b"1")?;
        same("the next", connection.get(queue.handle, mq::MQGMO_BROWSE_NEXT).body()?, b"2")?;
        expect("MQGET at the end", connection.get(queue.handle, mq::MQGMO_BROWSE_NEXT).codes(), NONE)?;
    }
    same("CURDEPTH", connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH)?, 2)
}

fn browses_without_buffer(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"0123456789")?;
    let options = gmo(mq::MQGMO_BROWSE_FIRST | mq::MQGMO_ACCEPT_TRUNCATED_MSG);
    let taken = connection.get_as(queue.handle, md(), options, 0);
    expect("MQGET", taken.codes(), warned(mq::MQRC_TRUNCATED_MSG_ACCEPTED))?;
    same("DataLength", taken.got.data_bytes, 10)?;
    same("CURDEPTH", connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH)?, 1)
}

fn under_cursor(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    for body in [b"1", b"2"] {
        connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, body)?;
    }
    connection.get(queue.handle, mq::MQGMO_BROWSE_FIRST).body()?;
    connection.get(queue.handle, mq::MQGMO_BROWSE_NEXT).body()?;
    let options = mq::MQGMO_MSG_UNDER_CURSOR | mq::MQGMO_SYNCPOINT;
    same("the body", connection.get(queue.handle, options).body()?, b"2")?;
    expect_ok("MQCMIT", connection.commit())?;
    same("the other", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, b"1")
}

fn no_cursor(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"1")?;
    let codes = connection.get(queue.handle, mq::MQGMO_MSG_UNDER_CURSOR | mq::MQGMO_NO_SYNCPOINT).codes();
    expect("MQGET", codes, failed(mq::MQRC_NO_MSG_UNDER_CURSOR))
}

fn is_empty(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_NO_WAIT | mq::MQGMO_NO_SYNCPOINT).codes(), NONE)?;
    let options = mq::MQGMO { WaitInterval: 50, ..gmo(mq::MQGMO_WAIT | mq::MQGMO_NO_SYNCPOINT) };
    expect("MQGET with a wait", connection.get_as(queue.handle, md(), options, 10).codes(), NONE)
}

fn is_woken(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    let (mqi, target) = bench.apart();
    let name = queue.name.clone();
    let putter = std::thread::spawn(move || {
        let bench = Bench::new(&mqi, &target);
        let connection = bench.connect().ok()?;
        let output = connection.open(&name, mq::MQOO_OUTPUT).ok()?;
        connection.put(output, mq::MQPMO_SYNCPOINT, b"one").ok()?;
        expect_ok("MQCMIT", connection.commit()).ok()
    });
    let taken = connection.get(queue.handle, mq::MQGMO_WAIT | mq::MQGMO_NO_SYNCPOINT);
    let put = putter.join().ok().flatten();
    put.ok_or_else(|| Stop::Fails("the other program could not put".to_owned()))?;
    same("the body", taken.body()?, b"one")
}

fn is_inhibited(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    let (mqi, target) = bench.apart();
    let name = queue.name.clone();
    let setter = std::thread::spawn(move || {
        let bench = Bench::new(&mqi, &target);
        let connection = bench.connect().ok()?;
        let object = connection.open(&name, mq::MQOO_SET).ok()?;
        Some(connection.set(object, mq::MQIA_INHIBIT_GET, mq::MQQA_GET_INHIBITED))
    });
    let codes = setter.join().ok().flatten();
    let codes = codes.ok_or_else(|| Stop::NotApplicable("MQOPEN for MQSET: not allowed".to_owned()))?;
    expect_ok("MQSET", codes)?;
    let options = mq::MQGMO { WaitInterval: WAIT_MS, ..gmo(mq::MQGMO_WAIT | mq::MQGMO_NO_SYNCPOINT) };
    let taken = connection.get_as(queue.handle, md(), options, 10);
    expect("MQGET", taken.codes(), failed(mq::MQRC_GET_INHIBITED))
}

fn expires(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    for (tenths, body) in [(1, b"short"), (6_000, b"longs")] {
        let mut descriptor = mq::MQMD2 { Expiry: tenths, ..md() };
        let codes = connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, body);
        expect_ok("MQPUT", codes)?;
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
    same("the body", taken.body()?, b"longs")?;
    let left = taken.descriptor.Expiry;
    same("whether some of its time has passed", (1..6_000).contains(&left), true)?;
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).codes(), NONE)
}

fn expired_counts(bench: &mut Bench) -> Verdict {
    let (connection, queue) = queue(bench)?;
    let mut descriptor = mq::MQMD2 { Expiry: 1, ..md() };
    let codes = connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, b"1");
    expect_ok("MQPUT", codes)?;
    std::thread::sleep(std::time::Duration::from_millis(300));
    let before = connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH)?;
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_BROWSE_FIRST).codes(), NONE)?;
    let after = connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH)?;
    if (before, after) == (0, 0) {
        return Err(Stop::NotApplicable("it was discarded before: EXPRYINT has come".to_owned()));
    }
    same("CURDEPTH before and after", (before, after), (1, 0))
}

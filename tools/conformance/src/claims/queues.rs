//! Queues: how they are opened, shared, counted and inquired; temporary ones.

use libmqm_sys as mq;

use super::Claims;
use crate::program::{Bench, Stop, Verdict, expect, expect_ok, failed, md, od, same, warned};

pub(super) const CLAIMS: Claims = &[
    (
        "dynamic-name",
        "opening a model queue returns the name of a new queue that begins as asked",
        dynamic_name,
    ),
    ("dynamic-gone", "a temporary queue goes with the handle that created it", dynamic_gone),
    ("dynamic-persistent", "a temporary queue takes no persistent message: 2048", dynamic_persistent),
    ("open-exclusive", "an exclusive opener for input keeps others out: 2042", exclusive),
    ("depth", "CURDEPTH counts uncommitted puts and not uncommitted gets", depth),
    ("depth-max", "MAXDEPTH: one message more is 2053", depth_max),
    ("message-too-big", "a message longer than the queue's MAXMSGL is 2030", message_too_big),
    ("inquire", "MQINQ gives characters at fixed widths and integers in order", inquires),
    (
        "inquire-selector",
        "an unknown selector is 2067, one of another type of object the warning 2068",
        selectors,
    ),
    ("closed-handle", "a handle that was closed is 2019", closed_handle),
    ("put-inhibited", "PUT(DISABLED) is 2051", put_inhibited),
];

fn dynamic_name(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let (one, other) = (bench.temporary(&connection)?, bench.temporary(&connection)?);
    same(
        "whether both names begin as asked",
        [&one, &other].map(|each| each.name.starts_with("DEVQM.CONFORMANCE.")),
        [true; 2],
    )?;
    same("whether they differ", one.name != other.name, true)
}

fn dynamic_gone(bench: &mut Bench) -> Verdict {
    let (connection, other) = (bench.connect()?, bench.connect()?);
    let queue = bench.temporary(&connection)?;
    other.open(&queue.name, mq::MQOO_BROWSE).and_then(|handle| expect_ok("MQCLOSE", other.close(handle)))?;
    expect_ok("MQCLOSE", connection.close(queue.handle))?;
    let (_, codes) = other.open_as(&mut od(&queue.name), mq::MQOO_BROWSE);
    expect("MQOPEN", codes, failed(mq::MQRC_UNKNOWN_OBJECT_NAME))
}

fn dynamic_persistent(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let kind = connection.attribute(queue.handle, mq::MQIA_DEFINITION_TYPE)?;
    if kind != mq::MQQDT_TEMPORARY_DYNAMIC {
        return Err(Stop::NotApplicable("the model is not DEFTYPE(TEMPDYN)".to_owned()));
    }
    let mut descriptor = mq::MQMD2 { Persistence: mq::MQPER_PERSISTENT, ..md() };
    let codes = connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, b"one");
    expect("MQPUT", codes, failed(mq::MQRC_PERSISTENT_NOT_ALLOWED))
}

fn exclusive(bench: &mut Bench) -> Verdict {
    let (connection, other) = (bench.connect()?, bench.connect()?);
    let queue = bench.temporary(&connection)?;
    for options in [mq::MQOO_INPUT_SHARED, mq::MQOO_INPUT_EXCLUSIVE, mq::MQOO_INPUT_AS_Q_DEF] {
        let (_, codes) = other.open_as(&mut od(&queue.name), options);
        expect("MQOPEN", codes, failed(mq::MQRC_OBJECT_IN_USE))?;
    }
    other.open(&queue.name, mq::MQOO_BROWSE | mq::MQOO_OUTPUT).map(drop)
}

fn depth(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let depth = || connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH);
    connection.put(queue.handle, mq::MQPMO_SYNCPOINT, b"one")?;
    same("CURDEPTH with an uncommitted put", depth()?, 1)?;
    expect_ok("MQCMIT", connection.commit())?;
    connection.get(queue.handle, mq::MQGMO_SYNCPOINT).body()?;
    same("CURDEPTH with an uncommitted get", depth()?, 0)?;
    expect_ok("MQBACK", connection.back_out())?;
    same("CURDEPTH after MQBACK", depth()?, 1)
}

fn depth_max(bench: &mut Bench) -> Verdict {
    /// So many messages are put at most to find out.
    const PUTS_MAX: i32 = 10_000;
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let limit = connection.attribute(queue.handle, mq::MQIA_MAX_Q_DEPTH)?;
    if limit > PUTS_MAX {
        return Err(Stop::NotApplicable(format!("the model queue has MAXDEPTH({limit})")));
    }
    for _ in 0..limit {
        connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"1")?;
    }
    let codes = connection.put_as(queue.handle, &mut md(), mq::MQPMO_NO_SYNCPOINT, b"1");
    expect("MQPUT", codes, failed(mq::MQRC_Q_FULL))
}

fn message_too_big(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let limit = usize::try_from(connection.attribute(queue.handle, mq::MQIA_MAX_MSG_LENGTH)?).unwrap_or(0);
    let codes = connection.put_as(queue.handle, &mut md(), mq::MQPMO_NO_SYNCPOINT, &vec![b'x'; limit + 1]);
    if [mq::MQRC_MSG_TOO_BIG_FOR_CHANNEL, mq::MQRC_DATA_LENGTH_ERROR].contains(&codes.1) {
        return Err(Stop::NotApplicable(format!("the channel takes no more than the queue: {}", codes.1)));
    }
    expect("MQPUT", codes, failed(mq::MQRC_MSG_TOO_BIG_FOR_Q))
}

fn inquires(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let selectors = [mq::MQIA_Q_TYPE, mq::MQCA_Q_NAME, mq::MQIA_CURRENT_Q_DEPTH, mq::MQCA_Q_DESC];
    let (codes, integers, characters) = connection.inquire(queue.handle, &selectors, [2, 112]);
    expect_ok("MQINQ", codes)?;
    same("the integers", integers, vec![mq::MQQT_LOCAL, 0])?;
    same("the name", characters.get(..48).map(str::trim_end), Some(queue.name.as_str()))?;
    let short = connection.inquire(queue.handle, &[mq::MQCA_Q_NAME], [0, 10]).0;
    expect("MQINQ with little room", short, warned(mq::MQRC_CHAR_ATTRS_TOO_SHORT))
}

fn selectors(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let (unknown, _, _) = connection.inquire(queue.handle, &[1_999], [1, 0]);
    expect("MQINQ of an unknown selector", unknown, failed(mq::MQRC_SELECTOR_ERROR))?;
    let (other, _, _) = connection.inquire(queue.handle, &[mq::MQCA_BASE_Q_NAME], [0, 48]);
    expect("MQINQ of an alias's selector", other, warned(mq::MQRC_SELECTOR_NOT_FOR_TYPE))
}

fn closed_handle(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let browser = connection.open(&queue.name, mq::MQOO_BROWSE)?;
    expect_ok("MQCLOSE", connection.close(browser))?;
    expect("MQGET", connection.get(browser, mq::MQGMO_BROWSE_FIRST).codes(), failed(mq::MQRC_HOBJ_ERROR))?;
    expect("MQCLOSE again", connection.close(browser), failed(mq::MQRC_HOBJ_ERROR))
}

fn put_inhibited(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let setter = connection.open(&queue.name, mq::MQOO_SET)?;
    expect_ok("MQSET", connection.set(setter, mq::MQIA_INHIBIT_PUT, mq::MQQA_PUT_INHIBITED))?;
    let codes = connection.put_as(queue.handle, &mut md(), mq::MQPMO_NO_SYNCPOINT, b"1");
    expect("MQPUT", codes, failed(mq::MQRC_PUT_INHIBITED))
}

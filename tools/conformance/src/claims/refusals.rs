//! What is refused, and by which reason.

use libmqm_sys as mq;

use super::Claims;
use crate::program::{Bench, Stop, Verdict, expect, expect_ok, failed, md, od, same};

pub(super) const CLAIMS: Claims = &[
    ("unknown-queue", "an unknown queue is 2085", unknown_queue),
    ("unknown-queue-manager", "a queue manager of another name is 2058", unknown_queue_manager),
    ("unknown-channel", "an unknown channel is 2540", unknown_channel),
    ("not-opened-for", "a handle that was not opened for it is 2037, 2039, 2036, 2038", not_opened_for),
    ("options", "options that contradict each other are 2046", contradictory),
    ("put1", "MQPUT1 puts as MQOPEN, MQPUT and MQCLOSE do, and fails as MQOPEN does", put1),
    ("set-context", "context that the handle was not opened to set is 2095", set_context),
];

fn unknown_queue(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let (_, codes) = connection.open_as(&mut od("DEVQM.CONFORMANCE.NOT.THERE"), mq::MQOO_BROWSE);
    expect("MQOPEN", codes, failed(mq::MQRC_UNKNOWN_OBJECT_NAME))
}

fn unknown_queue_manager(bench: &mut Bench) -> Verdict {
    let codes = bench.connect_in_vain(None, Some("DEVQM.NOT.THERE"));
    expect("MQCONNX", codes, failed(mq::MQRC_Q_MGR_NAME_ERROR))
}

fn unknown_channel(bench: &mut Bench) -> Verdict {
    if bench.endpoint().is_none() {
        return Err(Stop::NotApplicable("no channel was stated with --against".to_owned()));
    }
    let codes = bench.connect_in_vain(Some("DEVQM.NOT.THERE"), None);
    expect("MQCONNX", codes, failed(mq::MQRC_UNKNOWN_CHANNEL_NAME))
}

fn not_opened_for(bench: &mut Bench) -> Verdict {
    let (connection, other) = (bench.connect()?, bench.connect()?);
    let queue = bench.temporary(&connection)?;
    let browser = other.open(&queue.name, mq::MQOO_BROWSE)?;
    let output = other.open(&queue.name, mq::MQOO_OUTPUT)?;
    let put = other.put_as(browser, &mut md(), mq::MQPMO_NO_SYNCPOINT, b"1");
    expect("MQPUT", put, failed(mq::MQRC_NOT_OPEN_FOR_OUTPUT))?;
    let get = other.get(browser, mq::MQGMO_NO_SYNCPOINT).codes();
    expect("MQGET", get, failed(mq::MQRC_NOT_OPEN_FOR_INPUT))?;
    let browse = other.get(output, mq::MQGMO_BROWSE_FIRST).codes();
    expect("MQGET to browse", browse, failed(mq::MQRC_NOT_OPEN_FOR_BROWSE))?;
    let (inquire, _, _) = other.inquire(output, &[mq::MQIA_CURRENT_Q_DEPTH], [1, 0]);
    expect("MQINQ", inquire, failed(mq::MQRC_NOT_OPEN_FOR_INQUIRE))
}

fn contradictory(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let both = mq::MQPMO_SYNCPOINT | mq::MQPMO_NO_SYNCPOINT;
    let codes = connection.put_as(queue.handle, &mut md(), both, b"1");
    expect("MQPUT", codes, failed(mq::MQRC_OPTIONS_ERROR))?;
    let both = mq::MQGMO_SYNCPOINT | mq::MQGMO_NO_SYNCPOINT;
    expect("MQGET", connection.get(queue.handle, both).codes(), failed(mq::MQRC_OPTIONS_ERROR))?;
    let (_, codes) =
        connection.open_as(&mut od(&queue.name), mq::MQOO_INPUT_SHARED | mq::MQOO_INPUT_EXCLUSIVE);
    expect("MQOPEN", codes, failed(mq::MQRC_OPTIONS_ERROR))
}

fn put1(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    expect_ok("MQPUT1", connection.put1(&queue.name, mq::MQPMO_NO_SYNCPOINT, b"1"))?;
    same("the body", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, b"1")?;
    let codes = connection.put1("DEVQM.CONFORMANCE.NOT.THERE", mq::MQPMO_NO_SYNCPOINT, b"1");
    expect("MQPUT1", codes, failed(mq::MQRC_UNKNOWN_OBJECT_NAME))
}

fn set_context(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let options = mq::MQPMO_NO_SYNCPOINT | mq::MQPMO_SET_ALL_CONTEXT;
    let codes = connection.put_as(queue.handle, &mut md(), options, b"1");
    expect("MQPUT", codes, failed(mq::MQRC_NOT_OPEN_FOR_SET_ALL))
}

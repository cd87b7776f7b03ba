//! Messages of segments. Queue managers on z/OS have none.

use libmqm_sys as mq;
use mq::MQHOBJ;

use super::Claims;
use crate::program::{Bench, Connection, Stop, Verdict, expect, expect_ok, failed, md, od, same};

pub(super) const CLAIMS: Claims = &[
    ("segments-whole", "COMPLETE_MSG puts segments together, and tells them as the only one", whole),
    ("segments-missing", "COMPLETE_MSG passes over a message whose last segment is not there", missing),
];

const WHOLE: i32 = mq::MQGMO_COMPLETE_MSG | mq::MQGMO_NO_SYNCPOINT;

fn whole(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    needs_segments(&connection)?;
    let queue = bench.temporary(&connection)?;
    put_segment(&connection, queue.handle, mq::MQMF_SEGMENT, b"one ")?;
    put_segment(&connection, queue.handle, mq::MQMF_LAST_SEGMENT, b"message")?;
    let taken = connection.get(queue.handle, WHOLE);
    same("the body", taken.body()?, b"one message")?;
    let last = taken.descriptor.MsgFlags & mq::MQMF_LAST_SEGMENT;
    same("MQMF_LAST_SEGMENT of MsgFlags", last, mq::MQMF_LAST_SEGMENT)?;
    same("Offset", taken.descriptor.Offset, 0)?;
    expect("MQGET", connection.get(queue.handle, WHOLE).codes(), failed(mq::MQRC_NO_MSG_AVAILABLE))
}

fn missing(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    needs_segments(&connection)?;
    let queue = bench.temporary(&connection)?;
    let other = connection.open(&queue.name, mq::MQOO_OUTPUT)?;
    put_segment(&connection, queue.handle, mq::MQMF_SEGMENT, b"one ")?;
    connection.put(other, mq::MQPMO_NO_SYNCPOINT, b"another")?;
    same("the body", connection.get(queue.handle, WHOLE).body()?, b"another")?;
    expect("MQGET", connection.get(queue.handle, WHOLE).codes(), failed(mq::MQRC_NO_MSG_AVAILABLE))?;
    put_segment(&connection, queue.handle, mq::MQMF_LAST_SEGMENT, b"message")?;
    same("the body", connection.get(queue.handle, WHOLE).body()?, b"one message")
}

/// The next segment in logical order.
fn put_segment(connection: &Connection, object: MQHOBJ, flags: i32, body: &[u8]) -> Verdict {
    let mut descriptor = mq::MQMD2 { MsgFlags: flags, ..md() };
    let options = mq::MQPMO_LOGICAL_ORDER | mq::MQPMO_NO_SYNCPOINT;
    expect_ok("MQPUT of a segment", connection.put_as(object, &mut descriptor, options, body))
}

fn needs_segments(connection: &Connection) -> Verdict {
    let mut manager = mq::MQOD { ObjectType: mq::MQOT_Q_MGR, ..od("") };
    let (manager, codes) = connection.open_as(&mut manager, mq::MQOO_INQUIRE);
    expect_ok("MQOPEN of the queue manager", codes)?;
    match connection.attribute(manager, mq::MQIA_PLATFORM)? {
        mq::MQPL_ZOS => Err(Stop::NotApplicable("z/OS has no segments".to_owned())),
        _ => Ok(()),
    }
}

//! What the queue manager adds to a message, and properties.

use libmqm_sys as mq;

use super::Claims;
use crate::calls::text;
use crate::program::{Bench, Stop, Verdict, expect, expect_ok, failed, gmo, md, same, warned};

pub(super) const CLAIMS: Claims = &[
    ("ids", "a blank MsgId is made unique; one that was stated is kept", ids),
    ("context", "a message has its putter's context: date, time, application, user", context),
    ("defaults", "priority and persistence as the queue defines them are resolved in the message", defaults),
    ("reply-to", "a request without ReplyToQ is 2027; a blank ReplyToQMgr is filled in", reply_to),
    (
        "priority-too-high",
        "a priority above the highest is the warning 2049, and the message is put",
        priority_too_high,
    ),
    ("properties", "properties of a message handle travel with the message", properties),
    ("properties-emptied", "a message handle is emptied by every MQGET, even one without a message", emptied),
    ("properties-cut", "a value that does not fit is cut, 2469, and tells its length", cut),
];

fn ids(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let first = connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"1")?;
    let second = connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"2")?;
    same("whether the ids differ", first.MsgId != second.MsgId && first.MsgId != [0; 24], true)?;
    let mut own = mq::MQMD2 { MsgId: [5; 24], ..md() };
    expect_ok("MQPUT", connection.put_as(queue.handle, &mut own, mq::MQPMO_NO_SYNCPOINT, b"3"))?;
    for expected in [first.MsgId, second.MsgId, [5; 24]] {
        let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
        taken.body()?;
        same("MsgId", taken.descriptor.MsgId, expected)?;
    }
    Ok(())
}

fn context(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"1")?;
    let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
    taken.body()?;
    let (date, time) = (text(&taken.descriptor.PutDate), text(&taken.descriptor.PutTime));
    let all_digits = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    same("whether PutDate and PutTime are 8 digits", (all_digits(&date), all_digits(&time)), (true, true))?;
    same("whether PutApplName is blank", text(&taken.descriptor.PutApplName).is_empty(), false)?;
    same("BackoutCount", taken.descriptor.BackoutCount, 0)?;

    connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT | mq::MQPMO_NO_CONTEXT, b"1")?;
    let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
    taken.body()?;
    same("PutApplType without context", taken.descriptor.PutApplType, mq::MQAT_NO_CONTEXT)?;
    same("UserIdentifier without context", text(&taken.descriptor.UserIdentifier), String::new())
}

fn defaults(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let selectors = [mq::MQIA_DEF_PRIORITY, mq::MQIA_DEF_PERSISTENCE];
    let (codes, expected, _) = connection.inquire(queue.handle, &selectors, [2, 0]);
    expect_ok("MQINQ", codes)?;
    let mut descriptor = mq::MQMD2 {
        Priority: mq::MQPRI_PRIORITY_AS_Q_DEF,
        Persistence: mq::MQPER_PERSISTENCE_AS_Q_DEF,
        ..md()
    };
    expect_ok("MQPUT", connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, b"1"))?;
    let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
    taken.body()?;
    same("priority and persistence", vec![taken.descriptor.Priority, taken.descriptor.Persistence], expected)
}

fn reply_to(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let mut request = mq::MQMD2 { MsgType: mq::MQMT_REQUEST, ..md() };
    let codes = connection.put_as(queue.handle, &mut request, mq::MQPMO_NO_SYNCPOINT, b"1");
    expect("MQPUT", codes, failed(mq::MQRC_MISSING_REPLY_TO_Q))?;
    let mut request =
        mq::MQMD2 { MsgType: mq::MQMT_REQUEST, ReplyToQ: crate::calls::field(&queue.name), ..md() };
    expect_ok("MQPUT", connection.put_as(queue.handle, &mut request, mq::MQPMO_NO_SYNCPOINT, b"1"))?;
    let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
    taken.body()?;
    same("ReplyToQ", text(&taken.descriptor.ReplyToQ), queue.name)?;
    same("whether ReplyToQMgr is blank", text(&taken.descriptor.ReplyToQMgr).is_empty(), false)
}

fn priority_too_high(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let mut descriptor = mq::MQMD2 { Priority: 10, ..md() };
    let codes = connection.put_as(queue.handle, &mut descriptor, mq::MQPMO_NO_SYNCPOINT, b"1");
    expect("MQPUT", codes, warned(mq::MQRC_PRIORITY_EXCEEDS_MAXIMUM))?;
    same("the body", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, b"1")
}

fn properties(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let message = connection.message_handle()?;
    expect_ok("MQSETMP", connection.set_property(message, "colour", "green"))?;
    expect_ok("MQPUT", connection.put_with(queue.handle, message, b"1"))?;
    let taken_message = connection.message_handle()?;
    let options = mq::MQGMO {
        MsgHandle: taken_message,
        ..gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_PROPERTIES_IN_HANDLE)
    };
    let taken = connection.get_as(queue.handle, md(), options, 10);
    same("the body", taken.body()?, b"1")?;
    let (codes, _, value) = connection.property(taken_message, "colour", 20);
    expect_ok("MQINQMP", codes)?;
    same("the value", value.as_str(), "green")?;
    let (codes, _, _) = connection.property(taken_message, "shape", 20);
    expect("MQINQMP of another", codes, failed(mq::MQRC_PROPERTY_NOT_AVAILABLE))
}

fn emptied(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let message = connection.message_handle()?;
    expect_ok("MQSETMP", connection.set_property(message, "colour", "green"))?;
    let options =
        mq::MQGMO { MsgHandle: message, ..gmo(mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_PROPERTIES_IN_HANDLE) };
    let taken = connection.get_as(queue.handle, md(), options, 10);
    expect("MQGET", taken.codes(), failed(mq::MQRC_NO_MSG_AVAILABLE))?;
    let (codes, _, _) = connection.property(message, "colour", 20);
    expect("MQINQMP", codes, failed(mq::MQRC_PROPERTY_NOT_AVAILABLE))
}

fn cut(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let message = connection.message_handle()?;
    expect_ok("MQSETMP", connection.set_property(message, "colour", "green"))?;
    let (codes, bytes, _) = connection.property(message, "colour", 2);
    if codes.1 == mq::MQRC_FUNCTION_NOT_SUPPORTED {
        return Err(Stop::NotApplicable("MQINQMP: not supported".to_owned()));
    }
    same("the reason and the length", (codes.1, bytes), (mq::MQRC_PROPERTY_VALUE_TOO_BIG, 5))
}

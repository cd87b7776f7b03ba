//! Units of work: what is seen before and after their end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libmqm_sys as mq;

use super::Claims;
use crate::program::{Bench, Stop, Verdict, expect, expect_ok, failed, same};

pub(super) const CLAIMS: Claims = &[
    ("unit-put", "a put in a unit of work is invisible until the commit", put_is_invisible),
    ("unit-get", "a message got in a unit is hidden until the unit is backed out", got_is_hidden),
    ("unit-order", "backed out messages are in their old place, with BackoutCount raised", back_in_place),
    ("unit-puts-backed-out", "puts that are backed out were never there", puts_backed_out),
    ("disc-commits", "MQDISC commits an open unit", disconnect_commits),
    ("death-backs-out", "what a program that dies has put in a unit is backed out", death_backs_out),
    ("unit-limit", "MAXUMSGS: one message more in a unit is 2024, and the unit is still there", unit_limit),
    ("unit-refused", "a put and a get that are refused leave their unit as it was", refused_in_unit),
    ("unit-empty", "MQCMIT and MQBACK without a unit succeed", empty_units),
];

const NONE: (i32, i32) = (mq::MQCC_FAILED, mq::MQRC_NO_MSG_AVAILABLE);

fn put_is_invisible(bench: &mut Bench) -> Verdict {
    let (writer, reader) = (bench.connect()?, bench.connect()?);
    let queue = bench.temporary(&writer)?;
    let browser = reader.open(&queue.name, mq::MQOO_BROWSE)?;
    writer.put(queue.handle, mq::MQPMO_SYNCPOINT, b"one")?;
    expect("MQGET before MQCMIT", reader.get(browser, mq::MQGMO_BROWSE_FIRST).codes(), NONE)?;
    expect_ok("MQCMIT", writer.commit())?;
    same("the body", reader.get(browser, mq::MQGMO_BROWSE_FIRST).body()?, b"one")
}

fn got_is_hidden(bench: &mut Bench) -> Verdict {
    let (owner, reader) = (bench.connect()?, bench.connect()?);
    let queue = bench.temporary(&owner)?;
    let browser = reader.open(&queue.name, mq::MQOO_BROWSE)?;
    owner.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, b"one")?;
    owner.get(queue.handle, mq::MQGMO_SYNCPOINT).body()?;
    expect("MQGET while it is got", reader.get(browser, mq::MQGMO_BROWSE_FIRST).codes(), NONE)?;
    expect_ok("MQBACK", owner.back_out())?;
    same("the body", reader.get(browser, mq::MQGMO_BROWSE_FIRST).body()?, b"one")?;
    owner.get(queue.handle, mq::MQGMO_SYNCPOINT).body()?;
    expect_ok("MQCMIT", owner.commit())?;
    expect("MQGET after MQCMIT", reader.get(browser, mq::MQGMO_BROWSE_FIRST).codes(), NONE)
}

fn back_in_place(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    for body in [b"1", b"2", b"3"] {
        connection.put(queue.handle, mq::MQPMO_NO_SYNCPOINT, body)?;
    }
    for count in 0..3 {
        let first = connection.get(queue.handle, mq::MQGMO_SYNCPOINT);
        same("the first body", first.body()?, b"1")?;
        same("BackoutCount", first.descriptor.BackoutCount, count)?;
        let second = connection.get(queue.handle, mq::MQGMO_SYNCPOINT);
        same("the second body", second.body()?, b"2")?;
        expect_ok("MQBACK", connection.back_out())?;
    }
    let untouched = connection.get(queue.handle, mq::MQGMO_BROWSE_FIRST | mq::MQGMO_NO_SYNCPOINT);
    same("BackoutCount when browsed", untouched.descriptor.BackoutCount, 3)?;
    for expected in [(b"1", 3), (b"2", 3), (b"3", 0)] {
        let taken = connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT);
        same("the body", taken.body()?, expected.0)?;
        same("BackoutCount", taken.descriptor.BackoutCount, expected.1)?;
    }
    Ok(())
}

fn puts_backed_out(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    connection.put(queue.handle, mq::MQPMO_SYNCPOINT, b"one")?;
    expect_ok("MQBACK", connection.back_out())?;
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).codes(), NONE)
}

fn disconnect_commits(bench: &mut Bench) -> Verdict {
    let (owner, writer) = (bench.connect()?, bench.connect()?);
    let queue = bench.temporary(&owner)?;
    let output = writer.open(&queue.name, mq::MQOO_OUTPUT)?;
    writer.put(output, mq::MQPMO_SYNCPOINT, b"one")?;
    expect_ok("MQDISC", writer.disconnect())?;
    same("the body", owner.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, b"one")
}

fn death_backs_out(bench: &mut Bench) -> Verdict {
    /// How long the queue manager may take to see that a client has died.
    const NOTICED_MAX: Duration = Duration::from_secs(30);
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    let cannot = |error: std::io::Error| Stop::NotApplicable(format!("no other process: {error}"));
    let program = std::env::current_exe().map_err(cannot)?;
    let arguments = std::env::args_os().skip(1).chain(["--die-at".into(), queue.name.clone().into()]);
    let died = Command::new(program).args(arguments).stdout(Stdio::piped()).output().map_err(cannot)?;
    same("what the other process says before its death", died.stdout.as_slice(), b"put\n")?;
    let deadline = Instant::now() + NOTICED_MAX;
    // An uncommitted put counts in CURDEPTH, so that its end is seen there.
    while connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH)? > 0 {
        if Instant::now() > deadline {
            return Err(Stop::Fails("its unit is still open".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).codes(), NONE)
}

/// Puts in a unit of work, says so, and dies.
pub(crate) fn die_at(queue: &str, bench: &Bench) -> ! {
    let put = || {
        let connection = bench.connect().ok()?;
        let output = connection.open(queue, mq::MQOO_OUTPUT).ok()?;
        connection.put(output, mq::MQPMO_SYNCPOINT, b"one").ok()?;
        // It must not be ended as connections are.
        std::mem::forget(connection);
        Some(())
    };
    println!("{}", if put().is_some() { "put" } else { "not put" });
    std::process::abort()
}

fn unit_limit(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let mut manager = mq::MQOD { ObjectType: mq::MQOT_Q_MGR, ..crate::program::od("") };
    let (manager, codes) = connection.open_as(&mut manager, mq::MQOO_INQUIRE);
    expect_ok("MQOPEN of the queue manager", codes)?;
    let limit = connection.attribute(manager, mq::MQIA_MAX_UNCOMMITTED_MSGS)?;
    let queue = bench.temporary(&connection)?;
    let depth = connection.attribute(queue.handle, mq::MQIA_MAX_Q_DEPTH)?;
    if limit >= depth {
        return Err(Stop::NotApplicable(format!(
            "MAXUMSGS({limit}) is not below the model's MAXDEPTH({depth})"
        )));
    }
    for _ in 0..limit {
        connection.put(queue.handle, mq::MQPMO_SYNCPOINT, b"one")?;
    }
    let codes = connection.put_as(queue.handle, &mut crate::program::md(), mq::MQPMO_SYNCPOINT, b"one");
    expect("MQPUT of one more", codes, failed(mq::MQRC_SYNCPOINT_LIMIT_REACHED))?;
    expect_ok("MQCMIT", connection.commit())?;
    same("CURDEPTH", connection.attribute(queue.handle, mq::MQIA_CURRENT_Q_DEPTH)?, limit)
}

fn refused_in_unit(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    let queue = bench.temporary(&connection)?;
    connection.put(queue.handle, mq::MQPMO_SYNCPOINT, b"one")?;
    let mut wrong = mq::MQMD2 { Priority: -2, ..crate::program::md() };
    let codes = connection.put_as(queue.handle, &mut wrong, mq::MQPMO_SYNCPOINT, b"two");
    expect("MQPUT with a wrong priority", codes, failed(mq::MQRC_PRIORITY_ERROR))?;
    expect("MQGET", connection.get(queue.handle, mq::MQGMO_SYNCPOINT).codes(), NONE)?;
    expect_ok("MQCMIT", connection.commit())?;
    same("the body", connection.get(queue.handle, mq::MQGMO_NO_SYNCPOINT).body()?, b"one")
}

fn empty_units(bench: &mut Bench) -> Verdict {
    let connection = bench.connect()?;
    expect_ok("MQCMIT", connection.commit())?;
    expect_ok("MQBACK", connection.back_out())
}

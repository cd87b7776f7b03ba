//! Whatever is passed as a property's name, type and value: it is set and comes back, or it is refused.

use fuzz::{Random, each_case};
use libmqm_sys as mq;

use crate::program::{OK, failed, inquire, message_handle, set};

/// What readers of names trip over.
const PARTS: [&str; 18] = [
    "a", "usr.", "usr", "mq", "mq_usr", "mqext.", "JMS", "Root.", ".", "..", "%", "NULL", "_", "$1", "é",
    " ", "1", "\u{301}",
];

const KINDS: [i32; 10] = [
    mq::MQTYPE_STRING,
    mq::MQTYPE_BYTE_STRING,
    mq::MQTYPE_BOOLEAN,
    mq::MQTYPE_INT8,
    mq::MQTYPE_INT16,
    mq::MQTYPE_INT32,
    mq::MQTYPE_INT64,
    mq::MQTYPE_FLOAT32,
    mq::MQTYPE_FLOAT64,
    mq::MQTYPE_NULL,
];

/// How a property is refused.
const REFUSALS: [i32; 5] = [
    mq::MQRC_PROPERTY_NAME_ERROR,
    mq::MQRC_PROPERTY_NAME_LENGTH_ERR,
    mq::MQRC_PROPERTY_TYPE_ERROR,
    mq::MQRC_BUFFER_LENGTH_ERROR,
    mq::MQRC_SOURCE_CCSID_ERROR,
];

fn name(random: &mut Random) -> String {
    if random.once_in(16) { "n".repeat(random.below(5_000)) } else { random.text(&PARTS, 5) }
}

#[test]
fn a_property_comes_back_as_it_was_set_or_is_refused() {
    // Handles that no connection owns need no queue manager.
    let handle = message_handle(mq::MQHC_UNASSOCIATED_HCONN);
    let mut kept = 0;
    each_case(1, |random| {
        let name = name(random);
        let kind = if random.once_in(8) { random.number() } else { *random.pick(&KINDS) };
        let value = random.bytes(9);
        let codes = set(mq::MQHC_UNASSOCIATED_HCONN, handle, &name, kind, &value);
        let room = [value.len(), name.len()].map(|bytes| bytes + 4);
        if codes == OK {
            kept += 1;
            let found = inquire(mq::MQHC_UNASSOCIATED_HCONN, handle, mq::MQIMPO_INQ_FIRST, &name, room);
            // Blanks at the end are no part of a name.
            let trimmed = name.trim_end_matches(' ');
            let stored = trimmed.strip_prefix("usr.").unwrap_or(trimmed);
            let expected: &[u8] = if kind == mq::MQTYPE_NULL { b"" } else { &value };
            assert_eq!((found.codes, found.kind), (OK, kind), "{name:?}");
            assert_eq!((found.name.as_str(), found.value.as_slice()), (stored, expected));
        } else {
            assert!(REFUSALS.iter().any(|reason| codes == failed(*reason)), "{name:?} {kind}: {codes:?}");
        }
        // Any name may be asked for, as a pattern or not.
        inquire(mq::MQHC_UNASSOCIATED_HCONN, handle, mq::MQIMPO_INQ_NEXT, &self::name(random), room);
    });
    assert!(kept > 0);
}

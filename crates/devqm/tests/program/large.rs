//! The longest message that MQ knows, by both doors, and what it costs in memory. `MQGATE_LARGE=full` takes it whole; without,
//! a tenth of it does.

use devqm::verbs::Request;
use libmqm_sys as mq;

use super::channel_client::{ChannelClient, MQCMIT, MQGET, mqget, put_in_pieces, word};
use super::harness::{Devqm, get, put};

/// MQ's own maximum.
const MESSAGE_BYTES_MAX: usize = 104_857_600;
/// How often a persistent message may lie in memory at once: as it came, as a message, as it is written, and in the store,
/// which has not forgotten the one before it.
const COPIES_MAX: usize = 5;
/// What devqm and its store need besides.
const MEMORY_BYTES: usize = 100 * 1024 * 1024;

const MQSC: &str = "
    ALTER QMGR MAXMSGL(104857600)
    DEFINE QLOCAL(LARGE) MAXMSGL(104857600)
    DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN) MAXMSGL(104857600)
";

#[test]
fn the_longest_message_travels_by_both_doors_and_is_not_copied_without_need() {
    let bytes = bytes();
    let body: Vec<u8> = (0..u32::try_from(bytes / 4).unwrap()).flat_map(u32::to_be_bytes).collect();
    let devqm = Devqm::start_with(MQSC, &[]);
    let mut native = devqm.connect();
    let queue = native.open("LARGE");
    let mut whole = get(queue, mq::MQGMO_SYNCPOINT);
    whole.buffer_bytes = u32::try_from(bytes).unwrap();
    for multiplexed in [false, true] {
        let mut client = ChannelClient::connect(&devqm, multiplexed);
        let handle = client.open("LARGE", mq::MQOO_INPUT_SHARED | mq::MQOO_OUTPUT);
        put_in_pieces(&mut client, multiplexed, handle, &body);
        client.ok(MQCMIT, 0, b"");
        assert!(native.get(&whole).unwrap().unwrap().body == body, "another body");
        native.ok(&Request::Commit);
        native.ok(&put(queue, mq::MQPMO_SYNCPOINT, &body));
        native.ok(&Request::Commit);
        let got = client.ok(MQGET, handle, &mqget(mq::MQGMO_SYNCPOINT, 0, i32::try_from(bytes).unwrap()));
        assert_eq!(word(&got.body, 464) as usize, bytes);
        assert!(got.body[468..] == body, "another body");
        client.ok(MQCMIT, 0, b"");
    }
    #[cfg(target_os = "linux")]
    {
        let most = usize::try_from(devqm.most_memory_kib()).unwrap() * 1024;
        println!("{bytes} bytes: at most {most} bytes of memory");
        assert!(most < bytes * COPIES_MAX + MEMORY_BYTES, "{bytes} bytes took {most} bytes of memory");
    }
}

fn bytes() -> usize {
    match std::env::var("MQGATE_LARGE").as_deref() {
        Ok("full") => MESSAGE_BYTES_MAX,
        _ => MESSAGE_BYTES_MAX / 10,
    }
}

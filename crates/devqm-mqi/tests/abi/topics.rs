//! Publications and subscriptions through the C ABI.

use std::ptr::null_mut;

use libmqm_default as initial;
use libmqm_sys as mq;

use crate::harness::{Devqm, QUEUE};
use crate::mqi;
use crate::program::{
    Codes, OK, at, charv, codes, connect, disconnect, failed, get, gmo, inquire, md, message_handle, od,
    open_as, pmo, put, warning,
};

const NO_MESSAGE: Codes = (mq::MQCC_FAILED, mq::MQRC_NO_MSG_AVAILABLE);
const MANAGED: i32 = mq::MQSO_CREATE | mq::MQSO_MANAGED;

/// A subscription and the queue that it fills.
#[derive(Debug, Clone, Copy)]
struct Subscription {
    queue: i32,
    handle: i32,
    correlation_id: [u8; 24],
}

fn sd(topic: &str, options: i32) -> mq::MQSD {
    mq::MQSD { ObjectString: charv(topic), Options: options, ..initial::MQSD_DEFAULT }
}

fn subscribe(connection: i32, sd: &mut mq::MQSD, queue: i32) -> (Codes, Subscription) {
    let (mut queue, mut handle) = (queue, 7);
    let codes = codes(|cc, rc| mqi::MQSUB(connection, at(sd), &raw mut queue, &raw mut handle, cc, rc));
    assert_eq!(codes.0 == mq::MQCC_FAILED, handle == mq::MQHO_UNUSABLE_HOBJ);
    (codes, Subscription { queue, handle, correlation_id: sd.SubCorrelId })
}

#[track_caller]
fn managed(connection: i32, topic: &str, options: i32) -> Subscription {
    let (codes, subscription) = subscribe(connection, &mut sd(topic, MANAGED | options), mq::MQHO_NONE);
    assert_eq!(codes, OK);
    subscription
}

fn publish(connection: i32, topic: &str, options: i32, body: &[u8]) -> Codes {
    let mut target = mq::MQOD { ObjectType: mq::MQOT_TOPIC, ObjectString: charv(topic), ..od("") };
    let (object, opened) = open_as(connection, &mut target, mq::MQOO_OUTPUT);
    assert_eq!(opened, OK);
    let codes = put(connection, object, &mut md(), &mut pmo(options), body);
    assert_eq!(close(connection, object, mq::MQCO_NONE), OK);
    codes
}

fn close(connection: i32, object: i32, options: i32) -> Codes {
    let mut object = object;
    codes(|cc, rc| mqi::MQCLOSE(connection, &raw mut object, options, cc, rc))
}

fn next(connection: i32, subscription: Subscription) -> (Codes, Vec<u8>) {
    let mut options = mq::MQGMO { MatchOptions: mq::MQMO_NONE, ..gmo(mq::MQGMO_NO_SYNCPOINT) };
    let mut md = md();
    let (codes, _, body) = get(connection, subscription.queue, &mut md, &mut options, 100);
    assert!(codes != OK || md.CorrelId == subscription.correlation_id);
    (codes, body)
}

const NOW: i32 = mq::MQPMO_NO_SYNCPOINT;

#[test]
fn publications_go_to_all_who_subscribed_and_to_nobody_else() {
    let devqm = Devqm::start();
    let (publisher, subscriber) = (connect(&devqm, 0), connect(&devqm, 0));
    let [exact, level, all, other] =
        ["prices/gold", "prices/+", "#", "prices"].map(|topic| managed(subscriber, topic, 0));
    assert_eq!(publish(publisher, "prices/gold", NOW, b"1900"), OK);
    for subscription in [exact, level, all] {
        assert_eq!(next(subscriber, subscription), (OK, b"1900".to_vec()));
        assert_eq!(next(subscriber, subscription).0, NO_MESSAGE);
    }
    assert_eq!(next(subscriber, other).0, NO_MESSAGE);
    assert_eq!(close(subscriber, exact.handle, mq::MQCO_NONE), OK);
    assert_eq!(publish(publisher, "prices/gold", NOW, b"1901"), OK);
    assert_eq!(next(subscriber, exact).0, NO_MESSAGE, "it has ended");
    assert_eq!(next(subscriber, level).1, b"1901");
}

#[test]
fn a_publisher_learns_that_nobody_listens_if_it_asks() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let asks = NOW | mq::MQPMO_WARN_IF_NO_SUBS_MATCHED;
    assert_eq!(publish(connection, "quiet", asks, b""), warning(mq::MQRC_NO_SUBS_MATCHED));
    assert_eq!(publish(connection, "quiet", NOW, b""), OK);
    let own = managed(connection, "quiet", 0);
    assert_eq!(publish(connection, "quiet", asks, b"heard"), OK);
    assert_eq!(next(connection, own).1, b"heard");
    let not_own = NOW | mq::MQPMO_NOT_OWN_SUBS;
    assert_eq!(publish(connection, "quiet", not_own, b"unheard"), OK);
    assert_eq!(next(connection, own).0, NO_MESSAGE);
}

#[test]
fn publications_in_a_unit_come_with_its_commit() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let subscription = managed(connection, "t", 0);
    assert_eq!(publish(connection, "t", mq::MQPMO_SYNCPOINT, b"1"), OK);
    assert_eq!(next(connection, subscription).0, NO_MESSAGE);
    assert_eq!(crate::program::back_out(connection), OK);
    assert_eq!(publish(connection, "t", mq::MQPMO_SYNCPOINT, b"2"), OK);
    assert_eq!(crate::program::commit(connection), OK);
    assert_eq!(next(connection, subscription).1, b"2");
    assert_eq!(next(connection, subscription).0, NO_MESSAGE);
}

#[test]
fn what_is_retained_is_sent_to_those_who_come_later_and_on_request() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let retain = NOW | mq::MQPMO_RETAIN;
    for body in [b"1", b"2"] {
        assert_eq!(publish(connection, "rate/eur", retain, body), OK);
    }
    let later = managed(connection, "rate/#", 0);
    assert_eq!(next(connection, later).1, b"2", "the newest only");
    assert_eq!(next(connection, later).0, NO_MESSAGE);
    let only_new = managed(connection, "rate/#", mq::MQSO_NEW_PUBLICATIONS_ONLY);
    assert_eq!(next(connection, only_new).0, NO_MESSAGE);
    let on_request = managed(connection, "rate/eur", mq::MQSO_PUBLICATIONS_ON_REQUEST);
    assert_eq!(next(connection, on_request).0, NO_MESSAGE);
    let request = |subscription: Subscription| {
        let mut sro = initial::MQSRO_DEFAULT;
        let action = mq::MQSR_ACTION_PUBLICATION;
        let codes =
            codes(|cc, rc| mqi::MQSUBRQ(connection, subscription.handle, action, at(&mut sro), cc, rc));
        (codes, sro.NumPubs)
    };
    assert_eq!(request(on_request), (OK, 1));
    assert_eq!(next(connection, on_request).1, b"2");
    let nothing = managed(connection, "nothing", 0);
    assert_eq!(request(nothing).0, failed(mq::MQRC_NO_RETAINED_MSG));
    assert_eq!(publish(connection, "rate/eur", mq::MQPMO_SYNCPOINT | mq::MQPMO_RETAIN, b"3"), OK);
    assert_eq!(crate::program::back_out(connection), OK);
    assert_eq!(request(on_request), (OK, 1));
    assert_eq!(next(connection, on_request).1, b"2", "a publication backed out replaces none");
}

#[test]
fn a_program_s_own_queue_is_filled_with_its_own_correlation_id() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let (queue, _) = open_as(connection, &mut od(QUEUE), mq::MQOO_INPUT_SHARED);
    let mut asked = sd("orders", mq::MQSO_CREATE | mq::MQSO_SET_CORREL_ID);
    asked.SubCorrelId = [9; 24];
    asked.SubUserData = charv("mine");
    let (codes, subscription) = subscribe(connection, &mut asked, queue);
    assert_eq!((codes, subscription.queue), (OK, queue));
    assert_eq!(publish(connection, "orders", NOW, b"one"), OK);
    let handle = message_handle(connection);
    let mut options = mq::MQGMO { MsgHandle: handle, ..gmo(NOW | mq::MQGMO_PROPERTIES_IN_HANDLE) };
    options.Options = mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_PROPERTIES_IN_HANDLE;
    let mut md = mq::MQMD2 { CorrelId: [9; 24], ..md() };
    assert_eq!(get(connection, queue, &mut md, &mut options, 100).2, b"one");
    let property = |name: &str| inquire(connection, handle, mq::MQIMPO_INQ_FIRST, name, [100, 100]).value;
    assert_eq!((property("MQTopicString"), property("mqps.Sud")), (b"orders".to_vec(), b"mine".to_vec()));
}

#[test]
fn a_durable_subscription_is_filled_while_nobody_has_it_open() {
    let devqm = Devqm::start();
    let publisher = connect(&devqm, 0);
    let durable = |options: i32| {
        let connection = connect(&devqm, 0);
        let mut asked = sd("news", options | mq::MQSO_MANAGED | mq::MQSO_DURABLE);
        asked.SubName = charv("reader");
        let (codes, subscription) = subscribe(connection, &mut asked, mq::MQHO_NONE);
        (codes, connection, subscription)
    };
    assert_eq!(durable(mq::MQSO_RESUME).0, failed(mq::MQRC_NO_SUBSCRIPTION));
    let (codes, connection, _) = durable(mq::MQSO_CREATE | mq::MQSO_RESUME);
    assert_eq!(codes, OK);
    assert_eq!(durable(mq::MQSO_RESUME).0, failed(mq::MQRC_SUBSCRIPTION_IN_USE));
    assert_eq!(disconnect(connection), OK);
    assert_eq!(publish(publisher, "news", NOW, b"while away"), OK);
    assert_eq!(durable(mq::MQSO_CREATE).0, failed(mq::MQRC_SUB_ALREADY_EXISTS));
    let (codes, connection, subscription) = durable(mq::MQSO_RESUME);
    assert_eq!((codes, next(connection, subscription).1), (OK, b"while away".to_vec()));
    assert_eq!(close(connection, subscription.queue, mq::MQCO_NONE), OK);
    assert_eq!(close(connection, subscription.handle, mq::MQCO_REMOVE_SUB), OK);
    assert_eq!(durable(mq::MQSO_RESUME).0, failed(mq::MQRC_NO_SUBSCRIPTION));
}

#[test]
fn a_durable_subscription_and_what_is_retained_outlive_the_queue_manager() {
    let mut devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let mut asked = sd("news/#", mq::MQSO_CREATE | mq::MQSO_MANAGED | mq::MQSO_DURABLE);
    asked.SubName = charv("reader");
    let (codes, before) = subscribe(connection, &mut asked, mq::MQHO_NONE);
    assert_eq!(codes, OK);
    let mut target = mq::MQOD { ObjectType: mq::MQOT_TOPIC, ObjectString: charv("news/a"), ..od("") };
    let (object, _) = open_as(connection, &mut target, mq::MQOO_OUTPUT);
    let mut persistent = mq::MQMD2 { Persistence: mq::MQPER_PERSISTENT, ..md() };
    assert_eq!(put(connection, object, &mut persistent, &mut pmo(NOW | mq::MQPMO_RETAIN), b"kept"), OK);
    devqm.restart();
    let connection = connect(&devqm, 0);
    asked.Options = mq::MQSO_RESUME | mq::MQSO_MANAGED | mq::MQSO_DURABLE;
    let (codes, after) = subscribe(connection, &mut asked, mq::MQHO_NONE);
    assert_eq!((codes, after.correlation_id), (OK, before.correlation_id));
    assert_eq!(next(connection, after), (OK, b"kept".to_vec()));
    let later = managed(connection, "news/a", 0);
    assert_eq!(next(connection, later).1, b"kept");
}

#[test]
fn topics_are_named_by_object_string_or_both() {
    let devqm = Devqm::start();
    devqm.mqsc("DEFINE TOPIC(PRICES) TOPICSTR('market/prices')");
    let connection = connect(&devqm, 0);
    let subscription = managed(connection, "market/prices/gold", 0);
    let mut room = [0_u8; 100];
    let mut target = mq::MQOD { ObjectType: mq::MQOT_TOPIC, ObjectString: charv("gold"), ..od("PRICES") };
    target.ResObjectString.VSPtr = room.as_mut_ptr().cast();
    target.ResObjectString.VSBufSize = 100;
    let (object, opened) = open_as(connection, &mut target, mq::MQOO_OUTPUT);
    assert_eq!((opened, target.ResolvedType), (OK, mq::MQOT_TOPIC));
    assert_eq!(&room[..18], b"market/prices/gold");
    assert_eq!(put(connection, object, &mut md(), &mut pmo(NOW), b"x"), OK);
    assert_eq!(next(connection, subscription).1, b"x");
    let mut unknown = mq::MQOD { ObjectType: mq::MQOT_TOPIC, ..od("NO.SUCH.TOPIC") };
    assert_eq!(open_as(connection, &mut unknown, mq::MQOO_OUTPUT).1, failed(mq::MQRC_UNKNOWN_OBJECT_NAME));
    let mut unnamed = mq::MQOD { ObjectType: mq::MQOT_TOPIC, ..od("") };
    assert_eq!(open_as(connection, &mut unnamed, mq::MQOO_OUTPUT).1, failed(mq::MQRC_TOPIC_STRING_ERROR));
}

#[test]
fn subscribing_wrongly_has_its_reasons() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let refused = |options: i32| subscribe(connection, &mut sd("t", options), mq::MQHO_NONE).0;
    assert_eq!(refused(mq::MQSO_MANAGED), failed(mq::MQRC_OPTIONS_ERROR));
    assert_eq!(refused(MANAGED | mq::MQSO_DURABLE), failed(mq::MQRC_SUB_NAME_ERROR));
    assert_eq!(refused(mq::MQSO_CREATE), failed(mq::MQRC_HOBJ_ERROR));
    assert_eq!(
        refused(MANAGED | mq::MQSO_WILDCARD_CHAR | mq::MQSO_WILDCARD_TOPIC),
        failed(mq::MQRC_OPTIONS_ERROR)
    );
    let (mut queue, mut handle) = (0, 7);
    let without = codes(|cc, rc| mqi::MQSUB(connection, null_mut(), &raw mut queue, &raw mut handle, cc, rc));
    assert_eq!((without, handle), (failed(mq::MQRC_SD_ERROR), mq::MQHO_UNUSABLE_HOBJ));
    let mut selecting = sd("t", MANAGED);
    selecting.SelectionString = charv("a = 1");
    let (codes_of_selecting, _) = subscribe(connection, &mut selecting, mq::MQHO_NONE);
    assert_eq!(codes_of_selecting, failed(mq::MQRC_FUNCTION_NOT_SUPPORTED));
    let without = codes(|cc, rc| mqi::MQSUBRQ(connection, 7, 1, null_mut(), cc, rc));
    assert_eq!(without, failed(mq::MQRC_SRO_ERROR));
}

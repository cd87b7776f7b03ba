//! MQINQ: fixed widths, selector order, and what is returned where not all fits.

use libmqm_sys as mq;

use crate::harness::Devqm;
use crate::mqi;
use crate::program::{OK, attributes, connect, failed, open, open_as, put_now, warning};

const NAME: i32 = mq::MQCA_Q_NAME;
const BACKOUT: i32 = mq::MQCA_BACKOUT_REQ_Q_NAME;
const THRESHOLD: i32 = mq::MQIA_BACKOUT_THRESHOLD;
const DEPTH: i32 = mq::MQIA_CURRENT_Q_DEPTH;

#[test]
fn attributes_come_in_selector_order_at_their_fixed_widths() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    put_now(connection, object, b"x");
    let (codes, integers, characters) =
        attributes(connection, object, &[BACKOUT, DEPTH, NAME, THRESHOLD], [2, 96]);
    assert_eq!((codes, integers), (OK, vec![1, 3]));
    assert_eq!(characters, format!("{:48}{:48}", "BACKOUT", "IN"));
}

#[test]
fn the_queue_manager_tells_its_name_and_dead_letter_queue() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let mut od = mq::MQOD { ObjectType: mq::MQOT_Q_MGR, ..crate::program::od("") };
    let (object, codes) = open_as(connection, &mut od, mq::MQOO_INQUIRE);
    assert_eq!(codes, OK);
    let (codes, _, name) = attributes(connection, object, &[mq::MQCA_Q_MGR_NAME], [0, 48]);
    assert_eq!((codes, name), (OK, format!("{:48}", "QM1")));
}

#[test]
fn only_whole_attributes_are_returned_where_not_all_fit() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    let (codes, integers, characters) = attributes(connection, object, &[BACKOUT, NAME, THRESHOLD], [1, 60]);
    assert_eq!((codes, integers), (warning(mq::MQRC_CHAR_ATTRS_TOO_SHORT), vec![3]));
    assert_eq!(characters, format!("{:48}{}", "BACKOUT", "#".repeat(12)));
    let (codes, integers, _) = attributes(connection, object, &[THRESHOLD, DEPTH], [1, 0]);
    assert_eq!((codes, integers), (warning(mq::MQRC_INT_ATTR_COUNT_TOO_SMALL), vec![3]));
    let nothing_fits = |selectors: &[i32]| attributes(connection, object, selectors, [0, 0]).0;
    assert_eq!(nothing_fits(&[DEPTH]), warning(mq::MQRC_INT_ATTR_COUNT_TOO_SMALL));
    assert_eq!(nothing_fits(&[NAME, DEPTH]), warning(mq::MQRC_INT_ATTR_COUNT_TOO_SMALL));
    let not_a_queues = mq::MQCA_DEAD_LETTER_Q_NAME;
    assert_eq!(nothing_fits(&[NAME, DEPTH, not_a_queues]), warning(mq::MQRC_SELECTOR_NOT_FOR_TYPE));
}

#[test]
fn selectors_that_are_none_are_refused() {
    let devqm = Devqm::start();
    let connection = connect(&devqm, 0);
    let object = open(connection);
    assert_eq!(attributes(connection, object, &[-1], [1, 0]).0, failed(mq::MQRC_SELECTOR_ERROR));
    let many = [DEPTH; 257];
    assert_eq!(attributes(connection, object, &many, [257, 0]).0, failed(mq::MQRC_SELECTOR_LIMIT_EXCEEDED));
    let inquire = |count: i32, integer_count: i32, length: i32| {
        crate::program::codes(|cc, rc| {
            let (integers, characters) = (std::ptr::null_mut(), std::ptr::null_mut());
            let selectors = [DEPTH].as_ptr();
            mqi::MQINQ(
                connection,
                object,
                count,
                selectors,
                integer_count,
                integers,
                length,
                characters,
                cc,
                rc,
            );
        })
    };
    assert_eq!(inquire(-1, 0, 0), failed(mq::MQRC_SELECTOR_COUNT_ERROR));
    assert_eq!(inquire(1, -1, 0), failed(mq::MQRC_INT_ATTR_COUNT_ERROR));
    assert_eq!(inquire(1, 1, 0), failed(mq::MQRC_INT_ATTRS_ARRAY_ERROR));
    assert_eq!(inquire(1, 0, -1), failed(mq::MQRC_CHAR_ATTR_LENGTH_ERROR));
    assert_eq!(inquire(1, 0, 1), failed(mq::MQRC_CHAR_ATTRS_ERROR));
}

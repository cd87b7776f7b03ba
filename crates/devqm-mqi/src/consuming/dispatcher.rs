//! The thread that gets for all consumers of a connection at once, and calls them one after another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use devqm::verbs::{Get, Got, Outcome, Request};
use libmqm_sys as mq;

use super::consumer::{Consumer, Said, views};
use crate::boundary::{Codes, completed};
use crate::handles::Connection;
use crate::messages;

/// How long after START the first message is asked for. IBM's package for Node notes that a connection is started only after
/// MQCTL has returned; a callback before that leaves it suspended for ever. IBM's client never is that fast: its START
/// travels to the queue manager first.
const START_DELAY: Duration = Duration::from_millis(50);

/// Calls callbacks until it is told to stop, or the connection ends. False where it ended because nobody is registered;
/// with `only_while_active` it does.
pub(super) fn dispatch(number: i32, connection: &Arc<Connection>, only_while_active: bool) -> bool {
    let dispatcher = Dispatcher { number, connection };
    dispatcher.call_each(mq::MQCBDO_START_CALL, mq::MQCBCT_START_CALL);
    if !only_while_active {
        std::thread::sleep(START_DELAY);
    }
    let mut was_active = false;
    while let Some(consumers) = connection.consumption.next(!only_while_active) {
        was_active = true;
        dispatcher.turn(&consumers);
    }
    dispatcher.call_each(mq::MQCBDO_STOP_CALL, mq::MQCBCT_STOP_CALL);
    let (_, left) = connection.consumption.all();
    connection.consumption.ended();
    was_active && left.iter().any(|consumer| !consumer.is_paused())
}

struct Dispatcher<'c> {
    number: i32,
    connection: &'c Arc<Connection>,
}

impl Dispatcher<'_> {
    fn turn(&self, consumers: &[Arc<Consumer>]) {
        let mut gets = Vec::with_capacity(consumers.len());
        for consumer in consumers {
            match self.asked(consumer) {
                Ok(get) => gets.push(get),
                Err(codes) => return self.refused(consumer, codes),
            }
        }
        let due = consumers.iter().filter_map(|consumer| consumer.due()).min();
        let wait_interval_ms = due.map_or(mq::MQWI_UNLIMITED, milliseconds_until);
        gets.iter_mut().for_each(|get| get.wait_interval_ms = wait_interval_ms);
        let consumption = &self.connection.consumption;
        let request = Request::GetAny(gets);
        let reply = self.connection.call_waiting(&request, |canceller| consumption.waits(canceller));
        consumption.waits_no_more();
        match reply.and_then(completed) {
            Ok((Outcome::Got(got), codes)) => self.deliver(*got, codes),
            Ok(_) => self.lost(Codes::failed(mq::MQRC_UNEXPECTED_ERROR)),
            Err(codes) => self.failed(consumers, codes),
        }
    }

    fn asked(&self, consumer: &Consumer) -> Result<Get, Codes> {
        let (mut descriptor, mut options) = consumer.structures();
        let (descriptor, options) = views(&mut descriptor, &mut options)?;
        let room = consumer.bytes_max().unwrap_or(usize::MAX);
        let handle = consumer.handle().unwrap_or(mq::MQHO_NONE);
        let mut get = messages::asked(self.number, self.connection, handle, descriptor, options, room)?;
        if consumer.asks(mq::MQCBDO_FAIL_IF_QUIESCING) {
            get.options |= mq::MQGMO_FAIL_IF_QUIESCING;
        }
        Ok(get)
    }

    fn failed(&self, consumers: &[Arc<Consumer>], codes: Codes) {
        match codes.numbers().1 {
            mq::MQRC_NO_MSG_AVAILABLE => self.tell_the_impatient(consumers),
            mq::MQRC_CONNECTION_BROKEN | mq::MQRC_Q_MGR_STOPPING | mq::MQRC_HCONN_ERROR => self.lost(codes),
            mq::MQRC_Q_MGR_QUIESCING | mq::MQRC_CONNECTION_QUIESCING => {
                consumers.iter().for_each(|consumer| consumer.pause(true));
                self.tell_of_connection(codes);
            }
            _ => consumers.iter().for_each(|consumer| self.get_alone(consumer)),
        }
    }

    /// One of several gets failed: each consumer's by itself shows whose it was.
    fn get_alone(&self, consumer: &Arc<Consumer>) {
        // The callback of one before it may have taken it away.
        if !self.connection.consumption.has(consumer) {
            return;
        }
        let reply = self.asked(consumer).and_then(|mut get| {
            get.options &= !mq::MQGMO_WAIT;
            self.connection.call(&Request::Get(get))
        });
        match reply.and_then(completed) {
            Ok((Outcome::Got(got), codes)) => self.deliver(*got, codes),
            Err(codes) if codes.numbers().1 == mq::MQRC_NO_MSG_AVAILABLE => {}
            Ok(_) => self.refused(consumer, Codes::failed(mq::MQRC_UNEXPECTED_ERROR)),
            Err(codes) => self.refused(consumer, codes),
        }
    }

    fn tell_the_impatient(&self, consumers: &[Arc<Consumer>]) {
        let now = Instant::now();
        for consumer in consumers.iter().filter(|consumer| consumer.due().is_some_and(|due| due <= now)) {
            consumer.disarm();
            let codes = Codes::failed(mq::MQRC_NO_MSG_AVAILABLE);
            consumer.tell(self.number, codes, self.connection.consumption.area());
        }
    }

    fn deliver(&self, got: Got, codes: Codes) {
        let handle = self.connection.object(got.handle);
        // A callback may have taken its own consumer away; what was got for it then has no taker.
        let Some(consumer) = self.connection.consumption.served(handle) else {
            return;
        };
        let (mut descriptor, mut options) = consumer.structures();
        let arrived = views(&mut descriptor, &mut options).and_then(|(md, gmo)| {
            let browses = gmo.options() & mq::MQGMO_BROWSE_NEXT != 0;
            messages::arrived(self.number, md, gmo, got, codes).map(|arrived| (arrived, browses))
        });
        let (mut arrived, browses) = match arrived {
            Ok(arrived) => arrived,
            Err(codes) => return self.refused(&consumer, codes),
        };
        let stayed = arrived.codes.numbers().1 == mq::MQRC_TRUNCATED_MSG_FAILED;
        if stayed {
            // It would be given the same message for ever.
            consumer.pause(true);
        }
        let call = if stayed || browses { mq::MQCBCT_MSG_NOT_REMOVED } else { mq::MQCBCT_MSG_REMOVED };
        let area = self.connection.consumption.area();
        let said = Said { call, codes: arrived.codes, data_length: arrived.data_length, area };
        consumer.call_with(self.number, &mut descriptor, &mut options, Some(&mut arrived.body), said);
        consumer.arm();
    }

    /// A consumer's get cannot be carried out: it is told once, and suspended until it is resumed.
    fn refused(&self, consumer: &Arc<Consumer>, codes: Codes) {
        consumer.pause(true);
        consumer.tell(self.number, codes, self.connection.consumption.area());
    }

    /// The connection is of no use any more.
    fn lost(&self, codes: Codes) {
        self.connection.consumption.stops();
        self.tell_of_connection(codes);
    }

    /// What concerns the connection is told to the event handler; where there is none, to each consumer.
    fn tell_of_connection(&self, codes: Codes) {
        let area = self.connection.consumption.area();
        match self.connection.consumption.all() {
            (Some(handler), _) => handler.tell(self.number, codes, area),
            (None, consumers) => consumers.iter().for_each(|each| each.tell(self.number, codes, area)),
        }
    }

    fn call_each(&self, option: i32, call: i32) {
        let area = self.connection.consumption.area();
        let (handler, consumers) = self.connection.consumption.all();
        for each in handler.iter().chain(&consumers).filter(|each| each.asks(option)) {
            each.call(self.number, call, area);
        }
    }
}

fn milliseconds_until(due: Instant) -> i32 {
    let left = due.saturating_duration_since(Instant::now());
    // Rounded up: a wait that ends a moment early would be asked for again.
    i32::try_from(left.as_millis().saturating_add(u128::from(!left.is_zero()))).unwrap_or(i32::MAX)
}

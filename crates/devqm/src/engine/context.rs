//! Message context: who put a message, when, for whom; made, passed on or set, as the put's options say.

use libmqm_sys as mq;

use super::Failure;
use super::connect::{Connection, Handle};
use super::message::Moment;
use crate::verbs::{Descriptor, Put};

/// A message's identity and origin context.
#[derive(Debug, Clone)]
pub(super) struct Context {
    user_identifier: [u8; 12],
    accounting_token: [u8; 32],
    application_identity: [u8; 32],
    put_application_type: i32,
    put_application_name: [u8; 28],
    put_date: [u8; 8],
    put_time: [u8; 8],
    application_origin: [u8; 4],
}

const SET_OR_PASS: i32 = mq::MQPMO_PASS_IDENTITY_CONTEXT
    | mq::MQPMO_PASS_ALL_CONTEXT
    | mq::MQPMO_SET_IDENTITY_CONTEXT
    | mq::MQPMO_SET_ALL_CONTEXT;
/// The context options, of which a put may state one.
pub(super) const OPTIONS: i32 = SET_OR_PASS | mq::MQPMO_DEFAULT_CONTEXT | mq::MQPMO_NO_CONTEXT;

impl Context {
    /// The context that a message carries.
    pub(super) fn of(descriptor: &Descriptor) -> Self {
        Self {
            user_identifier: descriptor.user_identifier,
            accounting_token: descriptor.accounting_token,
            application_identity: descriptor.application_identity,
            put_application_type: descriptor.put_application_type,
            put_application_name: descriptor.put_application_name,
            put_date: descriptor.put_date,
            put_time: descriptor.put_time,
            application_origin: descriptor.application_origin,
        }
    }

    fn set_identity(&self, descriptor: &mut Descriptor) {
        descriptor.user_identifier = self.user_identifier;
        descriptor.accounting_token = self.accounting_token;
        descriptor.application_identity = self.application_identity;
    }

    fn set_origin(&self, descriptor: &mut Descriptor) {
        descriptor.put_application_type = self.put_application_type;
        descriptor.put_application_name = self.put_application_name;
        descriptor.put_date = self.put_date;
        descriptor.put_time = self.put_time;
        descriptor.application_origin = self.application_origin;
    }

    /// What a message gets of which nothing is said: the connection's user and program, and the time.
    fn default_for(connection: &Connection, now: Moment) -> Self {
        let (put_date, put_time) = date_and_time(now);
        Self {
            user_identifier: connection.user_identifier,
            accounting_token: [0; 32],
            application_identity: [b' '; 32],
            put_application_type: mq::MQAT_UNIX,
            put_application_name: connection.application_name,
            put_date,
            put_time,
            application_origin: [b' '; 4],
        }
    }

    /// `MQPMO_NO_CONTEXT`.
    fn none() -> Self {
        Self {
            user_identifier: [b' '; 12],
            accounting_token: [0; 32],
            application_identity: [b' '; 32],
            put_application_type: mq::MQAT_NO_CONTEXT,
            put_application_name: [b' '; 28],
            put_date: [b' '; 8],
            put_time: [b' '; 8],
            application_origin: [b' '; 4],
        }
    }
}

/// The `MQOO_*` options that an open needs for the context that MQPUT1 asks for.
pub(super) fn open_options(put_options: i32) -> i32 {
    let pairs = [
        (mq::MQPMO_PASS_IDENTITY_CONTEXT, mq::MQOO_PASS_IDENTITY_CONTEXT),
        (mq::MQPMO_PASS_ALL_CONTEXT, mq::MQOO_PASS_ALL_CONTEXT),
        (mq::MQPMO_SET_IDENTITY_CONTEXT, mq::MQOO_SET_IDENTITY_CONTEXT),
        (mq::MQPMO_SET_ALL_CONTEXT, mq::MQOO_SET_ALL_CONTEXT),
    ];
    let asked = pairs.into_iter().filter(|(put, _)| put_options & put != 0);
    asked.fold(0, |options, (_, open)| options | open)
}

/// Whether the output handle was opened for the context that the put asks for.
pub(super) fn check_opened(handle: &Handle, options: i32) -> Result<(), Failure> {
    let (needed, reason) = match options & SET_OR_PASS {
        mq::MQPMO_PASS_IDENTITY_CONTEXT => {
            let enough = mq::MQOO_PASS_IDENTITY_CONTEXT
                | mq::MQOO_PASS_ALL_CONTEXT
                | mq::MQOO_SET_IDENTITY_CONTEXT
                | mq::MQOO_SET_ALL_CONTEXT;
            (enough, mq::MQRC_NOT_OPEN_FOR_PASS_IDENT)
        }
        mq::MQPMO_PASS_ALL_CONTEXT => {
            let enough = mq::MQOO_PASS_ALL_CONTEXT | mq::MQOO_SET_IDENTITY_CONTEXT | mq::MQOO_SET_ALL_CONTEXT;
            (enough, mq::MQRC_NOT_OPEN_FOR_PASS_ALL)
        }
        mq::MQPMO_SET_IDENTITY_CONTEXT => {
            (mq::MQOO_SET_IDENTITY_CONTEXT | mq::MQOO_SET_ALL_CONTEXT, mq::MQRC_NOT_OPEN_FOR_SET_IDENT)
        }
        mq::MQPMO_SET_ALL_CONTEXT => (mq::MQOO_SET_ALL_CONTEXT, mq::MQRC_NOT_OPEN_FOR_SET_ALL),
        _ => return Ok(()),
    };
    if handle.has(needed) { Ok(()) } else { Err(Failure(reason)) }
}

/// The context of the message last got by the handle that the put names, where it passes one on.
pub(super) fn passed<'c>(connection: &'c Connection, put: &Put) -> Result<Option<&'c Context>, Failure> {
    if put.options & (mq::MQPMO_PASS_IDENTITY_CONTEXT | mq::MQPMO_PASS_ALL_CONTEXT) == 0 {
        return Ok(None);
    }
    let handle = connection.handles.get(&put.context).ok_or(Failure(mq::MQRC_CONTEXT_HANDLE_ERROR))?;
    if !handle.has(mq::MQOO_SAVE_ALL_CONTEXT) {
        return Err(Failure(mq::MQRC_CONTEXT_HANDLE_ERROR));
    }
    handle.saved_context.as_deref().map(Some).ok_or(Failure(mq::MQRC_CONTEXT_NOT_AVAILABLE))
}

/// Fills the context fields of a message that is being put.
pub(super) fn fill(
    descriptor: &mut Descriptor,
    options: i32,
    passed: Option<&Context>,
    connection: &Connection,
    now: Moment,
) {
    let default = Context::default_for(connection, now);
    match (options & (SET_OR_PASS | mq::MQPMO_NO_CONTEXT), passed) {
        (mq::MQPMO_SET_ALL_CONTEXT, _) => {}
        (mq::MQPMO_SET_IDENTITY_CONTEXT, _) => default.set_origin(descriptor),
        (mq::MQPMO_PASS_ALL_CONTEXT, Some(passed)) => {
            passed.set_identity(descriptor);
            passed.set_origin(descriptor);
        }
        (mq::MQPMO_PASS_IDENTITY_CONTEXT, Some(passed)) => {
            passed.set_identity(descriptor);
            default.set_origin(descriptor);
        }
        (mq::MQPMO_NO_CONTEXT, _) => {
            let none = Context::none();
            none.set_identity(descriptor);
            none.set_origin(descriptor);
        }
        _ => {
            default.set_identity(descriptor);
            default.set_origin(descriptor);
        }
    }
}

/// `PutDate` as `YYYYMMDD` and `PutTime` as `HHMMSSTH`, both in GMT.
pub(super) fn date_and_time(now: Moment) -> ([u8; 8], [u8; 8]) {
    const DAY_MS: i64 = 86_400_000;
    let (year, month, day) = civil(now.0.div_euclid(DAY_MS));
    let time = now.0.rem_euclid(DAY_MS);
    let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
    let hundredths = time / 10 % 6_000;
    (digits(year * 10_000 + month * 100 + day), digits(hour * 1_000_000 + minute * 10_000 + hundredths))
}

/// Year, month and day of a day counted from 1970-01-01: `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn digits(mut number: i64) -> [u8; 8] {
    let mut text = [b'0'; 8];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or(0);
        number /= 10;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn put_date_and_time_are_gmt_in_hundredths() {
        for (ms, date, time) in [
            (0, b"19700101", b"00000000"),
            (951_782_400_000, b"20000229", b"00000000"),
            (1_795_526_712_345, b"20261124", b"13251234"),
            (4_102_444_799_999, b"20991231", b"23595999"),
        ] {
            assert_eq!(date_and_time(Moment(ms)), (*date, *time), "{ms}");
        }
    }
}

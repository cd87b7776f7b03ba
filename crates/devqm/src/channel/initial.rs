//! INITIAL_DATA: what a client would like, and what it is granted. The client sends its wishes, is sent them back with
//! devqm's values where they differ, and sends them again as agreed.
//!
//! The body grew with the protocol's levels, so that a field is there where the body is long enough. devqm speaks level 12,
//! with one conversation on a socket, or without conversations where the client or the channel (SHARECNV(0)) wants none.

use super::wire::{Block, Broken, Order, Reader, status};
use crate::engine::Identity;

/// The protocol's level. From 13 on passwords would have to be enciphered.
const LEVEL: u8 = 12;
/// The first level that knows of conversations, and the first one that devqm can speak.
const LEVEL_OF_CONVERSATIONS: u8 = 9;
const LEVEL_MIN: u8 = 4;
/// The longest segment that devqm agrees on, in bytes, and the shortest.
const SEGMENT_BYTES: i32 = 32_748;
const SEGMENT_BYTES_MIN: i32 = 1_024;
/// The shortest body, that of the first levels, and the longest.
const BODY_BYTES_MIN: usize = 44;
const BODY_BYTES_MAX: usize = 1_024;

/// Capabilities that devqm does not have: distribution lists and XA; properties in the protocol; reading ahead.
const WITHOUT_2: u8 = 0x01 | 0x10;
const WITHOUT_SPI: u8 = 0x40;
const WITHOUT_3: u8 = 0xFF;

/// Error flags 1: which of the client's values are not as devqm wants them.
mod differs {
    pub(super) const CCSID: u8 = 0x01;
    pub(super) const SEGMENT_BYTES: u8 = 0x04;
    pub(super) const LEVEL: u8 = 0x08;
    pub(super) const HEARTBEAT: u8 = 0x80;
}

/// What client and queue manager agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) level: u8,
    pub(crate) multiplexed: bool,
    pub(crate) segment_bytes_max: usize,
}

/// The answer to a client's wishes.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) channel: String,
    pub(crate) body: Vec<u8>,
    /// What is agreed; none where the client has to ask again.
    pub(crate) agreed: Option<Agreed>,
}

/// Answers a client's INITIAL_DATA.
pub(crate) fn answer(
    body: &[u8],
    order: Order,
    identity: &Identity,
    may_share: impl Fn(&str) -> bool,
) -> Result<Offer, Broken> {
    let mut reader = Reader::new(body, order);
    let broken = |status, what, offset| Err(Broken { status, what, offset });
    if !(BODY_BYTES_MIN..=BODY_BYTES_MAX).contains(&body.len()) {
        return broken(status::LENGTH, "the first exchange in a known length", 0);
    }
    if !body.starts_with(b"ID  ") {
        return broken(status::IDENTIFIER, "the eyecatcher of the first exchange", 0);
    }
    let mut id = reader.block(body.len())?;
    let offered = id.byte(4);
    if offered < LEVEL_MIN {
        return broken(status::NEGOTIATION, "protocol level 4 or higher", 4);
    }
    let segment_bytes = id.word(12).min(SEGMENT_BYTES);
    if segment_bytes < SEGMENT_BYTES_MIN {
        return broken(status::NEGOTIATION, "segments of 1024 bytes or more", 12);
    }
    let channel = id.text::<20>(24);
    let multiplexed =
        may_share(&channel) && offered >= LEVEL_OF_CONVERSATIONS && id.len() >= 132 && id.word(128) > 0;
    let level = offered.min(LEVEL);
    let wrong = correct(&mut id, level, segment_bytes);
    id.set_word(128, i32::from(multiplexed));
    introduce(&mut id, identity, multiplexed);
    id.set_byte(7, wrong);
    let agreed =
        Agreed { level, multiplexed, segment_bytes_max: usize::try_from(segment_bytes).unwrap_or(0) };
    Ok(Offer { channel, body: id.bytes, agreed: (wrong == 0).then_some(agreed) })
}

/// Writes devqm's values where the client's differ, and says which did.
fn correct(id: &mut Block, level: u8, segment_bytes: i32) -> u8 {
    let ccsid = super::segment::CCSID;
    let checks = [
        (id.byte(4) != level, differs::LEVEL),
        (id.word(12) != segment_bytes, differs::SEGMENT_BYTES),
        (id.len() >= 48 && id.half(46) != ccsid, differs::CCSID),
        // Nothing is sent only to show that one is there: the end of a socket is noticed at once.
        (id.len() >= 100 && id.word(96) != 0, differs::HEARTBEAT),
    ];
    id.set_byte(4, level);
    id.set_word(12, segment_bytes);
    id.set_half(46, ccsid);
    id.set_word(96, 0);
    checks.into_iter().filter(|(differs, _)| *differs).map(|(_, flag)| flag).fold(0, |all, flag| all | flag)
}

/// Says who answers, and what it does not have.
fn introduce(id: &mut Block, identity: &Identity, multiplexed: bool) {
    id.set_byte(6, 0);
    id.set_byte(45, WITHOUT_2 | if multiplexed { 0 } else { WITHOUT_SPI });
    id.set_text::<48>(48, &identity.name);
    id.set_byte(102, 0);
    id.set_byte(133, WITHOUT_3);
    id.set(148, b"MQMM09030000");
    id.set_text::<48>(160, &identity.identifier);
    // Passwords travel as they are: of the ten places for ways to protect them, the first says "none".
    id.set(208, &[0xFF; 20]);
    id.set(208, &[0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { name: "QM1".into(), identifier: "QM1_1".into(), run: 1 }
    }

    fn wishes(level: u8, length: usize, conversations: i32) -> Block {
        let mut id = Block::new(length, Order::Big);
        id.set(0, b"ID  ");
        id.set_byte(4, level);
        id.set_word(12, 32_758);
        id.set_text::<20>(24, "DEV.APP.SVRCONN");
        id.set_half(46, 437);
        id.set_word(96, 300);
        id.set_word(128, conversations);
        id
    }

    #[test]
    fn what_is_sent_back_once_is_agreed_on() {
        for (level, length, conversations, expected) in [
            (17, 240, 10, (12, true)),
            (13, 240, 0, (12, false)),
            (12, 208, 1, (12, true)),
            (9, 160, 999_999_999, (9, true)),
            (8, 128, 0, (8, false)),
            (4, 102, 0, (4, false)),
        ] {
            let first =
                answer(&wishes(level, length, conversations).bytes, Order::Big, &identity(), |_| true)
                    .unwrap();
            assert_eq!((first.agreed, first.channel.as_str()), (None, "DEV.APP.SVRCONN"));
            assert_eq!(first.body.len(), length);
            let second = answer(&first.body, Order::Big, &identity(), |_| true).unwrap();
            let agreed = second.agreed.unwrap();
            assert_eq!((agreed.level, agreed.multiplexed), expected);
            assert_eq!(agreed.segment_bytes_max, 32_748);
            assert_eq!(second.body.get(7), Some(&0));
        }
    }

    #[test]
    fn wishes_that_cannot_be_granted_are_refused() {
        let mut small = wishes(12, 240, 1);
        small.set_word(12, 100);
        let mut unnamed = wishes(12, 240, 1);
        unnamed.set(0, b"XX  ");
        for (body, expected) in [
            (wishes(3, 240, 1).bytes, status::NEGOTIATION),
            (small.bytes, status::NEGOTIATION),
            (unnamed.bytes, status::IDENTIFIER),
            (vec![0; 43], status::LENGTH),
            (vec![0; 1_025], status::LENGTH),
        ] {
            assert_eq!(answer(&body, Order::Big, &identity(), |_| true).unwrap_err().status, expected);
        }
    }
}

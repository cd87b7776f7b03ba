//! SPI calls: what a multiplexed client uses in place of MQOPEN, because its reply tells the queue's defaults. Behind the
//! call's header: verb, version, longest reply; a block of both directions (`SPxU`); one of this direction (`SPxI`, `SPxO`),
//! each with eyecatcher, version, length.

use libmqm_sys as mq;

use super::structures::Od;
use super::wire::{Block, Broken, Reader};
use crate::caller::Caller;
use crate::engine::RESERVED_IDS;
use crate::verbs::{Outcome, Request};

const QUERY: i32 = 1;
const RESERVE: i32 = 6;
const OPEN: i32 = 12;
/// Which verbs a queue manager of version 9.1 says it has, each with its versions: both directions, in, out.
const VERBS: [[i32; 4]; 12] = [
    [1, 2, 2, 2],
    [2, 1, 3, 1],
    [3, 2, 2, 3],
    [4, 1, 1, 1],
    [5, 1, 1, 1],
    [6, 1, 1, 1],
    [7, 1, 1, 1],
    [8, 1, 1, 1],
    [11, 1, 1, 1],
    [12, 1, 2, 2],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
];
/// `SPQO` with its twelve rows.
const QUERY_BYTES: usize = 256;
/// `SPRO`: its head, two words, a message id.
const RESERVED_BYTES: usize = 44;
/// Where in a reserved id its number stands: in the last two bytes, which count to more than [`RESERVED_IDS`].
const COUNTED_FROM: i32 = 23;
/// `LPOO` versions 1 and 2.
const LPOO_BYTES: [usize; 2] = [32, 88];

/// An SPI call and what its reply needs.
#[derive(Debug)]
pub(crate) struct Spi {
    head: Block,
    verb: Verb,
}

#[derive(Debug)]
enum Verb {
    Query,
    Reserve,
    Open { options: Block, od: Od },
    Other(Vec<u8>),
}

/// Reads an SPI call. What is not served is answered in the client's own bytes.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<(Result<Request, i32>, Spi), Broken> {
    let mut verb = *reader;
    let verb = verb.word()?;
    let head = reader.block(24)?;
    match verb {
        // A question to the door, which the engine is not asked.
        QUERY => Ok((Err(mq::MQRC_NONE), Spi { head, verb: Verb::Query })),
        RESERVE => reserve(reader, head),
        OPEN => open(reader, head),
        _ => {
            let rest = Verb::Other(reader.rest().to_vec());
            Ok((Err(mq::MQRC_FUNCTION_NOT_SUPPORTED), Spi { head, verb: rest }))
        }
    }
}

/// Message ids for puts that are not answered: `SPRI` has the length of an id and how many are wanted.
fn reserve(reader: &mut Reader<'_>, head: Block) -> Result<(Result<Request, i32>, Spi), Broken> {
    reader.take(12)?;
    let id_bytes = reader.word()?;
    let request = if id_bytes == 24 { mq::MQRC_NONE } else { mq::MQRC_FUNCTION_NOT_SUPPORTED };
    Ok((Err(request), Spi { head, verb: Verb::Reserve }))
}

fn open(reader: &mut Reader<'_>, head: Block) -> Result<(Result<Request, i32>, Spi), Broken> {
    reader.structure(*b"SPOI", &[12, 12])?;
    let options = reader.structure(*b"LPOO", &LPOO_BYTES)?;
    let od = Od::read(reader)?;
    let request = od.open(options.word(8)).map(Request::Open).ok_or(mq::MQRC_FUNCTION_NOT_SUPPORTED);
    Ok((request, Spi { head, verb: Verb::Open { options, od } }))
}

impl Spi {
    /// The reply's body.
    pub(crate) fn answer(self, outcome: &Outcome, caller: &Caller) -> Vec<u8> {
        match self.verb {
            Verb::Query => [self.head.bytes.as_slice(), &query(&self.head)].concat(),
            Verb::Reserve => {
                [self.head.bytes.as_slice(), &reserved(&self.head, caller.reserve_message_ids())].concat()
            }
            Verb::Other(rest) => [self.head.bytes, rest].concat(),
            Verb::Open { mut options, mut od } => {
                if let Outcome::Opened(opened) = outcome {
                    od.answer(opened);
                    let persistence = caller.default_persistence(opened.handle);
                    for (at, word) in [(16, persistence), (20, mq::MQPRT_SYNC_RESPONSE), (24, 0), (28, 0)] {
                        options.set_word(at, word);
                    }
                }
                let length = 12 + options.len() + od.bytes().len();
                let mut out = Block::new(12, self.head.order);
                out.set(0, b"SPOO");
                out.set_word(4, 1);
                out.set_word(8, i32::try_from(length).unwrap_or(i32::MAX));
                [&self.head.bytes, &out.bytes, &options.bytes, od.bytes()].concat()
            }
        }
    }
}

/// How many ids are reserved, where in the first one their number stands, and the first one. Of an id the last bytes count,
/// as many as that number needs; the place is counted from 1.
fn reserved(head: &Block, first: [u8; 24]) -> Vec<u8> {
    let mut out = Block::new(RESERVED_BYTES, head.order);
    out.set(0, b"SPRO");
    let count = i32::try_from(RESERVED_IDS).unwrap_or(i32::MAX);
    for (at, word) in [(4, 1), (8, 44), (12, count), (16, COUNTED_FROM)] {
        out.set_word(at, word);
    }
    out.set(20, &first);
    out.bytes
}

fn query(head: &Block) -> Vec<u8> {
    let mut out = Block::new(QUERY_BYTES, head.order);
    out.set(0, b"SPQO");
    let rows = i32::try_from(VERBS.len()).unwrap_or(0);
    for (at, word) in [(4, 2), (8, 256), (12, rows)] {
        out.set_word(at, word);
    }
    for (row, [verb, both, incoming, outgoing]) in
        VERBS.iter().enumerate().filter(|(_, [verb, ..])| *verb != 0)
    {
        for (column, word) in [*verb, *both, *incoming, *outgoing, 1].into_iter().enumerate() {
            out.set_word(16 + 20 * row + 4 * column, word);
        }
    }
    out.bytes
}

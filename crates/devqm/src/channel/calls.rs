//! MQI calls on the wire: a call's body to the engine's request, and the engine's reply to the body that the client expects,
//! which is its own with the answers written in.
//!
//! Behind the segment's header a call has its own: length 4 (big-endian), completion 4, reason 4, handle 4.

use libmqm_sys as mq;

use super::login::Login;
use super::segment::kind;
use super::spi::{self, Spi};
use super::structures::{Gmo, Md, Od, Pmo};
use super::wire::{Block, Broken, Order, Reader};
use crate::caller::Caller;
use crate::verbs::{Connect, ObjectHandle, Outcome, Reply, Request};

/// The length of a segment's header as calls count it, whichever header they have.
const HEADER_BYTES: usize = 28;
/// The length of a call's own header.
const CALL_HEADER_BYTES: usize = 16;
/// MQ's own limit for one MQINQ.
const SELECTORS_MAX: usize = 256;
/// The most characters that one MQINQ returns: every attribute at its widest.
const CHARACTERS_MAX: usize = 64 * 1024;
/// MQSTS versions 1 and 2 in bytes.
const STS_BYTES: [usize; 2] = [224, 272];
/// Where a reply to MQCONN has the connection's id.
const CONNECTION_ID_AT: usize = 132;

/// A call as it was understood.
#[derive(Debug)]
pub(crate) struct Call {
    /// What is asked of the engine, or the reason why it is not asked.
    request: Result<Request, i32>,
    handle: ObjectHandle,
    shape: Shape,
    order: Order,
}

/// What the client expects its reply to look like.
#[derive(Debug)]
enum Shape {
    Nothing,
    Connect(Block),
    Open {
        od: Od,
        options: i32,
        private: Option<Block>,
    },
    Get {
        md: Md,
        gmo: Gmo,
    },
    Put {
        od: Option<Od>,
        md: Md,
        pmo: Pmo,
        data_bytes: i32,
    },
    Inquire {
        integers: usize,
        characters: usize,
        selectors: Vec<u8>,
    },
    Spi(Spi),
    Status {
        kind: i32,
        report: Block,
    },
    /// Its own bytes.
    Same(Vec<u8>),
}

/// A reply's bytes: what is small and made for it, and the message's data behind it.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) fixed: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

impl Call {
    /// Reads a call.
    pub(crate) fn read(
        kind: u8,
        body: &[u8],
        order: Order,
        login: &Login,
        channel: &str,
    ) -> Result<Self, Broken> {
        let mut reader = Reader::new(body, order);
        reader.take(12)?;
        let handle = reader.word()?;
        let (request, shape) = match kind {
            kind::MQCONN => connect(&mut reader, login, channel)?,
            kind::MQDISC => (Ok(Request::Disconnect), Shape::Nothing),
            kind::MQOPEN => open(&mut reader)?,
            kind::MQCLOSE => (Ok(Request::Close(handle, reader.word()?)), Shape::Nothing),
            kind::MQGET => get(&mut reader, handle)?,
            kind::MQPUT => put(&mut reader, handle)?,
            kind::MQPUT1 => put1(&mut reader)?,
            kind::MQINQ => inquire(&mut reader, handle)?,
            kind::MQSET => set(&mut reader, handle)?,
            kind::MQSTAT => stat(&mut reader)?,
            kind::MQCMIT => (Ok(Request::Commit), Shape::Nothing),
            kind::MQBACK => (Ok(Request::BackOut), Shape::Nothing),
            kind::SPI => {
                let (request, spi) = spi::read(&mut reader)?;
                (request, Shape::Spi(spi))
            }
            _ => (Err(mq::MQRC_FUNCTION_NOT_SUPPORTED), Shape::Same(reader.rest().to_vec())),
        };
        let handle = if kind == kind::MQCLOSE { mq::MQHO_UNUSABLE_HOBJ } else { handle };
        Ok(Self { request, handle, shape, order })
    }

    /// What is asked of the engine, with a message that there need be only once.
    pub(crate) fn take_request(&mut self) -> Result<Request, i32> {
        std::mem::replace(&mut self.request, Err(mq::MQRC_NONE))
    }

    /// Where MQSTAT wants to be told what became of puts that were not answered.
    pub(crate) fn report(&mut self) -> Option<&mut Block> {
        match (&mut self.shape, &self.request) {
            (Shape::Status { report, .. }, Err(mq::MQRC_NONE)) => Some(report),
            _ => None,
        }
    }

    /// The reply's bytes.
    pub(crate) fn answer(self, reply: Reply, caller: &Caller) -> Answered {
        let (completion, reason) = (reply.completion, reply.reason);
        let order = self.order;
        let handle = match &reply.outcome {
            Outcome::Opened(opened) => opened.handle,
            _ => self.handle,
        };
        let (body, data) = self.shape.answer(reply, order, caller);
        let whole = HEADER_BYTES + CALL_HEADER_BYTES + body.len() + data.len();
        let mut fixed = Vec::with_capacity(CALL_HEADER_BYTES + body.len());
        fixed.extend(u32::try_from(whole).unwrap_or(u32::MAX).to_be_bytes());
        for word in [completion, reason, handle] {
            fixed.extend(order.word_bytes(word));
        }
        fixed.extend(body);
        Answered { fixed, data }
    }
}

impl Shape {
    fn answer(self, reply: Reply, order: Order, caller: &Caller) -> (Vec<u8>, Vec<u8>) {
        let outcome = reply.outcome;
        match self {
            Shape::Nothing => (Vec::new(), Vec::new()),
            Shape::Same(body) => (body, Vec::new()),
            Shape::Connect(block) => (connected(block, &outcome), Vec::new()),
            Shape::Open { mut od, options, mut private } => {
                if let Outcome::Opened(opened) = &outcome {
                    od.answer(opened);
                    private = private
                        .map(|private| with_defaults(private, caller.default_persistence(opened.handle)));
                }
                let private = private.map(|private| private.bytes).unwrap_or_default();
                ([od.bytes(), &order.word_bytes(options), &private].concat(), Vec::new())
            }
            Shape::Get { md, gmo } => got(md, gmo, outcome, order),
            Shape::Put { od, md, pmo, data_bytes } => {
                (was_put(od, md, pmo, data_bytes, outcome, order), Vec::new())
            }
            Shape::Inquire { integers, characters, selectors } => {
                (inquired(integers, characters, &selectors, outcome, order), Vec::new())
            }
            Shape::Status { kind, report } => {
                ([&order.word_bytes(kind)[..], &report.bytes].concat(), Vec::new())
            }
            Shape::Spi(spi) => (spi.answer(&outcome, caller), Vec::new()),
        }
    }
}

type Asked = (Result<Request, i32>, Shape);

/// MQCONN: queue manager 48, application 28, and what the reply returns as it came.
fn connect(reader: &mut Reader<'_>, login: &Login, channel: &str) -> Result<Asked, Broken> {
    let length = reader.rest().len();
    let block = reader.block(length.max(76))?;
    let request = Request::Connect(Connect {
        queue_manager: block.text::<48>(0),
        channel: channel.to_owned(),
        user: login.user.clone(),
        password: login.password.clone(),
        application_name: block.text::<28>(48),
        process_user: login.process_user.clone(),
    });
    Ok((Ok(request), Shape::Connect(block)))
}

fn connected(mut block: Block, outcome: &Outcome) -> Vec<u8> {
    if let Outcome::Connected { queue_manager, connection_id } = outcome {
        block.set_text::<48>(0, queue_manager);
        if block.array(120) == *b"FCNO" {
            block.set(CONNECTION_ID_AT, connection_id);
        }
    }
    block.bytes
}

/// MQOPEN: MQOD, options, and from level 9 on the private FOPA.
fn open(reader: &mut Reader<'_>) -> Result<Asked, Broken> {
    let od = Od::read(reader)?;
    let options = reader.word()?;
    let private = reader.rest();
    let private =
        if private.starts_with(b"FOPA") { Some(reader.structure(*b"FOPA", &[28, 84])?) } else { None };
    let request = od.open(options).map(Request::Open).ok_or(mq::MQRC_FUNCTION_NOT_SUPPORTED);
    Ok((request, Shape::Open { od, options, private }))
}

/// What FOPA tells of an object: default persistence, put response (synchronous), read ahead (no), properties (as they are).
fn with_defaults(mut private: Block, default_persistence: i32) -> Block {
    for (at, word) in [(12, default_persistence), (16, mq::MQPRT_SYNC_RESPONSE), (20, 0), (24, 0)] {
        private.set_word(at, word);
    }
    private
}

/// MQGET: MQMD, MQGMO, buffer length.
fn get(reader: &mut Reader<'_>, handle: ObjectHandle) -> Result<Asked, Broken> {
    let md = Md::read(reader)?;
    let gmo = Gmo::read(reader)?;
    let buffer_bytes = u32::try_from(reader.word()?);
    let request = buffer_bytes.map_err(|_| mq::MQRC_BUFFER_LENGTH_ERROR);
    let request = request.map(|bytes| Request::Get(gmo.get(handle, md.descriptor.clone(), bytes)));
    Ok((request, Shape::Get { md, gmo }))
}

fn got(mut md: Md, mut gmo: Gmo, outcome: Outcome, order: Order) -> (Vec<u8>, Vec<u8>) {
    let (data_bytes, data) = match outcome {
        Outcome::Got(got) => {
            gmo.answer(&got);
            md.descriptor = got.descriptor;
            (i32::try_from(got.data_bytes).unwrap_or(i32::MAX), got.body)
        }
        _ => (0, Vec::new()),
    };
    ([&md.bytes(order), gmo.bytes(), &order.word_bytes(data_bytes)].concat(), data)
}

/// MQPUT: MQMD, MQPMO, data length, data.
fn put(reader: &mut Reader<'_>, handle: ObjectHandle) -> Result<Asked, Broken> {
    let (md, pmo) = (Md::read(reader)?, Pmo::read(reader)?);
    let (data_bytes, data) = data(reader)?;
    let put = pmo.put(handle, md.descriptor.clone(), data).ok_or(mq::MQRC_FUNCTION_NOT_SUPPORTED);
    Ok((put.map(Request::Put), Shape::Put { od: None, md, pmo, data_bytes }))
}

/// MQPUT1: MQOD before what MQPUT has.
fn put1(reader: &mut Reader<'_>) -> Result<Asked, Broken> {
    let od = Od::read(reader)?;
    let (md, pmo) = (Md::read(reader)?, Pmo::read(reader)?);
    let (data_bytes, data) = data(reader)?;
    let put = od.open(0).zip(pmo.put(0, md.descriptor.clone(), data)).ok_or(mq::MQRC_FUNCTION_NOT_SUPPORTED);
    let request = put.map(|(open, put)| Request::Put1(open, put));
    Ok((request, Shape::Put { od: Some(od), md, pmo, data_bytes }))
}

/// The message: its length, and as many bytes; there may be padding behind it.
fn data(reader: &mut Reader<'_>) -> Result<(i32, Vec<u8>), Broken> {
    let mut length = *reader;
    let data_bytes = length.word()?;
    let bytes = reader.count()?;
    Ok((data_bytes, reader.take(bytes)?.to_vec()))
}

fn was_put(
    mut od: Option<Od>,
    mut md: Md,
    mut pmo: Pmo,
    data_bytes: i32,
    outcome: Outcome,
    order: Order,
) -> Vec<u8> {
    if let Outcome::Put(descriptor, names) = outcome {
        pmo.answer(&names);
        if let Some(od) = &mut od {
            od.resolve(&names);
        }
        md.descriptor = *descriptor;
    }
    let od = od.as_ref().map(Od::bytes).unwrap_or_default();
    [od, &md.bytes(order), pmo.bytes(), &order.word_bytes(data_bytes)].concat()
}

/// MQINQ: three counts, and the selectors.
fn inquire(reader: &mut Reader<'_>, handle: ObjectHandle) -> Result<Asked, Broken> {
    let (selectors, integers, characters) = (reader.count()?, reader.count()?, reader.count()?);
    let shape = |selectors| Shape::Inquire {
        integers: integers.min(SELECTORS_MAX),
        characters: characters.min(CHARACTERS_MAX),
        selectors,
    };
    if selectors > SELECTORS_MAX {
        return Ok((Err(mq::MQRC_SELECTOR_LIMIT_EXCEEDED), shape(Vec::new())));
    }
    let mut asked = Reader::new(reader.take(4 * selectors)?, reader.order());
    let bytes = asked.rest().to_vec();
    let selectors = (0..selectors).map(|_| asked.word()).collect::<Result<_, _>>()?;
    Ok((Ok(Request::Inquire(handle, selectors)), shape(bytes)))
}

/// MQSET: three counts, selectors, integers, characters; the reply is the same.
fn set(reader: &mut Reader<'_>, handle: ObjectHandle) -> Result<Asked, Broken> {
    let whole = reader.rest().to_vec();
    let (selectors, integers, characters) = (reader.count()?, reader.count()?, reader.count()?);
    if selectors.max(integers) > SELECTORS_MAX {
        return Ok((Err(mq::MQRC_SELECTOR_LIMIT_EXCEEDED), Shape::Same(whole)));
    }
    let mut words = |count| (0..count).map(|_| reader.word()).collect::<Result<Vec<_>, _>>();
    let (selectors, integers) = (words(selectors)?, words(integers)?);
    let characters = reader.take(characters)?.to_vec();
    Ok((Ok(Request::Set(handle, selectors, integers, characters)), Shape::Same(whole)))
}

/// MQSTAT: type, MQSTS.
fn stat(reader: &mut Reader<'_>) -> Result<Asked, Broken> {
    let kind = reader.word()?;
    let report = reader.structure(*b"STAT", &STS_BYTES)?;
    let reason = if kind == mq::MQSTAT_TYPE_ASYNC_ERROR { mq::MQRC_NONE } else { mq::MQRC_STAT_TYPE_ERROR };
    Ok((Err(reason), Shape::Status { kind, report }))
}

/// The reply has as many integers and characters as the client has room for, not as many as there are.
fn inquired(integers: usize, characters: usize, selectors: &[u8], outcome: Outcome, order: Order) -> Vec<u8> {
    let (mut numbers, mut text) = match outcome {
        Outcome::Inquired { integers, characters } => (integers, characters),
        _ => (Vec::new(), Vec::new()),
    };
    numbers.resize(integers, 0);
    text.resize(characters, b' ');
    let mut body = Vec::with_capacity(12 + selectors.len() + 4 * integers + characters);
    for count in [selectors.len() / 4, integers, characters] {
        body.extend(order.word_bytes(i32::try_from(count).unwrap_or(i32::MAX)));
    }
    body.extend(selectors);
    body.extend(numbers.into_iter().flat_map(|number| order.word_bytes(number)));
    body.extend(text);
    body
}

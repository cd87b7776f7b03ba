//! One channel client's conversation: what it may say when, and who answers it.

use std::collections::{BTreeMap, HashMap};
use std::io;

use libmqm_sys as mq;
use tokio::sync::watch;
use tracing::trace;

use super::calls::Call;
use super::delivery::{Stream, Wanted, notice, notification};
use super::initial::{self, Agreed};
use super::line::{Ended, Incoming, SEGMENT_BYTES_MAX, Socket};
use super::login::Login;
use super::segment::{Address, Form, flag, kind};
use super::unanswered::Unanswered;
use super::wire::{Broken, Reader, status};
use crate::caller::Caller;
use crate::door::{refused, timely};
use crate::engine::Answer;
use crate::native::FRAME_BYTES_MAX;
use crate::tls::{Link, Unfit};
use crate::verbs::{Connect, ObjectHandle, Outcome, Reply, Request};

/// The longest call before MQCONN: names and a password.
const CONNECT_BYTES_MAX: usize = 16 * 1024;
/// How often a client may ask for something else than it was granted.
const WISHES_MAX: usize = 4;
/// The conversation's id, of which there is one.
const CONVERSATION: u32 = 1;
/// How many handles may have asked for messages: more than an object may be open.
const STREAMS_MAX: usize = 4_096;
/// The type of SOCKET_ACTION that ends a conversation.
const END_OF_CONVERSATION: i32 = 2;

/// Serves a channel client until it ends; `read` is what it has sent already.
pub(crate) async fn converse(
    caller: &mut Caller,
    link: Link,
    read: &[u8],
    stopping: &mut watch::Receiver<bool>,
) -> io::Result<()> {
    let socket = Socket::new(link, read, CONNECT_BYTES_MAX);
    let address = Address { form: Form::Plain, conversation: 0, request: 0, order: super::wire::Order::Big };
    let mut conversation = Conversation {
        caller,
        socket,
        address,
        wishes: 0,
        agreed: None,
        channel: String::new(),
        login: Login::default(),
        names: HashMap::new(),
        unanswered: Unanswered::default(),
        streams: BTreeMap::new(),
        suspended: false,
        served: None,
    };
    let ended = match conversation.run(stopping).await {
        Ok(()) | Err(Ended::Closed) => Ok(()),
        Err(Ended::Failed(error)) => return Err(error),
        Err(Ended::Broken(broken)) => conversation.refuse(broken).await,
    };
    conversation.socket.end().await;
    ended
}

struct Conversation<'c> {
    caller: &'c mut Caller,
    socket: Socket,
    /// How the client wrote last, and so how it is written to.
    address: Address,
    wishes: usize,
    agreed: Option<Agreed>,
    channel: String,
    login: Login,
    /// The names by which its open objects were opened.
    names: HashMap<ObjectHandle, String>,
    unanswered: Unanswered,
    streams: BTreeMap<ObjectHandle, Stream>,
    /// The client wants no messages until it says otherwise.
    suspended: bool,
    /// The listener that has a message and has not asked for the next one.
    served: Option<ObjectHandle>,
}

/// What happens to a conversation.
enum Event {
    /// A message, for a request that stood.
    Message(Answer),
    Call(Incoming),
}

impl Conversation<'_> {
    async fn run(&mut self, stopping: &mut watch::Receiver<bool>) -> Result<(), Ended> {
        loop {
            let connected = self.caller.is_connected();
            let event = tokio::select! {
                biased;
                () = stopped(stopping) => return Ok(()),
                answer = self.caller.arrived() => Event::Message(answer?),
                incoming = next(&mut self.socket, connected) => Event::Call(incoming?),
            };
            match event {
                Event::Message(answer) => self.deliver(answer.standing.unwrap_or_default(), answer).await?,
                Event::Call(incoming) => self.hear(incoming).await?,
            }
        }
    }

    async fn hear(&mut self, incoming: Incoming) -> Result<(), Ended> {
        self.address = incoming.address;
        trace!(kind = incoming.kind, flags = incoming.flags, bytes = incoming.body.len(), "Received.");
        self.check_form(&incoming)?;
        self.act(incoming).await
    }

    /// Whether a segment comes in the form that was agreed.
    fn check_form(&self, incoming: &Incoming) -> Result<(), Broken> {
        let broken = |status, what| Err(Broken { status, what, offset: 0 });
        let multiplexed = match (self.agreed, incoming.kind) {
            (_, kind::INITIAL_DATA) => return Ok(()),
            (None, _) => return broken(status::PROTOCOL, "the first exchange before all else"),
            (Some(agreed), _) => agreed.multiplexed,
        };
        match incoming.address.form {
            Form::Socket if incoming.kind == kind::SOCKET_ACTION => Ok(()),
            Form::Plain if !multiplexed => Ok(()),
            Form::Multiplexed if incoming.kind == kind::HEARTBEAT => Ok(()),
            Form::Multiplexed if multiplexed && incoming.address.conversation == CONVERSATION => Ok(()),
            _ => broken(status::CONVERSATION, "the one conversation that was agreed"),
        }
    }

    async fn act(&mut self, incoming: Incoming) -> Result<(), Ended> {
        let reader = Reader::new(&incoming.body, incoming.address.order);
        match incoming.kind {
            kind::INITIAL_DATA => self.negotiate(&incoming.body).await,
            kind::USERID_DATA => Ok(self.login.read_user(&incoming.body)?),
            kind::CONAUTH_INFO => {
                self.login.read_credentials(reader)?;
                self.send_status(0, status::ACCEPTED).await
            }
            kind::HEARTBEAT if incoming.flags & flag::CONFIRM != 0 => {
                self.send_single(kind::HEARTBEAT, flag::FIRST | flag::LAST, &[]).await
            }
            kind::HEARTBEAT => Ok(()),
            // Whatever its code, nothing follows it.
            kind::STATUS => Err(Ended::Closed),
            kind::SOCKET_ACTION => Err(end_of_socket(reader)),
            kind::REQUEST_MSGS => self.want(Wanted::read(reader)?, incoming.flags).await,
            kind::NOTIFICATION => self.notice(reader, incoming.flags).await,
            kind::MQCONN..=kind::MQSUBRQ => self.call(incoming).await,
            _ => Err(Broken { status: status::SEGMENT_TYPE, what: "a known segment type", offset: 0 }.into()),
        }
    }

    async fn negotiate(&mut self, body: &[u8]) -> Result<(), Ended> {
        self.wishes += 1;
        if self.agreed.is_some() || self.wishes > WISHES_MAX {
            return Err(Broken {
                status: status::NEGOTIATION,
                what: "an end of the first exchange",
                offset: 0,
            }
            .into());
        }
        let server = self.caller.server();
        let may_share = |channel: &str| server.shares_sockets(channel);
        let offer = initial::answer(body, self.address.order, &server.identity(), may_share)?;
        self.admit(&offer.channel)?;
        self.channel = offer.channel;
        self.agreed = offer.agreed;
        let flags = if offer.agreed.is_none() { flag::ERROR } else { 0 };
        self.send_single(kind::INITIAL_DATA, flags, &offer.body).await
    }

    /// Whether there is such a channel, with room for one more client.
    fn admit(&self, channel: &str) -> Result<(), Broken> {
        let connect = Connect { channel: channel.to_owned(), ..Connect::default() };
        let broken = |status, what| Err(Broken { status, what, offset: 24 });
        match self.caller.server().admits_names(&connect) {
            Ok(()) => self.check_line(channel),
            Err(reply) if reply.reason == mq::MQRC_UNKNOWN_CHANNEL_NAME => {
                broken(status::NO_CHANNEL, "the name of a channel")
            }
            Err(_) => broken(status::CHANNEL_NOT_AVAILABLE, "fewer clients on this channel"),
        }
    }

    /// Whether the line is what the channel asks for.
    fn check_line(&self, channel: &str) -> Result<(), Broken> {
        let broken = |status, what| Err(Broken { status, what, offset: 24 });
        match self.caller.check_line(channel) {
            Ok(()) => Ok(()),
            Err(Unfit::Plain) => broken(status::CIPHER_SPEC, "a channel without a CipherSpec, or TLS"),
            Err(Unfit::Secured) => broken(status::CIPHER_SPEC, "a channel with a CipherSpec, or no TLS"),
            Err(Unfit::CipherSpec) => broken(status::CIPHER_SPEC, "the channel's CipherSpec"),
            Err(Unfit::Certificate) => broken(status::CLIENT_CERTIFICATE, "the client's certificate"),
        }
    }

    async fn call(&mut self, incoming: Incoming) -> Result<(), Ended> {
        let Incoming { address, kind, body, .. } = incoming;
        let mut call = Call::read(kind, &body, address.order, &self.login, &self.channel)?;
        drop(body);
        if let Some(report) = call.report() {
            self.unanswered.report(report);
        }
        let reply = match call.take_request() {
            Err(reason) => unserved(reason),
            Ok(request) if is_unanswered(&request) => {
                let reply = self.put(request).await?;
                // Who is not multiplexed reads one reply after each call.
                if self.is_multiplexed() {
                    return Ok(());
                }
                reply
            }
            Ok(request) => self.ask(request).await?,
        };
        let answered = call.answer(reply, self.caller);
        let segments =
            address.cut(kind + kind::REPLY, &answered.fixed, &answered.data, self.segment_bytes_max());
        Ok(self.socket.send(segments).await?)
    }

    /// A put that MQSTAT will ask for.
    async fn put(&mut self, request: Request) -> Result<Reply, Ended> {
        let handle = if let Request::Put(put) = &request { put.handle } else { 0 };
        let named = if let Request::Put1(open, _) = &request { Some(open.object_name.clone()) } else { None };
        let reply = self.ask(request).await?;
        let object = || named.or_else(|| self.names.get(&handle).cloned()).unwrap_or_default();
        self.unanswered.count(&reply, object);
        Ok(reply)
    }

    async fn ask(&mut self, request: Request) -> Result<Reply, Ended> {
        let connects = matches!(request, Request::Connect(_));
        let closes = if let Request::Close(handle, _) = &request { Some(*handle) } else { None };
        let answer = self.caller.answer(request, &mut self.socket).await?;
        if connects && answer.is_success() {
            self.socket.call_bytes_max = FRAME_BYTES_MAX as usize;
        }
        let reply = answer.into_reply();
        if let Outcome::Opened(opened) = &reply.outcome {
            self.names.insert(opened.handle, opened.object_name.clone());
        }
        if let Some(handle) = closes.filter(|_| reply.completion != mq::MQCC_FAILED) {
            self.closed(handle);
        }
        Ok(reply)
    }

    fn closed(&mut self, handle: ObjectHandle) {
        self.names.remove(&handle);
        self.streams.remove(&handle);
        if self.served == Some(handle) {
            self.go_on();
        }
    }

    /// A client asks for messages.
    async fn want(&mut self, wanted: Wanted, flags: u8) -> Result<(), Ended> {
        let (handle, listens, now) = (wanted.handle, wanted.listens(), wanted.now());
        self.settle().await?;
        self.caller.withdraw(handle);
        if self.streams.len() >= STREAMS_MAX && !self.streams.contains_key(&handle) {
            return Err(Broken { status: status::INVALID_DATA, what: "fewer handles", offset: 4 }.into());
        }
        let stream = self.streams.entry(handle).or_default();
        (stream.listens, stream.asked) = (listens, false);
        let get = wanted.get(stream);
        let answer = match get {
            None => None,
            Some(get) if now => Some(self.caller.answer(Request::Get(get), &mut self.socket).await?),
            Some(get) => {
                let answer = self.caller.stand(get, listens, &mut self.socket).await?;
                self.streams.entry(handle).or_default().asked = answer.is_none();
                answer
            }
        };
        if let Some(answer) = answer {
            self.deliver(handle, answer).await?;
        }
        if flags & flag::CONFIRM != 0 {
            self.notify(handle, notice::CHECKED, 0).await?;
        }
        if listens && self.served == Some(handle) {
            self.go_on();
        }
        Ok(())
    }

    /// Sends what has been got for requests that stood, and waits for what the store has yet to write: no request is taken
    /// back whose message is on its way.
    async fn settle(&mut self) -> Result<(), Ended> {
        while self.streams.iter().any(|(handle, stream)| stream.asked && !self.caller.stands(*handle)) {
            let answer = self.caller.arrived().await?;
            self.deliver(answer.standing.unwrap_or_default(), answer).await?;
        }
        Ok(())
    }

    /// Sends a message that was asked for; that there is none needs no word.
    async fn deliver(&mut self, handle: ObjectHandle, answer: Answer) -> Result<(), Ended> {
        if let Some(stream) = self.streams.get_mut(&handle) {
            stream.asked = false;
        }
        let Reply { reason, outcome, .. } = answer.into_reply();
        let Outcome::Got(got) = outcome else {
            return match reason {
                mq::MQRC_NO_MSG_AVAILABLE => Ok(()),
                _ => Err(Broken { status: status::HANDLE, what: "a handle that can be got from", offset: 4 }
                    .into()),
            };
        };
        let segment_bytes_max = self.segment_bytes_max();
        let stream = self.streams.entry(handle).or_default();
        if stream.listens {
            self.served = Some(handle);
        }
        let segments = stream.message(self.address, handle, reason, *got, segment_bytes_max);
        Ok(self.socket.send(segments).await?)
    }

    async fn notice(&mut self, mut reader: Reader<'_>, flags: u8) -> Result<(), Ended> {
        let (_version, handle) = (reader.word()?, reader.word()?);
        let (code, value) = (reader.word()?, reader.word()?);
        if code != notice::CONTROL {
            return Ok(());
        }
        self.suspended = value != notice::START;
        if self.suspended {
            self.caller.hold();
            self.settle().await?;
        } else if self.served.is_none() {
            self.caller.resume();
        }
        if flags & flag::CONFIRM != 0 {
            self.notify(handle, notice::CONTROLLED, value).await?;
        }
        Ok(())
    }

    /// A listener is done with its message, or is gone.
    fn go_on(&mut self) {
        self.served = None;
        if !self.suspended {
            self.caller.resume();
        }
    }

    async fn notify(&mut self, handle: ObjectHandle, code: i32, value: i32) -> Result<(), Ended> {
        let body = notification(handle, code, value, self.address.order);
        self.send_single(kind::NOTIFICATION, flag::FIRST | flag::LAST, &body).await
    }

    async fn send_single(&mut self, kind: u8, flags: u8, body: &[u8]) -> Result<(), Ended> {
        Ok(self.socket.send(std::iter::once(self.address.single(kind, flags, body))).await?)
    }

    async fn send_status(&mut self, flags: u8, code: i32) -> Result<(), Ended> {
        let body = [8, code].map(|word| self.address.order.word_bytes(word)).concat();
        self.send_single(kind::STATUS, flags, &body).await
    }

    /// Tells the client why nothing more will be said.
    async fn refuse(&mut self, broken: Broken) -> io::Result<()> {
        // It is told as far as it listens.
        _ = self.send_status(flag::ERROR | flag::CLOSE, broken.status).await;
        Err(refused(&format!("at {} of what was sent, expected {}", broken.offset, broken.what)))
    }

    fn is_multiplexed(&self) -> bool {
        self.agreed.is_some_and(|agreed| agreed.multiplexed)
    }

    fn segment_bytes_max(&self) -> usize {
        self.agreed.map_or(SEGMENT_BYTES_MAX, |agreed| agreed.segment_bytes_max)
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn next(socket: &mut Socket, connected: bool) -> Result<Incoming, Ended> {
    if connected { socket.next().await } else { timely(async { Ok(socket.next().await) }).await? }
}

/// Whether a put says that its reply is not waited for.
fn is_unanswered(request: &Request) -> bool {
    match request {
        Request::Put(put) | Request::Put1(_, put) => put.options & mq::MQPMO_ASYNC_RESPONSE != 0,
        _ => false,
    }
}

/// SOCKET_ACTION: conversation, request, type. There is one conversation: it can only end.
fn end_of_socket(mut reader: Reader<'_>) -> Ended {
    let action = || -> Result<i32, Broken> {
        reader.take(8)?;
        reader.word()
    };
    match { action }() {
        Ok(END_OF_CONVERSATION) => Ended::Closed,
        Ok(_) => {
            Broken { status: status::SOCKET_ACTION, what: "an end of the conversation", offset: 8 }.into()
        }
        Err(broken) => broken.into(),
    }
}

/// A reply to what the engine is not asked: a reason why, or none where the door answers itself.
fn unserved(reason: i32) -> Reply {
    let completion = if reason == mq::MQRC_NONE { mq::MQCC_OK } else { mq::MQCC_FAILED };
    Reply { completion, reason, outcome: Outcome::Nothing }
}

//! The life of the command server: gets a command, has it carried out, puts the answer, waits for the next one.

use std::sync::Arc;

use libmqm_sys::{self as mq, pcf};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::request::Refusal;
use super::wire::{self, Content, Header, Order, Parameter};
use super::{COMMAND_QUEUE, change, inquire};
use crate::engine::{Answer, ConnectionId, Engine, Progress};
use crate::mqsc::{Action, Kind, Object};
use crate::server::{Server, now};
use crate::verbs::{Descriptor, Get, Got, Open, Outcome, Put, Reply, Request};

/// The command server's own connection; clients' are counted from 1.
const CONNECTION: ConnectionId = 0;
/// Its application name.
const NAME: &str = "devqm command server";
/// The longest command in bytes.
const COMMAND_BYTES_MAX: u32 = 1024 * 1024;
const FORMAT: [u8; 8] = *b"MQADMIN ";

/// One response of an answer.
struct Response {
    completion: i32,
    reason: i32,
    parameters: Vec<Parameter>,
}

/// Serves until the queue manager stops.
pub(crate) async fn run(server: Arc<Server>) {
    let mailbox = server.register(CONNECTION);
    server.with_engine(|engine| engine.connect_own(CONNECTION, NAME, now()));
    let mut commands = CommandServer { server: server.clone(), mailbox };
    let reason = commands.serve().await;
    match reason {
        mq::MQRC_Q_MGR_STOPPING => debug!("The command server ends."),
        reason => warn!(reason, COMMAND_QUEUE, "The command server cannot get commands, and ends."),
    }
    server.unregister(CONNECTION);
}

struct CommandServer {
    server: Arc<Server>,
    mailbox: mpsc::UnboundedReceiver<Answer>,
}

impl CommandServer {
    /// Returns the reason for which there are no more commands.
    async fn serve(&mut self) -> i32 {
        let options = mq::MQOO_INPUT_EXCLUSIVE;
        let open = Open {
            object_type: mq::MQOT_Q,
            object_name: COMMAND_QUEUE.to_owned(),
            options,
            ..Open::default()
        };
        let opened = self.call(Request::Open(open)).await;
        let Outcome::Opened(opened) = opened.outcome else {
            return opened.reason;
        };
        loop {
            let reply = self.call(Request::Get(next(opened.handle))).await;
            match reply.outcome {
                Outcome::Got(got) => self.handle(&got).await,
                _ => return reply.reason,
            }
        }
    }

    async fn call(&mut self, request: Request) -> Reply {
        let progress = self.server.call(CONNECTION, request);
        self.end_of(progress).await
    }

    async fn end_of(&mut self, progress: Progress) -> Reply {
        let stopped =
            Reply { completion: mq::MQCC_FAILED, reason: mq::MQRC_Q_MGR_STOPPING, outcome: Outcome::Nothing };
        match progress {
            Progress::Answered(answer) => answer.into_reply(),
            Progress::Writing | Progress::Waiting { .. } => {
                self.mailbox.recv().await.map_or(stopped, Answer::into_reply)
            }
        }
    }

    async fn handle(&mut self, got: &Got) {
        let user = Engine::user_named(&got.descriptor.user_identifier);
        let order = Order::of(got.descriptor.encoding);
        let (command, responses) = match read(got, order) {
            Ok((header, parameters)) => (header.command, self.carry_out(&user, &header, &parameters).await),
            Err(refusal) => (pcf::MQCMD_NONE, vec![Response::from(refusal)]),
        };
        debug!(command, responses = responses.len(), "A command was carried out.");
        if got.descriptor.message_type == mq::MQMT_REQUEST {
            self.reply(got, &user, command, order.unwrap_or(Order::Little), &responses).await;
        }
    }

    async fn carry_out(&mut self, user: &str, header: &Header, parameters: &[Parameter]) -> Vec<Response> {
        if header.command == pcf::MQCMD_ESCAPE {
            return self.escape(user, parameters).await;
        }
        let answer =
            self.server.with_engine(|engine| inquire::answer(engine, user, header.command, parameters));
        match answer {
            Some(Ok(responses)) => return responses.into_iter().map(Response::ok).collect(),
            Some(Err(refusal)) => return vec![refusal.into()],
            None => {}
        }
        let kind_of = |name: &str| self.server.with_engine(|engine| kind_of(engine, name));
        match change::action(header.command, parameters, kind_of) {
            Some(Ok(action)) => match self.administer(user, &action).await {
                Ok(_) => vec![Response::ok(Vec::new())],
                Err(said) => vec![Refusal::of(change::reason_of(&said)).into()],
            },
            Some(Err(refusal)) => vec![refusal.into()],
            None => vec![Refusal::of(pcf::MQRCCF_CFH_COMMAND_ERROR).into()],
        }
    }

    /// MQSC in PCF: one response for each command, with what it says.
    async fn escape(&mut self, user: &str, parameters: &[Parameter]) -> Vec<Response> {
        let commands = match change::escape(parameters) {
            Ok(commands) => commands,
            Err(refusal) => return vec![refusal.into()],
        };
        let mut responses = Vec::new();
        for command in commands {
            let said = match command {
                Ok(command) => self.administer(user, &command.action).await,
                Err(error) => Err(format!("AMQ8405E: Syntax error detected at or near {error}.")),
            };
            let (completion, reason) = match &said {
                Ok(_) => (mq::MQCC_OK, mq::MQRC_NONE),
                Err(_) => (mq::MQCC_FAILED, pcf::MQRCCF_COMMAND_FAILED),
            };
            let text = Content::Text(said.unwrap_or_else(|said| said));
            let parameters = vec![
                Parameter { id: pcf::MQIACF_ESCAPE_TYPE, content: Content::Integer(pcf::MQET_MQSC) },
                Parameter { id: pcf::MQCACF_ESCAPE_TEXT, content: text },
            ];
            responses.push(Response { completion, reason, parameters });
        }
        if responses.is_empty() { vec![Response::ok(Vec::new())] } else { responses }
    }

    async fn administer(&mut self, user: &str, action: &Action) -> Result<String, String> {
        let progress = self.server.administer(CONNECTION, user, action);
        let reply = self.end_of(progress).await;
        let text = match reply.outcome {
            Outcome::Text(text) => text,
            _ => String::new(),
        };
        if reply.completion == mq::MQCC_OK { Ok(text) } else { Err(text) }
    }

    /// Puts the responses, each a message, where the command asks for them.
    async fn reply(&mut self, got: &Got, user: &str, command: i32, order: Order, responses: &[Response]) {
        let asked = &got.descriptor;
        let may_put = self.server.with_engine(|engine| engine.may_put(user, &asked.reply_to_queue));
        if !may_put {
            warn!(user, queue = asked.reply_to_queue, "An answer was not put: its asker may not put there.");
            return;
        }
        for (index, response) in responses.iter().enumerate() {
            let is_last = index + 1 == responses.len();
            let header = Header {
                kind: pcf::MQCFT_RESPONSE,
                version: pcf::MQCFH_VERSION_1,
                command,
                sequence_number: i32::try_from(index + 1).unwrap_or(i32::MAX),
                control: if is_last { pcf::MQCFC_LAST } else { pcf::MQCFC_NOT_LAST },
                completion: response.completion,
                reason: response.reason,
            };
            let body = wire::write(&header, &response.parameters, order);
            if !self.put(asked, order, body).await {
                return;
            }
        }
    }

    async fn put(&mut self, asked: &Descriptor, order: Order, body: Vec<u8>) -> bool {
        let open = Open {
            object_type: mq::MQOT_Q,
            object_name: asked.reply_to_queue.clone(),
            queue_manager: asked.reply_to_queue_manager.clone(),
            ..Open::default()
        };
        let mut put = Put {
            handle: 0,
            options: mq::MQPMO_NO_SYNCPOINT,
            context: 0,
            descriptor: descriptor(asked, order),
            properties: Vec::new(),
            body,
        };
        let mut reply = self.call(Request::Put1(open.clone(), put.clone())).await;
        if reply.reason == mq::MQRC_PERSISTENT_NOT_ALLOWED {
            put.descriptor.persistence = mq::MQPER_NOT_PERSISTENT;
            reply = self.call(Request::Put1(open.clone(), put)).await;
        }
        if reply.completion == mq::MQCC_FAILED {
            warn!(reason = reply.reason, queue = open.object_name, "An answer could not be put.");
        }
        reply.completion != mq::MQCC_FAILED
    }
}

impl Response {
    fn ok(parameters: Vec<Parameter>) -> Self {
        Self { completion: mq::MQCC_OK, reason: mq::MQRC_NONE, parameters }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let parameter = refusal.parameter.map(Content::Integer);
        let parameters = parameter
            .map(|content| Parameter { id: pcf::MQIACF_PARAMETER_ID, content })
            .into_iter()
            .collect();
        Self { completion: mq::MQCC_FAILED, reason: refusal.reason, parameters }
    }
}

/// The get of the next command, however long it takes to come.
fn next(handle: i32) -> Get {
    Get {
        handle,
        options: mq::MQGMO_WAIT | mq::MQGMO_NO_SYNCPOINT | mq::MQGMO_ACCEPT_TRUNCATED_MSG,
        match_options: mq::MQMO_NONE,
        wait_interval_ms: mq::MQWI_UNLIMITED,
        buffer_bytes: COMMAND_BYTES_MAX,
        descriptor: Descriptor::default(),
        token: [0; 16],
        with_properties: false,
        standing: false,
    }
}

fn read(got: &Got, order: Option<Order>) -> Result<(Header, Vec<Parameter>), Refusal> {
    if got.descriptor.format != FORMAT {
        return Err(Refusal::of(pcf::MQRCCF_MD_FORMAT_ERROR));
    }
    let order = order.ok_or(Refusal::of(pcf::MQRCCF_ENCODING_ERROR))?;
    if got.data_bytes > COMMAND_BYTES_MAX {
        return Err(Refusal::of(pcf::MQRCCF_COMMAND_LENGTH_ERROR));
    }
    let (header, parameters) = wire::read(&got.body, order, got.descriptor.ccsid)?;
    // z/OS's extended command answers in another shape, and is taken where it asks nothing else.
    if header.kind != pcf::MQCFT_COMMAND && header.kind != pcf::MQCFT_COMMAND_XR {
        return Err(Refusal::of(pcf::MQRCCF_CFH_TYPE_ERROR));
    }
    // A command is one message.
    if header.sequence_number != 1 {
        return Err(Refusal::of(pcf::MQRCCF_CFH_MSG_SEQ_NUMBER_ERR));
    }
    if header.control != pcf::MQCFC_LAST {
        return Err(Refusal::of(pcf::MQRCCF_CFH_CONTROL_ERROR));
    }
    Ok((header, parameters))
}

/// The descriptor of a response: ids and expiry as the command's report options ask, the rest after the command's own.
fn descriptor(asked: &Descriptor, order: Order) -> Descriptor {
    let asks = |option| asked.report & option == option;
    let encoding = match order {
        Order::Big => mq::MQENC_INTEGER_NORMAL | mq::MQENC_DECIMAL_NORMAL | mq::MQENC_FLOAT_IEEE_NORMAL,
        Order::Little => {
            mq::MQENC_INTEGER_REVERSED | mq::MQENC_DECIMAL_REVERSED | mq::MQENC_FLOAT_IEEE_REVERSED
        }
    };
    let passes_expiry = asks(mq::MQRO_PASS_DISCARD_AND_EXPIRY);
    Descriptor {
        message_type: mq::MQMT_REPLY,
        expiry: if passes_expiry { asked.expiry } else { mq::MQEI_UNLIMITED },
        encoding,
        ccsid: ccsid::UTF_8,
        format: FORMAT,
        priority: asked.priority,
        persistence: asked.persistence,
        message_id: if asks(mq::MQRO_PASS_MSG_ID) { asked.message_id } else { [0; 24] },
        correlation_id: if asks(mq::MQRO_PASS_CORREL_ID) { asked.correlation_id } else { asked.message_id },
        ..Descriptor::default()
    }
}

fn kind_of(engine: &Engine, name: &str) -> Option<Kind> {
    let object = Object { kind: Kind::Queue, name: name.to_owned() };
    engine.objects("", &object, None).first().map(|row| row.kind)
}

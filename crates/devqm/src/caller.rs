//! One connection's calls, as both doors make them: faults have their word, the store and messages are waited for, and a
//! client that dies meanwhile is noticed. It knows nothing of what the client's bytes mean.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use libmqm_sys as mq;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::door::refused;
use crate::engine::{Answer, ConnectionId, Progress};
use crate::faults::{Blow, Harm, Hold, Strike};
use crate::server::Server;
use crate::tls::{Secured, Unfit};
use crate::verbs::{Get, ObjectHandle, Outcome, Reply, Request};

/// The client's end of a socket, while it is owed a reply.
pub(crate) trait Line {
    /// Ends when the client says something, or fails when it dies. Takes nothing from the socket, so that it may be given
    /// up.
    fn spoken(&mut self) -> impl Future<Output = io::Result<()>> + Send;

    /// Reads what was said. All that a client may say is that it waits no more.
    fn cancelled(&mut self) -> impl Future<Output = io::Result<()>> + Send;
}

/// A connection to the engine. What it has open is backed out when it is dropped.
pub(crate) struct Caller {
    server: Arc<Server>,
    id: ConnectionId,
    mailbox: mpsc::UnboundedReceiver<Answer>,
    /// Answers to standing requests that came while a call was waited for.
    arrived: VecDeque<Answer>,
    connected: bool,
    /// What the handshake came to, where the line is enciphered.
    secured: Option<Secured>,
}

/// How a request is carried out.
#[derive(Clone, Copy)]
enum Manner {
    /// It is answered, however long that takes.
    Call,
    /// It is a get that stands; see [`crate::engine::Engine::request`].
    Standing { yields: bool },
}

impl Caller {
    /// Opens the mailbox of a connection.
    pub(crate) fn attach(server: Arc<Server>, id: ConnectionId) -> Self {
        let mailbox = server.register(id);
        Self { server, id, mailbox, arrived: VecDeque::new(), connected: false, secured: None }
    }

    /// The queue manager.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Notes that the line is enciphered.
    pub(crate) fn secure(&mut self, secured: Secured) {
        self.secured = Some(secured);
    }

    /// Whether the line is what a channel asks for. What no channel is, is refused elsewhere.
    pub(crate) fn check_line(&self, channel: &str) -> Result<(), Unfit> {
        self.server.demand(channel).map_or(Ok(()), |demand| demand.admits(self.secured.as_ref()))
    }

    /// Whether MQCONNX succeeded.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// The answer to a request; a fault may have a word in it.
    pub(crate) async fn answer(&mut self, request: Request, line: &mut impl Line) -> io::Result<Answer> {
        match self.perform(request, Manner::Call, line).await? {
            Some(answer) => Ok(answer),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Lets a get stand; its answer where there is one at once, else it comes by [`Self::arrived`].
    pub(crate) async fn stand(
        &mut self,
        get: Get,
        yields: bool,
        line: &mut impl Line,
    ) -> io::Result<Option<Answer>> {
        self.perform(Request::Get(get), Manner::Standing { yields }, line).await
    }

    /// Takes a handle's standing request back. A message that it has got already stays got.
    pub(crate) fn withdraw(&mut self, handle: ObjectHandle) {
        self.server.withdraw_request(self.id, handle);
    }

    /// Whether a handle's request still stands; where it does not, its answer comes by [`Self::arrived`].
    pub(crate) fn stands(&self, handle: ObjectHandle) -> bool {
        self.server.stands(self.id, handle)
    }

    /// Serves no standing request from here on.
    pub(crate) fn hold(&mut self) {
        self.server.hold_requests(self.id, true);
    }

    /// Serves the standing requests again.
    pub(crate) fn resume(&mut self) {
        self.server.hold_requests(self.id, false);
    }

    /// The next answer to a standing request. May be given up at any time.
    pub(crate) async fn arrived(&mut self) -> io::Result<Answer> {
        let answer = match self.arrived.pop_front() {
            Some(answer) => answer,
            None => self.mailbox.recv().await.ok_or(io::ErrorKind::BrokenPipe)?,
        };
        self.noted(answer)
    }

    /// The default persistence of a handle's queue.
    pub(crate) fn default_persistence(&self, handle: ObjectHandle) -> i32 {
        self.server.default_persistence(self.id, handle)
    }

    /// The first of message ids that nobody else gets.
    pub(crate) fn reserve_message_ids(&self) -> [u8; 24] {
        self.server.reserve_message_ids()
    }

    /// Ends the connection; a fault may keep what it has open so for a while. The socket is to be closed before.
    pub(crate) async fn leave(self) {
        if let Some(hold) = self.server.lost_unnoticed(self.id) {
            self.server.hold(hold).await;
        }
    }

    async fn perform(
        &mut self,
        mut request: Request,
        manner: Manner,
        line: &mut impl Line,
    ) -> io::Result<Option<Answer>> {
        let Some(strike) = self.server.strike(self.id, &mut request) else {
            return self.carry_out(request, manner, line).await;
        };
        debug!(id = self.id, fault = strike.name, "A fault strikes.");
        match strike.blow {
            Blow::Before(harm) => {
                self.suffer(harm, &strike, line).await?;
                self.carry_out(request, manner, line).await
            }
            Blow::After(harm) => {
                let answer = self.carry_out(request, manner, line).await?;
                self.suffer(harm, &strike, line).await?;
                Ok(answer)
            }
            Blow::Answer { completion, reason } => Ok(Some(codes(completion, reason))),
            Blow::Doom { reason } => {
                self.server.with_engine(|engine| engine.doom(self.id));
                Ok(Some(codes(mq::MQCC_FAILED, reason)))
            }
            Blow::BackOut => {
                self.carry_out(Request::BackOut, Manner::Call, line).await?;
                Ok(Some(codes(mq::MQCC_WARNING, mq::MQRC_BACKED_OUT)))
            }
        }
    }

    /// Returns where the connection outlives it.
    async fn suffer(&mut self, harm: Harm, strike: &Strike, line: &mut impl Line) -> io::Result<()> {
        match harm {
            Harm::Cut => Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                format!("fault {} cuts the line", strike.name),
            )),
            Harm::Hold { ms } => tokio::select! {
                // Whoever kills a client and then deletes the fault does not want the verb carried out.
                biased;
                spoken = line.spoken() => match spoken {
                    Ok(()) => Err(refused("a request before the reply to the one before it")),
                    Err(error) => Err(error),
                },
                () = self.server.hold(Hold { fault: strike.fault, ms }) => Ok(()),
            },
            // No destructor runs and nothing more is written, as with `kill -9`.
            Harm::Exit => std::process::abort(),
        }
    }

    /// Carries a request out; what its answer needs to outlive a kill is noted.
    async fn carry_out(
        &mut self,
        request: Request,
        manner: Manner,
        line: &mut impl Line,
    ) -> io::Result<Option<Answer>> {
        let answer = match (manner, request) {
            (Manner::Standing { yields }, Request::Get(get)) => {
                match self.server.request(self.id, get, yields) {
                    Progress::Answered(answer) => Some(answer),
                    Progress::Waiting { .. } | Progress::Writing => None,
                }
            }
            (_, request) => Some(self.call(request, line).await?),
        };
        answer.map(|answer| self.noted(answer)).transpose()
    }

    fn noted(&self, answer: Answer) -> io::Result<Answer> {
        for mark in answer.mark.iter().chain(&answer.more_marks) {
            self.server.in_flight().note(mark)?;
        }
        Ok(answer)
    }

    async fn call(&mut self, request: Request, line: &mut impl Line) -> io::Result<Answer> {
        if let Request::Connect(connect) = &request {
            if let Err(unfit) = self.check_line(&connect.channel) {
                warn!(id = self.id, channel = connect.channel, "Refused: {unfit}.");
                return Ok(codes(mq::MQCC_FAILED, mq::MQRC_SSL_INITIALIZATION_ERROR));
            }
            if let Err(reply) = self.server.admits(connect).await {
                return Ok(reply.into());
            }
        }
        let connects = matches!(request, Request::Connect(_));
        match self.server.call(self.id, request) {
            Progress::Answered(answer) => {
                self.connected |= connects && answer.is_success();
                Ok(answer)
            }
            Progress::Writing => self.reply().await,
            Progress::Waiting { wait_ms } => self.wait(wait_ms, line).await,
        }
    }

    /// The answer to the call that is under way.
    async fn reply(&mut self) -> io::Result<Answer> {
        reply(&mut self.mailbox, &mut self.arrived).await
    }

    /// Waits for a message, for the end of the wait, or for the client's death: a dead client must not take a message.
    async fn wait(&mut self, wait_ms: Option<u32>, line: &mut impl Line) -> io::Result<Answer> {
        let over = async {
            match wait_ms {
                Some(wait_ms) => tokio::time::sleep(Duration::from_millis(u64::from(wait_ms))).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = reply(&mut self.mailbox, &mut self.arrived) => return answer,
            () = over => {}
            // Nothing is taken from the socket here, so that an answer that comes first loses no half of a frame.
            spoken = line.spoken() => {
                spoken?;
                line.cancelled().await?;
            }
        }
        match self.server.timed_out(self.id) {
            Some(answer) => Ok(answer),
            // A message came in the last moment.
            None => self.reply().await,
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.server.unregister(self.id);
    }
}

/// The next answer that is a call's; those to standing requests are put aside.
async fn reply(
    mailbox: &mut mpsc::UnboundedReceiver<Answer>,
    arrived: &mut VecDeque<Answer>,
) -> io::Result<Answer> {
    loop {
        let answer = mailbox.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
        if answer.standing.is_none() {
            return Ok(answer);
        }
        arrived.push_back(answer);
    }
}

/// An answer of two codes.
fn codes(completion: i32, reason: i32) -> Answer {
    Reply { completion, reason, outcome: Outcome::Nothing }.into()
}

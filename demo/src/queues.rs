//! The scheme's end of the queues, through the real client library.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use mq::{
    ConnectOptions, Context, Descriptor, Endpoint, Format, GetOptions, Input, Library, OpenOptions, Outgoing,
    PropertyValue, Queue, Session,
};

/// `MQPER_PERSISTENT`.
const PERSISTENT: i32 = 1;

/// A connection to the queue manager with the demo's two queues.
pub(crate) struct Queues {
    session: Session,
    payments: Queue,
    parked: Queue,
}

/// A message on the parking queue.
#[derive(Debug, Clone)]
pub(crate) struct Parked {
    pub(crate) reason: String,
    pub(crate) stage: String,
    pub(crate) status: Option<String>,
    pub(crate) detail: Option<String>,
}

impl Queues {
    /// Connects to the queue manager at `address`.
    pub(crate) fn connect(library: &Path, address: SocketAddr) -> anyhow::Result<Self> {
        let library = Library::load(Some(library))?;
        let mut session = Session::connect(
            &library,
            &ConnectOptions {
                queue_manager: "QM1".parse()?,
                endpoint: Endpoint::Channel {
                    connection_name: format!("{}({})", address.ip(), address.port()),
                    channel: "DEV.APP.SVRCONN".parse()?,
                    tls: None,
                    message_bytes_max: 104_857_600,
                },
                credentials: None,
                application_name: "demo scheme".to_owned(),
            },
        )?;
        let both = OpenOptions { output: true, inquire: true, ..OpenOptions::default() };
        let payments = session.open(&"PAYMENTS.IN".parse()?, both)?;
        let input = OpenOptions { input: Some(Input::Shared), inquire: true, ..OpenOptions::default() };
        let parked = session.open(&"PAYMENTS.PARKED".parse()?, input)?;
        Ok(Self { session, payments, parked })
    }

    /// Puts one payment, committed.
    pub(crate) fn put(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let descriptor = Descriptor {
            format: Format::STRING,
            ccsid: 1208,
            persistence: PERSISTENT,
            ..Descriptor::default()
        };
        let mut unit = self.session.begin();
        unit.put(
            self.payments,
            &Outgoing {
                descriptor,
                properties: &[],
                body,
                context: Context::Default,
                new_message_id: true,
                new_correlation_id: false,
            },
        )?;
        unit.commit().context("the payment is not on its queue")
    }

    /// How many payments are on their queue, those in a unit of work included.
    pub(crate) fn waiting(&mut self) -> anyhow::Result<u32> {
        Ok(self.session.inquire_queue(self.payments)?.depth)
    }

    /// What is parked. The messages stay: the unit that reads them is backed out.
    pub(crate) fn parked(&mut self) -> anyhow::Result<Vec<Parked>> {
        let mut unit = self.session.begin();
        let mut found = Vec::new();
        while let Some(message) = unit.get(self.parked, GetOptions { wait: Duration::ZERO })? {
            let property = |name: &str| {
                message.properties.iter().find(|it| it.name == name).and_then(|it| match &it.value {
                    PropertyValue::String(value) => Some(value.clone()),
                    _ => None,
                })
            };
            found.push(Parked {
                reason: property("mqgate.reason").unwrap_or_default(),
                stage: property("mqgate.stage").unwrap_or_default(),
                status: property("mqgate.http_status"),
                detail: property("mqgate.detail"),
            });
        }
        unit.back_out()?;
        Ok(found)
    }
}

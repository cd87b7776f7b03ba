//! The far side: whoever puts payments and looks at queues, through the real client library.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use mq::{
    Context, Descriptor, Format, GetOptions, Input, Library, Message, OpenOptions, Outgoing, Placed,
    Property, PropertyValue, Queue, Session,
};

use super::devqm::Devqm;
use super::program;
use super::wait::{DEADLINE, eventually};

/// `MQPER_PERSISTENT`.
const PERSISTENT: i32 = 1;

/// A connection that opens queues as they are named.
pub(crate) struct Client {
    session: Session,
    queues: HashMap<(String, Way), Queue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Get,
    Put,
    PutWithContext,
    Inquire,
}

/// A message to put: by default persistent text in UTF-8.
#[derive(Debug, Clone)]
pub(crate) struct Put<'a> {
    /// Its bytes.
    pub(crate) body: &'a [u8],
    /// Its descriptor.
    pub(crate) descriptor: Descriptor,
    /// Its properties.
    pub(crate) properties: Vec<Property>,
    /// The descriptor's context fields count, put date and time among them.
    pub(crate) with_context: bool,
}

impl<'a> Put<'a> {
    /// Persistent text in UTF-8.
    pub(crate) fn text(body: &'a [u8]) -> Self {
        let descriptor = Descriptor {
            format: Format::STRING,
            ccsid: 1208,
            persistence: PERSISTENT,
            ..Descriptor::default()
        };
        Self { body, descriptor, properties: Vec::new(), with_context: false }
    }

    /// With this string property.
    pub(crate) fn property(mut self, name: &str, value: &str) -> Self {
        self.properties.push(Property { name: name.into(), value: PropertyValue::String(value.into()) });
        self
    }
}

impl Client {
    /// Connects, waiting for the queue manager where it has only just started.
    pub(crate) fn connect(devqm: &Devqm) -> Self {
        eventually("a connection", || Self::try_connect(devqm).ok())
    }

    /// Connects.
    ///
    /// # Errors
    /// What MQCONNX answers.
    pub(crate) fn try_connect(devqm: &Devqm) -> Result<Self, mq::Error> {
        let session = Session::connect(library(), &devqm.connect_options())?;
        Ok(Self { session, queues: HashMap::new() })
    }

    /// Puts a payment or any other text.
    pub(crate) fn put(&mut self, queue: &str, body: impl AsRef<[u8]>) -> Placed {
        self.put_message(queue, &Put::text(body.as_ref()))
    }

    /// Puts one message in a unit of its own.
    pub(crate) fn put_message(&mut self, queue: &str, message: &Put<'_>) -> Placed {
        self.try_put(queue, message).unwrap_or_else(|error| panic!("{queue}: {error}"))
    }

    /// Puts one message in a unit of its own.
    ///
    /// # Errors
    /// What MQOPEN, MQPUT or MQCMIT answers.
    pub(crate) fn try_put(&mut self, queue: &str, message: &Put<'_>) -> Result<Placed, mq::Error> {
        let way = if message.with_context { Way::PutWithContext } else { Way::Put };
        let queue = self.open(queue, way)?;
        let mut unit = self.session.begin();
        let placed = unit.put(queue, &outgoing(message))?;
        unit.commit()?;
        Ok(placed)
    }

    /// Takes the first message off a queue, if there is one.
    pub(crate) fn get(&mut self, queue: &str) -> Option<Message> {
        self.get_within(queue, Duration::ZERO)
    }

    /// Takes the next message off a queue, waiting for it.
    #[track_caller]
    pub(crate) fn expect(&mut self, queue: &str) -> Message {
        self.get_within(queue, DEADLINE).unwrap_or_else(|| panic!("no message came to {queue}"))
    }

    fn get_within(&mut self, name: &str, wait: Duration) -> Option<Message> {
        let queue = self.open(name, Way::Get).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut unit = self.session.begin();
        let message =
            unit.get(queue, GetOptions { wait }).unwrap_or_else(|error| panic!("{name}: {error}"))?;
        unit.commit().unwrap_or_else(|error| panic!("{name}: {error}"));
        Some(message)
    }

    /// How many messages a queue holds, uncommitted ones included.
    pub(crate) fn depth(&mut self, name: &str) -> u32 {
        let queue = self.open(name, Way::Inquire).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.session.inquire_queue(queue).unwrap_or_else(|error| panic!("{name}: {error}")).depth
    }

    /// The connection itself and a queue opened for input or output, for tests that drive units themselves.
    ///
    /// # Errors
    /// What MQOPEN answers.
    pub(crate) fn session(&mut self, queue: &str, input: bool) -> Result<(&mut Session, Queue), mq::Error> {
        let queue = self.open(queue, if input { Way::Get } else { Way::Put })?;
        Ok((&mut self.session, queue))
    }

    fn open(&mut self, name: &str, way: Way) -> Result<Queue, mq::Error> {
        if let Some(queue) = self.queues.get(&(name.to_owned(), way)) {
            return Ok(*queue);
        }
        let options = match way {
            Way::Get => OpenOptions { input: Some(Input::Shared), ..OpenOptions::default() },
            Way::Put => OpenOptions { output: true, ..OpenOptions::default() },
            Way::PutWithContext => {
                OpenOptions { output: true, set_all_context: true, ..OpenOptions::default() }
            }
            Way::Inquire => OpenOptions { inquire: true, ..OpenOptions::default() },
        };
        let queue = self.session.open(&name.parse().expect("a queue's name"), options)?;
        self.queues.insert((name.to_owned(), way), queue);
        Ok(queue)
    }
}

/// What MQPUT gets.
pub(crate) fn outgoing<'a>(message: &'a Put<'_>) -> Outgoing<'a> {
    Outgoing {
        descriptor: message.descriptor.clone(),
        properties: &message.properties,
        body: message.body,
        context: if message.with_context { Context::SetAll } else { Context::Default },
        new_message_id: message.descriptor.message_id == mq::MessageId::default(),
        new_correlation_id: false,
    }
}

/// A string property of a message.
pub(crate) fn property<'m>(message: &'m Message, name: &str) -> Option<&'m str> {
    message.properties.iter().find(|property| property.name == name).and_then(|property| {
        match &property.value {
            PropertyValue::String(value) => Some(value.as_str()),
            _ => None,
        }
    })
}

/// The client library, loaded once.
pub(crate) fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| Library::load(Some(&program::mq_library())).expect("libmqm_r.so"))
}

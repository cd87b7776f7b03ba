//! A thin, safe driver over the IBM MQ Interface (MQI), loaded at run time.
//!
//! It knows MQ and nothing of payments or HTTP. The rules that the types carry: a [`Unit`] is the only place that gets and
//! puts; there is one at a time on a [`Session`]; committing consumes it, dropping it backs it out; a session stays on its
//! thread. Every error keeps its verb and reason.
//!
//! # Layout
//!
//! * [`Library`]: the client library, found and loaded. `verbs`: its entry points, the only unsafe calls.
//! * [`Error`], [`Verb`], [`Reason`], [`Class`]: what a call answered.
//! * [`QueueName`] and the other names; [`MessageId`], [`CorrelationId`], [`Format`].
//! * [`ConnectOptions`]: how to reach a queue manager. [`Session`]: a connection. [`Unit`]: a unit of work.
//! * [`Descriptor`], [`Property`]: what a message carries besides its body.
//! * [`headers`]: MQ headers inside a body; pure functions on bytes.

mod library;
mod verbs;
mod outcome;
mod reason_names;
mod name;
mod connect;
mod session;
mod unit_of_work;
mod descriptor;
mod properties;
pub mod headers;

pub use connect::{ConnectOptions, Credentials, Endpoint, KeyRepository, Secret, Tls};
pub use descriptor::Descriptor;
pub use library::{Library, LoadError};
pub use name::{ChannelName, CorrelationId, Format, MessageId, NameError, QueueManagerName, QueueName};
pub use outcome::{Class, Error, Reason, Verb};
pub use properties::{Property, PropertyValue};
pub use session::{Input, OpenOptions, Queue, QueueAttributes, QueueManagerAttributes, Session, Tally};
pub use unit_of_work::{Browse, Context, GetOptions, Glance, Message, Outgoing, Placed, Unit};

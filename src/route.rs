//! From document to destination: the first route whose conditions all hold.
//!
//! Routes are compiled when settings are read; choosing one does no I/O.

use crate::failure::{Failure, Reason, Stage};
use crate::inbound::Inbound;
use crate::message::Document;
use crate::settings::{Condition, DescriptorField, Route};

/// What conditions may look at.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The translated message.
    pub document: &'a Document,
    /// The message as it came.
    pub inbound: &'a Inbound,
    /// The source's name in settings.
    pub source: &'a str,
    /// The queue it came from.
    pub queue: &'a str,
}

/// Chooses the route of a message.
///
/// # Errors
/// A fault of the message where no route's conditions hold; the text names the type that had no route.
pub fn choose<'r>(routes: &'r [Route], facts: &Facts<'_>) -> Result<&'r Route, Failure> {
    routes.iter().find(|route| holds(&route.when, facts)).ok_or_else(|| {
        let kind = format!("no route for {} {}", facts.document.format, facts.document.kind);
        Failure::message(Stage::Route, Reason::NoRoute, kind)
    })
}

/// The route of a message that is bound to this destination: the first to it whose conditions hold, else the first to it that
/// the message's source can take.
pub fn choose_to<'r>(routes: &'r [Route], facts: &Facts<'_>, to: usize) -> Option<&'r Route> {
    let mut candidates = routes.iter().filter(|route| route.to == to);
    candidates.clone().find(|route| holds(&route.when, facts)).or_else(|| {
        candidates.find(|route| route.when.source.as_ref().is_none_or(|it| it.matches(facts.source)))
    })
}

/// The destinations that messages of this source can be sent to, in the order of the routes, each once.
pub fn reachable(routes: &[Route], source: &str, queue: &str) -> Vec<usize> {
    let mut destinations = Vec::new();
    for route in routes {
        let when = &route.when;
        let possible = when.source.as_ref().is_none_or(|pattern| pattern.matches(source))
            && when.queue.as_ref().is_none_or(|pattern| pattern.matches(queue));
        if possible && !destinations.contains(&route.to) {
            destinations.push(route.to);
        }
    }
    destinations
}

fn holds(when: &Condition, facts: &Facts<'_>) -> bool {
    let document = facts.document;
    when.format.as_ref().is_none_or(|pattern| pattern.matches(document.format))
        && when.kind.as_ref().is_none_or(|pattern| pattern.matches(&document.kind))
        && when.source.as_ref().is_none_or(|pattern| pattern.matches(facts.source))
        && when.queue.as_ref().is_none_or(|pattern| pattern.matches(facts.queue))
        && when.keys.iter().all(|(name, pattern)| {
            document.keys.get(name).is_some_and(|values| values.iter().any(|value| pattern.matches(value)))
        })
        && when
            .descriptor
            .iter()
            .all(|(field, pattern)| pattern.matches(&field_text(*field, &facts.inbound.descriptor)))
}

/// A descriptor's field as conditions see it.
fn field_text(field: DescriptorField, descriptor: &mq::Descriptor) -> String {
    let padded = |field: &[u8]| field.trim_ascii_end().escape_ascii().to_string();
    match field {
        DescriptorField::Format => descriptor.format.to_string(),
        DescriptorField::Ccsid => descriptor.ccsid.to_string(),
        DescriptorField::MessageType => descriptor.message_type.to_string(),
        DescriptorField::UserIdentifier => padded(&descriptor.user_identifier),
        DescriptorField::PutApplicationName => padded(&descriptor.put_application_name),
        DescriptorField::ApplicationIdentity => padded(&descriptor.application_identity),
        DescriptorField::ReplyToQueue => descriptor.reply_to_queue.clone(),
        DescriptorField::CorrelationId => descriptor.correlation_id.to_string(),
    }
}

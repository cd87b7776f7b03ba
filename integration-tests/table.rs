//! The table of outcomes, row by row, through the real program against hostile parts.

use crate::harness::devqm::{CHANNEL, QUEUE_MANAGER};
use crate::harness::{Devqm, Service, Settings};

mod wire;
mod answers;
mod commits;
mod moved;
mod deferred;
mod suspects;
mod deadlines;
mod ordered;
mod fuse;
mod sessions;
mod everything;

/// Settings with units held so shortly that an outage outlasts several of them.
pub(crate) fn quick(devqm: &Devqm, service: &Service) -> Settings {
    Settings::new(devqm, service).with("retry.unit_hold_ms_max", 400).with("dispatch.timeout_ms", 200)
}

/// A second site for the source.
pub(crate) fn with_south(settings: Settings, south: &Devqm) -> Settings {
    let site = format!(
        "name = \"south\"\nqueue_manager = \"{QUEUE_MANAGER}\"\nconnection_name = \"{}\"\nchannel = \"{CHANNEL}\"",
        south.connection_name()
    );
    let both: toml::Value = vec!["north".to_owned(), "south".to_owned()].into();
    settings.adding("sites", &site).with("sources.0.sites", both)
}

//! What happens on the wire: half answers, no answers, none that is HTTP.

use super::quick;
use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Deed, Devqm, Gateway, Hostile, Payment, Service, Settings};

#[test]
fn an_answer_that_is_not_whole_is_none_and_the_next_request_says_so() {
    let devqm = Devqm::start();
    // Each request has a connection of its own.
    let service = Service::start(|_| Answer::status(200).header("connection", "close"));
    let hostile = Hostile::before(&service);
    let settings = quick(&devqm, &service)
        .with("destinations.0.url", hostile.url())
        .with("sources.0.consumers", 1)
        .with("limits.response_bytes_max", 100_000);
    let _gateway = Gateway::start(&settings);
    let deeds = [
        Deed::CloseAtOnce,
        Deed::ResetAtOnce,
        Deed::Reset,
        Deed::Close,
        Deed::HangBeforeHeaders,
        Deed::HangInHeaders,
        Deed::HangInBody,
        Deed::CutInHeaders,
        Deed::CutInChunk,
        Deed::ResetInBody,
        Deed::Drip,
        Deed::Garbage,
        Deed::ChunkGarbage,
        Deed::EndlessBody,
        Deed::LengthTooLong,
        Deed::SwitchingProtocols,
    ];
    for (round, deed) in (1..).zip(deeds) {
        hostile.next(deed);
        let payment = Payment::new();
        devqm.client().put(PAYMENTS, payment.bytes());
        hostile.wait_until_done(deed, 1);
        service.wait_for_accepted(round);
        let requests = service.requests_for(&payment.id);
        assert_eq!(requests.len(), 1, "{deed:?}");
        // What was never read may have been noticed before a byte of it left.
        let certain = matches!(deed, Deed::CloseAtOnce | Deed::ResetAtOnce);
        assert!(certain || requests[0].possible_duplicate(), "{deed:?}");
        assert!(certain || requests[0].attempt() == 2, "{deed:?}");
    }
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn a_whole_2xx_is_one_whatever_stands_around_it() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let hostile = Hostile::before(&service);
    let settings = quick(&devqm, &service).with("destinations.0.url", hostile.url());
    let _gateway = Gateway::start(&settings);
    for deed in [Deed::LengthTooShort, Deed::EarlyHintsThenOk] {
        hostile.next(deed);
        devqm.client().put(PAYMENTS, Payment::new().bytes());
        hostile.wait_until_done(deed, 1);
        devqm.wait_for_depth(PAYMENTS, 0);
    }
    assert!(service.requests().is_empty());
    assert_eq!(devqm.client().depth(PARKED), 0);
}

#[test]
fn an_http_2_server_that_goes_away_refuses_a_stream_or_dies_without_a_sign_is_asked_again() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let hostile = Hostile::before(&service);
    let settings = quick(&devqm, &service)
        .with("destinations.0.url", hostile.url())
        .with("destinations.0.http", "2")
        .with("sources.0.consumers", 1);
    let _gateway = Gateway::start(&settings);
    hostile.next(Deed::GoAway);
    hostile.next(Deed::RefusedStream);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    hostile.wait_until_done(Deed::GoAway, 1);
    hostile.wait_until_done(Deed::RefusedStream, 1);
    let request = service.wait_for_accepted(1).remove(0);
    // The refused stream's connection stays and answers nothing more: that costs one attempt in vain.
    assert_eq!((request.attempt(), request.possible_duplicate()), (4, true));
    devqm.wait_for_depth(PAYMENTS, 0);
}

#[test]
fn tls_that_is_refused_is_our_own_fault_and_parks_nothing() {
    let (devqm, service) = (Devqm::start(), Service::accepting());
    let url = service.url().replace("http://", "https://");
    let settings = quick(&devqm, &service).with("destinations.0.url", url);
    let mut gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    let line = gateway.wait_for_log("The destination refuses us");
    assert!(line.contains("dispatch: tls"), "{line}");
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "backed-out")], 2);
    assert_eq!(gateway.metric("mqgate_alarms_total", &[("kind", "destination-refuses-us")]), 1);
    assert_eq!(gateway.stop(), Some(0));
    assert_eq!((devqm.client().depth(PAYMENTS), devqm.client().depth(PARKED)), (1, 0));
}

#[test]
fn a_unit_is_held_no_longer_than_it_may_be() {
    let devqm = Devqm::start();
    let service = Service::start(|_| Answer::status(200).held());
    let settings = Settings::new(&devqm, &service)
        .with("retry.unit_hold_ms_max", 300)
        .with("dispatch.timeout_ms", 300)
        .with("sources.0.consumers", 1);
    let gateway = Gateway::start(&settings);
    devqm.client().put(PAYMENTS, Payment::new().bytes());
    gateway.wait_for_metric("mqgate_turns_total", &[("outcome", "backed-out")], 3);
    // Buckets of a histogram: none of the turns took a second.
    let turns = gateway.metric("mqgate_turn_seconds_count", &[]);
    assert!(gateway.metric("mqgate_turn_seconds_bucket", &[("le", "1.0")]) >= turns);
    service.release();
    devqm.wait_for_depth(PAYMENTS, 0);
}

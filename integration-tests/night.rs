//! One night: what goes wrong with a service, how many payments it parks, and how they flow again.

use crate::harness::devqm::{PARKED, PAYMENTS};
use crate::harness::{Answer, Devqm, Gateway, Payment, Service, eventually};
use crate::table::quick;

const PAYMENTS_EACH: usize = 30;
const BURST_MAX: usize = 5;

/// What goes wrong; what the service answers meanwhile, if it answers; whether mqgate has to be told to resume.
const NIGHT: [(&str, Option<u16>, bool); 6] = [
    ("the service is down", None, false),
    ("500 for everything", Some(500), false),
    ("503 from the mesh", Some(503), false),
    ("401, a credential was rotated", Some(401), false),
    ("404 during a rollout", Some(404), false),
    ("a bad release answers 400", Some(400), true),
];

#[test]
fn an_outage_parks_nothing_and_a_bad_release_a_handful() {
    let nights: Vec<_> = std::thread::scope(|scope| {
        let nights: Vec<_> = NIGHT.iter().map(|night| scope.spawn(|| pass(night))).collect();
        nights.into_iter().map(|night| night.join().expect("a night")).collect()
    });
    println!("{:<32} {:>6} {:>9} {:>8}  resumed", "what went wrong", "parked", "delivered", "requests");
    for ((what, _, told), (parked, delivered, requests)) in NIGHT.iter().zip(nights) {
        let how = if *told { "by a restart, after the fuse" } else { "by itself" };
        println!("{what:<32} {parked:>6} {delivered:>9} {requests:>8}  {how}");
        assert_eq!(parked + delivered, PAYMENTS_EACH, "{what}");
        if *told {
            assert!((1..=BURST_MAX).contains(&parked), "{what}: {parked}");
        } else {
            assert_eq!(parked, 0, "{what}");
        }
    }
}

/// How many payments were parked and how many delivered, by how many requests.
fn pass((_, status, told): &(&str, Option<u16>, bool)) -> (usize, usize, usize) {
    let devqm = Devqm::start();
    let mut service = Service::accepting();
    let settings = quick(&devqm, &service)
        .with("sources.0.consumers", 2)
        .with("retry.attempts_max", 3)
        .with("limits.park_burst_max", i64::try_from(BURST_MAX).unwrap())
        .with("limits.park_window_ms", 3_600_000);
    let mut gateway = Gateway::start(&settings);
    let mut client = devqm.client();
    let (evening, night) = (PAYMENTS_EACH / 3, PAYMENTS_EACH - PAYMENTS_EACH / 3);
    for payment in Payment::several(evening) {
        client.put(PAYMENTS, payment.bytes());
    }
    service.wait_for_accepted(evening);
    devqm.wait_for_depth(PAYMENTS, 0);
    match *status {
        Some(status) => service.now_answers(move |_| Answer::status(status)),
        None => service.stop(),
    }
    for payment in Payment::several(night) {
        client.put(PAYMENTS, payment.bytes());
    }
    eventually("the trouble is seen", || (gateway.ask("/flowing").0 == 503).then_some(()));
    gateway.wait_for_metric(
        "mqgate_turns_total",
        &[("outcome", if *told { "parked" } else { "backed-out" })],
        3,
    );
    service.now_answers(|_| Answer::status(200));
    if status.is_none() {
        service.up();
    }
    if *told {
        assert_eq!(gateway.stop(), Some(0));
        gateway.launch();
    }
    devqm.wait_for_depth(PAYMENTS, 0);
    assert_eq!(gateway.stop(), Some(0));
    let delivered = service.requests().iter().filter(|request| request.accepted()).count();
    (client.depth(PARKED) as usize, delivered, service.requests().len())
}

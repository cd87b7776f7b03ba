//! What devqm does wrong on purpose: every action, and the counts that say it struck.

use std::time::{Duration, Instant};

use libmqm_sys as mq;

use devqm::verbs::{Outcome, Put, Request};

use super::harness::{Devqm, Session, body, code, eventually, fails, get, mqsc, open, put};

const IN_UNIT: i32 = mq::MQGMO_SYNCPOINT;
const AT_ONCE: i32 = mq::MQGMO_NO_SYNCPOINT;
const PUT: i32 = mq::MQPMO_NO_SYNCPOINT;
const PUT_IN_UNIT: i32 = mq::MQPMO_SYNCPOINT;

/// A queue manager, one who looks on and defines faults, and a victim that has the queue IN open.
struct Scene {
    devqm: Devqm,
    observer: Session,
    queue: i32,
    victim: Session,
    theirs: i32,
}

impl Scene {
    fn set() -> Self {
        let devqm = Devqm::start();
        let mut observer = devqm.connect();
        let queue = observer.open("IN");
        let mut victim = devqm.connect_as("victim");
        let theirs = victim.open("IN");
        Self { devqm, observer, queue, victim, theirs }
    }

    /// A fault F that strikes the victim.
    fn fault(&mut self, words: &str) {
        let definition = format!("DEFINE FAULT(F) APPLTAG('victim') {words}");
        assert_eq!(mqsc(&mut self.observer, &definition), "Fault F defined.");
    }

    fn heal(&mut self) {
        assert_eq!(mqsc(&mut self.observer, "DELETE FAULT(F)"), "1 faults deleted.");
    }

    /// SEEN and FIRED.
    fn counts(&mut self) -> (u32, u32) {
        let shown = mqsc(&mut self.observer, "DISPLAY FAULT(F)");
        (number(&shown, "SEEN("), number(&shown, "FIRED("))
    }

    /// What is left on the queue, and how often it was backed out.
    fn rest(&mut self) -> Vec<(String, i32)> {
        std::iter::from_fn(|| self.observer.get(&get(self.queue, AT_ONCE)).unwrap())
            .map(|got| (String::from_utf8(got.body).unwrap(), got.descriptor.backout_count))
            .collect()
    }

    /// The same, once something is there.
    fn rest_in_time(&mut self) -> Vec<(String, i32)> {
        let first =
            self.observer.get(&get(self.queue, AT_ONCE | mq::MQGMO_WAIT)).unwrap().expect("a message");
        let first = (String::from_utf8(first.body).unwrap(), first.descriptor.backout_count);
        std::iter::once(first).chain(self.rest()).collect()
    }
}

#[track_caller]
fn number(shown: &str, keyword: &str) -> u32 {
    let digits = shown.split_once(keyword).unwrap().1;
    digits.split_once(')').unwrap().0.parse().unwrap()
}

/// One message, counted.
fn once(text: &str, backout_count: i32) -> Vec<(String, i32)> {
    vec![(text.to_owned(), backout_count)]
}

#[test]
fn cut_before_the_commit_the_unit_is_backed_out() {
    let mut scene = Scene::set();
    scene.victim.ok(&put(scene.theirs, PUT, b"held"));
    scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"never"));
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap(), "held");
    scene.fault("VERB(MQCMIT) ACTION(CUTBEFORE)");
    assert!(scene.victim.call(&Request::Commit).is_err());
    assert_eq!(scene.rest_in_time(), once("held", 1));
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn cut_after_the_commit_the_unit_is_durable_and_nobody_was_told() {
    let mut scene = Scene::set();
    scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"committed"));
    scene.fault("VERB(MQCMIT) ACTION(CUTAFTER)");
    assert!(scene.victim.call(&Request::Commit).is_err());
    assert_eq!(scene.counts(), (1, 1));
    scene.devqm.kill();
    scene.devqm.restart();
    let mut session = scene.devqm.connect();
    let queue = session.open("IN");
    assert_eq!(body(&mut session, &get(queue, AT_ONCE)).unwrap(), "committed");
}

#[test]
fn an_answer_takes_the_place_of_the_verb() {
    let mut scene = Scene::set();
    let get_one = Request::Get(get(scene.theirs, AT_ONCE));
    for (verb, request, reason) in [
        ("MQGET", get_one.clone(), mq::MQRC_GET_INHIBITED),
        ("MQGET", get_one, mq::MQRC_CONNECTION_BROKEN),
        ("MQPUT", put(scene.theirs, PUT, b"not put"), mq::MQRC_Q_FULL),
        ("MQOPEN", Request::Open(open("IN", mq::MQOO_OUTPUT)), mq::MQRC_OBJECT_DAMAGED),
        ("MQINQ", Request::Inquire(scene.theirs, vec![mq::MQIA_CURRENT_Q_DEPTH]), mq::MQRC_HOBJ_ERROR),
        ("MQCLOSE", Request::Close(scene.theirs, 0), mq::MQRC_UNEXPECTED_ERROR),
        ("MQDISC", Request::Disconnect, mq::MQRC_UNEXPECTED_ERROR),
    ] {
        scene.fault(&format!("VERB({verb}) ACTION(ANSWER) REASON({reason})"));
        fails(&mut scene.victim, &request, reason);
        assert_eq!(scene.counts(), (1, 1), "{verb}");
        scene.heal();
    }
    // Neither closed nor disconnected, and nothing was put.
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, AT_ONCE)), None);
    scene.fault("VERB(MQCONNX) ACTION(ANSWER) REASON(2537)");
    assert_eq!(scene.devqm.try_connect_as("victim").unwrap().1, mq::MQRC_CHANNEL_NOT_AVAILABLE);
    assert_eq!(scene.devqm.try_connect_as("victim").unwrap().1, mq::MQRC_NONE);
}

/// A unit of the victim's with a message got and one put, doomed by a put that fails.
fn doomed() -> Scene {
    let mut scene = Scene::set();
    scene.victim.ok(&put(scene.theirs, PUT, b"held"));
    scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"never"));
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap(), "held");
    scene.fault("VERB(MQPUT) ACTION(DOOM)");
    scene.victim.ok(&put(scene.theirs, PUT, b"outside"));
    fails(&mut scene.victim, &put(scene.theirs, PUT_IN_UNIT, b"never"), mq::MQRC_RESOURCE_PROBLEM);
    assert_eq!(scene.counts(), (1, 1));
    scene
}

#[test]
fn a_doomed_unit_takes_nothing_more_and_its_commit_backs_it_out() {
    let mut scene = doomed();
    let in_unit = Request::Get(get(scene.theirs, IN_UNIT));
    for request in [put(scene.theirs, PUT_IN_UNIT, b"never"), in_unit.clone()] {
        fails(&mut scene.victim, &request, mq::MQRC_BACKED_OUT);
    }
    // What is outside of it goes on.
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, AT_ONCE)).unwrap(), "outside");
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, AT_ONCE)), None);
    let reply = scene.victim.call(&Request::Commit).unwrap();
    assert_eq!(code(&reply), (mq::MQCC_WARNING, mq::MQRC_BACKED_OUT));
    scene.victim.ok(&in_unit);
    scene.victim.ok(&Request::Commit);
    assert_eq!(scene.rest(), []);
}

#[test]
fn a_doomed_unit_that_is_backed_out_is_forgotten() {
    let mut scene = doomed();
    scene.victim.ok(&Request::BackOut);
    scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"next"));
    scene.victim.ok(&Request::Commit);
    let texts: Vec<_> = scene.rest().into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["held", "outside", "next"]);
}

#[test]
fn disconnecting_from_a_doomed_unit_backs_it_out_and_says_so() {
    let mut scene = doomed();
    let reply = scene.victim.call(&Request::Disconnect).unwrap();
    assert_eq!(code(&reply), (mq::MQCC_WARNING, mq::MQRC_BACKED_OUT));
    assert_eq!(scene.rest(), [("held".to_owned(), 1), ("outside".to_owned(), 0)]);
}

#[test]
fn a_commit_is_backed_out_and_says_so() {
    let mut scene = Scene::set();
    scene.victim.ok(&put(scene.theirs, PUT, b"held"));
    scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"never"));
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap(), "held");
    scene.fault("ACTION(BACKEDOUT)");
    let reply = scene.victim.call(&Request::Commit).unwrap();
    assert_eq!(code(&reply), (mq::MQCC_WARNING, mq::MQRC_BACKED_OUT));
    assert_eq!(scene.rest(), once("held", 1));
    assert_eq!(scene.counts(), (1, 1));
    scene.victim.ok(&Request::Commit);
}

#[test]
fn a_delay_comes_before_or_after_the_verb() {
    for action in ["HOLDBEFORE", "HOLDAFTER"] {
        let mut scene = Scene::set();
        scene.fault(&format!("VERB(MQPUT) QUEUE(IN) ACTION({action}) DELAY(1000)"));
        let began = Instant::now();
        scene.victim.send(&put(scene.theirs, PUT, b"slow"));
        eventually("it is held", || scene.counts() == (1, 1));
        match action {
            "HOLDAFTER" => assert_eq!(scene.rest_in_time(), once("slow", 0)),
            _ => assert_eq!(scene.rest(), []),
        }
        assert_eq!(scene.victim.receive().reason, mq::MQRC_NONE);
        assert!(began.elapsed() >= Duration::from_secs(1), "{action}");
    }
}

#[test]
fn a_held_verb_goes_on_when_its_fault_is_deleted() {
    for action in ["HOLDBEFORE", "HOLDAFTER"] {
        let mut scene = Scene::set();
        scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"a"));
        scene.fault(&format!("VERB(MQCMIT) ACTION({action})"));
        std::thread::scope(|scope| {
            let Scene { observer, victim, .. } = &mut scene;
            let committing = scope.spawn(|| victim.ok(&Request::Commit));
            eventually("it is held", || mqsc(observer, "DISPLAY FAULT(F)").contains("FIRED(1)"));
            assert!(!committing.is_finished());
            mqsc(observer, "DELETE FAULT(*)");
            committing.join().unwrap();
        });
        assert_eq!(scene.rest(), once("a", 0), "{action}");
    }
}

#[test]
fn a_client_that_dies_while_held_has_or_has_not_committed() {
    for (action, left) in [("HOLDBEFORE", once("held", 1)), ("HOLDAFTER", once("put", 0))] {
        let mut scene = Scene::set();
        scene.victim.ok(&put(scene.theirs, PUT, b"held"));
        assert_eq!(body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap(), "held");
        scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"put"));
        scene.fault(&format!("VERB(MQCMIT) ACTION({action})"));
        scene.victim.send(&Request::Commit);
        eventually("it is held", || scene.counts() == (1, 1));
        drop(std::mem::replace(&mut scene.victim, scene.devqm.connect()));
        assert_eq!(scene.rest_in_time(), left, "{action}");
    }
}

#[test]
fn the_unit_of_a_lost_client_stays_open_until_its_loss_is_noticed() {
    let mut scene = Scene::set();
    scene.victim.ok(&put(scene.theirs, PUT, b"held"));
    assert_eq!(body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap(), "held");
    scene.fault("ACTION(LATEBACKOUT)");
    drop(std::mem::replace(&mut scene.victim, scene.devqm.connect()));
    eventually("the loss is overlooked", || scene.counts() == (1, 1));
    let shown = mqsc(&mut scene.observer, "DISPLAY QLOCAL(IN) IPPROCS");
    assert!(shown.contains("IPPROCS(2)"), "its handle is open too: {shown}");
    assert_eq!(scene.rest(), []);
    scene.heal();
    assert_eq!(scene.rest_in_time(), once("held", 1));

    let mut victim = scene.devqm.connect_as("victim");
    let theirs = victim.open("IN");
    victim.ok(&put(theirs, PUT, b"delayed"));
    assert_eq!(body(&mut victim, &get(theirs, IN_UNIT)).unwrap(), "delayed");
    scene.fault("ACTION(LATEBACKOUT) DELAY(300)");
    let began = Instant::now();
    drop(victim);
    assert_eq!(scene.rest_in_time(), once("delayed", 1));
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[test]
fn the_queue_manager_dies_before_or_after_the_verb() {
    for (action, left) in [("EXITBEFORE", "got"), ("EXITAFTER", "put")] {
        let mut scene = Scene::set();
        scene.victim.ok(&put(scene.theirs, PUT, b"got"));
        assert_eq!(body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap(), "got");
        scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"put"));
        scene.fault(&format!("VERB(MQCMIT) ACTION({action})"));
        assert!(scene.victim.call(&Request::Commit).is_err());
        assert_eq!(scene.devqm.wait().code(), None, "{action}: it does not exit, it is killed");
        scene.devqm.restart();
        let mut session = scene.devqm.connect();
        assert!(mqsc(&mut session, "DISPLAY FAULT(*)").contains("not found"), "faults do not outlive it");
        let queue = session.open("IN");
        assert_eq!(body(&mut session, &get(queue, AT_ONCE)).unwrap(), left, "{action}");
        assert_eq!(body(&mut session, &get(queue, AT_ONCE)), None, "{action}");
    }
}

#[test]
fn a_quiescing_queue_manager_fails_the_verbs_that_ask_for_it() {
    for (words, reason) in [("", mq::MQRC_Q_MGR_QUIESCING), ("REASON(2202)", mq::MQRC_CONNECTION_QUIESCING)] {
        let mut scene = Scene::set();
        scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"under way"));
        let (waiting, unmindful) = (scene.devqm.connect_as("victim"), scene.devqm.connect_as("victim"));
        std::thread::scope(|scope| {
            let wait = |mut session: Session, options: i32| {
                let queue = session.open("IN");
                session.call(&Request::Get(get(queue, AT_ONCE | mq::MQGMO_WAIT | options))).unwrap()
            };
            let waiting = scope.spawn(move || wait(waiting, mq::MQGMO_FAIL_IF_QUIESCING));
            let unmindful = scope.spawn(move || wait(unmindful, 0));
            eventually("both have opened", || {
                mqsc(&mut scene.observer, "DISPLAY QLOCAL(IN) IPPROCS").contains("IPPROCS(4)")
            });
            scene.fault(&format!("ACTION(QUIESCE) {words}"));
            assert_eq!(code(&waiting.join().unwrap()), (mq::MQCC_FAILED, reason));
            let Request::Put(put_one) = put(scene.theirs, PUT | mq::MQPMO_FAIL_IF_QUIESCING, b"late") else {
                panic!("a put")
            };
            for request in [
                Request::Open(open("IN", mq::MQOO_OUTPUT | mq::MQOO_FAIL_IF_QUIESCING)),
                Request::Get(get(scene.theirs, AT_ONCE | mq::MQGMO_FAIL_IF_QUIESCING)),
                Request::Put1(open("IN", 0), put_one.clone()),
                Request::Put(put_one),
            ] {
                fails(&mut scene.victim, &request, reason);
            }
            assert_eq!(scene.devqm.try_connect_as("victim").unwrap().1, reason);
            assert_eq!(scene.counts().1, 6);
            scene.victim.ok(&Request::Inquire(scene.theirs, vec![mq::MQIA_CURRENT_Q_DEPTH]));
            scene.victim.ok(&Request::Commit);
            assert_eq!(unmindful.join().unwrap().reason, mq::MQRC_NONE);
        });
        scene.heal();
        scene.victim.ok(&Request::Open(open("IN", mq::MQOO_OUTPUT | mq::MQOO_FAIL_IF_QUIESCING)));
    }
}

#[test]
fn a_queue_manager_that_is_told_to_stop_ends_every_wait() {
    for options in [0, mq::MQGMO_FAIL_IF_QUIESCING] {
        let mut scene = Scene::set();
        scene.fault("VERB(MQGET) ACTION(NONE)");
        scene.victim.send(&Request::Get(get(scene.theirs, AT_ONCE | mq::MQGMO_WAIT | options)));
        eventually("the get has come", || scene.counts() == (1, 0));
        assert!(scene.devqm.terminate().success());
        assert_eq!(code(&scene.victim.receive()), (mq::MQCC_FAILED, mq::MQRC_Q_MGR_STOPPING));
    }
}

#[test]
fn a_queue_manager_quiesces_from_a_stated_verb_on() {
    let mut scene = Scene::set();
    scene.fault("VERB(MQCMIT) NTH(2) ACTION(QUIESCE)");
    let mindful = Request::Get(get(scene.theirs, AT_ONCE | mq::MQGMO_FAIL_IF_QUIESCING));
    scene.victim.ok(&Request::Commit);
    fails(&mut scene.victim, &mindful, mq::MQRC_NO_MSG_AVAILABLE);
    scene.victim.ok(&Request::Commit);
    fails(&mut scene.victim, &mindful, mq::MQRC_Q_MGR_QUIESCING);
    assert_eq!(scene.counts(), (2, 1));
}

#[test]
fn different_messages_share_a_few_ids() {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut scene = Scene::set();
        scene.fault("ACTION(REUSEDMSGIDS) SEED(11)");
        let Request::Put(put_one) = put(scene.theirs, PUT, b"x") else { panic!("a put") };
        let mut asking = put_one.clone();
        asking.options |= mq::MQPMO_NEW_MSG_ID;
        asking.descriptor.message_id = [9; 24];
        let mut own = put_one.clone();
        own.descriptor.message_id = [9; 24];
        for request in [put_one, asking] {
            scene.victim.ok(&Request::Put(Put { ..request.clone() }));
            scene.victim.ok(&Request::Put1(open("IN", 0), request.clone()));
            scene.victim.ok(&Request::Put(request));
        }
        let Outcome::Put(returned, _) = scene.victim.ok(&Request::Put(own)) else { panic!("a put") };
        assert_eq!(returned.message_id, [9; 24], "an id of its own stays");
        assert_eq!(scene.counts(), (6, 6));
        ids.push(
            std::iter::from_fn(|| scene.observer.get(&get(scene.queue, AT_ONCE)).unwrap())
                .map(|got| got.descriptor.message_id)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(ids[0], ids[1], "from the same seed the same ids");
    let mut few = ids.remove(0);
    assert_eq!(few.len(), 7);
    few.sort_unstable();
    few.dedup();
    assert!(few.len() <= 5, "four of the queue manager's, and the one of its own: {}", few.len());
}

#[test]
fn the_verbs_of_a_workload_are_counted_and_others_are_not() {
    let mut scene = Scene::set();
    scene.fault("ACTION(NONE)");
    mqsc(
        &mut scene.observer,
        "DEFINE FAULT(PUTS) APPLTAG('vict*') VERB(MQPUT) QUEUE(I*) ACTION(NONE)
         DEFINE FAULT(ELSEWHERE) QUEUE(OUT) ACTION(NONE)",
    );
    scene.observer.ok(&put(scene.queue, PUT, b"a"));
    scene.victim.ok(&put(scene.theirs, PUT_IN_UNIT, b"b"));
    body(&mut scene.victim, &get(scene.theirs, IN_UNIT)).unwrap();
    scene.victim.ok(&Request::Commit);
    scene.victim.ok(&Request::Disconnect);
    assert_eq!(scene.counts(), (4, 0));
    let shown = mqsc(&mut scene.observer, "DISPLAY FAULT(PUTS)");
    assert_eq!((number(&shown, "SEEN("), number(&shown, "FIRED(")), (1, 0));
    for word in ["ACTION(NONE)", "APPLTAG(vict*)", "VERB(MQPUT)", "QUEUE(I*)"] {
        assert!(shown.contains(word), "{word}:\n{shown}");
    }
    assert_eq!(number(&mqsc(&mut scene.observer, "DISPLAY FAULT(ELSEWHERE)"), "SEEN("), 0);
    assert!(mqsc(&mut scene.observer, "DEFINE FAULT(F) ACTION(NONE)").contains("already exists"));
    assert_eq!(mqsc(&mut scene.observer, "DELETE FAULT(*)"), "3 faults deleted.");
    assert!(mqsc(&mut scene.observer, "DELETE FAULT(F)").contains("not found"));
}

#[test]
fn whoever_deletes_faults_is_not_struck_by_them() {
    let devqm = Devqm::start();
    assert!(devqm.mqsc("DEFINE FAULT(ALL) ACTION(CUTBEFORE) COUNT(*)").success());
    assert!(devqm.try_connect_as("anybody").is_err());
    assert!(devqm.mqsc("DELETE FAULT(*)").success());
    devqm.connect();
}

#[test]
fn faults_hold_up_no_clean_stop() {
    let mut scene = Scene::set();
    scene.fault("VERB(MQCMIT) ACTION(HOLDBEFORE)");
    scene.victim.send(&Request::Commit);
    eventually("it is held", || scene.counts() == (1, 1));
    assert!(scene.devqm.terminate().success());
}

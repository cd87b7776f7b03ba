//! The payments of the demo, in order, and whether each met its fate.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;

use crate::parts::{Parts, eventually, free_address};
use crate::queues::{Parked, Queues};
use crate::screen::{Screen, Tone};
use crate::service::{Callback, Service};

/// How long a part may take to do what it must on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the service stays away in the third chapter.
const ABSENCE: Duration = Duration::from_millis(1500);

/// Everything that stands before the first payment.
pub(crate) struct Setting<'p> {
    parts: &'p Parts,
    service: Service,
    queue_manager: SocketAddr,
    admin: SocketAddr,
}

/// Starts the queue manager, the service and mqgate.
pub(crate) fn set_up<'p>(parts: &'p Parts, screen: &Screen) -> anyhow::Result<Setting<'p>> {
    screen.event(Tone::Quiet, "building", "devqm and mqgate, where that was not done before");
    parts.build()?;
    let (queue_manager, service, admin) = (free_address(1414)?, free_address(8081)?, free_address(9464)?);
    let path = |file: String| parts.folder(&file).display().to_string();
    let mqsc = parts.project("config/dev.mqsc").display().to_string();
    let listen = queue_manager.to_string();
    parts.start(
        "devqm",
        &["serve", "--data", &path("data".into()), "--mqsc", &mqsc, "--listen", &listen],
        &[],
    )?;
    eventually("devqm listens", PATIENCE, || TcpStream::connect(queue_manager).ok())?;
    screen.event(Tone::Plain, "queue manager", &format!("QM1 on {queue_manager}, queues of config/dev.mqsc"));

    let service = Service::new(service);
    service.open().context("the domain service cannot listen")?;
    screen.event(Tone::Plain, "service", &format!("{}, pays in GBP and EUR", service.url()));

    let connection = format!("{}({})", queue_manager.ip(), queue_manager.port());
    let settings = [
        ("MQGATE__MQ_LIBRARY", parts.library().display().to_string()),
        ("MQGATE__SITES__LOCAL__CONNECTION_NAME", connection),
        ("MQGATE__DESTINATIONS__PAYMENTS__URL", service.url()),
        ("MQGATE__ADMIN__LISTEN", admin.to_string()),
    ];
    let config = parts.project("config/dev.toml").display().to_string();
    parts.start("mqgate", &["run", "--config", &config], &settings)?;
    eventually("mqgate lets payments flow (see target/demo/mqgate.log)", PATIENCE, || flowing(admin))?;
    screen.event(Tone::Plain, "mqgate", &format!("config/dev.toml, health on http://{admin}"));
    Ok(Setting { parts, service, queue_manager, admin })
}

/// Puts the payments and follows each to its end. Returns whether all met their fates.
pub(crate) fn tell(setting: &Setting<'_>, screen: &Screen) -> anyhow::Result<bool> {
    let mut queues = Queues::connect(&setting.parts.library(), setting.queue_manager)?;
    let mut told = Told { setting, screen, queues: &mut queues, chapters: 0, seen: 0, parked: 0, well: true };
    told.accepted("A credit transfer that the service accepts", "pacs008-single")?;
    told.accepted("Another, inside a business message envelope", "pacs008-envelope")?;
    told.refused("One in a currency that the service refuses: parked with its answer", "pacs008-fednow")?;
    told.away("A return while the service is down: nothing is parked, nothing is lost", "pacs004-return")?;
    told.unreadable("A message that breaks off in the middle: parked with the place", "pacs008-single")?;
    told.settled()?;
    Ok(told.well)
}

/// What has been told so far.
struct Told<'t> {
    setting: &'t Setting<'t>,
    screen: &'t Screen,
    queues: &'t mut Queues,
    chapters: usize,
    seen: usize,
    parked: usize,
    well: bool,
}

impl Told<'_> {
    fn accepted(&mut self, title: &str, fixture: &str) -> anyhow::Result<()> {
        self.chapter(title);
        self.put(&self.payment(fixture)?)?;
        let callback = self.next_callback()?;
        self.check(callback.answer == 200, "accepted", "the service has it; the unit of work is committed");
        Ok(())
    }

    fn refused(&mut self, title: &str, fixture: &str) -> anyhow::Result<()> {
        self.chapter(title);
        self.put(&self.payment(fixture)?)?;
        let callback = self.next_callback()?;
        let parked = self.next_parked()?;
        let well =
            callback.answer == 422 && parked.reason == "rejected" && parked.status.as_deref() == Some("422");
        self.check(well, "parked", &evidence(&parked));
        Ok(())
    }

    fn away(&mut self, title: &str, fixture: &str) -> anyhow::Result<()> {
        self.chapter(title);
        self.setting.service.close();
        self.screen.event(Tone::Waiting, "service", "is down");
        self.put(&self.payment(fixture)?)?;
        let admin = self.setting.admin;
        eventually("mqgate notices", PATIENCE, || (!flowing_now(admin)?).then_some(()))?;
        self.screen.event(
            Tone::Waiting,
            "held",
            "the destination is out: one message probes, the others wait",
        );
        // The story needs the service to be away for a moment; nothing else depends on how long.
        std::thread::sleep(ABSENCE);
        self.setting.service.open().context("the service cannot listen again")?;
        self.screen.event(Tone::Waiting, "service", "is back");
        let callback = self.next_callback()?;
        let attempts: u32 = callback.attempt.parse().unwrap_or(0);
        let still = self.queues.parked()?.len() == self.parked;
        let particulars = format!("at attempt {attempts}, with the same key; nothing was parked");
        self.check(callback.answer == 200 && attempts > 1 && still, "accepted", &particulars);
        Ok(())
    }

    fn unreadable(&mut self, title: &str, fixture: &str) -> anyhow::Result<()> {
        self.chapter(title);
        let mut body = self.payment(fixture)?;
        body.truncate(body.len() / 2);
        self.put(&body)?;
        let parked = self.next_parked()?;
        let unseen = self.setting.service.callbacks().len() == self.seen;
        self.check(parked.reason == "cannot-translate" && unseen, "parked", &evidence(&parked));
        Ok(())
    }

    /// Nothing is left over: no payment waits, and the service was asked no more than the story says.
    fn settled(&mut self) -> anyhow::Result<()> {
        let emptied =
            eventually("the queue is empty", PATIENCE, || (self.queues.waiting().ok()? == 0).then_some(()));
        let callbacks = self.setting.service.callbacks();
        let once = callbacks.iter().filter(|callback| callback.answer == 200).count() == 3;
        let parked = self.queues.parked()?.len();
        self.screen.line("");
        let well = emptied.is_ok() && once && parked == 2;
        let sum =
            format!("5 payments: 3 accepted once each, {parked} parked with evidence, 0 waiting, 0 lost");
        self.check(well, "settled", &sum);
        Ok(())
    }

    fn chapter(&mut self, title: &str) {
        self.chapters += 1;
        self.screen.chapter(self.chapters, title);
    }

    fn payment(&self, fixture: &str) -> anyhow::Result<Vec<u8>> {
        let file = self.setting.parts.project(&format!("fixtures/iso20022/{fixture}/input.xml"));
        fs::read(&file).with_context(|| file.display().to_string())
    }

    fn put(&mut self, body: &[u8]) -> anyhow::Result<()> {
        self.queues.put(body)?;
        self.screen.event(Tone::Plain, "put", &format!("{} bytes to PAYMENTS.IN, committed", body.len()));
        Ok(())
    }

    fn next_callback(&mut self) -> anyhow::Result<Callback> {
        let (service, seen) = (&self.setting.service, self.seen);
        let callback =
            eventually("the service is called", PATIENCE, || service.callbacks().get(seen).cloned())?;
        self.seen += 1;
        let key: String = callback.key.chars().take(12).collect();
        let particulars = format!(
            "{} as JSON, key {key}…, attempt {}, possible duplicate: {} → {}",
            callback.kind, callback.attempt, callback.possible_duplicate, callback.answer
        );
        self.screen.event(Tone::Plain, "posted", &particulars);
        Ok(callback)
    }

    fn next_parked(&mut self) -> anyhow::Result<Parked> {
        let at = self.parked;
        let queues = &mut *self.queues;
        let parked =
            eventually("the message is parked", PATIENCE, || queues.parked().ok()?.get(at).cloned())?;
        self.parked += 1;
        Ok(parked)
    }

    fn check(&mut self, well: bool, fate: &str, particulars: &str) {
        self.screen.event(if well { Tone::Good } else { Tone::Bad }, fate, particulars);
        self.well &= well;
    }
}

fn evidence(parked: &Parked) -> String {
    let mut text = format!("PAYMENTS.PARKED: {} at stage {}", parked.reason, parked.stage);
    if let Some(status) = &parked.status {
        text.push_str(&format!(", HTTP {status}"));
    }
    if let Some(detail) = &parked.detail {
        text.push_str(&format!(", {detail}"));
    }
    text
}

/// Where to go on from here.
pub(crate) fn where_to_look(setting: &Setting<'_>, screen: &Screen) {
    let admin = setting.admin;
    let queue_manager = setting.queue_manager;
    screen.line("");
    screen.line("Where to look:");
    screen.line(&format!("  metrics         http://{admin}/metrics   health: /livez /readyz /flowing"));
    let library = setting.parts.library();
    let connection = format!("{}({})", queue_manager.ip(), queue_manager.port());
    screen.line("  parked          in another terminal, here:");
    screen.line(&format!(
        "                  export MQGATE__MQ_LIBRARY={} MQGATE__SITES__LOCAL__CONNECTION_NAME='{connection}'",
        library.display()
    ));
    screen.line(&format!(
        "                  {} parked list --config config/dev.toml",
        library.with_file_name("mqgate").display()
    ));
    screen.line("  what was logged target/demo/mqgate.log   (no payload in it)");
    screen.line("  settings        config/dev.toml, every key: config/default.toml");
    screen.line("  a document      mqgate translate --pretty fixtures/iso20022/pacs008-single/input.xml");
    screen.line("  the code        src/bridge.rs, then src/disposition.rs");
    screen.line("");
}

/// Whether all consumers are connected and no destination is out; `None` while nobody answers.
fn flowing_now(admin: SocketAddr) -> Option<bool> {
    let mut stream = TcpStream::connect(admin).ok()?;
    write!(stream, "GET /flowing HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.starts_with("HTTP/1.1 200"))
}

fn flowing(admin: SocketAddr) -> Option<()> {
    flowing_now(admin)?.then_some(())
}

//! PCF commands, put to the command queue as a monitor puts them.

use devqm::pcf::{COMMAND_QUEUE, Content, Header, Order, Parameter, read, write};
use devqm::verbs::{Descriptor, Open, Opened, Outcome, Put, Request};
use libmqm_sys as mq;
use mq::pcf;

use crate::harness::{Devqm, Session, get, mqsc, open, put};

/// One response.
#[derive(Debug)]
struct Response {
    header: Header,
    parameters: Vec<Parameter>,
    descriptor: Descriptor,
}

/// An application with a reply queue of its own.
struct Monitor {
    session: Session,
    commands: i32,
    replies: Opened,
    order: Order,
}

impl Monitor {
    fn connect(devqm: &Devqm, order: Order) -> Self {
        Self::of(devqm.connect_as("monitor"), order)
    }

    fn of(mut session: Session, order: Order) -> Self {
        let model = Open {
            dynamic_name: "MONITOR.*".to_owned(),
            ..open("SYSTEM.DEFAULT.MODEL.QUEUE", mq::MQOO_INPUT_EXCLUSIVE)
        };
        let Outcome::Opened(replies) = session.ok(&Request::Open(model)) else { panic!("an open queue") };
        let Outcome::Opened(commands) = session.ok(&Request::Open(open(COMMAND_QUEUE, mq::MQOO_OUTPUT)))
        else {
            panic!("an open queue")
        };
        Self { session, commands: commands.handle, replies, order }
    }

    fn ask(&mut self, command: i32, parameters: &[Parameter]) -> Vec<Response> {
        let header = Header {
            kind: pcf::MQCFT_COMMAND,
            version: pcf::MQCFH_VERSION_1,
            command,
            sequence_number: 1,
            control: pcf::MQCFC_LAST,
            completion: 0,
            reason: 0,
        };
        let body = write(&header, parameters, self.order);
        self.send(body, *b"MQADMIN ", mq::MQRO_NONE)
    }

    /// The responses to a message on the command queue.
    fn send(&mut self, body: Vec<u8>, format: [u8; 8], report: i32) -> Vec<Response> {
        let Request::Put(mut request) = put(self.commands, mq::MQPMO_NO_SYNCPOINT, &body) else {
            panic!("a put")
        };
        request.descriptor = Descriptor {
            message_type: mq::MQMT_REQUEST,
            report,
            format,
            encoding: match self.order {
                Order::Big => mq::MQENC_INTEGER_NORMAL,
                Order::Little => mq::MQENC_INTEGER_REVERSED,
            },
            reply_to_queue: self.replies.object_name.clone(),
            correlation_id: [7; 24],
            ..Descriptor::default()
        };
        let Outcome::Put(sent, _) = self.session.ok(&Request::Put(request)) else { panic!("a put message") };
        let expected = if report & mq::MQRO_PASS_CORREL_ID != 0 { [7; 24] } else { sent.message_id };
        let mut responses = Vec::new();
        loop {
            let got =
                self.session.get(&get(self.replies.handle, mq::MQGMO_WAIT)).unwrap().expect("a response");
            assert_eq!(got.descriptor.correlation_id, expected);
            assert_eq!((got.descriptor.message_type, &got.descriptor.format), (mq::MQMT_REPLY, b"MQADMIN "));
            let order = Order::of(got.descriptor.encoding).unwrap();
            let (header, parameters) = read(&got.body, order, got.descriptor.ccsid).unwrap();
            assert_eq!(header.kind, pcf::MQCFT_RESPONSE);
            assert_eq!(header.sequence_number, i32::try_from(responses.len() + 1).unwrap());
            let is_last = header.control == pcf::MQCFC_LAST;
            responses.push(Response { header, parameters, descriptor: got.descriptor });
            if is_last {
                return responses;
            }
        }
    }

    /// The reason of a command with one response.
    fn reason(&mut self, command: i32, parameters: &[Parameter]) -> i32 {
        match self.ask(command, parameters).as_slice() {
            [only] => only.header.reason,
            responses => panic!("one response, not {responses:?}"),
        }
    }
}

impl Response {
    fn text(&self, id: i32) -> &str {
        match self.content(id) {
            Some(Content::Text(text)) => text,
            other => panic!("{id}: {other:?}"),
        }
    }

    fn number(&self, id: i32) -> i32 {
        match self.content(id) {
            Some(Content::Integer(number)) => *number,
            other => panic!("{id}: {other:?}"),
        }
    }

    fn content(&self, id: i32) -> Option<&Content> {
        self.parameters.iter().find(|parameter| parameter.id == id).map(|parameter| &parameter.content)
    }
}

fn text(id: i32, text: &str) -> Parameter {
    Parameter { id, content: Content::Text(text.to_owned()) }
}

fn number(id: i32, number: i32) -> Parameter {
    Parameter { id, content: Content::Integer(number) }
}

fn queue(name: &str) -> Parameter {
    text(mq::MQCA_Q_NAME, name)
}

#[test]
fn queues_are_inquired_in_both_byte_orders() {
    let devqm = Devqm::start();
    for order in [Order::Big, Order::Little] {
        let mut monitor = Monitor::connect(&devqm, order);
        let responses =
            monitor.ask(pcf::MQCMD_INQUIRE_Q, &[queue("*"), number(mq::MQIA_Q_TYPE, mq::MQQT_LOCAL)]);
        let names: Vec<_> = responses.iter().map(|each| each.text(mq::MQCA_Q_NAME).to_owned()).collect();
        assert!(
            ["BACKOUT", "IN", "OUT", COMMAND_QUEUE].iter().all(|name| names.contains(&(*name).to_owned()))
        );
        assert!(responses.iter().all(|each| each.header.completion == mq::MQCC_OK));
        assert_eq!(Order::of(responses[0].descriptor.encoding), Some(order));
        let inbound = &responses[names.iter().position(|name| name == "IN").unwrap()];
        assert_eq!(inbound.number(mq::MQIA_BACKOUT_THRESHOLD), 3);
        assert_eq!(inbound.text(mq::MQCA_BACKOUT_REQ_Q_NAME), "BACKOUT");
        assert_eq!(inbound.number(mq::MQIA_Q_TYPE), mq::MQQT_LOCAL);
        assert_eq!(inbound.number(mq::MQIA_CURRENT_Q_DEPTH), 0);
    }
}

#[test]
fn only_the_attributes_asked_for_are_returned_and_filters_are_kept() {
    let devqm = Devqm::start();
    let mut monitor = Monitor::connect(&devqm, Order::Little);
    let mut session = devqm.connect();
    let handle = session.open("IN");
    session.ok(&put(handle, mq::MQPMO_NO_SYNCPOINT, b"one"));
    let attributes = Content::Integers(vec![mq::MQIA_CURRENT_Q_DEPTH]);
    let selection = Parameter { id: pcf::MQIACF_Q_ATTRS, content: attributes };
    let filter =
        Parameter { id: mq::MQIA_CURRENT_Q_DEPTH, content: Content::IntegerFilter(pcf::MQCFOP_GREATER, 0) };
    let responses = monitor.ask(pcf::MQCMD_INQUIRE_Q, &[queue("*"), selection, filter]);
    let [only] = responses.as_slice() else { panic!("{responses:?}") };
    let ids: Vec<_> = only.parameters.iter().map(|parameter| parameter.id).collect();
    assert_eq!(ids, [mq::MQCA_Q_NAME, mq::MQIA_Q_TYPE, mq::MQIA_CURRENT_Q_DEPTH]);
    assert_eq!((only.text(mq::MQCA_Q_NAME), only.number(mq::MQIA_CURRENT_Q_DEPTH)), ("IN", 1));
}

#[test]
fn states_tell_who_has_what_open() {
    let devqm = Devqm::start();
    let mut monitor = Monitor::connect(&devqm, Order::Little);
    let mut session = devqm.connect_as("payer");
    let handle = session.open("IN");
    session.ok(&put(handle, mq::MQPMO_SYNCPOINT, b"one"));
    let status = &monitor.ask(pcf::MQCMD_INQUIRE_Q_STATUS, &[queue("IN")])[0];
    assert_eq!(status.number(pcf::MQIACF_UNCOMMITTED_MSGS), 1);
    assert_eq!(status.number(mq::MQIA_OPEN_INPUT_COUNT), 1);
    let handles = number(pcf::MQIACF_Q_STATUS_TYPE, pcf::MQIACF_Q_HANDLE);
    let handle = &monitor.ask(pcf::MQCMD_INQUIRE_Q_STATUS, &[queue("IN"), handles.clone()])[0];
    assert_eq!(handle.text(pcf::MQCACF_APPL_TAG), "payer");
    assert_eq!(handle.number(pcf::MQIACF_OPEN_INPUT_TYPE), pcf::MQQSO_SHARED);
    assert_eq!(handle.number(pcf::MQIACF_OPEN_BROWSE), pcf::MQQSO_NO);
    assert_eq!(
        monitor.reason(pcf::MQCMD_INQUIRE_Q_STATUS, &[queue("OUT"), handles]),
        pcf::MQRCCF_Q_STATUS_NOT_FOUND
    );

    let tag = Parameter {
        id: pcf::MQCACF_APPL_TAG,
        content: Content::TextFilter(pcf::MQCFOP_EQUAL, "payer".to_owned()),
    };
    let all = Parameter { id: pcf::MQBACF_GENERIC_CONNECTION_ID, content: Content::Bytes(Vec::new()) };
    let connections = monitor.ask(pcf::MQCMD_INQUIRE_CONNECTION, &[all, tag]);
    let [connection] = connections.as_slice() else { panic!("{connections:?}") };
    assert!(
        matches!(connection.content(pcf::MQBACF_CONNECTION_ID), Some(Content::Bytes(id)) if id.len() == 24)
    );
    assert_eq!(connection.number(pcf::MQIACF_UOW_STATE), pcf::MQUOWST_ACTIVE);
    assert_eq!(connection.text(pcf::MQCACH_CONNECTION_NAME), "127.0.0.1");

    let channel = text(pcf::MQCACH_CHANNEL_NAME, "DEV.*");
    let channels = monitor.ask(pcf::MQCMD_INQUIRE_CHANNEL_STATUS, std::slice::from_ref(&channel));
    assert_eq!(channels.len(), 2);
    assert!(channels.iter().all(|each| each.number(pcf::MQIACH_CHANNEL_STATUS) == pcf::MQCHS_RUNNING));
    let definition = &monitor.ask(pcf::MQCMD_INQUIRE_CHANNEL, &[channel])[0];
    assert_eq!(definition.text(pcf::MQCACH_CHANNEL_NAME), "DEV.APP.SVRCONN");
    assert_eq!(definition.number(pcf::MQIACH_HB_INTERVAL), 300);
    let nobody = text(pcf::MQCACH_CHANNEL_NAME, "NOBODY");
    assert_eq!(
        monitor.reason(pcf::MQCMD_INQUIRE_CHANNEL_STATUS, std::slice::from_ref(&nobody)),
        pcf::MQRCCF_CHL_STATUS_NOT_FOUND
    );
    assert_eq!(monitor.reason(pcf::MQCMD_INQUIRE_CHANNEL, &[nobody]), pcf::MQRCCF_CHANNEL_NOT_FOUND);

    let own = &monitor.ask(pcf::MQCMD_INQUIRE_Q_MGR_STATUS, &[])[0];
    assert_eq!(own.text(mq::MQCA_Q_MGR_NAME), "QM1");
    // This monitor, the payer, and the command server itself.
    assert_eq!(own.number(pcf::MQIACF_CONNECTION_COUNT), 3);
    let own = &monitor.ask(pcf::MQCMD_INQUIRE_Q_MGR, &[])[0];
    assert_eq!(own.number(mq::MQIA_PLATFORM), mq::MQPL_UNIX);
    assert_eq!(own.text(mq::MQCA_COMMAND_INPUT_Q_NAME), COMMAND_QUEUE);
    assert_eq!(monitor.reason(pcf::MQCMD_PING_Q_MGR, &[]), mq::MQRC_NONE);
}

#[test]
fn names_come_as_lists() {
    let devqm = Devqm::start();
    let mut monitor = Monitor::connect(&devqm, Order::Big);
    let names = monitor.ask(pcf::MQCMD_INQUIRE_Q_NAMES, &[queue("SYSTEM.DEFAULT.*")]);
    let expected = ["ALIAS", "LOCAL", "MODEL"].map(|kind| format!("SYSTEM.DEFAULT.{kind}.QUEUE"));
    assert_eq!(names[0].content(pcf::MQCACF_Q_NAMES), Some(&Content::Texts(expected.to_vec())));
    let types = Content::Integers(vec![mq::MQQT_ALIAS, mq::MQQT_LOCAL, mq::MQQT_MODEL]);
    assert_eq!(names[0].content(pcf::MQIACF_Q_TYPES), Some(&types));
    let channels = monitor.ask(pcf::MQCMD_INQUIRE_CHANNEL_NAMES, &[text(pcf::MQCACH_CHANNEL_NAME, "DEV.*")]);
    let expected = Content::Texts(vec!["DEV.APP.SVRCONN".to_owned()]);
    assert_eq!(channels[0].content(pcf::MQCACH_CHANNEL_NAMES), Some(&expected));
}

#[test]
fn queues_are_created_changed_copied_cleared_and_deleted_durably() {
    let mut devqm = Devqm::start();
    let local = number(mq::MQIA_Q_TYPE, mq::MQQT_LOCAL);
    {
        let mut monitor = Monitor::connect(&devqm, Order::Little);
        let depth = number(mq::MQIA_MAX_Q_DEPTH, 77);
        let create = [queue("NEW"), local.clone(), depth, text(mq::MQCA_Q_DESC, "it's new")];
        assert_eq!(monitor.reason(pcf::MQCMD_CREATE_Q, &create), mq::MQRC_NONE);
        assert_eq!(monitor.reason(pcf::MQCMD_CREATE_Q, &create), pcf::MQRCCF_OBJECT_ALREADY_EXISTS);
        let copy =
            [text(pcf::MQCACF_FROM_Q_NAME, "NEW"), text(pcf::MQCACF_TO_Q_NAME, "NEWER"), local.clone()];
        assert_eq!(monitor.reason(pcf::MQCMD_COPY_Q, &copy), mq::MQRC_NONE);
        let change = [queue("NEW"), local.clone(), number(mq::MQIA_INHIBIT_PUT, mq::MQQA_PUT_INHIBITED)];
        assert_eq!(monitor.reason(pcf::MQCMD_CHANGE_Q, &change), mq::MQRC_NONE);
        assert_eq!(monitor.reason(pcf::MQCMD_DELETE_Q, &[queue("OUT")]), mq::MQRC_NONE);
        assert_eq!(monitor.reason(pcf::MQCMD_DELETE_Q, &[queue("OUT")]), mq::MQRC_UNKNOWN_OBJECT_NAME);
    }
    devqm.kill();
    // Defined anew by the file, which says what should exist.
    devqm.restart();
    let mut monitor = Monitor::connect(&devqm, Order::Little);
    let found = &monitor.ask(pcf::MQCMD_INQUIRE_Q, &[queue("NEW")])[0];
    assert_eq!(found.number(mq::MQIA_MAX_Q_DEPTH), 77);
    assert_eq!(found.number(mq::MQIA_INHIBIT_PUT), mq::MQQA_PUT_INHIBITED);
    assert_eq!(found.text(mq::MQCA_Q_DESC), "it's new");
    let copied = &monitor.ask(pcf::MQCMD_INQUIRE_Q, &[queue("NEWER")])[0];
    assert_eq!((copied.number(mq::MQIA_MAX_Q_DEPTH), copied.number(mq::MQIA_INHIBIT_PUT)), (77, 0));

    let mut session = devqm.connect();
    let handle = session.open("NEWER");
    session.ok(&put(handle, mq::MQPMO_NO_SYNCPOINT, b"one"));
    assert_eq!(monitor.reason(pcf::MQCMD_CLEAR_Q, &[queue("NEWER")]), mq::MQRC_OBJECT_IN_USE);
    session.ok(&Request::Close(handle, mq::MQCO_NONE));
    assert_eq!(monitor.reason(pcf::MQCMD_DELETE_Q, &[queue("NEWER"), local]), mq::MQRC_Q_NOT_EMPTY);
    assert_eq!(monitor.reason(pcf::MQCMD_CLEAR_Q, &[queue("NEWER")]), mq::MQRC_NONE);
    assert_eq!(monitor.reason(pcf::MQCMD_DELETE_Q, &[queue("NEWER")]), mq::MQRC_NONE);
}

#[test]
fn what_is_wrong_with_a_command_is_answered_by_its_reason() {
    let devqm = Devqm::start();
    let mut monitor = Monitor::connect(&devqm, Order::Little);
    let wrong_parameter =
        |response: &Response| (response.header.reason, response.number(pcf::MQIACF_PARAMETER_ID));
    let cases = [
        (vec![], pcf::MQRCCF_PARM_COUNT_TOO_SMALL, mq::MQCA_Q_NAME),
        (vec![number(mq::MQCA_Q_NAME, 1)], pcf::MQRCCF_STRUCTURE_TYPE_ERROR, mq::MQCA_Q_NAME),
        (vec![queue("NO NAME")], pcf::MQRCCF_OBJECT_NAME_ERROR, mq::MQCA_Q_NAME),
        (vec![queue("IN"), number(mq::MQIA_Q_TYPE, 99)], pcf::MQRCCF_Q_TYPE_ERROR, mq::MQIA_Q_TYPE),
        (vec![queue("IN"), number(4711, 1)], pcf::MQRCCF_CFIN_PARM_ID_ERROR, 4711),
        (vec![queue("IN"), queue("IN")], pcf::MQRCCF_CFST_DUPLICATE_PARM, mq::MQCA_Q_NAME),
    ];
    for (parameters, reason, id) in cases {
        let responses = monitor.ask(pcf::MQCMD_INQUIRE_Q, &parameters);
        assert_eq!(wrong_parameter(&responses[0]), (reason, id), "{parameters:?}");
        assert_eq!(responses[0].header.completion, mq::MQCC_FAILED);
    }
    assert_eq!(monitor.reason(pcf::MQCMD_INQUIRE_Q, &[queue("NONE.*")]), mq::MQRC_UNKNOWN_OBJECT_NAME);
    assert_eq!(monitor.reason(pcf::MQCMD_REFRESH_CLUSTER, &[]), pcf::MQRCCF_CFH_COMMAND_ERROR);
    let trigger = [queue("T"), number(mq::MQIA_Q_TYPE, mq::MQQT_LOCAL), number(mq::MQIA_TRIGGER_CONTROL, 1)];
    assert_eq!(monitor.reason(pcf::MQCMD_CREATE_Q, &trigger), pcf::MQRCCF_ATTR_VALUE_ERROR);
    for (body, format, reason) in [
        (vec![], *b"MQADMIN ", pcf::MQRCCF_CFH_LENGTH_ERROR),
        (vec![0; 36], *b"MQADMIN ", pcf::MQRCCF_CFH_LENGTH_ERROR),
        (b"hello".to_vec(), *b"MQSTR   ", pcf::MQRCCF_MD_FORMAT_ERROR),
    ] {
        assert_eq!(monitor.send(body, format, mq::MQRO_NONE)[0].header.reason, reason);
    }
    // It is still there.
    assert_eq!(monitor.reason(pcf::MQCMD_PING_Q_MGR, &[]), mq::MQRC_NONE);
}

#[test]
fn ids_are_passed_as_the_command_asks_and_mqsc_may_be_escaped() {
    let devqm = Devqm::start();
    let mut monitor = Monitor::connect(&devqm, Order::Little);
    let header = Header {
        kind: pcf::MQCFT_COMMAND,
        version: pcf::MQCFH_VERSION_1,
        command: pcf::MQCMD_ESCAPE,
        sequence_number: 1,
        control: pcf::MQCFC_LAST,
        completion: 0,
        reason: 0,
    };
    let parameters = [
        number(pcf::MQIACF_ESCAPE_TYPE, pcf::MQET_MQSC),
        text(pcf::MQCACF_ESCAPE_TEXT, "DISPLAY QLOCAL(IN) CURDEPTH"),
    ];
    let body = write(&header, &parameters, Order::Little);
    let said = monitor.send(body, *b"MQADMIN ", mq::MQRO_PASS_CORREL_ID);
    assert!(said[0].text(pcf::MQCACF_ESCAPE_TEXT).contains("CURDEPTH(0)"), "{said:?}");
}

#[test]
fn commands_are_carried_out_with_their_askers_authority() {
    let devqm = Devqm::start();
    let mut administrator = devqm.connect();
    mqsc(
        &mut administrator,
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('limited') AUTHADD(CONNECT,INQ)
         SET AUTHREC PROFILE('SYSTEM.**') OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(PUT,GET)
         SET AUTHREC PROFILE(IN) OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(DSP)",
    );
    let mut monitor = Monitor::of(devqm.connect_user("limited"), Order::Little);
    let shown = monitor.ask(pcf::MQCMD_INQUIRE_Q, &[queue("*")]);
    let names: Vec<_> = shown.iter().map(|each| each.text(mq::MQCA_Q_NAME)).collect();
    // And what it has created itself.
    assert!(matches!(names.as_slice(), ["IN", own] if own.starts_with("MONITOR.")), "{names:?}");
    assert_eq!(monitor.reason(pcf::MQCMD_CLEAR_Q, &[queue("IN")]), mq::MQRC_NOT_AUTHORIZED);
    assert_eq!(monitor.reason(pcf::MQCMD_INQUIRE_Q_MGR_STATUS, &[]), mq::MQRC_NOT_AUTHORIZED);
    assert!(devqm.said().contains("QUEUE(IN): CLR is missing"), "{}", devqm.said());
}

#[test]
fn no_answer_is_put_where_its_asker_may_not_put() {
    let devqm = Devqm::start();
    mqsc(
        &mut devqm.connect(),
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('limited') AUTHADD(CONNECT)
         SET AUTHREC PROFILE('SYSTEM.**') OBJTYPE(QUEUE) PRINCIPAL('limited') AUTHADD(PUT,GET)",
    );
    let mut monitor = Monitor::of(devqm.connect_user("limited"), Order::Little);
    let own = std::mem::replace(&mut monitor.replies.object_name, "IN".to_owned());
    let ping = write(
        &Header {
            kind: 1,
            version: 1,
            command: pcf::MQCMD_PING_Q_MGR,
            sequence_number: 1,
            control: 1,
            completion: 0,
            reason: 0,
        },
        &[],
        Order::Little,
    );
    let request = Put {
        handle: monitor.commands,
        options: mq::MQPMO_NO_SYNCPOINT,
        context: 0,
        descriptor: Descriptor {
            message_type: mq::MQMT_REQUEST,
            format: *b"MQADMIN ",
            reply_to_queue: "IN".to_owned(),
            ..Descriptor::default()
        },
        properties: Vec::new(),
        body: ping,
    };
    monitor.session.ok(&Request::Put(request));
    monitor.replies.object_name = own;
    // Commands are carried out one after another: once this one is answered, that one was.
    assert_eq!(monitor.reason(pcf::MQCMD_PING_Q_MGR, &[]), mq::MQRC_NONE);
    assert!(mqsc(&mut devqm.connect(), "DISPLAY QLOCAL(IN) CURDEPTH").contains("CURDEPTH(0)"));
}

"""pymqi, as it comes from PyPI, against devqm through libmqm_r.so: its whole API, case by case.

Run by integration-tests/python.rs, which says in the environment where the queue manager is. Prints a table of cases; exit code 0 only if all pass.
"""

import os
import sys
import traceback

import pymqi
from pymqi import CMQC, CMQCFC

CHANNEL = os.environ['CHANNEL']
QUEUE_MANAGER = os.environ['QUEUE_MANAGER']
QUEUE, OTHER_QUEUE = os.environ['QUEUES'].split()
CONNECTION_NAME = os.environ['CONNECTION_NAME']
UNUSED_PORT = os.environ['UNUSED_PORT']
SECONDS_MAX = 60

CASES = []


def case(function):
    """Notes a case; each has a connection of its own and finds the queues empty."""
    CASES.append(function)
    return function


def connect():
    return pymqi.connect(QUEUE_MANAGER, CHANNEL, CONNECTION_NAME)


def expect(reason, call, *arguments, **named):
    """Runs a call that must fail with this reason."""
    try:
        call(*arguments, **named)
    except pymqi.MQMIError as error:
        assert error.reason == reason, f'reason {error.reason}, not {reason}'
        return error
    raise AssertionError(f'no error, where {reason} was expected')


def opened(qmgr, options=CMQC.MQOO_INPUT_SHARED | CMQC.MQOO_OUTPUT):
    """The queue, for putting and getting: the package opens for what comes first."""
    return pymqi.Queue(qmgr, QUEUE, options)


def getting(*options, **fields):
    gmo = pymqi.GMO(**fields)
    gmo.Options = CMQC.MQGMO_NO_SYNCPOINT
    for option in options:
        gmo.Options |= option
    return gmo


def waiting():
    return getting(CMQC.MQGMO_WAIT, WaitInterval=SECONDS_MAX * 1000)


def putting(*options, **fields):
    pmo = pymqi.PMO(**fields)
    pmo.Options = CMQC.MQPMO_NO_SYNCPOINT
    for option in options:
        pmo.Options |= option
    return pmo


def escape(qmgr, mqsc):
    """Has the queue manager carry out an MQSC command."""
    pcf = pymqi.PCFExecute(qmgr, response_wait_interval=SECONDS_MAX * 1000)
    pcf.MQCMD_ESCAPE({CMQCFC.MQIACF_ESCAPE_TYPE: CMQCFC.MQET_MQSC, CMQCFC.MQCACF_ESCAPE_TEXT: mqsc})
    pcf.disconnect()


@case
def connections_by_name_options_and_user(qmgr):
    with_user = pymqi.connect(QUEUE_MANAGER, CHANNEL, CONNECTION_NAME, 'alice', 'secret')
    assert with_user.inquire(CMQC.MQCA_Q_MGR_NAME).strip() == QUEUE_MANAGER.encode()
    with_user.disconnect()
    other = pymqi.QueueManager(None)
    other.connect_tcp_client('', pymqi.CD(), CHANNEL, CONNECTION_NAME)
    other.disconnect()
    by_options = pymqi.QueueManager(None)
    cd = pymqi.CD(ChannelName=CHANNEL.encode(), ConnectionName=CONNECTION_NAME.encode(), MaxMsgLength=1000)
    by_options.connect_with_options(QUEUE_MANAGER, cd=cd, opts=CMQC.MQCNO_HANDLE_SHARE_BLOCK)
    expect(CMQC.MQRC_DATA_LENGTH_ERROR, by_options.put1, QUEUE, b'x' * 1001)
    by_options.disconnect()
    by_environment = pymqi.QueueManager(QUEUE_MANAGER)
    assert by_environment.is_connected
    by_environment.disconnect()
    assert not by_environment.is_connected


@case
def connections_that_nobody_answers(qmgr):
    expect(CMQC.MQRC_Q_MGR_NAME_ERROR, pymqi.connect, 'OTHER', CHANNEL, CONNECTION_NAME)
    expect(CMQC.MQRC_UNKNOWN_CHANNEL_NAME, pymqi.connect, QUEUE_MANAGER, 'NO.SUCH', CONNECTION_NAME)
    expect(CMQC.MQRC_HOST_NOT_AVAILABLE, pymqi.connect, QUEUE_MANAGER, CHANNEL, f'127.0.0.1({UNUSED_PORT})')
    escape(qmgr, 'DEFINE FAULT(NO.ANSWER) VERB(MQCONNX) ACTION(CUTBEFORE)')
    expect(CMQC.MQRC_Q_MGR_NOT_AVAILABLE, pymqi.connect, QUEUE_MANAGER, CHANNEL, CONNECTION_NAME)
    escape(qmgr, f'DEFINE FAULT(CUT) VERB(MQGET) QUEUE({QUEUE}) ACTION(CUTBEFORE)')
    expect(CMQC.MQRC_CONNECTION_BROKEN, opened(qmgr).get)
    expect(CMQC.MQRC_CONNECTION_BROKEN, qmgr.commit)


@case
def users_without_authority(qmgr):
    limited = pymqi.connect(QUEUE_MANAGER, CHANNEL, CONNECTION_NAME, 'limited', 'any')
    expect(CMQC.MQRC_NOT_AUTHORIZED, pymqi.Queue, limited, QUEUE, CMQC.MQOO_INPUT_SHARED)
    limited.put1(QUEUE, b'this may be')
    limited.disconnect()


@case
def put_get_and_put1(qmgr):
    queue = opened(qmgr)
    md = pymqi.MD()
    queue.put('Zürich', md, putting())
    got = pymqi.MD()
    assert queue.get(None, got, getting()) == 'Zürich'.encode()
    assert got.MsgId == md.MsgId and got.PutApplName.strip()
    assert (got.Format, got.CodedCharSetId) == (CMQC.MQFMT_STRING, 1208)
    qmgr.put1(QUEUE, b'once', pymqi.MD(), putting())
    qmgr.put1(pymqi.OD(ObjectName=QUEUE.encode()), b'twice')
    assert queue.get() == b'once'
    assert queue.get() == b'twice'
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get)
    queue.put(b'x' * 100_000)
    assert len(queue.get()) == 100_000, 'longer than the buffer that the package begins with'
    queue.close()


@case
def descriptors_travel(qmgr):
    queue = opened(qmgr)
    fields = {
        'MsgType': CMQC.MQMT_REQUEST,
        'Expiry': 600,
        'Feedback': 65_537,
        'Format': b'ANY     ',
        'Priority': 7,
        'Persistence': CMQC.MQPER_PERSISTENT,
        'MsgId': b'm' * 24,
        'CorrelId': b'c' * 24,
        'ReplyToQ': OTHER_QUEUE.encode().ljust(48),
        'ApplIdentityData': b'identity'.ljust(32),
    }
    md = pymqi.MD(**fields)
    setting = opened(qmgr, CMQC.MQOO_OUTPUT | CMQC.MQOO_SET_IDENTITY_CONTEXT)
    setting.put(b'described', md, putting(CMQC.MQPMO_SET_IDENTITY_CONTEXT))
    got = pymqi.MD()
    queue.get(None, got, getting())
    for name, value in fields.items():
        found = got[name]
        assert found <= value and found > 500 if name == 'Expiry' else found == value, f'{name}: {found!r}'
    assert got.ReplyToQMgr.strip() == QUEUE_MANAGER.encode()
    expect(CMQC.MQRC_MISSING_REPLY_TO_Q, queue.put, b'x', pymqi.MD(MsgType=CMQC.MQMT_REQUEST))


@case
def match_truncate_and_wait(qmgr):
    queue = opened(qmgr)
    for number in range(3):
        queue.put(b'message %d' % number, pymqi.MD(CorrelId=bytes([number + 1]) * 24))
    wanted = pymqi.MD(CorrelId=bytes([2]) * 24)
    assert queue.get(None, wanted, getting()) == b'message 1'
    error = expect(CMQC.MQRC_TRUNCATED_MSG_FAILED, queue.get, 4, pymqi.MD(), getting())
    assert error.original_length == 9
    gmo = getting(CMQC.MQGMO_ACCEPT_TRUNCATED_MSG)
    error = expect(CMQC.MQRC_TRUNCATED_MSG_ACCEPTED, queue.get, 4, pymqi.MD(), gmo)
    assert error.message == b'mess'
    assert queue.get() == b'message 2'
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get, None, pymqi.MD(), getting(CMQC.MQGMO_WAIT, WaitInterval=20))


@case
def browse(qmgr):
    queue = opened(qmgr, CMQC.MQOO_INPUT_SHARED | CMQC.MQOO_OUTPUT | CMQC.MQOO_BROWSE)
    for text in (b'one', b'two'):
        queue.put(text)
    first, following = getting(CMQC.MQGMO_BROWSE_FIRST), getting(CMQC.MQGMO_BROWSE_NEXT)
    assert queue.get(None, pymqi.MD(), first) == b'one'
    assert queue.get(None, pymqi.MD(), following) == b'two'
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get, None, pymqi.MD(), following)
    assert queue.get(None, pymqi.MD(), getting(CMQC.MQGMO_MSG_UNDER_CURSOR)) == b'two'
    assert queue.get() == b'one'


@case
def units_of_work(qmgr):
    queue = opened(qmgr)
    pmo = pymqi.PMO(Options=CMQC.MQPMO_SYNCPOINT)
    queue.put(b'backed out', pymqi.MD(), pmo)
    qmgr.backout()
    queue.put(b'committed', pymqi.MD(), pmo)
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get, None, pymqi.MD(), getting())
    qmgr.commit()
    gmo = pymqi.GMO(Options=CMQC.MQGMO_SYNCPOINT)
    for count in (0, 1):
        md = pymqi.MD()
        assert queue.get(None, md, gmo) == b'committed'
        assert md.BackoutCount == count
        qmgr.commit() if count else qmgr.backout()
    queue.put(b'disconnecting commits', pymqi.MD(), pmo)
    qmgr.disconnect()
    qmgr.connect_tcp_client(QUEUE_MANAGER, pymqi.CD(), CHANNEL, CONNECTION_NAME)
    assert opened(qmgr).get() == b'disconnecting commits'
    expect(CMQC.MQRC_ENVIRONMENT_ERROR, qmgr.begin)


@case
def properties(qmgr):
    values = {
        b'text': ('red', CMQC.MQTYPE_STRING, 3),
        b'number': (7, CMQC.MQTYPE_INT32, 4),
        b'long': (-5, CMQC.MQTYPE_INT64, 8),
        b'flag': (True, CMQC.MQTYPE_BOOLEAN, 4),
        b'half': (0.5, CMQC.MQTYPE_FLOAT64, 8),
        b'bytes': (b'\x01\xff', CMQC.MQTYPE_BYTE_STRING, 2),
    }
    sent = pymqi.MessageHandle(qmgr)
    for name, (value, kind, length) in values.items():
        sent.properties.set(name, value, kind, length)
    queue = opened(qmgr)
    pmo = putting(Version=CMQC.MQPMO_VERSION_3, OriginalMsgHandle=sent.msg_handle)
    queue.put(b'with properties', pymqi.MD(Version=CMQC.MQMD_VERSION_2), pmo)
    taken = pymqi.MessageHandle(qmgr)
    gmo = getting(CMQC.MQGMO_PROPERTIES_IN_HANDLE, Version=CMQC.MQGMO_VERSION_4, MsgHandle=taken.msg_handle)
    assert queue.get(None, pymqi.MD(Version=CMQC.MQMD_VERSION_2), gmo) == b'with properties'
    for name, (value, kind, _) in values.items():
        found = taken.properties.get(name, property_type=kind)
        assert found == value, f'{name}: {found!r}'
    expect(CMQC.MQRC_PROPERTY_NOT_AVAILABLE, taken.properties.get, b'gone')
    error = expect(CMQC.MQRC_PROPERTY_VALUE_TOO_BIG, taken.properties.get, b'text', max_value_length=2)
    assert error.dataLength == 3


@case
def headers_of_properties(qmgr):
    queue = opened(qmgr)
    header = pymqi.RFH2()
    header['Format'] = CMQC.MQFMT_STRING
    header['CodedCharSetId'] = 1208
    header['NameValueCCSID'] = 1208
    header.add_folder(b'<usr><colour>red</colour></usr>')
    md = pymqi.MD(Format=CMQC.MQFMT_RF_HEADER_2, Encoding=CMQC.MQENC_NATIVE)
    queue.put_rfh2(b'body', md, putting(), [header])
    queue.put_rfh2(b'body', md, putting(), [header])
    headers = []
    gmo = getting(CMQC.MQGMO_PROPERTIES_FORCE_MQRFH2)
    assert queue.get_rfh2(None, pymqi.MD(), gmo, headers) == b'body'
    assert headers[0]['usr'].strip() == b'<usr><colour>red</colour></usr>'
    assert queue.get_no_rfh2() == b'body'


@case
def inquire_and_set(qmgr):
    assert qmgr.inquire(CMQC.MQCA_Q_MGR_NAME).strip() == QUEUE_MANAGER.encode()
    assert qmgr.inquire(CMQC.MQIA_COMMAND_LEVEL) >= 900
    expect(CMQC.MQRC_SELECTOR_ERROR, qmgr.inquire, 1_999)
    queue = opened(qmgr, CMQC.MQOO_INQUIRE | CMQC.MQOO_SET | CMQC.MQOO_OUTPUT)
    assert queue.inquire(CMQC.MQIA_CURRENT_Q_DEPTH) == 0
    assert queue.inquire(CMQC.MQCA_Q_NAME).strip() == QUEUE.encode()
    queue.set(CMQC.MQIA_INHIBIT_PUT, CMQC.MQQA_PUT_INHIBITED)
    assert queue.inquire(CMQC.MQIA_INHIBIT_PUT) == CMQC.MQQA_PUT_INHIBITED
    expect(CMQC.MQRC_PUT_INHIBITED, queue.put, b'x')
    queue.set(CMQC.MQIA_INHIBIT_PUT, CMQC.MQQA_PUT_ALLOWED)
    queue.put(b'x')


@case
def dynamic_queues_and_reports(qmgr):
    od = pymqi.OD(ObjectName=b'SYSTEM.DEFAULT.MODEL.QUEUE', DynamicQName=b'REPLY.*')
    replies = pymqi.Queue(qmgr, od, CMQC.MQOO_INPUT_EXCLUSIVE)
    name = od.ObjectName.strip()
    assert name.startswith(b'REPLY.')
    report = CMQC.MQRO_COA | CMQC.MQRO_COPY_MSG_ID_TO_CORREL_ID
    md = pymqi.MD(MsgType=CMQC.MQMT_REQUEST, ReplyToQ=name, Report=report)
    queue = opened(qmgr)
    queue.put(b'request', md)
    came = pymqi.MD()
    assert replies.get(None, came) == b''
    assert (came.Feedback, came.CorrelId) == (CMQC.MQFB_COA, md.MsgId)
    request = pymqi.MD()
    queue.get(None, request)
    qmgr.put1(request.ReplyToQ.strip(), b'answer', pymqi.MD(CorrelId=request.MsgId))
    assert replies.get() == b'answer'


@case
def groups_and_segments(qmgr):
    queue = opened(qmgr)
    pmo = putting(CMQC.MQPMO_LOGICAL_ORDER, Version=CMQC.MQPMO_VERSION_2)
    for number, flags in enumerate([CMQC.MQMF_MSG_IN_GROUP, CMQC.MQMF_LAST_MSG_IN_GROUP]):
        queue.put(b'%d' % number, pymqi.MD(Version=CMQC.MQMD_VERSION_2, MsgFlags=flags), pmo)
    gmo = getting(CMQC.MQGMO_LOGICAL_ORDER, CMQC.MQGMO_ALL_MSGS_AVAILABLE, Version=CMQC.MQGMO_VERSION_2)
    for number in range(2):
        md = pymqi.MD(Version=CMQC.MQMD_VERSION_2)
        assert queue.get(None, md, gmo) == b'%d' % number
        assert md.MsgSeqNumber == number + 1
    for part, flags in ((b'first ', CMQC.MQMF_SEGMENT), (b'last', CMQC.MQMF_LAST_SEGMENT)):
        queue.put(part, pymqi.MD(Version=CMQC.MQMD_VERSION_2, MsgFlags=flags), pmo)
    gmo = getting(CMQC.MQGMO_COMPLETE_MSG, Version=CMQC.MQGMO_VERSION_2)
    assert queue.get(None, pymqi.MD(Version=CMQC.MQMD_VERSION_2), gmo) == b'first last'


@case
def conversion(qmgr):
    queue = opened(qmgr)
    queue.put(b'\xe9\xdc\x99\x89\x83\x88', pymqi.MD(Format=CMQC.MQFMT_STRING, CodedCharSetId=500))
    asked = pymqi.MD(CodedCharSetId=1208)
    assert queue.get(None, asked, getting(CMQC.MQGMO_CONVERT)) == 'Zürich'.encode()


@case
def topics_and_subscriptions(qmgr):
    subscription = pymqi.Subscription(qmgr)
    subscription.sub(topic_string='sport/+')
    topic = pymqi.Topic(qmgr, topic_string='sport/chess')
    topic.open(open_opts=CMQC.MQOO_OUTPUT)
    topic.pub(b'mate')
    assert subscription.get(None, pymqi.MD(), waiting()) == b'mate'
    topic.pub(b'kept', pymqi.MD(), putting(CMQC.MQPMO_RETAIN))
    assert subscription.get(None, pymqi.MD(), waiting()) == b'kept'
    later = pymqi.Topic(qmgr, topic_string='sport/#').sub()
    assert later.get(None, pymqi.MD(), waiting()) == b'kept'
    subscription.close(close_sub_queue=True)
    later.close(close_sub_queue=True)
    topic.close()


@case
def subscriptions_to_a_queue_of_the_program(qmgr):
    queue = opened(qmgr)
    subscription = pymqi.Subscription(qmgr)
    options = CMQC.MQSO_CREATE | CMQC.MQSO_NON_DURABLE
    subscription.sub(sub_queue=queue, sub_opts=options, topic_string='prices/oil')
    topic = pymqi.Topic(qmgr, topic_string='prices/oil', open_opts=CMQC.MQOO_OUTPUT)
    topic.pub(b'42')
    assert queue.get(None, pymqi.MD(), waiting()) == b'42'
    subscription.close()
    topic.pub(b'43')
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get)


@case
def durable_subscriptions(qmgr):
    options = CMQC.MQSO_CREATE | CMQC.MQSO_RESUME | CMQC.MQSO_DURABLE | CMQC.MQSO_MANAGED
    first = pymqi.Subscription(qmgr)
    first.sub(sub_name='pymqi', topic_string='news', sub_opts=options)
    first.close(CMQC.MQCO_KEEP_SUB, close_sub_queue=True)
    pymqi.Topic(qmgr, topic_string='news', open_opts=CMQC.MQOO_OUTPUT).pub(b'while away')
    again = pymqi.Subscription(qmgr)
    again.sub(sub_name='pymqi', topic_string='news', sub_opts=options)
    assert again.get(None, pymqi.MD(), getting()) == b'while away'
    again.close(CMQC.MQCO_REMOVE_SUB, close_sub_queue=True)
    resume = CMQC.MQSO_RESUME | CMQC.MQSO_DURABLE | CMQC.MQSO_MANAGED
    gone = pymqi.Subscription(qmgr)
    expect(CMQC.MQRC_NO_SUBSCRIPTION, gone.sub, sub_name='pymqi', topic_string='news', sub_opts=resume)


@case
def queues_that_are_not_there(qmgr):
    expect(CMQC.MQRC_UNKNOWN_OBJECT_NAME, pymqi.Queue, qmgr, 'NO.SUCH.QUEUE', CMQC.MQOO_OUTPUT)
    exclusive = pymqi.Queue(qmgr, OTHER_QUEUE, CMQC.MQOO_INPUT_EXCLUSIVE)
    expect(CMQC.MQRC_OBJECT_IN_USE, pymqi.Queue, qmgr, OTHER_QUEUE, CMQC.MQOO_INPUT_SHARED)
    error = expect(CMQC.MQRC_NOT_OPEN_FOR_OUTPUT, exclusive.put, b'x')
    assert (error.comp, error.errorAsString()) == (2, 'FAILED: MQRC_NOT_OPEN_FOR_OUTPUT')
    exclusive.close()


@case
def commands_that_inquire(qmgr):
    pcf = pymqi.PCFExecute(qmgr, response_wait_interval=SECONDS_MAX * 1000)
    pcf.MQCMD_PING_Q_MGR()
    found = pcf.MQCMD_INQUIRE_Q({CMQC.MQCA_Q_NAME: QUEUE, CMQC.MQIA_Q_TYPE: CMQC.MQQT_LOCAL})
    assert [each[CMQC.MQCA_Q_NAME].strip() for each in found] == [QUEUE.encode()], found
    assert found[0][CMQC.MQIA_CURRENT_Q_DEPTH] == 0, found
    expect(CMQC.MQRC_UNKNOWN_OBJECT_NAME, pcf.MQCMD_INQUIRE_Q, {CMQC.MQCA_Q_NAME: 'NO.SUCH.QUEUE'})
    names = pcf.MQCMD_INQUIRE_Q_NAMES({CMQC.MQCA_Q_NAME: 'PYMQI.*'})[0][CMQCFC.MQCACF_Q_NAMES]
    assert sorted(name.strip() for name in names) == [QUEUE.encode(), OTHER_QUEUE.encode()], names
    channels = pcf.MQCMD_INQUIRE_CHANNEL({CMQCFC.MQCACH_CHANNEL_NAME: CHANNEL})
    assert channels[0][CMQCFC.MQCACH_CHANNEL_NAME].strip() == CHANNEL.encode()
    asked = {CMQCFC.MQBACF_GENERIC_CONNECTION_ID: pymqi.ByteString(b''), CMQCFC.MQIACF_CONN_INFO_TYPE: CMQCFC.MQIACF_CONN_INFO_CONN}
    connections = pcf.MQCMD_INQUIRE_CONNECTION(asked)
    assert any(each[CMQCFC.MQCACH_CHANNEL_NAME].strip() == CHANNEL.encode() for each in connections)
    by_name = pcf.stringify_keys({CMQC.MQCA_Q_NAME: b'x'})
    assert by_name == {'MQCA_Q_NAME': b'x'}
    pcf.disconnect()


@case
def commands_that_filter(qmgr):
    qmgr.put1(QUEUE, b'one')
    pcf = pymqi.PCFExecute(qmgr, response_wait_interval=SECONDS_MAX * 1000)
    asked = {CMQC.MQCA_Q_NAME: 'PYMQI.*', CMQC.MQIA_Q_TYPE: CMQC.MQQT_LOCAL}
    deep = pymqi.Filter(CMQC.MQIA_CURRENT_Q_DEPTH).greater(0)
    found = pcf.MQCMD_INQUIRE_Q(asked, [deep])
    assert [each[CMQC.MQCA_Q_NAME].strip() for each in found] == [QUEUE.encode()], found
    described = pymqi.Filter(CMQC.MQCA_Q_DESC).like(b'The first*')
    found = pcf.MQCMD_INQUIRE_Q(asked, [described])
    assert [each[CMQC.MQCA_Q_NAME].strip() for each in found] == [QUEUE.encode()], found
    pcf.disconnect()


@case
def commands_that_change(qmgr):
    pcf = pymqi.PCFExecute(qmgr, response_wait_interval=SECONDS_MAX * 1000)
    made = {CMQC.MQCA_Q_NAME: 'PYMQI.MADE', CMQC.MQIA_Q_TYPE: CMQC.MQQT_LOCAL, CMQC.MQIA_MAX_Q_DEPTH: 1}
    pcf.MQCMD_CREATE_Q(made)
    qmgr.put1('PYMQI.MADE', b'one')
    expect(CMQC.MQRC_Q_FULL, qmgr.put1, 'PYMQI.MADE', b'two')
    pcf.MQCMD_CHANGE_Q(dict(made) | {CMQC.MQIA_MAX_Q_DEPTH: 2})
    qmgr.put1('PYMQI.MADE', b'two')
    pcf.MQCMD_CLEAR_Q({CMQC.MQCA_Q_NAME: 'PYMQI.MADE'})
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, pymqi.Queue(qmgr, 'PYMQI.MADE').get)
    pcf.MQCMD_DELETE_Q({CMQC.MQCA_Q_NAME: 'PYMQI.MADE'})
    expect(CMQC.MQRC_UNKNOWN_OBJECT_NAME, pymqi.Queue, qmgr, 'PYMQI.MADE', CMQC.MQOO_OUTPUT)
    pcf.disconnect()


NOT_APPLICABLE = [
    ('pymqi.SCO, TLS in pymqi.CD', 'devqm has no TLS yet'),
    ('pymqi.pymqe.mqaiExecute', 'the bags of the MQAI are not there; PCFExecute no longer uses them'),
    ('pymqi.TM, TMC2, XQH', 'structures that no call of the package takes'),
]


def empty():
    qmgr = connect()
    for name in (QUEUE, OTHER_QUEUE):
        queue = pymqi.Queue(qmgr, name)
        while True:
            try:
                queue.get(None, pymqi.MD(), getting())
            except pymqi.MQMIError:
                break
        queue.close()
    qmgr.disconnect()


def main():
    failures = 0
    for function in CASES:
        name = function.__name__.replace('_', ' ')
        try:
            empty()
            qmgr = connect()
            function(qmgr)
            qmgr.disconnect()
            print(f'pass           {name}')
        except Exception:  # each case is judged by itself
            failures += 1
            print(f'FAILED         {name}')
            print(traceback.format_exc())
    for name, reason in NOT_APPLICABLE:
        print(f'not applicable {name}: {reason}')
    sys.exit(1 if failures else 0)


main()

"""IBM's package for Python, unmodified, against devqm through libmqm_r.so: its whole API, case by case.

Run by integration-tests/python.rs, which says in the environment where the queue manager is. Prints a table of cases; exit code 0 only if all pass.
"""

import os
import sys
import threading
import traceback

import ibmmq as mq
from ibmmq import CMQC

CHANNEL = os.environ['CHANNEL']
QUEUE_MANAGER = os.environ['QUEUE_MANAGER']
QUEUE, OTHER_QUEUE = os.environ['QUEUES'].split()
SECONDS_MAX = 60

CASES = []


def case(function):
    """Notes a case; each has a connection of its own and finds the queues empty."""
    CASES.append(function)
    return function


def connect():
    return mq.connect(QUEUE_MANAGER, CHANNEL, os.environ['CONNECTION_NAME'])


def expect(reason, call, *arguments, **named):
    """Runs a call that must fail with this reason."""
    try:
        call(*arguments, **named)
    except mq.MQMIError as error:
        assert error.reason == reason, f'reason {error.reason}, not {reason}'
        return error
    raise AssertionError(f'no error, where {reason} was expected')


def opened(qmgr):
    """The queue, for putting and getting: the package opens for what comes first."""
    return mq.Queue(qmgr, QUEUE, CMQC.MQOO_INPUT_SHARED | CMQC.MQOO_OUTPUT)


def no_wait(*options):
    gmo = mq.GMO()
    gmo.Options = CMQC.MQGMO_NO_SYNCPOINT
    for option in options:
        gmo.Options |= option
    return gmo


def now():
    pmo = mq.PMO()
    pmo.Options = CMQC.MQPMO_NO_SYNCPOINT
    return pmo


@case
def connections_by_options_and_by_user(qmgr):
    cd = mq.CD()
    cd.ChannelName = CHANNEL
    cd.ConnectionName = os.environ['CONNECTION_NAME']
    csp = mq.CSP()
    csp.CSPUserId = 'alice'
    csp.CSPPassword = 'secret'
    cno = mq.CNO()
    cno.Options = CMQC.MQCNO_CLIENT_BINDING
    other = mq.connect(QUEUE_MANAGER, cd=cd, csp=csp, cno=cno)
    assert other.is_connected
    other.disconnect()
    expect(CMQC.MQRC_Q_MGR_NAME_ERROR, mq.connect, 'OTHER', CHANNEL, os.environ['CONNECTION_NAME'])
    expect(CMQC.MQRC_UNKNOWN_CHANNEL_NAME, mq.connect, QUEUE_MANAGER, 'NO.SUCH', os.environ['CONNECTION_NAME'])


@case
def put_get_and_put1(qmgr):
    queue = opened(qmgr)
    md = mq.MD()
    md.Format = CMQC.MQFMT_STRING
    queue.put('Zürich', md, now())
    got = mq.MD()
    assert queue.get(None, got, no_wait()) == 'Zürich'.encode()
    assert got.MsgId == md.MsgId and got.PutApplName.strip()
    qmgr.put1(QUEUE, b'once')
    assert queue.get() == b'once'
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get)
    queue.put(b'x' * 100_000)
    assert len(queue.get()) == 100_000, 'longer than the buffer that the package begins with'
    queue.close()


@case
def match_and_truncate(qmgr):
    queue = opened(qmgr)
    for number in range(3):
        md = mq.MD()
        md.CorrelId = bytes([number + 1]) * 24
        queue.put(b'message %d' % number, md)
    wanted = mq.MD()
    wanted.CorrelId = bytes([2]) * 24
    assert queue.get(None, wanted, no_wait()) == b'message 1'
    error = expect(CMQC.MQRC_TRUNCATED_MSG_FAILED, queue.get, 4, mq.MD(), no_wait())
    assert error.original_length == 9
    gmo = no_wait(CMQC.MQGMO_ACCEPT_TRUNCATED_MSG)
    error = expect(CMQC.MQRC_TRUNCATED_MSG_ACCEPTED, queue.get, 4, mq.MD(), gmo)
    assert error.message == b'mess'
    assert queue.get() == b'message 2'


@case
def browse(qmgr):
    options = CMQC.MQOO_INPUT_SHARED | CMQC.MQOO_OUTPUT | CMQC.MQOO_BROWSE
    queue = mq.Queue(qmgr, QUEUE, options)
    for text in (b'one', b'two'):
        queue.put(text)
    first, following = no_wait(CMQC.MQGMO_BROWSE_FIRST), no_wait(CMQC.MQGMO_BROWSE_NEXT)
    assert queue.get(None, mq.MD(), first) == b'one'
    assert queue.get(None, mq.MD(), following) == b'two'
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get, None, mq.MD(), following)
    assert queue.get(None, mq.MD(), no_wait(CMQC.MQGMO_MSG_UNDER_CURSOR)) == b'two'
    assert queue.get() == b'one'


@case
def units_of_work(qmgr):
    queue = opened(qmgr)
    pmo = mq.PMO()
    pmo.Options = CMQC.MQPMO_SYNCPOINT
    queue.put(b'backed out', mq.MD(), pmo)
    qmgr.backout()
    queue.put(b'committed', mq.MD(), pmo)
    expect(CMQC.MQRC_NO_MSG_AVAILABLE, queue.get, None, mq.MD(), no_wait())
    qmgr.commit()
    gmo = mq.GMO()
    gmo.Options = CMQC.MQGMO_SYNCPOINT
    for count in (0, 1):
        md = mq.MD()
        assert queue.get(None, md, gmo) == b'committed'
        assert md.BackoutCount == count
        if count == 0:
            qmgr.backout()
        else:
            qmgr.commit()
    expect(CMQC.MQRC_ENVIRONMENT_ERROR, qmgr.begin)


@case
def properties(qmgr):
    values = {
        'text': ('Zürich', CMQC.MQTYPE_STRING, 7),
        'number': (7, CMQC.MQTYPE_INT32, 4),
        'long': (-5, CMQC.MQTYPE_INT64, 8),
        'flag': (True, CMQC.MQTYPE_BOOLEAN, 4),
        'half': (0.5, CMQC.MQTYPE_FLOAT64, 8),
        'bytes': (b'\x00\xff', CMQC.MQTYPE_BYTE_STRING, 2),
    }
    sent = mq.MessageHandle(qmgr)
    for name, (value, kind, length) in values.items():
        sent.properties.set(name, value, kind, length)
    sent.properties.set('gone', 'x')
    sent.properties.dlt('gone')
    pmo = now()
    pmo.OriginalMsgHandle = sent.get_handle()
    queue = opened(qmgr)
    queue.put(b'with properties', mq.MD(), pmo)
    taken = mq.MessageHandle(qmgr)
    gmo = no_wait(CMQC.MQGMO_PROPERTIES_IN_HANDLE)
    gmo.Version = CMQC.MQGMO_VERSION_4
    gmo.MsgHandle = taken.get_handle()
    assert queue.get(None, mq.MD(), gmo) == b'with properties'
    for name, (value, _, _) in values.items():
        found = taken.properties.get(name)
        assert found == value, f'{name}: {found!r}'
    expect(CMQC.MQRC_PROPERTY_NOT_AVAILABLE, taken.properties.get, 'gone')
    names, option = [], CMQC.MQIMPO_INQ_FIRST
    while True:
        try:
            _, name = taken.properties.get('%', impo_options=option)
        except mq.MQMIError as error:
            assert error.reason == CMQC.MQRC_PROPERTY_NOT_AVAILABLE
            break
        names.append(name.decode() if isinstance(name, bytes) else name)
        option = CMQC.MQIMPO_INQ_NEXT
    assert names == list(values), names
    for handle in (sent, taken):
        handle.dlt()


@case
def headers_of_properties(qmgr):
    queue = opened(qmgr)
    header = mq.RFH2()
    header['Format'] = CMQC.MQFMT_STRING
    header['CodedCharSetId'] = 1208
    header['NameValueCCSID'] = 1208
    header.add_folder(b'<usr><colour>red</colour></usr>')
    md = mq.MD()
    md.Format = CMQC.MQFMT_RF_HEADER_2
    md.Encoding = CMQC.MQENC_NATIVE
    queue.put_rfh2(b'body', md, now(), [header])
    headers = []
    gmo = no_wait(CMQC.MQGMO_PROPERTIES_FORCE_MQRFH2, CMQC.MQGMO_BROWSE_FIRST)
    browser = mq.Queue(qmgr, QUEUE, CMQC.MQOO_BROWSE)
    assert browser.get_rfh2(None, mq.MD(), gmo, headers) == b'body'
    assert headers[0]['usr'].strip() == b'<usr><colour>red</colour></usr>'
    handle = mq.MessageHandle(qmgr)
    gmo = no_wait(CMQC.MQGMO_PROPERTIES_IN_HANDLE)
    gmo.Version = CMQC.MQGMO_VERSION_4
    gmo.MsgHandle = handle.get_handle()
    assert queue.get(None, mq.MD(), gmo) == b'body'
    assert handle.properties.get('colour') == 'red'


@case
def inquire_and_set(qmgr):
    assert qmgr.inquire(CMQC.MQCA_Q_MGR_NAME).strip() in (QUEUE_MANAGER, QUEUE_MANAGER.encode())
    assert qmgr.inquire(CMQC.MQIA_COMMAND_LEVEL) >= 900
    several = qmgr.inquire([CMQC.MQIA_MAX_HANDLES, CMQC.MQCA_DEAD_LETTER_Q_NAME])
    assert several[CMQC.MQIA_MAX_HANDLES] == 256
    queue = mq.Queue(qmgr, QUEUE, CMQC.MQOO_INQUIRE | CMQC.MQOO_SET | CMQC.MQOO_OUTPUT)
    assert queue.inquire(CMQC.MQIA_CURRENT_Q_DEPTH) == 0
    queue.set({CMQC.MQIA_INHIBIT_PUT: CMQC.MQQA_PUT_INHIBITED})
    assert queue.inquire(CMQC.MQIA_INHIBIT_PUT) == CMQC.MQQA_PUT_INHIBITED
    expect(CMQC.MQRC_PUT_INHIBITED, queue.put, b'x')
    queue.set({CMQC.MQIA_INHIBIT_PUT: CMQC.MQQA_PUT_ALLOWED})
    queue.put(b'x')


@case
def asynchronous_puts(qmgr):
    queue = mq.Queue(qmgr, QUEUE, CMQC.MQOO_OUTPUT | CMQC.MQOO_SET)
    queue.set({CMQC.MQIA_INHIBIT_PUT: CMQC.MQQA_PUT_INHIBITED})
    pmo = now()
    pmo.Options |= CMQC.MQPMO_ASYNC_RESPONSE
    queue.put(b'lost', mq.MD(), pmo)
    queue.set({CMQC.MQIA_INHIBIT_PUT: CMQC.MQQA_PUT_ALLOWED})
    queue.put(b'stored', mq.MD(), pmo)
    status = qmgr.stat(CMQC.MQSTAT_TYPE_ASYNC_ERROR)
    assert (status.PutSuccessCount, status.PutFailureCount) == (1, 1)
    assert status.Reason == CMQC.MQRC_PUT_INHIBITED


@case
def dynamic_queues_and_replies(qmgr):
    od = mq.OD()
    od.ObjectName = 'SYSTEM.DEFAULT.MODEL.QUEUE'
    od.DynamicQName = 'REPLY.*'
    replies = mq.Queue(qmgr, od, CMQC.MQOO_INPUT_EXCLUSIVE)
    name = od.ObjectName.strip()
    assert name.startswith(b'REPLY.' if isinstance(name, bytes) else 'REPLY.')
    md = mq.MD()
    md.MsgType = CMQC.MQMT_REQUEST
    md.ReplyToQ = name
    md.Report = CMQC.MQRO_COA | CMQC.MQRO_COPY_MSG_ID_TO_CORREL_ID
    queue = opened(qmgr)
    queue.put(b'request', md)
    report = mq.MD()
    assert replies.get(None, report) == b''
    assert (report.Feedback, report.CorrelId) == (CMQC.MQFB_COA, md.MsgId)
    request = mq.MD()
    queue.get(None, request)
    answer = mq.MD()
    answer.CorrelId = request.MsgId
    qmgr.put1(request.ReplyToQ.strip(), b'answer', answer)
    assert replies.get() == b'answer'


@case
def groups(qmgr):
    queue = opened(qmgr)
    pmo = now()
    pmo.Options |= CMQC.MQPMO_LOGICAL_ORDER
    for number, flags in enumerate([CMQC.MQMF_MSG_IN_GROUP, CMQC.MQMF_LAST_MSG_IN_GROUP]):
        md = mq.MD()
        md.Version = CMQC.MQMD_VERSION_2
        md.MsgFlags = flags
        queue.put(b'%d' % number, md, pmo)
    gmo = no_wait(CMQC.MQGMO_LOGICAL_ORDER, CMQC.MQGMO_ALL_MSGS_AVAILABLE)
    gmo.Version = CMQC.MQGMO_VERSION_2
    for number in range(2):
        md = mq.MD()
        md.Version = CMQC.MQMD_VERSION_2
        assert queue.get(None, md, gmo) == b'%d' % number
        assert md.MsgSeqNumber == number + 1


@case
def conversion(qmgr):
    queue = opened(qmgr)
    md = mq.MD()
    md.Format = CMQC.MQFMT_STRING
    md.CodedCharSetId = 500
    queue.put(b'\xe9\xdc\x99\x89\x83\x88', md)
    asked = mq.MD()
    asked.CodedCharSetId = 1208
    assert queue.get(None, asked, no_wait(CMQC.MQGMO_CONVERT)) == 'Zürich'.encode()


@case
def topics_and_subscriptions(qmgr):
    subscription = mq.Subscription(qmgr)
    subscription.sub(topic_string='sport/+')
    topic = mq.Topic(qmgr, topic_string='sport/chess')
    topic.open(open_opts=CMQC.MQOO_OUTPUT)
    topic.pub(b'mate')
    gmo = no_wait(CMQC.MQGMO_WAIT)
    gmo.WaitInterval = SECONDS_MAX * 1000
    assert subscription.get(None, mq.MD(), gmo) == b'mate'
    pmo = now()
    pmo.Options |= CMQC.MQPMO_RETAIN
    topic.pub(b'kept', mq.MD(), pmo)
    assert subscription.get(None, mq.MD(), gmo) == b'kept'
    later = mq.Subscription(qmgr)
    later.sub(topic_string='sport/#')
    assert later.get(None, mq.MD(), gmo) == b'kept'
    sro = mq.SRO()
    later.subrq(CMQC.MQSR_ACTION_PUBLICATION, sro)
    assert later.get(None, mq.MD(), gmo) == b'kept'
    for each in (subscription, later):
        each.close(close_sub_queue=True)
    topic.close()


@case
def durable_subscriptions(qmgr):
    options = CMQC.MQSO_CREATE | CMQC.MQSO_RESUME | CMQC.MQSO_DURABLE | CMQC.MQSO_MANAGED
    for round_number in range(2):
        subscription = mq.Subscription(qmgr)
        subscription.sub(sub_name='python', topic_string='news', sub_opts=options)
        if round_number == 1:
            assert subscription.get(None, mq.MD(), no_wait()) == b'while away'
            subscription.close(CMQC.MQCO_REMOVE_SUB, close_sub_queue=True)
            break
        subscription.close(CMQC.MQCO_KEEP_SUB, close_sub_queue=True)
        topic = mq.Topic(qmgr, topic_string='news')
        topic.open(open_opts=CMQC.MQOO_OUTPUT)
        topic.pub(b'while away')
        topic.close()


@case
def callbacks(qmgr):
    queue = opened(qmgr)
    heard, all_heard, nothing_left = [], threading.Event(), threading.Event()

    def on_message(queue_manager, queue, md, gmo, msg, cbc):
        if cbc.CallType == CMQC.MQCBCT_MSG_REMOVED:
            heard.append((bytes(msg), cbc.CallbackArea, cbc.ConnectionArea))
            if len(heard) == 3:
                all_heard.set()
        elif cbc.Reason == CMQC.MQRC_NO_MSG_AVAILABLE:
            nothing_left.set()

    for number in range(2):
        queue.put(b'%d' % number)
    cbd = mq.CBD()
    cbd.CallbackFunction = on_message
    cbd.CallbackArea = 'area'
    gmo = no_wait(CMQC.MQGMO_WAIT)
    gmo.WaitInterval = 200
    queue.cb(operation=CMQC.MQOP_REGISTER, md=mq.MD(), gmo=gmo, cbd=cbd)
    ctlo = mq.CTLO()
    ctlo.ConnectionArea = 'connection'
    qmgr.ctl(CMQC.MQOP_START, ctlo)
    with_own_connection = connect()
    with_own_connection.put1(QUEUE, b'2')
    assert all_heard.wait(SECONDS_MAX) and nothing_left.wait(SECONDS_MAX)
    expect(CMQC.MQRC_HCONN_ASYNC_ACTIVE, qmgr.commit)
    qmgr.ctl(CMQC.MQOP_SUSPEND, ctlo)
    qmgr.ctl(CMQC.MQOP_RESUME, ctlo)
    qmgr.ctl(CMQC.MQOP_STOP, ctlo)
    assert heard == [(b'%d' % number, 'area', 'connection') for number in range(3)], heard
    queue.cb(operation=CMQC.MQOP_DEREGISTER, md=mq.MD(), gmo=gmo, cbd=cbd)
    qmgr.commit()
    with_own_connection.disconnect()


@case
def queues_that_are_not_there(qmgr):
    expect(CMQC.MQRC_UNKNOWN_OBJECT_NAME, mq.Queue, qmgr, 'NO.SUCH.QUEUE', CMQC.MQOO_OUTPUT)
    exclusive = mq.Queue(qmgr, OTHER_QUEUE, CMQC.MQOO_INPUT_EXCLUSIVE)
    expect(CMQC.MQRC_OBJECT_IN_USE, mq.Queue, qmgr, OTHER_QUEUE, CMQC.MQOO_INPUT_SHARED)
    expect(CMQC.MQRC_NOT_OPEN_FOR_OUTPUT, exclusive.put, b'x')
    exclusive.close()


@case
def commands(qmgr):
    pcf = mq.PCFExecute(qmgr, response_wait_interval=SECONDS_MAX * 1000)
    pcf.MQCMD_PING_Q_MGR()
    wanted = {CMQC.MQCA_Q_NAME: QUEUE.encode(), CMQC.MQIA_Q_TYPE: CMQC.MQQT_LOCAL}
    found = pcf.MQCMD_INQUIRE_Q(wanted)
    assert [each[CMQC.MQCA_Q_NAME].strip() for each in found] == [QUEUE.encode()], found
    assert found[0][CMQC.MQIA_CURRENT_Q_DEPTH] == 0, found
    expect(CMQC.MQRC_UNKNOWN_OBJECT_NAME, pcf.MQCMD_INQUIRE_Q, {CMQC.MQCA_Q_NAME: b'NO.SUCH.QUEUE'})
    pcf.disconnect()


NOT_APPLICABLE = [
    ('mq.SCO, TLS in mq.CD', 'devqm has no TLS yet'),
]


def empty():
    qmgr = connect()
    for name in (QUEUE, OTHER_QUEUE):
        queue = mq.Queue(qmgr, name)
        while True:
            try:
                queue.get(None, mq.MD(), no_wait())
            except mq.MQMIError:
                break
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

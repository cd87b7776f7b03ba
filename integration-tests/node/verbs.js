// What IBM's samples do not do: MQCD and MQCSP in MQCNO, units of work, browsing, MQINQ of a queue, one connection used by
// many threads of the package's pool. Run by run-samples.mjs.
'use strict';

const assert = require('assert');
const path = require('path');
const mq = require(path.join(process.env.NODE_MODULES, 'ibmmq'));
const MQC = mq.MQC;

const QUEUE = 'DEV.QUEUE.2';
const PUTS = 40;

async function connect() {
  const channel = new mq.MQCD();
  channel.ChannelName = 'DEV.APP.SVRCONN';
  channel.ConnectionName = process.env.CONNECTION_NAME;
  const credentials = new mq.MQCSP();
  credentials.UserId = 'alice';
  credentials.Password = 'secret';
  const options = new mq.MQCNO();
  options.Options = MQC.MQCNO_CLIENT_BINDING;
  options.ClientConn = channel;
  options.SecurityParms = credentials;
  options.ApplName = 'verbs.js';
  return mq.ConnxPromise('QM1', options);
}

async function open(connection) {
  const object = new mq.MQOD();
  object.ObjectName = QUEUE;
  return mq.OpenPromise(
    connection,
    object,
    MQC.MQOO_OUTPUT | MQC.MQOO_INPUT_SHARED | MQC.MQOO_BROWSE | MQC.MQOO_INQUIRE,
  );
}

function put(object, text, syncpoint) {
  const options = new mq.MQPMO();
  options.Options = syncpoint | MQC.MQPMO_NEW_MSG_ID;
  return mq.PutPromise(object, new mq.MQMD(), options, text);
}

// MQCMIT and MQBACK are made at once and call back.
function failed(error) {
  if (error) throw error;
}

// The text of the next message, or the reason why there is none.
function get(object, getOptions) {
  const descriptor = new mq.MQMD();
  const options = new mq.MQGMO();
  options.Options = getOptions;
  options.MatchOptions = MQC.MQMO_NONE;
  const buffer = Buffer.alloc(1024);
  try {
    const length = mq.GetSync(object, descriptor, options, buffer);
    return { text: buffer.toString('utf8', 0, length), descriptor, options };
  } catch (error) {
    return { reason: error.mqrcstr };
  }
}

async function main() {
  const connection = await connect();
  const object = await open(connection);

  await put(object, 'backed out', MQC.MQPMO_SYNCPOINT);
  mq.Back(connection, failed);
  await put(object, 'committed', MQC.MQPMO_SYNCPOINT);
  mq.Cmit(connection, failed);
  assert.equal(get(object, MQC.MQGMO_NO_SYNCPOINT | MQC.MQGMO_BROWSE_FIRST).text, 'committed');
  assert.equal(get(object, MQC.MQGMO_NO_SYNCPOINT | MQC.MQGMO_BROWSE_NEXT).reason, 'MQRC_NO_MSG_AVAILABLE');

  const once = get(object, MQC.MQGMO_SYNCPOINT);
  assert.equal(once.text, 'committed');
  assert.equal(once.descriptor.PutApplName, 'verbs.js');
  assert.equal(once.descriptor.UserIdentifier, 'alice');
  assert.equal(once.options.ResolvedQName, QUEUE);
  mq.Back(connection, failed);
  const again = get(object, MQC.MQGMO_SYNCPOINT);
  assert.equal(again.descriptor.BackoutCount, 1);
  assert.deepEqual(again.descriptor.MsgId, once.descriptor.MsgId);
  mq.Cmit(connection, failed);

  // Each call runs on a thread of the pool; the handle is shared with MQCNO_HANDLE_SHARE_BLOCK.
  await Promise.all(Array.from({ length: PUTS }, (_, number) => put(object, `${number}`, MQC.MQPMO_NO_SYNCPOINT)));
  const depth = [new mq.MQAttr(MQC.MQIA_CURRENT_Q_DEPTH), new mq.MQAttr(MQC.MQCA_Q_NAME)];
  mq.Inq(object, depth);
  assert.deepEqual(depth.map((attribute) => attribute.value), [PUTS, QUEUE]);
  const got = Array.from({ length: PUTS }, () => Number(get(object, MQC.MQGMO_NO_SYNCPOINT).text));
  assert.deepEqual(got.sort((one, other) => one - other), Array.from({ length: PUTS }, (_, number) => number));

  await mq.ClosePromise(object, 0);
  await mq.DiscPromise(connection);
  await assert.rejects(mq.OpenPromise(connection, new mq.MQOD(), MQC.MQOO_OUTPUT), /MQRC_HCONN_ERROR/);
  console.log('all verbs as expected');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

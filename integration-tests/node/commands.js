// PCF commands through IBM's client: what a monitor asks, in both byte orders, with the numbers and reasons of IBM's package.
// Run by run-samples.mjs.
'use strict';

const assert = require('assert');
const path = require('path');
const mq = require(path.join(process.env.NODE_MODULES, 'ibmmq'));
const MQC = mq.MQC;

const WAIT_MS = 10_000;

// Numbers of a byte order, one after another.
function numbers(isBig, ...values) {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => (isBig ? bytes.writeInt32BE(value, 4 * index) : bytes.writeInt32LE(value, 4 * index)));
  return bytes;
}

// MQCFST.
function text(isBig, id, value) {
  const bytes = Buffer.from(value.padEnd(Math.ceil(value.length / 4) * 4));
  const fixed = MQC.MQCFST_STRUC_LENGTH_FIXED;
  return Buffer.concat([numbers(isBig, MQC.MQCFT_STRING, fixed + bytes.length, id, 0, value.length), bytes]);
}

// MQCFIL.
function integers(isBig, id, values) {
  const length = MQC.MQCFIL_STRUC_LENGTH_FIXED + 4 * values.length;
  return numbers(isBig, MQC.MQCFT_INTEGER_LIST, length, id, values.length, ...values);
}

function message(isBig, command, parameters) {
  const fields = [MQC.MQCFT_COMMAND, MQC.MQCFH_STRUC_LENGTH, MQC.MQCFH_VERSION_1, command, 1, MQC.MQCFC_LAST, 0, 0];
  return Buffer.concat([numbers(isBig, ...fields, parameters.length), ...parameters]);
}

// A response: MQCFH's fields, and the parameters by id.
function response(bytes, isBig) {
  const at = (offset) => (isBig ? bytes.readInt32BE(offset) : bytes.readInt32LE(offset));
  assert.strictEqual(at(0), MQC.MQCFT_RESPONSE);
  const read = { command: at(12), control: at(20), completion: at(24), reason: at(28), parameters: new Map() };
  let offset = MQC.MQCFH_STRUC_LENGTH;
  for (let index = 0; index < at(32); index += 1) {
    const [kind, length, id] = [at(offset), at(offset + 4), at(offset + 8)];
    assert.strictEqual(length % 4, 0);
    if (kind === MQC.MQCFT_INTEGER) read.parameters.set(id, at(offset + 12));
    if (kind === MQC.MQCFT_STRING) {
      read.parameters.set(id, bytes.toString('utf8', offset + 20, offset + 20 + at(offset + 16)).trimEnd());
    }
    offset += length;
  }
  assert.strictEqual(offset, bytes.length);
  return read;
}

async function open(connection, name, options, dynamicName) {
  const object = new mq.MQOD();
  object.ObjectName = name;
  if (dynamicName) object.DynamicQName = dynamicName;
  const handle = await mq.OpenPromise(connection, object, options);
  return { handle, name: object.ObjectName };
}

// All responses to a command.
async function ask(commands, replies, isBig, command, parameters) {
  const descriptor = new mq.MQMD();
  descriptor.MsgType = MQC.MQMT_REQUEST;
  descriptor.Format = MQC.MQFMT_ADMIN;
  descriptor.Encoding = isBig ? MQC.MQENC_INTEGER_NORMAL : MQC.MQENC_INTEGER_REVERSED;
  descriptor.ReplyToQ = replies.name;
  const options = new mq.MQPMO();
  options.Options = MQC.MQPMO_NO_SYNCPOINT | MQC.MQPMO_NEW_MSG_ID;
  await mq.PutPromise(commands.handle, descriptor, options, message(isBig, command, parameters));
  const responses = [];
  do {
    const got = new mq.MQMD();
    got.CorrelId = descriptor.MsgId;
    const getOptions = new mq.MQGMO();
    getOptions.Options = MQC.MQGMO_WAIT | MQC.MQGMO_NO_SYNCPOINT;
    getOptions.MatchOptions = MQC.MQMO_MATCH_CORREL_ID;
    getOptions.WaitInterval = WAIT_MS;
    const buffer = Buffer.alloc(64 * 1024);
    const length = mq.GetSync(replies.handle, got, getOptions, buffer);
    assert.strictEqual(got.MsgType, MQC.MQMT_REPLY);
    assert.strictEqual(got.Format.trim(), MQC.MQFMT_ADMIN.trim());
    const answersBig = (got.Encoding & MQC.MQENC_INTEGER_MASK) === MQC.MQENC_INTEGER_NORMAL;
    responses.push(response(buffer.subarray(0, length), answersBig));
  } while (responses.at(-1).control === MQC.MQCFC_NOT_LAST);
  return responses;
}

async function main() {
  const connection = await mq.ConnPromise('QM1');
  const replies = await open(connection, 'SYSTEM.DEFAULT.MODEL.QUEUE', MQC.MQOO_INPUT_EXCLUSIVE, 'COMMANDS.JS.*');
  const commands = await open(connection, 'SYSTEM.ADMIN.COMMAND.QUEUE', MQC.MQOO_OUTPUT);
  for (const isBig of [true, false]) {
    const command = (id, parameters = []) => ask(commands, replies, isBig, id, parameters);
    const [ping] = await command(MQC.MQCMD_PING_Q_MGR);
    assert.deepStrictEqual([ping.completion, ping.reason], [MQC.MQCC_OK, MQC.MQRC_NONE]);

    const wanted = integers(isBig, MQC.MQIACF_Q_ATTRS, [MQC.MQIA_CURRENT_Q_DEPTH, MQC.MQIA_BACKOUT_THRESHOLD]);
    const queues = await command(MQC.MQCMD_INQUIRE_Q, [text(isBig, MQC.MQCA_Q_NAME, 'COMMANDS.QUEUE.*'), wanted]);
    assert.deepStrictEqual(
      queues.map(({ parameters }) => [parameters.get(MQC.MQCA_Q_NAME), parameters.get(MQC.MQIA_BACKOUT_THRESHOLD)]),
      [['COMMANDS.QUEUE.1', 3], ['COMMANDS.QUEUE.2', 0]],
    );
    const [channel] = await command(MQC.MQCMD_INQUIRE_CHANNEL_STATUS, [text(isBig, MQC.MQCACH_CHANNEL_NAME, '*')]);
    assert.strictEqual(channel.parameters.get(MQC.MQIACH_CHANNEL_STATUS), MQC.MQCHS_RUNNING);

    const [unknown] = await command(MQC.MQCMD_INQUIRE_Q, [text(isBig, MQC.MQCA_Q_NAME, 'NOT.THERE')]);
    assert.deepStrictEqual([unknown.completion, unknown.reason], [MQC.MQCC_FAILED, MQC.MQRC_UNKNOWN_OBJECT_NAME]);
  }
  await mq.DiscPromise(connection);
  console.log('all commands as expected');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

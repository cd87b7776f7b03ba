// Reads the first message of a queue through IBM's package and prints its MQDLH and where its body begins, as JSON:
// node dead-letter.js QUEUE
'use strict';

const path = require('path');
const mq = require(path.join(process.env.NODE_MODULES, 'ibmmq'));

async function main() {
  const connection = await mq.ConnxPromise('QM1', new mq.MQCNO());
  const target = new mq.MQOD();
  target.ObjectName = process.argv[2];
  const object = await mq.OpenPromise(connection, target, mq.MQC.MQOO_INPUT_AS_Q_DEF);
  const descriptor = new mq.MQMD();
  const options = new mq.MQGMO();
  options.Options = mq.MQC.MQGMO_NO_SYNCPOINT | mq.MQC.MQGMO_NO_WAIT | mq.MQC.MQGMO_NO_PROPERTIES;
  const buffer = Buffer.alloc(1 << 20);
  const length = mq.GetSync(object, descriptor, options, buffer);
  const body = buffer.subarray(0, length);
  const header = mq.MQDLH.getHeader(body);
  console.log(JSON.stringify({
    descriptor: { format: descriptor.Format.trim(), ccsid: descriptor.CodedCharSetId, persistence: descriptor.Persistence },
    header,
    rest: body.subarray(header.StrucLength).toString('utf8').slice(0, 40),
    length,
  }));
  await mq.ClosePromise(object, 0);
  await mq.DiscPromise(connection);
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});

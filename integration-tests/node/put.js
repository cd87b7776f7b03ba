// Puts the bytes of a file as one message, through IBM's package: node put.js QUEUE FILE CCSID
'use strict';

const fs = require('fs');
const path = require('path');
const mq = require(path.join(process.env.NODE_MODULES, 'ibmmq'));

const [queue, file, ccsid] = process.argv.slice(2);

async function main() {
  const connection = await mq.ConnxPromise('QM1', new mq.MQCNO());
  const target = new mq.MQOD();
  target.ObjectName = queue;
  const object = await mq.OpenPromise(connection, target, mq.MQC.MQOO_OUTPUT);
  const descriptor = new mq.MQMD();
  descriptor.Format = 'MQSTR';
  descriptor.CodedCharSetId = Number(ccsid);
  descriptor.Persistence = mq.MQC.MQPER_PERSISTENT;
  const options = new mq.MQPMO();
  options.Options = mq.MQC.MQPMO_SYNCPOINT | mq.MQC.MQPMO_NEW_MSG_ID | mq.MQC.MQPMO_NEW_CORREL_ID;
  await mq.PutPromise(object, descriptor, options, fs.readFileSync(file));
  await new Promise((done, failed) => mq.Cmit(connection, (error) => (error ? failed(error) : done())));
  await mq.ClosePromise(object, 0);
  await mq.DiscPromise(connection);
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});

// IBM's own samples for Node, unmodified, against devqm through libmqm_r.so: node integration-tests/node/run-samples.mjs
//
// Builds devqm and the library (unless DEVQM and MQ_LIBRARY name them), installs IBM's package beside them, starts a queue
// manager of its own, runs each program, judges what it prints and prints a table. Exit code 0 only if every program says what
// it should.

import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const project = resolve(here, '../..');
const target = resolve(process.env.CARGO_TARGET_DIR ?? join(project, 'target'));
const built = process.env.DEVQM && process.env.MQ_LIBRARY;
const queueManager = process.env.DEVQM ?? join(target, 'debug', 'devqm');
const library = process.env.MQ_LIBRARY ?? join(target, 'debug', 'libmqm_r.so');
const PROGRAM_MS_MAX = 60_000;

// Programs that run at the same time have queues of their own.
const MQSC = `
  DEFINE QLOCAL(DEV.DEAD.LETTER.QUEUE)
  ALTER QMGR DEADQ(DEV.DEAD.LETTER.QUEUE)
  DEFINE QLOCAL(DEV.QUEUE.1) BOTHRESH(3) BOQNAME(DEV.DEAD.LETTER.QUEUE)
  DEFINE QLOCAL(DEV.QUEUE.2)
  DEFINE QLOCAL(DEV.QUEUE.3) LIKE(DEV.QUEUE.1)
  DEFINE QLOCAL(DEV.QUEUE.4) LIKE(DEV.QUEUE.1)
  DEFINE QLOCAL(DEV.QUEUE.5) LIKE(DEV.QUEUE.1)
  DEFINE QLOCAL(DEV.QUEUE.6) LIKE(DEV.QUEUE.1)
  DEFINE QLOCAL(DEV.QUEUE.7) LIKE(DEV.QUEUE.1)
  DEFINE QLOCAL(COMMANDS.QUEUE.1) BOTHRESH(3)
  DEFINE QLOCAL(COMMANDS.QUEUE.2)
  DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN)
`;

const on = (number) => [`DEV.QUEUE.${number}`, 'QM1'];
const HELLO = '<Hello from Node';

// What each program must print. Lanes run beside each other, the programs of a lane one after another: some get what those
// before have put. Those that put and get at the same time run twice: whether a run gets its own message is not said.
const LANES = [
  [
    { name: 'samples/amqsput.js', arguments: on(1), says: ['MQPUT successful', 'MQDISC successful'] },
    { name: 'samples/amqsinq.js', arguments: ['QM1'], says: ['qmgrName = "QM1"', 'dlqName = "DEV.DEAD.LETTER.QUEUE"'] },
    { name: 'samples/amqsget.js', arguments: on(1), says: [HELLO, 'no more messages', 'MQDISC successful'] },
    { name: 'samples/amqsputp.js', arguments: on(1), says: ['MQPUT successful', 'Done.'] },
    { name: 'tests/builtOK.js', arguments: [], says: ['Got expected failure', 'MQRC_Q_MGR_NAME_ERROR'] },
  ],
  [
    { name: 'samples/amqsprop.js', arguments: on(2), times: 2, says: ['helloStringProperty', 'PROP3BOOL', 'No more properties'] },
    { name: 'samples/amqsget.js', arguments: on(2), says: ['no more messages'] },
    { name: 'verbs.js', arguments: [], says: ['all verbs as expected'] },
    { name: 'commands.js', arguments: [], says: ['all commands as expected'] },
  ],
  [
    { name: 'samples/amqsdlh.js', arguments: on(3), times: 2, says: ['"DestQName":"DEST.QUEUE"', HELLO] },
    { name: 'samples/amqsset.js', arguments: on(3), says: ['MQSET of queue successful', 'MQDISC successful'] },
  ],
  [
    { name: 'samples/amqsput.js', arguments: on(4), says: ['MQPUT successful'] },
    { name: 'samples/amqsbra.js', arguments: on(4), says: [HELLO, 'No more messages available', 'Exiting'] },
    { name: 'samples/amqsgeta.js', arguments: on(4), says: [HELLO, 'No more messages available', 'MQ call successful'] },
  ],
  [
    { name: 'samples/amqsput.js', arguments: on(5), says: ['MQPUT successful'] },
    { name: 'samples/amqsgetac.js', arguments: on(5), says: [HELLO, 'Commit OK', 'No more messages available'] },
  ],
  [
    { name: 'samples/amqspub.js', arguments: ['dev/Nobody', 'QM1'], says: ['MQRC_NO_SUBS_MATCHED', 'MQDISC successful'] },
    {
      name: 'samples/amqssub.js',
      arguments: ['dev/JSTopic', 'QM1'],
      says: ['MQSUB to topic dev/JSTopic successful', HELLO, 'no more messages', 'MQCLOSE (Subscription) successful'],
      // Once it has subscribed: somebody to publish.
      when: 'MQSUB to topic',
      then: { name: 'samples/amqspub.js', arguments: ['dev/JSTopic', 'QM1'], says: ['MQPUT successful', 'MQDISC successful'] },
    },
  ],
];

const NOT_APPLICABLE = [
  ['samples/amqsconn.js', 'its address, localhost(1414), is written in the program'],
  ['samples/amqsconntls.js', 'TLS: devqm has none yet'],
  ['samples/amqsjwt.js', 'a token server, and tokens in MQCSP: devqm takes user and password'],
  ['samples/typescript/*.ts', 'the programs above once more; they need the TypeScript compiler'],
  ['tests/amqsgetar.js', 'sets a tuning parameter that the package of this version itself refuses'],
  ['tests/mqconn, mqinq, mqset, pubsub, putget, putgetr', 'shell scripts that run the samples above'],
];

function build() {
  execFileSync('cargo', ['build', '--quiet', '-p', 'devqm', '-p', 'devqm-mqi'], { cwd: project, stdio: 'inherit' });
}

// Where the integration tests install it too.
function install() {
  const folder = join(target, 'tmp', 'node');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(here, 'package.json'), join(folder, 'package.json'));
  // The package's own install step would fetch IBM's client library, which is what devqm stands in for.
  const env = { ...process.env, MQIJS_NOREDIST: '1' };
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: folder, env, stdio: 'inherit' });
  return join(folder, 'node_modules');
}

async function start(folder) {
  writeFileSync(join(folder, 'start.mqsc'), MQSC);
  const options = ['--data', join(folder, 'data'), '--mqsc', join(folder, 'start.mqsc'), '--listen', '127.0.0.1:0'];
  const devqm = spawn(queueManager, ['serve', ...options], {
    env: { ...process.env, RUST_LOG: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: devqm.stdout })) {
    const [, host, port] = /listening on (.*):(\d+)$/.exec(line) ?? [];
    if (port) return { devqm, address: `${host}(${port})` };
  }
  throw new Error('devqm ended before it served');
}

function run(program, modules, address) {
  const ours = !program.name.includes('/');
  const file = ours ? join(here, program.name) : join(modules, 'ibmmq', program.name);
  const child = spawn(process.execPath, [file, ...program.arguments], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROGRAM_MS_MAX,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: dirname(library),
      MQSERVER: `DEV.APP.SVRCONN/TCP/${address}`,
      CONNECTION_NAME: address,
      NODE_MODULES: modules,
    },
  });
  return new Promise((resolve) => {
    let printed = '';
    let following;
    const hear = (text) => {
      printed += text;
      if (program.when && !following && printed.includes(program.when)) following = judge(program.then, modules, address);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('close', async (status, signal) => resolve({ printed, status, signal, followed: await following }));
  });
}

async function judge(program, modules, address) {
  let printed = '';
  const missing = [];
  for (let round = 0; round < (program.times ?? 1); round += 1) {
    const ended = await run(program, modules, address);
    printed += ended.printed;
    if (ended.signal) missing.push(`an end without ${ended.signal}`);
    else if (ended.status !== 0) missing.push(`exit code 0, not ${ended.status}`);
    if (program.then && !ended.followed) missing.push(`${program.then.name} beside it to succeed`);
  }
  missing.push(...program.says.filter((text) => !printed.includes(text)));
  cases.push({ name: [program.name, ...program.arguments].join(' '), missing, printed });
  return missing.length === 0;
}

// In the order in which they have ended.
const cases = [];

function report() {
  for (const { name, missing, printed } of cases.sort((one, other) => one.name.localeCompare(other.name))) {
    console.log(`${missing.length === 0 ? 'pass          ' : 'FAILED        '} ${name}`);
    for (const text of missing) console.log(`       expected: ${text}`);
    if (missing.length > 0) console.log(printed.replace(/^/gm, '       | '));
  }
  for (const [name, reason] of NOT_APPLICABLE) console.log(`not applicable ${name}: ${reason}`);
}

// A sample that the package has and nobody here knows would be passed over in silence.
function checkThatAllAreKnown(modules) {
  const known = LANES.flat().flatMap((program) => [program.name, program.then?.name]);
  const names = [...known, ...NOT_APPLICABLE.map(([name]) => name)];
  for (const file of readdirSync(join(modules, 'ibmmq', 'samples')).filter((file) => file.endsWith('.js'))) {
    if (!names.includes(`samples/${file}`)) cases.push({ name: file, missing: ['a place in the table'], printed: '' });
  }
}

async function lane(programs, modules, address) {
  for (const program of programs) await judge(program, modules, address);
}

if (!built) build();
const modules = install();
const folder = mkdtempSync(join(tmpdir(), 'devqm-samples-'));
const { devqm, address } = await start(folder);
try {
  checkThatAllAreKnown(modules);
  await Promise.all(LANES.map((programs) => lane(programs, modules, address)));
  report();
  process.exitCode = cases.every(({ missing }) => missing.length === 0) ? 0 : 1;
} finally {
  devqm.kill();
  rmSync(folder, { recursive: true });
}

// IBM's own samples for Node, unmodified, against devqm through libmqm_r.so: node integration-tests/node/run-samples.mjs
//
// Builds devqm and the library (unless DEVQM and MQ_LIBRARY name them), installs IBM's package beside them, starts a queue
// manager of its own, runs each program and judges what it prints. Exit code 0 only if every program says what it should, those
// included that are not functional yet.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

const MQSC = `
  DEFINE QLOCAL(DEV.DEAD.LETTER.QUEUE)
  ALTER QMGR DEADQ(DEV.DEAD.LETTER.QUEUE)
  DEFINE QLOCAL(DEV.QUEUE.1) BOTHRESH(3) BOQNAME(DEV.DEAD.LETTER.QUEUE)
  DEFINE QLOCAL(DEV.QUEUE.2)
  DEFINE CHANNEL(DEV.APP.SVRCONN) CHLTYPE(SVRCONN)
`;

// What each program must print, in the order in which they run: some get what those before have put. Those that put and
// get at the same time run twice: whether a run gets its own message is not said.
const QUEUE = ['DEV.QUEUE.1', 'QM1'];
const PROGRAMS = [
  { name: 'samples/amqsput.js', arguments: QUEUE, says: ['MQPUT successful', 'MQDISC successful'] },
  { name: 'samples/amqsinq.js', arguments: ['QM1'], says: ['qmgrName = "QM1"', 'dlqName = "DEV.DEAD.LETTER.QUEUE"'] },
  { name: 'samples/amqsget.js', arguments: QUEUE, says: ['<Hello from Node', 'no more messages', 'MQDISC successful'] },
  { name: 'samples/amqsprop.js', arguments: QUEUE, times: 2, says: ['helloStringProperty', 'PROP3BOOL', 'No more properties'] },
  { name: 'samples/amqsget.js', arguments: QUEUE, says: ['no more messages'] },
  { name: 'samples/amqsdlh.js', arguments: QUEUE, times: 2, says: ['"DestQName":"DEST.QUEUE"', '<Hello from Node'] },
  { name: 'samples/amqsputp.js', arguments: QUEUE, says: ['MQPUT successful', 'Done.'] },
  { name: 'tests/builtOK.js', arguments: [], says: ['Got expected failure', 'MQRC_Q_MGR_NAME_ERROR'] },
  { name: 'verbs.js', arguments: [], says: ['all verbs as expected'] },
  { name: 'commands.js', arguments: [], says: ['all commands as expected'] },
  // Not functional yet: these must say so, and not hang or crash the process with a signal.
  { name: 'samples/amqsset.js', arguments: QUEUE, says: ['MQRC_FUNCTION_NOT_SUPPORTED'] },
  { name: 'samples/amqsgeta.js', arguments: QUEUE, says: ['MQRC_FUNCTION_NOT_SUPPORTED'], mayFail: true },
  { name: 'samples/amqsbra.js', arguments: QUEUE, says: ['MQRC_FUNCTION_NOT_SUPPORTED'], mayFail: true },
  { name: 'samples/amqssub.js', arguments: [], says: ['MQSUB ended with reason  2298'] },
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
  return spawnSync(process.execPath, [file, ...program.arguments], {
    encoding: 'utf8',
    timeout: PROGRAM_MS_MAX,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: dirname(library),
      MQSERVER: `DEV.APP.SVRCONN/TCP/${address}`,
      CONNECTION_NAME: address,
      NODE_MODULES: modules,
    },
  });
}

function judge(program, modules, address) {
  const runs = Array.from({ length: program.times ?? 1 }, () => run(program, modules, address));
  const printed = runs.map(({ stdout, stderr }) => stdout + stderr).join('');
  const missing = program.says.filter((text) => !printed.includes(text));
  for (const { signal, status } of runs) {
    if (signal) missing.push(`an end without ${signal}`);
    else if (status !== 0 && !program.mayFail) missing.push(`exit code 0, not ${status}`);
  }
  console.log(`${missing.length === 0 ? 'ok    ' : 'FAILED'} ${program.name}`);
  for (const text of missing) console.log(`       expected: ${text}`);
  if (missing.length > 0) console.log(printed.replace(/^/gm, '       | '));
  return missing.length === 0;
}

if (!built) build();
const modules = install();
const folder = mkdtempSync(join(tmpdir(), 'devqm-samples-'));
const { devqm, address } = await start(folder);
try {
  const verdicts = PROGRAMS.map((program) => judge(program, modules, address));
  process.exitCode = verdicts.every(Boolean) ? 0 : 1;
} finally {
  devqm.kill();
  rmSync(folder, { recursive: true });
}

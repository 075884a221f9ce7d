// The real program, built from this tree and started on a free port with a data folder of its own.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The password of every account that these tests make, and of the demo's own. */
export const password = 'cut-the-chain-2022';

/** Makes a folder for everything that the tests write. */
export function workspace() { return mkdtemp(join(tmpdir(), 'firebreak-browser-')); }

/** Removes it. */
export function remove(dir) { return rm(dir, { recursive: true, force: true }); }

/**
 * Builds the program. FIREBREAK_BINARY names one that is built already.
 * @returns the path of the program
 */
export async function build(dir) {
  if (process.env.FIREBREAK_BINARY) return process.env.FIREBREAK_BINARY;
  const binary = join(dir, 'firebreak');
  await run('go', ['build', '-o', binary, './cmd/firebreak'], { cwd: root });
  return binary;
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts the program and waits until it serves.
 * @returns {Promise<{url: string, stop: () => Promise<void>}>}
 */
export async function start(binary, args) {
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(binary, [...args, '--listen', listen], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => { said = (said + text).slice(-4000); });
  const ended = once(child, 'exit');
  await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => { if (line.startsWith('firebreak serves')) resolve(); });
    ended.then(([code]) => reject(new Error(`firebreak ${args[0]} ended with ${code}: ${said}`)));
  });
  return {
    url: `http://${listen}`,
    stop: async () => { child.kill('SIGTERM'); await ended; },
  };
}

/**
 * A town of two districts with nothing in it yet: an outbreak "town", and users of some roles.
 * Reading it needs nobody else's data, so what a test writes is all there is.
 */
export async function startTown(binary, dir) {
  const data = join(dir, 'town');
  const areas = join(dir, 'areas.csv');
  await writeFile(areas, 'code,name,level,parent,population,name_en\n90,青山市,city,,400000,Qingshan\n9001,东区,district,90,250000,East\n9002,西区,district,90,150000,West\n');
  const cli = async (args, input) => {
    const done = run(binary, [...args, '--data', data]);
    if (input !== undefined) done.child.stdin.end(input);
    await done;
  };
  await cli(['areas', 'import', areas]);
  await cli(['outbreak', 'start', 'town', '--title', '青山 Qingshan', '--pack', 'covid19/2021-v8@1', '--area', '90', '--zone', 'Asia/Shanghai']);
  for (const [login, role] of [['root', 'administrator@90'], ['duty', 'duty-officer@90'], ['epi', 'epidemiologist@90'], ['epi2', 'epidemiologist@90'], ['visits', 'follow-up-officer@90']]) {
    await cli(['user', 'add', login, '--role', role, '--password-stdin', '--lang', 'en'], password + '\n');
  }
  return start(binary, ['serve', '--data', data]);
}

/** A drill in a small town, on the second day of its outbreak, sixty times as fast as the world. People play the staff of its isolation sites. */
export function startDrill(binary, dir) {
  return start(binary, ['drill', '--scenario', join(root, 'cmd', 'firebreak', 'testdata', 'drill-small.yaml'), '--play', '--until-day', '1', '--speed', '60',
    '--roles', 'isolation-staff', '--no-open', '--data', join(dir, 'drill')]);
}

/** The demo: a city of some thousand records, standing still, for tests that only read. */
export function startDemo(binary, dir) {
  return start(binary, ['demo', '--still', '--no-open', '--data', join(dir, 'demo')]);
}

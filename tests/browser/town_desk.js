// A round with a site and invitations, and a way to the server that can be made bad: the network that phones at a street desk have.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { start } from './server.js';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * A town whose round is open, with a site, and as many invitations and registered people as asked for.
 * @returns {Promise<{url: string, invitations: string[], courier: string, bench: string, crew: string, moved: () => Promise<Record<string, number>>, round: number, people: {id: number, code: string}[], stored: () => Promise<{code: string, kind: string, people: number[], at: string[]}[]>, stop: () => Promise<void>}>}
 */
export async function startDesks(binary, dir, { desks, people = 0 }) {
  const data = join(dir, 'desks');
  const areas = join(dir, 'desk-areas.csv');
  await writeFile(areas, 'code,name,level,parent,population,name_en\n90,青山市,city,,400000,Qingshan\n9001,东区,district,90,250000,East\n');
  const cli = async (...args) => (await run(binary, [...args, '--data', data])).stdout;
  const told = async (...args) => JSON.parse(await cli(...args, '--json'));
  await cli('areas', 'import', areas);
  await cli('outbreak', 'start', 'town', '--title', '青山 Qingshan', '--pack', 'covid19/2022-v9', '--area', '90', '--zone', 'Asia/Shanghai');
  const at = (hours) => new Date(Date.now() + hours * 3600000).toISOString();
  const round = await told('round', 'plan', '--outbreak', 'town', '--name', '第四轮', '--area', '9001', '--start', at(-2), '--end', at(22), '--pool', '10');
  await cli('round', 'open', '--outbreak', 'town', String(round.number));
  await cli('site', 'add', '--outbreak', 'town', '水集-12', '--name', '水集街道十二号点', '--area', '9001', '--lanes', '4');
  const invitations = [];
  for (let i = 1; i <= desks; i++) invitations.push((await told('site', 'invite', '--outbreak', 'town', '水集-12', '--desk', String(i))).invitation);
  const courier = (await told('site', 'invite', '--outbreak', 'town', '水集-12', '--desk', 'car 1', '--role', 'courier')).invitation;
  await cli('lab', 'add', '--outbreak', 'town', 'CDC', '--area', '9001');
  const bench = (await told('lab', 'invite', '--outbreak', 'town', 'CDC', '--desk', '1')).invitation;
  const residents = join(dir, 'residents.csv'); // whom a desk finds by name and door
  await writeFile(residents, 'document,name,community code,building,door\nR1,欧阳若兰,9001,3号楼,2单元501\nR2,欧阳修远,9001,4号楼,1单元102\n');
  await cli('people', 'import', '--outbreak', 'town', residents);
  const register = join(dir, 'register');
  await run('go', ['build', '-o', register, './tests/browser/register'], { cwd: root });
  await run(register, ['moves', data, '9001', '3']);
  await cli('transfer', 'plan', '--outbreak', 'town');
  const crew = (await told('transfer', 'invite', '--outbreak', 'town', '--crew', '车组 1', 'B-120')).invitation;
  const entered = people > 0 ? JSON.parse((await run(register, ['people', data, '9001', String(people)], { maxBuffer: 1 << 26 })).stdout) : [];
  const server = await start(binary, ['serve', '--data', data]);
  return {
    ...server, invitations, courier, bench, crew, people: entered, round: round.id, cli,
    /** How many requests for a transfer are in which state. */
    moved: async () => JSON.parse((await run(register, ['moved', data])).stdout),
    /** Every tube in the store, with the people in it, after what was taken has been projected. */
    stored: async () => JSON.parse((await run(register, ['tubes', data], { maxBuffer: 1 << 26 })).stdout),
  };
}

/**
 * A proxy on the way to the server.
 * bad(request, number) says what becomes of a request: '' passes, 'before' is answered with 503 and never reaches the server, 'after' reaches it and its answer is lost.
 * @param {string} url
 */
export async function startProxy(url) {
  const to = new URL(url);
  const proxy = { bad: () => '', rewrite: undefined, count: 0, batches: [] };
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const fate = proxy.bad(request, ++proxy.count);
    if (request.url === '/capture/v1/batches') proxy.batches.push({ text: body.toString(), fate });
    if (fate === 'before') {
      response.writeHead(503, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>');
      return;
    }
    const path = proxy.rewrite?.path(request.url) ?? request.url;
    const headers = { ...request.headers, host: to.host, connection: 'close' };
    if (proxy.rewrite) delete headers['accept-encoding'], delete headers['if-none-match'];
    const onward = http.request({ host: to.hostname, port: to.port, method: request.method, path, headers }, async (answer) => {
      const parts = [];
      for await (const part of answer) parts.push(part);
      if (fate === 'after') return void response.destroy();
      let out = Buffer.concat(parts);
      if (proxy.rewrite) out = proxy.rewrite.body(path, out);
      const { 'content-length': _, 'transfer-encoding': __, ...rest } = answer.headers;
      response.writeHead(answer.statusCode, { ...rest, 'content-length': out.length }).end(out);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: async () => { server.closeAllConnections(); server.close(); await once(server, 'close'); },
  });
}

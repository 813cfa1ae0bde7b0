import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Carrier, connectClient, serve } from '../../../contract/wire.ts';
import { serveFixture } from './fixtures/answering.ts';
import { describeCarrier } from './fixtures/suite.ts';
import { memoryCarriers } from './memory.ts';
import { childCarrier } from './process.ts';
import { socketCarrier, socketPayloadLimit } from './socket.ts';

const endings: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Each way to reach the same answering side: gives the calling end of a carrier. */
const carriers: Record<string, () => Promise<Carrier>> = {
  async memory() {
    const [near, far] = memoryCarriers();
    serveFixture(far);
    return near;
  },
  async 'child process'() {
    const child = spawn(process.execPath, [fileURLToPath(new URL('./fixtures/child.ts', import.meta.url))], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    endings.push(() => child.kill());
    return childCarrier(child);
  },
  async WebSocket() {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: socketPayloadLimit });
    server.on('connection', (socket) => serveFixture(socketCarrier(socket)));
    await once(server, 'listening');
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(socket, 'open');
    endings.push(() => {
      socket.terminate();
      server.close();
    });
    return socketCarrier(socket);
  },
};

for (const [name, open] of Object.entries(carriers)) describeCarrier(name, open);

test('a window may not call what is for hosts', async () => {
  const [near, far] = memoryCarriers();
  serve(far, { 'files.resolve': () => ({ path: '/etc/passwd' }) }, 'window');
  const engine = connectClient(near);
  await expect(engine.call('files.resolve', { id: 'a'.repeat(20) })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});

test('what is to be answered at once is given up after a while, and what takes long is waited for', async () => {
  const [near, far] = memoryCarriers();
  const later = <Value>(value: Value) => new Promise<Value>((resolve) => setTimeout(resolve, 300, value));
  serve(far, { 'engine.ping': () => later({ at: 1 }), 'shell.openDialog': () => later(nobody) }, 'host');
  const nobody = { handles: [], refused: [] };
  const engine = connectClient(near, 50);
  const asked = engine.call('shell.openDialog', { purpose: 'pictures' });
  await expect(engine.call('engine.ping', {})).rejects.toMatchObject({ code: 'TIMEOUT', hint: /./ });
  expect(await asked).toEqual(nobody);
});

test('names on the prototype are no methods', async () => {
  const [near, far] = memoryCarriers();
  serve(far, {}, 'host');
  const engine = connectClient(near);
  await expect(engine.call('constructor' as never, {} as never)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
});

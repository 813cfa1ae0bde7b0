import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Job } from '../../../contract/jobs.ts';
import { type Carrier, connectClient, type EngineClient, serve } from '../../../contract/wire.ts';
import { serveFixture } from './fixtures/answering.ts';
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

const fifty = 'x'.repeat(50 * 1024 * 1024);

describe.each(Object.entries(carriers))('the contract over %s', (_name, open) => {
  async function client(): Promise<EngineClient> {
    const connected = connectClient(await open());
    endings.push(() => connected.close());
    return connected;
  }

  test('answers requests, many at a time, each with its own answer', async () => {
    const engine = await client();
    expect(await engine.call('engine.ping', {})).toEqual({ at: 42 });
    const names = Array.from({ length: 500 }, (_, index) => `é图-${index}`);
    const answers = await Promise.all(names.map((name) => engine.call('files.admit', { paths: [name] })));
    expect(answers.map(({ refused }) => refused[0]?.name)).toEqual(names);
  });

  test('carries 10,000 events in order', async () => {
    const engine = await client();
    const received: string[] = [];
    const all = new Promise<void>((resolve) => {
      engine.on('engine.notice', ({ message }) => {
        received.push(message);
        if (received.length === 10_000) resolve();
      });
    });
    await engine.call('jobs.pauseAll', {});
    await all;
    expect(received).toEqual(Array.from({ length: 10_000 }, (_, index) => String(index)));
  });

  test('carries one event with 10,000 jobs', async () => {
    const engine = await client();
    const jobs = new Promise<Job[]>((resolve) => {
      engine.on('jobs.changed', (payload) => resolve(payload.jobs));
    });
    await engine.call('jobs.resumeAll', {});
    expect(await jobs).toHaveLength(10_000);
    expect((await jobs)[9_999]?.title).toBe('Bild 9999 – 图.png');
  });

  test('refuses a request of 50 MB before it is sent, and goes on', async () => {
    const engine = await client();
    await expect(engine.call('files.admit', { paths: [fifty] })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(await engine.call('engine.ping', {})).toEqual({ at: 42 });
  });

  test('refuses an answer of 50 MB, and goes on', async () => {
    const engine = await client();
    const request = engine.call('files.resolve', { id: 'a'.repeat(20) });
    await expect(request).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(await engine.call('engine.ping', {})).toEqual({ at: 42 });
  });

  test('ends the connection when a peer sends 50 MB all the same', async () => {
    const carrier = await open();
    const engine = connectClient(carrier);
    expect(await engine.call('engine.ping', {})).toEqual({ at: 42 });
    const closed = new Promise((resolve) => carrier.onClose(resolve));
    carrier.send(fifty);
    await closed;
    await expect(engine.call('engine.ping', {})).rejects.toMatchObject({ code: 'ENGINE_GONE' });
  });

  test('gives failures back as typed errors', async () => {
    const engine = await client();
    await expect(engine.call('files.describe', { id: 'a'.repeat(20) })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'a plain error',
    });
    await expect(engine.call('nothing' as never, {} as never)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(engine.call('files.admit', { paths: [7 as never] })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await expect(engine.call('settings.get', {})).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('does not hand on an answer of another form than the contract says', async () => {
    const engine = await client();
    await expect(engine.call('engine.status', {})).rejects.toMatchObject({ code: 'ENGINE_MISMATCH' });
  });

  test('rejects what is under way when the connection ends', async () => {
    const carrier = await open();
    const engine = connectClient(carrier);
    const request = engine.call('engine.ping', {});
    carrier.close('the test ends it');
    await expect(request).rejects.toMatchObject({ code: 'ENGINE_GONE' });
  });
});

test('a window may not call what is for hosts', async () => {
  const [near, far] = memoryCarriers();
  serve(far, { 'files.resolve': () => ({ path: '/etc/passwd' }) }, 'window');
  const engine = connectClient(near);
  await expect(engine.call('files.resolve', { id: 'a'.repeat(20) })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});

test('names on the prototype are no methods', async () => {
  const [near, far] = memoryCarriers();
  serve(far, {}, 'host');
  const engine = connectClient(near);
  await expect(engine.call('constructor' as never, {} as never)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
});

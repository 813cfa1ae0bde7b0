import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, realpath, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { type ErrorCode, RefineryError, toErrorValue } from '../contract/errors.ts';
import { MediaRequest } from '../contract/files.ts';
import { socketCarrier, socketPayloadLimit } from '../engine/host/carriers/socket.ts';
import { forPeople } from '../engine/host/folders.ts';
import { createGateway } from '../engine/host/gateway.ts';
import { contentSecurityPolicy, contentType } from '../engine/host/page-policy.ts';
import type { Supervisor } from '../engine/host/supervisor.ts';
import { zipOf } from './bundle.ts';

export interface WebServerOptions {
  readonly supervisor: Supervisor;
  /** Folder of the built page. */
  readonly renderer: string;
  /** Folder that receives uploads. */
  readonly uploads: string;
  readonly allowedFolders: readonly string[];
  /** 0 takes a free one. */
  readonly port: number;
}

export interface WebServer {
  /** Address with the token: whoever has it owns the session. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const cookieName = 'refinery';

/** Jobs whose results are asked for together, each with what people call it, the bytes that this takes, and how many such requests are kept. */
const Order = z
  .array(z.object({ id: z.uuid(), name: z.string().max(1_000) }))
  .min(1)
  .max(10_000);
type Order = z.infer<typeof Order>;
const orderLimit = 12 * 1024 * 1024;
const mostOrders = 16;

/** Bytes of one upload. */
const uploadLimit = 2 * 1024 ** 3;

const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** What HTTP calls an error; the others are the server's own. */
const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  FORBIDDEN: 403,
  INPUT_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  PAYLOAD_TOO_LARGE: 413,
};

/**
 * Serves the window's interface to a browser on this machine. It listens on the loopback address alone; a request
 * needs the right Host (no other name can be made to point here), the session's cookie, and, where it changes
 * something, an Origin of our own.
 */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const token = randomBytes(32).toString('base64url');
  const session = randomBytes(32).toString('base64url');
  const { supervisor } = options;
  const rendererRoot = await realpath(options.renderer);

  const native = (what: string) => (): never => {
    throw new RefineryError('FORBIDDEN', `A browser can't ${what}.`, {
      hint: 'Download the result instead.',
    });
  };
  const gateway = createGateway(supervisor, {
    'shell.info': () => ({
      kind: 'web',
      platform: process.platform,
      native: false,
      allowedFolders: options.allowedFolders.map(forPeople),
    }),
    'shell.openDialog': native('open a dialog on the server'),
    'shell.showResult': native('open a folder on the server'),
    'shell.showFolder': native('open a folder on the server'),
    'shell.openResult': native('open a file on the server'),
    'shell.copyImage': native("use the server's clipboard"),
    'shell.dragResult': native("drag the server's files"),
  });

  const server: Server = createServer((request, response) => {
    handle(request, response).catch((thrown: unknown) => {
      const error = toErrorValue(thrown);
      if (response.headersSent) response.destroy();
      else answer(response, statuses[error.code] ?? 500, error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, loopback, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const hosts = new Set([`${loopback}:${port}`, `localhost:${port}`]);
  const origins = new Set([...hosts].map((host) => `http://${host}`));

  const hasSession = (request: IncomingMessage): boolean =>
    (request.headers.cookie ?? '')
      .split(';')
      .some((part) => same(part.trim(), `${cookieName}-${port}=${session}`));
  const hasHost = (request: IncomingMessage): boolean => hosts.has(request.headers.host ?? '');
  const hasOrigin = (request: IncomingMessage): boolean => origins.has(request.headers.origin ?? '');

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!hasHost(request)) return answer(response, 403, { message: 'Unknown host.' });
    const url = new URL(request.url ?? '/', `http://${loopback}:${port}`);
    const given = url.searchParams.get('token');
    if (given !== null && url.pathname === '/' && same(given, token)) {
      response.writeHead(303, {
        location: '/',
        'set-cookie': `${cookieName}-${port}=${session}; HttpOnly; SameSite=Strict; Path=/`,
        'cache-control': 'no-store',
      });
      response.end();
      return;
    }
    if (!hasSession(request)) {
      response.writeHead(401, { 'content-type': 'text/plain; charset=utf-8', ...pageHeaders });
      response.end('This address needs its token. Open the address that Refinery printed when it started.\n');
      return;
    }
    if (url.pathname === '/upload') return upload(request, response, url);
    if (url.pathname === '/bundle') return order(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, {});
    if (url.pathname.startsWith('/bundle/')) return bundle(response, url);
    if (url.pathname.startsWith('/media/')) return media(response, url);
    return page(response, url.pathname);
  }

  async function page(response: ServerResponse, pathname: string): Promise<void> {
    const parts = partsOf(pathname);
    const wanted = join(rendererRoot, ...(parts.length > 0 ? parts : ['index.html']));
    const path = await realpath(wanted).catch(() => undefined);
    if (path === undefined || !path.startsWith(rendererRoot + sep)) return answer(response, 404, {});
    const found = await stat(path);
    if (!found.isFile()) return answer(response, 404, {});
    response.writeHead(200, {
      'content-type': contentType(path),
      'content-length': found.size,
      'cache-control': path.endsWith('.html') ? 'no-store' : 'private, max-age=3600',
      ...pageHeaders,
    });
    await pipeline(createReadStream(path), response);
  }

  async function media(response: ServerResponse, url: URL): Promise<void> {
    const [, jobId, variant] = partsOf(url.pathname);
    const request = MediaRequest.safeParse({ jobId, variant });
    if (!request.success) return answer(response, 404, {});
    const file = await (await supervisor.client()).call('media.open', request.data);
    const { size } = await stat(file.path);
    const name = encodeURIComponent(basename(file.path));
    response.writeHead(200, {
      'content-type': file.mime,
      'content-length': size,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      ...(variant === 'result' ? { 'content-disposition': `attachment; filename*=UTF-8''${name}` } : {}),
    });
    await pipeline(createReadStream(file.path), response);
  }

  /** Jobs whose results were asked for together, until they are fetched. */
  const orders = new Map<string, Order>();

  async function order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return answer(response, 405, {});
    if (!hasOrigin(request)) return answer(response, 403, { message: 'Unknown origin.' });
    const pieces: Buffer[] = [];
    await pipeline(request, limited(orderLimit), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) pieces.push(chunk);
    });
    const parsed = Order.safeParse(jsonIn(Buffer.concat(pieces).toString()));
    if (!parsed.success) throw new RefineryError('BAD_REQUEST', 'The request has a wrong form.');
    const id = randomUUID();
    orders.set(id, parsed.data);
    for (const old of [...orders.keys()].slice(0, -mostOrders)) orders.delete(old);
    answer(response, 200, { id });
  }

  async function bundle(response: ServerResponse, url: URL): Promise<void> {
    const [, id = ''] = partsOf(url.pathname);
    const asked = orders.get(id);
    if (asked === undefined) return answer(response, 404, {});
    orders.delete(id);
    const client = await supervisor.client();
    const results = await Promise.all(
      asked.map(({ id: job, name }) =>
        client
          .call('jobs.outputPath', { id: job })
          .catch((thrown: unknown) => ({ name: lineOf(name) || job, error: toErrorValue(thrown) })),
      ),
    );
    const zip = await zipOf(results);
    zip.on('error', (thrown) => response.destroy(thrown));
    response.writeHead(200, {
      'content-type': 'application/zip',
      'cache-control': 'no-store',
      'content-disposition': 'attachment; filename="results.zip"',
    });
    await pipeline(zip.outputStream, response);
  }

  async function upload(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (request.method !== 'POST') return answer(response, 405, {});
    if (!hasOrigin(request)) return answer(response, 403, { message: 'Unknown origin.' });
    if (Number(request.headers['content-length'] ?? 0) > uploadLimit) throw tooLarge();
    const parts = uploadParts(url.searchParams.get('name') ?? '');
    if (!parts) return answer(response, 400, { message: 'The file has no usable name.' });
    const batch = z.uuid().catch(randomUUID()).parse(url.searchParams.get('batch'));
    const shared = join(options.uploads, batch);
    const taken = await stat(join(shared, ...parts)).catch(() => undefined);
    const folder = taken ? join(options.uploads, randomUUID()) : shared;
    const path = join(folder, ...parts);
    await mkdir(dirname(path), { recursive: true });
    try {
      await pipeline(request, limited(uploadLimit), createWriteStream(path, { flags: 'wx' }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    // What lay in a folder is handed on with it.
    const whole = join(folder, parts[0]!);
    answer(response, 200, await (await supervisor.client()).call('files.admit', { paths: [whole] }));
  }

  const sockets = new WebSocketServer({ noServer: true, maxPayload: socketPayloadLimit });
  server.on('upgrade', (request, socket, head) => {
    const allowed =
      request.url === '/socket' && hasHost(request) && hasOrigin(request) && hasSession(request);
    if (!allowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ready) => gateway.attach(socketCarrier(ready)));
  });

  return {
    address: `http://${loopback}:${port}/?token=${token}`,
    port,
    async close() {
      for (const client of sockets.clients) client.close(1001, 'the server is closing');
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The parts of a path; @throws {RefineryError} `BAD_REQUEST` where they are no text, or none of a file's name. */
function partsOf(pathname: string): string[] {
  const parts = pathname.split('/').filter(Boolean);
  try {
    const decoded = parts.map(decodeURIComponent);
    if (!decoded.some((part) => part.includes('\0'))) return decoded;
  } catch {
    // Told below.
  }
  throw new RefineryError('BAD_REQUEST', 'The address is none of a file.');
}

/** A name as a line of a text. */
const lineOf = (name: string): string => name.replace(/\p{Cc}+/gu, ' ').trim();

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Bytes of a name that every disk takes. */
const longestName = 255;

/** Folders that an uploaded file may lie in. */
const deepestUpload = 32;

const isUsable = (name: string): boolean =>
  name !== '' && !name.startsWith('.') && !name.includes('\0') && Buffer.byteLength(name) <= longestName;

/** The folders of an uploaded file and its name; undefined where one of them can't be. */
function uploadParts(place: string): string[] | undefined {
  const parts = place.split('/').map((part) => part.replaceAll('\\', '_'));
  return parts.length <= deepestUpload && parts.every(isUsable) ? parts : undefined;
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

/** Compares secrets in a time that tells nothing of where they differ. */
function same(given: string, secret: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(secret);
  return a.length === b.length && timingSafeEqual(a, b);
}

function tooLarge(): RefineryError {
  return new RefineryError('PAYLOAD_TOO_LARGE', 'An upload may have 2 GB at most.', {
    hint: 'Put the file into a folder that the server allows and name its path.',
  });
}

function limited(limit: number): Transform {
  let total = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      if (total > limit) done(tooLarge());
      else done(null, chunk);
    },
  });
}

import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { protocol } from 'electron';
import { MediaRequest } from '../contract/files.ts';
import type { EngineClient } from '../contract/wire.ts';
import { contentSecurityPolicy, contentType } from '../engine/host/page-policy.ts';
import { appOrigin } from './security.ts';

interface Found {
  readonly path: string;
  readonly headers: Record<string, string>;
}

/** Must run before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

/**
 * Serves the page's own files, confined to the renderer's folder, and pictures of jobs, which the engine names.
 * Nothing else can be reached through `app://`.
 */
export function serveApp(rendererFolder: string, engine: () => Promise<EngineClient>): void {
  async function find(address: string): Promise<Found | undefined> {
    const url = new URL(address);
    if (!address.startsWith(`${appOrigin}/`)) return undefined;
    const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (parts[0] === 'media') {
      const request = MediaRequest.safeParse({ jobId: parts[1], variant: parts[2] });
      if (!request.success) return undefined;
      const file = await (await engine()).call('media.open', request.data);
      return { path: file.path, headers: { 'content-type': file.mime, 'cache-control': 'no-store' } };
    }
    const path = await realpath(join(rendererFolder, ...(parts.length > 0 ? parts : ['index.html'])));
    if (!path.startsWith((await realpath(rendererFolder)) + sep)) return undefined;
    return {
      path,
      headers: {
        'content-type': contentType(path),
        'content-security-policy': contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
      },
    };
  }

  // Electron 22, which the tests can run, is older than `handle`.
  if (typeof protocol.handle !== 'function') {
    protocol.registerFileProtocol('app', (request, answer) => {
      find(request.url).then(
        (found) => answer(found ? { path: found.path, headers: found.headers } : { error: -6 }),
        () => answer({ error: -6 }),
      );
    });
    return;
  }
  protocol.handle('app', async (request) => {
    const found = await find(request.url).catch(() => undefined);
    if (!found) return new Response('Not found', { status: 404 });
    const body = Readable.toWeb(createReadStream(found.path)) as ReadableStream<Uint8Array>;
    return new Response(body, { headers: found.headers });
  });
}

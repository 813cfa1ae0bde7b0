import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { RefineryError } from '../contract/errors.ts';
import { uploadsFolder, userFolders } from '../engine/host/folders.ts';
import { engineEnvironment, Supervisor } from '../engine/host/supervisor.ts';
import { startWebServer } from '../web/server.ts';
import { printJson, reportFailure } from './shared.ts';

interface ServeFlags {
  readonly port: number;
  readonly allow: readonly string[];
  readonly json?: true;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Give 0 to 65535.');
  return port;
}

export function serveCommand(resources: string): Command {
  return new Command('serve')
    .description('the same interface in a browser on this machine')
    .option('--port <number>', '0 takes a free one', parsePort, 0)
    .option('--allow <folder...>', 'folders on this machine that the page may take pictures from', [])
    .option('--json', 'print the address as JSON')
    .action(async (flags: ServeFlags) => {
      try {
        await serveUntilStopped(resources, flags);
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

function restarting(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve) => {
    const stop = supervisor.onState(({ state }) => {
      if (state !== 'restarting') return;
      stop();
      resolve();
    });
  });
}

async function serveUntilStopped(resources: string, flags: ServeFlags): Promise<void> {
  const source = join(resources, 'src-main', 'engine', 'host', 'entry.ts');
  const built = join(dirname(fileURLToPath(import.meta.url)), 'entry.mjs');
  const renderer = join(resources, 'dist', 'renderer');
  if (!existsSync(join(renderer, 'index.html'))) {
    throw new RefineryError('INTERNAL', 'The interface has not been built yet.', {
      hint: 'Run: npm run build',
    });
  }
  const folders = userFolders(resources);
  const allowed = flags.allow.map((folder) => resolve(folder));
  const supervisor = new Supervisor({
    node: process.execPath,
    entry: existsSync(source) ? source : built,
    environment: {
      ...engineEnvironment(process.env),
      REFINERY_RESOURCES: resources,
      REFINERY_ALLOWED_FOLDERS: allowed.join(delimiter),
    },
    log: (line) => console.error(line),
  });
  supervisor.start();
  // A second one on the same data is told before it gives out an address; of one that is started again the page tells.
  await Promise.race([supervisor.client(), restarting(supervisor)]);
  const server = await startWebServer({
    supervisor,
    renderer,
    uploads: join(folders.data, uploadsFolder),
    allowedFolders: allowed,
    port: flags.port,
  }).catch(async (thrown: unknown) => {
    await supervisor.stop();
    throw thrown;
  });
  if (flags.json) printJson({ event: 'serving', address: server.address, port: server.port });
  else {
    console.log(`Refinery is at  ${server.address}`);
    console.log('Only this machine can reach it. Ctrl+C ends it; the queue is kept.');
  }
  await new Promise<void>((stop) => {
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
  await server.close();
  await supervisor.stop();
}

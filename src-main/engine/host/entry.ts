import { delimiter } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { type Handlers, type ServedConnection, serve } from '../../contract/wire.ts';
import { parentCarrier } from './carriers/process.ts';
import { createEngine, type Engine } from './engine.ts';
import { userFolders } from './folders.ts';
import { keepHeapSmall } from './heap.ts';
import { readVersion } from './version.ts';

/**
 * The engine as a process of its own. It talks over the channel that its parent opened, and ends when that parent
 * does, however it ended.
 */

/** What a clean end may take before the process just ends; the journal makes that safe. */
const farewell = 5_000;

keepHeapSmall();

const resources = process.env['REFINERY_RESOURCES'];
if (!process.send || !resources) {
  console.error('The engine is started by the window or the server, not by hand.');
  process.exit(2);
}

const carrier = parentCarrier();
let connection: ServedConnection | undefined;

const engine = await create(resources).catch((thrown: unknown) => {
  if (!(thrown instanceof RefineryError)) throw thrown;
  // Told as an answer, for whoever started it to pass on; then it is ended.
  serve(carrier, { 'engine.info': () => Promise.reject(thrown) } as Partial<Handlers> as Handlers, 'host');
  return undefined;
});

function create(resources: string): Promise<Engine> {
  return createEngine({
    folders: userFolders(resources),
    version: readVersion(resources),
    allowedFolders: (process.env['REFINERY_ALLOWED_FOLDERS'] ?? '').split(delimiter).filter(Boolean),
    // After the answer is out.
    restart: () => setTimeout(() => void end(), 100),
    emit: (name, payload) => connection?.emit(name, payload),
  });
}

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  setTimeout(() => process.exit(0), farewell).unref();
  await engine?.close();
  process.exit(0);
}

carrier.onClose(() => void end());
process.on('SIGTERM', () => void end());
// Ctrl+C in a terminal reaches the whole group; the parent decides when the engine ends.
process.on('SIGINT', () => undefined);
if (engine !== undefined) connection = serve(carrier, engine.handlers, 'host');

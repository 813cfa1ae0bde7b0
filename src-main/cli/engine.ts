import { connectClient, type EngineClient, serve } from '../contract/wire.ts';
import { memoryCarriers } from '../engine/host/carriers/memory.ts';
import { createEngine } from '../engine/host/engine.ts';
import { userFolders } from '../engine/host/folders.ts';
import { readVersion } from '../engine/host/version.ts';

/**
 * Runs work with an engine in this process, reached over the same contract as from a window. Its queue and settings
 * live only as long: two commands at a time, or a command beside an open window, don't disturb each other.
 */
export async function withEngine<Result>(
  resources: string,
  work: (engine: EngineClient) => Promise<Result>,
): Promise<Result> {
  const [near, far] = memoryCarriers();
  const engine = await createEngine({
    folders: userFolders(resources),
    version: readVersion(resources),
    transient: true,
    emit: (name, payload) => connection.emit(name, payload),
  });
  const connection = serve(far, engine.handlers, 'host');
  const client = connectClient(near);
  try {
    return await work(client);
  } finally {
    await engine.close();
    client.close();
  }
}

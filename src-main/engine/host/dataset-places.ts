import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DatasetLook, DatasetPlace, DatasetView } from '../../contract/datasets.ts';
import { RefineryError } from '../../contract/errors.ts';
import { everyFolder, framesOf, isVideo } from '../datasets/archives/index.ts';
import { DatasetSession } from '../datasets/browse/index.ts';
import { inside } from '../datasets/files/paths.ts';
import { isBelow } from '../io/below.ts';
import { candidateView } from './dataset-view.ts';
import { forPeople } from './folders.ts';
import type { Handles } from './handles.ts';

// Where sets are, by what pages know of it.

/** The path of a set, in its archive or video. */
export function pathOfSet({ handle, within, every }: DatasetPlace, handles: Handles): string {
  const path = handles.path(handle);
  const folder = within === '' && isVideo(path) ? everyFolder(every) : within;
  return folder === '' ? path : inside(path, folder);
}

/**
 * Looks what a folder, an archive or a video is.
 *
 * @param unpacking is called when an archive begins to be unpacked.
 */
export async function lookAtSet(
  place: DatasetPlace,
  handles: Handles,
  unpacking: Parameters<typeof DatasetSession.open>[1],
): Promise<{ readonly session: DatasetSession; readonly look: DatasetLook }> {
  const { handle, within, every } = place;
  const { name, location, kind } = await handles.describe(handle);
  if (within !== '' && kind === 'folder') {
    throw new RefineryError('BAD_REQUEST', 'A folder below an open one has a handle of its own.');
  }
  const path = handles.path(handle);
  const video = kind !== 'folder' && isVideo(path) ? { handle, frames: await framesOf(path), every } : null;
  const session = await DatasetSession.open(pathOfSet(place, handles), unpacking);
  const look = {
    name: within === '' ? name : basename(within),
    location: within === '' ? location : join(location, name, dirname(within)),
    path: forPeople(session.path),
    outer: forPeople(session.outer),
    candidates: session.candidates.map(candidateView),
    sets: session.isArchive ? setsInArchive(session, place, path) : await setsInFolder(session, handles),
    video,
  };
  return { session, look };
}

/** @param archive its path. */
function setsInArchive(
  { inner }: DatasetSession,
  { handle, within }: DatasetPlace,
  archive: string,
): DatasetView['sets'] {
  return inner.map(({ folder, ...found }) => {
    const place = within === '' ? folder : `${within}/${folder}`;
    const path = forPeople(join(archive, place));
    return { handle, folder, within: place, path, ...candidateView(found) };
  });
}

/** Those of a folder, but no links that lead out of it. */
async function setsInFolder({ path, inner }: DatasetSession, handles: Handles): Promise<DatasetView['sets']> {
  const outer = await realpath(path);
  const sets = await Promise.all(
    inner.map(async ({ folder, ...found }) => {
      const real = await realpath(join(path, folder));
      if (!isBelow(real, outer)) return [];
      const { handles: admitted } = await handles.admit([real]);
      const own = { folder, within: '', path: forPeople(real), ...candidateView(found) };
      return admitted.map(({ id }) => ({ handle: id, ...own }));
    }),
  );
  return sets.flat();
}

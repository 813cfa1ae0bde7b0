import { readdir } from 'node:fs/promises';
import type { FileHandle } from '../../../contract/files.ts';
import type { Possibility, RecognizedPart } from '../../../contract/recognition.ts';
import type { Handles } from '../handles.ts';
import { detector, diffusion, network } from './networks.ts';
import type { Found, Recognizer } from './recognizer.ts';
import { dataset, pictures } from './sets.ts';
import { configuration, training } from './trainings.ts';

/** The most particular first: a set's folder holds pictures as well, a training's a network. */
const recognizers: readonly Recognizer[] = [
  diffusion,
  training,
  detector,
  network,
  configuration,
  dataset,
  pictures,
];

/** Says of what was dropped, chosen or named what it may be. Files that are the same kind of thing are one part. */
export async function recognize(
  given: readonly FileHandle[],
  handles: Pick<Handles, 'path' | 'admit'>,
): Promise<RecognizedPart[]> {
  const parts: RecognizedPart[] = [];
  for (const handle of given) {
    const path = handles.path(handle.id);
    const names = handle.kind === 'folder' ? await readdir(path).catch(() => []) : [];
    join(parts, { handles: [handle], couldBe: await claims({ handle, path, names }, handles) });
  }
  return parts;
}

async function claims(found: Found, handles: Pick<Handles, 'admit'>): Promise<Possibility[]> {
  const couldBe: Possibility[] = [];
  for (const { kind, recognize: look, leavesOpen } of recognizers) {
    // What can't be read is told by who takes it, or by nobody knowing what it is.
    const claim = await look(found).catch(() => undefined);
    if (!claim) continue;
    const named = claim.path === undefined ? [found.handle] : (await handles.admit([claim.path])).handles;
    if (named.length === 0) continue;
    const { count = 1, format = null } = claim;
    couldBe.push({ kind, handles: named, count, format });
    if (!leavesOpen) break;
  }
  return couldBe;
}

/** Adds a part, to another one where both may be the same: all pictures are upscaled together. */
function join(parts: RecognizedPart[], part: RecognizedPart): void {
  const kinds = (of: RecognizedPart): string =>
    of.couldBe.map(({ kind, format }) => `${kind} ${format}`).join();
  const same = parts.find((other) => kinds(other) === kinds(part));
  if (!same) {
    parts.push(part);
    return;
  }
  same.handles.push(...part.handles);
  for (const [index, possibility] of part.couldBe.entries()) {
    const before = same.couldBe[index]!;
    const known = new Set(before.handles.map(({ id }) => id));
    before.count += possibility.count;
    // An IR's two files are one network.
    before.handles.push(...possibility.handles.filter(({ id }) => !known.has(id)));
  }
}

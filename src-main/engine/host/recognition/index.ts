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
  const parts = new Map<string, Part>();
  for (const handle of given) {
    const path = handles.path(handle.id);
    const names = handle.kind === 'folder' ? await readdir(path).catch(() => []) : [];
    join(parts, handle, await claims({ handle, path, names }, handles));
  }
  return [...parts.values()].map((part) => ({
    handles: part.handles,
    couldBe: part.couldBe.map((claim) => ({ ...claim, handles: [...claim.handles.values()] })),
  }));
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

/** Files that are the same kind of thing, while there may be more of them. */
interface Part {
  readonly handles: FileHandle[];
  /** By id: an IR's two files are one network. */
  readonly couldBe: Array<Omit<Possibility, 'handles'> & { readonly handles: Map<string, FileHandle> }>;
}

/** Adds a file to others that may be the same: all pictures are upscaled together. */
function join(parts: Map<string, Part>, handle: FileHandle, claimed: readonly Possibility[]): void {
  const kinds = claimed.map(({ kind, format }) => `${kind} ${format}`).join();
  const same = parts.get(kinds);
  if (!same) {
    const byId = (claim: Possibility) => new Map(claim.handles.map((one) => [one.id, one]));
    parts.set(kinds, {
      handles: [handle],
      couldBe: claimed.map((claim) => ({ ...claim, handles: byId(claim) })),
    });
    return;
  }
  same.handles.push(handle);
  for (const [index, claim] of claimed.entries()) {
    const before = same.couldBe[index]!;
    before.count += claim.count;
    for (const one of claim.handles) before.handles.set(one.id, one);
  }
}

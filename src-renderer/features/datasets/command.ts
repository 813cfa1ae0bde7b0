import type { DatasetView } from '../../../src-main/contract/index.ts';
import type { Merged } from './others.ts';
import type { Writing } from './state.ts';

/** A conversion for the command line. */
export interface Written {
  readonly view: DatasetView;
  /** Format that the set was read as. */
  readonly from: string;
  readonly merged: Merged | null;
  readonly to: string;
  /** The steps as arguments. */
  readonly transforms: readonly string[];
  readonly writing: Pick<Writing, 'media' | 'strict' | 'overwrite'>;
  readonly output: string;
}

/** What does the same in a shell. */
export function commandFor({ view, from, merged, to, transforms, writing, output }: Written): string {
  const parts = ['refinery', merged ? 'merge' : 'convert', quotedPath(view.path)];
  if (merged) {
    const { others, inForce } = merged;
    parts.push(...others.map(({ path }) => quotedPath(path)), '--mode', inForce.mode);
    if (inForce.overlap !== undefined) parts.push('--overlap', String(inForce.overlap));
    if (inForce.quorum !== undefined) parts.push('--quorum', String(inForce.quorum));
    parts.push('--from', [from, ...others.map(({ format }) => format)].join(','));
  } else parts.push('--from', from);
  parts.push('--to', to);
  if (writing.media !== 'copy') parts.push('--media', writing.media);
  if (writing.strict) parts.push('--strict');
  for (const step of transforms) parts.push('--transform', quoted(step));
  parts.push('--output', quotedPath(output));
  if (writing.overwrite) parts.push('--overwrite');
  return parts.join(' ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A shell only knows the home folder outside of quotes. */
const quotedPath = (path: string): string =>
  path.startsWith('~/') ? `~/${quoted(path.slice(2))}` : quoted(path);

import type { DatasetStep, DatasetTask } from '../../../src-main/contract/index.ts';
import { copyText } from '../../state/clipboard.ts';
import { call } from '../../state/session.ts';
import { quoted, quotedPath } from '../../ui/shell-words.ts';
import type { Compared, Merged } from './others.ts';
import { useWizard, type Wizard } from './state.ts';

// What the command line is told for the same as a screen shows.

/** The open set as the command line takes it. */
interface Named {
  readonly path: string;
  /** Format that it was read as. */
  readonly from: string;
  readonly merged: Merged | null;
  /** The steps as arguments. */
  readonly transforms: readonly string[];
}

async function named(steps: readonly DatasetStep[]): Promise<Named | null> {
  const { view, summary, merged } = useWizard.getState();
  if (!view || !summary) return null;
  const { transforms } = await call('datasets.recipe', {
    from: null,
    to: null,
    steps: [...steps],
    media: 'copy',
  });
  return { path: view.path, from: summary.format, merged, transforms };
}

/** How sets are merged. */
function modeOf({ inForce: { mode, overlap, quorum } }: Merged): string[] {
  const words = ['--mode', mode];
  if (overlap !== undefined) words.push('--overlap', String(overlap));
  if (quorum !== undefined) words.push('--quorum', String(quorum));
  return words;
}

const changes = ({ transforms }: Named): string[] =>
  transforms.flatMap((step) => ['--transform', quoted(step)]);

/** Of a command that looks at the set, merged and changed, and at this one beside it. */
function lookingAt(set: Named, command: string, other?: Compared['other']): string[] {
  const { path, from, merged } = set;
  const others = merged?.others ?? [];
  const formats = [from, ...(other ? [other.format] : []), ...others.map(({ format }) => format)];
  return [
    ...['refinery', command, quotedPath(path), ...(other ? [quotedPath(other.path)] : [])],
    ...others.flatMap((one) => ['--merge-with', quotedPath(one.path)]),
    ...(merged ? modeOf(merged) : []),
    ...['--from', formats.join(',')],
    ...changes(set),
  ];
}

/** @param words none where there is no set. */
async function copy(words: readonly string[] | null, said = 'Command copied'): Promise<void> {
  if (words) await copyText(words.join(' '), said);
}

/** What the set is. */
export const copyDetect = (path: string): Promise<void> => copy(['refinery', 'detect', quotedPath(path)]);

/** Its figures, after the changes. */
export const copyStats = (): Promise<void> => copyLook('stats');

/** Its faults, after the changes. */
export const copyValidate = (task: DatasetTask | null, similar: boolean): Promise<void> =>
  copyLook('validate', ...(task ? ['--task', task] : []), ...(similar ? ['--similar'] : []));

async function copyLook(command: string, ...more: string[]): Promise<void> {
  const set = await named(useWizard.getState().steps);
  await copy(set && [...lookingAt(set, command), ...more]);
}

/** What is different in another set. @param steps those that are made before. */
export async function copyDiff({ other, pictures }: Compared, steps: readonly DatasetStep[]): Promise<void> {
  const set = await named(steps);
  await copy(set && [...lookingAt(set, 'diff', other), ...(pictures ? [] : ['--no-pictures'])]);
}

/** What training with a set would meet. */
export const copyTrainCheck = (path: string): Promise<void> =>
  copy(['refinery', 'train-check', quotedPath(path)]);

/** The conversion. */
export async function copyConvert(
  to: string,
  writing: Wizard['writing'],
  output: string,
  said?: string,
): Promise<void> {
  const set = await named(useWizard.getState().steps);
  await copy(set && converting(set, to, writing, output), said);
}

function converting(set: Named, to: string, writing: Wizard['writing'], output: string): string[] {
  const { path, from, merged } = set;
  const words = ['refinery', merged ? 'merge' : 'convert', quotedPath(path)];
  if (merged) {
    const { others } = merged;
    words.push(...others.map((other) => quotedPath(other.path)), ...modeOf(merged));
    words.push('--from', [from, ...others.map(({ format }) => format)].join(','));
  } else words.push('--from', from);
  words.push('--to', to);
  if (writing.media !== 'copy') words.push('--media', writing.media);
  if (writing.strict) words.push('--strict');
  words.push(...changes(set), '--output', quotedPath(output));
  if (writing.overwrite) words.push('--overwrite');
  return words;
}

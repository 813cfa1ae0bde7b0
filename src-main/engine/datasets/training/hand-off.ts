import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { isFolder } from '../files/folder.ts';
import { checkClassFolders, looksLikeClasses } from './classify.ts';
import { type TrainingCommand, type TrainingTask, trainingCommands } from './commands.ts';
import { findDescription, readDescription, type TrainingDescription } from './description.ts';
import { type TrainingFinding, TrainingFindings } from './findings.ts';
import { checkMirroring } from './mirroring.ts';
import { checkSubset, type SubsetCheck } from './subset.ts';

/** What training would see of a subset. */
export interface SubsetSummary {
  readonly name: string;
  readonly pictures: number;
  /** Pictures with a label file that is taken. */
  readonly labelled: number;
  /** Pictures without any object. */
  readonly background: number;
  /** Pictures that would be left out for a fault. */
  readonly leftOut: number;
  readonly objects: number;
}

/** What Ultralytics would say of a set, and how to go on. */
export interface HandOff {
  readonly task: TrainingTask;
  /** What `data=` is to be: the absolute path of the `data.yaml`, or of the folder for `classify`. */
  readonly data: string;
  /** The folder that `path:` is to name, absolute. */
  readonly root: string;
  readonly classes: readonly string[];
  readonly subsets: readonly SubsetSummary[];
  /** The worst first. */
  readonly findings: readonly TrainingFinding[];
  /** Whether training would start: there is no error among the findings. */
  readonly trains: boolean;
  readonly commands: readonly TrainingCommand[];
}

/**
 * Checks a set in one of Ultralytics' layouts as its loader would, without it, and gives the commands for training.
 * Only reads.
 *
 * @param options.task instead of looking what the label files are.
 * @throws {RefineryError} `INPUT_NOT_FOUND` where there is no folder; all else becomes findings.
 */
export async function handOff(
  folder: string,
  options: { readonly task?: TrainingTask; readonly signal?: AbortSignal } = {},
): Promise<HandOff> {
  if (!(await isFolder(folder))) throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${folder}.`);
  const root = resolve(folder);
  const findings = new TrainingFindings();
  const file = await findDescription(root);
  if (options.task === 'classify' || (file === undefined && (await looksLikeClasses(root)))) {
    const checked = await checkClassFolders(root, findings, options.signal);
    return finish('classify', root, root, root, checked, findings);
  }
  if (file === undefined) {
    findings.add('no_description', root);
    return finish(options.task ?? 'detect', root, root, root, { classes: [], subsets: [] }, findings);
  }
  const description = await readDescription(root, file, findings);
  const { shape } = description;
  const posed = options.task === 'pose' || (options.task === undefined && shape !== null);
  if (posed && shape === null) findings.add('bad_points', 'There is no kpt_shape.');
  if (posed && shape !== null) checkMirroring(description, shape, findings);
  const subsets: SubsetCheck[] = [];
  for (const name of description.subsets.keys()) {
    subsets.push(await checkSubset(root, name, description, posed ? shape : null, findings, options.signal));
  }
  await compareSubsets(description, findings);
  const task = options.task ?? (posed ? 'pose' : taskOf(subsets));
  checkKinds(task, subsets, findings);
  const { classes } = description;
  const plain = subsets.map(({ outlines, outlined, cornered, ...summary }) => summary);
  return finish(task, root, file, description.root, { classes, subsets: plain }, findings);
}

function finish(
  task: TrainingTask,
  folder: string,
  data: string,
  root: string,
  checked: Pick<HandOff, 'classes' | 'subsets'>,
  findings: TrainingFindings,
): HandOff {
  const list = findings.list();
  const trains = list.every(({ severity }) => severity !== 'error');
  return {
    task,
    data,
    root,
    ...checked,
    findings: list,
    trains,
    commands: trainingCommands(task, data, folder),
  };
}

/** Outlines for every object are for segmentation, with four corners each for rotated boxes; else boxes are found. */
function taskOf(subsets: readonly SubsetCheck[]): TrainingTask {
  const sum = (key: 'objects' | 'outlines' | 'outlined' | 'cornered'): number =>
    subsets.reduce((total, subset) => total + subset[key], 0);
  if (sum('outlines') === 0 || sum('outlines') < sum('objects')) return 'detect';
  return sum('cornered') === sum('outlined') ? 'obb' : 'segment';
}

function checkKinds(task: TrainingTask, subsets: readonly SubsetCheck[], findings: TrainingFindings): void {
  for (const { name, objects, outlines } of subsets) {
    const example = `${name}: ${objects - outlines} boxes, ${outlines} outlines`;
    if (task === 'segment' || task === 'obb') {
      if (outlines < objects) findings.add('boxes_for_outlines', example);
    } else if (task === 'detect' && outlines > 0 && outlines < objects) findings.add('mixed_files', example);
  }
}

async function compareSubsets({ subsets }: TrainingDescription, findings: TrainingFindings): Promise<void> {
  const places = async (name: 'train' | 'val'): Promise<string> =>
    (await Promise.all((subsets.get(name) ?? []).map((path) => realpath(path)))).sort().join('\n');
  const [train, val] = [await places('train'), await places('val')];
  if (train !== '' && train === val) findings.add('same_subset', train);
}

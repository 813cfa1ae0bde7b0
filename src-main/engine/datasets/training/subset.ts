import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isFolder, textIfThere } from '../files/folder.ts';
import type { TrainingDescription } from './description.ts';
import type { TrainingFindings } from './findings.ts';
import type { SubsetSummary } from './hand-off.ts';
import { checkLabels, type LabelFault, type LabelFile, type PointShape } from './labels.ts';
import { checkPicture, labelFileOf, trainingPictures } from './pictures.ts';

/** Counts that tell a task. */
export interface SubsetCheck extends SubsetSummary {
  /** Objects with an outline. */
  readonly outlines: number;
  /** Files all of whose objects have four corners. */
  readonly cornered: number;
  /** Files with outlines. */
  readonly outlined: number;
}

/** Looks at the pictures and label files of one subset. */
export async function checkSubset(
  folder: string,
  name: 'train' | 'val' | 'test',
  { root, classes, subsets }: TrainingDescription,
  shape: PointShape | null,
  findings: TrainingFindings,
  signal: AbortSignal | undefined,
): Promise<SubsetCheck> {
  const counts = { pictures: 0, labelled: 0, background: 0, leftOut: 0, objects: 0 };
  const kinds = { outlines: 0, cornered: 0, outlined: 0 };
  const pictureOf = new Map<string, string>();
  // Without a list of classes that alone is said, and not of every picture again.
  const known = classes.length > 0 ? classes.length : Number.POSITIVE_INFINITY;
  let unseen = 0;
  for (const path of subsets.get(name) ?? []) {
    let some = false;
    for await (const picture of trainingPictures(folder, root, path, findings)) {
      signal?.throwIfAborted();
      some = true;
      counts.pictures += 1;
      const label = labelFileOf(picture);
      const other = pictureOf.get(label);
      if (other !== undefined)
        findings.add('same_name', `${relative(folder, other)} and ${relative(folder, picture)}`);
      pictureOf.set(label, picture);
      const usable = await checkPicture(folder, picture, findings);
      const labels = await readLabels(label, known, shape);
      if (labels === null) findings.add('without_labels', relative(folder, picture));
      else if ('check' in labels) findings.add(labels.check, `${relative(folder, label)}: ${labels.reason}`);
      if (!usable || (labels !== null && 'check' in labels)) {
        counts.leftOut += 1;
        continue;
      }
      if (labels === null || labels.objects === 0) counts.background += 1;
      if (labels === null) continue;
      counts.labelled += 1;
      counts.objects += labels.objects;
      kinds.outlines += labels.outlines;
      if (labels.outlines > 0) kinds.outlined += 1;
      if (labels.cornered) kinds.cornered += 1;
      if (labels.objects === 0) findings.add('empty_labels', relative(folder, label));
      for (let again = 0; again < labels.repeated; again += 1)
        findings.add('same_line', relative(folder, label));
    }
    if (!some) unseen += 1;
    await findOrphans(folder, path, pictureOf, findings);
  }
  report(name, counts, unseen, findings);
  return { name, ...counts, ...kinds };
}

function report(
  name: string,
  { pictures, labelled, leftOut }: Omit<SubsetSummary, 'name'>,
  unseen: number,
  findings: TrainingFindings,
): void {
  // Pictures that lie elsewhere were not looked at: that is said, and isn't the same as none.
  const elsewhere = findings.list().some(({ check }) => check === 'outside');
  if (pictures === 0) {
    if (unseen > 0 && !elsewhere && name !== 'test') findings.add('no_pictures', name);
  } else if (leftOut === pictures) findings.add('no_usable_pictures', name);
  else if (labelled === 0 && name === 'train') findings.add('no_labels', name);
  else if (labelled === 0 && name === 'val') findings.add('unlabelled_validation', name);
}

/** Null where there is no file. */
async function readLabels(
  path: string,
  classes: number,
  shape: PointShape | null,
): Promise<LabelFile | LabelFault | null> {
  try {
    const text = await textIfThere(path);
    return text === undefined ? null : checkLabels(text, classes, shape);
  } catch (thrown) {
    return { check: 'corrupt_label', reason: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** Label files without a picture, in the folders that belong to a folder of pictures. */
async function findOrphans(
  folder: string,
  path: string,
  pictureOf: ReadonlyMap<string, string>,
  findings: TrainingFindings,
): Promise<void> {
  const labels = labelFileOf(join(path, 'any.png')).slice(0, -`${sep}any.txt`.length);
  if (labels === path || !(await isFolder(labels)) || !labels.startsWith(folder + sep)) return;
  for (const name of await readdir(labels)) {
    const full = join(labels, name);
    if (name.endsWith('.txt') && name !== 'classes.txt' && !pictureOf.has(full)) {
      findings.add('orphaned_label', relative(folder, full));
    }
  }
}

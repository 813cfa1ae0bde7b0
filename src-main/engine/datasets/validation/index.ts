import { paced } from '../breathing.ts';
import { isFile, pictureSize } from '../files/folder.ts';
import { type Dataset, toldOnce } from '../format.ts';
import type { Item, ProblemLog } from '../model/index.ts';
import { orientationOf } from '../transforms/frames.ts';
import { AttributeChecks } from './attributes.ts';
import { type Check, type Finding, Findings } from './findings.ts';
import { type SamePicture, samePictures, similarPictures } from './pictures.ts';
import { findOutside, findTwins, soundMeasures } from './shapes.ts';
import { Spreads } from './spreads.ts';
import { type Task, type Thresholds, tasks, typesOf, usual } from './task.ts';

export type { Check, Finding, Severity } from './findings.ts';
export { type Task, type Thresholds, tasks } from './task.ts';

export interface ValidationOptions {
  /** Without it, what the set has most of decides. */
  readonly task?: Task;
  readonly thresholds?: Partial<Thresholds>;
  /** Whether pictures are looked for and compared: every file that has the size of another is read. */
  readonly pictures?: boolean;
  /** Whether pictures that look alike are looked for in several subsets: every picture is decoded. */
  readonly similar?: boolean;
  readonly signal?: AbortSignal;
}

export interface Validation {
  readonly task: Task;
  readonly items: number;
  /** Annotations of the task. */
  readonly annotations: number;
  readonly findings: readonly Finding[];
}

/** What a reader could not take, with its places as far as they were kept. */
function addUnreadable({ list, unlisted }: ProblemLog, findings: Findings): void {
  for (const { file, place, reason } of list) {
    findings.add('unreadable', [file, place, reason].filter(Boolean).join(': '));
  }
  for (const [reason, count] of unlisted) findings.add('unreadable', reason, null, count);
}

/**
 * Looks for faults in a set: Datumaro's checks for a task, and shapes that leave their picture, annotations that are
 * there twice, pictures that are missing or in several subsets. The set is read twice, and not kept.
 */
export async function validate(given: Dataset, options: ValidationOptions = {}): Promise<Validation> {
  const dataset = toldOnce(paced(given, options.signal));
  const task = options.task ?? (await likelyTask(dataset));
  const thresholds = { ...usual, ...options.thresholds };
  const findings = new Findings(task);
  const { labels } = dataset.categories;
  const counts = labels.map(() => 0);
  /** Classes that annotations for other tasks have. */
  const elsewhere = new Set<number | null>();
  const spreads = new Spreads(dataset.categories);
  const attributes = new AttributeChecks(dataset.categories, findings);
  let [items, annotations] = [0, 0];
  if (labels.length === 0) findings.add('missing_label_categories', '');
  for await (const item of dataset.items()) {
    options.signal?.throwIfAborted();
    findings.at(items);
    items += 1;
    const name = `${item.subset}/${item.id}`;
    const own = item.annotations.filter(({ type }) => typesOf[task].includes(type));
    annotations += own.length;
    if (own.length === 0) findings.add('missing_annotation', name, null, 1, item.annotations.length === 0);
    for (const annotation of item.annotations) {
      if ('label' in annotation && !typesOf[task].includes(annotation.type)) elsewhere.add(annotation.label);
    }
    if (task === 'classification' && own.length > 1) findings.add('multi_label_annotations', name);
    if (options.pictures === true && item.media !== null) await findPictureFaults(item, name, findings);
    findTwins(own, name, labels, findings);
    for (const [index, annotation] of own.entries()) {
      const place = `${name}, ${annotation.type} ${annotation.id || index}`;
      const label = 'label' in annotation ? annotation.label : null;
      if (label === null || labels[label] === undefined) {
        findings.add('undefined_label', place);
        continue;
      }
      counts[label]! += 1;
      attributes.add(annotation, label, place);
      const measures = soundMeasures(annotation, task, place, labels[label].name, findings);
      findOutside(annotation, item, place, labels[label].name, findings);
      spreads.add(annotation, label, measures);
    }
  }
  findings.at(null);
  addUnreadable(dataset.problems, findings);
  await spreads.judge(dataset, task, thresholds, findings, options.signal);
  judgeLabels(labels, counts, elsewhere, thresholds, findings);
  attributes.finish(thresholds);
  if (options.pictures === true) {
    addLeakage('leakage', await samePictures(dataset, options.signal), findings);
  }
  if (options.similar === true) {
    addLeakage('near_leakage', await similarPictures(dataset, options.signal), findings);
  }
  return { task, items, annotations, findings: findings.list(items) };
}

function addLeakage(check: Check, pictures: readonly SamePicture[], findings: Findings): void {
  for (const { names, subsets, places } of pictures) {
    if (subsets < 2) continue;
    findings.add(check, names.join(', '));
    findings.point(check, places);
  }
}

async function findPictureFaults({ media }: Item, name: string, findings: Findings): Promise<void> {
  const { path, size: said } = media!;
  if (!(await isFile(path))) {
    findings.add('missing_picture', name);
    return;
  }
  const shown = said === null ? null : await pictureSize(path);
  if (said === null || shown === null || (shown.width === said.width && shown.height === said.height)) return;
  const isSwapped = shown.width === said.height && shown.height === said.width;
  const isStored = isSwapped && (await orientationOf(path)) >= 5;
  const why = isStored ? ' before EXIF turns it' : '';
  findings.add(
    'other_size',
    `${name}: ${shown.width} × ${shown.height}, said is ${said.width} × ${said.height}${why}`,
    null,
    1,
    isStored,
  );
}

async function likelyTask(dataset: Dataset): Promise<Task> {
  const counts: Record<Task, number> = { classification: 0, detection: 0, segmentation: 0 };
  let looked = 0;
  for await (const { annotations } of dataset.items()) {
    for (const { type } of annotations) {
      for (const task of tasks) if (typesOf[task].includes(type)) counts[task] += 1;
    }
    looked += 1;
    if (looked >= 1000) break;
  }
  return tasks.reduce((best, task) => (counts[task] > counts[best] ? task : best), 'detection');
}

function judgeLabels(
  labels: Dataset['categories']['labels'],
  counts: readonly number[],
  elsewhere: ReadonlySet<number | null>,
  { fewSamples, imbalance }: Thresholds,
  findings: Findings,
): void {
  for (const [index, { name }] of labels.entries()) {
    const count = counts[index]!;
    if (count === 0) findings.add('label_defined_but_not_found', name, name, 1, !elsewhere.has(index));
    else if (count <= fewSamples) findings.add('few_samples_in_label', `${name}: ${count}`, name);
  }
  const used = labels.filter((_, index) => counts[index]! > 0);
  if (used.length === 1) findings.add('only_one_label', used[0]!.name, used[0]!.name);
  if (counts.length === 0) return;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (least === 0 ? most >= 0 : most / least >= imbalance) {
    const example = `${labels[counts.indexOf(most)]!.name} ${most}, ${labels[counts.indexOf(least)]!.name} ${least}`;
    findings.add('imbalanced_labels', example);
  }
}

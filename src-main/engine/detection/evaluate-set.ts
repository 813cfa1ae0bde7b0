import { RefineryError } from '../../contract/errors.ts';
import { areaOfShape } from '../datasets/areas.ts';
import { adapt } from '../datasets/convert.ts';
import type { Dataset } from '../datasets/format.ts';
import type { Counts } from '../datasets/masks.ts';
import { type Annotation, type Item, isCrowd, type Points, type Size } from '../datasets/model/index.ts';
import { type Accuracy, accuracyOf } from './accuracy.ts';
import { type Detection, type Evaluation, evaluateDetections, type TrueBox } from './evaluation.ts';
import { compareMask, maskOfObject, ringMasks } from './masks.ts';
import { byMasks, type Comparison } from './matching.ts';
import type { DetectionModel, Found } from './model.ts';
import { byPoints } from './points.ts';

/** A model's figures on a set: of boxes, or of classes of whole pictures. */
export type ModelEvaluation = Measured &
  (
    | {
        readonly kind: 'boxes';
        readonly evaluation: Evaluation;
        /** The same by the masks of outlines, or by the points of poses, where the model finds these. */
        readonly parts?: { readonly of: 'outlines' | 'points'; readonly evaluation: Evaluation };
      }
    | { readonly kind: 'labels'; readonly accuracy: Accuracy }
  );

interface Measured {
  /** Names of the set's classes, in the order of the figures' classes. */
  readonly names: readonly string[];
  /** The subset that was measured. */
  readonly subset: string;
  readonly model: string;
  readonly device: string;
  /** What the figures don't count, in sentences. */
  readonly notes: readonly string[];
  /** Pictures that couldn't be read. */
  readonly leftOut: readonly { readonly picture: string; readonly reason: string }[];
}

/** Other names of the subset that models are measured on. */
const validation = ['val', 'valid', 'validation'];

/** Ultralytics' settings for measuring: all boxes that could matter, each for every class it has a score for. */
const settings = { confidence: 0.001, overlap: 0.7, everyClass: true, most: 300 } as const;

/** Pictures that are looked at at once: while the network runs, others are read. */
const readAhead = 4;

interface EvaluateOptions {
  readonly model: DetectionModel;
  readonly dataset: Dataset;
  readonly subset?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Runs a model on a subset and measures it: boxes with COCO's figures, classes of whole pictures by how often they are
 * right. Outlines and masks count as the boxes around them, or the turned ones, and by themselves where the model finds
 * outlines; points of poses likewise; small, medium and large go by the outline's area, as in COCO. Classes are matched by name.
 *
 * @param options.subset `val` unless told, also under its other names; a set without subsets is measured whole.
 * @throws {RefineryError} `BAD_REQUEST` where there is no such subset or no class is the model's,
 * `INPUT_EMPTY` where no picture could be read.
 */
export async function evaluateModel(options: EvaluateOptions): Promise<ModelEvaluation> {
  const { model, dataset } = options;
  const { path, names: ofModel, task } = model.description;
  const names = dataset.categories.labels.map(({ name }) => name);
  const { labels, unknown, notes } = matchClasses(ofModel, names);
  const measured = { names, model: path, device: model.device };
  if (task === 'classify') {
    // A class that the set lacks is a wrong answer.
    const likeliest = ({ labels: found }: Found) => found.slice(0, 5).map(({ label }) => labels[label] ?? -1);
    const { looked, ...rest } = await look(options, trueLabels, likeliest);
    const counted = looked.filter(({ truth }) => truth.size > 0);
    const left = looked.length - counted.length;
    if (unknown.length > 0)
      notes.push(`Always wrong, as the set lacks these classes of the model: ${listed(unknown)}.`);
    if (left > 0) notes.push(`Not counted, as they have no class: ${left} of the pictures.`);
    return { kind: 'labels', accuracy: accuracyOf(counted, names.length), ...measured, ...rest, notes };
  }
  const known = ({ detections, width, height }: Found, { masks }: Truth): Detection[] => {
    const size = { width, height };
    const truth = masks?.(size);
    const maskOf = ringMasks(size);
    return detections.flatMap(({ rings, ...one }) => {
      const label = labels[one.label] ?? null;
      if (label === null) return [];
      const found = { ...one, label };
      return [rings && truth ? { ...found, mask: compareMask(label, maskOf(rings), truth) } : found];
    });
  };
  const { truthOf, note, parts: own } = tasks[task ?? 'detect'];
  const { looked, ...rest } = await look(options, truthOf, known);
  const truth = looked.map((one) => one.truth.boxes);
  const found = looked.map((one) => one.found);
  if (unknown.length > 0) notes.push(`Not counted, as the set lacks these classes: ${listed(unknown)}.`);
  if (note) notes.push(note);
  const evaluation = evaluateDetections(truth, found, names.length);
  const parts = own && { of: own.of, evaluation: evaluateDetections(truth, found, names.length, own.by) };
  return { kind: 'boxes', evaluation, ...(parts ? { parts } : {}), ...measured, ...rest, notes };
}

/** Runs a model on the pictures of a subset, and keeps of each what is compared. */
async function look<Truth, Kept>(
  { model, dataset, subset: wanted = 'val', signal, onProgress }: EvaluateOptions,
  truthOf: (item: Item) => Truth,
  keep: (found: Found, truth: Truth) => Kept,
) {
  const { subset, pictures } = await picturesOf(dataset, wanted, truthOf, signal);
  const looked: { readonly truth: Truth; readonly found: Kept }[] = [];
  const leftOut: { picture: string; reason: string }[] = [];
  const started: (Promise<PromiseSettledResult<Found>[]> | undefined)[] = [];
  for (const [index, { path, truth }] of pictures.entries()) {
    signal?.throwIfAborted();
    onProgress?.(index, pictures.length);
    while (started.length < Math.min(index + readAhead, pictures.length)) {
      started.push(Promise.allSettled([model.detect(pictures[started.length]!.path, settings)]));
    }
    const [outcome] = await started[index]!;
    started[index] = undefined;
    if (outcome?.status === 'fulfilled') looked.push({ truth, found: keep(outcome.value, truth) });
    else {
      const thrown: unknown = outcome?.reason;
      const ofPicture =
        thrown instanceof RefineryError && ['INPUT_NOT_FOUND', 'INPUT_CORRUPT'].includes(thrown.code);
      if (!ofPicture) throw thrown;
      leftOut.push({ picture: path, reason: thrown.message });
    }
  }
  if (looked.length > 0) return { looked, subset, leftOut };
  throw new RefineryError('INPUT_EMPTY', `No picture of the subset ${subset} could be read.`, {
    ...(leftOut[0] ? { details: leftOut[0].reason } : {}),
  });
}

const turnedNote =
  'Turned boxes overlap by their probabilistic IoU, as in Ultralytics’ own figures; all else is as COCO counts.';

const poseNote =
  'An object’s size is that of its outline, or 0.53 of its box, as Ultralytics has it; points are off by a part of it.';

function trueLabels({ annotations }: Item): Set<number> {
  return new Set(
    annotations.flatMap((one) => (one.type === 'label' && one.label !== null ? [one.label] : [])),
  );
}

/** For each class of the model the set's number, or null. */
function matchClasses(
  ofModel: readonly string[],
  ofSet: readonly string[],
): {
  readonly labels: readonly (number | null)[];
  /** Classes of the model that the set lacks. */
  readonly unknown: readonly string[];
  readonly notes: string[];
} {
  // Ultralytics writes numbers where training had no names.
  if (ofModel.every((name, index) => name === String(index))) {
    const notes = ['The model doesn’t name its classes; its numbers are taken for the set’s.'];
    return { labels: ofSet.map((_, index) => index), unknown: [], notes };
  }
  // Where the names come from an IR itself, spaces have become underscores.
  const plain = (name: string): string => name.trim().toLowerCase().replaceAll(' ', '_');
  const numbers = new Map(ofSet.map((name, index) => [plain(name), index] as const));
  const labels = ofModel.map((name) => numbers.get(plain(name)) ?? null);
  const known = new Set(labels);
  if (labels.every((label) => label === null)) {
    throw new RefineryError('BAD_REQUEST', 'The model has none of the set’s classes.', {
      hint: `The model finds ${listed(ofModel)}; the set has ${listed(ofSet)}.`,
    });
  }
  const notes: string[] = [];
  const unknown = ofModel.filter((_, index) => labels[index] === null);
  const missing = ofSet.filter((_, index) => !known.has(index));
  if (missing.length > 0) notes.push(`The model can’t find these classes of the set: ${listed(missing)}.`);
  return { labels, unknown, notes };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

async function picturesOf<Truth>(
  dataset: Dataset,
  wanted: string,
  truthOf: (item: Item) => Truth,
  signal: AbortSignal | undefined,
) {
  const bySubset = new Map<string, { readonly path: string; readonly truth: Truth }[]>();
  for await (const item of dataset.items()) {
    signal?.throwIfAborted();
    if (item.media?.kind !== 'image') continue;
    const known = bySubset.get(item.subset) ?? [];
    bySubset.set(item.subset, known);
    known.push({ path: item.media.path, truth: truthOf(item) });
  }
  const names = validation.includes(wanted) ? [wanted, ...validation] : [wanted];
  if (bySubset.size === 1) names.push('default');
  const subset = names.find((name) => bySubset.has(name));
  if (subset !== undefined) return { subset, pictures: bySubset.get(subset)! };
  throw new RefineryError('BAD_REQUEST', `The set has no pictures in a subset ${wanted}.`, {
    hint: bySubset.size === 0 ? 'It has no pictures at all.' : `It has ${[...bySubset.keys()].join(', ')}.`,
  });
}

/** What is to be found in a picture. */
interface Truth {
  readonly boxes: readonly TrueBox[];
  /** Where outlines are to be found: the masks of these objects in a picture of this size. */
  readonly masks?: (size: Size) => ReadonlyMap<TrueBox, Counts>;
}

function trueTurnedBoxes({ annotations, media }: Item): Truth {
  const { annotations: held } = adapt(annotations, ['rotated_box'], media?.size ?? null);
  const boxes = held.flatMap((box): TrueBox[] => {
    if (box.type !== 'rotated_box' || box.label === null) return [];
    const { centreX, centreY, width, height, label, attributes } = box;
    return [
      {
        label,
        box: [centreX - width / 2, centreY - height / 2, width, height],
        angle: (box.angle * Math.PI) / 180,
        area: width * height,
        crowd: isCrowd(attributes),
      },
    ];
  });
  return { boxes };
}

const trueBoxes = (item: Item): Truth => ({ boxes: objectsOf(item).map(({ box }) => box) });

/** Objects without an outline have that of their box. */
function trueOutlines(item: Item): Truth {
  const objects = objectsOf(item);
  return {
    boxes: objects.map(({ box }) => box),
    masks: (size) => new Map(objects.map(({ box, parts }) => [box, maskOfObject(parts, size)])),
  };
}

/** How much of its box an object covers where only the box is told, as Ultralytics takes it for poses. */
const coveredPart = 0.53;

function truePoses(item: Item): Truth {
  const boxes = objectsOf(item).map(({ box, parts, points }): TrueBox => {
    const isOutlined = parts.some(({ type }) => type !== 'box');
    const area = isOutlined ? box.area : box.area * coveredPart;
    if (!points) return { ...box, area };
    const told = points.visibility.map((visibility) => visibility > 0);
    return { ...box, area, points: { places: points.points, told } };
  });
  return { boxes };
}

/** What is true for each task that finds things, what its boxes don't tell, and what is compared besides them. */
const tasks: Readonly<
  Record<
    'detect' | 'obb' | 'segment' | 'pose',
    {
      readonly truthOf: (item: Item) => Truth;
      readonly note?: string;
      readonly parts?: { readonly of: 'outlines' | 'points'; readonly by: Comparison };
    }
  >
> = {
  detect: { truthOf: trueBoxes },
  obb: { truthOf: trueTurnedBoxes, note: turnedNote },
  segment: { truthOf: trueOutlines, parts: { of: 'outlines', by: byMasks } },
  pose: { truthOf: truePoses, note: poseNote, parts: { of: 'points', by: byPoints } },
};

/** Objects with their box, and the parts that tell more than it, where there are any. */
function objectsOf({ annotations, media }: Item): {
  readonly box: TrueBox;
  readonly parts: readonly Annotation[];
  readonly points: Points | undefined;
}[] {
  const objects = new Map<number | Annotation, Annotation[]>();
  for (const annotation of annotations) {
    const key = annotation.group === 0 ? annotation : annotation.group;
    const known = objects.get(key);
    if (known) known.push(annotation);
    else objects.set(key, [annotation]);
  }
  return [...objects.values()].flatMap((object) => {
    const outlined = object.filter(({ type }) => type === 'polygon' || type === 'mask');
    const points = object.find((one) => one.type === 'points');
    return adapt(object, ['box'], media?.size ?? null).annotations.flatMap((box) => {
      if (box.type !== 'box' || box.label === null) return [];
      const { x, y, width, height, label, attributes } = box;
      const parts = outlined.length > 0 ? outlined : [box];
      const area = parts.reduce((sum, part) => sum + areaOfShape(part), 0);
      const found: TrueBox = { label, box: [x, y, width, height], area, crowd: isCrowd(attributes) };
      return [{ box: found, parts, points }];
    });
  });
}

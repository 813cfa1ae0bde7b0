import { z } from 'zod';
import { FileHandleId } from './files.ts';

/** A set that is open. It lives as long as the engine keeps it open; a few are at a time. */
export const DatasetId = z.string().max(64);
export type DatasetId = z.infer<typeof DatasetId>;

export const annotationKinds = [
  'box',
  'rotated_box',
  'polygon',
  'polyline',
  'mask',
  'points',
  'ellipse',
  'cuboid_2d',
  'cuboid_3d',
  'label',
  'caption',
] as const;
const AnnotationKind = z.enum(annotationKinds);
export type AnnotationKind = z.infer<typeof AnnotationKind>;

const DatasetCandidate = z.object({
  format: z.string(),
  title: z.string(),
  /** 0..1 */
  confidence: z.number(),
  reasons: z.array(z.string()),
  against: z.array(z.string()),
});

/** Where a set is. */
export const DatasetPlace = z.object({
  handle: FileHandleId,
  /** The folder of an archive that the set lies in. */
  within: z.string().max(4096).default(''),
  /** Of a video: takes one of so many frames. */
  every: z.int().min(1).max(999_999).default(1),
});
export type DatasetPlace = z.infer<typeof DatasetPlace>;

/** What is known of a set before it is read. */
export const DatasetLook = z.object({
  name: z.string(),
  location: z.string(),
  /** As the command line takes it. */
  path: z.string(),
  /** The folder that it lies in, and a new set beside it. */
  outer: z.string(),
  /** The likeliest first; empty where no known format fits. */
  candidates: z.array(DatasetCandidate),
  /** Sets in folders of this one, each surer than the whole is to be one. `within` is of one in an archive. */
  sets: z.array(
    DatasetCandidate.extend({
      handle: FileHandleId,
      folder: z.string(),
      within: z.string(),
      path: z.string(),
    }),
  ),
  /** Of a video: how many frames it says that it has (0 where it doesn't), and of how many one is taken. */
  video: z.object({ handle: FileHandleId, frames: z.int(), every: z.int() }).nullable(),
});
export type DatasetLook = z.infer<typeof DatasetLook>;

export const DatasetView = DatasetLook.extend({ id: DatasetId });
export type DatasetView = z.infer<typeof DatasetView>;

const Problems = z.object({
  total: z.int(),
  reasons: z.array(z.object({ reason: z.string(), count: z.int() })),
  first: z.array(z.object({ file: z.string(), place: z.string(), reason: z.string() })),
});

/** A value as it is read, by its name. */
const Named = z.object({ name: z.string(), value: z.string() });

/** What a set holds. */
export const DatasetSummary = z.object({
  format: z.string(),
  title: z.string(),
  items: z.int(),
  annotations: z.int(),
  withoutAnnotations: z.int(),
  /** Pictures that are not where the set says. */
  missingPictures: z.int(),
  subsets: z.array(z.object({ name: z.string(), items: z.int() })),
  /** In the set's order; annotations without a class are not among them. */
  labels: z.array(z.object({ name: z.string(), annotations: z.int() })),
  types: z.array(z.object({ type: AnnotationKind, annotations: z.int() })),
  attributes: z.array(z.object({ name: z.string(), annotations: z.int() })),
  /** What the set says of itself. */
  infos: z.array(Named),
  problems: Problems,
  /** What the changes on the way tell of. */
  changes: Problems,
});
export type DatasetSummary = z.infer<typeof DatasetSummary>;

/** An annotation as a page draws it. Lengths are pixels of the picture. */
export const DatasetShape = z.object({
  type: AnnotationKind,
  /** Index into the summary's labels, or null. */
  label: z.int().nullable(),
  /** Closed outlines: x0, y0, x1, y1, … */
  rings: z.array(z.array(z.number())),
  /** Points of a line or of a skeleton. */
  points: z.array(z.number()),
  text: z.string().nullable(),
  attributes: z.array(Named),
});
export type DatasetShape = z.infer<typeof DatasetShape>;

export const DatasetItem = z.object({
  index: z.int(),
  id: z.string(),
  subset: z.string(),
  size: z.object({ width: z.number(), height: z.number() }).nullable(),
  /** Whether there is a picture to look at; `later` is made when the set is written. */
  picture: z.enum(['here', 'none', 'later']),
  /** Of the picture as a whole. */
  attributes: z.array(Named),
  shapes: z.array(DatasetShape),
});
export type DatasetItem = z.infer<typeof DatasetItem>;

export const DatasetPreview = z.object({
  /** Their index is among them. */
  items: z.array(DatasetItem),
  /** Pictures that were looked at. */
  looked: z.int(),
  /** Names of the classes that are seen in them. */
  labels: z.array(z.string()),
  /** What could not be read so far. */
  problems: z.int(),
});
export type DatasetPreview = z.infer<typeof DatasetPreview>;

export const datasetMergeModes = ['union', 'exact', 'intersect'] as const;
/** Everything of all sets; pieces of one set; what enough of them agree on. */
export const DatasetMergeMode = z.enum(datasetMergeModes);
export type DatasetMergeMode = z.infer<typeof DatasetMergeMode>;

export const DatasetMerging = z.object({
  mode: DatasetMergeMode,
  /** With `intersect`: from which overlap on two shapes are one, and in how many sets a thing must be; else more than half. */
  overlap: z.number().optional(),
  quorum: z.number().optional(),
});
export type DatasetMerging = z.infer<typeof DatasetMerging>;

/** A set beside the one that is open. */
export const OtherDataset = DatasetPlace.extend({ format: z.string().max(80) });
export type OtherDataset = z.infer<typeof OtherDataset>;

/** What an item can be in comparison with another set's; all but `added` are items of the open set. */
export const datasetDifferences = ['changed', 'moved', 'attributes', 'pictures', 'gone', 'added'] as const;
export const DatasetDifferenceKind = z.enum(datasetDifferences);
export type DatasetDifferenceKind = z.infer<typeof DatasetDifferenceKind>;

const Facts = z.object({ count: z.int(), names: z.array(z.string()) });

/** What is different in another set. */
export const DatasetDifference = z.object({
  equal: z.boolean(),
  labels: z.object({ added: z.array(z.string()), gone: z.array(z.string()), reordered: z.boolean() }),
  /** Items whose annotations are the same. */
  same: z.int(),
  /** Of each kind how many, and the first of them. */
  items: z.array(z.object({ kind: DatasetDifferenceKind, count: z.int(), examples: z.array(z.string()) })),
  annotations: z.array(
    z.object({ type: AnnotationKind, same: z.int(), changed: z.int(), added: z.int(), gone: z.int() }),
  ),
  /** Attributes with other values. */
  attributes: z.object({ items: Facts, annotations: Facts }),
  /** Names of what the sets say of themselves otherwise. */
  infos: z.array(z.string()),
  /** Null where they were not compared. */
  pictures: z.object({ same: z.int(), changed: z.int(), missing: z.int() }).nullable(),
});
export type DatasetDifference = z.infer<typeof DatasetDifference>;

export const DatasetFilter = z.object({
  subset: z.string().nullable().default(null),
  label: z.int().nullable().default(null),
  /** Only items without annotations. */
  empty: z.boolean().default(false),
  /** Only those in which the last `datasets.validate` found this. */
  finding: z.string().max(80).nullable().default(null),
  /** Only those that the last `datasets.compare` found different in this way. */
  difference: DatasetDifferenceKind.nullable().default(null),
  /** Part of the name. */
  text: z.string().max(300).default(''),
});
export type DatasetFilter = z.infer<typeof DatasetFilter>;

export const DatasetStep = z.object({ name: z.string(), options: z.record(z.string(), z.unknown()) });
export type DatasetStep = z.infer<typeof DatasetStep>;

/** A change that can be made to a set on its way. */
export const DatasetTransform = z.object({
  name: z.string(),
  /** Other names that it goes by. */
  aliases: z.array(z.string()),
  /** What it is about; `choice` is of which items and annotations stay. */
  about: z.enum(['splits', 'classes', 'choice', 'annotations', 'pictures', 'names']),
  description: z.string(),
  /** JSON Schema of its options. */
  schema: z.record(z.string(), z.unknown()),
});
export type DatasetTransform = z.infer<typeof DatasetTransform>;

export const datasetTasks = ['classification', 'detection', 'segmentation'] as const;
/** What a set is to be used for. */
export const DatasetTask = z.enum(datasetTasks);
export type DatasetTask = z.infer<typeof DatasetTask>;

/** All that one check found wrong with a set. */
export const DatasetFinding = z.object({
  /** How many items it was found in. */
  items: z.int(),
  check: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  title: z.string(),
  count: z.int(),
  byLabel: z.array(z.object({ label: z.string(), count: z.int() })),
  /** The first of them. */
  examples: z.array(z.string()),
  /** The change that mends it. */
  mend: DatasetStep.nullable(),
});
export type DatasetFinding = z.infer<typeof DatasetFinding>;

const Fate = z.object({
  kept: z.int(),
  approximated: z.int(),
  /** Stood for by another part of their object. */
  merged: z.int(),
  dropped: z.int(),
});
export type DatasetFate = z.infer<typeof Fate>;

const TypeFate = Fate.extend({
  type: AnnotationKind,
  becomes: AnnotationKind.nullable(),
  /** Area in both by area in either, where it was measured. */
  overlap: z.object({ mean: z.number(), least: z.number(), measured: z.int() }).nullable(),
});

export const DatasetLoss = z.object({
  types: z.array(TypeFate),
  classes: z.array(Fate.extend({ label: z.string().nullable() })),
  attributes: z.array(z.object({ name: z.string(), annotations: z.int() })),
  notes: z.array(z.string()),
});
export type DatasetLoss = z.infer<typeof DatasetLoss>;

/** A format that the set could be written in, and what would become of it. */
export const DatasetTarget = z.object({
  format: z.string(),
  title: z.string(),
  total: Fate,
  loss: DatasetLoss,
});
export type DatasetTarget = z.infer<typeof DatasetTarget>;

/** Counts in bins; the last bin is beyond the last edge. */
const Histogram = z.object({ edges: z.array(z.number()), counts: z.array(z.int()) });

/** What a set is like, in numbers to be drawn. */
export const DatasetDescription = z.object({
  annotations: z.int(),
  items: z.int(),
  subsets: z.array(z.string()),
  /** In the order of the classes; `bySubset` in the order of `subsets`. */
  classes: z.array(
    z.object({ label: z.string(), count: z.int(), items: z.int(), bySubset: z.array(z.int()) }),
  ),
  /** Side of a square of the box's area, as a part of the same for its picture. */
  boxSizes: Histogram,
  /** Width over height. */
  aspectRatios: Histogram,
  /** How many shapes have their centre in each cell of the picture, row by row. */
  heatMap: z.array(z.array(z.int())),
  perItem: z.object({ least: z.int(), mean: z.number(), most: z.int() }),
  /** The most frequent first. */
  pictureSizes: z.array(z.object({ width: z.int(), height: z.int(), count: z.int() })),
});
export type DatasetDescription = z.infer<typeof DatasetDescription>;

export const DatasetPlan = z.object({
  loss: DatasetLoss,
  /** What would keep what is lost. */
  advice: z.array(z.string()),
  /** Transforms that would keep something of what is dropped. */
  choices: z.array(
    z.object({ type: AnnotationKind, step: DatasetStep, becomes: AnnotationKind, annotations: z.int() }),
  ),
});
export type DatasetPlan = z.infer<typeof DatasetPlan>;

export const datasetMedia = ['copy', 'link', 'none'] as const;
/** `link` makes hard links where the disk can. */
export const DatasetMedia = z.enum(datasetMedia);
export type DatasetMedia = z.infer<typeof DatasetMedia>;

export const DatasetStage = z.enum([
  'unpacking',
  'reading',
  'merging',
  'comparing',
  'planning',
  'writing',
  'checking',
]);
export type DatasetStage = z.infer<typeof DatasetStage>;

export const DatasetProgress = z.object({
  id: DatasetId,
  stage: DatasetStage,
  /** Items; bytes of the archive while unpacking. */
  done: z.int(),
  total: z.int().nullable(),
});
export type DatasetProgress = z.infer<typeof DatasetProgress>;

export const DatasetResult = z.object({
  /** Handle of the new set's folder. */
  handle: z.string(),
  name: z.string(),
  location: z.string(),
  items: z.int(),
  annotations: z.int(),
  files: z.int(),
  linked: z.int(),
  copied: z.int(),
  renamed: z.int(),
  check: z.enum(['passed', 'changed', 'failed']),
  /** Part of the annotations that came back as was said, 0..1. */
  score: z.number(),
  types: z.array(
    z.object({
      type: AnnotationKind,
      equal: z.int(),
      near: z.int(),
      changed: z.int(),
      missing: z.int(),
      added: z.int(),
    }),
  ),
  renamedLabels: z.array(z.object({ from: z.string(), to: z.string() })),
  problems: Problems,
  /** Name of the receipt beside the folder. */
  receipt: z.string().nullable(),
});
export type DatasetResult = z.infer<typeof DatasetResult>;

/** What Ultralytics' loader would say of a set, and the lines to train with it. */
export const TrainingView = z.object({
  task: z.string(),
  /** Whether training would start. */
  trains: z.boolean(),
  findings: z.array(
    z.object({
      check: z.string(),
      severity: z.enum(['error', 'warning', 'info']),
      title: z.string(),
      hint: z.string(),
      count: z.int(),
      examples: z.array(z.string()),
    }),
  ),
  commands: z.array(z.object({ title: z.string(), command: z.string() })),
});
export type TrainingView = z.infer<typeof TrainingView>;

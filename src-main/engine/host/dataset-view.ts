import { basename, dirname } from 'node:path';
import {
  type DatasetDifference,
  type DatasetLoss,
  type DatasetResult,
  type DatasetSummary,
  datasetDifferences,
} from '../../contract/datasets.ts';
import { type Reading, shapeOf, valuesOf } from '../datasets/browse/index.ts';
import {
  annotationsIn,
  type Candidate,
  type ConversionResult,
  type Difference,
  field,
  type Item,
  isRecord,
  type JsonValue,
  type Loss,
} from '../datasets/index.ts';
import { forPeople } from './folders.ts';
import type { Handles } from './handles.ts';

// Sets and what became of them, as pages are told of them.

const countsOf = <Name extends string>(counts: ReadonlyMap<Name, number>) => [...counts];

function problemsView({ total, byReason, first }: Reading['problems']): DatasetSummary['problems'] {
  return {
    total,
    reasons: Object.entries(byReason)
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count),
    first: first.map(({ file, place, reason }) => ({ file, place, reason })),
  };
}

export const candidateView = ({ format, confidence, reasons, against }: Candidate) => ({
  format: format.name,
  title: format.title,
  confidence,
  reasons: [...reasons],
  against: [...against],
});

export function summaryOf(reading: Reading): DatasetSummary {
  const { format, statistics, categories, infos, problems, changes } = reading;
  return {
    format: format.name,
    title: format.title,
    items: statistics.items,
    annotations: annotationsIn(statistics),
    withoutAnnotations: statistics.itemsWithoutAnnotations,
    missingPictures: statistics.missingPictures,
    subsets: countsOf(statistics.bySubset).map(([name, items]) => ({ name, items })),
    labels: categories.labels.map(({ name }, index) => ({
      name,
      annotations: statistics.byLabel.get(index) ?? 0,
    })),
    types: countsOf(statistics.byType).map(([type, annotations]) => ({ type, annotations })),
    attributes: countsOf(statistics.byAttribute).map(([name, annotations]) => ({ name, annotations })),
    infos: [...infos].map(([name, value]) => ({ name, value: infoText(value) })),
    problems: problemsView(problems),
    changes: problemsView(changes),
  };
}

/** Most characters of a value that are shown of what a set says of itself. */
const mostShown = 500;

/** A list of things with names, as licences are, by these. */
function infoText(value: JsonValue): string {
  const entries = Array.isArray(value) ? value.filter(isRecord).map((entry) => field(entry, 'name')) : [];
  const named = entries.length > 0 && entries.every((name) => typeof name === 'string' && name !== '');
  const text = named ? entries.join(', ') : plainText(value);
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text;
}

/** What names and values say, as `project: street, version: 3`; what lies deeper as JSON. */
function plainText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, of]) => `${name}: ${typeof of === 'string' ? of : JSON.stringify(of)}`)
    .join(', ');
}

/** @param remade whether its picture is made anew when it is written. */
export function itemView(item: Item, index: number, remade: boolean) {
  const { media } = item;
  return {
    index,
    id: item.id,
    subset: item.subset,
    size: media?.size ?? null,
    picture: media?.kind !== 'image' ? ('none' as const) : remade ? ('later' as const) : ('here' as const),
    attributes: [...valuesOf(item.attributes)],
    shapes: item.annotations.map((annotation) => {
      const { type, label, rings, points, text, attributes } = shapeOf(annotation);
      return {
        type,
        label,
        rings: rings.map((ring) => [...ring]),
        points: [...points],
        text,
        attributes: [...attributes],
      };
    }),
  };
}

export function lossView({ types, classes, attributes, notes }: Loss): DatasetLoss {
  return {
    types: [...types],
    classes: [...classes],
    attributes: countsOf(attributes).map(([name, annotations]) => ({ name, annotations })),
    notes: [...notes],
  };
}

/** Pictures are in their kinds, too, where they were compared; attributes only have examples. */
export function differenceView(found: Difference): DatasetDifference {
  const { equal, labels, items, annotations, attributes, infos, pictures, examples, differing } = found;
  const plain = ({ count, names }: typeof attributes.items) => ({ count, names: [...names] });
  return {
    equal,
    labels: { added: [...labels.added], gone: [...labels.gone], reordered: labels.reordered },
    same: items.same,
    items: datasetDifferences.map((kind) => ({
      kind,
      count: differing[kind],
      examples: [...examples[kind]],
    })),
    annotations: annotations.map((type) => ({ ...type })),
    attributes: { items: plain(attributes.items), annotations: plain(attributes.annotations) },
    infos: [...infos],
    pictures,
  };
}

/** @param classless whether the target has no classes: what loses its class is not there as it was. */
export function totalOf({ types, classes }: Loss, classless: boolean) {
  const total = { kept: 0, approximated: 0, merged: 0, dropped: 0 };
  for (const { kept, approximated, merged, dropped } of types) {
    total.kept += kept;
    total.approximated += approximated;
    total.merged += merged;
    total.dropped += dropped;
  }
  if (classless) {
    const labelled = classes.filter(({ label }) => label !== null);
    const moved = labelled.reduce((sum, { kept }) => sum + kept, 0);
    total.kept -= moved;
    total.approximated += moved;
  }
  return total;
}

/** Files of an older set among those of the new one are a thing to know. */
function withLeft(problems: Reading['problems'], left: number): Reading['problems'] {
  if (left === 0) return problems;
  const reason = 'files of what was there before stay in the folder';
  return { ...problems, total: problems.total + left, byReason: { ...problems.byReason, [reason]: left } };
}

export async function resultView(result: ConversionResult, handles: Handles): Promise<DatasetResult> {
  const { output, roundTrip, media, problems, check, receipt } = result;
  const [handle] = (await handles.admit([output])).handles;
  return {
    handle: handle?.id ?? '',
    name: basename(output),
    location: forPeople(dirname(output)),
    items: result.items,
    annotations: result.annotations,
    files: result.files,
    linked: media.linked,
    copied: media.copied,
    renamed: result.renamedForCollisions,
    check,
    score: roundTrip.score,
    types: roundTrip.types.map(({ type, equal, near, changed, missing, added }) => ({
      type,
      equal,
      near,
      changed,
      missing,
      added,
    })),
    renamedLabels: roundTrip.renamedLabels.map(({ from, to }) => ({ from, to })),
    problems: problemsView(withLeft(problems, result.left)),
    receipt: receipt === null ? null : basename(receipt),
  };
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Dataset, Format, WriteReport } from '../../format.ts';
import {
  type Annotation,
  type Categories,
  type Item,
  type LabelCategory,
  noAttributes,
  noCategories,
  ProblemLog,
} from '../../model/index.ts';
import { corpus, data, type Golden, toGolden } from '../../testing/golden.ts';
import { formatNamed } from '../index.ts';

/** A scratch folder for the tests of one file. */
export function scratch(): { fresh(): string } {
  let root = '';
  let turn = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'refinery-formats-'));
  });
  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });
  return { fresh: () => join(root, String(++turn)) };
}

export const format = (name: string): Format => formatNamed(name) as Format;

export async function put(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

export async function readAll(
  name: string,
  folder: string,
): Promise<{ dataset: Dataset; items: Item[]; reasons: string[]; names: string[] }> {
  const dataset = await formatNamed(name)!.read(folder);
  const items: Item[] = [];
  for await (const item of dataset.items()) items.push(item);
  const names = dataset.categories.labels.map((label) => label.name);
  return { dataset, items, names, reasons: dataset.problems.list.map(({ reason }) => reason) };
}

/** A set in memory; its pictures are nowhere. */
export function setOf(
  names: readonly (string | LabelCategory)[],
  items: readonly (Partial<Item> & { readonly id: string })[],
  size: { width: number; height: number } | null = { width: 200, height: 100 },
): Dataset {
  const categories: Categories = {
    ...noCategories,
    labels: names.map((name) => (typeof name === 'string' ? { name, parent: '', attributes: [] } : name)),
  };
  return {
    categories,
    media: 'image',
    problems: new ProblemLog(),
    async *items() {
      for (const item of items) {
        yield {
          subset: 'default',
          attributes: noAttributes,
          annotations: [],
          media: { kind: 'image', path: `/nowhere/${item.id}.png`, size },
          ...item,
        };
      }
    },
  };
}

/** What shapes have where a test is about something else. */
export const shape = { id: 0, group: 0, label: 0, zOrder: 0, attributes: noAttributes } as const;

export async function writeAndRead(
  name: string,
  dataset: Dataset,
  folder: string,
): Promise<{ report: WriteReport } & Awaited<ReturnType<typeof readAll>>> {
  const report = await format(name).write(dataset, folder, { media: 'none' });
  return { report, ...(await readAll(name, folder)) };
}

/** Only the ids, subsets and annotations of a reading, and its classes by name. */
export function bare(
  golden: Golden,
  change: (annotation: Golden['items'][number]['annotations'][number]) => object = (annotation) => annotation,
): Golden {
  return {
    labels: golden.labels
      .map(({ name }) => ({ name, parent: '', attributes: [] }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    items: golden.items.map(({ id, subset, annotations }) => ({
      id,
      subset,
      attributes: {},
      annotations: annotations.map((annotation) => ({ ...annotation, ...change(annotation) })),
    })),
  };
}

/** Without what formats number anew. */
export const unnumbered = (): object => ({ id: 0, group: 0, attributes: {} });

/** Our conversion of a corpus set and Datumaro's, both read by us. */
export async function conversions(
  from: string,
  set: string,
  to: string,
  folder: string,
  theirName = to,
): Promise<{ ours: Golden; theirs: Golden }> {
  const target = format(to);
  await target.write(await formatNamed(from)!.read(corpus(set)), folder, { media: 'copy' });
  const ours = await toGolden(await target.read(folder));
  const theirs = await toGolden(await target.read(join(data, 'golden', `${set}__${theirName}`)));
  return { ours, theirs };
}

/** How many annotations there are of each type. */
export function countTypes(annotations: readonly Annotation[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type } of annotations) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

import { adapt } from '../../convert.ts';
import { pictureSize } from '../../files/folder.ts';
import { OutputFolder, type TextSink } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import { destinationOf } from '../../files/writing.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { noInfos, ProblemLog } from '../../model/index.ts';
import { infosText, isSplitName } from './infos.ts';
import { type LineKind, type PointShape, toLines } from './lines.ts';
import { labelPath } from './places.ts';
import { nameLines, shapeLines } from './poses.ts';
import { fieldOf } from './splits.ts';
import { yamlScalar } from './yaml.ts';

/** Where the two layouts put their files. */
interface Layout {
  picture(subset: string, name: string): string;
  label(subset: string, id: string): string;
}

const ultralytics: Layout = {
  picture: (subset, name) => `images/${subset}/${name}`,
  label: (subset, id) => labelPath(`images/${subset}/${id}.jpg`),
};

const darknet: Layout = {
  picture: (subset, name) => `obj_${subset}_data/${name}`,
  label: (subset, id) => `obj_${subset}_data/${id}.txt`,
};

export function writeUltralytics(
  dataset: Dataset,
  folder: string,
  kind: LineKind,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const points = Math.max(
    0,
    ...[...dataset.categories.skeletons.values()].map((entry) => entry.points.length),
  );
  const shape = kind === 'pose' && points > 0 ? { points, numbers: 3 } : null;
  return write(dataset, folder, kind, shape, abilities, options, ultralytics, (output, subsets, problems) =>
    output.text('data.yaml', yamlText(dataset, shape, subsets, problems, destinationOf(folder))),
  );
}

function yamlText(
  { categories, infos }: Dataset,
  shape: PointShape | null,
  subsets: readonly string[],
  problems: ProblemLog,
  destination: string | null,
): string {
  const tell = (place: string, reason: string): void => problems.add('data.yaml', place, reason);
  const splits = splitLines(subsets, tell);
  // Versions of Ultralytics differ in where paths begin without it.
  const root = destination === null ? [] : [`path: ${yamlScalar(destination)}`];
  const lines = [...root, ...splits.values()];
  if (shape !== null) lines.push(...shapeLines(categories, shape, tell));
  lines.push(`nc: ${categories.labels.length}`, 'names:');
  for (const [index, { name }] of categories.labels.entries()) lines.push(`  ${index}: ${yamlScalar(name)}`);
  if (shape !== null) lines.push(...nameLines(categories, shape));
  return `${lines.join('\n')}\n${infosText(infos ?? noInfos, new Set(splits.keys()), tell)}`;
}

/**
 * The lines that name the subsets, by their field. Where several go into one field, those that are not called so have a
 * field of their name besides, by which they are told apart in reading.
 */
function splitLines(
  subsets: readonly string[],
  tell: (place: string, reason: string) => void,
): Map<string, string> {
  const byField = new Map<string, string[]>();
  for (const subset of subsets) {
    const key = fieldOf(subset);
    if (isSplitName(key)) byField.set(key, [...(byField.get(key) ?? []), subset]);
    else tell(key, `the subset ${subset} is not named in it`);
  }
  const lines = new Map<string, string>();
  const name = (key: string, subset: string): unknown =>
    lines.set(key, `${yamlScalar(key)}: ${yamlScalar(`images/${subset}`)}`);
  for (const [key, [only, ...others]] of byField) {
    if (others.length === 0) name(key, only!);
    else lines.set(key, listLines(key, [only!, ...others]));
  }
  for (const [key, several] of byField) {
    if (several.length < 2) continue;
    for (const subset of several) if (subset !== key) name(subset, subset);
  }
  for (const key of ['train', 'val']) {
    if (!lines.has(key)) tell(key, 'Ultralytics needs this subset for training');
  }
  return lines;
}

const listLines = (key: string, subsets: readonly string[]): string =>
  [`${key}:`, ...subsets.map((subset) => `  - ${yamlScalar(`images/${subset}`)}`)].join('\n');

export async function writeDarknet(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const lists = new Map<string, TextSink>();
  const { labels } = dataset.categories;
  return write(
    dataset,
    folder,
    'detect',
    null,
    abilities,
    options,
    darknet,
    async (output, subsets) => {
      const data = [`classes = ${labels.length}`];
      for (const subset of subsets) data.push(`${subset} = data/${subset}.txt`);
      data.push('names = data/obj.names', 'backup = backup/');
      await output.text('obj.data', `${data.join('\n')}\n`);
      await output.text('obj.names', labels.map(({ name }) => `${name.replace(/[\r\n]+/g, ' ')}\n`).join(''));
    },
    async (output, subset, picture) => {
      let list = lists.get(subset);
      if (list === undefined) {
        list = await output.sink(`${subset}.txt`);
        lists.set(subset, list);
      }
      await list.write(`data/${picture}\n`);
    },
  );
}

async function write(
  dataset: Dataset,
  folder: string,
  kind: LineKind,
  shape: PointShape | null,
  abilities: Abilities,
  options: WriteOptions,
  layout: Layout,
  finish: (output: OutputFolder, subsets: readonly string[], problems: ProblemLog) => Promise<void>,
  eachPicture?: (output: OutputFolder, subset: string, picture: string) => Promise<void>,
): Promise<WriteReport> {
  const output = new OutputFolder(folder);
  const problems = new ProblemLog();
  const subsets = new Set<string>();
  let [items, annotations] = [0, 0];
  try {
    for await (const item of dataset.items()) {
      options.signal?.throwIfAborted();
      items += 1;
      subsets.add(item.subset);
      const place = `item ${item.subset}/${item.id}`;
      const name = `${item.id}${endingOf(item.media?.path ?? '') || '.jpg'}`;
      const picture = layout.picture(item.subset, name);
      const size = item.media?.size ?? (item.media === null ? null : await pictureSize(item.media.path));
      const adapted = adapt(item.annotations, abilities.types, size);
      let refused = adapted.dropped.length;
      for (const { type } of adapted.dropped) problems.add('', place, `a ${type} can't be held`);
      let lines: string[] = [];
      if (size === null && adapted.annotations.length > 0) {
        problems.addLoss(item, "the picture's size is not known, and YOLO's numbers are parts of it");
        refused = item.annotations.length;
      } else if (size !== null) {
        const tell = (reason: string): void => problems.add('', place, reason);
        const refuse = (reason: string): void => {
          refused += 1;
          problems.addLoss(item, reason);
        };
        lines = toLines(adapted.annotations, kind, size, shape, refuse, tell);
      }
      annotations += item.annotations.length - refused;
      const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
      await output.text(layout.label(item.subset, item.id), text);
      if (options.media === 'copy' && item.media !== null) {
        const copied = await output.copy(item.media.path, picture);
        if (!copied) problems.add(name, '', 'the picture is not there to be copied');
      }
      await eachPicture?.(output, item.subset, picture);
    }
    await finish(output, [...subsets], problems);
    await output.finish();
  } catch (thrown) {
    await output.discard();
    throw thrown;
  }
  return { items, annotations, files: output.files, problems };
}

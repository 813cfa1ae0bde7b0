import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, pictureSize } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { fileNameOf, folderOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { decodedText } from '../../files/text.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, field, type Item, isRecord, noCategories, ProblemLog } from '../../model/index.ts';
import { readMeta } from '../common/meta.ts';
import { InnerPictures } from '../common/pictures.ts';
import { isSubsetName } from '../common/read.ts';
import { annotationsIn, attributesIn, classesIn, type Row } from '../common/rows.ts';
import { type Sample, samplesIn } from './samples.ts';

/** Reads `<subset>-000000.tar`: files of one key are one item: a picture, `.json`, `.cls` (a class's number), `.txt`. */
export async function readWebdataset(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const shards: string[] = [];
  for await (const file of filesUnder(folder)) if (file.endsWith('.tar')) shards.push(file);
  if (shards.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no shard (.tar) in ${folder}.`);
  const listed = (await readMeta(folder)) ?? [];
  const names = new Map([['label', listed]]);
  const builder = new CategoryBuilder();
  for (const name of listed) builder.named(name);
  const found = new Set<string>();
  for (const shard of shards) {
    try {
      for await (const sample of samplesIn(inside(folder, shard), () => undefined)) {
        options.signal?.throwIfAborted();
        for (const name of classesIn(
          rowIn(inside(folder, shard), sample, () => undefined),
          names,
        ))
          found.add(name);
      }
    } catch {
      // What can't be read is told when the items are read.
    }
  }
  // Numbers come in their order and before names.
  const order = (name: string): number => (/^\d+$/.test(name) ? Number(name) : Number.POSITIVE_INFINITY);
  for (const name of [...found].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1))) builder.named(name);
  return {
    categories: builder.size === 0 ? noCategories : builder.build(),
    media: 'image',
    problems,
    async *items() {
      const taken = new Set<string>();
      for (const shard of shards) {
        const pictures = new InnerPictures(inside(folder, shard));
        const complain = (reason: string): void => problems.add(shard, '', reason);
        try {
          for await (const sample of samplesIn(inside(folder, shard), complain)) {
            options.signal?.throwIfAborted();
            const told = (reason: string): void => problems.add(shard, `key ${sample.key}`, reason);
            const row = rowIn(inside(folder, shard), sample, told);
            yield await itemOf(sample, row, subsetOf(shard), pictures, taken, (own) =>
              annotationsIn(own, names, builder, told),
            );
          }
        } catch (thrown) {
          options.signal?.throwIfAborted();
          complain(reasonOf(thrown));
        }
      }
    },
  };
}

function subsetOf(shard: string): string {
  const name = stemOf(fileNameOf(shard)).replace(/[-_.]?\d+$/, '');
  const above = folderOf(shard).split('/').at(-1) ?? '';
  return isSubsetName(name) ? name : isSubsetName(above) ? above : 'default';
}

/** What the files of a sample say, as one row. */
function rowIn(shard: string, { files }: Sample, complain: (reason: string) => void): Row {
  const text = files.get('txt');
  const number = files.get('cls')?.toString('utf8').trim();
  let row: Record<string, unknown> = {};
  const json = files.get('json');
  if (json !== undefined) {
    try {
      const parsed = parseLenient(decodedText(shard, json));
      if (isRecord(parsed)) row = { ...parsed };
      else complain('the JSON is no object');
    } catch (thrown) {
      complain(reasonOf(thrown));
    }
  }
  if (number !== undefined && row['label'] === undefined) {
    if (/^\d{1,9}$/.test(number)) row['label'] = Number(number);
    else complain('the class is no number');
  }
  if (text !== undefined && row['text'] === undefined && row['caption'] === undefined)
    row['text'] = decodedText(shard, text);
  return row;
}

async function itemOf(
  { key, files }: Sample,
  row: Row,
  subset: string,
  pictures: InnerPictures,
  taken: Set<string>,
  annotate: (row: Row) => Item['annotations'],
): Promise<Item> {
  const drawn = [...files.keys()].find((ending) => isPicture(`x.${ending}`));
  // Names with dots or of another folder stand beside the picture, as keys end at the first dot.
  const given = field(row, 'file_name');
  const named = typeof given === 'string' ? safeRelative(given) : null;
  let id = named !== null && isPicture(named) ? stemOf(named) : key;
  for (let turn = 2; taken.has(`${subset}/${id}`); turn += 1) id = `${key}_${turn}`;
  taken.add(`${subset}/${id}`);
  let media: Item['media'] = null;
  if (drawn !== undefined) {
    const path = await pictures.at(`${subset}/${id}.${drawn}`, () => files.get(drawn)!);
    media = { kind: 'image', path, size: await pictureSize(path) };
  }
  return { id, subset, media, attributes: attributesIn(row), annotations: annotate(row) };
}

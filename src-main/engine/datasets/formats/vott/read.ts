import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, readText } from '../../files/folder.ts';
import { jsonEntries, parseLenient } from '../../files/json.ts';
import { fileNameOf, folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  numberOf,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { below, imageItem, plainShape, take } from '../common/read.ts';

const sub = (value: unknown, name: string): unknown => (isRecord(value) ? field(value, name) : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Hands out the assets of a file: all of an export, or the one of a project's own `…-asset.json`. */
async function* assetsOf(
  folder: string,
  path: string,
): AsyncGenerator<readonly [id: string, asset: unknown]> {
  if (path.endsWith('-asset.json')) {
    const asset = parseLenient(await readText(inside(folder, path)));
    yield [text(sub(sub(asset, 'asset'), 'id')), asset];
    return;
  }
  for await (const { value } of jsonEntries(inside(folder, path), new Set(['assets']))) {
    if (isRecord(value)) yield* Object.entries(value);
  }
}

/** Reads VoTT's exports, `<subset>-export.json`, and the projects they come from, `<id>-asset.json`. */
export async function readVottJson(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const found: string[] = [];
  for await (const path of filesUnder(folder)) if (/-(export|asset)\.json$/.test(path)) found.push(path);
  const exported = found.filter((path) => path.endsWith('-export.json'));
  // An export holds everything that the project's files hold.
  const files: string[] = [];
  let damage: unknown;
  for (const path of exported.length > 0 ? exported : found) {
    try {
      if (path.endsWith('-export.json')) {
        for await (const { value } of jsonEntries(inside(folder, path), new Set(['tags']))) {
          if (text(sub(value, 'name')) !== '') builder.named(text(sub(value, 'name')));
        }
      }
      for await (const [, asset] of assetsOf(folder, path)) {
        for (const region of list(sub(asset, 'regions'))) {
          for (const tag of list(sub(region, 'tags'))) if (typeof tag === 'string') builder.named(tag);
        }
      }
      files.push(path);
    } catch (thrown) {
      damage = thrown;
      problems.add(path, '', reasonOf(thrown));
    }
  }
  if (files.length === 0) {
    if (damage instanceof RefineryError) throw damage;
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There is no file …-export.json that can be read in ${folder}.`,
    );
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of files) {
        for await (const [id, asset] of assetsOf(folder, path)) {
          options.signal?.throwIfAborted();
          const item = await toItem(folder, path, id, asset, builder, problems);
          if (item !== null) yield item;
        }
      }
    },
  };
}

/** Fields of an asset with a place of their own, and those of the labeller's machine and work. */
export const ofAsset: ReadonlySet<string> = new Set([
  ...['format', 'id', 'name', 'path', 'size', 'state', 'type', 'parent', 'predicted'],
]);

async function toItem(
  folder: string,
  path: string,
  id: string,
  asset: unknown,
  builder: CategoryBuilder,
  problems: ProblemLog,
): Promise<Item | null> {
  const place = `asset ${id}`;
  const head = sub(asset, 'asset');
  const name = safeRelative(text(sub(head, 'name')));
  if (name === null) {
    problems.add(path, place, "the picture's name is missing or leaves the set's folder");
    return null;
  }
  const annotations: Annotation[] = [];
  for (const [index, region] of list(sub(asset, 'regions')).entries()) {
    const tags = list(sub(region, 'tags')).filter((tag) => typeof tag === 'string');
    const attributes = new Map<string, AttributeValue>();
    if (text(sub(region, 'id')) !== '') attributes.set('id', text(sub(region, 'id')));
    // A region of several classes is one object.
    const group = tags.length > 1 ? index + 1 : 0;
    for (const tag of tags.length === 0 ? [null] : tags) {
      const label = tag === null ? null : builder.find(tag)!;
      take(toShape(region, plainShape(label, attributes, 0, group)), annotations, (reason) =>
        problems.add(path, `${place}, region ${index}`, reason),
      );
    }
  }
  const [width, height] = ['width', 'height'].map((key) => numberOf(sub(sub(head, 'size'), key)));
  const sized = Number.isInteger(width) && Number.isInteger(height) && width! > 0 && height! > 0;
  const size: Size | null = sized ? { width: width!, height: height! } : null;
  const suffix = /^(.*)-export\.json$/.exec(fileNameOf(path));
  // The asset's path is one of the machine that it was labelled on.
  const beside = below(folderOf(path), name);
  const inFolder = below(folderOf(path), `vott-json-export/${name}`);
  const picture = (await isFile(inside(folder, inFolder))) ? inFolder : beside;
  const attributes = new Map<string, AttributeValue>(id === '' ? [] : [['id', id]]);
  for (const [key, value] of attributesOf(head)) {
    if (!ofAsset.has(key) && value !== null && value !== '') attributes.set(key, value);
  }
  const item = { id: stemOf(name), subset: suffix?.[1] ?? 'default', annotations };
  return imageItem(folder, picture, item, size, attributes);
}

/** A rectangle by its box, everything else by its points. Datumaro takes the box of every region. */
function toShape(region: unknown, shape: ReturnType<typeof plainShape>): Annotation | string {
  const points = list(sub(region, 'points')).flatMap((point) => [
    numberOf(sub(point, 'x')),
    numberOf(sub(point, 'y')),
  ]);
  if (/^(POLYGON|POLYLINE|POINT)$/.test(text(sub(region, 'type'))) && points.length > 0) {
    if (sub(region, 'type') === 'POLYGON') return { ...shape, type: 'polygon', points };
    if (sub(region, 'type') === 'POLYLINE') return { ...shape, type: 'polyline', points };
    const visibility = points.filter((_, index) => index % 2 === 0).map(() => 2 as const);
    return { ...shape, type: 'points', points, visibility };
  }
  const box = sub(region, 'boundingBox');
  if (!isRecord(box)) return 'the region has no box';
  const [x, y, width, height] = ['left', 'top', 'width', 'height'].map((key) => numberOf(field(box, key)));
  return { ...shape, type: 'box', x: x!, y: y!, width: width!, height: height! };
}

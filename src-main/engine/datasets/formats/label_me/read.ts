import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder } from '../../files/folder.ts';
import { endingOf, fileNameOf, folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { child, childrenOf, childText, readXml, type XmlElement } from '../../files/xml.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { encodeBitmap } from '../../masks.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  numberOf,
  ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { readBitmap } from '../common/masks.ts';
import { readMeta } from '../common/meta.ts';
import { below, imageItem, take } from '../common/read.ts';
import { parseAttributes } from './attributes.ts';
import { groupsOf } from './parts.ts';

/** Reads `Annotations/<subset>/<picture>.xml` with `Images/` and `Masks/` beside; the folder of a file is its subset. */
export async function readLabelMe(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  const base = (await isFolder(inside(folder, 'Annotations'))) ? 'Annotations' : '';
  const files: string[] = [];
  for await (const path of filesUnder(folder, base)) {
    if (!path.toLowerCase().endsWith('.xml')) continue;
    try {
      for (const object of childrenOf(await readXml(inside(folder, path)), 'object')) {
        const name = childText(object, 'name') ?? '';
        if (name !== '') builder.named(name);
      }
      files.push(path);
    } catch (thrown) {
      problems.add(path, '', reasonOf(thrown));
    }
  }
  if (files.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no XML file that can be read in ${folder}.`);
  }
  builder.attribute('occluded');
  builder.attribute('username');
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of files) {
        options.signal?.throwIfAborted();
        const root = await readXml(inside(folder, path));
        const rest = base === '' ? path : path.slice(base.length + 1);
        const subset = safeRelative(childText(root, 'folder') ?? '') ?? (folderOf(rest) || 'default');
        const file = safeRelative(childText(root, 'filename') ?? '') ?? `${stemOf(fileNameOf(path))}.jpg`;
        if (subset.includes('/')) {
          problems.add(path, '', "the folder's name is not one of a subset");
          continue;
        }
        const picture =
          (await firstFile(folder, [
            `Images/${subset}/${file}`,
            `Images/${file}`,
            below(folderOf(path), file),
          ])) ?? `Images/${subset}/${file}`;
        const item = { id: endingOf(file) === '' ? file : stemOf(file), subset };
        const size = sizeOf(root);
        const annotations = await annotationsOf(root, path, subset, size);
        yield await imageItem(folder, picture, { ...item, annotations }, size);
      }
    },
  };

  async function annotationsOf(
    root: XmlElement,
    path: string,
    subset: string,
    size: Size | null,
  ): Promise<Annotation[]> {
    const annotations: Annotation[] = [];
    const objects = childrenOf(root, 'object');
    const groups = groupsOf(objects);
    for (const [index, object] of objects.entries()) {
      // What was deleted in LabelMe stays in its file, marked.
      if (childText(object, 'deleted') === '1') continue;
      const id = wholeOf(childText(object, 'id'), index);
      const name = childText(object, 'name') ?? '';
      const attributes = parseAttributes(childText(object, 'attributes') ?? '');
      attributes.set('occluded', childText(object, 'occluded') === 'yes');
      const holder = child(object, 'polygon') ?? child(object, 'segm');
      attributes.set('username', (holder === undefined ? undefined : childText(holder, 'username')) ?? '');
      const label = name === '' ? null : (builder.find(name) ?? null);
      const shape = { id, group: groups.get(id) ?? 0, label, attributes, zOrder: 0 };
      const made = await toShape(folder, object, shape, subset, size);
      take(made, annotations, (reason) => problems.add(path, `object ${id}`, reason));
    }
    return annotations;
  }
}

interface Shape {
  readonly id: number;
  readonly group: number;
  readonly label: number | null;
  readonly attributes: Map<string, AttributeValue>;
  readonly zOrder: number;
}

async function toShape(
  folder: string,
  object: XmlElement,
  shape: Shape,
  subset: string,
  size: Size | null,
): Promise<Annotation | string> {
  const polygon = child(object, 'polygon');
  if (polygon !== undefined) {
    const points = childrenOf(polygon, 'pt').flatMap((point) => [
      numberOf(childText(point, 'x')),
      numberOf(childText(point, 'y')),
    ]);
    if (childText(object, 'type') !== 'bounding_box') return { ...shape, type: 'polygon', points };
    const [xs, ys] = [0, 1].map((axis) => points.filter((_, at) => at % 2 === axis));
    const [x, y] = [Math.min(...xs!), Math.min(...ys!)];
    return { ...shape, type: 'box', x, y, width: Math.max(...xs!) - x, height: Math.max(...ys!) - y };
  }
  const segment = child(object, 'segm');
  if (segment === undefined) return 'the object has neither an outline nor a mask';
  const file = safeRelative(childText(segment, 'mask') ?? '');
  const place = file === null ? null : await firstFile(folder, [`Masks/${subset}/${file}`, `Masks/${file}`]);
  if (place === null) return 'the mask picture is not there';
  try {
    const { width, height, bitmap } = await readBitmap(inside(folder, place), size);
    return { ...shape, type: 'mask', width, height, counts: encodeBitmap(bitmap, width, height) };
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

async function firstFile(folder: string, paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await isFile(inside(folder, path))) return path;
  return null;
}

function sizeOf(root: XmlElement): Size | null {
  const given = child(root, 'imagesize');
  if (given === undefined) return null;
  const [width, height] = [wholeOf(childText(given, 'ncols'), 0), wholeOf(childText(given, 'nrows'), 0)];
  return width > 0 && height > 0 ? { width, height } : null;
}

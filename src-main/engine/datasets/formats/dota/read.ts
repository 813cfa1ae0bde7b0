import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder, listIfThere } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  numberOf,
  ProblemLog,
} from '../../model/index.ts';
import { ownLines } from '../common/lines.ts';
import { readMeta } from '../common/meta.ts';
import { below, foldersIn, imageItem, Pictures, plainShape, take } from '../common/read.ts';
import { fromCorners } from '../yolo/lines.ts';
import { namesOf, readDataYaml } from '../yolo/yaml.ts';

/** One folder of label files and the folder of their pictures. */
interface Part {
  readonly subset: string;
  readonly labels: string;
  readonly pictures: string;
}

async function partsOf(folder: string): Promise<Part[]> {
  const parts: Part[] = [];
  const candidates = [{ subset: 'default', path: '' }];
  for (const name of await foldersIn(folder)) candidates.push({ subset: name, path: name });
  for (const { subset, path } of candidates) {
    const at = path === '' ? folder : inside(folder, path);
    // `labelTxt-v1.5` and the like beside it are other versions of the same labels.
    const [labels] = (await foldersIn(at)).filter((name) => /^labelTxt/.test(name));
    if (labels === undefined) continue;
    const pictures = (await isFolder(inside(at, 'images'))) ? below(path, 'images') : path;
    parts.push({ subset, labels: below(path, labels), pictures });
  }
  return parts;
}

interface Line {
  readonly corners: readonly number[];
  readonly name: string;
  readonly difficulty: number | null;
}

/** `x0 y0 x1 y1 x2 y2 x3 y3 class [difficulty]`; a class may hold spaces. */
function parseLine(line: string): Line | null {
  const words = line.split(/[\s,]+/);
  const corners = words.slice(0, 8).map(numberOf);
  const rest = words.slice(8);
  if (rest.length === 0 || corners.some((value) => !Number.isFinite(value))) return null;
  const last = rest.at(-1)!;
  const difficulty = rest.length > 1 && /^-?\d+$/.test(last) ? Number(last) : null;
  return { corners, name: (difficulty === null ? rest : rest.slice(0, -1)).join(' '), difficulty };
}

/** What stands above the boxes of the original: `imagesource:GoogleEarth`, `gsd:0.146`. */
const header = /^(imagesource|gsd|acquisition dates)\s*:\s*(.*)$/i;

/** Reads `[<subset>/]labelTxt/<picture>.txt`. Four corners that make no rectangle stay a polygon. */
export async function readDota(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = await partsOf(folder);
  if (parts.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder labelTxt in ${folder}.`);
  }
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? (await yamlNames(folder))) builder.named(name);
  const names = new Set<string>();
  for (const { labels } of parts) {
    for await (const path of filesUnder(folder, labels)) {
      for (const [, line] of await ownLines(folder, path)) {
        const parsed = header.test(line) ? null : parseLine(line);
        if (parsed !== null) names.add(parsed.name);
      }
    }
  }
  for (const name of [...names].sort()) builder.named(name);
  const categories = builder.build();
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      const pictures = new Pictures(folder);
      for (const part of parts) {
        const seen = new Set<string>();
        for await (const path of filesUnder(folder, part.labels)) {
          options.signal?.throwIfAborted();
          if (!path.endsWith('.txt')) continue;
          const id = stemOf(path.slice(part.labels.length + 1));
          seen.add(id);
          const annotations: Annotation[] = [];
          const attributes = new Map<string, AttributeValue>();
          for (const [number, line] of await ownLines(folder, path)) {
            const noted = header.exec(line);
            if (noted !== null) {
              attributes.set(noted[1]!.toLowerCase(), noted[2]!);
              continue;
            }
            const made = toAnnotation(line, (name) => builder.find(name)!);
            take(made, annotations, (reason) => problems.add(path, `line ${number}`, reason));
          }
          const stem = below(part.pictures, id);
          const picture = (await pictures.find(stem)) ?? `${stem}.png`;
          yield await imageItem(folder, picture, { id, subset: part.subset, annotations }, null, attributes);
        }
        // A picture without a file has no objects.
        for await (const path of filesUnder(folder, part.pictures)) {
          const id = stemOf(part.pictures === '' ? path : path.slice(part.pictures.length + 1));
          if (!isPicture(path) || seen.has(id)) continue;
          yield await imageItem(folder, path, { id, subset: part.subset, annotations: [] });
        }
      }
    },
  };
}

function toAnnotation(line: string, labelOf: (name: string) => number): Annotation | string {
  const parsed = parseLine(line);
  if (parsed === null) return 'the line has no eight numbers with a class after them';
  const { corners, name, difficulty } = parsed;
  const attributes = new Map<string, AttributeValue>();
  if (difficulty !== null) attributes.set('difficulty', difficulty);
  return fromCorners(corners, plainShape(labelOf(name), attributes));
}

/** Classes in the order that Roboflow's data.yaml gives them. */
async function yamlNames(folder: string): Promise<readonly string[]> {
  const text = await listIfThere(inside(folder, 'data.yaml'));
  return text === undefined ? [] : namesOf(readDataYaml(text).get('names'));
}

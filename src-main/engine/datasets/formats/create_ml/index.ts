import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import {
  type Abilities,
  type Dataset,
  type Format,
  type Listing,
  noAbilities,
  type ReadOptions,
  type Verdict,
} from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  field,
  isRecord,
  numberOf,
  ProblemLog,
} from '../../model/index.ts';
import { jsonElements } from '../common/json.ts';
import { readMeta, writeMeta } from '../common/meta.ts';
import { below, imageItem, joinSubset, plainShape, splitSubset, take } from '../common/read.ts';
import { writeSet } from '../common/write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box'],
  subsets: true,
  limits: { needsClass: true },
};

const fileName = '_annotations.createml.json';
const isOwn = (path: string): boolean => /(createml|annotations?)[^/]*\.json$/i.test(fileNameOf(path));

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.filter((path) => path.endsWith('.json') && path.split('/').length <= 3);
  for (const path of own.filter(isOwn).slice(0, 3)) {
    const head = await listing.head(path);
    if (!/^\s*\[/.test(head) || !/"coordinates"\s*:/.test(head)) continue;
    return { confidence: 0.97, reasons: [`${path} has Create ML's coordinates.`], against: [] };
  }
  return null;
}

const entriesOf = (value: unknown, ...names: readonly string[]): readonly unknown[] => {
  if (!isRecord(value)) return [];
  for (const name of names) {
    const entry = field(value, name);
    if (Array.isArray(entry)) return entry;
  }
  return [];
};

/** The annotations of one picture, under either of the names that Apple's pages and its users give them. */
const annotationsOf = (value: unknown): readonly unknown[] => entriesOf(value, 'annotations', 'annotation');

async function read(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files: string[] = [];
  const names = new Set<string>();
  for await (const path of filesUnder(folder)) {
    if (!isOwn(path)) continue;
    files.push(path);
    try {
      for await (const picture of jsonElements(inside(folder, path))) {
        for (const entry of annotationsOf(picture)) {
          const name = isRecord(entry) ? field(entry, 'label') : undefined;
          if (typeof name === 'string') names.add(name);
        }
      }
    } catch (thrown) {
      problems.add(path, '', reasonOf(thrown));
    }
  }
  if (files.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no JSON file of Create ML's in ${folder}.`);
  }
  const builder = new CategoryBuilder();
  for (const name of [...((await readMeta(folder)) ?? []), ...[...names].sort()]) builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of files) {
        const { subset, rest } = splitSubset(path);
        const within = folderOf(rest);
        let index = -1;
        try {
          for await (const picture of jsonElements(inside(folder, path))) {
            options.signal?.throwIfAborted();
            index += 1;
            const given = isRecord(picture)
              ? (field(picture, 'image') ?? field(picture, 'imagefilename'))
              : undefined;
            const name = typeof given === 'string' ? safeRelative(given) : null;
            if (name === null) {
              problems.add(path, `[${index}]`, "the picture's name is missing or leaves the set's folder");
              continue;
            }
            const annotations: Annotation[] = [];
            for (const [place, entry] of annotationsOf(picture).entries()) {
              take(toBox(entry, place, builder), annotations, (reason) =>
                problems.add(path, `[${index}], annotation ${place}`, reason),
              );
            }
            const item = { id: below(within, stemOf(name)), subset, annotations };
            yield await imageItem(folder, below(folderOf(path), name), item);
          }
        } catch (thrown) {
          if (options.signal?.aborted === true) throw thrown;
          // What is wrong with the file was told when the classes were looked for.
          if (!(thrown instanceof RefineryError)) problems.add(path, `[${index}]`, reasonOf(thrown));
        }
      }
    },
  };
}

/** The coordinates are those of the box's centre. Datumaro takes them for its corner. */
function toBox(entry: unknown, index: number, builder: CategoryBuilder): Annotation | string {
  const name = isRecord(entry) ? field(entry, 'label') : undefined;
  const at = isRecord(entry) ? field(entry, 'coordinates') : undefined;
  if (typeof name !== 'string' || !isRecord(at)) return 'the label or its coordinates are missing';
  const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((key) => numberOf(field(at, key)));
  const shape = plainShape(builder.find(name) ?? null, undefined, index, index);
  return { ...shape, type: 'box', x: x! - width! / 2, y: y! - height! / 2, width: width!, height: height! };
}

/** Apple's Create ML: https://developer.apple.com/documentation/createml/mlobjectdetector/datasource */
export const createMlFormat: Format = {
  name: 'create_ml',
  title: 'Create ML',
  aliases: ['roboflow_create_ml', 'createml'],
  abilities,
  detect,
  read,
  write: (dataset, folder, options) => {
    const { labels } = dataset.categories;
    const started = new Set<string>();
    return writeSet(dataset, folder, abilities, options, {
      picture: ({ item, name }) => joinSubset(item.subset, name, () => undefined),
      async each({ item, name, annotations, sinks, lose, note }) {
        const entries: unknown[] = [];
        for (const part of annotations) {
          if (part.type !== 'box') continue;
          if (part.label === null) {
            lose('an object without a class');
            continue;
          }
          const { x, y, width, height } = part;
          const coordinates = { x: x + width / 2, y: y + height / 2, width, height };
          entries.push({ label: labels[part.label]!.name, coordinates });
        }
        const path = joinSubset(item.subset, fileName, note);
        const text = JSON.stringify({ image: name, annotations: entries });
        await sinks.add(path, `${started.has(path) ? ',' : ''}\n${text}`, '[');
        started.add(path);
      },
      async finish(output, _, sinks) {
        for (const path of started) await sinks.add(path, '\n]\n');
        await writeMeta(output, labels);
      },
    });
  },
};

import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, headOf } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, isPicture, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  type Item,
  ProblemLog,
} from '../../model/index.ts';
import { PictureIndex, pictureName, shortPath, subsetInName, subsetOf } from '../common/picture-index.ts';
import { below, imageItem, plainShape, take, UniqueIds } from '../common/read.ts';
import {
  attributesFile,
  type Declared,
  declaredIn,
  type Entry,
  entriesOf,
  type Kind,
  kindOf,
} from './files.ts';
import { attributesBut, classAttribute, isFileClass, namesIn, parseRegion } from './regions.ts';

/** A file of VIA's in a set. */
interface Source {
  /** Relative. */
  readonly path: string;
  readonly kind: Kind;
  readonly subset: string;
}

/** The class of regions that nothing says a class of. */
const onlyClass = 'object';

/** The attribute of files that is a text about them. */
export const captionAttribute = 'caption';

/** Reads VIA's projects and exports (JSON and CSV), wherever they lie in a folder. */
export async function readVia(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const pictures = new PictureIndex();
  const sources: Source[] = [];
  const lists: string[] = [];
  for await (const path of filesUnder(folder)) {
    if (isPicture(path)) pictures.add(path);
    else if (fileNameOf(path) === attributesFile) lists.push(path);
    else if (/\.(json|csv)$/i.test(path)) {
      const kind = kindOf(path, await headOf(inside(folder, path)));
      const subset = subsetInName(path) ?? (subsetOf(folderOf(path)) || 'default');
      if (kind !== null) sources.push({ path, kind, subset });
    }
  }
  if (sources.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file of VIA's that can be read in ${folder}.`);
  // A project says the most, and tables say again what exports have.
  const order = (source: Source): number =>
    /project/i.test(source.path) ? 0 : source.kind === 'csv' ? 2 : 1;
  sources.sort((a, b) => order(a) - order(b));
  const survey = await surveyed(folder, sources, lists, problems, options);
  const { builder } = survey;
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const ids = new UniqueIds();
      const used = new Map<string, Source>();
      for (const source of sources) {
        const { path, subset } = source;
        let isRepeated = false;
        for await (const entry of joined(readable(folder, source, problems))) {
          options.signal?.throwIfAborted();
          const complain = (place: string, reason: string): void =>
            problems.add(path, place === '' ? entry.place : `${entry.place}, ${place}`, reason);
          const picture = placeOf(entry.filename, source, pictures, (reason) => complain('', reason));
          if (picture === null) continue;
          const before = used.get(picture);
          if (before !== undefined) {
            if (before === source) complain('', 'the picture is there twice: what is said later is left out');
            else if (!isRepeated) problems.add(path, '', `says of pictures what ${before.path} has said`);
            isRepeated = true;
            continue;
          }
          used.set(picture, source);
          const named = safeRelative(entry.filename);
          const within = named !== null && picture.endsWith(named) ? named : shortPath(picture);
          yield await itemOf(folder, picture, ids.of(subset, within), subset, entry, survey, complain);
        }
      }
      for (const picture of pictures.all()) {
        options.signal?.throwIfAborted();
        if (used.has(picture)) continue;
        const subset = subsetOf(folderOf(picture)) || 'default';
        const id = ids.of(subset, shortPath(picture));
        yield await imageItem(folder, picture, { id, subset, annotations: [] });
      }
    },
  };
}

/** The entries of a file up to where it is damaged, which is told. */
async function* readable(
  folder: string,
  { path, kind }: Source,
  problems: ProblemLog,
): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(folder, path, kind, (place, reason) => problems.add(path, place, reason));
  } catch (thrown) {
    problems.add(path, '', reasonOf(thrown));
  }
}

/** Entries of one picture that follow each other, as rows of a table do, in one. */
async function* joined(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  let held: Entry | undefined;
  for await (const entry of entries) {
    const isSame = held?.filename === entry.filename && held.place.startsWith('line');
    if (isSame) held = { ...held!, regions: [...held!.regions, ...entry.regions] };
    else {
      if (held !== undefined) yield held;
      held = entry;
    }
  }
  if (held !== undefined) yield held;
}

interface Survey {
  readonly builder: CategoryBuilder;
  /** Attributes that are the class, of regions and of files. */
  readonly region: string | undefined;
  readonly file: string | undefined;
}

/** Goes through all files once for what is the class, and for the classes. */
async function surveyed(
  folder: string,
  sources: readonly Source[],
  lists: readonly string[],
  problems: ProblemLog,
  options: ReadOptions,
): Promise<Survey> {
  const declared = await declaredBy(folder, sources, lists, problems);
  const values = new Map<string, Set<string>>();
  const fileValues = new Map<string, Set<string>>();
  let hasRegions = false;
  const mark = (into: Map<string, Set<string>>, name: string, value: unknown): void => {
    const found = namesIn(value);
    if (found.length === 0) return;
    const known = into.get(name) ?? new Set();
    into.set(name, known);
    if (known.size < mostValues) for (const entry of found) known.add(entry);
  };
  for (const source of sources) {
    await options.waitWhilePaused?.();
    // What is wrong with the file is told when its items are read.
    for await (const { regions, attributes } of readable(folder, source, new ProblemLog())) {
      options.signal?.throwIfAborted();
      hasRegions ||= regions.length > 0;
      for (const region of regions) {
        for (const [name, value] of Object.entries(region.attributes)) mark(values, name, value);
      }
      for (const [name, value] of Object.entries(attributes)) mark(fileValues, name, value);
    }
  }
  const region = classAttribute(new Set(values.keys()), declared.regions);
  const file = [...new Set([...fileValues.keys(), ...declared.files.keys()])].find(isFileClass);
  const builder = new CategoryBuilder();
  const add = (names: Iterable<string>): void => {
    for (const name of names) builder.named(name);
  };
  if (region !== undefined) add([...(declared.regions.get(region) ?? []), ...(values.get(region) ?? [])]);
  else if (hasRegions) {
    add([onlyClass]);
    const why = values.size === 0 ? 'regions have no attributes' : 'no attribute of the regions is the class';
    problems.add('', '', `${why}: all are ${onlyClass}`);
  }
  if (file !== undefined) add([...(declared.files.get(file) ?? []), ...(fileValues.get(file) ?? [])]);
  return { builder, region, file };
}

/** Most values of an attribute that are kept to be classes. */
const mostValues = 10_000;

async function declaredBy(
  folder: string,
  sources: readonly Source[],
  lists: readonly string[],
  problems: ProblemLog,
): Promise<Declared> {
  const all = {
    regions: new Map<string, readonly string[] | null>(),
    files: new Map<string, readonly string[] | null>(),
  };
  const files = [...lists.map((path) => ({ path, kind: 'via2' as const })), ...sources];
  for (const { path, kind } of files) {
    try {
      const { regions, files: ofFiles } = await declaredIn(folder, path, kind);
      for (const [name, options] of regions) if (!all.regions.get(name)) all.regions.set(name, options);
      for (const [name, options] of ofFiles) if (!all.files.get(name)) all.files.set(name, options);
    } catch (thrown) {
      if (lists.includes(path)) problems.add(path, '', reasonOf(thrown));
    }
  }
  return all;
}

/** The picture that a name means, or where it would lie; null where the name is none. */
function placeOf(
  name: string,
  { path, subset }: Source,
  pictures: PictureIndex,
  complain: (reason: string) => void,
): string | null {
  const folder = folderOf(path);
  // An address of the web, or a path of another machine.
  const isForeign = /^[a-z]+:[\\/]|^[\\/]/i.test(name);
  const known = name === '' ? [] : pictures.find(name, { folder, subset });
  const [found, another] = known;
  if (found !== undefined && another === undefined) return found;
  if (another !== undefined) complain('several pictures are called so, and it is not known which is meant');
  const relative = safeRelative(isForeign ? fileNameOf(name) : name);
  if (relative === null) complain("the picture's name is missing or leaves the set's folder");
  return relative === null ? null : below(folder, relative);
}

async function itemOf(
  folder: string,
  picture: string,
  id: string,
  subset: string,
  entry: Entry,
  { builder, region: regionClass, file }: Survey,
  complain: (place: string, reason: string) => void,
): Promise<Item> {
  const annotations: Annotation[] = [];
  for (const [index, region] of entry.regions.entries()) {
    const place = `region ${index}`;
    const attributes = attributesBut(region.attributes, regionClass);
    const names = regionClass === undefined ? [onlyClass] : namesIn(region.attributes[regionClass]);
    if (names.length > 1) {
      complain(place, 'the region has several classes: the first is taken');
      attributes.set(regionClass!, [...names]);
    }
    const label = names.length === 0 ? null : (builder.find(names[0]!) ?? null);
    const note = (reason: string): void => complain(place, reason);
    take(parseRegion(region.shape, plainShape(label, attributes), note), annotations, note);
  }
  const attributes = attributesBut(entry.attributes, file);
  for (const name of file === undefined ? [] : namesIn(entry.attributes[file])) {
    const label = builder.find(name);
    if (label !== undefined)
      annotations.push({
        type: 'label',
        id: 0,
        group: 0,
        label,
        attributes: new Map<string, AttributeValue>(),
      });
  }
  const about = attributes.get(captionAttribute);
  if (typeof about === 'string') {
    annotations.push({ type: 'caption', id: 0, group: 0, attributes: new Map(), text: about });
    attributes.delete(captionAttribute);
  }
  return await imageItem(folder, picture, { id: pictureName(id), subset, annotations }, null, attributes);
}

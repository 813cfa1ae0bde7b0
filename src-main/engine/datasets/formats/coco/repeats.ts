import { jsonEntries } from '../../files/json.ts';
import { inside } from '../../files/paths.ts';
import { field, isRecord, type ProblemLog } from '../../model/index.ts';
import { type CocoFile, partOf, pictureFolders } from './layout.ts';
import { PictureFinder, pictureName } from './pictures.ts';

/** Which pictures and classes a file has. */
interface Contents {
  readonly file: CocoFile;
  /** Where each is, or would be, by its name. */
  readonly pictures: ReadonlyMap<string, string>;
  readonly places: ReadonlySet<string>;
  readonly classes: ReadonlySet<string>;
}

/**
 * Leaves out what others say already: a file whose pictures and classes are all in files that are named as in COCO, or in
 * one of its own subset (`train.json` beside `instances_train.json`). What is left out, and which pictures are in two
 * files, is told.
 */
export async function withoutRepeats(
  folder: string,
  files: readonly CocoFile[],
  problems: ProblemLog,
): Promise<readonly CocoFile[]> {
  const first = files.filter((file) => files.find((other) => isSamePart(other, file)) === file);
  const trusted = first.filter(({ named }) => named);
  if (files.length < 2 || trusted.length === files.length) return files;
  const kept: Contents[] = [];
  for (const file of [...trusted, ...files.filter((other) => !trusted.includes(other))]) {
    const contents = await contentsOf(folder, file);
    const others = kept.filter((other) => other.file.task === file.task);
    const isKept = trusted.includes(file) || tellRepeats(contents, others, problems);
    if (isKept) kept.push(contents);
  }
  const rest = new Set(kept.map(({ file }) => file));
  return files.filter((file) => rest.has(file));
}

const isSamePart = (one: CocoFile, other: CocoFile): boolean =>
  one.task === other.task && one.subset === other.subset;

/** Tells which other files have a file's pictures. @returns whether it is to be read nonetheless. */
function tellRepeats(contents: Contents, others: readonly Contents[], problems: ProblemLog): boolean {
  const { file, classes } = contents;
  const pictures = [...contents.pictures];
  const shared = others.filter((other) => pictures.some((picture) => isIn(picture, file, other)));
  if (shared.length === 0) return true;
  const names = shared.map((other) => other.file.path).join(', ');
  const rivals = shared.filter((other) => other.file.named || isSamePart(other.file, file));
  const isSaid =
    pictures.every((picture) => rivals.some((other) => isIn(picture, file, other))) &&
    [...classes].every((name) => rivals.some((other) => other.classes.has(name)));
  if (isSaid) {
    problems.add(file.path, '', `not read: its pictures and classes are in ${names}, which is read instead`);
    return false;
  }
  const count = pictures.filter((picture) => shared.some((other) => isIn(picture, file, other))).length;
  problems.add(file.path, '', `${count} of its pictures are in ${names} as well; what both say is read`);
  return true;
}

/** In one subset, pictures of one name become one, wherever they are. */
const isIn = ([name, place]: readonly [string, string], file: CocoFile, other: Contents): boolean =>
  isSamePart(other.file, file) ? other.pictures.has(name) : other.places.has(place);

const wanted = new Set(['images', 'categories']);

/** What is damaged is told by those who read the whole. */
async function contentsOf(folder: string, file: CocoFile): Promise<Contents> {
  const finder = new PictureFinder(folder, pictureFolders(file), partOf(file));
  const pictures = new Map<string, string>();
  const classes = new Set<string>();
  try {
    for await (const { key, value } of jsonEntries(inside(folder, file.path), wanted)) {
      if (!isRecord(value)) continue;
      if (key === 'categories') classes.add(String(field(value, 'name')));
      else {
        const named = pictureName(field(value, 'file_name'), finder);
        if (named !== null) pictures.set(named.name, finder.locate(named.name));
      }
    }
  } catch {
    pictures.clear();
  }
  return { file, pictures, places: new Set(pictures.values()), classes };
}

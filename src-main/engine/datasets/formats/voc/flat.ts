import { filesUnder } from '../../files/folder.ts';
import { fileNameOf, folderOf, isPicture, stemOf } from '../../files/paths.ts';
import { below, isSubsetName, splitSubset } from '../common/read.ts';
import type { VocEntry } from './layout.ts';

/** What people call the folder of the XML files, and the one of the pictures. */
const ofXml = /^(annotations?|labels?|xmls?|voc)$/i;
const ofPictures = /^(jpegimages|images?|imgs?|pictures?|photos?)$/i;

/**
 * A set of XML files without VOC's tree: beside their pictures, as Roboflow and labelImg write them, or in a folder beside
 * the pictures' one (`annotations` and `images`), with folders for subsets in both or around both.
 */
export class FlatSet {
  readonly entries: readonly VocEntry[];
  readonly #pictures: ReadonlySet<string>;
  /** Pictures by their path without the ending; several where these differ in it only. */
  readonly #byStem = new Map<string, string[]>();
  /** Pictures by their name alone, with the ending and without: made when it is first needed. */
  #byName: Map<string, string[]> | undefined;
  readonly #xmlFolders: ReadonlySet<string>;
  readonly #pictureFolders: ReadonlySet<string>;
  /** What {@link #outer} says, by folder. */
  readonly #outers = new Map<string, number>();

  static async open(folder: string): Promise<FlatSet> {
    const [xmls, pictures]: [string[], string[]] = [[], []];
    for await (const path of filesUnder(folder)) {
      if (path.toLowerCase().endsWith('.xml')) xmls.push(path);
      else if (isPicture(path)) pictures.push(path);
    }
    return new FlatSet(xmls, pictures);
  }

  private constructor(xmls: readonly string[], pictures: readonly string[]) {
    this.#pictures = new Set(pictures);
    this.#xmlFolders = new Set(xmls.map(folderOf));
    this.#pictureFolders = new Set(pictures.map(folderOf));
    for (const path of pictures) add(this.#byStem, stemOf(path), path);
    this.entries = xmls.map((xml) => ({ ...this.#placeOf(xml), xml, picture: stemOf(xml) }));
  }

  /** The picture of an XML file, by its own name or else by the one in it; null where there is none. */
  pictureOf(xml: string, named: string): string | null {
    const beside = this.#byStem.get(stemOf(xml));
    if (beside !== undefined) {
      const exact = below(folderOf(xml), named);
      return beside.includes(exact) ? exact : beside.at(-1)!;
    }
    this.#byName ??= namesOf(this.#pictures);
    const byName = this.#byName;
    const stem = fileNameOf(stemOf(xml));
    const found = [fileNameOf(named), stem, stemOf(fileNameOf(named))].map((name) => byName.get(name) ?? []);
    const all = found[0]!.filter((path) => fileNameOf(stemOf(path)) === stem);
    return nearest(xml, [all, found[1]!, found[0]!, found[2]!].find((paths) => paths.length > 0) ?? []);
  }

  /** Pictures that no XML file is about. */
  *without(used: ReadonlySet<string>): Generator<{ id: string; subset: string; picture: string }> {
    const taken = new Set(this.entries.map(({ id, subset }) => `${subset}/${id}`));
    for (const picture of this.#pictures) {
      if (used.has(picture)) continue;
      const { id: stem, subset } = this.#placeOf(picture);
      const key = `${subset}/${stem}`;
      const id = taken.has(key) ? fileNameAdded(stem, picture) : stem;
      taken.add(key);
      yield { id, subset, picture };
    }
  }

  /** The subset and id that a file's place says. */
  #placeOf(path: string): { id: string; subset: string } {
    const folder = folderOf(path);
    const stem = stemOf(path);
    if (folder === '') return { id: stem, subset: 'default' };
    const parts = folder.split('/');
    const at = this.#outers.get(folder) ?? this.#outer(folder, parts);
    this.#outers.set(folder, at);
    if (at >= 0) {
      const { subset, rest } = splitSubset(below(parts.toSpliced(at, 1).join('/'), fileNameOf(stem)));
      return { id: rest, subset };
    }
    return { id: stem.slice(parts[0]!.length + 1), subset: parts[0]! };
  }

  /** Which of its folders only says what kind of file is in it, as `annotations` does; -1 for none. */
  #outer(folder: string, parts: readonly string[]): number {
    const [hasXml, hasPictures] = [this.#xmlFolders.has(folder), this.#pictureFolders.has(folder)];
    if (hasXml && hasPictures) return -1;
    const called = parts.findLastIndex((name) => (hasXml ? ofXml : ofPictures).test(name));
    if (called >= 0) return called;
    const others = hasXml ? this.#pictureFolders : this.#xmlFolders;
    const beside = [...others].some((other) => other.split('/')[0] !== parts[0]);
    return beside && !isSubsetName(parts[0]!) ? 0 : -1;
  }
}

const fileNameAdded = (stem: string, picture: string): string => below(folderOf(stem), fileNameOf(picture));

function add(map: Map<string, string[]>, key: string, path: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [path]);
  else known.push(path);
}

function namesOf(pictures: Iterable<string>): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const path of pictures) {
    const name = fileNameOf(path);
    add(names, name, path);
    add(names, stemOf(name), path);
  }
  return names;
}

/** The path with the most folders that the XML file's path has, too. */
function nearest(xml: string, paths: readonly string[]): string | null {
  const own = new Set(folderOf(xml).split('/'));
  const shared = (path: string): number =>
    folderOf(path)
      .split('/')
      .filter((name) => own.has(name)).length;
  return paths.reduce<string | null>(
    (best, path) => (best === null || shared(path) > shared(best) ? path : best),
    null,
  );
}

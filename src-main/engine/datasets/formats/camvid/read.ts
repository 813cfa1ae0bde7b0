import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { addClasses, isBlack, parseClassRows } from '../common/colours.ts';
import { linesOf } from '../common/lines.ts';
import { readMetaRows } from '../common/meta.ts';
import { classNumbers, readClassMasks } from '../common/paint.ts';
import { imageItem } from '../common/read.ts';
import { camvidClasses } from './classes.ts';
import { classFile } from './write.ts';

/** `/train/picture.png trainannot/mask.png`; paths with spaces are in quotes, and the mask may be missing. */
export function parseLine(line: string): {
  readonly picture: string | null;
  readonly mask: string | null;
  /** Whether a mask is named, be it one that can't be taken. */
  readonly hasMask: boolean;
} {
  const found = /^"([^"]*)"(?:\s+"([^"]*)")?$/.exec(line.trim()) ?? /^(\S+)(?:\s+(\S+))?$/.exec(line.trim());
  const clean = (path: string | undefined): string | null =>
    safeRelative((path ?? '').replace(/^[\\/]+/, ''));
  return { picture: clean(found?.[1]), mask: clean(found?.[2]), hasMask: found?.[2] !== undefined };
}

/** Most folders in front of a path that are left out to find its file: lists made elsewhere have `/SegNet/CamVid/train/…`. */
const mostStrange = 3;

async function located(folder: string, path: string): Promise<string> {
  let rest = path;
  for (let turn = 0; turn <= mostStrange; turn += 1) {
    if (await isFile(inside(folder, rest))) return rest;
    const slash = rest.indexOf('/');
    if (slash < 0) break;
    rest = rest.slice(slash + 1);
    if (safeRelative(rest) !== rest) break;
  }
  return path;
}

/** Reads `<subset>.txt` with pictures and their masks in the colours of `label_colors.txt`. */
export async function readCamvid(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const lists = (await namesIn(folder)).filter((name) => name.endsWith('.txt') && name !== classFile);
  if (lists.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no list of pictures in ${folder}.`);
  const listed = parseClassRows(await linesOf(folder, classFile));
  const own = (await readMetaRows(folder)) ?? (listed.length > 0 ? listed : camvidClasses);
  const black = own.find(({ colour }) => isBlack(colour));
  const named = black ?? own.find(({ name }) => name === 'background');
  // What is black comes first. Where no class is, it belongs to none.
  const rows = [
    named ?? { name: 'background', colour: [0, 0, 0] as const },
    ...own.filter((row) => row !== named),
  ];
  if (named !== undefined && black === undefined) rows[0] = { ...named, colour: [0, 0, 0] };
  const builder = new CategoryBuilder();
  const numbers = addClasses(builder, rows);
  const categories = builder.build();
  const skip = named === undefined ? 0 : undefined;
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      const byColour = classNumbers(numbers, categories.colours);
      for (const list of lists) {
        const subset = stemOf(list);
        for (const [number, line] of await linesOf(folder, list)) {
          options.signal?.throwIfAborted();
          const { picture, mask, hasMask } = parseLine(line);
          if (picture === null) {
            problems.add(list, `line ${number}`, "there is no picture, or its path leaves the set's folder");
            continue;
          }
          const file = await located(folder, picture);
          const annotations: Annotation[] = [];
          if (hasMask && mask === null)
            problems.add(list, `line ${number}`, "the path of the mask leaves the set's folder");
          if (mask !== null) {
            const drawn = await located(folder, mask);
            try {
              const complain = (reason: string): void => problems.add(drawn, '', reason);
              annotations.push(...(await readClassMasks(inside(folder, drawn), byColour, complain, skip)));
            } catch (thrown) {
              problems.add(drawn, '', reasonOf(thrown));
            }
          }
          const name = file.includes('/') ? file.slice(file.indexOf('/') + 1) : file;
          yield await imageItem(folder, file, { id: stemOf(name), subset, annotations });
        }
      }
    },
  };
}

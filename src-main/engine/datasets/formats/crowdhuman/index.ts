import { StringDecoder } from 'node:string_decoder';
import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { fileNameOf, folderOf, inside, isPicture, safeRelative } from '../../files/paths.ts';
import { utf8Chunks } from '../../files/text.ts';
import type { Dataset, Listing, ReadOnlyFormat, ReadOptions, Verdict } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  attributeValue,
  CategoryBuilder,
  field,
  isRecord,
  numberOf,
  ProblemLog,
} from '../../model/index.ts';
import { PictureIndex, subsetInName } from '../common/picture-index.ts';
import { imageItem, plainShape, take } from '../common/read.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The class of boxes; what has the tag `mask` is passed over in training, and is no person. */
const person = 'person';

const isList = (path: string): boolean => /\.odgt$/i.test(path);

async function detect(listing: Listing): Promise<Verdict | null> {
  const path = listing.files.find(isList);
  if (path === undefined || !/"gtboxes"/.test(await listing.head(path))) return null;
  return { confidence: 0.97, reasons: [`${path} has lines of persons as CrowdHuman has them.`], against: [] };
}

/** Lines of a file, one at a time. */
async function* linesOf(path: string): AsyncGenerator<readonly [number: number, line: string]> {
  const decoder = new StringDecoder('utf8');
  let held = '';
  let number = 0;
  for await (const chunk of utf8Chunks(path)) {
    const lines = (held + decoder.write(chunk)).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) yield [++number, line];
  }
  if (held !== '') yield [number + 1, held];
}

/** Reads `annotation_<subset>.odgt`, a JSON object for each picture, which is looked for by its name. */
async function read(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const lists: string[] = [];
  const pictures = new PictureIndex();
  for await (const path of filesUnder(folder)) {
    if (isList(path)) lists.push(path);
    else if (isPicture(path)) pictures.add(path);
  }
  if (lists.length === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no list .odgt in ${folder}.`);
  const builder = new CategoryBuilder();
  builder.named(person);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of lists) {
        const subset = subsetInName(path) ?? 'default';
        for await (const [number, line] of linesOf(inside(folder, path))) {
          options.signal?.throwIfAborted();
          if (line.trim() === '') continue;
          const complain = (reason: string): void => problems.add(path, `line ${number}`, reason);
          const entry = entryIn(line);
          const id = safeRelative(String(entry === null ? '' : (field(entry, 'ID') ?? '')));
          if (entry === null || id === null) {
            complain('the line is no JSON with an ID');
            continue;
          }
          const [picture] = pictures.find(`${id}.jpg`, { folder: folderOf(path), subset });
          const annotations: Annotation[] = [];
          const boxes = field(entry, 'gtboxes');
          for (const box of Array.isArray(boxes) ? boxes : [])
            take(isRecord(box) ? personIn(box) : 'a box is no object', annotations, complain);
          yield await imageItem(folder, picture ?? `Images/${fileNameOf(id)}.jpg`, {
            id,
            subset,
            annotations,
          });
        }
      }
    },
  };
}

function entryIn(line: string): Fields | null {
  try {
    const value = parseLenient(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** A person's whole box; what can be seen of it and its head are attributes. */
function personIn(box: Fields): Annotation | string {
  const numbers = field(box, 'fbox');
  if (!Array.isArray(numbers) || numbers.length !== 4) return 'a person has no box of four numbers (fbox)';
  const [x, y, width, height] = numbers.map(numberOf) as [number, number, number, number];
  const isMask = field(box, 'tag') !== person;
  const attributes = new Map<string, AttributeValue>();
  if (isMask) attributes.set('ignored', true);
  for (const [name, given] of [
    ['visible_box', 'vbox'],
    ['head_box', 'hbox'],
  ] as const) {
    const value = field(box, given);
    if (Array.isArray(value)) attributes.set(name, attributeValue(value));
  }
  for (const [name, value] of attributesOf(field(box, 'extra'))) attributes.set(name, value);
  for (const [name, value] of attributesOf(field(box, 'head_attr'))) attributes.set(`head_${name}`, value);
  return { ...plainShape(isMask ? null : 0, attributes), type: 'box', x, y, width, height };
}

/** CrowdHuman: https://www.crowdhuman.org/download.html */
export const crowdHumanFormat: ReadOnlyFormat = {
  name: 'crowdhuman',
  title: 'CrowdHuman',
  aliases: ['odgt'],
  abilities: null,
  detect,
  read,
};

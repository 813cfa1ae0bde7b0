import {
  type Attributes,
  type AttributeValue,
  attributeValue,
  furtherFields,
  type Infos,
  type InfosBuilder,
  isRecord,
  type JsonValue,
  noAttributes,
  toRecord,
  without,
} from '../../model/index.ts';
import { isAddress } from './pictures.ts';

/** Fields of a picture's entry that have a place of their own in the model. */
const ofPicture = new Set(['id', 'width', 'height', 'file_name']);

/** Fields that tools write as 0 where they know nothing. */
const unsaid = new Set(['license', 'date_captured']);

/** Fields of an object's entry, of any task, that are read or follow from others. */
const ofObject = new Set([
  ...['id', 'image_id', 'category_id', 'iscrowd', 'bbox', 'area', 'segmentation', 'attributes', 'score'],
  ...['keypoints', 'num_keypoints', 'caption', 'segments_info', 'file_name'],
]);

/**
 * Notes what `info` and `licenses` of one file say: https://cocodataset.org/#format-data
 *
 * @returns a sentence about what is wrong, or null.
 */
export function addFacts(
  info: unknown,
  licenses: readonly unknown[],
  builder: InfosBuilder,
  subset: string,
): string | null {
  const facts = isRecord(info) ? Object.entries(info) : [];
  // Tools that know of no licence write one without a name.
  const named = licenses.filter((licence) => isRecord(licence) && isNamed(licence));
  let room = builder.add('licenses', named, subset);
  for (const [name, value] of facts) room = builder.add(name, value, subset) && room;
  return room ? null : 'what it says of the set is too long to be kept';
}

const isNamed = (licence: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(licence).some(([name, value]) => name !== 'id' && value !== '' && value !== null);

/** `info` and `licenses` as JSON. */
export function factTexts(infos: Infos): { readonly info: string; readonly licenses: string } {
  const { licenses, ...info } = toRecord(infos);
  const listed: JsonValue = Array.isArray(licenses) ? licenses : [{ id: 0, name: '', url: '' }];
  const rest = Array.isArray(licenses) || licenses === undefined ? info : { ...info, licenses };
  return { info: JSON.stringify(rest), licenses: JSON.stringify(listed) };
}

/**
 * What else a picture's entry says: `license`, `coco_url`, `date_captured`, and what a tool put there. An address for a
 * name is its `coco_url`, unless it has another one.
 */
export function pictureFacts(entry: Readonly<Record<string, unknown>>): Attributes {
  const facts = rest(
    entry,
    ofPicture,
    (value, field) => value === '' || value === null || (value === 0 && unsaid.has(field)),
  );
  const name = entry['file_name'];
  if (typeof name !== 'string' || !name.includes('://') || !isAddress(name)) return facts;
  const free = [undefined, name].includes(facts.get('coco_url') as string | undefined);
  return new Map([...facts, [free ? 'coco_url' : 'file_name', name]]);
}

/** Fields of a category's entry that have a place of their own. */
const ofCategory = new Set(['id', 'name', 'supercategory', 'keypoints', 'skeleton']);

/** What else a category's entry says: `isthing` where it is not 1, as is usual; `color`, `synset`, `frequency`. */
export function categoryFacts(entry: Readonly<Record<string, unknown>>): Attributes {
  const facts = rest(entry, ofCategory, (value) => value === null || value === '');
  return facts.get('isthing') === 1 ? without(facts, 'isthing') : facts;
}

/** What else an object's entry says: `track_id`, `ignore`, and what a tool put there. */
export const objectFacts = (entry: Readonly<Record<string, unknown>>): Attributes =>
  rest(entry, ofObject, (value) => value === null);

function rest(
  entry: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  saysNothing: (value: AttributeValue, field: string) => boolean,
): Attributes {
  let facts: Map<string, AttributeValue> | undefined;
  for (const name in entry) {
    if (known.has(name)) continue;
    const value = attributeValue(entry[name]);
    if (saysNothing(value, name)) continue;
    facts ??= new Map();
    facts.set(name, value);
  }
  return facts ?? noAttributes;
}

/** An item's attributes as further fields of its entry, or null where there are none. */
export function pictureFields(attributes: Attributes): ReturnType<typeof furtherFields> | null {
  const others = without(attributes, 'id');
  return others.size === 0 ? null : furtherFields(others, ofPicture);
}

import { readText } from '../../files/folder.ts';
import { jsonEntries, parseLenient } from '../../files/json.ts';
import { fileNameOf, inside } from '../../files/paths.ts';
import { field, isRecord, numberOf } from '../../model/index.ts';
import { csvRows } from '../common/csv.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** VIA's exports and projects of versions 1 and 2, projects of version 3, and the exported table. */
export type Kind = 'via2' | 'via3' | 'csv';

/** What kind of a file of VIA's begins so; null for another file. */
export function kindOf(path: string, head: string): Kind | null {
  if (/\.csv$/i.test(path)) {
    const line = head.slice(0, 400);
    return /region_shape_attributes/.test(line) && /region_attributes/.test(line) ? 'csv' : null;
  }
  if (!/^[\s\uFEFF]*\{/.test(head)) return null;
  if (/"_via_(settings|img_metadata|attributes)"\s*:/.test(head)) return 'via2';
  if (/"regions"\s*:/.test(head) && /"(shape_attributes|file_attributes|base64_img_data)"\s*:/.test(head))
    return 'via2';
  return /"project"\s*:/.test(head) &&
    /"(pid|rev|creator)"\s*:/.test(head) &&
    /VGG Image Annotator|"vid_list"/.test(head)
    ? 'via3'
    : null;
}

/** One region of a picture: VIA's own words of versions 1 and 2. */
export interface Region {
  readonly shape: Fields;
  readonly attributes: Fields;
}

/** What a file says of one picture. In the table it may come in several pieces. */
export interface Entry {
  /** Where it stands in the file. */
  readonly place: string;
  readonly filename: string;
  readonly regions: readonly Region[];
  readonly attributes: Fields;
}

/** What a file says attributes can be: the options of each, where it has a list. */
export interface Declared {
  readonly regions: ReadonlyMap<string, readonly string[] | null>;
  readonly files: ReadonlyMap<string, readonly string[] | null>;
}

/** Goes through a file picture by picture; a large export is never in memory. */
export async function* entriesOf(
  folder: string,
  path: string,
  kind: Kind,
  complain: (place: string, reason: string) => void,
): AsyncGenerator<Entry> {
  if (kind === 'csv') yield* rowsOf(folder, path, complain);
  else if (kind === 'via3') yield* project3(folder, path);
  else {
    for await (const { key, value } of jsonEntries(inside(folder, path), ofPictures)) {
      if (!isRecord(value)) continue;
      if (key !== metadata) yield entryOf(key, value);
      else for (const [name, inner] of Object.entries(value)) if (isRecord(inner)) yield entryOf(name, inner);
    }
  }
}

const metadata = '_via_img_metadata';

/** All fields but the project's own. */
const ofPictures = { has: (key: string): boolean => key === metadata || !key.startsWith('_via_') };

function entryOf(place: string, value: Fields): Entry {
  const given = field(value, 'regions');
  const regions = Array.isArray(given) ? given : isRecord(given) ? Object.values(given) : [];
  const name = field(value, 'filename');
  return {
    place,
    filename: typeof name === 'string' ? name : '',
    regions: regions.filter(isRecord).map((region) => ({
      shape: recordOf(field(region, 'shape_attributes')),
      attributes: recordOf(field(region, 'region_attributes')),
    })),
    attributes: recordOf(field(value, 'file_attributes')),
  };
}

const recordOf = (value: unknown): Fields => (isRecord(value) ? value : {});

async function* rowsOf(
  folder: string,
  path: string,
  complain: (place: string, reason: string) => void,
): AsyncGenerator<Entry> {
  const told = (line: number, reason: string): void => complain(`line ${line}`, reason);
  for await (const row of csvRows(inside(folder, path), told)) {
    const parse = (column: string): Fields => {
      const text = row.get(column);
      if (text === '') return {};
      try {
        return recordOf(parseLenient(text));
      } catch {
        told(row.line, `${column} is no JSON`);
        return {};
      }
    };
    const shape = parse('region_shape_attributes');
    const hasRegion = Object.keys(shape).length > 0;
    yield {
      place: `line ${row.line}`,
      filename: row.get('filename') || row.get('#filename'),
      regions: hasRegion ? [{ shape, attributes: parse('region_attributes') }] : [],
      attributes: parse('file_attributes'),
    };
  }
}

/** What attributes can be, as a project and `via_attributes.json` say it. */
export async function declaredIn(folder: string, path: string, kind: Kind): Promise<Declared> {
  if (kind === 'csv') return { regions: new Map(), files: new Map() };
  if (kind === 'via3') return attributes3(await wholeOf(folder, path));
  let given: unknown;
  if (fileNameOf(path) === attributesFile) given = await wholeOf(folder, path);
  else {
    const wanted = new Set(['_via_attributes']);
    for await (const { value } of jsonEntries(inside(folder, path), wanted)) given = value;
  }
  const options = (part: string): Map<string, readonly string[] | null> => {
    const found = Object.entries(recordOf(isRecord(given) ? field(given, part) : undefined));
    return new Map(
      found.map(([name, about]) => {
        const listed = isRecord(about) ? field(about, 'options') : undefined;
        return [name, isRecord(listed) ? Object.keys(listed) : null];
      }),
    );
  };
  return { regions: options('region'), files: options('file') };
}

/** What VIA's "Export attributes" writes. */
export const attributesFile = 'via_attributes.json';

async function wholeOf(folder: string, path: string): Promise<Fields> {
  return recordOf(parseLenient(await readText(inside(folder, path))));
}

/** Names of the shapes of version 3 by their numbers, in the words of version 2. */
const shapes3 = [
  '',
  'point',
  'rect',
  'circle',
  'ellipse',
  'polyline',
  'polyline',
  'polygon',
  'rect',
  'circle',
];

/** An attribute of version 3: it is of regions where its anchor has a place in the picture. */
interface Attribute3 {
  readonly name: string;
  readonly ofRegions: boolean;
  readonly options: Fields;
}

function list3(project: Fields): ReadonlyMap<string, Attribute3> {
  const entries = Object.entries(recordOf(field(project, 'attribute')));
  return new Map(
    entries.map(([id, about]) => {
      const own = recordOf(about);
      const name = field(own, 'aname');
      const ofRegions = /XY[1-9N]/.test(String(field(own, 'anchor_id')));
      const options = recordOf(field(own, 'options'));
      return [id, { name: typeof name === 'string' ? name : id, ofRegions, options }];
    }),
  );
}

function attributes3(project: Fields): Declared {
  const known = [...list3(project).values()];
  const part = (ofRegions: boolean): Map<string, readonly string[] | null> =>
    new Map(
      known
        .filter((attribute) => attribute.ofRegions === ofRegions)
        .map(({ name, options }) => {
          const listed = Object.values(options).filter((option) => typeof option === 'string');
          return [name, listed.length > 0 ? listed : null];
        }),
    );
  return { regions: part(true), files: part(false) };
}

/** A project of version 3: its files, views of one file each, and what was marked in each view. */
async function* project3(folder: string, path: string): AsyncGenerator<Entry> {
  const project = await wholeOf(folder, path);
  const attributes = list3(project);
  const files = recordOf(field(project, 'file'));
  const marks = Object.entries(recordOf(field(project, 'metadata')));
  const byView = Map.groupBy(marks, ([, mark]) => String(field(recordOf(mark), 'vid')));
  for (const [view, about] of Object.entries(recordOf(field(project, 'view')))) {
    const ids = field(recordOf(about), 'fid_list');
    const file = recordOf(field(files, String(Array.isArray(ids) ? ids[0] : '')));
    const name = field(file, 'fname');
    const regions: Region[] = [];
    let own: Fields = {};
    for (const [, mark] of byView.get(view) ?? []) {
      const fields = recordOf(mark);
      const place = field(fields, 'xy');
      const values = values3(recordOf(field(fields, 'av')), attributes);
      if (Array.isArray(place) && place.length > 0)
        regions.push({ shape: shape3(place), attributes: values });
      else own = { ...own, ...values };
    }
    yield { place: `view ${view}`, filename: typeof name === 'string' ? name : '', regions, attributes: own };
  }
}

/** Values by their attributes' names; numbers of options become what they stand for. */
function values3(given: Fields, attributes: ReadonlyMap<string, Attribute3>): Fields {
  const entries = Object.entries(given).map(([id, value]) => {
    const attribute = attributes.get(id);
    if (attribute === undefined) return [id, value] as const;
    const shown = String(value)
      .split(',')
      .map((option) => field(attribute.options, option));
    const isChosen = shown.every((option) => typeof option === 'string');
    return [attribute.name, isChosen ? shown.join(',') : value] as const;
  });
  return Object.fromEntries(entries);
}

function shape3([type, ...numbers]: readonly unknown[]): Fields {
  const name = shapes3[Number(type)] ?? String(type);
  const [a, b, c, d] = numbers;
  switch (name) {
    case 'rect':
      return { name, x: a, y: b, width: c, height: d };
    case 'circle':
      return { name, cx: a, cy: b, r: c };
    case 'ellipse':
      return { name, cx: a, cy: b, rx: c, ry: d };
    case 'point':
      return { name, cx: a, cy: b };
    default: {
      const at = (odd: number): number[] => numbers.filter((_, index) => index % 2 === odd).map(numberOf);
      return { name, all_points_x: at(0), all_points_y: at(1) };
    }
  }
}

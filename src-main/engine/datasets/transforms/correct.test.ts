import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../format.ts';
import { format, put, scratch, setOf, shape } from '../formats/common/testing.ts';
import type { Annotation } from '../model/index.ts';
import { toGolden } from '../testing/golden.ts';
import { itemsOf } from '../testing/items.ts';
import { validate } from '../validation/index.ts';
import { applyTransforms } from './index.ts';

const { fresh } = scratch();

interface Case {
  readonly before: Readonly<Record<string, object>>;
  readonly after: Readonly<Record<string, object>>;
  readonly report: object;
}
const cases = JSON.parse(readFileSync(new URL('fixtures/correct.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Case>
>;

/** A set of Datumaro's JSON, as we read it. */
async function setIn(subsets: Case['before']): Promise<Dataset> {
  const folder = fresh();
  const files = Object.entries(subsets).map(
    ([name, value]) => [`annotations/${name}.json`, JSON.stringify(value)] as const,
  );
  await put(folder, Object.fromEntries(files));
  return format('datumaro').read(folder);
}

/** The path of a file with a text. */
async function fileOf(text: string): Promise<string> {
  const folder = fresh();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), text);
  return join(folder, 'report.json');
}

const corrected = (set: Dataset, reports: string): Promise<Dataset> =>
  applyTransforms(set, [{ name: 'correct', options: { reports } }], { scratch: null });

const withEntries = async (set: Dataset, ...entries: readonly object[]): Promise<Dataset> =>
  corrected(set, await fileOf(JSON.stringify({ validation_reports: entries })));

const comparable = async (set: Dataset): Promise<unknown> => {
  const { labels, items } = await toGolden(set);
  return {
    labels: labels.map((label) => ({ ...label, attributes: [...label.attributes].sort() })),
    items: items
      .map(({ media: _, ...item }) => item)
      .sort((one, other) => (`${one.subset}/${one.id}` < `${other.subset}/${other.id}` ? -1 : 1)),
  };
};

const reasons = ({ problems }: Dataset): string[] => problems.list.map(({ reason }) => reason);

describe('a set after a report', () => {
  test.each(['classification', 'detection', 'segmentation'])('is that of Datumaro, %s', async (name) => {
    const { before, after, report } = cases[name]!;
    const set = await setIn(before);
    const made = await comparable(await corrected(set, await fileOf(JSON.stringify(report))));
    expect(made).toEqual(await comparable(await setIn(after)));
    expect(made).not.toEqual(await comparable(await setIn(before)));
    const unnumbered = '2 annotations have no number of their own, and all of them went';
    expect(reasons(set)).toEqual(name === 'detection' ? [unnumbered] : []);
  });

  test('has the classes of Datumaro, where annotations have ones that were in no list', async () => {
    const { before, after, report } = cases['undefined']!;
    const made = await corrected(await setIn(before), await fileOf(JSON.stringify(report)));
    expect(made.categories.labels).toEqual((await setIn(after)).categories.labels);
    expect(made.categories.labels.map(({ name }) => name)).toEqual(['cat', '1', '2', '5']);
  });

  test('has classes by their numbers where it had none, and the names that it had where it had some', async () => {
    const box = (label: number, attribute: string): Annotation => ({
      ...{ ...shape, type: 'box', x: 1, y: 2, width: 10, height: 20, label },
      attributes: new Map([[attribute, 1]]),
    });
    const items = [{ id: 'x', annotations: [box(1, 'x'), box(0, 'y')] }];
    const none = { anomaly_type: 'MissingLabelCategories', description: '' };
    // What Datumaro gives for the same.
    expect((await withEntries(setOf([], items), none)).categories.labels).toEqual([
      { name: '0', parent: '', attributes: ['y'] },
      { name: '1', parent: '', attributes: ['x'] },
    ]);
    const named = setOf(['a', 'b'], items);
    expect((await withEntries(named, none)).categories.labels).toEqual(named.categories.labels);
  });

  test('keeps what a label says already, and names with quotes in them', async () => {
    const label = (number: number, attributes: readonly (readonly [string, string])[]): Annotation => ({
      ...{ type: 'label', id: 0, group: 0, label: number },
      attributes: new Map(attributes),
    });
    const set = setOf(
      ["dog's bowl", 'cat'],
      [{ id: 'x', annotations: [label(0, [['light', 'day']]), label(0, []), label(1, [])] }],
    );
    const about = { item_id: 'x', subset: 'default' };
    const made = await withEntries(
      set,
      {
        ...{ ...about, anomaly_type: 'MissingAttribute' },
        description: "Item needs the attribute 'light' for the label 'dog's bowl'.",
      },
      {
        ...{ ...about, anomaly_type: 'UndefinedAttribute' },
        description: "Item has the attribute 'it's' for the label 'dog's bowl' which is not defined.",
      },
    );
    const [item] = await itemsOf(made);
    expect(item!.annotations.map(({ attributes }) => [...attributes])).toEqual([
      [['light', 'day']],
      [['light', '']],
      [],
    ]);
    expect(made.categories.labels[0]!.attributes).toEqual(["it's"]);
  });

  test('tells of what stays, and of items that are not there', async () => {
    const set = setOf(['a'], [{ id: 'x' }, { id: 'y' }]);
    const gone = (item_id: string) => ({
      ...{ anomaly_type: 'MissingAnnotation', description: '', item_id, subset: 'default' },
    });
    const made = await withEntries(
      set,
      ...[gone('x'), gone('z'), { anomaly_type: 'EmptyCaption', description: "the caption 'age'" }],
      { anomaly_type: 'ImbalancedLabels', description: '' },
    );
    expect((await itemsOf(made)).map(({ id }) => id)).toEqual(['y']);
    expect(reasons(set)).toEqual([
      'it names 1 items that are not in the set',
      '1 faults are of tables of text, and stay',
    ]);
  });
});

describe('what is no report of the set', () => {
  const set = setOf(['a'], [{ id: 'x' }]);
  const entry = (more: object): string =>
    JSON.stringify({ validation_reports: [{ anomaly_type: 'NegativeLength', description: '', ...more }] });
  const item = { item_id: 'x', subset: 'default' };

  test.each([
    ['damaged', '{"validation_reports": [{"anomaly_type": ', 'INPUT_CORRUPT'],
    ['no JSON', 'Item x is bad', 'INPUT_CORRUPT'],
    ['empty', '', 'INPUT_CORRUPT'],
    ['of another kind', '{"images": []}', 'BAD_REQUEST'],
    [
      'of another set',
      entry({ item_id: 'x', subset: 'train', description: "Annotation '1'" }),
      'BAD_REQUEST',
    ],
    ['without an item', entry({ description: "Annotation '1'" }), 'INPUT_CORRUPT'],
    ['without a number', entry({ ...item, description: "Annotation 'one'" }), 'INPUT_CORRUPT'],
    ['without a kind', entry({ anomaly_type: 7 }), 'INPUT_CORRUPT'],
    ['without a name', entry({ ...item, anomaly_type: 'UndefinedLabel' }), 'INPUT_CORRUPT'],
  ])('is refused with a hint: %s', async (_, text, code) => {
    await expect(corrected(set, await fileOf(text))).rejects.toMatchObject({ code, hint: /./ });
  });

  test('a path to nothing, or to a folder', async () => {
    const folder = fresh();
    await mkdir(folder, { recursive: true });
    for (const path of [folder, join(folder, 'none.json')])
      await expect(corrected(set, path)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND', hint: /./ });
  });

  test('an empty one changes nothing', async () => {
    const made = await corrected(set, await fileOf('{"validation_reports": [], "summary": {"errors": 0}}'));
    expect(await itemsOf(made)).toEqual(await itemsOf(set));
  });

  test('one of ours names the changes to use', async () => {
    const own = JSON.stringify(await validate(set));
    await expect(corrected(set, await fileOf(own))).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      hint: expect.stringContaining('remove_labels'),
    });
  });
});

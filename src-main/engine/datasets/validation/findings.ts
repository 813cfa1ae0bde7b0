import type { TransformStep } from '../transforms/index.ts';
import { type Task, typesOf } from './task.ts';

export type Severity = 'error' | 'warning' | 'info';

/** A condition that what is kept must meet. */
const keep = (annotations: string): TransformStep => ({ name: 'filter', options: { annotations } });

/** What a change is to mend. */
interface Mending {
  /** Expression for the types of the task; what the set has besides is not touched. */
  readonly ofTask: string;
  /** Classes that it is about. */
  readonly labels: readonly string[];
  /** Whether it would mend all that was found. */
  readonly isWhole: boolean;
}

/** A change that mends what was found and touches nothing else, or null where there is none. */
type Mend = TransformStep | ((mending: Mending) => TransformStep | null);

/** What can be found. The names are Datumaro's where it has the check. */
export const checks = {
  unreadable: ['error', 'Something in the files can’t be read', null],
  missing_label_categories: ['error', 'The set has no classes', null],
  undefined_label: [
    'error',
    'An annotation has no class, or one that is not in the list',
    ({ ofTask }) => keep(`label or not (${ofTask})`),
  ],
  undefined_attribute: ['error', 'An attribute is not declared for its class', null],
  multi_label_annotations: ['error', 'A picture has several classes', null],
  negative_length: [
    'error',
    'A shape is less than a pixel wide or high',
    ({ ofTask }) => keep(`not (${ofTask}) or (not (width < 1) and not (height < 1))`),
  ],
  invalid_value: ['error', 'A number is infinite or none', null],
  missing_annotation: [
    'warning',
    'An item has no annotation for this task',
    ({ isWhole }) => (isWhole ? { name: 'drop_empty', options: {} } : null),
  ],
  missing_attribute: ['warning', 'An attribute is missing that the class declares', null],
  label_defined_but_not_found: [
    'warning',
    'A class has no annotation for this task',
    ({ labels }) => (labels.length === 0 ? null : { name: 'remove_labels', options: { labels } }),
  ],
  attribute_defined_but_not_found: ['warning', 'An attribute is declared and never used', null],
  far_from_attr_mean: [
    'warning',
    'A shape is far from the usual size of its class with a value of an attribute',
    null,
  ],
  far_from_label_mean: ['warning', 'A shape is far from the usual size of its class', null],
  outside_picture: ['warning', 'A shape reaches out of its picture', { name: 'clip', options: {} }],
  duplicate_annotation: [
    'warning',
    'An annotation is there twice',
    { name: 'remove_duplicate_annotations', options: {} },
  ],
  other_size: [
    'warning',
    'A picture has another size than its annotations are for',
    ({ isWhole }) => (isWhole ? { name: 'bake_orientation', options: {} } : null),
  ],
  missing_picture: ['warning', 'A picture is not where the set says', { name: 'drop_missing', options: {} }],
  near_leakage: [
    'warning',
    'Pictures that look alike are in several subsets',
    { name: 'remove_duplicates', options: { near: true } },
  ],
  leakage: ['warning', 'A picture is in several subsets', { name: 'remove_duplicates', options: {} }],
  only_one_label: ['info', 'All annotations have one class', null],
  few_samples_in_label: ['info', 'A class has hardly any annotation', null],
  imbalanced_labels: ['info', 'Some classes have many times more annotations than others', null],
  imbalanced_dist_in_label: ['info', 'The shapes of a class are nearly all of one size', null],
  imbalanced_dist_in_attribute: [
    'info',
    'The shapes of a class with a value of an attribute are nearly all of one size',
    null,
  ],
  only_one_attribute_value: ['info', 'An attribute has always one value', null],
  few_samples_in_attribute: ['info', 'A value of an attribute is hardly ever used', null],
  imbalanced_attribute: ['info', 'Some values of an attribute are used many times more than others', null],
} as const satisfies Record<string, readonly [Severity, string, Mend | null]>;
export type Check = keyof typeof checks;

/** All that was found by one check. */
export interface Finding {
  readonly check: Check;
  readonly severity: Severity;
  /** A sentence for a person. */
  readonly title: string;
  readonly count: number;
  /** How many of them each class has; empty where it is not about classes. */
  readonly byLabel: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly examples: readonly string[];
  /** Places of the items in the set that it was found in, the first of them. */
  readonly items: readonly number[];
  /** The transform that mends it, or null. */
  readonly mend: TransformStep | null;
}

/** Changes that take out each item that a thing is found in. */
const emptying = new Set(['drop_empty', 'drop_missing']);

const mostExamples = 10;
const mostItems = 100_000;

interface Group {
  count: number;
  /** How many of them nothing mends. */
  lasting: number;
  /** Classes of the others. */
  readonly mended: Set<string>;
  readonly byLabel: Map<string, number>;
  readonly examples: string[];
  readonly items: Set<number>;
}

/** Groups what is found: a set with a million faults gives a page, not a file of 70 megabytes. */
export class Findings {
  readonly #groups = new Map<Check, Group>();
  readonly #ofTask: string;
  #item: number | null = null;

  constructor(task: Task) {
    this.#ofTask = typesOf[task].map((type) => `type == "${type}"`).join(' or ');
  }

  /** The place of the item that what is added next was found in; null for what is found in none. */
  at(item: number | null): void {
    this.#item = item;
  }

  /** @param isMended whether the check's change would mend it without taking anything that is right. */
  add(check: Check, example: string, label: string | null = null, count = 1, isMended = true): void {
    const group: Group = this.#groups.get(check) ?? {
      count: 0,
      lasting: 0,
      mended: new Set(),
      byLabel: new Map(),
      examples: [],
      items: new Set(),
    };
    this.#groups.set(check, group);
    group.count += count;
    if (!isMended) group.lasting += count;
    else if (label !== null) group.mended.add(label);
    if (label !== null) group.byLabel.set(label, (group.byLabel.get(label) ?? 0) + count);
    if (group.examples.length < mostExamples) group.examples.push(example);
    if (this.#item !== null) this.#point(group, this.#item);
  }

  /** Says more items that a thing was found in. */
  point(check: Check, items: readonly number[]): void {
    const group = this.#groups.get(check);
    for (const item of group === undefined ? [] : items) this.#point(group!, item);
  }

  #point({ items }: Group, item: number): void {
    if (items.size < mostItems) items.add(item);
  }

  /** The worst first. @param total how many items there are: none is mended by taking out all. */
  list(total: number): Finding[] {
    return (Object.keys(checks) as Check[]).flatMap((check) => {
      const group = this.#groups.get(check);
      if (group === undefined) return [];
      const [severity, title, mends] = checks[check] as readonly [Severity, string, Mend | null];
      const byLabel = Object.fromEntries([...group.byLabel].sort(([, one], [, other]) => other - one));
      const mending = { ofTask: this.#ofTask, labels: [...group.mended], isWhole: group.lasting === 0 };
      const { count, examples, items } = group;
      const made = typeof mends === 'function' ? mends(mending) : mends;
      const mend = made !== null && emptying.has(made.name) && count >= total ? null : made;
      return [{ check, severity, title, count, byLabel, examples, items: [...items], mend }];
    });
  }
}

import type { TransformStep } from '../transforms/index.ts';

export type Severity = 'error' | 'warning' | 'info';

/** A condition that what is kept must meet. */
const keep = (annotations: string): TransformStep => ({ name: 'filter', options: { annotations } });

/** A change that mends what was found, of some classes where it is about classes. */
type Mend = TransformStep | ((labels: readonly string[]) => TransformStep);

/** What can be found. The names are Datumaro's where it has the check. */
export const checks = {
  unreadable: ['error', 'Something in the files can’t be read', null],
  missing_label_categories: ['error', 'The set has no classes', null],
  undefined_label: [
    'error',
    'An annotation has no class, or one that is not in the list',
    keep('label or type == "caption"'),
  ],
  undefined_attribute: ['error', 'An attribute is not declared for its class', null],
  multi_label_annotations: ['error', 'A picture has several classes', null],
  negative_length: [
    'error',
    'A shape is less than a pixel wide or high',
    keep('not (width < 1) and not (height < 1)'),
  ],
  invalid_value: ['error', 'A number is infinite or none', null],
  missing_annotation: [
    'warning',
    'An item has no annotation for this task',
    { name: 'drop_empty', options: {} },
  ],
  missing_attribute: ['warning', 'An attribute is missing that the class declares', null],
  label_defined_but_not_found: [
    'warning',
    'A class has no annotation',
    (labels) => ({ name: 'remove_labels', options: { labels: [...labels] } }),
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
  /** The transform that mends it, or null. */
  readonly mend: TransformStep | null;
}

const mostExamples = 10;

interface Group {
  count: number;
  readonly byLabel: Map<string, number>;
  readonly examples: string[];
}

/** Groups what is found: a set with a million faults gives a page, not a file of 70 megabytes. */
export class Findings {
  readonly #groups = new Map<Check, Group>();

  add(check: Check, example: string, label: string | null = null, count = 1): void {
    const group: Group = this.#groups.get(check) ?? { count: 0, byLabel: new Map(), examples: [] };
    this.#groups.set(check, group);
    group.count += count;
    if (label !== null) group.byLabel.set(label, (group.byLabel.get(label) ?? 0) + count);
    if (group.examples.length < mostExamples) group.examples.push(example);
  }

  /** The worst first. */
  list(): Finding[] {
    return (Object.keys(checks) as Check[]).flatMap((check) => {
      const group = this.#groups.get(check);
      if (group === undefined) return [];
      const [severity, title, mends] = checks[check] as readonly [Severity, string, Mend | null];
      const byLabel = Object.fromEntries([...group.byLabel].sort(([, one], [, other]) => other - one));
      const mend = typeof mends === 'function' ? mends([...group.byLabel.keys()]) : mends;
      return [{ check, severity, title, count: group.count, byLabel, examples: group.examples, mend }];
    });
  }
}

import type { Annotation, Categories } from '../model/index.ts';
import type { Findings } from './findings.ts';
import type { Thresholds } from './task.ts';

/** Most values of an attribute that are told apart; numbers have as many as there are annotations. */
const mostValues = 1000;

/** Marks that formats have a field for, so that nobody declares them. */
export const undeclared: ReadonlySet<string> = new Set(['is_crowd', 'score']);

/** Holds attributes against what their classes declare. */
export class AttributeChecks {
  readonly #findings: Findings;
  readonly #labels: Categories['labels'];
  readonly #declared: ReadonlySet<string>[];
  /** By class and name: how often each value is there. */
  readonly #values: Map<string, Map<string, number>>[];

  constructor({ labels, attributes }: Categories, findings: Findings) {
    this.#findings = findings;
    this.#labels = labels;
    this.#declared = labels.map((label) => new Set([...attributes, ...label.attributes]));
    this.#values = labels.map(() => new Map());
  }

  add(annotation: Annotation, label: number, place: string): void {
    const { name } = this.#labels[label]!;
    const declared = this.#declared[label]!;
    for (const attribute of declared) {
      const values = this.#values[label]!.get(attribute) ?? new Map<string, number>();
      this.#values[label]!.set(attribute, values);
      const value = annotation.attributes.get(attribute);
      if (!annotation.attributes.has(attribute)) {
        this.#findings.add('missing_attribute', `${place}: ${attribute}`, name);
      } else {
        const text = String(value);
        if (values.size < mostValues || values.has(text)) values.set(text, (values.get(text) ?? 0) + 1);
      }
    }
    for (const attribute of annotation.attributes.keys()) {
      if (!declared.has(attribute) && !undeclared.has(attribute))
        this.#findings.add('undefined_attribute', `${place}: ${attribute}`, name);
    }
  }

  finish({ fewSamples, imbalance }: Thresholds): void {
    for (const [label, byName] of this.#values.entries()) {
      const { name } = this.#labels[label]!;
      for (const [attribute, values] of byName) {
        const what = `${name}: ${attribute}`;
        const counts = [...values.values()];
        if (counts.length === 0) {
          this.#findings.add('attribute_defined_but_not_found', what, name);
          continue;
        }
        if (counts.length === 1) this.#findings.add('only_one_attribute_value', what, name);
        for (const [value, count] of values) {
          if (count <= fewSamples) this.#findings.add('few_samples_in_attribute', `${what} = ${value}`, name);
        }
        if (Math.max(...counts) / Math.min(...counts) >= imbalance) {
          this.#findings.add('imbalanced_attribute', what, name);
        }
      }
    }
  }
}

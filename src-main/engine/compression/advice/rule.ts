import type { Derived } from '../derive/index.ts';
import type { Run } from '../types.ts';

export interface Evidence {
  readonly text: string;
  /** A file of the run, or a key of its metrics. */
  readonly where: string;
  readonly step?: number;
  readonly value?: number;
}

export interface Advice {
  /** Name of the rule; stable. */
  readonly id: string;
  /** `error`: the training fails or its result is of no use. `warning`: likely not what was wanted. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly title: string;
  readonly evidence: readonly Evidence[];
  /** What to change. */
  readonly change: string;
}

export interface Observed {
  readonly run: Run;
  readonly derived: Derived;
}

/** What a rule says: nothing, or its advice. */
export interface Rule {
  readonly id: string;
  readonly check: (observed: Observed) => Omit<Advice, 'id'> | undefined;
}

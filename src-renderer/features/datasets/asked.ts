import { useEffect, useState } from 'react';
import type { DatasetStep } from '../../../src-main/contract/index.ts';
import { useWizard } from './state.ts';

/** The set that is open, and what is changed on its way. */
export interface About {
  readonly id: string;
  readonly steps: DatasetStep[];
}

/**
 * What the engine says of the set after its changes, asked anew whenever they or what it is merged with change; null until it is known.
 *
 * @param ask must stay the same.
 */
export function useAsked<Answer>(ask: (about: About) => Promise<Answer>): {
  readonly answer: Answer | null;
  readonly failed: string | null;
} {
  const { view, steps, merged } = useWizard();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const id = view?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: merged with others, it is another set.
  useEffect(() => {
    if (id === undefined) return undefined;
    let current = true;
    setAnswer(null);
    setFailed(null);
    ask({ id, steps: [...steps] }).then(
      (given) => current && setAnswer(() => given),
      (thrown: Error) => current && setFailed(thrown.message),
    );
    return () => {
      current = false;
    };
  }, [id, steps, merged, ask]);
  return { answer, failed };
}

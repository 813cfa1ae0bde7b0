import { useEffect, useRef, useState } from 'react';
import type { DatasetStep, ErrorValue } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { act } from '../../state/session.ts';
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
  readonly failed: ErrorValue | null;
  readonly again: () => void;
} {
  const { view, steps, merged } = useWizard();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failed, setFailed] = useState<ErrorValue | null>(null);
  const [turn, setTurn] = useState(0);
  const id = view?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: merged with others, it is another set.
  useEffect(() => {
    if (id === undefined) return undefined;
    let current = true;
    setAnswer(null);
    setFailed(null);
    ask({ id, steps: [...steps] }).then(
      (given) => current && setAnswer(() => given),
      (thrown) => current && setFailed(toErrorValue(thrown)),
    );
    return () => {
      current = false;
    };
  }, [id, steps, merged, ask, turn]);
  return { answer, failed, again: () => setTurn(turn + 1) };
}

/** Of figures or faults, for which the whole set is gone through. */
export const cancelLooking = (id: string): void => void act('datasets.cancel', { id, stage: 'checking' });

/** {@link useAsked} of figures or faults: looking for them ends where nobody waits for it any more. */
export function useLookedThrough<Answer>(ask: (about: About) => Promise<Answer>) {
  const asked = useAsked(ask);
  const { view } = useWizard();
  const isWaiting = asked.answer === null && asked.failed === null;
  const awaited = useRef<string | null>(null);
  useEffect(() => {
    awaited.current = isWaiting ? (view?.id ?? null) : null;
  });
  useEffect(
    () => () => {
      if (awaited.current !== null) cancelLooking(awaited.current);
    },
    [],
  );
  return asked;
}

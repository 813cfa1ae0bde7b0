import { useEffect, useRef } from 'react';
import type { ErrorValue } from '../../../src-main/contract/index.ts';
import { Button } from '../../ui/parts.tsx';
import { cancelLooking } from './asked.ts';
import { Failure } from './failure.tsx';
import { useWizard } from './state.ts';
import { focusIfLost } from './step-title.tsx';

interface UnderWayProps {
  /** Why there is no answer. */
  readonly failed: ErrorValue | null;
  readonly onAgain: () => void;
  /** What is done. */
  readonly children: string;
}

/** A set is gone through, which takes as long as it takes; or that was ended. */
export function UnderWay({ failed, onAgain, children }: UnderWayProps) {
  const id = useWizard(({ view }) => view?.id);
  const button = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the button that had the focus is another one now.
  useEffect(() => focusIfLost(button.current), [failed]);
  if (!failed) {
    return (
      <div className="row" role="status">
        <span className="quiet">{children}</span>
        <Button ref={button} onClick={() => id !== undefined && cancelLooking(id)}>
          Cancel
        </Button>
      </div>
    );
  }
  return (
    <>
      {failed.code === 'CANCELLED' ? <p role="status">Cancelled.</p> : <Failure error={failed} />}
      <div>
        <Button ref={button} onClick={onAgain}>
          Look again
        </Button>
      </div>
    </>
  );
}

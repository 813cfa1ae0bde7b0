import { clsx } from 'clsx';
import { useEffect, useRef } from 'react';
import type { ErrorValue } from '../../../src-main/contract/index.ts';
import { copyText } from '../../state/clipboard.ts';
import { Button } from '../../ui/parts.tsx';
import { focusIfLost } from './step-title.tsx';

interface FailureProps {
  readonly error: ErrorValue;
  /** What did not happen, where no heading says it. */
  readonly title?: string;
}

/** What went wrong, why and what to do, where it happened; it stays until something else is done. */
export function Failure({ error: { code, message, hint, details }, title }: FailureProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'nearest' });
    focusIfLost(ref.current);
  }, []);
  const copy = (): Promise<void> =>
    copyText([message, hint, details].filter(Boolean).join('\n'), 'Details copied');
  return (
    <div ref={ref} className="failure" role="alert" tabIndex={-1}>
      <p className={clsx('selectable', code !== 'CANCELLED' && 'state-failed')}>
        {title && <strong>{title} </strong>}
        {message} {hint}
      </p>
      {details && (
        <div>
          <Button onClick={() => void copy()}>Copy details</Button>
        </div>
      )}
    </div>
  );
}

import type { ErrorValue } from '../../src-main/contract/index.ts';
import { copyText } from '../state/clipboard.ts';
import { Button } from '../ui/parts.tsx';

/** What failed, why, what to do, and the details for a report. */
export function Problem({ error }: { readonly error: ErrorValue }) {
  const { message, hint, details } = error;
  const copy = (): Promise<void> =>
    copyText([message, hint, details].filter(Boolean).join('\n\n'), 'Details copied');
  return (
    <div role="alert">
      <p className="state-failed">{message}</p>
      {hint && <p className="quiet">{hint}</p>}
      {details && (
        <Button kind="bare" type="button" onClick={() => void copy()}>
          Copy details
        </Button>
      )}
    </div>
  );
}

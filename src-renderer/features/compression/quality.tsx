import { type FormEvent, useState } from 'react';
import type { RunView } from '../../../src-main/contract/index.ts';
import { changeSettings, useSession } from '../../state/session.ts';
import { Button, Dialog, Field } from '../../ui/parts.tsx';
import { useCompression } from './state.ts';

/** The metric now and at its best, and whether it is within what it may lose. */
export function Quality({ metric }: { readonly metric: NonNullable<RunView['metric']> }) {
  const asking = useCompression((state) => state.asksBudget);
  const setAsking = (asksBudget: boolean): void => useCompression.setState({ asksBudget });
  const { key, last, best, bestStep, limit, met } = metric;
  return (
    <div>
      <dt>{key}</dt>
      <dd className="numeric">
        {last.toFixed(4)} (best {best.toFixed(4)} at step {bestStep})
        <span className="budget">
          {limit !== null && (
            <span className={met ? 'state-good' : 'state-failed'}>
              {met ? 'Within the budget of' : 'Below the budget of'} {limit.toFixed(4)}
            </span>
          )}
          <Button kind="bare" className="small" onClick={() => setAsking(true)}>
            {limit === null ? 'Set a budget' : 'Change'}
          </Button>
        </span>
      </dd>
      {asking && <BudgetDialog metric={key} onClose={() => setAsking(false)} />}
    </div>
  );
}

function BudgetDialog({ metric, onClose }: { readonly metric: string; readonly onClose: () => void }) {
  const before = useSession((state) => state.settings?.compressionBudget ?? null);
  const [baseline, setBaseline] = useState(before ? String(before.baseline) : '');
  const [allowed, setAllowed] = useState(before ? String(before.allowed) : '0.01');
  const numbers = { baseline: Number(baseline), allowed: Number(allowed) };
  const whole =
    baseline.trim() !== '' &&
    allowed.trim() !== '' &&
    Number.isFinite(numbers.baseline) &&
    Number.isFinite(numbers.allowed) &&
    numbers.allowed >= 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!whole) return;
    changeSettings({ compressionBudget: numbers });
    onClose();
  };
  return (
    <Dialog title="Budget" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <h1>What may {metric} lose?</h1>
        <Field label="Of the dense model or the teacher" hint="In the metric’s own unit, such as 0.9375.">
          {(id) => (
            <input
              id={id}
              className="input numeric"
              inputMode="decimal"
              value={baseline}
              autoFocus
              onChange={(event) => setBaseline(event.target.value)}
            />
          )}
        </Field>
        <Field label="How much worse it may be" hint="It is remembered for all trainings.">
          {(id) => (
            <input
              id={id}
              className="input numeric"
              inputMode="decimal"
              value={allowed}
              onChange={(event) => setAllowed(event.target.value)}
            />
          )}
        </Field>
        <div className="row end">
          {before && (
            <Button
              onClick={() => {
                changeSettings({ compressionBudget: null });
                onClose();
              }}
            >
              No budget
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={!whole}>
            Set the budget
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import type { ModelConversion, Parity } from '../../../src-main/contract/index.ts';
import { Problem } from '../../app/problem.tsx';
import { act } from '../../state/session.ts';
import { Button, Progress } from '../../ui/parts.tsx';
import { dismissConversion } from './state.ts';

/** How the conversion of a checkpoint goes, and the proof of what came out. */
export function Conversion({ conversion }: { readonly conversion: ModelConversion }) {
  const { name, state, stage, fraction, parity, error } = conversion;
  return (
    <section className="section conversion" aria-label={`Conversion of ${name}`}>
      <div className="models-head">
        <h2>{titles[state](name)}</h2>
        {state === 'running' ? (
          <Button onClick={() => void act('models.cancelConversion', {})}>Cancel</Button>
        ) : (
          <Button kind="bare" onClick={dismissConversion}>
            Dismiss
          </Button>
        )}
      </div>
      {state === 'running' && (
        <div className="stack" role="status">
          {fraction > 0 && <Progress value={fraction} label={`Conversion of ${name}`} />}
          <span className="quiet clip">{stage}</span>
        </div>
      )}
      {state === 'cancelled' && <p className="quiet">Nothing was kept but the Python packages.</p>}
      {error && state === 'failed' && <Problem error={error} />}
      {parity.length > 0 && <ParityTable parity={parity} />}
    </section>
  );
}

const titles: Readonly<Record<ModelConversion['state'], (name: string) => string>> = {
  running: (name) => `Converting ${name}`,
  done: (name) => `${name} agrees with PyTorch`,
  failed: (name) => `${name} was not converted`,
  cancelled: (name) => `The conversion of ${name} was cancelled`,
};

const parts: Readonly<Record<Parity['part'], string>> = {
  unet: 'UNet',
  decoder: 'Decoder',
  run: 'Whole run',
};

function ParityTable({ parity }: { readonly parity: readonly Parity[] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Compared with PyTorch</th>
          <th>On</th>
          <th className="numeric">Largest difference</th>
          <th className="numeric">Of the largest value</th>
          <th className="numeric">Accepted</th>
        </tr>
      </thead>
      <tbody>
        {parity.map(({ part, what, maxAbs, relative, limit, passed }) => (
          <tr key={`${part} ${what}`}>
            <td className={passed ? undefined : 'state-failed'}>{parts[part]}</td>
            <td>{what}</td>
            <td className="numeric">{figure(maxAbs)}</td>
            <td className="numeric">{figure(relative)}</td>
            <td className="numeric">{limit === null ? 'only told' : figure(limit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const figure = (value: number | null): string => (value === null ? 'not a number' : value.toExponential(1));

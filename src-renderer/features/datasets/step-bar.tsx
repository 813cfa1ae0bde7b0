import { clsx } from 'clsx';
import { showStep, useWizard, type WizardStep, wizardSteps } from './state.ts';

const titles: Readonly<Record<WizardStep, string>> = {
  source: 'Source',
  look: 'Look',
  shape: 'Shape',
  target: 'Target',
  result: 'Result',
};

/** The way through the wizard. One may go back to where one was, and on as far as the set is known. */
export function StepBar() {
  const { step, summary, shaped, result, error, busy } = useWizard();
  const open: Readonly<Record<WizardStep, boolean>> = {
    source: true,
    look: summary !== null,
    shape: summary !== null,
    target: summary !== null && (shaped !== null || busy === 'shaping'),
    result: result !== null || busy === 'converting' || (step === 'result' && error !== null),
  };
  return (
    <nav className="step-bar" aria-label="Steps">
      <ol>
        {wizardSteps.map((name, index) => (
          <li key={name}>
            <button
              type="button"
              className={clsx('step', name === step && 'current')}
              aria-current={name === step ? 'step' : undefined}
              disabled={!open[name]}
              onClick={() => showStep(name)}
            >
              <span className="step-number numeric">{index + 1}</span>
              {titles[name]}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { DatasetStep, DatasetTransform } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import { Button, IconButton, Select } from '../../ui/parts.tsx';
import { OptionFields } from './option-fields.tsx';
import { changeSteps, showStep, useWizard } from './state.ts';
import { titleOf } from './words.ts';

/** Steps that most people want, ready made. */
const ready: ReadonlyArray<{ readonly title: string; readonly step: DatasetStep }> = [
  {
    title: 'Split 80 % train, 20 % val',
    step: { name: 'random_split', options: { subsets: { train: 0.8, val: 0.2 }, seed: 0 } },
  },
  { title: 'Drop pictures without annotations', step: { name: 'drop_empty', options: {} } },
  { title: 'Clip shapes to the picture', step: { name: 'clip', options: {} } },
  { title: 'Remove duplicate pictures', step: { name: 'remove_duplicates', options: {} } },
];

/** What is changed on the way. The panel at the left shows at once what each change does. */
export function Shape() {
  const { steps, error, busy } = useWizard();
  const [known, setKnown] = useState<readonly DatasetTransform[]>([]);
  useEffect(() => {
    call('datasets.transforms', {}).then(
      ({ transforms }) => setKnown(transforms),
      () => undefined,
    );
  }, []);
  const titles = new Map(known.map(({ name, description }) => [name, description]));
  const offered = ready.filter(({ step }) => titles.has(step.name));
  const change = (index: number, step: DatasetStep): void =>
    changeSteps(steps.map((other, at) => (at === index ? step : other)));
  const move = (index: number, by: -1 | 1): void => {
    const next = [...steps];
    const [taken] = next.splice(index, 1);
    if (taken) next.splice(index + by, 0, taken);
    changeSteps(next);
  };
  return (
    <div className="column">
      <header className="page-head">
        <div>
          <h2 className="wizard-title">Change it on the way</h2>
          <p className="quiet">The source is never touched. Steps are done in this order.</p>
        </div>
        <Button kind="primary" className="tall" onClick={() => showStep('target')}>
          Choose a target
        </Button>
      </header>
      {error && busy === null && (
        <p className="state-failed" role="alert">
          {error.message} {error.hint}
        </p>
      )}
      <ol className="plain step-list">
        {steps.map((step, index) => {
          const transform = known.find(({ name }) => name === step.name);
          return (
            // A step has no name of its own; its place in the order is what it is.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above.
            <li key={`${step.name} ${index}`} className="step-card">
              <div className="row spread">
                <h3>
                  <span className="numeric quiet">{index + 1}</span> {titleOf(step.name)}
                </h3>
                <div className="row">
                  <IconButton label="Earlier" disabled={index === 0} onClick={() => move(index, -1)}>
                    <ArrowUp size={14} />
                  </IconButton>
                  <IconButton
                    label="Later"
                    disabled={index === steps.length - 1}
                    onClick={() => move(index, 1)}
                  >
                    <ArrowDown size={14} />
                  </IconButton>
                  <IconButton
                    label={`Remove ${titleOf(step.name)}`}
                    onClick={() =>
                      changeSteps(
                        steps.filter((_, at) => at !== index),
                        `${titleOf(step.name)} was taken out`,
                      )
                    }
                  >
                    <X size={14} />
                  </IconButton>
                </div>
              </div>
              <p className="quiet">{transform?.description}</p>
              {transform && (
                <OptionFields
                  schema={transform.schema}
                  value={step.options}
                  onChange={(options) => change(index, { ...step, options })}
                />
              )}
            </li>
          );
        })}
      </ol>
      <section className="section" aria-label="Add a change">
        <h2>Add a change</h2>
        <div className="row wrap">
          {offered.map(({ title, step }) => (
            <Button key={title} onClick={() => changeSteps([...steps, step])}>
              {title}
            </Button>
          ))}
        </div>
        <div className="row">
          <Select
            label="Another change"
            value=""
            options={[
              ['', 'Another change'] as const,
              ...known.map(({ name }) => [name, titleOf(name)] as const),
            ]}
            onChange={(name) => {
              if (name !== '') changeSteps([...steps, { name, options: {} }]);
            }}
          />
        </div>
      </section>
    </div>
  );
}

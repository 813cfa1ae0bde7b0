import type { DiffusionSettings, ModelEntry } from '../../../src-main/contract/index.ts';
import { Check, Field, NumberInput, Range, Segmented, Select } from '../../ui/parts.tsx';

interface DiffusionChoicesProps {
  readonly model: ModelEntry;
  readonly value: DiffusionSettings;
  readonly onChange: (value: DiffusionSettings) => void;
}

/** Sane beginnings: a draft in a fifth of the time, and what the model's authors compare with. */
const presets = {
  draft: { sampler: 'dpm-solver-multistep', steps: 20, eta: 0 },
  reference: { sampler: 'ddim', steps: 100, eta: 0 },
} as const;

export const samplers: ReadonlyArray<readonly [DiffusionSettings['sampler'], string]> = [
  ['dpm-solver-multistep', 'DPM-Solver++ 2M, good in few steps'],
  ['ddim', 'DDIM, the reference'],
  ['pndm', 'PNDM'],
  ['lms', 'LMS'],
  ['euler', 'Euler'],
  ['euler-ancestral', 'Euler ancestral, new noise in each step'],
];

/** A sampler without what it is good for. */
export const samplerName = (sampler: DiffusionSettings['sampler']): string =>
  (samplers.find(([name]) => name === sampler)?.[1] ?? sampler).split(',')[0] ?? sampler;

/** What latent diffusion asks for beyond the network. */
export function DiffusionChoices({ model, value, onChange }: DiffusionChoicesProps) {
  const change = (next: Partial<DiffusionSettings>): void => onChange({ ...value, ...next });
  const preset = (Object.keys(presets) as Array<keyof typeof presets>).find((name) => {
    const { sampler, steps, eta } = presets[name];
    return value.sampler === sampler && value.steps === steps && value.eta === eta;
  });
  return (
    <>
      <div className="field">
        <span className="label">Care</span>
        <Segmented
          label="Care"
          value={preset ?? null}
          options={[
            ['draft', 'Draft'],
            ['reference', 'Reference'],
          ]}
          onChange={(name) => change(presets[name])}
        />
      </div>
      <Field label="Sampler">
        {(id) => (
          <Select
            id={id}
            value={value.sampler}
            options={samplers}
            onChange={(sampler) => change({ sampler })}
          />
        )}
      </Field>
      <Field label="Steps" hint="Each costs the same time. Beyond 100 little changes.">
        {(id) => (
          <NumberInput
            id={id}
            value={value.steps}
            most={1000}
            onChange={(steps) => change({ steps: Math.round(steps) })}
          />
        )}
      </Field>
      {value.sampler === 'ddim' && (
        <Field
          label={`Fresh noise ${value.eta}`}
          hint="0 gives the same picture for any number of steps, nearly; 1 invents more."
        >
          {(id) => (
            <Range
              id={id}
              value={value.eta}
              least={0}
              most={1}
              step={0.05}
              onChange={(eta) => change({ eta })}
            />
          )}
        </Field>
      )}
      <div className="field">
        <Check
          checked={value.backProjection ?? model.backProjection ?? false}
          onChange={(backProjection) => change({ backProjection })}
        >
          Keep the source’s colours
        </Check>
        <div className="hint">
          Corrects the result until, shrunk again, it is the source (back-projection).
        </div>
      </div>
      <Check
        checked={value.seed !== null}
        onChange={(locked) => change({ seed: locked ? Math.floor(Math.random() * 2 ** 32) : null })}
      >
        Same noise for every picture
      </Check>
      {value.seed !== null && (
        <Field label="Seed" hint="The same seed gives the same picture, on any machine.">
          {(id) => (
            <NumberInput
              id={id}
              value={value.seed ?? 0}
              least={0}
              most={0xffff_ffff}
              onChange={(seed) => change({ seed: Math.round(seed) })}
            />
          )}
        </Field>
      )}
    </>
  );
}

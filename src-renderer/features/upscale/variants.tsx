import { type FormEvent, useState } from 'react';
import { create } from 'zustand';
import {
  automaticModel,
  type Job,
  UpscaleSettings as Settings,
  type UpscaleSettings,
  type UpscaleVariant,
} from '../../../src-main/contract/index.ts';
import { jobsAreThere } from '../../state/jobs.ts';
import { useModels } from '../../state/models.ts';
import { select } from '../../state/selection.ts';
import { act, useSession } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button, Check, Dialog, Field, NumberInput } from '../../ui/parts.tsx';
import { samplerName, samplers } from './diffusion-choices.tsx';

const useOpen = create<{ readonly job: Job | null }>(() => ({ job: null }));

/** Asks in which ways a picture is to be made, to compare the results. */
export function openVariants(job: Job): void {
  useOpen.setState({ job });
}

/** As many as can be told apart side by side. */
const mostVariants = 6;

/** Characters of what sets a way apart. */
const mostLabel = 80;

type DiffusionSampler = UpscaleSettings['diffusion']['sampler'];

export function Variants() {
  const { job } = useOpen();
  return job && <Choice key={job.id} job={job} />;
}

function Choice({ job }: { readonly job: Job }) {
  const models = useModels((state) => state.models).filter(({ status }) => status.state === 'ready');
  const batch = useSession((state) => state.settings?.upscale);
  const diffusion = models.filter(({ entry }) => entry.task === 'latent-diffusion');
  // What most want to see: the fast network for such a source beside diffusion.
  const usual = [automaticModel(job.upscale?.picture?.lossy ?? false), diffusion[0]?.entry.id];
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    new Set(models.map(({ entry }) => entry.id).filter((id) => usual.includes(id))),
  );
  const [ways, setWays] = useState<ReadonlySet<DiffusionSampler>>(new Set(['dpm-solver-multistep']));
  const [seeds, setSeeds] = useState(2);
  const base = job.upscale?.override ?? batch ?? Settings.parse({});
  const close = (): void => useOpen.setState({ job: null });

  const variants: UpscaleVariant[] = models
    .filter(({ entry }) => chosen.has(entry.id))
    .flatMap(({ entry }) => {
      const settings = { ...base, model: entry.id };
      if (entry.task !== 'latent-diffusion') return [variant(entry.name, settings)];
      return [...ways].flatMap((sampler) =>
        Array.from({ length: seeds }, (_, index) => {
          const seed = (base.diffusion.seed ?? 0) + index;
          // What differs most first: lists show the beginning.
          const apart = [
            `seed ${seed}`,
            ways.size > 1 && samplerName(sampler),
            chosen.size > 1 && entry.name,
          ];
          const label = apart.filter(Boolean).join(', ').slice(0, mostLabel);
          return variant(label, { ...settings, diffusion: { ...base.diffusion, sampler, seed } });
        }),
      );
    });
  const tooMany = variants.length > mostVariants;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const added = await act('upscale.addVariants', { id: job.id, variants });
    if (!added) return;
    close();
    await jobsAreThere(added.jobIds);
    select(added.jobIds, added.jobIds[0] ?? null);
  };
  return (
    <Dialog title="Compare ways" onClose={close}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <h1>Make {job.title} in several ways</h1>
        <p className="quiet">
          Each becomes a result of its own. They are shown side by side at the same place.
        </p>
        <fieldset className="choices">
          <legend className="label">Networks</legend>
          {models.map(({ entry }) => (
            <Check
              key={entry.id}
              checked={chosen.has(entry.id)}
              onChange={() => setChosen(toggled(chosen, entry.id))}
            >
              {entry.name}
            </Check>
          ))}
        </fieldset>
        {diffusion.some(({ entry }) => chosen.has(entry.id)) && (
          <>
            <fieldset className="choices">
              <legend className="label">Samplers</legend>
              {samplers.map(([name, words]) => (
                <Check key={name} checked={ways.has(name)} onChange={() => setWays(toggled(ways, name))}>
                  {words}
                </Check>
              ))}
            </fieldset>
            <Field label="Seeds" hint="Each begins with other noise, and so invents other detail.">
              {(id) => (
                <NumberInput
                  id={id}
                  value={seeds}
                  least={1}
                  most={mostVariants}
                  onChange={(number) => setSeeds(Math.round(number))}
                />
              )}
            </Field>
          </>
        )}
        {tooMany && (
          <p role="status" className="warning">
            {variants.length} are too many to compare; {mostVariants} fit side by side.
          </p>
        )}
        <div className="row end">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={variants.length === 0 || tooMany}>
            Upscale {count(variants.length, 'way')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Results of one picture need names of their own. */
const variant = (label: string, settings: UpscaleSettings): UpscaleVariant => ({
  label,
  settings: { ...settings, pattern: `${settings.pattern} ${label}`.slice(0, 200) },
});

function toggled<Value>(set: ReadonlySet<Value>, value: Value): ReadonlySet<Value> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

import { useEffect, useState } from 'react';
import type { OutputFormat, Scale, UpscaleSettings } from '../../../src-main/contract/index.ts';
import { openDialog } from '../../state/actions.ts';
import { useJobs } from '../../state/jobs.ts';
import { useModels } from '../../state/models.ts';
import { useSelection } from '../../state/selection.ts';
import { call, showPage, useSession } from '../../state/session.ts';
import { Button, Check, Field, NumberInput, Range, Segmented, Select } from '../../ui/parts.tsx';
import { DiffusionChoices } from './diffusion-choices.tsx';
import { previewName } from './name-pattern.ts';

interface ChoicesProps {
  readonly value: UpscaleSettings;
  /** Where the shown picture's result goes without a folder that was chosen, if not beside it. */
  readonly usual: string | null;
  readonly onChange: (change: Partial<UpscaleSettings>) => void;
}

const factors = [
  ['2', 'x2'],
  ['3', 'x3'],
  ['4', 'x4'],
  ['other', 'Other'],
] as const;

const otherScales = [
  ['width', 'Width'],
  ['height', 'Height'],
  ['percent', 'Percent'],
] as const;

const formats: ReadonlyArray<readonly [OutputFormat, string]> = [
  ['same', 'Same as the source'],
  ['png', 'PNG, keeps every pixel'],
  ['jpeg', 'JPEG'],
  ['webp', 'WebP'],
  ['avif', 'AVIF, smallest and slowest'],
  ['tiff', 'TIFF, keeps every pixel'],
];

const metadata = [
  ['all', 'Keep everything'],
  ['safe', 'Remove position and serial numbers'],
  ['none', 'Remove all but the colour profile'],
] as const;

const metadataHints: Readonly<Record<UpscaleSettings['metadata'], string>> = {
  all: 'Keeps GPS position, camera, captions and rights.',
  safe: 'Keeps captions, rights, camera and date. GPS, serial numbers and owner names go.',
  none: 'Removes captions, rights, camera, date and GPS position.',
};

/** What a picture is to become, from what is changed often to what is changed rarely. */
export function Choices({ value, usual, onChange }: ChoicesProps) {
  const models = useModels((state) => state.models);
  const lossy = value.format !== 'png' && value.format !== 'tiff';
  const model = models.find(({ entry }) => entry.id === value.model)?.entry;
  return (
    <fieldset className="choices">
      <ScaleChoice value={value.scale} onChange={(scale) => onChange({ scale })} />
      <ModelChoice value={value.model} onChange={(model) => onChange({ model })} />
      {model?.task === 'latent-diffusion' && (
        <DiffusionChoices
          model={model}
          value={value.diffusion}
          onChange={(diffusion) => onChange({ diffusion })}
        />
      )}
      <Field label="Format">
        {(id) => (
          <Select
            id={id}
            value={value.format}
            options={formats}
            onChange={(format) => onChange({ format })}
          />
        )}
      </Field>
      {lossy && (
        <Field label={`Quality ${value.quality}`} hint="For JPEG, WebP and AVIF. 92 hides its losses.">
          {(id) => (
            <Range
              id={id}
              value={value.quality}
              least={1}
              most={100}
              disabled={value.lossless && value.format !== 'jpeg'}
              onChange={(quality) => onChange({ quality })}
            />
          )}
        </Field>
      )}
      <Field label="Private details" hint={metadataHints[value.metadata]}>
        {(id) => (
          <Select
            id={id}
            value={value.metadata}
            options={metadata}
            onChange={(next) => onChange({ metadata: next })}
          />
        )}
      </Field>
      <FolderChoice value={value.folder} usual={usual} onChange={(folder) => onChange({ folder })} />
      <details className="more">
        <summary>More</summary>
        <div className="choices">
          <NameChoice settings={value} onChange={(pattern) => onChange({ pattern })} />
          <Check checked={value.overwrite} onChange={(overwrite) => onChange({ overwrite })}>
            Replace older results of the same name
          </Check>
          <Check checked={value.sidecar} onChange={(sidecar) => onChange({ sidecar })}>
            Write the receipt beside each result
          </Check>
          <Check checked={value.lossless} onChange={(lossless) => onChange({ lossless })}>
            WebP and AVIF keep every pixel
          </Check>
          <Field label={`Effort ${value.effort}`} hint="More makes files smaller and writing slower.">
            {(id) => (
              <Range
                id={id}
                value={value.effort}
                least={0}
                most={9}
                onChange={(effort) => onChange({ effort })}
              />
            )}
          </Field>
          <DeviceChoice value={value.device} onChange={(device) => onChange({ device })} />
          <div className="field">
            <span className="label">Precision</span>
            <Segmented
              label="Precision"
              value={value.precision}
              options={[
                ['auto', 'Fast'],
                ['f32', 'Exact (f32)'],
              ]}
              onChange={(precision) => onChange({ precision })}
            />
            <div className="hint">Fast lets the device use a shorter number type, such as bf16.</div>
          </div>
          <Check checked={value.allowHuge} onChange={(allowHuge) => onChange({ allowHuge })}>
            Accept sources over 268 megapixels
          </Check>
        </div>
      </details>
    </fieldset>
  );
}

function ScaleChoice({
  value,
  onChange,
}: {
  readonly value: Scale;
  readonly onChange: (value: Scale) => void;
}) {
  const known = value.kind === 'factor' ? String(value.factor) : 'other';
  const shown = factors.some(([factor]) => factor === known) ? known : 'other';
  const other: Exclude<Scale['kind'], 'factor'> = value.kind === 'factor' ? 'percent' : value.kind;
  const amount =
    value.kind === 'factor' ? value.factor * 100 : value.kind === 'percent' ? value.percent : value.pixels;
  const make = (kind: typeof other, number: number): Scale =>
    kind === 'percent'
      ? { kind, percent: Math.min(800, Math.max(100, number)) }
      : { kind, pixels: Math.min(65_535, Math.max(1, Math.round(number))) };
  return (
    <div className="field">
      <span className="label">Size</span>
      <Segmented
        label="Scale"
        value={shown as (typeof factors)[number][0]}
        options={factors}
        onChange={(next) =>
          onChange(
            next === 'other' ? { kind: 'width', pixels: 3840 } : { kind: 'factor', factor: Number(next) },
          )
        }
      />
      {shown === 'other' && (
        <div className="row">
          <Select
            label="Side to set"
            value={other}
            options={otherScales}
            onChange={(kind) =>
              onChange(make(kind, kind === 'percent' ? 400 : kind === 'width' ? 3840 : 2160))
            }
          />
          <NumberInput
            label={other === 'percent' ? 'Percent' : 'Pixels'}
            value={amount}
            onChange={(number) => onChange(make(other, number))}
          />
          <span className="quiet">{other === 'percent' ? '%' : 'px'}</span>
        </div>
      )}
    </div>
  );
}

function ModelChoice({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const models = useModels((state) => state.models);
  const [asked, setAsked] = useState(false);
  const ready = models.filter(({ status }) => status.state === 'ready');
  const diffusion = ready.filter(({ entry }) => entry.task === 'latent-diffusion');
  const chosen = ready.find(({ entry }) => entry.id === value);
  const way = chosen?.entry.task === 'latent-diffusion' ? 'diffusion' : 'fast';
  const known = models.find(({ entry }) => entry.id === value);
  const lost = models.length > 0 && value !== 'auto' && !chosen;
  const offered =
    way === 'diffusion'
      ? diffusion.map(({ entry }) => [entry.id, entry.name] as const)
      : [
          ['auto', 'Automatic'] as const,
          ...ready
            .filter((model) => !diffusion.includes(model))
            .map(({ entry }) => [entry.id, entry.name] as const),
        ];
  const options = lost
    ? [[value, known ? `${known.entry.name}, not ready` : 'Removed network'] as const, ...offered]
    : offered;
  const choose = (next: 'fast' | 'diffusion'): void => {
    const [first] = diffusion;
    setAsked(next === 'diffusion' && !first);
    if (next === 'fast') onChange('auto');
    else if (first) onChange(first.entry.id);
  };
  return (
    <>
      <div className="field">
        <span className="label">Way</span>
        <Segmented
          label="Way"
          value={asked ? 'diffusion' : way}
          options={[
            ['fast', 'Fast'],
            ['diffusion', 'Diffusion'],
          ]}
          onChange={choose}
        />
        <div className="hint">
          {asked || way === 'diffusion'
            ? 'Invents detail step by step: slower, and not always what was there.'
            : 'Keeps to what is there: about a second a picture.'}
        </div>
      </div>
      {asked ? (
        <div className="stack">
          <p>No diffusion model is here yet. Fast is used until there is one.</p>
          <Button onClick={() => showPage('models')}>Add one on Models</Button>
        </div>
      ) : (
        <Field
          label="Network"
          hint={
            lost
              ? 'Pictures fail with it: choose another.'
              : (chosen?.entry.summary ??
                'Picks the network for photos for lossy sources, and the one for clean sources for all others.')
          }
        >
          {(id) => <Select id={id} value={value} options={options} onChange={onChange} />}
        </Field>
      )}
    </>
  );
}

function DeviceChoice({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const devices = useSession((state) => state.info?.devices) ?? [];
  const options = [
    ['AUTO', 'Automatic'] as const,
    ...devices
      .filter(({ kind }) => kind !== 'AUTO')
      .map(({ id, fullName }) => [id, `${id}, ${fullName}`] as const),
  ];
  return (
    <Field
      label="Device"
      hint="If a device fails or gives a bad result, the next one is tried and you are told."
    >
      {(id) => <Select id={id} value={value} options={options} onChange={onChange} />}
    </Field>
  );
}

function FolderChoice({
  value,
  usual,
  onChange,
}: {
  readonly value: string | null;
  readonly usual: string | null;
  readonly onChange: (value: string | null) => void;
}) {
  const native = useSession((state) => state.shell?.native ?? true);
  const [place, setPlace] = useState('');
  useEffect(() => {
    if (value === null) return;
    let current = true;
    call('files.describe', { id: value }).then(
      ({ location }) => current && setPlace(location),
      () => current && setPlace('A folder that is not there any more'),
    );
    return () => {
      current = false;
    };
  }, [value]);
  if (!native) return null;
  const shown = value === null ? (usual ?? 'Beside each source') : place;
  const choose = async (): Promise<void> => {
    const [folder] = (await openDialog('outputFolder')).handles;
    if (folder) onChange(folder.id);
  };
  return (
    <div className="field">
      <span className="label">Save to</span>
      <div className="row spread">
        <span className="clip" title={shown}>
          {shown}
        </span>
        <div className="row">
          {value !== null && <Button onClick={() => onChange(null)}>Reset</Button>}
          <Button onClick={() => void choose()}>Choose</Button>
        </div>
      </div>
    </div>
  );
}

/** The pattern of names, with the name that the shown picture would get. */
function NameChoice({
  settings,
  onChange,
}: {
  readonly settings: UpscaleSettings;
  readonly onChange: (pattern: string) => void;
}) {
  const current = useSelection((state) => state.current);
  const job = useJobs(({ jobs }) => (current === null ? undefined : jobs.get(current)));
  const [typed, setTyped] = useState(settings.pattern);
  useEffect(() => setTyped(settings.pattern), [settings.pattern]);
  const { name, unknown, replaced } = previewName(typed.trim() || settings.pattern, settings, job);
  const remarks = [
    unknown.length > 0 &&
      `${unknown.join(', ')}: not known, ${unknown.length > 1 ? 'stay' : 'stays'} as written.`,
    replaced && 'Characters that a file name can’t have become _.',
  ].filter(Boolean);
  return (
    <Field
      label="Name"
      hint={
        <>
          <div className="clip numeric" title={name}>
            {`Gives ${name}`}
          </div>
          <div role="status" className="state-warning">
            {remarks.join(' ')}
          </div>
          {'You can use {name}, {scale}, {model}, {width}, {height} and {date}.'}
        </>
      }
    >
      {(id) => (
        <TextInput id={id} text={typed} saved={settings.pattern} onType={setTyped} onSave={onChange} />
      )}
    </Field>
  );
}

interface TextInputProps {
  readonly id: string;
  readonly text: string;
  /** What counts until another text is finished. */
  readonly saved: string;
  readonly onType: (text: string) => void;
  readonly onSave: (text: string) => void;
}

/** Text that counts when it is finished: at Enter or when the field is left. */
function TextInput({ id, text, saved, onType, onSave }: TextInputProps) {
  const finish = (): void => {
    if (text.trim() === '') onType(saved);
    else if (text !== saved) onSave(text.trim());
  };
  return (
    <input
      id={id}
      className="input"
      value={text}
      maxLength={200}
      spellCheck={false}
      onChange={(event) => onType(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => event.key === 'Enter' && finish()}
    />
  );
}

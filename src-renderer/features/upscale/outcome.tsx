import { useEffect, useState } from 'react';
import type { DiffusionSettings, Job, Receipt } from '../../../src-main/contract/index.ts';
import { act, call, useSession } from '../../state/session.ts';
import { count, formatBytes, formatDuration, formatSize } from '../../ui/format.ts';
import { StateMark } from '../../ui/job-state.tsx';
import { Button } from '../../ui/parts.tsx';
import { samplerName } from './diffusion-choices.tsx';
import { copyDetails, copyImage, copyReceipt, downloadResult } from './job-actions.ts';

/** What became of a picture: the result with its proof, or why there is none and what to do. */
export function Outcome({ job }: { readonly job: Job }) {
  if (job.state === 'done') return <Result job={job} />;
  if (job.state === 'cancelled') return <Cancelled job={job} />;
  if (job.error) return <Failure job={job} />;
  const { destination = null } = job.upscale ?? {};
  return destination === null ? null : <Destination folder={destination} />;
}

/** Of a picture without a place of its own, where its result will be found. */
function Destination({ folder }: { readonly folder: string }) {
  return (
    <section className="outcome" aria-label="Pasted picture">
      <p className="quiet">
        It was pasted: its result goes to{' '}
        <span className="selectable" title={folder}>
          {folder}
        </span>
        , unless you choose another folder.
      </p>
    </section>
  );
}

function Failure({ job }: { readonly job: Job }) {
  const retry = job.state === 'failed' || job.state === 'setAside';
  return (
    <section className="outcome" aria-label="Failure">
      <h2 className="row">
        <StateMark state={job.state} size={16} />
        {job.state === 'setAside' ? 'Set aside' : 'Failed'}
      </h2>
      <p className="selectable">{job.error?.message}</p>
      {job.error?.hint && <p className="quiet selectable">{job.error.hint}</p>}
      <div className="row wrap">
        {retry && <Button onClick={() => void act('jobs.retry', { ids: [job.id] })}>Try again</Button>}
        <Button onClick={() => void copyDetails(job)}>Copy details</Button>
      </div>
    </section>
  );
}

function Cancelled({ job }: { readonly job: Job }) {
  return (
    <section className="outcome" aria-label="Cancelled">
      <h2 className="row">
        <StateMark state={job.state} size={16} />
        Cancelled
      </h2>
      <p className="quiet">No result was written.</p>
      <div className="row wrap">
        <Button onClick={() => void act('jobs.retry', { ids: [job.id] })}>Try again</Button>
      </div>
    </section>
  );
}

function Result({ job }: { readonly job: Job }) {
  const native = useSession((state) => state.shell?.native ?? true);
  const receipt = useReceipt(job);
  const result = job.upscale?.result;
  if (!result) return null;
  return (
    <section className="outcome" aria-label="Result">
      <h2 className="row">
        <StateMark state={job.state} size={16} />
        Done in {formatDuration(result.duration)}
      </h2>
      <div>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dragging out is the pointer's shortcut to "Show in folder". */}
        <div
          className="clip"
          title={native ? `${result.name}: drag it into another program` : result.name}
          draggable={native}
          onDragStart={(event) => {
            event.preventDefault();
            void act('shell.dragResult', { id: job.id });
          }}
        >
          {result.name}
        </div>
        <div className="quiet numeric">
          {formatSize(result)}, {formatBytes(result.bytes)}
        </div>
        {native && (
          <div className="quiet clip" title={result.location}>
            {result.location}
          </div>
        )}
      </div>
      <div className="row wrap">
        {native ? (
          <>
            <Button onClick={() => void act('shell.openResult', { id: job.id })}>Open</Button>
            <Button onClick={() => void act('shell.showResult', { id: job.id })}>Show in folder</Button>
          </>
        ) : (
          <Button onClick={() => downloadResult(job)}>Download</Button>
        )}
        <Button onClick={() => void copyImage(job.id)}>Copy image</Button>
      </div>
      {receipt && <ReceiptView receipt={receipt} id={job.id} />}
    </section>
  );
}

function useReceipt({ id, finishedAt }: Job): Receipt | null {
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a picture that was made again has another receipt.
  useEffect(() => {
    let current = true;
    setReceipt(null);
    call('jobs.receipt', { id }).then(
      (answer) => current && setReceipt(answer.receipt),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [id, finishedAt]);
  return receipt;
}

/** All that is needed to make the picture again. */
function wordsOf({ sampler, steps, eta, seed, backProjection, likeDiffusers }: DiffusionSettings): string {
  return [
    samplerName(sampler),
    count(steps, 'step'),
    sampler === 'ddim' && eta > 0 && `fresh noise ${eta}`,
    `seed ${seed}`,
    backProjection ? 'colours of the source' : 'colours of the model',
    likeDiffusers && 'like diffusers',
  ]
    .filter(Boolean)
    .join(', ');
}

/** The receipt in words: what was kept, what was lost, what was checked. */
export function ReceiptView({ receipt, id }: { readonly receipt: Receipt; readonly id: string }) {
  const { losses, metadata, checks, model, settings, device, timing, output } = receipt;
  const isDiffusion = settings.diffusion.backProjection !== undefined;
  return (
    <details className="receipt" open>
      <summary>
        {losses.length === 0
          ? 'Receipt: nothing was lost'
          : losses.length === 1
            ? 'Receipt: 1 remark'
            : `Receipt: ${losses.length} remarks`}
      </summary>
      {losses.length > 0 && (
        <ul className="remarks">
          {losses.map((loss) => (
            <li key={loss}>{loss}</li>
          ))}
        </ul>
      )}
      <dl>
        <dt>Checked</dt>
        <dd>
          {checks.map(({ name, detail }) => (
            <div key={name}>{detail}</div>
          ))}
        </dd>
        <dt>Kept</dt>
        <dd>{metadata.kept.length > 0 ? metadata.kept.join(', ') : 'The source had no metadata'}</dd>
        <dt>Network</dt>
        <dd>
          {model.name ?? model.id}. {model.reason}
        </dd>
        {isDiffusion && (
          <>
            <dt>Diffusion</dt>
            <dd className="numeric">{wordsOf(settings.diffusion)}</dd>
          </>
        )}
        <dt>Device</dt>
        <dd>
          {device.fullName}, {device.precision}
        </dd>
        <dt>Time</dt>
        <dd className="numeric">
          {`${formatDuration(timing.decode)} reading, ${formatDuration(timing.inference)} upscaling, ${formatDuration(timing.encode)} writing, ${formatDuration(timing.check)} checking`}
        </dd>
        <dt>SHA-256</dt>
        <dd className="mono" title={output.sha256}>
          {output.sha256.slice(0, 16)}…
        </dd>
      </dl>
      <Button onClick={() => void copyReceipt(id)}>Copy receipt</Button>
    </details>
  );
}

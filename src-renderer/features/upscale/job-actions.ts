import type { Job } from '../../../src-main/contract/index.ts';
import { startJobs } from '../../state/actions.ts';
import { copyText } from '../../state/clipboard.ts';
import { cancelJobs, isActive, isFinished, pictures, removeJobs, useJobs } from '../../state/jobs.ts';
import { act, toast, useSession } from '../../state/session.ts';
import type { MenuItems } from '../../ui/menu.tsx';
import { openVariants } from './variants.tsx';

export async function copyReceipt(id: string): Promise<void> {
  const answer = await act('jobs.receipt', { id });
  if (answer) await copyText(JSON.stringify(answer.receipt, null, 2), 'Receipt copied');
}

export async function copyImage(id: string): Promise<void> {
  const { shell, connection } = useSession.getState();
  if (shell?.native) {
    if (await act('shell.copyImage', { id })) toast('Image copied');
    return;
  }
  try {
    const response = await fetch(connection?.bridge.mediaUrl({ jobId: id, variant: 'output' }) ?? '');
    const bitmap = await createImageBitmap(await response.blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    await navigator.clipboard.write([
      new ClipboardItem({ 'image/png': canvas.convertToBlob({ type: 'image/png' }) }),
    ]);
    toast('Image copied');
  } catch {
    toast('The browser did not take the image. Download the result instead.', { tone: 'warning' });
  }
}

export async function copyDetails({ title, error }: Job): Promise<void> {
  if (!error) return;
  const { code, message, hint, details } = error;
  await copyText([title, `${code}: ${message}`, hint, details].filter(Boolean).join('\n'), 'Details copied');
}

export function downloadResult(job: Job): void {
  const { connection } = useSession.getState();
  const link = document.createElement('a');
  link.href = connection?.bridge.mediaUrl({ jobId: job.id, variant: 'result' }) ?? '';
  link.download = job.upscale?.result?.name ?? '';
  link.click();
}

/** Several results come as one ZIP: browsers ask before each further file. */
export async function downloadResults(jobs: readonly Job[]): Promise<void> {
  const [only] = jobs;
  if (only && jobs.length === 1) return downloadResult(only);
  try {
    const body = JSON.stringify(
      jobs.map(({ id, title, upscale }) => ({ id, name: upscale?.result?.name ?? title })),
    );
    const response = await fetch('/bundle', { method: 'POST', body });
    if (!response.ok) throw new Error(response.statusText);
    const { id } = (await response.json()) as { id: string };
    const link = document.createElement('a');
    link.href = `/bundle/${id}`;
    link.download = 'results.zip';
    link.click();
  } catch {
    toast('The server did not answer. Try again, or download them one by one.', { tone: 'warning' });
  }
}

/** Moves jobs to the front of the queue. */
function moveToFront(ids: readonly string[]): void {
  const first = useJobs.getState().order.find((id) => !ids.includes(id)) ?? null;
  void act('jobs.reorder', { ids: [...ids], before: first });
}

/** Moves jobs one place up or down. */
export function moveBy(ids: readonly string[], step: 1 | -1): void {
  const { order } = useJobs.getState();
  const places = ids.map((id) => order.indexOf(id)).filter((place) => place >= 0);
  if (places.length === 0) return;
  const before = step < 0 ? order[Math.max(0, Math.min(...places) - 1)] : order[Math.max(...places) + 2];
  void act('jobs.reorder', {
    ids: [...ids].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
    before: before ?? null,
  });
}

/** Takes every picture off the list that nothing is done to any more. */
export function removeFinished(): void {
  const { jobs } = useJobs.getState();
  const ids = pictures(jobs)
    .filter(isFinished)
    .map(({ id }) => id);
  void removeJobs(ids);
}

/** What the menu of some rows offers. */
export function menuFor(jobs: readonly Job[]): MenuItems {
  const ids = jobs.map(({ id }) => id);
  const of = (...states: Job['state'][]): string[] =>
    jobs.filter(({ state }) => states.includes(state)).map(({ id }) => id);
  const [only] = jobs.length === 1 ? jobs : [];
  const native = useSession.getState().shell?.native;
  const result = only?.state === 'done' ? only : undefined;
  const done = jobs.filter(({ state }) => state === 'done');
  return [
    { label: 'Upscale', disabled: of('ready').length === 0, run: () => void startJobs(of('ready')) },
    {
      label: 'Pause',
      disabled: of('queued', 'running').length === 0,
      run: () => void act('jobs.pause', { ids: of('queued', 'running') }),
    },
    {
      label: 'Resume',
      disabled: of('paused').length === 0,
      run: () => void act('jobs.resume', { ids: of('paused') }),
    },
    {
      label: 'Cancel',
      disabled: !jobs.some(isActive),
      run: () => void cancelJobs(jobs.filter(isActive).map(({ id }) => id)),
    },
    {
      label: 'Try again',
      disabled: of('failed', 'cancelled', 'setAside').length === 0,
      run: () => void act('jobs.retry', { ids: of('failed', 'cancelled', 'setAside') }),
    },
    { label: 'Compare ways', disabled: !only?.upscale?.picture, run: () => only && openVariants(only) },
    'line',
    ...(native === false
      ? [
          {
            label: done.length > 1 ? `Download ${done.length} results` : 'Download result',
            disabled: done.length === 0,
            run: () => void downloadResults(done),
          },
        ]
      : [
          {
            label: 'Open result',
            disabled: !result,
            run: () => result && void act('shell.openResult', { id: result.id }),
          },
          {
            label: 'Show in folder',
            disabled: !result,
            run: () => result && void act('shell.showResult', { id: result.id }),
          },
        ]),
    { label: 'Copy image', disabled: !result, run: () => result && void copyImage(result.id) },
    { label: 'Copy receipt', disabled: !result, run: () => result && void copyReceipt(result.id) },
    'line',
    { label: 'Move up', shortcut: 'Alt+↑', run: () => moveBy(ids, -1) },
    { label: 'Move down', shortcut: 'Alt+↓', run: () => moveBy(ids, 1) },
    { label: 'Move to the front', run: () => moveToFront(ids) },
    'line',
    { label: 'Remove from the list', shortcut: 'Delete', run: () => void removeJobs(ids) },
    { label: 'Remove everything finished', run: removeFinished },
  ];
}

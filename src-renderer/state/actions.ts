import type { AdmitResult, DialogPurpose, UpscaleAddResult } from '../../src-main/contract/index.ts';
import { count } from '../ui/format.ts';
import { cancelJobs, isActive, jobsAreThere, pictures, useJobs } from './jobs.ts';
import { select } from './selection.ts';
import { act, showPage, toast, useSession } from './session.ts';

/**
 * Puts what was admitted into the queue, shows the first of it, and says what could not be taken.
 *
 * @param isUnseen whether it came without the window being touched: then it is told, unless it is all that there is.
 */
export async function addToQueue({ handles, refused }: AdmitResult, isUnseen = false): Promise<void> {
  const hadOthers = useJobs.getState().order.length > 0;
  const added =
    handles.length > 0 ? await act('upscale.add', { handles: handles.map(({ id }) => id) }) : undefined;
  // What was passed over explains the rest: it comes first, and with the first of the others.
  const others = leftOut(added?.others);
  const problems = [
    ...others,
    ...refused.map(({ name, reason }) => `${name}: ${reason}`),
    ...(added?.refused ?? []).map(({ name, error }) => `${name}: ${error.message}`),
  ];
  if (problems.length > 0) {
    const shown = problems.slice(0, others.length + 1);
    const left = problems.length - shown.length;
    const rest = left > 0 ? [`And ${left} more.`] : [];
    toast([...shown, ...rest].join(' '), { tone: 'warning' });
  }
  const [first] = added?.jobIds ?? [];
  if (!added || first === undefined) return;
  showPage('upscale');
  await jobsAreThere(added.jobIds);
  select([first], first);
  if (isUnseen && hadOthers) toast(`${count(added.jobIds.length, 'picture')} added`);
}

function leftOut(others: UpscaleAddResult['others'] | undefined): string[] {
  if (others === undefined || others.count === 0) return [];
  const more = others.count > others.first.length ? ' and others' : '';
  return [`Of a format that is not read: ${others.first.join(', ')}${more}.`];
}

/** Opens a dialog: the system's, or in a browser the browser's own. */
export async function openDialog(purpose: DialogPurpose): Promise<AdmitResult> {
  const { shell, connection } = useSession.getState();
  if (shell?.native !== false)
    return (await act('shell.openDialog', { purpose })) ?? { handles: [], refused: [] };
  const files = await chooseFiles({ folder: purpose === 'folder' });
  return connection && files.length > 0 ? connection.bridge.admit(files) : { handles: [], refused: [] };
}

interface FileChoice {
  /** Whether folders are chosen. */
  readonly folder?: boolean;
  /** Endings of the one file that is chosen; any number of any files without it. */
  readonly only?: string;
}

/** The page's own file field, made when it is first needed. */
export function chooseFiles({ folder = false, only = '' }: FileChoice): Promise<File[]> {
  let input = document.querySelector<HTMLInputElement>('input[data-testid="file-input"]');
  if (!input) {
    input = document.createElement('input');
    input.type = 'file';
    input.hidden = true;
    input.dataset['testid'] = 'file-input';
    document.body.append(input);
  }
  const field = input;
  field.multiple = only === '';
  field.accept = only;
  field.webkitdirectory = folder;
  field.value = '';
  return new Promise((resolve) => {
    field.onchange = () => resolve([...(field.files ?? [])]);
    field.oncancel = () => resolve([]);
    field.click();
  });
}

/** Starts everything that is ready, or the given jobs. */
export async function startJobs(ids?: readonly string[]): Promise<void> {
  await act('jobs.start', ids ? { ids: [...ids] } : {});
}

export async function trySample(): Promise<void> {
  const added = await act('upscale.addSample', {});
  const [sample] = added?.jobIds ?? [];
  if (sample === undefined) return;
  showPage('upscale');
  await jobsAreThere([sample]);
  select([sample], sample);
  await startJobs([sample]);
}

export function pauseOrResume(): void {
  const { summary } = useJobs.getState();
  void act(summary?.paused ? 'jobs.resumeAll' : 'jobs.pauseAll', {});
}

export function cancelAll(): void {
  const { jobs } = useJobs.getState();
  const ids = pictures(jobs)
    .filter(isActive)
    .map(({ id }) => id);
  void cancelJobs(ids);
}

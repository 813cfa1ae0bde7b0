import { type Job, outputFormats, type UpscaleSettings } from '../../../src-main/contract/index.ts';
import type { Action } from '../../app/page-type.ts';
import { openServerPath } from '../../app/server-path.tsx';
import { cancelAll, openDialog, pauseOrResume, startJobs, trySample } from '../../state/actions.ts';
import { handIn, openPictures } from '../../state/inbox.ts';
import { isActive, isFinished, pictures, useJobs } from '../../state/jobs.ts';
import { useModels } from '../../state/models.ts';
import { useSelection } from '../../state/selection.ts';
import { act, useSession } from '../../state/session.ts';
import { focusField } from '../../ui/focus.ts';
import { count } from '../../ui/format.ts';
import { choose, shownChoices } from './choosing.ts';
import { copyDetails, downloadResults, menuFor, removeFinished } from './job-actions.ts';
import { nameChoices } from './presets.tsx';
import { compareModes, useViewState } from './view-state.ts';
import { showNext, viewControls } from './viewing.tsx';

export const actions = (): readonly Action[] => {
  const jobs = pictures(useJobs.getState().jobs);
  return [
    ...adding(),
    ...working(jobs),
    ...(jobs.length > 0 ? [...ofSelection(), ...looking(), ...choosing()] : []),
  ];
};

const adding = (): Action[] => [
  {
    id: 'add',
    title: 'Add pictures',
    shortcut: 'Ctrl+O',
    words: 'open',
    run: () => void openPictures('pictures'),
  },
  {
    id: 'addFolder',
    title: 'Add a folder',
    shortcut: 'Ctrl+Shift+O',
    words: 'open',
    run: () => void openPictures('folder'),
  },
  ...((useSession.getState().shell?.allowedFolders.length ?? 0) > 0
    ? [
        {
          id: 'addPath',
          title: 'Add a path on the server',
          run: () => openServerPath((admitted) => void handIn(admitted, { wanted: 'pictures' })),
        },
      ]
    : []),
  { id: 'sample', title: 'Try a sample', words: 'example cat', run: () => void trySample() },
];

function working(jobs: readonly Job[]): Action[] {
  const of = (...states: Job['state'][]): string[] =>
    jobs.filter(({ state }) => states.includes(state)).map(({ id }) => id);
  const { info, shell } = useSession.getState();
  const [ready, failed] = [of('ready').length, of('failed', 'cancelled', 'setAside')];
  const isPaused = useJobs.getState().summary?.paused === true;
  const isBusy = jobs.some(isActive);
  const done = jobs.filter(({ state }) => state === 'done');
  const held = of('paused');
  return [
    {
      id: 'start',
      title: ready > 0 ? `Upscale ${count(ready, 'picture')}` : 'Upscale what is ready',
      shortcut: 'Ctrl+Enter',
      words: 'start run',
      unavailable: info?.runtime === null ? 'OpenVINO is missing' : ready === 0 && 'No picture is ready',
      run: () => void startJobs(),
    },
    {
      id: 'hold',
      title: isPaused ? 'Resume' : 'Pause',
      shortcut: 'Ctrl+.',
      words: 'stop continue',
      unavailable: !isPaused && !isBusy && 'Nothing is in work',
      stays: true,
      run: pauseOrResume,
    },
    ...(held.length > 0
      ? [
          {
            id: 'resumeHeld',
            title: `Resume ${count(held.length, 'paused picture')}`,
            run: () => void act('jobs.resume', { ids: held }),
          },
        ]
      : []),
    ...(isBusy ? [{ id: 'cancel', title: 'Cancel all pictures', words: 'stop', run: cancelAll }] : []),
    ...(failed.length > 0
      ? [
          {
            id: 'retry',
            title: `Try ${count(failed.length, 'picture')} again that failed or ${failed.length > 1 ? 'were' : 'was'} cancelled`,
            words: 'retry',
            run: () => void act('jobs.retry', { ids: failed }),
          },
        ]
      : []),
    ...(jobs.some(isFinished)
      ? [{ id: 'clear', title: 'Remove everything finished', words: 'clear done', run: removeFinished }]
      : []),
    ...(shell?.native === false && done.length > 1
      ? [
          {
            id: 'zip',
            title: `Download all ${done.length} results as a ZIP`,
            words: 'save',
            run: () => void downloadResults(done),
          },
        ]
      : []),
  ];
}

/** What the menu of the selected rows offers, each with what it is about. */
function ofSelection(): Action[] {
  const { jobs } = useJobs.getState();
  const chosen = [...useSelection.getState().selected].flatMap((id) => jobs.get(id) ?? []);
  const [only] = chosen;
  if (!only) return [];
  const what = chosen.length > 1 ? `${chosen.length} selected pictures` : only.title;
  const details: Action[] =
    chosen.length === 1 && only.error
      ? [
          {
            id: 'details',
            title: `Copy what went wrong: ${only.title}`,
            words: 'error details',
            run: () => void copyDetails(only),
          },
        ]
      : [];
  const menu = menuFor(chosen).flatMap((item) => {
    if (item === 'line' || item.disabled || item.run === removeFinished) return [];
    const { label, shortcut, run } = item;
    return { id: `selected ${label}`, title: `${label}: ${what}`, run, ...(shortcut ? { shortcut } : {}) };
  });
  return [...menu, ...details];
}

const modes = { slider: ['Slider', 'S'], side: ['Side by side', 'D'], lens: ['Lens', 'L'] } as const;

function looking(): Action[] {
  const view = viewControls();
  return [
    ...compareModes.map((mode) => ({
      id: `compare ${mode}`,
      title: `Compare: ${modes[mode][0]}`,
      shortcut: modes[mode][1],
      unavailable: mode === useViewState.getState().mode && 'Shown now',
      run: () => useViewState.setState({ mode }),
    })),
    ...(view
      ? [
          { id: 'fit', title: 'Show the whole picture', shortcut: '0', words: 'zoom fit', run: view.fit },
          { id: 'one', title: 'Show one to one', shortcut: '1', words: 'zoom 100 % 1:1', run: view.oneToOne },
          { id: 'larger', title: 'Zoom in', shortcut: '+', run: view.larger },
          { id: 'smaller', title: 'Zoom out', shortcut: '-', run: view.smaller },
        ]
      : []),
    { id: 'next', title: 'Next picture', shortcut: '→', run: () => showNext(1) },
    { id: 'previous', title: 'Previous picture', shortcut: '←', run: () => showNext(-1) },
  ];
}

const formatNames: Readonly<Record<UpscaleSettings['format'], string>> = {
  same: 'as the source',
  png: 'PNG',
  jpeg: 'JPEG',
  webp: 'WebP',
  avif: 'AVIF',
  tiff: 'TIFF',
};

const metadataNames: ReadonlyArray<readonly [UpscaleSettings['metadata'], string]> = [
  ['all', 'keep everything'],
  ['safe', 'remove position and serial numbers'],
  ['none', 'remove all but the colour profile'],
];

/** Choices that can be said in a word; the others are gone to. */
function choosing(): Action[] {
  const shown = shownChoices();
  if (!shown) return [];
  const { value } = shown;
  const { presets = [] } = useSession.getState().settings ?? {};
  const models = useModels.getState().models.filter(({ status }) => status.state === 'ready');
  const { onlyThis } = useViewState.getState();
  const to = (id: string, title: string, next: Partial<UpscaleSettings>): Action => ({
    id: `choose ${id}`,
    title,
    words: 'choice setting',
    run: () => choose(next),
  });
  const isNow = (next: Partial<UpscaleSettings>): boolean =>
    Object.entries(next).every(
      ([key, wanted]) => JSON.stringify(value[key as keyof UpscaleSettings]) === JSON.stringify(wanted),
    );
  const turned: ReadonlyArray<readonly ['overwrite' | 'sidecar' | 'lossless', string]> = [
    ['overwrite', 'Replace older results of the same name'],
    ['sidecar', 'Write the receipt beside each result'],
    ['lossless', 'WebP and AVIF keep every pixel'],
  ];
  const several: ReadonlyArray<readonly [string, string, Partial<UpscaleSettings>]> = [
    ...[2, 3, 4].map(
      (factor) => [`x${factor}`, `Scale: x${factor}`, { scale: { kind: 'factor', factor } }] as const,
    ),
    ['auto', 'Network: the one that fits the source', { model: 'auto' }],
    ...models.map(
      ({ entry }) => [`model ${entry.id}`, `Network: ${entry.name}`, { model: entry.id }] as const,
    ),
    ...outputFormats.map((format) => [format, `Format: ${formatNames[format]}`, { format }] as const),
    ...metadataNames.map(([metadata, name]) => [metadata, `Private details: ${name}`, { metadata }] as const),
    ['beside', 'Save beside each source', { folder: null }],
  ];
  return [
    ...presets.map(({ name, settings }, index) => to(`preset ${index}`, `Preset: ${name}`, settings)),
    { id: 'savePreset', title: 'Save these choices as a preset', run: nameChoices },
    ...several.filter(([, , next]) => !isNow(next)).map(([id, title, next]) => to(id, title, next)),
    ...turned.map(([key, title]) =>
      to(key, `${title}: ${value[key] ? 'off' : 'on'}`, { [key]: !value[key] }),
    ),
    ...(useSession.getState().shell?.native
      ? [{ id: 'folder', title: 'Choose where results are saved', run: () => void chooseFolder() }]
      : []),
    { id: 'quality', title: 'Set the quality', run: () => focusField(/^Quality/) },
    { id: 'effort', title: 'Set the effort of the encoder', run: () => focusField(/^Effort/) },
    { id: 'device', title: 'Choose the device', words: 'CPU GPU NPU', run: () => focusField(/^Device/) },
    {
      id: 'precision',
      title: 'Choose the precision',
      words: 'f32 bf16',
      run: () => focusField(/^Precision/),
    },
    { id: 'pattern', title: 'Set the names of results', words: 'pattern', run: () => focusField(/^Name/) },
    {
      id: 'onlyThis',
      title: onlyThis ? 'Choices: same for all' : 'Choices: only for the selection',
      run: () => useViewState.setState({ onlyThis: !onlyThis }),
    },
  ];
}

async function chooseFolder(): Promise<void> {
  const [folder] = (await openDialog('outputFolder')).handles;
  if (folder) choose({ folder: folder.id });
}

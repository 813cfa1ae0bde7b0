import type { Action } from '../../app/page-type.ts';
import { copyText } from '../../state/clipboard.ts';
import { act } from '../../state/session.ts';
import { focusField } from '../../ui/focus.ts';
import {
  askWhere,
  beginWith,
  chooseConfig,
  chooseLayers,
  isChanged,
  redo,
  save,
  undo,
  useEditing,
} from './configure/state.ts';
import {
  chooseCompared,
  chooseMeasured,
  chooseRun,
  compare,
  type Mode,
  measure,
  openRun,
  saveReport,
  showAllMetrics,
  showMode,
  useCompression,
} from './state.ts';
import {
  chooseConfiguration,
  chooseEnvironment,
  chooseOutput,
  choosePython,
  chooseScript,
  lookAtPython,
  startTraining,
  useStarting,
} from './train/state.ts';

const axes = ['step', 'epoch', 'time'] as const;
const axisNames = { step: 'steps', epoch: 'epochs', time: 'time' } as const;

export const actions = (): readonly Action[] => [
  { id: 'watch', title: 'Watch a training with JPQD', run: chooseRun },
  { id: 'compare', title: 'Compare trainings', run: () => showMode('compare') },
  { id: 'measure', title: 'Measure models', run: () => showMode('measure') },
  { id: 'configure', title: 'Configure JPQD', run: () => showMode('configure') },
  { id: 'train', title: 'Start a training with JPQD', run: () => showMode('train') },
  ...watching(),
  ...comparing(),
  ...measuring(),
  ...configuring(),
  ...training(),
];

/** Of one of the ways to work; it is shown first. */
const inMode =
  (mode: Mode) =>
  (title: string, run: () => void, more: Partial<Action> = {}): Action => ({
    id: `${mode} ${title}`,
    title,
    ...more,
    run() {
      showMode(mode);
      run();
    },
  });

function watching(): Action[] {
  const { run } = useCompression.getState();
  if (!run) return [];
  const also = inMode('watch');
  const started = useStarting.getState().training;
  const own = started?.folder.id === run.id ? started : null;
  const isRunning = own?.phase === 'running' || own?.phase === 'stopping';
  return [
    also(`Show all metrics of ${run.name}`, () => void showAllMetrics(run)),
    also(`Save a report of ${run.name}`, () => void saveReport(run)),
    ...(run.metric
      ? [also('Set what quality may be lost', () => useCompression.setState({ asksBudget: true }))]
      : []),
    ...(own?.phase === 'running'
      ? [
          also(
            'Stop the training with a checkpoint',
            () => void act('training.stop', { folder: own.folder.id, how: 'checkpoint' }),
          ),
        ]
      : []),
    ...(isRunning ? [also('End the training at once', () => useStarting.setState({ asksToEnd: true }))] : []),
  ];
}

function comparing(): Action[] {
  const { compared, choices, logarithmic } = useCompression.getState();
  const also = inMode('compare');
  return [
    also('Add a training to compare', chooseCompared),
    ...(compared.length > 0
      ? [
          ...axes
            .filter((axis) => axis !== choices.axis)
            .map((axis) =>
              also(`Draw curves over ${axisNames[axis]}`, () => void compare(compared, { axis })),
            ),
          also(`Logarithmic curves: ${logarithmic ? 'off' : 'on'}`, () =>
            useCompression.setState({ logarithmic: !logarithmic }),
          ),
          also(
            `Leave outliers out of the range: ${choices.clip > 0 ? 'off' : 'on'}`,
            () => void compare(compared, { clip: choices.clip > 0 ? 0 : 0.02 }),
          ),
          also('Find a metric', () => focusField(/^Find a metric/)),
          also('Take all trainings out of the comparison', () => void compare([])),
        ]
      : []),
  ];
}

function measuring(): Action[] {
  const { models, examples, measured, hint } = useCompression.getState();
  const also = inMode('measure');
  const isMeasuring = measured !== null && measured.now !== null;
  return [
    also('Add models or examples to measure', () => void chooseMeasured()),
    ...(models.length > 0 && !isMeasuring
      ? [
          also(measured ? 'Measure again' : 'Measure these models', () => void measure()),
          also(hint === 'throughput' ? 'Aim: latency' : 'Aim: throughput', () =>
            useCompression.setState({ hint: hint === 'throughput' ? 'latency' : 'throughput' }),
          ),
          also('Take all models out', () => useCompression.setState({ models: [], measured: null })),
        ]
      : []),
    ...(examples
      ? [also('Measure without accuracy', () => useCompression.setState({ examples: null }))]
      : []),
    ...(isMeasuring ? [also('Cancel measuring', () => void act('compression.cancelMeasuring', {}))] : []),
  ];
}

function configuring(): Action[] {
  const editing = useEditing.getState();
  const { text, presets, past, future, file } = editing;
  const also = inMode('configure');
  return [
    also('Open a configuration', () => void chooseConfig()),
    ...presets.map((preset) => also(`New configuration: ${preset.title}`, () => void beginWith(preset))),
    ...(text !== null
      ? [
          also('Save the configuration', () => void save(), {
            unavailable: file !== null && !isChanged(editing) && 'It is saved',
          }),
          ...(file ? [also('Save the configuration as', () => askWhere(true))] : []),
          also('Copy the configuration’s JSON', () => void copyText(text, 'JSON copied')),
          ...(past.length > 0 ? [also('Undo in the configuration', undo)] : []),
          ...(future.length > 0 ? [also('Redo in the configuration', redo)] : []),
          also('Try scopes on the model of a training', () => void chooseLayers('runFolder')),
          also('Try scopes on a model’s file', () => void chooseLayers('modelLayers')),
        ]
      : []),
  ];
}

function training(): Action[] {
  const { script, folder, name, environment, installing, python, starting } = useStarting.getState();
  const also = inMode('train');
  const missing =
    environment?.location == null
      ? 'An environment is missing'
      : !script
        ? 'A script is missing'
        : (!folder || name.trim() === '') && 'It isn’t said where it goes';
  const start = async (): Promise<void> => {
    const started = await startTraining();
    if (started) await openRun({ handles: [started], refused: [] });
  };
  return [
    also('Choose the training script', chooseScript),
    also('Choose the training’s configuration', chooseConfiguration),
    also('Choose where the training goes', chooseOutput),
    also('Choose the training’s Python', chooseEnvironment),
    ...(python ? [also('Train with Refinery’s own Python', () => void choosePython(null))] : []),
    ...(environment?.location ? [also('Try the training’s Python', () => void lookAtPython(true))] : []),
    ...(installing?.doing != null
      ? [also('Cancel making the environment', () => void act('training.cancelInstall', {}))]
      : environment?.toInstall
        ? [also('Make the environment for trainings', () => void act('training.install', {}))]
        : []),
    also('Start this training', () => void start(), { unavailable: starting ? 'It is starting' : missing }),
  ];
}

import type { ConsoleLog } from './ingest/console-log.ts';
import { modelConfigOf } from './ingest/model-config.ts';
import { asNumber, isObject, type JsonObject, parsePythonJson, present } from './ingest/python-json.ts';
import { eventScalars, seriesOf } from './metrics.ts';
import type { Contents, Kind } from './sources.ts';
import type { Checkpoint, FileProblem, LogRow, Problem, Run, Series, TrainingFacts } from './types.ts';

/** A file as it was read. */
export type RunFile = {
  readonly [Name in Kind]: {
    readonly kind: Name;
    readonly path: string;
    /** Seconds since 1970. */
    readonly modified: number;
    readonly value: Contents[Name] | undefined;
    readonly problems: readonly FileProblem[];
    /** Of an IR: size of its weights. */
    readonly binBytes?: number;
  };
}[Kind];

type FileOf<Name extends Kind> = Extract<RunFile, { kind: Name }> & { readonly value: Contents[Name] };

const checkpointIn = /(?:^|\/)(?:(tmp-)?checkpoint-(\d+))\/[^/]+$/;

/** Puts together what the files of one training say. Pure: the same files give the same run. */
export function assembleRun(folder: string, files: readonly RunFile[], more: readonly Problem[] = []): Run {
  const of = <Name extends Kind>(kind: Name): Array<FileOf<Name>> =>
    files.filter((file): file is FileOf<Name> => file.kind === kind && file.value !== undefined);
  /** The file of the output folder itself, else of the newest checkpoint. */
  const best = <Name extends Kind>(kind: Name): FileOf<Name> | undefined =>
    of(kind).sort((one, other) => rank(other.path) - rank(one.path))[0];

  const { byKey, beginning } = eventScalars(of('events').map(({ value }) => value));
  const consoles = of('console').sort((one, other) => segment(other.path) - segment(one.path));
  const log = mergeConsoles(consoles.map(({ value }) => value));
  const states = of('trainer-state').sort((one, other) => rank(one.path) - rank(other.path));
  const fromStates = states.map(({ value, modified }) => {
    // Left by an earlier training in the same folder: only what the newest went on from still counts.
    const stale = beginning !== undefined && modified < beginning.time;
    return stale ? value.rows.filter(({ step }) => step < beginning.step) : value.rows;
  });
  const texts = textsOf(Object.assign({}, ...of('events').map(({ value }) => value.texts)));
  const trainingArguments = best('training-arguments')?.value ?? {};
  const settings = { ...trainingArguments, ...jsonText(texts['args/text_summary']) };
  const state = states.at(-1)?.value;
  const stateEpochs = state?.maxSteps && state.epochs ? state.maxSteps / state.epochs : undefined;
  const headerEpochs = epochsOf(log);
  const perEpoch = headerEpochs ?? stateEpochs;
  const fromConsole = log ? consoleRows(log, perEpoch) : [];
  const { metrics, lastStep } = seriesOf(byKey, [fromConsole, ...fromStates]);
  const config = best('compression-config')?.value;
  const results: Record<string, number> = Object.assign({}, ...of('results').map(({ value }) => value));
  const training = facts({
    metrics,
    lastStep,
    log,
    state,
    settings,
    perEpoch: config?.movement?.stepsPerEpoch ?? perEpoch,
  });

  const model = best('model-config')?.value ?? modelText(texts['model_config/text_summary']);
  const structure = best('structure');
  const nncf =
    of('nncf-log').sort((one, other) => segment(one.path) - segment(other.path))[0]?.value ?? log?.nncf;
  const ir = [...of('ir'), ...of('onnx')].find(({ path }) => !checkpointIn.test(path));
  return {
    folder,
    metrics,
    results,
    training,
    ...present({
      config,
      model,
      structure: structure && { ...structure.value, modified: structure.modified },
      ir: ir && withPlace(ir),
      nncf,
      console: log,
    }),
    checkpoints: checkpointsOf(files, metrics),
    texts,
    hyperparameters: Object.assign({}, ...of('events').map(({ value }) => value.hyperparameters)),
    histograms: histogramsOf(of('events').map(({ value }) => value.histograms)),
    trainingArguments,
    files: files.map(({ path }) => path),
    problems: [
      ...more,
      ...files.flatMap(({ path, problems }) => problems.map((problem) => ({ file: path, ...problem }))),
    ],
  };
}

/** The output folder's own files stand above checkpoints', those above unfinished ones. */
function rank(path: string): number {
  const checkpoint = checkpointIn.exec(path);
  if (checkpoint) return checkpoint[1] ? -1 : Number(checkpoint[2]);
  const renamed = /\.checkpoint-(\d+)\.json$/.exec(path);
  if (renamed) return Number(renamed[1]);
  return path.endsWith('openvino_config.json') ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1;
}

/** Rotated logs have higher numbers the older they are. */
const segment = (path: string): number => Number(/\.log\.(\d+)/.exec(path)?.[1] ?? 0);

type Model = FileOf<'ir'> | FileOf<'onnx'>;

const withPlace = (file: Model): Contents['ir'] => ({
  ...file.value,
  path: file.path,
  ...present({ binBytes: file.binBytes }),
});

/** Of several files, the oldest first: what a newer one tells again of a step counts. */
function histogramsOf(files: ReadonlyArray<Run['histograms']>): Run['histograms'] {
  const byTag = new Map<string, Map<number, Run['histograms'][string][number]>>();
  for (const [tag, list] of files.flatMap((file) => Object.entries(file))) {
    const steps = byTag.get(tag) ?? new Map();
    for (const one of list) steps.set(one.step, one);
    byTag.set(tag, steps);
  }
  return Object.fromEntries([...byTag].map(([tag, steps]) => [tag, [...steps.values()]]));
}

/** Rotated console logs, the oldest first, as one. */
function mergeConsoles(logs: readonly ConsoleLog[]): ConsoleLog | undefined {
  if (logs.length <= 1) return logs[0];
  const newest = logs.at(-1)!;
  return {
    ...newest,
    rows: logs.flatMap(({ rows }) => rows),
    milestones: logs.flatMap(({ milestones }) => milestones),
    messages: logs.flatMap(({ messages }) => messages),
    header: Object.assign({}, ...logs.map(({ header }) => header)),
    tables: Object.assign({}, ...logs.map(({ tables }) => tables)),
  };
}

function epochsOf(log: ConsoleLog | undefined): number | undefined {
  const { 'Total optimization steps': steps, 'Num Epochs': epochs } = log?.header ?? {};
  return steps && epochs ? steps / epochs : undefined;
}

/** Rows of a console log, whose steps the progress bars tell, or else the rounded epoch. */
function consoleRows(log: ConsoleLog, perEpoch: number | undefined): LogRow[] {
  const total = log.header['Total optimization steps'] ?? log.progress?.total;
  return log.rows.flatMap(({ epoch, values, progress }) => {
    const ours = progress && progress.total === total ? progress.step : undefined;
    const step = ours ?? (epoch !== undefined && perEpoch ? Math.round(epoch * perEpoch) : undefined);
    return step === undefined ? [] : [{ step, ...present({ epoch }), values }];
  });
}

interface FactSources {
  readonly metrics: Readonly<Record<string, Series>>;
  readonly lastStep: number;
  readonly log: ConsoleLog | undefined;
  readonly state: Contents['trainer-state'] | undefined;
  readonly settings: JsonObject;
  readonly perEpoch: number | undefined;
}

function facts({ metrics, lastStep, log, state, settings, perEpoch }: FactSources): TrainingFacts {
  const newest = metrics['loss']?.findLast(({ epoch }) => epoch !== undefined && epoch > 0);
  const measured = newest?.epoch ? Math.max(1, Math.round(newest.step / newest.epoch)) : undefined;
  const stepsPerEpoch = perEpoch ?? measured;
  const epochs = log?.header['Num Epochs'] ?? state?.epochs ?? asNumber(settings['num_train_epochs']);
  const planned = asNumber(settings['max_steps']);
  const maxSteps =
    log?.header['Total optimization steps'] ??
    state?.maxSteps ??
    (planned && planned > 0 ? planned : undefined) ??
    (epochs && stepsPerEpoch ? Math.round(epochs * stepsPerEpoch) : undefined);
  const ended = metrics['train_runtime']?.at(-1)?.step;
  const globalStep = Math.max(lastStep, state?.globalStep ?? 0, log?.progress?.step ?? 0);
  return {
    finished: ended !== undefined && ended >= (metrics['loss']?.at(-1)?.step ?? 0),
    ...present({
      maxSteps,
      epochs,
      stepsPerEpoch,
      globalStep: globalStep > 0 ? globalStep : undefined,
      loggingSteps: state?.loggingSteps ?? asNumber(settings['logging_steps']),
      learningRate: asNumber(settings['learning_rate']),
      distillationWeight: asNumber(settings['distillation_weight']),
      distillationTemperature: asNumber(settings['distillation_temperature']),
      trainableParameters: log?.header['Number of trainable parameters'],
    }),
  };
}

function checkpointsOf(files: readonly RunFile[], metrics: Readonly<Record<string, Series>>): Checkpoint[] {
  const found = new Map<string, Checkpoint>();
  for (const file of files) {
    const match = checkpointIn.exec(file.path);
    if (!match) continue;
    const path = file.path.slice(0, file.path.lastIndexOf('/'));
    const step = Number(match[2]);
    const known = found.get(path);
    const evaluated = Object.keys(metrics).filter((key) => key.startsWith('eval_'));
    const values = evaluated.flatMap((key) =>
      (metrics[key] ?? []).filter((point) => point.step === step).map(({ value }) => [key, value] as const),
    );
    found.set(path, {
      path,
      step,
      temporary: match[1] !== undefined,
      modified: Math.max(known?.modified ?? 0, file.modified),
      metrics: Object.fromEntries(values),
      ...present({ ir: modelIn(file, known?.ir) }),
    });
  }
  return [...found.values()].sort((one, other) => one.step - other.step);
}

/** What a file says of a checkpoint's model; an IR stands above ONNX. */
function modelIn(file: RunFile, known: Contents['ir'] | undefined): Contents['ir'] | undefined {
  const isModel = (file.kind === 'ir' || (file.kind === 'onnx' && known === undefined)) && file.value;
  return isModel ? withPlace(file as Model) : known;
}

/** Texts without access tokens: the Trainer's arguments have fields for some. */
function textsOf(texts: Readonly<Record<string, string>>): Record<string, string> {
  const clean = (text: string): string => text.replace(/("[^"]*token":\s*)"[^"]*"/g, '$1null');
  return Object.fromEntries(Object.entries(texts).map(([tag, text]) => [tag, clean(text)]));
}

function jsonText(text: string | undefined): JsonObject {
  const value = text === undefined ? undefined : parsePythonJson(text).value;
  return isObject(value) ? value : {};
}

const modelText = (text: string | undefined): Run['model'] =>
  text === undefined ? undefined : modelConfigOf(jsonText(text));

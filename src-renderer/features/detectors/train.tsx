import { GraduationCap } from 'lucide-react';
import { useState } from 'react';
import type { DetectorTraining, FileHandle } from '../../../src-main/contract/index.ts';
import { Problem } from '../../app/problem.tsx';
import { act, useSession } from '../../state/session.ts';
import { Chart } from '../../ui/chart.tsx';
import { Empty } from '../../ui/empty.tsx';
import { formatTimeLeft } from '../../ui/format.ts';
import { Button, Field, NumberInput, Progress, Select } from '../../ui/parts.tsx';
import {
  changeChoices,
  choosePython,
  chooseSetToTrain,
  findTrainer,
  goOnWithLast,
  isRunning,
  openDetector,
  train,
  useDetectors,
} from './state.ts';

const sizes = ['n', 's', 'm', 'l', 'x'] as const;
const sizeWords = { n: 'nano', s: 'small', m: 'medium', l: 'large', x: 'extra large' } as const;
const models = [
  ...sizes.map((size) => [`yolo11${size}.pt`, `YOLO11 ${sizeWords[size]}`] as const),
  ['yolo11n.yaml', 'YOLO11 nano, from nothing'] as const,
];

/** Trains a detector in the person's own Python, with curves, and hands the export to Try. */
export function Train() {
  const { trainingSet, training } = useDetectors();
  const running = training !== null && isRunning(training);
  if (!trainingSet && !training) {
    return (
      <Empty
        icon={<GraduationCap size={40} strokeWidth={1.25} className="quiet" aria-hidden />}
        title="Train a detector"
        action="Choose a dataset"
        onAction={chooseSetToTrain}
      >
        A folder in one of Ultralytics’ layouts, with its data.yaml. Datasets writes one from any other
        format. Training runs in your own Python with Ultralytics; what comes out is exported to OpenVINO.
      </Empty>
    );
  }
  return (
    <div className="page">
      <div className="column train">
        {trainingSet && !running && <Plan dataset={trainingSet} />}
        {training && <Course training={training} />}
      </div>
    </div>
  );
}

/** What is learnt, by Ultralytics' names of tasks. */
const tasks: Readonly<Record<string, string>> = {
  detect: 'It has boxes: a model of the task detect is trained.',
  segment: 'It has outlines: a model of the task segment is trained.',
  pose: 'It has poses: a model of the task pose is trained.',
  obb: 'It has turned boxes: a model of the task obb is trained.',
  classify: 'It has classes of whole pictures: a model of the task classify is trained.',
};

/** What is asked before a training. */
function Plan({ dataset }: { readonly dataset: FileHandle }) {
  const { choices, trainer, python, trainingTask: task } = useDetectors();
  const ready = trainer?.version != null;
  return (
    <section aria-label="New training">
      <header className="page-head">
        <div>
          <h1>Train with {dataset.name}</h1>
          <p className="quiet clip" title={dataset.location}>
            {dataset.location}
          </p>
          {task && <p className="quiet">{tasks[task] ?? task}</p>}
        </div>
        <Button onClick={chooseSetToTrain}>Another dataset</Button>
      </header>
      <div className="train-fields">
        <Field
          label="Begin with"
          hint="Ultralytics downloads trained weights once; from nothing it takes longer."
        >
          {(id) => (
            <Select
              id={id}
              value={choices.model}
              options={models}
              onChange={(model) => changeChoices({ model })}
            />
          )}
        </Field>
        <Field label="Epochs" hint="Times that all pictures are seen.">
          {(id) => (
            <NumberInput
              id={id}
              value={choices.epochs}
              most={10_000}
              onChange={(epochs) => changeChoices({ epochs })}
            />
          )}
        </Field>
        <Field label="Picture size" hint="Pixels of the longer side.">
          {(id) => (
            <NumberInput
              id={id}
              value={choices.imageSize}
              least={32}
              most={4096}
              onChange={(imageSize) => changeChoices({ imageSize })}
            />
          )}
        </Field>
        <Field label="Pictures at once" hint="Fewer take less memory.">
          {(id) => (
            <NumberInput
              id={id}
              value={choices.batch}
              most={1024}
              onChange={(batch) => changeChoices({ batch })}
            />
          )}
        </Field>
      </div>
      <div className="row spread train-python">
        <p role="status" className={trainer && !ready ? 'state-warning' : 'quiet'}>
          {trainer === null
            ? 'Looking for a Python with Ultralytics'
            : ready
              ? `Ultralytics ${trainer.version} in ${trainer.location}${trainer.exports ? '' : '. It can’t export: OpenVINO is missing there'}`
              : trainer.hint}
        </p>
        <div className="row">
          {python && <Button onClick={() => void findTrainer(null)}>Look in the usual places</Button>}
          <Button onClick={choosePython}>Choose an environment</Button>
        </div>
      </div>
      <Button kind="primary" className="tall" disabled={!ready} onClick={() => void train()}>
        Train for {choices.epochs} epochs
      </Button>
    </section>
  );
}

const phases: Readonly<Record<DetectorTraining['phase'], (name: string) => string>> = {
  starting: (name) => `Starting to train with ${name}`,
  training: (name) => `Training with ${name}`,
  exporting: () => 'Exporting to OpenVINO',
  done: (name) => `Trained with ${name}`,
  stopped: () => 'The training was stopped',
  failed: () => 'The training failed',
  interrupted: (name) => `The training with ${name} was cut off`,
};

/** How it goes: what it has come to, curves, and what is printed. */
function Course({ training }: { readonly training: DetectorTraining }) {
  const { phase, name, epoch, epochs, fraction, timeLeft, charts, best, folder, exported, error, log } =
    training;
  const native = useSession((state) => state.shell?.native ?? false);
  const [logShown, setLogShown] = useState(false);
  const running = isRunning(training);
  return (
    <section className="section" aria-label="Training">
      <header className="page-head">
        <div>
          <h1 className={phase === 'failed' ? 'state-failed' : undefined}>{phases[phase](name)}</h1>
          <p className="quiet numeric" role="status">
            {[
              epochs > 0 && `Epoch ${Math.min(epochs, epoch + (phase === 'training' ? 1 : 0))} of ${epochs}`,
              best && `best ${best.figure} ${best.value.toFixed(3)} in epoch ${best.epoch}`,
              timeLeft !== null && formatTimeLeft(timeLeft),
            ]
              .filter(Boolean)
              .join(', ')}
          </p>
        </div>
        <div className="row">
          {running && <Button onClick={() => void act('detectors.stopTraining', {})}>Stop</Button>}
          {training.resumable && (
            <Button kind="primary" onClick={() => void act('detectors.resumeTraining', {})}>
              Go on
            </Button>
          )}
          {phase === 'done' && exported && (
            <Button kind="primary" onClick={() => void openDetector({ handles: [exported], refused: [] })}>
              Try it
            </Button>
          )}
          {phase === 'interrupted' && !training.resumable && (
            <Button kind="primary" onClick={() => void goOnWithLast()}>
              {epochs > 0 && epoch >= epochs ? 'Export it' : 'Begin again'}
            </Button>
          )}
          {folder && native && (
            <Button onClick={() => void act('shell.showFolder', { handle: folder.id })}>
              Show in folder
            </Button>
          )}
        </div>
      </header>
      {running && <Progress value={fraction} label="Progress of the training" />}
      {error && <Problem error={error} />}
      {phase === 'interrupted' && (
        <p className="quiet">
          Refinery ended while it ran.{' '}
          {training.weights
            ? `Its weights so far are in ${training.weights.location}.`
            : 'No epoch was finished: there are no weights of it.'}
        </p>
      )}
      {phase === 'stopped' && !training.resumable && (
        <p className="quiet">No epoch was finished: there is nothing to go on from.</p>
      )}
      {charts.length > 0 && (
        <div className="train-charts">
          {charts.map(({ id, title, unit, series }) => (
            <Chart
              key={id}
              title={title}
              xLabel="epoch"
              series={series}
              height={180}
              group="detector-training"
              format={unit === 'share' ? asPercent : asNumber}
              range={unit === 'share' ? wholeRange : null}
            />
          ))}
        </div>
      )}
      {log.length > 0 && (
        <details open={logShown} onToggle={({ currentTarget }) => setLogShown(currentTarget.open)}>
          <summary>What Ultralytics prints</summary>
          <pre className="mono train-log">{log.join('\n')}</pre>
        </details>
      )}
    </section>
  );
}

const wholeRange = [0, 1] as const;
const asPercent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const asNumber = (value: number): string =>
  Math.abs(value) >= 0.01 || value === 0 ? value.toFixed(3) : value.toExponential(1);

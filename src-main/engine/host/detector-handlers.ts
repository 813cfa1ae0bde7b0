import { join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import type { DetectorEvaluation, DetectorFigures } from '../../contract/detectors.ts';
import { RefineryError, toErrorValue } from '../../contract/errors.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import { openSource } from '../datasets/index.ts';
import {
  cornersOf,
  evaluateModel,
  type ModelEvaluation,
  openDetectionModel,
  skeletonOf,
} from '../detection/index.ts';
import { findTrainer } from '../detection/training/index.ts';
import { DetectorTrainings } from './detector-training.ts';
import { type Folders, forPeople } from './folders.ts';
import type { Handles } from './handles.ts';
import { findPictures } from './pictures.ts';
import type { TrainingRecords } from './training-records.ts';

interface Parts {
  readonly handles: Handles;
  readonly folders: Pick<Folders, 'models'>;
  readonly openvino: () => Promise<NodeAddon>;
  readonly records: TrainingRecords;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

type DetectorMethod = Extract<keyof Handlers, `detectors.${string}`>;
type DetectionModel = Awaited<ReturnType<typeof openDetectionModel>>;

/** Classes of a picture that are told, the likeliest. */
const mostLabels = 20;

/** Most pictures that are listed at once. */
const mostPictures = 5_000;

/** Answers `detectors.*`. One detector is open at a time, and it looks at one picture at a time. */
export function detectorHandlers({ handles, folders, openvino, records, emit }: Parts): {
  readonly trainings: DetectorTrainings;
  readonly handlers: Pick<Handlers, DetectorMethod>;
  close(): Promise<void>;
} {
  let open: DetectionModel | undefined;
  let evaluating: AbortController | undefined;
  const trainings = new DetectorTrainings({
    handles,
    records,
    scripts: join(folders.models, 'train'),
    onChanged: (training) => emit('detectors.training', training),
  });
  function model(): DetectionModel {
    if (open) return open;
    throw new RefineryError('BAD_REQUEST', 'No detector is open.', { hint: 'Open one first.' });
  }

  const cancel = (): void => evaluating?.abort(new RefineryError('CANCELLED', 'Measuring was cancelled.'));

  async function evaluate(dataset: string, subset: string, signal: AbortSignal): Promise<void> {
    const detector = model();
    const state = { running: true, done: 0, total: null, figures: null, error: null };
    const tell = (change: Partial<DetectorEvaluation>): void =>
      emit('detectors.evaluated', { ...state, ...change });
    let toldAt = 0;
    try {
      tell({});
      await using source = await openSource(dataset, { signal });
      const evaluation = await evaluateModel({
        model: detector,
        dataset: await source.open({ signal }),
        subset,
        signal,
        onProgress(done, total) {
          if (performance.now() - toldAt < 200) return;
          toldAt = performance.now();
          tell({ done, total });
        },
      });
      tell({ running: false, figures: figuresOf(evaluation) });
    } catch (thrown) {
      tell({ running: false, error: toErrorValue(signal.aborted ? signal.reason : thrown) });
    }
  }

  return {
    trainings,
    handlers: {
      'detectors.open': async ({ handle, precision }) => {
        const { name, location } = await handles.describe(handle);
        cancel();
        open = await openDetectionModel({
          openvino: await openvino(),
          path: handles.path(handle),
          device: 'AUTO',
          precision,
        });
        const { task, names, width, height, points } = open.description;
        const skeleton = skeletonOf(points?.count ?? 0).map(([from, to]): [number, number] => [from, to]);
        const size = { width, height };
        return {
          id: handle,
          name,
          location,
          task,
          classes: [...names],
          ...size,
          device: open.device,
          skeleton,
        };
      },
      'detectors.pictures': async ({ handles: chosen }) => {
        const paths: string[] = [];
        for (const id of chosen) {
          const path = handles.path(id);
          if ((await handles.describe(id)).kind === 'file') paths.push(path);
          else paths.push(...(await findPictures(path)).pictures.map((picture) => picture.path));
        }
        const admitted = await handles.admit(paths.slice(0, mostPictures));
        const more = paths.length - mostPictures;
        if (more > 0) {
          admitted.refused.push({ name: `${more} pictures`, reason: `${mostPictures} are listed at most.` });
        }
        return admitted;
      },
      'detectors.detect': async ({ picture, confidence, overlap }) => {
        const started = performance.now();
        const { detections, labels, ...size } = await model().detect(handles.path(picture), {
          confidence,
          overlap,
        });
        return {
          ...size,
          milliseconds: performance.now() - started,
          boxes: detections.map(({ label, score, box, angle, rings = [], points = [] }) => ({
            label,
            score,
            box: [...box],
            rings: angle === undefined ? rings.map((ring) => [...ring]) : [cornersOf({ box, angle })],
            points: [...points],
          })),
          labels: model().description.task === 'classify' ? labels.slice(0, mostLabels) : null,
        };
      },
      'detectors.evaluate': ({ dataset, subset }) => {
        cancel();
        evaluating = new AbortController();
        void evaluate(handles.path(dataset), subset, evaluating.signal);
        return {};
      },
      'detectors.cancelEvaluation': () => {
        cancel();
        return {};
      },
      'detectors.trainer': async ({ python }) => {
        const found = await findTrainer(python === null ? undefined : handles.path(python));
        return {
          location: found ? forPeople(found.python) : null,
          version: found?.version ?? null,
          exports: found?.openvino != null,
          hint: found?.version
            ? null
            : `Ultralytics is not installed in ${found ? forPeople(found.python) : 'any Python that was found'}. Choose the environment that has it, or install it: pip install ultralytics openvino.`,
        };
      },
      'detectors.train': async ({ python, dataset, choices }) => {
        const place = python === null ? undefined : handles.path(python);
        await trainings.start(place, handles.path(dataset), choices);
        return {};
      },
      'detectors.resumeTraining': async () => {
        await trainings.resume();
        return {};
      },
      'detectors.stopTraining': () => {
        trainings.stop();
        return {};
      },
      'detectors.currentTraining': async () => ({ training: await trainings.current() }),
    },
    async close() {
      cancel();
      open = undefined;
      await trainings.close();
    },
  };
}

function figuresOf(measured: ModelEvaluation): DetectorFigures {
  const { names, subset, device } = measured;
  const common = { subset, device, notes: [...measured.notes], leftOut: measured.leftOut.length };
  const nameOf = (label: number): string => names[label] ?? String(label);
  if (measured.kind === 'labels') {
    const { top1, top5, pictures, classes } = measured.accuracy;
    return {
      ...{ kind: 'labels', ...common, pictures, top1, top5 },
      classes: classes.map((own, label) => ({ name: nameOf(label), ...own })),
    };
  }
  const { evaluation, parts } = measured;
  return {
    kind: 'boxes',
    ...common,
    pictures: evaluation.pictures,
    boxes: precisionOf(evaluation),
    parts: parts ? { of: parts.of, ...precisionOf(parts.evaluation) } : null,
    classes: evaluation.classes.map(({ objects, map }, label) => ({
      name: nameOf(label),
      objects,
      map,
      partMap: parts?.evaluation.classes[label]?.map ?? null,
    })),
  };
}

type Precision = Extract<DetectorFigures, { kind: 'boxes' }>['boxes'];

const precisionOf = ({
  map,
  map50,
  map75,
  mapSmall,
  mapMedium,
  mapLarge,
  recall100,
}: Precision): Precision => ({
  ...{ map, map50, map75, mapSmall, mapMedium, mapLarge, recall100 },
});

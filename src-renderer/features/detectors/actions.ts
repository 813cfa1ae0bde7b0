import type { Action } from '../../app/page-type.ts';
import { act, useSession } from '../../state/session.ts';
import { focusField } from '../../ui/focus.ts';
import {
  changePrecision,
  chooseDetector,
  chooseMeasuredSet,
  choosePictures,
  choosePython,
  chooseSetToTrain,
  evaluate,
  findTrainer,
  isRunning,
  openDetector,
  removePicture,
  showMode,
  train,
  useDetectors,
} from './state.ts';

export const actions = (): readonly Action[] => [
  { id: 'open', title: 'Open a detector', words: 'YOLO Ultralytics', run: chooseDetector },
  { id: 'train', title: 'Train a detector', run: () => showMode('train') },
  { id: 'try', title: 'Try a detector', run: () => showMode('try') },
  ...trying(),
  ...training(),
];

function trying(): Action[] {
  const { detector, precision, shown, pictures, dataset, evaluation } = useDetectors.getState();
  if (!detector) return [];
  const name = pictures.find(({ id }) => id === shown)?.name;
  const isMeasuring = evaluation?.running === true;
  const also = (title: string, run: () => void): Action => ({
    id: title,
    title,
    run() {
      showMode('try');
      run();
    },
  });
  return [
    also('Add pictures to find objects in', () => void choosePictures()),
    ...(shown !== null && name !== undefined
      ? [also(`Take ${name} off the list`, () => removePicture(shown))]
      : []),
    also('Set the confidence', () => focusField(/^At least/)),
    also('Set the overlap', () => focusField(/^One object/)),
    precision === 'f32'
      ? also('Precision: what the device is fastest in', () => void changePrecision('auto'))
      : also('Precision: 32 bits, the same everywhere', () => void changePrecision('f32')),
    also('Choose a dataset to measure on', chooseMeasuredSet),
    ...(dataset && !isMeasuring
      ? [also(`Measure ${detector.name} on ${dataset.name}`, () => void evaluate())]
      : []),
    ...(isMeasuring ? [also('Cancel measuring', () => void act('detectors.cancelEvaluation', {}))] : []),
  ];
}

function training(): Action[] {
  const { trainingSet, trainer, python, training: course } = useDetectors.getState();
  const isTraining = course !== null && isRunning(course);
  const native = useSession.getState().shell?.native === true;
  const also = (title: string, run: () => void, unavailable?: string | false): Action => ({
    id: title,
    title,
    unavailable,
    run() {
      showMode('train');
      run();
    },
  });
  const exported = course?.phase === 'done' ? course.exported : null;
  const folder = native ? course?.folder : null;
  return [
    ...(isTraining ? [also('Stop the training', () => void act('detectors.stopTraining', {}))] : []),
    ...(course?.resumable
      ? [also('Go on with the training', () => void act('detectors.resumeTraining', {}))]
      : []),
    ...(exported
      ? [also('Try the trained detector', () => void openDetector({ handles: [exported], refused: [] }))]
      : []),
    ...(folder
      ? [also('Show the training’s folder', () => void act('shell.showFolder', { handle: folder.id }))]
      : []),
    also('Choose a dataset to train with', chooseSetToTrain, isTraining && 'A detector is being trained'),
    ...(trainingSet && !isTraining
      ? [
          also(
            `Start to train with ${trainingSet.name}`,
            () => void train(),
            trainer?.version == null && 'No Python with Ultralytics was found',
          ),
          also('Choose the Python that trains', choosePython),
          ...(python ? [also('Look for Python in the usual places', () => void findTrainer(null))] : []),
        ]
      : []),
  ];
}

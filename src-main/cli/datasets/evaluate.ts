import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openSource } from '../../engine/datasets/index.ts';
import {
  type HandOff,
  handOff,
  makePathAbsolute,
  type TrainingTask,
  trainingTasks,
} from '../../engine/datasets/training/index.ts';
import { evaluateModel, type ModelEvaluation, openDetectionModel } from '../../engine/detection/index.ts';
import { userFolders } from '../../engine/host/folders.ts';
import { loadOpenVino, type Precision, precisions } from '../../engine/runtime/index.ts';
import { examples, exitCodes, parseName, printJson, reportFailure, say } from '../shared.ts';
import { printTable } from '../terminal-table.ts';
import { interruptible } from './progress.ts';

interface TrainFlags {
  readonly task?: TrainingTask;
  readonly absolute?: true;
  readonly json?: true;
}

/** Says what Ultralytics' loader would say of a set, and the commands for training. */
export function trainCheckCommand(): Command {
  return new Command('train-check')
    .description('what Ultralytics would say of a dataset, and the commands to train with it')
    .argument('<folder>', 'with data.yaml, or with train/ and val/ of class folders', parseName)
    .addOption(
      new Option('--task <task>', 'instead of looking what the label files are').choices(trainingTasks),
    )
    .option('--absolute', 'write the set’s absolute path into its data.yaml first')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('train-check yolo/', 'train-check yolo/ --task segment --absolute'))
    .action(async (folder: string, flags: TrainFlags) => {
      try {
        process.exitCode = await interruptible(async (signal) => {
          if (flags.absolute) await makePathAbsolute(resolve(folder));
          const task = flags.task === undefined ? {} : { task: flags.task };
          const made = await handOff(resolve(folder), { ...task, signal });
          if (flags.json) printJson(made);
          else printHandOff(made);
          return made.trains ? exitCodes.good : exitCodes.someFailed;
        });
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

const colours = { error: 'red', warning: 'yellow', info: 'cyan' } as const;

function printHandOff({ task, classes, subsets, findings, trains, commands }: HandOff): void {
  say(`A set for the task ${task}, ${classes.length} classes`);
  if (subsets.length > 0) {
    const head = ['Subset', 'Pictures', 'Labelled', 'Background', 'Left out', 'Objects'];
    const rows = subsets.map(({ name, pictures, labelled, background, leftOut, objects }) => [
      name,
      ...[pictures, labelled, background, leftOut, objects].map(String),
    ]);
    printTable([head, ...rows]);
  }
  for (const { severity, title, count, examples, hint } of findings) {
    say(`${styleText(colours[severity], severity.padEnd(8))} ${String(count).padStart(7)}  ${title}`);
    for (const example of examples.slice(0, 3)) say(styleText('dim', `    ${example}`));
    if (hint !== null) say(`    ${hint}`);
  }
  say(trains ? 'Training would start.' : 'Training would not start.');
  for (const { title, command } of commands) say(`${styleText('dim', `# ${title}`)}\n${command}`);
}

interface EvaluateFlags {
  readonly subset: string;
  readonly from?: string;
  readonly device: string;
  readonly precision: Precision;
  readonly json?: true;
}

/** Measures an exported detector on a set. */
export function evaluateCommand(resources: string): Command {
  return new Command('evaluate')
    .description(
      'mAP of a detector, or accuracy of a classifier, exported to OpenVINO by Ultralytics, on a dataset',
    )
    .argument('<ir>', 'the .xml, or the folder …_openvino_model', parseName)
    .argument('<set>', 'folder or archive of the dataset', parseName)
    .option('--subset <name>', 'what is measured on', named, 'val')
    .option('--from <format>', 'of the dataset, instead of looking what it is')
    .option('--device <name>', 'CPU, GPU, NPU or AUTO', 'CPU')
    .addOption(
      new Option(
        '--precision <kind>',
        'auto computes as the device does it fastest, f32 the same on every machine',
      )
        .choices(precisions)
        .default('f32'),
    )
    .option('--json', 'as JSON')
    .addHelpText('after', examples('evaluate best_openvino_model/ yolo/ --subset val'))
    .action(async (ir: string, set: string, flags: EvaluateFlags) => {
      try {
        process.exitCode = await interruptible(async (signal) => {
          const { cache, runtime } = userFolders(resources);
          await using source = await openSource(resolve(set), {
            ...(flags.from === undefined ? {} : { from: flags.from }),
            signal,
          });
          const openvino = await loadOpenVino({ cacheDir: cache, bundled: runtime });
          const model = await openDetectionModel({
            openvino,
            path: resolve(ir),
            device: flags.device,
            precision: flags.precision,
          });
          const terminal = process.stderr.isTTY === true && !flags.json;
          const dataset = await source.open({ signal });
          const onProgress = (done: number, total: number): void => {
            if (terminal) process.stderr.write(`\r\x1b[K${done} of ${total} pictures`);
          };
          const made = await evaluateModel({ model, dataset, subset: flags.subset, signal, onProgress });
          if (terminal) process.stderr.write('\r\x1b[K');
          if (flags.json) printJson({ ...made, problems: dataset.problems.total });
          else printEvaluation(made);
          return exitCodes.good;
        });
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

function named(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Give the name of a subset.');
}

const figure = (value: number | null): string => (value === null ? '–' : value.toFixed(4));

function printEvaluation(measured: ModelEvaluation): void {
  const { names, subset, device, notes, leftOut } = measured;
  const { pictures } = measured.kind === 'labels' ? measured.accuracy : measured.evaluation;
  say(`${pictures} pictures of ${subset}, on ${device}`);
  if (measured.kind === 'labels') printAccuracy(measured.accuracy, names);
  else {
    const { evaluation, parts } = measured;
    printPrecision(evaluation, names, parts ? 'boxes' : '');
    if (parts) printPrecision(parts.evaluation, names, parts.of);
  }
  for (const note of notes) say(`${styleText('yellow', 'note')}  ${note}`);
  if (leftOut.length > 0) {
    say(`${styleText('yellow', 'note')}  ${leftOut.length} pictures could not be read.`);
    for (const { reason } of leftOut.slice(0, 3)) say(styleText('dim', `    ${reason}`));
  }
}

type Boxes = Extract<ModelEvaluation, { kind: 'boxes' }>['evaluation'];
type Labels = Extract<ModelEvaluation, { kind: 'labels' }>['accuracy'];

function printAccuracy({ top1, top5, classes }: Labels, names: readonly string[]): void {
  printTable([
    ['', 'accuracy'],
    ['the likeliest', figure(top1)],
    ['among five', figure(top5)],
  ]);
  const rows = classes.map((own, label) => [names[label]!, String(own.pictures), figure(own.top1)]);
  printTable([['Class', 'Pictures', 'accuracy'], ...rows]);
}

function printPrecision(evaluation: Boxes, names: readonly string[], kind: string): void {
  printTable([
    [kind, 'all', 'small', 'medium', 'large'],
    [
      'mAP 50-95',
      ...[evaluation.map, evaluation.mapSmall, evaluation.mapMedium, evaluation.mapLarge].map(figure),
    ],
    ['mAP 50', figure(evaluation.map50), '', '', ''],
    ['mAP 75', figure(evaluation.map75), '', '', ''],
    [
      'recall',
      ...[evaluation.recall100, evaluation.recallSmall, evaluation.recallMedium, evaluation.recallLarge].map(
        figure,
      ),
    ],
  ]);
  const rows = evaluation.classes.map(({ map, map50, objects }, label) => [
    names[label]!,
    String(objects),
    figure(map),
    figure(map50),
  ]);
  printTable([['Class', 'Objects', 'mAP 50-95', 'mAP 50'], ...rows]);
}

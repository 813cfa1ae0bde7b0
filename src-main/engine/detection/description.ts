import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { namesOf, readDataYaml, type YamlValue } from '../datasets/formats/yolo/yaml.ts';
import { type TrainingTask, trainingTasks } from '../datasets/training/index.ts';
import { child, type IrElement } from '../models/ir/document.ts';
import { irFile, readIr } from './ir.ts';

/** What an exported detector says of itself. */
export interface DetectorDescription {
  /** The IR's `.xml`. */
  readonly path: string;
  /** Names of the classes by number; empty where the model has none. */
  readonly names: readonly string[];
  /** Null where the model doesn't say. */
  readonly task: TrainingTask | null;
  /** Size of the input in pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the task `pose`: how many points an object has, and how many numbers a point (2, or 3 with how sure it is). */
  readonly points: { readonly count: number; readonly numbers: number } | null;
  /** Whether the network itself keeps one box for each object. */
  readonly endToEnd: boolean;
}

/** Ultralytics' default, where neither the IR nor its description has a size. */
const usualSide = 640;

/**
 * Reads what is known of an OpenVINO IR that Ultralytics exported: names, task and size from `metadata.yaml` beside it,
 * or else the names from the IR's own `rt_info`, where spaces have become underscores.
 *
 * @param path the `.xml`, or the folder that `yolo export format=openvino` made.
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `MODEL_NOT_INSTALLED` for an IR without its weights, `MODEL_CORRUPT`,
 * `MODEL_NOT_AN_IMAGE_NETWORK` for a model that doesn't give boxes of one picture.
 */
export async function describeDetector(path: string): Promise<DetectorDescription> {
  const file = await irFile(path);
  const net = await readIr(file);
  const yaml = await readFile(join(dirname(file), 'metadata.yaml'), 'utf8').catch(() => '');
  const fields: ReadonlyMap<string, YamlValue> = readDataYaml(yaml);
  const info = child(child(net, 'rt_info') ?? net, 'model_info');
  const labels = (info && child(info, 'labels')?.attributes['value'])?.split(/\s+/).filter(Boolean) ?? [];
  const named = namesOf(fields.get('names'));
  const task = fields.get('task');
  const known = trainingTasks.find((name) => name === task) ?? null;
  if (known === null && typeof task === 'string' && task !== '') {
    throw new RefineryError('MODEL_NOT_AN_IMAGE_NETWORK', `This model is for the task ${task}.`, {
      hint: `Models for these are run here: ${trainingTasks.join(', ')}.`,
    });
  }
  return {
    path: file,
    names: named.length > 0 ? named : labels,
    task: known,
    ...inputSize(net, fields.get('imgsz')),
    points: known === 'pose' ? pointsIn(fields.get('kpt_shape')) : null,
    endToEnd: /^true$/i.test(String(fields.get('end2end') ?? '')),
  };
}

/** @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK` where it isn't told. */
function pointsIn(shape: YamlValue | undefined): DetectorDescription['points'] {
  const [count = 0, numbers = 0] = Array.isArray(shape) ? shape.map(Number) : [];
  if (Number.isInteger(count) && count > 0 && (numbers === 2 || numbers === 3)) return { count, numbers };
  throw new RefineryError(
    'MODEL_NOT_AN_IMAGE_NETWORK',
    'This model doesn’t say how many points a pose has.',
    {
      hint: 'Export it again with `yolo export format=openvino`, and keep metadata.yaml beside it.',
    },
  );
}

function inputSize(net: IrElement, imgsz: YamlValue | undefined): { width: number; height: number } {
  const inputs = child(net, 'layers')?.children.filter(
    ({ attributes }) => attributes['type'] === 'Parameter',
  );
  const data = inputs?.length === 1 ? child(inputs[0]!, 'data')?.attributes : undefined;
  const sizes = data?.['shape']?.split(',').map((size) => Number(size)) ?? [];
  const [, channels = 0, height = 0, width = 0] = sizes;
  const open = (size: number): boolean => !(size > 0);
  if (sizes.length !== 4 || data?.['element_type'] !== 'f32' || !(open(channels) || channels === 3)) {
    throw new RefineryError('MODEL_NOT_AN_IMAGE_NETWORK', 'This model doesn’t take one colour picture.', {
      hint: 'Export a detection model with `yolo export format=openvino`.',
    });
  }
  // A dynamic export can take any size; it was made with this one in mind.
  const sides = (Array.isArray(imgsz) ? imgsz : [imgsz]).map(Number).filter((side) => side > 0);
  const [givenHeight = usualSide, givenWidth = givenHeight] = sides;
  return { width: open(width) ? givenWidth : width, height: open(height) ? givenHeight : height };
}

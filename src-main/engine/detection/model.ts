import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import { Semaphore } from '../io/semaphore.ts';
import { compileWithFallback, type Precision } from '../runtime/index.ts';
import { centreOf } from './centre.ts';
import { type DetectorDescription, describeDetector } from './description.ts';
import type { Detection } from './evaluation.ts';
import { areRows, type Candidate, type Output, readHead, restOf } from './head.ts';
import { withNamedOutputs } from './ir.ts';
import { letterbox, type Pixels, toPicture, unclippedToPicture } from './letterbox.ts';
import { outlinesOf, pointsOf } from './parts.ts';
import { suppress } from './suppression.ts';

/** Pictures in the network; it takes them in turn, but needn't wait for the next. */
const atOnce = 2;

export interface DetectOptions {
  /** Least score; 0.25 unless told. */
  readonly confidence?: number;
  /** Boxes of a class that overlap by more are one object; 0.7 unless told. */
  readonly overlap?: number;
  /** Whether a box counts for each class that it has the score for, as for measuring; else for its best one. */
  readonly everyClass?: boolean;
  /** Most boxes of a picture; 300 unless told. */
  readonly most?: number;
}

/** What was found in a picture. */
export interface Found {
  readonly width: number;
  readonly height: number;
  /** Boxes in the picture's pixels, the best first. */
  readonly detections: readonly Detection[];
  /** What the whole picture is, the likeliest first; empty but for the task `classify`. Scores are 0 to 1. */
  readonly labels: readonly { readonly label: number; readonly score: number }[];
}

/** A detector that is ready to run. */
export interface DetectionModel {
  readonly description: DetectorDescription;
  /** The device that it runs on. */
  readonly device: string;
  /**
   * Finds objects in a picture, which is turned by EXIF first.
   *
   * @param picture a file, or its pixels. Several may be looked at at once: while the network runs for one, others are read.
   * @throws {RefineryError} `INPUT_NOT_FOUND`, `INPUT_CORRUPT`, `MODEL_NOT_AN_IMAGE_NETWORK`.
   */
  detect(picture: string | Pixels, options?: DetectOptions): Promise<Found>;
}

/**
 * Opens an OpenVINO IR that Ultralytics exported, for any of its tasks: boxes, turned ones, outlines, poses, or classes.
 *
 * @param options.path the `.xml`, or the folder that `yolo export format=openvino` made.
 * @param options.precision `f32` unless told, so that what is measured doesn't depend on the processor.
 * @throws {RefineryError} what {@link describeDetector} throws, and `DEVICE_UNAVAILABLE`.
 */
export async function openDetectionModel(options: {
  readonly openvino: NodeAddon;
  readonly path: string;
  readonly device?: string;
  readonly precision?: Precision;
}): Promise<DetectionModel> {
  const { openvino } = options;
  const description = await describeDetector(options.path);
  const { width, height, names, endToEnd, task, points } = description;
  const shape = [1, 3, height, width];
  const { compiled, device } = await compileWithFallback({
    openvino,
    model: await withNamedOutputs(description.path),
    device: options.device ?? 'CPU',
    precision: options.precision ?? 'f32',
    shapes: [`[${shape.join(',')}]`],
  });
  const gate = new Semaphore(atOnce);
  const idle = Array.from({ length: atOnce }, () => compiled.createInferRequest());
  /** @param read makes what is wanted of the outputs, which are gone after it. */
  const infer = <Result>(values: Float32Array, read: (outputs: Output[]) => Result): Promise<Result> =>
    gate.with(async () => {
      const request = idle.pop()!;
      try {
        const outputs = await request.inferAsync([new openvino.Tensor('f32', shape, values)]);
        return read(
          Object.values(outputs).map((tensor) => ({
            values: tensor.data as ArrayLike<number>,
            shape: tensor.getShape(),
          })),
        );
      } finally {
        idle.push(request);
      }
    });
  return {
    description,
    device,
    async detect(picture, { confidence = 0.25, overlap = 0.7, everyClass = false, most = 300 } = {}) {
      const pixels = typeof picture === 'string' ? await readPixels(picture) : picture;
      const size = { width: pixels.width, height: pixels.height };
      if (task === 'classify') {
        const values = await centreOf(pixels, width, height);
        const labels = await infer(values, ([scores]) => readLabels(scores!.values, names.length));
        return { ...size, detections: [], labels };
      }
      const { values, placing } = letterbox(pixels, width, height);
      const detections = await infer(values, (outputs) => {
        const head = outputs.find((output) => output.shape.length === 3) ?? outputs[0]!;
        const prototypes = outputs.find((output) => output.shape.length === 4);
        const classes = names.length > 0 ? names.length : null;
        const turned = task === 'obb';
        const reading = { classes, endToEnd, confidence, everyClass, turned };
        const candidates = readHead(head, reading);
        const kept = areRows(head.shape, reading)
          ? candidates.slice(0, most)
          : suppress(candidates, overlap, most);
        // A box that counts for several classes has its outlines once.
        const outlined = new Map<number, NonNullable<Detection['rings']>>();
        return kept.map(({ at, ...one }: Candidate): Detection => {
          const box = (turned ? unclippedToPicture : toPicture)(one.box, placing);
          if (points) return { ...one, box, points: pointsOf(restOf(head, reading, at), points, placing) };
          if (!prototypes) return { ...one, box };
          const rings =
            outlined.get(at) ??
            outlinesOf(restOf(head, reading, at), prototypes, box, placing, { width, height });
          outlined.set(at, rings);
          return { ...one, box, rings };
        });
      });
      return { ...size, detections, labels: [] };
    },
  };
}

/** @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK` where these are not the scores of as many classes. */
function readLabels(scores: ArrayLike<number>, classes: number): Found['labels'] {
  if (classes !== 0 && scores.length !== classes) {
    throw new RefineryError(
      'MODEL_NOT_AN_IMAGE_NETWORK',
      `The network gives ${scores.length} scores for ${classes} classes.`,
      { hint: 'Export it again with `yolo export format=openvino`.' },
    );
  }
  const labels = Array.from(scores, (score, label) => ({ label, score }));
  return labels.sort((one, other) => other.score - one.score);
}

async function readPixels(path: string): Promise<Pixels> {
  try {
    const picture = sharp(path, { failOn: 'truncated' }).autoOrient().removeAlpha().toColourspace('srgb');
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    if (info.channels === 3) return { bytes: data, width: info.width, height: info.height };
    throw new Error(`The picture has ${info.channels} channels.`);
  } catch (cause) {
    const missing = cause instanceof Error && cause.message.includes('missing');
    throw new RefineryError(
      missing ? 'INPUT_NOT_FOUND' : 'INPUT_CORRUPT',
      missing ? `There is no picture ${path}.` : `The picture ${path} can’t be read.`,
      { cause },
    );
  }
}

import { isMirroring } from '../formats/yolo/mirror.ts';
import { commonMirroring, readSkeletons } from '../formats/yolo/poses.ts';
import type { TrainingDescription } from './description.ts';
import type { TrainingFindings } from './findings.ts';
import type { PointShape } from './labels.ts';

/**
 * Checks `flip_idx`, by which points change places in a mirrored picture. Without it Ultralytics mirrors none, and with
 * one of another length than `kpt_shape` has points it doesn't start: `v8_transforms` of Ultralytics 8.4.
 */
export function checkMirroring(
  { yaml, classes }: Pick<TrainingDescription, 'yaml' | 'classes'>,
  shape: PointShape,
  findings: TrainingFindings,
): void {
  const value = yaml.fields.get('flip_idx') ?? '';
  if (value === '' || (Array.isArray(value) && value.length === 0)) {
    const skeletons = readSkeletons(yaml, shape, classes.length, () => undefined);
    const told = commonMirroring(skeletons);
    const example = told
      ? `The names of the points say flip_idx: [${told.join(', ')}]`
      : 'There is no flip_idx.';
    findings.add('no_mirroring', example);
    return;
  }
  const mirrored = Array.isArray(value) ? value.map(wholeNumber) : [];
  const inRange = mirrored.every((to) => to >= 0 && to < shape.points);
  const example = `flip_idx: ${mirrored.length} points of ${shape.points}`;
  if (mirrored.length !== shape.points || !inRange) findings.add('bad_mirroring', example);
  else if (!isMirroring(mirrored, shape.points)) findings.add('uneven_mirroring', example);
}

const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : -1);

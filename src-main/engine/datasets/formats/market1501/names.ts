import type { Attributes, AttributeValue } from '../../model/index.ts';

const pattern = /^(-?\d+)_c(\d+)s(\d+)_(\d+)_(\d+)/;

/** The attributes that a picture's name stands for. */
export const nameAttributes = ['person_id', 'camera_id', 'track_id', 'frame_id', 'bbox_id', 'query'] as const;

/**
 * What a name such as `0002_c1s1_000451_03` says: person 0002, camera 1, sequence 1, frame 451, box 3. Cameras are
 * counted from 0 in the attributes, as Datumaro does. `-1` is a distractor, `0000` a wrong detection.
 */
export function parseName(name: string, query: boolean): Map<string, AttributeValue> | null {
  const found = pattern.exec(name);
  if (found === null) return null;
  const [, person = '', camera, track, frame, box] = found;
  return new Map<string, AttributeValue>([
    ['person_id', person],
    ['camera_id', Number(camera) - 1],
    ['track_id', Number(track)],
    ['frame_id', Number(frame)],
    ['bbox_id', Number(box)],
    ['query', query],
  ]);
}

/** The name for attributes, or null where they name no person. */
export function nameOf(attributes: Attributes, frame: number): string | null {
  const person = attributes.get('person_id');
  if (typeof person !== 'string' && typeof person !== 'number') return null;
  if (!/^-?\d+$/.test(String(person))) return null;
  const whole = (key: string, fallback: number): number => {
    const value = attributes.get(key);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : fallback;
  };
  const camera = whole('camera_id', 0) + 1;
  const number = String(whole('frame_id', frame)).padStart(6, '0');
  const box = String(whole('bbox_id', 0)).padStart(2, '0');
  return `${person}_c${camera}s${whole('track_id', 1)}_${number}_${box}`;
}

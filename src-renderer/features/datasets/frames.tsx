import type { DatasetView } from '../../../src-main/contract/index.ts';
import { Field, NumberInput } from '../../ui/parts.tsx';
import { number } from './words.ts';

interface FramesProps {
  readonly video: NonNullable<DatasetView['video']>;
  readonly disabled: boolean;
  readonly onEvery: (every: number) => void;
}

/** Which frames of a video are taken. */
export function Frames({ video: { frames, every }, disabled, onEvery }: FramesProps) {
  const taken = Math.ceil(frames / every);
  const how = 'Each is taken out as a PNG without loss when it is read.';
  return (
    <Field
      label="Take one frame of"
      hint={frames > 0 ? `${number(taken)} of ${number(frames)} frames. ${how}` : how}
    >
      {(id) => (
        <NumberInput
          id={id}
          value={every}
          most={999_999}
          onChange={(next) => !disabled && next !== every && onEvery(Math.round(next))}
        />
      )}
    </Field>
  );
}

import { useEffect, useState } from 'react';
import {
  type ConversionChoices,
  type ConversionNeeds,
  type ErrorValue,
  type FileHandle,
  toErrorValue,
} from '../../../src-main/contract/index.ts';
import { Problem } from '../../app/problem.tsx';
import { act, call } from '../../state/session.ts';
import { formatBytes } from '../../ui/format.ts';
import { Button, Dialog, Field, Segmented } from '../../ui/parts.tsx';

interface ConvertCheckpointProps {
  readonly handle: FileHandle;
  /** Of the checkpoint. */
  readonly bytes: number;
  readonly onClose: () => void;
}

const weights = [
  ['fp16', 'FP16'],
  ['fp32', 'FP32'],
  ['int8', 'INT8'],
] as const;

const weightHints: Readonly<Record<ConversionChoices['weights'], string>> = {
  fp16: 'Half the size, and the same picture to the eye. The usual choice.',
  fp32: 'Twice the size of FP16, nearest to the original.',
  int8: 'A third smaller than FP16 and no faster on a processor; the picture differs slightly, and by how much is measured.',
};

const ways = [
  ['torch', 'Directly'],
  ['onnx', 'Through ONNX'],
] as const;

/** Asks how a checkpoint should be converted, and says beforehand what that takes. */
export function ConvertCheckpoint({ handle, bytes, onClose }: ConvertCheckpointProps) {
  const [name, setName] = useState(handle.name);
  const [choices, setChoices] = useState<ConversionChoices>({ weights: 'fp16', via: 'torch' });
  const [needs, setNeeds] = useState<ConversionNeeds | null>(null);
  const [problem, setProblem] = useState<ErrorValue | null>(null);
  useEffect(() => {
    let current = true;
    call('models.conversionNeeds', { handle: handle.id, choices }).then(
      (found) => {
        if (current) setNeeds(found);
      },
      (thrown: unknown) => {
        if (current) setProblem(toErrorValue(thrown));
      },
    );
    return () => {
      current = false;
    };
  }, [handle.id, choices]);

  const start = async (): Promise<void> => {
    if (await act('models.convert', { handle: handle.id, name: name.trim(), choices })) onClose();
  };
  return (
    <Dialog title="Convert a checkpoint" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <h1>Convert to OpenVINO</h1>
        <p className="quiet">
          {`${handle.name} is an original checkpoint of ${formatBytes(bytes)}. It is converted on this machine, and the result must agree with PyTorch before it counts. The original stays as it is.`}
        </p>
        <Field label="Name">
          {(id) => (
            <input
              id={id}
              className="input"
              value={name}
              maxLength={80}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <div className="field">
          <span className="label">Weights</span>
          <Segmented
            label="Weights"
            value={choices.weights}
            options={weights}
            onChange={(next) => setChoices({ ...choices, weights: next })}
          />
          <p className="hint">{weightHints[choices.weights]}</p>
        </div>
        <div className="field">
          <span className="label">Way</span>
          <Segmented
            label="Way"
            value={choices.via}
            options={ways}
            onChange={(via) => setChoices({ ...choices, via })}
          />
          <p className="hint">Both give the same model. The other one is for when one fails.</p>
        </div>
        {needs && <p role="status">{takes(needs)}</p>}
        {problem && <Problem error={problem} />}
        <div className="row end">
          <Button type="button" onClick={onClose}>
            Not now
          </Button>
          <Button kind="primary" type="submit" disabled={problem !== null || name.trim() === ''}>
            Convert
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function takes({ download, disk }: ConversionNeeds): string {
  const space = `Takes up to ${formatBytes(disk)} of the disk.`;
  return download === 0
    ? `${space} The Python packages for it are here already.`
    : `${space} PyTorch and what goes with it are installed first, for Refinery alone: ${formatBytes(download)} to download, two to ten minutes. It needs Python 3.10 or later, and can be cancelled; what was installed is kept.`;
}

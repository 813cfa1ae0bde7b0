import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import {
  type ErrorValue,
  type FileHandle,
  type ImageInterface,
  type ModelGuess,
  toErrorValue,
} from '../../../src-main/contract/index.ts';
import { Problem } from '../../app/problem.tsx';
import { act, call, toast } from '../../state/session.ts';
import { Button, Dialog, Field, NumberInput, Select } from '../../ui/parts.tsx';

interface AddNetworkProps {
  readonly handle: FileHandle;
  readonly onClose: () => void;
}

const scales = ['1', '2', '3', '4', '5', '6', '7', '8'].map((scale) => [scale, `${scale} times`] as const);
const ranges = [
  ['1', '0 to 1'],
  ['255', '0 to 255'],
] as const;
const channels = [
  ['RGB', 'RGB'],
  ['BGR', 'BGR'],
  ['GRAY', 'Grey'],
] as const;

/** What the contract takes. */
const longestName = 80;

function same(one: ImageInterface, other: ImageInterface): boolean {
  const keys = Object.keys({ ...one, ...other }) as Array<keyof ImageInterface>;
  return keys.every((key) => one[key] === other[key]);
}

/** Shows how a person's network seems to want its pixels, at work, and lets it be corrected. */
export function AddNetwork({ handle, onClose }: AddNetworkProps) {
  const [guess, setGuess] = useState<ModelGuess | null>(null);
  /** What the fields say; it need not work. */
  const [asked, setAsked] = useState<ImageInterface | null>(null);
  const [problem, setProblem] = useState<ErrorValue | null>(null);
  const [busy, setBusy] = useState(false);
  const [name, setName] = useState(handle.name.replace(/\.[^.]+$/, ''));

  const latest = useRef(0);
  const probe = useCallback(
    async (assume?: ImageInterface): Promise<void> => {
      latest.current += 1;
      const turn = latest.current;
      setBusy(true);
      try {
        const found = await call('models.probe', { handle: handle.id, ...(assume ? { assume } : {}) });
        if (turn !== latest.current) return;
        setGuess(found);
        setAsked(found.interface);
        // That of a network that was added before.
        if (!assume) setName(found.name.slice(0, longestName));
        setProblem(null);
      } catch (thrown) {
        if (turn !== latest.current) return;
        setProblem(toErrorValue(thrown));
      }
      setBusy(false);
    },
    [handle.id],
  );
  useEffect(() => void probe(), [probe]);

  const change = (next: Partial<ImageInterface>): void => {
    if (!asked || !guess) return;
    const changed = { ...asked, ...next };
    setAsked(changed);
    if (!same(changed, guess.interface)) return void probe(changed);
    // Back at what was seen to work; a trial that still runs is of no interest any more.
    latest.current += 1;
    setProblem(null);
    setBusy(false);
  };
  const works = guess !== null && !busy && problem === null && name.trim() !== '';
  const add = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!works) return;
    const { interface: kind } = guess;
    const added = await act('models.addCustom', { handle: handle.id, name: name.trim(), interface: kind });
    if (!added) return;
    toast(`${added.entry.name} was added. Choose it as the network of a picture.`);
    onClose();
  };

  return (
    <Dialog title="Add a network" className="wide" onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void add(event)}>
        <h1>Add a network</h1>
        <p className="quiet" role="status">
          {busy
            ? `Trying ${handle.name} on a sample, in several sizes: up to a minute for a large one`
            : guess
              ? 'This is how it seems to work. Does the picture look right?'
              : ''}
        </p>
        {problem && <Problem error={problem} />}
        {guess && asked && (
          <>
            <div className="guess-pictures">
              <figure>
                <img
                  src={`data:image/jpeg;base64,${guess.reference}`}
                  alt="The sample, enlarged without a network"
                />
                <figcaption className="quiet">Without a network</figcaption>
              </figure>
              <figure>
                <img
                  src={`data:image/jpeg;base64,${guess.preview}`}
                  alt="The sample, enlarged by this network"
                />
                <figcaption className="quiet">With this network</figcaption>
              </figure>
              <ul className="remarks">
                {guess.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </div>
            <div className="guess-fields">
              <Field label="Name">
                {(id) => (
                  <input
                    id={id}
                    className="input"
                    value={name}
                    maxLength={longestName}
                    onChange={(event) => setName(event.target.value)}
                  />
                )}
              </Field>
              <Field label="Enlarges">
                {(id) => (
                  <Select
                    id={id}
                    value={String(asked.scale)}
                    options={scales}
                    onChange={(scale) => change({ scale: Number(scale) })}
                  />
                )}
              </Field>
              <Field label="Channels">
                {(id) => (
                  <Select
                    id={id}
                    value={asked.channels}
                    options={channels}
                    onChange={(next) => change({ channels: next })}
                  />
                )}
              </Field>
              <Field label="Values in">
                {(id) => (
                  <Select
                    id={id}
                    value={asked.inputRange === 1 ? '1' : '255'}
                    options={ranges}
                    onChange={(next) => change({ inputRange: next === '1' ? 1 : 255 })}
                  />
                )}
              </Field>
              <Field label="Values out">
                {(id) => (
                  <Select
                    id={id}
                    value={asked.outputRange === 1 ? '1' : '255'}
                    options={ranges}
                    onChange={(next) => change({ outputRange: next === '1' ? 1 : 255 })}
                  />
                )}
              </Field>
              <Field label="Overlap of tiles">
                {(id) => (
                  <NumberInput
                    id={id}
                    value={asked.overlap}
                    least={0}
                    most={256}
                    onChange={(next) => {
                      if (next !== asked.overlap) change({ overlap: Math.round(next) });
                    }}
                  />
                )}
              </Field>
            </div>
          </>
        )}
        <div className="row end">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={!works}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

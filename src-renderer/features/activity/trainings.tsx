import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { create } from 'zustand';
import type { EngineClient, ListedTraining } from '../../../src-main/contract/index.ts';
import { showTraining } from '../../state/hand-over.ts';
import { handIn } from '../../state/inbox.ts';
import { act, call, useSession } from '../../state/session.ts';
import { Button, IconButton } from '../../ui/parts.tsx';

/** How often something happened that the list may tell of. */
const useChanges = create<{ readonly count: number }>(() => ({ count: 0 }));
const changed = (): void => useChanges.setState(({ count }) => ({ count: count + 1 }));

export function followTrainings(engine: EngineClient): void {
  engine.on('detectors.training', changed);
  engine.on('training.changed', changed);
}

/** Trainings that were started here; none until they are known. */
function useTrainings(): readonly ListedTraining[] {
  const changes = useChanges(({ count }) => count);
  const engine = useSession(({ engineState }) => engineState.state);
  const [trainings, setTrainings] = useState<readonly ListedTraining[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew where something happened meanwhile.
  useEffect(() => {
    let isCurrent = true;
    call('training.list', {}).then(
      (answer) => isCurrent && setTrainings(answer.trainings),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [changes, engine]);
  return trainings;
}

const words: Readonly<Record<ListedTraining['state'], string>> = {
  running: 'Running',
  done: 'Done',
  stopped: 'Stopped',
  failed: 'Failed',
  interrupted: 'Cut off',
};

const waysOn = { resume: 'Go on', export: 'Export it', again: 'Begin again' } as const;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Trainings, of detectors and with JPQD: what runs, what became of the others, and how they can go on. */
export function Trainings({ filter }: { readonly filter: string }) {
  const trainings = useTrainings().filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  // Of detectors one is kept with all that it told.
  const newest = trainings.find(({ kind }) => kind === 'detector');
  if (trainings.length === 0) return null;
  return (
    <section className="section trainings" aria-label="Trainings">
      <h2>Trainings</h2>
      <ul className="plain">
        {trainings.map((training) => (
          <Training key={training.id} training={training} isNewest={training === newest} />
        ))}
      </ul>
    </section>
  );
}

interface TrainingProps {
  readonly training: ListedTraining;
  readonly isNewest: boolean;
}

function Training({ training, isNewest }: TrainingProps) {
  const { id, name, kind, state, detail, startedAt, folder, weights, goesOn } = training;
  const native = useSession(({ shell }) => shell?.native ?? false);
  const open = (): void => {
    if (kind === 'detector') showTraining();
    else if (folder) void handIn({ handles: [folder], refused: [] }, { wanted: 'training' });
  };
  const goOn = async (): Promise<void> => {
    if (goesOn && (await act('training.goOn', { id, how: goesOn }))) changed();
  };
  const forget = async (): Promise<void> => {
    if (await act('training.forget', { id })) changed();
  };
  return (
    <li className="training-row">
      <div className="training-what">
        {kind === 'compression' || isNewest ? (
          <button type="button" className="activity-name clip" title={name} onClick={open}>
            {name}
          </button>
        ) : (
          <div className="clip" title={name}>
            {name}
          </div>
        )}
        <div className="quiet clip" title={detail}>
          {[kind === 'detector' ? 'Detector' : 'JPQD', detail].filter(Boolean).join(', ')}
        </div>
        {state === 'interrupted' && (
          <div className="quiet clip" title={weights?.location}>
            {weights
              ? `Weights so far: ${weights.name} in ${weights.location}`
              : folder
                ? `What it wrote is in ${folder.location}`
                : 'It had written nothing yet.'}
          </div>
        )}
      </div>
      <span
        className={
          state === 'failed' ? 'state-failed' : state === 'interrupted' ? 'state-warning' : undefined
        }
      >
        {words[state]}
      </span>
      <span className="quiet numeric training-time">{time.format(startedAt)}</span>
      <div className="row end">
        {goesOn && (
          <Button onClick={() => void goOn()} aria-label={`${waysOn[goesOn]}: ${name}`}>
            {waysOn[goesOn]}
          </Button>
        )}
        {native && folder && (
          <Button
            kind="bare"
            aria-label={`Show ${name} in its folder`}
            onClick={() => void act('shell.showFolder', { handle: folder.id })}
          >
            Show
          </Button>
        )}
        {state !== 'running' && (
          <IconButton label={`Take ${name} off the list`} onClick={() => void forget()}>
            <X size={14} />
          </IconButton>
        )}
      </div>
    </li>
  );
}

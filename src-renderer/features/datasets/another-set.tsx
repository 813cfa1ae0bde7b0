import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AdmitResult, DatasetLook, DatasetPlace, ErrorValue } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { call } from '../../state/session.ts';
import { Button } from '../../ui/parts.tsx';
import { Failure } from './failure.tsx';
import { Frames } from './frames.tsx';
import { unknownSet } from './opening.ts';
import { type Dropped, innerOf, type Other, otherOf } from './others.ts';
import { isAmbiguous, likeliest, useWizard } from './state.ts';
import { focusIfLost } from './step-title.tsx';

interface AnotherSetProps {
  /** Sets that are dropped for this are taken, too. */
  readonly purpose: Dropped['purpose'];
  /** What the button says. */
  readonly children: string;
  readonly disabled?: boolean;
  /** Buttons that offer sets that are at hand. */
  readonly atHand?: ReactNode;
  readonly onTake: (other: Other) => void;
}

interface Looked {
  readonly place: DatasetPlace;
  readonly look: DatasetLook;
}

/** Lets one choose a set beside the open one, and asks where it is not clear which set that is, or of what format. */
export function AnotherSet({ children, purpose, disabled = false, atHand, onTake }: AnotherSetProps) {
  const [isLooking, setIsLooking] = useState(false);
  const [looked, setLooked] = useState<Looked | null>(null);
  const [failed, setFailed] = useState<ErrorValue | null>(null);

  const examine = async (place: DatasetPlace): Promise<void> => {
    setIsLooking(true);
    setFailed(null);
    try {
      const look = await call('datasets.examine', place);
      const [inner, ...more] = look.sets;
      const [best] = look.candidates;
      if (inner && more.length === 0 && !best) onTake(innerOf(inner));
      else if (best && !inner && !look.video && !isAmbiguous(look)) onTake(otherOf(look, place, best));
      else if (best || inner) return setLooked({ place, look });
      else setFailed(unknownSet(look.name));
      setLooked(null);
    } catch (thrown) {
      setFailed(toErrorValue(thrown));
    } finally {
      setIsLooking(false);
    }
  };
  const take = ({ handles: [handle], refused }: AdmitResult): void => {
    if (handle) void examine({ handle: handle.id, within: '', every: 1 });
    else setFailed({ code: 'INPUT_UNSUPPORTED', message: refused[0]?.reason ?? unknownSet('It').message });
  };
  const dropped = useWizard((state) => (state.dropped?.purpose === purpose ? state.dropped : null));
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is taken once.
  useEffect(() => {
    if (!dropped) return;
    useWizard.setState({ dropped: null });
    take(dropped.admitted);
  }, [dropped]);
  const button = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question had the focus, and is gone.
  useEffect(() => focusIfLost(button.current), [looked]);
  const isOff = disabled || isLooking;
  return (
    <>
      <div className="row wrap sets-at-hand">
        {atHand}
        <Button
          ref={button}
          aria-disabled={isOff}
          onClick={() => isOff || void chooseFolder('datasetFolder', take)}
        >
          {isLooking ? 'Looking what it is' : children}
        </Button>
      </div>
      {failed && <Failure error={failed} />}
      {looked && (
        <Choices
          looked={looked}
          disabled={isOff}
          onEvery={(every) => void examine({ ...looked.place, every })}
          onTake={(other) => {
            setLooked(null);
            onTake(other);
          }}
          onCancel={() => setLooked(null)}
        />
      )}
    </>
  );
}

interface ChoicesProps {
  readonly looked: Looked;
  readonly disabled: boolean;
  readonly onEvery: (every: number) => void;
  readonly onTake: (other: Other) => void;
  readonly onCancel: () => void;
}

/** Several sets in one folder, several formats that it may be of, or the frames of a video. */
function Choices({ looked: { place, look }, disabled, onEvery, onTake, onCancel }: ChoicesProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus({ preventScroll: true });
    title.current?.parentElement?.scrollIntoView({ block: 'nearest' });
  }, []);
  const others = [
    ...look.sets.map((set) => ({ other: innerOf(set), name: `${set.folder}, ${set.title}` })),
    ...(look.sets.length > 0 ? look.candidates.slice(0, 1) : likeliest(look)).map((candidate) => ({
      other: otherOf(look, place, candidate),
      name: look.sets.length > 0 ? `All of it, ${candidate.title}` : candidate.title,
    })),
  ];
  return (
    <div className="candidate">
      <h3 ref={title} tabIndex={-1}>
        {look.video
          ? `${look.name} is a video`
          : look.sets.length > 0
            ? `Which set of ${look.name}?`
            : `What is ${look.name}?`}
      </h3>
      {look.video && <Frames video={look.video} disabled={disabled} onEvery={onEvery} />}
      <div className="row wrap">
        {others.map(({ other, name }) => (
          <Button key={`${other.path} ${other.format}`} disabled={disabled} onClick={() => onTake(other)}>
            {look.video ? 'Take its frames' : name}
          </Button>
        ))}
        <Button kind="bare" onClick={onCancel}>
          None of them
        </Button>
      </div>
    </div>
  );
}
